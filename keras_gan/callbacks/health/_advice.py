"""What a user can change about an ill GAN, in the words of the arguments that change it.

The advice follows from the settings: who trains with SGD hears of Adam, and who has a penalty hears of its weight.
"""

import types
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
_ROLES = ("generator", "discriminator")
_SAME_NAMES = types.MappingProxyType({role: role for role in _ROLES})


class Settings(typing.NamedTuple):
    """What advice depends on, of one game of a model: a discriminator and the generator that it judges.

    Attributes:
        optimizers: dict of "generator" and "discriminator" to the name of the optimizer's class and its current rate.
        names: dict of "generator" and "discriminator" to what their networks are called.
        players: dict of "generator" and "discriminator" to what the players are called that train them.
        penalty: what the discriminator's penalty is called in code; None if it has none.
        spectral: whether the discriminator has spectral normalisation.
        stddev: whether the discriminator compares the samples of a minibatch.
        takes_penalties: whether the model has an argument for penalties.
        steps: discriminator updates for each generator update; None if the model has no argument for them.
        augmented: whether the discriminator sees augmented images.
        averaged: whether samples come from an averaged generator.
        dense_images: whether images are drawn by a generator without convolutions.
        saturating: whether the loss is that of Goodfellow's minimax game.
        wasserstein: whether the loss needs a discriminator that is far ahead.
        clipped: whether the discriminator's weights are clipped.
        translates: whether samples are translations of images.
        likeness: of a translator, the argument that weighs how much of the source a translation must keep, and its
            value; None without.
        identity: of a translator, the weight of its identity loss; None without.
    """

    optimizers: dict[str, tuple[str, float]]
    names: dict[str, str] = _SAME_NAMES
    players: dict[str, str] = _SAME_NAMES
    penalty: str | None = None
    takes_penalties: bool = True
    spectral: bool = False
    stddev: bool = False
    steps: int = 1
    augmented: bool = False
    averaged: bool = False
    dense_images: bool = False
    saturating: bool = False
    wasserstein: bool = False
    clipped: bool = False
    translates: bool = False
    likeness: tuple[str, float] | None = None
    identity: float | None = None

    @property
    def judge(self):
        """What the discriminator is called."""
        return f"the {self.names['discriminator']}"

    @property
    def maker(self):
        """What the generator is called."""
        return f"the {self.names['generator']}"

    @property
    def samples(self):
        """What the samples are called: the only ones need no name."""
        return "the samples" if self.names["generator"] == "generator" else f"the samples of {self.maker}"


def settings_of(model, game):
    """Return the `Settings` of a game of a model."""
    judge = game.critic.interface.network
    judges = every_layer(judge)
    draws = [type(layer).__name__ for layer in every_layer(game.network)]
    players = {"generator": game.maker, "discriminator": game.judge}
    likeness = getattr(model, "likeness_weight", None)
    return Settings(
        optimizers={role: _optimizer(model.players[player].optimizer) for role, player in players.items()},
        names={
            "generator": _name_of(game.network, model.players[game.maker]),
            "discriminator": _name_of(judge, model.players[game.judge]),
        },
        players=players,
        penalty=_penalty_of(model),
        takes_penalties=hasattr(model, "penalties"),
        spectral=any(isinstance(layer, SpectralNormalization | keras.layers.SpectralNormalization) for layer in judges),
        stddev=any(isinstance(layer, MinibatchStddev) for layer in judges),
        steps=getattr(model, "discriminator_steps", None),
        augmented=bool(game.critic.augmentations),
        averaged=model.players[game.maker].ema_half_life is not None,
        dense_images=len(model.data_spec[game.field].shape) == 3 and not any("Conv" in name for name in draws),
        saturating=_is_a("Minimax", game.loss_in(model)),
        wasserstein=_is_a("Wasserstein", game.loss_in(model)),
        clipped=hasattr(model, "clip"),
        translates=hasattr(model, "translate"),
        likeness=None if likeness is None else (likeness, getattr(model, likeness)),
        identity=_identity_of(model),
    )


def _identity_of(model):
    """The weight of the identity loss; None if there is none, or there can be none between kinds of other shapes."""
    shapes = {field.shape for field in model.data_spec.values()}
    return getattr(model, "identity_weight", None) if len(shapes) == 1 else None


def _name_of(network, player):
    """What a network is called among those of its player."""
    return next(name for name, own in player.networks.items() if own is network)


def _penalty_of(model):
    penalties = [penalty for penalty in getattr(model, "penalties", ()) if penalty.player == "discriminator"]
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
        *_equal(settings, slow="generator", fast="discriminator"),
        *_instead_of_sgd(settings),
        *_penalty(settings),
        *_fewer_steps(settings),
        *_lower(settings, "discriminator"),
        *_augmentation(settings),
        "train on more images",
        *_other_rate(settings, "lower"),
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
        *_more_steps(settings),
        f"give {settings.judge} wider layers",
        *_other_rate(settings, "raise"),
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
        f"check that no layer of {settings.maker} is always at its limit",
        *_other_rate(settings, "lower"),
    )


def against_collapse(settings):
    """What helps when all samples are alike."""
    return _joined(
        *_standing_still(settings, "discriminator"),
        *_standing_still(settings, "generator"),
        *_instead_of_sgd(settings),
        *_equal(settings, slow="discriminator", fast="generator"),
        *_equal(settings, slow="generator", fast="discriminator"),
        *_likeness(settings),
        *_convolutions(settings),
        *_penalty(settings),
        *_lower(settings, "generator"),
        *_stddev(settings),
        *_more_steps(settings),
        "train on more images",
    )


