"""The two Inception networks.

The real one of 2015 is a file of 96 MB that nobody may download in a test: a small graph stands in for it. The graph
has the real one's names, widths and peculiarities: a first operation that is made for one image, an old version, and
a batch normalisation that TensorFlow refuses today.
"""

import hashlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.metrics.inception import Inception2015, KerasInception

_OLD_VERSION = 8
RNG = np.random.default_rng(0)
WEIGHTS = {
    "kernel": RNG.normal(size=(1, 1, 3, 2048)).astype(np.float32),
    "mean": RNG.normal(size=2048).astype(np.float32),
    "variance": RNG.uniform(0.5, 2.0, 2048).astype(np.float32),
    "beta": RNG.normal(size=2048).astype(np.float32),
    "gamma": RNG.uniform(0.5, 2.0, 2048).astype(np.float32),
    "softmax/weights": RNG.normal(size=(2048, 1008)).astype(np.float32) / 45,
    "softmax/biases": np.full(1008, 100.0, np.float32),
}
IMAGES = RNG.uniform(-1, 1, (3, 10, 10, 3)).astype(np.float32)
CACHED_WEIGHTS = "inception_v3_weights_tf_dim_ordering_tf_kernels.h5"


def _expected(images, *, gamma):
    """Features and logits by NumPy: what the graph below computes, resized as TensorFlow 1 did."""
    pixels = np.floor(images * 127.5 + 128.0)
    places = np.floor(np.arange(299, dtype=np.float32) * np.float32(images.shape[1] / 299) * 1e6) / 1e6
    low = np.floor(places).astype(int)
    high, along = np.minimum(low + 1, images.shape[1] - 1), (places - low)[:, None]
    columns = pixels[:, :, low] * (1 - along) + pixels[:, :, high] * along
    resized = columns[:, low] * (1 - along[:, None]) + columns[:, high] * along[:, None]
    x = ((resized - 128.0) / 128.0).mean((1, 2)) @ WEIGHTS["kernel"][0, 0]
    x = (x - WEIGHTS["mean"]) / np.sqrt(WEIGHTS["variance"] + 0.001)
    features = np.maximum(x * (WEIGHTS["gamma"] if gamma else 1.0) + WEIGHTS["beta"], 0.0)
    return features, features @ WEIGHTS["softmax/weights"]


def _graph(*, scale_after_normalization=False, without=None, num_classes=1008):
    with tf.Graph().as_default() as graph:
        constants = {
            name: tf.constant(value[..., :num_classes] if "softmax" in name else value, name=name)
            for name, value in WEIGHTS.items()
        }
        decoded = tf.io.decode_jpeg(tf.constant(b""), channels=3, name="DecodeJpeg")
        image = tf.expand_dims(tf.cast(decoded, tf.float32), tf.constant(0), name="ExpandDims")
        size = tf.constant([299, 299], name="ResizeBilinear/size")
        x = tf.raw_ops.ResizeBilinear(images=image, size=size, name="ResizeBilinear")
        x = tf.nn.avg_pool2d((x - 128.0) * (1.0 / 128.0), 299, 1, "VALID")
        x = tf.nn.conv2d(x, constants["kernel"], 1, "SAME", name="conv")
        # A stand-in, whose node becomes the old operation below: Python makes no graphs of old versions.
        x = tf.raw_ops.FusedBatchNorm(
            x=x,
            scale=constants["gamma"],
            offset=constants["beta"],
            mean=constants["mean"],
            variance=constants["variance"],
            is_training=False,
            name="conv/batchnorm",
        ).y
        pool = tf.identity(tf.nn.relu(x), name="pool_3")
        row = tf.reshape(pool, [1, 2048], name="pool_3/_reshape")
        product = tf.matmul(row, constants["softmax/weights"], name="softmax/logits/MatMul")
        tf.nn.softmax(tf.nn.bias_add(product, constants["softmax/biases"]), name="softmax")
    definition = graph.as_graph_def()
    for node in definition.node:
        if node.name == "conv/batchnorm":
            _make_old(node, scale_after_normalization)
        elif node.name == without:
            node.name = "renamed"
    definition.versions.producer = _OLD_VERSION
    return definition


def _make_old(node, scale_after_normalization):
    x, scale, offset, mean, variance = node.input
    del node.input[:]
    node.input.extend([x, mean, variance, offset, scale])
    node.op = "BatchNormWithGlobalNormalization"
    node.attr.clear()
    node.attr["T"].type = tf.float32.as_datatype_enum
    node.attr["variance_epsilon"].f = 0.001
    node.attr["scale_after_normalization"].b = scale_after_normalization


def _write(path, **options):
    content = _graph(**options).SerializeToString()
    path.write_bytes(content)
    return path, hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    return _write(tmp_path_factory.mktemp("inception") / "classify_image_graph_def.pb")


@pytest.fixture(scope="module")
def extractor(frozen):
    return Inception2015(frozen[0], sha256=frozen[1])


@pytest.mark.long
def test_features_and_logits_are_those_of_the_graph(extractor):
    features, logits = extractor(IMAGES)
    expected_features, expected_logits = _expected(IMAGES, gamma=False)
    np.testing.assert_allclose(features, expected_features, atol=2e-3)
    # Without the biases, which are 100.
    np.testing.assert_allclose(logits, expected_logits, atol=2e-3)


