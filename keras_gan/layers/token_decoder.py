"""A layer that reads and writes text, one token after another."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_bool, require_int

# The token that a text begins after, and that ends it.
END = 0
# Of a place whose token is not given.
FREE = -1


@keras.saving.register_keras_serializable(package="keras_gan")
class TokenDecoder(keras.layers.Layer):
    """A distribution of texts: that of each token depends on all tokens before it.

    With the tokens x_1 to x_T, their embeddings E, a recurrent cell and its states h:

        p(x) = product over t of softmax(W o_t + b)[x_t],   o_t, h_t = cell(E[x_{t-1}], h_{t-1}),   x_0 = 0

    The call reads a text and returns the logits W o_t + b of all its places in one pass ("teacher forcing"). `generate`
    writes texts with the same weights, each token from the logits that the tokens before it lead to.

    The token 0 ends a text: all that follows is 0, with probability 1. Data of plain numbers, in which 0 is a token as
    all others, have `ends=False`.

    Args:
        cell: Keras cell such as `keras.layers.LSTMCell`, or a list of them; it maps vectors to vectors.
        vocab_size: int, how many tokens there are, at least 2.
        embedding_dim: int, the size of E[x].
        ends: bool, whether 0 ends a text.
        embeddings_initializer: initializer of E.
        kernel_initializer: initializer of W.
        bias_initializer: initializer of b.

    Returns:
        float32 logits `(batch, length, vocab_size)`, for int32 tokens `(batch, length)` in [0, vocab_size).

    Raises:
        ValueError: if an argument is out of range, or `cell` is no cell.

    Example:
        >>> import tensorflow as tf
        >>> decoder = TokenDecoder(keras.layers.LSTMCell(4), vocab_size=5, embedding_dim=3)
        >>> decoder(tf.constant([[1, 4, 0]])).shape
        TensorShape([1, 3, 5])
        >>> most_likely = lambda logits, place: tf.argmax(logits, axis=-1, output_type=tf.int32)
        >>> decoder.generate(most_likely, given=tf.constant([[3, -1, -1]]))[0, 0].numpy() == 3  # -1: it may choose
        np.True_
    """

    def __init__(
        self,
        cell,
        vocab_size,
        embedding_dim,
        *,
        ends=True,
        embeddings_initializer="uniform",
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.rnn = keras.layers.RNN(_require_cell(cell), return_sequences=True, dtype=self.dtype_policy, name="rnn")
        self.cell = self.rnn.cell
        self.vocab_size = require_int("vocab_size", vocab_size, low=2)
        self.embedding_dim = require_int("embedding_dim", embedding_dim)
        self.ends = require_bool("ends", ends)
        self.embedding = keras.layers.Embedding(
            self.vocab_size,
            self.embedding_dim,
            embeddings_initializer=embeddings_initializer,
            dtype=self.dtype_policy,
            name="embedding",
        )
        # float32: the logarithm of a small probability needs the digits.
        self.head = keras.layers.Dense(
            self.vocab_size,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            dtype="float32",
            name="head",
        )

    def build(self, input_shape):
        """Make the weights."""
        self.embedding.build(input_shape)
        self.rnn.build((*input_shape, self.embedding_dim))
        self.head.build((*input_shape, self.rnn.cell.output_size))

    def call(self, tokens, training=False):
        """The logits of every place of given texts."""
        tokens = tf.cast(tokens, tf.int32)
        before = tf.pad(tokens[:, :-1], [(0, 0), (1, 0)], constant_values=END)
        return self.head(self.rnn(self.embedding(before), training=training))

    def generate(self, choose, given):
        """Write texts.

        Args:
            choose: function of the logits of a place, float32 `(batch, vocab_size)`, and of its number, an int32
                scalar; it returns the tokens, int32 `(batch,)`.
            given: int32 `(batch, length)`: the tokens that are given, and -1 where one is to be chosen.

        Returns:
            int32 tensor `(batch, length)`, without a gradient.
        """
        given = tf.convert_to_tensor(given, tf.int32)
        length, rows = given.shape[1], tf.shape(given)[0] if given.shape[0] is None else given.shape[0]
        there = tf.transpose(given)
        states = tf.nest.map_structure(tf.convert_to_tensor, self.cell.get_initial_state(batch_size=rows))
        written = tf.TensorArray(tf.int32, length, element_shape=(given.shape[0],))

        def write_one(place, before, has_ended, states, written):
            outputs, states = self.cell(self.embedding(before), states, training=False)
            chosen = choose(self.head(outputs), place)
            token = tf.where(there[place] == FREE, chosen, there[place])
            token = tf.where(has_ended, END, token)
            has_ended = has_ended | ((token == END) & self.ends)
            return place + 1, token, has_ended, states, written.write(place, token)

        first = tf.constant(0), tf.fill((rows,), END), tf.fill((rows,), False), states, written
        *_, written = tf.while_loop(lambda place, *_: place < length, write_one, first, maximum_iterations=length)
        return tf.ensure_shape(tf.transpose(written.stack()), given.shape)

    def counted(self, tokens):
        """Which places of some texts count: those up to the end, which counts itself.

        Args:
            tokens: int32 `(batch, length)`.

        Returns:
            float32 `(batch, length)` of ones and zeros.
        """
        if not self.ends:
            return tf.ones(tf.shape(tokens), tf.float32)
        goes_on = tf.cast(tf.not_equal(tokens, END), tf.float32)
        return tf.math.cumprod(goes_on, axis=1, exclusive=True)

    def log_probabilities(self, logits, tokens):
        """The logarithm of each token's probability, given those before it.

        Args:
            logits: float32 `(batch, length, vocab_size)`.
            tokens: int32 `(batch, length)`.

        Returns:
            float32 `(batch, length)`, at most 0, in nats; 0 after the end of a text.
        """
        found = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tokens, logits=logits)
        return found * self.counted(tokens)

    def compute_output_shape(self, input_shape):
        """The shape of the logits."""
        return (*input_shape, self.vocab_size)

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "cell": keras.saving.serialize_keras_object(self.rnn.cell),
            "vocab_size": self.vocab_size,
            "embedding_dim": self.embedding_dim,
            "ends": self.ends,
            "embeddings_initializer": keras.initializers.serialize(self.embedding.embeddings_initializer),
            "kernel_initializer": keras.initializers.serialize(self.head.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.head.bias_initializer),
        }

    @classmethod
    def from_config(cls, config):
        """The layer of a configuration."""
        return cls(**{**config, "cell": keras.saving.deserialize_keras_object(config["cell"])})


def _require_cell(cell):
    cells = cell if isinstance(cell, list | tuple) and cell else [cell]
    if not all(hasattr(each, "state_size") and isinstance(each, keras.layers.Layer) for each in cells):
        raise ValueError(
            "`cell` must be a recurrent cell, such as `keras.layers.LSTMCell(32)`, or a list of them. "
            f"Received: cell={cell!r:.120}"
        )
    return list(cell) if isinstance(cell, list | tuple) else cell
