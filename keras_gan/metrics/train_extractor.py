"""An extractor that is trained on the data set at hand."""

import hashlib
import io
import itertools
import json
import os
import pathlib
import typing

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int, require_seed
from keras_gan._files import write_atomically
from keras_gan._pixels import as_pixels
from keras_gan.metrics._networks import keras_network
from keras_gan.metrics.extractor import Embedding, Extractor
from keras_gan.metrics.resizing import resize

# Of the recipe: another one makes other extractors, which must not be read in place of the new ones.
_VERSION = 1
_BATCH_SIZE = 128
_LEARNING_RATE = 2e-3
_LARGEST_SIDE = 32
_OUTPUTS = ("features", "logits")


def train_extractor(dataset, *, cache_dir=None, seed=0, num_features=64, steps=1000, max_images=60_000):
    """Train a small classifier on real images, whose last hidden layer is then the features.

    Inception was trained on photographs and knows little of digits, of medical images or of icons. A classifier of the
    data set itself knows what tells its classes apart; it needs no download, and takes seconds for scikit-learn's
    digits and less than a minute for MNIST on two cores. Its distances have no meaning beyond the data set: compare
    them with each other, taken with one extractor, and with the floor.

    Three convolutions and two dense layers, on images of at most 32 pixels a side; Adam with a learning rate that
    falls from 0.002 to 0 along a cosine, in batches of 128. Train it on the training split alone, so that the test
    split stays unseen for the extractor as for the GAN.

    Args:
        dataset: real images with labels: what `keras_gan.data.load(..., labels=True)` returns, read once; or an
            iterable of batches (images in [-1, 1], integer labels from 0 up) that ends.
        cache_dir: directory that keeps the trained weights, under a hash of all that they depend on: the images, the
            labels and the arguments. By default `$XDG_CACHE_HOME/keras_gan/extractors`, `~/.cache` without that
            variable.
        seed: of the initial weights and of the order of the images. On one CPU it decides all weights.
        num_features: width of the features.
        steps: training steps.
        max_images: how many images to read at most, the first ones.

    Returns:
        `Extractor` with logits, and an attribute `accuracy`: the share of the images it labels rightly, of every tenth
        one, which it was not trained on.

    Raises:
        ValueError: if the data have no labels, fewer than two classes or fewer than 10 images, or are not in [-1, 1];
            or an argument is out of its range.

    Example:
        >>> import tempfile
        >>> from keras_gan import data
        >>> digits = data.load("digits", labels=True)
        >>> extractor = train_extractor(digits, cache_dir=tempfile.mkdtemp(), steps=20)
        >>> extractor.num_features, extractor.num_classes
        (64, 10)
    """
    data = read_labelled(dataset, require_int("max_images", max_images))
    settings = {
        "seed": require_seed(seed),
        "num_features": require_int("num_features", num_features),
        "steps": require_int("steps", steps),
    }
    network = build_classifier(data.pixels.shape[1:], data.num_classes, num_features, seed)
    path = _cache_directory(cache_dir) / f"{_key(data, settings)}.npz"
    accuracy = _read_into(network, path)
    if accuracy is None:
        accuracy = train_classifier(network, data, steps=steps, seed=seed)
        _write(network, accuracy, path)
    return Classifier(network, accuracy)


class Classifier(Extractor):
    """A trained classifier as an extractor.

    Args:
        network: what `build_classifier` returned, trained.
        accuracy: float, the share of the held-out images that it labels rightly.

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
    """Return the network, a `keras.Model` of images in [-1, 1] to a dict of "features" and "logits".

    Args:
        image_shape: (height, width, channels) of the data. A side above 32 is reduced to 32.
        num_classes: int.
        num_features: int.
        seed: int, of the weights.
    """
    height, width, channels = (*(min(side, _LARGEST_SIDE) for side in image_shape[:2]), image_shape[2])
    seeds = iter(np.random.SeedSequence(seed).generate_state(5) >> 1)
    layers = keras.layers

    def options():
        initializer = keras.initializers.HeNormal(seed=int(next(seeds)))
        return {"kernel_initializer": initializer, "dtype": "float32"}

    images = keras.Input((height, width, channels), dtype="float32")
    # Small images have no detail to spare.
    strides = 2 if min(height, width) >= 16 else 1
    x = layers.Conv2D(32, 3, strides, padding="same", activation="relu", **options())(images)
    x = layers.Conv2D(64, 3, 2, padding="same", activation="relu", **options())(x)
    x = layers.Conv2D(64, 3, 2, padding="same", activation="relu", **options())(x)
    # Linear, since a distance of means and covariances suits features that are near to normal.
    features = layers.Dense(num_features, **options())(layers.Flatten(dtype="float32")(x))
    hidden = layers.ReLU(dtype="float32")(features)
    logits = layers.Dense(num_classes, **options())(hidden)
    return keras.Model(images, dict(zip(_OUTPUTS, (features, logits), strict=True)))


def train_classifier(network, data, *, steps, seed):
    """Train the network in place, on all images but every tenth.

    Args:
        network: what `build_classifier` returned.
        data: `LabelledImages`.
        steps: int, number of batches.
        seed: int, of their order.

    Returns:
        float, the share of the held-out images that it labels rightly.
    """
    held_out = np.arange(len(data.labels)) % 10 == 9
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
        labels: int32 array (num_images,), from 0 up.
    """

    pixels: np.ndarray
    labels: np.ndarray

    @property
    def num_classes(self):
        """One more than the highest label."""
        return int(self.labels.max()) + 1


