"""Emoji drawn from their names, also from names that were never seen; prints a Markdown table, draws pages.

    python benchmarks/emoji_names.py --emoji=$KERAS_GAN_TEST_DATA/emoji.tar.gz --threads=1 --seeds=0

The archive holds 1,911 emoji in two styles, Noto (google) and Twemoji (twitter), and their names. At 32x32 pixels on
white, `TextToImage` learns the first style of all but a random 300. Words that only the names of those have are unknown
to it. The column R-precision is the share of pictures whose own name is the nearest of 10, the others drawn from the
same rows of names (`keras_gan.metrics.r_precision`). The judge, two encoders trained by the matching loss, has seen the
second style alone, of all names; so what it knows of the first style is what both have in common. By chance the column
is 0.1. The rows of real pictures of the first style say what the judge can tell.

The pages show names that were held out: in each row a name, the real picture of the first style, of the second, and six
that are drawn. A training takes about 25 minutes of one core. A finished run is a line in --out, whatever its result,
and is not run again.
"""

import csv
import functools
import io
import os
import pathlib
import tarfile

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import keras
import numpy as np
from PIL import Image

import keras_gan
from keras_gan.metrics import r_precision

FLAGS = flags.FLAGS
flags.DEFINE_string("emoji", _protocol.real_data("emoji.tar.gz"), "The archive emoji.tar.gz.")
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training.")
flags.DEFINE_integer("steps", 16_000, "Training steps of the game.", lower_bound=1)
flags.DEFINE_integer("matching_steps", 2000, "Training steps of the encoders.", lower_bound=1)
flags.DEFINE_integer("judge_steps", 3000, "Training steps of the judge.", lower_bound=1)
flags.DEFINE_integer("candidates", 8, "Of how many wrong names the most similar is taken.", lower_bound=1)
flags.DEFINE_integer("batch_size", 32, "Pictures in a step.", lower_bound=1)
flags.DEFINE_integer("width", 24, "Channels next to the picture.", lower_bound=1)
flags.DEFINE_float("rate", 3e-4, "Learning rate of generator and discriminator.")
flags.DEFINE_integer("threads", 0, "Threads of TensorFlow; 0 for one a core.", lower_bound=0)
flags.DEFINE_string("out", "runs/emoji_names/results.jsonl", "The log of finished runs.")
flags.DEFINE_string("pictures", "runs/emoji_names", "Where the pages go.")
flags.register_validator("emoji", bool, "must be given where $KERAS_GAN_TEST_DATA is not set")

SIDE, HELD_OUT, TEXT_DIM, SHOWN, DRAWN = 32, 300, 64, 12, 6
STYLES = ("google", "twitter")


@functools.cache
def emoji():
    """Return the names, and both styles of them, uint8 `(num_emoji, 32, 32, 3)` by style, in one random order."""
    found, names = {style: {} for style in STYLES}, {}
    with tarfile.open(FLAGS.emoji) as files:
        for member in files:
            path = pathlib.PurePath(member.name)
            style = next((style for style in STYLES if style in path.parts), None)
            if style and path.suffix == ".png":
                found[style][path.stem] = on_white(files.extractfile(member).read())
            elif path.name == "names.csv":
                rows = csv.DictReader(io.TextIOWrapper(files.extractfile(member), "utf-8"))
                names = {row["file"]: row["name"] for row in rows}
    known = sorted(set.intersection(*map(set, (*found.values(), names))))
    known = [known[place] for place in np.random.default_rng(0).permutation(len(known))]
    return [names[key] for key in known], {style: np.stack([found[style][key] for key in known]) for style in STYLES}


def on_white(file):
    """Return the pixels of a PNG file on white, smaller, uint8 `(32, 32, 3)`."""
    with Image.open(io.BytesIO(file)) as image:
        image = image.convert("RGBA")
        white = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
        return np.asarray(white.resize((SIDE, SIDE), Image.Resampling.LANCZOS))


