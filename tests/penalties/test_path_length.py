"""The path length penalty: against Jacobians, through styles, and its running mean."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import _random
from keras_gan.penalties import Lazy, PathLength
from keras_gan.penalties.path_length import path_lengths
from keras_gan.training import Interface
from keras_gan.training._given_generator import GivenGenerator

SEED = tf.constant([0, 1], tf.int64)
SHAPE = (4, 3, 2)


def synthesis_of(shape, **options):
    size = int(np.prod(SHAPE))
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Flatten(),
            keras.layers.Dense(size, "tanh", kernel_initializer=keras.initializers.RandomNormal(0, 1, seed=3)),
            keras.layers.Reshape(SHAPE, dtype="float32"),
        ],
        **options,
    )


def styled():
    """A generator of latents and labels with three styles of five numbers for each image."""
    latents, labels = keras.Input((2,), name="latents"), keras.Input((), dtype="int32", name="labels")
    inner = [keras.Input((2,), name="latents"), keras.Input((), dtype="int32", name="labels")]
    hidden = keras.layers.Concatenate()([inner[0], keras.layers.Embedding(4, 2, name="classes")(inner[1])])
    styles = keras.layers.Reshape((3, 5))(keras.layers.Dense(15, "tanh")(hidden))
    mapping = keras.Model(inner, styles, name="mapping")
    synthesis = synthesis_of((3, 5), name="synthesis")
    return keras.Model([latents, labels], synthesis(mapping([latents, labels])))


def given(generator, **conditions):
    return GivenGenerator(Interface(generator, "generator", ("latents", "labels"), "images"), conditions)


def noise_images(rows):
    """What the penalty draws, for the root of its 4 * 3 pixels."""
    (seed,) = _random.seeds_of(SEED, 1)
    return np.asarray(_random.normal((rows, *SHAPE), seed)) / np.sqrt(12)


def lengths_by_jacobian(draw, start):
    """|J^T y| with the whole Jacobian, `(rows, *image, *start)`; the mean over styles of the squares."""
    with tf.GradientTape() as tape:
        tape.watch(start)
        images = draw(start)
    jacobian = np.asarray(tape.batch_jacobian(images, start))
    products = np.einsum("rhwc,rhwc...->r...", noise_images(len(start)), jacobian)
    squares = np.sum(products**2, axis=-1)
    return np.sqrt(squares.reshape(len(start), -1).mean(axis=1))


def test_the_lengths_are_those_of_the_jacobian():
    latents, generator = tf.constant(np.random.default_rng(0).normal(size=(3, 5)), tf.float32), synthesis_of((5,))
    expected = lengths_by_jacobian(generator, latents)
    for each in (generator, given(generator)):
        np.testing.assert_allclose(path_lengths(each, latents, SEED), expected, rtol=1e-4)


def test_a_generator_with_styles_is_measured_in_them():
    generator, latents = styled(), tf.constant(np.random.default_rng(0).normal(size=(3, 2)), tf.float32)
    labels = tf.constant([0, 3, 1])
    styles = generator.get_layer("mapping")([latents, labels])
    expected = lengths_by_jacobian(generator.get_layer("synthesis"), styles)
    with tf.GradientTape() as tape:
        lengths = path_lengths(given(generator, labels=labels), latents, SEED)
    np.testing.assert_allclose(lengths, expected, rtol=1e-4)
    # The mapping learns too: where it puts the styles decides how long the steps are.
    gradients = tape.gradient(lengths, [weight.value for weight in generator.get_layer("mapping").trainable_weights])
    assert all(np.abs(tf.convert_to_tensor(gradient)).max() > 0.0 for gradient in gradients)


def test_the_mean_moves_before_it_is_compared():
    latents, generator = tf.zeros((4, 5)), synthesis_of((5,))
    lengths = np.asarray(path_lengths(generator, latents, SEED))
    penalty = PathLength(3.0, decay=0.75, shrink=1)
    mean = 0.25 * lengths.mean()
    assert float(penalty(generator, latents, seed=SEED)) == pytest.approx(
        3.0 * np.mean((lengths - mean) ** 2), rel=1e-5
    )
    assert float(penalty.state.means["length"].value) == pytest.approx(mean)
    mean = 0.75 * mean + 0.25 * lengths.mean()
    assert float(penalty(generator, latents, seed=SEED)) == pytest.approx(
        3.0 * np.mean((lengths - mean) ** 2), rel=1e-5
    )


def test_half_of_the_latents_have_half_of_the_labels():
    seen = []

    class Recorder:
        def __call__(self, latents):
            seen.append(latents)
            return latents

    latents = tf.constant(np.arange(14.0), tf.float32)[:, None] * tf.ones((1, 3))
    PathLength(shrink=2)(Recorder(), latents, seed=SEED)
    assert seen[0][:, 0].numpy().tolist() == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0]
    PathLength(shrink=20)(Recorder(), latents, seed=SEED)
    assert len(seen[1]) == 1
    generator, labels = styled(), tf.constant([0, 1, 2, 3])
    latents = tf.constant(np.random.default_rng(0).normal(size=(4, 2)), tf.float32)
    images = generator([latents, labels])
    np.testing.assert_allclose(given(generator, labels=labels)(latents[::2]), images[::2], rtol=1e-5, atol=1e-6)


def test_a_flat_generator_has_a_finite_gradient():
    weight = tf.Variable(tf.zeros((2, 3)))
    with tf.GradientTape() as tape:
        value = PathLength()(lambda z: z @ weight, tf.zeros((4, 2)), seed=SEED)
    assert float(value) == 0.0
    assert np.all(np.asarray(tape.gradient(value, weight)) == 0.0)


def test_small_gradients_do_not_underflow_in_float16():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        half = synthesis_of((5,))
    finally:
        keras.config.set_dtype_policy("float32")
    whole, latents = synthesis_of((5,)), tf.zeros((4, 5))
    for network in (half, whole):
        network.set_weights([1e-6 * weight for weight in network.get_weights()])
    expected = np.asarray(path_lengths(whole, latents, SEED))
    np.testing.assert_allclose(path_lengths(given(half), latents, SEED), expected, rtol=0.05)


def test_a_lazy_one_trains_the_mapping_of_a_gan():
    generator = styled()
    images = keras.Input(SHAPE)
    judge = keras.Model(images, keras.layers.Dense(1)(keras.layers.Flatten()(images)))
    gan = keras_gan.NonSaturatingGAN(generator, judge, penalties=[Lazy(PathLength(), every=2)], num_classes=4, seed=1)
    gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), run_eagerly=True, loss_weights={"g_loss": 0.0})
    before = generator.get_layer("mapping").get_weights()
    logs = gan.train_on_batch(np.zeros((8, *SHAPE), "float32"), np.arange(8) % 4, return_dict=True)
    assert logs["path_length"] > 0.0
    assert int(gan.generator_optimizer.iterations) == 2
    assert all((a != b).any() for a, b in zip(before, generator.get_layer("mapping").get_weights(), strict=True))


def test_layers_whose_second_gradient_is_wrong_are_warned_of():
    generator = keras.Sequential(
        [keras.Input((2,)), keras.layers.LayerNormalization(name="norm"), keras.layers.Dense(3)]
    )
    with pytest.warns(UserWarning, match=r"'norm' of the generator"):
        PathLength().validate(generator)
