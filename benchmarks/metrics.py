"""How fast are the metrics on features, compared with the formulas of other packages? Prints a Markdown table.

Then it measures what `callbacks.Evaluate` adds to an epoch of training (--epochs=0 to skip this).

    python benchmarks/metrics.py
    python benchmarks/metrics.py --metric=precision_recall --metric=density_coverage --sizes=1000,10000 --width=64
    python benchmarks/metrics.py --metric=precision_recall --sizes=50000 --rounds=1 --nopeers

Both sides get the same float64 features and take turns, so that other load on the machine slows both equally. The ratio
is of their medians. The formula is direct NumPy in float64: `scipy.linalg.sqrtm` of the product of the covariances for
the Frechet distance; three products and `** 3` for each pair of subsets for the kernel distance, which draws subsets of
its own; and whole matrices of distances for the other two, which at 50,000 samples would take 20 GB each. The values
are printed, ours first: all but those of the kernel distance must agree. Peak memory is that of the process, so with
`--nopeers` it is ours.
"""
# ruff: noqa: ARG002, D102 - Keras fixes the hooks.

import os
import resource
import statistics
import time

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import scipy.linalg

import keras_gan
from keras_gan import metrics

FLAGS = flags.FLAGS
flags.DEFINE_list("sizes", ["1000", "5000"], "Samples of either side, a table row each.")
flags.DEFINE_integer("width", 2048, "Features of a sample.", lower_bound=1)
flags.DEFINE_integer("rounds", 3, "Turns of each side.", lower_bound=1)
flags.DEFINE_integer("num_subsets", 20, "Subsets of the kernel distance.", lower_bound=1)
flags.DEFINE_integer("subset_size", 1000, "Samples in a subset, at most.", lower_bound=2)
flags.DEFINE_bool("peers", True, "Whether to run the formulas of others.")
flags.DEFINE_integer("epochs", 4, "Training epochs with an evaluation after each; 0 for none.", lower_bound=0)


def features(num_samples, width):
    """Two sets of features with a falling spectrum, as networks have, and with some different means."""
    rng = np.random.default_rng(0)
    deviations = np.arange(1.0, width + 1.0) ** -0.5
    real, fake = (rng.normal(size=(num_samples, width)) * deviations for _ in range(2))
    fake[:, ::2] += 0.5 * deviations[::2]
    return real, fake


def frechet_by_sqrtm(real, fake):
    """The Frechet distance with a root of the product of the covariances."""
    first, second = np.cov(real, rowvar=False), np.cov(fake, rowvar=False)
    root = scipy.linalg.sqrtm(first @ second)
    shift = real.mean(axis=0) - fake.mean(axis=0)
    return shift @ shift + np.trace(first) + np.trace(second) - 2 * np.trace(root.real)


