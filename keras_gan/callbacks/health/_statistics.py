"""What a set of images looks like as a whole, and the real images that samples are compared with."""

import typing

import numpy as np
import tensorflow as tf

# Pixels that differ by less than 1/100 of the half range from black or white: a tanh there has no slope left.
_SATURATED = 0.99
# Distances are taken between thumbnails of about this side: noise in single pixels is no diversity.
_THUMBNAIL = 8
# A user's own scaling may leave [-1, 1] by a rounding error; a wrong range such as [0, 255] leaves it by far.
_LIMIT = 1.001
# Images that are all of one brightness must not make a cast of what nobody can see.
_LEAST_SPREAD = 0.05


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


class RealImages:
    """Some real images, and what is known of them once and for all.

    Args:
        images: array `(num_images, ...)`, or tf.data.Dataset of batches, labels and all.
        num_images: how many to keep: the first of a data set, evenly spaced ones of an array, which may be sorted.

    Attributes:
        array: float32 `(num_images, ...)`, in [-1, 1].
        statistics: `SampleStatistics` of all of them.

    Raises:
        ValueError: if the images are fewer than two, of a wrong type or range, or not finite.
    """

    def __init__(self, images, num_images):
        self.array = _collected(images, num_images)
        self.statistics = sample_statistics(tf.constant(self.array))
        self._precision = _precision_of_means(self.array)

    def colour_cast(self, means):
        """Say how unusual the mean colour of some samples is.

        It is the Mahalanobis distance of that mean from the real images' mean, by how the real images' own means vary,
        over the distance within which 95 % of normally distributed ones lie: a tint weighs more than a brightness if
        real images differ in brightness more than in tint.

        Args:
            means: float32 `(channels,)`, mean of each channel over the samples.

        Returns:
            float32 scalar; above 1, the average sample is more tinted than 95 % of the real images.
        """
        shift = means - self.statistics.means
        square = tf.reduce_sum(shift * tf.linalg.matvec(self._precision, shift))
        return tf.sqrt(square / _chi_square_95(len(self._precision)))

    def batch(self, number, size):
        """Return batch `number` of `size` images, float32; after the last image comes the first again."""
        return self.array[np.arange(number * size, (number + 1) * size) % len(self.array)]


def _precision_of_means(images):
    """Inverse of the covariance of the images' own channel means, float32 `(channels, channels)`."""
    means = images.mean(axis=tuple(range(1, images.ndim - 1)), dtype=np.float64)
    covariance = np.atleast_2d(np.cov(means, rowvar=False))
    return np.linalg.inv(covariance + _LEAST_SPREAD**2 * np.eye(len(covariance))).astype(np.float32)


def _chi_square_95(degrees):
    """The 95th percentile of the chi-squared distribution, by Wilson and Hilferty (1931), to 3 %."""
    width = 2.0 / (9.0 * degrees)
    return degrees * (1.0 - width + 1.6449 * width**0.5) ** 3


def _collected(images, num_images):
    if isinstance(images, tf.data.Dataset):
        array = _first(images, num_images)
    elif hasattr(images, "__array__"):
        array = np.asarray(images)
        array = array[np.linspace(0, len(array) - 1, min(num_images, len(array))).astype(int)] if array.ndim else array
    else:
        raise ValueError(
            "`images` must be real images to compare samples with: an array, or a tf.data.Dataset of batches. "
            f"Received: images of type {type(images).__name__}"
        )
    is_float = np.issubdtype(array.dtype, np.floating)
    if array.ndim < 2 or len(array) < 2 or not is_float or not np.all(np.abs(array) <= _LIMIT):
        extent = f" in [{array.min()}, {array.max()}]" if array.size else ""
        raise ValueError(
            "`images` must hold at least two real images as finite floats in [-1, 1], as the model is trained on. "
            f"Received: images of shape {array.shape} and type {array.dtype}{extent}"
        )
    return array.astype(np.float32)


def _first(dataset, num_images):
    """The first images of a data set of batches, without labels."""
    batches, count = [], 0
    for element in dataset:
        batch = np.asarray(element[0] if isinstance(element, tuple | list) else element)
        batches.append(batch)
        count += len(batch) if batch.ndim else 1
        if count >= num_images:
            break
    return np.concatenate(batches)[:num_images] if batches and batches[0].ndim else np.zeros(())
