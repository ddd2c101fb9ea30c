"""How near do vocoders come to a voice that they have not heard? Prints a Markdown table, writes WAV files.

    python benchmarks/vocoder.py --fsdd=$KERAS_GAN_TEST_DATA/fsdd.tar.gz --seeds=0

The recordings are the spoken digits of the Free Spoken Digit Dataset, 8 kHz, in parts of a quarter of a second; those
of one speaker are held out. Mels have 40 bands, 64 samples apart. A small `HiFiGAN` is trained on the other speakers:
with all its losses, and by the distance of the mels alone (its discriminators then only watch). Griffin-Lim makes
waveforms of the same mels without having learnt anything, in 60 iterations. The columns are those of
`keras_gan.metrics.VocoderEvaluator`, with their intervals over the recordings, and

* real time: how many seconds one core computes for a second of sound.

All of them are distances. What people prefer to hear, no number here says: listen to the WAV files in --pictures. A
training takes about 22 minutes of one core. A finished run is a line in --out, whatever its result, and is not run
again.
"""

import functools
import os
import tempfile
import time

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _griffin_lim
import _protocol
import _speech
import keras
import numpy as np

import keras_gan
from keras_gan.metrics import VocoderEvaluator

FLAGS = flags.FLAGS
flags.DEFINE_string("fsdd", _protocol.real_data("fsdd.tar.gz"), "The archive fsdd.tar.gz.")
flags.DEFINE_string("speaker", "theo", "The speaker who is held out.")
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training.")
flags.DEFINE_list("ways", [], "Ways, each a row; default: all.")
flags.DEFINE_integer("steps", 3000, "Training steps.", lower_bound=1)
flags.DEFINE_integer("batch_size", 16, "Recordings in a step.", lower_bound=1)
flags.DEFINE_integer("samples", 2048, "Samples of each part of a recording, of whole frames.", lower_bound=512)
flags.DEFINE_integer("width", 64, "Channels of the first stage of the generator.", lower_bound=8)
flags.DEFINE_integer("discriminator_width", 4, "Channels of the first convolutions of the discriminators.")
flags.DEFINE_float("rate", 5e-4, "Learning rate, which falls to 0 in the second half of the steps.")
flags.DEFINE_integer("threads", 0, "Threads of TensorFlow; 0 for one a core.", lower_bound=0)
flags.DEFINE_string("out", "runs/vocoder/results.jsonl", "The log of finished runs.")
flags.DEFINE_string("pictures", "runs/vocoder", "Where the WAV files go.")
flags.register_validator("fsdd", bool, "must be given where $KERAS_GAN_TEST_DATA is not set")

# Way to the weights of its losses.
WAYS = {"HiFi-GAN": {}, "mels alone": {"g_loss": 0.0, "feature_loss": 0.0}}
METRICS = ["log_mel_distance", "spectral_convergence", "log_magnitude", "f0_cents", "voicing_error"]
SHOWN, SECONDS = 20, 10


def front_end():
    """Return the layer that makes the mels of all rows."""
    return keras_gan.layers.MelSpectrogram(_speech.RATE, num_mels=40, fft_size=256, hop=64)


class GriffinLim:
    """Griffin-Lim with the method of a vocoder."""

    def __init__(self):
        self.mel_spectrogram = front_end()

    def vocode(self, mels):
        """Waveforms of mels, cut to [-1, 1] as a file would be."""
        return _griffin_lim.griffin_lim(mels, self.mel_spectrogram).clip(-1.0, 1.0)


