"""Pictures in files of 8 or 16 bits, with or without alpha, and what a model restores of them."""

import numpy as np
import picture_folder
import tensorflow as tf
from absl import flags

from keras_gan.data import _decoding
from keras_gan.gans._pictures import Picture

FLAGS = flags.FLAGS
# Tiles that see nothing of each other: those with holes must be larger than these.
_TILE, _TILE_WITH_HOLES = 128, 256
# What networks that halve the sides take.
_MULTIPLE = 8
# Where a PNG file says how many bits a number has.
_DEPTH_AT = 24


def restore_folder(model, folder, out):
    """Restore the pictures of a folder, and those in the folders below it.

    Args:
        model: that translates or inpaints.
        folder: `pathlib.Path`.
        out: `pathlib.Path`, where the results go, as PNG files with the same names.

    Returns:
        int, how many were restored. Files that are left out are named.

    Raises:
        ValueError: if there is no picture that the model restores.
    """
    *sides, channels = model.sampler().inputs["images"].shape[1:]
    of_holes = hasattr(model, "inpaint")
    # A network of one size has tiles of that size.
    usual = (_TILE_WITH_HOLES if of_holes else _TILE) if None in sides else None
    tile = FLAGS.tile or usual

    def read(path):
        return (PictureWithHoles if of_holes else Picture)(read_picture(path), channels)

    def restored(picture):
        if of_holes:
            pixels = picture.filled(model, tile)
        else:
            pixels = picture.enlarged(model.translate(picture.colours[np.newaxis], tile=tile)[0])
        return tf.io.encode_png(pixels).numpy()

    return picture_folder.convert(folder, out, read=read, change=restored, flag="restore")


def read_picture(path):
    """Return a picture as its file holds it, uint8 or uint16 `(height, width, channels)`; raise any error otherwise."""
    # Pillow would read colours with 8 bits.
    if _is_deep_png(path):
        # Which also looks at the number of pixels, before there is memory for them.
        _decoding.size_of(path)
        return tf.io.decode_png(path.read_bytes(), dtype=tf.uint16).numpy()
    pixels = _decoding.decode(path, alpha=True, depth=16)
    return pixels if pixels.dtype == np.uint8 else np.rint((pixels + 1.0) * 32767.5).astype(np.uint16)


def _is_deep_png(path):
    with path.open("rb") as file:
        start = file.read(_DEPTH_AT + 1)
    return start.startswith(b"\x89PNG") and start[_DEPTH_AT:] == b"\x10"


class PictureWithHoles:
    """A picture whose fully transparent pixels are to be filled.

    Args:
        pixels: uint8 or uint16 `(height, width, channels)`, the last channel of which is the alpha.
        channels: int, the colours that the network takes.

    Raises:
        ValueError: if there is no hole, or the network takes other colours.
    """

    def __init__(self, pixels, channels):
        if pixels.shape[-1] not in (2, 4) or pixels[..., -1].all():
            raise ValueError("it has no transparent pixels, which are to be filled")
        self._colours, self._alpha = pixels[..., :-1], pixels[..., -1:]
        if self._colours.shape[-1] == 1 < channels:
            self._colours = np.repeat(self._colours, channels, axis=-1)
        if self._colours.shape[-1] != channels:
            raise ValueError("it has colours, and the model was trained on grey pictures")
        self._holes = self._alpha == 0

    def filled(self, model, tile):
        """Return the picture without holes: without alpha if nothing else is transparent."""
        half, (height, width) = np.iinfo(self._colours.dtype).max / 2, self._holes.shape[:2]
        margins = [(0, -side % _MULTIPLE if tile else 0) for side in (height, width)]
        images, masks = (
            np.pad(each, [*margins, (0, 0)], mode="symmetric")[np.newaxis].astype("float32")
            for each in (self._colours / np.float32(half) - 1.0, self._holes)
        )
        made = model.inpaint(images, masks, tile=tile)[0, :height, :width]
        levels = np.floor(np.clip((made.astype("float64") + 1.0) * half + 0.5, 0, 2 * half)).astype(self._colours.dtype)
        colours = np.where(self._holes, levels, self._colours)
        alpha = np.where(self._holes, np.iinfo(self._alpha.dtype).max, self._alpha).astype(self._alpha.dtype)
        is_opaque = (alpha == alpha.max()).all()
        return colours if is_opaque else np.concatenate([colours, alpha], axis=-1)
