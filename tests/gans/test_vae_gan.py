"""VAE-GAN: the step against the textbook written out, codes, and networks that do not fit."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan

SHAPE = (4, 4, 1)


def encoder(taken=SHAPE, latent_dim=3, names=("mean", "log_variance")):
    images = keras.Input(taken)
    x = keras.layers.Dense(5, activation="tanh")(keras.layers.Flatten()(images))
    return keras.Model(images, {name: keras.layers.Dense(latent_dim)(x) for name in names})


def decoder(latent_dim=3, made=SHAPE):
    units = int(np.prod(made))
    paint = [keras.layers.Dense(units, activation="tanh"), keras.layers.Reshape(made)]
    return keras.Sequential([keras.Input((latent_dim,)), *paint])


def judge(taken=SHAPE, names=("logits", "features")):
    images = keras.Input(taken)
    features = keras.layers.Dense(6, activation="tanh")(keras.layers.Flatten()(images))
    outputs = {"logits": keras.layers.Dense(1)(features), "features": features}
    return keras.Model(images, {name: outputs[name] for name in names})


def make(**options):
    return keras_gan.VAEGAN(encoder(), decoder(), judge(), **{"seed": 3, "gamma": 0.25, "beta": 0.5} | options)


def images_of(count):
    return np.random.default_rng(1).uniform(-1, 1, (count, *SHAPE)).astype("float32")


def softplus_mean(x):
    return tf.reduce_mean(tf.nn.softplus(x))


@pytest.mark.parametrize(
    "mode", [{"run_eagerly": True}, pytest.param({"jit_compile": True}, marks=pytest.mark.long)], ids=["eager", "XLA"]
)
def test_the_step_is_the_textbook_algorithm(mode):
    """Each player's objective with a tape of its own, all with the weights from before the step."""
    model, (enc, dec, dis) = make(), (encoder(), decoder(), judge())
    players = model.encoder, model.decoder, model.discriminator
    for twin, network in zip((enc, dec, dis), players, strict=True):
        twin.set_weights(network.get_weights())
    model.compile(**{f"{name}_optimizer": keras.optimizers.SGD(0.5) for name in model.players}, **mode)
    x = tf.constant(images_of(4))
    noise = model.training_state.noise()
    deviation, prior = noise.normal((4, 3)), noise.normal((4, 3))
    logs = model.train_on_batch(x, return_dict=True)
    with tf.GradientTape(persistent=True) as tape:
        q = enc(x)
        mean, log_variance = q["mean"], q["log_variance"]
        rebuilt = dis(dec(mean + tf.exp(log_variance / 2) * deviation))
        real, drawn = dis(x), dis(dec(prior))
        kl = 0.25 * tf.reduce_mean(tf.reduce_sum(mean**2 + tf.exp(log_variance) - log_variance - 1, axis=1))
        likeness = tf.reduce_mean(tf.reduce_sum(0.5 * (real["features"] - rebuilt["features"]) ** 2, axis=1))
        fooling = 0.5 * (softplus_mean(-rebuilt["logits"]) + softplus_mean(-drawn["logits"]))
        judging = softplus_mean(-real["logits"])
        judging += 0.5 * (softplus_mean(rebuilt["logits"]) + softplus_mean(drawn["logits"]))
        objectives = kl + likeness, 0.25 * likeness + fooling, judging
    for network, twin, objective in zip(players, (enc, dec, dis), objectives, strict=True):
        gradients = tape.gradient(objective, [w.value for w in twin.trainable_weights])
        for found, weight, gradient in zip(network.trainable_weights, twin.trainable_weights, gradients, strict=True):
            np.testing.assert_allclose(found.numpy(), weight - 0.5 * gradient, atol=2e-6)
    expected = {"kl_loss": kl, "likeness_loss": likeness, "g_loss": fooling, "d_loss": judging}
    assert logs == pytest.approx({name: float(value) for name, value in expected.items()}, rel=1e-5)


