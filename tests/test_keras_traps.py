"""The traps of stock Keras for a model with two optimizers, and how a GAN of this package avoids them.

Each test shows the stock behaviour first, so that it fails when a later Keras fixes it and our workaround can go. Other
traps have tests next to those of the code that avoids them:

* random numbers that differ under XLA, or are the same on every replica: gans/test_randomness.py
* a penalty's inner gradient that underflows in float16: gans/test_mixed_precision.py
* second-order gradients through normalisation: layers/test_group_normalization.py, penalties/test_penalties.py
* spectral normalisation that overwrites its weights: layers/test_spectral_normalization.py
* clipping on replicas in all three ways, and `keras.distribution`: gans/test_optimization.py
* the order of the data in a resumed run: data/test__stream.py, gans/test_fitting.py
* what the workers of a cluster must agree on: gans/test_workers.py
* statistics of the averaged generator: gans/test_two_player.py
"""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan._traversal import every_layer
from keras_gan.training import _optimizers

# They ask Keras, whose version the tests pin: once before a release is enough.
pytestmark = pytest.mark.long

IMAGES = np.random.default_rng(0).uniform(-1, 1, (24, 2)).astype("float32")


def make_networks(dropout=0.0):
    """Two networks of a few numbers each, for points of the plane."""
    generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    noise = [keras.layers.Dropout(dropout)] if dropout else []
    discriminator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4), *noise, keras.layers.Dense(1)])
    return generator, discriminator


class TextbookGAN(keras.Model):
    """A GAN as tutorials write it."""

    def __init__(self, generator, discriminator):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator
        self.seeds = keras.random.SeedGenerator(1)
        self.traces = 0
        self.built = True

    def compile(self, generator_optimizer, discriminator_optimizer, **options):
        super().compile(**options)
        self.generator_optimizer, self.discriminator_optimizer = generator_optimizer, discriminator_optimizer

    def train_step(self, real):
        self.traces += 1
        noise = keras.random.normal((tf.shape(real)[0], 2), seed=self.seeds)
        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator(noise, training=True)
            fake_logits, real_logits = (self.discriminator(images, training=True) for images in (fake, real))
            d_loss = tf.reduce_mean(tf.nn.softplus(-real_logits)) + tf.reduce_mean(tf.nn.softplus(fake_logits))
            g_loss = tf.reduce_mean(tf.nn.softplus(-fake_logits))
        for optimizer, network, loss in (
            (self.discriminator_optimizer, self.discriminator, d_loss),
            (self.generator_optimizer, self.generator, g_loss),
        ):
            weights = network.trainable_weights
            optimizer.apply(tape.gradient(loss, weights), weights)
        return {"d_loss": d_loss, "g_loss": g_loss}


def mode(options):
    """How to run, for tests of a few steps: without XLA, and eagerly where that is possible."""
    return {"run_eagerly": tf.distribute.get_strategy().num_replicas_in_sync == 1, "jit_compile": False, **options}


def textbook(optimizer=keras.optimizers.Adam, *, dropout=0.0, **options):
    gan = TextbookGAN(*make_networks(dropout))
    gan.compile(optimizer(), optimizer(), **mode(options))
    return gan


def ours(optimizer=keras.optimizers.Adam, *, dropout=0.0, seed=1, **options):
    gan = keras_gan.NonSaturatingGAN(*make_networks(dropout), seed=seed)
    gan.compile(optimizer(), optimizer(), **mode(options))
    return gan


def batches(size=8):
    return tf.data.Dataset.from_tensor_slices(IMAGES).batch(size)


def optimizers(gan):
    return [gan.generator_optimizer, gan.discriminator_optimizer]


def on_replicas(strategy, function):
    """What a function returns on each replica, within a graph as in `fit`."""
    results = tf.function(lambda: strategy.run(function))()
    return [np.asarray(value) for value in strategy.experimental_local_results(results)]


# Two optimizers


def test_compile_adds_an_optimizer_that_nobody_asked_for():
    assert isinstance(textbook().optimizer, keras.optimizers.RMSprop)
    assert ours().optimizer is None


def test_the_optimizers_are_built_when_it_is_too_late_to_load_them():
    assert [optimizer.built for optimizer in optimizers(textbook())] == [False, False]
    assert [optimizer.built for optimizer in optimizers(ours())] == [True, True]


def test_fit_warns_of_a_shuffling_that_nobody_asked_for():
    with pytest.warns(UserWarning, match="shuffle"):
        textbook().fit(batches(), verbose=0)
    ours().fit(batches(), verbose=0)


