"""Trimaps from true alphas, to train and to test matting."""

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan._pixels import warn_of_zero_to_one
from keras_gan.data.arrays import Arrays


def trimaps_of(alphas, *, radius=5):
    """Return the trimaps that somebody would draw who sees the alphas from some distance.

    Matting is given a trimap: what is surely foreground, what is surely background, and a band between where the alpha
    is to be found. Of known alphas it is made by erosion: a pixel is foreground if everything around it is opaque, and
    background if everything around it is transparent,

        trimap(p) =  1  if alpha = 1 in the whole square of 2 radius + 1 pixels around p
                    -1  if alpha = 0 there
                     0  otherwise

    where pixels outside the picture do not count. A band that is too narrow tells the answer, so use a radius of some
    pixels, and for training several (Xu et al. 2017, arXiv 1703.03872, section 4.1, draw one for each picture).

    Args:
        alphas: array `(num_images, height, width, 1)`: uint8, or floats in [-1, 1], where 1 is opaque.
        radius: int, how far around a pixel to look, at least 1.

    Returns:
        Trimaps of the shape of `alphas`: uint8 of 0, 128 and 255 for bytes, otherwise float32 of -1, 0 and 1.

    Raises:
        ValueError: if these are no alphas, or `radius` is not a positive integer.

    Example:
        >>> alphas = np.zeros((1, 1, 8, 1), "uint8")
        >>> alphas[:, :, 4:] = 255
        >>> trimaps_of(alphas, radius=1).ravel().tolist()
        [0, 0, 0, 128, 128, 255, 255, 255]
    """
    size = 2 * require_int("radius", radius) + 1
    alphas = Arrays(alphas).images
    if alphas.shape[-1] != 1:
        raise ValueError(
            "`alphas` have one channel, (num_images, height, width, 1); those of pictures with four channels are "
            f"`pictures[..., 3:]`. Received: alphas.shape={alphas.shape}"
        )
    is_bytes = alphas.dtype == np.uint8
    if not is_bytes:
        warn_of_zero_to_one("alphas", float(alphas.min()), float(alphas.max()), stacklevel=2)
    low, high = (0, 255) if is_bytes else (-1.0, 1.0)
    # Whether anything around is not transparent, or not opaque.
    masks = (mask.astype("float32") for mask in (alphas > low, alphas < high))
    some, lacking = (tf.nn.max_pool2d(mask, size, 1, "SAME").numpy() for mask in masks)
    trimaps = some - lacking
    return (trimaps * 127.5 + 128.0).astype(np.uint8) if is_bytes else trimaps
