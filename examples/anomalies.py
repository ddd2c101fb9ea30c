"""Learn what good pictures look like, and find those of another folder that are not.

    python examples/anomalies.py --good=parts/good/ --run_dir=runs/parts
    python examples/anomalies.py --run_dir=runs/parts --score=parts/new/ --export_dir=saved_models/parts

--good is a folder of good pictures alone, at least 20. A tenth of them is held out. The run directory receives pictures
of reconstructions (samples/), the losses (losses.png, losses.csv), the flags of the run (flags.txt), checkpoints
(checkpoints/) and the trained detector (gan.keras). A killed run resumes when the same command is given again.

--score is a folder of other pictures. --out receives the score of each, the highest first (scores.csv); the pictures of
the highest scores next to their reconstructions (worst.png); and the histogram of the scores (scores.png), next to that
of good pictures. These are the pictures in the sub-folder good/ of --score, if it has one: then it is known of all
pictures which are good, and the script prints how well the scores tell them apart. Otherwise they are the good pictures
that were held out, and all pictures of --score count as anomalous.
"""

import csv
import io
import pathlib

from absl import app, flags

from keras_gan_cli import run_flags

FLAGS = flags.FLAGS
flags.DEFINE_string("good", None, "A folder of good pictures, to train on.")
flags.DEFINE_string("score", None, "A folder of pictures to score.")
flags.DEFINE_string("out", None, "Where the scores go; default: RUN_DIR/scores.")
flags.DEFINE_string("export_dir", None, "Export the detector for TensorFlow Serving, as the next version in here.")
flags.DEFINE_string("run_dir", "runs/anomalies", "Where the results go, or where a trained detector is.")
run_flags.define_resume()
flags.DEFINE_enum("detector", "GANomaly", ["AnomalyGAN", "BiGAN", "GANomaly"], "The model that is trained.")
flags.DEFINE_integer("image_size", 64, "Height and width of the pictures, as the detector sees them.", lower_bound=8)
flags.DEFINE_integer("channels", None, "1: grey, 3: RGB, 4: RGB with alpha; default: as the pictures are.")
flags.DEFINE_integer("batch_size", 32, "Pictures in a batch; at most as many as there are.", lower_bound=1)
flags.DEFINE_integer("width", 32, "Channels of the networks next to the picture.", lower_bound=1)
flags.DEFINE_integer("latent_dim", 64, "Numbers in a code.", lower_bound=1)
flags.DEFINE_integer("steps", 4000, "Training steps in all.", lower_bound=2)
flags.DEFINE_integer("gan_steps", 2000, "Of an AnomalyGAN: the steps before its encoder is trained.", lower_bound=0)
flags.DEFINE_integer("steps_per_epoch", 200, "Steps between two pictures and two checkpoints.", lower_bound=1)
flags.DEFINE_integer("seed", 0, "Seed of the weights, the order of the pictures, and all noise.", lower_bound=0)
flags.DEFINE_integer("worst", 24, "How many pictures worst.png shows, each with its reconstruction.", lower_bound=1)

# What a run is recorded with.
_RECORDED = (
    *("good", "detector", "image_size", "channels", "batch_size", "width", "latent_dim"),
    *("steps", "gan_steps", "steps_per_epoch", "seed"),
)
_GOOD, _SHOWN = "good", 16


@run_flags.in_one_line
def main():
    """Train, score and export as the flags say; an error in the flags or the data ends the program in one line."""
    require_flags()
    run_dir = run_flags.local_path(FLAGS["run_dir"])
    if FLAGS.good:
        run_dir = train(run_dir)
    if FLAGS.score or FLAGS.export_dir:
        use(run_dir)


def require_flags():
    """Raise a ValueError for flags that do not fit each other."""
    if not (FLAGS.good or FLAGS.score or FLAGS.export_dir):
        raise ValueError(
            "Nothing to do: give --good to train; --score or --export_dir to use a trained detector. "
            "Received: no such flag"
        )
    run_flags.require_whole_epochs(FLAGS)
    if FLAGS.good and FLAGS.detector == "AnomalyGAN" and FLAGS.gan_steps >= FLAGS.steps:
        raise ValueError(
            "The encoder of an AnomalyGAN is trained after --gan_steps: give more --steps, or fewer --gan_steps. "
            f"Received: --gan_steps={FLAGS.gan_steps} --steps={FLAGS.steps}"
        )


def train(run_dir):
    """Train the detector on the good pictures; return the directory of the run."""
    recorded, run_dir = run_flags.begin(FLAGS, _RECORDED, run_dir)
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    import keras

    keras.utils.set_random_seed(FLAGS.seed)
    size = (FLAGS.image_size, FLAGS.image_size)
    good = load(FLAGS.good, "train", size, FLAGS.channels, batch_size=FLAGS.batch_size, seed=FLAGS.seed)
    held_out = in_memory(load(FLAGS.good, "test", size, good.image_shape[-1]))
    model = make_model(good.image_shape)
    counts = f"{good.num_images:,} good pictures of {good.image_shape}, {len(held_out):,} held out"
    print(f"{type(model).__name__}: {counts}")
    model.fit(
        good,
        epochs=FLAGS.steps // FLAGS.steps_per_epoch,
        steps_per_epoch=FLAGS.steps_per_epoch,
        verbose=0,
        callbacks=[
            run_flags.recording(recorded, run_dir),
            *callbacks(model, held_out, run_dir),
        ],
    )
    model.save(run_dir / "gan.keras")
    _write_scores(run_dir / "good.csv", enumerate(model.score(held_out)))
    print(f"Saved {run_dir / 'gan.keras'}; see {run_dir / 'samples'}")
    return run_dir


