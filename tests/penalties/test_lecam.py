"""LeCam: its closed form, and means that follow the logits."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.penalties import LeCam

LOGITS = {"real": tf.constant([[4.0], [2.0]]), "fake": tf.constant([[-1.0], [3.0]])}


def means_of(penalty):
    return [float(penalty.state.means[kind].value) for kind in ("real", "fake")]


def call(penalty, step=0, **logits):
    logits = LOGITS | logits
    return float(penalty(lambda x: x, logits["real"], logits["fake"], step=step))


def test_the_means_move_first_and_the_logits_are_compared_with_those_of_the_other_kind():
    penalty = LeCam(3.0, decay=0.75, begin=0)
    # The means of 3 and 1 are a quarter of the way from 0.
    expected = 3.0 * (np.mean([3.75**2, 1.75**2]) + np.mean([1.75**2, 0.0]))
    assert call(penalty) == pytest.approx(expected)
    assert means_of(penalty) == [0.75, 0.25]
    call(penalty)
    assert means_of(penalty) == pytest.approx([0.75 * 0.75 + 0.25 * 3.0, 0.75 * 0.25 + 0.25 * 1.0])


def test_before_it_begins_the_means_are_those_of_the_last_batch():
    penalty = LeCam(3.0, decay=0.75, begin=2)
    assert [call(penalty, step, real=tf.constant([[5.0 + step]])) for step in (0, 1)] == [0.0, 0.0]
    assert means_of(penalty) == [6.0, 1.0]
    assert call(penalty, 2) > 0.0
    assert means_of(penalty) == [0.75 * 6.0 + 0.25 * 3.0, 1.0]


def test_logits_on_the_right_side_of_the_means_are_free():
    penalty = LeCam(1.0, decay=1.0, begin=0)
    penalty.build()
    penalty.state.means["real"].assign(-2.0)
    penalty.state.means["fake"].assign(5.0)
    assert call(penalty) == 0.0


def test_no_gradient_goes_through_the_means():
    penalty, logits = LeCam(1.0, decay=0.0, begin=0), LOGITS["real"]
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = penalty(lambda x: x, logits, LOGITS["fake"])
    # With a_F = 1 the derivative of relu(D - 1)^2 / 2 for each of the two logits is D - 1.
    np.testing.assert_allclose(tape.gradient(value, logits), [[3.0], [1.0]])


def test_a_patch_map_counts_each_of_its_logits():
    maps = {kind: tf.reshape(logits, (1, 2, 1, 1)) for kind, logits in LOGITS.items()}
    assert call(LeCam(1.0, decay=0.5, begin=0), **maps) == call(LeCam(1.0, decay=0.5, begin=0))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weight": -1.0}, r"`weight` must be a number in \[0.0, inf\). Received: weight=-1.0"),
        ({"decay": 1.1}, r"`decay` must be a number in \[0.0, 1.0\]. Received: decay=1.1"),
        ({"begin": 0.5}, r"`begin` must be an integer of at least 0. Received: begin=0.5"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        LeCam(**arguments)
