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

import tensorflow as tf

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
    """Make the directory of a file, prove that files can be written there, and remove the file's leftovers.

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
    remove_leftovers(path.parent, glob.escape(path.name))
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
    have two temporary files, and the last one wins. A file keeps its permissions, and a symbolic link still points to
    the same file. What a killed writer leaves behind stays until `remove_leftovers`, which lists the whole directory:
    too slow for every write.

    Args:
        path: `pathlib.Path` of the file.
        suffix: end of the temporary file's name, ".tmp", or ".keras" for a writer that requires it.

    Yields:
        `pathlib.Path` of a temporary file in the same directory, for the block to write and close.
    """
    path = path.resolve() if path.is_symlink() else path
    temporary, descriptor = _locked(lambda: path.with_name(f".{path.name}.{_unique_tag()}{suffix}"), pathlib.Path.touch)
    try:
        yield temporary
        _flush(temporary)
        with contextlib.suppress(OSError):
            shutil.copymode(path, temporary)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    finally:
        _close(descriptor)
    _flush_directory(path.parent)


def remove_leftovers(directory, pattern):
    """Remove the temporary files of processes that were killed while they wrote, and of no others.

    Args:
        directory: `pathlib.Path`, which need not exist.
        pattern: names of the files that they wrote, as `glob` takes it.
    """
    for path in directory.glob(f".{pattern}.*"):
        if _TAG.fullmatch(path.name):
            _remove_if_abandoned(path)


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
        _remove_if_abandoned(path)
    directory.mkdir(parents=True, exist_ok=True)
    # In the same directory, because a rename is atomic only within one file system; not with `tempfile`, whose folders
    # only their owner can read.
    folder, descriptor = _locked(lambda: directory / f"{_UNFINISHED}{_unique_tag()}", pathlib.Path.mkdir)
    try:
        yield folder
    finally:
        _close(descriptor)
        shutil.rmtree(folder, ignore_errors=True)


def give_name(folder, target):
    """Write the whole content of a folder to the disk, then rename the folder, and return its new path.

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


@contextlib.contextmanager
def one_at_a_time(path, action):
    """Let one process or thread at a time into the context; the others wait. Without locks, as on Windows, none waits.

    Args:
        path: `pathlib.Path` of the file for the lock, which stays: who removes it would have to be alone.
        action: what happens in the context, for the line that one who waits prints, as "builds the cache".

    Raises:
        OSError: if the file cannot be made.
    """
    with path.open("a") as file:
        if _lock(file.fileno()) is False:
            print(f"Waiting for another process, which {action}")  # noqa: T201 - for people
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_fault_of_computer(error):
    """Whether a file could not be read because the computer failed. Otherwise its content is damaged."""
    if isinstance(error, OSError):
        # A damaged file may send its reader to a place before its beginning, which is an invalid argument.
        return error.errno not in (None, errno.EINVAL)
    return isinstance(error, MemoryError | tf.errors.ResourceExhaustedError)


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


def _locked(new_path, make):
    """Make a temporary file or folder that `remove_leftovers` of other processes leaves alone.

    Args:
        new_path: function that returns a new `pathlib.Path`.
        make: function of this path that makes the file or folder.

    Returns:
        The path, and the open descriptor that holds its lock; None where there are no locks.
    """
    while True:
        path = new_path()
        make(path)
        if fcntl is None:
            return path, None
        # Another process may take it for a leftover before it is locked: then it is gone, or locked by that process.
        with contextlib.suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDONLY)
            if _lock(descriptor) is not False and path.exists():
                return path, descriptor
            os.close(descriptor)


def _remove_if_abandoned(path):
    """Remove a temporary file or folder if the process that made it has died. A living process holds its lock."""
    with contextlib.suppress(OSError):
        descriptor = None if fcntl is None else os.open(path, os.O_RDONLY)
        try:
            is_free = _lock(descriptor)
            if is_free is None:
                is_free = time.time() - path.stat().st_mtime > _DAY
            # While the lock is held, so that a process that has only just made it notices.
            if is_free and path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif is_free:
                path.unlink(missing_ok=True)
        finally:
            _close(descriptor)


def _close(descriptor):
    if descriptor is not None:
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
