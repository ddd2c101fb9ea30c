"""A distribution of texts that is known exactly."""

import keras
from keras import layers

from keras_gan._arguments import require_channels_last, require_int, require_seed
from keras_gan.layers import TokenDecoder


def text_oracle(*, vocab_size, length, width=32, embedding_dim=32, seed=0):
    """An LSTM of random weights: a known distribution of texts, to measure other models of text by.

    Of real text nobody knows the distribution, so a good text that is not in the data looks like a bad one. Here all
    weights are drawn from N(0, 1) and stay as they are. Texts drawn from the network are the data, and its likelihood
    of what another model writes says how good that is. Yu et al. 2016 (arXiv 1609.05473), section 4.1, where
    `vocab_size=5000` and `length=20`.

        oracle = keras_gan.LanguageModel(keras_gan.networks.text_oracle(vocab_size=5000, length=20))
        texts = oracle.generate(10_000, seed=0)
        nll_of_oracle = -oracle.log_likelihood(model.generate(10_000, seed=0)).mean()
        nll_of_model = -model.log_likelihood(oracle.generate(10_000, seed=1)).mean()

    The first measures quality and the second diversity: a model that always writes one good text has the best first and
    the worst second. A token 0 is a token like any other here.

    Args:
        vocab_size: int, how many tokens there are.
        length: int, tokens in a text.
        width: int, units of the LSTM.
        embedding_dim: int, size of the embeddings.
        seed: int, for the weights.

    Returns:
        keras.Model from int32 tokens `(batch, length)` to the float32 logits of each place,
        `(batch, length, vocab_size)`.

    Raises:
        ValueError: if a size is not a positive integer.

    Example:
        >>> text_oracle(vocab_size=30, length=12).output_shape
        (None, 12, 30)
    """
    require_channels_last()
    vocab_size, length = require_int("vocab_size", vocab_size, low=2), require_int("length", length)
    # A seed for each weight: two of one shape would be equal.
    seeds = iter(range(6 * require_seed(seed), 6 * seed + 6))

    def normal():
        return keras.initializers.RandomNormal(stddev=1.0, seed=next(seeds))

    cell = layers.LSTMCell(
        require_int("width", width),
        kernel_initializer=normal(),
        recurrent_initializer=normal(),
        bias_initializer=normal(),
        unit_forget_bias=False,
        name="lstm_cell",
    )
    decoder = TokenDecoder(
        cell,
        vocab_size,
        require_int("embedding_dim", embedding_dim),
        ends=False,
        embeddings_initializer=normal(),
        kernel_initializer=normal(),
        bias_initializer=normal(),
        name="decoder",
    )
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    return keras.Model(tokens, decoder(tokens), name="text_oracle")
