"""The random state of a model and its step count, as variables that are saved with it."""

import contextlib
import random

import keras
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_seed
from keras_gan.training._parts import rows


class TrainingState(keras.layers.Layer):
    """The seed of a run and the number of training steps taken. Together they determine all random numbers.

    It also has the factor of scheduled learning rates, which is 1 until `scale_learning_rates` changes it.

    Every random number of a training step depends on the seed, the step and the index of the draw alone. So these two
    variables are the whole random state, and a resumed run draws the same numbers as a run that was never stopped.

    Args:
        seed: int in [0, 2^31), or None for one that Python's `random` draws (which `keras.utils.set_random_seed` sets).

    Attributes:
        given_seed: the argument. A checkpoint changes `seed`, but not this.
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(trainable=False, dtype="float32", **kwargs)
        self.given_seed = seed
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
    """The random numbers of one training step. Each draw has its own seed.

    Each call of `train_step` makes its own, so replicas that are traced at the same time count their draws separately.

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
        """A seed that no other draw of the run has, an int64 tensor of shape (2,)."""
        self._draws += 1
        seed = tf.stack([self._seed + (self._draws << 32), self.step])
        return seed + tf.constant([0, self._part << 48], tf.int64) if self._part else seed

    @contextlib.contextmanager
    def part(self, number, draws):
        """Draw the numbers of one part of a batch.

        Args:
            number: int, index of the part.
            draws: `draws_so_far` before the first part. All parts make the same number of draws.
        """
        self._draws, self._part = draws, number
        yield
        self._part = 0

    @property
    def draws_so_far(self):
        """How many seeds were drawn in this step."""
        return self._draws

    def normal(self, shape):
        """Standard normal float32 numbers of a shape; its first entry is the number of rows of this replica."""
        return _random.normal(shape, self.next_seed())

    def normal_for(self, batch, shape):
        """Standard normal float32 numbers of a shape, for each sample of a batch."""
        return self.normal((rows([batch]), *shape))

    def uniform(self, shape):
        """Float32 numbers in [0, 1), of a shape as in `normal`."""
        return _random.uniform(shape, self.next_seed())

    def uniform_for(self, batch, shape):
        """Float32 numbers in [0, 1) of a shape, for each sample of a batch."""
        return self.uniform((rows([batch]), *shape))
