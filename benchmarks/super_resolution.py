"""How well does SRGAN enlarge photographs four times? Prints a Markdown table, draws pictures and a curve.

    python benchmarks/super_resolution.py --archive=$KERAS_GAN_TEST_DATA/super_resolution.tar --seeds=0

The archive holds Set5, Set14 and BSD100, each picture also a quarter as wide, by MATLAB's bicubic filter. Parts of
BSD100 are trained on, with flips, and the small pictures of Set5 and Set14 are enlarged. PSNR and SSIM are those of the
literature: of the luma, without the four pixels at each side, of results rounded to 256 levels. There, bicubic has
28.42 dB and 0.810 on Set5, and SRResNet, trained for days, 32.05 and 0.902 (Ledig et al. 2016, arXiv 1609.04802,
table 2).

A narrow SRResNet with a bicubic path round it learns the pixels alone ("content"), and then plays the game of SRGAN,
with features of SqueezeNet. Its first convolution has a stride of 2, and does not see a grid of fine noise that fits
the stride; so it looks at each image and at the same image a pixel further, where it does.

LPIPS is in VGG16, which the loss does not see; its trunk in the archive of weights is close to the published one, and
is not it, so compare these values with each other alone. The content model should have the best PSNR, and the GAN the
best LPIPS. Between the two lie networks whose weights are means of both (ESRGAN, arXiv 1809.00219, section 3.4): their
PSNR and LPIPS on Set5 are the curve. The consistency is the root mean square error, in levels, of the result made
small again. A finished run is a line in --out, and is not run again.
"""

import functools
import os
import pathlib

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import keras
import numpy as np
import tensorflow as tf
from _photographs import pairs_of
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import keras_gan
from keras_gan import losses, metrics, networks
from keras_gan.transfer import interpolate_networks

FLAGS = flags.FLAGS
flags.DEFINE_string("archive", _protocol.real_data("super_resolution.tar"), "The archive super_resolution.tar.")
flags.DEFINE_string("weights", _protocol.real_data("weights"), "The folder of weights of SqueezeNet, VGG16 and LPIPS.")
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training.")
flags.DEFINE_integer("side", 64, "Height and width of the large parts in training.", lower_bound=16)
flags.DEFINE_integer("pretraining_steps", 6000, "Training steps on the pixels alone.", lower_bound=1)
flags.DEFINE_integer("game_steps", 2000, "Training steps of the game.", lower_bound=1)
flags.DEFINE_integer("batch_size", 8, "Pairs in a step.", lower_bound=1)
flags.DEFINE_integer("width", 32, "Channels of the networks.", lower_bound=1)
flags.DEFINE_integer("blocks", 6, "Residual blocks of the generator.", lower_bound=1)
flags.DEFINE_integer("discriminator_width", 16, "Channels of the discriminator.", lower_bound=1)
flags.DEFINE_float("adversarial_weight", 2e-3, "Weight of the adversarial loss.", lower_bound=0.0)
flags.DEFINE_float("pixel_weight", 0.1, "Weight of the pixels in the game.", lower_bound=0.0)
flags.DEFINE_float("perceptual_weight", 1e-3, "Weight of the features.", lower_bound=0.0)
flags.DEFINE_integer("threads", 0, "Threads of TensorFlow; 0 for one a core.", lower_bound=0)
flags.DEFINE_string("out", "runs/super_resolution/results.jsonl", "The log of finished runs.")
flags.DEFINE_string("pictures", "runs/super_resolution", "Where the pictures go.")
for _name in ("archive", "weights"):
    flags.register_validator(_name, bool, "must be given where $KERAS_GAN_TEST_DATA is not set")

