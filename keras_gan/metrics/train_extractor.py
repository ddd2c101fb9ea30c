"""An extractor that is trained on the data set itself."""

import hashlib
import itertools
import json
import os
import pathlib
import typing

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_channels_last, require_int, require_seed
from keras_gan._files import local_path, writable_directory
from keras_gan._pixels import as_pixels, warn_of_zero_to_one
from keras_gan.metrics._cache import read_arrays, write_arrays
from keras_gan.metrics._networks import keras_network
from keras_gan.metrics.extractor import Embedding, Extractor
from keras_gan.metrics.resizing import resize
from keras_gan.metrics.samples import random_rows

# Version of the recipe. A change of the recipe needs a new number, so that extractors of the old one are not read.
_VERSION = 2
_BATCH_SIZE = 128
_LEARNING_RATE = 2e-3
_LARGEST_SIDE = 32
_OUTPUTS = ("features", "logits")
_MOST_CLASSES = 100_000


def train_extractor(dataset, *, cache_dir=None, seed=0, num_features=64, steps=1000, max_images=60_000):
    """Train a small classifier on real images. The features are the outputs of its last hidden layer.

    Inception was trained on photographs and knows little about digits, medical images or icons. A classifier of the
    data set itself knows what distinguishes its classes. It needs no download. On two cores, training takes seconds for
    the digits of scikit-learn and less than a minute for MNIST. Its distances mean nothing outside the data set:
    compare only distances from the same extractor, with each other and with the floor.

    The classifier has three convolutions and two dense layers, and takes images of at most 32 pixels a side. It trains
    with Adam in batches of 128, and the learning rate falls from 0.002 to 0 along a cosine. Train it on the training
    split alone, so that neither the extractor nor the GAN sees the test split.

    Args:
        dataset: real images with labels: what `keras_gan.data.load(..., labels=True)` returns, which is read once; or
            a finite iterable of batches (images in [-1, 1], integer labels from 0 up).
        cache_dir: directory that keeps the trained weights. The name of the file is a hash of everything that they
            depend on: the images, the labels and the arguments. It must be writable unless it holds them; if writing
            fails after the training, a warning says so. The default is `$XDG_CACHE_HOME/keras_gan/extractors`,
            with `~/.cache` if that variable is not set.
        seed: int, for the initial weights and the order of the images. On one CPU it determines all weights.
        num_features: int, the width of the features.
        steps: int, the number of training steps.
        max_images: int, how many images to use at most. Of more, a random part is used, always the same one.

    Returns:
        `Extractor` with logits. Its attribute `accuracy` is the share of correct labels among a random tenth of the
        images, which it was not trained on.

    Raises:
        ValueError: if the data have no labels, fewer than two classes or fewer than 10 images, or are not in [-1, 1];
            if an argument is out of its range; or if nothing can be written to the cache.

    Example:
        >>> import tempfile
        >>> from keras_gan import data
        >>> digits = data.load("digits", labels=True)
        >>> extractor = train_extractor(digits, cache_dir=tempfile.mkdtemp(), steps=20)
        >>> extractor.num_features, extractor.num_classes
        (64, 10)
    """
    settings = {
        "seed": require_seed(seed),
        "num_features": require_int("num_features", num_features),
        "steps": require_int("steps", steps),
    }
    cache = _cache_directory(cache_dir)
    data = read_labelled(dataset, require_int("max_images", max_images))
    network = build_classifier(data.pixels.shape[1:], data.num_classes, num_features, seed)
    path = cache / f"{_key(data, settings)}.npz"
    accuracy = _read_into(network, path)
    if accuracy is None:
        # Before the training, which is lost if nobody can keep it.
        writable_directory(path.parent, "cache_dir")
        accuracy = train_classifier(network, data, steps=steps, seed=seed)
        write_arrays(path, np.float64(accuracy), *network.get_weights())
    return Classifier(network, accuracy)


class Classifier(Extractor):
    """A trained classifier as an extractor.

    Args:
        network: what `build_classifier` returned, trained.
        accuracy: float, the share of the held-out images that it labels correctly.

    Attributes:
        accuracy: as given.
    """

    def __init__(self, network, accuracy):
        compiled = keras_network(network)
        self.accuracy = accuracy
        self._run = compiled.run
        super().__init__(
            name="trained_classifier",
            digest=compiled.digest,
            num_features=network.output[_OUTPUTS[0]].shape[-1],
            num_classes=network.output[_OUTPUTS[1]].shape[-1],
            input_shape=compiled.input_shape,
        )

    def embed(self, pixels):
        """Run the network; see `Extractor.embed`."""
        outputs = self._run(_scaled(pixels))
        return Embedding(*(outputs[name] for name in _OUTPUTS))


