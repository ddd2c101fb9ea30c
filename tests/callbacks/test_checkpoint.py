"""A run that is killed and started again must not be told from one that was never stopped."""

import re

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan.callbacks import Checkpoint

STEPS_PER_EPOCH = 4


def make_gan(gan_class=keras_gan.NonSaturatingGAN, *, networks=None, compiled=(), **options):
    keras.utils.set_random_seed(7)
    networks = networks or keras_gan.networks.mlp(image_shape=(4, 4, 1), latent_dim=3, width=4, depth=1)
    gan = gan_class(*networks, **{"discriminator_steps": 1, **options})
    gan.compile(**{"run_eagerly": True, **dict(compiled)})
    return gan


def spectral_hinge():
    keras.utils.set_random_seed(7)
    networks = keras_gan.networks.mlp(
        image_shape=(4, 4, 1), latent_dim=3, width=4, depth=1, spectral_normalization=True
    )
    return make_gan(keras_gan.HingeGAN, networks=networks, ema_half_life=20.0)


def with_dropout_and_batch_statistics():
    keras.utils.set_random_seed(7)
    generator = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(16),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.3),
            keras.layers.Activation("tanh"),
            keras.layers.Reshape((4, 4, 1)),
        ]
    )
    layers = [
        keras.Input((4, 4, 1)),
        keras.layers.Flatten(),
        keras.layers.GaussianNoise(0.1),
        keras.layers.Dropout(0.5),
    ]
    return make_gan(networks=(generator, keras.Sequential([*layers, keras.layers.Dense(1)])))


def in_float16():
    keras.config.set_dtype_policy("mixed_float16")
    return make_gan()


def clipped_wgan():
    # Three critic updates before each generator update, one a step: counters that a resume must not forget.
    return make_gan(keras_gan.WGAN, warm_up_steps=3)


GANS = [
    with_dropout_and_batch_statistics,
    *(pytest.param(make, marks=pytest.mark.long) for make in (spectral_hinge, in_float16, clipped_wgan)),
]


@pytest.mark.long
@pytest.mark.parametrize("make", GANS)
def test_a_killed_gan_ends_as_one_that_was_never_stopped(tmp_path, fit, train_until_done, make):
    whole = make()
    fit(whole)
    gan, _ = train_until_done(make, tmp_path, [2, 4], unit="step", every=3)
    assert gan.fingerprint() == whole.fingerprint()
    assert int(gan.training_state.step) == 2 * STEPS_PER_EPOCH


@pytest.mark.long
@pytest.mark.parametrize("saving", [{}, pytest.param({"unit": "step", "every": 3}, marks=pytest.mark.long)])
def test_killed_before_and_after_the_ends_of_epochs(tmp_path, walk, fit, train_until_done, saving):
    whole = walk()
    fit(whole, epochs=4)
    gan, _ = train_until_done(walk, tmp_path, [1, 4, 9, 5, 12], epochs=4, **saving)
    assert gan.fingerprint() == whole.fingerprint()


@pytest.mark.long
def test_killed_after_each_single_step(tmp_path, walk, fit, train_until_done):
    whole = walk()
    fit(whole)
    # A checkpoint a step, so each process comes one step further.
    gan, _ = train_until_done(walk, tmp_path, [2] * (2 * STEPS_PER_EPOCH - 1), unit="step")
    assert gan.fingerprint() == whole.fingerprint()


def test_the_random_state_of_the_first_process_is_that_of_the_run(tmp_path, walk, fit, fit_until_killed):
    def unseeded():
        """Each call is another process, which starts with another random state."""
        gan = walk()
        gan.training_state.seed.assign(np.random.default_rng().integers(2**31))
        return gan

    gan = unseeded()
    seed = int(gan.training_state.seed)
    fit_until_killed(gan, Checkpoint(tmp_path, unit="step", every=2), after=3)
    resumed = unseeded()
    fit(resumed, Checkpoint(tmp_path))
    whole = walk()
    whole.training_state.seed.assign(seed)
    fit(whole)
    assert resumed.fingerprint() == whole.fingerprint()


@pytest.mark.parametrize(
    "saving", [pytest.param({}, marks=pytest.mark.long), {"unit": "step", "every": 3}], ids=["epochs", "steps"]
)
def test_a_finished_run_goes_on_to_more_epochs(tmp_path, walk, fit, checkpoint_of, saving, capsys):
    whole = walk()
    fit(whole, epochs=4)
    fit(walk(), Checkpoint(tmp_path, **saving), epochs=2)
    assert capsys.readouterr().out == ""
    gan = walk()
    fit(gan, Checkpoint(tmp_path, **saving), epochs=4)
    assert gan.fingerprint() == whole.fingerprint()
    assert capsys.readouterr().out == f"Resuming from step 8: {checkpoint_of(8)}\n"


