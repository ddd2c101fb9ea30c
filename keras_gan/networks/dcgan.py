"""The convolutional networks of DCGAN, for pictures of any size."""

import keras
from keras import layers

from keras_gan._arguments import require_int, require_number
from keras_gan.layers import GroupNormalization, LeakyReLU
from keras_gan.networks._arguments import require_choice, require_image_shape
from keras_gan.networks._building_blocks import batch_normalization, cropped, halved_sides, normal, wrapper


def dcgan(
    *,
    image_shape=(64, 64, 3),
    latent_dim=100,
    width=64,
    kernel_size=4,
    stages=None,
    generator_normalization="batch",
    discriminator_normalization="batch",
    spectral_normalization=False,
    discriminator_dropout=0.0,
):
    """Convolutional generator and discriminator after DCGAN.

    The discriminator halves the picture once a stage with strided convolutions and doubles the channels; the
    generator is its mirror image, with transposed convolutions:

        generator:      latents -> Dense -> norm, ReLU -> stages x (transposed convolution, norm, ReLU)
        discriminator:  image   -> stages x (convolution, norm, LeakyReLU(0.2)) -> Dense(1)

    The last transposed convolution has a tanh in place of norm and ReLU, the first convolution has no norm. Radford et
    al. 2015 (arXiv 1511.06434), sections 3 and 4 and figure 1: kernels from N(0, 0.02), gains of the normalisation from
    N(1, 0.02), LeakyReLU 0.2; the moving averages of the common ports (epsilon 1e-5, momentum 0.9). A network whose
    normalisation is None has biases, any other has none, as in the published codes.

    Sides halve rounding up (92 -> 46 -> 23 -> 12 -> 6), and where doubling gives a row or column too many, the
    generator crops it (12 -> 23). By default there are as many stages as leave the smaller side 4 pixels or more (so
    4 to 6; at least one stage). With s stages the channels go from `width` at full size to `width * 2 ** (s - 1)`.

    The networks of these papers, to the parameter:

    * Radford et al. 2015, faces: `dcgan(width=128, kernel_size=5, generator_normalization="batch_per_unit")`.
    * Arjovsky et al. 2017 (WGAN), and the common ports: `dcgan()`.
    * Gulrajani et al. 2017 (WGAN-GP), MNIST: `dcgan(image_shape=(28, 28, 1), latent_dim=128, kernel_size=5,
      generator_normalization=None, discriminator_normalization=None)`, but for their initialisation.

    Args:
        image_shape: tuple (height, width, channels) of the pictures, in any sizes.
        latent_dim: int, the size of the generator's input.
        width: int, the channels of the layers next to the picture.
        kernel_size: int, the side of every kernel, at least 2.
        stages: int, the number of halvings; None for the rule above.
        generator_normalization: "batch"; "batch_per_unit", where the first of the batch normalisations has a gain for
            each unit of the projection instead of each channel; or None.
        discriminator_normalization: "batch", "layer" (each picture by itself, over positions and channels, with a
            gain for each channel) or None. The gradient penalty of WGAN-GP, which takes each picture by itself, needs
            one of the last two.
        spectral_normalization: bool, whether to normalise every layer of the discriminator by its spectral norm, most
            often with `discriminator_normalization=None`.
        discriminator_dropout: float, the share of each map's values that Dropout sets to 0 after each LeakyReLU of the
            discriminator while training; 0 for none, as in the papers. TensorFlow's tutorial of DCGAN has 0.3.

    Returns:
        Two `keras.Model`: the generator, from latents `(batch, latent_dim)` to float32 images in [-1, 1],
        `(batch, *image_shape)`; and the discriminator, from such images to float32 logits `(batch, 1)`, unbounded.

    Raises:
        ValueError: if a size is not a positive integer, `image_shape` is not of rank 3 or too small for `stages`, a
            normalisation is unknown, or the dropout is not in [0, 0.99].

    Example:
        >>> generator, discriminator = dcgan(image_shape=(28, 28, 1), width=8)
        >>> [layer.output.shape[1:3] for layer in generator.layers if "relu" in layer.name]
        [(4, 4), (7, 7), (14, 14)]
        >>> generator.output_shape, discriminator.output_shape
        ((None, 28, 28, 1), (None, 1))
    """
    image_shape = require_image_shape(image_shape, rank=3)
    latent_dim, width = require_int("latent_dim", latent_dim), require_int("width", width)
    # A kernel smaller than the stride would leave pixels that nothing writes to.
    kernel_size = require_int("kernel_size", kernel_size, low=2)
    require_choice("generator_normalization", generator_normalization, ("batch", "batch_per_unit", None))
    require_choice("discriminator_normalization", discriminator_normalization, ("batch", "layer", None))
    dropout = require_number("discriminator_dropout", discriminator_dropout, low=0.0, high=0.99)
    sides = halved_sides(image_shape, stages)
    widths = [width * 2**i for i in range(len(sides) - 1)]
    generator = _generator(image_shape, latent_dim, sides, widths, kernel_size, generator_normalization)
    wrap = wrapper(spectral_normalization)
    return generator, _discriminator(image_shape, widths, kernel_size, discriminator_normalization, wrap, dropout)


