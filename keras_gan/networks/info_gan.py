"""The networks of InfoGAN: codes in, logits and codes out."""

import keras
from keras import layers

from keras_gan._arguments import require_bool, require_choice, require_int
from keras_gan.layers import CodeEncoding
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import normal, wrapper
from keras_gan.networks._dcgan_stages import head
from keras_gan.networks._dense_stages import (
    DISCRIMINATOR_NORMALIZATIONS,
    drawing_stages,
    looking_stages,
    normalized_and_activated,
)

_SLOPE = 0.1
_CODE_UNITS = 128


def info_gan(
    *,
    image_shape=(28, 28, 1),
    categories=(10,),
    num_continuous=2,
    latent_dim=62,
    width=64,
    units=1024,
    learn_deviations=False,
    discriminator_normalization="batch",
    spectral_normalization=False,
):
    """Convolutional generator with codes, and discriminator with a second head that infers them, after InfoGAN.

        generator:      latents and codes -> Dense(units) -> Dense -> (h/4, w/4, 2 width)
                        -> transposed convolution(width) -> transposed convolution(channels), tanh
        discriminator:  image -> convolution(width) -> convolution(2 width) -> Dense(units) -> Dense(1)
        its codes:      from the same Dense(units) -> Dense(128) -> Dense(codes)

    with 4x4 kernels of stride 2. Batch normalisation and ReLU follow every layer of the generator except the last;
    LeakyReLU(0.1) follows those of the discriminator, after batch normalisation in all but the first.

    Chen et al. 2016 (arXiv 1606.03657), appendix C.1, the networks for MNIST, which are the defaults: 62 latents, a
    category of ten, two continuous codes. The generator has 6,652,481 trainable parameters and the discriminator
    6,692,173, of which 133,004 are the head of the codes. What differs: images are in [-1, 1], and so the generator
    ends in a tanh and not a sigmoid. Kernels start from N(0, 0.02), and every layer has biases.

    Args:
        image_shape: tuple (height, width, channels) of the pictures, of any size from 3x3 on. Odd sides halve rounding
            up.
        categories: tuple of int, the number of categories of each categorical code; empty for none.
        num_continuous: int, the number of continuous codes.
        latent_dim: int, the size of the noise, without the codes.
        width: int, the channels of the layers next to the picture.
        units: int, the units of the dense layer of each network.
        learn_deviations: bool, whether the discriminator also returns the standard deviations of the continuous codes,
            which are 1 otherwise.
        discriminator_normalization: "batch" or None. Penalties that need each picture's own gradient need None.
        spectral_normalization: bool, whether to divide every kernel between the image and the logit by its spectral
            norm, most often with `discriminator_normalization=None`. The head of the codes stays free.

    Returns:
        Two `keras.Model`:

        * the generator, from a dict of "latents" `(batch, latent_dim)` and "codes" `(batch, num_codes)` to float32
          images in [-1, 1], `(batch, *image_shape)`. A row of codes has the categories, from 0 on, and then the
          continuous codes, which are drawn from [-1, 1];
        * the discriminator, from such images to a dict of float32 "logits" `(batch, 1)` and "codes": the logits of each
          categorical code, then the means of the continuous ones, then with `learn_deviations` as many numbers for
          their standard deviations, as `InfoGAN` takes them.

    Raises:
        ValueError: if a size is not a positive integer, `image_shape` is not of rank 3 or too small, there is no code,
            a category has fewer than 2 values, or the normalisation is unknown.

    Example:
        >>> import numpy as np
        >>> generator, discriminator = info_gan(image_shape=(8, 8, 1), latent_dim=4, width=2, units=16)
        >>> images = generator({"latents": np.zeros((2, 4)), "codes": np.array([[7, 0.5, -1.0], [0, 0.0, 1.0]])})
        >>> images.shape
        TensorShape([2, 8, 8, 1])
        >>> {name: output.shape for name, output in discriminator(images).items()}
        {'logits': TensorShape([2, 1]), 'codes': TensorShape([2, 12])}
    """
    image_shape = require_image_shape(image_shape, rank=3)
    latent_dim, width, units = (
        require_int(name, value) for name, value in (("latent_dim", latent_dim), ("width", width), ("units", units))
    )
    require_choice("discriminator_normalization", discriminator_normalization, DISCRIMINATOR_NORMALIZATIONS)
    encoding = CodeEncoding(categories, num_continuous, name="encoded_codes")
    size = encoding.size + (encoding.num_continuous if require_bool("learn_deviations", learn_deviations) else 0)
    wrap = wrapper(spectral_normalization)
    generator = _generator(image_shape, latent_dim, width, units, encoding)
    return generator, _discriminator(image_shape, width, units, discriminator_normalization, wrap, size)


def _generator(image_shape, latent_dim, width, units, encoding):
    latents, codes = keras.Input((latent_dim,), name="latents"), keras.Input((encoding.num_codes,), name="codes")
    x = layers.Concatenate(name="with_codes")([latents, encoding(codes)])
    images = drawing_stages(x, image_shape, width, units, negative_slope=0.0)
    return keras.Model({"latents": latents, "codes": codes}, images, name="info_gan_generator")


def _discriminator(image_shape, width, units, normalization, wrap, size):
    images = keras.Input(image_shape, name="images")
    x = looking_stages(images, width, units, normalization, wrap, _SLOPE)
    inferred = layers.Dense(_CODE_UNITS, kernel_initializer=normal(), name="dense_codes")(x)
    inferred = normalized_and_activated(inferred, "codes", normalization, _SLOPE)
    outputs = {
        "logits": wrap(head(1, "logits", use_bias=True))(x),
        "codes": head(size, "codes", use_bias=True)(inferred),
    }
    return keras.Model(images, outputs, name="info_gan_discriminator")
