"""From images with captions to batches."""

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan._identity import identity
from keras_gan.data._as_source import as_source
from keras_gan.data._captions import CaptionStream, captions_of
from keras_gan.data._reading import (
    as_dataset,
    fits_of,
    read_whole,
    require_batch,
    require_place,
    require_preprocessing,
)
from keras_gan.data.captioned_digits import CaptionedDigits
from keras_gan.data.preprocessing import Preprocessing
from keras_gan.data.source import ImageData, Prepare, Source
from keras_gan.layers import Tokenizer


def load_captions(
    source,
    captions=None,
    *,
    split: str | None = None,
    image_size: int | tuple[int, int] | None = None,
    batch_size: int = 64,
    tokenizer: Tokenizer | None = None,
    candidates: int = 1,
    seed: int = 0,
    start_step: int = 0,
    preprocessing: Preprocessing | None = None,
) -> tf.data.Dataset:
    r"""Return endless batches of images in [-1, 1], each with a caption and with one that does not match.

    For models that draw what a text says, such as `TextToImage`. Without pairs that do not match, a discriminator need
    not read: every real image has a true caption. All that `load` promises of its order holds here: it is a function of
    the seed and the step, each image comes once an epoch, and `start_step` and `from_step` resume bit for bit. So are
    the captions: of an image that has several, each step draws one. The other caption is drawn from those of all
    images, as often as it occurs. It is never one of the image's own, nor one with the same tokens. A caption drawn
    like this is mostly wrong in every word, and one word is enough to see it. With `candidates`, so many are drawn, and
    the one that shares the most words with the true caption is taken: then every word matters.

    Mirrored images (`Preprocessing(flip=True)`) keep their captions, so captions should say nothing of left and right.

    Args:
        source: where the images come from, as for `load`; or "captioned-digits", a `CaptionedDigits`, or any source
            with a method `captions(split)`, which has captions of its own.
        captions: None for a source that has its own. For a folder, the path of a CSV file with the columns "file" and
            "caption", a row for each caption; a name with a "/" is the path below the folder, and the suffix may
            differ. For all images, in the order of the source: a list with a string or a list of strings for each
            image; or an array of integers (num_images, length), tokens, or of floats (num_images, size), vectors of
            sentences, with one more axis after the first for several captions of each.
        split: as for `load`. A list or an array of captions is for all images that the source has in this split, or,
            where `load` makes the splits, for all of which they are made.
        image_size: as for `load`.
        batch_size: as for `load`.
        tokenizer: `keras_gan.layers.Tokenizer` of the strings; None for one of the words of all of them. To load
            another split, give that of the first, which the data set has as `tokenizer`.
        candidates: how many captions that do not match are drawn for each image. More than one only for tokens.
        seed: seed of the order, the captions, the flips and the noise.
        start_step: as for `load`.
        preprocessing: as for `load`.

    Returns:
        A `tf.data.Dataset` of dicts: "images", float32 (batch_size, height, width, channels) in [-1, 1]; "captions" and
        "mismatched", int32 tokens (batch_size, length) or float32 vectors (batch_size, size). It has the attributes of
        the data set that `load` returns, but for the classes, and `tokenizer` (None where the captions are an array
        and none was given), `caption_shape` and `texts`, an array of all captions, each once. Its `one_pass` takes the
        first caption of each image.

    Raises:
        FileNotFoundError: if there is no such folder or table.
        OSError: if the computer cannot read a file.
        ValueError: as for `load`; or if an image has no caption, or an empty one, or there is no other.

    Warns:
        UserWarning: as for `load`.

    Example:
        >>> from keras_gan import data
        >>> digits = data.load_captions(data.CaptionedDigits(100), batch_size=4)
        >>> digits.image_shape, digits.caption_shape, digits.tokenizer.vocab_size
        ((24, 24, 3), (6,), 26)
        >>> batch = next(iter(digits))
        >>> [text.decode() for text in digits.tokenizer.decode(batch["captions"]).numpy()[:2]]
        ['a small white three at bottom', 'a large green five at left']
    """
    require_place(batch_size, seed, start_step, split)
    preprocessing = require_preprocessing(preprocessing)
    fit, size = fits_of(image_size, preprocessing)
    source = CaptionedDigits() if isinstance(source, str) and source == "captioned-digits" else as_source(source)
    numbered = _Numbered(source)
    part = read_whole(numbered, split, fit, None).part()
    require_batch(part, batch_size, preprocessing)
    texts, tokenizer = captions_of(captions, source, numbered.read_split, numbered.count, tokenizer)
    texts = texts.part(part.data.labels)
    candidates = _require_candidates(candidates, texts)
    options = {"preprocessing": preprocessing, "batch_size": batch_size, "seed": seed, "size": size}
    stream = CaptionStream(part.data, texts, candidates=candidates, **options)
    return as_dataset(
        stream,
        start_step,
        split=part.split,
        num_images=len(part.data.images),
        num_held_out=part.num_held_out,
        image_shape=stream.image_shape,
        caption_shape=texts.texts.shape[1:],
        texts=texts.texts,
        tokenizer=tokenizer,
        identity={
            **identity([part.data.images]),
            "captions": identity([texts.texts[texts.numbers]]),
            "candidates": candidates,
            "seed": seed,
            "preprocessing": repr(preprocessing),
            **part.about,
        },
    )


def _require_candidates(candidates, texts) -> int:
    candidates = require_int("candidates", candidates)
    if candidates > 1 and texts.texts.dtype != np.int32:
        raise ValueError(
            "Of vectors it is not known which words they share, so one of them is drawn: leave `candidates` out. "
            f"Received: candidates={candidates}, captions of {texts.texts.dtype}"
        )
    return candidates


class _Numbered(Source):
    """A source whose labels are the numbers of its images, so that captions follow them into a split.

    Args:
        source: `Source`.

    Attributes:
        read_split: the split that was read last.
        count: how many images it has.
    """

    def __init__(self, source: Source):
        self._source, self.read_split, self.count = source, None, 0

    def splits(self):
        """Return those of the source."""
        return self._source.splits()

    def read(self, split: str, prepare: Prepare) -> ImageData:
        """Read the images of the source."""
        images = self._source.read(split, prepare).images
        self.read_split, self.count = split, len(images)
        return ImageData(images, np.arange(len(images), dtype=np.int32))
