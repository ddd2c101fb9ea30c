"""The image files of a folder and its splits, read in several threads."""

import contextlib
import os
import re
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from keras_gan._files import is_fault_of_computer
from keras_gan.data import _decoding
from keras_gan.data._tree import SUFFIXES, is_image_file, listed, looks_left_out, printable, visible_files
from keras_gan.data.source import Prepare

# Names such as "test", "Testing", "training_set", "validation", "trainA" and "val2017".
SPLIT_NAME = re.compile(
    r"(train(ing)?|test(ing|s)?|val(id|idation)?|dev|eval(uation)?|extra|unlabell?ed)"
    r"[-_ ]?(set|data|images|split)?[-_ ]?([A-B]|\d*)",
    re.IGNORECASE,
)
# Images that each thread decodes before the first of them is used.
_AHEAD = 8
# Red, green, blue and alpha.
_WITH_ALPHA = 4


def visible_folders(path: Path) -> list[str]:
    """List the names of the folders in a folder, sorted, without hidden ones."""
    return sorted(folder.name for folder in path.iterdir() if folder.is_dir() and not folder.name.startswith("."))


def root_of(path: Path, split: str) -> Path:
    """Return the folder that holds the files of a split: the sub-folder of its name, or the folder itself for "train".

    Raises:
        ValueError: if there is no such sub-folder.
    """
    folders = visible_folders(path)
    if split in folders:
        return path / split
    if split != "train":
        raise ValueError(
            f"The folder {printable(path)!r} has no sub-folder for this split; only 'train' needs none. "
            f"It has: {', '.join(repr(printable(name)) for name in folders) or 'no sub-folder'}. Received: "
            f"split={split!r}"
        )
    return path


def image_files(root: Path) -> tuple[list[Path], list[Path]]:
    """List the image files below a folder, and the files that look like images but are not read.

    Raises:
        ValueError: if it holds no image file.
    """
    visible = visible_files(root)
    files, unread = ([path for path in visible if test(path)] for test in (is_image_file, looks_left_out))
    if not files:
        others = f" It holds {listed(unread)}, which cannot be read." if unread else ""
        raise ValueError(
            f"The folder holds no image file ({' '.join(SUFFIXES)}).{others} Received: source={printable(root)!r}"
        )
    return files, unread


def decoded(path: Path, prepare: Prepare, skip_corrupt: bool) -> np.ndarray | None:
    """Return the image of a file for a `prepare`, or None if it is corrupt and such files are skipped.

    Raises:
        OSError: if the computer cannot read it.
        ValueError: if it cannot be decoded, and is not skipped.
    """
    # A `prepare` that is no `_images.Fit` need not say what it takes.
    has_alpha, depth = getattr(prepare, "channels", None) == _WITH_ALPHA, getattr(prepare, "depth", 8)
    try:
        return _decoding.decode(path, alpha=has_alpha, depth=depth)
    # Pillow raises errors of many classes for damaged files, SyntaxError among them.
    except Exception as error:
        if skip_corrupt and not is_fault_of_computer(error):
            return None
        remedy = ", or give the source, such as `Folder`, `skip_corrupt=True` to skip such files"
        raise explained(error, path, remedy) from error


def explained(error: Exception, path: Path, remedy: str = "") -> Exception:
    """Return what to raise for an error in the reading of a file: one that names the file.

    Args:
        error: what Pillow or the computer raised.
        path: the file.
        remedy: what else than to mend or remove the file helps, if it is damaged.
    """
    if is_fault_of_computer(error):
        error.add_note(f"This happened while {printable(path)!r} was read.")
        return error
    return ValueError(
        f"A file cannot be decoded as an image: {error}. Mend or remove it{remedy}. Received: file={printable(path)!r}"
    )


def in_threads(function: Callable, items: list) -> Iterator:
    """Yield the result for each item in turn. Only a few are computed ahead, so that few are in memory."""
    at_once = _AHEAD * os.cpu_count()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(items), at_once):
            # Not over a `yield`: the filters of warnings are those of the whole program.
            with _without_notes_on_tags():
                results = list(pool.map(function, items[start : start + at_once]))
            yield from results


def notes_on_corrupt(corrupt: list[Path], num_files: int) -> Iterator[str]:
    """Yield what to warn of where corrupt files were skipped; an error if those are all."""
    if len(corrupt) == num_files:
        raise ValueError(
            f"None of the image files can be decoded. Received: {counted(corrupt, 'file')}, {listed(corrupt)}"
        )
    if corrupt:
        yield f"Left out {len(corrupt)} of {num_files} image files that cannot be decoded: {listed(corrupt)}"


def notes_on_unread(unread: list[Path]) -> Iterator[str]:
    """Yield what to warn of where files look like images and are not read."""
    if unread:
        yield (
            "Left out what looks like an image, but has another format or suffix than those that are read, or is a "
            f"link to nothing: {counted(unread, 'file')}, {listed(unread)}"
        )


def counted(paths: list[Path], noun: str) -> str:
    """The number of paths with its noun, such as "1 file" or "2 files"."""
    return f"{len(paths)} {noun}{'s' * (len(paths) != 1)}"


@contextlib.contextmanager
def _without_notes_on_tags() -> Iterator[None]:
    """Leave out what Pillow warns of in damaged tags, which no picture shows. Not in a thread: filters are shared."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.TiffImagePlugin")
        yield
