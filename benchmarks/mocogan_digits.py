"""Does MoCoGAN move digits as real ones move, and keep what they are? Prints two Markdown tables, writes GIFs.

    python benchmarks/mocogan_digits.py --seeds=0

`MoCoGAN` is trained on scikit-learn's digits that fly over a canvas of 24x24 pixels and bounce off its edges
(`keras_gan.data.MovingDigits`), and once more without its recurrent cell, so that the codes of the motion of each frame
are independent, and without what the video discriminator says to the generator. 1,000 clips of each are compared with
as many real ones of digits that training did not see. The columns of the first table are

* speed, acceleration, change: the Wasserstein distance, in pixels, of the speeds of the digit (its centroid) in all
  frames, of its accelerations, and of the mean differences of a frame and the next one (in units of the range, 2);
* constancy: the share of the frames of a clip in which a judge of single frames, which sees the 12x12 pixels around the
  digit, reads the class that it reads in most of them. Without anything constant, it is that of the row "frames of
  other clips";
* distance: the Frechet distance of the features of a judge with three-dimensional convolutions, which was trained to
  tell the digit and the direction it starts in;
* alive: the share of clips in which there is a digit in every frame.

The rows above the models are real clips: of training digits, the best that can be reached; with their frames in another
order; and with each frame from another clip. The second table is of 16 contents with 16 motions each: how often the
judge reads the same class in two clips, and how many pixels their paths are apart, in clips of one content, of one
motion, and that share nothing. A model that separates content and motion has the same class and other paths in the
first case, and other classes and the same path in the second. A training takes about 7 minutes of one core. A finished
run is a line in --out, whatever its result, and is not run again.
"""

import functools
import os

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import keras
import numpy as np
from scipy.stats import wasserstein_distance

import keras_gan
from keras_gan.metrics import centroid_motion, frame_differences, frechet_distance, identity_constancy, train_extractor

FLAGS = flags.FLAGS
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training.")
flags.DEFINE_list("ways", [], "Ways, each a row of the tables; default: all.")
flags.DEFINE_integer("steps", 6000, "Training steps.", lower_bound=1)
flags.DEFINE_integer("batch_size", 16, "Clips in a step.", lower_bound=1)
flags.DEFINE_integer("frames", 12, "Frames of a clip, at least 10.", lower_bound=10)
flags.DEFINE_integer("width", 16, "Channels of the networks next to the frames.", lower_bound=1)
flags.DEFINE_integer("stages", None, "Halvings of the frames; default: 2, those of `networks.mocogan`.", lower_bound=1)
flags.DEFINE_integer("judge_steps", 1500, "Training steps of each judge.", lower_bound=1)
flags.DEFINE_integer("clips", 1000, "Clips of each row.", lower_bound=2)
flags.DEFINE_integer("threads", 0, "Threads of TensorFlow; 0 for one a core.", lower_bound=0)
flags.DEFINE_string("out", "runs/mocogan_digits/results.jsonl", "The log of finished runs.")
flags.DEFINE_string("pictures", "runs/mocogan_digits", "Where the GIFs go, two for each way and seed.")

# Way to its recurrent cell, and the weights of its losses.
WAYS = {
    "MoCoGAN": ("gru", {}),
    "no RNN": (None, {}),
    "no video discriminator": ("gru", {"g_video_loss": 0.0}),
}
WORLD = keras_gan.data.MovingDigits()
GRID, SHOWN = 16, 8
# The side of what the judge of frames sees: a digit has 8 pixels.
AROUND = 12
NUM_CLASSES, DIRECTIONS = 10, 4


@functools.cache
def drawn(split, seed):
    """Real clips, with all that is known of them."""
    return WORLD.draw(FLAGS.clips, num_frames=FLAGS.frames, split=split, seed=seed)


