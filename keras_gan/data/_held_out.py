"""The splits of a source that has none of its own: a tenth of its images is held out for "test"."""

import numpy as np

from keras_gan._identity import identity
from keras_gan.data.source import ImageData, Source

_MADE = ("train", "test", "all")
# A tenth of fewer images measures nothing, and training would miss it.
_LEAST = 20
_MOST_HELD_OUT = 5_000
# Not the seed of `load`: with that, one call would train on images that another call holds out.
_SEED = 0


def is_made(source: Source, split: str | None) -> bool:
    """Whether a split has to be made of the images of "train", because the source has no other split."""
    return split in (None, *_MADE) and not set(source.splits()) - {"train"}


def part(data: ImageData, split: str) -> tuple[ImageData, dict, int]:
    """Return a split of all the images of a source.

    Args:
        data: all the images.
        split: "train", "test" or "all".

    Returns:
        `ImageData` of the split; what tells it from other splits of the same images, a dict for JSON; and how many
        images it leaves for "test".

    Raises:
        ValueError: if there are too few images for "test".
    """
    held_out = held_out_rows(len(data.images))
    if split == "test" and not len(held_out):
        raise ValueError(
            f'The source has no split "test", and too few images to hold a tenth of them out: {_LEAST} are needed. '
            "Give more images; or test images of their own, as in a folder with the sub-folders train and test. "
            f'Received: split="test" of {len(data.images)} images'
        )
    about = {"split": split, "split_of": identity([data.images])["first_and_last_sample"]}
    if split == "all" or not len(held_out):
        return data, about, 0
    rows = held_out if split == "test" else np.delete(np.arange(len(data.images)), held_out)
    images = data.images[rows] if isinstance(data.images, np.ndarray) else data.images.part(rows)
    labels = None if data.labels is None else data.labels[rows]
    return data._replace(images=images, labels=labels), about, len(held_out) if split == "train" else 0


def held_out_rows(num_images: int) -> np.ndarray:
    """Return the numbers of the images that are held out, ascending: they depend on the number of images alone."""
    count = min(num_images // 10, _MOST_HELD_OUT) if num_images >= _LEAST else 0
    return np.sort(np.random.default_rng(_SEED).permutation(num_images)[:count])
