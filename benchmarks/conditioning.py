"""Which way to tell a GAN the class? Five on digits and Fashion-MNIST, at equal budget; prints Markdown tables.

    python benchmarks/conditioning.py --seeds=0,1,2
    python benchmarks/conditioning.py --data=digits --seconds=60

The ways, each with the package's networks and its own defaults:

* "concatenation": `networks.dcgan(num_classes=10)`, the label next to the latents and as a plane of the picture, and
  `NonSaturatingGAN`;
* "ACGAN" and "ACGAN real": `networks.acgan`; the classifier learns from real and fake images, or from real ones alone;
* "projection": the generator of "concatenation", and its discriminator without labels, to whose logit the inner product
  of a vector of the class with the last features is added (Miyato and Koyama 2018, arXiv 1802.05637);
* "projection resnet": `networks.resnet(num_classes=10)` with conditional batch normalisation and the projection, and
  `HingeGAN` with one update of the discriminator in a step.

Each trains for --seconds of processor time, so that no way gains by a larger network; the table says how many steps
that were. Then it draws as many samples of each class as --samples says:

* "label accuracy": the share of samples that a classifier of the real training images takes for the class that was
  asked for (`keras_gan.metrics.label_accuracy`), and that of the class with the smallest share;
* "distance within class": the mean over the classes of the Frechet distance of the classifier's features to those of
  the real test images of the class (`class_frechet_distance`);
* "trained on samples": the accuracy on real test images of a classifier that was trained on the samples alone
  (`classification_accuracy_score`).

The first row has real training images in the place of the samples, as many of each class. With --shuffled, the rows
follow of GANs that were trained on the same images with shuffled labels: their accuracies must fall to chance, 0.1, or
the measurement is wrong.

Digits are scikit-learn's at 16x16; Fashion-MNIST comes from --data_dir and has its 28x28 pixels. A finished run is a
line in --out, whatever its result, and is not run again.
"""
# ruff: noqa: ARG002 - Keras fixes the hooks.

import functools
import os
import pathlib
import time

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import keras
import numpy as np

import keras_gan
from keras_gan.layers import SpectralNormalization
from keras_gan.metrics import class_frechet_distance, classification_accuracy_score, label_accuracy, train_extractor

FLAGS = flags.FLAGS
flags.DEFINE_list("data", ["digits", "fashion-mnist"], "digits, fashion-mnist or both.")
flags.DEFINE_string("data_dir", _protocol.real_data(""), "Folder of fashion-mnist/, with its IDX files.")
flags.DEFINE_list(
    "ways",
    ["concatenation", "ACGAN", "ACGAN real", "projection", "projection resnet"],
    "Ways, each a row of the tables.",
)
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training.")
flags.DEFINE_boolean("shuffled", True, "Whether to train on shuffled labels as well, with the first seed.")
flags.DEFINE_float("seconds", 150.0, "Processor time of a training.", lower_bound=0.0)
flags.DEFINE_integer("samples", 100, "Samples of each class.", lower_bound=2)
flags.DEFINE_integer("judge_steps", 1000, "Training steps of each classifier.", lower_bound=1)
flags.DEFINE_string("out", "runs/conditioning.jsonl", "The log of finished runs: what is in it is not run again.")

NUM_CLASSES, BATCH_SIZE = 10, 64
SIDES = {"digits": 16, "fashion-mnist": 28}
SIZES = {"latent_dim": 64, "num_classes": NUM_CLASSES}


def concatenation(image_shape, seed):
    """Labels as an input of both networks."""
    return keras_gan.NonSaturatingGAN(*keras_gan.networks.dcgan(image_shape=image_shape, width=16, **SIZES), seed=seed)


def acgan(image_shape, seed, *, classified):
    """A classifier next to the discriminator."""
    networks = keras_gan.networks.acgan(image_shape=image_shape, width=16, **SIZES)
    return keras_gan.ACGAN(*networks, classified=classified, ema_half_life=5000, seed=seed)


def projection(image_shape, seed):
    """The inner product of a vector of the class with the features, for the networks of `concatenation`."""
    sizes = {"image_shape": image_shape, "width": 16, "latent_dim": SIZES["latent_dim"]}
    generator, _ = keras_gan.networks.dcgan(**sizes, num_classes=NUM_CLASSES)
    _, plain = keras_gan.networks.dcgan(**sizes)
    labels, features = keras.Input((), dtype="int32", name="labels"), plain.get_layer("flatten").output
    one_hot = keras.layers.CategoryEncoding(NUM_CLASSES, "one_hot")(labels)
    vectors = keras.layers.Dense(features.shape[-1], use_bias=False, dtype="float32")
    product = keras.layers.Dot(1, dtype="float32")([SpectralNormalization(vectors)(one_hot), features])
    logits = keras.layers.Add(dtype="float32")([plain.output, product])
    judge = keras.Model({"images": plain.input, "labels": labels}, logits)
    return keras_gan.NonSaturatingGAN(generator, judge, seed=seed)


def projection_resnet(image_shape, seed):
    """Conditional batch normalisation, and the inner product of a vector of the class with the features."""
    networks = keras_gan.networks.resnet(image_shape=image_shape, generator_width=16, discriminator_width=16, **SIZES)
    return keras_gan.HingeGAN(*networks, discriminator_steps=1, ema_half_life=5000, seed=seed)


WAYS = {
    "concatenation": concatenation,
    "ACGAN": functools.partial(acgan, classified="real_and_fake"),
    "ACGAN real": functools.partial(acgan, classified="real"),
    "projection": projection,
    "projection resnet": projection_resnet,
}


