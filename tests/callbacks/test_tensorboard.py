"""The events of Keras's callback, and a disk that is full."""

import keras
import pytest
import tensorflow as tf

from keras_gan.callbacks import TensorBoard


def full(*arguments, **options):
    raise tf.errors.ResourceExhaustedError(None, None, "events.v2; No space left on device")


def events(log_dir):
    """The tags and steps of all events in a directory."""
    files = sorted(log_dir.glob("**/events*"))
    found = (event for file in files for event in tf.compat.v1.train.summary_iterator(str(file)))
    return [(value.tag, event.step) for event in found for value in event.summary.value]


@pytest.mark.parametrize("options", [{"write_graph": False}, {"write_graph": False, "update_freq": 2}])
def test_the_events_are_those_of_keras(tmp_path, make_gan, train, options):
    train(make_gan(), [TensorBoard(tmp_path / "ours", **options)])
    train(make_gan(), [keras.callbacks.TensorBoard(tmp_path / "theirs", **options)])
    assert events(tmp_path / "ours") == events(tmp_path / "theirs")
    assert ("epoch_d_loss", 1) in events(tmp_path / "ours")


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
    assert events(tmp_path) == [(f"epoch_{name}", step) for step in (1, 2) for name in ("d_loss", "g_loss")]


@pytest.mark.parametrize("update_freq", ["epoch", 1])
def test_events_that_could_not_be_opened_are_opened_later(tmp_path, make_gan, train, monkeypatch, update_freq):
    room_again = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: epoch == 1 and monkeypatch.undo())
    monkeypatch.setattr(tf.summary, "create_file_writer", full)
    options = {"write_graph": False, "update_freq": update_freq}
    with pytest.warns(UserWarning, match="No space left"):
        train(make_gan(), [room_again, TensorBoard(tmp_path, **options)], epochs=3)
    assert [step for tag, step in events(tmp_path) if tag == "epoch_d_loss"] == [1, 2]


def test_every_training_has_its_warning(tmp_path, make_gan, train, monkeypatch):
    tensorboard = TensorBoard(tmp_path, write_graph=False)
    monkeypatch.setattr(tf.summary, "scalar", full)
    for _ in range(2):
        with pytest.warns(UserWarning, match="No space left"):
            train(make_gan(), [tensorboard], epochs=1)


def test_what_is_left_and_cannot_be_written_costs_one_warning(tmp_path, monkeypatch):
    tensorboard = TensorBoard(tmp_path, write_graph=False, update_freq=1)
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
