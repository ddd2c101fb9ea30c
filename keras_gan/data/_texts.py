"""Texts in files, in folders or in a list, and their splits."""

import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from keras_gan._files import is_fault_of_computer, local_path
from keras_gan._identity import identity_of_strings
from keras_gan.data._held_out import held_out_rows
from keras_gan.data._image_files import SPLIT_NAME, counted
from keras_gan.data._tree import identity_of_files, listed, printable, visible_files
from keras_gan.data.source import check_split, outside

SUFFIXES = (".text", ".txt")
_MADE = ("train", "test", "all")
# Of a long text, one part of so many is held out.
_HELD_OUT = 10


class Texts(NamedTuple):
    """Strings, and where each is from.

    Attributes:
        strings: list of str.
        places: list of (path, number): the file, or None, and the number of the line in it or of the string in a list,
            from 1; 0 for a whole file.
    """

    strings: list[str]
    places: list[tuple[Path | None, int]]

    def rows(self, rows: Iterable[int]) -> "Texts":
        """Return some of the texts."""
        rows = list(rows)
        return Texts([self.strings[row] for row in rows], [self.places[row] for row in rows])

    def place(self, row: int) -> str:
        """Return where a text is from, for a message."""
        path, number = self.places[row]
        if path is None:
            return f"text {number} of the list"
        return f"line {number} of {printable(path)!r}" if number else repr(printable(path))


class Parts(NamedTuple):
    """The texts of a split, and those that the vocabulary is of.

    Attributes:
        texts: of the split.
        train: those of the split that is trained on.
        held_out: those that the split leaves for "test".
        split: name of the split.
        about: what tells it from other splits of the same texts, a dict for JSON.
    """

    texts: Texts
    train: Texts
    held_out: Texts
    split: str
    about: dict


def read_parts(source, split: str | None, unit: str) -> Parts:
    """Read the texts of a split.

    Args:
        source: path of a file or a folder, or a list of strings.
        split: its name; None for "train" of a folder with a sub-folder for each split, and for "all" of others.
        unit: "line" for a text in each line, or "window" for a long text in each file.

    Raises:
        FileNotFoundError: if there is no such file or folder.
        OSError: if the computer cannot read a file.
        ValueError: if a file is no text, or the source has no such split.
    """
    if isinstance(source, list | tuple):
        texts = _of_list(source)
        return _made_parts(texts, split, unit, identity_of_strings(texts.strings), "The list")
    if not isinstance(source, str | os.PathLike):
        raise ValueError(
            "`source` must be the path of a file or a folder of text, or a list of strings. Tokens in an array need no "
            f"loading: give them to `fit`. Received: source of type {type(source).__name__}"
        )
    path = local_path("source", source)
    if not path.exists():
        hint = " To give a text itself, give a list: [text]." if isinstance(source, str) and "\n" in source else ""
        raise FileNotFoundError(f"There is no such file or folder.{hint} Received: source={str(path)!r:.200}")
    files = _text_files(path) if path.is_dir() else [path]
    where = f"The {'folder' if path.is_dir() else 'file'} {printable(path)!r}"
    own = _own_splits(path, files) if path.is_dir() else {}
    if not own:
        root = path if path.is_dir() else path.parent
        about = identity_of_files(root, files)["names_sizes_and_times"]
        return _made_parts(_of_files(files, unit), split, unit, about, where)
    split = split or "train"
    check_split(split, sorted(own), where)
    texts = _of_files(own[split], unit)
    train = texts if split == "train" or "train" not in own else _of_files(own["train"], unit)
    return Parts(texts, train, Texts([], []), split, {"split": split})


def _made_parts(texts: Texts, split: str | None, unit: str, about: str, where: str) -> Parts:
    split = split or "all"
    check_split(split, _MADE, where)
    train, test = _held_out_lines(texts) if unit == "line" else _held_out_ends(texts)
    about = {"split": split, "split_of": about}
    if split == "all":
        return Parts(texts, texts, Texts([], []), split, about)
    if split == "test" and not test.strings:
        raise ValueError(
            f"{where} has too few texts to hold a tenth of them out: 20 different ones are needed, or a long one. Give "
            f'more, or a folder with the sub-folders train and test. Received: split="test" of {len(texts.strings)} '
            "texts"
        )
    if split == "test":
        return Parts(test, train, Texts([], []), split, about)
    return Parts(train, train, test, split, about)


