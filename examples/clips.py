"""Learn to draw short films from clips, or to continue their first frames.

    python examples/clips.py --run_dir=runs/digits
    python examples/clips.py --dataset=films/ --image_size=64 --num_frames=16 --gan=VideoGAN --run_dir=runs/films

--dataset is "moving-digits", handwritten digits that bounce, which need no download; a .npz or .npy file of clips; or a
folder of animations (GIF, WebP, PNG) and of folders of frames. The defaults take about ten minutes on two free cores.

The run directory receives films (films/, step by step), their frames as pictures (samples/), the losses (losses.png,
losses.csv), the flags of the run (flags.txt), checkpoints (checkpoints/) and the trained model (gan.keras). At the end
there is one film more: of a MoCoGAN combined.gif, in which the clips of a row show the same thing and those of a column
move alike; of another model last.gif. A killed run resumes when the same command is given again.
"""

from absl import app, flags

from keras_gan_cli import run_flags

FLAGS = flags.FLAGS
flags.DEFINE_string("dataset", "moving-digits", 'The clips: "moving-digits", a .npz or .npy file, or a folder.')
flags.DEFINE_string("run_dir", "runs/clips", "Where the results go.")
run_flags.define_resume()
flags.DEFINE_enum("gan", "MoCoGAN", ["MoCoGAN", "VideoGAN"], "The model that is trained.")
flags.DEFINE_enum("cell", "lstm", ["gru", "lstm"], "Of a MoCoGAN: the recurrent cell that draws the motion.")
flags.DEFINE_bool("first_frame", False, "Of a VideoGAN: whether it continues first frames.")
flags.DEFINE_integer("image_size", None, "Height and width of the frames; default: as they are.", lower_bound=4)
flags.DEFINE_integer("num_frames", 12, "Frames of a clip.", lower_bound=2)
flags.DEFINE_integer("stride", 1, "How many frames apart they are; 0 spreads them over the whole clip.", lower_bound=0)
flags.DEFINE_integer("batch_size", 16, "Clips in a batch; at most as many as there are.", lower_bound=1)
flags.DEFINE_integer("width", 16, "Channels of the networks next to the frames.", lower_bound=1)
flags.DEFINE_float("learning_rate", 2e-4, "Learning rate of all players.", lower_bound=1e-9)
flags.DEFINE_integer("steps", 6000, "Training steps in all.", lower_bound=1)
flags.DEFINE_integer("steps_per_epoch", 500, "Steps between two films and two checkpoints.", lower_bound=1)
flags.DEFINE_integer("seed", 0, "Seed of the weights, the order of the clips, and all noise.", lower_bound=0)

# What a run is recorded with.
_RECORDED = (
    *("dataset", "gan", "cell", "first_frame", "image_size", "num_frames", "stride", "batch_size", "width"),
    *("learning_rate", "steps", "steps_per_epoch", "seed"),
)
_SHOWN, _CONTENTS, _MOTIONS = 16, 4, 6


@run_flags.in_one_line
def main():
    """Train as the flags say; an error in the flags or the data ends the program in one line."""
    if FLAGS.first_frame and FLAGS.gan != "VideoGAN":
        raise ValueError(f"Only a VideoGAN continues first frames. Received: --first_frame --gan={FLAGS.gan}")
    run_flags.require_whole_epochs(FLAGS)
    train(run_flags.local_path(FLAGS["run_dir"]))


def train(run_dir):
    """Train the model; write films and checkpoints on the way, and the model and a last film at the end."""
    recorded, run_dir = run_flags.begin(FLAGS, _RECORDED, run_dir)
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    import keras

    keras.utils.set_random_seed(FLAGS.seed)
    clips = load()
    model = make_model(clips.clip_shape)
    print(f"{type(model).__name__}: {clips.num_images:,} clips of {clips.clip_shape}")
    shown = next(iter(clips.one_pass()))["clips"].numpy()[:, 0] if FLAGS.first_frame else None
    model.fit(
        clips,
        epochs=FLAGS.steps // FLAGS.steps_per_epoch,
        steps_per_epoch=FLAGS.steps_per_epoch,
        verbose=0,
        callbacks=[
            run_flags.recording(recorded, run_dir),
            *callbacks(model, shown, run_dir),
        ],
    )
    model.save(run_dir / "gan.keras")
    print(f"Saved {run_dir / 'gan.keras'}; see {last_film(model, shown, run_dir)}")


def load():
    """Return batches of the clips that --dataset names."""
    from keras_gan import data

    return data.load_clips(
        FLAGS.dataset,
        num_frames=FLAGS.num_frames,
        stride=FLAGS.stride or None,
        image_size=FLAGS.image_size,
        batch_size=FLAGS.batch_size,
        seed=FLAGS.seed,
    )


def make_model(clip_shape):
    """Return the compiled model for clips of a shape."""
    import keras_gan

    num_frames, *image_shape = clip_shape
    sizes = {"image_shape": tuple(image_shape), "num_frames": num_frames, "width": FLAGS.width}
    if FLAGS.gan == "MoCoGAN":
        model = keras_gan.MoCoGAN(*keras_gan.networks.mocogan(**sizes, cell=FLAGS.cell), seed=FLAGS.seed)
    else:
        networks = keras_gan.networks.vgan(**sizes, from_first_frame=FLAGS.first_frame)
        model = keras_gan.VideoGAN(*networks, seed=FLAGS.seed)
    optimizers = model.default_optimizers()
    for optimizer in optimizers.values():
        optimizer.learning_rate = FLAGS.learning_rate
    model.compile(**{f"{name}_optimizer": optimizer for name, optimizer in optimizers.items()})
    return model


def callbacks(model, shown, run_dir):
    """Return the callbacks of a run; `shown` are first frames to continue, or None."""
    from keras_gan.callbacks import Checkpoint, ClipSnapshots, ImageSnapshots, LossCurves, Progress

    given = {"unit": "step", "every": FLAGS.steps_per_epoch, "inputs": shown}
    return [
        Checkpoint(run_dir, every=FLAGS.steps_per_epoch, unit="step"),
        ClipSnapshots(run_dir / "films", num_clips=_SHOWN, **given),
        ImageSnapshots(run_dir / "samples", num_images=8 * FLAGS.num_frames, **given),
        LossCurves(run_dir / "losses.png"),
        Progress(list(model.terms)),
    ]


def last_film(model, shown, run_dir):
    """Write the film of the trained model, and return its path."""
    from keras_gan.callbacks import write_film

    if FLAGS.gan == "MoCoGAN":
        clips = model.combine(_CONTENTS, _MOTIONS, num_frames=2 * FLAGS.num_frames, seed=FLAGS.seed)
        return write_film(run_dir / "combined.gif", clips.reshape(-1, *clips.shape[2:]), columns=_MOTIONS)
    clips, _ = model.snapshot_clips(_SHOWN, seed=FLAGS.seed, inputs=shown)
    return write_film(run_dir / "last.gif", clips)


if __name__ == "__main__":
    app.run(main)
