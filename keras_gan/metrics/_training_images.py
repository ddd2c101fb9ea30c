"""The images that an extractor is trained on, with or without labels."""

import itertools
import typing

import numpy as np
import tensorflow as tf

from keras_gan._pixels import as_pixels, warn_of_zero_to_one

_MOST_CLASSES = 100_000


class TrainingImages(typing.NamedTuple):
    """Images, and their classes if they have some.

    Attributes:
        pixels: uint8 array (num_images, height, width, channels), or of clips (num_clips, frames, height, width,
            channels).
        labels: int32 array (num_images,), numbers from 0 up; or None.
        copies: int, how many images in a row show the same: they are held out together.
    """

    pixels: np.ndarray
    labels: np.ndarray | None
    copies: int = 1

    @property
    def num_classes(self):
        """The highest label plus one."""
        return int(self.labels.max()) + 1


def read_images(dataset, max_images):
    """Read all images of a data set into memory, or a random part of them.

    The first ones would be no sample of a data set that is sorted by class.

    Args:
        dataset: what `keras_gan.data.load` returns; another finite iterable of batches, of images in [-1, 1] or of
            (images, integer labels); or an array of images. Clips in place of images have an axis for their frames.
        max_images: int, how many images to keep at most.

    Raises:
        ValueError: if the labels are not integers or all the same, only some batches have labels, there are too few
            images, or the data are endless.
    """
    reservoir = Reservoir(max_images)
    for images, labels in map(_parts_of, _one_pass(dataset)):
        pixels = as_pixels(images).numpy()
        reservoir.add(pixels, None if labels is None else _checked_labels(labels, len(pixels)))
    if reservoir.seen < 10 or max_images < 10:
        raise ValueError(
            "An extractor needs at least 10 images to learn from. "
            f"Received: dataset of {reservoir.seen} images, max_images={max_images}"
        )
    data = TrainingImages(*reservoir.arrays())
    low, high = (level / 127.5 - 1.0 for level in (data.pixels.min(), data.pixels.max()))
    warn_of_zero_to_one("images", low, high, stacklevel=3)
    if data.labels is not None:
        _require_classes(data.labels)
    return data


class Reservoir:
    """A uniform random part of limited size, of images and labels that come batch by batch.

    Vitter 1985 (ACM Transactions on Mathematical Software 11), algorithm R: the n-th image takes a random one of n
    places, and is dropped if this place is not among the first `size`. So as long as all fit, they keep their order.

    Args:
        size: int, how many images are kept.

    Attributes:
        seen: int, how many images came.
    """

    def __init__(self, size):
        self.size, self.seen = size, 0
        self._pixels, self._labels, self._has_labels = [], [], None
        self._rng = np.random.default_rng(0)

    def add(self, pixels, labels):
        """Add a batch: uint8 (batch, height, width, channels), and int32 (batch,) or None."""
        if self._has_labels not in (None, labels is not None):
            raise ValueError(
                "Either all batches of a data set have labels, or none: leave the labels out, or give each batch some. "
                f"Received: a batch {'without' if labels is None else 'with'} labels after others"
            )
        self._has_labels = labels is not None
        labels = np.zeros(len(pixels), np.int32) if labels is None else labels
        places = np.arange(self.seen, self.seen + len(labels))
        late = places >= self.size
        places[late] = self._rng.integers(0, places[late] + 1)
        for place, image, label in zip(places, pixels, labels, strict=True):
            if place == len(self._labels) < self.size:
                self._pixels.append(image)
                self._labels.append(label)
            elif place < self.size:
                # A copy: a view would keep its whole batch in memory.
                self._pixels[place], self._labels[place] = image.copy(), label
        self.seen += len(labels)

    def arrays(self):
        """Return the images that are kept, uint8, and their labels, int32 or None."""
        return np.stack(self._pixels), np.array(self._labels, np.int32) if self._has_labels else None


def _one_pass(dataset):
    if hasattr(dataset, "one_pass"):
        return dataset.one_pass()
    if _is_batch(dataset):
        return [dataset]
    if isinstance(dataset, tf.data.Dataset) and dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        if not hasattr(dataset, "steps_per_epoch"):
            raise ValueError(
                "The data set is endless: make it finite, as with `dataset.take(100)`. "
                "Received: dataset of infinite cardinality"
            )
        return itertools.islice(dataset, dataset.steps_per_epoch)
    if isinstance(dataset, str | dict) or not hasattr(dataset, "__iter__"):
        raise ValueError(
            "`dataset` must be what `keras_gan.data.load` returns, an array of images, or a list of batches: of "
            f"images, or of (images, labels). Received: dataset={dataset!r:.80}"
        )
    return dataset


def _is_batch(value):
    """Whether this is an array of images or of clips."""
    return len(getattr(value, "shape", ())) in (4, 5)


def _parts_of(batch):
    """Return the images of a batch, and its labels or None."""
    if isinstance(batch, tuple | list) and len(batch) == 2:
        return batch
    if isinstance(batch, dict) and set(batch) - {"labels"} in ({"images"}, {"clips"}):
        samples = batch["images" if "images" in batch else "clips"]
        return samples, batch.get("labels")
    if _is_batch(batch):
        return batch, None
    parts = f"{type(batch).__name__} of {len(batch)}" if isinstance(batch, tuple | list) else type(batch).__name__
    raise ValueError(
        "An extractor trains on batches of images (batch, height, width, channels), of clips (batch, frames, height, "
        'width, channels), or of (images, labels), a tuple of two, or a dict with one of "images" and "clips". '
        f"Received: dataset of batches of type {parts}"
    )


def _checked_labels(labels, num_images):
    labels = np.asarray(labels)
    if labels.shape != (num_images,) or labels.dtype.kind not in "iu":
        raise ValueError(
            "Labels must be integers of shape (batch,), the number of each image's class. Convert one-hot rows with "
            "`labels.argmax(axis=1)`. "
            f"Received: labels of dtype {labels.dtype} and shape {labels.shape} for {num_images} images"
        )
    if num_images and labels.max() >= _MOST_CLASSES:
        raise ValueError(
            f"Number the classes from 0 up, with labels below {_MOST_CLASSES:,}, because the classifier has an output "
            f"for each number. Received: the label {labels.max()}"
        )
    return labels.astype(np.int32)


def _require_classes(labels):
    classes = np.unique(labels)
    if len(classes) < 2 or classes[0] < 0:
        raise ValueError(
            "With labels, an extractor learns to distinguish classes: it needs at least two, with labels from 0 up. "
            f"Load images of one kind without labels. Received: the labels {classes.tolist()}"
        )
