"""A generator as a LiteRT file, for phones and other small devices."""

import os
import re

import numpy as np
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_int, require_seed
from keras_gan._files import local_path, write_atomically
from keras_gan._litert import interpreter
from keras_gan.export._generator import file_path, float32_function, quiet_log, settled_generator


def save_litert(gan, path, *, averaged=True, quantize=False):
    """Write the generator as a `.tflite` file, which LiteRT (formerly TensorFlow Lite) runs on phones.

    The file has one signature, `serving_default`: `latents` float32 `(batch, *latent_shape)` of any batch size to
    `images` float32 `(batch, *sample_shape)`. The model runs in inference mode, without random numbers, and computes
    in float32 whatever the precision of training: its images equal those of the Keras generator to 1e-5. An averaged
    generator gets the same statistics of BatchNormalization as from `keras_gan.export.save`.

    With `quantize`, each kernel of at least 1,024 numbers is stored as 8-bit integers with a scale for each output
    channel (LiteRT's "dynamic range"). Inputs and outputs stay float32, but the images change: `litert_distance`
    measures by how much. For `dcgan`, `mlp` and `dense_dcgan`, trained on 32x32 digits, the file has 27 % of the
    size, and the images differ by 0.001 on average and by 0.012 at most; for a ResNet, 31 %, 0.005 and 0.09.

    Args:
        gan: model with a `generator`, a `latent_shape` and, where it keeps one, an `averaged_generator`.
        path: the file, whose name ends in `.tflite`; a missing folder is made, and an existing file is replaced.
        averaged: whether to write the averaged generator, where the GAN has one.
        quantize: whether to store large kernels as 8-bit integers.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        ValueError: if the GAN has no generator, the file's name has another ending, its folder cannot be written, or
            the generator has an operation that LiteRT does not support.
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
    generator = settled_generator(gan, averaged)
    path = file_path(path, ".tflite")
    function = float32_function(generator, gan.latent_shape).get_concrete_function()
    # The converter finds variables in attributes of a tf.Module, and does not look into Keras layers.
    owner = tf.Module()
    owner.kept = list(function.graph.variables)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], owner)
    if quantize:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    with quiet_log():
        write_atomically(path, _converted(converter))
    return path


def litert_distance(gan, path, *, averaged=True, num_images=64, seed=0):
    """Return how far the images of a `.tflite` file are from the images of its generator.

    For a quantised file this is the price of its size. It depends on the network and on its weights, so measure it for
    each file. The unit is that of the images, in which one of the 256 grey levels is 2 / 255 = 0.0078.

    Args:
        gan: the GAN that was given to `save_litert`.
        path: the path that `save_litert` returned.
        averaged: as in the call of `save_litert`.
        num_images: int, how many images to compare.
        seed: int, seed of their latents.

    Returns:
        dict of two floats: `mean` and `largest`, over all values of all images, of the absolute difference between
        the file's images and those of the generator computed in float32.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the GAN has no generator, an argument is out of its range, or the file holds no model that takes
            this GAN's latents and returns images of its shape.

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
    generator = settled_generator(gan, averaged)
    shape = (require_int("num_images", num_images), *gan.latent_shape)
    latents = _random.normal(shape, (require_seed(seed), 0)).numpy()
    function = float32_function(generator, gan.latent_shape).get_concrete_function()
    expected = function(tf.constant(latents))["images"].numpy()
    difference = np.abs(_images_of_file(path, latents, expected.shape) - expected)
    return {"mean": float(difference.mean()), "largest": float(difference.max())}


def _converted(converter):
    try:
        return converter.convert()
    except Exception as error:
        # TensorFlow does not export the class.
        if type(error).__name__ != "ConverterError":
            raise
        operations = sorted(set(re.findall(r"'(tf\.\w+)' op is neither", str(error))))
        raise ValueError(
            "LiteRT does not support some operations of the generator: use other layers, or export it with "
            f"`keras_gan.export.save`. Received: a generator with the operations {operations}"
        ) from error


def _images_of_file(path, latents, shape):
    path = local_path("path", path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no such file: `save_litert` writes it. Received: path={os.fspath(path)!r}")
    try:
        model = interpreter(path).get_signature_runner()
        given, made = model.get_input_details()["latents"], model.get_output_details()["images"]
    except (KeyError, ValueError) as error:
        raise ValueError(
            f"The file holds no model from `latents` to `images` ({str(error).strip()}): give a file that "
            f"`save_litert` wrote. Received: path={os.fspath(path)!r}"
        ) from error
    # LiteRT would accept latents of another width, and read them as another number of rows.
    sizes = tuple(given["shape_signature"][1:]), tuple(made["shape_signature"][1:])
    if sizes != (latents.shape[1:], shape[1:]):
        raise ValueError(
            f"The file is not of this GAN, which has latents {latents.shape[1:]} and samples {shape[1:]}: give the "
            f"file that `save_litert` wrote of it. Received: path={os.fspath(path)!r}, with latents "
            f"{given['shape_signature'].tolist()} and images {made['shape_signature'].tolist()}"
        )
    return model(latents=latents)["images"]
