"""How long do 50,000 samples and their Frechet distance take, and how much memory? Prints a Markdown table.

    python benchmarks/sampling.py
    python benchmarks/sampling.py --torch_python=/path/to/python

The generator is that of the case `dcgan` of `train_step.py`, with new weights: what it draws does not change its speed.
keras_gan draws with `generate`. PyTorch runs its form of the generator in inference mode on batches of the same size.
Both keep the result as one float32 array, and memory is what the process grew by beyond that array.

Then both measure the same features, float32 rows of 2,048 numbers with a falling spectrum: keras_gan with
`metrics.frechet_distance`, and the other with the functions of torch-fidelity
(`fid_features_to_statistics`, `fid_statistics_to_metric`). The last columns say how near the two values are.

Each side is a process of its own, and they run one after the other. PyTorch's needs
`pip install 'keras-gan[benchmark]'`, here or in the environment that `--torch_python` names.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(pathlib.Path(__file__).parent))

from _cases import CASES
from _worker import memory, reset_peak

FLAGS = flags.FLAGS
flags.DEFINE_integer("samples", 50_000, "Samples to draw, and rows of features on either side.", lower_bound=2)
flags.DEFINE_integer("batch_size", 64, "Samples that are drawn at once.", lower_bound=1)
flags.DEFINE_integer("width", 2048, "Features of a sample.", lower_bound=1)
flags.DEFINE_string("torch_python", sys.executable, "The interpreter that has PyTorch and torch-fidelity.")
flags.DEFINE_enum("side", None, ["keras_gan", "torch"], "For the script's own processes.")
flags.DEFINE_string("features", None, "For the script's own processes: where the features lie.")


def features(num_rows, width):
    """Real and fake features, of different means."""
    rng = np.random.default_rng(0)
    deviations = np.arange(1.0, width + 1.0, dtype="float32") ** -0.5
    for shift in (0.0, 0.5):
        yield (rng.standard_normal((num_rows, width), dtype="float32") + shift) * deviations


def keras_gan_side(case):
    """Functions that draw samples and measure two sets of features."""
    from _keras_nets import build

    import keras_gan

    gan = keras_gan.NonSaturatingGAN(*build(case), seed=0)
    return (
        lambda count: gan.generate(count, seed=0, batch_size=FLAGS.batch_size),
        keras_gan.metrics.frechet_distance,
    )


def torch_side(case):
    """Functions that draw samples and measure two sets of features."""
    import torch
    from _torch_nets import build
    from torch_fidelity import metric_fid

    generator = build(case)[0].eval()

    def draw(count):
        images = np.empty((count, case.image_size, case.image_size, 3), "float32")
        with torch.inference_mode():
            for start in range(0, count, FLAGS.batch_size):
                rows = images[start : start + FLAGS.batch_size]
                rows[:] = generator(torch.randn(len(rows), case.latent_dim)).permute(0, 2, 3, 1).numpy()
        return images

    def measure(*sets):
        statistics = [metric_fid.fid_features_to_statistics(torch.from_numpy(rows)) for rows in sets]
        return metric_fid.fid_statistics_to_metric(*statistics, verbose=False)[metric_fid.KEY_METRIC_FID]

    return draw, measure


def run_side(side, folder):
    """Measure one side in this process: a dict of seconds, MiB and the distance."""
    draw, measure = {"keras_gan": keras_gan_side, "torch": torch_side}[side](CASES["dcgan"])
    draw(2 * FLAGS.batch_size)
    before, begin = reset_peak(), time.perf_counter()
    images = draw(FLAGS.samples)
    drawing = time.perf_counter() - begin
    grown = memory("VmHWM") - before - images.nbytes
    del images
    sets = [np.load(pathlib.Path(folder) / f"{name}.npy") for name in ("real", "fake")]
    before, begin = reset_peak(), time.perf_counter()
    distance = float(measure(*sets))
    measuring = time.perf_counter() - begin
    return {
        "drawing": drawing,
        "beyond": grown / 2**20,
        "measuring": measuring,
        "measuring_mib": (memory("VmHWM") - before) / 2**20,
        "distance": distance,
    }


def row(name, found, reference):
    """One line of the table."""
    return (
        f"| {name} | {found['drawing']:.1f} | {FLAGS.samples / found['drawing']:.0f} | {found['beyond']:.0f} "
        f"| {found['measuring']:.1f} | {found['measuring_mib']:.0f} | {found['distance']:.6f} "
        f"| {abs(found['distance'] / reference - 1):.0e} |"
    )


def main(argv):
    """Measure, print."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    if FLAGS.side:
        print(json.dumps(run_side(FLAGS.side, FLAGS.features)))
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in zip(("real", "fake"), features(FLAGS.samples, FLAGS.width), strict=True):
            np.save(pathlib.Path(folder) / f"{name}.npy", rows)
        found = {}
        for side, python in (("keras_gan", sys.executable), ("torch", FLAGS.torch_python)):
            sizes = [f"--{name}={FLAGS[name].value}" for name in ("samples", "batch_size", "width")]
            command = [python, __file__, f"--side={side}", f"--features={folder}", *sizes]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"The side {side} has failed:\n{done.stderr}")
            found[side] = json.loads(done.stdout.splitlines()[-1])
    print(
        "| | drawing, s | samples a second | MiB beyond the result | distance, s | MiB | distance | off by |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    for side, name in (("keras_gan", "keras_gan"), ("torch", "PyTorch, torch-fidelity")):
        print(row(name, found[side], found["torch"]["distance"]))


if __name__ == "__main__":
    app.run(main)
