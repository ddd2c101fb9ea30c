"""Which modes does a GAN find? A ring of 8 and a grid of 25 Gaussians; prints a Markdown table for each.

    python benchmarks/gaussians.py --seeds=0,1,2
    python benchmarks/gaussians.py --gans=RelativisticGAN --data=ring

The protocol of the literature on mode collapse: 25,000 training steps on batches of 256, then 2,500 samples. A mode
counts if a sample lies within three standard deviations of it. The table also has the share of such samples (98.9 % for
the data) and the reverse KL divergence over the modes, as `keras_gan.metrics.mode_coverage` defines them.

    ring: 8 modes on a circle of radius 1, standard deviation 0.01
    grid: 25 modes at {-4, -2, 0, 2, 4} x {-4, -2, 0, 2, 4}, standard deviation 0.05

The points are new at every step, so no training set can be memorised. All seeds are printed. A finished run is a line
in --out, whatever its result, and is not run again: the same command resumes an interrupted benchmark.
"""

import dataclasses
import os
import typing

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import keras
import numpy as np
import tensorflow as tf

import keras_gan
from keras_gan.metrics import mode_coverage
from keras_gan.schedules import LinearDecay

FLAGS = flags.FLAGS
_protocol.define_flags(
    gans=["NonSaturatingGAN", "LSGAN", "HingeGAN", "WGAN", "WGANGP", "RelativisticGAN", "R3GAN"],
    steps=25000,
    out="runs/gaussians.jsonl",
)
flags.DEFINE_list("data", ["ring", "grid"], "ring, grid or both.")

flags.register_validator("data", lambda names: set(names) <= {"ring", "grid"}, "must be ring, grid or ring,grid")

BATCH_SIZE, NUM_SAMPLES = 256, 2500
# Batches that are drawn at once: one by one they would take longer than a training step.
CHUNK = 64
NETWORKS = {"latent_dim": 2, "width": 128, "depth": 2}
EMA_HALF_LIFE = 100 * BATCH_SIZE

# (modes, share of good samples, reverse KL) on the ring and on the grid, where the papers give them: the first and the
# third from Lin et al. 2018 (PacGAN, arXiv 1712.04086), table 1, means of ten runs with larger networks; the second
# from Srivastava et al. 2017 (VEEGAN, arXiv 1705.07761), table 1.
PUBLISHED = {
    "GAN": {"ring": (6.3, 0.982, 0.45), "grid": (17.3, 0.948, 0.70)},
    "VEEGAN": {"ring": (8, 0.529, None), "grid": (24.6, 0.400, None)},
    "PacGAN4": {"ring": (7.8, 0.959, 0.07), "grid": (24.8, 0.936, 0.04)},
}


@dataclasses.dataclass(frozen=True)
class Recipe:
    """The settings of one GAN; plain data, which the log keeps.

    Attributes:
        learning_rate: of both players, at first; it falls to 0 along a line.
        beta_1: of Adam, whose beta_2 is 0.99; None for RMSprop.
        spectral_normalization: whether the discriminator has it.
        penalty: name of a penalty and its weight, or None for the defaults of the GAN.
        options: further arguments of the GAN.
    """

    learning_rate: float = 1e-3
    beta_1: float | None = 0.5
    spectral_normalization: bool = False
    penalty: tuple[str, float] | None = None
    options: dict = dataclasses.field(default_factory=dict)


# Chosen by trial on seed 0 only. By GAN, or by GAN and data if both need different settings.
RECIPES = {
    "HingeGAN": Recipe(beta_1=0.0, spectral_normalization=True, options={"discriminator_steps": 1}),
    "WGAN": Recipe(learning_rate=5e-4, beta_1=None, options={"clip": 0.1}),
    "WGANGP": Recipe(beta_1=0.0, penalty=("GradientPenalty", 0.1)),
    ("RelativisticGAN", "ring"): Recipe(penalty=("R1", 0.01)),
    ("RelativisticGAN", "grid"): Recipe(penalty=("R1", 0.001)),
    # That of `RelativisticGAN`, and R2 of the same weight.
    ("R3GAN", "ring"): Recipe(options={"gamma": 0.01}),
    ("R3GAN", "grid"): Recipe(options={"gamma": 0.001}),
}


def recipe_of(name, data):
    """Return the recipe of a GAN on the ring or the grid."""
    return RECIPES.get((name, data)) or RECIPES.get(name) or Recipe()


class Mixture(typing.NamedTuple):
    """Equal, round Gaussians in the plane, scaled so that the tanh of the generator easily reaches all of them.

    The measures do not depend on the scale.
    """

    centres: np.ndarray
    standard_deviation: float


