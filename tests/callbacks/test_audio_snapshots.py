"""Snapshots of sound: what is heard and seen of the waveforms, at the times of all snapshots."""

import re

import keras
import numpy as np
import pytest
import soundfile
import tensorflow as tf
from PIL import Image
from tensorflow.core.util import event_pb2

from keras_gan.callbacks import AudioSnapshots

RATE = 8000


class Whistler(keras.Model):
    """Whistles a tone for each class, which becomes louder with each step."""

    def __init__(self, num_classes=None, pitches=(1000.0, 2000.0)):
        super().__init__()
        self.num_classes, self.pitches = num_classes, pitches
        self.loudness = self.add_weight(shape=(), initializer="ones")
        self.built = True

    def train_step(self, data):
        self.loudness.assign(self.loudness * 0.5)
        return {"loss": self.loudness}

    def generate(self, num_waveforms, *, seed, labels=None):
        pitch = np.take(self.pitches, np.zeros(num_waveforms, int) if labels is None else labels)
        tone = np.sin(2 * np.pi * pitch[:, None] * np.arange(2048) / RATE)
        return (float(self.loudness) * tone[..., None]).astype("float32")


def trained(directory, model=None, **options):
    model = Whistler() if model is None else model
    model.compile(run_eagerly=True)
    snapshots = AudioSnapshots(directory, sample_rate=RATE, **options)
    model.fit(np.zeros((2, 1)), batch_size=1, epochs=1, verbose=0, callbacks=[snapshots])
    return model


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_each_snapshot_is_heard_and_seen(tmp_path):
    trained(tmp_path, unit="step", num_waveforms=2)
    names = [f"step_{number:07d}.{suffix}" for number in range(3) for suffix in ("png", "wav")]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    heard = [soundfile.read(tmp_path / name) for name in names[1::2]]
    waveform = Whistler().generate(1, seed=0)[0, :, 0]
    for number, (sound, rate) in enumerate(heard):
        assert (len(sound), rate) == (2 * (2048 + 800), RATE)
        np.testing.assert_allclose(sound[:2048], waveform / 2**number, atol=2**-15)
        np.testing.assert_array_equal(sound[:2848], sound[2848:])
        np.testing.assert_array_equal(sound[2048:2848], 0.0)


def test_the_spectrogram_has_its_tone_at_its_height_as_bright_as_it_is_loud(tmp_path):
    model = Whistler(num_classes=2)
    model.loudness.assign(0.1)
    trained(tmp_path, model, num_waveforms=2)
    picture = pixels(tmp_path / "epoch_0000.png").astype(float)
    # Two rows of one spectrogram, in frames of two pixels: 129 frequencies of 32 frames.
    spectrograms = [picture[2 + row * 131 : 131 + row * 131, 2:34] for row in range(2)]
    assert picture.shape == (264, 36)
    for spectrogram, pitch in zip(spectrograms, model.pitches, strict=True):
        middle = spectrogram[:, 10]
        assert 128 - middle.argmax() == pitch / (RATE / 256)
        # 20 dB below full scale on a scale of 80 dB.
        assert abs(middle.max() / 255 - 60 / 80) < 0.01


def test_tensorboard_plays_the_waveforms_and_shows_the_picture(tmp_path):
    logs = tmp_path / "logs"
    trained(tmp_path / "sound", num_waveforms=3, log_dir=logs)
    (file,) = logs.iterdir()
    events = [event_pb2.Event.FromString(record) for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator()]
    values = [value for event in events for value in event.summary.value]
    assert [value.metadata.plugin_data.plugin_name for value in values] == ["audio", "images"] * 2
    encoded = tf.make_ndarray(values[0].tensor)[:, 0]
    assert len(encoded) == 3
    sound, rate = tf.audio.decode_wav(encoded[0])
    np.testing.assert_allclose(sound, Whistler().generate(1, seed=0)[0], atol=2**-14)
    assert int(rate) == RATE


def test_a_network_that_diverges_does_not_end_its_training(tmp_path):
    model = Whistler()
    model.loudness.assign(np.nan)
    trained(tmp_path, model)
    assert not soundfile.read(tmp_path / "epoch_0001.wav")[0].any()


def test_samples_that_are_no_sound_are_refused_before_training(tmp_path):
    model = Whistler()
    model.generate = lambda count, seed: np.zeros((count, 8, 8, 1))
    message = "These samples are no sound.*`ImageSnapshots` for images. Received: samples of shape (10, 8, 8, 1)"
    with pytest.raises(ValueError, match=re.escape(message).replace(r"\.\*", ".*")):
        trained(tmp_path, model)


@pytest.mark.parametrize("name", ["sample_rate", "num_waveforms"])
def test_arguments_out_of_range(tmp_path, name):
    with pytest.raises(ValueError, match=f"`{name}` must be an integer of at least 1"):
        AudioSnapshots(tmp_path, **{"sample_rate": RATE, name: 0})
