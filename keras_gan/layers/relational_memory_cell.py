"""A recurrent cell whose memories attend to each other."""

import keras
from keras import ops

from keras_gan._arguments import require_int, require_number


@keras.saving.register_keras_serializable(package="keras_gan")
class RelationalMemoryCell(keras.layers.Layer):
    """A cell whose state is rows of memory: they attend to each other and to the input, and gates mix old and new.

    An LSTM adds what it reads to one vector. Here each row of the memory M can ask what the other rows and the input x
    hold. With multi-head attention A, a perceptron P, layer normalisation N, and the sigmoid s:

        R  = [M; W x + b]
        R' = N(R + A(R)),   R'' = N(R' + P(R'))
        M' = s(f) tanh(rows of M in R'') + s(g) M,   f = U_f x + V_f tanh(M),   g = U_g x + V_g tanh(M) + 1

    The output is M'. Santoro et al. 2018 (arXiv 1806.01822), section 3, with gates for each number of the memory. The
    first memory is the identity matrix, with zeros where it is too small, so that its rows differ. The keys, queries
    and values of a row are normalised together, and no map follows the attention, as in the authors' code.

    It is a cell for `keras.layers.RNN` and for `TokenDecoder`.

    Args:
        head_size: int, size of a head of the attention.
        num_heads: int. A row of the memory has `num_heads * head_size` numbers.
        memory_slots: int, rows of the memory.
        mlp_layers: int, layers of P, each as wide as a row and with a ReLU between them.
        forget_bias: float, what is added to g.

    Returns:
        A pair, the output `(batch, memory_slots * num_heads * head_size)` and a list of the new state, which is the
        same tensor.

    Raises:
        ValueError: if a size is not a positive integer.

    Example:
        >>> import numpy as np
        >>> cell = RelationalMemoryCell(4, 2, memory_slots=3)
        >>> keras.layers.RNN(cell)(np.zeros((2, 5, 6), "float32")).shape
        TensorShape([2, 24])
    """

    def __init__(self, head_size=256, num_heads=2, *, memory_slots=1, mlp_layers=2, forget_bias=1.0, **kwargs):
        super().__init__(**kwargs)
        self.head_size, self.num_heads = require_int("head_size", head_size), require_int("num_heads", num_heads)
        self.memory_slots = require_int("memory_slots", memory_slots)
        self.mlp_layers = require_int("mlp_layers", mlp_layers)
        self.forget_bias = require_number("forget_bias", forget_bias)
        self.row_size = self.num_heads * self.head_size
        self.state_size = self.output_size = self.memory_slots * self.row_size
        self.project = self._dense(self.row_size, "project")
        self.attention = self._dense(3 * self.row_size, "keys_queries_values", use_bias=False)
        self.perceptron = [
            self._dense(self.row_size, f"perceptron_{number}", activation="relu" if number < mlp_layers - 1 else None)
            for number in range(self.mlp_layers)
        ]
        self.normalisations = [
            keras.layers.LayerNormalization(epsilon=1e-5, dtype=self.dtype_policy, name=f"normalisation_{name}")
            for name in ("of_attention", "after_attention", "after_perceptron")
        ]
        self.gates_of_input = self._dense(2 * self.row_size, "gates_of_input", use_bias=False)
        self.gates_of_memory = self._dense(2 * self.row_size, "gates_of_memory", use_bias=False)

    def _dense(self, size, name, **options):
        return keras.layers.Dense(size, **options, dtype=self.dtype_policy, name=name)

    def build(self, input_shape):
        """Make the weights."""
        of_rows = (None, self.memory_slots + 1, self.row_size)
        self.project.build(input_shape)
        self.gates_of_input.build(input_shape)
        self.gates_of_memory.build(of_rows)
        for layer in (self.attention, *self.perceptron, *self.normalisations[1:]):
            layer.build(of_rows)
        self.normalisations[0].build((*of_rows[:-1], 3 * self.row_size))

    def get_initial_state(self, batch_size=None):
        """The memory before the first input: the rows of the identity matrix.

        Args:
            batch_size: int or scalar tensor.
        """
        rows = ops.reshape(ops.eye(self.memory_slots, self.row_size, dtype=self.compute_dtype), (1, self.state_size))
        return [ops.repeat(rows, batch_size, axis=0)]

    def call(self, inputs, states, training=False):  # noqa: ARG002
        """Read an input.

        Args:
            inputs: float tensor `(batch, size)`.
            states: list of one tensor, the state.
            training: bool; makes no difference.
        """
        memory = ops.reshape(states[0], (-1, self.memory_slots, self.row_size))
        rows = ops.concatenate([memory, self.project(inputs)[:, None]], axis=1)
        of_attention, after_attention, after_perceptron = self.normalisations
        rows = after_attention(rows + self._attend(of_attention(self.attention(rows))))
        changed = rows
        for layer in self.perceptron:
            changed = layer(changed)
        new = after_perceptron(rows + changed)[:, : self.memory_slots]
        gates = self.gates_of_input(inputs)[:, None] + self.gates_of_memory(ops.tanh(memory))
        let_in, keep = ops.split(gates, 2, axis=-1)
        memory = ops.sigmoid(let_in) * ops.tanh(new) + ops.sigmoid(keep + self.forget_bias) * memory
        output = ops.reshape(memory, (-1, self.state_size))
        return output, [output]

    def _attend(self, projected):
        """Each row becomes a mean of the values of all rows, in each head."""
        heads = ops.reshape(projected, (-1, self.memory_slots + 1, self.num_heads, 3 * self.head_size))
        queries, keys, values = ops.split(heads, 3, axis=-1)
        scores = ops.einsum("bihd,bjhd->bhij", queries, keys) * self.head_size**-0.5
        # float32: the exponential of a score may leave the range of float16.
        weights = ops.cast(ops.softmax(ops.cast(scores, "float32")), projected.dtype)
        return ops.reshape(ops.einsum("bhij,bjhd->bihd", weights, values), (-1, self.memory_slots + 1, self.row_size))

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "head_size": self.head_size,
            "num_heads": self.num_heads,
            "memory_slots": self.memory_slots,
            "mlp_layers": self.mlp_layers,
            "forget_bias": self.forget_bias,
        }
