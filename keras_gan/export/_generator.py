"""Which generator is exported, and how it computes where a runtime knows float32 alone."""

import contextlib
import os

import keras
import tensorflow as tf

from keras_gan._files import local_path, writable_file
from keras_gan._traversal import every_layer
from keras_gan.export import _statistics


def chosen_generator(gan, averaged):
    """The network that is exported: the averaged generator where there is one and it is asked for.

    Raises:
        ValueError: if the GAN has no generator.
    """
    generator = getattr(gan, "generator", None)
    if not isinstance(generator, keras.Model):
        raise ValueError(
            "Only a GAN can be exported: expected a model whose `generator` is a keras.Model. Received: "
            f"gan={type(gan).__name__} with generator={generator!r}"
        )
    average = getattr(gan, "averaged_generator", None)
    return average if averaged and average is not None else generator


def settled_generator(gan, averaged):
    """As `chosen_generator`, with statistics of BatchNormalization that fit an averaged generator's weights.

    The same as `keras_gan.export.save` writes, whatever is written first.
    """
    generator = chosen_generator(gan, averaged)
    if generator is not gan.generator:
        _statistics.reestimate(generator, gan.latent_shape)
    return generator


def file_path(path, suffix):
    """The path of a file that is to be written, whose folder is there from now on.

    Raises:
        ValueError: if the name has another suffix, or no file can be written there.
    """
    if not local_path("path", path).name.endswith(suffix):
        raise ValueError(f"The name of the file must end in `{suffix}`. Received: path={os.fspath(path)!r}")
    return writable_file(path, "path")


def float32_function(generator, latent_shape):
    """The generator in inference mode, computed in float32 whatever the precision of its training.

    Args:
        generator: keras.Model.
        latent_shape: tuple, shape of one latent.

    Returns:
        tf.function of one concrete function, already traced: `latents` float32 `(batch, *latent_shape)` to a dict
        with `images`, float32.
    """

    def generate(latents):
        return {"images": tf.cast(generator(latents, training=False), tf.float32)}

    latents = tf.TensorSpec((None, *latent_shape), tf.float32, name="latents")
    function = tf.function(generate, input_signature=[latents], autograph=False)
    with _computing_in_float32(generator):
        function.get_concrete_function()
    return function


@contextlib.contextmanager
def _computing_in_float32(network):
    """Let every layer compute in float32, while a graph is traced.

    Not a copy of the network in another precision: that of a user's own class is only what its `get_config` says.
    """
    reduced = {layer: layer.dtype_policy for layer in every_layer(network) if _has_less_than_float32(layer)}
    try:
        for layer in reduced:
            layer.dtype_policy = "float32"
        yield
    finally:
        for layer, policy in reduced.items():
            layer.dtype_policy = policy


def _has_less_than_float32(layer):
    return layer.compute_dtype in ("float16", "bfloat16") and layer.quantization_mode is None
