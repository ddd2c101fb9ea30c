"""The straight line from one number to another."""

import keras

from keras_gan.schedules._ramp import Ramp


@keras.saving.register_keras_serializable(package="keras_gan")
class Linear(Ramp):
    """Changes from one number to another along a line.

    For numbers that change during training: noise that fades, a penalty whose weight grows, a learning rate.
    At step s, with the time t in [0, 1]:

        end + (start - end) (1 - t),   t = min( max( (s - begin) / steps, 0 ), 1 )

    So it is exactly `start` until step `begin`, and exactly `end` from step `begin` + `steps`.

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
        >>> schedule = Linear(1.0, 0.5, 4, begin=10)
        >>> [float(schedule(step)) for step in (0, 10, 11, 12, 14, 99)]
        [1.0, 1.0, 0.875, 0.75, 0.5, 0.5]
    """

    def _share_left(self, time):
        return 1.0 - time
