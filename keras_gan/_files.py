"""Writing files so that a reader sees the old content or the new, never a part."""

import contextlib
import os
import pathlib


def write_atomically(path, content):
    """Write a file under a temporary name beside it, then move it into place.

    A plain write that a full disk or a kill cuts short destroys the file it replaces.

    Args:
        path: `pathlib.Path` of the file.
        content: bytes.

    Raises:
        OSError: if the file cannot be written. What stood at `path` is still there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def remove_leftovers(directory, pattern):
    """Remove the temporary files that `write_atomically` has left in processes that were killed.

    Args:
        directory: `pathlib.Path`, which need not exist.
        pattern: names of the files that were to be written, as `glob` takes it.
    """
    for path in directory.glob(f".{pattern}.*.tmp"):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def writable_directory(directory, name, *, file=None):
    """Make a directory, and prove that files can be written there.

    Training may run for hours before it first writes: a mistyped directory should cost a second.

    Args:
        directory: path of the directory; its parents are made too.
        name: what the caller's argument is called, for the message.
        file: the caller's argument where it is a file in the directory; None where it is the directory.

    Returns:
        `pathlib.Path` of the directory.

    Raises:
        ValueError: if the directory cannot be made or written to.
    """
    path = pathlib.Path(directory)
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".probe.{os.getpid()}.tmp"
        probe.write_bytes(b"writable")
        # Another worker of the same training may have the same process number, in another container.
        probe.unlink(missing_ok=True)
    except OSError as error:
        place, received = (f"`{name}`", directory) if file is None else (f"the directory of `{name}`", file)
        raise ValueError(
            f"No file can be written in {place} ({error.strerror}). Give a directory that exists or can be "
            f"made, and that you may write to. Received: {name}={os.fspath(received)!r}"
        ) from error
    return path
