"""What do DPED's losses do to noise? BSD100 with Gaussian noise; prints a Markdown table, draws a picture.

    python benchmarks/denoising.py --data=$KERAS_GAN_TEST_DATA --seeds=0

Of the 100 photographs, a random 80 are trained on, in parts of 64x64 pixels, and the middles of the other 20 are
tested. The noise has a deviation of 25 of 255 levels, is drawn again for each step, and is clipped and rounded as in a
file. Three ways, with the same residual network (after DnCNN, Zhang et al. 2017, arXiv 1608.03981), optimizers and
number of steps: the distance of the pixels alone (L1), DPED without its discriminator, and DPED. The content is
compared in the features of SqueezeNet, because VGG is too slow here.

L1 alone should have the best PSNR, and smooths what it cannot tell from noise; the energy of its gradients, over that
of the photographs, says how much. The perceptual distance is that of another network than the one of the loss: VGG16
with the heads of LPIPS, whose weights are not those that the heads were fitted to. So it is like LPIPS, and no LPIPS.
The first row is the noisy photographs. A finished run is a line in --out, and is not run again.
"""

import functools
import os
import pathlib

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import keras
import tensorflow as tf
from _photographs import TRAINED, middles, photographs, random_parts

import keras_gan
from keras_gan.losses import Perceptual
from keras_gan.metrics import Lpips, PairEvaluator
from keras_gan.networks import patch_discriminator, perceptual_trunk

FLAGS = flags.FLAGS
flags.DEFINE_string("data", os.environ.get("KERAS_GAN_TEST_DATA"), "Folder of super_resolution.tar and weights/.")
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training.")
flags.DEFINE_list("ways", ["L1", "DPED without GAN", "DPED"], "Ways, each a row of the table.")
flags.DEFINE_integer("steps", 3500, "Training steps.", lower_bound=1)
flags.DEFINE_integer("batch_size", 8, "Parts of photographs in a step.", lower_bound=1)
flags.DEFINE_integer("width", 32, "Channels of the network.", lower_bound=1)
flags.DEFINE_integer("depth", 7, "Convolutions of the network.", lower_bound=2)
flags.DEFINE_integer("threads", 0, "Threads of TensorFlow; 0 for one a core.", lower_bound=0)
flags.DEFINE_string("out", "runs/denoising/results.jsonl", "The log of finished runs.")
flags.DEFINE_string("pictures", "runs/denoising", "Where the results go, a file for each way and seed.")
flags.register_validator("data", bool, "must be given where $KERAS_GAN_TEST_DATA is not set")

SIDE, TEST_SIDE, NUM_PARTS, SHOWN, RATE = 64, 128, 3200, 6, 1e-3
# In images in [-1, 1].
NOISE = 2.0 * 25.0 / 255.0
METRICS = ("psnr", "ssim", "gradient_energy", "lpips_like")
LAYERS = ["relu_conv1", "fire2", "fire3"]
CONTENT_WEIGHT, VARIATION_WEIGHT = 0.001, 2.0


@functools.cache
def bsd100():
    """Return the photographs of BSD100."""
    return photographs(pathlib.Path(FLAGS.data, "super_resolution.tar"))


def noisy(images, seed):
    """Images in [-1, 1] with noise, clipped and rounded to 256 levels."""
    noise = NOISE * tf.random.stateless_normal(tf.shape(images), seed)
    return tf.round((tf.clip_by_value(images + noise, -1.0, 1.0) + 1.0) * 127.5) / 127.5 - 1.0


def training_pairs(seed):
    """Return endless batches of parts of the training photographs, with new noise in each."""
    parts = random_parts(bsd100()[:TRAINED], NUM_PARTS, SIDE, seed)
    mirrored = keras_gan.data.Preprocessing(flip=True)
    clean = keras_gan.data.load(parts, split="all", batch_size=FLAGS.batch_size, seed=seed, preprocessing=mirrored)

    def paired(step, images):
        return {"source": noisy(images, tf.stack([tf.constant(seed, tf.int64), step])), "target": images}

    return clean.enumerate().map(paired)


