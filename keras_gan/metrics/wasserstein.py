"""The sliced Wasserstein distance between small patches of images, on each scale."""

import typing

import numpy as np

from keras_gan._arguments import require_int, require_seed
from keras_gan._pixels import require_images
from keras_gan.metrics._features import as_array
from keras_gan.metrics._hashing import canonical_order
from keras_gan.metrics._pyramid import split_band

_PATCH = 7
_SMALLEST_SIDE = 16
_UNIT = 1e3
# A smaller deviation of a channel is rounding of float32, since images lie in [-1, 1]. It must not be amplified.
_INVISIBLE = 1e-6
_IMAGES_AT_ONCE = 64
_BYTES_AT_ONCE = 2**26


class SlicedWasserstein(typing.NamedTuple):
    """What `sliced_wasserstein_distance` returns.

    Attributes:
        levels: tuple of floats of at least 0, one for each level of the pyramid, with the finest first.
        mean: float, the mean of the levels.
    """

    levels: tuple[float, ...]
    mean: float


def sliced_wasserstein_distance(real_images, fake_images, *, patches_per_image=128, num_projections=512, seed=0):
    """Distance between the distributions of small patches of real and of generated images, on each scale.

    It needs no network. It tells whether the samples have the texture of real images, and on which scale they fail.
    Both sets pass through a Laplacian pyramid down to 16 pixels. On each level, 128 patches of 7 x 7 pixels at random
    places of each image are the descriptors. Each channel is shifted and scaled to mean 0 and standard deviation 1
    over all descriptors of a set. With R_w, F_w the projections of both sets on a random unit vector w,

        1e3  mean_w W_1(R_w, F_w),    W_1(R, F) = integral over 0 < q < 1 of |R^-1(q) - F^-1(q)|

    where R^-1, F^-1 are the quantile functions of the samples. For sets of equal size, W_1 is the mean absolute
    difference of the sorted values. Karras et al. 2018 (Progressive GAN, arXiv 1710.10196), section 5.

    An image has floor(log2(s / 16)) + 1 levels, with s its shorter side, and a single level if s is 7 to 15 pixels. The
    last level is the smallest images themselves. The normalisation hides a brightness or a contrast that a channel has
    in the whole set.

    The two sets can have different sizes. The value falls as they grow, so compare values of equal sizes alone. The
    paper takes 8,192 images on each side. The i-th images of both sets have their patches at the same places, so the
    distance between identical sets is 0. The order of the images does not matter.

    Descriptors and projections are float32, sums are float64. Apart from a copy of the images, the memory holds the
    descriptors of one level, 196 * patches_per_image * channels bytes for each image (25 KB in grey, 75 KB in RGB),
    and about 0.4 GB more.

    Args:
        real_images: array-like `(num_real, height, width, channels)`, float in [-1, 1], with any number of channels.
        fake_images: array-like `(num_fake, height, width, channels)`, float in [-1, 1].
        patches_per_image: int, how many patches of each image to take on each level.
        num_projections: int, how many random directions to take on each level.
        seed: int, for the places and the directions.

    Returns:
        `SlicedWasserstein`: `levels`, a tuple of floats of at least 0 with the finest level first, and their `mean`.

    Raises:
        ValueError: if the images are not batches of floats in [-1, 1], differ in size or channels, or are smaller
            than 7 pixels; or if another argument is out of its range.

    Example:
        >>> import numpy as np
        >>> noise = np.random.default_rng(0).uniform(-1, 1, (40, 32, 32, 1))
        >>> options = {"patches_per_image": 16, "num_projections": 100}
        >>> sliced_wasserstein_distance(noise, noise[::-1], **options).levels
        (0.0, 0.0)
        >>> def coarsened(factor):
        ...     return noise[:, ::factor, ::factor].repeat(factor, axis=1).repeat(factor, axis=2)
        >>> two, four = (sliced_wasserstein_distance(noise, coarsened(n), **options).mean for n in (2, 4))
        >>> 0 < two < four
        True
    """
    real, fake = _require_pair(real_images, fake_images)
    patches_per_image = require_int("patches_per_image", patches_per_image)
    num_projections = require_int("num_projections", num_projections)
    seed = require_seed(seed)

    distances = []
    for level in reversed(range(_count_levels(min(real.shape[2:])))):
        real_patches, real = _descend(real, patches_per_image, (seed, level))
        fake_patches, fake = _descend(fake, patches_per_image, (seed, level))
        directions = _directions(real_patches[0].size, num_projections, (seed, level))
        distances.append(_UNIT * _mean_distance(_normalised(real_patches), _normalised(fake_patches), directions))
        # Free the memory before the next level needs it.
        del real_patches, fake_patches
    return SlicedWasserstein(tuple(distances), float(np.mean(distances)))


