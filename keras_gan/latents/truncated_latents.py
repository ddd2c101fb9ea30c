"""Latents without extremes."""

import math

import numpy as np
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_int, require_number, require_seed


def truncated_latents(count, latent_shape, *, threshold, seed=0):
    """Latents from a normal distribution without its tails: better images of less variety, the lower the threshold.

    A generator sees few extreme latents in training, and draws worse images from them. Each number is drawn again
    until it is within the threshold. It has the distribution of

        F^-1(F(-threshold) + u (F(threshold) - F(-threshold))),    u uniform in (0, 1)

    with F the normal distribution function, and that is how it is computed, without loops. Brock et al. 2018 (BigGAN,
    arXiv 1809.11096), section 3.1: the "truncation trick". They generate with batch statistics of truncated latents;
    `generate` uses the moving averages of training. If the images of a low threshold are saturated, the generator was
    not trained for it. For generators with styles, `StyleSpace.truncate` is the better way.

    Args:
        count: int, how many.
        latent_shape: tuple, shape of one latent, as in `gan.latent_shape`.
        threshold: float, the largest absolute value, in (0, 10]; BigGAN's own range is 0.02 to 2.
        seed: int, for the same latents each time.

    Returns:
        float32 array `(count, *latent_shape)`, for `gan.generate(latents=...)`.

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> latents = truncated_latents(1000, (4,), threshold=0.5)
        >>> bool(abs(latents).max() <= 0.5)
        True
    """
    count = require_int("count", count)
    if not isinstance(latent_shape, tuple | list) or not latent_shape:
        raise ValueError(
            f"`latent_shape` must be a tuple, as in `gan.latent_shape`. Received: latent_shape={latent_shape!r}"
        )
    shape = [require_int("latent_shape", size) for size in latent_shape]
    threshold = require_number("threshold", threshold, low=0.0, high=10.0, open_low=True)
    uniform = _random.uniform((count, *shape), tf.constant([require_seed(seed), 0], tf.int64))
    tail = math.erfc(threshold / math.sqrt(2.0)) / 2.0
    # float64: near 0 and 1, the inverse needs more digits than float32 has.
    level = tail + (1.0 - 2.0 * tail) * tf.cast(uniform, tf.float64)
    return np.clip(np.asarray(tf.math.ndtri(level), np.float32), -threshold, threshold)
