"""The optimizers of the players: made ready, counted in training steps, and stepped."""

import contextlib

import keras
import tensorflow as tf

from keras_gan import _quantity
from keras_gan._replicas import replica_count, sum_over_replicas, true_on_all_replicas
from keras_gan.training._networks import computes_in_float16

# What is the decay of a running mean in Keras's optimizers.
_DECAYS = ("beta_1", "beta_2", "rho", "momentum")


class StepSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule of the learning rate that counts training steps, whichever player it is for.

    An optimizer counts its own updates. One with five of them in a training step would come to the end of its schedule
    five times as early as one with a single update.

    Args:
        schedule: keras.optimizers.schedules.LearningRateSchedule.
        updates_per_step: float, updates of the optimizer in a training step.
        factor: function without arguments that returns what the learning rate is multiplied by.
    """

    def __init__(self, schedule, updates_per_step, factor):
        self.schedule = schedule
        self.updates_per_step = updates_per_step
        self.factor = factor

    def __call__(self, updates):
        """Return the learning rate after so many updates."""
        return self.at_step(tf.floor(tf.cast(updates, tf.float32) / self.updates_per_step))

    def at_step(self, step):
        """Return the learning rate of a training step."""
        return self.factor() * tf.cast(self.schedule(step), tf.float32)


class SharedRate:
    """A part of a learning rate that the user's optimizer keeps: what is assigned there changes it here.

    Args:
        variable: keras.Variable, the learning rate as the user knows it.
        share: float, what it is multiplied by.
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
    """Make the optimizers of all players ready to step.

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
            "The players need an optimizer each: one that is shared would mix their statistics. Make one for each, "
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

    Built now, because variables cannot be made later inside a compiled step, and because a saved state can only be
    loaded into variables that exist. Scaled here, because Keras does it for the one optimizer of its own `compile`.

    A schedule has to count training steps, and lazy penalties change the rate and the betas: with c the share of the
    updates that are not theirs, the learning rate is multiplied by c, and each decay rate beta becomes beta^c, so that
    memory and pace per training step stay what they were. Karras et al. 2020 (arXiv 1912.04958), appendix B. Then the
    optimizer that is returned is a second view of the user's: it has the adapted settings and shares the variables.

    Args:
        optimizer: keras.optimizers.Optimizer.
        player: `Player`.
        factor: function without arguments that returns what a scheduled learning rate is multiplied by.
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
    if any(map(computes_in_float16, player.networks.values())) and not is_loss_scaled(optimizer):
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(player.trainable_weights)
    # The view has used the user's variables up.
    given.built = True
    return optimizer


def learning_rate_of(optimizer):
    """The learning rate as Keras keeps it: a variable or a schedule. Its public attribute has the current value."""
    return inner_of(optimizer)._learning_rate


def is_loss_scaled(optimizer):
    """Whether an optimizer scales the loss by itself."""
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
    """Make schedules again of the decay rates that a saved configuration holds as such."""
    inner = inner_of(optimizer)
    for decay in _DECAYS:
        if isinstance(getattr(inner, decay, None), dict):
            setattr(inner, decay, keras.saving.deserialize_keras_object(getattr(inner, decay)))


def scale_learning_rate(optimizer, factor):
    """Multiply the learning rate of an optimizer in place; a scheduled one is left to its StepSchedule's `factor`."""
    rate = learning_rate_of(optimizer)
    if not isinstance(rate, StepSchedule):
        optimizer.learning_rate = factor * float(keras.ops.convert_to_tensor(optimizer.learning_rate))


def values_in_use(optimizer, step):
    """What schedules give an optimizer at a training step, a dict of name to scalar."""
    rate = learning_rate_of(optimizer)
    rates = {"learning_rate": rate.at_step(tf.cast(step, tf.float32))} if isinstance(rate, StepSchedule) else {}
    return rates | {decay: _quantity.at(value, step) for decay, value in scheduled_decays(optimizer).items()}


def step(optimizer, gradients, weights, training_step):
    """Step an optimizer, on several replicas as one device would.

    Keras asks the first replica alone whether the scaled gradients overflowed: an infinity on another one would ruin
    the weights of all. And it clips the gradients of each replica before it adds them up.
    """
    if replica_count() > 1:
        gradients = _clipped_as_one(optimizer, gradients)
        if is_loss_scaled(optimizer):
            finite = true_on_all_replicas(optimizer.check_finite(gradients))
            gradients = [None if g is None else tf.where(finite, g, tf.cast(float("nan"), g.dtype)) for g in gradients]
    with _decays_of(optimizer, training_step):
        optimizer.apply(gradients, weights)


@contextlib.contextmanager
def _decays_of(optimizer, training_step):
    """Put the values of scheduled decay rates in their place, while a step is taken."""
    inner, schedules = inner_of(optimizer), scheduled_decays(optimizer)
    try:
        for decay, schedule in schedules.items():
            setattr(inner, decay, tf.pow(_quantity.at(schedule, training_step), inner.decay_share))
        yield
    finally:
        for decay, schedule in schedules.items():
            setattr(inner, decay, schedule)


def _clipped_as_one(optimizer, gradients):
    """This replica's share of the clipped sum of all replicas' gradients; unchanged where the optimizer does not clip.

    The shares pass the optimizer's own clipping unchanged, as they are smaller than the sum.
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


def inner_of(optimizer):
    """The optimizer that knows the rate and the decays: the one within a LossScaleOptimizer."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def _second_view(optimizer):
    """An optimizer of the same class and settings, whose variables are those of the first.

    Not remade from its configuration, which knows nothing of `exclude_from_weight_decay` or of a subclass's attributes.
    """
    view = object.__new__(type(optimizer))
    vars(view).update(vars(optimizer))
    if inner_of(optimizer) is not optimizer:
        vars(view)["inner_optimizer"] = _second_view(optimizer.inner_optimizer)
    return view


def _refuse(optimizer, name):
    if "momentum" in scheduled_decays(optimizer):
        raise ValueError(
            f"The momentum of `{name}_optimizer` decides which variables it has, and so cannot be a schedule; a beta "
            f"of Adam can. Received: {name}_optimizer.momentum={inner_of(optimizer).momentum!r}"
        )
    if optimizer.built:
        raise ValueError(
            f"`{name}_optimizer` has been used before, and its state belongs to the variables it was built for. Give "
            f"each network of each GAN a new optimizer. Received: {name}_optimizer={optimizer!r}"
        )
    inner = inner_of(optimizer)
    if inner.use_ema:
        raise ValueError(
            f"`{name}_optimizer` averages weights by itself, and would overwrite those in training. Leave `use_ema` "
            "out, and give the GAN `ema_half_life=` for an averaged copy. "
            f"Received: {name}_optimizer.use_ema=True"
        )
    if inner.gradient_accumulation_steps:
        raise ValueError(
            f"`{name}_optimizer` accumulates gradients by itself, over training steps of all players. Give "
            "`compile(gradient_accumulation_steps=...)` instead, which cuts each update's batch in parts. "
            f"Received: {name}_optimizer.gradient_accumulation_steps={inner.gradient_accumulation_steps}"
        )
