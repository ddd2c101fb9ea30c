"""Writing files so that a reader sees the old content or the new, never a part."""

import contextlib
import os
import pathlib


def write_atomically(path, content):
    """Writes a file under a temporary name beside it, then moves it into place.

    A plain write that a full disk or a kill cuts short destroys the file it replaces.

    Args:
        path: `pathlib.Path` of the file.
        content: Bytes.

    Raises:
        OSError: If the file cannot be written. What stood at `path` is still there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def writable_directory(directory, name):
    """Makes a directory, and proves that files can be written there.

    Training may run for hours before it first writes: a mistyped directory should cost a second.

    Args:
        directory: Path of the directory; its parents are made too.
        name: What the caller's argument is called, for the message.

    Returns:
        `pathlib.Path` of the directory.

    Raises:
        ValueError: If the directory cannot be made or written to.
    """
    path = pathlib.Path(directory)
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".probe.{os.getpid()}.tmp"
        probe.write_bytes(b"writable")
        probe.unlink()
    except OSError as error:
        raise ValueError(
            f"No file can be written in `{name}` ({error.strerror}). Give a directory that exists or can be "
            f"made, and that you may write to. Received: {name}={os.fspath(directory)!r}"
        ) from error
    return path
