"""The SHA-256 of files and folders, for users to check what comes from elsewhere."""

import hashlib
import os
import re

from keras_gan._files import local_path

# The list of a folder's files and their hashes, in the format of the program `sha256sum`.
SHA256SUMS = "SHA256SUMS"

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def sha256_of(path):
    """Return the SHA-256 of a file or of a folder, as 64 hexadecimal digits.

    That of a folder is the SHA-256 of its `sha256sums`. Without this package, two commands print it:
    `cd FOLDER` and
    `find -L . -type f ! -path ./SHA256SUMS -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum`.

    Keep the hash of a model that you trust, and give it as `sha256=` to what opens the model.

    Args:
        path: path of a file or of a folder.

    Raises:
        ValueError: if `path` is not a local path, or a folder holds no files, a link to a folder, a device, or a name
            of several lines.
        OSError: if something cannot be read.

    Example:
        >>> import pathlib, tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> (folder / "abc").write_text("abc")
        3
        >>> sha256_of(folder / "abc")
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
        >>> sha256_of(folder) == hashlib.sha256(sha256sums(folder)).hexdigest()
        True
    """
    path = local_path("path", path)
    return hashlib.sha256(sha256sums(path)).hexdigest() if path.is_dir() else _of_file(path)


def sha256sums(folder):
    """Return the list of all files below a folder with their hashes, as `sha256sum` prints it, sorted by name.

    A file SHA256SUMS directly in the folder is left out: it is where this list may be kept.

    Args:
        folder: `pathlib.Path`.

    Returns:
        bytes, a line for each file: its SHA-256, two spaces, and its path from the folder, which begins with `./`.

    Raises:
        ValueError: if there are no files; or a device, a link to a folder, or a name of several lines, which have no
            place in the list.
        OSError: if something cannot be read.
    """
    paths = [path for path in folder.rglob("*") if path != folder / SHA256SUMS]
    for path in paths:
        # What is not in the list could change, and the hash would stay the same.
        is_listed = path.is_file() or (path.is_dir() and not path.is_symlink())
        if not is_listed or set(str(path.relative_to(folder))) & set("\\\r\n"):
            raise ValueError(
                "A folder has a SHA-256 if it holds files and folders alone, with names of one line: copy the files "
                f"into a folder of their own, without links to folders. Received: {str(path)!r}"
            )
    names = {b"./" + os.fsencode(path.relative_to(folder).as_posix()): path for path in paths if path.is_file()}
    if not names:
        raise ValueError(f"There are no files in this folder, so it has no SHA-256. Received: {str(folder)!r}")
    return b"".join(_line(name, names[name]) for name in sorted(names))


def refreshed(sums, folder, names):
    """Return the list `sums` of a folder with new hashes of some files, and of the others as they were.

    So the list still shows what has changed in a file that nobody meant to change.

    Args:
        sums: bytes, as `sha256sums` returned them.
        folder: `pathlib.Path`.
        names: names of files directly in the folder that were written again.
    """
    lines = {line.partition(b"  ")[2]: line + b"\n" for line in sums.splitlines()}
    lines |= {f"./{name}".encode(): _line(f"./{name}".encode(), folder / name) for name in names}
    return b"".join(lines[name] for name in sorted(lines))


def require_sha256(path, sha256):
    """Raise an error if a file or a folder has another SHA-256 than the user gave. None is not checked.

    Args:
        path: `pathlib.Path` of a file or of a folder.
        sha256: 64 hexadecimal digits in either case, or None.

    Raises:
        ValueError: if `sha256` is not a SHA-256, or not the one of `sha256_of(path)`.
        OSError: if something cannot be read.
    """
    if sha256 is None:
        return
    # Before anything is read.
    _require_form(sha256)
    require_hash(sha256_of(path), path, sha256)


def require_hash(found, path, sha256):
    """Raise a ValueError if a hash that was found is not the one that the user gave.

    Args:
        found: str, the SHA-256 of the content.
        path: `pathlib.Path` of the content, for the message.
        sha256: as in `require_sha256`, but not None.
    """
    _require_form(sha256)
    if found != sha256.lower():
        raise ValueError(
            f"{path} is not what its author described, so it was not opened: its SHA-256 is {found}. Get it again, or "
            f"give this hash if you trust what is there now. Received: sha256={sha256!r}"
        )


def _require_form(sha256):
    if not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
        raise ValueError(f"`sha256` must be a string of 64 hexadecimal digits, or None. Received: sha256={sha256!r}")


def _line(name, path):
    return _of_file(path).encode() + b"  " + name + b"\n"


def _of_file(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