def _require_pair(real_images, fake_images):
    """Return both sets, channels first, each in an order that depends on its images alone."""
    given = {"real_images": real_images, "fake_images": fake_images}
    sides = [require_images(name, as_array(name, images)) for name, images in given.items()]
    real_shape, fake_shape = (images.shape[1:] for images in sides)
    if real_shape != fake_shape:
        raise ValueError(
            "Real and generated images must have the same height, width and channels: resize one of the sets. "
            f"Received: real_images of {real_shape}, fake_images of {fake_shape}"
        )
    if min(real_shape[:2]) < _PATCH:
        raise ValueError(
            f"Patches of {_PATCH} x {_PATCH} pixels do not fit into these images: enlarge both sets. "
            f"Received: images of {real_shape}"
        )
    return [images[canonical_order(images.reshape(len(images), -1))].transpose(0, 3, 1, 2) for images in sides]


def _count_levels(side):
    return max(1, (side // _SMALLEST_SIDE).bit_length())


def _descend(images, patches_per_image, key):
    """Take patches of one level of the pyramid, and compute the images of the next level.

    Args:
        images: float32 array `(num_images, channels, height, width)`.
        patches_per_image: int.
        key: (seed, level). Level 0 is the last one, and no band is split off there.

    Returns:
        The patches, float32 `(num_images * patches_per_image, channels, 49)`, and the smaller images.
    """
    count, channels, *_ = images.shape
    patches = np.empty((count, patches_per_image, channels, _PATCH**2), np.float32)
    smaller = []
    rng = np.random.default_rng([*key, 0])
    for start in range(0, count, _IMAGES_AT_ONCE):
        band = images[start : start + _IMAGES_AT_ONCE]
        if key[1] > 0:
            band, below = split_band(band)
            smaller.append(below)
        rows, columns = _corners(len(band), patches_per_image, band.shape[2:], rng)
        windows = np.lib.stride_tricks.sliding_window_view(band, (_PATCH, _PATCH), axis=(2, 3))
        chosen = windows[np.arange(len(band))[:, None], :, rows, columns]
        patches[start : start + len(band)] = chosen.reshape(len(band), patches_per_image, channels, -1)
    return patches.reshape(-1, channels, _PATCH**2), np.concatenate(smaller) if smaller else None


def _corners(num_images, patches_per_image, size, rng):
    """Draw uniform upper left corners of patches: rows and columns, each int `(num_images, patches_per_image)`."""
    corners = rng.random((num_images, patches_per_image, 2)) * (np.array(size) - _PATCH + 1)
    return np.moveaxis(corners.astype(np.int64), -1, 0)


def _directions(num_dimensions, num_projections, key):
    """Draw uniform unit vectors, float32 `(num_projections, num_dimensions)`."""
    normals = np.random.default_rng([*key, 1]).standard_normal((num_projections, num_dimensions))
    return (normals / np.linalg.norm(normals, axis=1, keepdims=True)).astype(np.float32)


def _normalised(patches):
    """Give each channel of the set mean 0 and standard deviation 1, in place, and return a row for each patch."""
    patches -= patches.mean(axis=(0, 2), dtype=np.float64)[:, None]
    squares = sum(np.square(block, dtype=np.float64).sum(axis=(0, 2)) for block in _blocks(patches))
    deviation = np.sqrt(squares / (len(patches) * patches.shape[2]))
    patches /= np.where(deviation > _INVISIBLE, deviation, np.inf)[:, None]
    return patches.reshape(len(patches), -1)


def _mean_distance(real, fake, directions):
    """Return the mean Wasserstein distance of the projections over the directions."""
    real_ranks, fake_ranks, weights = _matching(len(real), len(fake))
    total = 0.0
    for block in _blocks(directions, row_bytes=4 * len(weights)):
        differences = np.sort(block @ real.T)[:, real_ranks]
        differences -= np.sort(block @ fake.T)[:, fake_ranks]
        total += float((np.abs(differences) @ weights).sum())
    return total / len(directions)


def _matching(num_real, num_fake):
    """Match the sorted values of two sets on the intervals where both quantile functions are constant.

    Returns:
        The ranks in the first set, the ranks in the second set, and the length of each interval. The lengths sum to 1.
        For sets of equal size, each rank matches itself.
    """
    # The unit is 1 / (num_real * num_fake), so that every step of both functions is at a whole number.
    ends = np.union1d(np.arange(1, num_real + 1) * num_fake, np.arange(1, num_fake + 1) * num_real)
    shares = np.diff(ends, prepend=0) / (num_real * num_fake)
    return (ends - 1) // num_fake, (ends - 1) // num_real, shares


def _blocks(rows, row_bytes=None):
    """Yield runs of the first axis, so short that the results, `row_bytes` for each row, stay small."""
    step = max(1, _BYTES_AT_ONCE // (8 * rows[0].size if row_bytes is None else row_bytes))
    for start in range(0, len(rows), step):
        yield rows[start : start + step]
