"""The phases of a training: different algorithms that follow each other in one `fit`."""

import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan._replicas import run_if
from keras_gan.training.passes import current_noise


class Phases:
    """Which algorithm trains at which step, such as a pre-training before the game.

    The step count alone decides, inside the graph. So a run that was stopped resumes in its phase, nothing is traced
    again at a boundary, and the operations of a phase do not run in another.

    Args:
        steps: dict of a phase's name to its number of training steps, in their order; the last phase has None, and
            never ends. A phase of 0 steps never begins.

    Attributes:
        names: tuple of the names of all phases.

    Raises:
        ValueError: if a number of steps is negative, or another phase than the last one never ends.

    Example:
        >>> phases = Phases({"pretraining": 100, "game": None})
        >>> phases.name_at(99), phases.name_at(100)
        ('pretraining', 'game')
    """

    def __init__(self, steps):
        *before, last = steps.items() if isinstance(steps, dict) and steps else [("", 0)]
        if last[1] is not None or any(number is None for _, number in before):
            raise ValueError(
                "`phases` must be a dict of names to numbers of steps, and None for the last phase alone, as in "
                f"{{'pretraining': 1000, 'game': None}}. Received: phases={steps!r}"
            )
        self.names = tuple(steps)
        ends = [0]
        for name, number in before:
            ends.append(ends[-1] + require_int(f"steps of the phase '{name}'", number, low=0))
        self._ends = tuple(ends[1:])

    def number_at(self, step):
        """The place of the phase that a step belongs to, an int32 scalar tensor.

        Args:
            step: int64 scalar tensor.
        """
        return tf.reduce_sum(tf.cast(step >= tf.constant(self._ends, tf.int64), tf.int32))

    def name_at(self, step):
        """The name of the phase that a step, an int, belongs to."""
        return self.names[sum(step >= end for end in self._ends)]

    def run(self, step, algorithms):
        """Run the algorithm of the phase that a step belongs to.

        Args:
            step: int64 scalar tensor.
            algorithms: dict of each phase's name to a function without arguments.

        Raises:
            ValueError: if a phase has no algorithm, or an algorithm no phase.
        """
        if set(algorithms) != set(self.names):
            raise ValueError(
                f"Each phase needs its algorithm, and the phases are {', '.join(self.names)}. "
                f"Received: algorithms of {', '.join(algorithms)}"
            )
        noise, number = current_noise(), self.number_at(step)
        draws = noise.draws_so_far
        for place, name in enumerate(self.names):
            # Each begins with the same draw: in a graph all are traced, and eagerly only one of them runs.
            with noise.part(0, draws):
                run_if(tf.equal(number, place), algorithms[name])
