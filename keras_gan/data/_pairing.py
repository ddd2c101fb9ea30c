"""Which pictures are partners: files of two folders by their names, or the halves of each file."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from keras_gan.data import _decoding
from keras_gan.data._image_files import (
    SPLIT_NAME,
    counted,
    decoded,
    image_files,
    in_threads,
    notes_on_unread,
    root_of,
    visible_folders,
)
from keras_gan.data._tree import identity_of_files, listed, printable
from keras_gan.data.folder import Folder
from keras_gan.data.source import ImageData, ImageStream, Prepare, Source

# The names of two sub-folders that hold partners.
_SIDES = (("A", "B"), ("source", "target"))


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where partners are.

    Attributes:
        splits: names of the splits.
        roots: function of a split, which returns the folder of its sources and the folder of its targets.
        skip_corrupt: whether to skip pairs of which a file cannot be decoded.
        scale: how many times as high and wide as its source a target is.
    """

    splits: tuple[str, ...]
    roots: Callable[[str], tuple[Path, Path]]
    skip_corrupt: bool
    scale: int = 1


def layout_of_two(source: Folder, target: Folder) -> Layout:
    """Return where partners are in two folders, which may both have sub-folders for the splits."""
    splits = [folder.splits() for folder in (source, target)]
    if set(splits[0]) != set(splits[1]):
        raise ValueError(
            "Both folders must have the same splits, each a sub-folder of its name, or none. Received: "
            f"{printable(source.path)!r} with {_listed(splits[0])}, and "
            f"{printable(target.path)!r} with {_listed(splits[1])}"
        )
    return Layout(
        splits[0],
        lambda split: (root_of(source.path, split), root_of(target.path, split)),
        source.skip_corrupt or target.skip_corrupt,
    )


def layout_of_one(folder: Folder) -> Layout | None:
    """Return where partners are in a folder with two sub-folders for them; None if it has no such sub-folders."""
    if sides := _sides(folder.path):
        return layout_of_two(*(Folder(folder.path / side, skip_corrupt=folder.skip_corrupt) for side in sides))
    names = visible_folders(folder.path)
    if splits := tuple(name for name in folder.splits() if _sides(folder.path / name)):
        return Layout(splits, lambda split: _sides_of_split(folder.path, split), folder.skip_corrupt)
    # trainA, trainB, testA and testB, as CycleGAN's data sets have them.
    stems = [name[:-1] for name in names if name.endswith("A") and SPLIT_NAME.fullmatch(name)]
    if splits := tuple(stem for stem in stems if f"{stem}B" in names):
        return Layout(splits, lambda split: _lettered(folder.path, split, splits), folder.skip_corrupt)
    return None


class _OneSide(Source):
    """The files of one side of a layout.

    Args:
        layout: where the files are.
        side: 0 for the sources, 1 for the targets.
    """

    def __init__(self, layout: Layout, side: int):
        self.layout, self.side = layout, side

    def splits(self) -> tuple[str, ...]:
        """Return the names of the splits that the folders have."""
        return self.layout.splits

    def read(self, split: str, prepare: Prepare) -> ImageData:
        """Decode the files of this side."""
        return self.stream(split, prepare).collected()


