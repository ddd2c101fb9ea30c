"""`fit` in pieces: where it resumes, and what callbacks and logs see."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan._fit_control import FitPosition, RestartFit
from keras_gan.training import Field, _batches
from keras_gan.training._fitting import Pieces


class Recorder(keras.callbacks.Callback):
    """Writes down which hooks were called."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def on_train_begin(self, logs=None):
        self.calls.append("begin")

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append(f"epoch {epoch}")

    def on_train_batch_end(self, batch, logs=None):
        self.calls.append(batch)

    def on_train_end(self, logs=None):
        self.calls.append("end")


class State(keras.callbacks.Callback):
    """Keeps the state after each step; restores the state of a step at the beginning or on request."""

    goes_last = True

    def __init__(self, steps_per_epoch):
        super().__init__()
        self.states = {}
        self.resume_at = self.restart_at = None
        self.steps_per_epoch = steps_per_epoch
        self.order = []

    def on_fit_begin(self, callbacks):
        self.order = [type(callback).__name__ for callback in callbacks]
        return None if self.resume_at is None else self.put_back(self.resume_at)

    def after_train_begin(self):
        self.order.append("ready")

    def on_train_batch_end(self, batch, logs=None):
        step = int(self.model.training_state.step.value)
        variables = [*self.model.training_variables().values(), *self.model.metrics_variables]
        self.states[step] = [variable.numpy() for variable in variables]
        if step == self.restart_at:
            self.restart_at = None
            raise RestartFit(self.put_back(step - 3))

    def put_back(self, step):
        variables = [*self.model.training_variables().values(), *self.model.metrics_variables]
        for variable, value in zip(variables, self.states[step], strict=True):
            variable.assign(value)
        return FitPosition(*divmod(step, self.steps_per_epoch))


@pytest.fixture
def gan(networks):
    """With little to trace; that models with more state resume is what their contract says."""
    gan = keras_gan.HingeGAN(*networks(dropout=0.3), discriminator_steps=2, ema_half_life=50, seed=4)
    gan.compile()
    return gan


def data(kind, images):
    if kind == "array":
        return {"x": images, "batch_size": 4}
    if kind == "loaded":
        return {"x": keras_gan.data.load(images, batch_size=4), "steps_per_epoch": 6}
    dataset = tf.data.Dataset.from_tensor_slices(images).batch(4)
    return {"x": dataset if kind == "unknown length" else dataset.batch(1).unbatch()}


# Inside the first epoch for every kind of data; at the end of an epoch and after it for one kind.
@pytest.mark.parametrize(
    "kind, step",
    [
        ("loaded", 4),
        *(
            pytest.param(*case, marks=pytest.mark.long)
            for case in (("array", 4), ("array", 6), ("array", 8), ("finite", 4), ("unknown length", 4))
        ),
    ],
)
def test_a_run_that_goes_on_at_any_step_is_the_run_that_was_not_stopped(kind, step, gan, images, recwarn):
    state, recorder = State(6), Recorder()
    history = gan.fit(**data(kind, images), epochs=3, verbose=0, callbacks=[state, recorder]).history
    expected = gan.fingerprint()
    state.resume_at, again = step, Recorder()
    resumed = gan.fit(**data(kind, images), epochs=3, verbose=0, callbacks=[state, again]).history
    assert gan.fingerprint() == expected
    # The resumed epoch has the mean over all its steps.
    assert resumed["d_loss"] == history["d_loss"][step // 6 :]
    first = recorder.calls.index(f"epoch {step // 6}")
    assert again.calls[0] == "begin"
    assert again.calls[1] == f"epoch {step // 6}"
    assert again.calls[2:] == recorder.calls[first + 1 + step % 6 :]
    warned = [str(warning.message) for warning in recwarn if "begin again" in str(warning.message)]
    assert bool(warned) == (kind in ("finite", "unknown length"))


@pytest.mark.parametrize(
    "steps, per_execution, remedy", [(6, 4, "steps_per_epoch=4"), (6, 10, "steps_per_epoch=10"), (5, 2, "epoch=4")]
)
def test_steps_in_one_execution_that_would_train_more_than_an_epoch_are_refused(images, steps, per_execution, remedy):
    gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=2, width=2))
    gan.compile(steps_per_execution=per_execution)
    message = rf"`steps_per_execution` must divide .* in an epoch: .*{remedy}, .*_execution={per_execution}, {steps} st"
    with pytest.raises(ValueError, match=message):
        gan.fit(images, batch_size=4, steps_per_epoch=steps, verbose=0)


