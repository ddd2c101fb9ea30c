"""How alike an image and its target are in their structure."""

from keras_gan.metrics._pairs import PairValues, values_of_pairs
from keras_gan.metrics._ssim import structural_similarity


def ssim(images, targets, *, channel=None, border=0, value_range=None):
    """Structural similarity of each image to its target. Higher is better, and 1 means equal.

    It compares brightness, contrast and structure in a window around each pixel, so that a small shift of the
    brightness counts less than lost details. In each window, with the means m, the variances s^2 and the covariance
    s_xy under Gaussian weights,

        (2 m_x m_y + C1) (2 s_xy + C2) / ((m_x^2 + m_y^2 + C1) (s_x^2 + s_y^2 + C2)),   C1 = 0.01^2,  C2 = 0.03^2

    on images mapped to [0, 1]; the window has 11 x 11 pixels and a standard deviation of 1.5. The value is the mean
    over all places where the window fits, and over the channels. Wang et al. 2004, "Image quality assessment: from
    error visibility to structural similarity", section III. It equals scikit-image's `structural_similarity` with
    `gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1` on images in [0, 1].

    Images smaller than 11 pixels are compared in a window as large as their shorter side, with a standard deviation in
    proportion. Do not compare such values with those of larger images.

    Args:
        images: array-like `(num_pairs, height, width, channels)`: floats in [-1, 1], uint8 or uint16.
        targets: array-like of the same shape, the true images.
        channel: None for all channels, or "y" for the luma of RGB images; as for `psnr`.
        border: int, how many pixels to leave out on each side; as for `psnr`.
        value_range: (low, high) for other numbers; as for `psnr`.

    Returns:
        `PairValues`: `mean`, a float, and `values`, float64 `(num_pairs,)`, each in [-1, 1].

    Raises:
        ValueError: if these are no pairs of images in their range, or an argument is out of its range.

    Example:
        >>> import numpy as np
        >>> images = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 3))
        >>> round(ssim(images, images).mean, 9), ssim(images, -images).mean < 0
        (1.0, True)
    """
    values = values_of_pairs(_similarities, images, targets, channel=channel, border=border, value_range=value_range)
    return PairValues(float(values.mean()), values)


def _similarities(images, targets):
    return structural_similarity(images, targets)[0].mean(axis=1)
