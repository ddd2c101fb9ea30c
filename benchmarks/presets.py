"""What each preset for a processor costs and draws: trains it with train.py, measures it; prints a Markdown table.

    python benchmarks/presets.py --data_dir=$KERAS_GAN_TEST_DATA --seeds=0

The pictures are scikit-learn's digits; Google's emoji of emoji.tar.gz, all of them as icons, and 300 of them as a few
images; and the photographs of facades128.tar.gz. Each run is the command of the README,

    python examples/train.py --preset=NAME --dataset=FOLDER --run_dir=RUN

The distance is the one that train.py prints, from 2,000 samples to the held-out images: Frechet's, or the kernel
distance for fewer than 100 of them. Its features are those of `train_extractor`. Next to it are the same distance of a
Gaussian of full covariance fitted to the training pixels, and the floor, that of training images. Distances of
different rows cannot be compared. "Neighbour" is the median distance of a sample to the nearest training image over
that of a held-out image: far below 1 means copying. A preset with a GPU in its name is not run.
"""

import itertools
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import time

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import numpy as np
from PIL import Image

import keras_gan
from keras_gan import metrics, presets

FLAGS = flags.FLAGS
flags.DEFINE_string("data_dir", _protocol.real_data(""), "Folder of emoji.tar.gz and facades128.tar.gz.")
flags.DEFINE_list("presets", [], "Presets to run; default: all that are for a processor.")
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training.")
flags.DEFINE_string("out", "runs/presets", "Where the pictures are unpacked, and the runs go.")

TRAIN = pathlib.Path(__file__).parents[1] / "examples" / "train.py"
NUM_SAMPLES, FEW = 2000, 300


def unpacked(name):
    """The data set of a preset: a name, or a folder of pictures, which is unpacked if it is not there yet."""
    if name == "digits":
        return name
    folder = pathlib.Path(FLAGS.out) / "pictures" / name
    if not folder.exists():
        unfinished = folder.with_name(f"{name}.unfinished")
        unfinished.mkdir(parents=True, exist_ok=True)
        for path, image in photographs() if "photos" in name else emoji(FEW if name == "few_images" else None):
            image.save(unfinished / path)
        unfinished.rename(folder)
    return folder


def emoji(count):
    """The names and images of emoji in Google's style; `count` of them, faces and animals, or all."""
    with tarfile.open(pathlib.Path(FLAGS.data_dir) / "emoji.tar.gz") as archive:
        paths = sorted(path for path in archive.getnames() if "/google/" in path and path.endswith(".png"))
        if count is not None:
            paths = [path for path in paths if "smileys_emotion" in path or "animals_nature" in path][:count]
        for path in paths:
            yield pathlib.PurePath(path).name, Image.open(archive.extractfile(path))


def photographs():
    """The names and photographs of the facades, which are the left halves."""
    with tarfile.open(pathlib.Path(FLAGS.data_dir) / "facades128.tar.gz") as archive:
        for path in sorted(path for path in archive.getnames() if path.endswith(".jpg")):
            image = Image.open(archive.extractfile(path)).convert("RGB")
            yield f"{pathlib.PurePath(path).stem}.png", image.crop((0, 0, image.width // 2, image.height))


def run_directory(name, seed):
    """The directory of a run."""
    return pathlib.Path(FLAGS.out) / f"{name}_{seed}"


def train(name, dataset, seed):
    """Run train.py; return the run's directory, its seconds, the largest memory in GiB, and what it printed."""
    run_dir = run_directory(name, seed)
    command = [sys.executable, TRAIN, f"--preset={name}", f"--dataset={dataset}", f"--run_dir={run_dir}"]
    begin = time.perf_counter()
    with subprocess.Popen([*command, f"--seed={seed}"], stdout=subprocess.PIPE, text=True) as process:
        printed = process.stdout.read()
        # `subprocess` does not say what a single process has used.
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{TRAIN} failed with status {process.returncode}")
    # Kilobytes on Linux.
    return run_dir, time.perf_counter() - begin, used.ru_maxrss / 2**20, printed


def all_images(preset, dataset, split):
    """Every image of a split once, as the preset resizes it, without flips."""
    images = keras_gan.data.load(
        dataset,
        split=split,
        image_size=preset.image_size,
        batch_size=1,
        preprocessing=keras_gan.data.Preprocessing(channels=preset.channels),
    )
    return np.concatenate([batch.numpy() for batch in images.take(images.num_images)])


def row(name, seed):
    """Train and measure a preset: one line of the table."""
    preset, dataset = presets.get(name), unpacked(name)
    run_dir, seconds, memory, printed = train(name, dataset, seed)
    metric, *numbers = re.search(r"(frechet|kernel)_distance (\S+) (\[.*?\]), floor ([^\s,]+)", printed).groups()
    distance, interval, floor = numbers
    training, test = (all_images(preset, dataset, split) for split in ("train", "test"))
    labelled = keras_gan.data.load(
        dataset,
        split="train",
        image_size=preset.image_size,
        labels=name == "digits",
        seed=seed,
        preprocessing=keras_gan.data.Preprocessing(channels=preset.channels),
    )
    # From the cache: train.py has trained it on the same images, with the same seed.
    extractor = metrics.train_extractor(labelled, seed=seed)
    evaluator = metrics.Evaluator(extractor, [f"{metric}_distance"], num_images=NUM_SAMPLES)
    gaussian = evaluator.compare(_protocol.gaussian_like(training, NUM_SAMPLES), test)[f"{metric}_distance"].value
    gan = keras_gan.training.load_model(run_dir / "gan.keras")
    samples = gan.generate(500, seed=0)
    flat = [images.reshape(len(images), -1) for images in (samples, test, training)]
    nearest = [np.median(metrics.nearest_neighbours(queries, flat[2]).distances) for queries in flat[:2]]
    Image.fromarray(keras_gan.callbacks.image_grid(samples[:36]).squeeze()).save(run_dir / "samples.png")
    megabytes = sum(path.stat().st_size for path in run_dir.rglob("*") if path.is_file()) / 1e6
    cells = [f"{len(training):,} + {len(test)}", f"{preset.image_size}", f"{preset.steps:,}", f"{seconds / 60:.1f}"]
    cells += [f"{memory:.1f}", f"{megabytes:.0f}", f"{metric} {distance} {interval}", f"{gaussian:.4g}", floor]
    return f"| `{name}` | {seed} | {' | '.join(cells)} | {nearest[0] / nearest[1]:.2f} |"


def main(argv):
    """Train, measure, print."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    columns = ["preset", "seed", "images", "side", "steps", "minutes", "GiB", "MB on disk"]
    columns += ["distance", "Gaussian's", "floor", "neighbour"]
    names = FLAGS.presets or [name for name in presets.NAMES if "gpu" not in name]
    runs = [(name, seed) for name in names for seed in map(int, FLAGS.seeds)]
    # train.py would resume them, or train in another directory.
    finished = [str(directory) for directory in itertools.starmap(run_directory, runs) if directory.exists()]
    if finished:
        raise app.UsageError(f"Remove earlier runs, or give another --out. Received: {', '.join(finished)}")
    print(f"| {' | '.join(columns)} |")
    print("|---" * len(columns) + "|")
    for name, seed in runs:
        print(row(name, seed), flush=True)


if __name__ == "__main__":
    app.run(main)
