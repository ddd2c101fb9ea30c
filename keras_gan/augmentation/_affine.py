"""Shifts, rotations and the like, joined into one affine change, so that each image is sampled only once."""

import typing

import tensorflow as tf


class Affine(typing.NamedTuple):
    """For each image, the place in it that a place (x, y) of the changed image shows.

        (xx x + xy y + x_shift,  yx x + yy y + y_shift)

    Places are in pixels from the middle, x to the right and y down. Each entry is a number or a tensor `(batch,)`. The
    products are written out, because GPUs round those of `tf.matmul` to 10 bits.
    """

    xx: typing.Any = 1.0
    xy: typing.Any = 0.0
    yx: typing.Any = 0.0
    yy: typing.Any = 1.0
    x_shift: typing.Any = 0.0
    y_shift: typing.Any = 0.0

    def then(self, other):
        """Both changes, this one first."""
        return Affine(
            xx=self.xx * other.xx + self.xy * other.yx,
            xy=self.xx * other.xy + self.xy * other.yy,
            yx=self.yx * other.xx + self.yy * other.yx,
            yy=self.yx * other.xy + self.yy * other.yy,
            x_shift=self.xx * other.x_shift + self.xy * other.y_shift + self.x_shift,
            y_shift=self.yx * other.x_shift + self.yy * other.y_shift + self.y_shift,
        )

    def where(self, is_changed):
        """This change for some images, bool `(batch,)`, and none for the others."""
        entries = zip(self, Affine(), strict=True)
        return Affine(*(none if entry is none else tf.where(is_changed, entry, none) for entry, none in entries))


def sampled(images, change):
    """Images changed by an `Affine`, interpolated between the four nearest pixels, with reflections outside.

    Written with `tf.gather`, because TensorFlow treats the gradients of its own resampling as constants.

    Args:
        images: float32 `(batch, height, width, channels)`.
        change: `Affine`, with an entry `(batch,)` where images differ.

    Returns:
        float32, of the shape of `images`.
    """
    batch, height, width, _ = tf.unstack(tf.shape(images))
    x, y = _from_the_middle(width)[tf.newaxis, tf.newaxis, :], _from_the_middle(height)[tf.newaxis, :, tf.newaxis]
    change = Affine(*(tf.reshape(entry, (-1, 1, 1)) for entry in change))
    left, share_of_right = _neighbours(change.xx * x + change.xy * y + change.x_shift, width)
    top, share_of_bottom = _neighbours(change.yx * x + change.yy * y + change.y_shift, height)
    first = height * tf.range(batch)[:, tf.newaxis, tf.newaxis]
    corners = tf.gather(_squares(images), (first + top) * width + left)
    upper_left, upper_right, lower_left, lower_right = tf.split(corners, 4, axis=-1)
    upper = upper_left + share_of_right * (upper_right - upper_left)
    lower = lower_left + share_of_right * (lower_right - lower_left)
    return tf.ensure_shape(upper + share_of_bottom * (lower - upper), images.shape)


def _squares(images):
    """Each pixel with its neighbours to the right, below and diagonally, in a row: one look-up finds all four."""
    # The pixels after the last ones have the share 0, so it does not matter that they are those of the other side.
    pairs = tf.concat([images, tf.roll(images, -1, axis=2)], axis=-1)
    squares = tf.concat([pairs, tf.roll(pairs, -1, axis=1)], axis=-1)
    return tf.reshape(squares, (-1, squares.shape[-1]))


def _neighbours(places, side):
    """For places along an axis: the index of the pixel before each, and the share of the next one, a column.

    Places outside are reflected at the pixels of the border, as often as needed.
    """
    last = tf.cast(side - 1, tf.float32)
    period = tf.maximum(2.0 * last, 1.0)
    places = (places + 0.5 * last) % period
    places = tf.minimum(tf.minimum(places, period - places), last)
    index = tf.floor(places)
    return tf.cast(index, tf.int32), (places - index)[..., tf.newaxis]


def _from_the_middle(side):
    return tf.cast(tf.range(side), tf.float32) - 0.5 * tf.cast(side - 1, tf.float32)
