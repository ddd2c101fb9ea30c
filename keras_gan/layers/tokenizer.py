"""Strings to tokens and back."""

import keras
import tensorflow as tf

from keras_gan._arguments import checked, require_choice, require_int

# What the splitting of a level leaves out, by default.
_STANDARDIZE = {"words": "lower_and_strip_punctuation", "characters": None}
_SPLIT = {"words": "whitespace", "characters": "character"}
_SEPARATOR = {"words": " ", "characters": ""}
_STANDARDIZATIONS = ("auto", "lower_and_strip_punctuation", "lower", "strip_punctuation", None)
_END, _UNKNOWN = "", "[UNK]"
_AT_ONCE = 4096


@keras.saving.register_keras_serializable(package="keras_gan")
class Tokenizer(keras.layers.Layer):
    """Turns strings into tokens, and tokens back into strings.

    A model of text that is served with another vocabulary than it was trained with answers nonsense, without an
    error. So one layer makes the tokens for data, models, metrics and the export: it is saved with the model, and it
    works inside a graph. `keras.layers.TextVectorization` splits the strings and looks the parts up; the layer adds
    the way back.

    Token 0 is the end of a text, and fills the places after it. Token 1 stands for what the vocabulary lacks. A text
    with more tokens than `length` is cut; `num_tokens` says how many it has.

    Args:
        vocabulary: tuple of strings, one for each token. The first two are "" and "[UNK]". `Tokenizer.fitted` makes one
            from texts.
        level: "words", separated by white space, or "characters".
        length: int, the tokens of each text, at most.
        standardize: what is done before splitting: "lower", "strip_punctuation", "lower_and_strip_punctuation", or None
            for nothing. "auto" is "lower_and_strip_punctuation" for words, as in Keras, and None for characters.
        name: str, the layer's name.

    Returns:
        For strings `(batch,)`, int32 tokens `(batch, length)` in [0, vocab_size), with nothing but 0 after the first 0.

    Raises:
        ValueError: if an argument is out of its range, a string of the vocabulary comes twice or cannot be found, as a
            capital after "lower", or the input is not strings with one axis.

    Example:
        >>> tokenizer = Tokenizer(("", "[UNK]", "a", "dog", "cat"), level="words", length=4)
        >>> tokens = tokenizer(["A dog!", "a dog, a cat and a bird"])
        >>> tokens.numpy()
        array([[2, 3, 0, 0],
               [2, 3, 2, 4]], dtype=int32)
        >>> tokenizer.decode(tokens).numpy()
        array([b'a dog', b'a dog a cat'], dtype=object)
    """

    def __init__(self, vocabulary, *, level="words", length, standardize="auto", name=None):
        super().__init__(name=name, dtype="int32", autocast=False, trainable=False)
        self.level = require_choice("level", level, tuple(_SPLIT))
        self.length = require_int("length", length)
        self.standardize = require_choice("standardize", standardize, _STANDARDIZATIONS)
        self.vocabulary = _checked_vocabulary(vocabulary)
        options = {"vocabulary": list(self.vocabulary[2:]), "output_sequence_length": self.length}
        self.vectorization = _vectorization(self.level, self.standardize, **options)
        self.supports_jit = False
        # It has no weights.
        self.built = True
        self._require_found()

    @classmethod
    def fitted(cls, texts, *, level="words", length=None, max_tokens=None, standardize="auto", name=None):
        """Make a tokenizer with the vocabulary of some texts.

        The most frequent words or characters have the smallest tokens.

        Args:
            texts: list of strings.
            level: "words" or "characters".
            length: int, the tokens of each text; None for those of the longest text.
            max_tokens: int, the largest vocabulary, with "" and "[UNK]"; None for all that the texts hold.
            standardize: what is done before splitting, as of the class.
            name: str, the layer's name.

        Returns:
            `Tokenizer`.

        Raises:
            ValueError: if an argument is out of its range, or the texts hold nothing.

        Example:
            >>> tokenizer = Tokenizer.fitted(["to be or not to be"], level="words", max_tokens=4)
            >>> tokenizer.vocabulary, tokenizer.vocab_size, tokenizer.length
            (('', '[UNK]', 'to', 'be'), 4, 6)
        """
        texts = _checked_texts("texts", texts)
        level = require_choice("level", level, tuple(_SPLIT))
        standardize = require_choice("standardize", standardize, _STANDARDIZATIONS)
        max_tokens = None if max_tokens is None else require_int("max_tokens", max_tokens, low=3)
        length = None if length is None else require_int("length", length)
        vectorization = _vectorization(level, standardize, max_tokens=max_tokens, ragged=True)
        batches = tf.data.Dataset.from_tensor_slices(texts).batch(_AT_ONCE)
        vectorization.adapt(batches)
        found = [str(token) for token in vectorization.get_vocabulary()[2:] if token not in (_END, _UNKNOWN)]
        if not found:
            raise ValueError(f"The texts hold no {level}. Received: {len(texts)} texts, the first {texts[0]!r:.40}")
        if length is None:
            length = max(int(tf.reduce_max(vectorization(batch).row_lengths())) for batch in batches)
        return cls((_END, _UNKNOWN, *found), level=level, length=length, standardize=standardize, name=name)

    @property
    def vocab_size(self):
        """The number of different tokens, with the end and the unknown."""
        return len(self.vocabulary)

    def __call__(self, inputs, *args, **kwargs):
        """Return the tokens of strings: Keras takes no lists of them."""
        if not isinstance(inputs, keras.KerasTensor):
            inputs = self._strings(inputs)
        return super().__call__(inputs, *args, **kwargs)

    def call(self, inputs):
        """Return the tokens of strings."""
        return tf.cast(self.vectorization(inputs), tf.int32)

    def compute_output_spec(self, inputs):
        """Return int32 (batch, length)."""
        if inputs.dtype != "string":
            raise ValueError(f"A tokenizer takes strings. Received: inputs with dtype={inputs.dtype}")
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), dtype="int32")

    def compute_output_shape(self, input_shape):
        """Return (batch, length)."""
        return (input_shape[0], self.length)

    def decode(self, tokens):
        """Return the strings of tokens.

        Words are separated by one space: what `standardize` left out does not come back.

        Args:
            tokens: int `(batch, length)`, of any length, in [0, vocab_size). What follows the first 0 is left out.

        Returns:
            String tensor `(batch,)`.

        Raises:
            ValueError: if these are not tokens.
        """
        tokens = _checked_tokens(tokens, self.vocab_size)
        with tf.device("CPU:0"):
            before_end = tf.math.cumprod(tf.cast(tokens != 0, tf.int32), axis=1)
            parts = tf.gather(tf.constant(self.vocabulary), tokens * before_end)
            joined = tf.strings.reduce_join(parts, axis=1, separator=_SEPARATOR[self.level])
            return tf.strings.strip(joined) if self.level == "words" else joined

    def num_tokens(self, strings):
        """Return how many tokens strings have before they are cut.

        Args:
            strings: list, array or tensor of strings, `(batch,)`.

        Returns:
            int32 `(batch,)`, at least 0.
        """
        # A vocabulary does not change how a text is split.
        ragged = _vectorization(self.level, self.standardize, vocabulary=["a"], ragged=True)
        return tf.cast(ragged(self._strings(strings)).row_lengths(), tf.int32)

    def get_config(self):
        """Return the constructor's arguments."""
        return {name: getattr(self, name) for name in ("vocabulary", "level", "length", "standardize", "name")}

    def _strings(self, inputs):
        try:
            strings = tf.convert_to_tensor(inputs)
        except (TypeError, ValueError):
            strings = None
        if strings is None or strings.dtype != tf.string or strings.shape.rank != 1:
            kind = "" if strings is None else f", shape={tuple(strings.shape)}, dtype={strings.dtype.name}"
            raise ValueError(
                "A tokenizer takes a list, an array or a tensor of strings with one axis, such as "
                f'["a dog", "a cat"]. Received: {type(inputs).__name__}{kind}'
            )
        return strings

    def _require_found(self):
        """Raise a ValueError if a string of the vocabulary has another token than its own, or several."""
        with tf.init_scope():
            known = self.vocabulary[2:]
            counts = self.num_tokens(known).numpy()
            tokens = self.vectorization(tf.constant(known)).numpy()[:, 0]
        for place, (word, count, token) in enumerate(zip(known, counts, tokens, strict=True), start=2):
            if count != 1 or token != place:
                raise ValueError(
                    f"No text has this string of the vocabulary as one of its {self.level}: splitting or "
                    f"standardisation changes it. Leave it out, or change `standardize` or `level`. Received: "
                    f"vocabulary[{place}]={word!r}, level={self.level!r}, standardize={self.standardize!r}"
                )


