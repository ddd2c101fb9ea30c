"""What helps a GAN that has only 200 images? Eight ways to train on a part of Fashion-MNIST; prints a Markdown table.

    python benchmarks/little_data.py --seeds=0,1,2
    python benchmarks/little_data.py --way=none --way=diff_augment --steps=500

A discriminator learns 200 images by heart, and then its gradient no longer helps the generator. Each way below is added
to the same GAN: DCGAN's networks with spectral normalisation, 64 latents, the optimizers of `compile()`, batches of 32,
an average of the generator with a half-life of 1,000 images, and --steps training steps. All of them train on the same
20 images of each class. The average draws the samples after the last step.

    none              nothing
    r1                R1 of weight 1 in each step
    diff_augment      DiffAugment
    ada               AdaptiveAugment, whose probability can rise from 0 to 1 in 20,000 images instead of the paper's
                      500,000: a run sees 192,000
    lecam             LeCam of weight 0.3, from step 100 on instead of the authors' 1,000
    diff_augment_r1   DiffAugment and R1
    places            the part of DiffAugment that moves and cuts: translation and cutout
    colours           its other part: brightness and contrast

The distance is that of the samples to all 10,000 test images, with its interval, on the features of a classifier of
the whole train split (`keras_gan.metrics.train_extractor`). Next to it are the distances of two sets of 10,000 images:
a part of the train split, which is the floor, and samples of a Gaussian that is fitted to the pixels of the 200 images.
A GAN that is farther away than this Gaussian has not learnt much. "Neighbour" is the median distance, in pixels, of a
sample to the nearest of the 200 images over that of a test image: far below 1 means copying.

A run takes about three minutes on one core. A finished run is a line in --out, whatever its result, and is not
run again. An interrupted run resumes from its last checkpoint in --run_dir.
"""

import os
import pathlib

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import keras
import numpy as np

import keras_gan
from keras_gan import augmentation, penalties
from keras_gan.callbacks import Checkpoint
from keras_gan.metrics import Evaluator, nearest_neighbours, train_extractor
from keras_gan.networks import dcgan

WAYS = {
    "none": dict,
    "r1": lambda: {"penalties": [penalties.R1(1.0)]},
    "diff_augment": lambda: {"augmentation": augmentation.DiffAugment()},
    "ada": lambda: {"augmentation": augmentation.AdaptiveAugment(rise_images=20_000)},
    "lecam": lambda: {"penalties": [penalties.LeCam(0.3, begin=100)]},
    "diff_augment_r1": lambda: {"augmentation": augmentation.DiffAugment(), "penalties": [penalties.R1(1.0)]},
    "places": lambda: {"augmentation": augmentation.DiffAugment(["translation", "cutout"])},
    "colours": lambda: {"augmentation": augmentation.DiffAugment(["color"])},
}

FLAGS = flags.FLAGS
_protocol.define_flags(gans=["NonSaturatingGAN"], steps=6000, out="runs/little_data/results.jsonl")
flags.DEFINE_multi_enum("way", list(WAYS), list(WAYS), "A way to train; give the flag again for another one.")
flags.DEFINE_string("data_dir", _protocol.real_data("fashion-mnist"), "Folder of Fashion-MNIST's IDX files.")
flags.DEFINE_integer("width", 16, "Channels of the networks next to the picture.", lower_bound=1)
flags.DEFINE_integer("images_per_class", 20, "Training images of each class.", lower_bound=1)
flags.DEFINE_integer("samples", 10000, "Samples to compare with the test images.", lower_bound=2)
flags.DEFINE_string("run_dir", "runs/little_data", "Where checkpoints, and features of real images, go.")
flags.register_validator("data_dir", bool, "must be given where $KERAS_GAN_TEST_DATA is not set")

BATCH_SIZE, LATENT_DIM = 32, 64
CHECKPOINT_EVERY = 500


def few_images():
    """Return the training images, uint8: of each class, the same ones in every run."""
    images, labels = _protocol.read_split(FLAGS.data_dir, "train")
    order = np.random.default_rng(0).permutation(len(images))
    rows = [order[labels[order] == label][: FLAGS.images_per_class] for label in np.unique(labels)]
    return images[np.concatenate(rows)]


def make_gan(name, way, seed):
    """Return the compiled GAN."""
    keras.utils.set_random_seed(seed)
    networks = dcgan(image_shape=(28, 28, 1), latent_dim=LATENT_DIM, width=FLAGS.width)
    gan = _protocol.gan_class(name)(*networks, **WAYS[way](), ema_half_life=1000, seed=seed)
    gan.compile()
    return gan


