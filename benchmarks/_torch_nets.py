"""The networks of `keras_gan.networks` in PyTorch, to the parameter."""

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm


def build(case):
    """The generator and the discriminator of a case, channels last, with the initialisation of PyTorch."""
    kinds = {
        "dcgan": (DCGANGenerator, DCGANDiscriminator),
        "resnet": (ResNetGenerator, ResNetDiscriminator),
        "translators": (Translator, PatchDiscriminator),
    }
    return [kind(case).to(memory_format=torch.channels_last) for kind in kinds[case.network]]


def halvings(side):
    """Halvings until 4 pixels are left."""
    return side.bit_length() - 3


class Project(nn.Module):
    """The generator's first map: a dense layer, its units laid out channels last."""

    def __init__(self, latent_dim, channels, side, bias):
        super().__init__()
        self.shape = (side, side, channels)
        self.dense = nn.Linear(latent_dim, side * side * channels, bias=bias)

    def forward(self, latents):
        """Latents to a map."""
        return self.dense(latents).view(-1, *self.shape).permute(0, 3, 1, 2)


class DCGANGenerator(nn.Sequential):
    """As `keras_gan.networks.dcgan`."""

    def __init__(self, case):
        stages = halvings(case.image_size)
        widths = [case.generator_width * 2**i for i in reversed(range(stages))]
        parts = [Project(case.latent_dim, widths[0], case.image_size >> stages, bias=False)]
        for width, following in zip(widths, [*widths[1:], 3], strict=True):
            parts += [nn.BatchNorm2d(width), nn.ReLU(), nn.ConvTranspose2d(width, following, 4, 2, 1, bias=False)]
        super().__init__(*parts, nn.Tanh())


class DCGANDiscriminator(nn.Sequential):
    """As `keras_gan.networks.dcgan`."""

    def __init__(self, case):
        stages = halvings(case.image_size)
        widths = [case.discriminator_width * 2**i for i in range(stages)]
        normalized = case.discriminator_normalization is not None
        parts = []
        for previous, width in zip([3, *widths], widths, strict=False):
            parts.append(nn.Conv2d(previous, width, 4, 2, 1, bias=not normalized))
            if normalized and previous != 3:
                parts.append(nn.BatchNorm2d(width))
            parts.append(nn.LeakyReLU(0.2))
        units = widths[-1] * (case.image_size >> stages) ** 2
        super().__init__(*parts, nn.Flatten(), nn.Linear(units, 1, bias=not normalized))


class UpBlock(nn.Module):
    """A residual block of the generator."""

    def __init__(self, width):
        super().__init__()
        self.shortcut = nn.Conv2d(width, width, 1)
        self.branch = nn.Sequential(
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.UpsamplingNearest2d(scale_factor=2),
            nn.Conv2d(width, width, 3, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
        )

    def forward(self, x):
        """Double the sides."""
        return self.branch(x) + nn.functional.interpolate(self.shortcut(x), scale_factor=2)


class ResNetGenerator(nn.Sequential):
    """As `keras_gan.networks.resnet` below 64 pixels."""

    def __init__(self, case):
        width, stages = case.generator_width, halvings(case.image_size)
        super().__init__(
            Project(case.latent_dim, width, case.image_size >> stages, bias=True),
            *(UpBlock(width) for _ in range(stages)),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 3, 3, padding=1),
            nn.Tanh(),
        )


class Block(nn.Module):
    """A residual block of the discriminator."""

    def __init__(self, channels, width, *, first=False, halve=False):
        super().__init__()
        before = [] if first else [nn.ReLU()]
        after = [nn.AvgPool2d(2)] if halve else []
        self.branch = nn.Sequential(*before, _conv(channels, width, 3), nn.ReLU(), _conv(width, width, 3), *after)
        self.shortcut = nn.Sequential(*after, _conv(channels, width, 1)) if halve else nn.Identity()

    def forward(self, x):
        """Halve the sides, or keep them."""
        return self.branch(x) + self.shortcut(x)


class ResNetDiscriminator(nn.Module):
    """As `keras_gan.networks.resnet` below 64 pixels."""

    def __init__(self, case):
        super().__init__()
        width = case.discriminator_width
        self.blocks = nn.Sequential(
            Block(3, width, first=True, halve=True),
            Block(width, width, halve=True),
            Block(width, width),
            Block(width, width),
            nn.ReLU(),
        )
        self.head = spectral_norm(nn.Linear(width, 1, bias=False))

    def forward(self, x):
        """Images to logits."""
        return self.head(self.blocks(x).sum(dim=(2, 3)))


class Translator(nn.Sequential):
    """As `keras_gan.networks.resnet_translator` with six blocks."""

    def __init__(self, case):
        width = case.generator_width
        parts = [nn.ReflectionPad2d(3), nn.Conv2d(3, width, 7), *_instance_normalized(width)]
        for channels in (width, 2 * width):
            parts += [nn.Conv2d(channels, 2 * channels, 3, 2, 1), *_instance_normalized(2 * channels)]
        parts += [ReflectedBlock(4 * width) for _ in range(6)]
        for channels in (4 * width, 2 * width):
            half = channels // 2
            parts += [nn.ConvTranspose2d(channels, half, 3, 2, 1, output_padding=1), *_instance_normalized(half)]
        super().__init__(*parts, nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh())


class ReflectedBlock(nn.Module):
    """A residual block of a translator."""

    def __init__(self, width):
        super().__init__()
        self.branch = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3),
            *_instance_normalized(width),
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3),
            nn.InstanceNorm2d(width),
        )

    def forward(self, x):
        """Keep the sides."""
        return x + self.branch(x)


class PatchDiscriminator(nn.Sequential):
    """As `keras_gan.networks.patch_discriminator`."""

    def __init__(self, case):
        width = case.discriminator_width
        parts = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for channels, stride in ((width, 2), (2 * width, 2), (4 * width, 1)):
            normalization = nn.InstanceNorm2d(2 * channels)
            parts += [nn.Conv2d(channels, 2 * channels, 4, stride, 1), normalization, nn.LeakyReLU(0.2)]
        super().__init__(*parts, nn.Conv2d(8 * width, 1, 4, 1, 1))


def _instance_normalized(width):
    return nn.InstanceNorm2d(width), nn.ReLU()


def _conv(channels, width, side):
    return spectral_norm(nn.Conv2d(channels, width, side, padding=side // 2))
