"""The convolutional networks of DCGAN, for pictures of any size."""

import keras

from keras_gan._arguments import require_choice, require_int, require_number
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import halved_sides, wrapper
from keras_gan.networks._dcgan_stages import (
    DISCRIMINATOR_NORMALIZATIONS,
    GENERATOR_NORMALIZATIONS,
    doubling_stages,
    halving_stages,
    head,
)
from keras_gan.networks._labels import labels_input, latents_and_labels, require_classes, with_plane_of_label


def dcgan(
    *,
    image_shape=(64, 64, 3),
    latent_dim=100,
    width=64,
    kernel_size=4,
    stages=None,
    generator_normalization="batch",
    discriminator_normalization=None,
    spectral_normalization=True,
    discriminator_dropout=0.0,
    num_classes=None,
):
    """Convolutional generator and discriminator after DCGAN.

    The discriminator halves the picture once per stage with strided convolutions and doubles the channels; the
    generator is its mirror image, with transposed convolutions:

        generator:      latents -> Dense -> norm, ReLU -> stages x (transposed convolution, norm, ReLU)
        discriminator:  image   -> stages x (convolution, norm, LeakyReLU(0.2)) -> Dense(1)

    The last transposed convolution has a tanh instead of norm and ReLU, and the first convolution has no norm. Radford
    et al. 2015 (arXiv 1511.06434), sections 3 and 4 and figure 1: kernels from N(0, 0.02), gains of the normalisation
    from N(1, 0.02), LeakyReLU 0.2; the moving averages of the common ports (epsilon 1e-5, momentum 0.9). A network has
    biases if its normalisation is None, and otherwise none, as in the published codes.

    By default the discriminator has spectral normalisation (Miyato et al. 2018, arXiv 1802.05957) where the paper has
    batch normalisation. With it, every GAN of this package learns with the optimizers of `compile()`, and penalties
    that need each picture's own gradient can be used (benchmarks/RESULTS.md).

    Sides halve rounding up (92 -> 46 -> 23 -> 12 -> 6), and where doubling gives a row or column too many, the
    generator crops it (12 -> 23). By default there are as many stages as leave the smaller side 4 pixels or more (in
    the end 4 to 6), and at least one. With s stages the channels grow from `width` to `width * 2 ** (s - 1)`.

    These are the networks of the papers, with the same numbers of parameters:

    * Radford et al. 2015, faces: `dcgan(width=128, kernel_size=5, generator_normalization="batch_per_unit",
      discriminator_normalization="batch", spectral_normalization=False)`.
    * Arjovsky et al. 2017 (WGAN), and the common ports:
      `dcgan(discriminator_normalization="batch", spectral_normalization=False)`.
    * Gulrajani et al. 2017 (WGAN-GP), MNIST: `dcgan(image_shape=(28, 28, 1), latent_dim=128, kernel_size=5,
      generator_normalization=None, spectral_normalization=False)`, except for their initialisation.

    With `num_classes`, both networks take the label of the class as well, as Mirza and Osindero 2014 (arXiv 1411.1784)
    condition a GAN: the generator has the one-hot label appended to the latents, and the discriminator has one more
    channel in the picture, a plane that it learns for each class and that starts from N(0, 1).

    Args:
        image_shape: tuple (height, width, channels) of the pictures, of any size.
        latent_dim: int, the size of the generator's input.
        width: int, the channels of the layers next to the picture.
        kernel_size: int, the side of every kernel, at least 2.
        stages: int, the number of halvings; None for the rule above.
        generator_normalization: "batch"; "batch_per_unit", where the first of the batch normalisations has a gain for
            each unit of the projection instead of each channel; or None.
        discriminator_normalization: "batch", "layer" (each picture by itself, over positions and channels, with a
            gain for each channel) or None. The gradient penalty of WGAN-GP, which takes each picture by itself, needs
            one of the last two.
        spectral_normalization: bool, whether to divide every kernel of the discriminator by its spectral norm. Set it
            to False with another normalisation, or where a penalty bounds the discriminator's slope.
        discriminator_dropout: float, the rate of the dropout after each LeakyReLU of the discriminator; 0 for none, as
            in the papers. TensorFlow's tutorial of DCGAN has 0.3.
        num_classes: int, the number of classes, for networks that take labels; None for networks without. Spectral
            normalisation leaves the planes alone: it bounds the slope with respect to the picture.

    Returns:
        Two `keras.Model`: the generator, from latents `(batch, latent_dim)` to float32 images in [-1, 1],
        `(batch, *image_shape)`; and the discriminator, from such images to float32 logits `(batch, 1)`, unbounded. With
        `num_classes` their inputs are dicts of "latents" or "images" and of int32 "labels" `(batch,)` in
        [0, num_classes).

    Raises:
        ValueError: if a size is not a positive integer, `image_shape` is not of rank 3 or too small for `stages`, a
            normalisation is unknown, or the dropout is not in [0, 0.99].

    Example:
        >>> generator, discriminator = dcgan(image_shape=(28, 28, 1), width=8)
        >>> [layer.output.shape[1:3] for layer in generator.layers if "relu" in layer.name]
        [(4, 4), (7, 7), (14, 14)]
        >>> generator.output_shape, discriminator.output_shape
        ((None, 28, 28, 1), (None, 1))

        With labels:

        >>> import numpy as np
        >>> generator, _ = dcgan(image_shape=(28, 28, 1), width=8, num_classes=10)
        >>> generator({"latents": np.zeros((2, 100)), "labels": np.array([7, 3])}).shape
        TensorShape([2, 28, 28, 1])
    """
    image_shape = require_image_shape(image_shape, rank=3)
    latent_dim, width = require_int("latent_dim", latent_dim), require_int("width", width)
    # A kernel smaller than the stride would leave pixels that nothing writes to.
    kernel_size = require_int("kernel_size", kernel_size, low=2)
    require_choice("generator_normalization", generator_normalization, GENERATOR_NORMALIZATIONS)
    require_choice("discriminator_normalization", discriminator_normalization, DISCRIMINATOR_NORMALIZATIONS)
    dropout = require_number("discriminator_dropout", discriminator_dropout, low=0.0, high=0.99)
    num_classes = None if num_classes is None else require_classes(num_classes)
    sides = halved_sides(image_shape, stages)
    shared = {"widths": [width * 2**i for i in range(len(sides) - 1)], "kernel_size": kernel_size}
    generator = _generator(
        image_shape, latent_dim, num_classes, sides=sides, normalization=generator_normalization, **shared
    )
    discriminator = _discriminator(
        image_shape,
        num_classes,
        wrapper(spectral_normalization),
        normalization=discriminator_normalization,
        dropout=dropout,
        **shared,
    )
    return generator, discriminator


def _generator(image_shape, latent_dim, num_classes, **stages):
    inputs, x = latents_and_labels(latent_dim, num_classes)
    return keras.Model(inputs, doubling_stages(x, image_shape, **stages), name="dcgan_generator")


def _discriminator(image_shape, num_classes, wrap, **stages):
    inputs = x = keras.Input(image_shape, name="images")
    if num_classes is not None:
        inputs = {"images": x, "labels": labels_input()}
        x = with_plane_of_label(x, inputs["labels"], num_classes)
    x = halving_stages(x, wrap=wrap, **stages)
    logits = wrap(head(1, "logits", use_bias=stages["normalization"] is None))(x)
    return keras.Model(inputs, logits, name="dcgan_discriminator")
