"""The numbers that tell how well a GAN trains, and the illnesses that they reveal."""

import dataclasses
import typing
from collections.abc import Callable

from keras_gan.callbacks.health import _advice

# Two probes in a row like this are enough for a verdict.
_TWICE = 0.5
# Samples this much alike are one image to the eye. No ordinary beginning has any as alike as the second.
_ALIKE, _THE_SAME = 0.1, 0.002
# Evidence is a sum of fractions.
_ROUNDING = 1e-6


class VitalSigns(typing.NamedTuple):
    """What one probe measures, as floats.

    A number that is not finite becomes the largest float32, because a gradient that overflows is a large one.

    Attributes:
        real_accuracy, fake_accuracy: share of the real and of the generated images that the discriminator puts on the
            right side of its boundary; None for critics, which have no boundary.
        ranked_pairs: share of pairs (real image, generated image) in which the discriminator rates the real image
            higher; 0.5 by chance.
        d_signal: how much the discriminator can still learn from these images: the mean slope of its loss in the
            logits, divided by the slope for an undecided discriminator. 0 if nothing is left to learn.
        logit_range: distance between the largest and the smallest logit.
        d_gradient_norm, g_gradient_norm: norm of the gradient of each player's adversarial loss, without penalties.
        d_spectral_norm, g_spectral_norm: largest spectral norm of each player's weights.
        diversity: mean distance between two generated images, divided by the mean distance between two real ones.
        colour_cast: distance between the mean colour of the samples and the mean colour of the real images, divided
            by the distance within which 95 % of the real images have their own mean colour.
        saturation: share of generated pixels that are black or white (a channel at -1 or 1), among those that would be
            neither in real images; negative if real images have more of them.
    """

    real_accuracy: float | None
    fake_accuracy: float | None
    ranked_pairs: float
    d_signal: float
    logit_range: float
    d_gradient_norm: float
    g_gradient_norm: float
    d_spectral_norm: float
    g_spectral_norm: float
    diversity: float
    colour_cast: float
    saturation: float


def full_name(game, name):
    """The name of a sign or an illness: the only game of a model has no name."""
    return f"{game}_{name}" if game else name


def named(signs):
    """The numbers of all games in one dict, by their full names."""
    return {
        full_name(game, name): value for game, numbers in signs.items() for name, value in numbers._asdict().items()
    }


def by_game(numbers, games):
    """The `VitalSigns` of each game from the numbers of all of them."""
    width = len(VitalSigns._fields)
    return {game: VitalSigns(*numbers[index * width : (index + 1) * width]) for index, game in enumerate(games)}


@dataclasses.dataclass(frozen=True)
class Illness:
    """How to recognise an illness, and what to do about it.

    Attributes:
        name: name of the illness in saved states.
        evidence: function of the current `VitalSigns`, the usual ones (medians over the last probes; None at the
            beginning, while nothing is usual) and the share of a verdict that an ordinary probe has. It returns the
            share that this probe has, 0 if it does not show the illness.
        words: function of the current `VitalSigns`, the usual ones and the `Settings` of the GAN: a sentence.
    """

    name: str
    evidence: Callable[[VitalSigns, VitalSigns | None, float], float]
    words: Callable[[VitalSigns, VitalSigns | None, _advice.Settings], str]


class Course(typing.NamedTuple):
    """The course of an illness. One probe may be noise, so it takes several in a row to change the verdict.

    Attributes:
        is_ill: the verdict.
        evidence: sum of the evidence against the verdict in the latest probes in a row; 1 is enough.
    """

    is_ill: bool = False
    evidence: float = 0.0

    def after(self, evidence, share):
        """Return the course after one more probe.

        Args:
            evidence: share of a verdict in this probe, 0 for a healthy one.
            share: what a healthy probe counts after an illness.
        """
        against = share * (evidence == 0.0) if self.is_ill else evidence
        total = (self.evidence + against) if against else 0.0
        return Course(not self.is_ill) if total > 1.0 - _ROUNDING else Course(self.is_ill, total)


def _discriminator_wins(now, usual, share):
    if now.d_signal < 0.001:
        return max(_TWICE, share)
    return (share / 2 if usual is None else share) * (now.d_signal < 0.01)


def _logits_run_away(now, _, share):
    return max(_TWICE, share) * (now.logit_range > 1e4)


