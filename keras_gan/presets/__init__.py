"""Settings that were chosen together: a GAN, its networks, optimizers, penalties and data for a kind of images.

Example:
    >>> import keras_gan
    >>> preset = keras_gan.presets.get("digits")
    >>> preset.image_size, preset.steps
    (32, 1000)
    >>> gan = preset.make_gan((32, 32, 1), seed=0)  # compiled
    >>> type(gan).__name__
    'NonSaturatingGAN'
"""

from keras_gan.presets.catalogue import NAMES, get
from keras_gan.presets.preset import Preset

__all__ = ["NAMES", "Preset", "get"]
