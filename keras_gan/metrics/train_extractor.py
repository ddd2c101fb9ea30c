"""An extractor that is trained on the data set at hand."""

import hashlib
import io
import json
import os
import pathlib

import keras
import numpy as np

from keras_gan._arguments import require_int, require_seed
from keras_gan._files import write_atomically
from keras_gan.metrics._classifier import Classifier, build_classifier, train_classifier
from keras_gan.metrics._labelled_images import read_labelled

# Of the recipe: another one makes other extractors, which must not be read in place of the new ones.
_VERSION = 1


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
