"""The relational memory: its formulas, its size, and its first state."""

import keras
import numpy as np
import pytest

from keras_gan.layers import RelationalMemoryCell

HEAD, HEADS, SLOTS, INPUT = 3, 2, 2, 5
ROW = HEAD * HEADS


def built(**options):
    keras.utils.set_random_seed(0)
    cell = RelationalMemoryCell(HEAD, HEADS, memory_slots=SLOTS, **options)
    cell.build((None, INPUT))
    for number, weight in enumerate(cell.trainable_weights):
        weight.assign(np.random.default_rng(number).normal(size=weight.shape))
    return cell


def normalised(x, layer):
    gamma, beta = (weight.numpy().astype("float64") for weight in layer.weights)
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5) * gamma + beta


def dense(x, layer):
    kernel, *bias = (weight.numpy().astype("float64") for weight in layer.weights)
    return x @ kernel + (bias[0] if bias else 0.0)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def by_hand(cell, x, memory):
    """The formulas of the docstring in float64, one head at a time."""
    rows = np.concatenate([memory, dense(x, cell.project)[:, None]], axis=1)
    of_attention, after_attention, after_perceptron = cell.normalisations
    projected = normalised(dense(rows, cell.attention), of_attention)
    attended = []
    for head in range(HEADS):
        part = projected[..., head * 3 * HEAD : (head + 1) * 3 * HEAD]
        query, key, value = np.split(part, 3, axis=-1)
        scores = np.exp(query @ key.transpose(0, 2, 1) / np.sqrt(HEAD))
        attended.append(scores / scores.sum(axis=-1, keepdims=True) @ value)
    rows = normalised(rows + np.concatenate(attended, axis=-1), after_attention)
    changed = dense(np.maximum(dense(rows, cell.perceptron[0]), 0.0), cell.perceptron[1])
    new = normalised(rows + changed, after_perceptron)[:, :SLOTS]
    gates = dense(x, cell.gates_of_input)[:, None] + dense(np.tanh(memory), cell.gates_of_memory)
    let_in, keep = np.split(gates, 2, axis=-1)
    return sigmoid(let_in) * np.tanh(new) + sigmoid(keep + 1.0) * memory


def test_a_step_follows_the_formulas():
    cell, random = built(), np.random.default_rng(9)
    x, memory = random.normal(size=(4, INPUT)), random.normal(size=(4, SLOTS, ROW))
    state = memory.reshape(4, -1).astype("float32")
    output, (after,) = cell(x.astype("float32"), [state])
    np.testing.assert_array_equal(output, after)
    np.testing.assert_allclose(output, by_hand(cell, x, memory).reshape(4, -1), atol=1e-4)


def test_it_has_as_many_weights_as_the_formulas():
    cell = RelationalMemoryCell(256, 2)
    cell.build((None, 32))
    row = 512
    maps = (32 * row + row) + 3 * row * row + 2 * (row * row + row)
    gates, norms = 32 * 2 * row + row * 2 * row, 2 * (3 * row + row + row)
    assert cell.count_params() == maps + gates + norms == 1_890_816


@pytest.mark.parametrize("slots, size", [(2, 6), (3, 2)])
def test_the_first_memory_is_the_identity(slots, size):
    (state,) = RelationalMemoryCell(size, 1, memory_slots=slots).get_initial_state(4)
    np.testing.assert_array_equal(state, np.tile(np.eye(slots, size).reshape(1, -1), (4, 1)))


def test_a_layer_of_it_runs_it_step_by_step():
    cell, inputs = built(), np.random.default_rng(1).normal(size=(2, 3, INPUT)).astype("float32")
    states = cell.get_initial_state(2)
    for place in range(3):
        output, states = cell(inputs[:, place], states)
    np.testing.assert_allclose(keras.layers.RNN(cell)(inputs), output, atol=1e-5)


def test_a_copy_from_its_configuration_is_the_same():
    cell = built(mlp_layers=3, forget_bias=0.5, dtype="mixed_bfloat16")
    again = RelationalMemoryCell.from_config(cell.get_config())
    assert again.get_config() == cell.get_config()
    output, (state,) = again(np.zeros((1, INPUT), "float32"), again.get_initial_state(1))
    assert output.dtype == state.dtype == "bfloat16"


@pytest.mark.parametrize("bad", [{"head_size": 0}, {"num_heads": 1.5}, {"memory_slots": None}, {"mlp_layers": 0}])
def test_bad_sizes(bad):
    (name,) = bad
    with pytest.raises(ValueError, match=f"`{name}` must be an integer"):
        RelationalMemoryCell(**bad)
