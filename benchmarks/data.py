"""Do the data keep up? Batches per second of `data.load`, compared with the fastest training step.

    python benchmarks/data.py

Prints a Markdown table. The pipelines run alone, as fast as they can. The step is the `dcgan` case of
`benchmarks/train_step.py` in float32, with and without XLA, on a batch in memory. They take turns.

    python benchmarks/data.py --memory --images=200000

builds a cache of so many synthetic pictures of 64x64x3, which a generator makes one by one. Then it reads batches from
it, cold (after the system was asked to drop the file) and warm, and trains nothing. It prints how much memory the
process takes beyond its start: its own pages, which must be in memory, and those of files, which the system may drop at
any time. The system lets the process have 1 GB more of its own than at its start, and no more.
"""

import contextlib
import os
import pathlib
import resource
import statistics
import sys
import tempfile
import threading
import time

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(pathlib.Path(__file__).parent))

import numpy as np
from _cases import CASES

import keras_gan

FLAGS = flags.FLAGS
flags.DEFINE_integer("rounds", 5, "Turns of each pipeline and each step.", lower_bound=1)
flags.DEFINE_integer("batches", 500, "Batches a turn of a pipeline.", lower_bound=1)
flags.DEFINE_integer("steps", 5, "Training steps a turn.", lower_bound=1)
flags.DEFINE_integer("images", 50000, "Pictures in the arrays.", lower_bound=1)
flags.DEFINE_bool("memory", False, "Measure the memory that a cache takes, instead of the speed of all pipelines.")

# Bytes beyond the start, and the sides of the pictures, with --memory.
_LIMIT, _SIZE = 10**9, 64


def pipelines(case, cache_dir):
    """The measured data sets, by their names in the table."""
    shape = (FLAGS.images, case.image_size, case.image_size, 3)
    pictures = np.random.default_rng(0).integers(256, size=shape, dtype="uint8")
    settings = {"image_size": case.image_size, "batch_size": case.batch_size}
    everything = keras_gan.data.Preprocessing(flip=True, dequantize=True)
    return {
        "digits": keras_gan.data.load("digits", **settings),
        "pictures": keras_gan.data.load(pictures, **settings),
        "pictures in a cache": keras_gan.data.load(pictures, **settings, cache_dir=cache_dir),
        "pictures, flipped and dequantised": keras_gan.data.load(pictures, preprocessing=everything, **settings),
    }


def seconds_per_batch(dataset, num_batches):
    """How long a pipeline takes for a batch, without its start."""
    batches = iter(dataset)
    next(batches)
    start = time.perf_counter()
    for _ in range(num_batches):
        next(batches)
    return (time.perf_counter() - start) / num_batches


def rows(pipeline_seconds, step_seconds, batch_size):
    """The lines of the table, from the median seconds of each pipeline's batch and of each step.

    A step takes one batch.
    """
    fastest = min(step_seconds.values())
    for name, seconds in {**pipeline_seconds, **step_seconds}.items():
        feeds = f"{fastest / seconds:.1f}" if name in pipeline_seconds else ""
        yield f"| {name} | {1 / seconds:.0f} | {batch_size / seconds:.0f} | {feeds} |"


class Synthetic(keras_gan.data.Source):
    """Random pictures, made one by one; the first four numbers of each are its place."""

    def __init__(self, shape):
        self._pool = np.random.default_rng(0).integers(256, size=(1000, *shape), dtype="uint8")

    def read(self, split, prepare):
        """Not used: the cache reads the stream."""
        raise NotImplementedError

    def stream(self, split, prepare):  # noqa: ARG002 - of one split
        """Return the pictures."""

        def examples(start):
            return ((prepare(self.picture(number)), number % 10) for number in range(start, FLAGS.images))

        return keras_gan.data.ImageStream({"made_by": "benchmarks/data.py"}, FLAGS.images, examples)

    def picture(self, number):
        """One picture."""
        picture = self._pool[number % len(self._pool)].copy()
        picture.reshape(-1)[:4] = np.frombuffer(np.uint32(number).tobytes(), "uint8")
        return picture


