"""What every source of images has in common."""

import abc
import os
import sys
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

Prepare = Callable[[np.ndarray], np.ndarray]
_PACKAGE = str(Path(__file__).parent) + os.sep


class ImageData(NamedTuple):
    """The images of one split, held in memory.

    Attributes:
        images: uint8 in [0, 255] or float32 in [-1, 1], shape (num_images, height, width, channels).
        labels: int32 from 0 up, shape (num_images,); or float32 0 and 1, shape (num_images, num_attributes), which
            say of each attribute whether an image has it; or None.
        class_names: a name for each label or attribute, or None.
    """

    images: np.ndarray
    labels: np.ndarray | None = None
    class_names: tuple[str, ...] | None = None


class ImageStream(NamedTuple):
    """The images of one split, read one after another, so that they are never all in memory.

    Attributes:
        key: what the images depend on, a dict for JSON, such as the path of a file, its size and the time of its last
            change. Another key makes another cache.
        num_images: how many there are, with those that are left out.
        examples: function of a number n, which returns an iterator over (image, label) from image n on. An image is
            what `prepare` returned, or None if it is left out. A label counts the classes from 0, and is -1 without
            labels.
        class_names: a name for each label or attribute, or None.
        names: what errors call each image, such as its file; None for "image 0" and so on.
        notes: function of the numbers of the images that are left out, which returns the warnings of `load`, and
            raises an error if none is left.
        attributes: array of 0 and 1, shape (num_images, num_attributes). Then the label of an example is the number of
            its row here. None for images without attributes.

    Example:
        >>> import numpy as np
        >>> from keras_gan import data
        >>> class Ramps(data.Source):
        ...     def read(self, split, prepare):
        ...         return self.stream(split, prepare).collected()
        ...
        ...     def stream(self, split, prepare):
        ...         def examples(start):
        ...             for number in range(start, 100):
        ...                 yield prepare(np.full((8, 8, 1), number, np.uint8)), -1
        ...
        ...         return data.ImageStream({"made_by": "Ramps 1"}, 100, examples)
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as cache_dir:
        ...     ramps = data.load(Ramps(), image_size=4, cache_dir=cache_dir)
        >>> ramps.num_images
        100
    """

    key: dict
    num_images: int
    examples: Callable[[int], Iterator[tuple[np.ndarray | None, int]]]
    class_names: tuple[str, ...] | None = None
    names: Sequence[str] | None = None
    notes: Callable[[list[int]], Iterable[str]] = lambda _: ()
    attributes: np.ndarray | None = None

    def name(self, number: int) -> str:
        """Return what an error calls an image."""
        return f"image {number}" if self.names is None else self.names[number]

    def collected(self) -> ImageData:
        """Read all images into memory: what `Source.read` returns."""
        kept, left_out = [], []
        for number, (image, label) in enumerate(self.examples(0)):
            if image is None:
                left_out.append(number)
            else:
                kept.append((number, image, label))
        for note in self.notes(left_out):
            warnings.warn(note, stacklevel=outside())
        images = Source.stack((image for _, image, _ in kept), [self.name(number) for number, _, _ in kept])
        return self.as_data(images, np.array([label for _, _, label in kept]))

    def as_data(self, images: np.ndarray, labels: np.ndarray) -> ImageData:
        """Put images and labels together, without the labels if one of them is -1."""
        if labels.min() < 0:
            return ImageData(images)
        labels = labels.astype(np.int32) if self.attributes is None else self.attributes[labels].astype(np.float32)
        return ImageData(images, labels, self.class_names)