def build_classifier(image_shape, num_classes, num_features, seed):
    """Return the network, a `keras.Model` from images in [-1, 1] to a dict of "features" and "logits".

    Args:
        image_shape: (height, width, channels) of the data. A side above 32 is reduced to 32.
        num_classes: int.
        num_features: int.
        seed: int, for the weights.
    """
    require_channels_last()
    height, width, channels = (*(min(side, _LARGEST_SIDE) for side in image_shape[:2]), image_shape[2])
    seeds = iter(np.random.SeedSequence(seed).generate_state(5) >> 1)
    layers = keras.layers

    def options():
        initializer = keras.initializers.HeNormal(seed=int(next(seeds)))
        return {"kernel_initializer": initializer, "dtype": "float32"}

    images = keras.Input((height, width, channels), dtype="float32")
    # A stride of 2 loses too much detail of small images.
    strides = 2 if min(height, width) >= 16 else 1
    x = layers.Conv2D(32, 3, strides, padding="same", activation="relu", **options())(images)
    x = layers.Conv2D(64, 3, 2, padding="same", activation="relu", **options())(x)
    x = layers.Conv2D(64, 3, 2, padding="same", activation="relu", **options())(x)
    # Linear, because a distance between means and covariances suits features that are nearly normal.
    features = layers.Dense(num_features, **options())(layers.Flatten(dtype="float32")(x))
    hidden = layers.ReLU(dtype="float32")(features)
    logits = layers.Dense(num_classes, **options())(hidden)
    return keras.Model(images, dict(zip(_OUTPUTS, (features, logits), strict=True)))


