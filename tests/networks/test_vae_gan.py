"""The networks of the VAE-GAN: their layout counted by hand, any picture, what the features are, and bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.networks import vae_gan

TINY = {"image_shape": (9, 12, 2), "latent_dim": 3, "width": 2}


def trainable_count(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def pictures(*shape):
    return np.random.default_rng(0).uniform(-1, 1, size=shape).astype("float32")


def with_norm(kernel, channels):
    """The parameters of a layer without biases and of its batch normalisation."""
    return kernel * channels + 2 * channels


def test_parameter_counts_of_the_papers_layout_by_hand():
    encoder, decoder, discriminator = vae_gan()
    convolutions = with_norm(25 * 3, 64) + with_norm(25 * 64, 128) + with_norm(25 * 128, 256)
    heads = 2 * (1024 * 128 + 128)
    assert trainable_count(encoder) == convolutions + with_norm(8 * 8 * 256, 1024) + heads == 18_071_360
    start = with_norm(128, 8 * 8 * 256)
    convolutions = with_norm(25 * 256, 256) + with_norm(25 * 256, 128) + with_norm(25 * 128, 32) + 25 * 32 * 3 + 3
    assert trainable_count(decoder) == start + convolutions == 4_693_155
    first = 25 * 3 * 32 + 32
    convolutions = with_norm(25 * 32, 128) + with_norm(25 * 128, 256) + with_norm(25 * 256, 256)
    dense = with_norm(8 * 8 * 256, 512) + 512 + 1
    assert trainable_count(discriminator) == first + convolutions + dense == 10_953_857


@pytest.mark.long
@pytest.mark.parametrize(
    "sides, smallest",
    [
        *(((28, 28), (4, 4)), ((33, 47), (5, 6)), ((5, 6), (1, 1))),
        *(
            pytest.param(*case, marks=pytest.mark.long)
            for case in (
                *(((64, 64), (8, 8)), ((32, 32), (4, 4)), ((128, 64), (16, 8)), ((128, 128), (8, 8))),
                *(((65, 70), (5, 5)), ((8, 8), (1, 1))),
            )
        ),
    ],
)
def test_sizes_of_every_output(sides, smallest):
    encoder, decoder, discriminator = vae_gan(image_shape=(*sides, 3), latent_dim=5, width=2)
    assert decoder.get_layer("reshape").output.shape[1:] == (*smallest, 8)
    images = decoder(pictures(2, 5))
    assert images.shape == (2, *sides, 3)
    assert np.abs(images).max() <= 1
    code = encoder(images)
    assert {name: tuple(value.shape) for name, value in code.items()} == {"mean": (2, 5), "log_variance": (2, 5)}
    verdict = discriminator(images)
    assert {name: tuple(value.shape) for name, value in verdict.items()} == {
        "logits": (2, 1),
        "features": (2, *smallest, 8),
    }


def test_the_features_are_the_last_convolution_before_its_normalisation():
    _, _, discriminator = vae_gan(**TINY)
    x = pictures(16, 9, 12, 2)
    verdict = discriminator(x)
    conv = keras.Model(discriminator.input, discriminator.get_layer("down_2").output)
    np.testing.assert_array_equal(verdict["features"], conv(x))
    assert np.min(verdict["features"]) < 0
    # From them alone the logits follow, through what comes after.
    y = verdict["features"]
    for name in ("down_2_norm", "down_2_relu", "flatten", "dense", "dense_norm", "dense_relu", "logits"):
        y = discriminator.get_layer(name)(y)
    np.testing.assert_allclose(y, verdict["logits"], rtol=1e-4, atol=1e-6)


@pytest.mark.long
@pytest.mark.parametrize("depth, name", [(0, None), (1, "from_images"), (2, "down_0"), (4, "down_2")])
def test_the_features_of_another_depth_are_those_of_that_convolution(depth, name):
    _, _, discriminator = vae_gan(**TINY, reconstruction_depth=depth)
    x = pictures(3, 9, 12, 2)
    expected = x if name is None else keras.Model(discriminator.input, discriminator.get_layer(name).output)(x)
    np.testing.assert_array_equal(discriminator(x)["features"], expected)


def test_a_depth_that_the_discriminator_does_not_have():
    with pytest.raises(ValueError, match=r"`reconstruction_depth` must be .* of at most 4. Received: .*=5"):
        vae_gan(**TINY, reconstruction_depth=5)


def test_initial_kernels_are_uniform_and_normalisation_is_synchronized():
    for model in vae_gan(image_shape=(32, 32, 3)):
        for layer in model.layers:
            if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
                fan_in = np.prod(layer.kernel.shape[:-1])
                assert np.abs(layer.kernel).max() <= 1 / np.sqrt(3 * fan_in)
                assert np.std(layer.kernel) == pytest.approx(1 / (3 * np.sqrt(fan_in)), rel=0.1)
            if isinstance(layer, keras.layers.BatchNormalization):
                assert (layer.momentum, layer.epsilon, layer.synchronized) == (0.9, 1e-5, True)


def test_every_variable_gets_a_gradient():
    encoder, decoder, discriminator = vae_gan(**TINY)
    with tf.GradientTape() as tape:
        code = encoder(pictures(8, 9, 12, 2), training=True)
        latents = code["mean"] + tf.exp(code["log_variance"] / 2) * tf.random.normal((8, 3))
        verdict = discriminator(decoder(latents, training=True), training=True)
        total = tf.reduce_sum(verdict["features"] ** 2) + tf.reduce_sum(verdict["logits"] ** 2)
    variables = [v for model in (encoder, decoder, discriminator) for v in model.trainable_variables]
    for variable, gradient in zip(variables, tape.gradient(total, variables), strict=True):
        assert np.any(gradient), variable.path


def test_mixed_precision_returns_float32():
    keras.config.set_dtype_policy("mixed_float16")
    encoder, decoder, discriminator = vae_gan(**TINY)
    assert encoder.get_layer("down_0").compute_dtype == "float16"
    images = decoder(np.ones((2, 3), "float32"))
    outputs = [images, *encoder(images).values(), *discriminator(images).values()]
    assert [value.dtype for value in outputs] == [tf.float32] * 5


# Keras reads its variables with an `__array__` of the signature before NumPy 2.
@pytest.mark.long
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_save_and_load_give_equal_outputs(tmp_path):
    x = pictures(4, 9, 12, 2)
    for i, (model, inputs) in enumerate(zip(vae_gan(**TINY), (x, pictures(4, 3), x), strict=True)):
        model(inputs, training=True)
        model.save(tmp_path / f"{i}.keras")
        loaded = keras.saving.load_model(tmp_path / f"{i}.keras")
        keras.tree.map_structure(np.testing.assert_array_equal, loaded(inputs), model(inputs))


@pytest.mark.parametrize("image_shape", [(4, 32, 3), (32, 1, 3)])
def test_a_picture_too_small_to_be_halved_three_times(image_shape):
    with pytest.raises(ValueError, match=r"they must be at least 5\. Received: image_shape=\("):
        vae_gan(image_shape=image_shape)


def test_bad_image_shape():
    with pytest.raises(ValueError, match=r"must be \(height, width, channels\) .*Received: image_shape="):
        vae_gan(image_shape=(64, 64))


@pytest.mark.parametrize("arguments", [{"latent_dim": 0}, {"width": 1}, {"width": 2.5}])
def test_bad_sizes(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"`{name}` must be an integer of at least .* Received: {name}={value}"):
        vae_gan(**arguments)
