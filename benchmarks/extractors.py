"""Does an extractor that needs no labels rank samples as a classifier with labels does? Prints Markdown tables.

    python benchmarks/extractors.py --data=digits
    python benchmarks/extractors.py --data=fashion-mnist --data_dir=$KERAS_GAN_TEST_DATA

Sets of samples of different quality are made from real images that no extractor was trained on: blurred, with noise,
without some classes, with shuffled pixels, and so on. More are those of a GAN after some steps of training. Each
extractor gives each set its Frechet distance to further real images. The judge is `train_extractor` with labels. The
tables say how well the ranks of the others agree with those of the judge (Spearman's and Kendall's correlation). A
second judge, with another seed, shows how much agreement can be expected.

The contenders without labels: `train_extractor`, which tells by how many right angles an image is turned; the same
network, trained to recognise each of 1,000 images in views with another part, contrast and brightness (Dosovitskiy et
al. 2014, arXiv 1406.6909); the same network with random weights; and the 64 first principal components of the pixels.
"""

import os
import pathlib
import sys
import tempfile
import time

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import keras
import numpy as np
import scipy.ndimage
import scipy.stats
import tensorflow as tf
from PIL import Image

import keras_gan
from keras_gan._pixels import to_bytes
from keras_gan.metrics import frechet_distance, train_extractor

FLAGS = flags.FLAGS
flags.DEFINE_enum("data", "digits", ["digits", "fashion-mnist"], "Images of the benchmark.")
flags.DEFINE_string("data_dir", _protocol.real_data(""), "Folder of fashion-mnist/, with its IDX files.")
flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds of the contenders.")
flags.DEFINE_list("gan_steps", ["30", "100", "300", "1000"], "Steps of the GAN whose samples are sets.")
flags.DEFINE_string("gan_samples", None, "A .npz file that keeps the samples of the GAN from run to run.")

SIDE, MOST_TRAINED, MOST_COMPARED = 32, 20_000, 2_000


def parts():
    """Return (images, labels) for the extractors, for the sets of samples, and images to compare them with."""
    if FLAGS.data == "digits":
        read = [keras_gan.data.load("digits", split=split, image_size=SIDE, labels=True) for split in ("train", "test")]
        (images, labels), (real, _) = (map(np.concatenate, zip(*each.one_pass(), strict=True)) for each in read)
        return (images[360:], labels[360:]), (images[:360], labels[:360]), real
    folder = pathlib.Path(FLAGS.data_dir) / FLAGS.data
    (images, labels), (others, other_labels) = (_protocol.read_split(folder, split) for split in ("train", "test"))
    train = resized(images[:MOST_TRAINED]), labels[:MOST_TRAINED]
    half = len(others) // 2
    samples = resized(others[:MOST_COMPARED]), other_labels[:MOST_COMPARED]
    return train, samples, resized(others[half : half + MOST_COMPARED])


def resized(images):
    """Return uint8 grey images as floats in [-1, 1], SIDE pixels a side."""
    pictures = (Image.fromarray(image.reshape(image.shape[:2])) for image in images)
    pixels = np.stack([np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC)) for picture in pictures])
    return (pixels[..., None] / 127.5 - 1).astype("float32")


def sets_of_samples(images, labels, gan_samples):
    """Return a dict of names to sets of samples, made of real images or drawn by a GAN."""
    rng, count = np.random.default_rng(0), len(images)
    flat = images.reshape(count, -1).astype("float64")
    gaussian = rng.multivariate_normal(flat.mean(axis=0), np.cov(flat, rowvar=False), count, method="eigh")
    half = SIDE // 2
    sets = {
        "other real images": images,
        "blurred, 0.8 pixels": scipy.ndimage.gaussian_filter(images, (0, 0.8, 0.8, 0)),
        "blurred, 2 pixels": scipy.ndimage.gaussian_filter(images, (0, 2, 2, 0)),
        "noise of 0.1": images + 0.1 * rng.standard_normal(images.shape),
        "noise of 0.4": images + 0.4 * rng.standard_normal(images.shape),
        "half of the contrast": (images + 1) / 2 - 1,
        "5 of 10 classes": images[labels < 5],
        "1 class": images[labels == 3],
        "20 images, repeated": images[rng.integers(0, 20, count)],
        "Gaussian of the pixels": gaussian.reshape(images.shape),
        "shuffled pixels": rng.permuted(flat, axis=1).reshape(images.shape),
        "swapped quadrants": np.roll(images, (half, half), axis=(1, 2)),
        "mean of two": (images + images[rng.permutation(count)]) / 2,
    }
    sets |= {f"GAN, {steps} steps": samples[:count] for steps, samples in gan_samples.items()}
    return {name: to_bytes(samples) / np.float32(127.5) - 1 for name, samples in sets.items()}


def samples_of_gan(images):
    """Return a dict of the number of steps to samples of the presets' recipe after so many."""
    if FLAGS.gan_samples and pathlib.Path(FLAGS.gan_samples).exists():
        with np.load(FLAGS.gan_samples) as kept:
            return dict(kept)
    keras.utils.set_random_seed(0)
    dataset = keras_gan.data.load(images)
    networks = keras_gan.networks.dcgan(image_shape=images.shape[1:], width=32, spectral_normalization=False)
    gan = keras_gan.NonSaturatingGAN(*networks, penalties=[keras_gan.penalties.R1(0.1)], ema_half_life=5000)
    gan.compile(*(keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99) for _ in range(2)))
    samples, done = {}, 0
    for steps in map(int, FLAGS.gan_steps):
        gan.fit(dataset, steps_per_epoch=steps - done, verbose=0)
        samples[str(steps)], done = gan.generate(MOST_COMPARED, seed=0), steps
    if FLAGS.gan_samples:
        np.savez(FLAGS.gan_samples, **samples)
    return samples


