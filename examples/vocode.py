"""Train a vocoder on a folder of recordings, and make recordings again from their mels.

    python examples/vocode.py --recordings=speech/ --run_dir=runs/speech
    python examples/vocode.py --run_dir=runs/speech --resynthesise=other_speech/ --export_dir=saved_models/vocoder

--recordings is a folder of WAV, FLAC or OGG files. The run directory receives recordings next to what becomes of them
(samples/), checkpoints (checkpoints/), the flags of the run (flags.txt) and the trained vocoder with its front end
(vocoder.keras). A killed run resumes when the same command is given again. --fine_tune begins with a trained vocoder,
both of its players: its networks, its front end and its optimizers.

--resynthesise is another folder of recordings, of the same sample rate. --out receives each of them as it comes back
from its mels; the script prints the distance of the mels, and how many seconds of sound it makes in a second.

The defaults are those of HiFi-GAN V1 at 22,050 Hz, which take a GPU. On a CPU, of recordings at 8 kHz:

    python examples/vocode.py --recordings=digits/ --version=V2 --sample_rate=8000 --num_mels=40 --fft_size=256 \
        --hop=64 --high=4000 --ratios=4,4,4 --width=64 --discriminator_width=4 --num_samples=2048 --steps=5000
"""

import pathlib
import time

from absl import app, flags

from keras_gan_cli import run_flags

FLAGS = flags.FLAGS
flags.DEFINE_string("recordings", None, "A folder of recordings, to train on.")
flags.DEFINE_string("fine_tune", None, "A trained vocoder to begin with, such as RUN_DIR/vocoder.keras.")
flags.DEFINE_string("resynthesise", None, "A folder of recordings to make again from their mels.")
flags.DEFINE_string("out", None, "Where these go; default: RUN_DIR/resynthesised.")
flags.DEFINE_string("export_dir", None, "Export the vocoder for TensorFlow Serving, as the next version in here.")
flags.DEFINE_string("run_dir", "runs/vocoder", "Where the results go, or where a trained vocoder is.")
run_flags.define_resume()
flags.DEFINE_enum("version", "V1", ["V1", "V2", "V3", "MelGAN"], "Of HiFi-GAN; or MelGAN.")
flags.DEFINE_integer("sample_rate", 22050, "Samples a second; other recordings are resampled.", lower_bound=2)
flags.DEFINE_integer("num_mels", 80, "Mels of a frame.", lower_bound=1)
flags.DEFINE_integer("fft_size", 1024, "Samples of a Fourier transform.", lower_bound=2)
flags.DEFINE_integer("hop", 256, "Samples from one frame to the next.", lower_bound=1)
flags.DEFINE_float("high", 8000.0, "The highest frequency of the mels that the generator is given.", lower_bound=0.0)
flags.DEFINE_list("ratios", None, "Factors of the generator's stages, whose product is --hop; default: the paper's.")
flags.DEFINE_integer("width", None, "Channels of the generator's first stage; default: the paper's.", lower_bound=1)
flags.DEFINE_integer("discriminator_width", None, "Channels of the judges; default: the paper's.", lower_bound=1)
flags.DEFINE_integer("num_samples", 8192, "Samples of a part of a recording; a multiple of --hop.", lower_bound=1)
flags.DEFINE_integer("batch_size", 16, "Recordings in a batch; at most as many as there are.", lower_bound=1)
flags.DEFINE_integer("steps", 100_000, "Training steps in all.", lower_bound=1)
flags.DEFINE_integer("steps_per_epoch", 500, "Steps between two samples and two checkpoints.", lower_bound=1)
flags.DEFINE_float("decay", 0.999, "By what the rates of HiFi-GAN are multiplied after each pass over the data.")
flags.DEFINE_integer("seed", 0, "Seed of the weights and of the order and the parts of the data.", lower_bound=0)

# What a run is recorded with.
_RECORDED = (
    *("recordings", "fine_tune", "version", "sample_rate", "num_mels", "fft_size", "hop", "high", "ratios", "width"),
    *("discriminator_width", "num_samples", "batch_size", "steps", "steps_per_epoch", "decay", "seed"),
)
_FILE = "vocoder.keras"


@run_flags.in_one_line
def main():
    """Train, resynthesise and export as the flags say; an error in the flags or the data ends the program in a line."""
    require_flags()
    run_dir = run_flags.local_path(FLAGS["run_dir"])
    if FLAGS.recordings:
        run_dir = train(run_dir)
    if FLAGS.resynthesise or FLAGS.export_dir:
        use(run_dir)


def require_flags():
    """Raise a ValueError for flags that do not fit each other."""
    if not (FLAGS.recordings or FLAGS.resynthesise or FLAGS.export_dir):
        raise ValueError(
            "Nothing to do: give --recordings to train; --resynthesise or --export_dir to use a trained vocoder. "
            "Received: no such flag"
        )
    run_flags.require_whole_epochs(FLAGS)


