"""Do models of clips learn from 400 animations? Prints a Markdown table, writes a page of GIFs for each row.

    python benchmarks/video_emoji.py --clips=$KERAS_GAN_TEST_DATA/fluent_emoji_clips_48px.npz --seeds=0

The file holds 471 animated emoji, 16 frames each, on white. A random 400 are trained on, at 32x32, with random flips.
`MoCoGAN` has a code of the content for a clip and one of the motion for each frame, and `VideoGAN` a background that
stands still behind a foreground with a mask; it is trained with and without the batch normalisation that the paper has
in the discriminator. The columns are

* distance: the Frechet distance to the 71 clips that were held out, in the features of a small network with
  three-dimensional convolutions that was trained on the training clips to tell how they are turned and whether their
  frames are in order (`keras_gan.metrics.train_extractor`);
* kernel: the kernel distance of the same features, times 1,000, which has no bias of so few clips;
* change: the mean difference of a frame and the next one, over that of the held-out clips: 1 moves as much;
* sharp: the gradient energy of the frames over that of the held-out ones.

The rows above the models are the training clips, the best that can be reached; the same with their frames in another
order, and standing still; and a Gaussian of the mean and the covariance of their pixels. So few clips teach no model to
draw emoji: look at the pages, and compare the rows with each other. A training takes 10 to 20 minutes of one core. A
finished run is a line in --out, whatever its result, and is not run again.
"""

import functools
import os

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import keras
import numpy as np

import keras_gan
from keras_gan.metrics import frame_differences, frechet_distance, kernel_distance, train_extractor

FLAGS = flags.FLAGS
flags.DEFINE_string("clips", _protocol.real_data("fluent_emoji_clips_48px.npz"), "The file of clips.")
flags.DEFINE_list("models", [], "Models, each a row; default: all.")
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training.")
flags.DEFINE_integer("side", 32, "Height and width of the frames.", lower_bound=16)
flags.DEFINE_integer("steps", 5000, "Training steps of each model.", lower_bound=1)
flags.DEFINE_integer("batch_size", 8, "Clips in a step.", lower_bound=1)
flags.DEFINE_integer("width", 24, "Channels of the networks next to the frames.", lower_bound=1)
flags.DEFINE_integer("judge_steps", 800, "Training steps of the judge.", lower_bound=1)
flags.DEFINE_integer("threads", 0, "Threads of TensorFlow; 0 for one a core.", lower_bound=0)
flags.DEFINE_string("out", "runs/video_emoji/results.jsonl", "The log of finished runs.")
flags.DEFINE_string("pictures", "runs/video_emoji", "Where the pages of GIFs go.")
flags.register_validator("clips", bool, "must be given where $KERAS_GAN_TEST_DATA is not set")

MODELS = ("MoCoGAN", "VideoGAN", "VideoGAN with batch normalisation")
HELD_OUT, SHOWN, COLUMNS_OF_PAGE, FEATURES = 71, 36, 6, 32


@functools.cache
def animations():
    """Return the animations, uint8 `(num_clips, num_frames, 48, 48, 3)`, in a random order: the held-out ones last."""
    with np.load(FLAGS.clips) as file:
        clips = file["clips"]
    return clips[np.random.default_rng(0).permutation(len(clips))]


def data_of(clips, **options):
    """Return batches of clips as the models take them."""
    options |= {"num_frames": clips.shape[1], "image_size": FLAGS.side, "split": "all"}
    return keras_gan.data.load_clips(clips, **options)


def whole(clips):
    """Return clips as float32 in [-1, 1]."""
    return np.concatenate([np.asarray(batch["clips"]) for batch in data_of(clips, batch_size=1).one_pass()])


