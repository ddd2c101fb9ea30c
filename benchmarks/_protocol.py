"""What the benchmarks of published protocols share: flags, GANs by name, a log of finished runs, tables."""
# ruff: noqa: ARG002 - Keras fixes the hooks.

import gzip
import inspect
import json
import os
import pathlib
import time

import keras
import numpy as np
import tensorflow as tf
from absl import app, flags
from PIL import Image

import keras_gan

FLAGS = flags.FLAGS


def define_flags(*, gans, steps, out):
    """Define the flags that every protocol has, with its defaults."""
    flags.DEFINE_list("gans", gans, "Classes of keras_gan, each a row of the table.")
    flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training.")
    flags.DEFINE_integer("steps", steps, "Steps of a training, as the protocol counts them.", lower_bound=1)
    flags.DEFINE_integer("threads", 0, "Threads of TensorFlow; 0 for one a core.", lower_bound=0)
    flags.DEFINE_string("out", out, "The log of finished runs: what is in it is not run again.")


def begin(argv):
    """Check the command line and set the threads, before TensorFlow computes anything."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    for name in FLAGS.gans if "gans" in FLAGS else ():
        gan_class(name)
    if FLAGS.threads:
        tf.config.threading.set_intra_op_parallelism_threads(FLAGS.threads)
        tf.config.threading.set_inter_op_parallelism_threads(FLAGS.threads)


def gan_class(name):
    """Return the GAN of that name.

    Raises:
        ValueError: if there is none.
    """
    classes = {key: value for key, value in vars(keras_gan.gans).items() if _is_gan(value)}
    if name not in classes:
        raise ValueError(f"There is no GAN of this name: choose from {', '.join(sorted(classes))}. Received: {name!r}")
    return classes[name]


def _is_gan(value):
    """Whether this is a GAN that images alone train, with any networks: ACGAN needs labels, and InfoGAN codes."""
    is_gan = inspect.isclass(value) and issubclass(value, keras_gan.TwoPlayerGAN) and not inspect.isabstract(value)
    return is_gan and value not in (keras_gan.ACGAN, keras_gan.InfoGAN)


class RunLog:
    """The results of finished runs, one JSON line each, so that an interrupted benchmark can resume.

    All settings identify a run: with different settings it is a different run.

    Args:
        path: of the file; the first run that is added makes it and its folder.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def find(self, settings):
        """Return the result of the run with these settings, or None if it was never finished."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        settings = json.loads(json.dumps(settings))
        found = [entry["result"] for entry in map(json.loads, lines) if entry["settings"] == settings]
        return found[-1] if found else None

    def result(self, settings, run):
        """Return the result of the run with these settings; `run()` is called for it if it is not there yet."""
        known = self.find(settings)
        if known is not None:
            return known
        self._add(settings, run())
        # As the next command will read it, after the conversion to JSON.
        return self.find(settings)

    def _add(self, settings, result):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps({"settings": settings, "result": result}) + "\n")
            file.flush()
            os.fsync(file.fileno())


def epochs_of(steps, at_most):
    """Return the largest number of equal parts, up to `at_most`, that divides the steps."""
    return next(epochs for epochs in range(at_most, 0, -1) if steps % epochs == 0)


def fit(gan, dataset, steps, *, epochs, callbacks=()):
    """Train, and return the results for the log of runs.

    Args:
        gan: a compiled GAN.
        dataset: endless tf.data.Dataset of batches.
        steps: int, training steps in all.
        epochs: int, equal parts to time.
        callbacks: list of Keras callbacks.

    Returns:
        dict: `ms_per_step`, the median over all epochs except the first, which compiles; and the last losses. A
        checkpoint keeps the state of callbacks, so the median is over the whole training, even if it was interrupted.
    """
    clock = _Clock()
    steps_per_epoch = steps // epochs
    history = gan.fit(
        dataset, epochs=epochs, steps_per_epoch=steps_per_epoch, callbacks=[clock, *callbacks], verbose=0
    ).history
    # The only epoch of a short training also compiles.
    seconds = float(np.median(clock.seconds[1:] or clock.seconds))
    return {"ms_per_step": 1000 * seconds / steps_per_epoch, **{name: values[-1] for name, values in history.items()}}


class _Clock(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self._begin = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self._begin)


def compile_falling(model, steps, rate=2e-4, generator_rate=None, **options):
    """Compile a translator with the optimizers of CycleGAN, whose rate falls to 0 in the second half of the steps.

    `generator_rate` is that of the player "generator" where it differs from that of the others.
    """
    rates = dict.fromkeys(model.players, rate)
    if generator_rate is not None:
        rates["generator"] = generator_rate
    falling = {
        name: keras_gan.schedules.LinearDecay(rate, steps, hold_steps=steps // 2) for name, rate in rates.items()
    }
    optimizers = {f"{name}_optimizer": keras.optimizers.Adam(falling[name], 0.5, epsilon=1e-8) for name in falling}
    model.compile(**optimizers, **options)


def save_grid(folder, name, images, **grid):
    """Write images as one picture, a PNG file; `grid` are arguments of `keras_gan.callbacks.image_grid`."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    picture = keras_gan.callbacks.image_grid(images, **grid)
    Image.fromarray(picture.squeeze()).save(folder / f"{name}.png")


