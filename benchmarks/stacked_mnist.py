"""How many of 1,000 modes does a GAN find? Three random digits in the channels of one picture; prints a Markdown table.

    python benchmarks/stacked_mnist.py --mnist_dir=/data/mnist --seeds=0,1,2
    python benchmarks/stacked_mnist.py --gans=WGANGP,RelativisticGAN --width=16 --steps=5000

Stacked MNIST of Metz et al. 2016 (arXiv 1611.02163), with the networks and settings of Lin et al. 2018 (PacGAN, arXiv
1712.04086): the DCGAN of four stages with kernels of 5 and 64 channels, 100 latents, batches of 64, Adam(2e-4,
beta_1=0.5); 25,000 training steps, then 26,000 samples. A classifier of digits that saw only the train split reads each
channel, and the three digits are the mode. The table has the number of modes that a sample belongs to, and the KL
divergence of the samples' modes from the uniform distribution, with the least value to expect for this number of
samples (`keras_gan.metrics.class_coverage`).

The digits are MNIST's, from --mnist_dir or mnist/ in $KERAS_GAN_TEST_DATA; without them, scikit-learn's digits are
enlarged. Another --width or --steps is not the protocol: such rows are marked, and only compare GANs with each other.
Three things differ from the authors' code. It stacks 128,000 pictures once; here the pictures are stacked again at
every step. Its latents are uniform; here they are normal. Its generator makes two updates per step; here the players
take turns.

A finished run is a line in --out, whatever its result, and is not run again. An interrupted run resumes from its last
checkpoint in --run_dir.
"""

import os
import pathlib

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import keras
from _stacks import coverage, pictures, stacks

import keras_gan
from keras_gan.callbacks import Checkpoint
from keras_gan.metrics import train_extractor
from keras_gan.penalties import R1

FLAGS = flags.FLAGS
_protocol.define_flags(gans=["NonSaturatingGAN", "RelativisticGAN"], steps=25000, out="runs/stacked_mnist.jsonl")
flags.DEFINE_integer("width", 64, "Channels of the networks next to the picture.", lower_bound=1)
flags.DEFINE_integer("samples", 26000, "Samples that are read.", lower_bound=1)
flags.DEFINE_string("mnist_dir", _protocol.real_data("mnist"), "Folder of MNIST's IDX files; empty for scikit-learn's.")
flags.DEFINE_string("run_dir", "runs/stacked_mnist", "Where the checkpoints go.")

PROTOCOL = {"width": 64, "steps": 25000, "samples": 26000}
SIDE, BATCH_SIZE, LATENT_DIM = 28, 64, 100
CHECKPOINT_EVERY = 500

# What the protocol leaves open: for each GAN, a normalisation of the discriminator that suits its loss, and penalties.
BATCH_NORMALIZATION = {"discriminator_normalization": "batch", "spectral_normalization": False}
NETWORKS = {
    "HingeGAN": {"spectral_normalization": True},
    "RelativisticGAN": {"spectral_normalization": False},
    "WGANGP": {"discriminator_normalization": "layer", "spectral_normalization": False},
}
OPTIONS = {
    "HingeGAN": lambda: {"discriminator_steps": 1},
    "RelativisticGAN": lambda: {"penalties": [R1(1.0)]},
}

# (modes, KL in nats) of the 1,000: the first four from Srivastava et al. 2017 (VEEGAN, arXiv 1705.07761), the last from
# Lin et al. 2018, who stack MNIST in the same way.
PUBLISHED = {
    "DCGAN": (99, 3.40),
    "ALI": (16, 5.40),
    "Unrolled GAN": (48.7, 4.32),
    "VEEGAN": (150, 2.95),
    "PacDCGAN2": (1000, 0.06),
}


def digits(split):
    """Return labelled batches of MNIST, or of scikit-learn's digits without it, at 28x28."""
    if not FLAGS.mnist_dir:
        return keras_gan.data.load("digits", split=split, image_size=SIDE, labels=True)
    return keras_gan.data.load(_protocol.read_split(FLAGS.mnist_dir, split), labels=True)


def make_gan(name, seed):
    """Return the compiled GAN."""
    keras.utils.set_random_seed(seed)
    networks = keras_gan.networks.dcgan(
        image_shape=(SIDE, SIDE, 3),
        latent_dim=LATENT_DIM,
        width=FLAGS.width,
        kernel_size=5,
        stages=4,
        **NETWORKS.get(name, BATCH_NORMALIZATION),
    )
    gan = _protocol.gan_class(name)(*networks, seed=seed, **OPTIONS.get(name, dict)())
    gan.compile(*(keras.optimizers.Adam(2e-4, beta_1=0.5, epsilon=1e-8) for _ in range(2)))
    return gan


def train(name, seed, images, classifier):
    """Train a GAN and read its samples; return the results for the log."""
    gan = make_gan(name, seed)
    run_dir = pathlib.Path(FLAGS.run_dir) / f"{name}_width_{FLAGS.width}_steps_{FLAGS.steps}_seed_{seed}"
    checkpoint = Checkpoint(run_dir, every=CHECKPOINT_EVERY, unit="step", keep=1)
    epochs = _protocol.epochs_of(FLAGS.steps, at_most=50)
    trained = _protocol.fit(gan, stacks(images, seed, BATCH_SIZE), FLAGS.steps, epochs=epochs, callbacks=[checkpoint])
    batches = (gan.generate(1000, seed=number) for number in range(-(-FLAGS.samples // 1000)))
    return coverage(batches, classifier, FLAGS.samples) | trained


def row(name, result):
    """Return one row of the table."""
    pace = f"{result['ms_per_step']:.0f}" if "ms_per_step" in result else ""
    return name, result["num_modes"], f"{result['kl']:.2f}", f"{result['kl_floor']:.3f}", pace


def rows(classifier):
    """Yield the rows: as published, of real digits, and of each GAN and seed."""
    for name, (num_modes, divergence) in PUBLISHED.items():
        yield f"{name}, published", num_modes, f"{divergence:.2f}", "0.019", ""
    test = stacks(pictures(digits("test")), 0, BATCH_SIZE).take(-(-FLAGS.samples // BATCH_SIZE))
    yield row("real digits, test split", coverage(test, classifier, FLAGS.samples))
    log, images = _protocol.RunLog(FLAGS.out), pictures(digits("train"))
    sizes = {name: FLAGS[name].value for name in PROTOCOL}
    changed = [f"{name} {sizes[name]:,}" for name in PROTOCOL if sizes[name] != PROTOCOL[name]]
    for name in FLAGS.gans:
        for seed in map(int, FLAGS.seeds):
            settings = {"gan": name, "seed": seed, **sizes, "classifier": classifier.fingerprint}
            result = log.result(settings, lambda name=name, seed=seed: train(name, seed, images, classifier))
            yield row(", ".join([name, f"seed {seed}", *changed]), result)


def main(argv):
    """Train, read, print."""
    _protocol.begin(argv)
    classifier = train_extractor(digits("train"))
    print(f"The classifier reads {classifier.accuracy:.1%} of the digits that were held out rightly.")
    _protocol.print_table(["", "modes of 1,000", "KL", "its floor", "ms a step"], rows(classifier))


if __name__ == "__main__":
    app.run(main)
