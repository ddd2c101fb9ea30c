"""The residual networks of SNGAN, and of the projection discriminator."""

import keras

from keras_gan._arguments import require_int
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._labels import latents_next_to_labels, require_classes
from keras_gan.networks._residual_blocks import (
    Weights,
    batch_normalization,
    doublings,
    drawn,
    glorot,
    judged,
    require_halvable,
    seen,
    sum_over_positions,
)

# From this side upwards, the published networks grow deeper and wider towards the smallest map; from the second one
# upwards, the last block of the discriminator keeps the sides.
_LARGE, _VERY_LARGE = 64, 128
_WIDEST = 16
# Those of the discriminator for small pictures.
_FEWEST_HALVINGS = 2
_EPSILON = 2e-5


def resnet(
    *, image_shape=(32, 32, 3), latent_dim=128, generator_width=None, discriminator_width=None, num_classes=None
):
    """Residual generator, and residual discriminator under spectral normalisation, after SNGAN.

    A residual block learns only what to add to its input, and spectral normalisation of every layer bounds the
    discriminator's slope. With a block as the sum of its branch and its shortcut,

        generator:      latents -> Dense -> blocks that double the sides -> batch norm, ReLU, Conv(3x3), tanh
        its branch:     batch norm, ReLU, upsampling, Conv(3x3), batch norm, ReLU, Conv(3x3)
        discriminator:  image -> blocks that halve the sides, or keep them -> ReLU, sum over positions -> Dense(1)
        its branch:     ReLU (not in the first block), Conv(3x3), ReLU, Conv(3x3), average pooling

    Miyato et al. 2018 (arXiv 1802.05957), appendix B.4, figures 9 and 10, and tables 4 and 5, as in the authors' code.
    The kernels are Glorot-uniform, those of the blocks' branches sqrt(2) times as large. Upsampling is
    nearest-neighbour; it and the average pooling are computed as part of the convolution next to them, in fewer
    operations and with the same result. The batch normalisation has epsilon 2e-5 and momentum 0.9.

    With `num_classes`, both networks take labels, as in Miyato and Koyama 2018 (arXiv 1802.05637). The generator's
    blocks have conditional batch normalisation, and the discriminator projects: with phi(x) the sum over positions and
    a vector v_y for each class, spectrally normalised too,

        D(x, y) = w.phi(x) + v_y.phi(x)

    Pictures whose smaller side is below 64 get the papers' networks for 32x32: all maps of a network have the same
    number of channels, and the discriminator has two blocks that halve the sides and two that do not. Larger pictures
    get those for 64x64 and 128x128: `width` channels next to the picture, twice as many after each halving up to 16
    times as many. Every block of the discriminator halves, but from 128 pixels on the last one does not; it has one
    block more than the generator. The generator starts from a map whose smaller side is 4 to 7. The published networks,
    and their parameters without labels:

    * 32x32: `resnet()`, with 4,276,739 and 1,053,824 parameters.
    * 64x64: `resnet(image_shape=(64, 64, 3))`, with 12,220,675 and 10,141,441 parameters.
    * 128x128: `resnet(image_shape=(128, 128, 3))`, with 32,150,787 and 29,017,857 parameters.

    Args:
        image_shape: tuple (height, width, channels) of the pictures. Height and width must be multiples of 4 where the
            smaller of them is below 32, of 8 where it is below 64, of 32 below 256, of 64 below 512, and so on.
        latent_dim: int, the size of the generator's input.
        generator_width: int, the generator's channels; None for the paper's 256 below 64 pixels, 64 from there on.
        discriminator_width: int, the discriminator's channels; None for the paper's 128, and 64.
        num_classes: int, the number of classes, for networks that take labels; None for networks without.

    Returns:
        Two `keras.Model`: the generator, from latents `(batch, latent_dim)` to float32 images in [-1, 1],
        `(batch, *image_shape)`; and the discriminator, from such images to float32 logits `(batch, 1)`, unbounded. With
        `num_classes` their inputs are dicts of "latents" or "images" and of int32 "labels" `(batch,)` in
        [0, num_classes).

    Raises:
        ValueError: if a size is not a positive integer, there are fewer than 2 classes, `image_shape` is not of rank 3,
            or its height or width cannot be halved as often as the networks do.

    Example:
        >>> generator, discriminator = resnet(image_shape=(16, 16, 1), generator_width=8, discriminator_width=4)
        >>> generator.output_shape, discriminator.output_shape
        ((None, 16, 16, 1), (None, 1))
        >>> discriminator.count_params()
        1149
    """
    image_shape = require_image_shape(image_shape, rank=3)
    latent_dim = require_int("latent_dim", latent_dim)
    classes = None if num_classes is None else require_classes(num_classes)
    require_halvable(image_shape, _halvings)
    large = min(image_shape[:2]) >= _LARGE
    generator_width = _width("generator_width", generator_width, 64 if large else 256)
    discriminator_width = _width("discriminator_width", discriminator_width, 64 if large else 128)
    growth = [min(2**i, _WIDEST) if large else 1 for i in range(doublings(image_shape[:2]) + 1)]
    generator = _generator(image_shape, latent_dim, [generator_width * g for g in reversed(growth)], classes)
    widths = [discriminator_width * g for g in (growth if large else [1] * 4)]
    return generator, _discriminator(image_shape, widths, classes, large)


def _halvings(sides):
    """The number of times that both sides must be halved."""
    if min(sides) < _LARGE:
        return max(doublings(sides), _FEWEST_HALVINGS)
    return doublings(sides) + (min(sides) < _VERY_LARGE)


def _width(name, width, default):
    return default if width is None else require_int(name, width)


def _generator(image_shape, latent_dim, widths, num_classes):
    inputs, latents, labels = latents_next_to_labels(latent_dim, num_classes)
    weights = Weights(spectral_normalization=False, initial_in_branch=_larger)
    normalizations = [batch_normalization(labels, num_classes, _EPSILON)] * (len(widths) - 1)
    images = drawn(latents, image_shape, widths, weights, normalizations, epsilon=_EPSILON)
    return keras.Model(inputs, images, name="resnet_generator")


def _discriminator(image_shape, widths, num_classes, large):
    images = keras.Input(image_shape, name="images")
    weights = Weights(spectral_normalization=True, initial_in_branch=_larger)
    features = seen(images, widths, _halvings(image_shape[:2]) if large else _FEWEST_HALVINGS, weights)
    inputs, logits = judged(images, sum_over_positions(features), num_classes, weights, use_bias=large)
    return keras.Model(inputs, logits, name="resnet_discriminator")


def _larger():
    return glorot(2.0)
