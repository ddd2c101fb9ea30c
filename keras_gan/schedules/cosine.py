"""The half cosine from one number to another."""

import math

import keras
import tensorflow as tf

from keras_gan.schedules._ramp import Ramp


@keras.saving.register_keras_serializable(package="keras_gan")
class Cosine(Ramp):
    """Changes from one number to another along half a cosine: slowly at both ends.

    R3GAN (Huang et al. 2024, arXiv 2501.05441) changes its learning rates, beta_2, the weight of its penalties, the
    half-life of its average and its augmentation along one cosine. At step s, with the time t in [0, 1]:

        end + (start - end) (1 + cos(pi t)) / 2,   t = min( max( (s - begin) / steps, 0 ), 1 )

    So it is exactly `start` until step `begin`, and exactly `end` from step `begin` + `steps`. Loshchilov and Hutter
    2016 (arXiv 1608.03983), equation 5, without the restarts.

    Args:
        start: float, the first number.
        end: float, the last number.
        steps: int, training steps from `start` to `end`, at least 1.
        begin: int, the last step at `start`, at least 0.

    Returns:
        When called with a step, a float32 scalar between `start` and `end`.

    Raises:
        ValueError: if an argument is out of its range.

    Example:
        >>> schedule = Cosine(10.0, 2.0, 6)
        >>> [round(float(schedule(step)), 4) for step in (0, 1, 2, 3, 4, 6, 7)]
        [10.0, 9.4641, 8.0, 6.0, 4.0, 2.0, 2.0]
    """

    def _share_left(self, time):
        return 0.5 + 0.5 * tf.cos(math.pi * time)
