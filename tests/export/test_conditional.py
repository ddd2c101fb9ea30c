"""What takes labels, exported: the class that was asked for, by every road."""

import shutil
import types

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from PIL import Image

import keras_gan
from keras_gan import export
from keras_gan._litert import interpreter
from keras_gan.callbacks import image_grid
from keras_gan.export import ExportedGenerator, _signatures
from keras_gan.export._sampler import settled_sampler

LABELS = np.int32([2, 0, 1, 2, 2])


@pytest.fixture(scope="module")
def gan():
    """Its generator has BatchNormalization, and its averaged generator is another one."""
    networks = keras_gan.networks.acgan(image_shape=(4, 6, 1), num_classes=3, latent_dim=5, width=4)
    gan = keras_gan.ACGAN(*networks, ema_half_life=100, seed=0)
    for weight in gan.generator.trainable_weights:
        weight.assign(4.0 * weight)
    gan.averaged_generator.set_weights([0.5 * values for values in gan.generator.get_weights()])
    gan.training_state.step.assign(1)
    return gan


@pytest.fixture(scope="module")
def folder(gan, tmp_path_factory):
    return export.save(gan, tmp_path_factory.mktemp("models") / "classes")


@pytest.fixture(scope="module")
def exported(folder):
    return ExportedGenerator(folder)


@pytest.fixture
def signature(gan):
    """The function that asks a signature, without a SavedModel."""
    offered = _signatures.of_sampler(gan.sampler(), max_count=9, jit_compile=False)

    def ask(name, **request):
        kinds = {"seed": tf.int64, "count": tf.int32, "labels": tf.int32, "latents": tf.float32}
        (chosen,) = (each for each in offered if each.name == name)
        (answer,) = chosen.function(
            *(tf.constant(request[spec.name], kinds[spec.name]) for spec in chosen.inputs)
        ).values()
        return answer.numpy()

    return ask


def _latents(count):
    return np.random.default_rng(count).normal(size=(count, 5)).astype("float32")


def _feed(count=5):
    return {"latents": _latents(count), "labels": LABELS[:count]}


def test_the_class_decides_what_is_served(gan, exported):
    assert (exported.inputs, exported.num_classes) == ({"labels": (), "latents": (5,)}, 3)
    for labels in (LABELS, 1):
        images = exported.generate(5, labels=labels, seed=7)
        np.testing.assert_array_equal(images, gan.generate(5, labels=labels, seed=7))
    assert np.abs(images - exported.generate(5, labels=0, seed=7)).max() > 0.01
    latents = _latents(5)
    np.testing.assert_array_equal(
        exported.generate(latents=latents, labels=LABELS, batch_size=2),
        gan.generate(latents=latents, labels=LABELS, batch_size=2),
    )


def test_labels_are_drawn_as_the_gan_draws_them(gan, exported):
    np.testing.assert_array_equal(exported.generate(70, seed=3), gan.generate(70, seed=3))


def test_without_the_card_labels_have_to_be_given(gan, folder, tmp_path):
    copied = ExportedGenerator(shutil.copytree(folder, tmp_path / "1", ignore=shutil.ignore_patterns("*.json")))
    assert copied.num_classes is None
    with pytest.raises(ValueError, match=r"not known of how many classes: give `labels`\. Received: labels=None"):
        copied.generate(2)
    np.testing.assert_array_equal(copied.generate(2, labels=1, seed=0), gan.generate(2, labels=1, seed=0))


@pytest.mark.parametrize(
    "labels, message",
    [
        ([0.5, 1.0], r"`labels` must have the type int32 .* Received: labels of type float64"),
        ([[0, 1]], r"`labels` must have the type int32 and the shape \('num_images',\).* shape \(1, 2\)"),
        ([0, 1, 2], r"Give as many of each input, and at least one\. Received: .*3 labels"),
    ],
)
def test_labels_that_are_none(exported, labels, message):
    with pytest.raises(ValueError, match=message):
        exported.generate(2, labels=np.array(labels))


def test_a_class_that_there_is_not_is_refused_by_the_model_itself(exported):
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"classes from 0 to 2.*wrong labels =\] \[3"):
        exported.generate(2, labels=3)


def test_a_seed_and_labels_give_the_images_of_generate(gan, signature):
    images = signature("sample", seed=2**30, count=5, labels=LABELS)
    np.testing.assert_array_equal(images, gan.generate(5, seed=2**30, labels=LABELS))
    files = signature("sample_png", seed=2**30, count=5, labels=LABELS)
    pixels = np.stack([tf.io.decode_png(file).numpy() for file in files])
    np.testing.assert_array_equal(pixels, np.floor(127.5 * images + 128.0))


