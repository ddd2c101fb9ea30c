"""DCGAN and the MLP with labels: sizes by hand, what the label does, saving, precision and bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import SpectralNormalization
from keras_gan.networks import dcgan, mlp

BUILDERS = {
    "dcgan": lambda **options: dcgan(image_shape=(9, 7, 2), latent_dim=4, width=2, **options),
    "mlp": lambda **options: mlp(image_shape=(9, 7, 2), latent_dim=4, width=8, **options),
}


@pytest.fixture(params=BUILDERS)
def build(request):
    return BUILDERS[request.param]


def trainable_count(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def noise(count=6):
    latents = np.random.default_rng(0).normal(size=(count, 4)).astype("float32")
    return {"latents": latents, "labels": (np.arange(count) % 3).astype("int32")}


def judged(count=6):
    images = np.random.default_rng(1).uniform(-1, 1, size=(count, 9, 7, 2)).astype("float32")
    return {"images": images, "labels": (np.arange(count) % 3).astype("int32")}


def test_parameters_that_the_label_adds_to_dcgan():
    arguments = {"image_shape": (32, 32, 1), "width": 8}
    generator, discriminator = dcgan(**arguments, num_classes=10)
    plain_generator, plain_discriminator = dcgan(**arguments)
    assert trainable_count(generator) - trainable_count(plain_generator) == 10 * 4 * 4 * 32
    assert trainable_count(discriminator) - trainable_count(plain_discriminator) == 10 * 32 * 32 + 4 * 4 * 8


def test_parameters_that_the_label_adds_to_the_mlp():
    for with_labels, plain in zip(mlp(num_classes=10), mlp(), strict=True):
        assert trainable_count(with_labels) - trainable_count(plain) == 10 * 1200


def test_inputs_go_by_their_names(build):
    generator, discriminator = build(num_classes=3)
    assert {name: (tensor.shape, tensor.dtype) for name, tensor in generator.input.items()} == {
        "latents": ((None, 4), "float32"),
        "labels": ((None,), "int32"),
    }
    assert {name: (tensor.shape, tensor.dtype) for name, tensor in discriminator.input.items()} == {
        "images": ((None, 9, 7, 2), "float32"),
        "labels": ((None,), "int32"),
    }
    assert generator(noise()).shape == (6, 9, 7, 2)
    assert discriminator(judged()).shape == (6, 1)
    assert generator(noise(1)).shape == (1, 9, 7, 2)


@pytest.mark.parametrize("first", ["project", "hidden_0"])
def test_the_generator_has_the_one_hot_label_behind_the_latents(first):
    generator, _ = BUILDERS["dcgan" if first == "project" else "mlp"](num_classes=3)
    given, layer = noise(), generator.get_layer(first)
    kernel = np.asarray(layer.kernel)
    before = given["latents"] @ kernel[:4] + kernel[4:][given["labels"]]
    np.testing.assert_allclose(keras.Model(generator.input, layer.output)(given), before, atol=1e-6)


def test_the_discriminator_of_dcgan_has_a_plane_for_each_class_next_to_the_picture():
    _, discriminator = BUILDERS["dcgan"](num_classes=3)
    given = judged()
    joined = keras.Model(discriminator.input, discriminator.get_layer("with_labels").output)(given)
    planes = np.asarray(discriminator.get_layer("label_plane").embeddings).reshape(3, 9, 7, 1)
    np.testing.assert_array_equal(joined, np.concatenate([given["images"], planes[given["labels"]]], axis=-1))
    assert np.std(planes) == pytest.approx(1.0, abs=0.1)


def test_the_discriminator_of_the_mlp_has_the_one_hot_label_behind_the_pixels():
    _, discriminator = BUILDERS["mlp"](num_classes=3, spectral_normalization=False)
    given, layer = judged(), discriminator.get_layer("hidden_0")
    kernel = np.asarray(layer.kernel)
    expected = given["images"].reshape(6, -1) @ kernel[:126] + kernel[126:][given["labels"]]
    np.testing.assert_allclose(keras.Model(discriminator.input, layer.output)(given), expected, atol=1e-5)


def test_the_label_changes_the_verdict(build):
    _, discriminator = build(num_classes=3, spectral_normalization=True)
    given = judged(1)
    verdicts = [float(discriminator(given | {"labels": np.array([label])})[0, 0]) for label in range(3)]
    assert len(set(verdicts)) == 3


def test_spectral_normalization_leaves_the_planes_alone():
    _, discriminator = BUILDERS["dcgan"](num_classes=3, spectral_normalization=True, discriminator_normalization=None)
    kinds = {layer.name: type(layer) for layer in discriminator.layers if layer.weights}
    assert kinds.pop("label_plane") is keras.layers.Embedding
    assert set(kinds.values()) == {SpectralNormalization}


def test_every_variable_gets_a_gradient(build):
    generator, discriminator = build(num_classes=3)
    with tf.GradientTape() as tape:
        images = generator(noise(9), training=True)
        logits = discriminator({"images": images, "labels": tf.constant(noise(9)["labels"])}, training=True)
        total = tf.reduce_sum(logits**2)
    variables = generator.trainable_variables + discriminator.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(total, variables), strict=True):
        assert np.any(tf.convert_to_tensor(gradient)), variable.path


@pytest.mark.parametrize("jit_compile", [False, pytest.param(True, marks=pytest.mark.long)])
def test_graphs_give_the_eager_numbers(build, jit_compile):
    for model, given in zip(build(num_classes=3), (noise(), judged()), strict=True):
        np.testing.assert_allclose(tf.function(model, jit_compile=jit_compile)(given), model(given), atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", pytest.param("mixed_bfloat16", marks=pytest.mark.long)])
def test_mixed_precision_returns_float32(build, policy):
    keras.config.set_dtype_policy(policy)
    generator, discriminator = build(num_classes=3)
    assert generator(noise()).dtype == discriminator(judged()).dtype == tf.float32


# Keras reads its variables with an `__array__` of the signature before NumPy 2.
@pytest.mark.long
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_save_and_load_give_equal_outputs(build, tmp_path):
    for model, given in zip(build(num_classes=3), (noise(), judged()), strict=True):
        model.save(tmp_path / f"{model.name}.keras")
        np.testing.assert_array_equal(keras.saving.load_model(tmp_path / f"{model.name}.keras")(given), model(given))


@pytest.mark.parametrize("num_classes", [1, 0, 2.5, "ten", True])
def test_bad_numbers_of_classes(build, num_classes):
    with pytest.raises(ValueError, match=r"`num_classes` must be an integer of at least 2\. Received: num_classes="):
        build(num_classes=num_classes)