@functools.cache
def images_of(data, split):
    """Return uint8 images and int labels of a split."""
    if data == "fashion-mnist":
        if not FLAGS.data_dir:
            raise app.UsageError("Give --data_dir, or set $KERAS_GAN_TEST_DATA, for fashion-mnist; or --data=digits.")
        return _protocol.read_split(pathlib.Path(FLAGS.data_dir) / data, split)
    digits = keras_gan.data.load("digits", split=split, image_size=SIDES[data], labels=True)
    images, labels = (np.concatenate(parts) for parts in zip(*digits.one_pass(), strict=True))
    return np.rint(127.5 * (images + 1.0)).astype("uint8"), labels


class Budget(keras.callbacks.Callback):
    """Ends the training when it has used its share of processor time.

    Args:
        seconds: float, counted from the end of the first step, which compiles.

    Attributes:
        steps: int, steps taken.
    """

    def __init__(self, seconds):
        super().__init__()
        self.seconds, self.steps = seconds, 0

    def on_train_batch_end(self, batch, logs=None):
        """Count the step, and stop after the last that the budget pays."""
        self.steps += 1
        if self.steps == 1:
            self._begin = time.process_time()
        elif time.process_time() - self._begin >= self.seconds:
            self.model.stop_training = True


def train(way, data, seed, labels):
    """Return a trained GAN and the number of its training steps."""
    keras.utils.set_random_seed(seed)
    images, _ = images_of(data, "train")
    gan = WAYS[way]((*images.shape[1:3], 1), seed)
    gan.compile()
    dataset = keras_gan.data.load((images, labels), labels=True, batch_size=BATCH_SIZE, seed=seed)
    budget = Budget(FLAGS.seconds)
    gan.fit(dataset, epochs=1, steps_per_epoch=10**6, callbacks=[budget], verbose=0)
    return gan, budget.steps


def measured(data, images, labels, judge):
    """Measure labelled images in [-1, 1]; return a dict."""
    embedded, (test, test_labels) = judge(images), images_of(data, "test")
    found = label_accuracy(embedded.logits, labels)
    real, real_labels = scaled(test), test_labels
    within = class_frechet_distance(judge(real).features, real_labels, embedded.features, labels)
    score = classification_accuracy_score((images, labels), (real, real_labels), steps=FLAGS.judge_steps)
    return {
        "accuracy": found.accuracy,
        "worst": min(found.by_class.values()),
        "distance": within.mean,
        "score": score,
    }


def scaled(pixels):
    """Return bytes as float32 in [-1, 1]."""
    return pixels.astype("float32") / 127.5 - 1.0


def real_row(data, judge):
    """Measure as many real training images of each class as there are samples."""
    images, labels = images_of(data, "train")
    rows = np.concatenate([np.flatnonzero(labels == label)[: FLAGS.samples] for label in range(NUM_CLASSES)])
    return measured(data, scaled(images[rows]), labels[rows], judge)


def run(way, data, seed, judge, *, shuffled):
    """Train a GAN and measure its samples; return the results for the log, a dict."""
    labels = images_of(data, "train")[1]
    if shuffled:
        labels = np.random.default_rng(seed).permutation(labels)
    gan, steps = train(way, data, seed, labels)
    asked = np.repeat(np.arange(NUM_CLASSES), FLAGS.samples)
    return {"steps": steps} | measured(data, gan.generate(len(asked), labels=asked, seed=0), asked, judge)


def rows(data, log, judge):
    """Yield the rows of a table."""
    settings = {"data": data, "samples": FLAGS.samples, "judge_steps": FLAGS.judge_steps}
    settings["judge"] = judge.fingerprint
    yield row("real training images", log.result(settings | {"way": "real"}, lambda: real_row(data, judge)))
    seeds = [(seed, False) for seed in map(int, FLAGS.seeds)]
    seeds += [(seeds[0][0], True)] if FLAGS.shuffled else []
    for seed, shuffled in sorted(seeds, key=lambda pair: pair[1]):
        for way in FLAGS.ways:
            own = settings | {"way": way, "seed": seed, "seconds": FLAGS.seconds, "shuffled": shuffled}
            result = log.result(own, functools.partial(run, way, data, seed, judge, shuffled=shuffled))
            yield row(f"{way}, seed {seed}{', shuffled labels' if shuffled else ''}", result)


def row(name, result):
    """One row of the table."""
    cells = [f"{result['accuracy']:.3f}", f"{result['worst']:.2f}", f"{result['distance']:.2f}"]
    return name, *cells, f"{result['score']:.3f}", result.get("steps", "")


def main(argv):
    """Train, measure, print."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    if unknown := {*FLAGS.ways} - {*WAYS} | {*FLAGS.data} - {*SIDES}:
        raise app.UsageError(
            f"--ways must be some of {', '.join(map(repr, WAYS))}, and --data of {', '.join(SIDES)}. "
            f"Received: {', '.join(map(repr, sorted(unknown)))}"
        )
    for data in FLAGS.data:
        judge = train_extractor(keras_gan.data.load(images_of(data, "train"), labels=True), steps=FLAGS.judge_steps)
        print(f"\n{data}, {FLAGS.seconds:g} s of processor time, {FLAGS.samples} samples of each class; {judge!r}")
        header = ["samples of", "label accuracy", "worst class", "distance within class", "trained on samples", "steps"]
        _protocol.print_table(header, rows(data, _protocol.RunLog(FLAGS.out), judge))


if __name__ == "__main__":
    app.run(main)