def kernel_by_numpy(real, fake):
    """The mean kernel distance of subsets, with three whole matrices each."""
    rng = np.random.default_rng(0)
    size, width = subset_size(real), real.shape[1]
    distances = []
    for _ in range(FLAGS.num_subsets):
        x, y = (side[rng.choice(len(side), size, replace=False)] for side in (real, fake))
        xx, yy, xy = ((a @ b.T / width + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
        within = xx.sum() - np.diag(xx).sum() + yy.sum() - np.diag(yy).sum()
        distances.append(within / (size * (size - 1)) - 2 * xy.mean())
    return np.mean(distances)


def distances_by_numpy(first, second):
    """All distances at once."""
    squares = np.square(first).sum(axis=1)[:, None] + np.square(second).sum(axis=1) - 2 * first @ second.T
    return np.sqrt(np.maximum(squares, 0))


def radii_by_numpy(samples, num_neighbours):
    """The distance of each sample to its k-th neighbour; the nearest is the sample."""
    return np.partition(distances_by_numpy(samples, samples), num_neighbours, axis=1)[:, num_neighbours]


def precision_recall_by_numpy(real, fake):
    """Precision and recall from whole matrices."""
    real_radii, fake_radii = radii_by_numpy(real, 3), radii_by_numpy(fake, 3)
    between = distances_by_numpy(real, fake)
    return (between <= real_radii[:, None]).any(axis=0).mean(), (between <= fake_radii).any(axis=1).mean()


def density_coverage_by_numpy(real, fake):
    """Density and coverage from whole matrices."""
    inside = distances_by_numpy(real, fake) < radii_by_numpy(real, 5)[:, None]
    return inside.sum(axis=0).mean() / 5, inside.any(axis=1).mean()


def subset_size(samples):
    """How many samples a subset can have."""
    return min(FLAGS.subset_size, len(samples) - 1)


def kernel_distance(real, fake):
    """The mean kernel distance, with the settings of the flags."""
    return metrics.kernel_distance(real, fake, subset_size=subset_size(real), num_subsets=FLAGS.num_subsets).mean


METRICS = {
    "frechet_distance": (metrics.frechet_distance, frechet_by_sqrtm),
    "kernel_distance": (kernel_distance, kernel_by_numpy),
    "precision_recall": (metrics.precision_recall, precision_recall_by_numpy),
    "density_coverage": (metrics.density_coverage, density_coverage_by_numpy),
}
flags.DEFINE_multi_enum("metric", list(METRICS), list(METRICS), "What to time.")


def take_turns(contenders, real, fake):
    """Median seconds and the value of each contender, a turn each in every round."""
    seconds, values = [[] for _ in contenders], [None for _ in contenders]
    for _ in range(FLAGS.rounds):
        for place, contender in enumerate(contenders):
            start = time.perf_counter()
            values[place] = contender(real, fake)
            seconds[place].append(time.perf_counter() - start)
    return [statistics.median(times) for times in seconds], values


def row(name, num_samples, seconds, values):
    """One line of the table."""
    times = [f"{one:.2f}" for one in seconds]
    times += [f"{seconds[1] / seconds[0]:.1f}"] if len(seconds) == 2 else ["", ""]
    found = " / ".join(", ".join(f"{part:.6g}" for part in np.atleast_1d(value)) for value in values)
    return f"| {name} | {num_samples} | {' | '.join(times)} | {found} |"


def print_feature_metrics():
    """Time the metrics of features, and print the table."""
    print("| metric | samples a side | s | s, formula | times as fast | values |\n|---|---|---|---|---|---|")
    for num_samples in map(int, FLAGS.sizes):
        real, fake = features(num_samples, FLAGS.width)
        for name in FLAGS.metric:
            contenders = METRICS[name] if FLAGS.peers else METRICS[name][:1]
            print(row(name, num_samples, *take_turns(contenders, real, fake)), flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(f"\nPeak memory: {peak:.0f} MiB, of which {(real.nbytes + fake.nbytes) / 2**20:.0f} MiB are the features.")


class Clock(keras.callbacks.Callback):
    """Takes the time of each epoch's training, and of an evaluation after it."""

    def __init__(self, evaluate):
        super().__init__()
        self._evaluate = evaluate
        self.training, self.evaluating = [], []

    def set_model(self, model):
        super().set_model(model)
        self._evaluate.set_model(model)

    def set_params(self, params):
        super().set_params(params)
        self._evaluate.set_params(params)

    def on_train_begin(self, logs=None):
        self._evaluate.on_train_begin(logs)

    def on_epoch_begin(self, epoch, logs=None):
        self._begin = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        middle = time.perf_counter()
        self._evaluate.on_epoch_end(epoch, logs)
        self.training.append(middle - self._begin)
        self.evaluating.append(time.perf_counter() - middle)


def print_cost_of_evaluate():
    """Train a GAN of the demo's size on digits, and print what `callbacks.Evaluate` adds to an epoch of 100 steps."""
    train, test, labelled = (
        keras_gan.data.load("digits", split=split, image_size=32, labels=labels)
        for split, labels in (("train", False), ("test", False), ("train", True))
    )
    extractor = metrics.train_extractor(labelled)
    evaluator = metrics.Evaluator(extractor, ["frechet_distance", "precision_recall"], num_images=1000)
    networks = keras_gan.networks.dcgan(
        image_shape=train.image_shape, latent_dim=64, width=32, spectral_normalization=False
    )
    gan = keras_gan.NonSaturatingGAN(*networks, penalties=[keras_gan.penalties.R1(0.1)], ema_half_life=5000)
    gan.compile(*(keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99) for _ in range(2)), jit_compile=True)
    clock = Clock(keras_gan.callbacks.Evaluate(test, evaluator))
    gan.fit(train, epochs=FLAGS.epochs + 1, steps_per_epoch=100, callbacks=[clock], verbose=0)
    # The first of each compiles.
    epoch, added = statistics.median(clock.training[1:]), statistics.median(clock.evaluating[1:])
    print(
        f"\nEvaluate, 1,000 samples, Frechet distance with precision and recall: {added:.2f} s after an epoch of "
        f"{epoch:.1f} s, {added / epoch:.1%}."
    )


def main(argv):
    """Say what is measured, measure, print."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    print(
        f"{FLAGS.width} features, {len(os.sched_getaffinity(0))} threads, load {os.getloadavg()[0]:.1f}; the kernel "
        f"distance over {FLAGS.num_subsets} subsets of up to {FLAGS.subset_size}.\n"
    )
    print_feature_metrics()
    if FLAGS.epochs:
        print_cost_of_evaluate()


if __name__ == "__main__":
    app.run(main)
