"""What does each loss of pix2pix do? Labels of facades to photographs; prints a Markdown table, draws a picture.

    python benchmarks/facades.py --facades=$KERAS_GAN_TEST_DATA/facades128.tar.gz --seeds=0

The archive holds 500 pictures of a photograph and its map of labels next to each other. A random 400 of the pairs are
trained on, with random parts and flips, and the other 100 are translated. Four ways, with the same networks, optimizers
and number of steps: the distance to the target alone (L1), the adversarial loss alone, both, and both with a
discriminator that does not see the source. Isola et al. 2017 (arXiv 1611.07004), section 4.1, compare these four. The
generator learns at five times the paper's rate, because its networks are narrower and the training is short.

L1 alone should have the best PSNR, because it is trained for nearly that, and blurs: the energy of its gradients, over
that of the photographs, is far below 1. The distances compare the set of translations with the set of photographs, in
the features of a small network that was trained on the training photographs (`keras_gan.metrics.train_extractor`). The
first rows are the labels themselves, and the mean training photograph for all; the floor of the distances is that of
100 training photographs. A finished run is a line in --out, whatever its result, and is not run again.
"""

import functools
import os

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _facades
import _protocol
import keras
import numpy as np

import keras_gan
from keras_gan.metrics import PairEvaluator, train_extractor

FLAGS = flags.FLAGS
flags.DEFINE_string("facades", _protocol.real_data("facades128.tar.gz"), "The archive facades128.tar.gz.")
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training.")
flags.DEFINE_list("ways", ["L1", "GAN", "L1 + GAN", "L1 + GAN, unconditional"], "Ways, each a row of the table.")
flags.DEFINE_integer("side", 64, "Height and width of the pictures.", lower_bound=16)
flags.DEFINE_integer("steps", 6000, "Training steps.", lower_bound=1)
flags.DEFINE_integer("batch_size", 4, "Pairs in a step.", lower_bound=1)
flags.DEFINE_integer("width", 32, "Channels of the networks next to the picture.", lower_bound=1)
flags.DEFINE_integer("threads", 0, "Threads of TensorFlow; 0 for one a core.", lower_bound=0)
flags.DEFINE_string("out", "runs/facades/results.jsonl", "The log of finished runs.")
flags.DEFINE_string("pictures", "runs/facades", "Where the translations go, a file for each way and seed.")
flags.register_validator("facades", bool, "must be given where $KERAS_GAN_TEST_DATA is not set")

TRAINED, SHOWN, GENERATOR_RATE = 400, 8, 1e-3
METRICS = ["psnr", "ssim", "l1", "gradient_energy", "frechet_distance", "kernel_distance"]


@functools.cache
def facades():
    """Return the maps of labels and the photographs, uint8 `(500, 128, 128, 3)` each, in a random order."""
    return _facades.read(FLAGS.facades)


def pairs(rows, **options):
    """Return batches of some of the pairs."""
    labels, photographs = (images[rows] for images in facades())
    options = {"split": "all", "image_size": FLAGS.side, "batch_size": 1} | options
    return keras_gan.data.load_pairs(labels, photographs, **options)


def training_pairs(seed):
    """Return batches of the training pairs, read an eighth larger, cut and flipped."""
    jitter = keras_gan.data.Preprocessing(load_size=FLAGS.side * 9 // 8, flip=True)
    return pairs(slice(TRAINED), batch_size=FLAGS.batch_size, seed=seed, preprocessing=jitter)


def make_model(way, seed):
    """Return the compiled model of a way."""
    keras.utils.set_random_seed(seed)
    sizes = {"image_shape": (FLAGS.side, FLAGS.side, 3), "width": FLAGS.width}
    source = {} if way.endswith("unconditional") else {"source_channels": 3}
    discriminator = keras_gan.networks.patch_discriminator(**sizes, **source, layers=2)
    l1_weight = 0.0 if way == "GAN" else 100.0
    model = keras_gan.Pix2Pix(keras_gan.networks.unet(**sizes), discriminator, l1_weight=l1_weight, seed=seed)
    weights = {"g_loss": 0.0} if way == "L1" else None
    _protocol.compile_falling(model, FLAGS.steps, generator_rate=GENERATOR_RATE, loss_weights=weights)
    return model


def run(way, seed, evaluator, held_out):
    """Train a model and measure it; return the results for the log."""
    model = make_model(way, seed)
    epochs = _protocol.epochs_of(FLAGS.steps, at_most=20)
    trained = _protocol.fit(model, training_pairs(seed), FLAGS.steps, epochs=epochs)
    draw(f"{way.lower().replace(' + ', '_').replace(', ', '_')}_{seed}", model.translate(held_out.source[:SHOWN]))
    return trained | _protocol.values(evaluator.compare(model, held_out))


def draw(name, images):
    """Draw a row of pictures."""
    _protocol.save_grid(FLAGS.pictures, name, images, columns=len(images), scale=2)


def rows():
    """Yield the rows of the table: of what costs nothing, then of each way and seed."""
    known = np.concatenate([batch["target"] for batch in pairs(slice(TRAINED)).one_pass()])
    extractor = train_extractor(known)
    evaluator = PairEvaluator(METRICS, extractor)
    held_out = evaluator.real(pairs(slice(TRAINED, None)).one_pass())
    draw("labels", held_out.source[:SHOWN])
    draw("photographs", held_out.target[:SHOWN])
    floor = evaluator.floor(known[: len(held_out.target)], held_out)
    yield "training photographs", *(f"{floor[name]:.4g}" if name in floor else "" for name in METRICS), ""
    for name, images in (("the labels", held_out.source), ("the mean photograph", known.mean(axis=0))):
        yield _protocol.row(
            METRICS, name, _protocol.values(evaluator.compare(np.broadcast_to(images, held_out.target.shape), held_out))
        )
    log = _protocol.RunLog(FLAGS.out)
    sizes = {name: FLAGS[name].value for name in ("side", "steps", "batch_size", "width")}
    for way in FLAGS.ways:
        for seed in map(int, FLAGS.seeds):
            settings = {"way": way, "seed": seed, **sizes, "extractor": extractor.fingerprint}
            result = log.result(settings, lambda way=way, seed=seed: run(way, seed, evaluator, held_out))
            yield _protocol.row(METRICS, f"{way}, seed {seed}", result)


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    print(f"{FLAGS.side}x{FLAGS.side}, {FLAGS.steps:,} steps of {FLAGS.batch_size} pairs, width {FLAGS.width}.")
    header = ["translations", "PSNR, dB", "SSIM", "L1", "gradient energy", "Frechet distance", "kernel distance"]
    _protocol.print_table([*header, "ms a step"], rows())


if __name__ == "__main__":
    app.run(main)
