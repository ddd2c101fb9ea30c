"""Every frame passes through the same network, in its order, and statistics are those of all frames."""

import keras
import numpy as np
import pytest

from keras_gan.layers import BatchNormalization, FrameByFrame


def clips(seed=0):
    return np.random.default_rng(seed).normal(size=(3, 4, 6, 6, 2)).astype("float32")


def test_each_frame_is_what_the_network_makes_of_it_alone():
    network = keras.Sequential([keras.Input((6, 6, 2)), keras.layers.Conv2D(3, 4, strides=2)])
    made = FrameByFrame(network)(clips()).numpy()
    assert made.shape == (3, 4, 2, 2, 3)
    for index in np.ndindex(3, 4):
        np.testing.assert_allclose(made[index], network(clips()[index][None])[0], atol=1e-5)


def test_any_number_of_frames_passes_through_a_functional_model():
    inputs = keras.Input((None, 6, 6, 2))
    model = keras.Model(inputs, FrameByFrame(keras.layers.GlobalAveragePooling2D())(inputs))
    assert model.output_shape == (None, None, 2)
    for length in (1, 4):
        np.testing.assert_allclose(model(clips()[:, :length]).numpy(), clips()[:, :length].mean(axis=(2, 3)), atol=1e-5)


def test_statistics_of_a_batch_are_over_all_frames_of_all_clips():
    layer = FrameByFrame(BatchNormalization(momentum=0.0))
    # The frames of each moment have a mean of their own, which normalisation frame by frame would take away.
    given = clips() + np.arange(4, dtype="float32")[:, None, None, None]
    made = layer(given, training=True).numpy()
    np.testing.assert_allclose(made.mean(axis=(0, 1, 2, 3)), 0, atol=1e-5)
    assert np.ptp(made.mean(axis=(0, 2, 3)), axis=0).min() > 1
    # Inference with these statistics does the same.
    np.testing.assert_allclose(layer(given, training=False).numpy(), made, atol=1e-3)


def test_it_is_saved_with_its_network(tmp_path):
    network = keras.Sequential([keras.Input((6, 6, 2)), keras.layers.Conv2D(1, 3)])
    model = keras.Sequential([keras.Input((4, 6, 6, 2)), FrameByFrame(network)])
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(clips()), model(clips()))


def test_something_else_is_no_network():
    with pytest.raises(ValueError, match=r"must be a keras\.Model or a Keras layer"):
        FrameByFrame(len)
