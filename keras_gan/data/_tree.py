"""The image files in a tree of folders, and what a reader of the tree leaves out."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

SUFFIXES = (
    ".apng", ".avif", ".bmp", ".dib", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpf",
    ".jpg", ".jpx", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp",
)  # fmt: skip
# Formats of images that Pillow does not read, or not as a picture.
_OTHER_SUFFIXES = (
    ".arw", ".cr2", ".cr3", ".dcm", ".dng", ".exr", ".hdr", ".heic", ".heif", ".ico", ".jxl",
    ".nef", ".orf", ".pcx", ".psd", ".raf", ".raw", ".rw2", ".svg", ".svgz", ".xcf",
)  # fmt: skip
_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")


def visible_files(root: Path) -> list[Path]:
    """List the files below a folder, through symbolic links too, without hidden ones.

    Returns:
        The paths, in a sorted order that is the same on every file system. Some may be links to nothing.

    Raises:
        OSError: if a folder cannot be read.
    """
    return sorted(_walk(root, ()), key=lambda path: path.parts)


def is_image_file(path: Path) -> bool:
    """Whether a file is there and has the suffix of an image that is read."""
    return _is_named_as_image(path) and path.is_file()


def looks_left_out(path: Path) -> bool:
    """Whether a file seems to be an image that is not read: a link to nothing, or one of another format or suffix."""
    return not path.is_file() if _is_named_as_image(path) else _looks_like_an_image(path)


def identity_of_files(root: Path, files: Iterable[Path]) -> dict:
    """Return what tells files below a folder from other files, and from these after a change, without reading them."""
    digest, count, size = hashlib.sha256(), 0, 0
    for path in files:
        status = path.stat()
        digest.update(os.fsencode(path.relative_to(root)) + f"\0{status.st_size} {status.st_mtime_ns}\n".encode())
        count, size = count + 1, size + status.st_size
    return {
        "path": printable(root.resolve()),
        "files": count,
        "bytes": size,
        "names_sizes_and_times": digest.hexdigest()[:32],
    }


def printable(path: Path | str) -> str:
    """A path as text that any file or terminal takes; bytes that are not UTF-8 become escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def listed(paths: list[Path]) -> str:
    """The first paths, for a message."""
    return ", ".join(printable(path) for path in paths[:3]) + (", ..." if len(paths) > 3 else "")


def _walk(folder: Path, parents: tuple) -> Iterator[Path]:
    """Yield the files below a folder; a link back to a folder that contains it is not followed."""
    status = folder.stat()
    identity = status.st_dev, status.st_ino
    if identity in parents:
        return
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _walk(path, (*parents, identity))
        else:
            yield path


def _is_named_as_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _looks_like_an_image(path: Path) -> bool:
    if path.suffix.lower() in _OTHER_SUFFIXES:
        return True
    if not path.is_file():  # To open a pipe would wait for ever.
        return False
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError:
        return False
    is_heif_or_avif = start[4:8] == b"ftyp" and start[8:12] in (b"avif", b"heic", b"heix", b"mif1")
    is_webp = start[:4] == b"RIFF" and start[8:12] == b"WEBP"
    return is_heif_or_avif or is_webp or start.startswith(_SIGNATURES)
