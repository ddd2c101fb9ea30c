"""Captions of images as rows of tokens, and the order in which a step takes them."""

import csv
import os
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_gan._files import is_fault_of_computer, local_path
from keras_gan.data._image_files import image_files, root_of
from keras_gan.data._stream import Stream
from keras_gan.data._tree import listed, printable
from keras_gan.data.arrays import as_array
from keras_gan.data.attribute_folder import without_suffix
from keras_gan.data.folder import Folder
from keras_gan.data.preprocessing import Preprocessing
from keras_gan.data.source import ImageData
from keras_gan.layers import Tokenizer

# Of the captions of `one_pass`, which are the same whatever the seed of the stream.
_PLAIN_SEED = 0
# Above the seeds of `Stream`, which are below 2^31: captions share no random bits with the order, flips and noise.
_CAPTION_SEED = 2**40


class Captions:
    """All captions of some images, each text once.

    Args:
        rows: int32 tokens or float32 vectors (num_captions, size).
        counts: int array, how many captions each image has, which stand next to each other in `rows`.

    Attributes:
        texts: the different rows (num_texts, size), in their order.
        numbers: int64 (num_captions,), the place of each caption in `texts`.

    Raises:
        ValueError: if an image has every caption that there is, so that none can be wrong for it.
    """

    def __init__(self, rows: np.ndarray, counts: np.ndarray):
        self.texts, numbers = np.unique(rows, axis=0, return_inverse=True)
        self.numbers, self.counts = numbers.reshape(-1), np.asarray(counts)
        self.starts = np.cumsum(self.counts) - self.counts
        self.own = [
            np.unique(self.numbers[start : start + count])
            for start, count in zip(self.starts, self.counts, strict=True)
        ]
        self.frequencies = np.bincount(self.numbers, minlength=len(self.texts))
        for image, own in enumerate(self.own):
            if len(own) == len(self.texts):
                raise ValueError(
                    "Each image needs a caption that does not match it, and image "
                    f"{image} has every caption that there is. Give more images, with other captions. "
                    f"Received: {len(self.texts)} different captions"
                )

    def part(self, images: np.ndarray) -> "Captions":
        """Return the captions of some images, by their numbers."""
        places = [np.arange(self.starts[image], self.starts[image] + self.counts[image]) for image in images]
        return Captions(self.texts[self.numbers[np.concatenate(places)]], self.counts[images])


