"""What draws a model's samples as an ONNX file."""

from keras_gan._files import write_atomically
from keras_gan.export._sampler import file_path, float32_function, settled_sampler

# The newest version that tf2onnx writes; ONNX Runtime reads it from 1.14 on.
_OPSET = 18

# What the sides of a tensor are called.
_SIDES_OF_IMAGES = ("batch", "height", "width")
_SIDES = {
    "waveforms": ("batch", "samples"),
    "mels": ("batch", "frames"),
    "clips": ("batch", "frames", "height", "width"),
    "motions": ("batch", "rows"),
}


def save_onnx(gan, path, *, averaged=True, to=None):
    """Write what draws a model's samples as an ONNX file, for ONNX Runtime and other programs that read the format.

    The file runs without TensorFlow and without this package. It has the network's inputs, for any batch size:
    `latents` float32 `(batch, *latent_shape)`, of a conditional model `labels` int32 `(batch,)` as well, of a
    translator `images`, of a vocoder `mels`, and of a `MoCoGAN` `motions` too. Its output is `images` float32 `(batch,
    *sample_shape)`, `translations` of a translator, or `waveforms` or `clips`, in the layout of Keras: channels last.
    Nothing in the file checks the inputs. The model runs in inference mode and computes in float32; its images equal
    those of the Keras network to 1e-5. A network that was trained in mixed precision has float32 weights, and the file
    holds these weights: it is more exact than the model itself, which rounds to 16 bits between its layers. An averaged
    generator gets the same statistics of BatchNormalization as from `keras_gan.export.save`.

    Needs `pip install 'keras_gan[onnx]'`.

    Args:
        gan: the model, as for `keras_gan.export.save`.
        path: the file, whose name ends in `.onnx`; a missing folder is made, and an existing file is replaced.
        averaged: whether to write the averaged network, where the model has one.
        to: "target" or "source" for a model that translates in both directions, as for `keras_gan.export.save`.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        ImportError: if the packages of the extra are not installed.
        ValueError: if the model draws no samples, a weight is NaN or infinite, the file's name has another ending, its
            folder cannot be written, or the generator has an operation that ONNX does not support.
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
    sampler = settled_sampler(gan, averaged, to)
    path = file_path(path, ".onnx")
    # An ONNX file has one name for each tensor, so the images that come out need another than those that go in.
    output = "translations" if sampler.output in sampler.inputs else sampler.output
    function = float32_function(sampler, output)
    model, _ = tf2onnx.convert.from_function(function, function.input_signature, opset=_OPSET)
    for tensor in (*model.graph.input, *model.graph.output):
        _name_sides(tensor.type.tensor_type.shape.dim, _SIDES.get(tensor.name, _SIDES_OF_IMAGES))
    _check(onnx, model)
    write_atomically(path, model.SerializeToString(deterministic=True))
    return path


def _name_sides(sides, names):
    """Name what may have any size: the batch, and others that the network leaves open."""
    for side, name in zip(sides, names, strict=False):
        if name == "batch" or not side.HasField("dim_value"):
            side.dim_param = name


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
