"""How sharp images are, compared with their targets."""

import typing

import numpy as np

from keras_gan.metrics._features import as_array
from keras_gan.metrics._pairs import values_of_pairs


class GradientEnergy(typing.NamedTuple):
    """What `gradient_energy` returns.

    Attributes:
        ratio: float, the energy of all images over that of all targets.
        images: float64 `(num_pairs,)`, the energy of each image.
        targets: float64 `(num_pairs,)`, the energy of each target.
    """

    ratio: float
    images: np.ndarray
    targets: np.ndarray


def gradient_energy(images, targets):
    """The energy of the gradients of images, as a ratio to that of their targets. As sharp as the targets is 1.

    A model that minimises L1 or L2 alone draws the mean of what is possible, which is blurred, and wins by PSNR. Its
    gradients have far less energy than those of real images. More energy than theirs, above 1, is noise or false edges.
    With the energy

        E(x) = mean (x[i + 1, j] - x[i, j])^2  +  mean (x[i, j + 1] - x[i, j])^2

    of one image in [-1, 1], the ratio is the sum of E over all images to the sum over all targets. It knows nothing
    of where the edges are: compare it next to `l1` or `psnr`.

    Args:
        images: array-like `(num_pairs, height, width, channels)`, sides of at least 2: floats in [-1, 1], or uint8 or
            uint16, which are mapped to [-1, 1].
        targets: array-like of the same shape, the true images.

    Returns:
        `GradientEnergy`: `ratio`, and the energies of `images` and `targets`. The ratio is NaN if all targets are
        constant.

    Raises:
        ValueError: if these are no pairs of images in their range, or a side has a single pixel.

    Example:
        >>> import numpy as np
        >>> ramp = np.linspace(-1, 1, 9).reshape(1, 1, 9, 1).repeat(8, axis=1)
        >>> gradient_energy(0.5 * ramp, ramp).ratio
        0.25
    """
    images = as_array("images", images)
    if min(images.shape[1:3], default=2) < 2:
        raise ValueError(
            f"A gradient needs two pixels along each side: give larger images. Received: images.shape={images.shape}"
        )
    rows = values_of_pairs(_energies, images, targets)
    return GradientEnergy(energy_ratio(rows), *rows.T)


def energy_ratio(rows):
    """The ratio of the sums of both columns; NaN if the second is 0."""
    images, targets = rows.sum(axis=0)
    return float(images / targets) if targets else float("nan")


def _energies(images, targets):
    return np.stack([_energy(images), _energy(targets)], axis=1)


def _energy(images):
    # The arrays are in [0, 1], a factor of 2 from the range of the images.
    return sum(4.0 * np.square(np.diff(images, axis=axis)).mean(axis=(1, 2, 3)) for axis in (2, 3))