@functools.cache
def held_out():
    """Return the held-out pairs, arrays in [-1, 1]."""
    clean = middles(bsd100()[TRAINED:], TEST_SIDE).astype("float32") / 127.5 - 1.0
    return {"source": noisy(clean, (0, -1)).numpy(), "target": clean}


def weights(name):
    """Return the path of a file of weights."""
    return pathlib.Path(FLAGS.data, "weights", name)


@functools.cache
def evaluator():
    """Return what measures the results."""
    trunk = perceptual_trunk(weights=weights("vgg16_trunk_float16.npz"), architecture="vgg16", preprocessing="caffe")
    return PairEvaluator([*METRICS[:3], Lpips(trunk, weights("lpips_vgg_heads.npz"))])


def denoiser():
    """Return the network: convolutions of the noisy image, whose result is added to it."""
    x = images = keras.Input((None, None, 3), name="images")
    for number in range(FLAGS.depth - 1):
        x = keras.layers.Conv2D(FLAGS.width, 3, padding="same", activation="relu", name=f"conv_{number}")(x)
    # Zeros: at first it returns what it is given.
    x = keras.layers.Conv2D(3, 3, padding="same", kernel_initializer="zeros", name="noise")(x)
    added = keras.layers.Add(dtype="float32")([images, x])
    return keras.Model(images, keras.layers.Activation("hard_tanh", dtype="float32")(added), name="denoiser")


def make_model(way, seed):
    """Return the compiled model of a way."""
    keras.utils.set_random_seed(seed)
    judge = {"width": FLAGS.width, "layers": 2}
    if way == "L1":
        model = keras_gan.Pix2Pix(denoiser(), patch_discriminator(image_shape=(SIDE, SIDE, 3), **judge), seed=seed)
    else:
        file = weights("squeezenet_1_1_imagenet_notop.h5")
        content = Perceptual(perceptual_trunk(weights=file, architecture="squeezenet"), LAYERS, distance="squared")
        strengths = {"content_weight": CONTENT_WEIGHT, "variation_weight": VARIATION_WEIGHT}
        discriminator = patch_discriminator(image_shape=(SIDE, SIDE, 1), **judge)
        model = keras_gan.DPED(denoiser(), discriminator, content=content, **strengths, seed=seed)
    loss_weights = None if way == "DPED" else {"g_loss": 0.0}
    _protocol.compile_falling(model, FLAGS.steps, generator_rate=RATE, loss_weights=loss_weights)
    return model


def run(way, seed):
    """Train a model and measure it; return the results for the log."""
    model = make_model(way, seed)
    epochs = _protocol.epochs_of(FLAGS.steps, at_most=20)
    trained = _protocol.fit(model, training_pairs(seed), FLAGS.steps, epochs=epochs)
    draw(f"{way.lower().replace(' ', '_')}_{seed}", model.translate(held_out()["source"][:SHOWN]))
    return trained | _protocol.values(evaluator().compare(model, held_out()))


def draw(name, images):
    """Draw a row of pictures."""
    _protocol.save_grid(FLAGS.pictures, name, images[:SHOWN], columns=SHOWN)


def rows():
    """Yield the rows of the table: of the noisy photographs, then of each way and seed."""
    pairs = held_out()
    draw("noisy", pairs["source"])
    draw("photographs", pairs["target"])
    yield _protocol.row(METRICS, "the noisy photographs", _protocol.values(evaluator().compare(pairs["source"], pairs)))
    log = _protocol.RunLog(FLAGS.out)
    sizes = {name: FLAGS[name].value for name in ("steps", "batch_size", "width", "depth")}
    for way in FLAGS.ways:
        for seed in map(int, FLAGS.seeds):
            result = log.result({"way": way, "seed": seed, **sizes}, lambda way=way, seed=seed: run(way, seed))
            yield _protocol.row(METRICS, f"{way}, seed {seed}", result)


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    print(f"{FLAGS.steps:,} steps of {FLAGS.batch_size} parts of {SIDE}x{SIDE}, width {FLAGS.width}.")
    header = ["results", "PSNR, dB", "SSIM", "gradient energy", "distance like LPIPS", "ms a step"]
    _protocol.print_table(header, rows())


if __name__ == "__main__":
    app.run(main)
