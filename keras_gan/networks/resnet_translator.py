"""The residual generator of CycleGAN, pix2pixHD and StarGAN, which turns pictures into pictures."""

import typing

import keras
from keras import layers

from keras_gan._arguments import require_choice, require_int
from keras_gan.layers import Conv2DTranspose, GroupNormalization, ReflectionPadding2D
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import normal
from keras_gan.networks._labels import label_vectors_input, with_planes_of_labels
from keras_gan.networks._sides import SupportedSides, cropped_like

_PADDINGS = {"reflect": ReflectionPadding2D, "zeros": layers.ZeroPadding2D}
# Of the convolutions next to the pictures, which reflect more than the others.
_OUTER_PADDING = 3


def resnet_translator(
    *,
    image_shape=(256, 256, 3),
    target_channels=None,
    width=64,
    blocks=9,
    halvings=2,
    padding="reflect",
    num_classes=None,
):
    """Residual network from pictures to pictures of the same size, after CycleGAN.

    Most of the network works at a fraction of the sides, in residual blocks, which let through what source and target
    have in common. Each picture is normalised by itself, because its contrast is part of the style that changes. With
    the two halvings of the paper:

        image -> Conv(7x7, width) -> Conv(3x3, 2 width) of stride 2 -> Conv(3x3, 4 width) of stride 2
              -> blocks x (x + Conv(3x3)(Conv(3x3)(x))) -> transposed Conv(3x3, 2 width) of stride 2
              -> transposed Conv(3x3, width) of stride 2 -> Conv(7x7, channels), tanh

    Instance normalisation without gain and bias follows every convolution except the last, and ReLU follows every
    normalisation except at the end of a block. The convolutions of stride 1 are padded by reflection or zeros, the
    others by one pixel of zeros. Sides halve rounding up (33 -> 17 -> 9), and where doubling gives a row or column too
    many, it is cropped.

    Zhu et al. 2017 (arXiv 1703.10593), section 4 and appendix 7.2, which build on Johnson et al. 2016 (arXiv
    1603.08155), as in the authors' codes: kernels from N(0, 0.02), epsilon 1e-5, and biases in every layer, although
    the normalisation cancels all of them except the last layer's. The paper has 6 blocks for 128x128 and 9 from 256x256
    on: 7,837,699 and 11,378,179 parameters. Four halvings and 9 blocks are the global generator of pix2pixHD (Wang et
    al. 2017, arXiv 1711.11585, section 3.2).

    With `num_classes` it is the generator of StarGAN (Choi et al. 2017, arXiv 1711.09020, table 4): the labels, a
    number for each class or attribute, become constant planes next to the channels of the picture; the normalisation
    has gains and biases instead of biases in the convolutions; and the kernels of stride 2 are 4x4. With 6 blocks and 5
    classes it has 8,430,528 parameters. It needs `padding="zeros"`: a convolution of a constant plane is constant
    again, and instance normalisation subtracts every constant. Only at a border of zeros does the label leave a trace
    that the later layers can spread. Padded by reflection, the network would not see the labels at all.

    Args:
        image_shape: tuple (height, width, channels) of the pictures; None for sides of any size. Padded by reflection,
            sides have at least 2^halvings + 1 pixels, 5 by default.
        target_channels: int, the channels of the translations; None for those of the pictures.
        width: int, the channels next to the picture.
        blocks: int, the number of residual blocks.
        halvings: int, how often the sides are halved.
        padding: "reflect" or "zeros", of the convolutions of stride 1.
        num_classes: int, the size of the labels; None for a network without labels.

    Returns:
        `keras.Model` from float32 images in [-1, 1], `(batch, *image_shape)`, to such images with `target_channels`.
        With labels it takes "images" and "labels", float32 `(batch, num_classes)`.

    Raises:
        ValueError: if a size is not a positive integer, `image_shape` is not of rank 3 or has a side that is too small
            for its halvings, or labels would be padded by reflection.

    Example:
        >>> translator = resnet_translator(image_shape=(32, 30, 1), width=4, blocks=2)
        >>> translator.get_layer("block_1").output.shape
        (None, 8, 8, 16)
        >>> translator.output_shape
        (None, 32, 30, 1)
    """
    image_shape = require_image_shape(image_shape, rank=3, any_sides=True)
    target_channels = image_shape[-1] if target_channels is None else require_int("target_channels", target_channels)
    width, blocks = require_int("width", width), require_int("blocks", blocks)
    halvings = require_int("halvings", halvings, high=16)
    require_choice("padding", padding, tuple(_PADDINGS))
    form = _Form(_PADDINGS[padding], is_labelled=num_classes is not None)
    _require_sides(image_shape, halvings, padding)

    images = keras.Input(image_shape, name="images")
    x, inputs = images, images
    if None in image_shape:
        x = SupportedSides(smallest=_smallest_side(halvings, padding), name="sides")(x)
    if form.is_labelled:
        _refuse_reflection_of_labels(padding)
        labels = label_vectors_input(require_int("num_classes", num_classes))
        x, inputs = with_planes_of_labels(x, labels), {"images": images, "labels": labels}
    x = form.activated(form.kept(x, width, 7, "from_images"), "from_images")
    maps = [x]
    for i in range(halvings):
        x = form.halved(x, width * 2 ** (i + 1), f"down_{i}")
        maps.append(x)
    x = maps.pop()
    for i in range(blocks):
        x = form.residual_block(x, f"block_{i}")
    for i, like in enumerate(reversed(maps)):
        x = form.doubled(x, like, f"up_{i}")
    x = form.kept(x, target_channels, 7, "to_images")
    # float32: the images do not follow a mixed policy.
    outputs = layers.Activation("tanh", dtype="float32", name="translated")(x)
    return keras.Model(inputs, outputs, name="resnet_translator")