def ring():
    """Return the ring."""
    angles = 2 * np.pi * np.arange(8) / 8
    return _shrunk(np.stack([np.cos(angles), np.sin(angles)], axis=1), 0.01, radius=1.0)


def grid():
    """Return the grid."""
    ticks = np.arange(-4.0, 5.0, 2.0)
    return _shrunk(np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2), 0.05, radius=4.0)


def _shrunk(centres, standard_deviation, *, radius):
    return Mixture(0.8 / radius * centres, 0.8 / radius * standard_deviation)


MIXTURES = {"ring": ring, "grid": grid}


def stream(mixture, seed):
    """Return endless batches of new points, a function of the seed and the step."""
    centres = tf.constant(mixture.centres, tf.float32)
    shape = (CHUNK, BATCH_SIZE)

    def draw(chunk):
        modes = tf.random.stateless_uniform(shape, (seed, 2 * chunk), 0, len(centres), tf.int32, alg="philox")
        noise = tf.random.stateless_normal((*shape, 2), (seed, 2 * chunk + 1), alg="philox")
        return tf.gather(centres, modes) + mixture.standard_deviation * noise

    batches = tf.data.Dataset.range(2**40).map(draw).unbatch()
    return batches.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY)).prefetch(CHUNK)


def make_gan(name, recipe, seed, *, steps, steps_per_execution):
    """Return the compiled GAN, whose learning rates fall to 0 in the given steps."""
    keras.utils.set_random_seed(seed)
    networks = keras_gan.networks.mlp(
        image_shape=(2,),
        generator_normalization=None,
        spectral_normalization=recipe.spectral_normalization,
        **NETWORKS,
    )
    options = {"ema_half_life": EMA_HALF_LIFE, "seed": seed, **recipe.options}
    if recipe.penalty is not None:
        penalty, weight = recipe.penalty
        options["penalties"] = [getattr(keras_gan.penalties, penalty)(weight)]
    gan = _protocol.gan_class(name)(*networks, **options)
    optimizers = [make_optimizer(recipe, steps) for _ in range(2)]
    gan.compile(*optimizers, steps_per_execution=steps_per_execution, jit_compile=True)
    return gan


def make_optimizer(recipe, steps):
    """Return a new optimizer for one of the players."""
    rate = LinearDecay(recipe.learning_rate, steps)
    if recipe.beta_1 is None:
        return keras.optimizers.RMSprop(rate, rho=0.99, epsilon=1e-8)
    return keras.optimizers.Adam(rate, recipe.beta_1, beta_2=0.99, epsilon=1e-8)


def train(name, data, seed):
    """Train a GAN and measure its samples; return the results for the log."""
    mixture, epochs = MIXTURES[data](), _protocol.epochs_of(FLAGS.steps, at_most=10)
    gan = make_gan(name, recipe_of(name, data), seed, steps=FLAGS.steps, steps_per_execution=FLAGS.steps // epochs)
    trained = _protocol.fit(gan, stream(mixture, seed), FLAGS.steps, epochs=epochs)
    samples = gan.generate(NUM_SAMPLES, seed=0)
    return mode_coverage(samples, mixture.centres, mixture.standard_deviation)._asdict() | trained


def rows(data):
    """Yield the rows of one table: as published, of the data themselves, and of each GAN and seed."""
    for name, published in PUBLISHED.items():
        num_modes, share, divergence = published[data]
        yield f"{name}, published", num_modes, f"{share:.1%}", "" if divergence is None else f"{divergence:.2f}", ""
    mixture, log = MIXTURES[data](), _protocol.RunLog(FLAGS.out)
    points = np.concatenate(list(stream(mixture, 0).take(10)))[:NUM_SAMPLES]
    yield row("the data", mode_coverage(points, mixture.centres, mixture.standard_deviation)._asdict())
    for name in FLAGS.gans:
        for seed in map(int, FLAGS.seeds):
            settings = {"gan": name, "data": data, "seed": seed, "steps": FLAGS.steps, "networks": NETWORKS}
            settings["recipe"] = dataclasses.asdict(recipe_of(name, data))
            result = log.result(settings, lambda name=name, seed=seed: train(name, data, seed))
            yield row(f"{name}, seed {seed}", result)


def row(name, result):
    """Return one row of a table."""
    pace = f"{result['ms_per_step']:.1f}" if "ms_per_step" in result else ""
    return name, result["num_modes"], f"{result['high_quality_share']:.1%}", f"{result['reverse_kl']:.3f}", pace


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    for data in FLAGS.data:
        header = [f"{data}, {FLAGS.steps:,} steps", f"modes of {len(MIXTURES[data]().centres)}"]
        _protocol.print_table([*header, "share of good samples", "reverse KL", "ms a step"], rows(data))


if __name__ == "__main__":
    app.run(main)
