"""The second stage of StackGAN, which draws a small picture again, larger and with its details."""

from keras_gan._arguments import require_bool, require_int
from keras_gan.networks._arguments import require_image_shape, require_number_of
from keras_gan.networks._building_blocks import halved_sides
from keras_gan.networks._sentence_stages import text_discriminator
from keras_gan.networks._sides import require_sides
from keras_gan.networks._text_refiner import text_refiner


def stack_gan(
    *,
    source_shape=(64, 64, 3),
    scale=4,
    text_dim=1024,
    width=64,
    text_width=128,
    halvings=2,
    blocks=4,
    stages=None,
    conditioning_augmentation=True,
    discriminator_normalization="spectral",
):
    """Generator and discriminator of the second stage of StackGAN.

    The first stage, such as `gan_cls`, draws the shapes and colours of a sentence. The second reads the sentence again,
    corrects what is wrong and adds details, at `scale` times the size:

        generator:      small image -> Conv(3x3), ReLU -> halvings x (Conv(4x4, stride 2), norm, ReLU)
                        -> with the code of the text at each place -> Conv(3x3), norm, ReLU -> blocks
                        -> doublings x (nearest neighbours, Conv(3x3), norm, ReLU) -> Conv(3x3), tanh

    The discriminator is that of `gan_cls`, for the large images. Zhang et al. 2016 (arXiv 1612.03242), figure 2 and
    section 3.4. There the first stage draws 64x64 pixels and the second 256x256, with four blocks.

    Args:
        source_shape: tuple (height, width, channels) of the small pictures; the sides multiples of 2 ** halvings.
        scale: int, 1, 2, 4 or 8: how many times as high and wide the pictures become.
        text_dim: int, the size of the vector of a sentence.
        width: int, the channels of the layers next to the small picture.
        text_width: int, the size of the code that either network makes of the sentence.
        halvings: int, how often the generator halves the small picture.
        blocks: int, its residual blocks.
        stages: int, the number of halvings of the discriminator; None for as many as `dcgan` has.
        conditioning_augmentation: bool, whether the generator draws the code of the sentence, as in the paper; see
            `gan_cls`. Then it has one more input, the noise.
        discriminator_normalization: "spectral", "batch", or None, which learns fastest, with a penalty such as `R1`.

    Returns:
        Two `keras.Model`: the generator, from a dict of "source" `(batch, *source_shape)`, "text" `(batch, text_dim)`
        and perhaps "latents" `(batch, text_width)`, to float32 images in [-1, 1] `(batch, scale height, scale width,
        channels)`, or a dict as that of `gan_cls`; and the discriminator, from a dict of "images" and "text" to float32
        logits `(batch, 1)`, unbounded.

    Raises:
        ValueError: if a size is not a positive integer, or the sides cannot be halved so often.

    Example:
        >>> import numpy as np
        >>> sizes = {"source_shape": (12, 12, 3), "scale": 2, "text_dim": 16, "width": 4, "text_width": 8}
        >>> generator, _ = stack_gan(**sizes)
        >>> batch = {"source": np.zeros((2, 12, 12, 3)), "text": np.zeros((2, 16)), "latents": np.zeros((2, 8))}
        >>> generator(batch)["images"].shape
        TensorShape([2, 24, 24, 3])
    """
    source_shape = require_image_shape(source_shape, rank=3)
    scale = require_number_of("scale", scale, (1, 2, 4, 8))
    width, text_width = require_int("width", width), require_int("text_width", text_width)
    halvings, blocks = require_int("halvings", halvings), require_int("blocks", blocks)
    received = f"source_shape={source_shape}, halvings={halvings}"
    require_sides("`source_shape`", source_shape[:2], multiple=2**halvings, received=received)
    is_augmented = require_bool("conditioning_augmentation", conditioning_augmentation)
    image_shape = (*(scale * side for side in source_shape[:2]), source_shape[-1])
    generator = text_refiner(
        source_shape,
        text_dim,
        channels=source_shape[-1],
        width=width,
        text_width=text_width,
        halvings=halvings,
        blocks=blocks,
        doublings=halvings + scale.bit_length() - 1,
        source="source",
        is_augmented=is_augmented,
        name="stack_gan_generator",
    )
    discriminator = text_discriminator(
        image_shape,
        text_dim,
        sides=halved_sides(image_shape, stages),
        width=width,
        text_width=text_width,
        normalization=discriminator_normalization,
        name="stack_gan_discriminator",
    )
    return generator, discriminator