# Training step and XLA


def second_gradient(resize):
    """d/ds of |d mean(resize(s x) ** 2) / dx| ** 2, which is s ** 4 times a constant: the tape's, and 4 / s of it."""
    x, scale = tf.constant(np.random.default_rng(0).normal(size=(1, 4, 4, 1)).astype("float32")), tf.Variable(1.5)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(x)
            logit = tf.reduce_mean(resize(scale * x) ** 2)
        penalty = tf.reduce_sum(inner.gradient(logit, x) ** 2)
    return float(outer.gradient(penalty, scale)), float(4 * penalty / scale)


def test_a_penalty_through_a_bilinear_resize_is_silently_wrong():
    wrong, right = second_gradient(keras.layers.UpSampling2D(interpolation="bilinear"))
    assert abs(wrong / right - 1) > 0.1
    for resize in (keras.layers.UpSampling2D(), keras.layers.AveragePooling2D(2)):
        found, expected = second_gradient(resize)
        assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras_gan.networks.dcgan(image_shape=(32, 32, 1), latent_dim=2, width=2),
        lambda: keras_gan.networks.resnet(latent_dim=2, generator_width=2, discriminator_width=2),
        lambda: keras_gan.networks.sagan(image_shape=(8, 8, 1), latent_dim=2, width=2),
        lambda: keras_gan.networks.stylegan2(image_shape=(8, 8, 1), latent_dim=2, width=2, mapping_layers=1),
        lambda: keras_gan.networks.progressive(image_shape=(8, 8, 1), latent_dim=2, width=2),
        lambda: [keras_gan.networks.multiscale_discriminator(image_shape=(8, 8, 1), width=2, layers=1)],
    ],
    ids=["dcgan", "resnet", "sagan", "stylegan2", "progressive", "multiscale_discriminator"],
)
def test_no_network_of_ours_resizes_bilinearly(make):
    for player in make():
        layers = every_layer(player)
        assert not [layer for layer in layers if isinstance(layer, keras.layers.Resizing)]
        assert not [layer for layer in layers if getattr(layer, "interpolation", "nearest") != "nearest"]


def test_dropout_that_shall_stay_on_is_off_in_a_model_that_infers():
    """So a translator whose noise is its dropout needs a layer of its own."""
    images, ones = keras.Input((8, 8, 1)), np.ones((1, 8, 8, 1), "float32")
    stock = keras.Model(images, keras.layers.Dropout(0.5)(images, training=True))
    np.testing.assert_array_equal(stock(ones, training=False), ones)
    noisy = keras_gan.networks.unet(image_shape=(8, 8, 1), width=2, depth=2, noise=True)
    dropped = keras.Model(noisy.input, noisy.get_layer("up_0_dropout").output)(ones, training=False)
    assert np.asarray(dropped == 0.0).any()


@pytest.mark.long
def test_an_incomplete_batch_is_compiled_anew():
    stock, gan = textbook(run_eagerly=False), ours(run_eagerly=False)
    stock.fit(batches(16), verbose=0, shuffle=False)
    traces, step = [], gan.train_step
    gan.train_step = lambda data: traces.append(1) or step(data)
    gan.fit(batches(16), epochs=2, verbose=0)
    assert stock.traces >= 2
    assert len(traces) == 1


def test_the_callback_that_sets_learning_rates_knows_one_optimizer():
    stock, gan = textbook(), ours(lambda: keras.optimizers.Adam(keras_gan.schedules.LinearDecay(0.5, 100)))
    stock.fit(IMAGES, batch_size=8, verbose=0, callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch: 0.25)])
    assert float(stock.optimizer.learning_rate) == 0.25
    assert [float(optimizer.learning_rate) for optimizer in optimizers(stock)] == pytest.approx([0.001] * 2)
    gan.fit(IMAGES, batch_size=8, verbose=0)
    assert [float(optimizer.learning_rate) for optimizer in optimizers(gan)] == pytest.approx([0.5 * 97 / 100] * 2)


def test_the_callback_that_stops_at_nan_looks_for_one_loss():
    def train(callback):
        gan = ours(lambda: keras.optimizers.SGD(1e30))
        gan.fit(IMAGES, batch_size=8, epochs=3, verbose=0, callbacks=[callback])

    with pytest.raises(ValueError, match=r"use `keras_gan\.callbacks\.TrainingHealth`"):
        train(keras.callbacks.TerminateOnNaN())
    with pytest.raises(keras_gan.callbacks.TrainingDiverged, match="step 1: g_loss = nan"):
        train(keras_gan.callbacks.TrainingHealth(IMAGES))


