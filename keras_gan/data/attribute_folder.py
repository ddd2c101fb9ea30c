"""A folder of image files and a table of their attributes."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np

from keras_gan._arguments import did_you_mean
from keras_gan._files import is_fault_of_computer, local_path
from keras_gan.data._image_files import image_files, root_of
from keras_gan.data._tree import SUFFIXES, is_image_file, listed, printable, visible_files
from keras_gan.data.folder import Folder
from keras_gan.data.source import ImageData, ImageStream, Prepare, Source

_YES, _NO = ("1", "true"), ("0", "-1", "false")
_SHOWN = 3


class AttributeFolder(Source):
    r"""Image files in a folder, with a table that says which attributes each of them has.

    The labels of `load` are then float32 of shape (batch_size, num_attributes), 1 for each attribute that an image has
    and 0 for the others: several domains at once, as StarGAN takes them. `class_names` are the names of the attributes.
    For images of which each is of one kind, `Folder` takes a sub-folder for each.

    The table is that of CelebA, list_attr_celeba.txt (Liu et al. 2015, https://arxiv.org/abs/1411.7766): the number of
    images in the first line, which may be missing; the names of the attributes in the next; then a line for each image,
    with the name of its file and a number for each attribute. Or it is a CSV file with a header, whose first column
    names the files. The numbers are 1 and -1, or 1 and 0. A name with a "/" is the path below the folder; another is
    the name of a file anywhere below it. The suffix of a file may differ from that in the table.

    Every image needs a row. Rows without an image are left out with a warning. What `Folder` says of splits, colours
    and files that are left out holds here too; one table serves all splits.

    Args:
        path: the folder.
        table: path of the table.
        attributes: names of the attributes to use, in this order; None for all of the table.
        skip_corrupt: whether to skip files that cannot be decoded, with a warning, instead of stopping.

    Raises:
        FileNotFoundError: if there is no such folder or file.
        OSError: if the computer cannot read a folder or a file.
        ValueError: if the table has no such attribute or cannot be read, an image has no row, or as for `Folder`.

    Example:
        >>> import tempfile, pathlib
        >>> from PIL import Image
        >>> from keras_gan import data
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for name in ("1.png", "2.png"):
        ...         Image.new("L", (8, 8)).save(pathlib.Path(folder, name))
        ...     table = pathlib.Path(folder, "attributes.csv")
        ...     _ = table.write_text("file,Male,Smiling,Young\n1.png,1,-1,1\n2.png,-1,1,1\n")
        ...     faces = data.AttributeFolder(folder, table, ["Smiling", "Male"])
        ...     batches = data.load(faces, batch_size=2, labels=True)
        >>> batches.class_names
        ('Smiling', 'Male')
        >>> [labels.tolist() for _, labels in batches.one_pass().as_numpy_iterator()]
        [[[0.0, 1.0], [1.0, 0.0]]]
    """

    def __init__(
        self, path: str | os.PathLike, table: str | os.PathLike, attributes=None, *, skip_corrupt: bool = False
    ):
        self.folder = Folder(path, skip_corrupt=skip_corrupt)
        self.table = local_path("table", table)
        names, rows = _read_table(self.table)
        self.attributes = _chosen(attributes, names)
        self._rows = _by_name(rows, self.table)
        self._has_paths = any("/" in name for name in self._rows)
        self._values = _values(rows, [names.index(name) for name in self.attributes], self)

    def splits(self) -> tuple[str, ...]:
        """Return the names of the sub-folders that are named as splits are."""
        return self.folder.splits()

    def read(self, split: str, prepare: Prepare) -> ImageData:
        """Decode the files, with their attributes as labels."""
        return self.stream(split, prepare).collected()

    def stream(self, split: str, prepare: Prepare) -> ImageStream:
        """Decode the files as `read` does. Another table needs no other cache."""
        stream = self.folder.stream(split, prepare)
        files, _ = image_files(root_of(self.folder.path, split))
        rows = self._rows_of(files)

        def examples(start: int) -> Iterator[tuple[np.ndarray | None, int]]:
            return ((image, number) for number, (image, _) in enumerate(stream.examples(start), start))

        def notes(left_out: list[int]) -> Iterator[str]:
            yield from stream.notes(left_out)
            yield from self._without_image()

        return stream._replace(
            examples=examples, class_names=self.attributes, notes=notes, attributes=self._values[rows]
        )

    def _rows_of(self, files: list[Path]) -> np.ndarray:
        """The number of the row of each file."""
        names = [self._name(path) for path in files]
        if missing := [path for path, name in zip(files, names, strict=True) if name not in self._rows]:
            raise ValueError(
                "Each image needs a row in the table, by the name of its file. Add rows, or remove the images. "
                f"Received: {len(missing)} of {len(files)} images without a row, {listed(missing)}; the table "
                f"{printable(self.table)!r} has {len(self._rows)} rows, such as {next(iter(self._rows))!r}"
            )
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            same = [path for path, name in zip(files, names, strict=True) if name == twice]
            raise ValueError(
                "Two images have the same name, so that the table does not tell them apart. Give paths below the "
                f"folder in the table, or rename one. Received: {listed(same)}"
            )
        return np.array([self._rows[name] for name in names])

    def _name(self, path: Path) -> str:
        """What the table calls an image file, without its suffix."""
        return without_suffix(printable(path.relative_to(self.folder.path) if self._has_paths else path.name))

    def _without_image(self) -> Iterator[str]:
        there = {self._name(path) for path in visible_files(self.folder.path) if is_image_file(path)}
        if missing := [name for name in self._rows if name not in there]:
            yield (
                f"Left out {len(missing)} of {len(self._rows)} rows of the table {printable(self.table)!r}, which have "
                f"no image: {listed(missing)}"
            )


def _read_table(path: Path) -> tuple[list[str], list[list[str]]]:
    """Return the names of the attributes, and the cells of each row, the name of the file first."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"The table must be a text file: {error}. Received: table={printable(path)!r}") from error
    except OSError as error:
        if is_fault_of_computer(error) or isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"The table cannot be read: {error}. Received: table={printable(path)!r}") from error
    lines = [line for line in lines if line.strip()]
    count = int(lines.pop(0)) if lines and lines[0].strip().isdecimal() else None
    has_commas = bool(lines) and "," in lines[0]
    header, *rows = list(csv.reader(lines, skipinitialspace=True)) if has_commas else [x.split() for x in lines] or [[]]
    # CelebA's header has no name for the column of the files.
    names = header[1:] if has_commas or (rows and len(rows[0]) == len(header)) else header
    wrong = next((number for number, row in enumerate(rows) if len(row) != len(names) + 1), None)
    if not names or not rows or wrong is not None or count not in (None, len(rows)):
        found = f"{len(rows)} rows and {len(names)} attributes"
        found += f", and a row of {len(rows[wrong])} cells: {rows[wrong][:_SHOWN]}" if wrong is not None else ""
        found += f", where the first line says {count} rows" if count not in (None, len(rows)) else ""
        raise ValueError(
            "The table must have a line with the names of the attributes, then for each image the name of its file and "
            "a number for each attribute, with commas or spaces between them; as many rows as its first line says, if "
            f"that is a number. Received: table={printable(path)!r} with {found}"
        )
    return [name.strip() for name in names], rows


