import keras
import numpy as np
import pytest

from keras_gan.callbacks._spectral_norms import largest_spectral_norm
from keras_gan.layers import SpectralNormalization


def network(*layers, shape):
    return keras.Sequential([keras.Input(shape), *layers])


def test_it_is_the_largest_singular_value_of_all_weights():
    dense = network(keras.layers.Dense(3, use_bias=False), keras.layers.Dense(2), shape=(3,))
    dense.layers[0].set_weights([np.diag([3.0, -7.0, 1.0])])
    assert float(largest_spectral_norm(dense)) == pytest.approx(7.0, rel=1e-4)


def test_a_kernel_is_a_matrix_of_one_column_an_output_channel():
    convolutions = network(keras.layers.Conv2D(4, 3), keras.layers.Conv2DTranspose(5, 3), shape=(8, 8, 3))
    kernels = [layer.kernel.numpy() for layer in convolutions.layers]
    matrices = [kernels[0].reshape(-1, 4), np.swapaxes(kernels[1], -1, -2).reshape(-1, 5)]
    expected = max(np.linalg.norm(matrix, 2) for matrix in matrices)
    assert float(largest_spectral_norm(convolutions)) == pytest.approx(expected, rel=0.1)
    assert float(largest_spectral_norm(convolutions)) <= expected * 1.0001


@pytest.mark.parametrize("kind", [keras.layers.Conv2D, keras.layers.Conv2DTranspose])
def test_normalised_weights_count_as_they_are_used(kind):
    layer = kind(4, 3)
    normalised = network(SpectralNormalization(layer, power_iterations=50), shape=(8, 8, 3))
    layer.kernel.assign(100.0 * layer.kernel)
    normalised.layers[0].advance()
    assert float(largest_spectral_norm(normalised)) == pytest.approx(1.0, abs=0.1)


def test_a_normalisation_that_lags_behind_shows():
    lagging = network(SpectralNormalization(keras.layers.Dense(2, use_bias=False)), shape=(2,))
    lagging.layers[0].u.assign([1.0, 0.0])
    lagging.layers[0].layer.set_weights([np.diag([1.0, 5.0])])
    assert float(largest_spectral_norm(lagging)) == pytest.approx(5.0, rel=1e-4)


def test_a_network_without_weights_has_none():
    assert float(largest_spectral_norm(network(keras.layers.Flatten(), shape=(2, 2)))) == 0.0