def make_model(way, seed):
    """Return the compiled model of a way."""
    keras.utils.set_random_seed(seed)
    sizes = {"width": FLAGS.width, "discriminator_width": FLAGS.discriminator_width, "periods": (2, 3, 5), "scales": 2}
    networks = keras_gan.networks.hifigan(version="V3", num_mels=40, ratios=(4, 4, 4), **sizes)
    model = keras_gan.HiFiGAN(*networks, front_end(), seed=seed)
    falling = keras_gan.schedules.LinearDecay(FLAGS.rate, FLAGS.steps, hold_steps=FLAGS.steps // 2)
    settings = {"weight_decay": 0.01, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-8}
    optimizers = {f"{name}_optimizer": keras.optimizers.AdamW(falling, **settings) for name in model.players}
    model.compile(**optimizers, loss_weights=WAYS[way] or None)
    return model


def training_data(folder, seed):
    """Return batches of parts of the training recordings; those that are shorter are left out."""
    options = {"split": "train", "num_samples": FLAGS.samples, "batch_size": FLAGS.batch_size, "seed": seed}
    return keras_gan.data.load_recordings(_speech.recordings(folder, short="skip"), **options)


def measured(name, vocoder, evaluator, held_out):
    """Return what the table says of a vocoder, and write what it sounds like."""
    made = vocoder.vocode(held_out.source)
    _speech.save_wavs(FLAGS.pictures, name, made[:SHOWN])
    found = _protocol.values(evaluator.compare(_Made(made), held_out))
    return found | {"real_time": real_time(vocoder, held_out.source)}


class _Made:
    """What a vocoder has made, in its place."""

    def __init__(self, waveforms):
        self._waveforms = waveforms

    def vocode(self, _):
        return self._waveforms


def real_time(vocoder, mels):
    """Return the seconds of one core for a second of sound, in a stretch of ten of them."""
    rate = _speech.RATE // 64
    long = np.concatenate(list(mels))[: SECONDS * rate][np.newaxis]
    # The first call compiles.
    vocoder.vocode(long)
    begin = time.process_time()
    vocoder.vocode(long)
    return (time.process_time() - begin) * rate / long.shape[1]


def run(way, seed, folder, evaluator, held_out):
    """Train a model and measure it; return the results for the log."""
    model = make_model(way, seed)
    trained = _protocol.fit(
        model, training_data(folder, seed), FLAGS.steps, epochs=_protocol.epochs_of(FLAGS.steps, at_most=20)
    )
    name = f"{way.lower().replace(' ', '_').replace('-', '_')}_{seed}"
    return {"ms_per_step": trained["ms_per_step"]} | measured(name, model, evaluator, held_out)


def row(name, result):
    """Return one row of the table."""
    name, *cells = _protocol.row(METRICS, name, result)
    return name, *cells[:-1], f"{result['real_time']:.4f}", cells[-1]


def rows(folder):
    """Yield the rows of the table."""
    evaluator = VocoderEvaluator(front_end())
    waves, _ = _speech.waveforms(folder, "test", FLAGS.samples, short="skip")
    held_out = evaluator.real(waves)
    _speech.save_wavs(FLAGS.pictures, "recordings", held_out.target[:SHOWN])
    log = _protocol.RunLog(FLAGS.out)
    data = {"speaker": FLAGS.speaker, "samples": FLAGS.samples, "held_out": len(held_out)}
    known = functools.partial(measured, "griffin_lim", GriffinLim(), evaluator, held_out)
    yield row("Griffin-Lim", log.result({"way": "Griffin-Lim", **data}, known))
    sizes = {name: FLAGS[name].value for name in ("steps", "batch_size", "width", "discriminator_width", "rate")}
    for way in FLAGS.ways or WAYS:
        for seed in map(int, FLAGS.seeds):
            settings = {"way": way, "seed": seed, **data, **sizes}
            result = log.result(settings, functools.partial(run, way, seed, folder, evaluator, held_out))
            yield row(f"{way}, seed {seed}", result)


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    if strangers := set(FLAGS.ways) - set(WAYS):
        raise app.UsageError(f"--ways must be some of {', '.join(WAYS)}. Received: {', '.join(sorted(strangers))}")
    with tempfile.TemporaryDirectory() as folder:
        _speech.unpack(FLAGS.fsdd, folder, lambda _, who, __: "test" if who == FLAGS.speaker else "train")
        print(
            f"{FLAGS.steps:,} steps of {FLAGS.batch_size} parts of {FLAGS.samples:,} samples, width {FLAGS.width}; "
            f"held out: {FLAGS.speaker}."
        )
        _protocol.print_table(["", *METRICS, "real time", "ms a step"], rows(folder))


if __name__ == "__main__":
    app.run(main)