class PairedFiles(_OneSide):
    """One of the two images of every pair of files. Both sides have the same pairs in the same order.

    Args:
        layout: where the files are.
        side: 0 for the sources, 1 for the targets.
        other: what is done to the images of the other side; None if it is the same. It decides on which files count as
            corrupt: a depth of 16 bits refuses some that 8 bits take.
    """

    def __init__(self, layout: Layout, side: int, other: Prepare | None = None):
        super().__init__(layout, side)
        self.other = other

    def next_to(self, other: Prepare) -> "PairedFiles":
        """Return this side for a given other one."""
        return PairedFiles(self.layout, self.side, other)

    def of_scale(self, scale: int) -> "PairedFiles":
        """Return this side of pairs whose targets are so many times as high and wide as their sources."""
        return PairedFiles(dataclasses.replace(self.layout, scale=scale), self.side, self.other)

    def stream(self, split: str, prepare: Prepare) -> ImageStream:
        """Decode the files of this side. A change of a file of either side makes another cache."""
        roots = self.layout.roots(split)
        pairs, unread = _partners(*roots)
        files, others = ([pair[side] for pair in pairs] for side in (self.side, 1 - self.side))

        def examples(start: int) -> Iterator[tuple[np.ndarray | None, int]]:
            images = in_threads(lambda pair: self._read(*pair, prepare), list(zip(files, others, strict=True))[start:])
            return ((image, -1) for image in images)

        def notes(left_out: list[int]) -> Iterator[str]:
            yield from _notes_on_corrupt([files[number] for number in left_out], len(files), is_told=self.side == 0)
            yield from notes_on_unread(unread[self.side])

        key = {
            **identity_of_files(roots[self.side], files),
            "partners": identity_of_files(roots[1 - self.side], others),
            "skip_corrupt": self.layout.skip_corrupt,
            **_key_of_other(self.layout.skip_corrupt, prepare, self.other),
        }
        return ImageStream(key, len(files), examples, None, [printable(path) for path in files], notes)

    def _read(self, path: Path, partner: Path, prepare: Prepare) -> np.ndarray | None:
        image = decoded(path, prepare, self.layout.skip_corrupt)
        if image is None:
            return None
        # A corrupt partner is found by decoding it. Who skips none meets it on the other side.
        other = self.other or prepare
        if self.layout.skip_corrupt and decoded(partner, other, True) is None:
            return None
        self._require_sizes(path, image.shape[:2], partner, other)
        return prepare(image)

    def _require_sizes(self, path: Path, size: tuple[int, int], partner: Path, other: Prepare) -> None:
        scale = self.layout.scale
        wanted = tuple(side * scale for side in size) if self.side == 0 else tuple(side / scale for side in size)
        _require_size(partner, wanted, path, size, other, scale)


class Side(_OneSide):
    """The pictures of one side of a folder with two, whatever their names."""

    def stream(self, split: str, prepare: Prepare) -> ImageStream:
        """Decode the files of this side, as `Folder` does."""
        root = self.layout.roots(split)[self.side]
        return Folder(root, skip_corrupt=self.layout.skip_corrupt).stream("train", prepare)


class Halves(Source):
    """The left or the right half of every file of a folder.

    Args:
        folder: the folder.
        half: "left" or "right".
        is_first: whether this is the side that tells of files that are left out.
        is_assumed: whether nobody said that the pictures have halves. Then those that do not look like it are refused.
        other: as of `PairedFiles`.
    """

    def __init__(
        self, folder: Folder, half: str, *, is_first: bool, is_assumed: bool = False, other: Prepare | None = None
    ):
        self.folder, self.half, self.is_first, self.is_assumed = folder, half, is_first, is_assumed
        self.other = other

    def next_to(self, other: Prepare) -> "Halves":
        """Return this side for a given other one."""
        return Halves(self.folder, self.half, is_first=self.is_first, is_assumed=self.is_assumed, other=other)

    def splits(self) -> tuple[str, ...]:
        """Return the names of the splits that the folder has."""
        return self.folder.splits()

    def read(self, split: str, prepare: Prepare) -> ImageData:
        """Decode the files and cut them."""
        return self.stream(split, prepare).collected()

    def stream(self, split: str, prepare: Prepare) -> ImageStream:
        """Decode the files and cut them. The other half makes another cache."""
        whole = self.folder.stream(split, prepare)
        files, _ = image_files(root_of(self.folder.path, split))
        other = _key_of_other(self.folder.skip_corrupt, prepare, self.other)

        def read(path: Path) -> np.ndarray | None:
            image = decoded(path, prepare, self.folder.skip_corrupt)
            if image is None or (other and decoded(path, self.other, True) is None):
                return None
            if self.is_assumed:
                _require_wide(image, path)
            return prepare(_half(image, self.half, path))

        def examples(start: int) -> Iterator[tuple[np.ndarray | None, int]]:
            return ((image, -1) for image in in_threads(read, files[start:]))

        return whole._replace(
            key={**whole.key, "half": self.half, **other},
            examples=examples,
            class_names=None,
            notes=whole.notes if self.is_first else lambda _: (),
        )


def _key_of_other(skip_corrupt: bool, prepare: Prepare, other: Prepare | None) -> dict:
    """What a cache of one side depends on in the other: the depth, which decides on the files that are left out."""
    own, depth = (getattr(each, "depth", 8) for each in (prepare, other or prepare))
    return {"depth_of_other": depth} if skip_corrupt and depth != own else {}


def _sides(path: Path) -> tuple[str, str] | None:
    folders = visible_folders(path)
    return next((sides for sides in _SIDES if set(sides) <= set(folders)), None)


def _sides_of_split(path: Path, split: str) -> tuple[Path, Path]:
    root = root_of(path, split)
    sides = _sides(root)
    if sides is None:
        raise ValueError(
            f"The folder of a split must hold the sub-folders A and B, or source and target, as those of other splits "
            f"do. Received: {printable(root)!r} with {_listed(visible_folders(root))}"
        )
    return tuple(root / side for side in sides)