class CaptionStream(Stream):
    """Maps a step to its batch of images with captions: a pure function of (seed, step), as in `Stream`.

    Args:
        data: N images, N >= batch_size.
        captions: `Captions` of these images.
        candidates: of how many captions that do not match the most similar one is taken.
        preprocessing, batch_size, seed, size: as for `Stream`.
    """

    def __init__(
        self,
        data: ImageData,
        captions: Captions,
        *,
        candidates: int,
        preprocessing: Preprocessing,
        batch_size: int,
        seed: int,
        size: tuple[int, int] | None = None,
    ):
        images = data._replace(labels=None)
        super().__init__(images, preprocessing=preprocessing, batch_size=batch_size, seed=seed, size=size)
        self.candidates = candidates
        self._plain = np.random.default_rng(_PLAIN_SEED).random((self.num_images, 1 + candidates))
        self._plain[:, 0] = 0.0
        most = max(map(len, captions.own))
        # Behind the last text there are no captions: what fills the rows changes nothing.
        own = np.array([np.pad(row, (0, most - len(row)), constant_values=len(captions.texts)) for row in captions.own])
        frequencies = np.append(captions.frequencies, 0)
        begins = np.cumsum(frequencies) - frequencies
        with tf.device("CPU:0"):
            self.texts, self.numbers = tf.constant(captions.texts), tf.constant(captions.numbers)
            self.starts, self.counts = tf.constant(captions.starts), tf.constant(captions.counts, tf.int64)
            self.own_begins, self.own_frequencies = tf.constant(begins[own]), tf.constant(frequencies[own])
            self.ends = tf.constant(np.cumsum(captions.frequencies))

    def batch(self, step: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the images of one step, with a caption of each and one that does not match it."""
        seed = tf.stack([self.seed + _CAPTION_SEED, step])
        draws = tf.random.stateless_uniform(
            (self.batch_size, 1 + self.candidates), seed, dtype=tf.float64, alg="philox"
        )
        return self._captioned(super().batch(step), self.indices(step), draws)

    def plain_batch(self, numbers: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return images by their numbers as `one_pass` does, with the first caption of each."""
        return self._captioned(super().plain_batch(numbers), numbers, tf.gather(self._plain, numbers))

    def _captioned(self, images: tf.Tensor, indices: tf.Tensor, draws: tf.Tensor) -> dict[str, tf.Tensor]:
        matching = tf.gather(self.starts, indices) + _floor(draws[:, 0], tf.gather(self.counts, indices))
        captions = tf.gather(self.texts, tf.gather(self.numbers, matching))
        others = tf.gather(self.texts, self._others(indices, draws[:, 1:]))
        mismatched = others[:, 0] if self.candidates == 1 else _most_similar(others, captions)
        return {"images": images, "captions": captions, "mismatched": mismatched}

    def _others(self, indices: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
        """Return texts (batch, candidates) that are no captions of some images, each as often as it is one of others.

        All captions stand in the order of their texts, and a place among them is drawn after those of the image's own
        texts are taken out: they are put back one after the other, and move the place along.
        """
        begins, frequencies = tf.gather(self.own_begins, indices), tf.gather(self.own_frequencies, indices)
        places = _floor(draws, self.ends[-1] - tf.reduce_sum(frequencies, axis=1, keepdims=True))
        for begin, frequency in zip(tf.unstack(begins, axis=1), tf.unstack(frequencies, axis=1), strict=True):
            places += tf.where(places >= begin[:, tf.newaxis], frequency[:, tf.newaxis], 0)
        found = tf.searchsorted(self.ends, tf.reshape(places, (-1,)), side="right", out_type=tf.int64)
        return tf.reshape(found, tf.shape(places))


def _most_similar(others: tf.Tensor, captions: tf.Tensor) -> tf.Tensor:
    """Return, of candidates (batch, candidates, length), those with the most words of the captions and the fewest more.

    The first of equals is taken, which was drawn at random.
    """
    are_shared = tf.reduce_any(others[..., tf.newaxis] == captions[:, tf.newaxis, tf.newaxis], axis=-1)
    scores = tf.reduce_sum(tf.where(others == 0, 0, tf.where(are_shared, 1, -1)), axis=-1)
    return tf.gather(others, tf.argmax(scores, axis=-1), batch_dims=1)


def _floor(draws: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    """Return whole numbers in [0, count) for draws from [0, 1)."""
    # float64: a draw below 1 times any count that fits into memory stays below the count.
    return tf.cast(draws * tf.cast(count, tf.float64), tf.int64)


def captions_of(given, source, split: str, count: int, tokenizer) -> tuple[Captions, Tokenizer | None]:
    """Return the captions that a user gave, one or several for each image, and the tokenizer that made the tokens.

    Args:
        given: what `load_captions` takes.
        source: the source of the images.
        split: its own split that was read.
        count: how many images there are.
        tokenizer: `Tokenizer`, or None to make one for all the captions.
    """
    tokenizer = None if tokenizer is None else _require_tokenizer(tokenizer)
    if given is None:
        given = _own_captions(source, split)
    elif isinstance(given, str | os.PathLike):
        given = _from_table(local_path("captions", given), source, split)
    if isinstance(given, list | tuple) and given and isinstance(given[0], str | list | tuple):
        return _of_strings(given, count, tokenizer)
    return _of_rows(as_array("captions", given), count), tokenizer


def _own_captions(source, split: str):
    if not hasattr(source, "captions"):
        raise ValueError(
            "This source has no captions of its own: give them as `captions`, a table or a list with the captions of "
            f"each image. Received: captions=None, source of type {type(source).__name__}"
        )
    return source.captions(split)


def _of_strings(given, count: int, tokenizer) -> tuple[Captions, Tokenizer]:
    several = [[entry] if isinstance(entry, str) else entry for entry in given]
    _require_one_each(len(several), count)
    for image, texts in enumerate(several):
        if not isinstance(texts, list | tuple) or not texts or not all(isinstance(text, str) for text in texts):
            raise ValueError(
                "`captions` must have a string or a list of strings for each image, at least one. "
                f"Received: {texts!r:.60} for image {image}"
            )
    flat = [text for texts in several for text in texts]
    tokenizer = Tokenizer.fitted(flat) if tokenizer is None else tokenizer
    tokens = np.concatenate([tokenizer(flat[start : start + 4096]).numpy() for start in range(0, len(flat), 4096)])
    empty = np.flatnonzero(~tokens.any(axis=1))
    if len(empty):
        raise ValueError(
            "Each caption must hold a word. Leave the empty ones out. "
            f"Received: {len(empty)} empty captions, such as {flat[empty[0]]!r:.60}"
        )
    return Captions(tokens, np.array([len(texts) for texts in several])), tokenizer


def _of_rows(rows: np.ndarray, count: int) -> Captions:
    is_tokens, is_vectors = np.issubdtype(rows.dtype, np.integer), np.issubdtype(rows.dtype, np.floating)
    if rows.ndim not in (2, 3) or not rows.size or not (is_tokens or is_vectors):
        raise ValueError(
            "`captions` must be the path of a table, a list with a string or several for each image, or an array: "
            "integers (num_images, length), tokens, or floats (num_images, size), vectors of sentences; with one more "
            "axis after the first for several captions of each image. Received: captions of type "
            f"{rows.dtype} and shape {rows.shape}"
        )
    _require_one_each(len(rows), count)
    if is_vectors and not np.isfinite(rows).all():
        raise ValueError("The vectors of `captions` hold NaN or infinity. Received: numbers that are not finite")
    if is_tokens and (rows.min() < 0 or rows.max() >= 2**31):
        raise ValueError(f"Tokens are at least 0, and below 2^31. Received: captions from {rows.min()} to {rows.max()}")
    each = 1 if rows.ndim == 2 else rows.shape[1]
    flat = rows.reshape(-1, rows.shape[-1]).astype(np.int32 if is_tokens else np.float32)
    return Captions(flat, np.full(count, each))


def _require_one_each(found: int, count: int) -> None:
    if found != count:
        raise ValueError(
            "`captions` must have an entry for each image, in the order of the images. "
            f"Received: {found} entries for {count} images"
        )


def _require_tokenizer(tokenizer) -> Tokenizer:
    if not isinstance(tokenizer, Tokenizer):
        raise ValueError(
            "`tokenizer` must be a `keras_gan.layers.Tokenizer`, such as `Tokenizer.fitted(texts)`, or None. "
            f"Received: tokenizer={tokenizer!r:.80}"
        )
    return tokenizer


def _from_table(table: Path, source, split: str) -> list[list[str]]:
    """Return the captions of each file of a folder."""
    if not isinstance(source, Folder):
        raise ValueError(
            "A table names files, so it goes with a folder of images. Give the captions of other images as a list. "
            f"Received: captions={printable(table)!r}, source of type {type(source).__name__}"
        )
    found = _read_table(table)
    files, _ = image_files(root_of(source.path, split))
    has_paths = any("/" in name for name in found)
    names = [without_suffix(printable(path.relative_to(source.path) if has_paths else path.name)) for path in files]
    if missing := [path for path, name in zip(files, names, strict=True) if name not in found]:
        raise ValueError(
            "Each image needs a caption in the table, by the name of its file. Add rows, or remove the images. "
            f"Received: {len(missing)} of {len(files)} images without one, {listed(missing)}; the table "
            f"{printable(table)!r} has captions of {len(found)} files, such as {next(iter(found))!r}"
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        same = [path for path, name in zip(files, names, strict=True) if name == twice]
        raise ValueError(
            "Two images have the same name, so that the table does not tell them apart. Give paths below the folder "
            f"in the table, or rename one. Received: {listed(same)}"
        )
    return [found[name] for name in names]


def _read_table(table: Path) -> dict[str, list[str]]:
    """Return the captions by the name of the file, without its suffix."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"The table must be a CSV file of text: {error}. Received: {printable(table)!r}") from error
    except OSError as error:
        if is_fault_of_computer(error) or isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"The table cannot be read: {error}. Received: captions={printable(table)!r}") from error
    if not rows or any(not row.get("file") or not row.get("caption") for row in rows):
        raise ValueError(
            'The table must be a CSV file with the columns "file" and "caption", a row for each caption: several rows '
            f"of a file are several captions of it. Received: captions={printable(table)!r} with "
            f"{len(rows)} rows" + (f" and the columns {', '.join(map(str, rows[0]))}" if rows else "")
        )
    found = {}
    for row in rows:
        found.setdefault(without_suffix(row["file"].strip()), []).append(row["caption"])
    return found