class Judges:
    """What is known of clips: the class of each frame, their motion, and the distance of a set to the real one."""

    def __init__(self):
        known = WORLD.draw(max(64, 4 * FLAGS.clips), num_frames=FLAGS.frames, seed=1)
        labels, frames = known.digits, centred(known.clips[:, ::4])
        self._of_frames = train_extractor(
            [(frames, labels.repeat(len(frames) // len(labels)))], steps=FLAGS.judge_steps
        )
        turns = np.arctan2(*np.moveaxis(known.velocities[:, 0], -1, 0)) / (2 * np.pi)
        directions = np.floor(DIRECTIONS * (turns % 1.0)).astype("int32") % DIRECTIONS
        self._of_clips = train_extractor([(known.clips, DIRECTIONS * labels + directions)], steps=FLAGS.judge_steps)
        self.fingerprint = f"{self._of_frames.fingerprint[:16]} {self._of_clips.fingerprint[:16]}"
        real = drawn("test", 0)
        read = self.classes_of(real.clips)
        self.accuracy = float((read == real.digits[:, np.newaxis]).mean())
        self._real, self._features = self._motion(real.clips), self._features_of(real.clips)

    def classes_of(self, clips):
        """The class of each frame, int `(num_clips, num_frames)`."""
        frames = centred(clips)
        logits = [np.asarray(self._of_frames(part).logits) for part in np.array_split(frames, -(-len(frames) // 1000))]
        return np.concatenate(logits).argmax(axis=1).reshape(clips.shape[:2])

    def _features_of(self, clips):
        parts = np.array_split(clips, -(-len(clips) // 100))
        return np.concatenate([np.asarray(self._of_clips(part).features) for part in parts])

    @staticmethod
    def _motion(clips):
        """The numbers of all frames whose distributions are compared, and the share of clips with a digit in all."""
        motion = centroid_motion(clips)
        numbers = {
            "speed": motion.speeds,
            "acceleration": motion.accelerations,
            "change": frame_differences(clips),
        }
        finite = {name: values[np.isfinite(values)] for name, values in numbers.items()}
        return finite | {"alive": float(np.isfinite(motion.centroids).all(axis=(1, 2)).mean())}

    def measured(self, clips):
        """Return what the first table says of clips."""
        motion = self._motion(clips)
        found = {
            # Without a single digit there is no motion.
            name: float(wasserstein_distance(self._real[name], motion[name])) if len(motion[name]) else float("inf")
            for name in ("speed", "acceleration", "change")
        }
        constancy = float(identity_constancy(self.classes_of(clips)).mean())
        distance = float(frechet_distance(self._features, self._features_of(clips)))
        return found | {"constancy": constancy, "distance": distance, "alive": motion["alive"]}

    def separated(self, clips):
        """Return what the second table says of clips `(num_contents, num_motions, num_frames, ...)`."""
        contents, motions = clips.shape[:2]
        flat = clips.reshape(-1, *clips.shape[2:])
        read = [np.bincount(frames, minlength=NUM_CLASSES).argmax() for frames in self.classes_of(flat)]
        classes = np.array(read).reshape(contents, motions)
        # Where there is no digit, the middle of the canvas.
        paths = np.nan_to_num(centroid_motion(flat).centroids, nan=WORLD.side / 2).reshape(contents, motions, -1, 2)
        one, other = np.triu_indices(contents * motions, 1)
        same = classes.ravel()[one] == classes.ravel()[other]
        apart = paths.reshape(contents * motions, -1, 2)
        apart = np.linalg.norm(apart[one] - apart[other], axis=-1).mean(axis=-1)
        (content_one, motion_one), (content_other, motion_other) = (np.divmod(rows, motions) for rows in (one, other))
        cases = {
            "content": content_one == content_other,
            "motion": motion_one == motion_other,
            "nothing": (content_one != content_other) & (motion_one != motion_other),
        }
        return {
            f"{name} {column}": float(values[rows].mean())
            for name, rows in cases.items()
            for column, values in (("class", same), ("path", apart))
        }


def centred(clips):
    """The middle of each frame of clips, float32 `(num_clips * num_frames, 12, 12, 1)`: the digit wherever it is."""
    half = AROUND // 2
    places = np.nan_to_num(centroid_motion(clips).centroids, nan=WORLD.side / 2).reshape(-1, 2)
    tops, lefts = np.rint(places).astype(int).T
    frames = np.pad(clips.reshape(-1, *clips.shape[2:4]), ((0, 0), (half, half), (half, half)), constant_values=-1.0)
    windows = np.lib.stride_tricks.sliding_window_view(frames, (AROUND, AROUND), axis=(1, 2))
    return windows[np.arange(len(frames)), tops, lefts][..., np.newaxis]


def make_model(way, seed):
    """Return the compiled model of a way."""
    keras.utils.set_random_seed(seed)
    cell, weights = WAYS[way]
    shape = {"image_shape": (WORLD.side, WORLD.side, 1), "num_frames": FLAGS.frames, "stages": FLAGS.stages}
    model = keras_gan.MoCoGAN(*keras_gan.networks.mocogan(**shape, width=FLAGS.width, cell=cell), seed=seed)
    model.compile(loss_weights=weights or None)
    return model


def run(way, seed, judges):
    """Train a model and measure it; return the results for the log."""
    model = make_model(way, seed)
    data = keras_gan.data.load_clips(WORLD, num_frames=FLAGS.frames, batch_size=FLAGS.batch_size, seed=seed)
    trained = _protocol.fit(model, data, FLAGS.steps, epochs=_protocol.epochs_of(FLAGS.steps, at_most=20))
    clips = model.generate(FLAGS.clips, seed=0)
    grid = model.combine(GRID, GRID, seed=0)
    name = f"{way.lower().replace(' ', '_')}_{seed}"
    draw(name, clips[: SHOWN**2], SHOWN)
    draw(f"{name}_contents_by_motions", grid[:SHOWN, :SHOWN].reshape(-1, *grid.shape[2:]), SHOWN)
    return {"ms_per_step": trained["ms_per_step"]} | judges.measured(clips) | judges.separated(grid)


def draw(name, clips, columns):
    """Write clips as a moving page."""
    _protocol.save_gif(FLAGS.pictures, name, clips, columns=columns, scale=2)


def references():
    """Yield the name and the clips of each row of real clips."""
    clips, rng = drawn("train", 2).clips, np.random.default_rng(0)
    yield "clips of training digits", clips
    orders = rng.permuted(np.tile(np.arange(clips.shape[1]), (len(clips), 1)), axis=1)
    yield "shuffled frames", clips[np.arange(len(clips))[:, np.newaxis], orders]
    others = np.stack([clips[rng.permutation(len(clips)), frame] for frame in range(clips.shape[1])], axis=1)
    yield "frames of other clips", others


COLUMNS = {
    "speed": "{:.3f}",
    "acceleration": "{:.3f}",
    "change": "{:.4f}",
    "constancy": "{:.3f}",
    "distance": "{:.3g}",
    "alive": "{:.3f}",
    "ms_per_step": "{:.0f}",
}
SEPARATED = {
    f"{name} {column}": form
    for name in ("content", "motion", "nothing")
    for column, form in (("class", "{:.3f}"), ("path", "{:.2f}"))
}


def row(name, columns, result):
    """Return one row of a table."""
    return name, *(form.format(result[key]) if key in result else "" for key, form in columns.items())


def results(judges):
    """Yield the name and the result of each run."""
    log = _protocol.RunLog(FLAGS.out)
    sizes = {name: FLAGS[name].value for name in ("steps", "batch_size", "frames", "width", "clips")}
    sizes |= {"stages": FLAGS.stages} if FLAGS.stages else {}
    for way in FLAGS.ways or WAYS:
        for seed in map(int, FLAGS.seeds):
            settings = {"way": way, "seed": seed, **sizes, "judges": judges.fingerprint}
            yield f"{way}, seed {seed}", log.result(settings, lambda way=way, seed=seed: run(way, seed, judges))


def rows(judges, found):
    """Yield the rows of the first table, and keep the results for the second one."""
    for name, clips in references():
        yield row(name, COLUMNS, judges.measured(clips))
    for name, result in results(judges):
        found[name] = result
        yield row(name, COLUMNS, result)


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    if strangers := set(FLAGS.ways) - set(WAYS):
        raise app.UsageError(f"--ways must be some of {', '.join(WAYS)}. Received: {', '.join(sorted(strangers))}")
    judges, found = Judges(), {}
    print(
        f"{FLAGS.frames} frames of {WORLD.side}x{WORLD.side}, {FLAGS.steps:,} steps of {FLAGS.batch_size} clips, width "
        f"{FLAGS.width}. The judge of frames reads {judges.accuracy:.1%} of the real ones right."
    )
    _protocol.print_table(["", *COLUMNS], rows(judges, found))
    _protocol.print_table(["same", *SEPARATED], (row(name, SEPARATED, result) for name, result in found.items()))


if __name__ == "__main__":
    app.run(main)
