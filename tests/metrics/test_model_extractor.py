import hashlib
import os
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.metrics.model_extractor import ModelExtractor

TEST_DATA = os.environ.get("KERAS_GAN_TEST_DATA")
IMAGES = np.random.default_rng(0).uniform(-1, 1, (3, 6, 6, 1)).astype(np.float32)
# What networks see of them: the bytes, scaled back.
SEEN = np.floor(IMAGES * 127.5 + 128.0) / 127.5 - 1.0


def _network(names=("map", "pool", "head")):
    keras.utils.set_random_seed(1)
    images = keras.Input((6, 6, 1))
    maps = keras.layers.Conv2D(4, 3, activation="relu", name=names[0])(images)
    pooled = keras.layers.GlobalAveragePooling2D(name=names[1])(maps)
    return keras.Model(images, keras.layers.Dense(2, name=names[2])(pooled))


@pytest.fixture(scope="module")
def network():
    return _network()


def test_a_keras_model(network):
    extractor = ModelExtractor(network)
    assert (extractor.num_features, extractor.num_classes, extractor.input_shape) == (2, None, (6, 6, 1))
    np.testing.assert_allclose(extractor(IMAGES).features, network(SEEN), atol=1e-5)


def test_layers_by_name(network):
    extractor = ModelExtractor(network, output=("pool", "head"))
    features, logits = extractor(IMAGES)
    assert (extractor.num_features, extractor.num_classes) == (4, 2)
    np.testing.assert_allclose(logits, network(SEEN), atol=1e-5)
    np.testing.assert_allclose(features @ network.layers[-1].kernel + network.layers[-1].bias, logits, atol=1e-5)


def test_a_map_is_averaged_over_its_positions(network):
    np.testing.assert_allclose(
        ModelExtractor(network, output="map")(IMAGES).features,
        ModelExtractor(network, output="pool")(IMAGES).features,
        atol=1e-6,
    )


def test_features_do_not_depend_on_the_batch(network):
    extractor = ModelExtractor(network)
    one_by_one = tf.concat([extractor(image[np.newaxis]).features for image in IMAGES], axis=0)
    np.testing.assert_allclose(extractor(IMAGES).features, one_by_one, atol=1e-6)


def test_the_fingerprint_of_a_model_is_of_weights_and_architecture(network):
    same, other = _network(("a", "b", "c")), _network()
    other.layers[-1].bias.assign([0.0, 1e-6])
    fingerprint = ModelExtractor(network).fingerprint
    assert ModelExtractor(same).fingerprint == fingerprint
    assert ModelExtractor(other).fingerprint != fingerprint
    assert ModelExtractor(network, output="pool").fingerprint != fingerprint
    assert ModelExtractor(network, value_range=(0, 1)).fingerprint != fingerprint
    assert ModelExtractor(keras.Sequential([network, keras.layers.ReLU()])).fingerprint != fingerprint


def test_a_keras_file_is_its_model(network, tmp_path):
    network.save(tmp_path / "features.keras")
    extractor = ModelExtractor(tmp_path / "features.keras", output="pool")
    assert extractor.name == "features"
    assert extractor.fingerprint == ModelExtractor(network, output="pool").fingerprint
    np.testing.assert_allclose(
        extractor(IMAGES).features, ModelExtractor(network, output="pool")(IMAGES).features, atol=1e-6
    )


def test_a_saved_model(network, tmp_path):
    network.export(tmp_path / "saved", verbose=False)
    extractor = ModelExtractor(tmp_path / "saved")
    assert (extractor.name, extractor.num_features, extractor.input_shape) == ("saved", 2, (6, 6, 1))
    np.testing.assert_allclose(extractor(IMAGES).features, network(SEEN), atol=1e-5)
    assert ModelExtractor(tmp_path / "saved").fingerprint == extractor.fingerprint
    # The variables live as long as the extractor.
    np.testing.assert_allclose(extractor(IMAGES).features, network(SEEN), atol=1e-5)


class Endpoints(tf.Module):
    """A SavedModel without Keras, of bytes, with two outputs."""

    @tf.function(input_signature=[tf.TensorSpec((None, 6, 6, 1), tf.uint8)])
    def serve(self, images):
        pixels = tf.cast(images, tf.float32)
        return {"mean": tf.reduce_mean(pixels, axis=(1, 2)), "corner": pixels[:, 0, 0]}


