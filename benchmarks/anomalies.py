"""Which detector tells one class from all others? Trains each on one class of ten; prints a Markdown table.

    python benchmarks/anomalies.py --data=digits --seeds=0
    python benchmarks/anomalies.py --data=$KERAS_GAN_TEST_DATA/fashion-mnist --seeds=0

One class is normal and the other nine are anomalous, for each of the ten classes. A detector sees the training images
of the normal class, without any label, and scores all test images. A cell is the area under the receiver operating
characteristic (AUROC): the share of pairs of an anomalous and a normal test image that the scores put in the right
order. 0.5 is chance, and a value below says that something is broken. The last columns are the mean over the classes of
the AUROC and of the average precision, and the mean seconds of a run, including the time before the first step.

f-AnoGAN, GANomaly, BiGAN and the VAE have codes of the same size, and networks of the same width. The first baseline,
the squared error of a principal-component analysis, has as many components. The others are the distance to the fifth
nearest training image, in pixels, and scikit-learn's isolation forest with its defaults. The VAE scores by the negated
bound of the likelihood. All detectors take as many steps with their default optimizers. The trainings are short, so
that a data set takes 20 minutes on two cores. f-AnoGAN has half of the steps for each of its phases, one critic update
in a step, and an average of its generator, which so few steps leave restless. A finished run is a line in --out,
whatever its result, and is not run again.
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
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import NearestNeighbors

import keras_gan
from keras_gan import networks
from keras_gan.metrics import AnomalyEvaluator

FLAGS = flags.FLAGS
flags.DEFINE_string("data", "digits", '"digits", or the folder of the IDX files of MNIST or Fashion-MNIST.')
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training of each detector on each class.")
flags.DEFINE_list("classes", list(map(str, range(10))), "The classes that are normal, one after the other.")
flags.DEFINE_list("detectors", [], "Detectors, each a row of the table; default: all.")
flags.DEFINE_integer("steps", 800, "Training steps of each detector that is trained in steps.", lower_bound=2)
flags.DEFINE_integer("batch_size", 64, "Images in a batch.", lower_bound=1)
flags.DEFINE_integer("width", 16, "Channels of the networks next to the picture.", lower_bound=1)
flags.DEFINE_integer("latent_dim", 32, "Numbers in a code, and components.", lower_bound=1)
flags.DEFINE_integer("threads", 0, "Threads of TensorFlow; 0 for one a core.", lower_bound=0)
flags.DEFINE_string("out", "runs/anomalies/results.jsonl", "The log of finished runs.")

NEIGHBOURS = 5


@functools.cache
def images(split):
    """Return the images of a split, float32 in [-1, 1], and their classes."""
    if FLAGS.data == "digits":
        batches = list(keras_gan.data.load("digits", split=split, labels=True, batch_size=1).one_pass())
        return tuple(np.concatenate([batch[part] for batch in batches]) for part in range(2))
    pixels, labels = _protocol.read_split(FLAGS.data, split)
    return pixels.astype("float32") / 127.5 - 1.0, labels


def rows_of(pictures):
    """Return pictures as rows of pixels."""
    return pictures.reshape(len(pictures), -1)


def sizes(known):
    """Return the sizes that all networks share."""
    return {"image_shape": known.shape[1:], "latent_dim": FLAGS.latent_dim, "width": FLAGS.width}


def trained(model, known):
    """Return a model that was trained on images with its default optimizers."""
    model.compile()
    batch_size = min(FLAGS.batch_size, len(known))
    model.fit(known, batch_size=batch_size, steps_per_epoch=FLAGS.steps, verbose=0)
    return model


def by_anomaly_gan(known, asked, seed):
    """The scores of f-AnoGAN, whose critic has no normalisation: its penalty bounds the slope."""
    gan = networks.dcgan(**sizes(known), spectral_normalization=False)
    encoder = networks.dcgan_encoder(**sizes(known))
    options = {"gan_steps": FLAGS.steps // 2, "discriminator_steps": 1, "ema_half_life": 3000}
    return trained(keras_gan.AnomalyGAN(*gan, encoder, **options, seed=seed), known).score(asked)


def by_ganomaly(known, asked, seed):
    """The scores of GANomaly."""
    return trained(keras_gan.GANomaly(*networks.ganomaly(**sizes(known)), seed=seed), known).score(asked)


def by_bigan(known, asked, seed):
    """The scores of BiGAN."""
    return trained(keras_gan.BiGAN(*networks.bigan(**sizes(known)), seed=seed), known).score(asked)


def by_vae(known, asked, seed):
    """The bound of the likelihood, negated, as a mean over four codes of each image."""
    return trained(keras_gan.VAE(*networks.vae(**sizes(known)), seed=seed), known).score(asked)


def by_pca(known, asked, seed):
    """The squared error of a linear code."""
    pca = PCA(min(FLAGS.latent_dim, len(known)), random_state=seed).fit(rows_of(known))
    rebuilt = pca.inverse_transform(pca.transform(rows_of(asked)))
    return np.square(rows_of(asked) - rebuilt).mean(axis=1)


def by_neighbours(known, asked, seed):  # noqa: ARG001 - nothing is drawn
    """The distance to the fifth nearest training image."""
    found = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(rows_of(known))
    return found.kneighbors(rows_of(asked))[0][:, -1]


def by_forest(known, asked, seed):
    """The scores of an isolation forest; scikit-learn's are higher for normal images."""
    return -IsolationForest(random_state=seed).fit(rows_of(known)).score_samples(rows_of(asked))


