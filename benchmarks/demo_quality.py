"""Does the demo learn? Train it over several seeds and judge its samples; prints a Markdown table.

    python benchmarks/demo_quality.py --seeds=0,1,2

The judge is a small classifier that sees the digits' train split alone. Of 1,797 samples it says which class each one
belongs to, how far its 64 features are from those of the test split (Frechet distance), and how near the samples come
to training images (median distance to the nearest neighbour, over that of test images: far below 1 means copying).
Beside the GAN stand the real train split, a Gaussian of full covariance fitted to the training pixels, and the
untrained generator.
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

import keras_gan

FLAGS = flags.FLAGS
flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds of the demo, each a whole training.")
flags.DEFINE_string("out", "runs/demo_quality", "Where the runs go; one that is finished there is judged as it is.")

NUM_SAMPLES = 1797
DEMO = pathlib.Path(__file__).parents[1] / "examples" / "demo.py"


class Judge:
    """A classifier of digits and what it says of samples, against the train and the test split."""

    def __init__(self):
        keras.utils.set_random_seed(0)
        (self.train_images, labels), (self.test_images, test_labels) = real_images("train"), real_images("test")
        features = keras.Sequential(
            [
                keras.Input((32, 32, 1)),
                keras.layers.AveragePooling2D(2),
                keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
                keras.layers.MaxPooling2D(),
                keras.layers.Conv2D(64, 3, padding="same", activation="relu"),
                keras.layers.MaxPooling2D(),
                keras.layers.Flatten(),
                keras.layers.Dropout(0.3),
                keras.layers.Dense(64, activation="relu"),
            ]
        )
        classifier = keras.Sequential([features, keras.layers.Dense(10)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        classifier.compile("adam", loss, metrics=["accuracy"])
        classifier.fit(self.train_images, labels, epochs=30, batch_size=64, verbose=0)
        self.accuracy = classifier.evaluate(self.test_images, test_labels, verbose=0)[1]
        self.classifier, self.features = classifier, features
        self.train_features = features.predict(self.train_images, verbose=0)
        self.test_features = features.predict(self.test_images, verbose=0)
        self.test_to_train = nearest_distance(self.test_features, self.train_features)
        self.baseline = self.distance(gaussian_samples(self.train_images))

    def distance(self, images):
        """Frechet distance of the features to those of the test split."""
        return frechet_distance(self.features.predict(images, verbose=0), self.test_features)

    def row(self, name, images, seconds=None):
        """One line of the table."""
        features = self.features.predict(images, verbose=0)
        distance = frechet_distance(features, self.test_features)
        classes = self.classifier.predict(images, verbose=0).argmax(axis=1)
        smallest = np.bincount(classes, minlength=10).min() / len(images)
        neighbour = nearest_distance(features, self.train_features) / self.test_to_train
        cells = [f"{distance:.2f}", f"{distance / self.baseline:.3f}", f"{smallest:.1%}", f"{neighbour:.2f}"]
        return f"| {name} | {' | '.join(cells)} | {'' if seconds is None else f'{seconds:.0f}'} |"


def real_images(split):
    """All images and labels of a split, each once."""
    num_images = keras_gan.data.load("digits", split=split, batch_size=1).num_images
    data = keras_gan.data.load("digits", split=split, image_size=32, batch_size=num_images, labels=True)
    images, labels = next(iter(data))
    return images.numpy(), labels.numpy()


def gaussian_samples(images):
    """Samples of a Gaussian with the mean and the full covariance of the pixels, cut to [-1, 1]."""
    pixels = images.reshape(len(images), -1).astype("float64")
    rng = np.random.default_rng(0)
    samples = rng.multivariate_normal(pixels.mean(axis=0), np.cov(pixels, rowvar=False), NUM_SAMPLES, method="eigh")
    return samples.clip(-1, 1).reshape(-1, *images.shape[1:]).astype("float32")


def frechet_distance(first, second):
    """Squared distance of the means plus tr(S1 + S2 - 2 (S1 S2)^1/2), in float64."""
    first, second = first.astype("float64"), second.astype("float64")
    covariances = [np.cov(features, rowvar=False) for features in (first, second)]
    values, vectors = np.linalg.eigh(covariances[0])
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ covariances[1] @ root).clip(0)).sum()
    means = np.square(first.mean(axis=0) - second.mean(axis=0)).sum()
    return means + np.trace(covariances[0]) + np.trace(covariances[1]) - 2 * cross


def nearest_distance(queries, references):
    """Median over the queries of the distance to the nearest reference."""
    squares = np.square(queries).sum(axis=1)[:, None] + np.square(references).sum(axis=1) - 2 * queries @ references.T
    return float(np.median(np.sqrt(squares.min(axis=1).clip(0))))


def train(seed):
    """Run the demo as a user does; return the trained GAN and the seconds it took, None if it was there already."""
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
