"""GIFs with a frame for every picture, of many pictures in little memory."""

import io
import struct

from PIL import Image

from keras_gan._files import is_fault_of_computer

_FRAME_SECONDS = 0.2
_LAST_FRAME_SECONDS = 2.0
_LOOP_FOR_EVER = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
_TRAILER = b";"
# The header of a GIF has 16 bits for each side.
LONGEST_SIDE = 65_535


def read(path):
    """Return a picture, without its file."""
    with Image.open(path) as picture:
        return picture.copy()


def size_of(path):
    """Return the width and height of a picture, or None if it cannot be a frame: it is damaged or too large."""
    try:
        with Image.open(path) as picture:
            size = picture.size
            # Checks every checksum, and does not decode.
            picture.verify()
    except Exception as error:
        # A damaged picture raises errors of many classes.
        if is_fault_of_computer(error):
            raise
        return None
    return size if max(size) <= LONGEST_SIDE else None


def write_gif(file, pictures, sizes, seconds=None):
    """Write pictures as one GIF that loops, with a frame for every picture.

    Pillow's own `save_all` drops a frame that equals the one before it. Then the number of a frame no longer
    tells the epoch. Here each picture is encoded separately and becomes a frame with its own colours. It is written
    before the next one is read, so a long training needs no more memory than a short one.

    The layout of the file is in the GIF89a specification (CompuServe, 1990), sections 17 to 27.

    Args:
        file: binary file that is open for writing.
        pictures: iterable of `PIL.Image.Image`, in order.
        sizes: non-empty list of the pictures' sizes, pairs (width, height).
        seconds: float, how long a frame is shown; None for a film of a training, whose last frame stays longer.
    """
    width, height = map(max, zip(*sizes, strict=True))
    file.write(b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + _LOOP_FOR_EVER)
    times = [seconds] * len(sizes) if seconds else [_FRAME_SECONDS] * (len(sizes) - 1) + [_LAST_FRAME_SECONDS]
    file.writelines(map(_frame, pictures, times))
    file.write(_TRAILER)


def _frame(picture, seconds):
    """Encode a picture as a separate GIF, and move its colour table behind the image descriptor."""
    buffer = io.BytesIO()
    # A copy without `info`, because text from the PNG would become a block in front of the image.
    still = picture.copy()
    still.info = {}
    still.save(buffer, "GIF")
    encoded = buffer.getvalue()
    table_bits = encoded[10] & 0b111
    colours_end = 13 + 3 * 2 ** (table_bits + 1)
    colours, image = encoded[13:colours_end], encoded[colours_end : -len(_TRAILER)]
    timing = b"\x21\xf9\x04" + struct.pack("<BHBB", 0, round(100 * seconds), 0, 0)
    flags = image[9] | 0b1000_0000 | table_bits
    return timing + image[:9] + bytes([flags]) + colours + image[10:]
