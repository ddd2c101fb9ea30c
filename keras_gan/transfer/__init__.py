"""From a trained GAN to one for other images, other classes, or little data."""

from keras_gan.transfer.fine_tune import fine_tune
from keras_gan.transfer.freeze import freeze

__all__ = ["fine_tune", "freeze"]
