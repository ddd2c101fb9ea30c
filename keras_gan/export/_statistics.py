"""The statistics of BatchNormalization in an averaged generator.

Its weights are means over many steps, and so are its running means and variances. But those of the averaged weights are
not the average of those of the weights: they are taken anew, over images of the network as it is exported.
"""

import keras
import tensorflow as tf

from keras_gan import _random
from keras_gan._traversal import every_layer

_NUM_BATCHES, _BATCH_SIZE = 32, 128


def reestimate(generator, latent_shape):
    """Set the running statistics to their means over 4,096 latents of seed 0; everything else stays as it is.

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
        _accumulate(generator, layers, latent_shape)
    finally:
        for layer, (momentum, trainable) in zip(layers, settings, strict=True):
            layer.momentum, layer.trainable = momentum, trainable
        # Dropout's random stream and spectral norm's vectors have moved on.
        for variable, value in zip(others, kept, strict=True):
            variable.assign(value)


def _accumulate(generator, layers, latent_shape):
    for layer in layers:
        # What is not trainable, as the whole averaged generator, uses its statistics even in training.
        layer.trainable = True
    for index in range(_NUM_BATCHES):
        for layer in layers:
            # Of the batches so far, all weigh the same.
            layer.momentum = index / (index + 1)
        generator(_random.normal((_BATCH_SIZE, *latent_shape), tf.constant([0, index])), training=True)
