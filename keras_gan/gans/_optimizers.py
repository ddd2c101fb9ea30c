"""The two optimizers of a GAN: made ready, counted in training steps, and stepped."""

import keras
import tensorflow as tf

from keras_gan._replicas import replica_count, sum_over_replicas, true_on_all_replicas
from keras_gan.gans._networks import computes_in_float16

# What is the decay of a running mean in Keras's optimizers.
_DECAYS = ("beta_1", "beta_2", "rho", "momentum")


class StepSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule of the learning rate that counts training steps, whichever player it is for.

    An optimizer counts its own updates. A discriminator with five of them in a training step would come to the end of
    its schedule five times as early as the generator.

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
        steps = tf.cast(updates, tf.float32) / self.updates_per_step
        return self.factor() * tf.cast(self.schedule(tf.floor(steps)), tf.float32)


def ready_both(gan, generator_optimizer, discriminator_optimizer):
    """Return the optimizers of both players, ready to step.

    Raises:
        ValueError: for an optimizer that both would share, and as `ready` does.
    """
    if generator_optimizer is discriminator_optimizer and not isinstance(generator_optimizer, str):
        raise ValueError(
            "The two players need an optimizer each: one that is shared would mix their statistics. Make two with the "
            f"same settings. Received: the same object twice, {generator_optimizer!r}"
        )
    # Each lazy penalty adds an update of its own to so many training steps' updates of the discriminator.
    added = sum(1.0 / penalty.every for penalty in gan.penalties if penalty.every > 1)
    updates = {"generator": 1.0, "discriminator": gan.discriminator_steps * (1.0 + added)}
    shares = {"generator": 1.0, "discriminator": 1.0 / (1.0 + added)}
    factor = gan.training_state.learning_rate_factor
    return [
        ready(
            keras.optimizers.get(optimizer),
            getattr(gan, role),
            role=role,
            updates_per_step=updates[role],
            lazy_share=shares[role],
            factor=lambda: factor.value,
        )
        for role, optimizer in (("generator", generator_optimizer), ("discriminator", discriminator_optimizer))
    ]


def ready(optimizer, network, *, role, updates_per_step=1.0, lazy_share=1.0, factor=None):
    """An optimizer that is built on a network's variables, and scales the loss if the network is float16.

    Built now, because variables cannot be made later inside a compiled step, and because a saved state can only be
    loaded into variables that exist. Scaled here, because Keras does it for the one optimizer of its own `compile`.

    Args:
        optimizer: keras.optimizers.Optimizer. It stays as it is where another one with its settings is returned.
        network: keras.Model whose trainable variables it is for.
        role: "generator" or "discriminator".
        updates_per_step: float, updates that the optimizer makes in a training step.
        lazy_share: float, the share of its updates that are not those of lazy penalties: with c of them the learning
            rate is multiplied by c, and each decay rate beta becomes beta^c, so that memory and pace per training step
            stay what they were. Karras et al. 2020 (arXiv 1912.04958), appendix B.
        factor: function without arguments that returns what a scheduled learning rate is multiplied by.

    Raises:
        ValueError: for an optimizer that was used before or that averages or accumulates by itself.
    """
    _refuse(optimizer, role)
    schedule = _inner(optimizer)._learning_rate
    scheduled = isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule)
    if scheduled or lazy_share != 1.0:
        optimizer = optimizer.__class__.from_config(optimizer.get_config())
        inner = _inner(optimizer)
        for name in _DECAYS:
            if getattr(inner, name, None):
                setattr(inner, name, getattr(inner, name) ** lazy_share)
        if scheduled:
            inner._learning_rate = StepSchedule(schedule, updates_per_step, lambda: lazy_share * factor())
        else:
            inner._learning_rate.assign(inner._learning_rate * lazy_share)
    if computes_in_float16(network) and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(network.trainable_variables)
    return optimizer


def scale_learning_rate(optimizer, factor):
    """Multiply the learning rate of an optimizer in place; a scheduled one is left to its StepSchedule's `factor`."""
    rate = _inner(optimizer)._learning_rate
    if not isinstance(rate, StepSchedule):
        rate.assign(rate * factor)


def step(optimizer, gradients, weights):
    """Step an optimizer, on several replicas as one device would.

    Keras asks the first replica alone whether the scaled gradients overflowed: an infinity on another one would ruin
    the weights of all. And it clips the gradients of each replica before it adds them up.
    """
    if replica_count() > 1:
        gradients = _clipped_as_one(optimizer, gradients)
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            finite = true_on_all_replicas(optimizer.check_finite(gradients))
            gradients = [None if g is None else tf.where(finite, g, tf.cast(float("nan"), g.dtype)) for g in gradients]
    optimizer.apply(gradients, weights)


def _clipped_as_one(optimizer, gradients):
    """This replica's share of the clipped sum of all replicas' gradients; as they are for an optimizer that clips not.

    The shares pass the optimizer's own clipping unchanged, as they are smaller than the sum.
    """
    inner = _inner(optimizer)
    if not (inner.clipnorm or inner.global_clipnorm or inner.clipvalue):
        return gradients
    # 1, or the loss scale: the gradients are still multiplied by it.
    scale = optimizer.scale_loss(tf.constant(1.0))
    there = [gradient for gradient in gradients if gradient is not None]
    sums = [sum_over_replicas(gradient) / scale for gradient in there]
    shares = iter([clipped * scale / replica_count() for clipped in inner._clip_gradients(sums)])
    return [None if gradient is None else next(shares) for gradient in gradients]


def _inner(optimizer):
    return getattr(optimizer, "inner_optimizer", optimizer)


def _refuse(optimizer, role):
    if optimizer.built:
        raise ValueError(
            f"`{role}_optimizer` has been used before, and its state belongs to the variables it was built for. Give "
            f"each network of each GAN a new optimizer. Received: {role}_optimizer={optimizer!r}"
        )
    inner = _inner(optimizer)
    if inner.use_ema:
        raise ValueError(
            f"`{role}_optimizer` averages weights by itself, and would overwrite those in training. Leave `use_ema` "
            "out, and give the GAN `ema_half_life=` for an averaged generator. "
            f"Received: {role}_optimizer.use_ema=True"
        )
    if inner.gradient_accumulation_steps:
        raise ValueError(
            f"`{role}_optimizer` accumulates gradients by itself, over training steps of both players. Give "
            "`compile(gradient_accumulation_steps=...)` instead, which cuts each update's batch in parts. "
            f"Received: {role}_optimizer.gradient_accumulation_steps={inner.gradient_accumulation_steps}"
        )
