"""What the training-step benchmark trains, as plain values that every framework's process can read."""

import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Case:
    """One GAN on one pair of networks, or a CycleGAN on two.

    Attributes:
        loss: "non_saturating", "wasserstein_gp", "hinge" or "cycle".
        network: "dcgan", "resnet" or "translators".
        generator_width: channels of the generator: throughout (resnet), or next to the picture (the others).
        discriminator_width: channels of the discriminator, in the same way.
        discriminator_normalization: "batch" or None (dcgan alone; the resnet's is the spectral one).
        latent_dim: size of the generator's input.
        image_size: height and width of the pictures, which have three channels.
        batch_size: real images of one discriminator step; of either kind, for a CycleGAN.
        discriminator_steps: of one generator step.
        learning_rate, betas: of both players' Adam.
    """

    loss: str
    network: str
    generator_width: int
    discriminator_width: int
    discriminator_normalization: str | None = None
    latent_dim: int = 128
    image_size: int = 32
    batch_size: int = 64
    discriminator_steps: int = 1
    learning_rate: float = 2e-4
    betas: tuple = (0.5, 0.999)

    @property
    def images_per_step(self):
        """Real images that one training step takes."""
        return self.batch_size * self.discriminator_steps


CASES = {
    "dcgan": Case("non_saturating", "dcgan", 64, 64, "batch", latent_dim=100),
    "wgan_gp": Case("wasserstein_gp", "dcgan", 64, 64, discriminator_steps=5, learning_rate=1e-4, betas=(0.5, 0.9)),
    "sn_resnet": Case("hinge", "resnet", 256, 128, betas=(0.0, 0.9)),
    "cyclegan": Case("cycle", "translators", 32, 64, image_size=64, batch_size=1),
}


class Forward(typing.NamedTuple):
    """Multiply-adds of one picture's pass through a network: of all layers, and of the first of them."""

    total: int
    first: int


def step_flops(case, generator, discriminator):
    """Floating-point operations of a training step of a case: two for each multiply-add of its layers.

    For each player, the gradient of the weights costs as much as a forward pass, and so does the gradient of the input.
    This is the minimum for the algorithm: fakes pass through the generator once, only gradients that an update uses are
    computed, and the input of a network's first layer gets a gradient only if the other player or a penalty needs it.

    Args:
        case: `Case`.
        generator: `Forward` of the generator.
        discriminator: `Forward` of the discriminator.

    Returns:
        int.
    """
    steps = case.discriminator_steps
    whole, trained = discriminator.total, 3 * discriminator.total - discriminator.first
    if case.loss == "cycle":
        # Each translator makes a translation, a way back, and an identity, and learns from all three; only the way back
        # needs the gradient of its input. Both directions cost the same.
        translators = 9 * generator.total - 2 * generator.first + 2 * whole
        return 2 * 2 * case.batch_size * (translators + 2 * trained)
    discriminator_step = 2 * trained
    if case.loss == "wasserstein_gp":
        # The pass at the interpolates, its backward pass to the images, and the two gradients of the latter. The layers
        # are piecewise linear, so the first pass gets no gradient from there.
        discriminator_step += 4 * whole
    generator_step = 2 * generator.total - generator.first + 2 * whole
    return 2 * case.batch_size * (steps * (generator.total + discriminator_step) + generator_step)
