"""The sampler of models that take a text."""

import random
import warnings

import numpy as np
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_int, require_seed
from keras_gan.gans._films import for_all
from keras_gan.training import Sampler

# The token of words that a tokenizer does not know.
_UNKNOWN = 1


class CaptionSampler(Sampler):
    """Draws pictures of texts.

    Args:
        interface: `Interface` of a network that takes the text and the main input.
        words_name: name of the text among its inputs.
        words: `Field` of the text.
        tokenizer: `Tokenizer`; None for a sampler that takes no strings.
        captions: array, what is drawn if nobody says what to make; None for nothing.
        is_drawn: as for `Sampler`.

    Attributes:
        words_name: name of the text among the inputs.
        tokenizer: the tokenizer.
    """

    def __init__(self, interface, words_name, words, tokenizer, captions, is_drawn):
        super().__init__(interface, is_drawn=is_drawn)
        self.words_name, self.words, self.tokenizer, self._captions = words_name, words, tokenizer, captions
        self.inputs[words_name] = tf.TensorSpec((None, *words.shape), words.dtype, words_name)

    @property
    def draws_alone(self):
        """Whether samples can be drawn from a seed alone: where texts are drawn, too."""
        return self.is_drawn and self._captions is not None

    def draw(self, count, seed, **given):
        """Draw the inputs, and captions where none are given; see `Sampler.draw`."""
        if self.words_name not in given:
            if self._captions is None:
                raise ValueError(
                    f"Say what to draw, as `text` or `{self.words_name}`; or build the model with `captions`, from "
                    f"which those of samples are drawn. Received: {self.words_name}=None"
                )
            places = _random.labels_of_seed(count, len(self._captions), seed)
            given[self.words_name] = tf.gather(tf.constant(self._captions), places)
        return super().draw(count, seed, **given)

    def inputs_for(self, count=None, *, seed=None, text=None, **given):
        """Check what is given, and draw the rest; one text is for all samples. See `Sampler.inputs_for`.

        Args:
            count: int, how many samples; None where the main input or the texts say it.
            seed: as for `Sampler`.
            text: a string, or a list of strings.
            **given: arrays by input name.
        """
        given = {name: value for name, value in given.items() if value is not None}
        if text is not None:
            if self.words_name in given:
                raise ValueError(f"Give `text` or `{self.words_name}`, not both. Received: text={text!r:.60}, and both")
            given[self.words_name] = self.tokens_of(text)
        if self.words_name in given:
            rows = self._checked_words(given[self.words_name])
            if self.main in given:
                count = len(self.checked(self.main, given[self.main]))
            count = len(rows) if count is None else require_int("num_images", count)
            given[self.words_name] = for_all(self.words_name, rows, count)
        seed = random.getrandbits(31) if seed is None else require_seed(seed)
        return super().inputs_for(None if self.main in given else count, seed=seed, **given)

    def tokens_of(self, text):
        """The tokens of a string or a list of strings, int32 `(count, length)`; warns of words that are not known."""
        if self.tokenizer is None:
            raise ValueError(
                f"This model has no tokenizer, so it takes no strings: give `{self.words_name}`, or build it with "
                f"`tokenizer`. Received: text={text!r:.60}"
            )
        texts = [text] if isinstance(text, str) else text
        if not isinstance(texts, list | tuple) or not texts or not all(isinstance(each, str) for each in texts):
            raise ValueError(f"`text` must be a string or a list of strings, at least one. Received: text={text!r:.80}")
        tokens = self.tokenizer(list(texts))
        strange = [each for each, row in zip(texts, tokens.numpy(), strict=True) if _UNKNOWN in row or not row.any()]
        if strange:
            warnings.warn(
                f"The model does not know all words of {len(strange)} of the texts, such as {strange[0]!r:.80}: it was "
                "trained without them, and ignores them at best.",
                stacklevel=4,
            )
        return tokens

    def _checked_words(self, rows):
        """Texts that were given as a tensor with rows, or a ValueError."""
        if self.words.num_classes is None:
            return self.checked(self.words_name, rows)
        return tf.constant(_checked_tokens(rows, self.words))

    def _field(self, spec):
        return self.words if spec.name == self.words_name else super()._field(spec)


def rows_of(captions, words, tokenizer):
    """Captions that a user gave as an array of tokens or vectors, or a ValueError.

    Args:
        captions: list of strings, or array of tokens or vectors.
        words: `Field` of the captions.
        tokenizer: `Tokenizer`; None for no strings.
    """
    if isinstance(captions, list | tuple) and captions and all(isinstance(text, str) for text in captions):
        if tokenizer is None:
            raise ValueError(
                f"Strings need a `tokenizer`. Received: captions={list(captions[:1])!r:.60} and tokenizer=None"
            )
        return tokenizer(list(captions)).numpy()
    if words.num_classes is not None:
        return _checked_tokens(captions, words)
    rows = np.asarray(captions, np.float32)
    if rows.ndim != 2 or rows.shape[1:] != words.shape or not len(rows) or not np.isfinite(rows).all():
        raise ValueError(
            f"`captions` must be finite vectors of shape {('num_captions', *words.shape)}. "
            f"Received: captions of shape {rows.shape}"
        )
    return rows


def _checked_tokens(rows, words):
    """Tokens as an int32 array `(count, length)`, or a ValueError."""
    try:
        rows = np.asarray(rows)
    except ValueError as error:
        raise ValueError(f"Tokens must be integers (count, length). Received: {rows!r:.80}") from error
    rows = rows[np.newaxis] if rows.ndim == 1 else rows
    is_whole = rows.dtype.kind in "iu" and rows.shape[1:] == words.shape and len(rows)
    if not is_whole or rows.min() < 0 or rows.max() >= words.num_classes:
        received = f" from {rows.min()} to {rows.max()}" if is_whole else ""
        raise ValueError(
            f"Tokens must be integers {('count', *words.shape)} in [0, {words.num_classes}), the vocabulary of the "
            f"model. Received: {rows.dtype} of shape {rows.shape}{received}"
        )
    return rows.astype(np.int32)
