"""What a set of images looks like as a whole."""

import typing

import tensorflow as tf

# Pixels that differ by less than 1/100 of the half range from black or white: a tanh there has no slope left.
_SATURATED = 0.99
# Distances are taken between thumbnails of about this side: noise in single pixels is no diversity.
_THUMBNAIL = 8


class SampleStatistics(typing.NamedTuple):
    """Statistics of a set of images, or of vectors.

    Attributes:
        diversity: float32 scalar, mean Euclidean distance between the thumbnails of two different images.
        means: float32 `(channels,)`, mean of each channel (of each entry, for vectors).
        saturation: float32 scalar, the share of entries beyond 0.99 in size.
    """

    diversity: tf.Tensor
    means: tf.Tensor
    saturation: tf.Tensor


def sample_statistics(images):
    """Return the `SampleStatistics` of float32 images `(num_images, ..., channels)`, at least two."""
    return SampleStatistics(
        diversity=_mean_distance(_thumbnails(images)),
        means=tf.reduce_mean(images, axis=list(range(len(images.shape) - 1))),
        saturation=tf.reduce_mean(tf.cast(tf.abs(images) > _SATURATED, tf.float32)),
    )


def _thumbnails(images):
    """Images averaged over squares, as rows; vectors as they are."""
    if len(images.shape) == 4:
        squares = [max(1, side // _THUMBNAIL) for side in images.shape[1:3]]
        images = tf.nn.avg_pool2d(images, squares, squares, "VALID")
    return tf.reshape(images, (images.shape[0], -1))


def _mean_distance(rows):
    """Mean distance between two different rows."""
    count = rows.shape[0]
    # Centred, for else the small distances of a collapsed set drown in the rounding of the large squares.
    rows -= tf.reduce_mean(rows, axis=0)
    squares = tf.reduce_sum(tf.square(rows), axis=1)
    squared_distances = squares[:, None] + squares[None, :] - 2.0 * tf.matmul(rows, rows, transpose_b=True)
    distances = tf.sqrt(tf.maximum(squared_distances, 0.0))
    # A row's distance to itself is zero up to rounding, and the root makes the rounding large.
    distances = tf.linalg.set_diag(distances, tf.zeros(count))
    return tf.reduce_sum(distances) / (count * (count - 1))
