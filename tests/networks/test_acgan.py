"""The networks of AC-GAN: sizes by hand, what the label does, any picture, and messages for bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import SpectralNormalization
from keras_gan.networks import acgan, dcgan

TINY = {"image_shape": (9, 12, 2), "num_classes": 3, "latent_dim": 4, "width": 2}


def trainable_count(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def inputs(count, latent_dim=4, num_classes=3):
    rng = np.random.default_rng(0)
    latents = rng.normal(size=(count, latent_dim)).astype("float32")
    return {"latents": latents, "labels": (np.arange(count) % num_classes).astype("int32")}


def pictures(*shape):
    return np.random.default_rng(0).uniform(-1, 1, size=shape).astype("float32")


def test_parameter_counts_by_hand():
    generator, discriminator = acgan()
    convolutions = 16 * (256 * 128 + 128 * 64 + 64) + 2 * (128 + 64)
    assert trainable_count(generator) == 110 * 4 * 4 * 256 + 2 * 256 + convolutions == 1_107_840
    convolutions = 16 * (64 + 64 * 128 + 128 * 256) + 2 * (128 + 256)
    assert trainable_count(discriminator) == convolutions + 4 * 4 * 256 * 11 + 11 == 702_219


def test_the_stages_are_those_of_dcgan():
    # But for the label: ten rows more in the projection, and a head for the classes, and biases of the heads.
    arguments = {"image_shape": (28, 33, 1), "width": 8}
    networks = acgan(**arguments)
    plain = dcgan(**arguments, discriminator_normalization="batch", spectral_normalization=False)
    project = dcgan(**arguments)[0].get_layer("project").units
    flat = networks[1].get_layer("flatten").output.shape[1]
    assert trainable_count(networks[0]) - trainable_count(plain[0]) == 10 * project
    assert trainable_count(networks[1]) - trainable_count(plain[1]) == 10 * flat + 11
    for kept in ("up_0", "up_2", "norm_1"):
        assert networks[0].get_layer(kept).output.shape == plain[0].get_layer(kept).output.shape


@pytest.mark.parametrize("image_shape", [(32, 32, 1), (28, 28, 1), (33, 47, 3), (7, 30, 2), (2, 3, 4)])
def test_any_picture(image_shape):
    generator, discriminator = acgan(**TINY | {"image_shape": image_shape})
    images = generator(inputs(6))
    assert images.shape == (6, *image_shape)
    assert np.abs(images).max() <= 1
    assert {name: tuple(value.shape) for name, value in discriminator(images).items()} == {
        "logits": (6, 1),
        "classes": (6, 3),
    }


def test_the_inputs_go_by_their_names():
    generator, discriminator = acgan(**TINY)
    assert {name: (tensor.shape, tensor.dtype) for name, tensor in generator.input.items()} == {
        "latents": ((None, 4), "float32"),
        "labels": ((None,), "int32"),
    }
    assert discriminator.input.name == "images"
    # The order of a dict does not count, nor does a batch of one.
    given = inputs(5)
    swapped = {"labels": given["labels"], "latents": given["latents"]}
    np.testing.assert_array_equal(generator(swapped), generator(given))
    one = {name: values[:1] for name, values in given.items()}
    np.testing.assert_allclose(generator(one), generator(given)[:1], atol=1e-6)


def test_the_label_is_one_hot_behind_the_latents():
    generator, _ = acgan(**TINY)
    given = inputs(6)
    kernel = np.asarray(generator.get_layer("project").kernel)
    projected = keras.Model(generator.input, generator.get_layer("project").output)(given)
    np.testing.assert_allclose(projected, given["latents"] @ kernel[:4] + kernel[4:][given["labels"]], atol=1e-6)


def test_initial_weights():
    for model in acgan(width=32):
        kernels = [v for v in model.trainable_variables if v.name == "kernel"]
        for kernel in kernels:
            assert np.std(kernel) == pytest.approx(0.02, rel=0.15)


def test_dropout_of_a_half_follows_each_leaky_relu_of_the_discriminator():
    generator, discriminator = acgan(**TINY)
    rates = {layer.name: layer.rate for layer in discriminator.layers if isinstance(layer, keras.layers.Dropout)}
    assert rates == {"dropout_0": 0.5}
    assert not any(isinstance(layer, keras.layers.Dropout) for layer in generator.layers)


def test_spectral_normalization_reaches_both_heads():
    _, discriminator = acgan(**TINY, discriminator_normalization=None, spectral_normalization=True)
    with_weights = [layer for layer in discriminator.layers if layer.weights]
    assert [type(layer) for layer in with_weights] == [SpectralNormalization] * 3
    assert {layer.name for layer in with_weights} == {"down_0", "logits", "classes"}


def test_every_variable_gets_a_gradient():
    generator, discriminator = acgan(**TINY)
    with tf.GradientTape() as tape:
        verdict = discriminator(generator(inputs(8), training=True), training=True)
        total = tf.reduce_sum(verdict["logits"] ** 2) + tf.reduce_sum(verdict["classes"] ** 2)
    variables = generator.trainable_variables + discriminator.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(total, variables), strict=True):
        assert np.any(gradient), variable.path


@pytest.mark.long
@pytest.mark.parametrize("jit_compile", [False, True])
def test_graphs_give_the_eager_images(jit_compile):
    generator, _ = acgan(**TINY)
    given = inputs(6)
    graph = tf.function(generator, jit_compile=jit_compile)
    np.testing.assert_allclose(graph(given), generator(given), atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", pytest.param("mixed_bfloat16", marks=pytest.mark.long)])
def test_mixed_precision_returns_float32(policy):
    keras.config.set_dtype_policy(policy)
    generator, discriminator = acgan(**TINY)
    assert generator.get_layer("up_0").compute_dtype == policy.removeprefix("mixed_")
    images = generator(inputs(4), training=True)
    verdict = discriminator(images, training=True)
    assert {images.dtype, verdict["logits"].dtype, verdict["classes"].dtype} == {tf.float32}


# Keras reads its variables with an `__array__` of the signature before NumPy 2.
@pytest.mark.long
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_save_and_load_give_equal_outputs(tmp_path):
    generator, discriminator = acgan(**TINY)
    generator.save(tmp_path / "generator.keras")
    discriminator.save(tmp_path / "discriminator.keras")
    images = keras.saving.load_model(tmp_path / "generator.keras")(inputs(4))
    np.testing.assert_array_equal(images, generator(inputs(4)))
    verdict = keras.saving.load_model(tmp_path / "discriminator.keras")(images)
    keras.tree.map_structure(np.testing.assert_array_equal, verdict, discriminator(images))


@pytest.mark.parametrize("image_shape, message", [((28, 28), r"must be \(height"), ((1, 8, 1), "picture is too small")])
def test_bad_image_shapes(image_shape, message):
    with pytest.raises(ValueError, match=rf"{message}.*Received: image_shape="):
        acgan(image_shape=image_shape)


@pytest.mark.parametrize("arguments", [{"latent_dim": 0}, {"width": -1}, {"num_classes": 1}, {"num_classes": None}])
def test_bad_sizes(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"`{name}` must be an integer of at least .* Received: {name}={value}"):
        acgan(**arguments)


def test_bad_normalization_and_dropout():
    with pytest.raises(ValueError, match=r"`discriminator_normalization` must be one of .*Received: "):
        acgan(discriminator_normalization="instance")
    with pytest.raises(ValueError, match=r"`discriminator_dropout` must be .*Received: discriminator_dropout=1"):
        acgan(discriminator_dropout=1.0)