class Judge:
    """What is said of clips next to the held-out ones."""

    def __init__(self):
        self.known, self.truth = whole(animations()[:-HELD_OUT]), whole(animations()[-HELD_OUT:])
        self._extractor = train_extractor(self.known, steps=FLAGS.judge_steps, num_features=FEATURES)
        self.fingerprint, self.accuracy = self._extractor.fingerprint, self._extractor.accuracy
        features = self._raw(self.known)
        # So that a distance of 1 is about as large as the training clips differ from each other.
        self._middle, self._scale = features.mean(axis=0), features.std(axis=0).mean()
        self._features = self._read(self.truth)

    def _raw(self, clips):
        parts = np.array_split(clips, -(-len(clips) // 50))
        return np.concatenate([np.asarray(self._extractor(part).features) for part in parts])

    def _read(self, clips):
        return (self._raw(clips) - self._middle) / self._scale

    def measured(self, clips):
        """Return what the table says of clips."""
        features = self._read(clips)
        options = {"subset_size": HELD_OUT, "num_subsets": 50, "seed": 0}
        return {
            "distance": float(frechet_distance(self._features, features)),
            "kernel": 1000.0 * float(kernel_distance(self._features, features, **options).mean),
            "change": float(frame_differences(clips).mean() / frame_differences(self.truth).mean()),
            "sharp": float(_energy(clips) / _energy(self.truth)),
        }


def _energy(clips):
    return sum(np.square(np.diff(clips, axis=axis)).mean() for axis in (2, 3))


def make_model(name, shape, seed):
    """Return the compiled model."""
    keras.utils.set_random_seed(seed)
    sizes = {"num_frames": shape[0], "image_shape": shape[1:], "width": FLAGS.width}
    if name == "MoCoGAN":
        model = keras_gan.MoCoGAN(*keras_gan.networks.mocogan(**sizes), ema_half_life=500, seed=seed)
    else:
        norm = None if name == "VideoGAN" else "batch"
        networks = keras_gan.networks.vgan(**sizes, discriminator_normalization=norm)
        model = keras_gan.VideoGAN(*networks, ema_half_life=500, seed=seed)
    model.compile()
    return model


def run(name, seed, judge):
    """Train a model and measure it; return the results for the log."""
    model = make_model(name, judge.known.shape[1:], seed)
    flips = keras_gan.data.Preprocessing(flip=True)
    data = data_of(animations()[:-HELD_OUT], batch_size=FLAGS.batch_size, seed=seed, preprocessing=flips)
    trained = _protocol.fit(model, data, FLAGS.steps, epochs=_protocol.epochs_of(FLAGS.steps, at_most=20))
    clips = model.generate(len(judge.known), seed=0)
    show(f"{name.lower().replace(' ', '_')}_{seed}", clips)
    return {"ms_per_step": trained["ms_per_step"]} | judge.measured(clips)


def show(name, clips):
    """Write a page of clips."""
    _protocol.save_gif(FLAGS.pictures, name, clips[:SHOWN], columns=COLUMNS_OF_PAGE, scale=2)


def references(judge):
    """Yield the name and the clips of each row that needs no training."""
    known, rng = judge.known, np.random.default_rng(0)
    yield "training clips", known
    orders = rng.permuted(np.tile(np.arange(known.shape[1]), (len(known), 1)), axis=1)
    yield "shuffled frames", known[np.arange(len(known))[:, np.newaxis], orders]
    yield "standing still", np.repeat(known[:, :1], known.shape[1], axis=1)
    yield "Gaussian", _protocol.gaussian_like(known, len(known))


COLUMNS = {
    "distance": "{:.3g}",
    "kernel": "{:.3g}",
    "change": "{:.2f}",
    "sharp": "{:.2f}",
    "ms_per_step": "{:.0f}",
}


def row(name, result):
    """Return one row of the table."""
    return name, *(form.format(result[key]) if key in result else "" for key, form in COLUMNS.items())


def rows(judge):
    """Yield the rows of the table."""
    for name, clips in references(judge):
        show(name.lower().replace(" ", "_"), clips)
        yield row(name, judge.measured(clips))
    log = _protocol.RunLog(FLAGS.out)
    sizes = {name: FLAGS[name].value for name in ("side", "steps", "batch_size", "width")}
    for model in FLAGS.models or MODELS:
        for seed in map(int, FLAGS.seeds):
            settings = {"model": model, "seed": seed, **sizes, "judge": judge.fingerprint}
            yield row(f"{model}, seed {seed}", log.result(settings, functools.partial(run, model, seed, judge)))


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    if strangers := set(FLAGS.models) - set(MODELS):
        raise app.UsageError(f"--models must be some of {', '.join(MODELS)}. Received: {', '.join(sorted(strangers))}")
    judge = Judge()
    show("held_out_clips", judge.truth)
    print(
        f"{len(judge.known)} clips of {judge.known.shape[1]} frames, {FLAGS.side}x{FLAGS.side}; {FLAGS.steps:,} steps "
        f"of {FLAGS.batch_size} clips, width {FLAGS.width}. The judge tells {judge.accuracy:.1%} of the turned and "
        "shuffled clips, where guessing tells 12.5%."
    )
    _protocol.print_table(["", *COLUMNS], rows(judge))


if __name__ == "__main__":
    app.run(main)
