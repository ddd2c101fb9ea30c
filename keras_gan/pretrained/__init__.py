"""Small trained models that come with the package, to try things at once.

Example:
    >>> import keras_gan
    >>> gan = keras_gan.load_pretrained("digits")
    >>> gan.generate(16, seed=0).shape
    (16, 32, 32, 1)
"""

from keras_gan.pretrained.load_pretrained import NAMES, load_pretrained

__all__ = ["NAMES", "load_pretrained"]
