"""Pictures of images with what a model makes of them."""

import math

import numpy as np


def rows_of_pairs(given, make, num_images):
    """Lay out rows of images, each above a row of what is made of them.

    Args:
        given: array `(count, height, width, channels)`.
        make: function that returns as many images of the same height and width; they may be in colour where those that
            are given are grey.
        num_images: int, the most images to show, both kinds together; one pair is always shown.

    Returns:
        (images, columns): the images of a grid row by row, and its number of columns.

    Raises:
        ValueError: if the images that are made have another size.
    """
    count = min(len(given), max(1, num_images // 2))
    rows = max(1, math.isqrt(count // 2))
    columns = count // rows
    given = np.asarray(given[: rows * columns], np.float32)
    made = make(given)
    if given.shape[1:3] != made.shape[1:3]:
        raise ValueError(
            "Images and what is made of them are drawn in one grid, so they must have the same height and width. "
            f"Received: images of shape {given.shape[1:]}, which become images of shape {made.shape[1:]}"
        )
    pairs = [images.reshape(rows, columns, *images.shape[1:]) for images in np.broadcast_arrays(given, made)]
    return np.concatenate(pairs, axis=1).reshape(-1, *pairs[0].shape[2:]), columns
