"""An extractor that is trained on the data set itself."""

import hashlib
import json
import os
import pathlib
import warnings

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_channels_last, require_int, require_seed
from keras_gan._files import local_path, writable_directory
from keras_gan.metrics._cache import read_arrays, write_arrays
from keras_gan.metrics._networks import keras_network
from keras_gan.metrics._training_images import TrainingImages, read_images
from keras_gan.metrics.extractor import Embedding, Extractor
from keras_gan.metrics.resizing import resize
from keras_gan.metrics.samples import random_rows

# Version of the recipe. A change of the recipe needs a new number, so that extractors of the old one are not read.
_VERSION = 2
_BATCH_SIZE = 128
_LEARNING_RATE = 2e-3
_LARGEST_SIDE = 32
_OUTPUTS = ("features", "logits")
# Of clips, which cost as much as many images.
_CLIPS_AT_ONCE = 32
# Without labels, of so many images or clips at most: each is there four or eight times.
_MOST_TURNED, _MOST_CLIPS = 15_000, 2_000
# Less than this many times the accuracy of guessing is nearly nothing.
_LEAST_GAIN = 1.6


def train_extractor(dataset, *, cache_dir=None, seed=0, num_features=64, steps=1000, max_images=60_000):
    """Train a small classifier on real images. The features are the outputs of its last hidden layer.

    Inception was trained on photographs and knows little about digits, medical images or icons. A classifier of the
    data set itself knows what distinguishes its classes. It needs no download. On two cores, training takes seconds for
    the digits of scikit-learn and less than a minute for MNIST. Its distances mean nothing outside the data set:
    compare only distances from the same extractor, with each other and with the floor.

    Without labels, the network learns to tell by how many right angles an image is turned (Gidaris et al. 2018, arXiv
    1803.07728). So it needs nothing but the images. In benchmarks/RESULTS.md its ranks of sets of samples correlate
    with those of a classifier with labels by 0.86 to 0.95, and those of a second such classifier by 0.96 to 0.99: it
    tells good from bad, but not two that are nearly equal. Its weakness: it sees what shows which side of an image is
    up, and may miss what does not, such as a class that is rare. Of textures, and of other images without an upper
    side, it learns little, and a warning says so. It does not know what matters to people, so look at the samples, too.

    Of clips, `(num_clips, num_frames, height, width, channels)`, the convolutions are three-dimensional, so the network
    sees how things move. Without labels, it also learns to tell whether the frames are in their order or shuffled
    (Misra et al. 2016, arXiv 1603.08561; turned clips: Jing et al. 2018, arXiv 1811.11387): eight cases, of which
    single frames show only four.

    The classifier has three convolutions and two dense layers, and takes images of at most 32 pixels a side. It trains
    with Adam in batches of 128 images or 32 clips, and the learning rate falls from 0.002 to 0 along a cosine. Train it
    on the training split alone, so that neither the extractor nor the GAN sees the test split.

    Args:
        dataset: real images: what `keras_gan.data.load` returns, with or without labels, which is read once; a finite
            iterable of batches, of images in [-1, 1] or of (images, integer labels from 0 up); or an array of images.
            Or clips in place of images, which have an axis for their frames.
        cache_dir: directory that keeps the trained weights. The name of the file is a hash of everything that they
            depend on: the images, the labels and the arguments. It must be writable unless it holds them; if writing
            fails after the training, a warning says so. The default is `$XDG_CACHE_HOME/keras_gan/extractors`,
            with `~/.cache` if that variable is not set.
        seed: int, for the initial weights and the order of the images. On one CPU it determines all weights.
        num_features: int, the width of the features.
        steps: int, the number of training steps.
        max_images: int, how many images to use at most; without labels, 15,000 images or 2,000 clips are the limit. Of
            more, a random part is used, always the same one.

    Returns:
        `Extractor`, called "trained_classifier" with labels, and "rotation_classifier" without. Only with labels does
        it have logits. Its attribute `accuracy` is the share of a random tenth of the images, which it was not trained
        on, whose labels (or whose positions) it tells.

    Raises:
        ValueError: if the labels are all the same, there are fewer than 10 images, or they are not in [-1, 1]; if an
            argument is out of its range; or if nothing can be written to the cache.

    Warns:
        UserWarning: if it has learnt nearly nothing without labels.

    Example:
        >>> import tempfile
        >>> from keras_gan import data
        >>> digits = data.load("digits", labels=True)
        >>> extractor = train_extractor(digits, cache_dir=tempfile.mkdtemp(), steps=20)
        >>> extractor.num_features, extractor.num_classes
        (64, 10)
        >>> train_extractor(data.load("digits"), cache_dir=tempfile.mkdtemp(), steps=50).name
        'rotation_classifier'
    """
    settings = {
        "seed": require_seed(seed),
        "num_features": require_int("num_features", num_features),
        "steps": require_int("steps", steps),
    }
    cache = _cache_directory(cache_dir)
    data = read_images(dataset, require_int("max_images", max_images))
    has_labels = data.labels is not None
    data = data if has_labels else _turned(data.pixels)
    network = build_classifier(data.pixels.shape[1:], data.num_classes, num_features, seed)
    path = cache / f"{_key(data, settings)}.npz"
    accuracy = _read_into(network, path)
    if accuracy is None:
        # Before the training, which is lost if nobody can keep it.
        writable_directory(path.parent, "cache_dir")
        accuracy = train_classifier(network, data, steps=steps, seed=seed)
        write_arrays(path, np.float64(accuracy), *network.get_weights())
    if not has_labels and accuracy * data.num_classes < _LEAST_GAIN:
        warnings.warn(
            f"The extractor tells the position of {accuracy:.0%} of the images, and guessing would tell "
            f"{1 / data.num_classes:.0%}: they may "
            "have no upper side, or are too few, or its training is too short. Its features are hardly better than "
            "random ones. Load the images with labels, or use `ModelExtractor`.",
            stacklevel=2,
        )
    return Classifier(network, accuracy, has_labels=has_labels)


