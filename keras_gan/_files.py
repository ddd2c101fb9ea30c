"""Paths that users give, and files that are replaced in one step."""

import contextlib
import errno
import os
import pathlib
import re
import secrets

# At least two letters, because `C:/` is a drive. One slash, because that is what pathlib leaves of two.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+:)/")


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


def _flush_directory(directory):
    # The file is complete under its name. Windows and some network disks cannot flush a directory.
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
