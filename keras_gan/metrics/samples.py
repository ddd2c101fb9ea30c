"""Images from any source, and their features, from the network or from a cache on disk."""

import dataclasses
import hashlib
import os
import pathlib

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_text
from keras_gan._pixels import as_pixels, watched
from keras_gan._sample_shapes import elements
from keras_gan.metrics._cache import read_arrays, write_arrays
from keras_gan.metrics._features import as_array
from keras_gan.metrics._overlap import image_hashes

_BATCH_SIZE = 250
_CACHE_VERSION = 1
# Of batches of images, and of clips.
_RANKS = (4, 5)


@dataclasses.dataclass(frozen=True)
class Samples:
    """Images as metrics see them.

    Args:
        features: float32 `(num_images, num_features)`.
        logits: float32 `(num_images, num_classes)`, or None if the extractor has no logits.
        images: uint8 `(num_images, height, width, channels)`, or None if no measure needs them.
        split: name of the part of the data, or None.
        fingerprint: hexadecimal SHA-256 of the images as uint8.
        hashes: uint64 `(num_images,)`, a hash of each image, which shows the images that two sets share; or None.

    Example:
        >>> import numpy as np
        >>> samples = Samples(np.arange(6.0).reshape(3, 2), split="test")
        >>> len(samples), samples.rows([0, 2]).features.tolist()
        (3, [[0.0, 1.0], [4.0, 5.0]])
    """

    features: np.ndarray
    logits: np.ndarray | None = None
    images: np.ndarray | None = None
    split: str | None = None
    fingerprint: str = ""
    hashes: np.ndarray | None = None

    def __post_init__(self):
        if self.split is not None:
            require_text("split", self.split)
        count = len(_require_rows("features", self.features, 2))
        for name, rank in (("logits", 2), ("images", 4), ("hashes", 1)):
            part = getattr(self, name)
            if part is not None and len(_require_rows(name, part, rank)) != count:
                raise ValueError(
                    f"`features` and `{name}` must have a row for each image. "
                    f"Received: features.shape={self.features.shape}, {name}.shape={part.shape}"
                )

    def __len__(self):
        return len(self.features)

    def rows(self, indices):
        """Return some of the samples.

        Args:
            indices: list or array of integers, the numbers of their rows.

        Raises:
            ValueError: if these are no integers, or there is no such row.
        """
        indices = as_array("indices", indices, kinds="iuf")
        indices = indices if indices.size else indices.astype(int)
        if (
            indices.dtype.kind == "f"
            or indices.ndim != 1
            or (indices.size and not 0 <= indices.min() <= indices.max() < len(self))
        ):
            raise ValueError(
                f"`indices` must be a list of rows from 0 to {len(self) - 1}. Received: indices={indices!r:.80}"
            )
        parts = {name: getattr(self, name) for name in ("features", "logits", "images", "hashes")}
        chosen = {name: None if part is None else part[indices] for name, part in parts.items()}
        return dataclasses.replace(self, **chosen, fingerprint="")


def sample_batches(source, num_images, seed):
    """Return batches of generated samples, an iterator. Samples that fill [0, 1] are warned of.

    Args:
        source: an object with `generate(num_images, seed=)`, such as a GAN; or images, as for `image_batches`.
        num_images: int, how many samples. If `source` holds fewer images, it is all of them. If it holds more, it is a
            random part of them, because the first ones of a folder that is sorted by class are no sample of it.
        seed: int, for what is drawn or chosen.

    Returns:
        Iterator of arrays `(batch, height, width, channels)` in [-1, 1]. Each batch of generated samples has its own
        seed. So the samples depend on `num_images` and `seed` alone, and few of them are in memory at a time.
    """
    return watched("samples", _sample_batches(source, num_images, seed))


def _sample_batches(source, num_images, seed):
    if not hasattr(source, "generate"):
        yield from _chosen(source, num_images, seed)
        return
    for number, start in enumerate(range(0, num_images, _BATCH_SIZE)):
        own_seed = int(np.random.SeedSequence([seed, number]).generate_state(1)[0]) >> 1
        count = min(_BATCH_SIZE, num_images - start)
        yield _require_count(source.generate(count, seed=own_seed), count)


