"""Does WaveGAN say all digits, without copying, and what does phase shuffle do? Prints a Markdown table, writes WAVs.

    python benchmarks/wavegan_digits.py --fsdd=$KERAS_GAN_TEST_DATA/fsdd.tar.gz --seeds=0

`WaveGAN` is trained on the spoken digits of two speakers of the Free Spoken Digit Dataset, half a second at 8 kHz, with
phase shuffle in the critic as in the paper and without it. The columns are

* score: exp of the mean divergence of the classes that a judge reads in a recording from those of the whole set, 1 to
  10 (as the paper's inception score);
* sure: the mean probability of the class that the judge reads;
* smallest, largest: the shares of the class that the set has least of, and most of: 10 % each of a set that says all
  digits alike;
* distance: the Frechet distance to the test recordings in the features of the judge, over that of the noise below;
* nearest: the median distance of a recording to the nearest training recording, in log-mels, over that of the test
  recordings. Far below 1, they are copies; far above, they are not like speech.

The judge is a small classifier (`keras_gan.metrics.train_extractor`) of log-mels of the training recordings of all six
speakers. The rows above the models are the training and the test recordings; noise whose mean spectrum is that of each
test recording (its phases are random); and recordings of the test set whose frames are in another order. The samples
sound as the WAV files in --pictures do. A training takes about 25 minutes of one core. A finished run is a line in
--out, whatever its result, and is not run again.
"""

import os
import tempfile

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import _speech
import keras
import numpy as np

import keras_gan
from keras_gan.metrics import classifier_score, frechet_distance, nearest_neighbours, train_extractor

FLAGS = flags.FLAGS
flags.DEFINE_string("fsdd", _protocol.real_data("fsdd.tar.gz"), "The archive fsdd.tar.gz.")
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training.")
flags.DEFINE_list("shuffles", ["2", "0"], "Largest shifts of the phase shuffle, each a row; 0 for none.")
flags.DEFINE_list("speakers", ["nicolas", "yweweler"], "Speakers that the models learn from.")
flags.DEFINE_integer("steps", 3000, "Training steps of each model.", lower_bound=1)
flags.DEFINE_integer("batch_size", 32, "Recordings in a step.", lower_bound=1)
flags.DEFINE_integer("critic_steps", 2, "Updates of the critic in a step; the paper has 5.", lower_bound=1)
flags.DEFINE_float("rate", 2e-4, "Learning rate of both networks; the paper's is 1e-4, for 200,000 steps.")
flags.DEFINE_integer("width", 16, "Channels next to the waveform; the paper has 64.", lower_bound=1)
flags.DEFINE_integer("samples", 4096, "Samples of a recording.", lower_bound=256)
flags.DEFINE_integer("judge_steps", 1500, "Training steps of the judge.", lower_bound=1)
flags.DEFINE_integer("threads", 0, "Threads of TensorFlow; 0 for one a core.", lower_bound=0)
flags.DEFINE_string("out", "runs/wavegan_digits/results.jsonl", "The log of finished runs.")
flags.DEFINE_string("pictures", "runs/wavegan_digits", "Where the WAV files and pictures go.")
flags.register_validator("fsdd", bool, "must be given where $KERAS_GAN_TEST_DATA is not set")

SHOWN, GENERATED, FRAME = 30, 1000, 64


