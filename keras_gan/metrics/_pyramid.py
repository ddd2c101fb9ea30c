"""Images at several scales."""

import numpy as np

# Burt and Adelson's filter: a binomial, so that a step of two loses little and brings little aliasing.
_BINOMIAL = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0


def split_band(images):
    """Split images into their finest band of a Laplacian pyramid and the images of half the size below it.

    With D (blur, then every second pixel) and U (zeros between the pixels, then four times the blur), the images of
    half the size are D x and the band is x - U D x; U applied to the one and added to the other gives x back. Beyond
    its edge an image goes on as in a mirror that stands on its last pixel. Burt and Adelson 1983, "The Laplacian
    pyramid as a compact image code".

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
    # Two large products in place of two for each image: threads that are woken for a small one take longer than it.
    across = (images.reshape(-1, width) @ columns.T).reshape(count, channels, height, -1).swapaxes(2, 3)
    down = (across.reshape(-1, height) @ rows.T).reshape(count, channels, len(columns), len(rows))
    return down.swapaxes(2, 3)


def _blur_matrix(side):
    """The filter along one axis with its mirrored edges, as the float32 matrix `(side, side)` it is."""
    half = len(_BINOMIAL) // 2
    mirrored = np.pad(np.eye(side), ((half, half), (0, 0)), mode="reflect")
    return sum(weight * mirrored[k : k + side] for k, weight in enumerate(_BINOMIAL)).astype(np.float32)
