"""The modern, plain residual networks of R3GAN."""

import keras
from keras import layers

from keras_gan._arguments import require_int
from keras_gan.layers import Conv2D, FIRDownsampling2D, FIRUpsampling2D, LeakyReLU
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._bases import LearnedBasis, WeightedSum
from keras_gan.networks._building_blocks import cropped, halved_sides
from keras_gan.networks._clipped_images import ClippedImages
from keras_gan.networks._labels import labels_input, require_classes

_EXPANSION = 2
# Of the paper.
_GROUP_SIZE = 16
_SLOPE = 0.2
# The filter (1, 2, 1) on pixels that are repeated.
_TAPS = (1, 3, 3, 1)


def r3gan(*, image_shape=(32, 32, 3), latent_dim=64, width=768, blocks=2, group_size=None, num_classes=None):
    """Residual generator and discriminator without normalisation, after R3GAN.

    A loss that is stable by itself needs none of the tricks that GANs have collected: no normalisation, no noise, no
    styles, no minibatch statistics. What is left is a ResNet of today and its mirror image:

        generator:      latents -> linear -> times a learned basis -> blocks, then stages of (upsampling, blocks)
                        -> Conv(1x1)
        discriminator:  image -> Conv(1x1) -> stages of (blocks, downsampling), then blocks
                        -> weighted sum over positions -> linear
        block:          x + Conv(1x1) lrelu Conv(3x3, grouped) lrelu Conv(1x1) x

    The block has twice as many channels inside as outside, and biases in front of its two activations (LeakyReLU 0.2)
    only. Resampling is linear interpolation (`layers.FIRUpsampling2D`), with a 1x1 convolution where the width changes.
    With L the blocks of the network, kernels start from N(0, g^2 / n) for n inputs, where g^2 is 2 / 1.04 L^(-1/2) for
    the first two of a block, 0 for the third, and 1 elsewhere; the basis starts from N(0, 1).

    With `num_classes`, a linear embedding of the label is appended to the latents, and the discriminator's logit is the
    product of its last vector with one (Miyato and Koyama 2018, arXiv 1802.05637, without the term of the image alone).

    Huang et al. 2024 (arXiv 2501.05441), section 4 and appendix, and the authors' code. There is no tanh: the
    discriminator keeps the pixels within the data's range. Drawn images are clipped to [-1, 1]; in training they are
    not.

    Sides halve rounding up until the smaller is 4 to 7 (where doubling gives a row too many, the generator crops it).
    The published networks for CIFAR-10 are `r3gan()`, with 20,732,160 and 20,683,776 parameters, and those for faces
    of 64x64 `r3gan(image_shape=(64, 64, 3), width=(768, 768, 768, 768, 384))`.

    Args:
        image_shape: tuple (height, width, channels) of the pictures, of any size.
        latent_dim: int, the size of the generator's input.
        width: int, the channels between blocks; or a tuple of them, from the smallest map to the picture.
        blocks: int, the residual blocks at each size of map.
        group_size: int, the channels that a 3x3 convolution sees; it must divide twice the width. None for the paper's
            16, or twice the smallest width if that is less.
        num_classes: int, the number of classes, for networks that take labels; None for networks without.

    Returns:
        Two `keras.Model`: the generator, from latents `(batch, latent_dim)` to float32 images `(batch, *image_shape)`,
        in [-1, 1] except in training; and the discriminator, from images to float32 logits `(batch, 1)`, unbounded.
        With `num_classes` their inputs are dicts of "latents" or "images" and of int32 "labels" `(batch,)` in
        [0, num_classes).

    Raises:
        ValueError: if a size is not a positive integer, `image_shape` is not of rank 3, there are not as many widths as
            sizes of maps, or `group_size` does not divide twice each width.

    Example:
        >>> generator, discriminator = r3gan(image_shape=(16, 16, 1), width=(32, 16, 8), blocks=1, group_size=4)
        >>> generator.output_shape, discriminator.output_shape
        ((None, 16, 16, 1), (None, 1))
        >>> generator.count_params()
        12840
    """
    image_shape = require_image_shape(image_shape, rank=3)
    latent_dim, blocks = require_int("latent_dim", latent_dim), require_int("blocks", blocks)
    sides = halved_sides(image_shape)[::-1]
    widths = _widths(width, sides)
    group_size = min(_GROUP_SIZE, _EXPANSION * min(widths)) if group_size is None else group_size
    _require_groups(widths, require_int("group_size", group_size))
    num_classes = None if num_classes is None else require_classes(num_classes)
    block = _Block(group_size, blocks * len(widths))
    generator = _generator(image_shape, latent_dim, num_classes, sides=sides, widths=widths, blocks=blocks, block=block)
    return generator, _discriminator(image_shape, num_classes, widths=widths[::-1], blocks=blocks, block=block)


