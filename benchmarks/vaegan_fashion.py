"""Does VAE-GAN encode and draw? Trains it on Fashion-MNIST over several seeds; prints a Markdown table, draws pictures.

    python benchmarks/vaegan_fashion.py --data=$KERAS_GAN_TEST_DATA/fashion-mnist --seeds=0,1,2

It reads the four IDX files. The judge is a small classifier of the training images. For reconstructions of 1,000 test
images, the table has the peak signal-to-noise ratio, the share that the judge still classifies correctly, and the
sharpness: the mean squared difference of neighbouring pixels, over that of the images themselves. For 2,000 drawn
images it has the sharpness, and the Frechet distance of the judge's features to those of test images, over the distance
of a Gaussian fitted to the training pixels; below 1, the samples are nearer. For comparison, the table has a
principal-component analysis with the same number of values per code: it has the best squared error of any linear code,
and is blurred.
"""

import gzip
import os
import pathlib
import sys
import time

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from PIL import Image
from sklearn.decomposition import PCA

import keras_gan

FLAGS = flags.FLAGS
flags.DEFINE_string("data", None, "The folder of the IDX files.", required=True)
flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds, each a whole training.")
flags.DEFINE_integer("steps", 2500, "Training steps.", lower_bound=1)
flags.DEFINE_integer("latent_dim", 32, "Numbers in a code.", lower_bound=1)
flags.DEFINE_integer("width", 16, "Channels of the encoder's first convolution.", lower_bound=2)
flags.DEFINE_string("picture", "runs/vaegan_fashion.png", "Where the picture of the first seed goes.")


def read(kind):
    """Images float32 `(num_images, 28, 28, 1)` in [-1, 1] and labels of "train" or "t10k"."""
    folder = pathlib.Path(FLAGS.data)
    images, labels = (
        np.frombuffer(gzip.decompress((folder / f"{kind}-{name}.gz").read_bytes()), np.uint8)
        for name in ("images-idx3-ubyte", "labels-idx1-ubyte")
    )
    return images[16:].reshape(-1, 28, 28, 1).astype("float32") / 127.5 - 1.0, labels[8:].astype("int32")


class Judge:
    """A classifier of the training images, and its measures of other images."""

    def __init__(self, images, labels, test_images, test_labels):
        keras.utils.set_random_seed(0)
        layers = keras.layers
        convolutions = [layers.Conv2D(32 * i, 3, strides=2, padding="same", activation="relu") for i in (1, 2)]
        self.features = keras.Sequential(
            [keras.Input((28, 28, 1)), *convolutions, layers.Flatten(), layers.Dense(64, activation="relu")]
        )
        self.classifier = keras.Sequential([self.features, layers.Dense(10)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.classifier.compile("adam", loss, metrics=["accuracy"])
        self.classifier.fit(images, labels, epochs=4, batch_size=128, verbose=0)
        self.accuracy = self.classifier.evaluate(test_images, test_labels, verbose=0)[1]
        self._test_features = self.features.predict(test_images, verbose=0)

    def distance(self, images):
        """Frechet distance to the test images."""
        return keras_gan.metrics.frechet_distance(self.features.predict(images, verbose=0), self._test_features)

    def agreement(self, images, labels):
        """Share of images in the class they should be in."""
        return np.mean(self.classifier.predict(images, verbose=0).argmax(axis=1) == labels)


def energy(images):
    """Mean squared difference of neighbouring pixels."""
    return float(np.mean(np.diff(images, axis=1) ** 2) + np.mean(np.diff(images, axis=2) ** 2))


def gaussian(images, count):
    """Samples of a Gaussian with the mean and the full covariance of the pixels, cut to [-1, 1]."""
    flat = images.reshape(len(images), -1).astype("float64")
    rng = np.random.default_rng(0)
    samples = rng.multivariate_normal(flat.mean(axis=0), np.cov(flat, rowvar=False), count, method="eigh")
    return samples.clip(-1, 1).reshape(count, 28, 28, 1).astype("float32")


def row(judge, name, images, labels, rebuilt, drawn, baseline, seconds=""):
    """One line of the table."""
    error = np.mean((images - rebuilt) ** 2)
    cells = [
        f"{10 * np.log10(4.0 / error):.1f}" if error else "",
        f"{judge.agreement(rebuilt, labels):.3f}",
        f"{energy(rebuilt) / energy(images):.2f}",
    ]
    cells += [f"{energy(drawn) / energy(images):.2f}", f"{judge.distance(drawn) / baseline:.3f}"]
    return f"| {name} | {' | '.join(cells)} | {seconds} |"


def train(seed, images):
    """The trained model: default optimizers, a tenth of the divergence, and no player that waits."""
    keras.utils.set_random_seed(seed)
    networks = keras_gan.networks.vae_gan(image_shape=(28, 28, 1), latent_dim=FLAGS.latent_dim, width=FLAGS.width)
    model = keras_gan.VAEGAN(*networks, beta=0.1, margin=None, ema_half_life=5000, seed=seed)
    # The optimizers of the authors' code, and of the figures in RESULTS.md.
    optimizers = (keras.optimizers.RMSprop(3e-4, rho=0.9, epsilon=1e-8) for _ in model.players)
    model.compile(**{f"{player}_optimizer": each for player, each in zip(model.players, optimizers, strict=True)})
    model.fit(images, batch_size=32, steps_per_epoch=FLAGS.steps, verbose=2 if sys.stderr.isatty() else 0)
    return model


def main(argv):
    """Train, judge, print, draw."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    (images, labels), (test_images, test_labels) = read("train"), read("t10k")
    judge = Judge(images, labels, test_images, test_labels)
    shown, classes = test_images[:1000], test_labels[:1000]
    normal = gaussian(images[:20_000], 2000)
    baseline = judge.distance(normal)
    pca = PCA(FLAGS.latent_dim, random_state=0).fit(images[:20_000].reshape(-1, 784))
    linear = pca.inverse_transform(pca.transform(shown.reshape(-1, 784))).reshape(shown.shape).clip(-1, 1)
    print(f"Judge: test accuracy {judge.accuracy:.3f}. {FLAGS.steps} steps, codes of {FLAGS.latent_dim} numbers.\n")
    print("| | PSNR, dB | class kept | sharpness | sharpness of samples | distance over the Gaussian's | seconds |")
    print("|---|---|---|---|---|---|---|")
    print(row(judge, "the images themselves", shown, classes, shown, images[:2000], baseline))
    print(row(judge, "PCA, and the Gaussian", shown, classes, linear.astype("float32"), normal, baseline))
    for seed in map(int, FLAGS.seeds):
        begin, model = time.perf_counter(), train(seed, images)
        seconds = f"{time.perf_counter() - begin:.0f}"
        rebuilt, drawn = model.reconstruct(shown), model.generate(2000, seed=0)
        print(row(judge, f"VAEGAN, seed {seed}", shown, classes, rebuilt, drawn, baseline, seconds), flush=True)
        if seed == int(FLAGS.seeds[0]):
            path = pathlib.Path(FLAGS.picture)
            path.parent.mkdir(parents=True, exist_ok=True)
            picture = np.concatenate([shown[:12], rebuilt[:12], shown[12:24], rebuilt[12:24], drawn[:48]])
            Image.fromarray(keras_gan.callbacks.image_grid(picture, columns=12, scale=2).squeeze(-1)).save(path)
    print(f"\nPicture: {FLAGS.picture}; two pairs of rows, images above their reconstructions, then drawn images.")


if __name__ == "__main__":
    app.run(main)
