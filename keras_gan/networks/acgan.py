"""The networks of AC-GAN in DCGAN's form: labels in, logits and classes out."""

import keras

from keras_gan._arguments import require_choice, require_int, require_number
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import halved_sides, wrapper
from keras_gan.networks._dcgan_stages import DISCRIMINATOR_NORMALIZATIONS, doubling_stages, halving_stages, head
from keras_gan.networks._labels import latents_and_labels, require_classes

_KERNEL_SIZE = 4


def acgan(
    *,
    image_shape=(32, 32, 1),
    num_classes=10,
    latent_dim=100,
    width=64,
    discriminator_normalization="batch",
    spectral_normalization=False,
    discriminator_dropout=0.5,
):
    """Convolutional generator with labels and discriminator with a classifier, after AC-GAN.

    The discriminator does not receive the class. It predicts the class, in a second output, and from that the generator
    learns to draw pictures whose class is easy to recognise.

        generator:      latents and one-hot label -> stages of DCGAN -> tanh
        discriminator:  image -> stages of DCGAN, with dropout -> Dense(1), and Dense(num_classes) next to it

    Odena et al. 2016 (arXiv 1610.09585), section 3 and appendix A: the label is concatenated to the latents, kernels
    are from N(0, 0.02), and the discriminator has LeakyReLU(0.2) and dropout of 0.5 after each convolution, with batch
    normalisation in all but the first. What differs: the paper's discriminators have six convolutions of 3x3, every
    other of stride 1, and its generators have kernels of 5x5. Here both are those of `networks.dcgan`, with kernels of
    4x4, as many stages as leave the smaller side 4 pixels or more, and the same rules for odd sides. Both heads have
    biases.

    Args:
        image_shape: tuple (height, width, channels) of the pictures, of any size.
        num_classes: int, the number of classes.
        latent_dim: int, the size of the latents, without the label.
        width: int, the channels of the layers next to the picture.
        discriminator_normalization: "batch", "layer" (each picture by itself, over positions and channels, with a
            gain for each channel) or None. The gradient penalty of WGAN-GP needs one of the last two.
        spectral_normalization: bool, whether to normalise every layer of the discriminator by its spectral norm, most
            often with `discriminator_normalization=None`.
        discriminator_dropout: float, the rate of the dropout after each LeakyReLU of the discriminator; 0 for none.

    Returns:
        Two `keras.Model`:

        * the generator, from a dict of "latents" `(batch, latent_dim)` and int32 "labels" `(batch,)` in
          [0, num_classes) to float32 images in [-1, 1], `(batch, *image_shape)`;
        * the discriminator, from such images to a dict of float32 "logits" `(batch, 1)` and "classes"
          `(batch, num_classes)`, the logits of the classes; both unbounded.

    Raises:
        ValueError: if a size is not a positive integer, there are fewer than 2 classes, `image_shape` is not of rank 3
            or too small to be halved, the normalisation is unknown, or the dropout is not in [0, 0.99].

    Example:
        >>> import numpy as np
        >>> generator, discriminator = acgan(image_shape=(28, 28, 1), latent_dim=16, width=8)
        >>> images = generator({"latents": np.zeros((2, 16)), "labels": np.array([7, 3])})
        >>> images.shape
        TensorShape([2, 28, 28, 1])
        >>> {name: output.shape for name, output in discriminator(images).items()}
        {'logits': TensorShape([2, 1]), 'classes': TensorShape([2, 10])}
    """
    image_shape = require_image_shape(image_shape, rank=3)
    num_classes = require_classes(num_classes)
    latent_dim, width = require_int("latent_dim", latent_dim), require_int("width", width)
    require_choice("discriminator_normalization", discriminator_normalization, DISCRIMINATOR_NORMALIZATIONS)
    dropout = require_number("discriminator_dropout", discriminator_dropout, low=0.0, high=0.99)
    sides = halved_sides(image_shape)
    widths = [width * 2**i for i in range(len(sides) - 1)]
    inputs, x = latents_and_labels(latent_dim, num_classes)
    drawn = doubling_stages(x, image_shape, sides, widths, _KERNEL_SIZE, normalization="batch")
    wrap = wrapper(spectral_normalization)
    images = keras.Input(image_shape, name="images")
    x = halving_stages(images, widths, _KERNEL_SIZE, discriminator_normalization, wrap, dropout)
    heads = {"logits": 1, "classes": num_classes}
    outputs = {name: wrap(head(units, name, use_bias=True))(x) for name, units in heads.items()}
    return keras.Model(inputs, drawn, name="acgan_generator"), keras.Model(images, outputs, name="acgan_discriminator")