class Source(abc.ABC):
    """A place that images come from.

    A source knows where the images are, and the options that only its own kind needs (a directory, whether it may
    download). What is the same for all sources, such as the size of the images and the order of the batches, is an
    argument of `load`. Subclass it to read a format of your own: `load` accepts any source. If the format has test
    images of its own, name the splits in `splits`; otherwise `load` can hold a tenth of the images out. If they may be
    larger than the memory, return an `ImageStream` from `stream`.

    Example:
        >>> import numpy as np
        >>> from keras_gan import data
        >>> class Stripes(data.Source):
        ...     def read(self, split, prepare):
        ...         image = np.tile(np.uint8([[[0], [255]]]), (8, 4, 1))
        ...         return data.ImageData(data.Source.stack([prepare(image)] * 10))
        >>> data.load(Stripes(), image_size=4, batch_size=2).image_shape
        (4, 4, 1)
    """

    @abc.abstractmethod
    def read(self, split: str, prepare: Prepare) -> ImageData:
        """Read one split into memory.

        Args:
            split: its name, one of `splits`; "train" if there are none.
            prepare: function that converts one image (height, width, channels) to the requested channels, depth and
                size. A source calls it as soon as an image is decoded, so that the full-size images are never all
                in memory. Its attributes `channels` and `depth` are those of `Preprocessing`, for a source that can
                read an alpha or deep levels.

        Returns:
            `ImageData` with at least one image.
        """

    def stream(self, split: str, prepare: Prepare) -> ImageStream | None:  # noqa: ARG002 - for subclasses
        """Return what `load` with a `cache_dir` reads one image at a time. The arguments are those of `read`.

        None, as here, is for a source that only `read` reads. Then every `load` reads all images into memory for a
        while, also to see whether the cache has them.
        """
        return None

    def splits(self) -> Collection[str]:
        """Return the names of the splits that the source itself has.

        Without any but "train", `load` makes the splits "train" and "test" out of the images that `read("train", ...)`
        returns.
        """
        return ()

    @staticmethod
    def stack(images: Iterable[np.ndarray], names: Sequence[str] | None = None) -> np.ndarray:
        """Join images (height, width, channels) into one array; grey ones become RGB if any has colours.

        Args:
            images: at least one image; all of the same height, width and dtype, with one channel or the same
                number.
            names: what the error calls each image, such as its file; None for "image 0" and so on.

        Returns:
            Array of shape (num_images, height, width, channels), of the dtype of the first image.

        Raises:
            ValueError: if there is no image, something else is among them, or they differ in size or dtype.
        """
        images = _listed(images)
        first = images[0].shape[:2]
        for index, image in enumerate(images):
            if image.shape[:2] != first:
                called = [names[place] if names else f"image {place}" for place in (0, index)]
                raise ValueError(
                    f"All images must have the same size, but {called[0]} is {_size(images[0])} and "
                    f"{called[1]} is {_size(image)} (height x width). Pass `image_size` to resize them; pairs with a "
                    "`scale` are not resized, so cut these to parts of one size. Received: images of different sizes"
                )
        channels = max(image.shape[-1] for image in images)
        batch = np.empty((len(images), *first, channels), images[0].dtype)
        for index, image in enumerate(images):
            batch[index] = image
        return batch


def _listed(images: Iterable[np.ndarray]) -> list[np.ndarray]:
    listed = list(images) if isinstance(images, Iterable) else [images]
    if not listed:
        raise ValueError("This split holds no image. Received: images=[]")
    for image in listed:
        if not isinstance(image, np.ndarray) or image.ndim != 3:
            kind = f"shape {image.shape}" if isinstance(image, np.ndarray) else f"type {type(image).__name__}"
            raise ValueError(
                "`images` must be a list of arrays (height, width, channels), such as `prepare` returns. "
                f"Received: an image of {kind}"
            )
    types = sorted({str(image.dtype) for image in listed})
    channels = sorted({image.shape[-1] for image in listed} - {1})
    if len(types) > 1 or len(channels) > 1:
        raise ValueError(
            "`images` must have one dtype, and one channel or all the same number. "
            f"Received: dtypes {', '.join(types)}, channels {channels}"
        )
    return listed


def _size(image: np.ndarray) -> str:
    return f"{image.shape[0]}x{image.shape[1]}"


def check_split(split: str, splits: Iterable[str], where: str) -> None:
    """Raise an error that lists the existing splits, unless `split` is one of them."""
    splits = list(splits)
    if split not in splits:
        # What `load` makes of a source that has only this split.
        names = ["train", "test", "all"] if splits == ["train"] else splits
        listed = ", ".join(repr(name) for name in names)
        raise ValueError(f"{where} has no such split. It has: {listed}. Received: split={split!r}")


def outside() -> int:
    """Return the `stacklevel` with which a warning of the caller shows the line that called this package."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    return level
