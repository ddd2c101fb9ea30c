"""How alike the samples of one class are."""

import numpy as np

from keras_gan._arguments import require_int, require_seed
from keras_gan._pixels import require_images
from keras_gan.metrics._order import canonical_order
from keras_gan.metrics._ssim import multi_scale_similarity

_BYTES_AT_ONCE = 2**23


def ms_ssim_diversity(images, labels=None, *, num_pairs=2_000, seed=0):
    """Mean similarity of random pairs of samples of the same class; the lower, the more diverse they are.

    It finds the collapse of a class to one image, which a classifier does not mind. It says nothing of quality, so
    compare it with the value of real images: noise is very diverse. For a pair x, y and scales j = 1..M, each of half
    the size of the one before,

        MS-SSIM(x, y) = prod_j max(0, cs_j)^(w_j)    at j = M with the luminance:  max(0, ssim_M)^(w_M)
        cs   = mean (2 s_xy + C2) / (s_x^2 + s_y^2 + C2)
        ssim = mean (2 m_x m_y + C1) (2 s_xy + C2) / ((m_x^2 + m_y^2 + C1) (s_x^2 + s_y^2 + C2))

    with the local means m, variances s^2 and covariance s_xy in a Gaussian window of 11 x 11 pixels (standard deviation
    1.5), averaged over all places where the window fits. The images are mapped to [0, 1]; C1 = 0.01^2, C2 = 0.03^2,
    w = 0.0448, 0.2856, 0.3001, 0.2363, 0.1333. Channels are compared one by one, and averaged. Wang et al. 2003,
    "Multi-scale structural similarity for image quality assessment"; as a measure of diversity Odena et al. 2017
    (AC-GAN, arXiv 1610.09585), section 4.2.

    The window has to fit in at the last scale: five scales take 176 pixels on the shorter side, four take 88, three
    44, two 22, and the weights that are left are divided by their sum. Images of fewer than 11 pixels are compared
    in a window of their shorter side's size, whose standard deviation shrinks along. Values of different numbers of
    scales cannot be compared.

    The first image of a pair is drawn from all images, the second from the others of its class; an image that is
    alone in its class is in no pair. The order of the images does not matter. Computed in float64; memory beside a
    float32 copy of the images is small.

    Args:
        images: array-like `(num_images, height, width, channels)`, float in [-1, 1], of any number of channels.
        labels: array-like `(num_images,)` of class numbers or names; without it, all images are one class.
        num_pairs: pairs to draw; one pair may be drawn more than once.
        seed: of the pairs.

    Returns:
        float in [0, 1]; 1.0 if all images of each class are identical.

    Raises:
        ValueError: if the images are not a batch of floats in [-1, 1], the labels do not fit them or no class has two
            images; if another argument is out of its range.

    Example:
        >>> import numpy as np
        >>> digits = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 1)).repeat(10, axis=0)
        >>> ms_ssim_diversity(digits, labels=[3] * 10 + [8] * 10, num_pairs=100)
        1.0
        >>> ms_ssim_diversity(digits, num_pairs=100) < 0.6
        True
    """
    images = require_images("images", images)
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


def _require_labels(labels, num_images):
    """The number of each image's class; equal labels have equal numbers."""
    if labels is None:
        return np.zeros(num_images, np.int64)
    labels = np.asarray(labels)
    if labels.shape != (num_images,) or labels.dtype.kind not in "iubUS":
        raise ValueError(
            "`labels` must be the number or the name of each image's class, of shape (num_images,); numbers of one-hot "
            "rows are `labels.argmax(axis=1)`. "
            f"Received: labels.shape={labels.shape}, dtype={labels.dtype}, with {num_images} images"
        )
    return np.unique(labels, return_inverse=True)[1]


def _draw_pairs(sorted_labels, num_pairs, rng):
    """Ranks of the first and the second image of each pair, among images that are sorted by their class."""
    _, starts, ranks_to_class, sizes = np.unique(
        sorted_labels, return_index=True, return_inverse=True, return_counts=True
    )
    candidates = np.flatnonzero(sizes[ranks_to_class] > 1)
    if not candidates.size:
        raise ValueError(
            "A pair takes two images of one class, and there is no such class: give more images. "
            f"Received: {len(sorted_labels)} images of {len(sizes)} classes"
        )
    first = candidates[rng.integers(len(candidates), size=num_pairs)]
    start, size = starts[ranks_to_class[first]], sizes[ranks_to_class[first]]
    steps = 1 + rng.integers(size - 1)
    return first, start + (first - start + steps) % size


def _unit_range(images):
    # SSIM's luminance is a comparison of brightnesses, of which the least is 0.
    return np.clip(0.5 * (images.astype(np.float64) + 1.0), 0.0, 1.0)
