import keras
import numpy as np
import pytest

from keras_gan.metrics.keras_inception import KerasInception

CACHED = "inception_v3_weights_tf_dim_ordering_tf_kernels.h5"


@pytest.fixture
def asked_for(monkeypatch, tmp_path):
    """In place of the 24 million weights a network that is small; its last arguments."""
    arguments = {}

    def build(**options):
        arguments.update(options)
        images = keras.Input((299, 299, 3))
        pooled = keras.layers.GlobalAveragePooling2D(name="avg_pool")(images)
        predictions = keras.layers.Dense(5, kernel_initializer="ones", name="predictions")(pooled)
        return keras.Model(images, predictions)

    monkeypatch.setattr(keras.applications, "InceptionV3", build)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return arguments


def test_nothing_is_downloaded_unasked(asked_for):
    with pytest.raises(
        FileNotFoundError, match=rf"`download=True`, or put the file there .*Received: path='.*{CACHED}'"
    ):
        KerasInception()
    assert not asked_for


def test_the_weights_in_the_cache_are_taken(asked_for, tmp_path):
    cached = tmp_path / "keras" / "models" / CACHED
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"")
    KerasInception()
    assert asked_for == {"weights": str(cached), "classifier_activation": None}


def test_keras_downloads_them_if_told_to(asked_for):
    KerasInception(download=True)
    assert asked_for["weights"] == "imagenet"


def test_a_file_of_weights(asked_for, tmp_path):
    path = tmp_path / "mine.h5"
    with pytest.raises(FileNotFoundError, match=r"no file of weights at this path. Received: path=.*mine.h5"):
        KerasInception(path)
    path.write_bytes(b"")
    KerasInception(path)
    assert asked_for["weights"] == str(path)


def test_features_and_logits(asked_for):
    extractor = KerasInception(download=True)
    assert (extractor.num_features, extractor.num_classes, extractor.is_fid) == (3, 5, False)
    features, logits = extractor(np.full((2, 8, 8, 1), -1.0, np.float32))
    np.testing.assert_allclose(features, np.full((2, 3), -1.0), atol=1e-6)
    np.testing.assert_allclose(logits, np.full((2, 5), -3.0), atol=1e-5)


def test_the_names_are_those_that_keras_gives():
    model = keras.applications.InceptionV3(weights=None, classes=10)
    assert model.input_shape == (None, 299, 299, 3)
    assert model.get_layer("avg_pool").output.shape == (None, 2048)
    assert model.get_layer("predictions").output.shape == (None, 10)
