"""Images from any source, and their features, from the network or from a cache on disk."""

import dataclasses
import hashlib
import io
import pathlib
import zipfile

import keras
import numpy as np
import tensorflow as tf

from keras_gan._files import write_atomically
from keras_gan._pixels import to_bytes, watched

_BATCH_SIZE = 250
_CACHE_VERSION = 1


@dataclasses.dataclass(frozen=True)
class Samples:
    """Images as metrics see them.

    Args:
        features: float32 `(num_images, num_features)`.
        logits: float32 `(num_images, num_classes)`, or None if the extractor has no logits.
        images: uint8 `(num_images, height, width, channels)`, or None if no measure needs them.
        split: name of the part of the data, or None.
        fingerprint: hexadecimal SHA-256 of the images as uint8.

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

    def __len__(self):
        return len(self.features)

    def rows(self, indices):
        """Return some of the samples."""
        parts = {name: getattr(self, name) for name in ("features", "logits", "images")}
        chosen = {name: None if part is None else part[indices] for name, part in parts.items()}
        return dataclasses.replace(self, **chosen, fingerprint="")


def sample_batches(source, num_images, seed):
    """Yield batches of generated samples.

    Args:
        source: an object with `generate(num_images, seed=)`, such as a GAN; or images, as for `image_batches`.
        num_images: int, how many samples. If `source` holds fewer images, it is all of them.
        seed: int.

    Yields:
        Arrays `(batch, height, width, channels)` in [-1, 1]. All batches have the same size, and each has its own seed.
        So the samples depend on `num_images` and `seed` alone, and few of them are in memory at a time.
    """
    if not hasattr(source, "generate"):
        yield from _first(image_batches(source), num_images)
        return
    for number, start in enumerate(range(0, num_images, _BATCH_SIZE)):
        own_seed = int(np.random.SeedSequence([seed, number]).generate_state(1)[0]) >> 1
        yield source.generate(min(_BATCH_SIZE, num_images - start), seed=own_seed)


def image_batches(source):
    """Yield batches of images, without labels.

    Args:
        source: array `(num_images, height, width, channels)`, or tf.data.Dataset of batches with or without labels.
            An endless data set from `keras_gan.data.load` yields each image once.

    Raises:
        ValueError: if `source` has another type, or is endless or empty.
    """
    if isinstance(source, tf.data.Dataset):
        source = source.one_pass() if hasattr(source, "one_pass") else source
        if source.cardinality() == tf.data.INFINITE_CARDINALITY:
            raise ValueError(
                "The data set is endless, and metrics need each image once. Make it finite, as with "
                "`dataset.take(100)`, or use `keras_gan.data.load`. Received: a data set of infinite cardinality"
            )
        elements = source.rebatch(_BATCH_SIZE)
        batches = (element[0] if isinstance(element, tuple | list) else element for element in elements)
    elif hasattr(source, "__array__") and np.ndim(source) == 4:
        batches = (source[start : start + _BATCH_SIZE] for start in range(0, len(source), _BATCH_SIZE))
    else:
        raise ValueError(
            "Metrics take images as a tf.data.Dataset of batches or as an array (num_images, height, width, channels), "
            "and samples also as an object with `generate(num_images, seed=)`. "
            f"Received: {type(source).__name__}{f' of shape {np.shape(source)}' if hasattr(source, 'shape') else ''}"
        )
    empty = True
    for batch in batches:
        empty = False
        yield np.asarray(batch)
    if empty:
        raise ValueError("There are no images in this source: give at least one. Received: an empty source")


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
        embeddings, digest, images = [], hashlib.sha256(), []
        for batch in batches:
            embeddings.append([_as_array(part) for part in self.extractor(tf.convert_to_tensor(batch, tf.float32))])
            images += self._note(batch, digest)
            if bar is not None:
                bar.add(len(batch))
        features, logits = (None if part[0] is None else np.concatenate(part) for part in zip(*embeddings, strict=True))
        return Samples(features, logits, np.concatenate(images) if images else None, split, digest.hexdigest())

    def collect_cached(self, source, *, verbose=0):
        """Compute the features of a set of real images, or read them from the cache if they are there.

        The name of the file is a hash of the images themselves and of the extractor's fingerprint, so the cache is
        never out of date. Reading the images again costs little compared with computing their features.
        """
        split, total = getattr(source, "split", None), getattr(source, "num_images", None)
        if self.cache_dir is None:
            batches = watched("images", image_batches(source))
            return self.collect(batches, split=split, total=total, verbose=verbose)
        digest, images = hashlib.sha256(), []
        for batch in watched("images", image_batches(source)):
            images += self._note(batch, digest)
        key = f"{_CACHE_VERSION}.{self.extractor.fingerprint}.{digest.hexdigest()}"
        path = self.cache_dir / f"real_{hashlib.sha256(key.encode()).hexdigest()[:32]}.npz"
        parts = _read(path)
        if parts is None:
            samples = self.collect(image_batches(source), split=split, total=total, verbose=verbose)
            _write(path, samples)
            return samples
        stacked = np.concatenate(images) if images else None
        return Samples(parts["features"], parts.get("logits"), stacked, split, digest.hexdigest())

    def _note(self, batch, digest):
        """Add the images to the hash, and return them in a list if a measure needs them."""
        pixels = to_bytes(batch)
        digest.update(str(pixels.shape[1:]).encode() + pixels.tobytes())
        return [pixels] if self.keep_images else []


def _first(batches, num_images):
    for batch in batches:
        yield batch[:num_images]
        num_images -= len(batch)
        if num_images <= 0:
            return


def _as_array(part):
    return None if part is None else np.asarray(part)


def _read(path):
    """Return the arrays in a file of the cache, or None if it is missing or damaged."""
    try:
        # From the bytes, because `np.load` leaves a damaged file open.
        with np.load(io.BytesIO(path.read_bytes())) as file:
            return dict(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None


def _write(path, samples):
    buffer = io.BytesIO()
    parts = {"features": samples.features, "logits": samples.logits}
    np.savez(buffer, **{name: part for name, part in parts.items() if part is not None})
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, buffer.getvalue())
