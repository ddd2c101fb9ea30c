"""From texts to batches of tokens."""

import warnings
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from keras_gan._arguments import did_you_mean, require_choice
from keras_gan._identity import identity, identity_of_strings
from keras_gan.data._image_files import counted
from keras_gan.data._reading import as_dataset, require_place
from keras_gan.data._stream import endless, one_pass, shuffled
from keras_gan.data._texts import Parts, Texts, read_parts
from keras_gan.data.source import outside
from keras_gan.layers import Tokenizer

_LEVELS = ("words", "characters")
_UNIT = {"words": "line", "characters": "window"}
_AT_ONCE = 4096


def load_text(
    source,
    *,
    tokenizer: str | Tokenizer = "words",
    unit: str = "auto",
    length: int | None = None,
    max_tokens: int | None = None,
    split: str | None = None,
    batch_size: int = 64,
    seed: int = 0,
    start_step: int = 0,
) -> tf.data.Dataset:
    """Return endless batches of tokens, each a dict of "tokens".

    A text is a line of a file, or a window of `length` tokens that begins anywhere in a long text. All that `load`
    promises holds here: the order and the windows are functions of the seed and the step, each line comes once in an
    epoch, and `start_step` and `from_step` resume bit for bit. Of a long text, an epoch has one window for each stretch
    of `length` tokens, which begins at a random place in it. The texts are read once and kept in memory as tokens.

    A tenth of a source without a split "test" of its own is held out for it: of lines, a tenth of the different ones,
    so that no line is in both; of long texts, the last tenth of each. Every split has the vocabulary of the part that
    is trained on.

    Args:
        source: path of a file of text in UTF-8; of a folder of such files (.txt), perhaps in the sub-folders of their
            splits ("train", "test", ...); or a list of strings.
        tokenizer: "words" or "characters", to make the vocabulary from the texts; or a `keras_gan.layers.Tokenizer`,
            such as that of the training data.
        unit: "line" for a text in each line of a file, or each string of a list; "window" for windows of the long text
            in each of them. "auto" is "line" for words and "window" for characters.
        length: tokens of each text. Longer lines are cut, and shorter ones followed by 0. None for those of the longest
            line. A given tokenizer has its own.
        max_tokens: the largest vocabulary; None for all that the texts hold.
        split: "train", "test" or "all"; or the name of the sub-folder of a split. None is "train" of a folder with
            splits of its own, and "all" of others.
        batch_size: texts in a batch; at most their number.
        seed: seed of the order and of the windows.
        start_step: the step of the first batch.

    Returns:
        A `tf.data.Dataset` of dicts: "tokens", int32 (batch_size, length) in [0, vocab_size). It has the attributes
        `tokenizer`; `steps_per_epoch` (N // batch_size); `num_texts` (N lines or stretches); `num_cut`, lines that are
        cut; `num_unknown`, tokens that the vocabulary lacks; `split`; `num_held_out`, the texts that this split leaves
        for "test"; `sample_shape`; `one_pass`, a function that returns batches of every line or stretch once; and
        `from_step`, as the data set of `load`.

    Raises:
        FileNotFoundError: if there is no such file or folder.
        OSError: if the computer cannot read a file.
        ValueError: if an argument is out of its range; a file is no text, or holds none; or there are fewer texts than
            a batch.

    Warns:
        UserWarning: if something is left out, cut or unknown. The warning counts it and names an example.

    Example:
        >>> from keras_gan import data
        >>> lines = data.load_text(["a dog", "a red dog", "two cats"], batch_size=3)
        >>> lines.tokenizer.vocabulary[:4], lines.num_texts
        (('', '[UNK]', 'dog', 'a'), 3)
        >>> batch = next(iter(lines))
        >>> sorted(lines.tokenizer.decode(batch["tokens"]).numpy().tolist())
        [b'a dog', b'a red dog', b'two cats']
        >>> windows = data.load_text(["To be, or not to be."], tokenizer="characters", length=5, batch_size=2)
        >>> next(iter(windows))["tokens"].shape, windows.num_texts
        (TensorShape([2, 5]), 4)
    """
    require_place(batch_size, seed, start_step, split)
    level = _level_of(tokenizer, length, max_tokens)
    unit = require_choice("unit", unit, ("auto", "line", "window"))
    unit = _UNIT[level] if unit == "auto" else unit
    parts = read_parts(source, split, unit)
    tokenizer = _as_tokenizer(tokenizer, parts.train, unit, length, max_tokens)
    rows = _rows_of(parts.texts, tokenizer, unit)
    _require_enough(rows, parts, batch_size, unit)
    num_unknown = int(np.sum(rows.tokens == 1))
    for note in (*rows.notes, *_notes_on_unknown(num_unknown, rows, parts.texts, tokenizer)):
        warnings.warn(note, stacklevel=outside())
    stream = TokenStream(rows, tokenizer.length, batch_size, seed)
    return as_dataset(
        stream,
        start_step,
        tokenizer=tokenizer,
        split=parts.split,
        num_texts=len(stream),
        num_held_out=len(_rows_of(parts.held_out, tokenizer, unit).starts),
        num_cut=rows.num_cut,
        num_unknown=num_unknown,
        sample_shape=(tokenizer.length,),
        identity={
            **identity([rows.starts, *(stream.plain([row]) for row in (0, len(stream) - 1))]),
            "seed": seed,
            "unit": unit,
            "vocabulary": identity_of_strings(tokenizer.vocabulary),
            **parts.about,
        },
    )


