"""The numbers that say how a GAN is doing."""

import typing


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
