"""Paths that users give, and files that are replaced in one step."""

import contextlib
import errno
import glob
import os
import pathlib
import re
import secrets
import shutil
import time

try:
    import fcntl
except ImportError:  # on Windows, where an open file cannot be removed anyway
    fcntl = None

# At least two letters, because `C:/` is a drive. One slash, because that is what pathlib leaves of two.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+:)/")
# What `_unique_tag` puts into the name of a temporary file, and what follows it.
_TAG = re.compile(r".*\.\d+\.[0-9a-f]{8}\.(tmp|keras)")
_UNFINISHED = ".unfinished-"
_DAY = 86_400


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
    always complete, even after a power failure. When the block raises, the old file stays. Two writers of one file
    have two temporary files, and the last one wins. What killed writers of this file left behind is removed. A file
    keeps its permissions, and a symbolic link still points to the same file.

    Args:
        path: `pathlib.Path` of the file.
        suffix: end of the temporary file's name, ".tmp", or ".keras" for a writer that requires it.

    Yields:
        `pathlib.Path` of a temporary file in the same directory, for the block to write and close.
    """
    path = path.resolve() if path.is_symlink() else path
    remove_leftovers(path.parent, glob.escape(path.name))
    temporary = path.with_name(f".{path.name}.{_unique_tag()}{suffix}")
    try:
        with _in_use(temporary):
            yield temporary
            _flush(temporary)
            with contextlib.suppress(OSError):
                shutil.copymode(path, temporary)
            temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _flush_directory(path.parent)


def remove_leftovers(directory, pattern):
    """Remove the temporary files of processes that were killed while they wrote, and of no others.

    Args:
        directory: `pathlib.Path`, which need not exist.
        pattern: names of the files that they wrote, as `glob` takes it.
    """
    for path in directory.glob(f".{pattern}.*"):
        with contextlib.suppress(OSError):
            if _TAG.fullmatch(path.name) and _is_abandoned(path):
                path.unlink(missing_ok=True)


@contextlib.contextmanager
def unfinished_folder(directory):
    """Make a folder for content that gets its name with `give_name` when it is complete.

    The folders of processes that were killed before that are removed.

    Args:
        directory: `pathlib.Path` of the directory that the content belongs to, which need not exist.

    Yields:
        `pathlib.Path` of an empty folder in the directory. It is removed at the end if it has no name by then.

    Raises:
        OSError: if it cannot be made.
    """
    for path in directory.glob(f"{_UNFINISHED}*"):
        with contextlib.suppress(OSError):
            if _is_abandoned(path):
                shutil.rmtree(path, ignore_errors=True)
    folder, descriptor = _locked_folder(directory)
    try:
        yield folder
    finally:
        if descriptor is not None:
            os.close(descriptor)
        shutil.rmtree(folder, ignore_errors=True)


def give_name(folder, target):
    """Rename a folder of which all content is on the disk by then, and return its new path.

    Args:
        folder: `pathlib.Path` of a folder from `unfinished_folder`.
        target: `pathlib.Path` in the same directory.

    Raises:
        OSError: if the disk is full, or the target exists and is not an empty folder.
    """
    for path in folder.rglob("*"):
        if path.is_file():
            _flush(path)
        else:
            _flush_directory(path)
    _flush_directory(folder)
    folder.rename(target)
    _flush_directory(target.parent)
    return target


def is_fault_of_computer(error):
    """Whether a file could not be read because the computer failed. Otherwise its content is damaged."""
    if isinstance(error, OSError):
        # A damaged file may send its reader to a place before its beginning, which is an invalid argument.
        return error.errno not in (None, errno.EINVAL)
    return isinstance(error, MemoryError)


def reason_of(error):
    """Why a file could not be written, in one line.

    TensorFlow's own errors begin with the name of its operation, and end with lines of details.
    """
    return re.sub(r"^\{\{.*?\}\} ", "", str(error)).partition("\n")[0]


def _try_to_write(directory, place, name, received):
    try:
        directory.mkdir(parents=True, exist_ok=True)
        remove_leftovers(directory, "probe")
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


@contextlib.contextmanager
def _in_use(path):
    """Make a file, and mark it as one that this process is writing."""
    if fcntl is None:
        yield
        return
    with path.open("ab") as file:
        _lock(file.fileno())
        yield


def _locked_folder(directory):
    """A new folder, and the descriptor of its lock or None where there are no locks."""
    while True:
        # In the same directory, because a rename is atomic only within one file system; not with `tempfile`, whose
        # folders only their owner can read.
        folder = directory / f"{_UNFINISHED}{_unique_tag()}"
        folder.mkdir(parents=True)
        if fcntl is None:
            return folder, None
        descriptor = os.open(folder, os.O_RDONLY)
        _lock(descriptor)
        if folder.exists():
            return folder, descriptor
        # Another process took it for a leftover before it was locked.
        os.close(descriptor)


def _is_abandoned(path):
    """Whether the process that made a temporary file or folder has died. Only a living process holds its lock."""
    if fcntl is None:
        return time.time() - path.stat().st_mtime > _DAY
    descriptor = os.open(path, os.O_RDONLY)
    try:
        is_free = _lock(descriptor)
        return time.time() - path.stat().st_mtime > _DAY if is_free is None else is_free
    finally:
        os.close(descriptor)


def _lock(descriptor):
    """Lock an open file or folder until it is closed; return whether that worked, None where there are no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in (errno.EAGAIN, errno.EACCES) else None
    return True


def _flush(path):
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
