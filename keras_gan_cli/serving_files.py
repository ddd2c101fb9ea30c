"""Files of pictures that a server is asked to change: which there are, and what the answers are called."""

import dataclasses
import os
import pathlib

from keras_gan_cli import serving_answers

# What the signatures call such files.
INPUT = "image_bytes"
# What they read: the endings of the files, and how these begin.
_ENDINGS = (".png", ".jpg", ".jpeg")
ENDINGS = ".png, .jpg or .jpeg"
_SIGNS = (serving_answers.PNG_SIGNATURE, b"\xff\xd8\xff")


@dataclasses.dataclass(frozen=True)
class Picture:
    """A file.

    Attributes:
        path: `pathlib.Path`.
        name: `pathlib.Path` of its answer, a PNG file, below the folder of all answers.
    """

    path: pathlib.Path
    name: pathlib.Path

    def read(self):
        """Return the content, bytes; raise a ValueError if it is no PNG or JPEG file, or too large."""
        size = self.path.stat().st_size
        if size > serving_answers.MAX_BYTES:
            raise ValueError(
                f"A file may have up to {serving_answers.MAX_BYTES / 2**20:.0f} MiB. "
                f"Received: {size / 2**20:.0f} MiB in {self.path}"
            )
        content = self.path.read_bytes()
        if not content.startswith(_SIGNS):
            raise ValueError(f"The server takes PNG and JPEG files, and this is neither. Received: {self.path}")
        return content


def find(given, out):
    """Find the pictures below folders, and those that are named one by one.

    Args:
        given: list of str, paths of files and folders. Hidden files, and those of a folder that do not end as a PNG
            or JPEG file does, are left out.
        out: `pathlib.Path`, the folder of the answers.

    Returns:
        (pictures, left_out): list of `Picture`, sorted below each folder, and how many other files the folders hold.

    Raises:
        ValueError: if there are none, or an answer would take the place of another one or of a picture.
        OSError: if a folder cannot be read.
    """
    pictures, left_out = [], 0
    for path in (pathlib.Path(each).expanduser() for each in given):
        if path.is_dir():
            files = _visible(path)
            taken = [file for file in files if file.suffix.lower() in _ENDINGS]
            left_out += len(files) - len(taken)
            pictures += [Picture(file, file.relative_to(path).with_suffix(".png")) for file in taken]
        elif path.is_file():
            pictures.append(Picture(path, pathlib.Path(path.name).with_suffix(".png")))
        else:
            raise ValueError(f"There is no such file or folder. Received: --pictures={path}")
    if not pictures:
        raise ValueError(
            f"There is no picture here, a file that ends in {ENDINGS}. Received: --pictures={','.join(given)}"
        )
    _require_places(pictures, out)
    return pictures, left_out


def _visible(folder):
    """Return the files below a folder, sorted, without hidden ones; raise an OSError if one cannot be listed."""

    def fail(error):
        raise error

    found = []
    for parent, folders, files in os.walk(folder, onerror=fail):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [pathlib.Path(parent, name) for name in files if not name.startswith(".")]
    return sorted(found, key=lambda path: path.parts)


def _require_places(pictures, out):
    """Raise a ValueError if two answers have the same name, or one would be written over a picture."""
    sources, taken = {picture.path.resolve() for picture in pictures}, {}
    for picture in pictures:
        if (out / picture.name).resolve() in sources:
            raise ValueError(
                f"The answer would be written over a picture: choose another folder. Received: --out={out}, which "
                f"holds {picture.name}"
            )
        other = taken.setdefault(picture.name, picture.path)
        if other != picture.path:
            raise ValueError(
                f"The answers of two pictures would have one name: ask for them one after the other, each with its own "
                f"--out. Received: {other} and {picture.path}"
            )