class Classifier(Extractor):
    """A trained classifier as an extractor.

    Args:
        network: what `build_classifier` returned, trained.
        accuracy: float, the share of images that it labels correctly.
        has_labels: whether its classes are those of the data. Otherwise it keeps its logits to itself.

    Attributes:
        accuracy: as given.
    """

    def __init__(self, network, accuracy, *, has_labels):
        compiled = keras_network(network)
        self.accuracy = accuracy
        self._run = compiled.run
        super().__init__(
            name="trained_classifier" if has_labels else "rotation_classifier",
            digest=compiled.digest,
            num_features=network.output[_OUTPUTS[0]].shape[-1],
            num_classes=network.output[_OUTPUTS[1]].shape[-1] if has_labels else None,
            input_shape=compiled.input_shape,
        )

    def embed(self, pixels):
        """Run the network; see `Extractor.embed`."""
        features, logits = (self._run(_scaled(pixels))[name] for name in _OUTPUTS)
        return Embedding(features, None if self.num_classes is None else logits)


def build_classifier(image_shape, num_classes, num_features, seed):
    """Return the network, a `keras.Model` from images in [-1, 1] to a dict of "features" and "logits".

    Args:
        image_shape: (height, width, channels) of the data, with the frames of clips in front. A side above 32 is
            reduced to 32.
        num_classes: int.
        num_features: int.
        seed: int, for the weights.
    """
    require_channels_last()
    *frames, height, width, channels = image_shape
    height, width = (min(side, _LARGEST_SIDE) for side in (height, width))
    seeds = iter(np.random.SeedSequence(seed).generate_state(5) >> 1)
    layers = keras.layers

    def options():
        initializer = keras.initializers.HeNormal(seed=int(next(seeds)))
        return {"kernel_initializer": initializer, "dtype": "float32"}

    images = keras.Input((*frames, height, width, channels), dtype="float32")
    convolution = layers.Conv3D if frames else layers.Conv2D
    # A stride of 2 loses too much detail of small images. In time, the first layer sees each moment.
    stride = 2 if min(height, width) >= 16 else 1
    first = (*(1 for _ in frames), stride, stride)
    x = convolution(32, 3, first, padding="same", activation="relu", **options())(images)
    x = convolution(64, 3, 2, padding="same", activation="relu", **options())(x)
    x = convolution(64, 3, 2, padding="same", activation="relu", **options())(x)
    # Linear, because a distance between means and covariances suits features that are nearly normal.
    features = layers.Dense(num_features, **options())(layers.Flatten(dtype="float32")(x))
    hidden = layers.ReLU(dtype="float32")(features)
    logits = layers.Dense(num_classes, **options())(hidden)
    return keras.Model(images, dict(zip(_OUTPUTS, (features, logits), strict=True)))


