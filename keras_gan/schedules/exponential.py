"""A change by the same factor in every step."""

import keras

from keras_gan._arguments import require_number
from keras_gan.schedules._ramp import Ramp


@keras.saving.register_keras_serializable(package="keras_gan")
class Exponential(Ramp):
    """Changes from one positive number to another by the same factor in every step.

    For numbers whose size matters, and not their difference, such as an inverse temperature that grows from 1 to 1,000.
    At step s, with the time t in [0, 1]:

        start (end / start)^t,   t = min( max( (s - begin) / steps, 0 ), 1 )

    Args:
        start: float, the first number, above 0.
        end: float, the last number, above 0.
        steps: int, training steps from `start` to `end`, at least 1.
        begin: int, the last step at `start`, at least 0.

    Returns:
        When called with a step, a float32 scalar between `start` and `end`.

    Raises:
        ValueError: if an argument is out of its range.

    Example:
        >>> schedule = Exponential(1.0, 16.0, 4, begin=10)
        >>> [float(schedule(step)) for step in (0, 10, 11, 12, 14, 99)]
        [1.0, 1.0, 2.0, 4.0, 16.0, 16.0]
    """

    def __init__(self, start, end, steps, *, begin=0):
        start = require_number("start", start, low=0.0, open_low=True)
        super().__init__(start, require_number("end", end, low=0.0, open_low=True), steps, begin=begin)

    def _share_left(self, time):
        factor = self.end / self.start
        return 1.0 - time if factor == 1.0 else (factor - factor**time) / (factor - 1.0)
