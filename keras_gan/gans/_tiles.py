"""Large images in overlapping tiles, and what is made of the tiles without seams."""

import math
import numbers

import numpy as np

from keras_gan._arguments import require_int
from keras_gan._traversal import every_layer


class Tiles:
    """Cuts images into overlapping tiles, and blends what is made of them.

    Along each axis the tiles begin at 0, s, 2 s, ... with s = tile - overlap, and the last one ends where the image
    ends. Where two tiles overlap, the later one has the weight

        w(i) = sin^2(pi/2 clip((i + 1/2 - m) / (overlap - 2 m), 0, 1)),    m = overlap // 4

    i pixels after it begins, and the earlier one has 1 - w. So the weights sum to 1 everywhere, they have no kink, and
    the m pixels next to an inner edge of a tile, where a network misses its surroundings, have the weight 0. A network
    without strides that looks at most m pixels far makes the same in tiles as of the whole image; one with strides does
    where the tiles begin at multiples of them.

    An image that is smaller than a tile, or whose sides are no multiples of what the network folds, is continued by its
    mirror image, and what is made of that is cropped.

    A network may make images `scale` times as high and wide. Then tiles are cut in the pixels of the images, and
    blended in those of the larger ones, where all sizes above count `scale` times.

    Args:
        sides: tuple (height, width) of the images.
        tile: tuple (height, width) of a tile.
        overlap: tuple of two ints, the overlap of tiles above each other and next to each other, smaller than the tile.
        scale: int, how many times as high and wide as a tile is what is made of it.
        multiple: int, the sides of an image are continued to multiples of it.

    Example:
        >>> images = np.random.default_rng(0).uniform(-1, 1, (1, 20, 9, 3)).astype("float32")
        >>> tiles = Tiles((20, 9), (8, 8), (4, 4))
        >>> np.array_equal(tiles.blended(lambda tile: tile, images), images)
        True
    """

    def __init__(self, sides, tile, overlap, scale=1, multiple=1):
        self.sides, self.tile, self.overlap, self.scale = sides, tile, overlap, scale
        self._padded = tuple(max(_rounded_up(side, multiple), size) for side, size in zip(sides, tile, strict=True))
        self._starts = tuple(map(_starts, self._padded, tile, overlap))

    @classmethod
    def chosen(cls, sides, sampler, tile=None, overlap=None, *, scale=1):
        """The tiles for a network and a user's choice.

        Args:
            sides: tuple (height, width) of the images.
            sampler: `Sampler` with the main input "images". What sides its network takes, its first layers say.
            tile: int or tuple (height, width), rounded up to sides that the network takes; None for the sides that it
                takes, or else for no tiles.
            overlap: int; None for about a quarter of the tile.
            scale: as for the class.

        Raises:
            ValueError: if the tile is none that the network takes, or the overlap is not smaller than the tile.
        """
        taken, wanted = sampler.inputs["images"].shape[1:3], _wanted(tile)
        if any(size not in (None, want) for size, want in zip(taken, wanted, strict=True) if want is not None):
            raise ValueError(
                f"The network takes images of {_size(taken)}, so tiles can have no other size: leave `tile` out. "
                f"Received: tile={tile!r}"
            )
        multiple, smallest = _rule_of(sampler.network) if None in taken else (1, 1)
        # A network of any size gets no more than there is, continued to what it can take.
        least = (side if want is None else min(side, want) for side, want in zip(sides, wanted, strict=True))
        fitting = (_rounded_up(max(side, smallest), multiple) for side in least)
        tile = tuple(size or side for size, side in zip(taken, fitting, strict=True))
        is_cut = [size < _rounded_up(side, multiple) for size, side in zip(tile, sides, strict=True)]
        if overlap is not None:
            overlap = require_int("overlap", overlap, low=0)
            if any(cut and overlap >= size for cut, size in zip(is_cut, tile, strict=True)):
                raise ValueError(
                    f"`overlap` must be smaller than a tile, and a tile here has {_size(tile)} pixels. "
                    f"Received: overlap={overlap}"
                )
        overlaps = (_usual_overlap(size) if overlap is None else overlap for size in tile)
        shared = tuple(cut * each for cut, each in zip(is_cut, overlaps, strict=True))
        return cls(sides, tile, shared, scale, multiple)

    @property
    def are_whole(self):
        """Whether one tile is the whole image."""
        return self.sides == self.tile

    def corners(self, images):
        """The first tile of each image, float32 `(count, *tile, channels)`."""
        return self._mirrored(images)[:, : self.tile[0], : self.tile[1]]

    def blended(self, make, images):
        """What a function makes of images, tile by tile.

        Args:
            make: function of float32 `(count, *tile, channels)` that returns images of the same sides times `scale`.
            images: float32 `(count, *sides, channels)`.

        Returns:
            float32 array `(count, *sides, channels)`, with the sides times `scale` and the channels of what is made.
        """
        images, (height, width) = self._mirrored(images), self.tile
        canvas = None
        for top in self._starts[0]:
            strip = None
            for left in self._starts[1]:
                made = make(images[:, top : top + height, left : left + width])
                self._require_sides(made)
                strip = self._laid(strip, made, left, axis=1)
            canvas = self._laid(canvas, strip, top, axis=0)
        return canvas[:, : self.scale * self.sides[0], : self.scale * self.sides[1]]

    def _require_sides(self, made):
        if made.shape[1:3] != tuple(self.scale * side for side in self.tile):
            times = "" if self.scale == 1 else f" times {self.scale}"
            raise ValueError(
                f"Only a network that makes images of the size that it is given{times} can work in tiles: give it "
                f"images of its own size. Received: tiles of {_size(self.tile)}, which become {_size(made.shape[1:3])}"
            )

    def _mirrored(self, images):
        bottom, right = (padded - side for padded, side in zip(self._padded, self.sides, strict=True))
        if not bottom and not right:
            return images
        return np.pad(images, ((0, 0), (0, bottom), (0, right), (0, 0)), mode="symmetric")

    def _laid(self, canvas, piece, start, *, axis):
        """The canvas, at first None, with a piece laid on it that begins at `start` on an axis of the images."""
        if canvas is None:
            shape = list(piece.shape)
            shape[axis + 1] = self.scale * self._padded[axis]
            canvas = np.zeros(shape, np.float32)
        length = piece.shape[axis + 1]
        weights = _weights(length, self.scale * self.overlap[axis]) if start else np.ones(length, np.float32)
        start *= self.scale
        area = np.moveaxis(canvas, axis + 1, -1)[..., start : start + length]
        # In this form equal pixels stay what they are, whatever the weights round to.
        area += weights * (np.moveaxis(piece, axis + 1, -1) - area)
        return canvas