def finite(dataset, *, sample="image", loader="load"):
    """Return a data set that has each sample once: one of `keras_gan.data` in one pass, another one as it is.

    Args:
        dataset: tf.data.Dataset.
        sample: what its samples are called, for the message.
        loader: name of the function in `keras_gan.data` that loads such data, for the message.

    Raises:
        ValueError: if it is endless.
    """
    dataset = dataset.one_pass() if hasattr(dataset, "one_pass") else dataset
    if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise ValueError(
            f"The data set is endless, and metrics need each {sample} once. Make it finite, as with "
            f"`dataset.take(100)`, or use `keras_gan.data.{loader}`. Received: a data set of infinite cardinality"
        )
    return dataset


def image_batches(source):
    """Yield batches of images, without labels.

    Args:
        source: array `(num_images, height, width, channels)`, or of clips `(num_clips, num_frames, height, width,
            channels)`; or tf.data.Dataset of batches with or without labels. An endless data set from
            `keras_gan.data` yields each image once.

    Raises:
        ValueError: if `source` has another type, is endless or empty, or its images differ in size.
    """
    if isinstance(source, tf.data.Dataset):
        source = finite(source)
        _require_batches(source.element_spec)
        batches = map(_images_of, elements(source.rebatch(_BATCH_SIZE)))
    elif hasattr(source, "__array__") and len(getattr(source, "shape", ())) in _RANKS:
        batches = (source[start : start + _BATCH_SIZE] for start in range(0, len(source), _BATCH_SIZE))
    else:
        raise ValueError(
            "Metrics take images as a tf.data.Dataset of batches or as an array (num_images, height, width, channels), "
            "and clips as one (num_clips, num_frames, height, width, channels), "
            f"and samples also as an object with `generate(num_images, seed=)`.{_remedy(source)} "
            f"Received: {type(source).__name__}{f' of shape {np.shape(source)}' if hasattr(source, 'shape') else ''}"
        )
    empty = True
    for batch in batches:
        empty = False
        yield as_array("images", batch)
    if empty:
        raise ValueError("There are no images in this source: give at least one. Received: an empty source")


def _remedy(source):
    """Return a sentence for what people often give."""
    if isinstance(source, str | os.PathLike):
        return " Read files with `keras_gan.data.load(path)`."
    if isinstance(source, list | tuple):
        return " Make one array of a list of images of one size with `np.stack(images)`."
    if len(getattr(source, "shape", ())) == 3:
        return " Give grey images a channel with `images[..., None]`, and a single image a batch with `image[None]`."
    return ""


def _images_of(element):
    """Return the images of an element of a data set: of a tuple the first part, of a dict the "images" or "clips"."""
    if isinstance(element, dict):
        return element["images" if "images" in element else "clips"]
    return element[0] if isinstance(element, tuple | list) else element


def _require_batches(spec):
    """Raise a ValueError if the elements of a data set are no batches of images."""
    if isinstance(spec, dict) and not spec.keys() & {"images", "clips"}:
        raise ValueError(
            'The elements of the data set are dicts without "images" or "clips": choose the images with `dataset.map`. '
            f"Received: a data set of {sorted(spec)}"
        )
    shape = getattr(_images_of(spec), "shape", None)
    if shape is not None and shape.rank == 3:
        raise ValueError(
            "The data set holds single images, not batches: give `dataset.batch(250)`. "
            f"Received: a data set of elements of shape {tuple(shape)}"
        )