class _Form(typing.NamedTuple):
    """The stages of a published form of the network.

    Attributes:
        padding: the layer that pads the convolutions of stride 1.
        is_labelled: whether the form is StarGAN's.
    """

    padding: type
    is_labelled: bool

    def kept(self, x, filters, kernel_size, name, *, pad_name=None):
        """A convolution of stride 1 that keeps the sides."""
        x = self.padding(kernel_size // 2, name=pad_name or f"{name}_pad")(x)
        return self._conv(filters, kernel_size, name)(x)

    def halved(self, x, filters, name):
        """A convolution of stride 2, normalised and activated."""
        if self.is_labelled:
            return self.activated(self._conv(filters, 4, name, strides=2, padding="same")(x), name)
        # Not padding="same", which pads even sides after their end only and so shifts the picture.
        x = layers.ZeroPadding2D(1, name=f"{name}_pad")(x)
        return self.activated(self._conv(filters, 3, name, strides=2)(x), name)

    def doubled(self, x, like, name):
        """A transposed convolution to the sides and channels of another map, normalised and activated."""
        settings = {"strides": 2, "kernel_initializer": normal(), "use_bias": not self.is_labelled, "name": name}
        if self.is_labelled:
            x = Conv2DTranspose(like.shape[-1], 4, padding="same", **settings)(x)
            return self.activated(cropped_like(x, like, f"{name}_crop"), name)
        x = layers.Conv2DTranspose(like.shape[-1], 3, **settings)(x)
        # What lies before the first pixel is the mirror image of the padding of `halved`.
        return self.activated(cropped_like(x, like, f"{name}_crop", before=1), name)

    def residual_block(self, x, name):
        """The sum of a map and two convolutions of it."""
        y = self.kept(x, x.shape[-1], 3, f"{name}_conv_0", pad_name=f"{name}_pad_0")
        y = self.activated(y, f"{name}_0")
        y = self.kept(y, x.shape[-1], 3, f"{name}_conv_1", pad_name=f"{name}_pad_1")
        return layers.Add(name=name)([x, self._normalized(y, f"{name}_1")])

    def activated(self, x, name):
        """Normalisation and ReLU."""
        return layers.ReLU(name=f"{name}_relu")(self._normalized(x, name))

    def _normalized(self, x, name):
        return GroupNormalization(-1, center=self.is_labelled, scale=self.is_labelled, name=f"{name}_norm")(x)

    def _conv(self, filters, kernel_size, name, **settings):
        settings |= {"kernel_initializer": normal(), "use_bias": not self.is_labelled}
        return layers.Conv2D(filters, kernel_size, name=name, **settings)


def _smallest_side(halvings, padding):
    """The smallest side that the paddings can take: a map with a side of one pixel cannot be reflected."""
    return 1 if padding == "zeros" else max(2**halvings + 1, _OUTER_PADDING + 1)


def _require_sides(image_shape, halvings, padding):
    smallest = _smallest_side(halvings, padding)
    if any(side is not None and side < smallest for side in image_shape[:2]):
        raise ValueError(
            f"The sides of the pictures are halved {_times(halvings)} and then reflected: they must be at least "
            f"{smallest}. Received: image_shape={image_shape}"
        )


def _times(count):
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _refuse_reflection_of_labels(padding):
    if padding == "reflect":
        raise ValueError(
            "A network that is padded by reflection and normalises each channel of each picture does not see its "
            "labels: they are constant planes, which reflection leaves constant and the normalisation subtracts. Give "
            "`padding='zeros'`, as StarGAN does: then the border carries the label. Received: padding='reflect' with "
            "`num_classes`"
        )
