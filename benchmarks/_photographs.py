"""The photographs of super_resolution.tar, small and large, and random parts of them."""

import io
import pathlib
import tarfile

import numpy as np
from PIL import Image

# Of BSD100, in a random order that never changes.
TRAINED = 80


def pairs_of(archive, name):
    """Return the (large, small) photographs of a set by name, uint8 `(height, width, 3)`; without a small one None."""
    found = {}
    with tarfile.open(archive) as files:
        for member in files:
            path = pathlib.PurePosixPath(member.name)
            if path.parent.name == name and path.suffix == ".png":
                with Image.open(io.BytesIO(files.extractfile(member).read())) as image:
                    found[path.stem] = np.asarray(image.convert("RGB"))
    large = sorted(stem for stem in found if stem.endswith("_HR"))
    return [(found[stem], found.get(stem.replace("_HR", "_LR"))) for stem in large]


def photographs(archive, name="BSD100"):
    """Return the photographs of a set, a list of uint8 arrays `(height, width, 3)`, in an order that never changes."""
    found = [large for large, _ in pairs_of(archive, name)]
    return [found[index] for index in np.random.default_rng(0).permutation(len(found))]


def random_parts(images, count, side, seed):
    """Return `count` squares of random photographs, uint8 `(count, side, side, 3)`."""
    rng = np.random.default_rng(seed)
    parts = np.empty((count, side, side, 3), np.uint8)
    for part in parts:
        image = images[rng.integers(len(images))]
        top, left = (rng.integers(length - side + 1) for length in image.shape[:2])
        part[:] = image[top : top + side, left : left + side]
    return parts


def middles(images, side):
    """Return the squares in the middle of photographs, uint8 `(num_images, side, side, 3)`."""
    starts = [[(length - side) // 2 for length in image.shape[:2]] for image in images]
    return np.stack(
        [image[top : top + side, left : left + side] for image, (top, left) in zip(images, starts, strict=True)]
    )
