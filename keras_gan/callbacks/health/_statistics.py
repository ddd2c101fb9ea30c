"""Statistics of sets of images, and the real images that samples are compared with."""

import typing
import warnings

import numpy as np
import tensorflow as tf

from keras_gan._pixels import LIMIT
from keras_gan._sample_shapes import different_shapes, elements

# Beyond this, a pixel is nearly black or white, and a tanh has almost no slope left.
_SATURATED = 0.99
# Distances are measured between thumbnails of about this side, because noise in single pixels is not diversity.
_THUMBNAIL = 8
# If all real images have the same brightness, an invisible difference must not count as a colour cast.
_LEAST_SPREAD = 0.05
# Images of a data set that are read to choose some of them.
_MOST_READ = 4096
_NO_LABEL = -1
_IMAGES, _LABELS, _KEYS = "images", "labels", "keys"


class SampleStatistics(typing.NamedTuple):
    """Statistics of a set of images, or of vectors.

    Attributes:
        diversity: float32 scalar, mean Euclidean distance between the thumbnails of two different images.
        means: float32 `(channels,)`, mean of each channel; for vectors, of each entry.
        saturation: float32 scalar, share of entries with an absolute value above 0.99.
    """

    diversity: tf.Tensor
    means: tf.Tensor
    saturation: tf.Tensor


def sample_statistics(images):
    """Return the `SampleStatistics` of at least two float32 images `(num_images, ..., channels)`."""
    return SampleStatistics(
        diversity=_mean_distance(_thumbnails(images)),
        means=tf.reduce_mean(images, axis=list(range(len(images.shape) - 1))),
        saturation=tf.reduce_mean(tf.cast(tf.abs(images) > _SATURATED, tf.float32)),
    )


