"""What holds for every family of masks."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.masks import Boxes, Regions, Strokes, Union

# Short walks: each step costs time to trace.
STROKES = Strokes(steps=(1, 3))
FAMILIES = [Boxes(0.5, place="random"), Regions(), STROKES, Union([Boxes((0.375, 0.5), place="random"), STROKES])]
every_family = pytest.mark.parametrize("masks", FAMILIES, ids=lambda masks: type(masks).__name__)


@every_family
def test_masks_are_a_function_of_the_seed_alone(masks):
    first, again, other = (masks(3, (16, 24), seed=[7, step]).numpy() for step in (5, 5, 6))
    assert first.shape == (3, 16, 24, 1)
    assert set(np.unique(first)) == {0.0, 1.0}
    np.testing.assert_array_equal(again, first)
    assert (other != first).any()
    assert (first[0] != first[1]).any()


@pytest.mark.long
@every_family
def test_a_graph_draws_the_same_of_sides_that_it_does_not_know(masks):
    @tf.function(input_signature=[tf.TensorSpec((2,), tf.int32)], autograph=False)
    def drawn(sides):
        return masks(2, tuple(tf.unstack(sides)), seed=[7, 5])

    np.testing.assert_array_equal(drawn(tf.constant([12, 20])), masks(2, (12, 20), seed=[7, 5]))


@pytest.mark.long
@every_family
def test_each_replica_draws_its_rows(masks, two_replicas):
    def drawn():
        return masks(2, (16, 16), seed=[7, 5])

    parts = two_replicas.experimental_local_results(two_replicas.run(drawn))
    np.testing.assert_array_equal(np.concatenate(parts), masks(4, (16, 16), seed=[7, 5]))


@every_family
def test_a_configuration_makes_the_same_family(masks):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(masks))
    assert repr(again) == repr(masks)


@pytest.mark.parametrize(
    "bad, words",
    [
        ({"count": 0}, "`count` must be an integer of at least 1"),
        ({"sides": 8}, r"`sides` must be a tuple \(height, width\)"),
        ({"sides": (8, 2.5)}, "`sides` must be an integer"),
        ({"seed": 3}, "`seed` must be two integers"),
    ],
)
def test_bad_calls(bad, words):
    with pytest.raises(ValueError, match=words):
        Boxes()(**{"count": 1, "sides": (4, 4), "seed": [0, 0]} | bad)
