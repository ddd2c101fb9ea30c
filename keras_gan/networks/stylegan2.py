"""The networks of StyleGAN2."""

import math

import keras
from keras import layers, ops

from keras_gan._arguments import require_bool, require_int, require_number
from keras_gan.layers import (
    FIRBlur2D,
    FIRDownsampling2D,
    FIRUpsampling2D,
    LearnedConstant,
    ModulatedConv2D,
    NoiseInjection,
    PixelNormalization,
    StyleMixing,
    Truncation,
)
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import doubled_sides
from keras_gan.networks._clipped_images import ClippedImages
from keras_gan.networks._equalized_stages import (
    ACTIVATED,
    activated,
    activated_conv,
    conv,
    equalized,
    head,
    last_features,
    widths_at,
)
from keras_gan.networks._labels import labels_input, require_classes

# The published code's channels times the side of the picture, and the side from which they are twice as many.
_CHANNELS, _LARGE = 16384, 512
# Layers of the mapping network learn so much more slowly than all others.
_MAPPING_MULTIPLIER = 0.01


def stylegan2(
    *,
    image_shape=(64, 64, 3),
    latent_dim=512,
    width=None,
    max_width=512,
    mapping_layers=8,
    style_mixing=0.9,
    noise=True,
    num_classes=None,
):
    """Style-based generator and residual discriminator after StyleGAN2.

    A mapping network turns a latent into styles, and each convolution of the synthesis network scales its input by a
    style of its own. So coarse and fine layers decide about different aspects of a picture, and can be told apart.

        mapping:        latents -> PixelNormalization -> Dense, LeakyReLU, ... -> Truncation -> StyleMixing -> styles
        synthesis:      constant -> ModulatedConv2D, noise, LeakyReLU, twice per size -> sum of ModulatedConv2D(1x1)
        discriminator:  image -> Conv(1x1) -> residual blocks that halve the sides -> MinibatchStddev, Conv, Dense(1)

    Every size of the synthesis network adds its own picture to the one before, which is doubled with the filter
    (1, 3, 3, 1). A residual block is (Conv(3x3), Conv(3x3) of stride 2) plus Conv(1x1), both on smoothed maps and
    times sqrt(1/2). All layers have an equalised learning rate, those of the mapping network 0.01 of it, and LeakyReLU
    0.2 has the gain sqrt(2). Karras et al. 2020 (arXiv 1912.04958), appendix B and figure 7 with the skip generator and
    the residual discriminator; sizes as in the code of Karras et al. 2020 (arXiv 2006.06676). What differs: the gains
    of LeakyReLU are part of the kernels, so biases are not multiplied by them, and mixed styles come from another
    sample of the batch.

    The images have no tanh: they are clipped in inference alone. The generator starts from a map whose smaller side is
    4 to 7, and has `width` channels next to the picture, twice as many after each halving up to `max_width`. The
    published configurations:

    * for pictures of 256x256: `stylegan2(image_shape=(256, 256, 3))`, whose generator and discriminator have
      24,767,458 and 24,001,089 parameters;
    * for CIFAR-10: `stylegan2(image_shape=(32, 32, 3), mapping_layers=2, style_mixing=0.0)`, but with the residual
      discriminator.

    With `num_classes`, the label is embedded, normalised and appended to the latents. The discriminator projects: its
    features f and a mapping network m of the label make the logit m(y) . f / sqrt(d), d the number of features.

    Args:
        image_shape: tuple (height, width, channels) of the pictures. Height and width must be multiples of 4 where the
            smaller of them is below 32, of 8 below 64, of 16 below 128, and so on.
        latent_dim: int, the size of the latents, and of the styles.
        width: int, the channels next to the picture; None for those of the published code, 16384 divided by the longer
            side (32768 from a side of 512 on), up to `max_width`.
        max_width: int, the most channels of any map.
        mapping_layers: int, the number of layers from latents to styles.
        style_mixing: float in [0, 1], the probability that a sample in training has styles of two latents.
        noise: bool, whether the synthesis network adds noise to its maps.
        num_classes: int, the number of classes, for networks that take labels; None for networks without.

    Returns:
        Two `keras.Model`: the generator, from latents `(batch, latent_dim)` to float32 images in [-1, 1],
        `(batch, *image_shape)`; and the discriminator, from such images to float32 logits `(batch, 1)`, unbounded. With
        `num_classes` their inputs are dicts of "latents" or "images" and of int32 "labels" `(batch,)`. The generator
        has two models as layers: "mapping", from the inputs to float32 styles `(batch, num_styles, latent_dim)`, and
        "synthesis", from these to images.

    Raises:
        ValueError: if a size is not a positive integer, `style_mixing` is not in [0, 1], `noise` is not a bool,
            `image_shape` is not of rank 3, or its height or width cannot be halved as often as the networks do.

    Example:
        >>> import numpy as np
        >>> generator, discriminator = stylegan2(image_shape=(8, 8, 1), latent_dim=4, width=2, mapping_layers=1)
        >>> styles = generator.get_layer("mapping")(np.zeros((3, 4), "float32"))
        >>> styles.shape
        TensorShape([3, 4, 4])
        >>> generator.get_layer("synthesis")(styles).shape, discriminator.output_shape
        (TensorShape([3, 8, 8, 1]), (None, 1))
    """
    image_shape = require_image_shape(image_shape, rank=3)
    latent_dim, mapping_layers = require_int("latent_dim", latent_dim), require_int("mapping_layers", mapping_layers)
    style_mixing = require_number("style_mixing", style_mixing, low=0.0, high=1.0)
    noise = require_bool("noise", noise)
    num_classes = None if num_classes is None else require_classes(num_classes)
    sides = doubled_sides(image_shape)
    widths = widths_at(len(sides), _published_width(image_shape) if width is None else width, max_width)
    synthesis = _synthesis(image_shape, latent_dim, list(zip(sides, reversed(widths), strict=True)), noise)
    mapping = _mapping(latent_dim, synthesis.input_shape[1], mapping_layers, style_mixing, num_classes)
    inputs = _like(mapping.input)
    generator = keras.Model(inputs, synthesis(mapping(inputs)), name="stylegan2_generator")
    return generator, _discriminator(image_shape, widths, mapping_layers, num_classes)


