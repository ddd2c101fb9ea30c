"""Does InfoGAN find the classes by itself? Trains it on digits without labels; prints a Markdown table.

    python benchmarks/info_gan_digits.py --seeds=1,2,3

scikit-learn's digits, the networks of `networks.info_gan` with a category of ten and two continuous codes, lambda 1 for
the category and 0.1 for the other two, the optimizers of the authors' code. No label is shown to the GAN. Then it
infers the category of each real test image, and each category gets the class with which it agrees best, one to one
(`keras_gan.metrics.clustering_agreement`):

* "accuracy" is the share of the test images whose category is that of their class, and "NMI" the normalised mutual
  information of both;
* "drawn" is the same accuracy of generated images: the category that they were drawn of, and the class that a
  classifier of the training images sees in them;
* "slant" and "width" are the largest absolute correlation of a continuous code with the slant and the width of the
  strokes in the generated images of one category.

For comparison: k-means with ten clusters of the training pixels; lambda = 0, where the codes cost nothing and the head
that infers them is never trained; and lambda = 0 for the generator alone, where the head is trained on a generator that
is not asked to show the codes. The settings were chosen with seed 0, which is why it is not among the default ones. A
finished run is a line in --out and is not run again.
"""

import os

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import keras
import numpy as np
from sklearn.cluster import KMeans

import keras_gan
from keras_gan.metrics import clustering_agreement, train_extractor

FLAGS = flags.FLAGS
flags.DEFINE_list("seeds", ["1", "2", "3"], "Seeds, each a whole training.")
flags.DEFINE_integer("steps", 2500, "Training steps.", lower_bound=1)
flags.DEFINE_integer("samples", 2000, "Samples that are drawn.", lower_bound=10)
flags.DEFINE_string("out", "runs/info_gan_digits.jsonl", "The log of finished runs: what is in it is not run again.")

SIDE, BATCH_SIZE, CONTINUOUS_WEIGHT = 8, 64, 0.1
SIZES = {"latent_dim": 30, "width": 32, "units": 256}
# The weights of the information: for both players, and for the generator alone.
WAYS = {
    "InfoGAN": (1.0, 1.0),
    "lambda = 0 for the generator": (1.0, 0.0),
    "lambda = 0": (0.0, 0.0),
}


def digits(split):
    """Return all images of a split, float32 in [-1, 1], and their labels."""
    data = keras_gan.data.load("digits", split=split, image_size=SIDE, labels=True)
    return tuple(np.concatenate(parts) for parts in zip(*data.one_pass(), strict=True))


def train(way, seed):
    """Return the trained GAN and the results for the log."""
    keras.utils.set_random_seed(seed)
    weight, generator_weight = WAYS[way]
    networks = keras_gan.networks.info_gan(image_shape=(SIDE, SIDE, 1), **SIZES)
    options = {"categorical_weight": weight, "continuous_weight": CONTINUOUS_WEIGHT * weight}
    gan = keras_gan.InfoGAN(*networks, **options, ema_half_life=5000, seed=seed)
    gan.compile(loss_weights={"g_info_loss": generator_weight})
    images = keras_gan.data.load("digits", image_size=SIDE, batch_size=BATCH_SIZE, seed=seed)
    return gan, _protocol.fit(gan, images, FLAGS.steps, epochs=_protocol.epochs_of(FLAGS.steps, at_most=10))


def measured(way, seed, judge):
    """Train a GAN and measure it; return the results for the log, a dict."""
    gan, results = train(way, seed)
    images, labels = digits("test")
    found = clustering_agreement(gan.infer_codes(images).codes[:, 0].astype(int), labels)
    codes = gan.sampling_inputs(FLAGS.samples, seed=0)["codes"].numpy()
    samples = gan.generate(FLAGS.samples, codes=codes, seed=0)
    categories = codes[:, 0].astype(int)
    drawn = clustering_agreement(categories, np.argmax(judge(samples).logits, axis=1)).accuracy
    slant, width = shapes(samples)
    return results | {
        "accuracy": found.accuracy,
        "nmi": found.normalized_mutual_information,
        "drawn": drawn,
        "slant": correlation(slant, codes[:, 1:], categories),
        "width": correlation(width, codes[:, 1:], categories),
    }


def shapes(images):
    """Return the slant and the width of the strokes in images, from the moments of their brightness."""
    ink = np.maximum((images[..., 0] + 1.0) / 2.0, 1e-6)
    ink = ink / ink.sum(axis=(1, 2), keepdims=True)
    rows, columns = np.meshgrid(np.arange(ink.shape[1]), np.arange(ink.shape[2]), indexing="ij")
    down, across = (axis - (ink * axis).sum(axis=(1, 2), keepdims=True) for axis in (rows, columns))
    moments = {name: (ink * term).sum(axis=(1, 2)) for name, term in (("xy", down * across), ("yy", down**2))}
    return moments["xy"] / moments["yy"], np.sqrt((ink * across**2).sum(axis=(1, 2)))


def correlation(values, codes, categories):
    """Return the largest absolute correlation of a code with a value within the categories."""
    values = values.copy()
    for category in np.unique(categories):
        values[categories == category] -= values[categories == category].mean()
    if not values.std():
        # Samples that are all alike show no code.
        return 0.0
    return float(max(abs(np.corrcoef(values, column)[0, 1]) for column in codes.T))


def clustered(seed):
    """Return the agreement of k-means on the training pixels with the classes of the test images."""
    (training, _), (images, labels) = digits("train"), digits("test")
    means = KMeans(10, n_init=10, random_state=seed).fit(training.reshape(len(training), -1))
    return clustering_agreement(means.predict(images.reshape(len(images), -1)).astype(int), labels)


def rows(log, judge):
    """Yield the rows of the table."""
    for seed in map(int, FLAGS.seeds):
        accuracy, information = clustered(seed)
        yield f"k-means, seed {seed}", f"{accuracy:.3f}", f"{information:.3f}", "", "", "", ""
    for way in WAYS:
        for seed in map(int, FLAGS.seeds):
            settings = {"way": way, "seed": seed, "steps": FLAGS.steps, "samples": FLAGS.samples, "side": SIDE} | SIZES
            result = log.result(settings, lambda way=way, seed=seed: measured(way, seed, judge))
            cells = [f"{result[name]:.3f}" for name in ("accuracy", "nmi", "drawn", "slant", "width")]
            yield f"{way}, seed {seed}", *cells, f"{result['ms_per_step']:.0f}"


def main(argv):
    """Train, measure, print."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    judge = train_extractor(keras_gan.data.load("digits", image_size=SIDE, labels=True))
    print(
        f"Digits at {SIDE}x{SIDE}, {FLAGS.steps:,} steps of {BATCH_SIZE}. Classifier's accuracy: {judge.accuracy:.3f}."
    )
    header = ["codes of", "accuracy", "NMI", "drawn", "slant", "width", "ms a step"]
    _protocol.print_table(header, rows(_protocol.RunLog(FLAGS.out), judge))


if __name__ == "__main__":
    app.run(main)
