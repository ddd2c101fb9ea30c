"""Do the two halves of a picture agree? Two digits of one class side by side, with self-attention and without.

    python benchmarks/long_range.py --seeds=0,1,2,3,4

Each picture, 16x32, has two of scikit-learn's digits next to each other: always two of the same class, and otherwise
two at random. A convolution sees a few pixels around each one, so only the last layers of a discriminator see both
digits. The networks are those of SAGAN (`networks.sagan`, Zhang et al. 2018, arXiv 1805.08318) with the hinge loss and
its two learning rates, both five times the paper's because a run takes about three minutes on one core: with attention
on the maps of 8x16, and without it.

A classifier that saw only the train split reads each half. "Same class" is the share of samples whose halves it reads
as the same class. A generator that always draws the same class would have a high share too, so the table also has the
share after the right halves have been exchanged at random: that of halves that know nothing of each other.

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
import tensorflow as tf

import keras_gan
from keras_gan.callbacks import Checkpoint
from keras_gan.metrics import train_extractor

FLAGS = flags.FLAGS
_protocol.define_flags(gans=["HingeGAN"], steps=3000, out="runs/long_range.jsonl")
flags.DEFINE_list("attention_sides", ["8", "0"], "The smaller sides of the maps with attention, each a row; 0: none.")
flags.DEFINE_integer("width", 12, "Channels of the networks next to the picture.", lower_bound=1)
flags.DEFINE_integer("samples", 2000, "Samples that are read.", lower_bound=2)
flags.DEFINE_float("learning_rate", 2e-3, "Of the discriminator; that of the generator is a quarter.", lower_bound=0)
flags.DEFINE_string("run_dir", "runs/long_range", "Where the checkpoints go.")

SETTINGS = ("steps", "width", "samples", "learning_rate")
SIDE, CLASSES, BATCH_SIZE, LATENT_DIM = 16, 10, 64, 64
CHECKPOINT_EVERY = 500


def digits(split):
    """Return labelled batches of scikit-learn's digits at 16x16."""
    return keras_gan.data.load("digits", split=split, image_size=SIDE, labels=True)


def by_class(split):
    """Return the images of each class, a list of arrays `(num_images, 16, 16, 1)`."""
    batches = list(digits(split).one_pass())
    images, labels = (np.concatenate([np.asarray(batch[i]) for batch in batches]) for i in range(2))
    return [images[labels == label] for label in range(CLASSES)]


def twins(images, seed):
    """Return endless batches of pairs of a random class; a function of the seed and the step.

    Args:
        images: list of the images of each class.
        seed: int.

    Returns:
        `tf.data.Dataset` of float32 `(64, 16, 32, 1)`, with `from_step`.
    """
    with tf.device("CPU:0"):
        counts = tf.constant([len(each) for each in images])
        starts = tf.cumsum(counts, exclusive=True)
        images = tf.constant(np.concatenate(images))

    def batch(step):
        drawn = tf.random.stateless_uniform((BATCH_SIZE, 3), (seed, step), 0, 2**30, tf.int32, alg="philox")
        classes = drawn[:, 0] % len(counts)
        chosen = tf.gather(starts, classes)[:, None] + drawn[:, 1:] % tf.gather(counts, classes)[:, None]
        return tf.concat([tf.gather(images, chosen[:, half]) for half in range(2)], axis=2)

    def from_step(start):
        steps = tf.data.Dataset.range(start, 2**40)
        steps = steps.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
        return steps.map(batch, num_parallel_calls=2, deterministic=True).prefetch(2)

    dataset = from_step(0)
    dataset.from_step = from_step
    return dataset


def agreement(pictures, classifier):
    """Read both halves; return the shares of the same class, as drawn and with exchanged halves, and the classes."""
    left, right = (
        np.argmax(classifier(half).logits, axis=-1) for half in (pictures[:, :, :SIDE], pictures[:, :, SIDE:])
    )
    shares = [np.bincount(half, minlength=CLASSES) / len(half) for half in (left, right)]
    return {
        "same": float(np.mean(left == right)),
        # The mean over all ways to exchange them.
        "exchanged": float(shares[0] @ shares[1]),
        "smallest_class": float(min(np.min(share) for share in shares)),
    }


def make_gan(name, attention_side, seed):
    """Return the compiled GAN."""
    keras.utils.set_random_seed(seed)
    networks = keras_gan.networks.sagan(
        image_shape=(SIDE, 2 * SIDE, 1), latent_dim=LATENT_DIM, width=FLAGS.width, attention_side=attention_side
    )
    gan = _protocol.gan_class(name)(*networks, discriminator_steps=1, ema_half_life=5000, seed=seed)
    rates = (FLAGS.learning_rate / 4, FLAGS.learning_rate)
    gan.compile(*(keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.9, epsilon=1e-8) for rate in rates))
    return gan


def train(name, attention_side, seed, images, classifier):
    """Train a GAN and read its samples; return the results for the log."""
    gan = make_gan(name, attention_side, seed)
    settings = f"{name}_attention_{attention_side}_width_{FLAGS.width}_steps_{FLAGS.steps}_rate_{FLAGS.learning_rate}"
    checkpoint = Checkpoint(
        pathlib.Path(FLAGS.run_dir) / f"{settings}_seed_{seed}", every=CHECKPOINT_EVERY, unit="step", keep=1
    )
    epochs = _protocol.epochs_of(FLAGS.steps, at_most=50)
    trained = _protocol.fit(gan, twins(images, seed), FLAGS.steps, epochs=epochs, callbacks=[checkpoint])
    return agreement(gan.generate(FLAGS.samples, seed=0), classifier) | trained


def row(name, result):
    """Return one row of the table."""
    pace = f"{result['ms_per_step']:.0f}" if "ms_per_step" in result else ""
    return name, *(f"{result[key]:.3f}" for key in ("same", "exchanged", "smallest_class")), pace


def rows(classifier):
    """Yield the rows: of real pictures, and of each GAN, map with attention and seed."""
    real = np.concatenate(list(twins(by_class("test"), seed=0).take(-(-FLAGS.samples // BATCH_SIZE))))
    yield row("real digits, test split", agreement(real, classifier))
    log, images = _protocol.RunLog(FLAGS.out), by_class("train")
    for name in FLAGS.gans:
        for side in map(int, FLAGS.attention_sides):
            for seed in map(int, FLAGS.seeds):
                settings = {"gan": name, "attention_side": side, "seed": seed, "classifier": classifier.fingerprint}
                settings |= {key: FLAGS[key].value for key in SETTINGS}

                def run(name=name, side=side, seed=seed):
                    return train(name, side, seed, images, classifier)

                where = f"attention at {side}x{2 * side}" if side else "no attention"
                yield row(f"{name}, {where}, seed {seed}", log.result(settings, run))


def main(argv):
    """Train, read, print."""
    _protocol.begin(argv)
    classifier = train_extractor(digits("train"))
    print(f"The classifier reads {classifier.accuracy:.1%} of the digits that were held out rightly.")
    print(f"{FLAGS.steps:,} steps, width {FLAGS.width}, rates {FLAGS.learning_rate / 4:g} and {FLAGS.learning_rate:g}.")
    header = ["", "same class", "with exchanged halves", "smallest class", "ms a step"]
    _protocol.print_table(header, rows(classifier))


if __name__ == "__main__":
    app.run(main)
