"""Does ACGAN draw the requested class? Trains it on digits over several seeds; prints a Markdown table.

    python benchmarks/acgan_digits.py --seeds=0,1,2

The judge is that of `demo_quality.py`, a classifier that sees only scikit-learn's training digits. It classifies 1,797
samples, with the same number for each label; "label accuracy" is the share for which it agrees with the label. It also
measures the Frechet distance of its features to the test split, over that of a Gaussian fitted to the training pixels.
"Spread" is the distance between samples of one class, over the distance between real ones, as a mean over the classes:
a GAN whose classes are easy to recognise may draw the same image for each. For comparison, the table also has the real
digits with their true labels.
"""

import os
import pathlib
import sys
import time

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from _judge import NUM_SAMPLES, Judge, real_images
from PIL import Image

import keras_gan

FLAGS = flags.FLAGS
flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds, each a whole training.")
flags.DEFINE_integer("steps", 1500, "Training steps.", lower_bound=1)
flags.DEFINE_string("picture", "runs/acgan_digits.png", "Where the picture of the first seed goes: a class a row.")


def train(seed):
    """The trained GAN, with the networks of `networks.acgan` and the paper's optimizers."""
    keras.utils.set_random_seed(seed)
    digits = keras_gan.data.load("digits", image_size=32, batch_size=64, labels=True, seed=seed)
    networks = keras_gan.networks.acgan(image_shape=digits.image_shape, num_classes=10, latent_dim=64, width=32)
    gan = keras_gan.ACGAN(*networks, ema_half_life=5000, seed=seed)
    gan.compile()
    gan.fit(digits, steps_per_epoch=FLAGS.steps, verbose=2 if sys.stderr.isatty() else 0)
    return gan


def spread(features, labels):
    """Mean distance of samples of a class to their mean, the mean over the classes."""
    by_class = [features[labels == label] for label in range(10)]
    return np.mean([np.linalg.norm(each - each.mean(axis=0), axis=1).mean() for each in by_class if len(each)])


def row(judge, name, images, labels, seconds=""):
    """One line of the table."""
    features = judge.features.predict(images, verbose=0)
    accuracy = np.mean(judge.classifier.predict(images, verbose=0).argmax(axis=1) == labels)
    real = spread(judge.train_features, real_images("train")[1])
    distance = judge.distance(images) / judge.baseline
    return f"| {name} | {accuracy:.3f} | {distance:.3f} | {spread(features, labels) / real:.2f} | {seconds} |"


def main(argv):
    """Train, judge, print, draw."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    judge = Judge()
    print(f"Judge: test accuracy {judge.accuracy:.3f}. {NUM_SAMPLES} samples, {FLAGS.steps} steps.\n")
    print("| samples of | label accuracy | distance over the Gaussian's | spread | seconds |\n|---|---|---|---|---|")
    print(row(judge, "real test split", *real_images("test")))
    labels = np.arange(NUM_SAMPLES) % 10
    for seed in map(int, FLAGS.seeds):
        begin, gan = time.perf_counter(), train(seed)
        seconds = f"{time.perf_counter() - begin:.0f}"
        samples = gan.generate(NUM_SAMPLES, labels=labels, seed=0)
        print(row(judge, f"ACGAN, seed {seed}", samples, labels, seconds), flush=True)
        if seed == int(FLAGS.seeds[0]):
            path = pathlib.Path(FLAGS.picture)
            path.parent.mkdir(parents=True, exist_ok=True)
            images = gan.generate(100, labels=np.repeat(np.arange(10), 10), seed=1)
            Image.fromarray(keras_gan.callbacks.image_grid(images, columns=10).squeeze(-1)).save(path)
    print(f"\nPicture: {FLAGS.picture}")


if __name__ == "__main__":
    app.run(main)
