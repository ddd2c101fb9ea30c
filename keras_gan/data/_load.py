"""From a source to batches."""

import functools
import os
import pathlib
import warnings
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int, require_seed
from keras_gan._files import local_path
from keras_gan._identity import identity
from keras_gan._pixels import warn_of_zero_to_one
from keras_gan.data import _cache, _held_out, _images
from keras_gan.data._checks import checked_images, checked_labels
from keras_gan.data._mapped import MappedImages
from keras_gan.data._stream import Stream
from keras_gan.data.arrays import Arrays
from keras_gan.data.digits import Digits
from keras_gan.data.folder import Folder
from keras_gan.data.numpy_file import NumpyFile
from keras_gan.data.preprocessing import Preprocessing
from keras_gan.data.source import ImageData, ImageStream, Source
from keras_gan.data.tfds import TFDS

_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
# Bytes of images.
_AT_ONCE = 2**24


def load(
    source,
    *,
    split: str | None = None,
    image_size: int | tuple[int, int] | None = None,
    batch_size: int = 64,
    seed: int = 0,
    start_step: int = 0,
    labels: bool = False,
    preprocessing: Preprocessing | None = None,
    cache_dir: str | os.PathLike | None = None,
) -> tf.data.Dataset:
    """Return endless batches of images in [-1, 1].

    A GAN counts steps, not epochs, and a long run may stop and resume. So the order is a function of the step.
    Each image comes once an epoch, and each epoch has its own order. A batch may span the end of one epoch and the
    beginning of the next. `load(..., start_step=k)` equals the stream from 0 after k batches bit for bit, with its
    random flips and noise.

    The images are resized once, when they are read, and kept in memory as uint8. Each batch is scaled to
    x / 127.5 - 1.

    With a `cache_dir`, they are kept in a file there instead, and may be larger than the memory. The first call writes
    the file, image by image, and continues where it was stopped; later calls only open it. The batches are the same
    bit for bit. Another size, crop or number of channels makes another file, and so does a change of the source: of
    the names, sizes or times of the files of a folder, the content of an array, or the version of a TensorFlow data
    set. Old files stay until you remove them; about.json in each folder says what it holds. Several processes may
    load the same images: one builds the file, and the others wait, except on Windows, where only one may build.

    Args:
        source: where the images come from:
            "digits", scikit-learn's 1,797 handwritten digits (`Digits`);
            a folder of image files, whose sub-folders are the classes (`Folder`);
            a .npz or .npy file (`NumpyFile`);
            the name of a TensorFlow data set on this computer (`TFDS`);
            an array of images, or a tuple (images, labels) (`Arrays`);
            or any `Source`. The classes in brackets document the details. A string that names an existing folder is
            that folder, except "digits".
        split: which part of the data: "train", "test", ... as the source has them. A source that has no test images
            gets these splits: "test" is a random tenth of the images (at most 5,000), "train" the rest, and "all"
            both. The same number of images always gives the same tenth, whatever the other arguments are. With
            fewer than 20 images, "train" has all of them, and "test" is an error. None is "train" of a source with
            test images, and "all" of another: to measure a GAN on held-out images, train it on split="train".
        image_size: height and width of the images, or one number for both; None keeps their own size, which must
            be the same for all.
        batch_size: images in a batch; at most the number of images.
        seed: seed of the order, the flips and the noise.
        start_step: the step of the first batch.
        labels: whether to return labels too.
        preprocessing: `Preprocessing`, for options that few data sets need.
        cache_dir: local folder for the prepared images; None keeps them in memory.

    Returns:
        A `tf.data.Dataset` of float32 images (batch_size, height, width, channels) in [-1, 1], or of (images,
        int32 labels (batch_size,)); all of static shape. It has the attributes `steps_per_epoch` (N //
        batch_size), `num_images` (N), `split`, `num_held_out` (how many images this split leaves for "test"),
        `image_shape`, `num_classes` (how many different labels the images have, 0 without labels), `class_names` (a
        tuple, or None) and `from_step`, a function: `from_step(k)` is the data set without its first k batches, at no
        cost. `fit` of a GAN uses it to resume.

    Raises:
        FileNotFoundError: if the folder, the file or the data set does not exist.
        OSError: if the computer cannot read a file, whether it is an image or not; or the disk is too small for the
            cache, and then it says how much is needed.
        ValueError: if the source has no such split, no labels, fewer images than a batch, or images that cannot
            be read; an argument is out of its range; or a file of the cache is damaged.

    Warns:
        UserWarning: if the images look as if they were in [0, 1], or the source left something out.

    Example:
        >>> from keras_gan import data
        >>> digits = data.load("digits", image_size=32, batch_size=16, labels=True)
        >>> digits.steps_per_epoch, digits.image_shape
        (89, (32, 32, 1))
        >>> images, labels = next(iter(digits))
        >>> images.shape, float(images[0].numpy().min())
        (TensorShape([16, 32, 32, 1]), -1.0)
        >>> sum(len(images) for images, labels in digits.one_pass()) == digits.num_images
        True
    """
    require_int("batch_size", batch_size)
    require_int("start_step", start_step, low=0)
    require_seed(seed)
    _require_split_and_labels(split, labels)
    preprocessing = _require_preprocessing(preprocessing)
    prepare = functools.partial(
        _images.fit, size=_size(image_size), channels=preprocessing.channels, crop=preprocessing.crop
    )
    cache_dir = None if cache_dir is None else local_path("cache_dir", cache_dir)
    source = _as_source(source)
    is_made = _held_out.is_made(source, split)
    split = split or ("all" if is_made else "train")
    own_split = "train" if is_made else split
    if cache_dir is None:
        data = _checked(source.read(own_split, prepare))
    else:
        data = _cached(source, own_split, prepare, cache_dir)
    about, num_held_out = {}, 0
    if is_made:
        data, about, num_held_out = _held_out.part(data, split)
    _warn_of_range(data.images)
    _check_data(data, split, batch_size, labels=labels, dequantize=preprocessing.dequantize)
    streamed = data if labels else data._replace(labels=None)
    stream = Stream(streamed, preprocessing=preprocessing, batch_size=batch_size, seed=seed)
    dataset = stream.dataset(start_step)
    dataset.from_step = lambda step: stream.dataset(start_step + step)
    dataset.one_pass = stream.one_pass
    dataset.split = split
    dataset.num_images = len(data.images)
    dataset.num_held_out = num_held_out
    dataset.num_classes = 0 if data.labels is None else len(np.unique(data.labels))
    dataset.steps_per_epoch = len(data.images) // batch_size
    dataset.image_shape = data.images.shape[1:]
    dataset.class_names = data.class_names
    dataset.identity = {**identity([data.images]), "seed": seed, "preprocessing": repr(preprocessing), **about}
    return dataset


