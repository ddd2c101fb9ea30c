"""From a source to the images of one split, in memory or in a file, and from their stream to a data set."""

import pathlib
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int, require_seed
from keras_gan._files import local_path
from keras_gan._pixels import warn_of_zero_to_one
from keras_gan.data import _cache, _held_out
from keras_gan.data._checks import checked_images, checked_labels
from keras_gan.data._images import Fit, sides_of
from keras_gan.data._mapped import MappedImages
from keras_gan.data.arrays import Arrays
from keras_gan.data.preprocessing import Preprocessing
from keras_gan.data.source import ImageData, ImageStream, Source, outside

# Bytes of images.
_AT_ONCE = 2**24


class Part(NamedTuple):
    """The images of one split.

    Attributes:
        data: the images.
        split: the name of the split.
        about: what tells it from other splits of the same images, a dict for JSON; empty if the source has the split.
        num_held_out: how many images it leaves for "test".
    """

    data: ImageData
    split: str
    about: dict
    num_held_out: int


class Whole(NamedTuple):
    """The images that a split is a part of, or is if the source has it.

    Attributes:
        data: the images.
        split: the name of the split.
        is_made: whether the split is made of them.
    """

    data: ImageData
    split: str
    is_made: bool

    def part(self, name: str = "images") -> Part:
        """Return the images of the split, and warn if their range seems wrong; `name` is what the warning calls them.

        Raises:
            ValueError: if there are too few images for "test".
        """
        data, about, num_held_out = self.data, {}, 0
        if self.is_made:
            data, about, num_held_out = _held_out.part(data, self.split)
        _warn_of_range(name, data.images)
        return Part(data, self.split, about, num_held_out)


def read_whole(source: Source, split: str | None, fit: Fit, cache_dir: pathlib.Path | None) -> Whole:
    """Read the images of a split, or those that it is made of.

    Args:
        source: where they come from.
        split: its name, or None for all of a source without test images, and "train" of another.
        fit: what to do with each image.
        cache_dir: folder for the prepared images; None keeps them in memory.
    """
    if cache_dir is None:
        return whole_of(source, split, lambda own_split: _in_memory(source, own_split, fit))
    return whole_of(source, split, lambda own_split: _cached(source, own_split, fit, cache_dir))


def whole_of(source: Source, split: str | None, read: Callable[[str], ImageData]) -> Whole:
    """Read as `read_whole` does, by a function of the source's own split."""
    is_made = _held_out.is_made(source, split)
    split = split or ("all" if is_made else "train")
    return Whole(read("train" if is_made else split), split, is_made)


def num_classes_of(data: ImageData) -> int:
    """Return how many different labels the samples have, or how many attributes; 0 without labels."""
    if data.labels is None:
        return 0
    return data.labels.shape[1] if data.labels.ndim == 2 else len(np.unique(data.labels))


def fits_of(image_size, preprocessing: Preprocessing) -> tuple[Fit, tuple[int, int] | None]:
    """Return what to do with each image when it is read, and the size of the random part for a batch, or None.

    Raises:
        ValueError: if a size is none, or the part is larger than the image.
    """
    size, load_size = sides_of("image_size", image_size), sides_of("load_size", preprocessing.load_size)
    if load_size is not None and (size is None or load_size[0] < size[0] or load_size[1] < size[1]):
        raise ValueError(
            "With a `load_size`, the images are read at that size, and a batch has parts of `image_size` of them: give "
            f"an `image_size` of at most `load_size`. Received: image_size={image_size!r}, "
            f"load_size={preprocessing.load_size!r}"
        )
    fit = Fit(
        size=load_size or size, channels=preprocessing.channels, crop=preprocessing.crop, depth=preprocessing.depth
    )
    return fit, None if load_size is None else size


def require_place(batch_size, seed, start_step, split) -> None:
    """Raise a ValueError for arguments of `load` that are no numbers or no name."""
    require_int("batch_size", batch_size)
    require_int("start_step", start_step, low=0)
    require_seed(seed)
    if split is not None and (not isinstance(split, str) or not split):
        raise ValueError(f'`split` must be a string, such as "train", or None. Received: split={split!r}')


def require_preprocessing(preprocessing) -> Preprocessing:
    """Return the options that a user gave, or the usual ones for None, or raise."""
    if preprocessing is None:
        return Preprocessing()
    if isinstance(preprocessing, Preprocessing):
        return preprocessing
    raise ValueError(
        "`preprocessing` must be a keras_gan.data.Preprocessing, such as Preprocessing(flip=True). "
        f"Received: preprocessing={preprocessing!r}"
    )


def as_cache_dir(cache_dir) -> pathlib.Path | None:
    """Return the folder that a user gave, or None, or raise."""
    return None if cache_dir is None else local_path("cache_dir", cache_dir)


