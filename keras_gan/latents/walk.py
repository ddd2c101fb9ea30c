"""A path through several latents."""

import numpy as np

from keras_gan._arguments import require_int
from keras_gan.latents.interpolate import interpolate, require_points


def walk(latents, steps, *, method="spherical"):
    """Points on a path through several latents, for a film: each latent, and `steps - 1` points before the next one.

    A path that ends where it begins, as in `np.concatenate([latents, latents[:1]])`, makes a film that loops.

    Args:
        latents: float array `(num_latents, ...)`, latents or styles, at least 2 of them.
        steps: int, the number of steps from one latent to the next.
        method: "spherical" or "linear", see `interpolate`.

    Returns:
        float32 array `((num_latents - 1) * steps + 1, ...)`.

    Raises:
        ValueError: if there are fewer than 2 latents, they are not finite numbers, or another argument is out of range.

    Example:
        >>> walk([[0.0, 2.0], [2.0, 0.0], [2.0, 4.0]], 2, method="linear").tolist()
        [[0.0, 2.0], [1.0, 1.0], [2.0, 0.0], [2.0, 2.0], [2.0, 4.0]]
    """
    latents = require_points("latents", latents)
    if len(latents) < 2:
        raise ValueError(f"A path needs at least 2 latents. Received: latents.shape={latents.shape}")
    paths = interpolate(latents[:-1], latents[1:], require_int("steps", steps) + 1, method=method)
    # The end of a path is the beginning of the next one.
    return np.concatenate([paths[:, :-1].reshape(-1, *latents.shape[1:]), paths[-1:, -1]])