def load(folder, split, size, channels, **options):
    """Return batches of the pictures of a folder, in the size and with the channels of the detector."""
    from keras_gan import data

    options = {"batch_size": 1, "preprocessing": data.Preprocessing(channels=channels)} | options
    return data.load(folder, split=split, image_size=size, **options)


def in_memory(pictures):
    """Return all pictures in the order of their files, float32 `(num_images, height, width, channels)`."""
    import numpy as np

    return np.concatenate([np.asarray(batch) for batch in pictures.one_pass()])


def make_model(image_shape):
    """Return the compiled detector for pictures of a shape."""
    import keras_gan

    sizes = {"image_shape": image_shape, "latent_dim": FLAGS.latent_dim, "width": FLAGS.width}
    networks, shared = keras_gan.networks, {"seed": FLAGS.seed}
    if FLAGS.detector == "AnomalyGAN":
        gan = networks.dcgan(**sizes, spectral_normalization=False)
        phases = {"gan_steps": FLAGS.gan_steps, "discriminator_steps": 2}
        model = keras_gan.AnomalyGAN(*gan, networks.dcgan_encoder(**sizes), **phases, **shared)
    elif FLAGS.detector == "BiGAN":
        model = keras_gan.BiGAN(*networks.bigan(**sizes), **shared)
    else:
        model = keras_gan.GANomaly(*networks.ganomaly(**sizes), **shared)
    model.compile()
    return model


def callbacks(model, held_out, run_dir):
    """Return the callbacks of a run."""
    from keras_gan.callbacks import Checkpoint, ImageSnapshots, LossCurves, Progress

    return [
        Checkpoint(run_dir, every=FLAGS.steps_per_epoch, unit="step"),
        ImageSnapshots(run_dir / "samples", inputs=held_out[:_SHOWN]),
        LossCurves(run_dir / "losses.png"),
        Progress(list(model.terms)),
    ]


def use(run_dir):
    """Score a folder and export with the detector of a run."""
    path = run_dir / "gan.keras"
    if not path.is_file():
        raise FileNotFoundError(
            "Expected the directory of a run that has finished, with its gan.keras: train first, with --good. "
            f"Received: --run_dir={run_dir}"
        )
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    import keras_gan

    model = keras_gan.training.load_model(path)
    if FLAGS.score:
        out = run_flags.local_path(FLAGS["out"]) if FLAGS.out else run_dir / "scores"
        out.mkdir(parents=True, exist_ok=True)
        good_scores, folder = _read_scores(run_dir / "good.csv"), run_flags.local_path(FLAGS["score"])
        print(score_folder(model, folder, good_scores, out, FLAGS.worst))
    if FLAGS.export_dir:
        print(f"Exported {keras_gan.export.save(model, pathlib.Path(FLAGS.export_dir))}")


def score_folder(model, folder, good_scores, out, num_worst):
    """Score the pictures of a folder, and write the scores, their histogram and the worst pictures.

    Args:
        model: with `score`.
        folder: `pathlib.Path`.
        good_scores: list of float, of good pictures that were held out.
        out: `pathlib.Path` of a folder that exists.
        num_worst: int, how many pictures to show.

    Returns:
        str, what the scores say.
    """
    import numpy as np
    from PIL import Image

    from keras_gan.callbacks import image_grid
    from keras_gan.data import _image_files
    from keras_gan.metrics import AnomalyEvaluator, write_score_histogram

    *size, channels = model.sample_shape
    pictures = in_memory(load(folder, "all", size, channels))
    files = [path.relative_to(folder) for path in _image_files.image_files(folder)[0]]
    scores = model.score(pictures)
    highest = np.argsort(-scores, kind="stable")
    _write_scores(out / "scores.csv", ((files[place], scores[place]) for place in highest))
    grid, columns = model.snapshot(2 * num_worst, seed=0, inputs=pictures[highest])
    Image.fromarray(image_grid(grid, columns=columns).squeeze()).save(out / "worst.png")
    is_anomaly = np.array([path.parts[0] != _GOOD for path in files])
    is_known = not is_anomaly.all()
    if not is_known:
        scores = np.concatenate([good_scores, scores])
        is_anomaly = np.arange(len(scores)) >= len(good_scores)
    write_score_histogram(out / "scores.png", scores, is_anomaly)
    summary = f"Scored {len(files):,} pictures; the highest score has {files[highest[0]]}. See {out}"
    return f"{AnomalyEvaluator().compare(scores, is_anomaly.astype(int))}\n{summary}" if is_known else summary


def _write_scores(path, rows):
    from keras_gan._files import write_atomically

    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerows([("picture", "score"), *((picture, f"{score:.6g}") for picture, score in rows)])
    write_atomically(path, text.getvalue().encode())


def _read_scores(path):
    with path.open(newline="") as file:
        return [float(row["score"]) for row in csv.DictReader(file)]


if __name__ == "__main__":
    app.run(main)
