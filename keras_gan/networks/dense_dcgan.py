"""Small DCGANs with a wide dense layer, from InfoGAN, which large comparisons of GANs share."""

import keras
from keras import layers

from keras_gan._arguments import require_choice, require_int
from keras_gan.layers import BatchNormalization, Conv2D, Conv2DTranspose, LeakyReLU
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import normal, wrapper


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
    require_choice("discriminator_normalization", discriminator_normalization, ("batch", None))
    wrap = wrapper(spectral_normalization)
    discriminator = _discriminator(image_shape, width, units, discriminator_normalization, wrap)
    return _generator(image_shape, latent_dim, width, units), discriminator


def _generator(image_shape, latent_dim, width, units):
    height, across, channels = image_shape
    start = (height // 4, across // 4, 2 * width)
    latents = keras.Input((latent_dim,), name="latents")
    x = layers.Dense(units, kernel_initializer=normal(), name="dense_0")(latents)
    x = _normalized_and_activated(x, 0)
    x = layers.Dense(start[0] * start[1] * start[2], kernel_initializer=normal(), name="dense_1")(x)
    x = layers.Reshape(start, name="reshape")(_normalized_and_activated(x, 1))
    x = Conv2DTranspose(width, 4, name="up_0", **_conv_settings())(x)
    x = _normalized_and_activated(x, 2)
    x = Conv2DTranspose(channels, 4, name="up_1", **_conv_settings())(x)
    # float32: the images do not follow a mixed policy.
    images = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(latents, images, name="dense_dcgan_generator")


def _discriminator(image_shape, width, units, normalization, wrap):
    activate = _normalized_and_activated if normalization == "batch" else _activated
    images = keras.Input(image_shape, name="images")
    x = wrap(Conv2D(width, 4, name="down_0", **_conv_settings()))(images)
    x = wrap(Conv2D(2 * width, 4, name="down_1", **_conv_settings()))(_activated(x, 0))
    x = layers.Flatten(name="flatten")(activate(x, 1))
    x = wrap(layers.Dense(units, kernel_initializer=normal(), name="dense"))(x)
    head = layers.Dense(1, kernel_initializer=normal(), dtype="float32", name="logits")
    return keras.Model(images, wrap(head)(activate(x, 2)), name="dense_dcgan_discriminator")


def _conv_settings():
    return {"strides": 2, "padding": "same", "kernel_initializer": normal()}


def _normalized_and_activated(x, index):
    return _activated(BatchNormalization(name=f"norm_{index}")(x), index)


def _activated(x, index):
    return LeakyReLU(0.2, name=f"leaky_relu_{index}")(x)