def _require_split_and_labels(split, labels) -> None:
    if split is not None and (not isinstance(split, str) or not split):
        raise ValueError(f'`split` must be a string, such as "train", or None. Received: split={split!r}')
    if not isinstance(labels, bool):
        raise ValueError(
            "`labels` must be True or False: whether to return the labels of the source. Give labels of your own as "
            f"`load((images, labels), labels=True)`. Received: labels of type {type(labels).__name__}"
        )


def _require_preprocessing(preprocessing) -> Preprocessing:
    if preprocessing is None:
        return Preprocessing()
    if isinstance(preprocessing, Preprocessing):
        return preprocessing
    raise ValueError(
        "`preprocessing` must be a keras_gan.data.Preprocessing, such as Preprocessing(flip=True). "
        f"Received: preprocessing={preprocessing!r}"
    )


def _as_source(source) -> Source:
    if isinstance(source, Source):
        return source
    if isinstance(source, str) and source == "digits":
        return Digits()
    if isinstance(source, str | os.PathLike):
        return _named_source(source)
    if isinstance(source, tuple) and len(source) == 2:
        return Arrays(*source)
    if hasattr(source, "__array__"):
        return Arrays(source)
    raise ValueError(
        '`source` must be "digits", the name of a TensorFlow data set, a folder, a .npz or .npy file, an array, '
        f"a tuple (images, labels) or a keras_gan.data.Source.{_remedy(source)} "
        f"Received: source of type {type(source).__name__}"
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


def _named_source(source: str | os.PathLike) -> Source:
    path = local_path("source", source)
    if path.suffix.lower() in (".npz", ".npy"):
        return NumpyFile(path)
    if path.is_file():
        is_archive = path.suffix.lower() in _ARCHIVES
        remedy = "Unpack the archive, and give the folder" if is_archive else "For an image, give its folder"
        raise ValueError(f"A file of images must be .npz or .npy. {remedy}. Received: source={str(source)!r}")
    # The name of a TensorFlow data set may contain a slash ("emnist/balanced"), but does not begin with one.
    looks_like_path = isinstance(source, os.PathLike) or str(source).startswith(("/", "~", "."))
    return Folder(path) if path.is_dir() or looks_like_path else TFDS(source)


def _size(image_size: int | tuple[int, int] | None) -> tuple[int, int] | None:
    if image_size is None:
        return None
    pair = tuple(image_size) if isinstance(image_size, tuple | list) else (image_size, image_size)
    if len(pair) != 2:
        raise ValueError(
            "`image_size` must be a positive integer, a pair (height, width) of them, or None to keep the images' own "
            f"size. Received: image_size={image_size!r}"
        )
    return tuple(require_int("image_size", side) for side in pair)


def _cached(source: Source, split: str, prepare: functools.partial, cache_dir: pathlib.Path) -> ImageData:
    """What `_checked` returns of a source, with the images in a file of the cache."""
    stream = source.stream(split, prepare)
    if stream is None:
        data = _checked(source.read(split, prepare))
        stream = Arrays(data.images, data.labels).stream("train", lambda image: image)
        stream = stream._replace(class_names=data.class_names)
    elif not isinstance(stream, ImageStream):
        raise ValueError(
            "The method `stream` of a source must return a keras_gan.data.ImageStream, or None. "
            f"Received: {type(stream).__name__}"
        )
    kind = type(source).__name__
    key = {"kind": kind, "split": split, **prepare.keywords}
    data, left_out = _cache.opened_or_built(stream, cache_dir, kind.lower(), key)
    for note in stream.notes(left_out):
        warnings.warn(note, stacklevel=3)
    return _with_known_classes(data)


def _checked(data) -> ImageData:
    """What a source returned, with its dtypes and shapes; a source of a user's own may return anything."""
    if not isinstance(data, ImageData):
        raise ValueError(
            "The method `read` of a source must return keras_gan.data.ImageData(images, labels, class_names). "
            f"Received: {type(data).__name__}"
        )
    images = checked_images(np.asarray(data.images))
    if data.labels is None:
        return data._replace(images=images)
    labels = checked_labels(np.asarray(data.labels), len(images))
    return _with_known_classes(data._replace(images=images, labels=labels))


def _with_known_classes(data: ImageData) -> ImageData:
    labels, names = data.labels, data.class_names
    if labels is not None and names is not None and labels.max() >= len(names):
        raise ValueError(
            f"Each label is the place of its name in `class_names`, from 0 to {len(names) - 1}. "
            f"Received: labels up to {labels.max()}, class_names={names}"
        )
    return data


def _warn_of_range(images: np.ndarray | MappedImages) -> None:
    """Warn of images of the right dtype that most likely have the wrong range."""
    is_bytes = images.dtype == np.uint8
    # Of good images, the first few are enough to see it.
    low, high = _extremes(images, enough=lambda low, high: high > 1 if is_bytes else low < 0)
    if not is_bytes:
        warn_of_zero_to_one("images", low, high, stacklevel=3)
    elif (low, high) == (0, 1):
        warnings.warn(
            "The images are uint8, but hold only 0 and 1, which are both black. If 1 is white, give `images * 255`.",
            stacklevel=3,
        )


def _extremes(images: np.ndarray | MappedImages, enough: Callable) -> tuple:
    """The lowest and the highest number, of all images or of the first ones that are enough."""
    low, high = np.inf, -np.inf
    count = max(1, _AT_ONCE // images[:1].nbytes)
    for start in range(0, len(images), count):
        some = images[start : start + count]
        low, high = min(low, some.min()), max(high, some.max())
        if enough(low, high):
            break
    return low, high


def _check_data(data: ImageData, split: str, batch_size: int, *, labels: bool, dequantize: bool) -> None:
    if len(data.images) < batch_size:
        raise ValueError(
            f'The split "{split}" has {len(data.images)} images, fewer than one batch. Pass `batch_size='
            f"{len(data.images)}` or less; to measure samples, any size will do. Received: batch_size={batch_size}"
        )
    if labels and data.labels is None:
        raise ValueError(
            "The source has no labels. A folder has labels if each image is in the sub-folder of its class, "
            "an array if it is passed as (images, labels). Received: labels=True"
        )
    if dequantize and data.images.dtype != np.uint8:
        raise ValueError(
            "Only uint8 images can be dequantised: floats have no grey levels. Received: dequantize=True "
            f"with {data.images.dtype} images"
        )
