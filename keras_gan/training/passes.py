"""The passes of an objective: how networks are called in a step, and what is kept of the calls."""

import contextlib
import contextvars

import keras
import tensorflow as tf

from keras_gan.layers import hold_power_iterations

_PASSES = contextvars.ContextVar("passes", default=None)
_TRAINING = contextvars.ContextVar("training", default=True)
_NOISE = contextvars.ContextVar("noise", default=None)


class Passes:
    """What is kept of the calls in one evaluation of an objective.

    Attributes:
        verdicts: dict of the verdicts of critics, so that each batch passes only once.
        added_losses: list of (network, loss) that the networks' layers added in their calls.
        are_counted: whether the calls add their layers' losses; False for the calls of a penalty.
        told: list of (listener, rows); see `tell`.
        held: dict of a player's name to a scalar boolean tensor, whether its optimizer waits in this update.
    """

    def __init__(self, scope=None):
        self.verdicts = {}
        self.added_losses = []
        self.are_counted = True
        self.told = []
        self.held = {}
        self._scope = scope

    def call(self, interface, values):
        """Call a network and keep the losses that its layers add: Keras forgets them at the network's next call."""
        before, self._scope.losses = self._scope.losses, []
        try:
            outputs = interface(values, training=is_training())
            if self.are_counted:
                losses = [tf.cast(loss, tf.float32) for loss in self._scope.losses]
                self.added_losses += [(interface.network, loss) for loss in losses]
        finally:
            self._scope.losses = before
        return outputs

    def tell(self, listener, rows):
        """Call `listener(rows)` at the end of the update, where it may assign variables.

        With gradient accumulation, it is called once, with the rows of all parts.

        Args:
            listener: function of a tensor.
            rows: tensor `(batch, ...)`.
        """
        self.told.append((listener, rows))

    def losses_of(self, networks):
        """The losses that calls of these networks added, a list of float32 scalars."""
        known = {id(network) for network in networks}
        return [loss for network, loss in self.added_losses if id(network) in known]


@contextlib.contextmanager
def passes():
    """Begin an evaluation of an objective; yields its `Passes` and the scope that stores its assignments.

    No variable changes inside. The scope has the new running statistics and random streams, and the update applies
    those of the networks that it trains.
    """
    with (
        hold_power_iterations(),
        keras.StatelessScope(collect_losses=True) as scope,
        _set(_PASSES, Passes(scope)) as own,
    ):
        yield own, scope


def current_passes():
    """The `Passes` in progress; new ones outside an objective."""
    return _PASSES.get() or Passes()


@contextlib.contextmanager
def uncounted():
    """Passes inside leave no trace: no statistics, no random streams, no losses of layers.

    Yields the scope that has the assignments.
    """
    own = current_passes()
    before, own.are_counted = own.are_counted, False
    try:
        with keras.StatelessScope() as scope:
            yield scope
    finally:
        own.are_counted = before


@contextlib.contextmanager
def _set(variable, value):
    token = variable.set(value)
    try:
        yield value
    finally:
        variable.reset(token)


def inference():
    """Passes inside are for evaluation: networks in inference mode, no augmentation, no penalty."""
    return _set(_TRAINING, False)


def is_training():
    """Whether passes are for training."""
    return _TRAINING.get()


def drawing_from(noise):
    """Random numbers inside, such as those of penalties and augmentations, come from a `StepNoise`."""
    return _set(_NOISE, noise)


def current_noise():
    """The `StepNoise` of the step in progress, or None outside a step."""
    return _NOISE.get()


def forward(interface, values):
    """Call a network as the step in progress requires: in training mode, or in inference mode during evaluation.

    Args:
        interface: `Interface` of the network.
        values: dict of named tensors; the network takes those that it needs.

    Returns:
        dict of output name to tensor, or list of tensors; floats as float32.
    """
    own = _PASSES.get()
    with hold_power_iterations():
        outputs = interface(values, training=is_training()) if own is None else own.call(interface, values)
    return tf.nest.map_structure(_with_float32, outputs)


def _with_float32(tensor):
    return tf.cast(tensor, tf.float32) if tensor.dtype.is_floating else tensor