def test_the_old_batch_normalisation_may_scale(tmp_path):
    path, sha256 = _write(tmp_path / "graph.pb", scale_after_normalization=True)
    features = Inception2015(path, sha256=sha256)(IMAGES).features
    np.testing.assert_allclose(features, _expected(IMAGES, gamma=True)[0], atol=2e-3)


@pytest.mark.long
def test_a_graph_takes_it_up(extractor):
    compiled = tf.function(extractor)
    np.testing.assert_allclose(compiled(IMAGES).features, extractor(IMAGES).features, atol=1e-4)


def test_it_is_the_one_that_is_called_fid(extractor, frozen):
    assert extractor.is_fid
    assert (extractor.name, extractor.resize) == ("inception_2015", "legacy_tensorflow")
    assert (extractor.num_features, extractor.num_classes) == (2048, 1008)
    assert extractor.sha256 == frozen[1]
    clean = Inception2015(frozen[0], sha256=frozen[1].upper(), resize="clean")
    assert clean.fingerprint != extractor.fingerprint


@pytest.mark.parametrize("sha256", [None, "0" * 64])
def test_the_hash_is_asked_for_and_checked(frozen, sha256):
    path, right = frozen
    with pytest.raises(ValueError, match=rf"is {right}. If you trust.*Received: sha256={sha256!r}"):
        Inception2015(path, sha256=sha256)


@pytest.mark.parametrize("name", ["ExpandDims", "pool_3", "softmax/logits/MatMul"])
def test_another_graph_is_refused(tmp_path, name):
    path, sha256 = _write(tmp_path / "graph.pb", without=name)
    with pytest.raises(ValueError, match=rf"this graph lacks {name}. Received: path="):
        Inception2015(path, sha256=sha256)


@pytest.mark.long
def test_another_number_of_classes_is_refused(tmp_path):
    path, sha256 = _write(tmp_path / "graph.pb", num_classes=1000)
    with pytest.raises(ValueError, match=r"2048 features and 1008 logits, and this one has 2048 and 1000. Received"):
        Inception2015(path, sha256=sha256)


@pytest.mark.parametrize("content", [b"", b"no graph at all"])
def test_another_file_is_refused(tmp_path, content):
    path = tmp_path / "graph.pb"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"not a frozen graph of TensorFlow \(a GraphDef\). Received: path="):
        Inception2015(path, sha256=hashlib.sha256(content).hexdigest())


class TFGAN(tf.Module):
    """The same network as TF-GAN published it."""

    @tf.function(input_signature=[tf.TensorSpec((None, 299, 299, 3), tf.float32)])
    def serve(self, images):
        mean = tf.reduce_mean(images, axis=(1, 2))
        pool = tf.tile(mean, (1, 683))[:, :2048]
        return {"pool_3": pool, "logits": pool[:, :1008]}


def test_a_saved_model(tmp_path):
    module = TFGAN()
    tf.saved_model.save(module, tmp_path, signatures={"serving_default": module.serve})
    with pytest.raises(ValueError, match="The SHA-256 of this") as error:
        Inception2015(tmp_path)
    sha256 = str(error.value).split()[7].rstrip(".")
    extractor = Inception2015(tmp_path, sha256=sha256)
    features, logits = extractor(np.full((2, 4, 4, 1), -1.0, np.float32))
    np.testing.assert_allclose(features, np.full((2, 2048), -1.0))
    assert logits.shape == (2, 1008)
    (tmp_path / "assets" / "more.txt").write_text("more")
    with pytest.raises(ValueError, match=f"Received: sha256='{sha256}'"):
        Inception2015(tmp_path, sha256=sha256)


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
        FileNotFoundError, match=rf"`download=True`, or put the file there .*Received: path='.*{CACHED_WEIGHTS}'"
    ):
        KerasInception()
    assert not asked_for


def test_the_weights_in_the_cache_are_taken(asked_for, tmp_path):
    cached = tmp_path / "keras" / "models" / CACHED_WEIGHTS
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"")
    KerasInception()
    assert asked_for == {"weights": str(cached), "classifier_activation": None}


def test_keras_downloads_them_if_told_to(asked_for):
    KerasInception(download=True)
    assert asked_for["weights"] == "imagenet"


def test_a_file_of_weights(asked_for, tmp_path):
    path = tmp_path / "mine.h5"
    with pytest.raises(FileNotFoundError, match=r"no file of weights at this path. Received: weights=.*mine.h5"):
        KerasInception(path)
    path.write_bytes(b"")
    KerasInception(path)
    assert asked_for["weights"] == str(path)


def test_features_and_logits_of_the_keras_model(asked_for):
    extractor = KerasInception(download=True)
    assert (extractor.num_features, extractor.num_classes, extractor.is_fid) == (3, 5, False)
    features, logits = extractor(np.full((2, 8, 8, 1), -1.0, np.float32))
    np.testing.assert_allclose(features, np.full((2, 3), -1.0), atol=1e-6)
    np.testing.assert_allclose(logits, np.full((2, 5), -3.0), atol=1e-5)


@pytest.mark.long
def test_the_names_are_those_that_keras_gives():
    model = keras.applications.InceptionV3(weights=None, classes=10)
    assert model.input_shape == (None, 299, 299, 3)
    assert model.get_layer("avg_pool").output.shape == (None, 2048)
    assert model.get_layer("predictions").output.shape == (None, 10)
