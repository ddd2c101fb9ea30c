"""Pairs of images from any source, as an evaluator keeps them."""

import dataclasses

import numpy as np
import tensorflow as tf

from keras_gan._pixels import require_image_tensor, warn_of_zero_to_one
from keras_gan._sample_shapes import elements
from keras_gan.metrics._features import as_array
from keras_gan.metrics._pairs import require_holes
from keras_gan.metrics.samples import Samples, finite, image_batches

SIDES = ("source", "target")
# Of images with holes: the source is the image without what is in the hole, the target the whole image.
HOLES = {"images", "masks"}


@dataclasses.dataclass(frozen=True)
class Pairs:
    """Held-out pairs, and what is computed of them once.

    Args:
        source: float32 `(num_pairs, height, width, channels)`.
        target: float32, the true translations.
        labels: array `(num_pairs, ...)`, the domains of the targets; or None.
        rows: int `(num_pairs,)`, the places of these pairs in the data.
        total: int, how many pairs the data have.
        split: name of the part of the data, or None.
        baselines: dict of the name of each value to that of the sources in place of translations.
        samples: `Samples` of the targets, or None without an extractor.
        masks: array `(num_pairs, height, width, 1)`, 1 in the holes of the sources; None without holes.
    """

    source: np.ndarray
    target: np.ndarray
    labels: np.ndarray | None
    rows: np.ndarray
    total: int
    split: str | None = None
    baselines: dict = dataclasses.field(default_factory=dict)
    samples: Samples | None = None
    masks: np.ndarray | None = None

    def __len__(self):
        return len(self.source)


def read_pairs(source, num_pairs, seed):
    """Return at most `num_pairs` of the pairs of a data set, each as likely as any other; the same for the same seed.

    Args:
        source: dict of arrays, or a tf.data.Dataset of such dicts; an endless one of `keras_gan.data` is read once.
        num_pairs: int.
        seed: int.

    Returns:
        `Pairs`.

    Raises:
        ValueError: if these are no pairs of images in [-1, 1], or the data are endless or empty.
    """
    return chosen_pairs(_batches(source), num_pairs, seed, getattr(source, "split", None))


def read_images(source, num_images, seed):
    """Return at most `num_images` of the images of a source, each paired with itself; as `read_pairs`.

    Args:
        source: what `image_batches` takes.
        num_images: int.
        seed: int.

    Returns:
        `Pairs`.
    """
    batches = (_checked({"source": batch, "target": batch}) for batch in image_batches(source))
    return chosen_pairs(batches, num_images, seed, getattr(source, "split", None))


def chosen_pairs(batches, num_pairs, seed, split):
    """Return the `Pairs` of at most `num_pairs` rows of batches, each row as likely as any other.

    Args:
        batches: iterable of dicts of arrays with a row for each pair: "source" and "target", and perhaps others.
        num_pairs: int.
        seed: int.
        split: name of the part of the data, or None.

    Raises:
        ValueError: if there are none.
    """
    rng, kept, total = np.random.default_rng(seed), [], 0
    for batch in batches:
        for row in range(len(batch["source"])):
            # Vitter 1985, algorithm R: one pass over data of unknown length.
            place = len(kept) if len(kept) < num_pairs else int(rng.integers(total + 1))
            if place < num_pairs:
                # A copy: a row of the batch would keep the whole batch in memory.
                kept[place : place + 1] = [(total, {name: part[row].copy() for name, part in batch.items()})]
            total += 1
    if not kept:
        raise ValueError("There are no pairs in this source: give at least one. Received: an empty source")
    kept.sort(key=lambda entry: entry[0])
    columns = {name: np.stack([pair[name] for _, pair in kept]) for name in kept[0][1]}
    for name in SIDES:
        warn_of_zero_to_one(name, float(columns[name].min()), float(columns[name].max()), stacklevel=4)
    rows = np.array([row for row, _ in kept])
    return Pairs(
        columns["source"],
        columns["target"],
        columns.get("labels"),
        rows,
        total,
        split,
        masks=columns.get("masks"),
    )


def are_pairs(source):
    """Whether something has the form of pairs: a data set, or a dict of arrays."""
    return isinstance(source, tf.data.Dataset | dict)


def _batches(source):
    """Yield dicts of checked arrays."""
    if isinstance(source, dict):
        yield _checked(source)
    elif isinstance(source, tf.data.Dataset):
        if isinstance(getattr(source, "num_images", None), dict):
            raise ValueError(
                "These are two kinds of images without pairs, each in an order of its own: load pairs with "
                "`keras_gan.data.load_pairs`. Received: a data set of `keras_gan.data.load_unpaired`"
            )
        yield from map(_checked, elements(finite(source, sample="pair", loader="load_pairs")))
    else:
        raise ValueError(
            "Pairs are a dict of arrays `source` and `target`, or a tf.data.Dataset of batches of such dicts, as "
            f"`keras_gan.data.load_pairs` returns them. Received: {type(source).__name__}"
        )


def _checked(batch):
    """A batch as arrays, its images as float32 in [-1, 1], or a ValueError."""
    given = set(batch) if isinstance(batch, dict) else set()
    if given == HOLES:
        return _with_holes(batch)
    if not set(SIDES) <= given or given - {*SIDES, "labels"}:
        raise ValueError(
            'Pairs have the fields "source" and "target", and perhaps "labels", the domains of the targets; images '
            'with holes have "images" and "masks". '
            f"Received: {sorted(map(str, given)) if given else type(batch).__name__}"
        )
    images = {name: require_image_tensor(name, as_array(name, batch[name])).numpy() for name in SIDES}
    labels = {"labels": as_array("labels", batch["labels"], "biuf")} if "labels" in batch else {}
    counts = {name: len(part) if part.ndim else 0 for name, part in (images | labels).items()}
    if len(set(counts.values())) != 1:
        raise ValueError(f"Each source has its own target: give as many of each. Received: {counts}")
    return images | labels


def _with_holes(batch):
    """Whole images as targets, and as sources the same with grey holes."""
    images = require_image_tensor("images", as_array("images", batch["images"])).numpy()
    holes = require_holes(as_array("masks", batch["masks"], "biuf"), images.shape)
    return {"source": np.where(holes, np.float32(0.0), images), "target": images, "masks": holes.astype(np.float32)}
