"""Encoders of sentences: from tokens to one vector."""

import keras
from keras import layers

from keras_gan._arguments import require_channels_last, require_choice, require_int
from keras_gan.networks._transformer import Positions, transformer_block

_KINDS = ("gru", "transformer", "bag")


def text_encoder(*, vocab_size, length, text_dim=128, kind="gru", width=64, blocks=2, heads=4):
    """Encoder of sentences, from tokens to one vector.

    A model that draws pictures from text needs vectors in which sentences that mean other pictures differ. Such a
    vector is learnt from pictures with their captions (`TextToImage(..., image_encoder=...)`), not by the game.

        gru:          Embedding -> GRU of text_dim units, its state after the last word
        transformer:  Embedding + positions -> blocks -> norm -> mean over the places -> Dense
        bag:          Embedding -> mean over the words -> Dense; blind to the order of the words

    Reed et al. 2016 (arXiv 1605.05396) encode characters with convolutions and a recurrent layer; this is smaller, for
    words. In "gru" and "bag", token 0, the end and the padding, counts for nothing; the mean of no words is 0.

    Args:
        vocab_size: int, the number of different tokens, such as `Tokenizer.vocab_size`.
        length: int, the tokens of a text, such as `Tokenizer.length`.
        text_dim: int, the size of the vector.
        kind: "gru", "transformer" or "bag".
        width: int, the size of the embedding of a token.
        blocks: int, the number of blocks of a transformer.
        heads: int, the heads of its attention; must divide `width`.

    Returns:
        `keras.Model` from int32 "tokens" `(batch, length)` in [0, vocab_size) to float32 vectors `(batch, text_dim)`.

    Raises:
        ValueError: if a size is not a positive integer, `kind` is unknown, or the heads do not divide the width.

    Example:
        >>> import numpy as np
        >>> encoder = text_encoder(vocab_size=30, length=6, text_dim=16, width=8)
        >>> padded, longer = np.array([[5, 7, 0, 0, 0, 0]]), np.array([[5, 7, 9, 0, 0, 0]])
        >>> encoder(padded).shape, bool((encoder(padded) == encoder(longer)).numpy().all())
        (TensorShape([1, 16]), False)
    """
    require_channels_last()
    vocab_size, length = require_int("vocab_size", vocab_size, low=2), require_int("length", length)
    text_dim, width = require_int("text_dim", text_dim), require_int("width", width)
    blocks, heads = require_int("blocks", blocks), require_int("heads", heads)
    require_choice("kind", kind, _KINDS)
    if kind == "transformer" and width % heads:
        raise ValueError(f"The heads must divide the width. Received: width={width}, heads={heads}")
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    x = layers.Embedding(vocab_size, width, mask_zero=kind != "transformer", name="embedding")(tokens)
    # float32: the vectors do not follow a mixed policy.
    if kind == "gru":
        x = layers.GRU(text_dim, dtype="float32", name="gru")(x)
        return keras.Model(tokens, x, name="text_encoder")
    if kind == "transformer":
        x = Positions(name="positions")(x)
        for i in range(blocks):
            x = transformer_block(x, heads, f"block_{i}")
        x = layers.RMSNormalization(name="norm")(x)
    x = (MeanOfWords if kind == "bag" else layers.GlobalAveragePooling1D)(name="mean")(x)
    x = layers.Dense(text_dim, dtype="float32", name="text")(x)
    return keras.Model(tokens, x, name="text_encoder")


@keras.saving.register_keras_serializable(package="keras_gan")
class MeanOfWords(layers.Layer):
    """The mean over the places that are not masked, and 0 where all are.

    That is `keras.layers.GlobalAveragePooling1D` but for a text without words, which divides 0 by 0 there.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        """Return one vector for each text."""
        if mask is None:
            return keras.ops.mean(inputs, axis=1)
        is_word = keras.ops.expand_dims(keras.ops.cast(mask, inputs.dtype), -1)
        return keras.ops.sum(inputs * is_word, axis=1) / keras.ops.maximum(keras.ops.sum(is_word, axis=1), 1.0)

    def compute_mask(self, inputs, previous_mask):  # noqa: ARG002
        """Return None: no places are left."""
        return

    def compute_output_shape(self, input_shape):
        """Return the shape without the places."""
        return (input_shape[0], input_shape[-1])