def _rule_of(network):
    """What the sides that a network for images of any size takes are multiples of, and the smallest one."""
    rules = [layer for layer in every_layer(network) if hasattr(layer, "require_sides")]
    return tuple(max([getattr(layer, name, 1) for layer in rules], default=1) for name in ("multiple", "smallest"))


def _rounded_up(side, multiple):
    return side + -side % multiple


def _usual_overlap(size):
    """About a quarter of a tile, so that tiles begin at multiples of 16 if they can: networks have such strides."""
    step = 3 * size // 4
    return size - (step - step % 16 or step)


def _starts(side, tile, overlap):
    """Where the tiles begin: every `tile - overlap` pixels, and so that the last one ends with the image."""
    count = max(0, math.ceil((side - tile) / (tile - overlap)))
    return [*(index * (tile - overlap) for index in range(count)), side - tile]


def _weights(length, overlap):
    """The weights of a tile next to an earlier one, float32 `(length,)`, from 0 to 1."""
    margin = overlap // 4
    moments = (np.arange(length) + 0.5 - margin) / max(overlap - 2 * margin, 1)
    return np.where(np.arange(length) < overlap, np.sin(0.5 * np.pi * np.clip(moments, 0.0, 1.0)) ** 2, 1.0).astype(
        np.float32
    )


def _wanted(tile):
    if tile is None:
        return (None, None)
    sizes = (tile, tile) if isinstance(tile, numbers.Integral) else tile
    try:
        if isinstance(sizes, tuple | list) and len(sizes) == 2:
            return tuple(require_int("tile", size) for size in sizes)
    except ValueError:
        pass
    raise ValueError(
        f"`tile` must be an integer of at least 1, or a tuple (height, width) of two. Received: tile={tile!r}"
    )


def _size(sides):
    return "x".join("any" if side is None else str(side) for side in sides)