def _chosen(attributes, names: list[str]) -> tuple[str, ...]:
    if attributes is None:
        return tuple(names)
    if isinstance(attributes, str) or not isinstance(attributes, list | tuple) or not attributes:
        raise ValueError(
            '`attributes` must be a list of names, such as ["Male", "Young"], or None for all of the table. '
            f"Received: attributes={attributes!r}"
        )
    for name in attributes:
        if name not in names:
            raise ValueError(
                f"The table has no such attribute.{did_you_mean(name, names)} It has: {', '.join(names)}. "
                f"Received: attributes={attributes!r}"
            )
    if len(set(attributes)) < len(attributes):
        raise ValueError(f"Each attribute can be used once. Received: attributes={attributes!r}")
    return tuple(attributes)


def _by_name(rows: list[list[str]], table: Path) -> dict[str, int]:
    numbers = {}
    for number, row in enumerate(rows):
        name = without_suffix(row[0].strip())
        if name in numbers:
            raise ValueError(
                f"The table has two rows for one image: remove one. Received: table={printable(table)!r} with "
                f"{rows[numbers[name]][0]!r} and {row[0]!r}"
            )
        numbers[name] = number
    return numbers


def without_suffix(name: str) -> str:
    """Return the name of a file without the suffix of an image, if it has one."""
    suffix = PurePosixPath(name).suffix
    return name.removesuffix(suffix) if suffix.lower() in SUFFIXES else name


def _values(rows: list[list[str]], columns: list[int], source: AttributeFolder) -> np.ndarray:
    """The numbers 0 and 1 of some columns."""
    cells = np.array([[row[column + 1].strip().lower() for column in columns] for row in rows])
    for name, column in zip(source.attributes, cells.T, strict=True):
        found = set(column)
        if not found <= {*_YES, *_NO} or found >= {"0", "-1"}:
            raise ValueError(
                "An attribute must be 1 for the images that have it, and either 0 or -1 for all others. Received: "
                f"{name!r} with the values {', '.join(sorted(found)[:5])} in table={printable(source.table)!r}"
            )
    return np.isin(cells, _YES).astype(np.uint8)
