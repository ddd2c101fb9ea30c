"""The numbers that say how a GAN is doing, and the illnesses that they show."""

import dataclasses
import typing
from collections.abc import Callable


class VitalSigns(typing.NamedTuple):
    """What one probe finds, as floats.

    A number that is not finite stands as the largest float32: a gradient that overflows is a large one.

    Attributes:
        real_accuracy, fake_accuracy: the share of the real, and of the generated, images that the discriminator puts
            on the right side of its boundary; None for critics, which have no boundary.
        ranked_pairs: the share of pairs (real image, generated image) of which the discriminator rates the real one
            higher; 0.5 by chance.
        d_signal: how much the discriminator's loss still asks for: its mean slope in the logits, over that for a
            discriminator that is undecided. 0 where it has nothing left to learn from these images.
        d_gradient_norm, g_gradient_norm: norm of the gradient of either player's adversarial loss, penalties apart.
        d_spectral_norm, g_spectral_norm: the largest spectral norm of either player's weights.
        diversity: mean distance between two generated images, over that between two real ones.
        colour_cast: how far the mean colour of the samples is from that of the real images, over how far 95 % of the
            real images' own mean colours are from it at most.
        saturation: of the pixels that would be neither black nor white in real images, the share that are generated
            black or white (a channel at -1 or 1); negative if real images have more of them.
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
    """What an illness looks like, and what to do about it.

    Attributes:
        name: its name in saved states.
        is_present: function of the `VitalSigns` now and the usual ones, the medians over the last probes.
        words: the sentence for the user, a format string over `now` and `usual`.
    """

    name: str
    is_present: Callable[[VitalSigns, VitalSigns], bool]
    words: str


class Course(typing.NamedTuple):
    """How an illness goes: a single probe is noise, and the verdict changes when several in succession contradict it.

    Attributes:
        is_ill: the verdict.
        contradictions: probes in succession that said otherwise.
    """

    is_ill: bool = False
    contradictions: int = 0

    def after(self, is_present, patience):
        """Return the course after one more probe; `patience` of them in succession change the verdict."""
        if is_present == self.is_ill:
            return Course(self.is_ill)
        if self.contradictions + 1 == patience:
            return Course(is_present)
        return Course(self.is_ill, self.contradictions + 1)


# Where the limits come from: `TrainingHealth` says it for its users.
ILLNESSES = (
    Illness(
        "discriminator_wins",
        lambda now, _: now.d_signal < 0.01,
        "the discriminator has won: {now.ranked_pairs:.0%} of the real images are rated above generated ones, and so "
        "surely that {now.d_signal:.1%} of its learning signal is left; lower its learning rate, penalise its gradient "
        "(`penalties=[R1(...)]`) or train on more images",
    ),
    Illness(
        "discriminator_loses",
        lambda now, _: now.ranked_pairs < 0.25,
        "the discriminator has lost: it rates only {now.ranked_pairs:.0%} of the real images above generated ones, "
        "where guessing makes 50%; raise its learning rate, give it more `discriminator_steps`, or lower the "
        "generator's learning rate",
    ),
    Illness(
        "vanishing_gradient",
        lambda now, usual: now.g_gradient_norm < max(1e-8, 1e-3 * usual.g_gradient_norm),
        "the generator's gradient has vanished: its norm is {now.g_gradient_norm:.1e}, where "
        "{usual.g_gradient_norm:.1e} was usual; use a loss that does not saturate (`NonSaturatingGAN`, `WGANGP`), or "
        "hold the discriminator back by a penalty or a lower learning rate",
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
        "the generator has collapsed: its images differ from each other by {now.diversity:.0%} of what real ones do; "
        "lower its learning rate, take more `discriminator_steps`, or put `MinibatchStddev` into the discriminator",
    ),
    Illness(
        "colour_cast",
        lambda now, usual: now.colour_cast > max(1.0, usual.colour_cast / 1.5),
        "the samples have a colour cast (grey ones, a wrong brightness): their mean is {now.colour_cast:.1f} times as "
        "far from that of the real images as 95% of these are; lower the generator's learning rate, or sample from an "
        "averaged generator (`ema_half_life`)",
    ),
    Illness(
        "saturation",
        lambda now, _: now.saturation > 0.5,
        "the samples are saturated: {now.saturation:.0%} of the pixels that real images have between black and white "
        "are black or white; lower the generator's learning rate, and see that the real images fill [-1, 1]",
    ),
)
