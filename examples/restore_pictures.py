"""Pictures in files of 8 or 16 bits, with or without alpha, and what a model restores of them."""

import numpy as np
import picture_folder
import tensorflow as tf
from absl import flags

from keras_gan.data import _decoding
from keras_gan.gans._pictures import Picture, PictureWithHoles
from keras_gan_cli import run_flags

FLAGS = flags.FLAGS
# Tiles that see nothing of each other: those with holes must be larger than these.
_TILE, _TILE_WITH_HOLES = 128, 256
# ITU-R BT.601.
_LUMA = (0.299, 0.587, 0.114)


def restore_folder(model, folder, out):
    """Restore the pictures of a folder, and those in the folders below it.

    Args:
        model: that translates, enlarges, inpaints or finds alphas.
        folder: `pathlib.Path`.
        out: `pathlib.Path`, where the results go, as PNG files with the same names.

    Returns:
        int, how many were restored. Files that are left out are named.

    Raises:
        ValueError: if there is no picture that the model restores.
    """
    *sides, channels = model.sampler().inputs["images"].shape[1:]
    usual = _TILE_WITH_HOLES if hasattr(model, "inpaint") else _TILE
    # A network of one size has tiles of that size.
    tile = FLAGS.tile or (usual if None in sides else None)

    def read(path):
        picture = _decoding.decode_levels(path)
        if hasattr(model, "matte"):
            Picture(picture, channels - 1)
            return picture, _trimap_of(path.relative_to(folder.resolve()), picture.shape[:2])
        # What does not fit is left out before anything is made of it.
        (PictureWithHoles if hasattr(model, "inpaint") else Picture)(picture, channels)
        return (picture,)

    def restored(given):
        return tf.io.encode_png(_restored(model, *given, tile=tile)).numpy()

    return picture_folder.convert(folder, out, read=read, change=restored, flag="restore")


def _restored(model, picture, *trimap, tile):
    """Return what a model makes of a picture, uint8 or uint16 `(height, width, channels)`."""
    if trimap:
        return model.matte_picture(picture, *trimap, tile=tile)
    if hasattr(model, "inpaint"):
        return model.inpaint_picture(picture, tile=tile)
    if hasattr(model, "upscale"):
        return model.upscale_picture(picture, tile=tile)
    if model.generator.name == "colouriser":
        return model.translate_picture(_in_grey(picture, channels=3), tile=tile)
    made = model.translate_picture(picture, tile=tile)
    # Of a grey picture it made colours that are nearly grey.
    return _in_grey(made) if picture.shape[-1] < 3 else made


def _in_grey(picture, channels=1):
    """Return the luma of a picture in so many channels, with its alpha."""
    colours, alpha = np.split(picture, [picture.shape[-1] - 1 + picture.shape[-1] % 2], axis=-1)
    if colours.shape[-1] == 3:
        colours = np.rint(colours @ np.array(_LUMA)).astype(picture.dtype)[..., np.newaxis]
    return np.concatenate([np.repeat(colours, channels, axis=-1), alpha], axis=-1)


def _trimap_of(path, sides):
    """Return the trimap of --trimaps that has the name of a picture, whatever the suffix."""
    folder = run_flags.local_path(FLAGS["trimaps"])
    found = sorted((folder / path).parent.glob(f"{path.stem}.*"))
    if not found:
        raise ValueError("it has no trimap of its name")
    trimap = _decoding.decode_levels(found[0])
    trimap = _in_grey(trimap)[..., :1]
    if trimap.shape[:2] != sides:
        raise ValueError(f"its trimap has another size, {trimap.shape[1]}x{trimap.shape[0]} pixels")
    return trimap