def _collapse(now, usual, share):
    if now.diversity < _THE_SAME or (now.diversity < _ALIKE and usual is not None):
        return max(_TWICE, share)
    if now.diversity < _ALIKE:
        # An untrained generator draws one image, too, but of the wrong colour.
        return share if now.colour_cast < 1.0 else share / 2
    return share * (usual is not None and now.diversity < min(0.5, 1.5 * usual.diversity))


def _vanishing_gradient(now, usual, share):
    least = 0.0 if usual is None else 1e-3 * usual.g_gradient_norm
    return share * (now.g_gradient_norm < max(1e-8, least))


def _grow(factor, *names):
    """Return the evidence that one of these signs is this many times as large as usual."""

    def evidence(now, usual, share):
        return share * (usual is not None and any(getattr(now, n) > factor * getattr(usual, n) for n in names))

    return evidence


def _colour_cast(now, usual, share):
    return share * (usual is not None and now.colour_cast > max(1.0, usual.colour_cast / 1.5))


# The docstring of `TrainingHealth` explains where the limits come from.
ILLNESSES = (
    Illness(
        "discriminator_wins",
        _discriminator_wins,
        lambda now, _, settings: (
            f"{settings.judge} has won: it rates {now.ranked_pairs:.0%} of the real images above generated ones, and "
            f"only {now.d_signal:.1%} of its learning signal is left; {_advice.against_strong_discriminator(settings)}"
        ),
    ),
    Illness(
        "discriminator_loses",
        lambda now, _, share: share * (now.ranked_pairs < 0.25),
        lambda now, _, settings: (
            f"{settings.judge} has lost: it rates only {now.ranked_pairs:.0%} of the real images above generated "
            f"ones, where guessing gives 50%; {_advice.against_weak_discriminator(settings)}"
        ),
    ),
    Illness(
        "logits_run_away",
        _logits_run_away,
        lambda now, _, settings: (
            f"{settings.judge}'s output runs away: its logits are {now.logit_range:.1e} apart; "
            f"{_advice.against_growth(settings)}"
        ),
    ),
    Illness(
        "vanishing_gradient",
        _vanishing_gradient,
        lambda now, usual, settings: (
            f"{settings.maker}'s gradient has vanished: its norm is {now.g_gradient_norm:.1e}"
            f"{'' if usual is None else f', where {usual.g_gradient_norm:.1e} was usual'}; "
            f"{_advice.against_vanishing(settings)}"
        ),
    ),
    Illness(
        "exploding_gradient",
        _grow(100, "d_gradient_norm", "g_gradient_norm"),
        lambda now, usual, settings: (
            f"gradients explode: their norms are {now.d_gradient_norm:.1e} ({settings.names['discriminator']}) and "
            f"{now.g_gradient_norm:.1e} ({settings.names['generator']}), where {usual.d_gradient_norm:.1e} and "
            f"{usual.g_gradient_norm:.1e} were usual; {_advice.against_growth(settings)}"
        ),
    ),
    Illness(
        "exploding_weights",
        _grow(10, "d_spectral_norm", "g_spectral_norm"),
        lambda now, usual, settings: (
            f"weights explode: the largest spectral norms are {now.d_spectral_norm:.1e} "
            f"({settings.names['discriminator']}) and {now.g_spectral_norm:.1e} ({settings.names['generator']}), "
            f"where {usual.d_spectral_norm:.1e} and {usual.g_spectral_norm:.1e} were usual; "
            f"{_advice.against_growth(settings)}"
        ),
    ),
    Illness(
        "collapse",
        _collapse,
        lambda now, usual, settings: (
            f"{settings.maker} {'draws a single image' if usual is None else 'has collapsed'}: its samples differ from "
            f"each other by {_percent(now.diversity)} of the difference between real images; "
            f"{_advice.against_collapse(settings)}"
        ),
    ),
    Illness(
        "colour_cast",
        _colour_cast,
        lambda now, _, settings: (
            f"{settings.samples} have a colour cast (grey images, a wrong brightness): their mean colour is "
            f"{now.colour_cast:.1f} times as far from the mean of the real images as the limit for 95% of real images; "
            f"{_advice.against_unsteady_samples(settings)}"
        ),
    ),
    Illness(
        "saturation",
        lambda now, _, share: share * (now.saturation > 0.5),
        lambda now, _, settings: (
            f"{settings.samples} are saturated: {now.saturation:.0%} of the pixels that are neither black nor white in "
            f"real images are black or white; {_advice.against_saturation(settings)}"
        ),
    ),
)


def _percent(share):
    return f"{share:.0%}" if share >= 0.01 else f"{share:.1%}" if share >= 0.001 else "less than 0.1%"
