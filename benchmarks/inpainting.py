"""How well are holes in photographs of facades filled? Prints two Markdown tables, draws pictures.

    python benchmarks/inpainting.py --facades=$KERAS_GAN_TEST_DATA/facades128.tar.gz --seeds=0

The archive holds 500 pictures of a photograph and its map of labels next to each other; the photographs are used. A
random 400 are trained on, with random parts and flips. The holes of the other 100 are filled, the same holes for all:
a box in the centre (the first table), or the union of a box at a random place and strokes (the second).

A context encoder of the centre is trained for the first table, one of the whole picture and a network of gated
convolutions for the second. Each is trained twice, in as many steps: by the distance to the truth alone (L2, or L1 of
the gated one), and with the adversarial loss; the gated one a third time, with ten times the paper's weight of the
distance. Their generators learn at higher rates than the paper of the gated network says, because the training is
short.

What needs no training stands above: the mean colour around the hole, the mean training photograph, and the surfaces
that continue what is around the hole most smoothly, of which the Laplacian (harmonic) or its square (biharmonic) is
zero in the hole. PSNR and L1 are those of the holes alone. The distance compares the completed photographs with the
true ones in the features of a small network that was trained on the training photographs
(`keras_gan.metrics.train_extractor`). What is known of both is the same, so even the mean colour can be nearer than the
floor, 100 training photographs: compare the rows with each other. Without the adversarial loss a network should have
the better PSNR, and with it the smaller distance and sharper gradients. A finished run is a line in --out, whatever its
result, and is not run again.
"""

import functools
import os

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _facades
import _protocol
import keras
import numpy as np
import scipy.sparse
import scipy.sparse.linalg

import keras_gan
from keras_gan.masks import Boxes, Strokes, Union
from keras_gan.metrics import PairEvaluator, train_extractor

FLAGS = flags.FLAGS
flags.DEFINE_string("facades", _protocol.real_data("facades128.tar.gz"), "The archive facades128.tar.gz.")
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training.")
flags.DEFINE_list("ways", [], "Ways, each a row of a table; default: all.")
flags.DEFINE_integer("side", 64, "Height and width of the pictures, a multiple of 16.", lower_bound=16)
flags.DEFINE_integer("steps", 3000, "Training steps of the context encoders.", lower_bound=1)
flags.DEFINE_integer("gated_steps", 1200, "Training steps of the gated networks.", lower_bound=1)
flags.DEFINE_integer("batch_size", 8, "Pictures in a step.", lower_bound=1)
flags.DEFINE_integer("width", 32, "Channels of the context encoders next to the picture; 4 times the gated ones'.")
flags.DEFINE_integer("threads", 0, "Threads of TensorFlow; 0 for one a core.", lower_bound=0)
flags.DEFINE_string("out", "runs/inpainting/results.jsonl", "The log of finished runs.")
flags.DEFINE_string("pictures", "runs/inpainting", "Where the completed pictures go, a file for each way and seed.")
flags.register_validator("facades", bool, "must be given where $KERAS_GAN_TEST_DATA is not set")

TRAINED, SHOWN = 400, 8
METRICS = ["hole_psnr", "hole_l1", "ssim", "gradient_energy", "frechet_distance"]
# The box of the context encoder's paper, and the holes of free-form inpainting.
HOLES = {"centre": Boxes(0.4375), "anywhere": Union([Boxes((0.375, 0.5), place="random"), Strokes()])}
# Way to its holes, network, whether the adversarial loss counts, and the weight of the other loss if not the paper's.
WAYS = {
    "centre: L2": ("centre", "encoder", False, {"l2_weight": 1.0}),
    "centre: L2 + GAN": ("centre", "encoder", True, {}),
    "anywhere: L2": ("anywhere", "encoder", False, {"l2_weight": 1.0}),
    "anywhere: L2 + GAN": ("anywhere", "encoder", True, {}),
    "anywhere: gated L1": ("anywhere", "gated", False, {}),
    "anywhere: gated L1 + GAN": ("anywhere", "gated", True, {}),
    "anywhere: gated 10 L1 + GAN": ("anywhere", "gated", True, {"l1_weight": 10.0}),
}


@functools.cache
def photographs():
    """Return the photographs, uint8 `(500, 128, 128, 3)`, in a random order."""
    return _facades.read(FLAGS.facades)[1]


def whole(rows):
    """Return some of the photographs, float32 in [-1, 1]."""
    data = keras_gan.data.load(photographs()[rows], split="all", image_size=FLAGS.side, batch_size=1)
    return np.concatenate(list(data.one_pass()))


