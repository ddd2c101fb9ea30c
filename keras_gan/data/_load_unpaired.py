"""From two kinds of images without pairs to batches."""

import os

import tensorflow as tf

from keras_gan.data._as_source import as_source
from keras_gan.data._held_out import is_made
from keras_gan.data._load_pairs import FIELDS, identity_of_both, naming, options_of_both, other_seed
from keras_gan.data._pairing import Side, layout_of_one
from keras_gan.data._reading import as_cache_dir, as_dataset, fits_of, read_whole, require_batch, require_place
from keras_gan.data._stream import Stream, Streams
from keras_gan.data.folder import Folder
from keras_gan.data.preprocessing import Preprocessing
from keras_gan.data.source import Source


def load_unpaired(
    source,
    target=None,
    *,
    split: str | None = None,
    image_size: int | tuple[int, int] | None = None,
    batch_size: int = 64,
    seed: int = 0,
    start_step: int = 0,
    preprocessing: Preprocessing | tuple[Preprocessing, Preprocessing] | None = None,
    cache_dir: str | os.PathLike | None = None,
) -> tf.data.Dataset:
    """Return endless batches of two kinds of images in [-1, 1], each a dict of "source" and "target".

    For models that learn a translation without pairs, such as `CycleGAN`. The two kinds may have different numbers of
    images. Each comes in an order of its own, with random parts, flips and noise of its own, also if the images of the
    same place are pairs. An epoch is a pass over the kind with more images; the other begins again before it ends.

    All that `load` promises holds for each kind: the order is a function of the seed and the step, `start_step` and
    `from_step` resume bit for bit, a tenth is held out where the images have no test images, and a `cache_dir` keeps
    the images in files.

    Args:
        source: one kind of images, in any form that `load` takes. Labels are left out. Without a target it is a tuple
            (source, target), or a folder with the sub-folders A and B, or source and target. These may also be in the
            folder of each split, or be called trainA and trainB, testA and testB, as CycleGAN's data sets have them.
        target: the other kind of images, in any form that `load` takes.
        split: as for `load`, for both kinds. None is "all" if neither has test images of its own, and else "train".
        image_size: as for `load`, for both kinds.
        batch_size: images of each kind in a batch; at most the number of images of either.
        seed: seed of the orders, the random parts, the flips and the noise.
        start_step: the step of the first batch.
        preprocessing: `Preprocessing`; or a tuple of two, for the source and for the target.
        cache_dir: local folder for the prepared images; None keeps them in memory.

    Returns:
        A `tf.data.Dataset` of dicts: "source" and "target", both float32 (batch_size, height, width, channels) in
        [-1, 1], of static shape. It has the attributes of the data set that `load` returns, where `num_images`,
        `num_held_out` and `image_shape` are dicts by "source" and "target". `one_pass` returns all images of the kind
        with more images once, and with them those of the other in their order, again and again.

    Raises:
        FileNotFoundError: if a folder or a file does not exist.
        OSError: as for `load`.
        ValueError: as for `load`; the message says of which kind. One without images is an error, too.

    Warns:
        UserWarning: as for `load`.

    Example:
        >>> import numpy as np
        >>> from keras_gan import data
        >>> horses, zebras = np.zeros((60, 16, 16, 3), "uint8"), np.full((30, 16, 16, 3), 255, "uint8")
        >>> train = data.load_unpaired(horses, zebras, split="train", batch_size=6)
        >>> train.num_images, train.steps_per_epoch
        ({'source': 54, 'target': 27}, 9)
        >>> batch = next(iter(train))
        >>> float(batch["source"].numpy().max()), float(batch["target"].numpy().min())
        (-1.0, 1.0)
    """
    require_place(batch_size, seed, start_step, split)
    options = options_of_both(preprocessing)
    cache_dir = as_cache_dir(cache_dir)
    sides = _sides(source, target)
    split = split or _usual_split(sides)
    parts, streams = [], {}
    for name, side, each, own_seed in zip(FIELDS, sides, options, (seed, other_seed(seed)), strict=True):
        fit, size = fits_of(image_size, each)
        with naming(name):
            part = read_whole(side, split, fit, cache_dir).part(name)
            require_batch(part, batch_size, each)
        parts.append(part)
        images = part.data._replace(labels=None)
        streams[name] = Stream(images, preprocessing=each, batch_size=batch_size, seed=own_seed, size=size)
    return as_dataset(
        Streams(streams),
        start_step,
        split=split,
        num_images=_by_field(len(part.data.images) for part in parts),
        num_held_out=_by_field(part.num_held_out for part in parts),
        num_classes=0,
        image_shape={name: stream.image_shape for name, stream in streams.items()},
        class_names=None,
        identity={
            **identity_of_both(parts, seed, options),
            "samples": _by_field(len(part.data.images) for part in parts),
        },
    )


def _sides(source, target) -> tuple[Source, Source]:
    if target is None and isinstance(source, tuple) and len(source) == 2:
        source, target = source
    if target is None:
        return _sides_of_folder(as_source(source))
    sides = []
    for name, given in zip(FIELDS, (source, target), strict=True):
        with naming(name):
            sides.append(as_source(given, name))
    return tuple(sides)


def _sides_of_folder(folder: Source) -> tuple[Source, Source]:
    layout = layout_of_one(folder) if isinstance(folder, Folder) else None
    if layout is None:
        raise ValueError(
            "Two kinds of images are needed: give the `target` too; or one folder with the sub-folders A and B, source "
            f"and target, or trainA and trainB. Received: source of type {type(folder).__name__}, target=None"
        )
    return Side(layout, 0), Side(layout, 1)


def _usual_split(sides: tuple[Source, Source]) -> str:
    """The split for None. Who measures on the test images of one kind must not have trained on the other's."""
    are_made = []
    for name, side in zip(FIELDS, sides, strict=True):
        with naming(name):
            are_made.append(is_made(side, None))
    return "all" if all(are_made) else "train"


def _by_field(values) -> dict:
    return dict(zip(FIELDS, values, strict=True))
