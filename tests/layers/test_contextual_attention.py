"""Contextual attention against its definition, written out position by position."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import ContextualAttention

HEIGHT, WIDTH, CHANNELS = 8, 12, 3


def maps_and_masks():
    rng = np.random.default_rng(0)
    maps, masks = rng.normal(size=(2, HEIGHT, WIDTH, CHANNELS)), np.zeros((2, HEIGHT, WIDTH, 1))
    masks[0, 2:4, 5:8] = masks[1, 6:, 0:1] = 1.0
    return maps.astype("float32"), masks.astype("float32")


def patch(map_, row, column, side, before):
    """The values around a place; zeros outside of the map."""
    padded = np.pad(map_, [(side, side), (side, side), (0, 0)])
    return padded[row + side - before :, column + side - before :][:side, :side]


def defined(map_, mask, rate, scale):
    """The weights and the output, from the sentences of the docstring."""
    rows, columns = HEIGHT // rate, WIDTH // rate
    places = [(i, j) for i in range(rows) for j in range(columns)]
    reduced = map_[::rate, ::rate].astype("float64")
    holes = mask.reshape(rows, rate, columns, rate, 1).max(axis=(1, 3))
    near = {place: patch(reduced, *place, 3, 1).ravel() for place in places}
    known = np.array([not patch(holes, *place, 3, 1).any() for place in places])
    scores = {(p, q): near[p] @ near[q] / max(np.linalg.norm(near[q]), 1e-4) for p in places for q in places}
    for axis in (1, 0):
        # The order of the positions when one reads along the rows, and then along the columns.
        order = sorted(places, key=lambda place: (place[1 - axis], place[axis]))
        along = {
            (order[a], order[b]): sum(
                scores[order[a + d], order[b + d]]
                for d in (-1, 0, 1)
                if 0 <= a + d < len(order) and 0 <= b + d < len(order)
            )
            for a in range(len(order))
            for b in range(len(order))
        }
        scores = along
    table = np.array([[scores[p, q] for q in places] for p in places]) * known * scale
    weights = np.exp(table - table.max(axis=1, keepdims=True))
    weights = weights / weights.sum(axis=1, keepdims=True) * known
    canvas = np.zeros((HEIGHT + 4 * rate, WIDTH + 4 * rate, CHANNELS))
    for p, row in zip(places, weights, strict=True):
        copied = [patch(map_, rate * i, rate * j, 2 * rate, rate // 2) for i, j in places]
        mean = np.tensordot(row, copied, 1)
        top, left = (rate * at - rate // 2 + 2 * rate for at in p)
        canvas[top : top + 2 * rate, left : left + 2 * rate] += mean / 4.0
    return weights, canvas[2 * rate : 2 * rate + HEIGHT, 2 * rate : 2 * rate + WIDTH]


@pytest.mark.parametrize("rate", [1, 2])
def test_the_output_is_its_definition(rate):
    maps, masks = maps_and_masks()
    layer = ContextualAttention(rate=rate, scale=1.5)
    weights, found = layer.attention([maps, masks]).numpy(), layer([maps, masks]).numpy()
    for index in range(2):
        expected_weights, expected = defined(maps[index], masks[index], rate, 1.5)
        np.testing.assert_allclose(weights[index], expected_weights, atol=1e-5)
        np.testing.assert_allclose(found[index], expected, atol=1e-4)


def test_nothing_is_copied_from_the_hole_and_from_nowhere_comes_zero():
    maps, masks = maps_and_masks()
    layer = ContextualAttention()
    weights = layer.attention([maps, masks]).numpy()
    # The hole of the second picture is at the left of the last row, and so are all patches that see it.
    seen = weights[1].reshape(-1, HEIGHT // 2, WIDTH // 2).max(axis=0) > 0.0
    expected = np.ones((4, 6), bool)
    expected[2:, :2] = False
    np.testing.assert_array_equal(seen, expected)
    np.testing.assert_array_equal(layer([maps, np.ones_like(masks)]), np.zeros_like(maps))


@pytest.mark.long
def test_maps_of_any_size_are_rebuilt_in_a_graph_with_gradients():
    maps, masks = map(tf.constant, maps_and_masks())
    layer = ContextualAttention()
    free = [tf.TensorSpec((None, None, None, channels)) for channels in (CHANNELS, 1)]

    @tf.function(input_signature=free, autograph=False)
    def slope(maps, masks):
        with tf.GradientTape() as tape:
            tape.watch(maps)
            value = tf.reduce_sum(layer([maps, masks]) ** 2)
        return value, tape.gradient(value, maps)

    value, gradient = slope(maps, masks)
    direction = np.random.default_rng(1).normal(size=maps.shape).astype("float32")
    ends = [tf.reduce_sum(layer([maps + step * direction, masks]) ** 2) for step in (1e-3, -1e-3)]
    np.testing.assert_allclose((ends[0] - ends[1]) / 2e-3, tf.reduce_sum(gradient * direction), rtol=2e-2)
    np.testing.assert_allclose(value, tf.reduce_sum(layer([maps, masks]) ** 2), rtol=1e-5)


@pytest.mark.long
def test_patches_of_zeros_have_finite_gradients_where_xla_compiles():
    maps, masks = map(tf.constant, maps_and_masks())
    maps *= tf.cast(tf.range(WIDTH) > 5, tf.float32)[:, tf.newaxis]

    @tf.function(jit_compile=True, autograph=False)
    def slope(maps, masks):
        with tf.GradientTape() as tape:
            tape.watch(maps)
            value = tf.reduce_sum(ContextualAttention().attention([maps, masks]) ** 2)
        return tape.gradient(value, maps)

    assert np.isfinite(slope(maps, masks)).all()


def test_bad_sides_and_arguments():
    with pytest.raises(ValueError, match=r"its sides must be multiples of that. Received: .* rate=2"):
        ContextualAttention()([np.zeros((1, 7, 8, 2), "float32"), np.zeros((1, 7, 8, 1), "float32")])
    for bad in ({"rate": 0}, {"scale": 0.0}):
        with pytest.raises(ValueError, match=f"`{next(iter(bad))}` must be"):
            ContextualAttention(**bad)