def test_early_stopping_cannot_guess_which_way_is_better():
    with pytest.raises(ValueError, match="mode"):
        ours().fit(IMAGES, batch_size=8, epochs=2, verbose=0, callbacks=[keras.callbacks.EarlyStopping("d_loss")])
    ours().fit(
        IMAGES, batch_size=8, epochs=2, verbose=0, callbacks=[keras.callbacks.EarlyStopping("d_loss", mode="min")]
    )


# Mixed precision


@pytest.fixture
def _float16():
    """The policy for one test."""
    keras.config.set_dtype_policy("mixed_float16")


@pytest.mark.usefixtures("_float16")
def test_neither_optimizer_is_scaled():
    def scaled(optimizer):
        return isinstance(optimizer, keras.optimizers.LossScaleOptimizer)

    stock = textbook()
    assert scaled(stock.optimizer)
    assert [scaled(optimizer) for optimizer in optimizers(stock)] == [False, False]
    assert [scaled(optimizer) for optimizer in optimizers(ours())] == [True, True]


@pytest.mark.usefixtures("_float16")
def test_an_optimizer_does_not_count_the_steps_that_it_skips():
    gan = ours()
    # The discriminator's scaled gradients overflow, the generator's do not.
    gan.discriminator_optimizer.dynamic_scale.assign(2.0**127)
    gan.fit(IMAGES[:8], batch_size=8, verbose=0)
    assert [int(optimizer.inner_optimizer.iterations) for optimizer in optimizers(gan)] == [1, 0]
    assert int(gan.training_state.step) == 1


def applied(strategy, optimizer, apply, gradient_of):
    """A weight of two ones after a step with a gradient for each replica."""
    with strategy.scope():
        weight = keras.Variable([1.0, 1.0])
        optimizer.build([weight])
    replica = lambda: tf.distribute.get_replica_context().replica_id_in_sync_group  # noqa: E731

    def step():
        apply(optimizer, [tf.gather(tf.constant(gradient_of), replica())], [weight])
        return tf.identity(weight.value)

    return on_replicas(strategy, step)[0]


def stock_step(optimizer, gradients, weights):
    optimizer.apply(gradients, weights)


def test_an_overflow_on_the_second_replica_ruins_the_weights(two_replicas):
    gradients = [[1.0, 1.0], [float("inf"), 1.0]]
    scaling = keras.optimizers.LossScaleOptimizer
    ruined = applied(two_replicas, scaling(keras.optimizers.SGD(0.1)), stock_step, gradients)
    assert not np.isfinite(ruined).all()
    kept = applied(two_replicas, scaling(keras.optimizers.SGD(0.1)), _optimizers.step, gradients)
    np.testing.assert_array_equal(kept, [1.0, 1.0])


# Several replicas


@pytest.mark.long
def test_optimizers_cannot_be_built_inside_a_step_on_replicas(two_replicas):
    with two_replicas.scope():
        stock, gan = textbook(), ours()
    with pytest.raises(tf.errors.InvalidArgumentError, match="Graph execution error"):
        stock.fit(batches(), verbose=0, shuffle=False)
    assert all(optimizer.built for optimizer in optimizers(gan))


@pytest.mark.long
def test_the_step_is_as_much_longer_as_there_are_replicas(two_replicas):
    def moved(make, strategy):
        keras.utils.set_random_seed(0)
        with strategy.scope():
            gan = make(lambda: keras.optimizers.SGD(0.1))
            for optimizer, network in zip(optimizers(gan), (gan.generator, gan.discriminator), strict=True):
                if not optimizer.built:
                    optimizer.build(network.trainable_weights)
        before = gan.discriminator.get_weights()[2]
        # Equal images, so that each replica has the gradient of the whole batch except for the fakes.
        gan.generator.set_weights([np.zeros((2, 2)), np.zeros(2)])
        gan.fit(tf.data.Dataset.from_tensors(np.ones((8, 2), "float32")), verbose=0, shuffle=False)
        return gan.discriminator.get_weights()[2] - before

    one_device = tf.distribute.get_strategy()
    np.testing.assert_allclose(moved(textbook, two_replicas), 2 * moved(textbook, one_device), rtol=1e-4)
    np.testing.assert_allclose(moved(ours, two_replicas), moved(ours, one_device), rtol=1e-4)


