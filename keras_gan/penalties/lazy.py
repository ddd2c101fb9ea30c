"""A penalty that is computed only in some steps."""

import keras

from keras_gan._arguments import require_int
from keras_gan.penalties._penalty import Penalty


@keras.saving.register_keras_serializable(package="keras_gan")
class Lazy(Penalty):
    """Computes a penalty in one of `every` training steps, and multiplies it by `every`.

    A gradient penalty costs as much as the rest of its player's update, and is almost as effective when it is computed
    rarely. In training steps 0, k, 2k, ... the player's optimizer takes an additional step, on

        k  penalty

    alone. To keep the pace of learning and the memory of the optimizer per training step, `compile` multiplies the
    player's learning rate by c = k / (k + 1) and raises its betas to the power c. It does so for the default optimizer
    and for one that you give. Karras et al. 2020 (arXiv 1912.04958), appendix B, where k is 16 for R1 and 4 for the
    path length.

    The logs show the penalty without the k, as the mean over the steps in which it was computed.

    Args:
        penalty: the `Penalty`.
        every: k, an integer of at least 2.

    Raises:
        ValueError: if `penalty` is not a penalty or is already lazy, or `every` is not an integer of at least 2.

    Example:
        >>> import tensorflow as tf
        >>> from keras_gan.penalties import R1
        >>> slope = tf.constant([[3.0], [4.0]])
        >>> points = tf.random.normal((8, 2))
        >>> critic = lambda x: x @ slope
        >>> float(R1(10.0)(critic, points, None)), float(Lazy(R1(10.0), every=16)(critic, points, None))
        (125.0, 2000.0)
    """

    def __init__(self, penalty, *, every=16):
        if not isinstance(penalty, Penalty) or isinstance(penalty, Lazy):
            raise ValueError(
                "`penalty` must be a penalty that is computed in each step, as in `Lazy(R1(10.0), every=16)`. "
                f"Received: penalty={penalty!r}"
            )
        self.penalty = penalty
        self.every = require_int("every", every, low=2)
        self.name, self.player = penalty.name, penalty.player

    def __call__(self, network, *samples, seed=None, step=0):
        """Return `every` times the penalty, a float32 scalar; it takes the same arguments."""
        return self.every * self.penalty(network, *samples, seed=seed, step=step)

    @property
    def state(self):
        """The layer with the penalty's variables; see `Penalty`."""
        return self.penalty.state

    def build(self):
        """Make the penalty's variables; see `Penalty.build`."""
        self.penalty.build()

    def validate(self, network):
        """Check the player's network as the penalty does."""
        self.penalty.validate(network)

    def scheduled(self):
        """Return the penalty's arguments that are schedules; see `Penalty.scheduled`."""
        return self.penalty.scheduled()

    def get_config(self):
        """Return the constructor's arguments, with the penalty serialised."""
        return {"penalty": keras.saving.serialize_keras_object(self.penalty), "every": self.every}

    def __repr__(self):
        return f"Lazy({self.penalty!r}, every={self.every})"
