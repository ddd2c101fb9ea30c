"""Do the data keep up? Batches per second of `data.load`, compared with the fastest training step.

    python benchmarks/data.py

Prints a Markdown table. The pipelines run alone, as fast as they can. The step is the `dcgan` case of
`benchmarks/train_step.py` in float32, with and without XLA, on a batch in memory. They take turns.
"""

import os
import pathlib
import statistics
import sys
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


def pipelines(case):
    """The measured data sets, by their names in the table."""
    shape = (FLAGS.images, case.image_size, case.image_size, 3)
    pictures = np.random.default_rng(0).integers(256, size=shape, dtype="uint8")
    settings = {"image_size": case.image_size, "batch_size": case.batch_size}
    everything = keras_gan.data.Preprocessing(flip=True, dequantize=True)
    return {
        "digits": keras_gan.data.load("digits", **settings),
        "pictures": keras_gan.data.load(pictures, **settings),
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


def main(argv):
    """Measure in turn, print."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    from _keras_contenders import Ours

    case = CASES["dcgan"]
    steps = {
        "training step": Ours(case, bfloat16=False, jit_compile=False),
        "training step, XLA": Ours(case, bfloat16=False, jit_compile=True),
    }
    for contender in steps.values():
        contender.run(2)
    datasets = pipelines(case)
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
