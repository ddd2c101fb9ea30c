"""Does AlphaGAN find alphas? Emoji on photographs; prints a Markdown table, draws a picture.

    python benchmarks/matting.py --data=$KERAS_GAN_TEST_DATA --seeds=0

The foregrounds are emoji, 64x64 pictures whose alpha is known exactly, in two styles. They lie on random parts of the
photographs of BSD100. A random 300 emoji and 20 photographs are held out, and tested on each other. Trimaps are made of
the alphas; in training with a radius from 2 to 6 that each picture draws, in the test with 4. Two ways, with the same
networks, optimizers and number of steps: the distances of alphas and compositions alone, and with the discriminator.

The errors are those of the literature, over the region that the trimap leaves open, as means over the pictures: SAD and
the gradient's in thousands (`keras_gan.metrics.matting_errors`). The first rows cost no training: 1/2 everywhere; a
threshold of the luma, halfway between the means of known foreground and known background; and, where the package
pymatting is installed, closed-form matting (Levin et al. 2008). A finished run is a line in --out, and is not run
again.
"""

import functools
import importlib.util
import io
import os
import pathlib
import tarfile

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import keras
import numpy as np
from _photographs import TRAINED, photographs, random_parts
from PIL import Image

import keras_gan
from keras_gan.metrics import matting_errors

FLAGS = flags.FLAGS
flags.DEFINE_string("data", os.environ.get("KERAS_GAN_TEST_DATA"), "Folder of emoji.tar.gz and super_resolution.tar.")
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training.")
flags.DEFINE_list("ways", ["distances", "AlphaGAN"], "Ways, each a row of the table.")
flags.DEFINE_integer("steps", 4000, "Training steps.", lower_bound=1)
flags.DEFINE_integer("batch_size", 8, "Pictures in a step.", lower_bound=1)
flags.DEFINE_integer("width", 32, "Channels of the networks next to the picture.", lower_bound=1)
flags.DEFINE_float("likeness_weight", 100.0, "Weight of both distances next to the discriminator's loss.")
flags.DEFINE_integer("threads", 0, "Threads of TensorFlow; 0 for one a core.", lower_bound=0)
flags.DEFINE_string("out", "runs/matting/results.jsonl", "The log of finished runs.")
flags.DEFINE_string("pictures", "runs/matting", "Where the alphas go, a file for each way and seed.")
flags.register_validator("data", bool, "must be given where $KERAS_GAN_TEST_DATA is not set")

SIDE, HELD_OUT, SHOWN, RATE = 64, 300, 8, 5e-4
STYLES, RADII, TEST_RADIUS = ("google", "twitter"), (2, 3, 4, 5, 6), 4
ERRORS = ("sad", "mse", "gradient")
# ITU-R BT.601.
LUMA = (0.299, 0.587, 0.114)


@functools.cache
def emoji():
    """Return the emoji that both styles have, uint8 `(num_emoji, 2, 64, 64, 4)`, in one random order."""
    found = {style: {} for style in STYLES}
    with tarfile.open(pathlib.Path(FLAGS.data, "emoji.tar.gz")) as files:
        for member in files:
            path = pathlib.PurePath(member.name)
            style = next((style for style in STYLES if style in path.parts), None)
            if style and path.suffix == ".png":
                with Image.open(io.BytesIO(files.extractfile(member).read())) as image:
                    found[style][path.name] = np.asarray(image.convert("RGBA"))
    names = sorted(set.intersection(*map(set, found.values())))
    order = np.random.default_rng(0).permutation(len(names))
    return np.stack([[found[style][names[index]] for style in STYLES] for index in order])


@functools.cache
def backgrounds():
    """Return the photographs of BSD100."""
    return photographs(pathlib.Path(FLAGS.data, "super_resolution.tar"))


def scenes(foregrounds, images, radii, seed):
    """Return pictures of foregrounds on parts of photographs, with their trimaps: a dict of uint8 pairs."""
    rng = np.random.default_rng(seed)
    alphas = foregrounds[..., 3:]
    opacity = alphas / 255.0
    behind = random_parts(images, len(foregrounds), SIDE, seed)
    pictures = np.rint(opacity * foregrounds[..., :3] + (1.0 - opacity) * behind).astype("uint8")
    drawn = rng.choice(radii, size=len(foregrounds))
    trimaps = np.empty_like(alphas)
    for radius in radii:
        trimaps[drawn == radius] = keras_gan.data.trimaps_of(alphas[drawn == radius], radius=radius)
    return {"source": np.concatenate([pictures, trimaps], axis=-1), "target": alphas}


def training_pairs(seed):
    """Return batches of both styles of the training emoji on training photographs."""
    foregrounds = emoji()[HELD_OUT:].reshape(-1, SIDE, SIDE, 4)
    pairs = scenes(foregrounds, backgrounds()[:TRAINED], RADII, seed)
    mirrored = keras_gan.data.Preprocessing(flip=True)
    return keras_gan.data.load_pairs(
        *pairs.values(), split="all", batch_size=FLAGS.batch_size, seed=seed, preprocessing=mirrored
    )


