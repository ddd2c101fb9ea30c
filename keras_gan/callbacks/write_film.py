"""Many clips as one film."""

import io

import numpy as np
from PIL import Image

from keras_gan import _gif
from keras_gan._arguments import require_number
from keras_gan._files import writable_file, write_atomically
from keras_gan._tensors import require_float_images
from keras_gan.callbacks.image_grid import draw_grid, require_near_range

# The delays of a GIF count hundredths of a second, and viewers slow down those of one.
_FASTEST = 50.0


def write_film(filepath, clips, *, columns=None, frames_per_second=10):
    """Write a GIF of clips that all run at the same time, in rows and columns, again and again.

    Args:
        filepath: str or path that ends in `.gif`. A file of this name is replaced.
        clips: array `(num_clips, num_frames, height, width, channels)` in [-1, 1], with 1 (grey) or 3 (RGB) channels.
        columns: clips in a row. By default the grid is nearly square.
        frames_per_second: number, at most 50.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        ValueError: if the name does not end in `.gif`, the file cannot be written, these are no clips, a side of the
            grid has more than the 65,535 pixels of a GIF, or another argument is out of range.

    Example:
        >>> import pathlib, tempfile
        >>> import keras_gan
        >>> drawn = keras_gan.data.MovingDigits().draw(4, num_frames=6)
        >>> write_film(pathlib.Path(tempfile.mkdtemp()) / "digits.gif", drawn.clips).name
        'digits.gif'
    """
    file, frames_per_second = writable_file(filepath, "filepath"), require_frames_per_second(frames_per_second)
    if file.suffix != ".gif":
        raise ValueError(f"The name of a film must end in `.gif`. Received: filepath={filepath!r}")
    clips = require_clips(clips)
    require_near_range("clips", clips)
    write_atomically(file, film_of(clips, columns, frames_per_second))
    return file


def require_clips(clips):
    """Return clips as an array, or raise a ValueError."""
    clips = np.asarray(require_float_images("clips", clips))
    if clips.ndim != 5 or 0 in clips.shape:
        raise ValueError(
            "These samples are no clips: expected an array (num_clips, num_frames, height, width, channels). For "
            f"images there are `ImageSnapshots` and `image_grid`. Received: clips.shape={clips.shape}"
        )
    return clips


def require_frames_per_second(value):
    """Return a number of frames that a GIF can show in a second, or raise a ValueError."""
    return require_number("frames_per_second", value, low=0.0, high=_FASTEST, open_low=True)


def film_of(clips, columns, frames_per_second):
    """The bytes of a GIF of clips.

    Args:
        clips: array `(num_clips, num_frames, height, width, channels)`.
        columns: int, or None.
        frames_per_second: float.

    Raises:
        ValueError: if the grid is too large for a GIF, or the frames are no images that can be drawn.
    """
    grids = [draw_grid(frames, columns=columns) for frames in np.swapaxes(clips, 0, 1)]
    height, width = grids[0].shape[:2]
    if max(height, width) > _gif.LONGEST_SIDE:
        raise ValueError(
            f"A side of a GIF has at most {_gif.LONGEST_SIDE:,} pixels. Draw fewer or smaller clips. "
            f"Received: a grid of {width:,} x {height:,} pixels"
        )
    pictures = (Image.fromarray(grid.squeeze(-1) if grid.shape[-1] == 1 else grid) for grid in grids)
    buffer = io.BytesIO()
    _gif.write_gif(buffer, pictures, [(width, height)] * len(grids), 1.0 / frames_per_second)
    return buffer.getvalue()
