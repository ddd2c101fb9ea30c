"""The events of Keras's callback, and a disk that is full."""

import keras
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.callbacks import Checkpoint, TensorBoard

EACH_STEP = {"unit": "step", "every": 1}
RATES = ("generator_learning_rate", "discriminator_learning_rate")


def full(*arguments, **options):
    raise tf.errors.ResourceExhaustedError(None, None, "events.v2; No space left on device")


def read(file):
    return tf.compat.v1.train.summary_iterator(str(file))


def events(log_dir):
    """The tags and steps of all events in a directory."""
    files = sorted(log_dir.glob("**/events*"))
    found = (event for file in files for event in read(file))
    return [(value.tag, event.step) for event in found for value in event.summary.value]


def tags(log_dir):
    """The steps of the events in a directory, by their tag."""
    found = events(log_dir)
    return {tag: [step for other, step in found if other == tag] for tag, _ in found}


def test_a_model_of_any_kind_has_the_tags_of_keras_at_its_training_steps(tmp_path, make_gan, train):
    train(make_gan(), [TensorBoard(tmp_path / "ours", write_graph=False)])
    train(make_gan(), [keras.callbacks.TensorBoard(tmp_path / "theirs", write_graph=False)])
    assert tags(tmp_path / "theirs") == {"epoch_d_loss": [0, 1], "epoch_g_loss": [0, 1]}
    assert tags(tmp_path / "ours") == {"epoch_d_loss": [5, 10], "epoch_g_loss": [5, 10]}


@pytest.mark.long
def test_every_event_is_at_its_training_step_also_after_a_resume(tmp_path, walk, fit, fit_until_killed):
    def callbacks():
        return TensorBoard(tmp_path / "logs", write_graph=False, update_freq=3), Checkpoint(tmp_path, **EACH_STEP)

    fit_until_killed(walk(), *callbacks(), after=5)
    fit(walk(), *callbacks(), epochs=3)
    found = tags(tmp_path / "logs")
    # An epoch has four steps, so Keras would leave out the numbers of two epochs of three.
    assert found["epoch_d_loss"] == [4, 8, 12]
    assert found["batch_d_loss"] == [3, 6, 9, 12]


@pytest.mark.long
def test_every_player_has_its_learning_rate(tmp_path, walk, fit):
    gan = walk(generator_optimizer=keras.optimizers.SGD(keras_gan.schedules.Linear(0.2, 0.0, 8), momentum=0.9))
    fit(gan, TensorBoard(tmp_path, write_graph=False))
    files = tmp_path.glob("**/events*")
    found = [value for file in files for event in read(file) for value in event.summary.value]
    rates = {name: [float(tf.make_ndarray(v.tensor)) for v in found if v.tag == f"epoch_{name}"] for name in RATES}
    # The scheduled one is that of the last step, the fourth and the eighth.
    assert rates["generator_learning_rate"] == pytest.approx([0.125, 0.025])
    assert rates["discriminator_learning_rate"] == pytest.approx([0.1, 0.1])


def test_the_weights_of_two_networks_have_no_tag_in_common(tmp_path, walk, fit):
    options = {"histogram_freq": 1, "write_images": True}
    fit(walk(ema_half_life=100), TensorBoard(tmp_path, write_graph=False, **options), epochs=1)
    found = {tag: steps for tag, steps in tags(tmp_path).items() if "walker" in tag}
    assert found == {
        f"{network}/walker/kernel/{kind}": [4]
        for network in ("generator", "averaged_generator")
        for kind in ("histogram", "image")
    }


def test_several_steps_in_one_execution(tmp_path):
    tensorboard = TensorBoard(tmp_path, write_graph=False, update_freq=5)
    tensorboard.set_params({"steps": 11})
    model = keras.Sequential()
    model.compile()
    tensorboard.set_model(model)
    tensorboard.on_train_begin()
    tensorboard.on_epoch_begin(0)
    for first in (0, 4, 8):
        tensorboard.on_train_batch_begin(first)
        tensorboard.on_train_batch_end(first + 3, {"d_loss": 1.0})
    tensorboard.on_epoch_end(0, {"d_loss": 1.0})
    tensorboard.on_train_end()
    # The executions end after the steps 4, 8 and 11: the first to reach a multiple of 5 is written.
    assert tags(tmp_path) == {"batch_d_loss": [8, 11], "epoch_d_loss": [11], "epoch_learning_rate": [11]}


