"""The numbers that tell how well a GAN trains, and the illnesses that they reveal."""

import dataclasses
import typing
from collections.abc import Callable


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
    d_gradient_norm: float
    g_gradient_norm: float
    d_spectral_norm: float
    g_spectral_norm: float
    diversity: float
    colour_cast: float
    saturation: float


@dataclasses.dataclass(frozen=True)
class Illness:
    """How to recognise an illness, and what to do about it.

    Attributes:
        name: name of the illness in saved states.
        is_present: function of the current `VitalSigns` and the usual ones, which are medians over the last probes.
        words: sentence for the user, a format string with `now` and `usual`.
    """

    name: str
    is_present: Callable[[VitalSigns, VitalSigns], bool]
    words: str


class Course(typing.NamedTuple):
    """The course of an illness. One probe is noise, so the verdict changes only after several contradictions in a row.

    Attributes:
        is_ill: the verdict.
        contradictions: number of latest probes in a row that contradict the verdict.
    """

    is_ill: bool = False
    contradictions: int = 0

    def after(self, is_present, patience):
        """Return the course after one more probe. `patience` contradictions in a row change the verdict."""
        if is_present == self.is_ill:
            return Course(self.is_ill)
        if self.contradictions + 1 == patience:
            return Course(is_present)
        return Course(self.is_ill, self.contradictions + 1)


# The docstring of `TrainingHealth` explains where the limits come from.
ILLNESSES = (
    Illness(
        "discriminator_wins",
        lambda now, _: now.d_signal < 0.01,
        "the discriminator has won: it rates {now.ranked_pairs:.0%} of the real images above generated ones, and only "
        "{now.d_signal:.1%} of its learning signal is left; lower its learning rate, penalise its gradient "
        "(`penalties=[R1(...)]`) or train on more images",
    ),
    Illness(
        "discriminator_loses",
        lambda now, _: now.ranked_pairs < 0.25,
        "the discriminator has lost: it rates only {now.ranked_pairs:.0%} of the real images above generated ones, "
        "where guessing gives 50%; raise its learning rate, give it more `discriminator_steps`, or lower the "
        "generator's learning rate",
    ),
    Illness(
        "vanishing_gradient",
        lambda now, usual: now.g_gradient_norm < max(1e-8, 1e-3 * usual.g_gradient_norm),
        "the generator's gradient has vanished: its norm is {now.g_gradient_norm:.1e}, where "
        "{usual.g_gradient_norm:.1e} was usual; use a loss that does not saturate (`NonSaturatingGAN`, `WGANGP`), or "
        "slow the discriminator down with a penalty or a lower learning rate",
    ),
    Illness(
        "exploding_gradient",
        lambda now, usual: (
            now.d_gradient_norm > 100 * usual.d_gradient_norm or now.g_gradient_norm > 100 * usual.g_gradient_norm
        ),
        "gradients explode: their norms are {now.d_gradient_norm:.1e} (discriminator) and {now.g_gradient_norm:.1e} "
        "(generator), where {usual.d_gradient_norm:.1e} and {usual.g_gradient_norm:.1e} were usual; lower the learning "
        "rates, clip by the global norm, or penalise the discriminator's gradient",
    ),
    Illness(
        "exploding_weights",
        lambda now, usual: (
            now.d_spectral_norm > 10 * usual.d_spectral_norm or now.g_spectral_norm > 10 * usual.g_spectral_norm
        ),
        "weights explode: the largest spectral norms are {now.d_spectral_norm:.1e} (discriminator) and "
        "{now.g_spectral_norm:.1e} (generator), where {usual.d_spectral_norm:.1e} and {usual.g_spectral_norm:.1e} were "
        "usual; lower the learning rates, or wrap the layers in `SpectralNormalization`",
    ),
    Illness(
        "collapse",
        lambda now, usual: now.diversity < min(0.5, 1.5 * usual.diversity),
        "the generator has collapsed: its images differ from each other by {now.diversity:.0%} of the difference "
        "between real ones; lower its learning rate, use more `discriminator_steps`, or add `MinibatchStddev` to the "
        "discriminator",
    ),
    Illness(
        "colour_cast",
        lambda now, usual: now.colour_cast > max(1.0, usual.colour_cast / 1.5),
        "the samples have a colour cast (grey images, a wrong brightness): their mean colour is "
        "{now.colour_cast:.1f} times as far from the mean of the real images as the limit for 95% of real images; "
        "lower the generator's learning rate, or sample from an averaged generator (`ema_half_life`)",
    ),
    Illness(
        "saturation",
        lambda now, _: now.saturation > 0.5,
        "the samples are saturated: {now.saturation:.0%} of the pixels that are neither black nor white in real images "
        "are black or white; lower the generator's learning rate, and check that the real images fill [-1, 1]",
    ),
)
