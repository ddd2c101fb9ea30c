"""The networks of ProGAN, at their final size."""

import keras
from keras import layers

from keras_gan._arguments import require_int
from keras_gan.layers import Conv2DTranspose, PixelNormalization
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import doubled_sides
from keras_gan.networks._clipped_images import ClippedImages
from keras_gan.networks._equalized_stages import (
    ACTIVATED,
    activated,
    activated_conv,
    conv,
    equalized,
    head,
    last_features,
    widths_at,
)
from keras_gan.networks._resampling_convolutions import DownsamplingConv2D, UpsamplingConv2D

# The published code's channels times the side of the picture.
_CHANNELS = 16384


def progressive(*, image_shape=(64, 64, 3), latent_dim=512, width=None, max_width=512):
    """Convolutional generator and discriminator after ProGAN, trained at their full size.

    The paper grows these networks during training, from 4x4 to the size of the pictures. Here they do not grow: they
    are the networks that its training ends with, and all layers learn from the first step, as Karras et al. 2020
    (arXiv 1912.04958) showed to work as well. What else the paper introduced keeps both networks stable without batch
    normalisation or spectral normalisation:

        generator:      latents -> PixelNormalization -> Dense -> Conv(3x3) -> two Conv(3x3) per doubling -> Conv(1x1)
        discriminator:  image -> Conv(1x1) -> two Conv(3x3) per halving -> MinibatchStddev, Conv(3x3), Dense -> Dense(1)

    All layers have an equalised learning rate. LeakyReLU 0.2 follows each but the last of either network, and in the
    generator PixelNormalization follows that. Karras et al. 2017 (arXiv 1710.10196), sections 3 and 4 and table 2. The
    upsampling is nearest-neighbour and the downsampling an average; both are computed with the convolution next to
    them, as the published code does from a side of 128 on. The images are linear, and clipped in inference alone.

    The paper trains with `WGANGP(..., discriminator_steps=1, penalties=[GradientPenalty(10.0), Drift(0.001)])`, Adam
    with learning rate 1e-3 and betas 0 and 0.99, and an averaged generator. The generator starts from a map whose
    smaller side is 4 to 7, and has `width` channels next to the picture, twice as many after each halving up to
    `max_width`. For 1024x1024, the defaults give either network the paper's 23.1 million parameters.

    Args:
        image_shape: tuple (height, width, channels) of the pictures. Height and width must be multiples of 4 where the
            smaller of them is below 32, of 8 below 64, of 16 below 128, and so on.
        latent_dim: int, the size of the generator's input.
        width: int, the channels next to the picture; None for those of the published code, 16384 divided by the longer
            side, up to `max_width`.
        max_width: int, the most channels of any map.

    Returns:
        Two `keras.Model`: the generator, from latents `(batch, latent_dim)` to float32 images in [-1, 1],
        `(batch, *image_shape)`; and the discriminator, from such images to float32 logits `(batch, 1)`, unbounded.

    Raises:
        ValueError: if a size is not a positive integer, `image_shape` is not of rank 3, or its height or width cannot
            be halved as often as the networks do.

    Example:
        >>> generator, discriminator = progressive(image_shape=(16, 16, 1), latent_dim=8, width=4, max_width=8)
        >>> generator.output_shape, discriminator.output_shape
        ((None, 16, 16, 1), (None, 1))
    """
    image_shape = require_image_shape(image_shape, rank=3)
    latent_dim = require_int("latent_dim", latent_dim)
    sides = doubled_sides(image_shape)
    width = max(1, _CHANNELS // max(image_shape[:2])) if width is None else width
    widths = widths_at(len(sides), width, max_width)
    return _generator(image_shape, latent_dim, sides[0], widths), _discriminator(image_shape, widths)


def _generator(image_shape, latent_dim, start, widths):
    latents = keras.Input((latent_dim,), name="latents")
    x = PixelNormalization(name="normalize_latents")(latents)
    x = layers.Reshape((1, 1, latent_dim), name="reshape")(x)
    # A transposed convolution of one pixel: a projection with a bias for each channel.
    project = Conv2DTranspose(widths[-1], start, name="project")
    x = _normalized(activated(equalized(project, ACTIVATED)(x), "project"), "project")
    x = _normalized(activated_conv(x, widths[-1], 3, "conv_0"), "conv_0")
    for i, width in enumerate(widths[-2::-1], 1):
        for name, kind in ((f"up_{i}", {"kind": UpsamplingConv2D}), (f"conv_{i}", {})):
            x = _normalized(activated_conv(x, width, 3, name, **kind), name)
    x = conv(image_shape[-1], 1, "to_images")(x)
    return keras.Model(latents, ClippedImages(name="images")(x), name="progressive_generator")


def _normalized(x, name):
    return PixelNormalization(name=f"{name}_norm")(x)


def _discriminator(image_shape, widths):
    images = keras.Input(image_shape, name="images")
    x = activated_conv(images, widths[0], 1, "from_images")
    for i, width in enumerate(widths[1:]):
        x = activated_conv(x, x.shape[-1], 3, f"conv_{i}")
        x = activated_conv(x, width, 3, f"down_{i}", kind=DownsamplingConv2D)
    logits = head(1, "logits")(last_features(x, widths[-1]))
    return keras.Model(images, logits, name="progressive_discriminator")
