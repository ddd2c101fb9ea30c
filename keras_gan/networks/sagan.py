"""The residual networks with self-attention of SAGAN."""

import keras

from keras_gan._arguments import require_int
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._labels import latents_next_to_labels, require_classes
from keras_gan.networks._residual_blocks import (
    Weights,
    batch_normalization,
    doublings,
    drawn,
    judged,
    require_attention_side,
    require_halvable,
    seen,
    sum_over_positions,
)

_EPSILON = 1e-5
_WIDEST = 16
# Of the map with attention: one of 64x64 reads from 1,024 positions at each of 4,096.
_LARGEST_ATTENTION = 32


def sagan(*, image_shape=(128, 128, 3), latent_dim=128, width=64, attention_side=None, num_classes=None):
    """Residual networks with self-attention, and spectral normalisation in both, after SAGAN.

    Convolutions draw textures well, and shapes whose distant parts have to agree badly. One layer of attention in each
    network lets every position read from all others (`layers.SelfAttention`).

        generator:      latents -> Dense -> blocks that double the sides -> batch norm, ReLU, Conv(3x3), tanh
        discriminator:  image -> blocks that halve the sides -> a block that does not -> ReLU, sum over positions
                        -> Dense(1)

    The blocks are those of `networks.resnet`, except that a block of the discriminator widens in its first convolution.
    There are `width` channels next to the picture, twice as many after each halving up to 16 times as many, and the
    attention follows the block that leads to its map. With `num_classes`, the generator has conditional batch
    normalisation, and the discriminator the projection, as there. Spectral normalisation is on every layer with a
    kernel and on the discriminator's vectors of the classes, but not on the generator's gains and biases.

    Zhang et al. 2018 (arXiv 1805.08318), section 4, as in the authors' code: Glorot-uniform kernels, and batch
    normalisation with epsilon 1e-5; its momentum here is 0.9. The paper's networks are `sagan(num_classes=1000)`, with
    42,078,852 and 39,463,618 parameters. They train in batches of 256 with the hinge loss, one step of the
    discriminator for each of the generator, and Adam with betas 0 and 0.9 and two learning rates: 1e-4 for the
    generator, 4e-4 for the discriminator.

    Args:
        image_shape: tuple (height, width, channels) of the pictures. Height and width must be multiples of 2 where the
            smaller of them is below 16, of 4 where it is below 32, of 8 below 64, and so on.
        latent_dim: int, the size of the generator's input.
        width: int, the channels next to the picture.
        attention_side: int, the smaller side of the map with attention, in both networks; 0 for none. None for the
            largest of the maps between the picture and the smallest one that has a side of at most 32: 32 for 128x128.
        num_classes: int, the number of classes, for networks that take labels; None for networks without.

    Returns:
        Two `keras.Model`: the generator, from latents `(batch, latent_dim)` to float32 images in [-1, 1],
        `(batch, *image_shape)`; and the discriminator, from such images to float32 logits `(batch, 1)`, unbounded. With
        `num_classes` their inputs are dicts of "latents" or "images" and of int32 "labels" `(batch,)` in
        [0, num_classes).

    Raises:
        ValueError: if a size is not a positive integer, there are fewer than 2 classes, `image_shape` is not of rank 3,
            its height or width cannot be halved as often as the networks do, or no map has the `attention_side`.

    Example:
        >>> generator, discriminator = sagan(image_shape=(16, 32, 1), latent_dim=8, width=4)
        >>> generator.get_layer("attention").output.shape, generator.output_shape
        ((None, 8, 16, 8), (None, 16, 32, 1))
        >>> discriminator.get_layer("attention").output.shape, discriminator.output_shape
        ((None, 8, 16, 4), (None, 1))
    """
    image_shape = require_image_shape(image_shape, rank=3)
    latent_dim, width = require_int("latent_dim", latent_dim), require_int("width", width)
    classes = None if num_classes is None else require_classes(num_classes)
    require_halvable(image_shape, doublings)
    attention_side = require_attention_side(attention_side, image_shape, _LARGEST_ATTENTION)
    stages = doublings(image_shape[:2])
    widths = [width * min(2**i, _WIDEST) for i in range(stages + 1)]
    weights = Weights(spectral_normalization=True)

    inputs, latents, labels = latents_next_to_labels(latent_dim, classes)
    normalizations = [batch_normalization(labels, classes, _EPSILON)] * stages
    settings = {"epsilon": _EPSILON, "attention_side": attention_side}
    drawn_images = drawn(latents, image_shape, widths[::-1], weights, normalizations, **settings)

    images = keras.Input(image_shape, name="images")
    x = seen(images, widths, stages, weights, widen_early=True, attention_side=attention_side)
    judged_inputs, logits = judged(images, sum_over_positions(x), classes, weights)
    generator = keras.Model(inputs, drawn_images, name="sagan_generator")
    return generator, keras.Model(judged_inputs, logits, name="sagan_discriminator")
