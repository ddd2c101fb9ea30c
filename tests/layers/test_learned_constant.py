"""The learnt constant."""

import numpy as np
import pytest

from keras_gan.layers import LearnedConstant


def test_every_sample_gets_the_weights():
    layer = LearnedConstant((4, 6, 8))
    outputs = np.asarray(layer(np.zeros((3, 2), "float32")))
    assert outputs.shape == layer.compute_output_shape((3, 2))
    for output in outputs:
        np.testing.assert_array_equal(output, layer.constant)
    assert np.std(layer.constant) == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize("shape", [(), 4, (4, 0)])
def test_a_shape_is_a_tuple_of_sizes(shape):
    with pytest.raises(ValueError, match=r"`shape` must be .*Received: shape="):
        LearnedConstant(shape)
