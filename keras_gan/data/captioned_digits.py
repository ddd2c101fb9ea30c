"""Handwritten digits of several colours, sizes and places, with a sentence that says what is seen."""

import itertools
from typing import NamedTuple

import numpy as np

from keras_gan._arguments import require_choice, require_int, require_number, require_seed
from keras_gan.data.digits import Digits
from keras_gan.data.source import ImageData, Prepare, Source, check_split

_SIDE, _LEAST_SIDE = 8, 24
_SIZES = ("small", "large")
# Of the canvas.
_HEIGHTS = (1 / 3, 7 / 12)
_COLOURS = {
    "red": (1.0, 0.1, 0.1),
    "green": (0.1, 0.9, 0.2),
    "blue": (0.2, 0.35, 1.0),
    "yellow": (1.0, 0.9, 0.1),
    "purple": (0.8, 0.2, 0.9),
    "white": (1.0, 1.0, 1.0),
}
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_PLACES = {"left": (0.0, -1.0), "right": (0.0, 1.0), "top": (-1.0, 0.0), "bottom": (1.0, 0.0)}
# Which combinations are held out is the same for every seed of the pictures.
_HELD_OUT_SEED = 0
_SPLITS = ("train", "test", "unseen")
# Images.
_AT_ONCE = 1000


class DrawnCaptions(NamedTuple):
    """What `CaptionedDigits.draw` returns.

    Attributes:
        images: uint8 (num_images, side, side, 3).
        captions: list of strings, one for each image.
        attributes: int32 (num_images, 4), the numbers of the digit, the colour, the size and the place of each, in
            `CaptionedDigits.values`.
    """

    images: np.ndarray
    captions: list
    attributes: np.ndarray