def training_data(seed):
    """Return batches of the training photographs, read an eighth larger, cut and flipped."""
    jitter = keras_gan.data.Preprocessing(load_size=FLAGS.side * 9 // 8, flip=True)
    options = {"split": "all", "image_size": FLAGS.side, "batch_size": FLAGS.batch_size, "seed": seed}
    return keras_gan.data.load(photographs()[:TRAINED], preprocessing=jitter, **options)


def make_model(way, seed):
    """Return the compiled model of a way."""
    holes, network, is_adversarial, weights = WAYS[way]
    keras.utils.set_random_seed(seed)
    shape = {"image_shape": (FLAGS.side, FLAGS.side, 3)}
    steps, options = steps_of(way), {"masks": HOLES[holes], "seed": seed, **weights}
    if network == "encoder":
        paints = {"paints": "centre" if holes == "centre" else "whole"}
        parts = keras_gan.networks.context_encoder(**shape, **paints, width=FLAGS.width, bottleneck=16 * FLAGS.width)
        model = keras_gan.ContextEncoder(*parts, **options)
        _protocol.compile_falling(model, steps, generator_rate=2e-3)
        return model
    sizes = {"width": max(1, FLAGS.width // 4), "discriminator_width": FLAGS.width, "discriminator_layers": 4}
    model = keras_gan.FreeFormInpainter(
        *keras_gan.networks.gated_inpainter(**shape, **sizes, attention=False), **options
    )
    loss_weights = None if is_adversarial else {"g_loss": 0.0}
    _protocol.compile_falling(model, steps, generator_rate=1e-3, loss_weights=loss_weights)
    return model


def steps_of(way):
    """Return the number of training steps of a way."""
    return FLAGS.gated_steps if WAYS[way][1] == "gated" else FLAGS.steps


def run(way, seed, evaluator, held_out):
    """Train a model and measure it; return the results for the log."""
    model, steps = make_model(way, seed), steps_of(way)
    trained = _protocol.fit(model, training_data(seed), steps, epochs=_protocol.epochs_of(steps, at_most=20))
    filled = model.inpaint(held_out.target[:SHOWN], held_out.masks[:SHOWN])
    draw(f"{way.lower().replace(': ', '_').replace(' + ', '_').replace(' ', '_')}_{seed}", filled)
    return trained | _protocol.values(evaluator.compare(model, held_out))


def draw(name, images):
    """Draw a row of pictures."""
    _protocol.save_grid(FLAGS.pictures, name, images, columns=len(images), scale=2)


def mean_colours(images, masks):
    """Return images whose holes have the mean colour of what is known of them."""
    known = 1.0 - masks
    colours = (known * images).sum(axis=(1, 2), keepdims=True) / known.sum(axis=(1, 2), keepdims=True)
    return np.where(masks, colours, images)


def smooth(images, masks, order):
    """Return images whose holes continue what is known, so that a power of the Laplacian is zero there.

    Args:
        images: float32 `(num_images, height, width, channels)`.
        masks: float32 `(num_images, height, width, 1)`, 1 in the hole.
        order: 1 for the harmonic surface, 2 for the biharmonic one.
    """
    operator = _laplacian(*images.shape[1:3]) ** order
    filled = images.astype("float64").reshape(len(images), -1, images.shape[-1])
    for values, mask in zip(filled, masks.reshape(len(masks), -1) > 0.5, strict=True):
        rows = operator[mask]
        values[mask] = scipy.sparse.linalg.spsolve(rows[:, mask].tocsc(), -rows[:, ~mask] @ values[~mask]).reshape(
            -1, images.shape[-1]
        )
    return filled.reshape(images.shape).clip(-1.0, 1.0).astype("float32")


@functools.cache
def _laplacian(height, width):
    """The sum of the differences of each pixel to its neighbours, a sparse matrix; no slope at the edges."""
    along = []
    for side in (height, width):
        difference = scipy.sparse.diags([-np.ones(side - 1), np.ones(side - 1)], [0, 1], (side - 1, side))
        along.append(difference.T @ difference)
    rows, columns = (scipy.sparse.identity(side) for side in (height, width))
    return (scipy.sparse.kron(along[0], columns) + scipy.sparse.kron(rows, along[1])).tocsr()


def untrained(held_out, known):
    """Yield the name and the completed images of each way that needs no training."""
    images, masks = held_out.target, held_out.masks
    yield "mean colour", mean_colours(images, masks)
    yield "mean photograph", np.where(masks, known.mean(axis=0), images)
    yield "harmonic", smooth(images, masks, 1)
    yield "biharmonic", smooth(images, masks, 2)


def rows(holes, known, truth, extractor):
    """Yield the rows of the table of one kind of holes."""
    evaluator = PairEvaluator(METRICS, extractor)
    masks = HOLES[holes](len(truth), truth.shape[1:3], seed=(0, 0)).numpy()
    held_out = evaluator.real({"images": truth, "masks": masks})
    draw(f"{holes}_holes", held_out.source[:SHOWN])
    floor = evaluator.floor(known[: len(truth)], held_out)
    yield "training photographs", *(f"{floor[name]:.4g}" if name in floor else "" for name in METRICS), ""
    for name, images in untrained(held_out, known):
        draw(f"{holes}_{name.replace(' ', '_')}", images[:SHOWN])
        yield _protocol.row(METRICS, name, _protocol.values(evaluator.compare(images, held_out)))
    log = _protocol.RunLog(FLAGS.out)
    sizes = {name: FLAGS[name].value for name in ("side", "batch_size", "width")}
    for way in FLAGS.ways or WAYS:
        for seed in map(int, FLAGS.seeds) if WAYS[way][0] == holes else ():
            settings = {"way": way, "seed": seed, "steps": steps_of(way), **sizes, "extractor": extractor.fingerprint}
            result = log.result(settings, lambda way=way, seed=seed: run(way, seed, evaluator, held_out))
            yield _protocol.row(METRICS, f"{way.partition(': ')[2]}, seed {seed}", result)


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    if strangers := set(FLAGS.ways) - set(WAYS):
        raise app.UsageError(f"--ways must be some of {', '.join(WAYS)}. Received: {', '.join(sorted(strangers))}")
    known, truth = whole(slice(TRAINED)), whole(slice(TRAINED, None))
    extractor = train_extractor(known)
    draw("photographs", truth[:SHOWN])
    print(f"{FLAGS.side}x{FLAGS.side}, {FLAGS.steps:,} steps of {FLAGS.batch_size} pictures, width {FLAGS.width}.")
    for holes in HOLES:
        print(f"\nHoles: {holes}.")
        header = [f"{holes}", "PSNR of holes, dB", "L1 of holes", "SSIM", "gradient energy", "Frechet distance"]
        _protocol.print_table([*header, "ms a step"], rows(holes, known, truth, extractor))


if __name__ == "__main__":
    app.run(main)