def test_scores_are_the_encoder_s_objective_of_each_image_with_the_mean_as_its_code():
    model, x = make(ema_half_life=100), images_of(5)
    q = model.encoder(x)
    mean, log_variance = q["mean"], q["log_variance"]
    kl = 0.5 * tf.reduce_sum(mean**2 + tf.exp(log_variance) - log_variance - 1, axis=1)
    real, rebuilt = (model.discriminator(each)["features"] for each in (x, model.decoder(mean)))
    likeness = 0.5 * tf.reduce_sum((real - rebuilt) ** 2, axis=1)
    np.testing.assert_allclose(model.score(x, averaged=False), 0.5 * kl + likeness, rtol=1e-5)


def test_features_that_compare_the_images_of_a_batch_have_no_scores():
    images = keras.Input(SHAPE)
    together = keras_gan.layers.MinibatchStddev()(images)
    features = keras.layers.Dense(6)(keras.layers.Flatten()(together))
    judging = keras.Model(images, {"logits": keras.layers.Dense(1)(features), "features": features})
    model = keras_gan.VAEGAN(encoder(), decoder(), judging)
    with pytest.raises(ValueError, match="would depend on the others: build it without MinibatchStddev"):
        model.score(images_of(5))


@pytest.mark.long
@pytest.mark.parametrize("names", [("mean", "log_variance"), ("log_variance", "mean")])
def test_codes_are_the_means_in_whatever_order_the_encoder_returns_them(names):
    model = keras_gan.VAEGAN(encoder(names=names), decoder(), judge(), ema_half_life=100, seed=1)
    images = images_of(5)
    codes = model.encode(images, batch_size=2)
    np.testing.assert_allclose(codes, model.encoder(images)["mean"], atol=1e-6)
    rebuilt = model.decoder(model.encoder(images)["mean"])
    np.testing.assert_allclose(model.reconstruct(images), rebuilt, atol=1e-6)
    np.testing.assert_allclose(model.decode(codes), rebuilt, atol=1e-6)
    np.testing.assert_allclose(model.predict(images, verbose=0), rebuilt, atol=1e-6)
    np.testing.assert_array_equal(model.generate(3, seed=2), model.generate(3, seed=2))
    with pytest.raises(ValueError, match=r"Images must have the shape.*Received: images.shape=\(5, 4, 2, 1\)"):
        model.encode(images[:, :, :2])


@pytest.mark.parametrize(
    "networks, message",
    [
        (lambda: (encoder(latent_dim=2), decoder(), judge()), r"encoder makes .*\(2,\), but the decoder takes"),
        (lambda: (encoder(), decoder(made=(4, 4, 2)), judge()), r"decoder makes .*\(4, 4, 2\), but the encoder"),
        (lambda: (encoder(), decoder(), judge((2, 4, 1))), r"decoder makes .*, but the discriminator takes .*\(2, 4"),
        (lambda: (encoder(names=("mean", "sigma")), decoder(), judge()), r"must return 'log_variance'.*'sigma'"),
        (lambda: (encoder(names=("mean",)), decoder(), judge()), r"Received: outputs \['mean'\]"),
        (lambda: (encoder(), decoder(), judge(names=("logits",))), r"'logits' and 'features'.*outputs \['logits'\]"),
        (lambda: (None, decoder(), judge()), r"The encoder must be a keras.Model. Received: encoder=None"),
    ],
)
def test_networks_that_do_not_fit(networks, message):
    with pytest.raises(ValueError, match=message):
        keras_gan.VAEGAN(*networks())


