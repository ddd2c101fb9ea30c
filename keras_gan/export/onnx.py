"""A generator as an ONNX file."""

from keras_gan._files import write_atomically
from keras_gan.export._generator import file_path, float32_function, settled_generator

# The newest version that tf2onnx writes; ONNX Runtime reads it from 1.14 on.
_OPSET = 18


def save_onnx(gan, path, *, averaged=True):
    """Write the generator as an ONNX file, for ONNX Runtime and other programs that read the format.

    The file runs without TensorFlow and without this package. It has one input, `latents` float32 `(batch,
    *latent_shape)` of any batch size, and one output, `images` float32 `(batch, *sample_shape)`, in the layout of
    Keras: channels last. The model runs in inference mode and computes in float32; its images equal those of the Keras
    generator to 1e-5. A generator that was trained in mixed precision has float32 weights, and the file holds these
    weights: it is more exact than the GAN itself, which rounds to 16 bits between its layers. An averaged generator
    gets the same statistics of BatchNormalization as from `keras_gan.export.save`.

    Needs `pip install 'keras_gan[onnx]'`.

    Args:
        gan: model with a `generator`, a `latent_shape` and, where it keeps one, an `averaged_generator`.
        path: the file, whose name ends in `.onnx`; a missing folder is made, and an existing file is replaced.
        averaged: whether to write the averaged generator, where the GAN has one.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        ImportError: if the packages of the extra are not installed.
        ValueError: if the GAN has no generator, the file's name has another ending, its folder cannot be written, or
            the generator has an operation that ONNX does not support.
        OSError: if the disk is full; an existing file at `path` is kept.

    Example:
        >>> import tempfile, types
        >>> import keras, numpy as np, onnxruntime
        >>> generator = keras.Sequential([keras.Input((2,)), keras.layers.Reshape((1, 2, 1))])
        >>> gan = types.SimpleNamespace(generator=generator, latent_shape=(2,))
        >>> path = save_onnx(gan, tempfile.mkdtemp() + "/generator.onnx")
        >>> session = onnxruntime.InferenceSession(path)
        >>> (images,) = session.run(["images"], {"latents": np.float32([[0.25, -0.5]])})
        >>> images.ravel()
        array([ 0.25, -0.5 ], dtype=float32)
    """
    onnx, tf2onnx = _packages()
    generator = settled_generator(gan, averaged)
    path = file_path(path, ".onnx")
    function = float32_function(generator, gan.latent_shape)
    model, _ = tf2onnx.convert.from_function(function, function.input_signature, opset=_OPSET)
    for tensor in (*model.graph.input, *model.graph.output):
        tensor.type.tensor_type.shape.dim[0].dim_param = "batch"
    _check(onnx, model)
    write_atomically(path, model.SerializeToString(deterministic=True))
    return path


def _packages():
    try:
        import onnx
        import tf2onnx.convert
    except ImportError as error:
        raise ImportError(
            f"Packages that write ONNX files are not installed: pip install 'keras_gan[onnx]' ({error})."
        ) from error
    return onnx, tf2onnx


def _check(onnx, model):
    # tf2onnx logs an operation that it cannot convert, and leaves it in the graph.
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        kinds = sorted({node.op_type for node in model.graph.node})
        raise ValueError(
            "ONNX does not support an operation of the generator: use other layers, or export it with "
            f"`keras_gan.export.save`. {str(error).splitlines()[0]}. Received: a generator with the operations {kinds}"
        ) from error