def require_batch(part: Part, batch_size: int, preprocessing: Preprocessing, name: str = "images") -> None:
    """Raise a ValueError if the images are fewer than a batch, or have no levels to dequantise."""
    images = part.data.images
    if len(images) < batch_size:
        raise ValueError(
            f'The split "{part.split}" has {len(images)} {name}, fewer than one batch. Pass `batch_size='
            f"{len(images)}` or less; to measure samples, any size will do. Received: batch_size={batch_size}"
        )
    if preprocessing.dequantize and images.dtype != np.uint8:
        raise ValueError(
            "Only uint8 images can be dequantised: floats have no grey levels. Received: dequantize=True "
            f"with {images.dtype} images"
        )


def as_dataset(stream, start_step: int, **attributes) -> tf.data.Dataset:
    """Return the batches of a stream from a step on, with what `fit` and the callbacks ask of them.

    Args:
        stream: `Stream`, or what has its `dataset`, `one_pass`, `batch_size` and length.
        start_step: the step of the first batch.
        **attributes: of the data set.
    """
    dataset = stream.dataset(start_step)
    dataset.from_step = lambda step: stream.dataset(start_step + step)
    dataset.one_pass = stream.one_pass
    dataset.steps_per_epoch = len(stream) // stream.batch_size
    for name, value in attributes.items():
        setattr(dataset, name, value)
    return dataset


def _cached(source: Source, split: str, fit: Fit, cache_dir: pathlib.Path) -> ImageData:
    """What `_in_memory` returns of a source, with the images in a file of the cache."""
    stream = source.stream(split, fit)
    if stream is None:
        data = _in_memory(source, split, fit)
        stream = Arrays(data.images, data.labels).stream("train", lambda image: image)
        stream = stream._replace(class_names=data.class_names)
    elif not isinstance(stream, ImageStream):
        raise ValueError(
            "The method `stream` of a source must return a keras_gan.data.ImageStream, or None. "
            f"Received: {type(stream).__name__}"
        )
    kind = type(source).__name__
    key = {"kind": kind, "split": split, **fit.key}
    data, left_out = _cache.opened_or_built(stream, cache_dir, kind.lower(), key)
    for note in stream.notes(left_out):
        warnings.warn(note, stacklevel=outside())
    return _with_known_classes(data)


def _in_memory(source: Source, split: str, fit: Fit) -> ImageData:
    """What a source returns, with its dtypes and shapes; a source of a user's own may return anything."""
    data = source.read(split, fit)
    if not isinstance(data, ImageData):
        raise ValueError(
            "The method `read` of a source must return keras_gan.data.ImageData(images, labels, class_names). "
            f"Received: {type(data).__name__}"
        )
    images = checked_images(np.asarray(data.images))
    if data.labels is None:
        return data._replace(images=images)
    labels = checked_labels(np.asarray(data.labels), len(images))
    return _with_known_classes(data._replace(images=images, labels=labels))


def _with_known_classes(data: ImageData) -> ImageData:
    labels, names = data.labels, data.class_names
    if labels is None or names is None:
        return data
    if labels.ndim == 2 and labels.shape[1] != len(names):
        raise ValueError(
            "Each attribute needs a name in `class_names`. "
            f"Received: labels of shape {labels.shape}, class_names={names}"
        )
    if labels.ndim == 1 and labels.max() >= len(names):
        raise ValueError(
            f"Each label is the place of its name in `class_names`, from 0 to {len(names) - 1}. "
            f"Received: labels up to {labels.max()}, class_names={names}"
        )
    return data


def _warn_of_range(name: str, images: np.ndarray | MappedImages) -> None:
    """Warn of images of the right dtype that most likely have the wrong range."""
    is_bytes = images.dtype == np.uint8
    # Of good images, the first few are enough to see it.
    low, high = _extremes(images, enough=lambda low, high: high > 1 if is_bytes else low < 0)
    if not is_bytes:
        warn_of_zero_to_one(name, low, high, stacklevel=outside())
    elif (low, high) == (0, 1):
        warnings.warn(
            f"The {name} are uint8, but hold only 0 and 1, which are both black. If 1 is white, give `{name} * 255`.",
            stacklevel=outside(),
        )


def _extremes(images: np.ndarray | MappedImages, enough: Callable) -> tuple:
    """The lowest and the highest number, of all images or of the first ones that are enough."""
    low, high = np.inf, -np.inf
    count = max(1, _AT_ONCE // images[:1].nbytes)
    for start in range(0, len(images), count):
        some = images[start : start + count]
        low, high = min(low, some.min()), max(high, some.max())
        if enough(low, high):
            break
    return low, high