def train(run_dir):
    """Train the vocoder on the recordings; return the directory of the run."""
    recorded, run_dir = run_flags.begin(FLAGS, _RECORDED, run_dir)
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    import keras

    import keras_gan

    keras.utils.set_random_seed(FLAGS.seed)
    loading = {"num_samples": FLAGS.num_samples, "sample_rate": FLAGS.sample_rate, "batch_size": FLAGS.batch_size}
    data = keras_gan.data.load_recordings(FLAGS.recordings, seed=FLAGS.seed, **loading)
    model = make_model(data.steps_per_epoch)
    print(f"{type(model).__name__}: {data.num_recordings:,} recordings, {model.generator.count_params():,} parameters")
    shown = next(iter(data))["waveforms"][:4]
    callbacks = keras_gan.callbacks
    model.fit(
        data,
        epochs=FLAGS.steps // FLAGS.steps_per_epoch,
        steps_per_epoch=FLAGS.steps_per_epoch,
        verbose=0,
        callbacks=[
            run_flags.recording(recorded, run_dir),
            callbacks.Checkpoint(run_dir, every=FLAGS.steps_per_epoch, unit="step"),
            callbacks.AudioSnapshots(run_dir / "samples", num_waveforms=8, inputs=shown),
            callbacks.Progress(),
        ],
    )
    model.save(run_dir / _FILE)
    print(f"Saved {run_dir / _FILE}; hear {run_dir / 'samples'}")
    return run_dir


def make_model(steps_per_pass):
    """Return the compiled vocoder; of HiFi-GAN with rates that decay after each pass over the data."""
    import keras

    import keras_gan

    if FLAGS.fine_tune:
        return keras_gan.transfer.fine_tune(FLAGS.fine_tune)
    sizes = {"num_mels": FLAGS.num_mels, "width": FLAGS.width, "discriminator_width": FLAGS.discriminator_width}
    sizes["ratios"] = FLAGS.ratios and tuple(map(int, FLAGS.ratios))
    sizes = {name: size for name, size in sizes.items() if size is not None}
    front_end = keras_gan.layers.MelSpectrogram(
        FLAGS.sample_rate, FLAGS.num_mels, FLAGS.fft_size, FLAGS.hop, high=FLAGS.high
    )
    if FLAGS.version == "MelGAN":
        model = keras_gan.MelGAN(*keras_gan.networks.melgan(**sizes), front_end, seed=FLAGS.seed)
        model.compile()
        return model
    networks = keras_gan.networks.hifigan(version=FLAGS.version, **sizes)
    model = keras_gan.HiFiGAN(*networks, front_end, seed=FLAGS.seed)
    optimizers = model.default_optimizers()
    for optimizer in optimizers.values():
        optimizer.learning_rate = keras.optimizers.schedules.ExponentialDecay(
            2e-4, steps_per_pass, FLAGS.decay, staircase=True
        )
    model.compile(**{f"{name}_optimizer": optimizer for name, optimizer in optimizers.items()})
    return model


def use(run_dir):
    """Resynthesise and export with the vocoder of a run."""
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    import keras_gan

    if not (run_dir / _FILE).is_file():
        raise ValueError(
            f"This directory has no {_FILE}: train first, with --recordings. Received: --run_dir={run_dir}"
        )
    model = keras_gan.training.load_model(run_dir / _FILE)
    if FLAGS.resynthesise:
        out = run_flags.local_path(FLAGS["out"]) if FLAGS.out else run_dir / "resynthesised"
        print(resynthesise(model, run_flags.local_path(FLAGS["resynthesise"]), out))
    if FLAGS.export_dir:
        print(f"Exported {keras_gan.export.save(model, run_flags.local_path(FLAGS['export_dir']))}")


def resynthesise(model, folder, out):
    """Write the recordings of a folder as they come back from their mels; return a line about them.

    Args:
        model: a vocoder.
        folder: `pathlib.Path` of WAV, FLAC or OGG files.
        out: `pathlib.Path`, where the WAV files go.
    """
    import numpy as np
    import soundfile

    front_end, distances, seconds, length = model.mel_spectrogram, [], 0.0, 0.0
    paths = [path for path in sorted(pathlib.Path(folder).rglob("*")) if path.suffix in (".wav", ".flac", ".ogg")]
    if not paths:
        raise ValueError(f"There are no WAV, FLAC or OGG files. Received: --resynthesise={folder}")
    out.mkdir(parents=True, exist_ok=True)
    for path in paths:
        sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
        if rate != front_end.sample_rate:
            raise ValueError(
                f"The vocoder makes {front_end.sample_rate} samples a second: resample the recordings to that. "
                f"Received: {path} with {rate}"
            )
        waveform = sound.mean(axis=1, keepdims=True)[np.newaxis]
        if not length:
            # The first call traces the graph.
            model.resynthesise(waveform)
        begin = time.perf_counter()
        made = model.resynthesise(waveform)
        seconds, length = seconds + time.perf_counter() - begin, length + len(sound) / rate
        distances.append(np.abs(front_end(made) - front_end(waveform)).mean())
        soundfile.write(out / f"{'_'.join(path.relative_to(folder).with_suffix('').parts)}.wav", made[0], rate)
    return (
        f"Resynthesised {len(paths)} recordings to {out}: mean distance of the logarithms of mels "
        f"{np.mean(distances):.3f}, {length / seconds:.1f} seconds of sound in a second"
    )


if __name__ == "__main__":
    app.run(main)