def _thumbnails(images):
    """Return images averaged over squares and flattened to rows. Vectors stay as they are."""
    if len(images.shape) == 4:
        squares = [max(1, side // _THUMBNAIL) for side in images.shape[1:3]]
        images = tf.nn.avg_pool2d(images, squares, squares, "VALID")
    return tf.reshape(images, (images.shape[0], -1))


def _mean_distance(rows):
    """Return the mean distance between two different rows."""
    count = rows.shape[0]
    # Centre the rows. Otherwise the rounding of the large squares hides the small distances of a collapsed set.
    rows -= tf.reduce_mean(rows, axis=0)
    squares = tf.reduce_sum(tf.square(rows), axis=1)
    squared_distances = squares[:, None] + squares[None, :] - 2.0 * tf.matmul(rows, rows, transpose_b=True)
    distances = tf.sqrt(tf.maximum(squared_distances, 0.0))
    # The distance of a row to itself is zero except for rounding, which the root would enlarge.
    distances = tf.linalg.set_diag(distances, tf.zeros(count))
    return tf.reduce_sum(distances) / (count * (count - 1))


class Reference:
    """Real images that samples are compared with, as their statistics.

    Args:
        images: float32 array `(num_images, ..., channels)`.

    Attributes:
        statistics: `SampleStatistics` of all of them.
    """

    def __init__(self, images):
        self.statistics = sample_statistics(tf.constant(images))
        self._precision = _precision_of_means(images)

    def colour_cast(self, means):
        """Return how unusual the mean colour of some samples is.

        This is the Mahalanobis distance of their mean from the mean of the real images, with the covariance of the real
        images' own means, divided by the distance within which 95 % of normally distributed means lie. So a tint
        counts more than a brightness if real images differ more in brightness than in tint.

        Args:
            means: float32 `(channels,)`, mean of each channel over the samples.

        Returns:
            float32 scalar. Above 1, the average sample is more tinted than 95 % of the real images.
        """
        shift = means - self.statistics.means
        square = tf.reduce_sum(shift * tf.linalg.matvec(self._precision, shift))
        return tf.sqrt(square / _chi_square_95(len(self._precision)))


class RealImages:
    """Some real images, perhaps of several kinds or with their labels.

    Args:
        images: array `(num_images, ...)`; a tuple of it and of labels; a dict of arrays by the names of the data's
            fields, such as "source" and "target"; or tf.data.Dataset of batches of any of these.
        num_images: how many to keep of each kind: evenly spaced ones of an array, or a random part of the first 4,096
            of a data set, because either may be sorted.

    Attributes:
        fields: dict of name to float32 array `(num_images, ...)` in [-1, 1], and to the int32 "labels" where there are
            any. Images without a name are called "images".

    Raises:
        ValueError: if there are fewer than two images, or they differ in size, have a wrong type or range, or are not
            finite.

    Warns:
        UserWarning: if those of a data set are sorted by class as far as they are read.
    """

    def __init__(self, images, num_images):
        self.fields = _collected(images, num_images)
        self._references = {}

    @property
    def labels(self):
        """int32 array with a row for each image, or None where there are none."""
        return self.fields.get(_LABELS)

    def of(self, field, rank=None):
        """The `Reference` of the images of a field.

        Args:
            field: name of the field.
            rank: int, the axes of the samples that are compared: of clips that have one more, a frame of each is taken,
                each at another moment. None for that of the images.
        """
        images = self.fields[field]
        if rank is not None and images.ndim == rank + 1:
            places = np.arange(len(images))
            images = images[places, places % images.shape[1]]
        kind = field, images.ndim
        if kind not in self._references:
            self._references[kind] = Reference(images)
        return self._references[kind]

    def batch(self, number, size):
        """Return batch `number` of `size` images. After the last image comes the first one again.

        Returns:
            dict of array by name: float32 images, and int32 `labels` where there are any.
        """
        rows = np.arange(number * size, (number + 1) * size)
        return {name: array[rows % len(array)] for name, array in self.fields.items()}


def _precision_of_means(images):
    """Return the inverse covariance of the images' own channel means, float32 `(channels, channels)`."""
    means = images.mean(axis=tuple(range(1, images.ndim - 1)), dtype=np.float64)
    covariance = np.atleast_2d(np.cov(means, rowvar=False))
    return np.linalg.inv(covariance + _LEAST_SPREAD**2 * np.eye(len(covariance))).astype(np.float32)


def _chi_square_95(degrees):
    """Return the 95th percentile of the chi-squared distribution by Wilson and Hilferty (1931), correct to 3 %."""
    width = 2.0 / (9.0 * degrees)
    return degrees * (1.0 - width + 1.6449 * width**0.5) ** 3


def _collected(images, num_images):
    """Return some images of each field, checked, and their labels where there are any: a dict of arrays by name."""
    if isinstance(images, tf.data.Dataset):
        fields = _random_part(images, num_images)
    elif hasattr(images, "__array__") or isinstance(images, tuple | list | dict):
        fields = _evenly_spaced(_parts(images), num_images)
    else:
        raise ValueError(
            "`images` must be real images: an array, or a tf.data.Dataset of batches. "
            f"Received: images of type {type(images).__name__}"
        )
    kinds = _kinds(fields) or [_IMAGES]
    for name in kinds:
        _require_images(name, fields.get(name, np.zeros(())))
    labels = {} if _LABELS not in fields else {_LABELS: fields[_LABELS].astype(np.int32)}
    return {**{name: fields[name].astype(np.float32) for name in kinds}, **labels}


def _require_images(name, array):
    is_float = np.issubdtype(array.dtype, np.floating)
    if array.ndim < 2 or len(array) < 2 or not is_float or not np.all(np.abs(array) <= LIMIT):
        extent = f" in [{array.min()}, {array.max()}]" if array.size and is_float else ""
        raise ValueError(
            "`images` must hold at least two real images as finite floats in [-1, 1], scaled as for training. "
            f"Received: {name} of shape {array.shape} and type {array.dtype}{extent}"
        )


def _kinds(fields):
    """The names of the fields that hold images: "images", or in a dict without them all that are no labels."""
    return [_IMAGES] if _IMAGES in fields else [name for name in fields if name != _LABELS]


def _parts(element):
    """Return the fields of an array, of a tuple with labels or of a dict: a dict of arrays by name."""
    if not isinstance(element, dict):
        parts = element if isinstance(element, tuple | list) else (element,)
        element = dict(zip((_IMAGES, _LABELS), parts, strict=False))
    return {name: np.asarray(part) for name, part in element.items() if part is not None}


def _evenly_spaced(parts, num_images):
    kinds, labels = _kinds(parts), parts.get(_LABELS)
    if not kinds or not all(parts[name].ndim for name in kinds):
        return {}
    chosen = {}
    for name in kinds:
        images = parts[name]
        rows = np.linspace(0, len(images) - 1, min(num_images, len(images))).astype(int)
        if _match(images, labels):
            # A probe may take few of them, and draws fakes of the same classes: not all of one class.
            rows = np.random.default_rng(0).permutation(rows)
            chosen[_LABELS] = labels[rows]
        chosen[name] = images[rows]
    return chosen


def _random_part(dataset, num_images):
    """Return some images of a data set of batches, and their labels where each has them: a dict of arrays by name.

    They are a random part of the first `_MOST_READ`, because the data set may be sorted. One of `keras_gan.data.load`
    is in a random order already, so its first images do.
    """
    most = num_images if hasattr(dataset, "one_pass") else _MOST_READ
    rng, kept, read = np.random.default_rng(0), None, []
    for element in elements(dataset):
        parts = _parts(element)
        kinds = _kinds(parts)
        if not kinds or not parts[kinds[0]].ndim:
            break
        images, labels = parts[kinds[0]], parts.get(_LABELS)
        read.append(labels if _match(images, labels) else np.full(len(images), _NO_LABEL))
        parts = {_KEYS: rng.random(len(images)), **{name: parts[name] for name in kinds}, _LABELS: read[-1]}
        kept = parts if kept is None else _joined(kept, parts)
        chosen = np.argsort(kept[_KEYS])[:num_images]
        kept = {name: array[chosen] for name, array in kept.items()}
        if sum(map(len, read)) >= most:
            break
    return {} if kept is None else _without_keys(kept, np.concatenate(read))


def _joined(kept, parts):
    for name in kept:
        if kept[name].shape[1:] != parts[name].shape[1:]:
            raise different_shapes(f"batches of {kept[name].shape[1:]} and of {parts[name].shape[1:]}")
    return {name: np.concatenate([kept[name], parts[name]]) for name in kept}


def _without_keys(kept, read):
    """The images that were kept, with their labels if all images that were read have one."""
    del kept[_KEYS]
    if (read == _NO_LABEL).any():
        del kept[_LABELS]
    elif read.ndim == 1 and len(read) >= _MOST_READ and np.all(np.diff(read) >= 0):
        warnings.warn(
            f"The first {len(read):,} images of the data set are sorted by class, and TrainingHealth looks at no more, "
            "so classes may be missing: shuffle the data set first, or give an array.",
            stacklevel=7,
        )
    return kept


def _match(images, labels):
    """Whether there is one whole number for each image, or a row of them, which may be 0.0 and 1.0."""
    if labels is None or labels.shape[:1] != images.shape[:1]:
        return False
    return np.issubdtype(labels.dtype, np.integer) or (labels.ndim == 2 and bool(np.isin(labels, (0, 1)).all()))