def test_a_saved_model_of_bytes_with_named_outputs(tmp_path):
    module = Endpoints()
    tf.saved_model.save(module, tmp_path, signatures={"only": module.serve})
    extractor = ModelExtractor(tmp_path, output=("mean", "corner"))
    assert extractor.value_range == (0.0, 255.0)
    pixels = np.floor(IMAGES * 127.5 + 128.0)
    np.testing.assert_allclose(extractor(IMAGES).features, pixels.mean((1, 2)), rtol=1e-5)
    np.testing.assert_array_equal(extractor(IMAGES).logits, pixels[:, 0, 0])


def test_a_saved_model_without_signatures_is_called(tmp_path):
    module = tf.Module()
    module.__call__ = tf.function(
        lambda images: tf.reduce_mean(images, axis=(1, 2)), input_signature=[tf.TensorSpec((None, None, None, 3))]
    )
    tf.saved_model.save(module, tmp_path)
    np.testing.assert_allclose(ModelExtractor(tmp_path)(np.ones((1, 4, 4, 1))).features, np.ones((1, 3)))


def test_a_saved_model_that_cannot_be_run(tmp_path):
    tf.saved_model.save(tf.Module(), tmp_path)
    with pytest.raises(ValueError, match=r"a signature 'serving_default'.*with the signatures \[\]"):
        ModelExtractor(tmp_path)


def _tflite(network, path, *, quantised):
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    if quantised:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([SEEN[i : i + 1].astype(np.float32)] for i in range(3))
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
    path.write_bytes(converter.convert())
    return path


# TensorFlow's own converter says it of every quantised model.
@pytest.mark.long
@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs:UserWarning")
@pytest.mark.parametrize("quantised, tolerance", [(False, 1e-5), (True, 0.05)])
def test_a_tflite_file(network, tmp_path, quantised, tolerance):
    path = _tflite(network, tmp_path / "tiny.tflite", quantised=quantised)
    extractor = ModelExtractor(path, value_range=(-1, 1))
    assert (extractor.num_features, extractor.input_shape) == (2, (6, 6, 1))
    features = extractor(IMAGES).features
    assert features.dtype == tf.float32
    np.testing.assert_allclose(features, network(SEEN), atol=tolerance)
    np.testing.assert_array_equal(tf.function(extractor)(IMAGES).features, features)


@pytest.mark.skipif(TEST_DATA is None, reason="KERAS_GAN_TEST_DATA names no folder that holds weights/")
def test_a_real_quantised_network():
    path = Path(TEST_DATA) / "weights" / "mobilenet_v1_1.0_224_quant_embedding_extractor.tflite"
    extractor = ModelExtractor(path)
    assert (extractor.num_features, extractor.input_shape) == (1024, (224, 224, 3))
    # It takes the bytes of the images as they are.
    low, high = extractor.value_range
    assert (high - low) / 255 == pytest.approx(1 / 128, rel=0.01)
    features = extractor(IMAGES).features.numpy()
    assert features.shape == (3, 1024)
    assert features.min() >= 0
    assert len(np.unique(features)) > 10


def test_a_callable_of_any_size():
    extractor = ModelExtractor(lambda images: tf.reduce_mean(images, axis=(1, 2)), name="means", channels=1)
    assert (extractor.name, extractor.num_features, extractor.resize) == ("means", 1, "none")
    np.testing.assert_allclose(extractor(IMAGES).features, SEEN.mean((1, 2)), atol=1e-6)


def test_a_callable_is_known_by_what_it_returns():
    def mean(images):
        return tf.reduce_mean(images, axis=(1, 2))

    fingerprint = ModelExtractor(mean).fingerprint
    assert ModelExtractor(lambda images: mean(images)).fingerprint == fingerprint
    assert ModelExtractor(lambda images: 2.0 * mean(images)).fingerprint != fingerprint
    assert ModelExtractor(mean, fingerprint="1").fingerprint == ModelExtractor(tf.abs, fingerprint="1").fingerprint
    assert ModelExtractor(mean, fingerprint="1").fingerprint != ModelExtractor(mean, fingerprint="2").fingerprint


def test_outputs_of_a_callable_by_index():
    def first_and_last(images):
        return images[:, 0, 0], images[:, -1, -1]

    features, logits = ModelExtractor(first_and_last, channels=1, output=(1, 0))(IMAGES)
    np.testing.assert_allclose(features, SEEN[:, -1, -1], atol=1e-6)
    np.testing.assert_allclose(logits, SEEN[:, 0, 0], atol=1e-6)