def train_classifier(network, data, *, steps, seed):
    """Train the network in place, on all images except a random tenth.

    Args:
        network: what `build_classifier` returned.
        data: `LabelledImages`.
        steps: int, number of batches.
        seed: int, for the tenth and the order of the images.

    Returns:
        float, the share of the held-out images that it labels correctly.
    """
    # Every tenth in order would be all images of one class where ten classes come in turn.
    held_out = np.isin(np.arange(len(data.labels)), random_rows(len(data.labels), len(data.labels) // 10, seed))
    images, labels = data.pixels[~held_out], data.labels[~held_out]
    schedule = keras.optimizers.schedules.CosineDecay(_LEARNING_RATE, steps)
    optimizer = keras.optimizers.Adam(schedule)
    optimizer.build(network.trainable_variables)
    step = _training_step(network, optimizer)
    for rows in _row_batches(len(labels), steps, np.random.default_rng(seed)):
        step(tf.constant(images[rows]), tf.constant(labels[rows]))
    return _accuracy(network, data.pixels[held_out], data.labels[held_out])


class LabelledImages(typing.NamedTuple):
    """Images and their classes.

    Attributes:
        pixels: uint8 array (num_images, height, width, channels).
        labels: int32 array (num_images,), numbers from 0 up.
    """

    pixels: np.ndarray
    labels: np.ndarray

    @property
    def num_classes(self):
        """The highest label plus one."""
        return int(self.labels.max()) + 1


def read_labelled(dataset, max_images):
    """Read all images of a data set into memory, or a random part of them.

    The first ones would be no sample of a data set that is sorted by class.

    Args:
        dataset: what `keras_gan.data.load(..., labels=True)` returns; or another finite iterable of batches (images in
            [-1, 1], integer labels).
        max_images: int, how many images to keep at most.

    Raises:
        ValueError: if there are no labels, the labels are not integers, there are fewer than two classes or too few
            images to hold some out, or the data are endless.
    """
    reservoir = Reservoir(max_images)
    for batch in _one_pass(dataset):
        pixels = as_pixels(_images_of(batch)).numpy()
        reservoir.add(pixels, _labels_of(batch, len(pixels)))
    if reservoir.seen < 10 or max_images < 10:
        raise ValueError(
            "An extractor needs at least 10 images, because a tenth is held out. "
            f"Received: dataset of {reservoir.seen} images, max_images={max_images}"
        )
    data = LabelledImages(*reservoir.arrays())
    low, high = (level / 127.5 - 1.0 for level in (data.pixels.min(), data.pixels.max()))
    warn_of_zero_to_one("images", low, high, stacklevel=3)
    classes = np.unique(data.labels)
    if len(classes) < 2 or classes[0] < 0:
        raise ValueError(
            "An extractor learns to distinguish classes: it needs at least two, with labels from 0 up. For images of "
            "one kind, use a network that was trained on other images, with `ModelExtractor`. "
            f"Received: the labels {classes.tolist()}"
        )
    return data


class Reservoir:
    """A uniform random part of limited size, of images and labels that come batch by batch.

    Vitter 1985 (ACM Transactions on Mathematical Software 11), algorithm R: the n-th image takes a random one of n
    places, and is dropped if this place is not among the first `size`. So as long as all fit, they keep their order.

    Args:
        size: int, how many images are kept.

    Attributes:
        seen: int, how many images came.
    """

    def __init__(self, size):
        self.size, self.seen = size, 0
        self._pixels, self._labels = [], []
        self._rng = np.random.default_rng(0)

    def add(self, pixels, labels):
        """Add a batch: uint8 (batch, height, width, channels) and int32 (batch,)."""
        places = np.arange(self.seen, self.seen + len(labels))
        late = places >= self.size
        places[late] = self._rng.integers(0, places[late] + 1)
        for place, image, label in zip(places, pixels, labels, strict=True):
            if place == len(self._labels) < self.size:
                self._pixels.append(image)
                self._labels.append(label)
            elif place < self.size:
                # A copy: a view would keep its whole batch in memory.
                self._pixels[place], self._labels[place] = image.copy(), label
        self.seen += len(labels)

    def arrays(self):
        """Return the images that are kept, uint8, and their labels, int32."""
        return np.stack(self._pixels), np.array(self._labels, np.int32)


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


def _row_batches(num_images, steps, rng):
    """Yield the rows of each batch, with each image once in an epoch."""
    size = min(_BATCH_SIZE, num_images)
    rows = np.empty(0, np.int64)
    for _ in range(steps):
        if len(rows) < size:
            rows = rng.permutation(num_images)
        yield rows[:size]
        rows = rows[size:]


def _accuracy(network, pixels, labels):
    hits = 0
    for start in range(0, len(labels), _BATCH_SIZE):
        batch = slice(start, start + _BATCH_SIZE)
        logits = network(_prepared(network, tf.constant(pixels[batch])), training=False)["logits"]
        hits += int(np.sum(np.argmax(logits, axis=-1) == labels[batch]))
    return hits / len(labels)


def _prepared(network, pixels):
    """Return bytes in the form that the extractor passes to the network."""
    return _scaled(resize(tf.cast(pixels, tf.float32), network.input_shape[1:3]))


def _scaled(pixels):
    return pixels / 127.5 - 1.0


def _one_pass(dataset):
    if hasattr(dataset, "one_pass"):
        return dataset.one_pass()
    if isinstance(dataset, tf.data.Dataset) and dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        if not hasattr(dataset, "steps_per_epoch"):
            raise ValueError(
                "The data set is endless: make it finite, as with `dataset.take(100)`. "
                "Received: dataset of infinite cardinality"
            )
        return itertools.islice(dataset, dataset.steps_per_epoch)
    if isinstance(dataset, str | dict) or not hasattr(dataset, "__iter__"):
        raise ValueError(
            "`dataset` must be what `keras_gan.data.load(..., labels=True)` returns, or a list of batches (images, "
            f"labels). Received: dataset={dataset!r:.80}"
        )
    return dataset


def _images_of(batch):
    if isinstance(batch, tuple | list) and len(batch) == 2:
        return batch[0]
    parts = f"{type(batch).__name__} of {len(batch)}" if isinstance(batch, tuple | list) else type(batch).__name__
    raise ValueError(
        "An extractor trains on batches (images, labels), a tuple of two: load the data with `labels=True`. "
        f"Received: dataset of batches of type {parts}"
    )


def _labels_of(batch, num_images):
    labels = np.asarray(batch[1])
    if labels.shape != (num_images,) or labels.dtype.kind not in "iu":
        raise ValueError(
            "Labels must be integers of shape (batch,), the number of each image's class. Convert one-hot rows with "
            "`labels.argmax(axis=1)`. "
            f"Received: labels of dtype {labels.dtype} and shape {labels.shape} for {num_images} images"
        )
    if num_images and labels.max() >= _MOST_CLASSES:
        raise ValueError(
            f"Number the classes from 0 up, with labels below {_MOST_CLASSES:,}, because the classifier has an output "
            f"for each number. Received: the label {labels.max()}"
        )
    return labels.astype(np.int32)
