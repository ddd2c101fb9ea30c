r"""Learn to make sounds like those of a folder of recordings, by a WaveGAN.

    python examples/waves.py --recordings=drums/ --sample_rate=16000 --num_samples=16384 --run_dir=runs/drums

If the names of the files say what is said and by whom, as those of the spoken digits of FSDD do (7_jackson_32.wav), a
pattern finds it. Then some speakers can be held out, and a digit can be asked for:

    python examples/waves.py --recordings=fsdd/recordings/ --pattern='(?P<label>\d)_(?P<group>[a-z]+)_\d+' \
        --held_out=george,jackson,lucas,theo --labels --run_dir=runs/digits

The run directory receives sounds and pictures of their spectrograms (samples/), the losses (losses.png, losses.csv),
the flags of the run (flags.txt), checkpoints (checkpoints/) and the trained GAN (gan.keras). A killed run resumes when
the same command is given again.
"""

import pathlib

from absl import app, flags

from keras_gan_cli import run_flags

FLAGS = flags.FLAGS
flags.DEFINE_string("recordings", None, "A folder of WAV, FLAC or OGG files.")
flags.DEFINE_string("pattern", None, "Regular expression of the names, with parts called label, group or both.")
flags.DEFINE_list("held_out", None, "Groups, such as speakers, that are not trained on.")
flags.DEFINE_bool("labels", False, "Learn which sound is of which class: of a pattern, or of a sub-folder.")
flags.DEFINE_integer("sample_rate", None, "Samples in a second; default: as the recordings have.", lower_bound=1)
flags.DEFINE_integer("num_samples", 4096, "Samples of a sound; 16 to 63 times a power of 4.", lower_bound=64)
flags.DEFINE_float("peak", 0.9, "The largest magnitude of each recording; 0 for its own.", 0.0, 1.0)
flags.DEFINE_integer("batch_size", 32, "Recordings in a batch; at most as many as there are.", lower_bound=1)
flags.DEFINE_integer("width", 16, "Channels of the networks next to the sound; 64 in the paper.", lower_bound=1)
flags.DEFINE_integer("latent_dim", 64, "Numbers that a sound is made from.", lower_bound=1)
flags.DEFINE_integer("phase_shuffle", 2, "The largest shift in the critic; 0 for none.", lower_bound=0)
flags.DEFINE_integer("discriminator_steps", 1, "Updates of the critic in a step; 5 in the paper.", lower_bound=1)
flags.DEFINE_float("learning_rate", 5e-4, "Of both networks; 1e-4 in the paper, which trains for days.", 0.0)
flags.DEFINE_integer("steps", 3000, "Training steps in all.", lower_bound=1)
flags.DEFINE_integer("steps_per_epoch", 100, "Steps between two snapshots and two checkpoints.", lower_bound=1)
flags.DEFINE_integer("seed", 0, "Seed of the weights, the order of the recordings, and all noise.", lower_bound=0)
flags.DEFINE_string("run_dir", "runs/waves", "Where the results go.")
run_flags.define_resume()
flags.DEFINE_string("export_dir", None, "Export the generator for TensorFlow Serving, as the next version in here.")

# What a run is recorded with.
_RECORDED = (
    *("recordings", "pattern", "held_out", "labels", "sample_rate", "num_samples", "peak", "batch_size", "width"),
    *("latent_dim", "phase_shuffle", "discriminator_steps", "learning_rate", "steps", "steps_per_epoch", "seed"),
)
# Half of the averaged generator is younger than so many sounds.
_EMA_HALF_LIFE, _HEARD = 2000, 20


@run_flags.in_one_line
def main():
    """Train and export as the flags say; an error in the flags or the data ends the program in one line."""
    if not FLAGS.recordings:
        raise ValueError("Give a folder of recordings, as in --recordings=drums/. Received: no --recordings")
    run_flags.require_whole_epochs(FLAGS)
    train(run_flags.local_path(FLAGS["run_dir"]))


def train(run_dir):
    """Train a WaveGAN on the recordings, save it, and export it if that is asked for."""
    recorded, run_dir = run_flags.begin(FLAGS, _RECORDED, run_dir)
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    import keras
    import keras_gan

    keras.utils.set_random_seed(FLAGS.seed)
    sounds = load()
    gan = make_gan(sounds.num_classes or None, sounds.sample_rate)
    whose = f" of {', '.join(sounds.groups)}" if sounds.groups else ""
    length = f"{FLAGS.num_samples} samples at {sounds.sample_rate} Hz"
    print(f"WaveGAN: {sounds.num_recordings:,} recordings{whose}, {length}")
    gan.fit(
        sounds,
        epochs=FLAGS.steps // FLAGS.steps_per_epoch,
        steps_per_epoch=FLAGS.steps_per_epoch,
        verbose=0,
        callbacks=[
            run_flags.recording(recorded, run_dir),
            *callbacks(gan, run_dir),
        ],
    )
    gan.save(run_dir / "gan.keras")
    print(f"Saved {run_dir / 'gan.keras'}; listen to {run_dir / 'samples'}")
    if FLAGS.export_dir:
        print(f"Exported {keras_gan.export.save(gan, pathlib.Path(FLAGS.export_dir))}")


def load():
    """Return batches of the recordings that are trained on."""
    from keras_gan import data

    held_out, peak = FLAGS.held_out or None, FLAGS.peak or None
    recordings = data.Recordings(FLAGS.recordings, pattern=FLAGS.pattern, held_out=held_out, peak=peak)
    return data.load_recordings(
        recordings,
        num_samples=FLAGS.num_samples,
        sample_rate=FLAGS.sample_rate,
        batch_size=FLAGS.batch_size,
        seed=FLAGS.seed,
        labels=FLAGS.labels,
    )


def make_gan(num_classes, sample_rate):
    """Return the compiled GAN, which takes labels if there are classes."""
    import keras

    import keras_gan

    sizes = {"num_samples": FLAGS.num_samples, "latent_dim": FLAGS.latent_dim, "width": FLAGS.width}
    networks = keras_gan.networks.wavegan(**sizes, phase_shuffle=FLAGS.phase_shuffle, num_classes=num_classes)
    options = {"discriminator_steps": FLAGS.discriminator_steps, "sample_rate": sample_rate, "seed": FLAGS.seed}
    gan = keras_gan.WaveGAN(*networks, ema_half_life=_EMA_HALF_LIFE, **options)
    adam = {"learning_rate": FLAGS.learning_rate, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-8}
    gan.compile(keras.optimizers.Adam(**adam), keras.optimizers.Adam(**adam))
    return gan


def callbacks(gan, run_dir):
    """Return the callbacks of a run."""
    from keras_gan.callbacks import AudioSnapshots, Checkpoint, LossCurves, Progress

    return [
        Checkpoint(run_dir, every=FLAGS.steps_per_epoch, unit="step"),
        AudioSnapshots(run_dir / "samples", num_waveforms=_HEARD),
        LossCurves(run_dir / "losses.png"),
        Progress(list(gan.terms)),
    ]


if __name__ == "__main__":
    app.run(main)
