"""The learning rate that falls to 0 along a line."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_int, require_number
from keras_gan._configurable import Configurable


@keras.saving.register_keras_serializable(package="keras_gan")
class LinearDecay(Configurable, keras.optimizers.schedules.LearningRateSchedule):
    """Rises to the learning rate, holds it, and falls to 0 along a line.

    At step t of T = `steps`, with w = `warm_up_steps` and h = `hold_steps`:

        learning_rate  min( t / w,  1,  (T - t) / (T - w - h) )

    (without the first term if w = 0), and 0 from step T. In SNGAN (Miyato et al. 2018, arXiv 1802.05957) the rate falls
    from the first step. CycleGAN (Zhu et al. 2017, arXiv 1703.10593) holds it for the first half.

    In the optimizers of a GAN, a step is a training step for both players, even if a player makes several updates in
    it.

    Args:
        learning_rate: float, the highest rate.
        steps: int, the step at which the rate is 0.
        hold_steps: int, steps between the rise and the fall.
        warm_up_steps: int, steps of the rise from 0.

    Returns:
        When called with a step, a float32 scalar in [0, `learning_rate`].

    Raises:
        ValueError: if an argument is out of its range, or no step is left for the fall.

    Example:
        >>> schedule = LinearDecay(1.0, 10, hold_steps=3, warm_up_steps=2)
        >>> [round(float(schedule(step)), 2) for step in (0, 1, 2, 5, 6, 10, 11)]
        [0.0, 0.5, 1.0, 1.0, 0.8, 0.0, 0.0]
    """

    def __init__(self, learning_rate, steps, *, hold_steps=0, warm_up_steps=0):
        self.learning_rate = require_number("learning_rate", learning_rate, low=0.0)
        self.steps = require_int("steps", steps)
        self.hold_steps = require_int("hold_steps", hold_steps, low=0)
        self.warm_up_steps = require_int("warm_up_steps", warm_up_steps, low=0)
        if self.hold_steps + self.warm_up_steps >= self.steps:
            raise ValueError(
                "`warm_up_steps` and `hold_steps` together must be fewer than `steps`, or the rate cannot fall. "
                f"Received: steps={steps}, hold_steps={hold_steps}, warm_up_steps={warm_up_steps}"
            )

    def __call__(self, step):
        """Return the learning rate at a step."""
        step = tf.cast(step, tf.float32)
        fall = (self.steps - step) / (self.steps - self.warm_up_steps - self.hold_steps)
        rise = step / self.warm_up_steps if self.warm_up_steps else 1.0
        return self.learning_rate * tf.clip_by_value(tf.minimum(rise, fall), 0.0, 1.0)

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            "learning_rate": self.learning_rate,
            "steps": self.steps,
            "hold_steps": self.hold_steps,
            "warm_up_steps": self.warm_up_steps,
        }
