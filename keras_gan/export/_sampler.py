"""What all formats share: which generator is exported, its statistics, and how it computes in float32."""

import contextlib
import logging
import os

import keras
import tensorflow as tf

from keras_gan import _random
from keras_gan._files import local_path, writable_file
from keras_gan._traversal import every_layer

# Of the latents that the statistics of an averaged generator are computed from.
_NUM_BATCHES, _BATCH_SIZE = 32, 128


def chosen_generator(gan, averaged):
    """Return the network that is exported: the averaged generator where the GAN has one and the caller wants it.

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
    """Return the network of `chosen_generator`; an averaged one has statistics that fit its weights from then on.

    Every format writes the same network, in whichever order the formats are written.
    """
    generator = chosen_generator(gan, averaged)
    if generator is not gan.generator:
        _reestimate_statistics(generator, gan.latent_shape)
    return generator


def file_path(path, suffix):
    """Return the path of a file to write, and make its folder.

    Raises:
        ValueError: if the name has another suffix, or no file can be written there.
    """
    if not local_path("path", path).name.endswith(suffix):
        raise ValueError(f"The name of the file must end in `{suffix}`. Received: path={os.fspath(path)!r}")
    return writable_file(path, "path")


def float32_function(generator, latent_shape):
    """Return the generator in inference mode, which computes in float32 whatever the precision of its training.

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
    """Let every layer compute in float32 while a graph is traced.

    A copy of the network in another precision would not do: it has only what the `get_config` of the user's class
    returns.
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


@contextlib.contextmanager
def quiet_log():
    """Suppress the line that TensorFlow logs at INFO for each file that it writes."""
    loggers = (tf.get_logger(), logging.getLogger("absl"))
    for logger in loggers:
        logger.addFilter(_is_serious)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(_is_serious)


def _is_serious(record):
    return record.levelno >= logging.WARNING


def _reestimate_statistics(generator, latent_shape):
    """Set the statistics of BatchNormalization to their means over 4,096 latents of seed 0; change nothing else.

    The weights of an averaged generator are means over many steps, and so are its running means and variances. But the
    average of many networks' statistics is not the statistics of their averaged weights.

    Args:
        generator: keras.Model, changed in place.
        latent_shape: tuple, shape of one latent.
    """
    layers = [layer for layer in every_layer(generator) if isinstance(layer, keras.layers.BatchNormalization)]
    if not layers:
        return
    settings = [(layer.momentum, layer.trainable) for layer in layers]
    statistics = {id(variable) for layer in layers for variable in (layer.moving_mean, layer.moving_variance)}
    others = [variable for variable in generator.variables if id(variable) not in statistics]
    kept = [variable.numpy() for variable in others]
    try:
        _accumulate_statistics(generator, layers, latent_shape)
    finally:
        for layer, (momentum, trainable) in zip(layers, settings, strict=True):
            layer.momentum, layer.trainable = momentum, trainable
        # The passes change the random stream of Dropout and the vectors of spectral normalization.
        for variable, value in zip(others, kept, strict=True):
            variable.assign(value)


def _accumulate_statistics(generator, layers, latent_shape):
    for layer in layers:
        # A layer that is not trainable, as in an averaged generator, uses its statistics even in training mode.
        layer.trainable = True
    for index in range(_NUM_BATCHES):
        for layer in layers:
            # All batches so far weigh the same.
            layer.momentum = index / (index + 1)
        generator(_random.normal((_BATCH_SIZE, *latent_shape), tf.constant([0, index])), training=True)
