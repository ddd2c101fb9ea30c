"""How alike the samples of one class are."""

import numpy as np

from keras_gan._arguments import require_int, require_seed
from keras_gan._pixels import require_images
from keras_gan.metrics._features import as_array
from keras_gan.metrics._hashing import canonical_order
from keras_gan.metrics._ssim import WINDOW, structural_similarity

_BYTES_AT_ONCE = 2**23
_WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])


def ms_ssim_diversity(images, labels=None, *, num_pairs=2_000, seed=0):
    """Mean similarity of random pairs of samples of the same class. Lower means more diverse.

    It detects a class that has collapsed to one image, which a classifier does not notice. It says nothing about
    quality, and noise is very diverse, so compare it with the value of real images. For a pair x, y and scales
    j = 1..M, each half the size of the one before,

        MS-SSIM(x, y) = prod_j max(0, cs_j)^(w_j)    at j = M with the luminance:  max(0, ssim_M)^(w_M)
        cs   = mean (2 s_xy + C2) / (s_x^2 + s_y^2 + C2)
        ssim = mean (2 m_x m_y + C1) (2 s_xy + C2) / ((m_x^2 + m_y^2 + C1) (s_x^2 + s_y^2 + C2))

    The local means m, variances s^2 and covariance s_xy are those in a Gaussian window of 11 x 11 pixels (standard
    deviation 1.5), averaged over all places where the window fits. The images are mapped to [0, 1]; C1 = 0.01^2,
    C2 = 0.03^2, w = 0.0448, 0.2856, 0.3001, 0.2363, 0.1333. The result is the mean over the channels. Wang et al.
    2003, "Multi-scale structural similarity for image quality assessment"; as a measure of diversity Odena et al. 2017
    (AC-GAN, arXiv 1610.09585), section 4.2.

    The window must fit into the image at the last scale. So five scales need 176 pixels on the shorter side, four need
    88, three need 44 and two need 22. With fewer scales, the remaining weights are divided by their sum. Images
    smaller than 11 pixels are compared in a window as large as their shorter side, with a standard deviation in
    proportion. Do not compare values from different numbers of scales.

    The first image of a pair is drawn from all images, the second from the other images of its class. An image that is
    alone in its class is in no pair. The order of the images does not matter. The numbers are float64. Apart from a
    float32 copy of the images, little memory is needed.

    Args:
        images: array-like `(num_images, height, width, channels)`, float in [-1, 1], with any number of channels.
        labels: array-like `(num_images,)` of class numbers or names. Without it, all images are one class.
        num_pairs: int, how many pairs to draw. A pair can be drawn more than once.
        seed: int, for the choice of the pairs.

    Returns:
        float in [0, 1]. It is 1.0 if all images of each class are identical.

    Raises:
        ValueError: if the images are not a batch of floats in [-1, 1], the labels do not fit the images, no class has
            two images, or another argument is out of its range.

    Example:
        >>> import numpy as np
        >>> digits = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 1)).repeat(10, axis=0)
        >>> ms_ssim_diversity(digits, labels=[3] * 10 + [8] * 10, num_pairs=100)
        1.0
        >>> ms_ssim_diversity(digits, num_pairs=100) < 0.6
        True
    """
    images = require_images("images", as_array("images", images))
    labels = _require_labels(labels, len(images))
    num_pairs = require_int("num_pairs", num_pairs)
    rng = np.random.default_rng(require_seed(seed))

    order = canonical_order(images.reshape(len(images), -1))
    order = order[np.argsort(labels[order], kind="stable")]
    first, second = (order[ranks] for ranks in _draw_pairs(labels[order], num_pairs, rng))
    images = images.transpose(0, 3, 1, 2)
    step = max(1, _BYTES_AT_ONCE // (8 * images[0].size))
    values = [
        multi_scale_similarity(
            _unit_range(images[first[start : start + step]]), _unit_range(images[second[start : start + step]])
        )
        for start in range(0, num_pairs, step)
    ]
    return float(np.concatenate(values).mean())


def scale_weights(side):
    """Return the weights of the scales at which images are compared. They sum to 1.

    The window must fit into the images at the last scale, so five scales need 11 * 2^4 = 176 pixels. Smaller images
    have only the first scales, with weights in the same proportions.

    Args:
        side: int, the shorter side of the images in pixels.

    Returns:
        float64 array of one to five weights.
    """
    num_scales = min(len(_WEIGHTS), max(1, (side // WINDOW).bit_length()))
    return _WEIGHTS[:num_scales] / _WEIGHTS[:num_scales].sum()


def multi_scale_similarity(first, second):
    """Return the MS-SSIM of pairs of images.

    Args:
        first: float64 array `(num_pairs, channels, height, width)` in [0, 1].
        second: the same for the second image of each pair.

    Returns:
        float64 array `(num_pairs,)` in [0, 1], averaged over the channels.
    """
    weights = scale_weights(min(first.shape[2:]))
    similarity = np.ones(first.shape[:2])
    for weight in weights[:-1]:
        similarity *= _compare(first, second)[1] ** weight
        first, second = _halve(first), _halve(second)
    similarity *= _compare(first, second)[0] ** weights[-1]
    return similarity.mean(axis=1)


def _require_labels(labels, num_images):
    """Return the number of each image's class. Equal labels get equal numbers."""
    if labels is None:
        return np.zeros(num_images, np.int64)
    labels = as_array("labels", labels, "biufcUS")
    if labels.shape != (num_images,) or labels.dtype.kind not in "iubUS":
        raise ValueError(
            "`labels` must hold the number or the name of each image's class, with the shape (num_images,). Convert "
            "one-hot rows with `labels.argmax(axis=1)`. "
            f"Received: labels.shape={labels.shape}, dtype={labels.dtype}, with {num_images} images"
        )
    return np.unique(labels, return_inverse=True)[1]


def _draw_pairs(sorted_labels, num_pairs, rng):
    """Return the ranks of both images of each pair, among images that are sorted by class."""
    _, starts, ranks_to_class, sizes = np.unique(
        sorted_labels, return_index=True, return_inverse=True, return_counts=True
    )
    candidates = np.flatnonzero(sizes[ranks_to_class] > 1)
    if not candidates.size:
        raise ValueError(
            "A pair needs two images of the same class, and there is no such class: give more images. "
            f"Received: {len(sorted_labels)} images of {len(sizes)} classes"
        )
    first = candidates[rng.integers(len(candidates), size=num_pairs)]
    start, size = starts[ranks_to_class[first]], sizes[ranks_to_class[first]]
    steps = 1 + rng.integers(size - 1)
    return first, start + (first - start + steps) % size


def _unit_range(images):
    # The luminance term of SSIM compares brightnesses, and the lowest brightness is 0.
    return np.clip(0.5 * (images.astype(np.float64) + 1.0), 0.0, 1.0)


def _compare(first, second):
    """Return SSIM and SSIM without the luminance, each averaged over a channel and clipped at 0."""
    # A negative number has no real power with a fractional exponent.
    return [np.maximum(part, 0.0) for part in structural_similarity(first, second)]


def _halve(images):
    """Average squares of 2 x 2 pixels. A last row or column without a partner counts twice."""
    *_, height, width = images.shape
    images = np.pad(images, ((0, 0), (0, 0), (0, height % 2), (0, width % 2)), mode="edge")
    vertical = images[:, :, ::2] + images[:, :, 1::2]
    return 0.25 * (vertical[..., ::2] + vertical[..., 1::2])
