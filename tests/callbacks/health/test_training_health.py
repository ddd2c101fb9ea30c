import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.callbacks import Checkpoint, TrainingDiverged, TrainingHealth
from keras_gan.callbacks.health import training_health
from keras_gan.callbacks.health._probe import HealthProbe
from keras_gan.callbacks.health._statistics import RealImages

# --- Illnesses that training brings about -----------------------------------------------------------------------------


@pytest.mark.long
def test_a_discriminator_that_wins(make_watched_gan, train, images):
    gan = make_watched_gan(learning_rates=(0, 0.02), compilation={"jit_compile": True})
    warned = train(gan, images, [TrainingHealth(images, every=2)], steps=160)
    assert len(warned) == 1
    assert "the discriminator has won: it rates 100% of the real images" in warned[0]
    assert "give the generator a learning rate above 0, such as 0.0002, " in warned[0]
    assert "`penalties=[keras_gan.penalties.R1(1.0)]`" in warned[0]


@pytest.mark.long
def test_a_discriminator_that_loses(make_watched_gan, train, images):
    gan = make_watched_gan(learning_rates=(0.02, 0))
    warned = train(gan, images, [TrainingHealth(images, every=1)], steps=40)
    assert any("the discriminator has lost: it rates only" in text for text in warned)
    assert any("give the discriminator a learning rate above 0" in text for text in warned)


@pytest.mark.long
def test_a_learning_rate_that_blows_everything_up(make_watched_gan, train, meddle, images):
    gan = make_watched_gan(keras_gan.HingeGAN, discriminator_steps=1)
    faster = meddle(12, lambda gan: gan.scale_learning_rates(1e4))
    warned = train(gan, images, [faster, TrainingHealth(images, every=1)], steps=24)
    assert any("gradients explode: their norms are" in text and "clip the gradients" in text for text in warned)
    assert any("weights explode: the largest spectral norms are" in text for text in warned)


# --- Illnesses of a GAN that stands still -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def still_gan(make_watched_gan):
    """A GAN, its probe and a way back to its weights; compiled once."""
    keras.utils.set_random_seed(0)
    gan = make_watched_gan(keras_gan.MinimaxGAN)
    kernel = gan.generator.trainable_weights[-2]
    kernel.assign(3.0 * kernel)
    probes = {}

    def probe_of(model, real_images, batch_size, name):
        return probes.setdefault(batch_size, HealthProbe(model, real_images, batch_size))

    return gan, probe_of, gan.get_weights()


@pytest.fixture
def watch(still_gan, images, monkeypatch):
    """Watch a GAN for some probes, change it, watch it for as many more; return what was warned of."""
    gan, probe_of, weights = still_gan
    monkeypatch.setattr(training_health, "HealthProbe", probe_of)
    gan.set_weights(weights)
    gan.images_per_step = 64

    def watch(change, probes=14):
        health = TrainingHealth(images, every=1)
        health.set_model(gan)
        health.set_params({"steps": None})
        health.on_train_begin()
        health.on_epoch_begin(0)
        with warnings.catch_warnings(record=True, action="always") as caught:
            for batch in range(2 * probes):
                health.on_train_batch_begin(batch)
                health.on_train_batch_end(batch, {"d_loss": 1.0})
                if batch + 1 == probes:
                    change(gan)
        return [str(warning.message) for warning in caught]

    return watch


@pytest.mark.long
def test_a_gan_that_stands_still_is_not_ill(watch):
    assert watch(lambda gan: None) == []


@pytest.mark.long
def test_a_gradient_that_vanishes(spoil, watch):
    (warned,) = watch(lambda gan: spoil(gan.discriminator, -30.0))
    assert warned.startswith("Step 19: the generator's gradient has vanished: its norm is")
    assert "`NonSaturatingGAN`" in warned


@pytest.mark.long
def test_weights_that_grow_without_the_losses_seeing_it(watch):
    # A normalisation stands behind these weights: neither samples nor logits grow with them.
    def grow(gan):
        kernel = gan.generator.weights[0]
        kernel.assign(50.0 * kernel)

    (warned,) = watch(grow)
    assert warned.startswith("Step 19: weights explode: the largest spectral norms are")
    assert "`global_clipnorm=1.0`" in warned


def test_a_generator_that_collapses(watch):
    def collapse(gan):
        kernel = gan.generator.trainable_weights[-2]
        kernel.assign(0.01 * kernel)

    warned = watch(collapse)
    assert any("the generator has collapsed: its samples differ from each other by" in text for text in warned)
    assert any("lower the generator's learning rate (now 0.001)" in text for text in warned)


def test_samples_with_a_colour_cast(watch):
    # The red channel alone: the last bias is that of all pixels, channel by channel.
    (warned,) = watch(lambda gan: gan.generator.trainable_weights[-1].assign(np.tile([2.0, 0.0, 0.0], 36)))
    assert "the samples have a colour cast" in warned
    assert "their mean colour is" in warned


