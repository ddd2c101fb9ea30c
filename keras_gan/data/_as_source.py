"""What a user may give as a source of images."""

import os

import tensorflow as tf

from keras_gan._files import local_path
from keras_gan.data.arrays import Arrays
from keras_gan.data.digits import Digits
from keras_gan.data.folder import Folder
from keras_gan.data.numpy_file import NumpyFile
from keras_gan.data.source import Source
from keras_gan.data.tfds import TFDS

_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")


def as_source(source, name: str = "source") -> Source:
    """Return the `Source` that a user's argument stands for.

    Args:
        source: a `Source`, a name, a path, an array or a tuple (images, labels).
        name: what the argument is called, for messages.

    Raises:
        FileNotFoundError: if there is no such folder or file.
        ValueError: if it stands for none.
    """
    if isinstance(source, Source):
        return source
    if isinstance(source, str) and source == "digits":
        return Digits()
    if isinstance(source, str | os.PathLike):
        return _named_source(source, name)
    if isinstance(source, tuple) and len(source) == 2:
        return Arrays(*source)
    if hasattr(source, "__array__"):
        return Arrays(source)
    raise ValueError(
        f'`{name}` must be "digits", the name of a TensorFlow data set, a folder, a .npz or .npy file, an array, '
        f"a tuple (images, labels) or a keras_gan.data.Source.{_remedy(source)} "
        f"Received: {name} of type {type(source).__name__}"
    )


def _remedy(source) -> str:
    if isinstance(source, tf.data.Dataset):
        return " A tf.data.Dataset of batches needs no `load`: give it to `fit`."
    if isinstance(source, type):
        return f" Make an object of the class: `{source.__name__}(...)`."
    if isinstance(source, list):
        return " Make one array of a list of images, all of one size, with np.stack(images)."
    if isinstance(source, dict):
        return " Of a dictionary, give (images, labels)."
    return ""


def _named_source(source: str | os.PathLike, name: str) -> Source:
    path = local_path(name, source)
    if path.suffix.lower() in (".npz", ".npy"):
        return NumpyFile(path)
    if path.is_file():
        is_archive = path.suffix.lower() in _ARCHIVES
        remedy = "Unpack the archive, and give the folder" if is_archive else "For an image, give its folder"
        raise ValueError(f"A file of images must be .npz or .npy. {remedy}. Received: {name}={str(source)!r}")
    if path.is_dir():
        return Folder(path)
    # The name of a TensorFlow data set may contain a slash ("emnist/balanced"), but does not begin with one.
    if isinstance(source, os.PathLike) or str(source).startswith(("/", "~", ".")):
        raise FileNotFoundError(f"There is no such folder. Received: {name}={str(source)!r}")
    return TFDS(source)
