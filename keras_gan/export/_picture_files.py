"""Files of pictures in the graph of an export: PNG and JPEG to numbers and back, with their alpha."""

import numpy as np
import tensorflow as tf

from keras_gan._pixels import luma, tensor_to_bytes
from keras_gan.export import _signatures

# What requests call files.
FILES = "image_bytes"

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
# Bytes from the beginning of a PNG file to the end of its width and height.
_PNG_HEADER = 24
# How many pixels far colours are continued into transparent parts, as `keras_gan.SRGAN.upscale_picture` does.
_REACH = 8


def checked_files(files, max_count):
    files = tf.ensure_shape(files, (None,), name=f"{FILES}_of_the_right_shape")
    count = tf.shape(files)[0]
    return _signatures.required(
        count <= max_count,
        files,
        f"One request may hold up to {max_count} files. Send the rest in further requests. Received: count =",
        shown=count,
    )


def to_floats(images):
    """Whole numbers, from 0 to the highest of their type, as float32 in [-1, 1]."""
    # A table: TensorFlow divides by multiplying with the reciprocal, and the last bit decides the noise of a network.
    levels = np.arange(images.dtype.max + 1, dtype=np.float32) / np.float32(images.dtype.max / 2) - np.float32(1)
    return tf.gather(levels, tf.cast(images, tf.int32))


def to_levels(images, image_type):
    """Floats in [-1, 1] as the nearest of 256 or of 65,536 levels."""
    if image_type == "uint8":
        return tensor_to_bytes(images)
    return tf.cast(tf.floor(tf.clip_by_value(images * 32767.5 + 32768.0, 0.0, 65535.0)), tf.uint16)


def stated_sides(file):
    """Height and width, int32 (2,), as a file states them at its beginning; or an error for other files."""
    start = tf.strings.substr(tf.strings.join([file, tf.constant(bytes(_PNG_HEADER))]), 0, _PNG_HEADER)
    is_png, is_jpeg = (tf.equal(tf.strings.substr(start, 0, len(sign)), sign) for sign in (_PNG, _JPEG))
    file = _signatures.required(
        is_png | is_jpeg,
        file,
        "These bytes are no PNG or JPEG file. Send the content of such a file; in REST, in base64 as "
        '{"b64": "..."}. Received: the number of bytes =',
        shown=tf.strings.length(file),
    )
    return tf.cond(
        is_png,
        # Width and height end the header.
        lambda: tf.io.decode_raw(tf.strings.substr(start, _PNG_HEADER - 8, 8), tf.int32, little_endian=False)[::-1],
        lambda: tf.image.extract_jpeg_shape(file)[:2],
    )


def decoded(file, channels):
    """A PNG or JPEG file as a float32 picture `(height, width, channels)` in [-1, 1].

    Colours become grey and grey becomes colours where the network takes these. As in `keras_gan.data`, transparent
    parts become white where it takes no alpha, and what nobody sees is white where it does.
    """
    return in_channels(pixels_of(file), channels)


def pixels_of(file):
    """A PNG or JPEG file as float32 pixels `(height, width, channels)` in [-1, 1], with the channels that it has."""
    # TensorFlow widens 8 bits to 16 as x * 257, so that white stays white.
    return tf.cond(
        tf.equal(tf.strings.substr(file, 0, 1), _PNG[:1]),
        lambda: to_floats(tf.io.decode_png(file, dtype=tf.uint16)),
        lambda: to_floats(tf.io.decode_jpeg(file, dct_method="INTEGER_ACCURATE")),
    )


def with_its_alpha(pixels, channels, make, image_type):
    """The PNG file of what a network makes of the colours of a picture, with its alpha, and grey if it is grey.

    This is `upscale_picture` in a graph: the colours of what nobody sees are continued from those next to it, and the
    alpha is enlarged by the bicubic filter.

    Args:
        pixels: as `pixels_of` returns them.
        channels: int, 1 or 3, what the network takes and makes.
        make: function of float32 `(height, width, channels)` in [-1, 1] that returns such an image, perhaps larger.
        image_type: "uint8" or "uint16".
    """
    given = tf.shape(pixels)[-1]
    has_alpha, is_grey = tf.equal(given % 2, 0), given < 3
    alpha = tf.cond(has_alpha, lambda: pixels[..., -1:], lambda: tf.ones_like(pixels[..., :1]))
    alpha = tf.ensure_shape(alpha, (None, None, 1))
    made = make(_continued(in_channels(tf.cond(has_alpha, lambda: pixels[..., :-1], lambda: pixels), channels), alpha))
    made = tf.cond(is_grey, lambda: luma(made), lambda: made)

    def together():
        large = tf.image.resize(alpha, tf.shape(made)[:2], method="bicubic")
        return tf.concat([made, large], axis=-1)

    return tf.io.encode_png(to_levels(tf.cond(has_alpha, together, lambda: made), image_type))


def _continued(colours, alpha):
    """Colours, where nobody sees them replaced by the mean of their seen neighbours, step by step."""
    known, colours = tf.cast(alpha > -1.0, tf.float32)[tf.newaxis], colours[tf.newaxis]
    channels = colours.shape[-1]

    def neighbours(values):
        ones = tf.eye(values.shape[-1], batch_shape=[3, 3])
        return tf.nn.conv2d(values, ones, 1, "SAME")

    for _ in range(_REACH):
        count = neighbours(known)
        total = neighbours(colours * known)
        fresh = tf.logical_and(known == 0.0, count > 0.0)
        colours = tf.where(fresh, total / tf.maximum(count, 1.0), colours)
        known = tf.maximum(known, tf.cast(fresh, tf.float32))
    return tf.ensure_shape(colours[0], (None, None, channels))


def in_channels(picture, channels):
    """A picture of one to four channels, which are known when the graph runs, with other channels."""
    given = tf.shape(picture)[-1]
    has_alpha = tf.equal(given % 2, 0)
    alpha = tf.cond(has_alpha, lambda: picture[..., -1:], lambda: tf.ones_like(picture[..., :1]))
    colour = tf.cond(has_alpha, lambda: picture[..., :-1], lambda: picture)
    if channels < 3:
        colour = tf.cond(given < 3, lambda: colour[..., :1], lambda: luma(colour))
    else:
        colour = tf.cond(given < 3, lambda: tf.repeat(colour[..., :1], 3, axis=-1), lambda: colour)
    if channels in (2, 4):
        picture = tf.concat([tf.where(alpha > -1.0, colour, 1.0), alpha], axis=-1)
    else:
        opacity = 0.5 * (alpha + 1.0)
        picture = tf.cond(has_alpha, lambda: colour * opacity + (1.0 - opacity), lambda: colour)
    return tf.ensure_shape(picture, (None, None, channels))