class Judge:
    """A small network that reads digits from log-mels, and what it says of the test recordings.

    Args:
        folder: of the speakers that the models learn from.
        everybody: folder of all speakers.
    """

    def __init__(self, folder, everybody):
        self.mels = keras_gan.layers.MelSpectrogram(_speech.RATE, num_mels=40, fft_size=256, hop=64)
        self.train, _ = _speech.waveforms(folder, "train", FLAGS.samples)
        self.test, labels = _speech.waveforms(folder, "test", FLAGS.samples)
        waves, classes = _speech.waveforms(everybody, "train", FLAGS.samples)
        self._extractor = train_extractor([(self._pictures(waves), classes)], steps=FLAGS.judge_steps)
        self.fingerprint = self._extractor.fingerprint
        features, logits = self._read(self.test)
        self.accuracy = float((logits.argmax(axis=1) == labels).mean())
        self._features, self._known = features, self._flat(self.train)
        self._noise = float(frechet_distance(features, self._read(spectrum_matched_noise(self.test))[0]))
        self._test_to_train = self._nearest(self.test)

    def _pictures(self, waves):
        return _speech.pictures(
            np.concatenate([self.mels(part) for part in np.array_split(waves, -(-len(waves) // 64))])
        )

    def _flat(self, waves):
        pictures = self._pictures(waves)
        return pictures.reshape(len(pictures), -1)

    def _read(self, waves):
        """The features and the logits of recordings."""
        pictures = self._pictures(waves)
        parts = [self._extractor(part) for part in np.array_split(pictures, -(-len(pictures) // 500))]
        return tuple(np.concatenate([np.asarray(part[index]) for part in parts]) for index in (0, 1))

    def _nearest(self, waves):
        return float(np.median(nearest_neighbours(self._flat(waves), self._known).distances))

    def measured(self, waves):
        """Return what the table says of recordings."""
        features, logits = self._read(waves)
        shares = np.bincount(logits.argmax(axis=1), minlength=10) / len(waves)
        certainties = np.exp(logits - logits.max(axis=1, keepdims=True))
        return {
            "score": float(classifier_score(logits, num_splits=1).mean),
            "sure": float((1.0 / certainties.sum(axis=1)).mean()),
            "smallest": float(shares.min()),
            "largest": float(shares.max()),
            "distance": float(frechet_distance(self._features, features)) / self._noise,
            "nearest": self._nearest(waves) / self._test_to_train,
            "histogram": shares.tolist(),
        }


def spectrum_matched_noise(waves):
    """Noise with the magnitudes of the spectrum of each recording, and random phases."""
    spectra = np.abs(np.fft.rfft(waves[..., 0]))
    phases = np.random.default_rng(0).uniform(0, 2 * np.pi, spectra.shape)
    noise = np.fft.irfft(spectra * np.exp(1j * phases), waves.shape[1])
    return noise.clip(-1, 1).astype("float32")[..., np.newaxis]


def shuffled(waves):
    """Recordings whose pieces of 64 ms are in another order."""
    size = _speech.RATE * FRAME // 1000
    pieces = waves[:, : waves.shape[1] // size * size].reshape(len(waves), -1, size, 1)
    rng = np.random.default_rng(0)
    moved = np.stack([rng.permutation(piece) for piece in pieces]).reshape(len(waves), -1, 1)
    return np.pad(moved, ((0, 0), (0, waves.shape[1] - moved.shape[1]), (0, 0)))


def make_model(shuffle, seed):
    """Return the compiled model."""
    keras.utils.set_random_seed(seed)
    networks = keras_gan.networks.wavegan(num_samples=FLAGS.samples, width=FLAGS.width, phase_shuffle=shuffle)
    gan = keras_gan.WaveGAN(*networks, discriminator_steps=FLAGS.critic_steps, ema_half_life=500, seed=seed)
    adams = [keras.optimizers.Adam(FLAGS.rate, 0.5, 0.9) for _ in range(2)]
    gan.compile(generator_optimizer=adams[0], discriminator_optimizer=adams[1])
    return gan


def run(shuffle, seed, judge, folder):
    """Train a model and measure it; return the results for the log."""
    gan, source = make_model(shuffle, seed), _speech.recordings(folder)
    data = keras_gan.data.load_recordings(
        source, split="train", num_samples=FLAGS.samples, batch_size=FLAGS.batch_size, seed=seed
    )
    trained = _protocol.fit(gan, data, FLAGS.steps, epochs=_protocol.epochs_of(FLAGS.steps, at_most=20))
    waves = gan.generate(GENERATED, seed=0)
    show(f"shuffle_{shuffle}_{seed}", waves, judge)
    return {"ms_per_step": trained["ms_per_step"]} | judge.measured(waves)


def show(name, waves, judge):
    """Write the first recordings as a WAV file, and their mels as a picture, low tones at the bottom."""
    _speech.save_wavs(FLAGS.pictures, name, waves[:SHOWN])
    pictures = _speech.pictures(judge.mels(waves[:SHOWN])).transpose(0, 2, 1, 3)[:, ::-1]
    _protocol.save_grid(FLAGS.pictures, name, pictures, columns=10, scale=2)


COLUMNS = {
    "score": "{:.2f}",
    "sure": "{:.3f}",
    "smallest": "{:.1%}",
    "largest": "{:.1%}",
    "distance": "{:.3f}",
    "nearest": "{:.2f}",
    "ms_per_step": "{:.0f}",
}


def row(name, result):
    """Return one row of the table."""
    return name, *(form.format(result[key]) if key in result else "" for key, form in COLUMNS.items())


def rows(judge, folder):
    """Yield the rows of the table."""
    known = {
        "training recordings": judge.train,
        "test recordings": judge.test,
        "noise of their spectra": spectrum_matched_noise(judge.test),
        "shuffled pieces of 64 ms": shuffled(judge.test),
    }
    for name, waves in known.items():
        show(name.replace(" ", "_"), waves, judge)
        yield row(name, judge.measured(waves))
    log = _protocol.RunLog(FLAGS.out)
    names = ("steps", "batch_size", "critic_steps", "rate", "width", "samples", "speakers")
    sizes = {name: FLAGS[name].value for name in names}
    for shuffle in map(int, FLAGS.shuffles):
        for seed in map(int, FLAGS.seeds):
            settings = {"shuffle": shuffle, "seed": seed, **sizes, "judge": judge.fingerprint}
            result = log.result(settings, lambda shuffle=shuffle, seed=seed: run(shuffle, seed, judge, folder))
            yield row(f"WaveGAN, phase shuffle {shuffle}, seed {seed}", result)


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as everybody:
        _speech.unpack(FLAGS.fsdd, everybody, lambda _, __, index: "test" if index < 5 else "train")
        chosen = set(FLAGS.speakers)
        _speech.unpack(
            FLAGS.fsdd, folder, lambda _, who, index: ("test" if index < 5 else "train") if who in chosen else None
        )
        judge = Judge(folder, everybody)
        print(
            f"{', '.join(FLAGS.speakers)}: {len(judge.train):,} recordings of {FLAGS.samples:,} samples; "
            f"{FLAGS.steps:,} steps of {FLAGS.batch_size}, width {FLAGS.width}. "
            f"The judge reads {judge.accuracy:.1%} of the test recordings right."
        )
        _protocol.print_table(["", *COLUMNS], rows(judge, folder))


if __name__ == "__main__":
    app.run(main)