def contenders(images, labels, seed):
    """Yield the name of each extractor, and the function that trains it and returns its features of images."""
    labelled = [(images, labels.astype("int32"))]
    with tempfile.TemporaryDirectory() as cache:
        yield "with labels", lambda: features_of(train_extractor(labelled, cache_dir=cache, seed=seed))
        yield "without labels", lambda: features_of(train_extractor([images], cache_dir=cache, seed=seed))
        yield "each image a class", lambda: features_of(trained_on_views(images, seed))
        yield "random weights", lambda: features_of(untrained(images, seed))
        yield "principal components", lambda: principal_components(images)


def features_of(extractor):
    """Return the function from images to features."""
    return lambda samples: np.concatenate([extractor(part).features for part in np.array_split(samples, 8)])


def network_and_module(images, num_classes, seed):
    """Return the network of `train_extractor`, and its module."""
    module = sys.modules["keras_gan.metrics.train_extractor"]
    return module.build_classifier(images.shape[1:], num_classes, 64, seed), module


def untrained(images, seed):
    """Return the extractor with random weights."""
    network, module = network_and_module(images, 2, seed)
    return module.Classifier(network, 0.0, has_labels=False)


def trained_on_views(images, seed, steps=1000):
    """Return the extractor that recognises single images in views of them."""
    images = images[np.random.default_rng(0).permutation(len(images))[:1_000]]
    network, module = network_and_module(images, len(images), seed)
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps))
    optimizer.build(network.trainable_variables)
    generator = tf.random.Generator.from_seed(seed, alg="philox")

    @tf.function(reduce_retracing=True)
    def step(batch, labels):
        with tf.GradientTape() as tape:
            logits = network(views(batch, generator), training=True)["logits"]
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        optimizer.apply(tape.gradient(loss, network.trainable_variables), network.trainable_variables)

    rng = np.random.default_rng(seed)
    for _ in range(steps):
        rows = rng.permutation(len(images))[:128]
        step(tf.constant(images[rows]), tf.constant(rows))
    return module.Classifier(network, 0.0, has_labels=False)


def views(images, generator):
    """Return a random view of each image."""
    count, sides = tf.shape(images)[0], tf.shape(images)[1:3]
    sizes = generator.uniform((count, 1), 0.7, 1.0)
    corners = generator.uniform((count, 2)) * (1.0 - sizes)
    parts = tf.image.crop_and_resize(images, tf.concat([corners, corners + sizes], axis=1), tf.range(count), sides)
    contrast, brightness = generator.uniform((count, 1, 1, 1), 0.6, 1.4), generator.uniform((count, 1, 1, 1), -0.3, 0.3)
    mean = tf.reduce_mean(parts, axis=(1, 2, 3), keepdims=True)
    return tf.clip_by_value((parts - mean) * contrast + mean + brightness, -1.0, 1.0)


def principal_components(images):
    """Return the function from images to their 64 first principal components."""
    flat = images[:MOST_COMPARED].reshape(min(len(images), MOST_COMPARED), -1)
    mean = flat.mean(axis=0)
    directions = np.linalg.svd(flat - mean, full_matrices=False)[2][:64]
    return lambda samples: (samples.reshape(len(samples), -1) - mean) @ directions.T


def distances(features, sets, real):
    """Return the distance of each set, over the sum of the variances of the real features."""
    reference = features(real)
    spread = np.trace(np.cov(reference, rowvar=False))
    return np.array([frechet_distance(reference, features(samples)) for samples in sets.values()]) / spread


def main(argv):
    """Train, measure, print."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    (images, labels), (own, own_labels), real = parts()
    sets = sets_of_samples(own, own_labels, samples_of_gan(images))
    with tempfile.TemporaryDirectory() as cache:
        judge = train_extractor([(images, labels.astype("int32"))], cache_dir=cache, seed=1000)
    expected = distances(features_of(judge), sets, real)
    print(f"{FLAGS.data}: the judge labels {judge.accuracy:.3f} of held-out images correctly.\n")
    print("| trained | seed | Spearman | Kendall | seconds |\n|---|---|---|---|---|")
    columns = {"judge": expected}
    for seed in map(int, FLAGS.seeds):
        for name, train in contenders(images, labels, seed):
            start = time.perf_counter()
            features = train()
            seconds = time.perf_counter() - start
            found = distances(features, sets, real)
            columns.setdefault(name, found)
            spearman = scipy.stats.spearmanr(expected, found).statistic
            kendall = scipy.stats.kendalltau(expected, found).statistic
            print(f"| {name} | {seed} | {spearman:.3f} | {kendall:.3f} | {seconds:.0f} |", flush=True)
    print(f"\n| samples | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for number, name in enumerate(sets):
        print(f"| {name} | {' | '.join(f'{values[number]:.3f}' for values in columns.values())} |")


if __name__ == "__main__":
    app.run(main)