class CaptionedDigits(Source):
    """Pictures of a digit with sentences such as "a small red seven at left", made on the fly.

    A small world in which everything is known: what is drawn, how large, in which colour and where. So it can be
    measured whether a model draws what a sentence says, attribute by attribute, and whether it understands sentences
    that it has never seen: some combinations of the four attributes are held out. The digits are the 8x8 ones of
    `Digits`, which need no download. A small one is a third of the canvas high, a large one 0.58 of it; it is drawn by
    linear interpolation on black, up to 4 % of the canvas from the middle of its place.

    The splits are "train" and "test", digits of the two splits of `Digits` in the combinations that are seen in
    training, and "unseen", the digits of "test" in the others.

    Args:
        num_images: how many images a split has.
        side: height and width of the canvas in pixels, at least 24.
        held_out: share of the 480 combinations that "train" lacks, at least 0 and at most 0.5.
        seed: of the digits, the attributes and the exact places.

    Attributes:
        values: dict of attribute's name to the tuple of its values: "digit", "colour", "size" and "place".

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> from keras_gan import data
        >>> world = data.CaptionedDigits(num_images=4)
        >>> drawn = world.draw("train")
        >>> drawn.images.shape, len(drawn.captions)
        ((4, 24, 24, 3), 4)
        >>> world.sentence((7, 0, 0, 1))
        'a small red seven at right'
    """

    def __init__(self, num_images: int = 6000, *, side: int = 24, held_out: float = 0.15, seed: int = 0):
        self.num_images = require_int("num_images", num_images)
        self.side = require_int("side", side, low=_LEAST_SIDE)
        self.held_out = require_number("held_out", held_out, low=0.0, high=0.5)
        self.seed = require_seed(seed)
        names = {"digit": _DIGITS, "colour": _COLOURS, "size": _SIZES, "place": _PLACES}
        self.values = {name: tuple(values) for name, values in names.items()}

    def __repr__(self) -> str:
        return f"CaptionedDigits({self.num_images}, side={self.side}, held_out={self.held_out}, seed={self.seed})"

    def splits(self) -> tuple[str, ...]:
        """Return "train", "test" and "unseen"."""
        return _SPLITS

    def combinations(self, split: str) -> np.ndarray:
        """Return the combinations of attributes that a split has, int32 (num_combinations, 4)."""
        require_choice("split", split, _SPLITS)
        every = np.array(list(itertools.product(*(range(len(values)) for values in self.values.values()))), np.int32)
        order = np.random.default_rng(_HELD_OUT_SEED).permutation(len(every))
        unseen, seen = np.split(order, [round(self.held_out * len(every))])
        return every[np.sort(unseen if split == "unseen" else seen)]

    def sentence(self, attributes) -> str:
        """Return the sentence that says the four attributes, given by their numbers in `values`."""
        digit, colour, size, place = (
            values[number] for values, number in zip(self.values.values(), attributes, strict=True)
        )
        return f"a {size} {colour} {digit} at {place}"

    def draw(self, split: str) -> DrawnCaptions:
        """Draw the images of a split with all that is known of them: the same for the same seed.

        Raises:
            ValueError: if there is no such split, or no combination was held out for it.
        """
        attributes, rng = self._asked(split)
        data = Digits().read("train" if split == "train" else "test", lambda image: image)
        of_class = [np.flatnonzero(data.labels == digit) for digit in range(len(_DIGITS))]
        draws, shifts = rng.random(self.num_images), rng.uniform(-1.0, 1.0, (self.num_images, 2))
        rows = [
            of_class[row[0]][int(draw * len(of_class[row[0]]))] for row, draw in zip(attributes, draws, strict=True)
        ]
        parts = [slice(start, start + _AT_ONCE) for start in range(0, self.num_images, _AT_ONCE)]
        images = [self.drawn_at(data.images[rows[part]], attributes[part], shifts[part]) for part in parts]
        return DrawnCaptions(np.concatenate(images), [self.sentence(row) for row in attributes], attributes)

    def read(self, split: str, prepare: Prepare) -> ImageData:
        """Return the images of a split."""
        check_split(split, _SPLITS, "captioned-digits")
        return ImageData(self.stack(prepare(image) for image in self.draw(split).images))

    def captions(self, split: str) -> list:
        """Return the sentence of each image of a split."""
        check_split(split, _SPLITS, "captioned-digits")
        return [self.sentence(row) for row in self._asked(split)[0]]

    def drawn_at(self, digits: np.ndarray, attributes: np.ndarray, shifts: np.ndarray) -> np.ndarray:
        """Draw digits in their sizes, colours and places.

        Args:
            digits: uint8 (num_images, 8, 8, 1).
            attributes: int (num_images, 4), as in `values`.
            shifts: float (num_images, 2) in [-1, 1], how far down and right each is of the middle of its place.

        Returns:
            uint8 (num_images, side, side, 3).
        """
        _, colours, sizes, places = np.asarray(attributes).T
        high = self.side * np.array(_HEIGHTS)[sizes][:, np.newaxis]
        room, slack = (self.side - high) / 2, 0.04 * self.side
        # The far end of the place leaves the slack to the edge.
        corners = room + (room - slack) * np.array(list(_PLACES.values()))[places] + slack * np.asarray(shifts)
        # Pixel centres of the canvas, in pixels of the digit: (num_images, 2, side).
        centres = np.arange(self.side) + 0.5 - corners[..., np.newaxis]
        spots = centres / (high / _SIDE)[..., np.newaxis] - 0.5
        weights = np.maximum(1.0 - np.abs(spots[..., np.newaxis] - np.arange(_SIDE)), 0.0)
        ink = weights[:, 0] @ (np.asarray(digits)[..., 0] / 255.0) @ weights[:, 1].transpose(0, 2, 1)
        inks = np.array(list(_COLOURS.values()))[colours][:, np.newaxis, np.newaxis]
        return np.rint(255.0 * ink[..., np.newaxis] * inks).astype(np.uint8)

    def _asked(self, split: str) -> tuple[np.ndarray, np.random.Generator]:
        """The attributes of the images of a split, and the generator for the rest of what is drawn."""
        known = self.combinations(split)
        if not len(known):
            raise ValueError(
                f'Nothing is unseen: no combination was held out. Received: split="unseen", held_out={self.held_out}'
            )
        # The splits share no random numbers.
        rng = np.random.default_rng([self.seed, _SPLITS.index(split)])
        return known[rng.integers(len(known), size=self.num_images)], rng
