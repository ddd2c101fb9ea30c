"""The 500 facades of the CMP, maps of labels next to photographs, as their archive has them."""

import io
import tarfile

import numpy as np
from PIL import Image


def read(archive):
    """Return the maps of labels and the photographs, uint8 `(500, 128, 128, 3)` each, in a random order.

    Args:
        archive: path of a tar file of JPEG pictures, each with a photograph on the left and its map on the right.
    """
    pictures = []
    with tarfile.open(archive) as files:
        for member in sorted(files.getmembers(), key=lambda member: member.name):
            if member.name.endswith(".jpg"):
                with Image.open(io.BytesIO(files.extractfile(member).read())) as image:
                    pictures.append(np.asarray(image.convert("RGB")))
    pictures = np.stack(pictures)[np.random.default_rng(0).permutation(len(pictures))]
    middle = pictures.shape[2] // 2
    return pictures[:, :, middle:], pictures[:, :, :middle]