@pytest.mark.parametrize("name", ["sample", "sample_png", "serving_default"])
@pytest.mark.parametrize(
    "labels, message",
    [
        ([0, 3], r"Labels must be classes from 0 to 2\. .*Received: wrong labels =.*3"),
        ([-1, 0], r"Received: wrong labels =.*-1"),
        ([0, 1, 2], r"Give a label for each sample: .*Received: the number of labels and of samples =.*3,? 2"),
    ],
)
def test_wrong_labels_are_answered_with_what_is_right(signature, name, labels, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"(?s){message}"):
        signature(name, seed=0, count=2, labels=labels, latents=_latents(2))


def test_a_server_s_first_requests_and_the_lines_about_them_have_labels(gan):
    for signature in _signatures.of_sampler(gan.sampler(), max_count=9, jit_compile=False):
        assert set(signature.example) == {spec.name for spec in signature.inputs}
        assert "labels int32 (count,) from 0 to 2" in signature.documentation
        (answer,) = signature.function(
            *(tf.constant(signature.example[spec.name]) for spec in signature.inputs)
        ).values()
        assert len(answer) == 1


def test_the_grid_has_a_row_for_each_class(gan, folder):
    card, text = (folder / "model_card.json").read_text(), (folder / "README.md").read_text()
    assert "The averaged generator of an ACGAN: latents (5,) and labels of 3 classes to samples (4, 6, 1)" in text
    assert "![24 samples of seed 0, a row for each class from 0 to 2](sample_grid.png)" in text
    assert '"num_classes": 3' in card
    expected = image_grid(gan.generate(24, seed=0, labels=np.repeat([0, 1, 2], 8)), columns=8)[..., 0]
    with Image.open(folder / "sample_grid.png") as grid:
        np.testing.assert_allclose(np.asarray(grid).astype(int), expected.astype(int), atol=1)


def test_onnx_runtime_takes_labels(gan, tmp_path):
    session = onnxruntime.InferenceSession(export.save_onnx(gan, tmp_path / "classes.onnx"))
    (images,) = session.run(["images"], _feed())
    np.testing.assert_allclose(images, gan.generate(**_feed()), rtol=0, atol=1e-5)


@pytest.mark.long
def test_litert_takes_labels(gan, tmp_path):
    path = export.save_litert(gan, tmp_path / "classes.tflite")
    images = interpreter(path).get_signature_runner()(**_feed())["images"]
    np.testing.assert_allclose(images, gan.generate(**_feed()), rtol=0, atol=1e-5)
    assert export.litert_distance(gan, path, num_images=5, labels=2)["largest"] < 1e-5
    with pytest.raises(ValueError, match=r"The model knows 3 classes.* Received: labels 3"):
        export.litert_distance(gan, path, labels=3)


def test_statistics_are_those_of_all_classes(gan):
    """Of the layer behind a linear one, the mean is known: that of its outputs over latents and classes."""
    latents, labels = keras.Input((5,), name="latents"), keras.Input((), dtype="int32", name="labels")
    shift = keras.layers.Embedding(3, 4, embeddings_initializer=keras.initializers.Constant(0.0))
    norm = keras.layers.BatchNormalization()
    outputs = keras.layers.Reshape((2, 2, 1))(norm(keras.layers.Dense(4)(latents) + shift(labels)))
    network = keras.Model([latents, labels], outputs)
    shift.embeddings.assign([[0.0] * 4, [30.0] * 4, [60.0] * 4])
    # The network is its own average: what is looked at are the statistics.
    other = keras.models.clone_model(network)
    settled_sampler(types.SimpleNamespace(generator=other, averaged_generator=network), averaged=True)
    # The standard error of the mean of 4,096 classes is 24.5 / 64.
    np.testing.assert_allclose(norm.moving_mean, 30.0, atol=4.5 * 25 / 64)
    np.testing.assert_allclose(norm.moving_variance, 601.0, rtol=0.1)


def test_a_generator_that_does_not_say_how_many_classes_there_are():
    inputs = [keras.Input((2,), name="latents"), keras.Input((), dtype="float32", name="labels")]
    outputs = inputs[0] + keras.ops.expand_dims(inputs[1], -1)
    plain = types.SimpleNamespace(generator=keras.Model(inputs, outputs))
    with pytest.raises(ValueError, match=r"takes labels, and nothing says of how many classes.* `num_classes`"):
        settled_sampler(plain, averaged=True)
    plain.num_classes = 4
    assert settled_sampler(plain, averaged=True).num_classes == 4


def test_the_card_of_a_stargan_speaks_of_attributes(tmp_path):
    sizes = {"image_shape": (16, 16, 1), "num_classes": 3, "width": 2}
    generator = keras_gan.networks.resnet_translator(**sizes, blocks=1, padding="zeros")
    discriminator = keras_gan.networks.stargan_discriminator(**sizes, layers=2)
    gan = keras_gan.StarGAN(generator, discriminator, labels="attributes", seed=0)
    gan.compile()
    export.write_model_card(tmp_path, gan)
    text = (tmp_path / "README.md").read_text()
    assert "and labels (3,), 0 or 1 for each attribute, to translations (16, 16, 1)" in text