class Collector:
    """Computes the features of images. With a directory for a cache, it does so once for each set of images.

    Args:
        extractor: `Extractor`.
        keep_images: whether a measure needs the images too.
        cache_dir: directory for the features of real images, or None.
    """

    def __init__(self, extractor, *, keep_images, cache_dir):
        self.extractor = extractor
        self.keep_images = keep_images
        self.cache_dir = None if cache_dir is None else pathlib.Path(cache_dir)

    def collect(self, batches, *, split=None, total=None, verbose=0):
        """Compute the features of batches of images.

        Args:
            batches: iterable of arrays.
            split: name of the part of the data, or None.
            total: number of images for the progress bar, or None.
            verbose: whether to show a progress bar.

        Returns:
            Samples.
        """
        bar = keras.utils.Progbar(total, verbose=verbose, unit_name="image") if verbose else None
        embeddings, seen = [], _SeenImages(keep=self.keep_images)
        for batch in batches:
            embeddings.append([_as_array(part) for part in self.extractor(batch)])
            seen.add(batch)
            if bar is not None:
                bar.add(len(batch))
        features, logits = (None if part[0] is None else np.concatenate(part) for part in zip(*embeddings, strict=True))
        return seen.samples(features, logits, split)

    def collect_cached(self, source, *, verbose=0):
        """Compute the features of a set of real images, or read them from the cache if they are there.

        The name of the file is a hash of the images themselves and of the extractor's fingerprint, so the cache is
        never out of date. Reading the images again costs little compared with computing their features.
        """
        split, total = getattr(source, "split", None), getattr(source, "num_images", None)
        if self.cache_dir is None:
            batches = watched("images", image_batches(source))
            return self.collect(batches, split=split, total=total, verbose=verbose)
        seen = _SeenImages(keep=self.keep_images)
        for batch in watched("images", image_batches(source)):
            seen.add(batch)
        key = f"{_CACHE_VERSION}.{self.extractor.fingerprint}.{seen.digest.hexdigest()}"
        path = self.cache_dir / f"real_{hashlib.sha256(key.encode()).hexdigest()[:32]}.npz"
        parts = read_arrays(path) or {}
        if not self._are_whole(parts, len(seen)):
            samples = self.collect(image_batches(source), split=split, total=total, verbose=verbose)
            parts = {"features": samples.features, "logits": samples.logits}
            write_arrays(path, **{name: part for name, part in parts.items() if part is not None})
            return samples
        return seen.samples(parts["features"], parts.get("logits"), split)

    def _are_whole(self, parts, count):
        """Whether the arrays of a file are what this extractor returns for so many images."""
        widths = {"features": self.extractor.num_features, "logits": self.extractor.num_classes}
        expected = {name: (count, width) for name, width in widths.items() if width is not None}
        return {name: part.shape for name, part in parts.items()} == expected


class _SeenImages:
    """What stays of images that come batch by batch: their hashes, and the images themselves if a measure needs them.

    Args:
        keep: whether to keep the images.
    """

    def __init__(self, *, keep):
        self.digest = hashlib.sha256()
        self._keep, self._images, self._hashes = keep, [], []

    def add(self, batch):
        pixels = as_pixels(batch).numpy()
        self.digest.update(str(pixels.shape[1:]).encode() + pixels.tobytes())
        self._hashes.append(image_hashes(pixels))
        if self._keep:
            self._images.append(pixels)

    def __len__(self):
        return sum(map(len, self._hashes))

    def samples(self, features, logits, split):
        """Return the `Samples` of all images, whose features come from elsewhere."""
        images = np.concatenate(self._images) if self._keep else None
        return Samples(features, logits, images, split, self.digest.hexdigest(), np.concatenate(self._hashes))


def _require_rows(name, part, rank):
    if isinstance(part, np.ndarray) and part.ndim == rank and part.dtype.kind in "fiu":
        return part
    raise ValueError(
        f"`{name}` must be an array of numbers with {rank} axes, the images first. "
        f"Received: {name} of type {type(part).__name__}{f' and shape {part.shape}' if hasattr(part, 'shape') else ''}"
    )


def random_rows(total, count, seed):
    """Choose `count` of `total` rows at random, without replacement; all of them if there are no more.

    Returns:
        Ascending int64 array. The same numbers give the same rows.
    """
    return np.sort(np.random.default_rng(seed).permutation(total)[:count])


def _require_count(images, count):
    """Return what `generate` made if it is a batch of so many images, or raise. The extractor checks the numbers."""
    images = as_array("images", images)
    if images.ndim in _RANKS and len(images) == count:
        return images
    raise ValueError(
        f"`generate({count}, seed=...)` must return {count} images, an array ({count}, height, width, channels). "
        f"Received: images of dtype {images.dtype} and shape {images.shape}"
    )


def _chosen(source, num_images, seed):
    """Yield batches of a random part of the images of a source."""
    total = _count(source)
    rows, start = random_rows(total, num_images, seed), 0
    for batch in image_batches(source):
        own = rows[(rows >= start) & (rows < start + len(batch))] - start
        start += len(batch)
        if len(own):
            yield batch[own]


def _count(source):
    """Return how many images a source holds. A data set that does not know is read once for it."""
    if isinstance(source, tf.data.Dataset):
        known = getattr(source, "num_images", None)
        return sum(map(len, image_batches(source))) if known is None else known
    return source.shape[0] if getattr(source, "shape", ()) else 0


def _as_array(part):
    return None if part is None else np.asarray(part)
