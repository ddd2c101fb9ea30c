"""Callbacks of Keras that could not do their work are refused before anything is trained."""

import keras
import pytest

import keras_gan
from keras_gan.training._callback_checks import refuse

LOSSES = ("d_loss", "g_loss")


@pytest.mark.parametrize(
    "make, advice",
    [
        (lambda path: keras.callbacks.LearningRateScheduler(lambda epoch: 0.1), "`keras_gan.schedules`"),
        (lambda path: keras.callbacks.ReduceLROnPlateau(), "`model.scale_learning_rates`"),
        (lambda path: keras.callbacks.BackupAndRestore(path / "backup"), "`keras_gan.callbacks.Checkpoint`"),
        (lambda path: keras.callbacks.SwapEMAWeights(), "`ema_half_life=`"),
        (lambda path: keras.callbacks.EarlyStopping("g_loss"), r'as in `EarlyStopping\(..., mode="min"\)`'),
        (
            lambda path: keras.callbacks.ModelCheckpoint(path / "gan.keras", "val_d_loss", save_best_only=True),
            r'as in `ModelCheckpoint\(..., mode="min"\)`',
        ),
        (lambda path: keras.callbacks.TerminateOnNaN(), "`keras_gan.callbacks.TrainingHealth`"),
        (lambda path: keras.callbacks.TensorBoard(path, write_steps_per_second=True), "`keras_gan.callbacks.Through"),
    ],
)
def test_callbacks_of_keras_that_cannot_work(make, advice, tmp_path):
    callback = make(tmp_path)
    with pytest.raises(ValueError, match=rf"`keras.callbacks.{type(callback).__name__}.*{advice}.*Received: "):
        refuse([callback], LOSSES)


def test_a_subclass_of_such_a_callback():
    callback = type("Mine", (keras.callbacks.ReduceLROnPlateau,), {})()
    with pytest.raises(ValueError, match=r"`keras.callbacks.ReduceLROnPlateau` .*Received: callbacks with a Mine"):
        refuse([callback], LOSSES)


@pytest.mark.parametrize(
    "make, message",
    [
        (
            lambda path: keras.callbacks.EarlyStopping(),
            "no `val_loss`. They have d_loss, g_loss, .*Received: EarlyStopping with monitor='val_loss'",
        ),
        (lambda path: keras.callbacks.EarlyStopping("loss", mode="min"), "no single loss, so its logs have no `loss`"),
        (
            lambda path: keras.callbacks.EarlyStopping("val_g_loss", mode="min"),
            "Without `validation_data` the logs have no `val_g_loss`: give them to `fit`. Received: EarlyStopping",
        ),
        (
            lambda path: keras.callbacks.ModelCheckpoint(path / "gan.keras", save_best_only=True),
            "no `val_loss`.*Received: ModelCheckpoint with monitor='val_loss'",
        ),
        (
            lambda path: keras.callbacks.ModelCheckpoint(path / "{epoch}_{val_loss:.2f}.keras"),
            "no `val_loss`.*Received: ModelCheckpoint with filepath='.*{epoch}_{val_loss:.2f}.keras'",
        ),
    ],
)
def test_a_callback_that_waits_for_a_loss_that_no_log_has(make, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        refuse([make(tmp_path)], LOSSES)


def test_callbacks_of_keras_that_work(tmp_path):
    callbacks = [
        keras.callbacks.EarlyStopping("g_loss", mode="min"),
        keras.callbacks.EarlyStopping("frechet_distance", mode="min"),
        keras.callbacks.ModelCheckpoint(tmp_path / "gan.keras"),
        keras.callbacks.ModelCheckpoint(
            tmp_path / "{epoch}_{g_loss:.2f}.keras", "g_loss", mode="min", save_best_only=True
        ),
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.LambdaCallback(),
        keras.callbacks.RemoteMonitor(),
        keras.callbacks.TensorBoard(tmp_path),
    ]
    refuse(callbacks, LOSSES)
    refuse([keras.callbacks.EarlyStopping("val_g_loss", mode="min")], LOSSES, validates=True)
    # `evaluate` and `predict` have no such logs, and no use for them.
    refuse([keras.callbacks.EarlyStopping()])


def test_fit_refuses_them_before_anything_is_trained(networks, images):
    gan = keras_gan.HingeGAN(*networks())
    gan.compile()
    before = gan.fingerprint()
    for callback in (keras.callbacks.TerminateOnNaN(), keras.callbacks.EarlyStopping("val_g_loss", mode="min")):
        with pytest.raises(ValueError, match=r"Received: "):
            gan.fit(images, batch_size=4, verbose=0, callbacks=[callback])
    assert gan.fingerprint() == before
