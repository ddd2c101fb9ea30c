"""Does CycleGAN translate one style of emoji to another, without pairs? Prints a Markdown table, draws a picture.

    python benchmarks/cyclegan_emoji.py --emoji=$KERAS_GAN_TEST_DATA/emoji.tar.gz --seeds=0

The archive holds 1,911 emoji, each drawn in two styles, Noto (google) and Twemoji (twitter). A tenth of the emoji are
held out. One half of the others gives the source images, in the first style, and the other half gives the target
images, in the second style. No emoji is in both, so the model never sees a pair. The measure is the mean absolute
difference between a held-out translation and its true partner, over that of the untranslated image; below 1, the
translation is nearer. The cycle is the difference between a held-out image and its translation there and back. 32x32,
on white, in [-1, 1].
"""

import io
import os
import pathlib
import sys
import tarfile
import time

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from PIL import Image

import keras_gan

FLAGS = flags.FLAGS
flags.DEFINE_string("emoji", None, "The archive emoji.tar.gz.", required=True)
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training.")
flags.DEFINE_integer("steps", 4000, "Training steps.", lower_bound=1)
flags.DEFINE_integer("batch_size", 4, "Images of either style in a step.", lower_bound=1)
flags.DEFINE_integer("width", 24, "Channels of the translators next to the picture.", lower_bound=1)
flags.DEFINE_string("picture", "runs/cyclegan_emoji.png", "Where the picture of the first seed goes.")

SIDE = 32


def read_styles(archive):
    """Both styles of all emoji that have both, float32 `(num_emoji, 32, 32, 3)` in [-1, 1] each, in one order."""
    styles = {"google": {}, "twitter": {}}
    with tarfile.open(archive) as files:
        for member in files:
            path = pathlib.PurePath(member.name)
            style = next((style for style in styles if style in path.parts), None)
            if style and path.suffix == ".png":
                styles[style][path.name] = decode(files.extractfile(member).read())
    names = sorted(set(styles["google"]) & set(styles["twitter"]))
    return [np.stack([style[name] for name in names]) for style in styles.values()]


def decode(content):
    """An image on white, reduced to the side."""
    with Image.open(io.BytesIO(content)) as image:
        image = image.convert("RGBA")
        white = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
        return np.asarray(white.resize((SIDE, SIDE), Image.Resampling.BOX), "float32") / 127.5 - 1.0


def split(google, twitter):
    """Training images of both styles, of different emoji, and held-out pairs."""
    order = np.random.default_rng(0).permutation(len(google))
    held_out, rest = np.split(order, [len(order) // 10])
    half = len(rest) // 2
    return google[rest[:half]], twitter[rest[half : 2 * half]], (google[held_out], twitter[held_out])


def build(seed):
    """The compiled model: 3 residual blocks, a 34x34 PatchGAN for each style."""
    keras.utils.set_random_seed(seed)
    shape = (SIDE, SIDE, 3)
    translators = [
        keras_gan.networks.resnet_translator(image_shape=shape, width=FLAGS.width, blocks=3) for _ in range(2)
    ]
    discriminators = [keras_gan.networks.patch_discriminator(image_shape=shape, width=32, layers=2) for _ in range(2)]
    model = keras_gan.CycleGAN(*translators, *discriminators, ema_half_life=500, seed=seed)
    model.compile(translators_optimizer=falling_adam(8e-4), discriminators_optimizer=falling_adam(2e-4))
    return model


def falling_adam(rate):
    """The paper's optimizer: the rate is constant for half of the training, and then falls to 0."""
    schedule = keras_gan.schedules.LinearDecay(rate, FLAGS.steps, hold_steps=FLAGS.steps // 2)
    return keras.optimizers.Adam(schedule, beta_1=0.5)


def difference(first, second):
    """Mean absolute difference, a float."""
    return float(np.mean(np.abs(first - second)))


def main(argv):
    """Train, judge, print, draw."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    source, target, (images, partners) = split(*read_styles(FLAGS.emoji))
    untranslated = difference(images, partners)
    print(f"{len(source)} source and {len(target)} target images, {len(images)} held-out pairs, {FLAGS.steps} steps.\n")
    print("| translation | L1 to the partner | over the untranslated | cycle L1 | seconds |\n|---|---|---|---|---|")
    print(f"| none | {untranslated:.4f} | 1.000 | | |")
    print(f"| the mean target image | {difference(target.mean(axis=0), partners):.4f} | | | |")
    for seed in map(int, FLAGS.seeds):
        begin, model = time.perf_counter(), build(seed)
        model.fit(
            {"source": source, "target": target},
            batch_size=FLAGS.batch_size,
            steps_per_epoch=FLAGS.steps,
            verbose=2 if sys.stderr.isatty() else 0,
        )
        translated = model.translate(images)
        distance = difference(translated, partners)
        cycle = difference(model.translate(translated, to="source"), images)
        seconds = time.perf_counter() - begin
        print(
            f"| seed {seed} | {distance:.4f} | {distance / untranslated:.3f} | {cycle:.4f} | {seconds:.0f} |",
            flush=True,
        )
        if seed == int(FLAGS.seeds[0]):
            draw(images, translated, partners)


def draw(images, translated, partners):
    """Rows of held-out images, their translations, and the true partners below them."""
    shown = [each[:12] for each in (images, translated, partners)]
    path = pathlib.Path(FLAGS.picture)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(keras_gan.callbacks.image_grid(np.concatenate(shown), columns=12, scale=2)).save(path)
    print(f"\nPicture: {path}")


if __name__ == "__main__":
    app.run(main)