@pytest.mark.long
def test_saturated_samples(watch):
    def saturate(gan):
        kernel = gan.generator.trainable_weights[-2]
        kernel.assign(1000.0 * kernel)

    warned = watch(saturate)
    assert any("the samples are saturated: 100%" in text and "fill [-1, 1]" in text for text in warned)


# --- Healthy GANs -----------------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_healthy_run_raises_no_warning(seed):
    keras.utils.set_random_seed(seed)
    digits = keras_gan.data.load("digits", batch_size=64, seed=seed)
    networks = keras_gan.networks.mlp(image_shape=digits.image_shape, latent_dim=16, width=64)
    gan = keras_gan.NonSaturatingGAN(*networks, penalties=[keras_gan.penalties.R1(0.1)], seed=seed)
    gan.compile(keras.optimizers.Adam(1e-3, beta_1=0.5), keras.optimizers.Adam(1e-3, beta_1=0.5))
    health = TrainingHealth(digits, every=20)
    gan.fit(digits, epochs=3, steps_per_epoch=200, verbose=0, callbacks=[health])
    assert len(health.get_state()["history"]) == 20


# --- NaN and infinity -------------------------------------------------------------------------------------------------


def test_a_loss_that_is_not_a_number_stops_training_at_once(make_watched_gan, train, meddle, spoil, images):
    gan = make_watched_gan(compilation={"run_eagerly": True})
    with pytest.raises(TrainingDiverged, match="Training diverged at step 4: d_loss = nan, g_loss = nan, gen") as error:
        train(gan, images, [meddle(3, lambda gan: spoil(gan.discriminator)), TrainingHealth(images)], steps=8)
    assert "more variables not finite. There is no checkpoint to return to. Lower the learning rates" in str(
        error.value
    )


@pytest.mark.long
def test_weights_that_are_not_finite_stop_training_though_the_losses_are(
    make_watched_gan, train, meddle, spoil, images
):
    gan = make_watched_gan(compilation={"run_eagerly": True}, ema_half_life=1000)
    spoiled = meddle(1, lambda gan: spoil(gan.averaged_generator, float("inf")))
    with pytest.raises(TrainingDiverged, match=r"at step 1: averaged_generator\[7\] \(dense\S*/bias\) not finite"):
        train(gan, images, [spoiled, TrainingHealth(images, every=4)], steps=8)


def test_the_last_good_checkpoint_is_named_and_still_good(make_watched_gan, train, meddle, spoil, images, tmp_path):
    gan = make_watched_gan(compilation={"run_eagerly": True})
    checkpoint = Checkpoint(tmp_path)
    health = TrainingHealth(images, checkpoint=checkpoint)
    with pytest.raises(TrainingDiverged, match=r"The last good checkpoint is .*step_000000004\.npz"):
        train(gan, images, [health, checkpoint, meddle(6, lambda gan: spoil(gan.generator))], steps=8)
    checkpoint.rewind()
    assert all(np.all(np.isfinite(weight)) for weight in gan.get_weights())


@pytest.mark.long
def test_training_goes_back_and_on_with_lower_learning_rates(make_watched_gan, train, meddle, spoil, images, tmp_path):
    gan = make_watched_gan(compilation={"run_eagerly": True})
    checkpoint = Checkpoint(tmp_path)
    health = TrainingHealth(images, checkpoint=checkpoint, rollbacks=2, learning_rate_factor=0.1)
    once = meddle(6, lambda gan: spoil(gan.generator), times=1)
    warned = train(gan, images, [health, checkpoint, once], steps=8)
    assert len(warned) == 1
    assert "Step 7: d_loss = nan" in warned[0]
    assert "step_000000004.npz (rollback 1 of 2), with 0.1 times the original learning rates" in warned[0]
    assert int(gan.training_state.step) == 8
    assert float(gan.generator_optimizer.learning_rate) == pytest.approx(1e-4)
    assert float(gan.discriminator_optimizer.learning_rate) == pytest.approx(1e-4)


@pytest.mark.long
def test_rollbacks_are_bounded(make_watched_gan, meddle, spoil, images, tmp_path):
    gan = make_watched_gan(compilation={"run_eagerly": True})
    checkpoint = Checkpoint(tmp_path)
    health = TrainingHealth(images, checkpoint=checkpoint, rollbacks=2)
    rates = []
    again = meddle(6, lambda gan: (rates.append(float(gan.generator_optimizer.learning_rate)), spoil(gan.generator)))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Step 7: d_loss = nan", UserWarning)
        with pytest.raises(TrainingDiverged, match=r"at step 7 after 2 rollbacks: .* The last good checkpoint is"):
            gan.fit(images, batch_size=16, epochs=2, verbose=0, callbacks=[health, checkpoint, again])
    assert rates == pytest.approx([1e-3, 0.5e-3, 0.25e-3])


@pytest.mark.long
def test_a_rate_that_was_lowered_before_the_checkpoint_is_not_lowered_twice(
    make_watched_gan, train, meddle, spoil, images, tmp_path
):
    gan = make_watched_gan(compilation={"run_eagerly": True})
    checkpoint = Checkpoint(tmp_path)
    health = TrainingHealth(images, checkpoint=checkpoint, rollbacks=2)
    meddles = [meddle(step, lambda gan: spoil(gan.generator), times=1) for step in (6, 10)]
    warned = train(gan, images, [health, checkpoint, *meddles], steps=12)
    assert ["step_000000004" in warned[0], "step_000000008" in warned[1]] == [True, True]
    assert float(gan.generator_optimizer.learning_rate) == pytest.approx(0.25e-3)


