"""The small classifier of `train_extractor`."""

import keras
import numpy as np
import tensorflow as tf

from keras_gan.metrics._keras_network import keras_network
from keras_gan.metrics.extractor import Embedding, Extractor
from keras_gan.metrics.resizing import resize

_BATCH_SIZE = 128
_LEARNING_RATE = 2e-3
_LARGEST_SIDE = 32
_OUTPUTS = ("features", "logits")


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
    for rows in _batches(len(labels), steps, np.random.default_rng(seed)):
        step(tf.constant(images[rows]), tf.constant(labels[rows]))
    return _accuracy(network, data.pixels[held_out], data.labels[held_out])


def _training_step(network, optimizer):
    @tf.function(reduce_retracing=True)
    def step(pixels, labels):
        with tf.GradientTape() as tape:
            logits = network(_prepared(network, pixels), training=True)["logits"]
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_mean(losses)
        optimizer.apply(tape.gradient(loss, network.trainable_variables), network.trainable_variables)

    return step


def _batches(num_images, steps, rng):
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
