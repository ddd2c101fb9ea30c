import numpy as np
import pytest
import tensorflow as tf

from keras_gan.metrics.extractor import Embedding, Extractor


class Pixels(Extractor):
    """Hands out what it is given, as features."""

    def __init__(self, input_shape=(2, 2, 3), **options):
        super().__init__(**{"name": "pixels", "digest": "1", "num_features": 12, "input_shape": input_shape} | options)

    def embed(self, pixels):
        return Embedding(tf.reshape(tf.cast(pixels, tf.float64), (tf.shape(pixels)[0], -1)))


def test_grey_images_are_repeated():
    levels = np.arange(4, dtype=np.float32).reshape(1, 2, 2, 1) / 127.5 - 1.0
    features, logits = Pixels()(levels)
    np.testing.assert_array_equal(features, np.repeat([[0.0, 1.0, 2.0, 3.0]], 3, axis=-1))
    assert features.dtype == tf.float32
    assert logits is None


def test_images_are_quantised_before_they_are_resized():
    images = tf.fill((1, 4, 4, 3), 0.003)
    np.testing.assert_allclose(Pixels()(images).features, 128.0, atol=1e-3)


def test_images_of_any_size_are_resized_and_those_of_any_size_are_not():
    images = np.random.default_rng(0).uniform(-1, 1, (2, 5, 7, 3)).astype(np.float32)
    assert Pixels()(images).features.shape == (2, 12)
    assert Pixels((None, None, None))(images).features.shape == (2, 105)


def test_the_fingerprint_covers_what_changes_the_features():
    fingerprints = [
        Pixels().fingerprint,
        Pixels(resize="legacy_pytorch").fingerprint,
        Pixels((4, 4, 3)).fingerprint,
        Pixels(digest="2").fingerprint,
    ]
    assert len(set(fingerprints)) == 4
    assert Pixels().fingerprint == fingerprints[0]
    assert Pixels(name="other").fingerprint == fingerprints[0]
    assert len(fingerprints[0]) == 64


def test_the_mode_is_none_where_nothing_is_resized():
    assert Pixels((None, None, 3)).resize == "none"
    assert Pixels(resize="legacy_tensorflow").resize == "legacy_tensorflow"


def test_the_graph_gives_the_same():
    images = np.random.default_rng(0).uniform(-1, 1, (2, 5, 7, 1)).astype(np.float32)
    extractor = Pixels()
    np.testing.assert_array_equal(tf.function(extractor)(images).features, extractor(images).features)


def test_colours_do_not_fit_a_network_of_grey():
    with pytest.raises(
        ValueError, match=r"'pixels' takes images of 1 channels.*Received: images of shape \(1, 2, 2, 3"
    ):
        Pixels((2, 2, 1))(np.zeros((1, 2, 2, 3), np.float32))


def test_the_range_is_checked():
    with pytest.raises(ValueError, match=r"\[0, 255\]"):
        Pixels()(np.full((1, 2, 2, 3), 200.0, np.float32))


def test_it_is_abstract():
    with pytest.raises(TypeError, match="embed"):
        Extractor(name="none", digest="", num_features=1)


def test_only_the_inception_of_2015_is_called_fid():
    assert not Pixels().is_fid