# --- Beside training, and never in it ---------------------------------------------------------------------------------


@pytest.mark.long
def test_training_is_the_same_with_and_without_it(make_watched_gan, train, images):
    fingerprints = []
    for callbacks in ([], [TrainingHealth(images, every=2)]):
        keras.utils.set_random_seed(0)
        gan = make_watched_gan(
            spectral=True,
            dropout=0.2,
            ema_half_life=100,
            compilation={"steps_per_execution": 2},
        )
        train(gan, images, callbacks, steps=8)
        fingerprints.append(gan.fingerprint())
    assert fingerprints[0] == fingerprints[1]


@pytest.mark.long
def test_looking_at_half_precision_changes_nothing_and_sees_unscaled_gradients(make_watched_gan, images):
    norms = []
    for policy in ("float32", "mixed_float16"):
        keras.config.set_dtype_policy(policy)
        keras.utils.set_random_seed(0)
        gan = make_watched_gan(spectral=True, compilation={"run_eagerly": True})
        before = gan.fingerprint()
        signs, sick = HealthProbe(gan, RealImages(images, 64), 16)(0, 0)
        assert gan.fingerprint() == before
        assert sick == []
        norms.append([signs.d_gradient_norm, signs.g_gradient_norm])
    np.testing.assert_allclose(*norms, rtol=0.02)


@pytest.mark.long
def test_looking_from_outside_of_the_replicas(make_watched_gan, images, two_replicas):
    signs = []
    for strategy in (tf.distribute.get_strategy(), two_replicas):
        keras.utils.set_random_seed(0)
        with strategy.scope():
            gan = make_watched_gan(spectral=True)
        before = gan.fingerprint()
        signs.append(HealthProbe(gan, RealImages(images, 64), 16)(0, 0)[0])
        assert gan.fingerprint() == before
    np.testing.assert_allclose(signs[0], signs[1], rtol=1e-5)


@pytest.mark.long
def test_the_progress_bar_leaves_out_what_is_for_files(make_watched_gan, images, capsys):
    gan = make_watched_gan(compilation={"run_eagerly": True})
    history = gan.fit(images, batch_size=32, verbose=2, callbacks=[TrainingHealth(images, every=2)]).history
    assert np.isfinite(history["health/diversity"]).all()
    shown = capsys.readouterr().out
    assert "d_loss: " in shown
    assert "health" not in shown


@pytest.mark.long
def test_two_replicas_are_watched_while_they_train(make_watched_gan, train, images, two_replicas):
    with two_replicas.scope():
        gan = make_watched_gan()
    health = TrainingHealth(images, every=2)
    assert train(gan, images, [health], steps=4) == []
    assert len(health.get_state()["history"]) == 4


# --- What is asked of the arguments -----------------------------------------------------------------------------------


def test_rollbacks_need_a_checkpoint(images):
    with pytest.raises(ValueError, match=r"Rollbacks need checkpoints.* Received: rollbacks=1, checkpoint=None"):
        TrainingHealth(images, rollbacks=1)


def test_the_checkpoint_must_be_a_checkpoint(images, tmp_path):
    with pytest.raises(ValueError, match=r"must be the `keras_gan.callbacks.Checkpoint` .* Received: checkpoint='.*'"):
        TrainingHealth(images, checkpoint=str(tmp_path))


def test_the_checkpoint_must_be_a_callback_too(make_watched_gan, images, tmp_path):
    gan = make_watched_gan(compilation={"run_eagerly": True})
    with pytest.raises(ValueError, match=r"must be among the callbacks of `fit`.* Received: checkpoint=Checkpoint"):
        gan.fit(images, callbacks=[TrainingHealth(images, checkpoint=Checkpoint(tmp_path))], verbose=0)


@pytest.mark.parametrize(
    "argument, value",
    [("every", 0), ("patience", 0), ("rollbacks", -1), ("learning_rate_factor", 0.0), ("learning_rate_factor", 1.5)],
)
def test_arguments_are_checked(images, argument, value):
    with pytest.raises(ValueError, match=f"Received: {argument}={value}"):
        TrainingHealth(images, **{argument: value})


def test_the_images_must_be_the_models(make_watched_gan, images):
    gan = make_watched_gan(compilation={"run_eagerly": True})
    with pytest.raises(ValueError, match=r"differs from the model's samples.* Received: images of shape \(3, 3, 3\)"):
        gan.fit(images, callbacks=[TrainingHealth(images[:, :3, :3])], verbose=0)


def test_the_model_must_be_a_gan(images, make_gan):
    health = TrainingHealth(images)
    health.set_model(make_gan())
    with pytest.raises(ValueError, match=r"this model is not one\. Received: model=TinyGAN"):
        health.on_train_begin()