class Rows(NamedTuple):
    """The tokens of texts, one after another in one array.

    Attributes:
        tokens: int32 `(total,)`.
        starts: int64 `(num_texts,)`, where each text or stretch begins.
        slacks: int64 `(num_texts,)`, how much later its window may begin.
        num_cut: how many texts are cut.
        notes: what to warn of, a list of str.
    """

    tokens: np.ndarray
    starts: np.ndarray
    slacks: np.ndarray
    num_cut: int
    notes: list[str]


class TokenStream:
    """Maps a step to its batch of tokens: a pure function of (seed, step), as `Stream` for images.

    Args:
        rows: `Rows`, the tokens.
        length: tokens of each text.
        batch_size: texts in a batch.
        seed: seed of the order and of the windows.
    """

    def __init__(self, rows: Rows, length: int, batch_size: int, seed: int):
        self.batch_size, self.length = batch_size, length
        # tf.data runs on the host: what is on the accelerator would be copied back for every batch.
        with tf.device("CPU:0"):
            self.seed = tf.constant(seed, tf.int64)
            self.tokens = tf.constant(rows.tokens, tf.int32)
            self.starts, self.slacks = tf.constant(rows.starts, tf.int64), tf.constant(rows.slacks, tf.int64)

    def __len__(self) -> int:
        """How many texts make an epoch."""
        return len(self.starts)

    def dataset(self, start_step: int) -> tf.data.Dataset:
        """Return the batches from `start_step` on."""
        return endless(self.batch, start_step, self.batch_size)

    def one_pass(self) -> tf.data.Dataset:
        """Return batches of every line or stretch once, in their order; the last may be smaller."""
        return one_pass(lambda numbers: {"tokens": self.plain(numbers)}, len(self), self.batch_size)

    def batch(self, step: tf.Tensor) -> dict:
        """Return the texts of one step."""
        numbers = shuffled(step, batch_size=self.batch_size, count=len(self), seed=self.seed)
        # Negative second seeds: those of the order are not. float64 holds every place of a long text.
        second = tf.stack([self.seed, -1 - step])
        draws = tf.random.stateless_uniform((self.batch_size,), second, dtype=tf.float64, alg="philox")
        slacks = tf.cast(tf.gather(self.slacks, numbers) + 1, tf.float64)
        return {"tokens": self._from(tf.gather(self.starts, numbers) + tf.cast(draws * slacks, tf.int64))}

    def plain(self, numbers) -> tf.Tensor:
        """Return texts by their numbers, with windows that begin where their stretches do."""
        return self._from(tf.gather(self.starts, numbers))

    def _from(self, starts: tf.Tensor) -> tf.Tensor:
        return tf.gather(self.tokens, starts[:, None] + tf.range(self.length, dtype=tf.int64))


def _level_of(tokenizer, length, max_tokens) -> str:
    if not isinstance(tokenizer, Tokenizer):
        if not isinstance(tokenizer, str) or tokenizer not in _LEVELS:
            raise ValueError(
                "`tokenizer` must be 'words', 'characters' or a `keras_gan.layers.Tokenizer`."
                f"{did_you_mean(tokenizer, _LEVELS)} Received: tokenizer={tokenizer!r:.80}"
            )
        return tokenizer
    if length is not None or max_tokens is not None:
        raise ValueError(
            "A tokenizer has its own length and vocabulary: leave `length` and `max_tokens` out. "
            f"Received: length={length!r}, max_tokens={max_tokens!r}, tokenizer={tokenizer!r}"
        )
    return tokenizer.level


