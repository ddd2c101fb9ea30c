"""Paths that users give, files that are replaced in one step, and the hashes of files from elsewhere."""

import contextlib
import errno
import hashlib
import os
import pathlib
import re
import secrets
import shutil
import time

# The list of a folder's files and their hashes, in the format of the program `sha256sum`.
SHA256SUMS = "SHA256SUMS"

# At least two letters, because `C:/` is a drive. One slash, because that is what pathlib leaves of two.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+:)/")
# An export takes minutes.
_SECONDS_OF_A_DAY = 86_400

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def local_path(name, value):
    """Return a path that a user gave as a `pathlib.Path`, with `~` expanded.

    Args:
        name: what the caller's argument is called, for the message.
        value: the argument.

    Raises:
        ValueError: if the value is not a path, is empty, or has a scheme such as `gs://`.
    """
    text = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(text, str) or "\0" in text:
        raise ValueError(f"`{name}` must be a path: a string or a pathlib.Path. Received: {name}={value!r}")
    if not text.strip():
        raise ValueError(f'`{name}` must not be empty. Write "." for the current folder. Received: {name}={value!r}')
    if scheme := _SCHEME.match(text):
        raise ValueError(
            f"keras_gan writes to local folders and reads from them: give a path without `{scheme[1]}//`. "
            f"Received: {name}={text!r}"
        )
    try:
        return pathlib.Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError(f"No home folder is known for the `~` in `{name}`. Received: {name}={text!r}") from error


def writable_directory(directory, name):
    """Make a directory, and prove that files can be written there.

    Training may run for hours before it first writes. A mistyped directory should cost a second.

    Args:
        directory: path of the directory. Its parents are made too.
        name: what the caller's argument is called, for the message.

    Returns:
        `pathlib.Path` of the directory.

    Raises:
        ValueError: if this is not a local path, or the directory cannot be made or written to.
    """
    path = local_path(name, directory)
    _try_to_write(path, f"`{name}`", name, directory)
    return path


def writable_file(file, name):
    """Make the directory of a file, and prove that files can be written there.

    Args:
        file: path of the file.
        name: what the caller's argument is called, for the message.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        ValueError: if this is not a local path, or its directory cannot be made or written to.
    """
    path = local_path(name, file)
    _try_to_write(path.parent, f"the directory of `{name}`", name, file)
    return path


def write_atomically(path, content):
    """Replace a file in one step: a reader sees the old content or the new content, never a part.

    A plain write destroys the file that it replaces when a full disk or a kill cuts it short.

    Args:
        path: `pathlib.Path` of the file.
        content: bytes.

    Raises:
        OSError: if the file cannot be written. The old file is then still there.
    """
    with replacement(path) as temporary:
        temporary.write_bytes(content)


@contextlib.contextmanager
def replacement(path, suffix=".tmp"):
    """Replace a file as `write_atomically` does, with content that the block writes piece by piece.

    When the block ends, the content is flushed to the disk before the file gets its name. So a file of this name is
    always complete, even after a power failure. When the block raises, the old file stays.

    Args:
        path: `pathlib.Path` of the file.
        suffix: end of the temporary file's name, for writers that require one.

    Yields:
        `pathlib.Path` of a temporary file in the same directory, for the block to write and close.
    """
    temporary = path.with_name(f".{path.name}.{_unique_tag()}{suffix}")
    try:
        yield temporary
        _flush_file(temporary)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _flush_directory(path.parent)


def remove_leftovers(directory, pattern):
    """Remove the temporary files of processes that were killed while they wrote.

    Args:
        directory: `pathlib.Path`, which need not exist.
        pattern: names of the files that they wrote, as `glob` takes it.
    """
    for path in directory.glob(f".{pattern}.*.tmp"):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def rename_folder(folder, target):
    """Rename a folder once all its files are on the disk: it appears complete, even after a power failure.

    Args:
        folder: `pathlib.Path`.
        target: `pathlib.Path` in the same directory, which must not exist.

    Returns:
        `target`.

    Raises:
        OSError: if the disk is full, or there is a folder with files at `target`.
    """
    _flush_folder(folder)
    renamed = folder.rename(target)
    _flush_directory(target.parent)
    return renamed


def remove_old_folders(directory, pattern):
    """Remove folders that nobody has changed for a day, because the process that filled them was killed.

    Args:
        directory: `pathlib.Path`, which need not exist.
        pattern: names of the folders, as `glob` takes it.
    """
    for path in directory.glob(pattern):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _SECONDS_OF_A_DAY:
                shutil.rmtree(path, ignore_errors=True)


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
        >>> import tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> (folder / "abc").write_text("abc")
        3
        >>> sha256_of(folder / "abc")
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
        >>> sha256_of(folder) == hashlib.sha256(sha256sums(folder)).hexdigest()
        True
    """
    path = local_path("path", path)
    if path.is_dir():
        return hashlib.sha256(sha256sums(path)).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
    return b"".join(sha256_of(names[name]).encode() + b"  " + name + b"\n" for name in sorted(names))


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
    if not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
        raise ValueError(f"`sha256` must be a string of 64 hexadecimal digits, or None. Received: sha256={sha256!r}")
    found = sha256_of(path)
    if found != sha256.lower():
        raise ValueError(
            f"{path} is not what its author described, so it was not opened: its SHA-256 is {found}. Get it again, or "
            f"give this hash if you trust what is there now. Received: sha256={sha256!r}"
        )


def is_fault_of_computer(error):
    """Whether a file could not be read because the computer failed. Otherwise its content is damaged."""
    if isinstance(error, OSError):
        # A damaged file may send its reader to a place before its beginning, which is an invalid argument.
        return error.errno not in (None, errno.EINVAL)
    return isinstance(error, MemoryError)


def _try_to_write(directory, place, name, received):
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe = directory / f".probe.{_unique_tag()}.tmp"
        probe.write_bytes(b"writable")
        probe.unlink(missing_ok=True)
    except OSError as error:
        raise ValueError(
            f"No file can be written in {place} ({error.strerror}). Give a directory that exists or can be "
            f"made, and that you may write to. Received: {name}={os.fspath(received)!r}"
        ) from error


def _unique_tag():
    # Two workers of one training may have the same process number, in different containers.
    return f"{os.getpid()}.{secrets.token_hex(4)}"


def _flush_file(path):
    # Windows flushes only files that are open for writing.
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder):
    for path in folder.rglob("*"):
        if path.is_file():
            _flush_file(path)
        else:
            _flush_directory(path)
    _flush_directory(folder)


def _flush_directory(directory):
    # The file is complete under its name. Windows and some network disks cannot flush a directory.
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
