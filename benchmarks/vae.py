"""What do VAE and VAE-GAN know of digits and clothes that linear codes do not? Prints Markdown tables.

    python benchmarks/vae.py --data_dir=$KERAS_GAN_TEST_DATA/fashion-mnist --seeds=0

`VAE` and `VAEGAN` are trained on scikit-learn's digits at 16x16 and on Fashion-MNIST, with codes of the same size, and
compared with probabilistic PCA of that size (Tipping and Bishop 1999), whose likelihood has a closed form. All numbers
are of the test images (of clothes, the first 2,000), and pictures are reconstructed from the mean of their code. The
columns are

* nats, bits: log p(x) an image, of the 256 levels, and in bits a pixel: of PCA exact, of the VAE its bound, with ten
  codes an image. A VAE-GAN has none;
* active: the numbers of the code whose mean code varies by more than 0.01 over the images (Burda et al. 2015, arXiv
  1509.00519, section 5.2);
* PSNR, energy: of reconstructions; energy is that of their gradients over that of the images, 1 for equal sharpness;
* distance, drawn: the Frechet distance of as many drawn images in the features of the judge, over that of a Gaussian of
  full covariance; and the gradient energy of drawn images over that of real ones;
* probe: the accuracy of a linear classifier of the code;
* edit: the share of images that the judge takes for the next class (a 3 for a 4) once the attribute vector of that
  class is added to their code, and that of their own subtracted (`latents.attribute_vectors`);
* kept: how much of the look of an image its edit keeps: the correlation, within a class, of the brightness, the width
  and the slant before and after, mean of the three; 0 by chance.

The first rows are the test images themselves, of which the judge reads the class in place of "edit". A VAE-GAN should
be sharper and nearer to real images than a VAE, with a worse PSNR. The judge is a small network that was trained on the
training images (`keras_gan.metrics.train_extractor`). A finished run is a line in --out, whatever its result, and is
not run again.
"""

import functools
import math
import os

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import keras
import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import keras_gan
from keras_gan.latents import attribute_vectors
from keras_gan.metrics import frechet_distance, gradient_energy, psnr, train_extractor

FLAGS = flags.FLAGS
flags.DEFINE_string("data_dir", _protocol.real_data("fashion-mnist"), "Folder of Fashion-MNIST's IDX files.")
flags.DEFINE_list("data", ["digits", "clothes"], "Data sets, each a table.")
flags.DEFINE_list("models", ["VAE", "VAEGAN"], "Models, each a row of each table.")
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training.")
flags.DEFINE_integer("vae_steps", 6000, "Training steps of the VAE.", lower_bound=1)
flags.DEFINE_integer("vaegan_steps", 3000, "Training steps of the VAE-GAN.", lower_bound=1)
flags.DEFINE_integer("latent_dim", 16, "Numbers of a code.", lower_bound=1)
flags.DEFINE_integer("width", 16, "Channels of the networks of the VAE-GAN; those of the VAE have twice as many.")
flags.DEFINE_integer("threads", 0, "Threads of TensorFlow; 0 for one a core.", lower_bound=0)
flags.DEFINE_string("out", "runs/vae/results.jsonl", "The log of finished runs.")
flags.DEFINE_string("pictures", "runs/vae", "Where the pictures of the runs go.")

BATCH_SIZE, LEVEL, TESTED, PROBED, SHOWN = 64, 2.0 / 255, 2_000, 10_000, 16


@functools.cache
def images_of(name, split):
    """Return the images of a data set, float32 in [-1, 1], and their classes."""
    if name == "digits":
        count = keras_gan.data.load("digits", split=split, batch_size=1).num_images
        data = keras_gan.data.load("digits", split=split, image_size=16, batch_size=count, labels=True)
        images, classes = next(iter(data))
        return images.numpy(), classes.numpy()
    images, classes = _protocol.read_split(FLAGS.data_dir, split)
    rows = slice(TESTED if split == "test" else None)
    return images[rows].astype("float32") / 127.5 - 1.0, classes[rows].astype("int32")


