"""What the residual networks of SNGAN, WGAN-GP, SAGAN and BigGAN are built from."""

import dataclasses
import math
import typing

import keras
from keras import layers

from keras_gan._arguments import require_int
from keras_gan.layers import BatchNormalization, ConditionalBatchNormalization, SelfAttention
from keras_gan.networks._building_blocks import spectrally_normalized
from keras_gan.networks._labels import labels_input
from keras_gan.networks._resampling_convolutions import DownsamplingConv2D, UpsamplingConv2D

_SMALLEST_START = 4


def glorot(gain=1.0):
    """Glorot-uniform with `gain` times the variance."""
    return keras.initializers.VarianceScaling(gain, mode="fan_avg", distribution="uniform")


@dataclasses.dataclass(frozen=True)
class Weights:
    """How a network makes its layers with weights.

    Attributes:
        spectral_normalization: bool, whether every layer is under it.
        initial: function of nothing that returns the initializer of a kernel.
        initial_in_branch: the same for the 3x3 convolutions in the branch of a block.
    """

    spectral_normalization: bool
    initial: typing.Callable = glorot
    initial_in_branch: typing.Callable = glorot

    def conv(self, filters, kernel_size, name):
        """A convolution that keeps the sides."""
        return self._conv(layers.Conv2D, filters, kernel_size, name, self.initial())

    def branch_conv(self, filters, name, kind=layers.Conv2D):
        """A 3x3 convolution in the branch of a block, perhaps with the resampling next to it."""
        return self._conv(kind, filters, 3, name, self.initial_in_branch())

    def _conv(self, kind, filters, kernel_size, name, initializer):
        return self._wrapped(kind(filters, kernel_size, padding="same", kernel_initializer=initializer, name=name))

    def dense(self, units, name, **settings):
        """A dense layer."""
        return self._wrapped(layers.Dense(units, kernel_initializer=self.initial(), name=name, **settings))

    def embedding(self, num_classes, size, name, **settings):
        """A vector for each class."""
        return self._wrapped(layers.Embedding(num_classes, size, self.initial(), name=name, **settings))

    def attention(self, name):
        """Self-attention, under spectral normalisation if the other layers are."""
        return SelfAttention(
            spectral_normalization=self.spectral_normalization, kernel_initializer=self.initial(), name=name
        )

    def _wrapped(self, layer):
        return spectrally_normalized(layer) if self.spectral_normalization else layer


def doublings(sides):
    """The number of times that a generator doubles its sides: from a map whose smaller side is 4 to 7, at least once.

    Args:
        sides: tuple (height, width) of the pictures.
    """
    return max(1, int(math.log2(min(sides) / _SMALLEST_START)))


def require_halvable(image_shape, halvings):
    """Raise a ValueError unless both sides can be halved as often as the networks do; it names sides that can.

    Args:
        image_shape: tuple (height, width, channels).
        halvings: function of (height, width) that returns the number of halvings.
    """
    sides, times = image_shape[:2], halvings(image_shape[:2])
    if any(side % 2**times for side in sides):
        raise ValueError(
            f"Height and width must be multiples of {2**times} for pictures of this size, to be halved {times} times: "
            f"resize or crop them, for example to {_nearest(sides, halvings)}, or use `dcgan`, which takes any size. "
            f"Received: image_shape={image_shape}"
        )


def _nearest(sides, halvings):
    """The nearest sides that can be halved. Rounding up may bring pictures to a size with one halving more."""
    while True:
        multiple = 2 ** halvings(sides)
        rounded = tuple(multiple * max(round(side / multiple), 1) for side in sides)
        if rounded == sides:
            return sides
        sides = rounded