def _generator(image_shape, latent_dim, num_classes, *, sides, widths, blocks, block):
    inputs, x = _latents(latent_dim, num_classes)
    x = layers.Dense(widths[0], use_bias=False, kernel_initializer=_normal(), name="linear")(x)
    x = LearnedBasis(sides[0], name="basis")(x)
    for stage, (size, width) in enumerate(zip(sides, widths, strict=True)):
        if stage:
            x = _resized_channels(x, width, f"up_{stage}")
            x = FIRUpsampling2D(_TAPS, name=f"up_{stage}")(x)
            x = cropped(x, size, f"crop_{stage}")
        for number in range(blocks):
            x = block(x, f"block_{stage}_{number}")
    x = _linear(image_shape[-1], "to_images")(x)
    return keras.Model(inputs, ClippedImages(name="images")(x), name="r3gan_generator")


def _discriminator(image_shape, num_classes, *, widths, blocks, block):
    inputs = images = keras.Input(image_shape, name="images")
    x = _linear(widths[0], "from_images")(images)
    for stage, width in enumerate(widths):
        if stage:
            x = FIRDownsampling2D(_TAPS, name=f"down_{stage}")(x)
            x = _resized_channels(x, width, f"down_{stage}")
        for number in range(blocks):
            x = block(x, f"block_{stage}_{number}")
    # float32 under every policy: the sum over positions and the logits.
    x = WeightedSum(dtype="float32", name="weighted_sum")(x)
    head = {"use_bias": False, "kernel_initializer": _normal(), "dtype": "float32"}
    if num_classes is None:
        return keras.Model(images, layers.Dense(1, name="logits", **head)(x), name="r3gan_discriminator")
    inputs = {"images": images, "labels": labels_input()}
    x = layers.Dense(widths[-1], name="projection", **head)(x)
    embedding = _embedding(inputs["labels"], widths[-1], num_classes, gain=1.0 / widths[-1])
    logits = layers.Dot(axes=1, dtype="float32", name="logits")([x, embedding])
    return keras.Model(inputs, logits, name="r3gan_discriminator")


def _latents(latent_dim, num_classes):
    """The inputs of the generator, and the vector that it is made of."""
    latents = keras.Input((latent_dim,), name="latents")
    if num_classes is None:
        return latents, latents
    inputs = {"latents": latents, "labels": labels_input()}
    embedding = _embedding(inputs["labels"], latent_dim, num_classes)
    return inputs, layers.Concatenate(name="with_labels")([latents, embedding])


def _embedding(labels, size, num_classes, gain=1.0):
    one_hot = layers.CategoryEncoding(num_classes, "one_hot", name="one_hot")(labels)
    options = {"use_bias": False, "kernel_initializer": _normal(gain), "dtype": "float32"}
    return layers.Dense(size, name="embedding", **options)(one_hot)


class _Block:
    """Makes residual blocks of a network that has so many of them.

    Args:
        group_size: int, the channels of a group.
        blocks: int, L.
    """

    def __init__(self, group_size, blocks):
        self._group_size = group_size
        self._gain = 2.0 / (1.0 + _SLOPE**2) * blocks**-0.5

    def __call__(self, x, name):
        """A residual block around the map `x`."""
        width = x.shape[-1]
        inner = _EXPANSION * width
        first = {"use_bias": True, "kernel_initializer": _normal(self._gain)}
        y = Conv2D(inner, 1, name=f"{name}_conv_0", **first)(x)
        y = LeakyReLU(_SLOPE, name=f"{name}_lrelu_0")(y)
        groups = inner // self._group_size
        y = Conv2D(inner, 3, padding="same", groups=groups, name=f"{name}_conv_1", **first)(y)
        y = LeakyReLU(_SLOPE, name=f"{name}_lrelu_1")(y)
        y = Conv2D(width, 1, use_bias=False, kernel_initializer="zeros", name=f"{name}_conv_2")(y)
        return layers.Add(name=f"{name}_add")([x, y])


def _resized_channels(x, width, name):
    return x if x.shape[-1] == width else _linear(width, f"{name}_linear")(x)


def _linear(channels, name):
    """A 1x1 convolution that keeps the variance."""
    return Conv2D(channels, 1, use_bias=False, kernel_initializer=_normal(), name=name)


def _normal(gain=1.0):
    """N(0, gain / inputs)."""
    return keras.initializers.VarianceScaling(gain, mode="fan_in", distribution="untruncated_normal")


def _widths(width, sides):
    """The widths from the smallest map to the picture, a list of ints."""
    widths = list(width) if isinstance(width, tuple | list) else [width] * len(sides)
    widths = [require_int("width", entry) for entry in widths]
    if len(widths) != len(sides):
        raise ValueError(
            f"A tuple of widths must have one for each size of map, and these pictures have {len(sides)}: "
            f"{', '.join(f'{height}x{width}' for height, width in sides)}. Received: width={width}"
        )
    return widths


def _require_groups(widths, group_size):
    """Raise a ValueError unless the groups divide the channels of each block."""
    for entry in widths:
        if _EXPANSION * entry % group_size:
            nearest = max(1, round(_EXPANSION * entry / group_size)) * group_size
            advice = f"{nearest // _EXPANSION}" if nearest % _EXPANSION == 0 else f"a multiple of {group_size}"
            raise ValueError(
                f"`group_size` must divide twice the width: use a width of {advice}, or another `group_size`. "
                f"Received: width={entry}, group_size={group_size}"
            )
