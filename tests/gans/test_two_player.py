"""The two updates, compared with the same updates written out, and what each must not change."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.penalties import R1, GradientPenalty


def sgd():
    return keras.optimizers.SGD(0.5)


def built(gan):
    gan.compile(sgd(), sgd())
    return gan


def one_step(gan, images):
    gan.train_on_batch(images)
    return gan


@pytest.mark.parametrize(
    "make",
    [
        keras_gan.RelativisticAverageGAN,
        *(pytest.param(gan, marks=pytest.mark.long) for gan in (keras_gan.NonSaturatingGAN, keras_gan.HingeGAN)),
    ],
)
def test_the_step_is_the_textbook_algorithm(make, networks, images):
    """Separate passes, one tape per player, each gradient with respect to its own weights: the same numbers."""
    generator, discriminator = networks()
    gan = built(make(generator, discriminator, penalties=[R1(2.0)], discriminator_steps=2, seed=5))
    twins = networks()
    for twin, network in zip(twins, (generator, discriminator), strict=True):
        twin.set_weights(network.get_weights())
    noise = gan.training_state.noise()
    # Each discriminator step draws its latents, and a seed for its one penalty.
    latents = [noise.normal((8, 4)), noise.next_seed(), noise.normal((8, 4))][::2]
    one_step(gan, images[:16])

    loss, optimizers = gan.adversarial_loss, (sgd(), sgd())
    for real, z in zip((images[:8], images[8:16]), latents, strict=True):
        real = tf.constant(real)
        with tf.GradientTape() as tape:
            value = loss.discriminator_loss(twins[1](real), twins[1](twins[0](z)))
            value += R1(2.0)(twins[1], real, None)
        variables = twins[1].trainable_variables
        optimizers[1].apply(tape.gradient(value, variables), variables)
    with tf.GradientTape() as tape:
        value = loss.generator_loss(twins[1](real), twins[1](twins[0](latents[-1])))
    variables = twins[0].trainable_variables
    optimizers[0].apply(tape.gradient(value, variables), variables)

    for twin, network in zip(twins, (generator, discriminator), strict=True):
        for expected, weight in zip(twin.get_weights(), network.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, atol=2e-6)


@pytest.mark.long
def test_the_step_is_the_same_under_xla(networks, images):
    weights = []
    for jit_compile in (False, True):
        keras.utils.set_random_seed(1)
        gan = keras_gan.WGANGP(*networks(spectral=True), discriminator_steps=2, ema_half_life=50, seed=2)
        gan.compile(sgd(), sgd(), jit_compile=jit_compile)
        gan.fit(images, batch_size=8, verbose=0, shuffle=False)
        weights.append(gan.get_weights())
    for plain, compiled in zip(*weights, strict=True):
        np.testing.assert_allclose(compiled, plain, atol=1e-5)


class Counting(keras.layers.Layer):
    """Passes its input through and counts how often it is called."""

    passes = 0

    def call(self, inputs):
        self.passes += 1
        return inputs


@pytest.mark.parametrize(
    "make, options, generator_passes, discriminator_passes",
    [
        (keras_gan.NonSaturatingGAN, {}, 1, 3),
        # R1 takes its gradient from the pass that the loss made.
        (keras_gan.NonSaturatingGAN, {"penalties": [R1(1.0), R1(2.0)]}, 1, 3),
        (keras_gan.NonSaturatingGAN, {"discriminator_steps": 3}, 3, 7),
        pytest.param(keras_gan.RelativisticGAN, {}, 1, 4, marks=pytest.mark.long),
        pytest.param(keras_gan.WGANGP, {"discriminator_steps": 1}, 1, 4, marks=pytest.mark.long),
    ],
)
def test_no_pass_is_made_twice(make, options, generator_passes, discriminator_passes, networks, images):
    counters = [Counting(), Counting()]
    counted = [keras.Sequential([network, counter]) for network, counter in zip(networks(), counters, strict=True)]
    gan = built(make(*counted, **options))
    gan.critic.warn_of_probabilities()  # It looks once, before the first step.
    for counter in counters:
        counter.passes = 0
    gan.fit(images, batch_size=8, verbose=0)
    assert [counter.passes for counter in counters] == [generator_passes, discriminator_passes]


@pytest.mark.long
def test_no_gradient_is_taken_that_nobody_applies(images):
    generator = keras.Sequential([keras.Input((4,)), keras.layers.Dense(64), keras.layers.Reshape((8, 8, 1))])
    discriminator = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    gan = built(keras_gan.NonSaturatingGAN(generator, discriminator))
    graph = tf.function(gan.train_step).get_concrete_function(tf.TensorSpec((8, 8, 8, 1))).graph
    products = [op for op in graph.get_operations() if op.type == "MatMul"]
    # Forward: G once, D three times. Backward: D's weights for real and for fake images, then the gradient in the
    # images through D, and G's weights from it.
    assert len(products) == 4 + 2 + 1 + 1


def test_the_generators_step_leaves_the_discriminators_state_alone(networks, images):
    gan = built(keras_gan.HingeGAN(*networks(batch_norm=True, spectral=True, dropout=0.5), discriminator_steps=1))
    noise = gan.training_state.noise()
    real = {"images": tf.constant(images[:8])}
    fakes = gan.record(gan.generate_for, real, gan.latents_for(real, noise))
    gan.minimise(gan.discriminator_terms, real, fakes)
    state = [np.array(variable.numpy()) for variable in gan.discriminator.variables]
    generator = gan.generator.get_weights()
    gan.minimise(gan.generator_terms, real, fakes)
    for variable, before in zip(gan.discriminator.variables, state, strict=True):
        np.testing.assert_array_equal(variable.numpy(), before, err_msg=variable.path)
    assert (gan.generator.get_weights()[0] != generator[0]).any()


@pytest.mark.long
def test_spectral_vectors_advance_once_for_each_discriminator_update(networks, images):
    gan = built(keras_gan.HingeGAN(*networks(spectral=True), discriminator_steps=2, penalties=[GradientPenalty(1.0)]))
    # A learning rate of 0: the weights do not change, so two advances can be repeated on a copy.
    gan.discriminator_optimizer.learning_rate = 0.0
    layer = gan.discriminator.layers[1]
    twin = keras_gan.layers.SpectralNormalization(keras.layers.Dense(16))
    twin.build((None, 64))
    twin.set_weights(layer.get_weights())
    one_step(gan, images[:16])
    for _ in range(2):
        twin.advance()
    np.testing.assert_allclose(layer.u, twin.u, atol=1e-6)
    still = layer.u.numpy()
    gan.test_on_batch(images[:8])
    gan.generate(2)
    np.testing.assert_array_equal(layer.u, still)


def test_running_statistics_see_each_batch_once(networks, images):
    gan = built(keras_gan.NonSaturatingGAN(*networks(batch_norm=True), penalties=[R1(1.0)]))
    gan.discriminator_optimizer.learning_rate = gan.generator_optimizer.learning_rate = 0.0
    dense, norm = gan.discriminator.layers[1:3]
    latents = gan.training_state.noise().normal((8, 4))
    fake = gan.generator(latents, training=True)
    moving = np.zeros(16)
    for batch in (images[:8], fake):
        moving = 0.99 * moving + 0.01 * np.mean(dense(tf.reshape(batch, (8, 64))), axis=0)
    one_step(gan, images[:8])
    np.testing.assert_allclose(norm.moving_mean, moving, atol=1e-6)


def test_averaged_generator_follows_its_half_life(networks, images):
    gan = built(keras_gan.NonSaturatingGAN(*networks(batch_norm=True), ema_half_life=0.2, seed=1))
    expected = [np.array(weight) for weight in gan.generator.get_weights()]
    for step in (1, 2, 3):
        one_step(gan, images[:8])
        # Ramp-up: the half-life is at most a twentieth of the images seen.
        share = 1 - 0.5 ** (8 / min(0.2, 0.05 * 8 * step))
        expected = [e + share * (w - e) for e, w in zip(expected, gan.generator.get_weights(), strict=True)]
    for average, value in zip(gan.averaged_generator.get_weights(), expected, strict=True):
        np.testing.assert_allclose(average, value, rtol=1e-5, atol=1e-7)
    assert not gan.averaged_generator.trainable_variables
    latents = np.ones((2, 4), "float32")
    np.testing.assert_allclose(gan.generate(latents=latents), gan.averaged_generator(latents), atol=1e-6)
    np.testing.assert_allclose(gan.generate(latents=latents, averaged=False), gan.generator(latents), atol=1e-6)


def test_averaged_spectral_vectors_stay_unit_vectors(networks, images):
    _, discriminator = networks()
    spectral = keras_gan.layers.SpectralNormalization(keras.layers.Dense(64, activation="tanh"))
    generator = keras.Sequential([keras.Input((4,)), spectral, keras.layers.Reshape((8, 8, 1))])
    gan = built(keras_gan.NonSaturatingGAN(generator, discriminator, ema_half_life=40))
    gan.fit(images, batch_size=8, epochs=10, verbose=0)
    average = gan.averaged_generator.layers[0]
    assert np.linalg.norm(average.u) == pytest.approx(1.0, abs=1e-5)
    assert float(average.sigma()) == pytest.approx(np.linalg.norm(average.layer.kernel, 2), rel=0.02)


def test_a_frozen_spectral_layer_is_left_alone(networks, images):
    generator, discriminator = networks(spectral=True)
    frozen = discriminator.layers[1]
    frozen.trainable = False
    before = frozen.u.numpy()
    one_step(built(keras_gan.NonSaturatingGAN(generator, discriminator)), images[:8])
    np.testing.assert_array_equal(frozen.u, before)


def test_regularisers_of_the_users_networks_count(images):
    generator = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(64, kernel_regularizer=keras.regularizers.L2(0.1), use_bias=False),
            keras.layers.Reshape((8, 8, 1)),
        ]
    )
    # A constant discriminator: only the regularisers of both networks move the weights.
    discriminator = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(3, kernel_regularizer=keras.regularizers.L2(0.1), use_bias=False),
            keras.layers.Dense(1, kernel_initializer="zeros", trainable=False),
        ]
    )
    before = generator.get_weights()[0], discriminator.get_weights()[0]
    gan = one_step(built(keras_gan.LSGAN(generator, discriminator)), images[:8])
    for network, kernel in zip((gan.generator, gan.discriminator), before, strict=True):
        np.testing.assert_allclose(network.get_weights()[0], kernel * (1 - 0.5 * 2 * 0.1), rtol=1e-5)


def test_each_discriminator_step_gets_a_minibatch_of_its_own(networks, images):
    seen = []

    class Watching(keras_gan.HingeGAN):
        def discriminator_terms(self, real, fake):
            seen.append((np.asarray(real["images"]), np.asarray(fake["images"])))
            return super().discriminator_terms(real, fake)

    gan = Watching(*networks(), discriminator_steps=3)
    gan.compile(run_eagerly=True)
    gan.fit(tf.data.Dataset.from_tensor_slices(images).batch(8), verbose=0)
    np.testing.assert_array_equal(np.concatenate([real for real, _ in seen]), images)
    assert len({fake.tobytes() for _, fake in seen}) == 6
    assert gan.images_per_step == 24


@pytest.mark.long
def test_the_dirac_gan_converges_with_r1_and_not_without():
    """D(x) = psi x, data at 0, one sample at theta, from (1, 1), learning rate 0.1: known distances after 5,000 steps.

    Mescheder et al. 2018 (arXiv 1801.04406), section 2.
    """

    def distance(make, penalties=(), **options):
        ones = keras.initializers.Constant(1.0)
        generator = keras.Sequential(
            [
                keras.Input((1,)),
                keras.layers.Dense(1, kernel_initializer="zeros", bias_initializer=ones, name="theta"),
            ]
        )
        generator.layers[0].kernel.trainable = False
        discriminator = keras.Sequential(
            [keras.Input((1,)), keras.layers.Dense(1, kernel_initializer=ones, use_bias=False)]
        )
        gan = make(generator, discriminator, penalties=list(penalties), **options)
        gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))

        @tf.function
        def train():
            for _ in tf.range(5000):
                gan.train_step(tf.zeros((1, 1)))

        train()
        return np.hypot(float(generator.layers[0].bias[0]), float(discriminator.layers[0].kernel[0, 0]))

    clipless = {"clip": 1e6, "warm_up_steps": 0, "discriminator_steps": 1}
    assert distance(keras_gan.WGAN, **clipless) == pytest.approx(1.39, abs=0.01)
    assert distance(keras_gan.NonSaturatingGAN) == pytest.approx(0.125, abs=0.001)
    for make, options in ((keras_gan.WGAN, clipless), (keras_gan.NonSaturatingGAN, {})):
        assert distance(make, [R1(1.0)], **options) < 1e-30