def _as_tokenizer(tokenizer, texts: Texts, unit: str, length, max_tokens) -> Tokenizer:
    if isinstance(tokenizer, Tokenizer):
        return tokenizer
    if unit == "window" and length is None:
        raise ValueError("A window needs a `length`, such as length=32. Received: length=None, unit='window'")
    return Tokenizer.fitted(texts.strings, level=tokenizer, length=length, max_tokens=max_tokens)


def _rows_of(texts: Texts, tokenizer: Tokenizer, unit: str) -> Rows:
    return (_lines if unit == "line" else _windows)(texts, tokenizer)


def _lines(texts: Texts, tokenizer: Tokenizer) -> Rows:
    """The tokens of texts that are cut, or followed by 0."""
    counts = np.concatenate([np.zeros(0, np.int32), *map(tokenizer.num_tokens, _some_at_once(texts.strings))])
    tokens = [np.zeros((0, tokenizer.length), np.int32), *map(tokenizer, _some_at_once(texts.strings))]
    tokens = np.concatenate(tokens)[counts > 0]
    notes = []
    if empty := np.flatnonzero(counts == 0).tolist():
        notes.append(f"Left out {counted(empty, 'text')} without {tokenizer.level}, such as {texts.place(empty[0])}.")
    cut = np.flatnonzero(counts > tokenizer.length).tolist()
    if cut:
        longest = int(np.argmax(counts))
        notes.append(
            f"{len(cut):,} of {len(tokens):,} texts have more than {tokenizer.length} {tokenizer.level} and are cut. "
            f"The longest, {texts.place(longest)}, has {counts[longest]:,}."
        )
    starts = tokenizer.length * np.arange(len(tokens))
    return Rows(tokens.reshape(-1), starts, np.zeros_like(starts), len(cut), notes)


def _windows(texts: Texts, tokenizer: Tokenizer) -> Rows:
    """The tokens of long texts, one after another, and where their stretches begin."""
    length, tokens, starts, slacks, short = tokenizer.length, [], [], [], []
    counts = [int(count) for part in _some_at_once(texts.strings) for count in tokenizer.num_tokens(part)]
    whole = Tokenizer(**{**tokenizer.get_config(), "length": max([1, *counts])})
    begin = 0
    for row, (text, count) in enumerate(zip(texts.strings, counts, strict=True)):
        if count < length:
            short.append(row)
            continue
        tokens.append(whole([text]).numpy()[0, :count])
        places = length * np.arange(count // length)
        starts.append(begin + places)
        # The last window ends with its text.
        slacks.append(np.minimum(length - 1, count - length - places))
        begin += count
    notes = []
    if short:
        notes.append(
            f"Left out {counted(short, 'text')} with fewer than {length} {tokenizer.level}, such as "
            f"{texts.place(short[0])}."
        )
    none = np.zeros(0, np.int64)
    return Rows(*(np.concatenate([none, *parts]) for parts in (tokens, starts, slacks)), 0, notes)


def _some_at_once(strings: list[str]) -> Iterator[list[str]]:
    yield from (strings[start : start + _AT_ONCE] for start in range(0, len(strings), _AT_ONCE))


def _notes_on_unknown(num_unknown: int, rows: Rows, texts: Texts, tokenizer: Tokenizer) -> list[str]:
    if not num_unknown:
        return []
    complete = Tokenizer.fitted(texts.strings, level=tokenizer.level, length=1, standardize=tokenizer.standardize)
    known = set(tokenizer.vocabulary)
    unknown = [token for token in complete.vocabulary if token not in known]
    examples = ", ".join(map(repr, unknown[:3])) + ", ..." * (len(unknown) > 3)
    total = int(np.sum(rows.tokens != 0))
    share = f"{num_unknown:,} of {total:,} {tokenizer.level} ({num_unknown / total:.2%})"
    return [f'The vocabulary lacks {share}, which become "[UNK]": {examples}']


def _require_enough(rows: Rows, parts: Parts, batch_size: int, unit: str) -> None:
    if len(rows.starts) < batch_size:
        what = "texts" if unit == "line" else "windows"
        left_out = "".join(f" {note}" for note in rows.notes)
        raise ValueError(
            f'The split "{parts.split}" has {len(rows.starts)} {what}, fewer than one batch.{left_out} Pass '
            f"`batch_size={len(rows.starts)}` or less, or give more text. Received: batch_size={batch_size}"
        )
