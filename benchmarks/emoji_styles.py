"""One style of emoji to another and back, with pairs and without; prints Markdown tables, draws pictures.

    python benchmarks/emoji_styles.py --emoji=$KERAS_GAN_TEST_DATA/emoji.tar.gz --seeds=0

The archive holds 1,911 emoji, each drawn in two styles, Noto (google) and Twemoji (twitter), as 64x64 pictures with
alpha; all four channels are translated. A random 300 emoji are held out. `Pix2Pix` learns from the pairs of the others.
`CycleGAN` learns from one half of the others in the first style and the other half in the second, so it never sees a
pair; once as published, once without the cycle loss, once without the pool. A row has the direction there, and back
where the model has it: L1 and SSIM of the held-out translations to their true partners, in [-1, 1], next to copying
the input, and to the input with its mean colour moved to that of the other style's training images. All players learn
at two and a half times the rate of the papers, whose batches hold one image and whose trainings are long.

The second table asks whether a CycleGAN hides the source in its translations (Chu et al. 2017, arXiv 1712.02950): the
cycle error |F(G(x)) - x|, again with translations that were rounded to 8 bits and given noise of deviation 0.02. If
information is hidden in faint patterns, the error rises much; twice as much is the limit that was set before.

A finished run is a line in --out, whatever its result, and is not run again.
"""

import functools
import io
import itertools
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
from keras_gan.metrics import PairEvaluator

FLAGS = flags.FLAGS
flags.DEFINE_string("emoji", _protocol.real_data("emoji.tar.gz"), "The archive emoji.tar.gz.")
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training.")
flags.DEFINE_list(
    "ways", ["Pix2Pix", "CycleGAN", "CycleGAN, no cycle", "CycleGAN, no pool"], "Ways, each a row of the table."
)
flags.DEFINE_integer("steps", 3000, "Training steps.", lower_bound=1)
flags.DEFINE_integer("batch_size", 4, "Images of either style in a step.", lower_bound=1)
flags.DEFINE_integer("width", 16, "Channels of the translators next to the picture.", lower_bound=1)
flags.DEFINE_integer("threads", 0, "Threads of TensorFlow; 0 for one a core.", lower_bound=0)
flags.DEFINE_string("out", "runs/emoji_styles/results.jsonl", "The log of finished runs.")
flags.DEFINE_string("pictures", "runs/emoji_styles", "Where the translations go, a file for each way and seed.")
flags.register_validator("emoji", bool, "must be given where $KERAS_GAN_TEST_DATA is not set")

SHAPE, HELD_OUT, SHOWN, RATE = (64, 64, 4), 300, 12, 5e-4
STYLES = ("google", "twitter")
CYCLE_OPTIONS = {"CycleGAN": {}, "CycleGAN, no cycle": {"cycle_weight": 0.0}, "CycleGAN, no pool": {"pool_size": 0}}


@functools.cache
def emoji():
    """Return both styles of all emoji that have both, uint8 `(num_emoji, 64, 64, 4)`, in one random order."""
    found = {style: {} for style in STYLES}
    with tarfile.open(FLAGS.emoji) as files:
        for member in files:
            path = pathlib.PurePath(member.name)
            style = next((style for style in STYLES if style in path.parts), None)
            if style and path.suffix == ".png":
                with Image.open(io.BytesIO(files.extractfile(member).read())) as image:
                    found[style][path.name] = whitened(np.asarray(image.convert("RGBA")))
    names = sorted(set.intersection(*map(set, found.values())))
    order = np.random.default_rng(0).permutation(len(names))
    return [np.stack([found[style][names[index]] for index in order]) for style in STYLES]


def whitened(image):
    """Let what is transparent be white, so that its colour means nothing."""
    return np.where(image[..., 3:] > 0, image, np.uint8([255, 255, 255, 0]))


def scaled(images):
    """Images in [-1, 1]."""
    return images.astype("float32") / 127.5 - 1.0


def held_out():
    """Return the held-out pairs, in [-1, 1]."""
    return {name: scaled(images[:HELD_OUT]) for name, images in zip(("source", "target"), emoji(), strict=True)}


def training_data(way, seed):
    """Return batches: of pairs, or of both styles of different emoji."""
    source, target = (images[HELD_OUT:] for images in emoji())
    options = {"split": "all", "batch_size": FLAGS.batch_size, "seed": seed}
    if way == "Pix2Pix":
        return keras_gan.data.load_pairs(source, target, **options)
    half = len(source) // 2
    return keras_gan.data.load_unpaired(source[:half], target[half:], **options)


