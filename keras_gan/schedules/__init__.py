"""Schedules of the learning rate that Keras does not have.

Those of `keras.optimizers.schedules`, such as `CosineDecay` with its warm-up, serve a GAN as well.
"""

from keras_gan.schedules.linear_decay import LinearDecay

__all__ = ["LinearDecay"]