@functools.cache
def held_out():
    """Return the held-out scenes, one for each emoji, in the two styles in turn."""
    foregrounds = emoji()[:HELD_OUT]
    foregrounds = foregrounds[np.arange(len(foregrounds)), np.arange(len(foregrounds)) % 2]
    return scenes(foregrounds, backgrounds()[TRAINED:], (TEST_RADIUS,), 0)


def errors_of(alphas):
    """Return the mean errors of the alphas of the held-out scenes, in [0, 1]."""
    scene = held_out()
    found = matting_errors(alphas, scene["target"], scene["source"][..., 3:])
    return {name: float(np.mean(values)) for name, values in found._asdict().items()}


def with_what_is_known(alphas):
    """Return alphas with 0 and 1 where the trimap of a held-out scene knows them."""
    trimaps = held_out()["source"][..., 3:]
    return np.where(trimaps == 255, 1.0, np.where(trimaps == 0, 0.0, alphas))


def alphas_by(method):
    """Return what a method makes of each held-out picture, in [0, 1], and its trimap of 0, 128 and 255.

    A few emoji are so thin that their trimap knows no foreground, and such methods cannot begin: 1/2 there.
    """
    source = held_out()["source"]
    alphas = np.full(source[..., 3:].shape, 0.5)
    for scene, alpha in zip(source, alphas, strict=True):
        trimap = scene[..., 3]
        if (trimap == 255).any() and (trimap == 0).any():
            alpha[..., 0] = method(scene[..., :3] / 255.0, trimap)
    return with_what_is_known(alphas)


def by_luma(picture, trimap):
    """Return 1 where the luma is nearer to that of the known foreground than to that of the background, else 0."""
    luma = picture @ LUMA
    front, back = (luma[trimap == level].mean() for level in (255, 0))
    return np.abs(luma - front) < np.abs(luma - back)


def in_closed_form(picture, trimap):
    """Return the alphas of closed-form matting, by pymatting."""
    import pymatting

    return pymatting.estimate_alpha_cf(picture, np.select([trimap == 255, trimap == 0], [1.0, 0.0], 0.5))


def make_model(way, seed):
    """Return the compiled model of a way."""
    keras.utils.set_random_seed(seed)
    sizes = {"width": FLAGS.width}
    generator = keras_gan.networks.unet(image_shape=(SIDE, SIDE, 4), target_channels=1, depth=5, dropout=0.0, **sizes)
    judge = {"image_shape": (SIDE, SIDE, 3), "source_channels": 1, "layers": 2}
    discriminator = keras_gan.networks.patch_discriminator(**judge, **sizes)
    weights = dict.fromkeys(("alpha_weight", "composition_weight"), FLAGS.likeness_weight)
    model = keras_gan.AlphaGAN(generator, discriminator, **weights, seed=seed)
    loss_weights = {"g_loss": 0.0} if way == "distances" else None
    _protocol.compile_falling(model, FLAGS.steps, generator_rate=RATE, loss_weights=loss_weights)
    return model


def run(way, seed):
    """Train a model and measure it; return the results for the log."""
    model = make_model(way, seed)
    epochs = _protocol.epochs_of(FLAGS.steps, at_most=20)
    trained = _protocol.fit(model, training_pairs(seed), FLAGS.steps, epochs=epochs)
    source = held_out()["source"].astype("float32") / 127.5 - 1.0
    alphas = model.matte(source[..., :3], source[..., 3:])
    draw(f"{way.lower()}_{seed}", alphas)
    return trained | errors_of(alphas)


def draw(name, alphas):
    """Draw a row of alphas in [0, 1]."""
    _protocol.save_grid(FLAGS.pictures, name, 2.0 * alphas[:SHOWN] - 1.0, columns=SHOWN, scale=2)


def rows():
    """Yield the rows of the table: of what costs nothing, then of each way and seed."""
    scene = held_out()
    _protocol.save_grid(
        FLAGS.pictures, "scenes", scene["source"][:SHOWN, ..., :3] / 127.5 - 1.0, columns=SHOWN, scale=2
    )
    draw("truth", scene["target"] / 255.0)
    yield row("1/2", errors_of(with_what_is_known(np.full(scene["target"].shape, 0.5))))
    yield row("threshold of the luma", errors_of(alphas_by(by_luma)))
    if importlib.util.find_spec("pymatting"):
        yield row("closed form", errors_of(alphas_by(in_closed_form)))
    else:
        yield "closed form (pymatting is not installed)", *[""] * (len(ERRORS) + 1)
    log = _protocol.RunLog(FLAGS.out)
    sizes = {name: FLAGS[name].value for name in ("steps", "batch_size", "width", "likeness_weight")}
    for way in FLAGS.ways:
        for seed in map(int, FLAGS.seeds):
            result = log.result({"way": way, "seed": seed, **sizes}, lambda way=way, seed=seed: run(way, seed))
            yield row(f"{way}, seed {seed}", result)


def row(name, result):
    """Return one row of the table."""
    return name, *(f"{result[error]:.4g}" for error in ERRORS), f"{result.get('ms_per_step', 0) or '':.4}"


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    print(f"{HELD_OUT} scenes of {SIDE}x{SIDE}. {FLAGS.steps:,} steps of {FLAGS.batch_size}, width {FLAGS.width}.")
    _protocol.print_table(["alphas", "SAD / 1000", "MSE", "gradient / 1000", "ms a step"], rows())


if __name__ == "__main__":
    app.run(main)