def _generator(image_shape, latent_dim, sides, widths, kernel_size, normalization):
    biased = normalization is None
    latents = keras.Input((latent_dim,), name="latents")
    x = _projection(latents, (*sides[-1], widths[-1]), normalization)
    channels = [*widths[-2::-1], image_shape[-1]]
    for i, (target, filters) in enumerate(zip(sides[-2::-1], channels, strict=True)):
        x = layers.ReLU(name=f"relu_{i}")(x)
        x = layers.Conv2DTranspose(filters, kernel_size, name=f"up_{i}", **_conv_settings(biased))(x)
        x = cropped(x, target, f"crop_{i}")
        if i < len(widths) - 1 and normalization is not None:
            x = _batch_normalization(f"norm_{i + 1}")(x)
    # float32: a policy must not reach the images.
    images = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(latents, images, name="dcgan_generator")


def _projection(latents, shape, normalization):
    """Return the generator's first map, normalised."""
    units = shape[0] * shape[1] * shape[2]
    x = layers.Dense(units, use_bias=normalization is None, kernel_initializer=normal(), name="project")(latents)
    reshape = layers.Reshape(shape, name="reshape")
    if normalization is None:
        return reshape(x)
    norm = _batch_normalization("norm_0")
    return reshape(norm(x)) if normalization == "batch_per_unit" else norm(reshape(x))


def _discriminator(image_shape, widths, kernel_size, normalization, wrap, dropout):
    biased = normalization is None
    images = keras.Input(image_shape, name="images")
    x = images
    for i, filters in enumerate(widths):
        x = wrap(layers.Conv2D(filters, kernel_size, name=f"down_{i}", **_conv_settings(biased)))(x)
        if i > 0 and normalization is not None:
            x = _NORMALIZATIONS[normalization](f"norm_{i}")(x)
        x = LeakyReLU(0.2, name=f"leaky_relu_{i}")(x)
        if dropout:
            x = layers.Dropout(dropout, name=f"dropout_{i}")(x)
    x = layers.Flatten(name="flatten")(x)
    head = layers.Dense(1, use_bias=biased, kernel_initializer=normal(), dtype="float32", name="logits")
    return keras.Model(images, wrap(head)(x), name="dcgan_discriminator")


def _conv_settings(use_bias):
    return {"strides": 2, "padding": "same", "use_bias": use_bias, "kernel_initializer": normal()}


def _batch_normalization(name):
    return batch_normalization(name, gamma_initializer=normal(1.0))


def _layer_normalization(name):
    return GroupNormalization(groups=1, gamma_initializer=normal(1.0), name=name)


_NORMALIZATIONS = {"batch": _batch_normalization, "layer": _layer_normalization}