class Linear:
    """Probabilistic PCA, with the methods of a model that encodes images."""

    def __init__(self, images, latent_dim):
        self.shape, self._rng = images.shape[1:], np.random.default_rng(0)
        self._pca = PCA(latent_dim, svd_solver="covariance_eigh").fit(self._rows(images))

    def _rows(self, images):
        """Images as rows of numbers that a density fits, moved from their levels as those of a VAE are."""
        flat = images.reshape(len(images), -1).astype("float64")
        return flat + LEVEL * self._rng.uniform(-0.5, 0.5, flat.shape)

    def elbo(self, images, **_):
        """The log of the likelihood, which needs no bound."""
        return self._pca.score_samples(self._rows(images)) + math.prod(self.shape) * math.log(LEVEL)

    def encode(self, images):
        """The coordinates along the main directions."""
        return self._pca.transform(images.reshape(len(images), -1)).astype("float32")

    def decode(self, codes):
        """Images of coordinates, cut to [-1, 1]."""
        flat = self._pca.inverse_transform(codes)
        return flat.clip(-1, 1).reshape(-1, *self.shape).astype("float32")

    def reconstruct(self, images):
        """Images cut down to the main directions."""
        return self.decode(self.encode(images))

    def generate(self, count, seed):
        """Draw from the normal distribution, noise included."""
        rng, pca = np.random.default_rng(seed), self._pca
        codes = rng.normal(size=(count, pca.n_components_)) * np.sqrt(pca.explained_variance_ - pca.noise_variance_)
        flat = pca.inverse_transform(codes) + np.sqrt(pca.noise_variance_) * rng.normal(
            size=(count, pca.n_features_in_)
        )
        return flat.clip(-1, 1).reshape(-1, *self.shape).astype("float32")


class Judge:
    """A small network that reads the class of an image, and what it says of the test images."""

    def __init__(self, name):
        images, classes = images_of(name, "train")
        data = keras_gan.data.load((images, classes), split="all", labels=True, batch_size=BATCH_SIZE)
        self._extractor, self.test = train_extractor(data), images_of(name, "test")[0]
        self.fingerprint = self._extractor.fingerprint
        self._features = self._read(self.test).features
        self._gaussian = self._frechet(_protocol.gaussian_like(images[:PROBED], len(self.test)))

    def _read(self, images):
        return keras.tree.map_structure(np.asarray, self._extractor(images))

    def _frechet(self, images):
        return frechet_distance(self._features, self._read(images).features)

    def classes_of(self, images):
        """The class of each image."""
        return self._read(images).logits.argmax(axis=1)

    def distance(self, images):
        """The Frechet distance to the test images, over that of the Gaussian."""
        return float(self._frechet(images) / self._gaussian)


def measured(model, name, judge):
    """Return what the table says of a model."""
    (known, known_classes), (test, classes) = images_of(name, "train"), images_of(name, "test")
    known_codes, codes = model.encode(known[:PROBED]), model.encode(test)
    rebuilt, drawn = model.reconstruct(test), model.generate(len(test), seed=0)
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
    found = {
        "active": int((codes.var(axis=0) > 0.01).sum()),
        "psnr": psnr(rebuilt, test).mean,
        "energy": gradient_energy(rebuilt, test).ratio,
        "distance": judge.distance(drawn),
        "drawn": gradient_energy(drawn, test).ratio,
        "probe": float(probe.fit(known_codes, known_classes[:PROBED]).score(codes, classes)),
        **edited(model, name, judge, attribute_vectors(known_codes, known_classes[:PROBED])),
    }
    if hasattr(model, "elbo"):
        nats = float(model.elbo(test, num_samples=10).mean())
        found |= {"nats": nats, "bits": -nats / (math.prod(test.shape[1:]) * math.log(2.0))}
    return found


def edited(model, name, judge, vectors):
    """Return the share of edits to the next class that the judge takes for it, and how much of the look is kept."""
    test, classes = images_of(name, "test")
    wanted = (classes + 1) % len(vectors)
    made = model.decode(model.encode(test) + vectors[wanted] - vectors[classes])
    before, after = (within(looks(images), classes) for images in (test, made))
    lengths = np.sqrt(np.square(before).sum(axis=0) * np.square(after).sum(axis=0))
    # Edits that all look the same keep nothing.
    correlations = (before * after).sum(axis=0) / np.maximum(lengths, 1e-9)
    return {"edit": float((judge.classes_of(made) == wanted).mean()), "kept": float(correlations.mean())}


