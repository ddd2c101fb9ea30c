"""The augmentation of DiffAugment."""

import keras
import tensorflow as tf

from keras_gan._quantity import at, require_quantity, serialised
from keras_gan._tensors import require_float_images
from keras_gan.augmentation._policy import require_policy
from keras_gan.augmentation.augmentation import Augmentation, uniform_per_image


@keras.saving.register_keras_serializable(package="keras_gan")
class DiffAugment(Augmentation):
    """Changes the colours of images, moves them, and cuts a square out of each.

    It helps most with few training images. With the strength s and, for each image x, its own numbers from U(a, b),
    uniform between a and b:

        brightness    x + s U(-1/2, 1/2)
        saturation    g + (1 + s U(-1, 1)) (x - g),       g each pixel's mean over the channels
        contrast      m + (1 + s U(-1/2, 1/2)) (x - m),   m the mean of the image
        translation   by whole pixels in each direction, uniform within +-[s/8 of the side]
        cutout        of [s/2 of each side], at a uniform place, which may lie half outside the image

    where [ ] rounds to the nearest integer. Pixels that come from outside the image, or are cut out, become 0, a grey.
    Strength 1 is the paper, and 0 leaves the images unchanged. Zhao et al. 2020 (arXiv 2006.10738). The grey, the
    rounding and the borders follow the authors' published code, whose images are in [-1, 1] too.

    Args:
        policy: list of str, the changes in their order: "color", "translation" and "cutout". "color" stands for
            "brightness", "saturation" and "contrast", which may also be given one by one. "saturation" leaves images
            without three channels unchanged.
        strength: s, in [0, 1]: a number, or a schedule of the training step.

    Raises:
        ValueError: if `policy` is not a list of these names, or `strength` is not a number in [0, 1] or a schedule.

    Example:
        >>> import tensorflow as tf
        >>> augmentation = DiffAugment(["cutout"])
        >>> images = augmentation(tf.ones((1, 4, 4, 1)), seed=tf.constant([0, 7], tf.int64))
        >>> print(images[0, :, :, 0].numpy())
        [[1. 0. 0. 1.]
         [1. 0. 0. 1.]
         [1. 1. 1. 1.]
         [1. 1. 1. 1.]]
    """

    name = "diff_augment"

    def __init__(self, policy=("color", "translation", "cutout"), *, strength=1.0):
        self.policy = require_policy(policy, _CHANGES, ["color", "translation", "cutout"])
        self.strength = require_quantity("strength", strength, low=0.0, high=1.0)

    def __call__(self, images, *, seed, step=0):
        """Return changed images, float32; see `Augmentation.__call__`."""
        images = require_float_images("images", images)
        if images.shape.rank != 4:
            raise ValueError(
                "DiffAugment works on images `(batch, height, width, channels)`. For vectors, use `InstanceNoise`. "
                f"Received: images.shape={images.shape}"
            )
        images, strength = tf.cast(images, tf.float32), at(self.strength, step)
        changes = [change for name in self.policy for change in _CHANGES[name]]
        draws = uniform_per_image(images, seed, (len(changes), 2))
        for index, change in enumerate(changes):
            images = change(images, draws[:, index], strength)
        return images

    def get_config(self):
        """Return the constructor's arguments."""
        return {"policy": list(self.policy), "strength": serialised(self.strength)}


# Each change is a function of the images, of two numbers from U(0, 1) for each image `(batch, 2)`, and of the strength.
# It adds the difference to the images, so that strength 0 does not even change the rounding.


def _brightness(images, draws, strength):
    return images + strength * (_for_images(draws[:, 0]) - 0.5)


def _saturation(images, draws, strength):
    if images.shape[-1] != 3:
        return images
    grey = tf.reduce_mean(images, axis=-1, keepdims=True)
    return images + strength * (2.0 * _for_images(draws[:, 0]) - 1.0) * (images - grey)


def _contrast(images, draws, strength):
    mean = tf.reduce_mean(images, axis=(1, 2, 3), keepdims=True)
    return images + strength * (_for_images(draws[:, 0]) - 0.5) * (images - mean)


def _translation(images, draws, strength):
    for axis in (1, 2):
        furthest = _rounded(strength * 0.125 * _side(images, axis))
        shifts = tf.floor(draws[:, axis - 1] * (2.0 * furthest + 1.0)) - furthest
        images = _shifted(images, axis, tf.cast(shifts, tf.int32))
    return images


def _shifted(images, axis, shifts):
    """Images moved along an axis, each by its own number of pixels."""
    side = tf.shape(images)[axis]
    sources = tf.range(side) - shifts[:, None]
    moved = tf.gather(images, tf.clip_by_value(sources, 0, side - 1), axis=axis, batch_dims=1)
    return tf.where(_along(axis, (sources >= 0) & (sources < side)), moved, 0.0)


def _cutout(images, draws, strength):
    rows, columns = (_along(axis, _cut(_side(images, axis), draws[:, axis - 1], strength)) for axis in (1, 2))
    return tf.where(rows & columns, 0.0, images)


def _cut(side, draws, strength):
    """Which places of a side lie in each image's cut, bool `(batch, side)`."""
    size = _rounded(strength * 0.5 * side)
    # The middle of an even cut lies between two pixels or at a border. The middle of an odd cut lies on a pixel.
    middles = tf.floor(draws * (side + 1.0 - size % 2.0))
    first = middles[:, None] - tf.floor(0.5 * size)
    places = tf.range(side)
    return (places >= first) & (places < first + size)


def _side(images, axis):
    return tf.cast(tf.shape(images)[axis], tf.float32)


def _rounded(number):
    return tf.floor(number + 0.5)


def _for_images(numbers):
    """One number for each image, `(batch,)`, in a shape that broadcasts over images."""
    return numbers[:, None, None, None]


def _along(axis, places):
    """Numbers along one axis of each image, `(batch, side)`, in a shape that broadcasts over images."""
    return places[:, :, None, None] if axis == 1 else places[:, None, :, None]


_CHANGES = {
    "color": (_brightness, _saturation, _contrast),
    "brightness": (_brightness,),
    "saturation": (_saturation,),
    "contrast": (_contrast,),
    "translation": (_translation,),
    "cutout": (_cutout,),
}
