"""Pictures of images next to what a model makes of them."""

import math

import numpy as np


def side_by_side(blocks, num_images):
    """Lay out images, and next to each in its row what is made of it.

    A row of the grid holds one image with all that is made of it, or several of these groups where they are narrow, so
    that the grid is about square. Grey images next to colour ones are shown in grey of three channels, and images with
    an alpha channel on white.

    Args:
        blocks: list of lists of columns, which follow each other from top to bottom. The first column is an array
            `(count, height, width, channels)`. The others are such arrays, with as many images or more, or functions
            that take the columns to their left and return one.
        num_images: int, the most images to show, all together; one group of each block is always shown.

    Returns:
        (images, columns): the float32 images of a grid row by row, and its number of columns.

    Raises:
        ValueError: if the images of a row differ in height or width, or a column has fewer than the first.

    Example:
        >>> images = np.zeros((3, 2, 2, 1), "float32")
        >>> grid, columns = side_by_side([[images, lambda given: given + 1.0]], 4)
        >>> grid[:, 0, 0, 0].tolist(), columns
        ([0.0, 1.0, 0.0, 1.0], 2)
    """
    width = len(blocks[0])
    count = min(num_images // (width * len(blocks)), *(len(block[0]) for block in blocks))
    count = max(1, count)
    groups = min(count, max(1, math.isqrt(len(blocks) * count // width)))
    count -= count % groups
    columns = [_on_white(images) for block in blocks for images in _made(block, count)]
    _require_one_size(columns)
    channels = max(images.shape[-1] for images in columns)
    columns = [np.broadcast_to(images, (*images.shape[:-1], channels)) for images in columns]
    rows = [np.stack(columns[start : start + width], axis=1) for start in range(0, len(columns), width)]
    return np.concatenate(rows).reshape(-1, *columns[0].shape[1:]), groups * width


def _made(block, count):
    """The first images of each column of a block."""
    columns = []
    for column in block:
        images = column(*columns) if callable(column) else column[:count]
        if len(images) < count:
            raise ValueError(
                "Each image is drawn next to its target, so there must be as many of both. "
                f"Received: {count} images or more, and {len(images)} next to them"
            )
        columns.append(np.asarray(images, np.float32))
    return columns


def _on_white(images):
    """Images of two or four channels, the last of which is alpha, as they look on white; others unchanged."""
    if images.shape[-1] not in (2, 4):
        return images
    colours, alpha = images[..., :-1], 0.5 * (images[..., -1:] + 1.0)
    return alpha * colours + (1.0 - alpha)


def _require_one_size(columns):
    sizes = [images.shape[1:3] for images in columns]
    if len(set(sizes)) > 1:
        raise ValueError(
            "Images and what is made of them are drawn in one grid, so they must have the same height and width. "
            f"Received: images of the sizes {', '.join(f'{height}x{width}' for height, width in dict.fromkeys(sizes))}"
        )