def against_unsteady_samples(settings):
    """What helps when samples have the wrong colours."""
    return _joined(
        *_standing_still(settings, "generator"),
        *_instead_of_sgd(settings),
        *_equal(settings, slow="discriminator", fast="generator"),
        *_identity(settings),
        *_lower(settings, "generator"),
        *_penalty(settings),
        *_average(settings),
        *_more_steps(settings),
        "train on more images",
    )


def against_saturation(settings):
    """What helps when samples are black and white."""
    return _joined(
        *_instead_of_sgd(settings),
        *_lower(settings, "generator"),
        "check that the real images fill [-1, 1]",
        *_penalty(settings),
        *_identity(settings),
    )


def _joined(*advice):
    *first, last = list(dict.fromkeys(advice))[:_MOST_ADVICE]
    return f"{', '.join(first)}, or {last}" if len(first) > 1 else " or ".join([*first, last])


def _standing_still(settings, role):
    rate = settings.optimizers[role][1]
    return [f"give the {settings.players[role]} a learning rate above 0, such as {_GOOD_RATE:g}"] * (rate == 0.0)


def _instead_of_sgd(settings):
    has_own = settings.penalty or settings.clipped or not settings.takes_penalties
    penalty = "" if has_own else f" and with `penalties=[{_new_penalty(settings)}]`"
    text = f"train both players with `keras.optimizers.Adam({_GOOD_RATE:g}, beta_1=0.5)` instead of SGD{penalty}"
    return [text] * _has_sgd(settings)


def _has_sgd(settings):
    return any(name == "SGD" and rate for name, rate in settings.optimizers.values())


def _equal(settings, *, slow, fast):
    slow_rate, fast_rate = (settings.optimizers[player][1] for player in (slow, fast))
    fast, slow = (f"the {settings.players[role]}" for role in (fast, slow))
    has = "have" if fast.endswith("s") else "has"
    text = f"bring the learning rates together ({fast} {has} {fast_rate:g}, {slow} {slow_rate:g})"
    return [text] * (0.0 < slow_rate < fast_rate / _UNEQUAL)


def _lower(settings, role):
    name, rate = settings.optimizers[role]
    return [f"lower {_of(settings, role)} learning rate (now {rate:g})"] * (rate > _HIGH_RATE and name != "SGD")


def _raise(settings, role):
    rate = settings.optimizers[role][1]
    return [f"raise {_of(settings, role)} learning rate (now {rate:g})"] * (0.0 < rate < _GOOD_RATE)


def _other_rate(settings, change):
    """Of a translator, which has few other arguments, the discriminator's rate, whatever it is."""
    rate = settings.optimizers["discriminator"][1]
    is_advised = settings.translates and rate > 0.0
    return [f"{change} {_of(settings, 'discriminator')} learning rate (now {rate:g})"] * is_advised


def _of(settings, role):
    """A player with the ending that says that something is its own."""
    player = settings.players[role]
    return f"the {player}'" if player.endswith("s") else f"the {player}'s"


def _penalty(settings):
    if settings.penalty:
        return [f"raise the weight of the discriminator's `{settings.penalty}`"]
    if settings.clipped:
        return ["use `WGANGP`, which has a gradient penalty in place of clipped weights"]
    # The advice against SGD has it, because Adam alone is often not enough.
    text = f"penalise the discriminator's gradient with `penalties=[{_new_penalty(settings)}]`"
    return [text] * (settings.takes_penalties and not _has_sgd(settings))


def _new_penalty(settings):
    return f"keras_gan.penalties.{'GradientPenalty(10.0)' if settings.wasserstein else 'R1(1.0)'}"


def _lighter_penalty(settings):
    return [f"lower the weight of the discriminator's `{settings.penalty}`"] * bool(settings.penalty)


def _fewer_steps(settings):
    several = settings.steps is not None and settings.steps > 1
    return [f"lower `discriminator_steps` (now {settings.steps})"] * (several and not settings.wasserstein)


def _more_steps(settings):
    # The generator of a much faster discriminator is behind already.
    is_open = settings.steps is not None and not _equal(settings, slow="generator", fast="discriminator")
    return [f"raise `discriminator_steps` (now {settings.steps})"] * is_open


def _augmentation(settings):
    is_open = not settings.augmented and not settings.translates
    return ["set `augmentation=keras_gan.augmentation.DiffAugment()`"] * is_open


def _spectral(settings):
    is_open = not settings.spectral and not settings.translates
    return ["build the discriminator with `spectral_normalization=True`"] * is_open


def _convolutions(settings):
    return ["use convolutional networks, such as `networks.dcgan`"] * settings.dense_images


def _stddev(settings):
    # A discriminator of patches has no verdict on a whole picture that it could compare.
    is_open = not settings.stddev and not settings.translates
    return ["add `keras_gan.layers.MinibatchStddev` to the discriminator"] * is_open


def _average(settings):
    is_open = not settings.averaged and not settings.translates
    return ["sample from an averaged generator with `ema_half_life=5000`"] * is_open


def _likeness(settings):
    return [] if settings.likeness is None else ["raise `{}` (now {:g})".format(*settings.likeness)]


def _identity(settings):
    if settings.identity is None:
        return _likeness(settings)
    return [f"raise `identity_weight` (now {settings.identity:g})"]
