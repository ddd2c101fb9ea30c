"""The random state of a model and the count of its steps, as variables that are saved with it."""

import contextlib
import random

import keras
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_seed


class TrainingState(keras.layers.Layer):
    """Owns the seed of a run and the number of training steps taken: together, all its random numbers.

    And what scheduled learning rates are multiplied by, which is 1 until somebody lowers it.

    Every number a training step draws is a function of (seed, step, which draw of the step it is), so saving these
    two variables saves the random state, and a run that goes on draws what it would have drawn.

    Args:
        seed: int in [0, 2^31), or None for one that Python's `random` draws (which `keras.utils.set_random_seed` sets).
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(trainable=False, dtype="float32", **kwargs)
        seed = random.getrandbits(31) if seed is None else require_seed(seed)
        self.seed = self.add_counter("seed", seed)
        self.step = self.add_counter("step")
        self.learning_rate_factor = self.add_weight(
            name="learning_rate_factor",
            initializer="ones",
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
        )
        self.built = True

    def add_counter(self, name, value=0):
        """Add an int64 variable that is saved with the state."""
        return self.add_weight(
            name=name,
            shape=(),
            dtype="int64",
            initializer=keras.initializers.Constant(value),
            trainable=False,
            aggregation="only_first_replica",
        )

    def noise(self):
        """The random numbers of the step in progress."""
        return StepNoise(self.seed.value, self.step.value)


class StepNoise:
    """The random numbers of one training step, each draw with a seed of its own.

    One is made for each call of `train_step`, so replicas that are traced at the same time count their draws apart.

    Args:
        seed, step: int64 scalar tensors, the seed of the run and the number of the step.

    Attributes:
        step: the number of the step.
    """

    def __init__(self, seed, step):
        self._seed, self.step = seed, step
        self._draws = 0
        self._part = 0

    def next_seed(self):
        """A seed, an int64 tensor of shape (2,), that no other draw of the run has."""
        self._draws += 1
        seed = tf.stack([self._seed + (self._draws << 32), self.step])
        return seed + tf.constant([0, self._part << 48], tf.int64) if self._part else seed

    @contextlib.contextmanager
    def part(self, number, draws):
        """Draw what belongs to one of the parts, counted from 0, in which a batch passes.

        Args:
            number: int.
            draws: `draws_so_far` before the first part: each part draws as often as the others.
        """
        self._draws, self._part = draws, number
        yield
        self._part = 0

    @property
    def draws_so_far(self):
        """How many seeds were drawn in this step."""
        return self._draws

    def normal(self, shape):
        """Standard normal float32 numbers of a shape whose first entry is this replica's rows."""
        return _random.normal(shape, self.next_seed())

    def uniform(self, shape):
        """Float32 numbers in [0, 1), of such a shape."""
        return _random.uniform(shape, self.next_seed())
