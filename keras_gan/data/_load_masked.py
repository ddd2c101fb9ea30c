"""From images and masks of their holes to batches."""

import dataclasses
import os

import tensorflow as tf

from keras_gan.data._load_pairs import load_pairs
from keras_gan.data._reading import require_preprocessing
from keras_gan.data.preprocessing import Preprocessing


def load_masked(
    images,
    masks,
    *,
    split: str | None = None,
    image_size: int | tuple[int, int] | None = None,
    batch_size: int = 64,
    seed: int = 0,
    start_step: int = 0,
    preprocessing: Preprocessing | None = None,
    cache_dir: str | os.PathLike | None = None,
) -> tf.data.Dataset:
    """Return endless batches of images with given holes, each a dict of "images" and "masks".

    An inpainter usually draws its holes, from `keras_gan.masks`. Where real holes have a shape of their own, such as
    scratches or subtitles, it learns better from masks of that shape:

        data.load_masked("pictures/", "masks/", image_size=256, batch_size=8)

    and a model with `masks="given"`. All that `load_pairs` promises holds here: an image and its mask get the same
    crop, random part and flip, and a run resumes bit for bit.

    Args:
        images: the pictures, as the sources of `load_pairs`.
        masks: their masks, grey pictures that are white in the hole, as the targets of `load_pairs`: of two folders,
            partners have the same path below their folder, whatever the suffix.
        split: as for `load`.
        image_size: as for `load`.
        batch_size: images in a batch; at most the number of images.
        seed: seed of the order, the random parts, the flips and the noise.
        start_step: the step of the first batch.
        preprocessing: `Preprocessing` of the images; the masks are cut and flipped in the same way.
        cache_dir: local folder for the prepared images; None keeps them in memory.

    Returns:
        A `tf.data.Dataset` of dicts: "images", float32 (batch_size, height, width, channels) in [-1, 1], and "masks",
        float32 (batch_size, height, width, 1), 1 where the mask is at least half white and 0 elsewhere. It has the
        attributes of the data set that `load_pairs` returns; `image_shape` is a dict by "images" and "masks".

    Raises:
        FileNotFoundError, OSError, ValueError: as for `load_pairs`.

    Warns:
        UserWarning: as for `load`.

    Example:
        >>> import numpy as np
        >>> from keras_gan import data
        >>> pictures, masks = np.zeros((40, 8, 8, 3), "uint8"), np.zeros((40, 8, 8, 1), "uint8")
        >>> masks[:, 2:5, 2:5] = 255
        >>> train = data.load_masked(pictures, masks, split="train", batch_size=4)
        >>> batch = next(iter(train))
        >>> batch["images"].shape, float(batch["masks"][0].numpy().sum())
        (TensorShape([4, 8, 8, 3]), 9.0)
    """
    of_images = require_preprocessing(preprocessing)
    of_masks = dataclasses.replace(of_images, channels=1, depth=8, dequantize=False)
    pairs = load_pairs(
        images,
        masks,
        split=split,
        image_size=image_size,
        batch_size=batch_size,
        seed=seed,
        start_step=start_step,
        preprocessing=(of_images, of_masks),
        cache_dir=cache_dir,
    )
    return _masked(pairs)


def _masked(pairs: tf.data.Dataset) -> tf.data.Dataset:
    """Return pairs as images and masks, with the attributes of the data set."""
    dataset = pairs.map(_images_and_masks)
    dataset.from_step = lambda step: pairs.from_step(step).map(_images_and_masks)
    dataset.one_pass = lambda: pairs.one_pass().map(_images_and_masks)
    for name in ("steps_per_epoch", "split", "num_images", "num_held_out", "num_classes", "class_names", "identity"):
        setattr(dataset, name, getattr(pairs, name))
    dataset.image_shape = {"images": pairs.image_shape["source"], "masks": pairs.image_shape["target"]}
    return dataset


def _images_and_masks(pair: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    return {"images": pair["source"], "masks": tf.cast(pair["target"] > 0.0, tf.float32)}
