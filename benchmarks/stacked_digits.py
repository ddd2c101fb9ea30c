"""Which objective finds all modes? Three of scikit-learn's digits in one picture of 16x16; prints a Markdown table.

    python benchmarks/stacked_digits.py --seeds=0,1,2

Huang et al. 2024 (R3GAN, arXiv 2501.05441) report 1,000 of 1,000 modes and a divergence of 0.078 on Stacked MNIST for
the relativistic pairing loss with R1 and R2, and that training fails without R2. Here all objectives have the same
small networks (`--network`), latents, optimizers and number of steps, on digits that install with the package.

A classifier of digits that saw only the train split reads each channel, and the three digits are the mode. The table
has the number of modes that a sample belongs to, and the KL divergence of the samples' modes from the uniform
distribution, in nats, with the least value to expect for this number of samples (`keras_gan.metrics.class_coverage`);
then the smallest divergence that was read during the training, and its step.

A finished run is a line in --out, whatever its result, and is not run again. An interrupted run resumes from its last
checkpoint in --run_dir.
"""
# ruff: noqa: ARG002 - Keras fixes the hooks.

import os
import pathlib

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import keras
from _stacks import coverage, pictures, stacks

import keras_gan
from keras_gan import NonSaturatingGAN, RelativisticGAN
from keras_gan.callbacks import Checkpoint
from keras_gan.metrics import train_extractor
from keras_gan.penalties import R1, R2

FLAGS = flags.FLAGS
_protocol.define_flags(gans=[], steps=20000, out="runs/stacked_digits.jsonl")
flags.DEFINE_list("objectives", ["pairing_r1_r2", "non_saturating_r1", "pairing"], "Rows of the table.")
flags.DEFINE_enum("network", "dcgan", ["dcgan", "r3gan"], "Networks of both players.")
flags.DEFINE_integer("width", 32, "Channels of the networks next to the picture.", lower_bound=1)
flags.DEFINE_float("gamma", 1.0, "Weight of each gradient penalty.", lower_bound=0.0)
flags.DEFINE_float("learning_rate", 5e-4, "Of both players' Adam.", lower_bound=0.0)
flags.DEFINE_integer("samples", 20000, "Samples that are read.", lower_bound=1)
flags.DEFINE_string("run_dir", "runs/stacked_digits", "Where the checkpoints go.")

SIDE, BATCH_SIZE, LATENT_DIM = 16, 64, 64
PARTS = 10

# The class and the penalties of each objective.
OBJECTIVES = {
    "pairing_r1_r2": (RelativisticGAN, (R1, R2)),
    "pairing_r1": (RelativisticGAN, (R1,)),
    "pairing": (RelativisticGAN, ()),
    "non_saturating_r1_r2": (NonSaturatingGAN, (R1, R2)),
    "non_saturating_r1": (NonSaturatingGAN, (R1,)),
}


def digits(split):
    """Return labelled batches of scikit-learn's digits at 16x16."""
    return keras_gan.data.load("digits", split=split, image_size=SIDE, labels=True)


def make_gan(objective, seed):
    """Return the compiled GAN."""
    keras.utils.set_random_seed(seed)
    options = {"spectral_normalization": False} if FLAGS.network == "dcgan" else {}
    networks = getattr(keras_gan.networks, FLAGS.network)(
        image_shape=(SIDE, SIDE, 3), latent_dim=LATENT_DIM, width=FLAGS.width, **options
    )
    kind, penalties = OBJECTIVES[objective]
    gan = kind(*networks, penalties=[penalty(FLAGS.gamma) for penalty in penalties], ema_half_life=10_000, seed=seed)
    gan.compile(*(keras.optimizers.Adam(FLAGS.learning_rate, 0.0, 0.99, epsilon=1e-8) for _ in range(2)))
    return gan


class Coverage(keras.callbacks.Callback):
    """Adds the modes that samples reach to the logs of each epoch."""

    def __init__(self, classifier):
        super().__init__()
        self._classifier = classifier

    def on_epoch_end(self, epoch, logs=None):
        """Read some samples."""
        logs |= read(self.model, self._classifier, min(FLAGS.samples, 5000))


def read(gan, classifier, num_samples):
    """Return the modes and divergences of a GAN's samples."""
    batches = (gan.generate(1000, seed=number, batch_size=250) for number in range(-(-num_samples // 1000)))
    return coverage(batches, classifier, num_samples)


def train(objective, seed, images, classifier):
    """Train a GAN and read its samples; return the results for the log."""
    gan = make_gan(objective, seed)
    name = f"{objective}_{FLAGS.network}_width_{FLAGS.width}_gamma_{FLAGS.gamma}_steps_{FLAGS.steps}_seed_{seed}"
    callbacks = [Coverage(classifier), Checkpoint(pathlib.Path(FLAGS.run_dir, name), keep=1)]
    epochs = _protocol.epochs_of(FLAGS.steps, at_most=PARTS)
    trained = _protocol.fit(gan, stacks(images, seed, BATCH_SIZE), FLAGS.steps, epochs=epochs, callbacks=callbacks)
    return trained | read(gan, classifier, FLAGS.samples)


def row(name, result):
    """Return one row of the table."""
    pace = f"{result['ms_per_step']:.0f}" if "ms_per_step" in result else ""
    return name, result["num_modes"], f"{result['kl']:.3f}", f"{result['kl_floor']:.3f}", pace


def rows(classifier):
    """Yield the rows: of real digits, and of each objective and seed."""
    for split in ("test", "train"):
        real = stacks(pictures(digits(split)), 0, BATCH_SIZE).take(-(-FLAGS.samples // BATCH_SIZE))
        yield row(f"real digits, {split} split", coverage(real, classifier, FLAGS.samples))
    log, images = _protocol.RunLog(FLAGS.out), pictures(digits("train"))
    sizes = {name: FLAGS[name].value for name in ("network", "width", "gamma", "learning_rate", "steps", "samples")}
    for objective in FLAGS.objectives:
        for seed in map(int, FLAGS.seeds):
            settings = {"objective": objective, "seed": seed, **sizes, "classifier": classifier.fingerprint}
            result = log.result(settings, lambda o=objective, s=seed: train(o, s, images, classifier))
            yield row(f"{objective}, seed {seed}", result)


def main(argv):
    """Train, read, print."""
    _protocol.begin(argv)
    classifier = train_extractor(digits("train"))
    print(f"The classifier reads {classifier.accuracy:.1%} of the digits that were held out rightly.")
    print(f"{FLAGS.network}, width {FLAGS.width}, gamma {FLAGS.gamma}, {FLAGS.steps:,} steps.")
    _protocol.print_table(["", "modes of 1,000", "KL", "its floor", "ms a step"], rows(classifier))


if __name__ == "__main__":
    app.run(main)
