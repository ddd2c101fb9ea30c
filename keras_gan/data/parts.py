"""Parts of images at their own resolution."""

from collections.abc import Iterator

import numpy as np

from keras_gan._arguments import require_int, require_seed
from keras_gan.data import _held_out
from keras_gan.data._as_source import as_source
from keras_gan.data._images import sides_of
from keras_gan.data.source import ImageData, ImageStream, Prepare, Source

# One over the positive root of x^3 = x + 1, and its square.
_STEP = np.array([0.7548776662466927, 0.5698402909980532])


class Parts(Source):
    """Parts of one size, cut from images of any sizes without a resize.

    A photograph that is made as small as a square of training has the detail of another kind of photograph. Who
    restores pictures trains on parts of them instead, at their own resolution:

        data.load_degraded(data.Parts("photographs/", 96, num_parts=5000), data.Bicubic(4), split="train")
        data.load_masked(data.Parts("pictures/", 128), data.Parts("masks/", 128), split="train")

    Each image gives the same number of parts. Their places cover it evenly: part k has the corner

        floor((u_k - floor(u_k)) * (side - size + 1)),     u_k = u_0 + k (1 / g, 1 / g^2),     g^3 = g + 1

    along the two axes, with a u_0 that depends on the seed (the sequence R2 of Roberts 2018, "The unreasonable
    effectiveness of quasirandom sequences"). So in images of one size they are the same places, and two `Parts` with
    the same settings cut partners alike. An image that is smaller than a part is left out, with a warning, and of parts
    that would be the same there is one.

    Where the source has no test images of its own, a tenth of the images, not of the parts, is held out: the splits are
    "train", "test" and "all", and None means "train". Of fewer than 20 images none is held out.

    Args:
        source: images as for `load` that are read one by one: a folder, an array, or a `Source` with a `stream`.
        size: int or tuple (height, width) of a part.
        num_parts: int, about how many parts all images give, at least one each.
        seed: int, moves the places.

    Raises:
        ValueError: if an argument is out of range; from `load`, if the source is read in one piece alone, or no image
            is as large as a part.
        FileNotFoundError: if there is no such folder.

    Example:
        >>> import numpy as np, tempfile, pathlib
        >>> from PIL import Image
        >>> from keras_gan import data
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for number, size in enumerate([(40, 30), (25, 60)]):
        ...         Image.new("RGB", size).save(pathlib.Path(folder, f"{number}.png"))
        ...     parts = data.load(data.Parts(folder, 16, num_parts=10), batch_size=4)
        >>> parts.num_images, parts.image_shape
        (10, (16, 16, 3))
    """

    def __init__(self, source, size: int | tuple[int, int], *, num_parts: int = 4000, seed: int = 0):
        self.source = as_source(source)
        self.size = sides_of("size", size)
        if self.size is None:
            raise ValueError(
                "`size` must be a positive integer, or a pair (height, width) of them. Received: size=None"
            )
        self.num_parts, self.seed = require_int("num_parts", num_parts), require_seed(seed)

    def of(self, source: Source) -> "Parts":
        """Return parts of another source with the settings of these."""
        return Parts(source, self.size, num_parts=self.num_parts, seed=self.seed)

    @property
    def settings(self) -> dict:
        """What decides on the places, a dict for JSON."""
        return {"size": list(self.size), "num_parts": self.num_parts, "seed": self.seed}

    def splits(self) -> tuple[str, ...]:
        """Return the splits of the source, or those that hold out whole images."""
        own = tuple(self.source.splits())
        return own if set(own) - {"train"} else ("train", "test", "all")

    def read(self, split: str, prepare: Prepare) -> ImageData:
        """Read the images and cut them."""
        return self.stream(split, prepare).collected()

    def stream(self, split: str, prepare: Prepare) -> ImageStream:
        """Cut the images one by one."""
        is_made = not set(self.source.splits()) - {"train"}
        cut = _Cut(self.size, prepare, self.seed)
        whole = self.source.stream("train" if is_made else split, cut)
        if whole is None:
            raise ValueError(
                "Parts are cut from images that are read one by one: give a folder, an array, or a `Source` whose "
                f"`stream` returns an `ImageStream`. Received: a source of type {type(self.source).__name__}"
            )
        cut.count = -(-self.num_parts // whole.num_images)
        rows = _rows(split, whole.num_images) if is_made else np.arange(whole.num_images)
        names = [whole.name(row) for row in rows]

        def notes(left_out: list[int]) -> Iterator[str]:
            yield from whole.notes([])
            yield from _notes_on_small(left_out, names, cut)

        return whole._replace(
            key={**whole.key, "parts": self.settings, "rows": split if is_made else None},
            num_images=len(rows) * cut.count,
            examples=lambda start: _parts_of(whole, rows, cut.count, start),
            names=[name for name in names for _ in range(cut.count)],
            notes=notes,
        )


class _Cut:
    """What `Parts` gives to a source as `prepare`: an image becomes a list of prepared parts, or None for each."""

    def __init__(self, size, prepare, seed):
        self.size, self.prepare, self.count = size, prepare, 1
        self.channels, self.depth = getattr(prepare, "channels", None), getattr(prepare, "depth", 8)
        self._first = np.random.default_rng(seed).random(2)

    def __call__(self, image: np.ndarray) -> list[np.ndarray | None]:
        """Return the parts of an image."""
        spare = np.array(image.shape[:2]) - self.size
        if (spare < 0).any():
            return [None] * self.count
        corners = np.floor((self._first + np.arange(self.count)[:, np.newaxis] * _STEP) % 1.0 * (spare + 1)).astype(int)
        seen, parts = set(), []
        for top, left in map(tuple, corners.tolist()):
            is_new = (top, left) not in seen
            seen.add((top, left))
            # A copy: a view would keep the whole image in memory.
            part = image[top : top + self.size[0], left : left + self.size[1]].copy() if is_new else None
            parts.append(self.prepare(part) if is_new else None)
        return parts


def _rows(split: str, num_images: int) -> np.ndarray:
    """The numbers of the images of a split."""
    held_out = _held_out.held_out_rows(num_images)
    if split == "test" and not len(held_out):
        raise ValueError(
            "The source has no test images, and too few to hold a tenth of them out: 20 are needed. "
            f'Received: split="test" of {num_images} images'
        )
    return {"test": held_out, "train": np.delete(np.arange(num_images), held_out)}.get(split, np.arange(num_images))


def _parts_of(whole: ImageStream, rows: np.ndarray, count: int, start: int) -> Iterator[tuple[np.ndarray | None, int]]:
    """Yield the parts of some images with their labels, from part `start` on."""
    first, skipped = divmod(start, count)
    wanted = rows[first:].tolist()
    if not wanted:
        return
    # The images are read in their order, and the others are not kept.
    for number, (parts, label) in enumerate(whole.examples(wanted[0]), wanted[0]):
        if number == wanted[0]:
            del wanted[0]
            for part in ([None] * count if parts is None else parts)[skipped:]:
                yield part, label
            skipped = 0
        if not wanted:
            return


def _notes_on_small(left_out: list[int], names: list[str], cut: _Cut) -> Iterator[str]:
    lost = np.bincount(np.array(left_out, int) // cut.count, minlength=len(names)) == cut.count
    small = [name for name, is_lost in zip(names, lost, strict=True) if is_lost]
    listed = ", ".join(small[:3]) + ", ..." * (len(small) > 3)
    height, width = cut.size
    if len(small) == len(names):
        raise ValueError(
            f"No image has room for a part of {height}x{width} (height x width): give larger images or a smaller "
            f"`size`. Received: {len(names)} images, {listed}"
        )
    if small:
        yield (
            f"Left out {len(small)} of {len(names)} images, which are smaller than a part of {height}x{width} (height "
            f"x width) or cannot be decoded: {listed}"
        )
