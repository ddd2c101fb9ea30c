"""What draws a model's samples as a LiteRT file, for phones and other small devices."""

import os
import re

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_bool
from keras_gan._files import local_path, write_atomically
from keras_gan._litert import interpreter, trust
from keras_gan.export._sampler import (
    file_path,
    finite_sampler_of,
    float32_function,
    quiet_log,
    settle_statistics,
    settled_sampler,
)


def save_litert(gan, path, *, averaged=True, to=None, quantize=False):
    """Write what draws a model's samples as a `.tflite` file, which LiteRT (once TensorFlow Lite) runs on phones.

    The file has one signature, `serving_default`, of any batch size: `latents` float32 `(batch, *latent_shape)`, and of
    a conditional model `labels` int32 `(batch,)`, to `images` float32 `(batch, *sample_shape)`. A translator's takes
    `images`, a vocoder's `mels`; sound is called `waveforms`, and what a `VideoGAN` draws `clips`. LiteRT has no
    recurrent layers for batches of any size, so a `MoCoGAN` with a cell needs `save_onnx`. Nothing in the file checks
    the inputs. The model runs in inference mode, without random numbers, and computes in float32 whatever the precision
    of training: its images equal those of the Keras network to 1e-5. An averaged generator gets the same statistics of
    BatchNormalization as from `keras_gan.export.save`.

    With `quantize`, each kernel of at least 1,024 numbers is stored as 8-bit integers with a scale for each output
    channel (LiteRT's "dynamic range"). Inputs and outputs stay float32, but the images change: `litert_distance`
    measures by how much. For `dcgan`, `mlp` and `dense_dcgan`, trained on 32x32 digits, the file has 27 % of the
    size, and the images differ by 0.001 on average and by 0.012 at most; for a ResNet, 31 %, 0.005 and 0.09.

    Args:
        gan: the model, as for `keras_gan.export.save`.
        path: the file, whose name ends in `.tflite`; a missing folder is made, and an existing file is replaced.
        averaged: whether to write the averaged network, where the model has one.
        to: "target" or "source" for a model that translates in both directions, as for `keras_gan.export.save`.
        quantize: whether to store large kernels as 8-bit integers.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        ValueError: if the model draws no samples, a weight is NaN or infinite, the file's name has another ending, its
            folder cannot be written, or the generator has an operation that LiteRT does not support.
        OSError: if the disk is full; an existing file at `path` is kept.

    Example:
        >>> import tempfile, types
        >>> import keras
        >>> generator = keras.Sequential([keras.Input((2,)), keras.layers.Reshape((1, 2, 1))])
        >>> gan = types.SimpleNamespace(generator=generator, latent_shape=(2,))
        >>> path = save_litert(gan, tempfile.mkdtemp() + "/generator.tflite")
        >>> litert_distance(gan, path)
        {'mean': 0.0, 'largest': 0.0}
    """
    quantize = require_bool("quantize", quantize)
    sampler = settled_sampler(gan, averaged, to)
    path = file_path(path, ".tflite")
    function = float32_function(sampler).get_concrete_function()
    # The converter finds variables in attributes of a tf.Module, and does not look into Keras layers.
    owner = tf.Module()
    owner.kept = list(function.graph.variables)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], owner)
    if quantize:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    with quiet_log():
        content = _converted(converter)
    write_atomically(path, content)
    trust(content)
    return path


