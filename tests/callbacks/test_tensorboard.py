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


def test_an_error_of_another_kind_passes(tmp_path, make_gan, train, monkeypatch):
    def wrong(*arguments, **options):
        raise ZeroDivisionError

    monkeypatch.setattr(tf.summary, "scalar", wrong)
    with pytest.raises(ZeroDivisionError):
        train(make_gan(), [TensorBoard(tmp_path, write_graph=False)])


def test_a_directory_that_cannot_be_written_is_an_error_at_once(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=r"No file can be written in `log_dir`.*Received: log_dir='"):
        TensorBoard(tmp_path / "file" / "logs")
