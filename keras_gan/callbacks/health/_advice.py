"""What a user can change about an ill GAN, in the words of the arguments that change it.

The advice follows from the settings: who trains with SGD hears of Adam, and who has a penalty hears of its weight.
"""

import typing

import keras

from keras_gan._inner_optimizer import inner_of
from keras_gan._traversal import every_layer
from keras_gan.layers import MinibatchStddev, SpectralNormalization

# Rates of Adam: networks of most kinds learn with the good one, and above the high one, a lower one may help.
_HIGH_RATE, _GOOD_RATE = 5e-4, 2e-4
# A player whose rate is this many times that of the other leaves it behind.
_UNEQUAL = 4.0
_MOST_ADVICE = 3


class Settings(typing.NamedTuple):
    """What advice depends on.

    Attributes:
        optimizers: dict of "generator" and "discriminator" to the name of the optimizer's class and its current rate.
        penalty: what the discriminator's penalty is called in code; None if it has none.
        spectral: whether the discriminator has spectral normalisation.
        stddev: whether the discriminator compares the samples of a minibatch.
        steps: discriminator updates for each generator update.
        augmented: whether the discriminator sees augmented images.
        averaged: whether samples come from an averaged generator.
        dense_images: whether images are drawn by a generator without convolutions.
        saturating: whether the loss is that of Goodfellow's minimax game.
        wasserstein: whether the loss needs a discriminator that is far ahead.
        clipped: whether the discriminator's weights are clipped.
    """

    optimizers: dict[str, tuple[str, float]]
    penalty: str | None = None
    spectral: bool = False
    stddev: bool = False
    steps: int = 1
    augmented: bool = False
    averaged: bool = False
    dense_images: bool = False
    saturating: bool = False
    wasserstein: bool = False
    clipped: bool = False


def settings_of(model):
    """Return the `Settings` of a GAN with one generator and one discriminator."""
    judges = every_layer(model.discriminator)
    draws = [type(layer).__name__ for layer in every_layer(model.generator)]
    return Settings(
        optimizers={
            "generator": _optimizer(model.generator_optimizer),
            "discriminator": _optimizer(model.discriminator_optimizer),
        },
        penalty=_penalty_of(model),
        spectral=any(isinstance(layer, SpectralNormalization | keras.layers.SpectralNormalization) for layer in judges),
        stddev=any(isinstance(layer, MinibatchStddev) for layer in judges),
        steps=model.discriminator_steps,
        augmented=bool(model.critic.augmentations),
        averaged=model.ema_half_life is not None,
        dense_images=len(model.sample_shape) == 3 and not any("Conv" in name for name in draws),
        saturating=_is_a("Minimax", model.adversarial_loss),
        wasserstein=_is_a("Wasserstein", model.adversarial_loss),
        clipped=hasattr(model, "clip"),
    )


def _penalty_of(model):
    penalties = [penalty for penalty in model.penalties if penalty.player == "discriminator"]
    if not penalties:
        return None
    first = penalties[0]
    # The weight of a lazy one is that of the penalty inside.
    return type(getattr(first, "penalty", first)).__name__


def _is_a(name, loss):
    # By name, because callbacks import no losses.
    return any(kind.__name__ == name for kind in type(loss).__mro__)


def _optimizer(optimizer):
    inner = inner_of(optimizer)
    # As the user gave it: a lazy penalty takes a share of it, and float32 keeps 2e-4 as a little less.
    rate = float(optimizer.learning_rate) / getattr(inner, "decay_share", 1.0)
    return type(inner).__name__, float(f"{rate:.6g}")


def against_strong_discriminator(settings):
    """What helps when the discriminator is too far ahead."""
    return _joined(
        *_standing_still(settings, "generator"),
        *_instead_of_sgd(settings),
        *_penalty(settings),
        *_fewer_steps(settings),
        *_lower(settings, "discriminator"),
        *_augmentation(settings),
        "train on more images",
    )


def against_weak_discriminator(settings):
    """What helps when the generator is too far ahead."""
    return _joined(
        *_standing_still(settings, "discriminator"),
        *_equal(settings, slow="discriminator", fast="generator"),
        *_instead_of_sgd(settings),
        *_raise(settings, "discriminator"),
        *_lower(settings, "generator"),
        *_lighter_penalty(settings),
        _more_steps(settings),
        "give the discriminator wider layers",
    )


def against_growth(settings):
    """What helps when logits, gradients or weights grow without end."""
    rates = " and ".join(f"{rate:g}" for _, rate in settings.optimizers.values())
    return _joined(
        *_instead_of_sgd(settings),
        *_penalty(settings),
        f"lower the learning rates (now {rates})",
        "clip the gradients with `global_clipnorm=1.0` in the optimizers",
    )


