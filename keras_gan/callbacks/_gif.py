"""An animation made of still pictures."""

import io
import struct

_FRAME_SECONDS = 0.2
_LAST_FRAME_SECONDS = 2.0
_LOOP_FOR_EVER = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
_TRAILER = b";"


def animated_gif(pictures):
    """Join pictures into one GIF that loops, with a frame for every picture.

    Pillow's own `save_all` drops a frame that equals the one before it, and the frames' numbers then no
    longer say the epoch. Here each picture is encoded by itself and becomes a frame with its own colours.

    The layout of the file is in the GIF89a specification (CompuServe, 1990), sections 17 to 27.

    Args:
        pictures: non-empty list of `PIL.Image.Image`, in order.

    Returns:
        The file's bytes.
    """
    width = max(picture.width for picture in pictures)
    height = max(picture.height for picture in pictures)
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + _LOOP_FOR_EVER
    seconds = [_FRAME_SECONDS] * (len(pictures) - 1) + [_LAST_FRAME_SECONDS]
    return screen + b"".join(map(_frame, pictures, seconds)) + _TRAILER


def _frame(picture, seconds):
    """Encode a picture as a GIF of its own, and move its colour table behind the image descriptor."""
    buffer = io.BytesIO()
    # A copy without `info`: text kept in the PNG would become a block in front of the image.
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
