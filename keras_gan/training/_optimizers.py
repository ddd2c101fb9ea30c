"""The optimizers of the players: prepares them, counts their training steps, and steps them."""

import contextlib
import math
import numbers

import keras
import numpy as np
import tensorflow as tf

from keras_gan import _quantity
from keras_gan._arguments import require_number
from keras_gan._inner_optimizer import inner_of
from keras_gan._replicas import replica_count, sum_over_replicas, true_on_all_replicas
from keras_gan.training._fused_updates import fused
from keras_gan.training._networks import computes_in_float16

# The attributes of Keras's optimizers that are the decay of a running mean.
_DECAYS = ("beta_1", "beta_2", "rho", "momentum")


class StepSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule of the learning rate that counts training steps, for every player.

    An optimizer counts its own updates. With five updates in a training step, it would reach the end of its schedule
    five times as early as with one. Steps in which a player waits, such as those of another phase, do not count.

    Args:
        schedule: keras.optimizers.schedules.LearningRateSchedule.
        updates_per_step: float, updates of the optimizer in a training step.
        factor: function without arguments that returns a factor for the learning rate.
    """

    def __init__(self, schedule, updates_per_step, factor):
        self.schedule = schedule
        self.updates_per_step = updates_per_step
        self.factor = factor

    def __call__(self, updates):
        """Return the learning rate after a number of updates."""
        return self.at_step(tf.floor(tf.cast(updates, tf.float32) / self.updates_per_step))

    def at_step(self, step):
        """Return the learning rate of a training step."""
        return self.factor() * tf.cast(self.schedule(step), tf.float32)


class SharedRate:
    """A share of the learning rate of the user's optimizer: it follows what the user assigns there.

    Args:
        variable: keras.Variable, the learning rate of the user's optimizer.
        share: float, a factor.
    """

    def __init__(self, variable, share):
        self.variable, self.share = variable, share

    def __call__(self):
        """Return the learning rate."""
        return self.variable * self.share

    def assign(self, value):
        """Set the learning rate."""
        self.variable.assign(value / self.share)


def ready_all(model, optimizers):
    """Prepare the optimizers of all players.

    Args:
        model: `AdversarialModel`.
        optimizers: dict of player's name to keras.optimizers.Optimizer.

    Returns:
        dict of player's name to optimizer.

    Raises:
        ValueError: for an optimizer that two players would share, that was used before, or that averages or
            accumulates by itself.
    """
    if len({id(optimizer) for optimizer in optimizers.values()}) < len(optimizers):
        raise ValueError(
            "Each player needs its own optimizer: a shared one would mix their statistics. Make one for each player, "
            f"with the same settings. Received: the same object twice, {list(optimizers.values())}"
        )
    for name, optimizer in optimizers.items():
        _refuse(optimizer, name)
    factor = model.training_state.learning_rate_factor
    return {
        name: _ready(optimizers[name], player, factor=lambda: factor.value) for name, player in model.players.items()
    }


def _ready(optimizer, player, factor):
    """An optimizer that is built on a player's variables, and scales the loss if a network is float16.

    It is built now, because variables cannot be made later inside a compiled step, and because a saved state can only
    be loaded into existing variables. It scales the loss here, because Keras does so only for the single optimizer of
    its own `compile`.

    A schedule must count training steps, and lazy penalties change the rate and the betas. With c the share of the
    other updates, the learning rate is multiplied by c, and each decay rate beta becomes beta^c. So the memory and the
    pace per training step stay the same. Karras et al. 2020 (arXiv 1912.04958), appendix B. In these cases the returned
    optimizer is a second view of the user's: it has the adapted settings and shares the variables.

    Args:
        optimizer: keras.optimizers.Optimizer.
        player: `Player`.
        factor: function without arguments that returns a factor for a scheduled learning rate.
    """
    share = 1.0 / (1.0 + player.lazy_updates)
    given = optimizer
    schedule = learning_rate_of(optimizer)
    scheduled = isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule)
    if scheduled or share != 1.0 or scheduled_decays(optimizer):
        optimizer = _second_view(optimizer)
        inner = inner_of(optimizer)
        for decay in _DECAYS:
            value = getattr(inner, decay, None)
            if isinstance(value, float) and value:
                setattr(inner, decay, value**share)
        if scheduled:
            updates = player.updates_per_step / share
            inner._learning_rate = StepSchedule(schedule, updates, lambda: share * factor())
        elif share != 1.0:
            inner._learning_rate = SharedRate(schedule, share)
        inner.decay_share = share
        # The settings as they were given: those of the view hold for this player alone.
        inner.get_config = inner_of(given).get_config
    if any(map(computes_in_float16, player.networks.values())) and not is_loss_scaled(optimizer):
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(player.trainable_weights)
    # The variables of the user's optimizer are now in use by the view.
    given.built = True
    return optimizer


def learning_rate_of(optimizer):
    """The learning rate as Keras stores it: a variable or a schedule. The public attribute has the current value."""
    return inner_of(optimizer)._learning_rate


def is_loss_scaled(optimizer):
    """Whether an optimizer scales the loss."""
    return isinstance(optimizer, keras.optimizers.LossScaleOptimizer)


def scheduled_decays(optimizer):
    """The decay rates of an optimizer that are schedules, by name."""
    inner = inner_of(optimizer)
    found = {decay: getattr(inner, decay, None) for decay in _DECAYS}
    return {
        decay: value
        for decay, value in found.items()
        if isinstance(value, keras.optimizers.schedules.LearningRateSchedule)
    }


def restore_decays(optimizer):
    """Turn decay rates from a saved configuration back into schedules."""
    inner = inner_of(optimizer)
    for decay in _DECAYS:
        if isinstance(getattr(inner, decay, None), dict):
            setattr(inner, decay, keras.saving.deserialize_keras_object(getattr(inner, decay)))


def undecayed(optimizer, weights):
    """The places of the weights that an optimizer excludes from weight decay: its configuration does not hold them.

    Args:
        optimizer: keras.optimizers.Optimizer.
        weights: list of keras.Variable.

    Returns:
        list of ints.
    """
    decays = inner_of(optimizer)._use_weight_decay
    return [index for index, weight in enumerate(weights) if not decays(weight)]


def exclude_from_decay(optimizer, weights, places):
    """Exclude weights from weight decay as `undecayed` found them, before the optimizer is built."""
    if places:
        inner_of(optimizer).exclude_from_weight_decay(var_list=[weights[place] for place in places])


def scale_learning_rate(optimizer, factor):
    """Multiply the learning rate of an optimizer in place; a StepSchedule gets the factor from its `factor`."""
    rate = learning_rate_of(optimizer)
    if not isinstance(rate, StepSchedule):
        optimizer.learning_rate = factor * float(keras.ops.convert_to_tensor(optimizer.learning_rate))


def values_in_use(optimizer, step):
    """The values of an optimizer's schedules at a training step, the newest, a dict of name to scalar.

    The rate is that of its newest update, which was earlier for a player that waits in this phase.
    """
    rate = learning_rate_of(optimizer)
    updates = tf.maximum(inner_of(optimizer).iterations.value - 1, 0)
    rates = {"learning_rate": rate(updates)} if isinstance(rate, StepSchedule) else {}
    return rates | {decay: _quantity.at(value, step) for decay, value in scheduled_decays(optimizer).items()}


def step(optimizer, gradients, weights, training_step=0):
    """Step an optimizer, on several replicas as one device would.

    Keras checks only on the first replica whether the scaled gradients overflowed, so an infinity on another replica
    would ruin all weights. It also clips the gradients of each replica before it adds them.
    """
    if replica_count() > 1:
        gradients = _clipped_as_one(optimizer, gradients)
        if is_loss_scaled(optimizer):
            finite = true_on_all_replicas(optimizer.check_finite(gradients))
            gradients = [None if g is None else tf.where(finite, g, tf.cast(float("nan"), g.dtype)) for g in gradients]
    with _decays_of(optimizer, training_step), _sums_of(optimizer), fused(inner_of(optimizer)):
        optimizer.apply(gradients, weights)


@contextlib.contextmanager
def _sums_of(optimizer):
    """Let the optimizer skip its sum over the replicas where there is only one.

    TensorFlow registers a custom gradient for each such sum in a graph, and never forgets it: not the graph, not the
    weights, not the state of the optimizer, long after the model is gone.
    """
    if replica_count() > 1:
        yield
        return
    inner = inner_of(optimizer)
    inner._all_reduce_sum_gradients = list
    try:
        yield
    finally:
        del inner._all_reduce_sum_gradients


@contextlib.contextmanager
def _decays_of(optimizer, training_step):
    """Replace scheduled decay rates by their values during a step."""
    inner, schedules = inner_of(optimizer), scheduled_decays(optimizer)
    try:
        for decay, schedule in schedules.items():
            setattr(inner, decay, tf.pow(_quantity.at(schedule, training_step), inner.decay_share))
        yield
    finally:
        for decay, schedule in schedules.items():
            setattr(inner, decay, schedule)


def _clipped_as_one(optimizer, gradients):
    """This replica's share of the clipped sum of all gradients; unchanged if the optimizer does not clip.

    The optimizer's own clipping leaves the shares unchanged, because they are smaller than the sum.
    """
    inner = inner_of(optimizer)
    if not (inner.clipnorm or inner.global_clipnorm or inner.clipvalue):
        return gradients
    # 1, or the loss scale: the gradients are still multiplied by it.
    scale = optimizer.scale_loss(tf.constant(1.0))
    there = [gradient for gradient in gradients if gradient is not None]
    sums = [sum_over_replicas(gradient) / scale for gradient in there]
    shares = iter([clipped * scale / replica_count() for clipped in inner._clip_gradients(sums)])
    return [None if gradient is None else next(shares) for gradient in gradients]


def _second_view(optimizer):
    """An optimizer of the same class and settings that shares the variables of the first.

    Its configuration would not be enough: it lacks `exclude_from_weight_decay` and the attributes of a subclass.
    """
    view = object.__new__(type(optimizer))
    vars(view).update(vars(optimizer))
    if inner_of(optimizer) is not optimizer:
        vars(view)["inner_optimizer"] = _second_view(optimizer.inner_optimizer)
    return view


def _require_settings(optimizer, name):
    """Raise a ValueError for a setting that would make the weights NaN, or the step a wrong one."""
    rate = learning_rate_of(optimizer)
    if not isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        require_number(f"{name}_optimizer.learning_rate", float(np.asarray(rate)), low=0.0)
    for setting in (*_DECAYS, "epsilon", "weight_decay", "clipnorm", "clipvalue", "global_clipnorm"):
        value = getattr(optimizer, setting, None)
        # False is a weight decay that is off.
        if isinstance(value, numbers.Real) and not isinstance(value, bool):
            require_number(f"{name}_optimizer.{setting}", value, low=0.0, high=1.0 if setting in _DECAYS else math.inf)


def _refuse(optimizer, name):
    if "momentum" in scheduled_decays(optimizer):
        raise ValueError(
            f"The momentum of `{name}_optimizer` decides which variables it has, so it cannot be a schedule. A beta "
            f"of Adam can be one. Received: {name}_optimizer.momentum={inner_of(optimizer).momentum!r}"
        )
    if optimizer.built:
        raise ValueError(
            f"`{name}_optimizer` was used before, and its state belongs to other variables. Give "
            f"each player of each model a new optimizer. Received: {name}_optimizer={optimizer!r}"
        )
    inner = inner_of(optimizer)
    _require_settings(inner, name)
    if inner.use_ema:
        raise ValueError(
            f"`{name}_optimizer` averages weights, and would overwrite the weights in training. Leave `use_ema` "
            "out, and give the GAN `ema_half_life=` for an averaged copy. "
            f"Received: {name}_optimizer.use_ema=True"
        )
    if inner.gradient_accumulation_steps:
        raise ValueError(
            f"`{name}_optimizer` accumulates gradients over several training steps. Use "
            "`compile(gradient_accumulation_steps=...)` instead, which splits the batch of each update into parts. "
            f"Received: {name}_optimizer.gradient_accumulation_steps={inner.gradient_accumulation_steps}"
        )