def test_a_finished_run_is_not_trained_again(tmp_path, walk, fit, files, checkpoint_of, capsys):
    gan = walk()
    fit(gan, Checkpoint(tmp_path, every=3), epochs=2)
    before = checkpoint_of(8).read_bytes()
    again = walk()
    fit(again, Checkpoint(tmp_path, every=3), epochs=2)
    assert again.fingerprint() == gan.fingerprint()
    assert files() == ["step_000000008.npz"]
    assert checkpoint_of(8).read_bytes() == before
    assert capsys.readouterr().out == (
        "This run is complete at step 8, so nothing is trained. To train on, give more `epochs` than 2; to start again,"
        f" choose another `run_dir`, or delete {tmp_path / 'checkpoints'}\n"
    )


@pytest.mark.long
def test_the_graph_and_several_steps_in_one_execution(tmp_path, fit, train_until_done, files):
    def make():
        return make_gan(compiled={"run_eagerly": False, "steps_per_execution": 2, "jit_compile": False})

    whole = make()
    fit(whole)
    # The executions end after steps 2, 4 and 6, 8: the first to reach a multiple of 3 is saved.
    gan, _ = train_until_done(make, tmp_path, [2], unit="step", every=3)
    assert gan.fingerprint() == whole.fingerprint()
    assert files() == [f"step_{step:09d}.npz" for step in (4, 6, 8)]


@pytest.mark.long
def test_several_replicas(tmp_path, fit, train_until_done, two_replicas):
    def make():
        with two_replicas.scope():
            return make_gan(compiled={"run_eagerly": False})

    whole = make()
    fit(whole)
    gan, _ = train_until_done(make, tmp_path, [3], unit="step", every=2)
    assert gan.fingerprint() == whole.fingerprint()
    for variable in gan.training_variables().values():
        first, second = two_replicas.experimental_local_results(variable.value)
        np.testing.assert_array_equal(first, second)


def test_a_run_that_stopped_early_stays_stopped_until_there_is_more_patience(tmp_path, walk, fit, capsys):
    def stopping(patience):
        # After the first epoch nothing is enough of an improvement.
        return keras.callbacks.EarlyStopping("g_loss", mode="min", min_delta=1e9, patience=patience)

    gan = walk()
    assert len(fit(gan, stopping(2), Checkpoint(tmp_path), epochs=9).history["g_loss"]) == 3
    again = walk()
    assert len(fit(again, stopping(2), Checkpoint(tmp_path), epochs=9).history["g_loss"]) == 3
    assert again.fingerprint() == gan.fingerprint()
    assert "had ended early at step 12, so nothing is trained. To train on, give EarlyStopping more `patience`" in (
        capsys.readouterr().out
    )
    longer = walk()
    assert len(fit(longer, stopping(4), Checkpoint(tmp_path), epochs=9).history["g_loss"]) == 5


def test_training_that_is_stopped_within_an_epoch_goes_on_within_it(tmp_path, walk, fit, files):
    class TimeLimit(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    whole = walk()
    history = fit(whole).history
    fit(walk(), TimeLimit(), Checkpoint(tmp_path))
    assert files() == ["step_000000002.npz"]
    gan = walk()
    assert fit(gan, Checkpoint(tmp_path)).history == history
    assert gan.fingerprint() == whole.fingerprint()


def test_the_end_is_saved_before_a_callback_changes_the_weights(tmp_path, walk, fit):
    stopping = keras.callbacks.EarlyStopping("g_loss", mode="min", min_delta=1e9, patience=1, restore_best_weights=True)
    gan = walk()
    fit(gan, stopping, Checkpoint(tmp_path, every=10), epochs=9)
    whole = walk()
    fit(whole, epochs=2)
    assert gan.fingerprint() != whole.fingerprint()
    resumed = walk()
    fit(resumed, Checkpoint(tmp_path), epochs=2)
    assert resumed.fingerprint() == whole.fingerprint()


def test_a_model_that_is_none_of_ours(tmp_path, fit):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    with pytest.raises(ValueError, match=r"`fit` of a keras_gan model.*BackupAndRestore.* Received: model=Sequential$"):
        model.fit(np.ones((2, 1)), np.ones((2, 1)), callbacks=[Checkpoint(tmp_path)], verbose=0)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"every": 0}, "`every` must be an integer of at least 1. Received: every=0"),
        ({"keep": 0}, "`keep` must be an integer of at least 1. Received: keep=0"),
        ({"unit": "batch"}, "`unit` must be one of 'epoch', 'step'. Received: unit='batch'"),
    ],
)
def test_arguments_out_of_range(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Checkpoint(tmp_path / "run", **arguments)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("run_dir", ["", None, 5, "gs://bucket/run"])
def test_a_run_dir_that_is_no_local_path(run_dir):
    with pytest.raises(ValueError, match=re.escape(f"Received: run_dir={run_dir!r}")):
        Checkpoint(run_dir)


def test_a_directory_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=r"No file can be written in `run_dir`.*Received: run_dir='.*/file/run'"):
        Checkpoint(tmp_path / "file" / "run")
