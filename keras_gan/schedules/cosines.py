"""Several numbers along one cosine."""

import types

from keras_gan.schedules.cosine import Cosine


def cosines(steps, *, begin=0, **ranges):
    """Schedules that change together, along one half cosine.

    A GAN that starts with a high rate, short memory and strong penalties settles better if all of them relax at the
    same time. R3GAN (Huang et al. 2024, arXiv 2501.05441) does so with its learning rate, beta_2, the weight of its
    penalties, the half-life of its average and the strength of its augmentation. Each is

        end + (start - end) (1 + cos(pi t)) / 2,   t = min( max( (s - begin) / steps, 0 ), 1 )

    at step s.

    Args:
        steps: int, training steps from the starts to the ends, at least 1.
        begin: int, the last step at the starts, at least 0.
        **ranges: the start and the end of each number, by a name of your choice.

    Returns:
        types.SimpleNamespace with a `Cosine` under each name.

    Raises:
        ValueError: if there are no ranges, one is not two numbers, or `steps` or `begin` is out of its range.

    Example:
        >>> along = cosines(6, learning_rate=(2e-4, 5e-5), beta_2=(0.9, 0.99), gamma=(1.0, 0.1))
        >>> [round(float(along.gamma(step)), 3) for step in (0, 2, 3, 4, 6)]
        [1.0, 0.775, 0.55, 0.325, 0.1]
        >>> along.beta_2
        Cosine(start=0.9, end=0.99, steps=6, begin=0)

        The five of R3GAN for 20 million images in batches of 512:

        >>> along = cosines(
        ...     39_000, learning_rate=(2e-4, 5e-5), beta_2=(0.9, 0.99), gamma=(0.05, 0.005), half_life=(1.0, 5e6),
        ...     strength=(0.0, 0.55))

        and then `R3GAN(*networks, gamma=along.gamma, ema_half_life=along.half_life,
        augmentation=DiffAugment(strength=along.strength))`, with
        `Adam(along.learning_rate, beta_1=0.0, beta_2=along.beta_2)` for each player.
    """
    if not ranges:
        raise ValueError("Name the numbers that change, such as `cosines(1000, gamma=(1.0, 0.1))`. Received: none")
    return types.SimpleNamespace(**{name: _cosine(name, ends, steps, begin) for name, ends in ranges.items()})


def _cosine(name, ends, steps, begin):
    if not isinstance(ends, tuple | list) or len(ends) != 2:
        raise ValueError(f"`{name}` must be two numbers, its start and its end. Received: {name}={ends!r}")
    return Cosine(*ends, steps, begin=begin)