SCALE, TESTED, SHARES = 4, ("Set5", "Set14"), (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
METRICS = ("psnr", "ssim", "lpips_like")
FEATURES = ("relu_conv1", "fire3", "fire5")
SETTINGS = (
    *("side", "pretraining_steps", "game_steps", "batch_size", "width", "blocks", "discriminator_width"),
    *("adversarial_weight", "pixel_weight", "perceptual_weight"),
)


@functools.cache
def pictures(name):
    """Return the (large, small) pictures of a set, uint8 `(height, width, 3)`, in the order of their names."""
    return pairs_of(FLAGS.archive, name)


def training_pairs(seed):
    """Return batches of random parts of BSD100, cut from patches that overlap by half."""
    patch = FLAGS.side * 3 // 2
    patches = [
        large[top : top + patch, left : left + patch]
        for large, _ in pictures("BSD100")
        for top in range(0, large.shape[0] - patch + 1, patch // 2)
        for left in range(0, large.shape[1] - patch + 1, patch // 2)
    ]
    parts = keras_gan.data.Preprocessing(load_size=patch, flip=True)
    options = {"split": "all", "image_size": FLAGS.side, "batch_size": FLAGS.batch_size, "seed": seed}
    return keras_gan.data.load_degraded(
        np.stack(patches), keras_gan.data.Bicubic(SCALE), preprocessing=parts, **options
    )


def make_model(seed):
    """Return the compiled model. The rate falls in the pre-training, and is the paper's in the game."""
    keras.utils.set_random_seed(seed)
    model = keras_gan.SRGAN(
        networks.srresnet(image_shape=(None, None, 3), width=FLAGS.width, blocks=FLAGS.blocks, skip="bicubic"),
        networks.vgg_discriminator(
            image_shape=(FLAGS.side, FLAGS.side, 3), width=FLAGS.discriminator_width, halvings=4
        ),
        pretraining_steps=FLAGS.pretraining_steps,
        adversarial_weight=FLAGS.adversarial_weight,
        pixel_weight=FLAGS.pixel_weight,
        perceptual=features(),
        perceptual_weight=FLAGS.perceptual_weight,
        seed=seed,
    )
    ends = [FLAGS.pretraining_steps * tenths // 10 for tenths in (6, 9)]
    falling = keras.optimizers.schedules.PiecewiseConstantDecay(ends, [1e-3, 3e-4, 1e-4])
    model.compile(
        generator_optimizer=keras.optimizers.Adam(falling, epsilon=1e-8),
        discriminator_optimizer=keras.optimizers.Adam(1e-4, epsilon=1e-8),
    )
    return model


def features():
    """Return the loss in the features of SqueezeNet, of images and of the same images a pixel further."""
    weights = f"{FLAGS.weights}/squeezenet_1_1_imagenet_notop.h5"
    trunk = networks.perceptual_trunk(weights=weights, architecture="squeezenet", preprocessing="caffe")
    return losses.Perceptual(seeing_twice(trunk, FEATURES), list(FEATURES))


def seeing_twice(trunk, names):
    """Return a network with some layers of another one, which sees each image at two places of a diagonal."""
    images = keras.Input((None, None, 3), name="images")
    shifted = keras.ops.concatenate([images[:, :-1, :-1], images[:, 1:, 1:]], axis=0)
    maps = keras.Model(trunk.inputs, [trunk.get_layer(name).output for name in names])(shifted)
    named = [keras.layers.Activation("linear", name=name)(each) for name, each in zip(names, maps, strict=True)]
    return keras.Model(images, named, name="seeing_twice")


def run(seed):
    """Train a model and measure what it enlarges; return the results for the log."""
    model, pairs = make_model(seed), training_pairs(seed)
    trained = {"content": fit(model, pairs, FLAGS.pretraining_steps)}
    content = interpolate_networks(model.generator, model.generator, 0.0)
    trained["SRGAN"] = fit(model, pairs, FLAGS.game_steps)
    ends = {"content": content, "SRGAN": model.generator}
    results = {name: trained[name] | measured(enlarged_by(network)) for name, network in ends.items()}
    between = [interpolate_networks(content, model.generator, share) for share in SHARES]
    curve = [measured(enlarged_by(network), TESTED[:1]) for network in between]
    draw_examples(seed, [enlarged_bicubic, *map(enlarged_by, ends.values())])
    return results | {"curve": curve}


def fit(model, pairs, steps):
    """Train a phase; return its time and losses."""
    return _protocol.fit(model, pairs, steps, epochs=_protocol.epochs_of(steps, at_most=20))


def enlarged_bicubic(picture):
    """Return a picture of bytes, enlarged by the bicubic filter."""
    sides = [SCALE * side for side in picture.shape[:2]]
    enlarged = tf.image.resize(tf.cast(picture, tf.float32), sides, "bicubic")
    return np.clip(np.round(enlarged), 0, 255).astype("uint8")


def enlarged_by(network):
    """Return the function that enlarges a picture of bytes by a network."""

    def enlarged(picture):
        image = picture[np.newaxis].astype("float32") / 127.5 - 1.0
        return np.clip(np.round((network(image, training=False)[0] + 1.0) * 127.5), 0, 255).astype("uint8")

    return enlarged


@functools.cache
def perceptual_distance():
    """Return the LPIPS of VGG16."""
    weights = f"{FLAGS.weights}/vgg16_trunk_float16.npz"
    trunk = networks.perceptual_trunk(weights=weights, architecture="vgg16", preprocessing="caffe")
    return metrics.Lpips(trunk, f"{FLAGS.weights}/lpips_vgg_heads.npz")


def measured(enlarge, sets=TESTED):
    """Return the means of all values of a way to enlarge, a dict by "<set> <metric>", and the consistency."""
    values, errors = {}, []
    smaller = keras_gan.data.Bicubic(SCALE)
    for name in sets:
        rows = []
        for large, small in pictures(name):
            target = large[: SCALE * small.shape[0], : SCALE * small.shape[1]]
            made = enlarge(small)
            pair = made[np.newaxis], target[np.newaxis]
            decibels, likeness = (
                measure(*pair, channel="y", border=SCALE).mean for measure in (metrics.psnr, metrics.ssim)
            )
            rows.append([decibels, likeness, perceptual_distance()(*(image / 127.5 - 1.0 for image in pair)).mean])
            again = smaller(tf.constant(pair[0] / 127.5 - 1.0, tf.float32), None)[0]
            errors.append(np.mean((127.5 * (again + 1.0) - small) ** 2))
        values |= {f"{name} {metric}": float(mean) for metric, mean in zip(METRICS, np.mean(rows, axis=0), strict=True)}
    return {**values, "consistency": float(np.sqrt(np.mean(errors)))}


def draw_examples(seed, ways):
    """Draw the middle of the first pictures of Set14: squares, each way, and the true picture."""
    shown = []
    for large, small in pictures(TESTED[-1])[:3]:
        squares = np.kron(small, np.ones((SCALE, SCALE, 1), "uint8"))
        shown += [middle(image) for image in (squares, *(way(small) for way in ways), large)]
    images = np.stack(shown) / np.float32(127.5) - 1.0
    _protocol.save_grid(FLAGS.pictures, f"examples_{seed}", images, columns=len(ways) + 2)


def middle(image, side=96):
    """Return the middle of a picture."""
    top, left = (max(0, (size - side) // 2) for size in image.shape[:2])
    return image[top : top + side, left : left + side]


def draw_curve(seed, curve):
    """Draw the LPIPS of Set5 over its PSNR, a point for each share of the GAN."""
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = FigureCanvasAgg(figure).figure.subplots()
    decibels, distances = ([point[f"Set5 {metric}"] for point in curve] for metric in ("psnr", "lpips_like"))
    axes.plot(decibels, distances, "o-")
    for share, *place in zip(SHARES, decibels, distances, strict=True):
        axes.annotate(f"{share:.0%}", place, xytext=(4, 4), textcoords="offset points")
    axes.set(xlabel="PSNR of the luma, dB", ylabel="LPIPS", title="From the content model to the GAN, on Set5")
    pathlib.Path(FLAGS.pictures).mkdir(parents=True, exist_ok=True)
    figure.savefig(pathlib.Path(FLAGS.pictures) / f"curve_{seed}.png", dpi=120)


def rows():
    """Yield the rows of the table: of what costs nothing, then of each seed, and draw its curve."""
    yield row("bicubic", measured(enlarged_bicubic))
    log = _protocol.RunLog(FLAGS.out)
    for seed in map(int, FLAGS.seeds):
        settings = {"seed": seed, **{name: FLAGS[name].value for name in SETTINGS}}
        result = log.result(settings, lambda seed=seed: run(seed))
        for name in ("content", "SRGAN"):
            yield row(f"{name}, seed {seed}", result[name])
        for share, point in zip(SHARES[1:-1], result["curve"][1:-1], strict=True):
            yield row(f"{share:.0%} of the GAN, seed {seed}", point)
        draw_curve(seed, result["curve"])


def row(name, values):
    """Return one row of the table; a value that was not measured is left empty."""
    keys = [f"{each} {metric}" for each in TESTED for metric in METRICS]
    cells = [f"{values[key]:.4g}" if key in values else "" for key in (*keys, "consistency")]
    return name, *cells, f"{values['ms_per_step']:.0f}" if "ms_per_step" in values else ""


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    steps = f"{FLAGS.pretraining_steps:,} + {FLAGS.game_steps:,} steps of {FLAGS.batch_size} parts"
    print(f"{SCALE} times, {steps} of {FLAGS.side}x{FLAGS.side}, width {FLAGS.width}, {FLAGS.blocks} blocks.")
    columns = [f"{name}: {metric}" for name in TESTED for metric in ("PSNR, dB", "SSIM", "LPIPS")]
    _protocol.print_table(["enlarged by", *columns, "consistency", "ms a step"], rows())


if __name__ == "__main__":
    app.run(main)
