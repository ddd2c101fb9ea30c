"""From a trained GAN to one for other images, other classes, or little data."""

from keras_gan.transfer.fine_tune import fine_tune
from keras_gan.transfer.freeze import freeze
from keras_gan.transfer.interpolate_networks import interpolate_networks

__all__ = ["fine_tune", "freeze", "interpolate_networks"]
