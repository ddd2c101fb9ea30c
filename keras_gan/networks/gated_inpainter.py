"""The networks of free-form inpainting: gated convolutions in two stages, and a discriminator of patches and masks."""

import keras

from keras_gan._arguments import require_bool, require_int
from keras_gan.layers import ContextualAttention, Conv2D, GatedConv2D, LeakyReLU
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import normal, spectrally_normalized, twice_as_large
from keras_gan.networks._holes import PastedIntoHoles, WithMasks
from keras_gan.networks._sides import SupportedSides, require_sides

_DILATIONS = (2, 4, 8, 16)
# Channels of the six convolutions of each encoder; the second and the fourth halve the sides.
_COARSE, _FINE, _ATTENTIVE = (1, 2, 2, 4, 4, 4), (1, 1, 2, 2, 4, 4), (1, 1, 2, 4, 4, 4)
_REDUCED = 4
# What a gated convolution makes of normal numbers has the mean square E[elu(x)^2] E[sigmoid(x)^2] = 0.19.
_GAIN = 1.0 / 0.19
# Of the discriminator, at most so many times the channels of its first convolution.
_WIDEST = 4


def gated_inpainter(
    *, image_shape=(256, 256, 3), width=24, attention=True, discriminator_width=64, discriminator_layers=6
):
    """Two-stage network of gated convolutions that completes pictures, and a spectrally normalised PatchGAN.

    The first stage makes a rough picture. The second one sees it in the hole and refines it: one branch with dilated
    convolutions, and one that copies from what is known (`layers.ContextualAttention`).

        coarse:  [image, ones, mask] -> encoder -> 4 x GatedConv(3x3) of dilation 2, 4, 8, 16 -> decoder -> coarse
        fine:    image with the coarse one in its hole -> two branches, joined -> decoder -> fine image
                 1st branch: encoder -> 4 x GatedConv(3x3), dilated as above
                 2nd branch: encoder -> attention -> 2 x GatedConv(3x3)
        encoder: GatedConv(5x5) -> 5 x GatedConv(3x3), of which two have stride 2, from `width` to 4 `width` channels
        decoder: 2 x GatedConv -> 2 x (doubled by repetition, 2 x GatedConv) -> Conv(3x3), tanh
        discriminator:  [image, mask] -> layers x (Conv(5x5) of stride 2), spectrally normalised

    ELU is the activation in all gated convolutions, but ReLU in the last one before the attention. LeakyReLU(0.2)
    follows all convolutions of the discriminator, also the last one, and each value of its last map is a logit: each
    channel judges the patches in its own way. Yu et al. 2018 (arXiv 1806.03589), figure 3 and section 3.3, as in the
    authors' code, whose 48 channels are 24 features and their gates: 4,052,478 parameters, the 4.1 million of the
    paper; without the branch with attention 3,104,238.

    Difference: the authors' kernels are from Glorot's distribution. Each gate halves the signal, so after 17 layers
    with these the first pictures and gradients are of the size 1e-7, and it takes long until the network learns. Here
    kernels of gated convolutions have the variance that keeps the signal's size, and those of the last ones are from
    N(0, 0.02).

    Args:
        image_shape: tuple (height, width, channels) of the pictures, with sides that are multiples of 8 (of 4 without
            attention); None for sides of any size.
        width: int, the channels of the features next to the picture.
        attention: bool, whether the second stage has the branch with attention.
        discriminator_width: int, the channels of the discriminator's first convolution; later ones have up to four
            times as many.
        discriminator_layers: int, its convolutions. Six see pictures of 256 pixels; four are enough for 64.

    Returns:
        Two `keras.Model`: the generator, from "images" float32 `(batch, *image_shape)` in [-1, 1] whose holes show
        nothing, and "masks" `(batch, height, width, 1)`, 1 in the hole, to a dict of "images" and "coarse", both in
        [-1, 1]; and the discriminator, from "images" and "masks" to float32 logits `(batch, patches, channels, 1)`,
        unbounded.

    Raises:
        ValueError: if a size is not a positive integer, or a side is no such multiple.

    Example:
        >>> generator, discriminator = gated_inpainter(
        ...     image_shape=(16, 16, 3), width=2, attention=False, discriminator_width=2, discriminator_layers=2)
        >>> sorted(generator.output), discriminator.output_shape
        (['coarse', 'images'], (None, 16, 4, 1))
    """
    image_shape = require_image_shape(image_shape, rank=3, any_sides=True)
    width, attention = require_int("width", width), require_bool("attention", attention)
    judge_width = require_int("discriminator_width", discriminator_width)
    judge_layers = require_int("discriminator_layers", discriminator_layers, high=16)
    multiple = 2 * _REDUCED if attention else _REDUCED
    require_sides("the pictures", image_shape[:2], multiple=multiple, received=f"image_shape={image_shape}")
    generator = _generator(image_shape, width, multiple, attention=attention)
    return generator, _discriminator(image_shape, judge_width, judge_layers)


