"""Many images as one picture."""

import math

import numpy as np

from keras_gan._arguments import require_int
from keras_gan._pixels import has_channels_first, scaling, to_bytes
from keras_gan._tensors import require_float_images

_READABLE_SIDE = 64
_WHITE = 255
# A network of whatever kind draws numbers near [-1, 1]. Beyond this, images are in another range.
_FAR_OUTSIDE = 10.0


def image_grid(images, *, columns=None, padding=2, scale=None):
    """Lay images out in rows and columns, as one picture that can be written to a file.

    People judge a generator by looking at many of its samples at once. Cell (r, c) holds image r * columns + c.
    White lines separate the cells, and unused cells at the end are white. A pixel value x becomes
    floor(127.5 x + 128), clipped to 0..255. NaN is drawn black. Numbers that are finite but beyond 10 are an error,
    because images of 0 to 255 would all be white.

    Args:
        images: array `(num_images, height, width, channels)` in [-1, 1], with 1 (grey) or 3 (RGB) channels.
        columns: images in a row. By default the grid is nearly square.
        padding: width of the lines between and around the images, in pixels.
        scale: integer factor by which each side of an image is enlarged, without smoothing. By default, images
            smaller than 33 pixels are enlarged to at most 64.

    Returns:
        Array `(grid_height, grid_width, channels)`, uint8, in 0..255.

    Raises:
        ValueError: if the images are not a batch of grey or RGB images, are far outside [-1, 1], or another argument is
            out of range.

    Example:
        >>> import numpy as np
        >>> black_and_white = np.array([-1.0, 1.0]).reshape(2, 1, 1, 1)
        >>> image_grid(black_and_white, padding=1, scale=1)[..., 0]
        array([[255, 255, 255, 255, 255],
               [255,   0, 255, 255, 255],
               [255, 255, 255, 255, 255]], dtype=uint8)
    """
    images = _checked(np.asarray(require_float_images("images", images)))
    require_near_range("images", images)
    return draw_grid(images, columns=columns, padding=padding, scale=scale)


def draw_grid(images, *, columns=None, padding=2, scale=None, zoom=None):
    """Draw as `image_grid` does, but of any range: samples of a network that diverges must not end its training.

    With a `zoom`, an integer, each row of images is followed by the middles of these, so many times as large.
    """
    images = _checked(np.asarray(require_float_images("images", images)))
    columns = math.ceil(math.sqrt(len(images))) if columns is None else require_int("columns", columns)
    images = images if zoom is None else _with_middles(images, columns, zoom)
    count, height, width, channels = images.shape
    scale = max(1, _READABLE_SIDE // max(height, width)) if scale is None else require_int("scale", scale)
    padding = require_int("padding", padding, low=0)
    rows = math.ceil(count / columns)
    height, width = height * scale, width * scale

    cells = np.full((rows * columns, height + padding, width + padding, channels), _WHITE, np.uint8)
    cells[:count, :height, :width] = _drawn(images).repeat(scale, axis=1).repeat(scale, axis=2)
    cells = cells.reshape(rows, columns, *cells.shape[1:]).swapaxes(1, 2)
    grid = cells.reshape(rows * (height + padding), columns * (width + padding), channels)
    return np.pad(grid, ((padding, 0), (padding, 0), (0, 0)), constant_values=_WHITE)


def _with_middles(images, columns, zoom):
    """Images in rows, each row followed by the magnified middles; an incomplete one is filled with white."""
    blank = np.ones((-len(images) % columns, *images.shape[1:]), images.dtype)
    rows = np.concatenate([images, blank]).reshape(-1, columns, *images.shape[1:])
    both = np.stack([rows, _middles(rows, zoom)], axis=1)
    return both.reshape(-1, *images.shape[1:])


def _middles(rows, zoom):
    """The middles of images `(rows, columns, height, width, channels)`, each pixel as a square."""
    for axis in (2, 3):
        length = rows.shape[axis]
        start = (length - math.ceil(length / zoom)) // 2
        rows = np.take(rows, start + np.arange(length) // zoom, axis=axis)
    return rows


def _drawn(images):
    images = images.astype(np.float32)
    return to_bytes(np.where(np.isnan(images), -1.0, images))


def require_near_range(name, images):
    """Raise a ValueError for images that are finite, but far outside [-1, 1]; `name` is what the caller calls them."""
    finite = images[np.isfinite(images)].astype(np.float32)
    low, high = float(finite.min(initial=0.0)), float(finite.max(initial=0.0))
    if max(-low, high) > _FAR_OUTSIDE:
        raise ValueError(
            f"`{name}` must be in [-1, 1]. {scaling(name, low, high)} Received: {name} from {low:g} to {high:g}"
        )


def _checked(images):
    if images.ndim == 4 and has_channels_first(images.shape[1:]):
        raise ValueError(
            "Images have their channels last, and here they come first: turn them round with "
            f"`images.transpose(0, 2, 3, 1)`. Received: images.shape={images.shape}"
        )
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or 0 in images.shape:
        raise ValueError(
            "These images cannot be drawn: expected a batch of shape (num_images, height, width, channels) "
            "with at least one image and 1 (grey) or 3 (RGB) channels. Draw other channels one at a time, as "
            f"grey images. Received: images.shape={images.shape}"
        )
    return images