def require_attention_side(attention_side, image_shape, limit):
    """Return the smaller side of the maps with attention, 0 for none, or raise.

    Args:
        attention_side: int, or None for the largest up to `limit`.
        image_shape: tuple (height, width, channels) of the pictures.
        limit: int.

    Raises:
        ValueError: unless both networks have a map with this side.
    """
    sides = [min(image_shape[:2]) // 2**i for i in range(1, doublings(image_shape[:2]))]
    if attention_side is None:
        return max((side for side in sides if side <= limit), default=0)
    if require_int("attention_side", attention_side, low=0) not in (0, *sides):
        raise ValueError(
            "`attention_side` must be the smaller side of a map between the picture and the smallest one, or 0 for no "
            f"attention: choose from {[0, *sides]}. Received: attention_side={attention_side}, "
            f"image_shape={image_shape}"
        )
    return int(attention_side)


def batch_normalization(labels, num_classes, epsilon):
    """How a generator normalises its maps: with a gain and a bias for each class if there are classes.

    Args:
        labels: tensor `(batch,)`; unused without classes.
        num_classes: int, or None.
        epsilon: float.

    Returns:
        function of a map and a name.
    """

    def normalized(x, name):
        if num_classes is None:
            return BatchNormalization(epsilon=epsilon, name=name)(x)
        return ConditionalBatchNormalization(num_classes, epsilon=epsilon, name=name)([x, labels])

    return normalized


def drawn(x, image_shape, widths, weights, normalizations, *, epsilon, attention_side=0):
    """The pictures of a generator, from latents on.

    Args:
        x: tensor `(batch, features)`.
        image_shape: tuple (height, width, channels) of the pictures.
        widths: list of int, the channels of the smallest map and of each block, whose number is that of the doublings.
        weights: `Weights`.
        normalizations: list of functions of a map and a name, one for each block.
        epsilon: float, of the last normalisation.
        attention_side: int, the smaller side of the map that has attention; 0 for none.

    Returns:
        Tensor `(batch, *image_shape)`, float32 in [-1, 1].
    """
    start = (*(side // 2 ** len(normalizations) for side in image_shape[:2]), widths[0])
    x = layers.Reshape(start, name="reshape")(weights.dense(math.prod(start), "project")(x))
    for i, (width, normalized) in enumerate(zip(widths[1:], normalizations, strict=True)):
        x = up_block(x, width, f"up_{i}", weights, normalized)
        if min(x.shape[1:3]) == attention_side:
            x = weights.attention("attention")(x)
    x = layers.ReLU(name="to_images_relu")(BatchNormalization(epsilon=epsilon, name="to_images_norm")(x))
    x = weights.conv(image_shape[-1], 3, "to_images")(x)
    # float32: the images do not follow a mixed policy.
    return layers.Activation("tanh", dtype="float32", name="images")(x)


def up_block(x, width, name, weights, normalized):
    """A residual block that doubles the sides.

    Args:
        x: tensor `(batch, height, width, channels)`.
        width: int, the channels of the output.
        name: str, the prefix of the layers' names.
        weights: `Weights`.
        normalized: function of a map and a name that returns the map normalised, by a layer of that name.
    """
    # A 1x1 convolution gives the same before and after the upsampling; before it there are a quarter of the pixels.
    shortcut = layers.UpSampling2D(2, name=f"{name}_upsampling")(weights.conv(width, 1, f"{name}_shortcut")(x))
    y = layers.ReLU(name=f"{name}_0_relu")(normalized(x, f"{name}_0_norm"))
    y = weights.branch_conv(width, f"{name}_conv_0", UpsamplingConv2D)(y)
    y = layers.ReLU(name=f"{name}_1_relu")(normalized(y, f"{name}_1_norm"))
    y = weights.branch_conv(width, f"{name}_conv_1")(y)
    return layers.Add(name=f"{name}_add")([y, shortcut])


def down_block(x, width, name, weights, *, is_first, halve, widen_early=False):
    """A residual block of a discriminator that halves the sides, or keeps them.

    Args:
        x: tensor `(batch, height, width, channels)`.
        width: int, the channels of the output.
        name: str, the prefix of the layers' names.
        weights: `Weights`.
        is_first: bool, whether x are the pictures, which get no ReLU.
        halve: bool, whether to halve the sides.
        widen_early: bool, whether the first convolution of the branch has the channels of the output, and not of the
            input; that of the first block always has.
    """
    shortcut = x
    if halve:
        # The 1x1 convolution gives the same before and after it; this is the order of the authors' first block.
        shortcut = layers.AveragePooling2D(2, name=f"{name}_pooling")(shortcut)
    if halve or shortcut.shape[-1] != width:
        shortcut = weights.conv(width, 1, f"{name}_shortcut")(shortcut)
    y = x if is_first else layers.ReLU(name=f"{name}_relu_0")(x)
    inner = width if is_first or widen_early else x.shape[-1]
    y = layers.ReLU(name=f"{name}_relu_1")(weights.branch_conv(inner, f"{name}_conv_0")(y))
    y = weights.branch_conv(width, f"{name}_conv_1", DownsamplingConv2D if halve else layers.Conv2D)(y)
    return layers.Add(name=f"{name}_add")([y, shortcut])


def seen(images, widths, halvings, weights, *, widen_early=False, attention_side=0):
    """The last map of a discriminator.

    Args:
        images: tensor `(batch, height, width, channels)`.
        widths: list of int, the channels of each block.
        halvings: int, the blocks that halve the sides; the others follow them.
        weights: `Weights`.
        widen_early: bool, see `down_block`.
        attention_side: int, the smaller side of the map that has attention; 0 for none.
    """
    x = images
    for i, width in enumerate(widths):
        halve = i < halvings
        x = down_block(x, width, f"block_{i}", weights, is_first=i == 0, halve=halve, widen_early=widen_early)
        if halve and min(x.shape[1:3]) == attention_side:
            x = weights.attention("attention")(x)
    return x


def mean_over_positions(x):
    """The features of a picture: ReLU, and the mean over all positions, float32 under every policy."""
    x = layers.ReLU(name="relu")(x)
    return layers.GlobalAveragePooling2D(dtype="float32", name="mean_over_positions")(x)


def sum_over_positions(x):
    """The features of a picture: ReLU, and the sum over all positions, float32 under every policy."""
    positions = x.shape[1] * x.shape[2]
    return layers.Rescaling(positions, dtype="float32", name="sum_over_positions")(mean_over_positions(x))


def judged(images, features, num_classes, weights, *, use_bias=True):
    """The discriminator's inputs and logits; with classes, those of the projection of Miyato and Koyama.

    D(x, y) = w.phi(x) + b + v_y.phi(x), with a vector v_y for each class: arXiv 1802.05637, equation 3 and figure 1d.

    Args:
        images: `keras.Input` of the pictures.
        features: float32 tensor `(batch, channels)`, phi(x).
        num_classes: int; None for a discriminator without labels.
        weights: `Weights`.
        use_bias: bool, whether there is b.

    Returns:
        The inputs as `keras.Model` takes them, and float32 logits `(batch, 1)`.
    """
    logits = weights.dense(1, "logits", use_bias=use_bias, dtype="float32")(features)
    if num_classes is None:
        return images, logits
    labels = labels_input()
    vectors = weights.embedding(num_classes, features.shape[-1], "class_vectors", dtype="float32")(labels)
    projection = layers.Dot(axes=1, dtype="float32", name="projection")([vectors, features])
    logits = layers.Add(dtype="float32", name="conditional_logits")([logits, projection])
    return {"images": images, "labels": labels}, logits