def litert_distance(gan, path, *, averaged=True, to=None, num_images=64, seed=0, sha256=None, **given):
    """Return how far the images of a `.tflite` file are from the images of its generator.

    For a quantised file this is the price of its size. It depends on the network and on its weights, so measure it for
    each file. The unit is that of the images, in which one of the 256 grey levels is 2 / 255 = 0.0078.

    A damaged file can end a process that opens it. So a file that this process has not written first runs in a process
    of its own, unless you give its `sha256`.

    Args:
        gan: the GAN that was given to `save_litert`.
        path: the path that `save_litert` returned.
        averaged: as in the call of `save_litert`.
        to: as in the call of `save_litert`.
        num_images: int, how many images to compare.
        seed: int, of what the images are made of.
        sha256: SHA-256 of the file, if you know it, see `keras_gan.export.sha256_of`.
        **given: inputs of the network that are not to be drawn, as `labels=3`. A translator needs `images=`, and
            `num_images` is then their number.

    Returns:
        dict of two floats: `mean` and `largest`, over all values of all images, of the absolute difference between
        the file's images and those of the generator computed in float32.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the model draws no samples, an argument is out of its range, or the file is damaged, has another
            SHA-256, or holds no model that takes this model's inputs and returns images of its shape.

    Example:
        >>> import tempfile, types
        >>> import keras
        >>> generator = keras.Sequential([keras.Input((32,)), keras.layers.Dense(64), keras.layers.Reshape((8, 8, 1))])
        >>> gan = types.SimpleNamespace(generator=generator, latent_shape=(32,))
        >>> path = save_litert(gan, tempfile.mkdtemp() + "/generator.tflite", quantize=True)
        >>> distance = litert_distance(gan, path)
        >>> 1e-4 < distance["mean"] < distance["largest"] < 0.2
        True
    """
    sampler = finite_sampler_of(gan, averaged, to)
    inputs = sampler.inputs_for(None if sampler.main in given else num_images, seed=seed, **given)
    settle_statistics(sampler, gan)
    function = float32_function(sampler).get_concrete_function()
    expected = function(*inputs.values())[sampler.output].numpy()
    made = _made_by_file(path, sha256, sampler, {name: value.numpy() for name, value in inputs.items()})
    difference = np.abs(made - expected)
    return {"mean": float(difference.mean()), "largest": float(difference.max())}


def _converted(converter):
    try:
        return converter.convert()
    except Exception as error:
        # TensorFlow does not export the class.
        if type(error).__name__ != "ConverterError":
            raise
        names = {f"tf.{name}" for name in re.findall(r"'tf\.(\w+)' op is neither", str(error))}
        # The lists that the loop of a recurrent layer writes its steps to.
        names |= {"tf.TensorListReserve"} if "tensor list" in str(error) else set()
        raise ValueError(
            "LiteRT does not support some operations of the generator, such as those of a recurrent layer: use other "
            "layers, or export it with `keras_gan.export.save_onnx`, whose files run on small devices, too, or with "
            f"`keras_gan.export.save`. Received: a generator with the operations {sorted(names)}"
        ) from error


def _made_by_file(path, sha256, sampler, inputs):
    path = local_path("path", path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no such file: `save_litert` writes it. Received: path={os.fspath(path)!r}")
    opened = interpreter(path, sha256)
    try:
        model = opened.get_signature_runner()
        given = {name: model.get_input_details()[name]["shape_signature"].tolist() for name in sampler.inputs}
        made = model.get_output_details()[sampler.output]["shape_signature"].tolist()
    except (KeyError, ValueError) as error:
        raise ValueError(
            f"The file holds no model from {_quoted(sampler.inputs)} to `{sampler.output}` ({str(error).strip()}): "
            f"give a file that `save_litert` wrote. Received: path={os.fspath(path)!r}"
        ) from error
    # LiteRT would accept latents of another width, and read them as another number of rows.
    expected = {name: value.shape[1:] for name, value in inputs.items()}
    fits = all(_is_compatible(shape[1:], expected[name]) for name, shape in given.items())
    if not fits or not _is_compatible(made[1:], sampler.output_shape):
        raise ValueError(
            f"The file is not of this GAN, which has {_listed(expected)} and samples {sampler.output_shape}: give the "
            f"file that `save_litert` wrote of it. Received: path={os.fspath(path)!r}, with {_listed(given)} and "
            f"{sampler.output} {made}"
        )
    return model(**inputs)[sampler.output]


def _is_compatible(signature, shape):
    """Whether a shape fits that of a signature of LiteRT, which has -1 for any number."""
    return tf.TensorShape([None if side < 0 else side for side in signature]).is_compatible_with(shape)


def _quoted(names):
    return " and ".join(f"`{name}`" for name in names)


def _listed(shapes):
    return ", ".join(f"{name} {shape}" for name, shape in shapes.items())
