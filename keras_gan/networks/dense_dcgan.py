"""Small DCGANs with a wide dense layer, from InfoGAN, which large comparisons of GANs share."""

import keras

from keras_gan._arguments import require_choice, require_int
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import wrapper
from keras_gan.networks._dcgan_stages import head
from keras_gan.networks._dense_stages import DISCRIMINATOR_NORMALIZATIONS, drawing_stages, looking_stages


def dense_dcgan(
    *,
    image_shape=(28, 28, 1),
    latent_dim=64,
    width=64,
    units=1024,
    discriminator_normalization=None,
    spectral_normalization=True,
):
    """Convolutional generator and discriminator of two stages with a wide dense layer.

    Most of their weights are in the dense layers, so they are fast for their size. Comparisons of many GANs have been
    published with them, and a new GAN can join those.

        generator:      latents -> Dense(units) -> Dense -> (h/4, w/4, 2 width)
                        -> transposed convolution(width) -> transposed convolution(channels), tanh
        discriminator:  image -> convolution(width) -> convolution(2 width) -> Dense(units) -> Dense(1)

    with 4x4 kernels of stride 2. Batch normalisation and LeakyReLU(0.2) follow every layer of the generator except the
    last. In the discriminator LeakyReLU follows every layer except the last, after batch normalisation if
    `discriminator_normalization="batch"`, which the first layer never has.

    They come from InfoGAN, Chen et al. 2016 (arXiv 1606.03657), appendix C.1, as Lucic et al. 2017 (arXiv 1711.10337)
    build them to compare GANs: without the head that infers the code, 64 latents, LeakyReLU(0.2) in both networks and
    batch normalisation before it (the paper has ReLU in the generator, slope 0.1 in the discriminator), biases in every
    layer, kernels from N(0, 0.02), batch normalisation with epsilon 1e-5 and momentum 0.9. At 28x28, with
    `discriminator_normalization="batch", spectral_normalization=False` as they have it, the generator has 6,642,241
    trainable parameters and the discriminator 6,559,169. What differs: images are in [-1, 1], and so the generator
    ends in a tanh and not a sigmoid. By default the discriminator has spectral normalisation instead, with which every
    GAN of this package learns (benchmarks/RESULTS.md).

    Args:
        image_shape: tuple (height, width, channels) of the pictures, sides in multiples of 4.
        latent_dim: int, the size of the generator's input.
        width: int, the channels of the layers next to the picture.
        units: int, the units of the dense layer of each network.
        discriminator_normalization: "batch" or None. The gradient penalty of WGAN-GP needs None.
        spectral_normalization: bool, whether to divide every kernel of the discriminator by its spectral norm. Set it
            to False with another normalisation, or where a penalty bounds the discriminator's slope.

    Returns:
        Two `keras.Model`: the generator, from latents `(batch, latent_dim)` to float32 images in [-1, 1],
        `(batch, *image_shape)`; and the discriminator, from such images to float32 logits `(batch, 1)`, unbounded.

    Raises:
        ValueError: if a size is not a positive integer, `image_shape` is not of rank 3 or has a side that is not a
            multiple of 4, or the normalisation is unknown.

    Example:
        >>> generator, discriminator = dense_dcgan(image_shape=(8, 8, 1), latent_dim=4, width=2, units=16)
        >>> [layer.output.shape[1:] for layer in generator.layers if "leaky_relu" in layer.name]
        [(16,), (16,), (4, 4, 2)]
        >>> discriminator.count_params()
        478
    """
    image_shape = require_image_shape(image_shape, rank=3)
    if any(side % 4 for side in image_shape[:2]):
        raise ValueError(
            "The sides of the pictures are halved twice: make them multiples of 4, or use `networks.dcgan`, which "
            f"takes any. Received: image_shape={image_shape}"
        )
    latent_dim, width, units = (
        require_int(name, value) for name, value in (("latent_dim", latent_dim), ("width", width), ("units", units))
    )
    require_choice("discriminator_normalization", discriminator_normalization, DISCRIMINATOR_NORMALIZATIONS)
    wrap = wrapper(spectral_normalization)
    discriminator = _discriminator(image_shape, width, units, discriminator_normalization, wrap)
    return _generator(image_shape, latent_dim, width, units), discriminator


def _generator(image_shape, latent_dim, width, units):
    latents = keras.Input((latent_dim,), name="latents")
    images = drawing_stages(latents, image_shape, width, units, negative_slope=0.2)
    return keras.Model(latents, images, name="dense_dcgan_generator")


def _discriminator(image_shape, width, units, normalization, wrap):
    images = keras.Input(image_shape, name="images")
    x = looking_stages(images, width, units, normalization, wrap, negative_slope=0.2)
    return keras.Model(images, wrap(head(1, "logits", use_bias=True))(x), name="dense_dcgan_discriminator")
