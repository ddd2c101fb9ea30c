"""GANs on Fashion-MNIST and MNIST as Lucic et al. compare them; prints a Markdown table for each extractor.

    python benchmarks/fashion.py --data_dir=/data --embedding=/data/mobilenet.tflite

Lucic et al. 2017 (arXiv 1711.10337) train many GANs in the same way: the networks of InfoGAN
(`keras_gan.networks.dense_dcgan`), 64 latents, 20 epochs of 60,000 images in batches of 64, which are 18,750 steps. A
step is one update of the discriminator. A GAN with five of them for each generator update has a fifth of the generator
updates, as in the authors' code. Then 10,000 samples are compared with the 10,000 test images.

The published distances are FIDs, of the Inception network; here the features are those of a classifier of the train
split (`keras_gan.metrics.train_extractor`) and of any network that --embedding names. Values of one extractor can be
compared with each other and with the floor, which is the value of 10,000 training images instead of samples. The
published values are printed next to them only to compare the order of the GANs. They are also the best of a large
search over settings for each GAN, but here each has Adam(2e-4, beta_1=0.5) and otherwise the settings of its paper.
Their latents are uniform, and ours are normal.

A finished run is a line in --out, whatever its result, and is not run again. An interrupted run resumes from its last
checkpoint in --run_dir.
"""

import os
import pathlib

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import keras
import numpy as np

import keras_gan
from keras_gan.callbacks import Checkpoint
from keras_gan.metrics import Evaluator, ModelExtractor, train_extractor
from keras_gan.networks.dense_dcgan import dense_dcgan

FLAGS = flags.FLAGS
_protocol.define_flags(
    gans=["NonSaturatingGAN", "LSGAN", "HingeGAN", "WGANGP"], steps=18750, out="runs/fashion/results.jsonl"
)
flags.DEFINE_list("data", ["fashion-mnist", "mnist"], "fashion-mnist, mnist or both.")
flags.DEFINE_string("data_dir", _protocol.real_data(""), "Folder of fashion-mnist/ and mnist/, with their IDX files.")
flags.DEFINE_string("embedding", None, "Model file of another extractor: .tflite, .keras or a SavedModel.")
flags.DEFINE_integer("samples", 10000, "Samples to compare with the test images.", lower_bound=2)
flags.DEFINE_string("run_dir", "runs/fashion", "Where checkpoints, trained GANs and features of real images go.")
flags.register_validator("data_dir", bool, "must be given where $KERAS_GAN_TEST_DATA is not set")

BATCH_SIZE, LATENT_DIM = 64, 64
CHECKPOINT_EVERY = 250

# FID on the two data sets, mean and standard deviation with the best settings that were found: table 2 of the paper.
PUBLISHED = {
    "NonSaturatingGAN": {"mnist": "6.8 ± 0.5", "fashion-mnist": "26.5 ± 1.6"},
    "LSGAN": {"mnist": "7.8 ± 0.6", "fashion-mnist": "30.7 ± 2.2"},
    "WGAN": {"mnist": "6.7 ± 0.4", "fashion-mnist": "21.5 ± 1.6"},
    "WGANGP": {"mnist": "20.3 ± 5.0", "fashion-mnist": "24.5 ± 2.1"},
}

# The comparison's discriminators have batch normalisation, except for GANs whose gradient penalty, clipped weights or
# spectral normalisation exclude it.
BATCH_NORMALIZATION = {"discriminator_normalization": "batch", "spectral_normalization": False}
NETWORKS = {
    "HingeGAN": {"spectral_normalization": True},
    "WGANGP": {"spectral_normalization": False},
}


def images_of(data, split):
    """Return uint8 images and labels of a split."""
    return _protocol.read_split(pathlib.Path(FLAGS.data_dir) / data, split)


def extractors(data):
    """Yield the classifier of this data set, and the other network if there is one."""
    yield train_extractor(keras_gan.data.load(images_of(data, "train"), labels=True))
    if FLAGS.embedding is not None:
        yield ModelExtractor(FLAGS.embedding)


def make_gan(name, seed):
    """Return the compiled GAN."""
    keras.utils.set_random_seed(seed)
    networks = dense_dcgan(latent_dim=LATENT_DIM, **NETWORKS.get(name, BATCH_NORMALIZATION))
    gan = _protocol.gan_class(name)(*networks, seed=seed)
    gan.compile(*(keras.optimizers.Adam(2e-4, beta_1=0.5, epsilon=1e-8) for _ in range(2)))
    return gan


def train(name, data, seed):
    """Train a GAN, or load a trained one; return it and the results for the log."""
    gan = make_gan(name, seed)
    images = keras_gan.data.load(images_of(data, "train")[0], batch_size=BATCH_SIZE, seed=seed)
    run_dir = pathlib.Path(FLAGS.run_dir) / f"{data}_{name}_steps_{FLAGS.steps}_seed_{seed}"
    checkpoint = Checkpoint(run_dir, every=CHECKPOINT_EVERY, unit="step", keep=1)
    steps = max(1, FLAGS.steps // gan.discriminator_steps)
    epochs = _protocol.epochs_of(steps, at_most=50)
    return gan, _protocol.fit(gan, images, steps, epochs=epochs, callbacks=[checkpoint])


def rows(data, extractor):
    """Yield the rows of one table, a GAN and seed each."""
    cache_dir = pathlib.Path(FLAGS.run_dir) / "features"
    metrics = ["frechet_distance", "kernel_distance"]
    evaluator = Evaluator(extractor, metrics, num_images=FLAGS.samples, cache_dir=cache_dir)
    test = evaluator.real(keras_gan.data.load(images_of(data, "test")[0]))
    floor = evaluator.floor(some(images_of(data, "train")[0]), test)
    log = _protocol.RunLog(FLAGS.out)

    def measured(name, seed):
        gan, trained = train(name, data, seed)
        report = evaluator.compare(gan, test, floor=floor)
        return trained | _protocol.values(report)

    yield "real train split", "", *(f"{value:.4g}" for value in floor.values()), ""
    for name in FLAGS.gans:
        for seed in map(int, FLAGS.seeds):
            settings = {"gan": name, "data": data, "seed": seed, "steps": FLAGS.steps, "samples": FLAGS.samples}
            settings["extractor"] = extractor.fingerprint
            result = log.result(settings, lambda name=name, seed=seed: measured(name, seed))
            cells = ["{:.4g} [{:.4g}, {:.4g}]".format(*result[key]) for key in floor]
            pace = f"{result['ms_per_step']:.0f}" if "ms_per_step" in result else ""
            yield f"{name}, seed {seed}", PUBLISHED.get(name, {}).get(data, ""), *cells, pace


def some(images):
    """Return as many training images as there are samples, drawn at random, in [-1, 1]."""
    rows_drawn = np.random.default_rng(0).permutation(len(images))[: FLAGS.samples]
    return images[rows_drawn].astype("float32") / 127.5 - 1.0


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    for data in FLAGS.data:
        for extractor in extractors(data):
            print(f"\n{data}, {FLAGS.steps:,} steps, {FLAGS.samples:,} samples; features of {extractor!r}")
            header = ["samples of", "published FID", "Frechet distance", "kernel distance", "ms a step"]
            _protocol.print_table(header, rows(data, extractor))


if __name__ == "__main__":
    app.run(main)