@pytest.mark.long
def test_the_end_of_the_data_ends_the_last_execution_of_an_epoch(images):
    gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=2, width=2))
    gan.compile(steps_per_execution=4, jit_compile=False)
    gan.fit(tf.data.Dataset.from_tensor_slices(images[:12]).batch(2), epochs=2, verbose=0)
    assert int(gan.training_state.step) == 2 * 6


def test_the_rest_of_an_epoch_must_be_whole_executions_too(images):
    gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=2, width=2))
    gan.compile(steps_per_execution=2)
    resume = keras.callbacks.LambdaCallback()
    resume.on_fit_begin = lambda callbacks: FitPosition(0, 3)
    with pytest.raises(ValueError, match=r"left of the epoch after 3 steps: .*`steps_per_execution=1`. .* 3 steps"):
        gan.fit(images, batch_size=4, steps_per_epoch=6, verbose=0, callbacks=[resume])


@pytest.mark.long
def test_the_order_of_an_array_is_another_in_each_epoch(gan, images):
    seen = []
    dataset = _batches.Batches(_batches.for_training(images, 8, lambda: 3), {"images": Field((8, 8, 1))}).batches()
    for batch in dataset.take(12):
        seen.append(batch["images"].numpy())
    epochs = [np.concatenate(seen[:6]), np.concatenate(seen[6:])]
    for epoch in epochs:
        order = np.lexsort(epoch.reshape(48, -1).T)
        expected = np.lexsort(images.reshape(48, -1).T)
        np.testing.assert_array_equal(epoch[order], images[expected])
    assert (epochs[0] != epochs[1]).any()
    assert (epochs[0] != images).any()


@pytest.mark.long
def test_a_callback_can_put_training_back(gan, images):
    state, recorder = State(6), Recorder()
    gan.fit(images, batch_size=4, epochs=2, verbose=0, callbacks=[state, recorder])
    expected, before = gan.fingerprint(), recorder.calls
    state.resume_at, state.restart_at, again = 6, 8, Recorder()
    gan.fit(images, batch_size=4, epochs=2, verbose=0, callbacks=[state, again])
    assert gan.fingerprint() == expected
    # From step 6 to step 8, back to step 5 in the middle of the first epoch, and on to the end: `fit` begins once.
    assert again.calls == ["begin", "epoch 1", 0, 1, "epoch 0", 5, "epoch 1", 0, 1, 2, 3, 4, 5, "end"]
    assert before == ["begin", "epoch 0", *range(6), "epoch 1", *range(6), "end"]


@pytest.mark.long
def test_the_hooks_of_a_fit(gan, images):
    state = State(6)
    gan.fit(images, batch_size=4, verbose=0, callbacks=[state, Recorder()])
    assert state.order[:3] == ["Recorder", "History", "State"]
    assert state.order[-1] == "ready"


def test_a_run_that_is_complete_trains_no_further(gan, images):
    state = State(6)
    gan.fit(images, batch_size=4, epochs=2, verbose=0, callbacks=[state])
    expected, state.resume_at, recorder = gan.fingerprint(), 12, Recorder()
    gan.fit(images, batch_size=4, epochs=2, verbose=0, callbacks=[state, recorder])
    assert gan.fingerprint() == expected
    assert recorder.calls == ["begin", "end"]


@pytest.mark.long
def test_a_second_fit_takes_the_images_that_come_next(networks, images):
    def trained(*epochs):
        keras.utils.set_random_seed(1)
        gan = keras_gan.NonSaturatingGAN(*networks(), seed=4)
        gan.compile()
        for number in epochs:
            gan.fit(images, batch_size=8, epochs=number, verbose=0)
        return gan.fingerprint()

    assert trained(3) == trained(1, 2)


@pytest.mark.long
def test_a_strategy_takes_no_batch_more_than_is_trained_on(networks, images, two_replicas):
    taken = []

    def note(batch):
        taken.append(len(batch))
        return batch

    with two_replicas.scope():
        gan = keras_gan.NonSaturatingGAN(*networks())
        gan.compile()
    dataset = tf.data.Dataset.from_tensor_slices(images).batch(8, drop_remainder=True)
    dataset = dataset.map(lambda x: tf.ensure_shape(tf.numpy_function(note, [x], tf.float32), x.shape))
    gan.fit(dataset, verbose=0)
    # Two batches are checked at the start.
    assert len(taken) == 2 + 6


