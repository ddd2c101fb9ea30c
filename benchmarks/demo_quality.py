"""Does the demo learn? Train it over several seeds and judge its samples; prints a Markdown table.

    python benchmarks/demo_quality.py --seeds=0,1,2

The judge is a small classifier that sees only the digits' train split. For 1,797 samples it measures the class of each
one, the distance of its 64 features from those of the test split (Frechet distance), and how near the samples are to
training images (median distance to the nearest neighbour, over that of test images: far below 1 means copying). For
comparison, the table also has the real train split, a Gaussian of full covariance fitted to the training pixels, and
the untrained generator.
"""

import os
import pathlib
import subprocess
import sys
import time

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from _judge import NUM_SAMPLES, Judge, gaussian_samples

import keras_gan

FLAGS = flags.FLAGS
flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds of the demo, each a whole training.")
flags.DEFINE_string("out", "runs/demo_quality", "Where the runs go; one that is finished there is judged as it is.")

DEMO = pathlib.Path(__file__).parents[1] / "examples" / "demo.py"


def train(seed):
    """Run the demo as a user does; return the trained GAN and the seconds it took, or None if it existed already."""
    run_dir = pathlib.Path(FLAGS.out) / f"seed_{seed}"
    seconds = None
    if not (run_dir / "gan.keras").exists():
        start = time.perf_counter()
        flags = [f"--seed={seed}", f"--run_dir={run_dir}", f"--export_dir={run_dir / 'export'}"]
        subprocess.run([sys.executable, DEMO, *flags], check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - start
    return keras.saving.load_model(run_dir / "gan.keras"), seconds


def main(argv):
    """Train, judge, print."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    judge = Judge()
    if judge.accuracy < 0.97:
        sys.exit(f"The judge is not fit to judge: its test accuracy is {judge.accuracy:.3f}, less than 0.97.")
    print(f"Judge: test accuracy {judge.accuracy:.3f}. {NUM_SAMPLES} samples, {len(judge.test_images)} test images.")
    print("\n| samples of | Frechet distance | over the Gaussian's | smallest class | neighbour ratio | seconds |")
    print("|---|---|---|---|---|---|")
    print(judge.row("real train split", judge.train_images))
    print(judge.row("Gaussian of the training pixels", gaussian_samples(judge.train_images)))
    untrained, _ = keras_gan.networks.dcgan(image_shape=(32, 32, 1), latent_dim=64, width=32)
    noise = np.random.default_rng(0).normal(size=(NUM_SAMPLES, 64))
    print(judge.row("untrained generator", untrained.predict(noise, verbose=0)))
    for seed in FLAGS.seeds:
        gan, seconds = train(int(seed))
        steps = int(gan.training_state.step.value)
        print(judge.row(f"demo, seed {seed}, {steps} steps", gan.generate(NUM_SAMPLES, seed=0), seconds), flush=True)


if __name__ == "__main__":
    app.run(main)
