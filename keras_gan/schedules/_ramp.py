"""What schedules between two numbers have in common."""

import abc

import keras
import tensorflow as tf

from keras_gan._arguments import require_int, require_number
from keras_gan._configurable import Configurable

# float64 distinguishes successive steps up to here.
_LAST_STEP = 2**53


class Ramp(Configurable, keras.optimizers.schedules.LearningRateSchedule, abc.ABC):
    """`start` until step `begin`, then a change to `end` over `steps` steps, then `end`.

    A subclass defines the curve, as the share of `start` that is left.
    """

    def __init__(self, start, end, steps, *, begin=0):
        self.start = require_number("start", start)
        self.end = require_number("end", end)
        self.steps = require_int("steps", steps, high=_LAST_STEP)
        self.begin = require_int("begin", begin, low=0, high=_LAST_STEP)

    def __call__(self, step):
        """Return the number at a step, a float32 scalar between `start` and `end`."""
        # float64: float32 cannot distinguish successive steps above 2^24, which is 17 million.
        passed = tf.clip_by_value(tf.cast(step, tf.float64) - self.begin, 0.0, self.steps)
        left = self._share_left(passed / self.steps)
        return tf.cast(left * self.start + (1.0 - left) * self.end, tf.float32)

    @abc.abstractmethod
    def _share_left(self, time):
        """Return a float64 scalar in [0, 1], exactly 1 at time 0 and 0 at time 1, the end."""

    def get_config(self):
        """Return the constructor's arguments."""
        return {"start": self.start, "end": self.end, "steps": self.steps, "begin": self.begin}
