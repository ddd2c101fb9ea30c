"""The mean absolute difference of images and their targets."""

import numpy as np

from keras_gan.metrics._pairs import PairValues, only_holes, values_of_pairs


def l1(images, targets, *, masks=None):
    """Mean absolute difference of each image and its target. Lower is better.

        mean |image - target|

    over all pixels and channels of one image, in the range [-1, 1]: black differs from white by 2. This is the L1 loss
    of Pix2Pix (Isola et al. 2016, arXiv 1611.07004, equation 3) before its weight, and the cycle loss of CycleGAN.

    Args:
        images: array-like `(num_pairs, height, width, channels)`: floats in [-1, 1], or uint8 or uint16, which are
            mapped to [-1, 1].
        targets: array-like of the same shape, the true images.
        masks: array-like `(num_pairs, height, width, 1)` of zeros and ones, to compare nothing but the holes (1) that
            a model has filled; None for whole images.

    Returns:
        `PairValues`: `mean`, a float, and `values`, float64 `(num_pairs,)`, each in [0, 2].

    Raises:
        ValueError: if these are no pairs of images in their range.

    Example:
        >>> import numpy as np
        >>> black, white = -np.ones((3, 8, 8, 1)), np.ones((3, 8, 8, 1))
        >>> l1(white, black).mean
        2.0
    """
    shares = 1.0
    if masks is not None:
        images, shares = only_holes(images, targets, masks)
    values = values_of_pairs(_differences, images, targets) / shares
    return PairValues(float(values.mean()), values)


def _differences(images, targets):
    # The arrays are in [0, 1].
    return 2.0 * np.abs(images - targets).mean(axis=(1, 2, 3))
