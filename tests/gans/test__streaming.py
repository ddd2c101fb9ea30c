"""Streaming: the reach of a network against its closed form, and pieces that are the whole."""

import keras
import numpy as np
import pytest

from keras_gan.gans._streaming import reach, streamed


def convolutions(*shapes, ratio=1):
    """A network of (kernel size, dilation), then longer by a ratio."""
    layers = [keras.layers.Conv1D(3, size, dilation_rate=rate, padding="same") for size, rate in shapes]
    last = keras.layers.Conv1DTranspose(1, 2 * ratio, strides=ratio, padding="same")
    return keras.Sequential([keras.Input((None, 2)), *layers, last])


@pytest.mark.parametrize(
    ("shapes", "ratio", "expected"),
    [([(1, 1)], 1, 1), ([(7, 1)], 4, 4), ([(3, 1), (3, 9)], 2, 11), ([(11, 9)], 2, 46)],
)
def test_the_reach_is_that_of_the_kernels(shapes, ratio, expected):
    """(size - 1) / 2 times the dilation of each, and one step for the upsampling, whose windows overlap."""
    assert reach(convolutions(*shapes, ratio=ratio), 2, ratio) == expected


def test_the_reach_of_one_step():
    network = keras.Sequential([keras.Input((None, 2)), keras.layers.Dense(1)])
    assert reach(network, 2, 1) == 0


def test_a_network_that_sees_everything_cannot_stream():
    inputs = keras.Input((None, 2))
    mean = keras.layers.GlobalAveragePooling1D(keepdims=True)(inputs)
    with pytest.raises(ValueError, match=r"cannot be computed piece by piece.* Received: network='whole'"):
        reach(keras.Model(inputs, keras.layers.Dense(1)(inputs - mean), name="whole"), 2, 1)


@pytest.mark.parametrize("cuts", [[], [1], [3, 4, 17], [10, 20, 29], list(range(1, 30))])
@pytest.mark.parametrize(("context", "chunk"), [(2, 5), (4, 1), (2, 50), (0, 3)])
def test_pieces_of_any_lengths_are_the_whole(cuts, context, chunk):
    """Of a function that sees `context` steps before and after each, and zeros beyond the ends."""
    x = np.random.default_rng(0).normal(size=(2, 30, 1))

    def make(known):
        padded = np.pad(known, ((0, 0), (context, context), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * context + 1, axis=1)
        return np.repeat(windows @ np.arange(1, 2 * context + 2), 3, axis=1)

    pieces = list(streamed(make, np.split(x, cuts, axis=1), factor=3, context=context, chunk=chunk))
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), make(x))
    assert all(piece.shape[1] == 3 * chunk for piece in pieces[:-1])


def test_a_piece_is_made_as_soon_as_its_context_is_there():
    given = []

    def steps():
        for step in range(10):
            given.append(step)
            yield np.zeros((1, 1, 1))

    first = next(streamed(lambda known: known, steps(), factor=1, context=2, chunk=3))
    assert first.shape == (1, 3, 1)
    assert len(given) == 5
