"""Does a trained GAN learn new images from few of them, and does a frozen discriminator help? Prints a Markdown table.

    python benchmarks/transfer.py --data_dir=/data/fashion-mnist --seeds=0,1,2

A GAN learns nine classes of Fashion-MNIST. Then it learns the tenth from 100 images, in three ways: all of both players
(`keras_gan.transfer.fine_tune(path)`), with the first blocks of the discriminator frozen (FreezeD, Mo, Cho and Shin
2020, arXiv 2002.10964), and from scratch, as a new GAN. All three see the same images for the same number of steps, and
are measured after each of --budgets. A seed draws the 100 images, the noise and the weights of the new GAN; the source
is the same for all.

Samples of the averaged generator are compared with the test images of the tenth class, by the Frechet distance in the
features of a classifier of the whole train split. For comparison, the table has real training images that no GAN saw
(the floor), samples of a Gaussian that is fitted to the pixels of the 100 images, the source before it learns the new
class, and one more number: the median distance of a sample to the nearest of the 100 images, over that of a test image.
Far below 1, the GAN has learnt the images by heart.

A finished run is a line in --out, whatever its result, and is not run again.
"""

import functools
import os
import pathlib
import time

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import keras
import numpy as np
from _judge import gaussian_samples, nearest_distance

import keras_gan
from keras_gan.metrics import Evaluator, train_extractor
from keras_gan.transfer import fine_tune

FLAGS = flags.FLAGS
_protocol.define_flags(gans=["NonSaturatingGAN"], steps=4000, out="runs/transfer/results.jsonl")
flags.DEFINE_string("data_dir", _protocol.real_data("fashion-mnist"), "Folder of Fashion-MNIST's IDX files.")
flags.DEFINE_integer("target_class", 9, "The class that the source does not see.", lower_bound=0, upper_bound=9)
flags.DEFINE_integer("images", 100, "Images of that class to learn from.", lower_bound=2)
flags.DEFINE_list("budgets", ["300", "1000"], "Training steps on these images after which the samples are measured.")
flags.DEFINE_list("frozen", ["1", "2"], "Blocks of the discriminator to freeze, each a row.")
flags.DEFINE_integer("samples", 2000, "Samples to compare with the test images.", lower_bound=2)
flags.DEFINE_integer("width", 32, "Channels of the networks next to the picture.", lower_bound=1)
flags.DEFINE_string("run_dir", "runs/transfer", "Where the trained source goes.")
flags.register_validator("data_dir", bool, "must be given where $KERAS_GAN_TEST_DATA is not set")

BATCH_SIZE, LATENT_DIM = 64, 64
HEADER = ["", "seed", "steps", "Frechet distance", "over the Gaussian's", "nearest image", "ms a step"]


def images_of(split, *, target):
    """Return uint8 images of the tenth class, or of the nine others."""
    images, labels = _protocol.read_split(FLAGS.data_dir, split)
    return images[(labels == FLAGS.target_class) == target]


def few_images(seed):
    """Return the images to learn from, and those of their class that no GAN sees."""
    images = images_of("train", target=True)
    order = np.random.default_rng(seed).permutation(len(images))
    return images[order[: FLAGS.images]], images[order[FLAGS.images :]]


def make_gan(name, seed):
    """Return a new compiled GAN, with the settings of the preset "digits"."""
    keras.utils.set_random_seed(seed)
    networks = keras_gan.networks.dcgan(
        image_shape=(28, 28, 1), latent_dim=LATENT_DIM, width=FLAGS.width, spectral_normalization=False
    )
    gan = _protocol.gan_class(name)(*networks, penalties=[keras_gan.penalties.R1(0.1)], ema_half_life=5000, seed=seed)
    gan.compile(*(keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99, epsilon=1e-8) for _ in range(2)))
    return gan


def source(name):
    """Return the path of the GAN that has learnt the nine classes; it is trained if it is not there."""
    path = pathlib.Path(FLAGS.run_dir) / f"{name}_without_{FLAGS.target_class}_width_{FLAGS.width}_{FLAGS.steps}.keras"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        gan, images = make_gan(name, seed=0), images_of("train", target=False)
        train(gan, images, FLAGS.steps, seed=0)
        gan.save(path)
    return path


def train(gan, images, steps, seed):
    """Train for some steps; return the milliseconds of a step."""
    dataset = keras_gan.data.load(images, batch_size=min(BATCH_SIZE, len(images)), seed=seed)
    begin = time.perf_counter()
    gan.fit(dataset, epochs=1, steps_per_epoch=steps, verbose=0)
    return 1000 * (time.perf_counter() - begin) / steps


