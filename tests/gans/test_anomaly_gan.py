"""f-AnoGAN: both phases against the textbook, which weights each leaves alone, scores, and trained GANs."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan

SHAPE = (4, 4, 1)


def generator(latent_dim=3, made=SHAPE):
    units = int(np.prod(made))
    norm = keras.layers.BatchNormalization()
    paint = [keras.layers.Dense(units), norm, keras.layers.Activation("tanh"), keras.layers.Reshape(made)]
    return keras.Sequential([keras.Input((latent_dim,)), *paint])


def judge(taken=SHAPE):
    look = [keras.layers.Flatten(), keras.layers.Dense(6, activation="tanh", name="features"), keras.layers.Dense(1)]
    return keras.Sequential([keras.Input(taken), *look])


def encoder(taken=SHAPE, latent_dim=3):
    look = [keras.layers.Flatten(), keras.layers.Dense(5, activation="tanh"), keras.layers.Dense(latent_dim)]
    return keras.Sequential([keras.Input(taken), *look])


def make(**options):
    model = keras_gan.AnomalyGAN(
        generator(), judge(), encoder(), **{"seed": 3, "gan_steps": 1, "discriminator_steps": 1} | options
    )
    model.compile(**{f"{name}_optimizer": keras.optimizers.SGD(0.5) for name in model.players}, run_eagerly=True)
    return model


def images_of(count):
    return np.random.default_rng(1).uniform(-1, 1, (count, *SHAPE)).astype("float32")


def weights_of(model):
    return {name: network.get_weights() for name, network in model.networks_of(averaged=False).items()}


def moved(model, before):
    """The networks of which some weight has changed."""
    after = weights_of(model)
    return {name for name, old in before.items() if any((a != b).any() for a, b in zip(old, after[name], strict=True))}


def residuals(model, x, codes, painter):
    """What the reconstructions lack, written out: (of the image, of the features) for each image."""
    rebuilt = painter(codes, training=False)
    look = model.discriminator.get_layer("features")
    features = [look(tf.reshape(each, (len(x), -1))) for each in (x, rebuilt)]
    of_features = tf.reduce_mean((features[0] - features[1]) ** 2, axis=1)
    return tf.reduce_mean((x - rebuilt) ** 2, axis=(1, 2, 3)), of_features


def test_the_first_phase_is_the_step_of_wgan_gp():
    model = make(discriminator_steps=2)
    twin = keras_gan.WGANGP(generator(), judge(), discriminator_steps=2, seed=3)
    for role in ("generator", "discriminator"):
        getattr(twin, role).set_weights(getattr(model, role).get_weights())
    rates = {f"{role}_optimizer": keras.optimizers.SGD(0.5) for role in twin.players}
    twin.compile(**rates, run_eagerly=True)
    x, before = images_of(8), weights_of(model)
    logs, expected = (one.train_on_batch(x, return_dict=True) for one in (model, twin))
    for role in ("generator", "discriminator"):
        for one, two in zip(getattr(model, role).weights, getattr(twin, role).weights, strict=True):
            np.testing.assert_allclose(one, two, atol=1e-6)
    assert {name: logs[name] for name in expected} == pytest.approx(expected, rel=1e-5)
    assert moved(model, before) == {"generator", "discriminator"}


@pytest.mark.parametrize("half_life", [None, 100])
def test_the_second_phase_fits_the_encoder_and_nothing_else(half_life):
    """The generator that reconstructs is the averaged one if there is one, in inference mode."""
    model, twin, x = make(kappa=0.3, ema_half_life=half_life), encoder(), images_of(4)
    model.train_on_batch(x)
    assert model.phase == "encoder"
    before, averages = weights_of(model), [copy.get_weights() for copy in model.players["generator"].averages.values()]
    twin.set_weights(model.encoder.get_weights())
    painter = model.averaged_generator or model.generator
    with tf.GradientTape() as tape:
        of_image, of_features = residuals(model, x, twin(x), painter)
        loss = tf.reduce_mean(of_image) + 0.3 * tf.reduce_mean(of_features)
    gradients = tape.gradient(loss, [weight.value for weight in twin.trainable_weights])
    logs = model.train_on_batch(x, return_dict=True)
    for found, weight, gradient in zip(model.encoder.weights, twin.weights, gradients, strict=True):
        np.testing.assert_allclose(found, weight - 0.5 * gradient, atol=1e-6)
    assert moved(model, before) == {"encoder"}
    for copy, old in zip(model.players["generator"].averages.values(), averages, strict=True):
        assert all((a == b).all() for a, b in zip(copy.get_weights(), old, strict=True))
    assert logs["phase"] == 1.0
    assert logs["image_loss"] == pytest.approx(float(tf.reduce_mean(of_image)), rel=1e-5)
    assert logs["feature_loss"] == pytest.approx(0.3 * float(tf.reduce_mean(of_features)), rel=1e-5)


def test_in_the_second_phase_every_batch_of_a_step_trains_the_encoder():
    model = make(gan_steps=0, discriminator_steps=3)
    model.train_on_batch(images_of(6))
    assert int(model.encoder_optimizer.iterations) == 3
    assert int(model.discriminator_optimizer.iterations) == 0


def test_scores_are_the_loss_of_the_encoder_for_each_image():
    model, x = make(kappa=0.3, gan_steps=0), images_of(5)
    of_image, of_features = residuals(model, x, model.encoder(x), model.generator)
    np.testing.assert_allclose(model.score(x), of_image + 0.3 * of_features, rtol=1e-5)
    losses = model.evaluate(x, batch_size=5, verbose=0, return_dict=True)
    assert losses["image_loss"] + losses["feature_loss"] == pytest.approx(model.score(x).mean(), rel=1e-5)


def test_scores_of_the_first_phase_are_warned_of():
    model = make(gan_steps=7)
    with pytest.warns(UserWarning, match="after the first 7 steps, and this model has taken 0: its scores mean"):
        model.score(images_of(2))


@pytest.mark.long
def test_an_encoder_finds_the_codes_of_what_the_generator_draws():
    """The point of the second phase: images that the generator can draw score lower than others."""
    keras.utils.set_random_seed(0)
    paint = keras.Sequential([keras.Input((2,)), keras.layers.Dense(16, "tanh"), keras.layers.Reshape(SHAPE)])
    search = keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(2)])
    model = keras_gan.AnomalyGAN(paint, judge(), search, gan_steps=0, discriminator_steps=1, seed=0)
    model.compile(**{f"{name}_optimizer": keras.optimizers.Adam(0.02) for name in model.players})
    drawn = model.generate(640, seed=0)
    model.fit(drawn[:512], batch_size=64, epochs=12, verbose=0)
    assert model.score(drawn[512:]).mean() < 0.1 * model.score(images_of(100)).mean()


def test_a_trained_gan_takes_the_place_of_the_first_phase():
    critic = keras.Sequential([*judge().layers[:-1], keras.layers.BatchNormalization(), keras.layers.Dense(1)])
    critic.build((None, *SHAPE))
    gan = keras_gan.HingeGAN(generator(), critic, ema_half_life=10)
    gan.training_state.step.assign(1)
    gan.averaged_generator.set_weights([0.5 * values for values in gan.averaged_generator.get_weights()])
    model = keras_gan.AnomalyGAN.of(gan, encoder(), kappa=0.5, discriminator_steps=1)
    np.testing.assert_array_equal(model.generate(3, seed=0), gan.generate(3, seed=0))
    np.testing.assert_array_equal(model.discriminator(images_of(3)), gan.discriminator(images_of(3)))
    assert not {id(weight) for weight in model.weights} & {id(weight) for weight in gan.weights}
    assert (model.phase, model.kappa, model.players["discriminator"].penalties) == ("encoder", 0.5, {})
    model.compile(run_eagerly=True)
    before = weights_of(model)
    model.fit(images_of(4), batch_size=4, verbose=0)
    assert moved(model, before) == {"encoder"}
    without_average = keras_gan.HingeGAN(generator(), judge())
    model = keras_gan.AnomalyGAN.of(without_average, encoder())
    np.testing.assert_array_equal(model.generate(3, seed=0), without_average.generate(3, seed=0))


@pytest.mark.long
@pytest.mark.parametrize("after", [1, 2, 3], ids=["in the game", "at the boundary", "with the encoder"])
def test_a_run_that_is_killed_in_either_phase_ends_as_if_it_had_not_stopped(after, tmp_path, train_until_killed):
    def started(*callbacks):
        keras.utils.set_random_seed(0)
        model = make(gan_steps=2, ema_half_life=10)
        model.fit(images_of(16), batch_size=4, verbose=0, shuffle=False, callbacks=list(callbacks))
        return model.fingerprint()

    def saving():
        return keras_gan.callbacks.Checkpoint(tmp_path / "run", every=1, unit="step")

    train_until_killed(lambda kill: started(saving(), kill), after=after)
    assert started(saving()) == started()


@pytest.mark.parametrize("gan", [None, keras.Sequential(), "gan.keras"])
def test_what_is_no_trained_gan(gan):
    with pytest.raises(ValueError, match="A trained GAN must have a `generator` and a `discriminator`"):
        keras_gan.AnomalyGAN.of(gan, encoder())


@pytest.mark.parametrize(
    "networks, message",
    [
        (lambda: (generator(latent_dim=2), judge(), encoder()), r"encoder makes .*\(3,\), but the generator takes"),
        (lambda: (generator(made=(4, 4, 2)), judge(), encoder()), r"generator makes .*\(4, 4, 2\), but the discrim"),
        (lambda: (generator(), judge(), encoder((2, 8, 1))), r"generator makes .*, but the encoder takes .*\(2, 8"),
        (lambda: (generator(), judge(), None), r"The encoder must be a keras.Model. Received: encoder=None"),
    ],
)
def test_networks_that_do_not_fit(networks, message):
    with pytest.raises(ValueError, match=message):
        keras_gan.AnomalyGAN(*networks())


@pytest.mark.parametrize("wrong", [{"gan_steps": -1}, {"discriminator_steps": 0}, {"kappa": -1.0}])
def test_arguments_out_of_range(wrong):
    with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` must be"):
        make(**wrong)