def train_classifier(network, data, *, steps, seed):
    """Train the network in place, on all images except a random tenth.

    Args:
        network: what `build_classifier` returned.
        data: `TrainingImages` with labels.
        steps: int, number of batches.
        seed: int, for the tenth and the order of the images.

    Returns:
        float, the share of the held-out images that it labels correctly.
    """
    # Every tenth in order would be all images of one class where ten classes come in turn.
    count = len(data.labels) // data.copies
    held_out = np.isin(np.arange(count), random_rows(count, count // 10, seed)).repeat(data.copies)
    images, labels = data.pixels[~held_out], data.labels[~held_out]
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(_LEARNING_RATE, steps))
    optimizer.build(network.trainable_variables)
    step = _training_step(network, optimizer)
    size = _BATCH_SIZE if images.ndim == 4 else _CLIPS_AT_ONCE
    for rows in _row_batches(len(labels), size, steps, np.random.default_rng(seed)):
        step(tf.constant(images[rows]), tf.constant(labels[rows]))
    return accuracy_of(network, data.pixels[held_out], data.labels[held_out])


def _turned(pixels):
    """Return square images in four positions, labelled with the number of right angles that each is turned by.

    Clips are there in their order and, in the classes from 4 on, with shuffled frames.
    """
    is_clips = pixels.ndim == 5
    pixels = _squared(pixels[random_rows(len(pixels), _MOST_CLIPS if is_clips else _MOST_TURNED, 0)])
    # Two frames have no order but the true one and its reverse.
    sources = [pixels, _shuffled(pixels)] if is_clips and pixels.shape[1] > 2 else [pixels]
    positions = [np.rot90(source, turns, axes=(-3, -2)) for source in sources for turns in range(4)]
    labels = np.tile(np.arange(len(positions), dtype=np.int32), len(pixels))
    images = np.stack(positions, axis=1).reshape(-1, *pixels.shape[1:])
    return TrainingImages(images, labels, copies=len(positions))


def _squared(pixels):
    """Images or clips of equal height and width, as large as the network takes them at most."""
    side = min(max(pixels.shape[-3:-1]), _LARGEST_SIDE)
    if pixels.shape[-3:-1] == (side, side):
        return pixels
    parts = np.array_split(pixels, -(-len(pixels) // 1000))
    resized = [np.rint(resize(tf.cast(part, tf.float32), (side, side))) for part in parts]
    return np.concatenate(resized).clip(0, 255).astype(np.uint8)


def _shuffled(clips):
    """Clips with their frames in an order of its own each, which is never the true one or its reverse."""
    rng, count = np.random.default_rng(0), clips.shape[1]
    orders = np.stack([rng.permutation(count) for _ in clips])
    # Of each hundred orders of 5 frames, 2 are these; of 8, none.
    for row in np.flatnonzero((np.abs(np.diff(orders)) == 1).all(axis=1)):
        orders[row] = np.concatenate([np.arange(0, count, 2), np.arange(1, count, 2)])
    return clips[np.arange(len(clips))[:, np.newaxis], orders]


def _cache_directory(cache_dir):
    if cache_dir is None:
        # As the specification says, an empty variable counts as one that is not set.
        cache_dir = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "keras_gan" / "extractors"
    return local_path("cache_dir", cache_dir)


def _key(data, settings):
    digest = hashlib.sha256(json.dumps([_VERSION, keras.__version__, data.pixels.shape, settings]).encode())
    digest.update(data.pixels.tobytes())
    digest.update(data.labels.tobytes())
    return digest.hexdigest()[:32]


def _read_into(network, path):
    """Read the weights of a file into the network. Return the accuracy, or None for a missing or damaged file."""
    accuracy, *weights = (read_arrays(path) or {"accuracy": None}).values()
    if [weight.shape for weight in weights] != [tuple(weight.shape) for weight in network.weights]:
        return None
    network.set_weights(weights)
    return float(accuracy)


def _training_step(network, optimizer):
    @tf.function(reduce_retracing=True)
    def step(pixels, labels):
        with tf.GradientTape() as tape:
            logits = network(_prepared(network, pixels), training=True)["logits"]
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_mean(losses)
        optimizer.apply(tape.gradient(loss, network.trainable_variables), network.trainable_variables)

    return step


def _row_batches(num_images, size, steps, rng):
    """Yield the rows of each batch, with each image once in an epoch."""
    size = min(size, num_images)
    rows = np.empty(0, np.int64)
    for _ in range(steps):
        if len(rows) < size:
            rows = rng.permutation(num_images)
        yield rows[:size]
        rows = rows[size:]


def accuracy_of(network, pixels, labels):
    """Return the share of images, uint8, whose labels the network tells, a float."""
    hits = 0
    for start in range(0, len(labels), _BATCH_SIZE):
        batch = slice(start, start + _BATCH_SIZE)
        logits = network(_prepared(network, tf.constant(pixels[batch])), training=False)["logits"]
        hits += int(np.sum(np.argmax(logits, axis=-1) == labels[batch]))
    return hits / len(labels)


def _prepared(network, pixels):
    """Return bytes in the form that the extractor passes to the network."""
    return _scaled(resize(tf.cast(pixels, tf.float32), network.input_shape[-3:-1]))


def _scaled(pixels):
    return pixels / 127.5 - 1.0
