"""Arrays that are kept on disk between runs, because to compute them again takes long."""

import glob
import io
import warnings

import numpy as np

from keras_gan._files import remove_leftovers, write_atomically


def read_arrays(path):
    """Return the arrays in a file of the cache by name, or None if they have to be computed again.

    Args:
        path: `pathlib.Path` of the file, which may be missing or damaged.
    """
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        warnings.warn(f"The cache cannot be read, so its content is computed again: {error}.", stacklevel=4)
        return None
    try:
        # From the bytes, because NumPy leaves a damaged file open.
        with np.load(io.BytesIO(content)) as file:
            return dict(file)
    except Exception:
        # Flipped bits in the table of an archive can raise almost any exception.
        return None


def write_arrays(path, *arrays, **named):
    """Write arrays to a file of the cache. If the disk fails, warn: the arrays themselves are there.

    Args:
        path: `pathlib.Path` of the file, in a folder that exists.
        *arrays: arrays, which get the names "arr_0", "arr_1" and so on.
        **named: arrays by name.
    """
    buffer = io.BytesIO()
    np.savez(buffer, *arrays, **named)
    try:
        remove_leftovers(path.parent, glob.escape(path.name))
        write_atomically(path, buffer.getvalue())
    except OSError as error:
        warnings.warn(
            f"The result is complete, but it is not kept for the next run, because the cache cannot be written: "
            f"{error}.",
            stacklevel=4,
        )