def _vectorization(level, standardize, **options):
    standardize = _STANDARDIZE[level] if standardize == "auto" else standardize
    return keras.layers.TextVectorization(standardize=standardize, split=_SPLIT[level], **options)


def _checked_vocabulary(vocabulary):
    is_tuple = isinstance(vocabulary, tuple | list) and all(isinstance(word, str) for word in vocabulary)
    if not is_tuple or tuple(vocabulary[:2]) != (_END, _UNKNOWN) or len(vocabulary) < 3:
        shown = vocabulary[:5] if isinstance(vocabulary, tuple | list) else vocabulary
        raise ValueError(
            '`vocabulary` must be a tuple of strings that begins with "" and "[UNK]", such as ("", "[UNK]", "a", '
            f'"dog"). `Tokenizer.fitted(texts)` makes one. Received: vocabulary={shown!r:.80}'
        )
    if len(set(vocabulary)) < len(vocabulary):
        twice = next(word for place, word in enumerate(vocabulary) if word in vocabulary[:place])
        raise ValueError(f"Each string of `vocabulary` must be another. Received: {twice!r} more than once")
    return tuple(vocabulary)


def _checked_texts(name, texts):
    is_list = isinstance(texts, list | tuple) and all(isinstance(text, str) for text in texts)
    if not is_list or not texts:
        raise ValueError(f'`{name}` must be a list of strings, such as ["a dog"]. Received: {name}={texts!r:.80}')
    return list(texts)


def _checked_tokens(tokens, vocab_size):
    try:
        tokens = tf.convert_to_tensor(tokens)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Tokens must be integers (batch, length). Received: {type(tokens).__name__}") from error
    if not tokens.dtype.is_integer or tokens.shape.rank != 2:
        raise ValueError(
            "Tokens must be integers (batch, length). "
            f"Received: tokens with shape={tuple(tokens.shape)}, dtype={tokens.dtype.name}"
        )
    tokens = tf.cast(tokens, tf.int32)
    lowest, highest = tf.reduce_min(tokens), tf.reduce_max(tokens)
    are_known = tf.logical_and(lowest >= 0, highest < vocab_size)
    words = f"Tokens must be in [0, {vocab_size}), the vocabulary of this tokenizer."
    return checked(tokens, are_known, words, {"smallest": lowest, "largest": highest})