def _lettered(path: Path, split: str, splits: tuple[str, ...]) -> tuple[Path, Path]:
    if split not in splits:
        raise ValueError(
            f"The folder {printable(path)!r} has no sub-folders {split}A and {split}B. It has them for: "
            f"{_listed(splits)}. Received: split={split!r}"
        )
    return path / f"{split}A", path / f"{split}B"


def _partners(*roots: Path) -> tuple[list[tuple[Path, Path]], list[list[Path]]]:
    """Return the pairs of files in the order of the first folder, and the files of each that are not read."""
    found, unread = zip(*map(image_files, roots), strict=True)
    named = [_by_name(root, files) for root, files in zip(roots, found, strict=True)]
    alone = [[path for name, path in named[side].items() if name not in named[1 - side]] for side in (0, 1)]
    if any(alone):
        raise ValueError(_without_partner(roots, alone, found, unread))
    return [(path, named[1][name]) for name, path in named[0].items()], list(unread)


def _by_name(root: Path, files: list[Path]) -> dict[Path, Path]:
    """The files by what a partner shares: the path below their folder without the suffix."""
    named = {}
    for path in files:
        name = path.relative_to(root).with_suffix("")
        if name in named:
            raise ValueError(
                "Partners are found by their names without the suffix, and two pictures of one folder have the same: "
                f"rename or remove one. Received: {listed([named[name], path])}"
            )
        named[name] = path
    return named


def _without_partner(roots, alone, found, unread) -> str:
    sentences = [
        f"{counted(alone[side], 'picture')} of {len(found[side])} in {printable(roots[side])!r}: {listed(alone[side])}"
        for side in (0, 1)
        if alone[side]
    ]
    others = [path for paths in unread for path in paths]
    hint = f" Some look like images, but are not read: {listed(others)}." if others else ""
    return (
        "Each picture needs a partner in the other folder: a file of the same path below it, whatever the suffix. "
        f"Rename, add or remove pictures.{hint} Received: without a partner, {'; and '.join(sentences)}"
    )


def _notes_on_corrupt(corrupt: list[Path], num_pairs: int, *, is_told: bool) -> Iterator[str]:
    if len(corrupt) == num_pairs:
        raise ValueError(
            f"In each of the pairs is a file that cannot be decoded. Received: {num_pairs} pairs, {listed(corrupt)}"
        )
    if corrupt and is_told:
        yield f"Left out {len(corrupt)} of {num_pairs} pairs, of which a file cannot be decoded: {listed(corrupt)}"


def _require_size(
    partner: Path, wanted: tuple, path: Path, size: tuple[int, int], prepare: Prepare, scale: int
) -> None:
    try:
        other = _decoding.size_of(partner)
    except Exception:
        # When it is read itself, the error says what is wrong with it.
        return
    # A PNG file may tell only after its pixels that it is turned.
    if other == wanted or (other := decoded(partner, prepare, False).shape[:2]) == wanted:
        return
    rule = "The pictures of a pair must have the same size"
    if scale > 1:
        rule = f"With scale={scale}, a target must be {scale} times as high and wide as its source"
    raise ValueError(
        f"{rule}. {printable(path)!r} is {_words_of(size)} and "
        f"{printable(partner)!r} is {_words_of(other)} (height x width). Resize one of them to the other, or leave "
        f"the pair out. Received: a pair of different sizes"
    )


def _require_wide(image: np.ndarray, path: Path) -> None:
    if image.shape[1] <= image.shape[0]:
        raise ValueError(
            "A folder of pairs has the sub-folders A and B, or source and target, or pictures of two images next to "
            "each other, and this picture is not wider than it is high. For single images, give two folders; if it "
            f"does hold two, give `source_half`. Received: {printable(path)!r} of {_words_of(image.shape)} "
            "(height x width)"
        )


def _half(image: np.ndarray, half: str, path: Path) -> np.ndarray:
    middle, rest = divmod(image.shape[1], 2)
    if rest:
        raise ValueError(
            "A picture of two images next to each other must have an even width. For two folders of partners, give "
            f"both. Received: {printable(path)!r} of {_words_of(image.shape)} (height x width)"
        )
    return np.ascontiguousarray(image[:, :middle] if half == "left" else image[:, middle:])


def _words_of(size: tuple[int, ...]) -> str:
    return f"{size[0]}x{size[1]}"


def _listed(names) -> str:
    return ", ".join(repr(printable(name)) for name in names) or "none"
