"""The structural similarity of two images, in a Gaussian window at each place."""

import numpy as np

from keras_gan.metrics._pyramid import apply_separably

WINDOW = 11
_DEVIATION = 1.5
_LUMINANCE_CONSTANT = 0.01**2
_CONTRAST_CONSTANT = 0.03**2


def structural_similarity(first, second):
    """Return the similarity of pairs of images, and its part without the luminance.

    The window has 11 x 11 pixels, or as many as the shorter side of smaller images, with a standard deviation in
    proportion.

    Args:
        first: float64 array `(num_pairs, channels, height, width)` in [0, 1].
        second: the same for the second image of each pair.

    Returns:
        Two float64 arrays `(num_pairs, channels)`, means over all places where the window fits.
    """
    size = min(WINDOW, *first.shape[2:])
    rows, columns = (_window_matrix(side, size) for side in first.shape[2:])

    def local_mean(images):
        return apply_separably(images, rows, columns)

    means = local_mean(first), local_mean(second)
    product, squares = means[0] * means[1], means[0] ** 2 + means[1] ** 2
    covariance = local_mean(first * second) - product
    variances = local_mean(first**2 + second**2) - squares
    structure = (2.0 * covariance + _CONTRAST_CONSTANT) / (variances + _CONTRAST_CONSTANT)
    luminance = (2.0 * product + _LUMINANCE_CONSTANT) / (squares + _LUMINANCE_CONSTANT)
    return tuple(part.mean(axis=(2, 3)) for part in (luminance * structure, structure))


def _window_matrix(side, size):
    """The Gaussian window at every place along one axis where it fits, as a matrix `(side - size + 1, side)`."""
    offsets = np.arange(size) - (size - 1) / 2
    window = np.exp(-0.5 * (offsets / (_DEVIATION * size / WINDOW)) ** 2)
    window /= window.sum()
    return sum(value * np.eye(side - size + 1, side, k) for k, value in enumerate(window))
