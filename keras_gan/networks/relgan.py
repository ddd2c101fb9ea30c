"""The networks of RelGAN."""

import keras
from keras import layers

from keras_gan._arguments import require_bool, require_channels_last, require_choice, require_int, require_number
from keras_gan.layers import RelationalMemoryCell, TokenDecoder
from keras_gan.networks._text_stages import filters_for, highway

_FILTERS = {2: 300, 3: 300, 4: 300, 5: 300}


def relgan(
    *,
    vocab_size,
    length,
    cell="memory",
    width=512,
    num_heads=2,
    memory_slots=1,
    embedding_dim=32,
    representations=64,
    filters=None,
    features=100,
    dropout=0.25,
    ends=True,
):
    """A relational memory that writes text, and a discriminator that looks at it in many ways.

        generator:      tokens -> embedding -> relational memory, or LSTM -> Dense(vocab_size) at each place
        discriminator:  rows -> Dense(representations) at each place -> for each representation:
                        for each size: convolution, ReLU, maximum over the places -> highway -> dropout
                        -> Dense(features) -> Dense(1)

    A row holds the share of each token at a place: a one and zeros in a real text. The discriminator maps each row to
    `representations` numbers, and judges the course of each number through the text by itself, with the same weights.
    Each judgement has its own logit, so that the generator gets many. Nie et al. 2019 (ICLR,
    https://openreview.net/forum?id=rJedV3R5tm), section 2, and the authors' code, which has the default sizes; with
    `cell="lstm"` its LSTM has a width of 32.

    Differences from that code: layer normalisation in the memory is of each row by itself, as in Santoro et al. 2018
    (arXiv 1806.01822); weights start as they do in Keras; and a representation is one number for each token, the only
    size that the experiments have.

    Args:
        vocab_size: int, how many tokens there are.
        length: int, tokens in a text.
        cell: "memory" for `keras_gan.layers.RelationalMemoryCell`, or "lstm".
        width: int, size of a row of the memory, a multiple of `num_heads`; or units of the LSTM.
        num_heads: int, heads of the attention in the memory.
        memory_slots: int, rows of the memory.
        embedding_dim: int, size of the generator's embeddings.
        representations: int, in how many ways the discriminator looks at a text.
        filters: dict of how many tokens a filter sees to the number of such filters; None for the published ones that
            fit into `length`.
        features: int, width of the discriminator's last layer but one.
        dropout: float, share of the features that the discriminator's dropout drops.
        ends: bool, whether the token 0 ends a text; see `keras_gan.layers.TokenDecoder`.

    Returns:
        Two `keras.Model`: the generator, from int32 tokens `(batch, length)` to the float32 logits of each place,
        `(batch, length, vocab_size)`, each given the tokens before; and the discriminator, from rows
        `(batch, length, vocab_size)` to float32 logits `(batch, representations, 1)`.

    Raises:
        ValueError: if a size is not a positive integer, `width` is no multiple of `num_heads`, or a filter does not fit
            into a text.

    Example:
        >>> generator, discriminator = relgan(vocab_size=30, length=12, width=8, representations=4, filters={2: 8})
        >>> generator.output_shape, discriminator.output_shape
        ((None, 12, 30), (None, 4, 1))
    """
    require_channels_last()
    vocab_size, length = require_int("vocab_size", vocab_size, low=2), require_int("length", length)
    is_memory = require_choice("cell", cell, ("memory", "lstm")) == "memory"
    make = _memory if is_memory else _lstm
    cell = make(require_int("width", width), require_int("num_heads", num_heads), memory_slots)
    embedding_dim, ends = require_int("embedding_dim", embedding_dim), require_bool("ends", ends)
    decoder = TokenDecoder(cell, vocab_size, embedding_dim, ends=ends, name="decoder")
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    generator = keras.Model(tokens, decoder(tokens), name="relgan_generator")
    filters = filters_for(length, _FILTERS if filters is None else filters, is_given=filters is not None)
    representations, features = require_int("representations", representations), require_int("features", features)
    rows = keras.Input((length, vocab_size), name="rows")
    x = layers.Dense(representations, use_bias=False, name="representations")(rows)
    x = layers.Reshape((length, representations, 1), name="one_by_one")(x)
    found = [_found(x, size, number) for size, number in filters.items()]
    x = highway(layers.Concatenate(name="found")(found) if len(found) > 1 else found[0])
    x = layers.Dropout(require_number("dropout", dropout, low=0.0, high=0.99), name="dropout")(x)
    x = layers.Dense(features, name="features")(x)
    logits = layers.Dense(1, dtype="float32", name="logits")(x)
    return generator, keras.Model(rows, logits, name="relgan_discriminator")


def _found(x, size, number):
    """What filters of a size find in each representation, at its largest: `(batch, representations, number)`."""
    maps = layers.Conv2D(number, (size, 1), activation="relu", name=f"filters_of_{size}")(x)
    pooled = layers.MaxPooling2D((maps.shape[1], 1), name=f"maximum_of_{size}")(maps)
    return layers.Reshape(pooled.shape[2:], name=f"found_of_{size}")(pooled)


def _memory(width, num_heads, memory_slots):
    if width % num_heads:
        raise ValueError(
            "`width` must be a multiple of `num_heads`, because each head of the attention has an equal part of a row. "
            f"Received: width={width}, num_heads={num_heads}"
        )
    return RelationalMemoryCell(width // num_heads, num_heads, memory_slots=memory_slots, name="relational_memory")


def _lstm(width, *_):
    return layers.LSTMCell(width, name="lstm_cell")