@pytest.mark.parametrize("update_freq", ["epoch", 1])
@pytest.mark.parametrize("function", ["scalar", "create_file_writer"])
def test_a_full_disk_costs_one_warning(tmp_path, make_gan, train, monkeypatch, update_freq, function):
    tensorboard = TensorBoard(tmp_path, write_graph=False, update_freq=update_freq)
    monkeypatch.setattr(tf.summary, function, full)
    with pytest.warns(UserWarning, match=r"without some of the events in .*No space left on device") as caught:
        history = train(make_gan(), [tensorboard], epochs=3)
    assert len(caught) == 1
    assert len(history.history["d_loss"]) == 3


def test_what_comes_after_a_failure_is_written(tmp_path, make_gan, train, monkeypatch):
    room_again = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: epoch == 1 and monkeypatch.undo())
    monkeypatch.setattr(tf.summary, "scalar", full)
    with pytest.warns(UserWarning, match="No space left"):
        train(make_gan(), [room_again, TensorBoard(tmp_path, write_graph=False)], epochs=3)
    assert events(tmp_path) == [(f"epoch_{name}", step) for step in (10, 15) for name in ("d_loss", "g_loss")]


@pytest.mark.parametrize("update_freq", ["epoch", 1])
def test_events_that_could_not_be_opened_are_opened_later(tmp_path, make_gan, train, monkeypatch, update_freq):
    room_again = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: epoch == 1 and monkeypatch.undo())
    monkeypatch.setattr(tf.summary, "create_file_writer", full)
    options = {"write_graph": False, "update_freq": update_freq}
    with pytest.warns(UserWarning, match="No space left"):
        train(make_gan(), [room_again, TensorBoard(tmp_path, **options)], epochs=3)
    assert [step for tag, step in events(tmp_path) if tag == "epoch_d_loss"] == [10, 15]


def test_every_training_has_its_warning(tmp_path, make_gan, train, monkeypatch):
    tensorboard = TensorBoard(tmp_path, write_graph=False)
    monkeypatch.setattr(tf.summary, "scalar", full)
    for _ in range(2):
        with pytest.warns(UserWarning, match="No space left"):
            train(make_gan(), [tensorboard], epochs=1)


def test_what_is_left_and_cannot_be_written_costs_one_warning(tmp_path, monkeypatch):
    tensorboard = TensorBoard(tmp_path, write_graph=False, update_freq=1)
    tensorboard.set_params({"steps": 4})
    tensorboard.set_model(keras.Sequential())
    tensorboard.on_train_begin()
    monkeypatch.setattr(type(tensorboard._train_writer), "flush", full)
    for batch in range(3):
        tensorboard.on_train_batch_begin(batch)
        tensorboard.on_train_batch_end(batch, {"d_loss": 1.0})
    monkeypatch.setattr(tf.summary, "create_file_writer", full)
    tensorboard.on_test_begin()
    tensorboard.on_test_batch_begin(0)
    monkeypatch.undo()
    tensorboard.on_train_batch_begin(3)
    tensorboard.on_train_batch_end(3, {"d_loss": 1.0})
    with pytest.warns(UserWarning, match="No space left"):
        tensorboard.on_train_end()
    assert ("batch_d_loss", 4) in events(tmp_path)


@pytest.mark.parametrize(
    "error", [ZeroDivisionError(), tf.errors.InvalidArgumentError(None, None, "Nan in summary histogram for: x")]
)
def test_an_error_of_another_kind_passes(tmp_path, make_gan, train, monkeypatch, error):
    def wrong(*arguments, **options):
        raise error

    monkeypatch.setattr(tf.summary, "scalar", wrong)
    with pytest.raises(type(error)):
        train(make_gan(), [TensorBoard(tmp_path, write_graph=False)])


def test_a_directory_that_cannot_be_written_is_an_error_at_once(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=r"No file can be written in `log_dir`.*Received: log_dir='"):
        TensorBoard(tmp_path / "file" / "logs")