def read_labelled(dataset, max_images):
    """Read the images of a data set once, or the first of them.

    Args:
        dataset: what `keras_gan.data.load(..., labels=True)` returns; or another iterable, that ends, of batches
            (images in [-1, 1], integer labels).
        max_images: int, where to stop.

    Raises:
        ValueError: if there are no labels, no integers among them, fewer than two classes, or too few images to hold
            some out; or the data are endless.
    """
    pixels, labels = [], []
    for batch in _one_pass(dataset):
        pixels.append(as_pixels(_images_of(batch)).numpy())
        labels.append(_labels_of(batch))
        max_images -= len(labels[-1])
        if max_images <= 0:
            break
    if sum(map(len, labels)) < 10:
        raise ValueError(
            "An extractor needs at least 10 images, since every tenth is held out. "
            f"Received: dataset of {sum(map(len, labels))} images"
        )
    stop = max_images if max_images < 0 else None
    data = LabelledImages(np.concatenate(pixels)[:stop], np.concatenate(labels)[:stop])
    classes = np.unique(data.labels)
    if len(classes) < 2 or classes[0] < 0:
        raise ValueError(
            "An extractor learns to tell classes apart: it takes at least two, with labels from 0 up. For images of "
            "one kind, take a network that was trained on others, with `ModelExtractor`. "
            f"Received: the labels {classes.tolist()}"
        )
    return data


def _cache_directory(cache_dir):
    if cache_dir is None:
        return pathlib.Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "keras_gan" / "extractors"
    return pathlib.Path(cache_dir).expanduser()


def _key(data, settings):
    digest = hashlib.sha256(json.dumps([_VERSION, keras.__version__, data.pixels.shape, settings]).encode())
    digest.update(data.pixels.tobytes())
    digest.update(data.labels.tobytes())
    return digest.hexdigest()[:32]


def _write(network, accuracy, path):
    buffer = io.BytesIO()
    np.savez(buffer, np.float64(accuracy), *network.get_weights())
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, buffer.getvalue())


def _read_into(network, path):
    """Put the weights of a file into the network and return the accuracy; None if the file is missing or damaged."""
    if not path.exists():
        return None
    try:
        # Of the bytes: of a damaged file NumPy leaves the handle open.
        with np.load(io.BytesIO(path.read_bytes())) as file:
            accuracy, *weights = (file[name] for name in file.files)
        network.set_weights(weights)
    except Exception:
        # Flipped bits in the table of an archive can raise nearly anything.
        return None
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
    """Yield the rows of so many batches, each image once an epoch."""
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
    """Bytes as the extractor hands them to the network."""
    return _scaled(resize(tf.cast(pixels, tf.float32), network.input_shape[1:3]))


def _scaled(pixels):
    return pixels / 127.5 - 1.0


def _one_pass(dataset):
    if hasattr(dataset, "one_pass"):
        return dataset.one_pass()
    if isinstance(dataset, tf.data.Dataset) and dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        if not hasattr(dataset, "steps_per_epoch"):
            raise ValueError(
                "The data set is endless: end it, as with `dataset.take(100)`. "
                "Received: dataset of infinite cardinality"
            )
        return itertools.islice(dataset, dataset.steps_per_epoch)
    return dataset


def _images_of(batch):
    if isinstance(batch, tuple | list) and len(batch) == 2:
        return batch[0]
    raise ValueError(
        "An extractor is trained on batches (images, labels): load the data with `labels=True`. "
        f"Received: dataset of batches of type {type(batch).__name__}"
    )


def _labels_of(batch):
    labels = np.asarray(batch[1])
    if labels.ndim == 1 and labels.dtype.kind in "iu":
        return labels.astype(np.int32)
    raise ValueError(
        "Labels are integers of shape (batch,), the number of each image's class. "
        f"Received: labels of dtype {labels.dtype} and shape {labels.shape}"
    )