def save_gif(folder, name, clips, *, columns, milliseconds=100, **grid):
    """Write clips `(num_clips, num_frames, height, width, channels)` as one moving page, an animated GIF.

    `milliseconds` is how long a frame is shown; `columns` and `grid` are arguments of `keras_gan.callbacks.image_grid`.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pages = (keras_gan.callbacks.image_grid(frames, columns=columns, **grid) for frames in np.swapaxes(clips, 0, 1))
    first, *others = (Image.fromarray(page.squeeze()) for page in pages)
    first.save(folder / f"{name}.gif", save_all=True, append_images=others, duration=milliseconds, loop=0)


def values(report):
    """Return the value and the interval of each result of a report, as the log keeps them."""
    return {key: [result.value, *result.interval] for key, result in report.items()}


def row(metrics, name, result):
    """Return a row of a table: a name, the values with their intervals, and the time of a step if there was one."""
    cells = ["{:.4g} [{:.4g}, {:.4g}]".format(*result[metric]) for metric in metrics]
    return name, *cells, f"{result['ms_per_step']:.0f}" if "ms_per_step" in result else ""


def print_table(header, rows):
    """Print a Markdown table."""
    print("\n| " + " | ".join(header) + " |\n" + "|---" * len(header) + "|")
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |", flush=True)


def real_data(name):
    """Return the path of a folder or file of the real data that $KERAS_GAN_TEST_DATA has, or None if it is not set."""
    folder = os.environ.get("KERAS_GAN_TEST_DATA")
    return folder and str(pathlib.Path(folder, name))


def gaussian_like(images, count):
    """Return `count` samples of a Gaussian with the mean and the covariance of the pixels, cut to [-1, 1].

    Args:
        images: float32 `(num_images, ...)` in [-1, 1].
        count: int.
    """
    pixels = images.reshape(len(images), -1).astype("float64")
    centred = pixels - pixels.mean(axis=0)
    # With fewer images than pixels, the covariance has their rank, and mixtures of the images have this covariance.
    mixture = np.random.default_rng(0).normal(size=(count, len(images))) / np.sqrt(len(images) - 1)
    return (pixels.mean(axis=0) + mixture @ centred).clip(-1, 1).reshape(-1, *images.shape[1:]).astype("float32")


def read_split(folder, split):
    """Return uint8 images `(num_images, 28, 28, 1)` and labels `(num_images,)` of MNIST or Fashion-MNIST.

    Args:
        folder: that holds the four IDX files, gzipped.
        split: "train" or "test".
    """
    prefix = {"train": "train", "test": "t10k"}[split]
    images, labels = (_read_idx(pathlib.Path(folder) / f"{prefix}-{name}-ubyte.gz") for name in _IDX_NAMES)
    return images[..., np.newaxis], labels


_IDX_NAMES = ("images-idx3", "labels-idx1")


def _read_idx(path):
    content = gzip.decompress(path.read_bytes())
    # Two zeros, 8 for unsigned bytes, the number of axes; then the size of each, big-endian.
    if content[:3] != b"\0\0\x08":
        raise ValueError(f"This is no IDX file of unsigned bytes. Received: {path}")
    rank = content[3]
    shape = np.frombuffer(content, ">i4", rank, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)
