"""The signal-to-noise ratio of images whose true values are known."""

import warnings

import numpy as np

from keras_gan.metrics._pairs import PairValues, only_holes, values_of_pairs


def psnr(images, targets, *, channel=None, border=0, value_range=None, masks=None):
    """Peak signal-to-noise ratio of each image to its target, in decibels. Higher is better.

    It is the mean squared error on a logarithmic scale, and sees nothing else: a blurred image that is right on average
    has a higher value than a sharp one whose details are a pixel off. So give it together with a measure of sharpness,
    such as `gradient_energy`, and of perception. For images in the range [low, high],

        10 log10((high - low)^2 / mean (image - target)^2)

    with the mean over all pixels and channels of one image; for images in [-1, 1] the peak is 2. The mean over the
    images is that of the decibels, as in the literature, not that of the errors.

    An image that equals its target has an infinite value. The mean is over the other images, and a warning tells how
    many were left out: one infinite value would hide all others.

    Args:
        images: array-like `(num_pairs, height, width, channels)`: floats in [-1, 1], uint8 or uint16.
        targets: array-like of the same shape, the true images.
        channel: None for all channels; "y" to compare the luma of RGB images, as papers on super-resolution do. It is
            that of ITU-R BT.601, as MATLAB's `rgb2ycbcr` makes it of images in [0, 1]: 16 + 65.481 R + 128.553 G +
            24.966 B, from 16 (black) to 235 (white), with a peak of 255. So decibels of the luma are higher than those
            of the grey picture, by 20 log10(255 / 219) = 1.3. It is not rounded to whole numbers.
        border: int, how many pixels to leave out on each side. Papers on super-resolution leave out as many as the
            factor of the enlargement.
        value_range: (low, high) for other numbers, such as (0, 65535) for 16-bit images in an int32 array.
        masks: array-like `(num_pairs, height, width, 1)` of zeros and ones, to compare nothing but the holes (1) that
            a model has filled; None for whole images.

    Returns:
        `PairValues`: `mean`, a float, and `values`, float64 `(num_pairs,)`.

    Raises:
        ValueError: if these are no pairs of images in their range, or an argument is out of its range.

    Example:
        >>> import numpy as np
        >>> grey = np.zeros((2, 8, 8, 1))
        >>> psnr(grey + [[[[0.2]]], [[[0.02]]]], grey).values.round(6)
        array([20., 40.])
    """
    shares = 1.0
    if masks is not None:
        images, shares = only_holes(images, targets, masks, border=border, value_range=value_range)
    errors = values_of_pairs(_squared_errors, images, targets, channel=channel, border=border, value_range=value_range)
    errors = errors / shares
    with np.errstate(divide="ignore"):
        values = -10.0 * np.log10(errors)
    return PairValues(mean_decibels(values), values)


def mean_decibels(values):
    """The mean of the finite values; if some are infinite, a warning tells how many. Infinity if all are."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return float("inf")
    if len(finite) < len(values):
        warnings.warn(
            f"{len(values) - len(finite):,} of {len(values):,} images equal their targets, so their PSNR is infinite: "
            "the mean is over the others.",
            stacklevel=3,
        )
    return float(finite.mean())


def _squared_errors(images, targets):
    return np.square(images - targets).mean(axis=(1, 2, 3))
