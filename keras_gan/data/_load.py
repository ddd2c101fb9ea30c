"""From a source to batches."""

import os

import tensorflow as tf

from keras_gan._identity import identity
from keras_gan.data._as_source import as_source
from keras_gan.data._reading import (
    as_cache_dir,
    as_dataset,
    fits_of,
    num_classes_of,
    read_whole,
    require_batch,
    require_place,
    require_preprocessing,
)
from keras_gan.data._stream import Stream
from keras_gan.data.preprocessing import Preprocessing
from keras_gan.data.source import ImageData


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
    the file, image by image, and continues where it was stopped; later calls only open it. The batches are the same bit
    for bit. Another size, crop, depth or number of channels makes another file, and so does a change of the source: of
    the names, sizes or times of the files of a folder, the content of an array, or the version of a TensorFlow data
    set. Old files stay until you remove them; about.json in each folder says what it holds. Several processes may load
    the same images: one builds the file, and the others wait, except on Windows, where only one may build.

    Args:
        source: where the images come from:
            "digits", scikit-learn's 1,797 handwritten digits (`Digits`);
            a folder of image files, whose sub-folders are the classes (`Folder`);
            a .npz or .npy file (`NumpyFile`);
            the name of a TensorFlow data set on this computer (`TFDS`);
            an array of images, or a tuple (images, labels) (`Arrays`);
            or any `Source`, such as an `AttributeFolder`. The classes in brackets document the details. A string that
            names an existing folder is that folder, except "digits".
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
        labels: whether to return labels too: classes, or several attributes at once.
        preprocessing: `Preprocessing`, for options that few data sets need.
        cache_dir: local folder for the prepared images; None keeps them in memory.

    Returns:
        A `tf.data.Dataset` of float32 images (batch_size, height, width, channels) in [-1, 1], or of (images,
        labels), where the labels are int32 (batch_size,), or for attributes float32 0 and 1 (batch_size,
        num_attributes); all of static shape. It has the attributes `steps_per_epoch` (N // batch_size), `num_images`
        (N), `split`, `num_held_out` (how many images this split leaves for "test"), `image_shape`, `num_classes` (how
        many different labels the images have, or how many attributes; 0 without labels), `class_names` (a tuple, or
        None), `one_pass`, a function that returns batches of every image once, unchanged, and `from_step`, a function:
        `from_step(k)` is the data set without its first k batches, at no cost. `fit` of a GAN uses it to resume.

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
    require_place(batch_size, seed, start_step, split)
    _require_flag(labels)
    preprocessing = require_preprocessing(preprocessing)
    fit, size = fits_of(image_size, preprocessing)
    cache_dir = as_cache_dir(cache_dir)
    part = read_whole(as_source(source), split, fit, cache_dir).part()
    data = part.data
    require_batch(part, batch_size, preprocessing)
    _require_labels(data, labels)
    streamed = data if labels else data._replace(labels=None)
    stream = Stream(streamed, preprocessing=preprocessing, batch_size=batch_size, seed=seed, size=size)
    return as_dataset(
        stream,
        start_step,
        split=part.split,
        num_images=len(data.images),
        num_held_out=part.num_held_out,
        num_classes=num_classes_of(data),
        image_shape=stream.image_shape,
        class_names=data.class_names,
        identity={**identity([data.images]), "seed": seed, "preprocessing": repr(preprocessing), **part.about},
    )


def _require_flag(labels) -> None:
    if not isinstance(labels, bool):
        raise ValueError(
            "`labels` must be True or False: whether to return the labels of the source. Give labels of your own as "
            f"`load((images, labels), labels=True)`. Received: labels of type {type(labels).__name__}"
        )


def _require_labels(data: ImageData, labels: bool) -> None:
    if labels and data.labels is None:
        raise ValueError(
            "The source has no labels. A folder has labels if each image is in the sub-folder of its class, "
            "an array if it is passed as (images, labels). Received: labels=True"
        )