def _generator(image_shape, width, multiple, *, attention):
    inputs = _inputs(image_shape)
    images, masks = inputs.values()
    x = SupportedSides(multiple=multiple, name="sides")(images) if None in image_shape else images
    seen = WithMasks(name="seen")([x, masks])
    coarse = _dilated(_encoded(seen, width, _COARSE, "coarse"), "coarse")
    coarse = _decoded(coarse, width, image_shape[-1], "coarse")
    refined = PastedIntoHoles(name="pasted")([coarse, x, masks])
    fine = _dilated(_encoded(refined, width, _FINE, "fine"), "fine")
    if attention:
        copied = _copied(_encoded(refined, width, _ATTENTIVE, "attentive", last="relu"), masks)
        fine = keras.layers.Concatenate(name="joined")([fine, copied])
    fine = _decoded(fine, width, image_shape[-1], "fine")
    return keras.Model(inputs, {"images": fine, "coarse": coarse}, name="gated_inpainter")


def _inputs(image_shape):
    images = keras.Input(image_shape, name="images")
    return {"images": images, "masks": keras.Input((*image_shape[:2], 1), name="masks")}


def _encoded(x, width, factors, name, *, last="elu"):
    """Six gated convolutions to a quarter of the sides."""
    for index, factor in enumerate(factors):
        settings = {"strides": 2 if index in (1, 3) else 1, "activation": last if index == 5 else "elu"}
        x = _gated(factor * width, 3 if index else 5, name=f"{name}_{index}", **settings)(x)
    return x


def _dilated(x, name):
    """Four gated convolutions that see far."""
    for rate in _DILATIONS:
        x = _gated(x.shape[-1], 3, dilation_rate=rate, name=f"{name}_dilated_{rate}")(x)
    return x


def _copied(x, masks):
    """A map rebuilt from its known part."""
    holes = keras.layers.MaxPooling2D(_REDUCED, name="holes")(masks)
    y = ContextualAttention(name="attention")([x, holes])
    for index in range(2):
        y = _gated(x.shape[-1], 3, name=f"copied_{index}")(y)
    return y


def _decoded(x, width, channels, name):
    """A picture of four times the sides."""
    for index, factor in enumerate((4, 4, 2, 2, 1, 0.5)):
        if index in (2, 4):
            x = twice_as_large(x, f"{name}_double_{index}")
        x = _gated(max(1, int(factor * width)), 3, name=f"{name}_up_{index}")(x)
    x = Conv2D(channels, 3, padding="same", kernel_initializer=normal(), name=f"{name}_to_images")(x)
    # float32: the images do not follow a mixed policy.
    return keras.layers.Activation("tanh", dtype="float32", name=f"{name}_images")(x)


def _gated(filters, kernel_size, **settings):
    """A gated convolution that keeps the size of the signal."""
    initializer = keras.initializers.VarianceScaling(_GAIN, "fan_in", "untruncated_normal")
    return GatedConv2D(filters, kernel_size, kernel_initializer=initializer, **settings)


def _discriminator(image_shape, width, layers):
    inputs = _inputs(image_shape)
    x = keras.layers.Concatenate(name="seen")(list(inputs.values()))
    for level in range(layers):
        # float32: the logits do not follow a mixed policy.
        dtype = "float32" if level == layers - 1 else None
        filters = width * min(2**level, _WIDEST)
        convolution = Conv2D(filters, 5, strides=2, padding="same", dtype=dtype, name=f"down_{level}")
        x = LeakyReLU(0.2, dtype=dtype, name=f"down_{level}_lrelu")(spectrally_normalized(convolution)(x))
    logits = keras.layers.Reshape((-1, x.shape[-1], 1), dtype="float32", name="logits")(x)
    return keras.Model(inputs, logits, name="masked_patch_discriminator")