def looks(images):
    """What images look like whatever they show, float64 `(num_images, 3)`: brightness, width and slant."""
    light = 0.5 * (images[..., 0].astype("float64") + 1.0) + 1e-6
    rows, columns = np.mgrid[: light.shape[1], : light.shape[2]]
    total = light.sum(axis=(1, 2))
    down, across = (
        grid - ((light * grid).sum(axis=(1, 2)) / total)[:, np.newaxis, np.newaxis] for grid in (rows, columns)
    )
    width, height, both = (
        (light * product).sum(axis=(1, 2)) / total for product in (across**2, down**2, across * down)
    )
    return np.stack([total, np.sqrt(width), both / height], axis=1)


def within(numbers, classes):
    """Numbers minus the mean of their class."""
    means = np.stack([numbers[classes == label].mean(axis=0) for label in range(classes.max() + 1)])
    return numbers - means[classes]


def make_model(kind, image_shape, seed):
    """Return the compiled model, with its defaults."""
    keras.utils.set_random_seed(seed)
    sizes = {"image_shape": image_shape, "latent_dim": FLAGS.latent_dim}
    if kind == "VAE":
        model = keras_gan.VAE(*keras_gan.networks.vae(**sizes, width=2 * FLAGS.width), seed=seed)
    else:
        model = keras_gan.VAEGAN(*keras_gan.networks.vae_gan(**sizes, width=FLAGS.width), seed=seed)
    model.compile()
    return model


def run(name, kind, seed, judge):
    """Train a model and measure it; return the results for the log."""
    images, _ = images_of(name, "train")
    steps = FLAGS.vae_steps if kind == "VAE" else FLAGS.vaegan_steps
    model = make_model(kind, images.shape[1:], seed)
    data = keras_gan.data.load(images, split="all", batch_size=BATCH_SIZE, seed=seed)
    trained = _protocol.fit(model, data, steps, epochs=_protocol.epochs_of(steps, at_most=20))
    draw(f"{name}_{kind.lower()}_{seed}", model, name)
    return {"ms_per_step": trained["ms_per_step"]} | measured(model, name, judge)


def draw(picture, model, name):
    """Draw test images, their reconstructions, and images that are drawn, row by row."""
    test = images_of(name, "test")[0][:SHOWN]
    rows = [test, model.reconstruct(test), model.generate(SHOWN, seed=0)]
    _protocol.save_grid(FLAGS.pictures, picture, np.concatenate(rows), columns=SHOWN, scale=2)


COLUMNS = {
    "nats": "{:.0f}",
    "bits": "{:.3f}",
    "active": "{}",
    "psnr": "{:.2f}",
    "energy": "{:.2f}",
    "distance": "{:.3f}",
    "drawn": "{:.2f}",
    "probe": "{:.3f}",
    "edit": "{:.3f}",
    "kept": "{:.3f}",
    "ms_per_step": "{:.0f}",
}


def row(name, result):
    """Return one row of the table."""
    return name, *(form.format(result[key]) if key in result else "" for key, form in COLUMNS.items())


def rows(name):
    """Yield the rows of a table: the images themselves, the linear model, and then each model and seed."""
    judge, (images, _), (test, classes) = Judge(name), images_of(name, "train"), images_of(name, "test")
    yield row("the images", {"edit": float((judge.classes_of(test) == classes).mean())})
    linear = Linear(images, FLAGS.latent_dim)
    draw(f"{name}_pca", linear, name)
    yield row("PCA", measured(linear, name, judge))
    log, sizes = _protocol.RunLog(FLAGS.out), {key: FLAGS[key].value for key in ("latent_dim", "width")}
    for kind in FLAGS.models:
        steps = FLAGS.vae_steps if kind == "VAE" else FLAGS.vaegan_steps
        for seed in map(int, FLAGS.seeds):
            settings = {"data": name, "model": kind, "seed": seed, "steps": steps, **sizes, "judge": judge.fingerprint}
            result = log.result(settings, lambda kind=kind, seed=seed: run(name, kind, seed, judge))
            yield row(f"{kind}, seed {seed}", result)


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    for name in FLAGS.data:
        print(f"\n{name}: codes of {FLAGS.latent_dim} numbers, {BATCH_SIZE} images a step.")
        _protocol.print_table(["", *COLUMNS], rows(name))


if __name__ == "__main__":
    app.run(main)
