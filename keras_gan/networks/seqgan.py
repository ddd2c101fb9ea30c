"""The networks of SeqGAN."""

import keras
from keras import layers

from keras_gan._arguments import require_bool, require_channels_last, require_int, require_number
from keras_gan.layers import TokenDecoder
from keras_gan.networks._text_stages import filters_for, highway, pooled_convolutions

# Of the authors' code: how many tokens a filter sees, and how many filters there are.
_FILTERS = {1: 100, 2: 200, 3: 200, 4: 200, 5: 200, 6: 100, 7: 100, 8: 100, 9: 100, 10: 100, 15: 160, 20: 160}


def seqgan(
    *,
    vocab_size,
    length,
    width=32,
    embedding_dim=32,
    judge_embedding_dim=64,
    filters=None,
    dropout=0.25,
    ends=True,
):
    """An LSTM that writes text, and a convolutional network that judges it.

        generator:      tokens -> embedding -> LSTM -> Dense(vocab_size) at each place
        discriminator:  tokens -> embedding -> for each size: convolution, ReLU, maximum over the places
                        -> highway -> dropout -> Dense(1)

    with the highway t g + (1 - t) x, t = sigmoid(W x + b) and g = ReLU(V x + c) of Srivastava et al. 2015 (arXiv
    1505.00387). Yu et al. 2016 (arXiv 1609.05473), and the authors' code, which has the default sizes. A step of
    `SeqGAN` judges thousands of texts: on a CPU, a tenth of the filters make it many times as fast.

    Differences from that code: weights start as they do in Keras, with a bias of 1 in the forget gate; and one logit
    stands for the difference of the authors' two. Their penalty of its weights, 0.1 (|v|^2 + |w|^2), is at least
    0.05 |w - v|^2, which is the penalty here.

    Args:
        vocab_size: int, how many tokens there are.
        length: int, tokens in a text.
        width: int, units of the LSTM.
        embedding_dim: int, size of the generator's embeddings.
        judge_embedding_dim: int, size of the discriminator's embeddings.
        filters: dict of how many tokens a filter sees to the number of such filters; None for the published ones that
            fit into `length`.
        dropout: float, share of the features that the discriminator's dropout drops.
        ends: bool, whether the token 0 ends a text; see `keras_gan.layers.TokenDecoder`.

    Returns:
        Two `keras.Model`: the generator, from int32 tokens `(batch, length)` to the float32 logits of each place,
        `(batch, length, vocab_size)`, each given the tokens before; and the discriminator, from tokens to float32
        logits `(batch, 1)`.

    Raises:
        ValueError: if a size is not a positive integer, or a filter does not fit into a text.

    Example:
        >>> generator, discriminator = seqgan(vocab_size=5000, length=20)
        >>> generator.count_params(), generator.output_shape, discriminator.output_shape
        (333320, (None, 20, 5000), (None, 1))
    """
    require_channels_last()
    vocab_size, length = require_int("vocab_size", vocab_size, low=2), require_int("length", length)
    cell = layers.LSTMCell(require_int("width", width), name="lstm_cell")
    ends = require_bool("ends", ends)
    decoder = TokenDecoder(cell, vocab_size, require_int("embedding_dim", embedding_dim), ends=ends, name="decoder")
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    generator = keras.Model(tokens, decoder(tokens), name="seqgan_generator")
    filters = filters_for(length, _FILTERS if filters is None else filters, is_given=filters is not None)
    dropout = require_number("dropout", dropout, low=0.0, high=0.99)
    embedding = layers.Embedding(vocab_size, require_int("judge_embedding_dim", judge_embedding_dim), name="embedding")
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    x = highway(pooled_convolutions(embedding(tokens), filters))
    x = layers.Dropout(dropout, name="dropout")(x)
    decay = {"kernel_regularizer": keras.regularizers.L2(0.05), "bias_regularizer": keras.regularizers.L2(0.05)}
    logits = layers.Dense(1, **decay, dtype="float32", name="logits")(x)
    return generator, keras.Model(tokens, logits, name="seqgan_discriminator")