def make_model(way, seed):
    """Return the compiled model of a way."""
    keras.utils.set_random_seed(seed)
    networks, sizes = keras_gan.networks, {"image_shape": SHAPE, "width": FLAGS.width}
    judge = {"image_shape": SHAPE, "width": 32, "layers": 2}
    if way == "Pix2Pix":
        discriminator = networks.patch_discriminator(**judge, source_channels=SHAPE[-1])
        model = keras_gan.Pix2Pix(networks.unet(**sizes), discriminator, seed=seed)
    else:
        translators = [networks.resnet_translator(**sizes, blocks=3) for _ in range(2)]
        discriminators = [networks.patch_discriminator(**judge) for _ in range(2)]
        model = keras_gan.CycleGAN(*translators, *discriminators, **CYCLE_OPTIONS[way], seed=seed)
    _protocol.compile_falling(model, FLAGS.steps, RATE)
    return model


def run(way, seed):
    """Train a model and measure it; return the results for the log."""
    model = make_model(way, seed)
    epochs = _protocol.epochs_of(FLAGS.steps, at_most=20)
    result = _protocol.fit(model, training_data(way, seed), FLAGS.steps, epochs=epochs)
    pairs = held_out()
    draw(f"{way.lower().replace(', ', '_').replace(' ', '_')}_{seed}", model.translate(pairs["source"][:SHOWN]))
    for to in ("target", "source") if way in CYCLE_OPTIONS else (None,):
        result |= _protocol.values(PairEvaluator(["l1", "ssim"], to=to).compare(model, pairs))
    if way in CYCLE_OPTIONS:
        result |= hidden(model, pairs["source"])
    return result


def hidden(model, images):
    """Return the cycle error of images, and that with rounded and noisy translations."""
    translated = model.translate(images)
    noise = np.random.default_rng(0).normal(0.0, 0.02, translated.shape)
    rounded = np.rint(127.5 * (translated + 1.0)) / 127.5 - 1.0
    disturbed = np.clip(rounded + noise, -1.0, 1.0).astype("float32")
    errors = [np.mean(np.abs(model.translate(each, to="source") - images)) for each in (translated, disturbed)]
    return dict(zip(("cycle", "disturbed_cycle"), map(float, errors), strict=True))


def with_mean_of(images, others):
    """Move the mean colour of images to that of others."""
    shift = others.mean(axis=(0, 1, 2)) - images.mean(axis=(0, 1, 2))
    return np.clip(images + shift, -1.0, 1.0)


def baselines():
    """Return the results of what costs nothing, by its name."""
    pairs = held_out()
    source, target = (scaled(images[HELD_OUT:]) for images in emoji())
    there = {"copying the input": pairs["source"], "with the mean colour": with_mean_of(pairs["source"], target)}
    back = {"copying the input": pairs["target"], "with the mean colour": with_mean_of(pairs["target"], source)}
    return {
        name: _protocol.values(PairEvaluator(["l1", "ssim"]).compare(there[name], pairs))
        | _protocol.values(PairEvaluator(["l1", "ssim"], to="source").compare(back[name], pairs))
        for name in there
    }


def draw(name, images):
    """Draw a row of pictures on white."""
    alpha = (images[..., 3:] + 1.0) / 2.0
    shown = images[..., :3] * alpha + 1.0 - alpha
    _protocol.save_grid(FLAGS.pictures, name, shown.clip(-1, 1).astype("float32"), columns=len(images))


def results():
    """Yield the name and the result of each way and seed."""
    log = _protocol.RunLog(FLAGS.out)
    for way in FLAGS.ways:
        for seed in map(int, FLAGS.seeds):
            settings = {"way": way, "seed": seed} | {k: FLAGS[k].value for k in ("steps", "batch_size", "width")}
            yield f"{way}, seed {seed}", log.result(settings, lambda way=way, seed=seed: run(way, seed))


def row(name, result):
    """Return one row of the first table."""
    cells = []
    for metric in ("l1", "ssim", "l1_to_source", "ssim_to_source"):
        cells.append("{:.3f} [{:.3f}, {:.3f}]".format(*result[metric]) if metric in result else "")
    return name, *cells, f"{result['ms_per_step']:.0f}" if "ms_per_step" in result else ""


def rows():
    """Yield the rows of the first table."""
    yield from itertools.starmap(row, itertools.chain(baselines().items(), results()))


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    pairs = held_out()
    draw("source", pairs["source"][:SHOWN])
    draw("target", pairs["target"][:SHOWN])
    print(f"{FLAGS.steps:,} steps of {FLAGS.batch_size} images, width {FLAGS.width}; {HELD_OUT} held-out emoji.")
    _protocol.print_table(["", "L1 there", "SSIM there", "L1 back", "SSIM back", "ms a step"], rows())
    _protocol.print_table(
        ["", "cycle L1", "with disturbed translations", "ratio"],
        (
            (name, f"{found['cycle']:.4f}", f"{found['disturbed_cycle']:.4f}", f"{_ratio(found):.2f}")
            for name, found in results()
            if "cycle" in found
        ),
    )


def _ratio(result):
    return result["disturbed_cycle"] / result["cycle"]


if __name__ == "__main__":
    app.run(main)
