"""Images at several scales."""

import numpy as np

# The filter of Burt and Adelson, a binomial: a step of two pixels then loses little and aliases little.
_BINOMIAL = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0


def split_band(images):
    """Split images into the finest band of a Laplacian pyramid and the images of half the size below it.

    D blurs and keeps every second pixel. U puts zeros between the pixels and applies four times the blur. The images
    of half the size are D x, and the band is x - U D x, so U of the smaller images plus the band is x again. At its
    edge an image is reflected about its last pixel. Burt and Adelson 1983, "The Laplacian pyramid as a compact image
    code".

    Args:
        images: float32 array `(num_images, channels, height, width)`.

    Returns:
        The band, float32 of the images' shape, and the smaller images, float32
        `(num_images, channels, ceil(height / 2), ceil(width / 2))`.
    """
    blur_rows, blur_columns = (_blur_matrix(side) for side in images.shape[2:])
    smaller = apply_separably(images, blur_rows[::2], blur_columns[::2])
    return images - apply_separably(smaller, 2.0 * blur_rows[:, ::2], 2.0 * blur_columns[:, ::2]), smaller


def apply_separably(images, rows, columns):
    """Multiply images by a matrix along their columns and by another one along their rows.

    Args:
        images: array `(num_images, channels, height, width)`.
        rows: array `(new_height, height)`.
        columns: array `(new_width, width)`.

    Returns:
        Array `(num_images, channels, new_height, new_width)`.
    """
    count, channels, height, width = images.shape
    # Two large products instead of two for each image: waking threads for a small product takes longer than it.
    across = (images.reshape(-1, width) @ columns.T).reshape(count, channels, height, -1).swapaxes(2, 3)
    down = (across.reshape(-1, height) @ rows.T).reshape(count, channels, len(columns), len(rows))
    return down.swapaxes(2, 3)


def _blur_matrix(side):
    """The filter along one axis, with reflected edges, as a float32 matrix `(side, side)`."""
    half = len(_BINOMIAL) // 2
    mirrored = np.pad(np.eye(side), ((half, half), (0, 0)), mode="reflect")
    return sum(weight * mirrored[k : k + side] for k, weight in enumerate(_BINOMIAL)).astype(np.float32)