@pytest.mark.long
def test_the_data_are_laid_out_once(gan, images, monkeypatch):
    calls, batches = [], _batches.Batches.batches
    monkeypatch.setattr(
        _batches.Batches, "batches", lambda *args, **kwargs: calls.append(1) or batches(*args, **kwargs)
    )
    gan.fit(images, batch_size=4, epochs=2, verbose=0)
    assert len(calls) == 1


def test_early_stopping_ends_it(gan, images):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    recorder = Recorder()
    gan.fit(images, batch_size=4, epochs=5, verbose=0, callbacks=[Stop(), recorder])
    assert recorder.calls == ["begin", "epoch 0", *range(6), "end"]


@pytest.mark.parametrize(
    "options",
    [
        {"epochs": 0},
        {"epochs": 1.5},
        {"initial_epoch": -1},
        {"steps_per_epoch": 0},
        {"steps_per_epoch": -1},
        {"steps_per_epoch": float("nan")},
        {"steps_per_epoch": 2.5},
        {"validation_steps": 0},
        {"validation_freq": 0},
        {"callbacks": "History"},
        {"callbacks": [keras.callbacks.History]},
    ],
    ids=str,
)
def test_arguments_that_make_no_sense(options, gan, images):
    before = gan.fingerprint()
    with pytest.raises(ValueError, match=r"Received: "):
        gan.fit(images, batch_size=4, verbose=0, **options)
    assert gan.fingerprint() == before


@pytest.mark.long
@pytest.mark.parametrize("steps", [0, -1, float("nan")])
def test_steps_of_an_evaluation_that_make_no_sense(steps, gan, images):
    with pytest.raises(ValueError, match=r"`steps` must be an integer of at least 1.*Received: steps="):
        gan.evaluate(images, batch_size=4, steps=steps, verbose=0)


@pytest.mark.long
def test_more_steps_than_the_data_hold_give_the_warning_of_keras(gan, images):
    finite = tf.data.Dataset.from_tensor_slices(images).batch(4)
    with pytest.warns(UserWarning, match="Your input ran out of data"):
        gan.fit(finite, steps_per_epoch=9, verbose=0)
    assert int(gan.training_state.step.value) == 6


@pytest.mark.long
def test_validation_data_have_a_batch_size_of_their_own(gan, images):
    sizes = []
    terms = gan.test_terms
    gan.compile(run_eagerly=True)
    gan.test_terms = lambda batch, noise: sizes.append(len(batch["images"])) or terms(batch, noise)
    gan.fit(images[:8], batch_size=4, verbose=0, validation_data=images[:18], validation_batch_size=6)
    gan.fit(images[:8], batch_size=4, verbose=0, validation_data=images[:9])
    assert sizes == [6, 6, 6, 4, 4]
    with pytest.raises(ValueError, match=r"`validation_batch_size` must be an integer"):
        gan.fit(images[:8], batch_size=4, verbose=0, validation_data=images, validation_batch_size=0)


@pytest.mark.long
def test_a_later_bad_batch_is_explained_in_an_evaluation(gan, images):
    images[30] = np.nan
    with pytest.raises(ValueError, match="a batch holds values that are not finite"):
        gan.evaluate(tf.data.Dataset.from_tensor_slices(images).batch(4), verbose=0)


def test_one_end_that_fails_keeps_no_other_from_its_own():
    ended = []

    class End(keras.callbacks.Callback):
        def __init__(self, name):
            super().__init__()
            self.name = name

        def on_fit_end(self):
            ended.append(self.name)
            if self.name != "c":
                raise OSError(self.name)

    pieces = Pieces([End("a"), End("b"), End("c")], keras.Model(), verbose=0, epochs=1)
    with pytest.raises(OSError, match=r"^b$") as error, pieces.fit_in_progress():
        raise ZeroDivisionError
    assert ended == ["a", "b", "c"]
    # What ended the training is told too.
    assert str(error.value.__context__) == "a"
    assert isinstance(error.value.__context__.__context__, ZeroDivisionError)
