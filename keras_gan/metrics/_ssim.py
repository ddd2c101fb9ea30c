"""The structural similarity of two images, at several scales."""

import numpy as np

from keras_gan.metrics._pyramid import apply_separably

_WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])
_WINDOW = 11
_DEVIATION = 1.5
_LUMINANCE_CONSTANT = 0.01**2
_CONTRAST_CONSTANT = 0.03**2


def scale_weights(side):
    """Weights of the scales at which images are compared, which sum to 1.

    The window has to fit into the images at the last scale, so five scales take 11 * 2^4 = 176 pixels. Smaller images
    have fewer scales, the first ones, in the same proportions.

    Args:
        side: int, the shorter side of the images in pixels.

    Returns:
        float64 array of one to five weights.
    """
    num_scales = min(len(_WEIGHTS), max(1, (side // _WINDOW).bit_length()))
    return _WEIGHTS[:num_scales] / _WEIGHTS[:num_scales].sum()


def multi_scale_similarity(first, second):
    """MS-SSIM of pairs of images.

    Args:
        first: float64 array `(num_pairs, channels, height, width)` in [0, 1].
        second: likewise.

    Returns:
        float64 array `(num_pairs,)` in [0, 1]: of each channel by itself, averaged over the channels.
    """
    weights = scale_weights(min(first.shape[2:]))
    similarity = np.ones(first.shape[:2])
    for weight in weights[:-1]:
        similarity *= _compare(first, second)[1] ** weight
        first, second = _halve(first), _halve(second)
    similarity *= _compare(first, second)[0] ** weights[-1]
    return similarity.mean(axis=1)


def _compare(first, second):
    """SSIM, and its part that leaves out the luminance: averages over each channel, clipped at 0."""
    size = min(_WINDOW, *first.shape[2:])
    rows, columns = (_window_matrix(side, size) for side in first.shape[2:])

    def local_mean(images):
        return apply_separably(images, rows, columns)

    means = local_mean(first), local_mean(second)
    product, squares = means[0] * means[1], means[0] ** 2 + means[1] ** 2
    covariance = local_mean(first * second) - product
    variances = local_mean(first**2 + second**2) - squares
    structure = (2.0 * covariance + _CONTRAST_CONSTANT) / (variances + _CONTRAST_CONSTANT)
    luminance = (2.0 * product + _LUMINANCE_CONSTANT) / (squares + _LUMINANCE_CONSTANT)
    # Negative values have no power with a broken exponent.
    return [np.maximum(part.mean(axis=(2, 3)), 0.0) for part in (luminance * structure, structure)]


def _window_matrix(side, size):
    """The Gaussian window along one axis, wherever it fits, as a matrix `(side - size + 1, side)`."""
    offsets = np.arange(size) - (size - 1) / 2
    window = np.exp(-0.5 * (offsets / (_DEVIATION * size / _WINDOW)) ** 2)
    window /= window.sum()
    return sum(value * np.eye(side - size + 1, side, k) for k, value in enumerate(window))


def _halve(images):
    """The means of squares of 2 x 2 pixels; a last row or column that is left alone counts twice."""
    *_, height, width = images.shape
    images = np.pad(images, ((0, 0), (0, 0), (0, height % 2), (0, width % 2)), mode="edge")
    vertical = images[:, :, ::2] + images[:, :, 1::2]
    return 0.25 * (vertical[..., ::2] + vertical[..., 1::2])