def against_vanishing(settings):
    """What helps when the generator's gradient is too small."""
    saturating = ["use a loss that does not saturate, such as that of `NonSaturatingGAN`"] * settings.saturating
    return _joined(
        *saturating,
        *_instead_of_sgd(settings),
        *_penalty(settings),
        *_fewer_steps(settings),
        *_lower(settings, "discriminator"),
        *_spectral(settings),
        "check that no layer of the generator is always at its limit",
    )


def against_collapse(settings):
    """What helps when all samples are alike."""
    stddev = "add `keras_gan.layers.MinibatchStddev` to the discriminator"
    return _joined(
        *_standing_still(settings, "discriminator"),
        *_standing_still(settings, "generator"),
        *_instead_of_sgd(settings),
        *_equal(settings, slow="discriminator", fast="generator"),
        *_convolutions(settings),
        *_penalty(settings),
        *_lower(settings, "generator"),
        *([] if settings.stddev else [stddev]),
        _more_steps(settings),
    )


def against_unsteady_samples(settings):
    """What helps when samples have the wrong colours."""
    average = "sample from an averaged generator with `ema_half_life=5000`"
    return _joined(
        *_standing_still(settings, "generator"),
        *_instead_of_sgd(settings),
        *_equal(settings, slow="discriminator", fast="generator"),
        *_lower(settings, "generator"),
        *_penalty(settings),
        *([] if settings.averaged else [average]),
        _more_steps(settings),
    )


def against_saturation(settings):
    """What helps when samples are black and white."""
    return _joined(
        *_instead_of_sgd(settings),
        *_lower(settings, "generator"),
        "check that the real images fill [-1, 1]",
        *_penalty(settings),
    )


def _joined(*advice):
    *first, last = list(dict.fromkeys(advice))[:_MOST_ADVICE]
    return f"{', '.join(first)}, or {last}" if len(first) > 1 else " or ".join([*first, last])


def _standing_still(settings, player):
    rate = settings.optimizers[player][1]
    return [f"give the {player} a learning rate above 0, such as {_GOOD_RATE:g}"] * (rate == 0.0)


def _instead_of_sgd(settings):
    has_own = settings.penalty or settings.clipped
    penalty = "" if has_own else f" and with `penalties=[{_new_penalty(settings)}]`"
    text = f"train both players with `keras.optimizers.Adam({_GOOD_RATE:g}, beta_1=0.5)` instead of SGD{penalty}"
    return [text] * _has_sgd(settings)


def _has_sgd(settings):
    return any(name == "SGD" and rate for name, rate in settings.optimizers.values())


def _equal(settings, *, slow, fast):
    slow_rate, fast_rate = (settings.optimizers[player][1] for player in (slow, fast))
    text = f"bring the learning rates together (the {fast} has {fast_rate:g}, the {slow} {slow_rate:g})"
    return [text] * (0.0 < slow_rate < fast_rate / _UNEQUAL)


def _lower(settings, player):
    name, rate = settings.optimizers[player]
    return [f"lower the {player}'s learning rate (now {rate:g})"] * (rate > _HIGH_RATE and name != "SGD")


def _raise(settings, player):
    rate = settings.optimizers[player][1]
    return [f"raise the {player}'s learning rate (now {rate:g})"] * (0.0 < rate < _GOOD_RATE)


def _penalty(settings):
    if settings.penalty:
        return [f"raise the weight of the discriminator's `{settings.penalty}`"]
    if settings.clipped:
        return ["use `WGANGP`, which has a gradient penalty in place of clipped weights"]
    # The advice against SGD has it, because Adam alone is often not enough.
    text = f"penalise the discriminator's gradient with `penalties=[{_new_penalty(settings)}]`"
    return [text] * (not _has_sgd(settings))


def _new_penalty(settings):
    return f"keras_gan.penalties.{'GradientPenalty(10.0)' if settings.wasserstein else 'R1(1.0)'}"


def _lighter_penalty(settings):
    return [f"lower the weight of the discriminator's `{settings.penalty}`"] * bool(settings.penalty)


def _fewer_steps(settings):
    return [f"lower `discriminator_steps` (now {settings.steps})"] * (settings.steps > 1 and not settings.wasserstein)


def _more_steps(settings):
    return f"raise `discriminator_steps` (now {settings.steps})"


def _augmentation(settings):
    return [] if settings.augmented else ["set `augmentation=keras_gan.augmentation.DiffAugment()`"]


def _spectral(settings):
    return [] if settings.spectral else ["build the discriminator with `spectral_normalization=True`"]


def _convolutions(settings):
    return ["use convolutional networks, such as `networks.dcgan`"] * settings.dense_images