class Judge:
    """Compares samples with the test images of the tenth class."""

    def __init__(self):
        self.extractor = train_extractor(
            keras_gan.data.load(_protocol.read_split(FLAGS.data_dir, "train"), labels=True)
        )
        self.evaluator = Evaluator(self.extractor, ["frechet_distance"], num_images=FLAGS.samples)
        self.test_images = scaled(images_of("test", target=True))
        self.test = self.evaluator.real(self.test_images)

    def measure(self, samples, few):
        """Return the distance of samples to the test images, and of them to the few images that were learnt from."""
        (result,) = self.evaluator.compare(samples, self.test).values()
        drawn = samples.generate(FLAGS.samples, seed=0) if hasattr(samples, "generate") else samples
        features = [np.asarray(self.extractor(images).features) for images in (drawn, scaled(few), self.test_images)]
        nearest = [nearest_distance(queries, features[1]) for queries in (features[0], features[2])]
        return {"distance": [result.value, *result.interval], "nearest": nearest[0] / nearest[1]}


def scaled(images):
    """Images in [-1, 1]."""
    return images.astype("float32") / 127.5 - 1.0


def tuned(path, seed, freeze=0):
    """Return the source, ready to learn the tenth class with noise of its own."""
    gan = fine_tune(path, freeze=freeze)
    gan.training_state.seed.assign(1 + seed)
    return gan


def contenders(name):
    """Return the ways to learn the tenth class, functions of the seed that return a GAN."""
    path = source(name)
    frozen = {f"FreezeD, {number} blocks": int(number) for number in FLAGS.frozen}
    return {
        "scratch": lambda seed: make_gan(name, 1 + seed),
        "fine-tuned": functools.partial(tuned, path),
        **{way: functools.partial(tuned, path, freeze=number) for way, number in frozen.items()},
    }


def learn(make, seed, judge):
    """Train in one of the ways; return what was measured after each budget."""
    (few, _), gan, done, measured = few_images(seed), make(seed), 0, {}
    for budget in sorted(map(int, FLAGS.budgets)):
        pace = train(gan, few, budget - done, seed)
        measured[str(budget)], done = judge.measure(gan, few) | {"ms_per_step": pace}, budget
    return measured


def references(name, judge):
    """Return what is measured without training, by its name in the table; of the first seed's images."""
    few, others = few_images(int(FLAGS.seeds[0]))
    unseen = scaled(others[: FLAGS.samples])
    gaussian = gaussian_samples(scaled(few))[: FLAGS.samples]
    return {
        "real images (floor)": judge.measure(unseen, few),
        "Gaussian of the pixels": judge.measure(gaussian, few),
        "the source": judge.measure(fine_tune(source(name)), few),
    }


def row(name, seed, steps, result, gaussian):
    """Return one row of the table."""
    distance = "{:.4g} [{:.4g}, {:.4g}]".format(*result["distance"])
    share, pace = result["distance"][0] / gaussian, result.get("ms_per_step")
    return (
        name,
        seed,
        steps,
        distance,
        f"{share:.2f}",
        f"{result['nearest']:.2f}",
        "" if pace is None else f"{pace:.0f}",
    )


def rows(name, judge):
    """Yield the rows of a GAN: the references, then each way, seed and budget."""
    log = _protocol.RunLog(FLAGS.out)
    sizes = {flag: FLAGS[flag].value for flag in ("steps", "target_class", "images", "width", "samples", "budgets")}
    sizes |= {"gan": name, "extractor": judge.extractor.fingerprint}
    known = log.result({**sizes, "way": "references", "seed": FLAGS.seeds[0]}, lambda: references(name, judge))
    gaussian = known["Gaussian of the pixels"]["distance"][0]
    for reference, result in known.items():
        yield row(reference, "", "", result, gaussian)
    for way, make in contenders(name).items():
        for seed in map(int, FLAGS.seeds):
            settings = {**sizes, "way": way, "seed": seed}
            result = log.result(settings, lambda make=make, seed=seed: learn(make, seed, judge))
            for budget, measured in result.items():
                yield row(way, seed, budget, measured, gaussian)


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    judge = Judge()
    for name in FLAGS.gans:
        print(f"\n{name}: class {FLAGS.target_class} from {FLAGS.images} images; features of {judge.extractor!r}")
        _protocol.print_table(HEADER, rows(name, judge))


if __name__ == "__main__":
    app.run(main)