def measure_memory(case, cache_dir):
    """Print a line for each thing that is done with a cache."""
    source = Synthetic((_SIZE, _SIZE, 3))
    settings = {"batch_size": case.batch_size, "labels": True, "cache_dir": cache_dir}
    next(iter(keras_gan.data.load("digits", batch_size=case.batch_size)))  # TensorFlow starts its threads.
    start = memory()
    resource.setrlimit(resource.RLIMIT_DATA, (start["VmData"] + _LIMIT,) * 2)
    with watched("build", FLAGS.images, start):
        dataset = keras_gan.data.load(source, **settings)
    (file,) = pathlib.Path(cache_dir).glob("*/images.raw")
    with watched("open again", FLAGS.images, start):
        keras_gan.data.load(source, **settings)
    descriptor = os.open(file, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    batches = iter(dataset)
    with watched("batches, cold", FLAGS.batches * case.batch_size, start):
        for _ in range(FLAGS.batches):
            require_right(source, *next(batches))
    with watched("one pass in order", FLAGS.images, start):
        for _ in dataset.one_pass():
            pass
    for _ in range(FLAGS.rounds):
        with watched("batches, warm", dataset.steps_per_epoch * case.batch_size, start):
            for _ in range(dataset.steps_per_epoch):
                next(batches)


def require_right(source, images, labels):
    """Stop if the first picture of a batch is not the one that its place says."""
    pixels = np.rint((images[0].numpy() + 1) * 127.5).astype("uint8")
    number = int(np.frombuffer(pixels.reshape(-1)[:4].tobytes(), "uint32")[0])
    if not np.array_equal(pixels, source.picture(number)) or int(labels[0]) != number % 10:
        raise AssertionError(f"picture {number} is another")


@contextlib.contextmanager
def watched(name, num_images, start):
    """Print how long something takes, and how much memory the process has at most meanwhile beyond its start."""
    peaks, done = dict.fromkeys(start, 0), threading.Event()

    def watch():
        while not done.wait(0.02):
            for key, value in memory().items():
                peaks[key] = max(peaks[key], value)

    thread, began = threading.Thread(target=watch), time.perf_counter()
    thread.start()
    try:
        yield
    finally:
        seconds = time.perf_counter() - began
        done.set()
        thread.join()
    own, files = ((peaks[key] - start[key]) / 1e6 for key in ("RssAnon", "RssFile"))
    print(f"| {name} | {seconds:.1f} | {num_images / seconds:.0f} | {own:.0f} | {files:.0f} |", flush=True)


def memory():
    """The bytes of the process in memory: its own, those of files, and all that it may write to."""
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    found = {name: int(rest.split()[0]) * 1024 for name, rest in (line.split(":", 1) for line in lines) if "kB" in rest}
    return {name: found[name] for name in ("RssAnon", "RssFile", "VmData")}


def main(argv):
    """Measure in turn, print."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    case = CASES["dcgan"]
    if FLAGS.memory:
        with tempfile.TemporaryDirectory() as cache_dir:
            print("| | seconds | images a second | own memory, MB | pages of files, MB |\n|---|---|---|---|---|")
            measure_memory(case, cache_dir)
        return
    from _keras_contenders import Ours

    steps = {
        "training step": Ours(case, bfloat16=False, jit_compile=False),
        "training step, XLA": Ours(case, bfloat16=False, jit_compile=True),
    }
    for contender in steps.values():
        contender.run(2)
    with tempfile.TemporaryDirectory() as cache_dir:
        compare(case, steps, pipelines(case, cache_dir))


def compare(case, steps, datasets):
    """Print the table of the pipelines and the steps."""
    times = {name: [] for name in [*datasets, *steps]}
    for _ in range(FLAGS.rounds):
        for name, dataset in datasets.items():
            times[name].append(seconds_per_batch(dataset, FLAGS.batches))
        for name, contender in steps.items():
            times[name] += contender.run(FLAGS.steps)
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    print("| | batches a second | images a second | times the fastest step's |\n|---|---|---|---|")
    step_medians = {name: medians.pop(name) for name in steps}
    print("\n".join(rows(medians, step_medians, case.batch_size)))


if __name__ == "__main__":
    app.run(main)