def test_gradients_are_clipped_before_they_are_added_up(two_replicas):
    gradients = [[3.0, 0.0], [0.0, 4.0]]
    # The sum of length 5 must be clipped to length 1.
    right = 1.0 - np.array([3.0, 4.0]) / 5
    stock = applied(two_replicas, keras.optimizers.SGD(1.0, global_clipnorm=1.0), stock_step, gradients)
    np.testing.assert_allclose(stock, [0.0, 0.0], atol=1e-6)
    found = applied(two_replicas, keras.optimizers.SGD(1.0, global_clipnorm=1.0), _optimizers.step, gradients)
    np.testing.assert_allclose(found, right, atol=1e-6)


def test_several_steps_in_one_execution_fail_on_replicas(two_replicas):
    with two_replicas.scope():
        stock = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        stock.compile("sgd", "mse", steps_per_execution=3)
        with pytest.raises(ValueError, match="steps_per_execution"):
            ours(steps_per_execution=3)
    with pytest.raises(Exception, match=r"(?s)."):
        stock.fit(IMAGES, IMAGES[:, :1], batch_size=8, verbose=0)


def test_batch_statistics_are_those_of_a_part_of_the_batch(two_replicas):
    def outputs(layer):
        with two_replicas.scope():
            layer.build((None, 1))

        def normalise():
            # Each replica has one image, and it is its own mean.
            replica = tf.distribute.get_replica_context().replica_id_in_sync_group
            return layer(tf.reshape(tf.cast(replica, tf.float32), (1, 1)), training=True)

        return np.ravel(on_replicas(two_replicas, normalise))

    np.testing.assert_allclose(outputs(keras.layers.BatchNormalization()), [0.0, 0.0], atol=1e-6)
    with two_replicas.scope():
        networks = keras_gan.networks.dcgan(image_shape=(8, 8, 1), latent_dim=2, width=2)
    found = [
        layer for network in networks for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert found
    assert all(layer.synchronized for layer in found)
    np.testing.assert_allclose(outputs(keras.layers.BatchNormalization(synchronized=True)), [-1.0, 1.0], atol=0.01)


def test_a_statistic_without_aggregation_is_another_one_on_each_replica(two_replicas):
    class Mean(keras.layers.Layer):
        def build(self, shape):
            self.mean = self.add_weight(shape=(), trainable=False)

        def call(self, inputs):
            self.mean.assign(tf.reduce_mean(inputs))
            return inputs

    def values_on_replicas(layer, weight):
        with two_replicas.scope():
            layer.build((None, 2))

        def see_other_images():
            replica = tf.distribute.get_replica_context().replica_id_in_sync_group
            layer(tf.gather(tf.constant(IMAGES.reshape(2, 12, 2)), replica), training=True)
            return tf.identity(weight(layer).value)

        return on_replicas(two_replicas, see_other_images)

    first, second = values_on_replicas(Mean(), lambda layer: layer.mean)
    assert abs(first - second) > 1e-3
    # The only statistic of our layers depends on the weights, which are the same on each replica.
    normalised = keras_gan.layers.SpectralNormalization(keras.layers.Dense(3))
    first, second = values_on_replicas(normalised, lambda layer: layer.non_trainable_variables[0])
    np.testing.assert_array_equal(first, second)


def test_fit_takes_a_batch_that_it_does_not_train_on(two_replicas):
    """Ours takes as many as it trains on: gans/test_fitting.py."""
    taken = []

    def note(batch):
        taken.append(1)
        return batch

    data = batches().map(lambda x: tf.ensure_shape(tf.numpy_function(note, [x], tf.float32), (8, 2)))
    with two_replicas.scope():
        stock = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        stock.compile("sgd", "mse")
    stock.fit(data.map(lambda x: (x, x[:, :1])), verbose=0, shuffle=False)
    assert len(taken) > 3


# Saving and resuming


def test_the_state_of_an_optimizer_is_not_loaded_where_none_was_built(tmp_path):
    stock, gan = textbook(), ours()
    for model, name in ((stock, "stock"), (gan, "ours")):
        model.fit(IMAGES, batch_size=8, verbose=0)
        model.save_weights(tmp_path / f"{name}.weights.h5")
    again = textbook()
    with pytest.warns(UserWarning, match="optimizer"):
        again.load_weights(tmp_path / "stock.weights.h5")
    assert [int(optimizer.iterations) for optimizer in optimizers(again)] == [0, 0]
    again = ours(seed=2)
    again.load_weights(tmp_path / "ours.weights.h5")
    assert [int(optimizer.iterations) for optimizer in optimizers(again)] == [3, 3]
    assert again.fingerprint() == gan.fingerprint()


def test_random_streams_are_not_saved(tmp_path):
    def drawn(network):
        return np.asarray(network(np.ones((4, 2), "float32"), training=True))

    network = make_networks(dropout=0.5)[1]
    drawn(network)
    network.save(tmp_path / "stock.keras")
    again = keras.saving.load_model(tmp_path / "stock.keras")
    assert np.abs(drawn(again) - drawn(network)).max() > 1e-3

    gan = ours(dropout=0.5)
    gan.fit(IMAGES, batch_size=8, verbose=0)
    gan.save(tmp_path / "ours.keras")
    again = keras.saving.load_model(tmp_path / "ours.keras")
    np.testing.assert_array_equal(drawn(again.discriminator), drawn(gan.discriminator))


def test_a_save_that_fails_destroys_the_file_that_it_replaces(tmp_path, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    stock, gan = make_networks()[1], ours()
    for model, name in ((stock, "stock.keras"), (gan, "ours.keras")):
        model.save(tmp_path / name)
    intact = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for model, layer, name in ((stock, stock.layers[0], "stock.keras"), (gan, gan.generator.layers[0], "ours.keras")):
        monkeypatch.setattr(layer, "save_own_variables", full)
        with pytest.raises(OSError, match="No space left"):
            model.save(tmp_path / name)
    assert not (tmp_path / "stock.keras").is_file() or (tmp_path / "stock.keras").read_bytes() != intact["stock.keras"]
    assert (tmp_path / "ours.keras").read_bytes() == intact["ours.keras"]


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")
def test_the_callback_that_backs_up_knows_one_optimizer(tmp_path):
    class Crash(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise InterruptedError

    def updates_after_a_crash(make, callback):
        with pytest.raises(InterruptedError):
            make().fit(IMAGES, batch_size=8, epochs=2, verbose=0, callbacks=[callback(), Crash()])
        gan = make()
        gan.fit(IMAGES, batch_size=8, epochs=2, verbose=0, callbacks=[callback()])
        return [int(optimizer.iterations) for optimizer in optimizers(gan)]

    backup = functools.partial(keras.callbacks.BackupAndRestore, tmp_path / "stock")
    checkpoint = functools.partial(keras_gan.callbacks.Checkpoint, tmp_path / "ours")
    assert updates_after_a_crash(textbook, backup) == [3, 3]
    assert updates_after_a_crash(ours, checkpoint) == [6, 6]


# The averaged generator


def test_an_average_within_the_optimizer_overwrites_the_weights_in_training():
    stock = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    stock.compile(keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.9), "mse")
    live = []

    class Look(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            live.append(self.model.get_weights()[0])

    stock.fit(IMAGES, IMAGES[:, :1], batch_size=8, verbose=0, callbacks=[Look()])
    assert np.abs(stock.get_weights()[0] - live[-1]).max() > 1e-3

    live.clear()
    gan = keras_gan.NonSaturatingGAN(*make_networks(), ema_half_life=100)
    gan.compile(**mode({}))
    gan.fit(IMAGES, batch_size=8, verbose=0, callbacks=[Look()])
    np.testing.assert_array_equal(gan.get_weights()[0], live[-1])
    assert np.abs(gan.averaged_generator.get_weights()[0] - gan.generator.get_weights()[0]).max() > 1e-6


def test_weights_that_were_swapped_for_a_prediction_stay_swapped():
    stock = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    stock.compile(keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=99), "mse")
    for _ in range(3):
        stock.train_on_batch(IMAGES, IMAGES[:, :1])
    before = stock.get_weights()[0]
    stock.predict(IMAGES, verbose=0, callbacks=[keras.callbacks.SwapEMAWeights()])
    assert np.abs(stock.get_weights()[0] - before).max() > 1e-3

    gan = keras_gan.NonSaturatingGAN(*make_networks(), ema_half_life=10)
    gan.compile(**mode({}))
    gan.fit(IMAGES, batch_size=8, verbose=0)
    before = gan.fingerprint()
    latents = np.ones((1, 2), "float32")
    averaged, raw = gan.generate(latents=latents), gan.generate(latents=latents, averaged=False)
    np.testing.assert_allclose(averaged, gan.averaged_generator(latents), rtol=1e-6)
    np.testing.assert_allclose(raw, gan.generator(latents), rtol=1e-6)
    assert np.abs(averaged - raw).max() > 1e-6
    assert gan.fingerprint() == before