def train(name, way, seed):
    """Train a GAN, or load a trained one; return it and the results for the log."""
    gan = make_gan(name, way, seed)
    images = keras_gan.data.load(few_images(), split="all", batch_size=BATCH_SIZE, seed=seed)
    run = f"{name}_{way}_width_{FLAGS.width}_images_{FLAGS.images_per_class}_steps_{FLAGS.steps}_seed_{seed}"
    checkpoint = Checkpoint(pathlib.Path(FLAGS.run_dir) / run, every=CHECKPOINT_EVERY, unit="step", keep=1)
    epochs = _protocol.epochs_of(FLAGS.steps, at_most=20)
    return gan, _protocol.fit(gan, images, FLAGS.steps, epochs=epochs, callbacks=[checkpoint])


class Comparison:
    """Compares samples with the test images, and with the few that were trained on."""

    def __init__(self):
        train, test = (_protocol.read_split(FLAGS.data_dir, split) for split in ("train", "test"))
        extractor = train_extractor(keras_gan.data.load(train, labels=True))
        cache_dir = pathlib.Path(FLAGS.run_dir) / "features"
        evaluator = Evaluator(extractor, ["frechet_distance"], num_images=FLAGS.samples, cache_dir=cache_dir)
        self.extractor, self._evaluator = extractor, evaluator
        self._test_images, self._few = _scaled(test[0]), _scaled(few_images())
        self._test = evaluator.real(self._test_images)
        rows = np.random.default_rng(0).permutation(len(train[0]))[: FLAGS.samples]
        self.floor = evaluator.floor(_scaled(train[0][rows]), self._test)
        self._usual = self._nearest(self._test_images[: FLAGS.samples])

    def __call__(self, samples):
        """Return the results for the log, of samples or a GAN that draws them."""
        if hasattr(samples, "generate"):
            samples = samples.generate(FLAGS.samples, seed=0)
        distance = self._evaluator.compare(samples, self._test)["frechet_distance"]
        return {"distance": [distance.value, *distance.interval], "neighbour": self._nearest(samples) / self._usual}

    def gaussian(self):
        """Return the results of a Gaussian that is fitted to the few images."""
        return self(_protocol.gaussian_like(self._few, FLAGS.samples))

    def _nearest(self, images):
        """The median distance to the nearest of the few images."""
        queries, few = (part.reshape(len(part), -1) for part in (images[:2000], self._few))
        return float(np.median(nearest_neighbours(queries, few).distances))


def _scaled(images):
    return images.astype("float32") / 127.5 - 1.0


def rows(comparison):
    """Yield the rows of the table, a way and seed each."""
    log = _protocol.RunLog(FLAGS.out)

    def measured(name, way, seed):
        gan, trained = train(name, way, seed)
        return trained | comparison(gan)

    yield "train split", f"{comparison.floor['frechet_distance']:.4g}", "", "", ""
    yield "Gaussian of the pixels", *_cells(comparison.gaussian())
    for name in FLAGS.gans:
        for way in FLAGS.way:
            for seed in map(int, FLAGS.seeds):
                settings = {"gan": name, "way": way, "seed": seed, "steps": FLAGS.steps, "width": FLAGS.width}
                settings |= {"images_per_class": FLAGS.images_per_class, "samples": FLAGS.samples}
                settings |= {"extractor": comparison.extractor.fingerprint}
                result = log.result(settings, lambda name=name, way=way, seed=seed: measured(name, way, seed))
                yield f"{name}, {way}, seed {seed}", *_cells(result)


def _cells(result):
    distance = "{:.4g} [{:.4g}, {:.4g}]".format(*result["distance"])
    probability, pace = (result.get(key) for key in ("adaptive_augment_probability", "ms_per_step"))
    return (
        distance,
        f"{result['neighbour']:.2f}",
        "" if probability is None else f"{probability:.2f}",
        "" if pace is None else f"{pace:.0f}",
    )


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    comparison = Comparison()
    print(
        f"\n{10 * FLAGS.images_per_class} images, {FLAGS.steps:,} steps, width {FLAGS.width}, {FLAGS.samples:,} "
        f"samples; features of {comparison.extractor!r}"
    )
    header = ["samples of", "Frechet distance", "neighbour", "probability of ADA", "ms a step"]
    _protocol.print_table(header, rows(comparison))


if __name__ == "__main__":
    app.run(main)
