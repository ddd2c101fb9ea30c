"""What the logs show in addition to the losses: the current values of schedules."""

import tensorflow as tf

from keras_gan import _quantity
from keras_gan._words import numbered
from keras_gan.training import _optimizers


def values_in_use(model):
    """The scheduled quantities of a model at the last training step, a dict of name to scalar.

    The names are, for example, "generator_learning_rate", "r1_weight" or "diff_augment_strength"; and "phase", the
    number of the phase, for a training of several.
    """
    step = tf.maximum(model.training_state.step.value - 1, 0)
    values = {} if model.phases is None else {"phase": tf.cast(model.phases.number_at(step), tf.float32)}
    for name, player in model.players.items():
        if player.optimizer is not None:
            found = _optimizers.values_in_use(player.optimizer, step)
            values |= {f"{name}_{what}": value for what, value in found.items()}
        values |= _values(name, _quantity.scheduled(player), step)
        for penalty_name, penalty in player.penalties.items():
            values |= _values(penalty_name, penalty.scheduled(), step)
    parts = model.scheduled_parts()
    for name, part in zip(numbered([part.name for part in parts]), parts, strict=True):
        values |= _values(name, part.scheduled(), step)
    return values


def _values(name, schedules, step):
    return {f"{name}_{what}": _quantity.at(value, step) for what, value in schedules.items()}
