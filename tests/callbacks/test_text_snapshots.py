"""Snapshots of text: what is written, with and without a tokenizer, at the times of all snapshots."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.util import event_pb2

from keras_gan.callbacks import TextSnapshots
from keras_gan.layers import Tokenizer


class Counter(keras.Model):
    """Writes how many steps it has taken, and a token of the seed."""

    def __init__(self):
        super().__init__()
        self.steps = self.add_weight(shape=(), initializer="zeros", dtype="int32")
        self.built = True

    def train_step(self, data):
        self.steps.assign_add(1)
        return {"loss": 0.0}

    def generate(self, num_texts, *, seed):
        return np.stack([[2 + int(self.steps), 2 + seed, row % 2] for row in range(num_texts)])


def trained(directory, model=None, **options):
    model = Counter() if model is None else model
    model.compile(run_eagerly=True)
    snapshots = TextSnapshots(directory, **options)
    model.fit(np.zeros((2, 1)), batch_size=1, epochs=1, verbose=0, callbacks=[snapshots])


def tokenizer():
    return Tokenizer(("", "[UNK]", "a", "\n", "c"), level="characters", length=3)


def test_each_snapshot_has_a_line_for_each_text(tmp_path):
    trained(tmp_path, unit="step", num_texts=2, seed=2, tokenizer=tokenizer())
    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert written == {
        "step_0000000.txt": "ac\nac[UNK]\n",
        "step_0000001.txt": "\\nc\n\\nc[UNK]\n",
        "step_0000002.txt": "cc\ncc[UNK]\n",
    }


def test_the_tokenizer_is_that_of_the_model_and_without_one_there_are_numbers(tmp_path):
    trained(tmp_path / "numbers", num_texts=2)
    assert (tmp_path / "numbers" / "epoch_0001.txt").read_text() == "4 2 0\n4 2 1\n"
    model = Counter()
    model.tokenizer = tokenizer()
    trained(tmp_path / "strings", model, num_texts=1)
    assert (tmp_path / "strings" / "epoch_0001.txt").read_text() == "ca\n"


def test_tensorboard_shows_the_texts(tmp_path):
    logs = tmp_path / "logs"
    trained(tmp_path / "texts", num_texts=3, tokenizer=tokenizer(), log_dir=logs)
    (file,) = logs.iterdir()
    events = [event_pb2.Event.FromString(record) for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator()]
    values = [value for event in events for value in event.summary.value]
    assert [value.metadata.plugin_data.plugin_name for value in values] == ["text"] * 2
    assert tf.make_ndarray(values[1].tensor).tolist() == [b"ca", b"ca[UNK]", b"ca"]


def test_what_makes_no_text_is_refused_before_training(tmp_path):
    model = Counter()
    model.generate = lambda count, seed: np.zeros((count, 8, 8, 1))
    with pytest.raises(ValueError, match=r"no texts.*`ImageSnapshots` for images. Received: samples of shape \(20, 8"):
        trained(tmp_path, model)
    with pytest.raises(ValueError, match="`num_texts` must be an integer of at least 1"):
        TextSnapshots(tmp_path, num_texts=0)
    with pytest.raises(ValueError, match=r"`tokenizer` must be .* Received: tokenizer='words'"):
        TextSnapshots(tmp_path, tokenizer="words")