def _published_width(image_shape):
    side = max(image_shape[:2])
    return max(1, (2 * _CHANNELS if side >= _LARGE else _CHANNELS) // side)


def _like(inputs):
    """New inputs of the same names, shapes and types."""
    if isinstance(inputs, dict):
        return {name: _like(tensor) for name, tensor in inputs.items()}
    return keras.Input(inputs.shape[1:], dtype=inputs.dtype, name=inputs.name)


def _mapping(latent_dim, num_styles, depth, style_mixing, num_classes):
    """The model from latents, and labels, to a style for each layer."""
    to_style = _latents_to_style(latent_dim, depth, num_classes)
    inputs = _like(to_style.input)
    style = Truncation(dtype="float32", name="truncation")(to_style(inputs))
    repeat = layers.RepeatVector(num_styles, dtype="float32", name="repeat")
    styles = repeat(style)
    if style_mixing:
        mix = StyleMixing(style_mixing, dtype="float32", name="style_mixing")
        styles = mix(styles, repeat(to_style(_with_latents_of_others(inputs))))
    return keras.Model(inputs, styles, name="mapping")


def _with_latents_of_others(inputs):
    """The inputs with the latents of the sample before, and each sample's own label."""
    if isinstance(inputs, dict):
        return {**inputs, "latents": _with_latents_of_others(inputs["latents"])}
    return ops.roll(inputs, 1, axis=0)


def _latents_to_style(latent_dim, depth, num_classes):
    """The model from latents, and labels, to one style."""
    inputs = latents = keras.Input((latent_dim,), name="latents")
    x = PixelNormalization(dtype="float32", name="normalize_latents")(latents)
    if num_classes is not None:
        inputs = {"latents": latents, "labels": labels_input()}
        label = _embedded(inputs["labels"], num_classes, latent_dim)
        x = layers.Concatenate(dtype="float32", name="with_label")([x, label])
    return keras.Model(inputs, _mapped(x, latent_dim, depth), name="latents_to_style")


def _embedded(labels, num_classes, size):
    """A normalised vector for each class."""
    x = layers.CategoryEncoding(num_classes, "one_hot", dtype="float32", name="one_hot")(labels)
    x = equalized(layers.Dense(size, dtype="float32", name="embed"))(x)
    return PixelNormalization(dtype="float32", name="normalize_label")(x)


def _mapped(x, size, depth):
    """Dense layers that learn slowly, in float32 under every policy."""
    for i in range(depth):
        dense = layers.Dense(size, dtype="float32", name=f"map_{i}")
        x = equalized(dense, ACTIVATED, _MAPPING_MULTIPLIER)(x)
        x = activated(x, f"map_{i}", dtype="float32")
    return x


def _synthesis(image_shape, style_dim, maps, noise):
    """The model from styles to images.

    Args:
        image_shape: tuple (height, width, channels).
        style_dim: int, the size of a style.
        maps: list of ((height, width), channels), from the smallest map to that next to the picture.
        noise: bool.
    """
    # Two styles for each size but the first, which has one, and one for the last colours.
    styles = keras.Input((2 * len(maps), style_dim), name="styles")
    each = ops.unstack(styles, axis=1)
    for i, (sides, width) in enumerate(maps):
        if i == 0:
            x = LearnedConstant((*sides, width), name="constant")(styles)
            x = _styled(x, each[0], width, "conv_0", noise)
            images = _colours(x, each[1], image_shape[-1], "to_images_0")
            continue
        x = _styled(x, each[2 * i - 1], width, f"up_{i}", noise, upsample=True)
        x = _styled(x, each[2 * i], width, f"conv_{i}", noise)
        # The colours of this size have the style of the next size's first convolution.
        colours = _colours(x, each[2 * i + 1], image_shape[-1], f"to_images_{i}")
        images = FIRUpsampling2D(dtype="float32", name=f"double_images_{i}")(images)
        images = layers.Add(dtype="float32", name=f"add_images_{i}")([images, colours])
    return keras.Model(styles, ClippedImages(name="images")(images), name="synthesis")


def _styled(x, style, width, name, noise, **options):
    x = ModulatedConv2D(width, 3, gain=ACTIVATED, name=name, **options)(x, style)
    if noise:
        x = NoiseInjection(name=f"{name}_noise")(x)
    return activated(x, name)


def _colours(x, style, channels, name):
    return ModulatedConv2D(channels, 1, demodulate=False, name=name)(x, style)


def _discriminator(image_shape, widths, mapping_layers, num_classes):
    inputs = images = keras.Input(image_shape, name="images")
    x = activated_conv(images, widths[0], 1, "from_images")
    for i, width in enumerate(widths[1:]):
        x = _halving_block(x, width, f"block_{i}")
    x = last_features(x, widths[-1])
    if num_classes is None:
        return keras.Model(inputs, head(1, "logits")(x), name="stylegan2_discriminator")
    inputs = {"images": images, "labels": labels_input()}
    label = _mapped(_embedded(inputs["labels"], num_classes, widths[-1]), widths[-1], mapping_layers)
    x = layers.Dot(1, dtype="float32", name="project")([head(widths[-1], "projected")(x), label])
    logits = layers.Rescaling(1.0 / math.sqrt(widths[-1]), dtype="float32", name="logits")(x)
    return keras.Model(inputs, logits, name="stylegan2_discriminator")


def _halving_block(x, width, name):
    """A residual block that halves the sides; each branch is times sqrt(1/2)."""
    shortcut = FIRDownsampling2D(name=f"{name}_downsampling")(x)
    shortcut = conv(width, 1, f"{name}_shortcut", gain=math.sqrt(0.5), use_bias=False)(shortcut)
    y = activated_conv(x, x.shape[-1], 3, f"{name}_conv_0")
    y = FIRBlur2D(growth=1, name=f"{name}_blur")(y)
    # The gains of the rectifier and of the branch cancel out.
    y = activated_conv(y, width, 3, f"{name}_conv_1", gain=1.0, strides=2, padding="valid")
    return layers.Add(name=f"{name}_add")([y, shortcut])