@pytest.mark.parametrize(
    "options, message",
    [
        ({"gamma": -1}, r"`gamma` must be a number in \[0.0, inf\). Received: gamma=-1"),
        ({"beta": -1}, r"`beta` must be a number in \[0.0, inf\). Received: beta=-1"),
        ({"equilibrium": -0.1}, r"`equilibrium` must be a number in \[0.0, inf\)"),
        ({"margin": "wide"}, r"`margin` must be a number in \[0.0, inf\). Received: margin='wide'"),
        ({"adversarial_loss": "minimax"}, r"`adversarial_loss` must be one of `keras_gan.losses`"),
        ({"adversarial_loss": keras_gan.losses.Relativistic()}, r"must not be relativistic.*Received: .*Relativistic"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)


def judge_of_brightness():
    """A discriminator whose logit is a number times the mean of the image, plus another number."""
    images = keras.Input(SHAPE)
    mean = keras.layers.GlobalAveragePooling2D()(images)
    logits = keras.layers.Dense(1, name="logits")(mean)
    return keras.Model(images, {"logits": logits, "features": mean})


@pytest.mark.parametrize(
    "slope, bias, margin, waits",
    [
        # The costs of real and of generated images are 0.69, both small, both large, and one of either.
        (0.0, 0.0, 0.35, None),
        (8.0, 0.0, 0.35, "discriminator"),
        (-8.0, 0.0, 0.35, "decoder"),
        (0.0, 2.0, 0.35, None),
        (8.0, 0.0, None, None),
    ],
)
def test_the_player_that_is_ahead_waits(slope, bias, margin, waits):
    model = keras_gan.VAEGAN(encoder(), decoder(), judge_of_brightness(), margin=margin, seed=1)
    model.compile(run_eagerly=True)
    model.discriminator.get_layer("logits").set_weights([np.full((1, 1), slope), np.full(1, bias)])
    dense = next(layer for layer in model.decoder.layers if isinstance(layer, keras.layers.Dense))
    dense.set_weights([np.zeros((3, 16)), np.full(16, -3.0)])
    before = {name: getattr(model, name).get_weights() for name in model.players}
    model.train_on_batch(np.full((4, *SHAPE), 0.9, "float32"))
    moved = {
        name
        for name, values in before.items()
        if any((a != b).any() for a, b in zip(values, getattr(model, name).get_weights(), strict=True))
    }
    steps = {name: int(player.optimizer.iterations) for name, player in model.players.items()}
    assert steps == {name: int(name != waits) for name in model.players}
    assert waits not in moved


def test_few_features_weigh_the_divergence_down():
    model = keras_gan.VAEGAN(encoder(), decoder(), judge(), seed=0)
    assert model.beta == 6 / 1024
    assert keras_gan.VAEGAN.from_config(model.get_config()).beta == model.beta
    assert keras_gan.VAEGAN(*keras_gan.networks.vae_gan(width=16)).beta == 1.0


def test_with_minimax_the_decoder_minimises_what_the_discriminator_maximises():
    """The paper's objective: -L_GAN, of which only the generated images depend on the decoder."""
    model = make(adversarial_loss=keras_gan.losses.Minimax())
    batch, numbers = {"images": tf.constant(images_of(4))}, tf.ones((4, 3))
    found = model.objectives(batch, numbers, -numbers)
    real = model.discriminator(batch["images"])["logits"]
    expected = softplus_mean(-real) - float(found["discriminator"]["d_loss"])
    assert float(found["decoder"]["g_loss"]) == pytest.approx(float(expected), rel=1e-4)
    again = keras_gan.VAEGAN.from_config(model.get_config())
    assert repr(again.adversarial_loss) == repr(model.adversarial_loss)


def test_likeness_does_not_reach_the_discriminator_nor_the_game_the_encoder():
    """Where its own terms weigh nothing a player stands still, however much the others move."""
    for weights, still in (
        ({"kl_loss": 0.0, "likeness_loss": 0.0}, "encoder"),
        ({"d_loss": 0.0}, "discriminator"),
    ):
        model = make()
        optimizers = {f"{player}_optimizer": keras.optimizers.SGD(0.5) for player in model.players}
        model.compile(**optimizers, loss_weights=weights, run_eagerly=True)
        before = {player: getattr(model, player).get_weights() for player in model.players}
        model.train_on_batch(images_of(4))
        moved = {
            player
            for player, values in before.items()
            if any((a != b).any() for a, b in zip(values, getattr(model, player).get_weights(), strict=True))
        }
        assert moved == set(model.players) - {still}
