"""An encoder of pictures that mirrors the generator of DCGAN."""

import keras

from keras_gan._arguments import require_bool, require_choice, require_int
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import halved_sides, wrapper
from keras_gan.networks._dcgan_stages import DISCRIMINATOR_NORMALIZATIONS, halving_stages, head


def dcgan_encoder(
    *,
    image_shape=(64, 64, 3),
    latent_dim=100,
    width=64,
    kernel_size=4,
    stages=None,
    normalization="batch",
    distribution=False,
):
    """Convolutional encoder, from pictures to the latents that a generator of `dcgan` takes.

    It is the discriminator of `dcgan` with a code where that has a logit, so it undoes each stage of the generator:

        image -> stages x (convolution, norm, LeakyReLU(0.2)) -> Dense(latent_dim)

    as in BiGAN (Donahue et al. 2016, arXiv 1605.09782) and f-AnoGAN (Schlegl et al. 2019), where the encoder has the
    discriminator's layers.

    Args:
        image_shape: tuple (height, width, channels) of the pictures, of any size.
        latent_dim: int, the size of the code.
        width: int, the channels of the layers next to the picture.
        kernel_size: int, the side of every kernel, at least 2.
        stages: int, the number of halvings; None for as many as `dcgan` has.
        normalization: as `discriminator_normalization` of `dcgan`.
        distribution: bool, whether to return a normal distribution for each picture, as the encoder of ALI does,
            instead of one code.

    Returns:
        `keras.Model` from float32 images in [-1, 1], `(batch, *image_shape)`, to float32 codes `(batch, latent_dim)`,
        unbounded; with `distribution` to a dict of "mean" and "log_variance" of that shape.

    Raises:
        ValueError: as `dcgan` does.

    Example:
        >>> encoder = dcgan_encoder(image_shape=(28, 28, 1), latent_dim=16, width=4)
        >>> encoder.output_shape
        (None, 16)
    """
    image_shape = require_image_shape(image_shape, rank=3)
    latent_dim, width = require_int("latent_dim", latent_dim), require_int("width", width)
    kernel_size = require_int("kernel_size", kernel_size, low=2)
    require_choice("normalization", normalization, DISCRIMINATOR_NORMALIZATIONS)
    images = keras.Input(image_shape, name="images")
    x = halving_stages(
        images,
        widths=[width * 2**i for i in range(len(halved_sides(image_shape, stages)) - 1)],
        kernel_size=kernel_size,
        normalization=normalization,
        wrap=wrapper(spectral_normalization=False),
        dropout=0.0,
    )
    if require_bool("distribution", distribution):
        codes = {name: head(latent_dim, name, use_bias=True)(x) for name in ("mean", "log_variance")}
    else:
        codes = head(latent_dim, "codes", use_bias=True)(x)
    return keras.Model(images, codes, name="dcgan_encoder")