def _held_out_lines(texts: Texts) -> tuple[Texts, Texts]:
    """What is left of texts, and a tenth of the different ones: none of them is on both sides."""
    different = list(dict.fromkeys(texts.strings))
    held_out = {different[row] for row in held_out_rows(len(different))}
    rows = {True: [], False: []}
    for row, string in enumerate(texts.strings):
        rows[string in held_out].append(row)
    return texts.rows(rows[False]), texts.rows(rows[True])


def _held_out_ends(texts: Texts) -> tuple[Texts, Texts]:
    """What is left of long texts, and the last tenth of each, from the beginning of a word on."""
    rows = range(len(texts.strings))
    cuts = [_beginning_of_word(string, len(string) - len(string) // _HELD_OUT) for string in texts.strings]
    test = texts.rows(row for row in rows if cuts[row] < len(texts.strings[row]))
    tests = [string[cut:] for string, cut in zip(texts.strings, cuts, strict=True) if cut < len(string)]
    trains = [string[:cut] for string, cut in zip(texts.strings, cuts, strict=True)]
    return texts._replace(strings=trains), test._replace(strings=tests)


def _beginning_of_word(string: str, place: int) -> int:
    """The first place from `place` on where a word begins, or the end."""
    while place < len(string) and not (string[place - 1].isspace() and not string[place].isspace()):
        place += 1
    return place


def _of_list(source) -> Texts:
    wrong = next((row for row, text in enumerate(source) if not isinstance(text, str)), None)
    if not source or wrong is not None:
        received = f"{type(source[wrong]).__name__} at {wrong}" if source else f"source={source!r}"
        raise ValueError(f'A list of texts must hold strings, such as ["a dog", "a cat"]. Received: {received}')
    return Texts(list(source), [(None, number) for number in range(1, len(source) + 1)])


def _of_files(files: list[Path], unit: str) -> Texts:
    texts = Texts([], [])
    empty = []
    for path in files:
        content = _content(path)
        # Not `splitlines`, which also takes characters of other scripts for ends of lines.
        lines = [(content, 0)] if unit == "window" else zip(content.split("\n"), range(1, 2**62), strict=False)
        found = [(line, number) for line, number in lines if line.strip()]
        texts.strings.extend(line for line, _ in found)
        texts.places.extend((path, number) for _, number in found)
        if not found:
            empty.append(path)
    if not texts.strings:
        raise ValueError(f"There is no text in what was given. Received: {counted(files, 'file')}, {listed(files)}")
    if empty:
        warnings.warn(f"Left out {counted(empty, 'file')} without text: {listed(empty)}", stacklevel=outside())
    return texts


def _content(path: Path) -> str:
    try:
        # "utf-8-sig": some editors begin a file with a mark of its encoding.
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"A file is not text in UTF-8: byte {error.start} is {error.object[error.start]:#04x}. Save it as UTF-8, "
            f"or remove it. Received: file={printable(path)!r}"
        ) from error
    except OSError as error:
        if is_fault_of_computer(error):
            error.add_note(f"This happened while {printable(path)!r} was read.")
        raise


def _text_files(root: Path) -> list[Path]:
    visible = visible_files(root)
    files = [path for path in visible if path.suffix.lower() in SUFFIXES and path.is_file()]
    if not files:
        others = f" It holds {listed(visible)}. A file of another suffix is read by its own path." * bool(visible)
        raise ValueError(
            f"The folder holds no file of text ({' '.join(SUFFIXES)}).{others} Received: source={printable(root)!r}"
        )
    return files


def _own_splits(root: Path, files: list[Path]) -> dict[str, list[Path]]:
    """The files of each sub-folder with the name of a split; empty where there is none."""
    own, outside_of_splits = {}, []
    for path in files:
        first, *rest = path.relative_to(root).parts
        if rest and SPLIT_NAME.fullmatch(first):
            own.setdefault(first, []).append(path)
        else:
            outside_of_splits.append(path)
    if own and outside_of_splits:
        warnings.warn(
            f"Only the files in the folders of the splits are read, without {counted(outside_of_splits, 'file')} next "
            f"to them: {listed(outside_of_splits)}",
            stacklevel=outside(),
        )
    return own
