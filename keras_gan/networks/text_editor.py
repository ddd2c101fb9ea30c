"""The networks that edit a picture as a sentence says."""

from keras_gan._arguments import require_int
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import halved_sides
from keras_gan.networks._sentence_stages import text_discriminator
from keras_gan.networks._sides import require_sides
from keras_gan.networks._text_refiner import text_refiner


def text_editor(
    *,
    image_shape=(64, 64, 3),
    text_dim=128,
    width=64,
    text_width=128,
    halvings=2,
    blocks=4,
    stages=None,
    discriminator_normalization="spectral",
):
    """Generator that edits pictures by the vector of a sentence, and discriminator of pictures with sentences.

    The picture is halved only twice, so what the sentence says nothing of can pass as it is:

        generator:      image -> Conv(3x3), ReLU -> halvings x (Conv(4x4, stride 2), norm, ReLU)
                        -> with LeakyReLU(Dense(text)) at each place -> Conv(3x3), norm, ReLU
                        -> blocks x (x + norm(Conv(ReLU(norm(Conv(x)))))), ReLU
                        -> halvings x (nearest neighbours, Conv(3x3), norm, ReLU) -> Conv(3x3), tanh

    The discriminator is that of `gan_cls`. Dong et al. 2017 (arXiv 1707.06873), figure 2, with these layers: an
    encoder, a residual transformation unit of four blocks, and a decoder. Their picture encoder begins with the weights
    of a VGG network; here all layers begin from N(0, 0.02).

    Args:
        image_shape: tuple (height, width, channels) of the pictures; the sides multiples of 2 ** halvings.
        text_dim: int, the size of the vector of a sentence.
        width: int, the channels of the layers next to the picture.
        text_width: int, the size of the code that either network makes of the sentence.
        halvings: int, how often the generator halves the picture.
        blocks: int, its residual blocks.
        stages: int, the number of halvings of the discriminator; None for as many as `dcgan` has.
        discriminator_normalization: "spectral", "batch", or None, which learns fastest, with a penalty such as `R1`.

    Returns:
        Two `keras.Model`: the generator, from a dict of "images" `(batch, *image_shape)` in [-1, 1] and "text"
        `(batch, text_dim)` to float32 images of the same shape in [-1, 1]; and the discriminator, from such a dict to
        float32 logits `(batch, 1)`, unbounded.

    Raises:
        ValueError: if a size is not a positive integer, or the sides cannot be halved so often.

    Example:
        >>> import numpy as np
        >>> generator, discriminator = text_editor(image_shape=(24, 24, 3), text_dim=16, width=4, text_width=8)
        >>> batch = {"images": np.zeros((2, 24, 24, 3)), "text": np.zeros((2, 16))}
        >>> generator(batch).shape, discriminator(batch).shape
        (TensorShape([2, 24, 24, 3]), TensorShape([2, 1]))
    """
    image_shape = require_image_shape(image_shape, rank=3)
    width, text_width = require_int("width", width), require_int("text_width", text_width)
    halvings, blocks = require_int("halvings", halvings), require_int("blocks", blocks)
    received = f"image_shape={image_shape}, halvings={halvings}"
    require_sides("`image_shape`", image_shape[:2], multiple=2**halvings, received=received)
    generator = text_refiner(
        image_shape,
        text_dim,
        channels=image_shape[-1],
        width=width,
        text_width=text_width,
        halvings=halvings,
        blocks=blocks,
        doublings=halvings,
        source="images",
        is_augmented=False,
        name="text_editor_generator",
    )
    discriminator = text_discriminator(
        image_shape,
        text_dim,
        sides=halved_sides(image_shape, stages),
        width=width,
        text_width=text_width,
        normalization=discriminator_normalization,
        name="text_editor_discriminator",
    )
    return generator, discriminator