def test_the_model_sees_the_range_it_was_trained_for():
    extractor = ModelExtractor(lambda images: images[:, 0, 0], channels=1, value_range=(0, 1))
    np.testing.assert_allclose(extractor(IMAGES).features, (SEEN[:, 0, 0] + 1) / 2, atol=1e-6)


def test_images_are_resized_for_a_callable():
    extractor = ModelExtractor(lambda images: tf.reshape(images, (-1, 12)), image_size=(2, 6), channels=1)
    assert extractor(IMAGES).features.shape == (3, 12)


def test_a_model_made_without_shapes():
    class Means(keras.Model):
        def call(self, inputs):
            return keras.ops.mean(inputs, axis=(1, 2))

    extractor = ModelExtractor(Means(), image_size=4, channels=1)
    assert (extractor.num_features, extractor.input_shape) == (1, (4, 4, 1))


@pytest.mark.parametrize(
    "options, message",
    [
        ({"output": "nose"}, r"outputs 0. Name the output of the features.*Received: output='nose'"),
        ({"output": ("pool", "head", "map")}, r"or a pair of them.*Received: output=\('pool', 'head', 'map'\)"),
        ({"image_size": 8}, r"\(6, 6, 1\), where None means any. Received: image_size=8, channels=None"),
        ({"image_size": (1, 2, 3)}, r"Received: image_size=\(1, 2, 3\)"),
        ({"image_size": 0}, r"Received: image_size=0"),
        ({"channels": 3}, r"Received: image_size=None, channels=3"),
        ({"value_range": (1, 0)}, r"low < high. Received: value_range=\(1, 0\)"),
        ({"resize": "sharp"}, r"Received: resize='sharp'"),
    ],
)
def test_wrong_arguments(network, options, message):
    with pytest.raises(ValueError, match=message):
        ModelExtractor(network, **options)


def test_several_outputs_and_none_chosen():
    with pytest.raises(ValueError, match=r"outputs 'a', 'b'. Name.*Received: output=None"):
        ModelExtractor(lambda images: {"a": images, "b": images})


def test_features_of_no_width():
    with pytest.raises(ValueError, match=r"Received: an output of shape \(2,\)"):
        ModelExtractor(lambda images: images[:, 0, 0, 0])


def test_no_such_file():
    with pytest.raises(FileNotFoundError, match=r"no model at this path. Received: model='nothing.keras'"):
        ModelExtractor("nothing.keras")


@pytest.mark.parametrize("name", ["file.txt", "folder"])
def test_a_path_of_another_kind(tmp_path, name):
    path = tmp_path / name
    path.mkdir() if name == "folder" else path.write_text("")
    with pytest.raises(ValueError, match=r"a folder that holds saved_model.pb\). Received: model="):
        ModelExtractor(path)


def test_what_is_no_model():
    with pytest.raises(ValueError, match=r"Received: model=3"):
        ModelExtractor(3)


def test_a_file_from_elsewhere_is_opened_only_with_its_hash(network, tmp_path):
    path = tmp_path / "net.keras"
    network.save(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert ModelExtractor(path, sha256=digest.upper()).fingerprint == ModelExtractor(path).fingerprint
    path.write_bytes(b"something else")
    with pytest.raises(ValueError, match=rf"was not opened: its SHA-256 is .*Received: sha256='{digest}'"):
        ModelExtractor(path, sha256=digest)
    with pytest.raises(ValueError, match="leave it out for a model in memory"):
        ModelExtractor(network, sha256=digest)


def test_a_damaged_tflite_file_ends_nothing(tmp_path):
    (tmp_path / "net.tflite").write_bytes(b"PK\3\4 damaged")
    with pytest.raises(
        ValueError, match=r"This .tflite file cannot be used.*Get the file again. If you trust it.* Received: path="
    ):
        ModelExtractor(tmp_path / "net.tflite")


@pytest.mark.parametrize("name", ["net.keras", "saved/saved_model.pb"])
def test_a_damaged_file_is_named(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"PK\3\4 damaged")
    given = path.parent if name.startswith("saved") else path
    with pytest.raises(ValueError, match=rf"(cannot be loaded \(.*get it|Copy it) again.* Received: .*'{given}'"):
        ModelExtractor(given)