def part(style, is_held_out):
    """Return the names and the pictures of one style that are held out, or the others."""
    names, pictures = emoji()
    held_out = min(HELD_OUT, len(names) // 2)
    rows = slice(None, held_out) if is_held_out else slice(held_out, None)
    return names[rows], pictures[style][rows]


def loaded(names, pictures, **options):
    """Return batches of pictures, some of them mirrored, with their names and with wrong ones."""
    flip = keras_gan.data.Preprocessing(flip=True)
    return keras_gan.data.load_captions(pictures, names, candidates=FLAGS.candidates, preprocessing=flip, **options)


def drawer(data, width, matching_steps, seed):
    """Return a model of the names in `data`, not compiled."""
    keras.utils.set_random_seed(seed)
    words = {"vocab_size": data.tokenizer.vocab_size, "length": data.tokenizer.length}
    reads = keras_gan.networks.text_encoder(**words, text_dim=TEXT_DIM, kind="bag", width=TEXT_DIM)
    sees = keras_gan.networks.dcgan_encoder(image_shape=data.image_shape, latent_dim=TEXT_DIM, width=24)
    sizes = {"text_dim": TEXT_DIM, "width": width, "text_width": 64, "latent_dim": 32}
    # With R1 a discriminator reads sooner than with spectral normalisation: benchmarks/caption_digits.py.
    networks = keras_gan.networks.gan_cls(image_shape=data.image_shape, discriminator_normalization=None, **sizes)
    options = {"matching_steps": matching_steps, "ema_half_life": 1000, "interpolation_weight": 1.0}
    options["penalties"] = [keras_gan.penalties.R1(0.1)]
    return keras_gan.TextToImage(*networks, reads, sees, tokenizer=data.tokenizer, seed=seed, **options)


class Judge:
    """Encoders of names and pictures that have seen the second style alone."""

    def __init__(self):
        names, pictures = emoji()
        data = loaded(names, pictures["twitter"], batch_size=min(64, len(names)))
        # The first phase of a model trains what a judge needs, and it plays no game.
        model = drawer(data, 1, FLAGS.judge_steps, seed=0)
        model.compile(matcher_optimizer=keras.optimizers.Adam(1e-3), **_game(1e-3))
        model.fit(data, steps_per_epoch=FLAGS.judge_steps, verbose=0)
        self.tokenizer, self.reads, self.sees = data.tokenizer, model.text_encoder, model.image_encoder
        self.fingerprint = model.fingerprint()

    def precision(self, images, names):
        """The R-precision of pictures of names, float32 images in [-1, 1]."""
        tokens = self.tokenizer(names)
        vectors = self.sees.predict(images, 256, verbose=0), self.reads.predict(tokens, 256, verbose=0)
        return float(r_precision(*vectors, tokens.numpy()).mean())


def _game(rate):
    """The optimizers of generator and discriminator."""
    return {f"{name}_optimizer": keras.optimizers.Adam(rate, 0.5) for name in ("generator", "discriminator")}


def scaled(pictures):
    """Bytes as floats in [-1, 1]."""
    return pictures.astype("float32") / 127.5 - 1.0


def run(seed, judge):
    """Train a model and measure it; return the results for the log."""
    names, pictures = part("google", is_held_out=False)
    data = loaded(names, pictures, batch_size=FLAGS.batch_size, seed=seed)
    gan = drawer(data, FLAGS.width, FLAGS.matching_steps, seed)
    gan.compile(matcher_optimizer=keras.optimizers.Adam(1e-3), **_game(FLAGS.rate))
    steps = FLAGS.steps + FLAGS.matching_steps
    trained = _protocol.fit(gan, data, steps, epochs=_protocol.epochs_of(steps, at_most=20))
    result = {"ms_per_step": trained["ms_per_step"]}
    for is_held_out in (False, True):
        names, pictures = part("google", is_held_out)
        # Names with unknown words are asked for, too.
        tokens = data.tokenizer(names)
        images = gan.generate(tokens=tokens, seed=0)
        result["held out" if is_held_out else "seen"] = judge.precision(images, names)
        page(f"{'held_out' if is_held_out else 'seen'}_{seed}", gan, tokens.numpy(), pictures, is_held_out)
    return result


def page(name, gan, tokens, pictures, is_held_out):
    """Draw a page: a row of each name, with its real pictures in front. The names are a text file next to it."""
    names, others = part("twitter", is_held_out)
    # Those whose words are all known, if there are enough.
    rows = np.argsort((tokens == 1).any(axis=1), kind="stable")[:SHOWN]
    shown = []
    for row in rows:
        shown += [scaled(pictures[[row]]), scaled(others[[row]]), gan.generate(DRAWN, tokens=tokens[row], seed=1)]
    _protocol.save_grid(FLAGS.pictures, name, np.concatenate(shown), columns=2 + DRAWN, scale=2)
    pathlib.Path(FLAGS.pictures, f"{name}.txt").write_text("\n".join(names[row] for row in rows) + "\n")


def rows(judge):
    """Yield the rows of the table."""
    for style, name in (("google", "real, first style"), ("twitter", "real, second style (the judge's own)")):
        parts = [part(style, is_held_out) for is_held_out in (False, True)]
        yield name, *(f"{judge.precision(scaled(pictures), names):.3f}" for names, pictures in parts), ""
    log = _protocol.RunLog(FLAGS.out)
    sizes = {
        name: FLAGS[name].value for name in ("steps", "matching_steps", "candidates", "batch_size", "width", "rate")
    }
    for seed in map(int, FLAGS.seeds):
        settings = {"seed": seed, **sizes, "judge": judge.fingerprint}
        result = log.result(settings, lambda seed=seed: run(seed, judge))
        cells = f"{result['seen']:.3f}", f"{result['held out']:.3f}", f"{result['ms_per_step']:.0f}"
        yield f"TextToImage, seed {seed}", *cells


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    judge = Judge()
    train, held_out = (part("google", is_held_out)[0] for is_held_out in (False, True))
    # Token 1 is a word that is not known.
    known = (keras_gan.layers.Tokenizer.fitted(train)(held_out).numpy() != 1).all(axis=1).mean()
    print(
        f"{len(train):,} names seen, {len(held_out)} held out, of which {known:.0%} have only words that were seen; "
        f"{FLAGS.steps:,} steps of {FLAGS.batch_size} after {FLAGS.matching_steps:,} of the encoders."
    )
    _protocol.print_table(["R-precision (1 of 10)", "names seen", "names held out", "ms_per_step"], rows(judge))


if __name__ == "__main__":
    app.run(main)