DETECTORS = {
    "f-AnoGAN": by_anomaly_gan,
    "GANomaly": by_ganomaly,
    "BiGAN": by_bigan,
    "VAE": by_vae,
    "PCA": by_pca,
    "nearest neighbours": by_neighbours,
    "isolation forest": by_forest,
}
IN_STEPS = ("f-AnoGAN", "GANomaly", "BiGAN", "VAE")


def run(detector, normal, seed):
    """Train a detector on a class, and score all test images; return the results for the log."""
    keras.utils.set_random_seed(seed)
    keras.backend.clear_session()
    (known, classes), (asked, asked_classes) = images("train"), images("test")
    begin = time.perf_counter()
    scores = DETECTORS[detector](known[classes == normal], asked, seed)
    seconds = time.perf_counter() - begin
    evaluator = AnomalyEvaluator(["auroc", "average_precision"], normal=normal, seed=seed)
    if not np.isfinite(scores).all():
        # A training that diverged is a result, too, and has no order.
        return {"seconds": seconds, **dict.fromkeys(evaluator.metrics, [float("nan")] * 3)}
    return {"seconds": seconds, **_protocol.values(evaluator.compare(scores, asked_classes))}


def rows():
    """Yield the rows of the table: one for each detector and seed."""
    log = _protocol.RunLog(FLAGS.out)
    shared = {"data": pathlib.Path(FLAGS.data).name}
    trained_by = {name: FLAGS[name].value for name in ("steps", "batch_size", "width", "latent_dim")}
    for detector in FLAGS.detectors or DETECTORS:
        own = trained_by if detector in IN_STEPS else {"latent_dim": FLAGS.latent_dim} if detector == "PCA" else {}
        for seed in map(int, FLAGS.seeds):
            results = []
            for normal in map(int, FLAGS.classes):
                settings = {"detector": detector, "normal": normal, "seed": seed, **shared, **own}
                results.append(log.result(settings, functools.partial(run, detector, normal, seed)))
            yield row(f"{detector}, seed {seed}", results)


def row(name, results):
    """Return one row of the table."""
    areas = [result["auroc"][0] for result in results]
    means = np.mean([(result["auroc"][0], result["average_precision"][0], result["seconds"]) for result in results], 0)
    return name, *(f"{area:.3f}" for area in areas), f"{means[0]:.3f}", f"{means[1]:.3f}", f"{means[2]:.1f}"


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    if unknown := set(FLAGS.detectors) - set(DETECTORS):
        raise app.UsageError(f"Choose --detectors from {', '.join(DETECTORS)}. Received: {', '.join(sorted(unknown))}")
    print(f"{FLAGS.data}: {FLAGS.steps:,} steps of {FLAGS.batch_size} images, width {FLAGS.width}.")
    header = ["AUROC where this class is normal", *FLAGS.classes, "mean", "mean average precision", "seconds"]
    _protocol.print_table(header, rows())


if __name__ == "__main__":
    app.run(main)
