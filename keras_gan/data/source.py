"""What every source of images has in common."""

import abc
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

import numpy as np

Prepare = Callable[[np.ndarray], np.ndarray]


class ImageData(NamedTuple):
    """The images of one split, held in memory.

    Attributes:
        images: uint8 in [0, 255] or float32 in [-1, 1], shape (num_images, height, width, channels).
        labels: int32 from 0 up, shape (num_images,), or None.
        class_names: a name for each label, or None.
    """

    images: np.ndarray
    labels: np.ndarray | None = None
    class_names: tuple[str, ...] | None = None


class Source(abc.ABC):
    """A place that images come from.

    A source knows where the images are, and the options that only its own kind needs (a directory, whether it may
    download). What is the same for all sources, such as the size of the images and the order of the batches, is an
    argument of `load`. Subclass it to read a format of your own: `load` accepts any source. If the format has test
    images of its own, name the splits in `splits`; otherwise `load` can hold a tenth of the images out.

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
            prepare: function that converts one image (height, width, channels) to the requested channels and
                size. A source calls it as soon as an image is decoded, so that the full-size images are never all
                in memory.

        Returns:
            `ImageData` with at least one image.
        """

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
                    f"{called[1]} is {_size(image)} (height x width). Pass `image_size` to resize them. "
                    "Received: image_size=None"
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
