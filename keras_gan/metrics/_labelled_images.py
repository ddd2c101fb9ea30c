"""A data set with labels, read once into memory."""

import itertools
import typing

import numpy as np
import tensorflow as tf

from keras_gan._pixels import as_pixels


class LabelledImages(typing.NamedTuple):
    """Images and their classes.

    Attributes:
        pixels: uint8 array (num_images, height, width, channels).
        labels: int32 array (num_images,), from 0 up.
    """

    pixels: np.ndarray
    labels: np.ndarray

    @property
    def num_classes(self):
        """One more than the highest label."""
        return int(self.labels.max()) + 1


def read_labelled(dataset, max_images):
    """Read the images of a data set once, or the first of them.

    Args:
        dataset: what `keras_gan.data.load(..., labels=True)` returns; or another iterable, that ends, of batches
            (images in [-1, 1], integer labels).
        max_images: int, where to stop.

    Raises:
        ValueError: if there are no labels, no integers among them, fewer than two classes, or too few images to hold
            some out; or the data are endless.
    """
    pixels, labels = [], []
    for batch in _batches(dataset):
        pixels.append(as_pixels(_images_of(batch)).numpy())
        labels.append(_labels_of(batch))
        max_images -= len(labels[-1])
        if max_images <= 0:
            break
    if sum(map(len, labels)) < 10:
        raise ValueError(
            "An extractor needs at least 10 images, since every tenth is held out. "
            f"Received: dataset of {sum(map(len, labels))} images"
        )
    stop = max_images if max_images < 0 else None
    data = LabelledImages(np.concatenate(pixels)[:stop], np.concatenate(labels)[:stop])
    classes = np.unique(data.labels)
    if len(classes) < 2 or classes[0] < 0:
        raise ValueError(
            "An extractor learns to tell classes apart: it takes at least two, with labels from 0 up. For images of "
            "one kind, take a network that was trained on others, with `ModelExtractor`. "
            f"Received: the labels {classes.tolist()}"
        )
    return data


def _batches(dataset):
    if hasattr(dataset, "one_pass"):
        return dataset.one_pass()
    if isinstance(dataset, tf.data.Dataset) and dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        if not hasattr(dataset, "steps_per_epoch"):
            raise ValueError(
                "The data set is endless: end it, as with `dataset.take(100)`. "
                "Received: dataset of infinite cardinality"
            )
        return itertools.islice(dataset, dataset.steps_per_epoch)
    return dataset


def _images_of(batch):
    if isinstance(batch, tuple | list) and len(batch) == 2:
        return batch[0]
    raise ValueError(
        "An extractor is trained on batches (images, labels): load the data with `labels=True`. "
        f"Received: dataset of batches of type {type(batch).__name__}"
    )


def _labels_of(batch):
    labels = np.asarray(batch[1])
    if labels.ndim == 1 and labels.dtype.kind in "iu":
        return labels.astype(np.int32)
    raise ValueError(
        "Labels are integers of shape (batch,), the number of each image's class. "
        f"Received: labels of dtype {labels.dtype} and shape {labels.shape}"
    )
