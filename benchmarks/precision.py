"""Does a GAN learn the same in half precision? Train each in each precision; prints a Markdown table.

    python benchmarks/precision.py --seeds=0,1,2

Each GAN trains `--steps` steps on scikit-learn's digits at 32x32, with a small dcgan and the optimizers of its paper.
The benchmark compares the Frechet distance of its samples to the test split (see _judge.py). The spread over the seeds
in float32 is the noise. A precision passes if the noise explains its mean: Welch's t is at most 4.
"""

import os
import sys

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from _judge import NUM_SAMPLES, Judge

import keras_gan

FLAGS = flags.FLAGS
flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds of each training.")
flags.DEFINE_list("gans", None, "Classes of the GANs; default: all.")
flags.DEFINE_list("precisions", ["float32", "mixed_bfloat16", "mixed_float16"], "Keras's dtype policies.")
flags.DEFINE_integer("steps", 200, "Training steps of each.", lower_bound=1)
flags.DEFINE_integer("width", 8, "Channels of the networks at full size.", lower_bound=1)

LIMIT = 4.0
GANS = [
    "MinimaxGAN",
    "NonSaturatingGAN",
    "LSGAN",
    "WGAN",
    "WGANGP",
    "HingeGAN",
    "RelativisticGAN",
    "RelativisticAverageGAN",
]


def train(name, precision, seed):
    """Return samples of a GAN after its training, float32 `(NUM_SAMPLES, 32, 32, 1)`."""
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(precision)
    images = keras_gan.data.load("digits", image_size=32, batch_size=64, seed=seed)
    options = {"discriminator_normalization": "layer", "spectral_normalization": False} if name != "HingeGAN" else {}
    networks = keras_gan.networks.dcgan(image_shape=images.image_shape, latent_dim=32, width=FLAGS.width, **options)
    gan = getattr(keras_gan, name)(*networks, seed=seed)
    gan.compile(gan.paper_optimizer(), gan.paper_optimizer(), jit_compile=precision != "mixed_float16")
    gan.fit(images, steps_per_epoch=FLAGS.steps, verbose=0)
    samples = gan.generate(NUM_SAMPLES, seed=0)
    keras.config.set_dtype_policy("float32")
    return samples


def welch(first, second):
    """Welch's t of two lists of numbers."""
    error = np.sqrt(np.var(first, ddof=1) / len(first) + np.var(second, ddof=1) / len(second))
    return (np.mean(first) - np.mean(second)) / error


def main(argv):
    """Train, judge, print."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    judge = Judge()
    print(f"Judge: test accuracy {judge.accuracy:.3f}. {FLAGS.steps} steps, width {FLAGS.width}.\n")
    print("| GAN | precision | Frechet distance, each seed | t against float32 | |\n|---|---|---|---|---|")
    failed = 0
    for name in FLAGS.gans or GANS:
        distances = {}
        for precision in FLAGS.precisions:
            samples = [train(name, precision, int(seed)) for seed in FLAGS.seeds]
            # NaN has no distance, and the judge would reject all samples.
            distances[precision] = [judge.distance(s) if np.isfinite(s).all() else np.inf for s in samples]
            reference = distances[FLAGS.precisions[0]]
            t = 0.0 if distances[precision] is reference else welch(distances[precision], reference)
            failed += not abs(t) <= LIMIT
            cells = [
                ", ".join(f"{d:.0f}" for d in distances[precision]),
                f"{t:+.1f}",
                "as float32" if abs(t) <= LIMIT else "differs",
            ]
            print(f"| {name} | {precision} | {' | '.join(cells)} |", flush=True)
    sys.exit(f"{failed} of them differ." if failed else None)


if __name__ == "__main__":
    app.run(main)
