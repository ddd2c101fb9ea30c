"""One training at a time in a run directory."""

import contextlib
import errno
import os
import socket
import time
import weakref

try:
    import fcntl
except ImportError:  # on Windows, where two trainings in one directory are not noticed
    fcntl = None

_FILE = ".lock"


class RunLock:
    """Lets one training at a time write to a run directory.

    The operating system holds the lock for the process and releases it when the process dies, however it dies. So a
    killed training never blocks the one that resumes it. Where the file system has no locks, or no room for the file,
    training continues without one.

    Args:
        run_dir: `pathlib.Path` of the directory.
    """

    def __init__(self, run_dir):
        self._path = run_dir / _FILE
        self._file = None
        _locks.add(self)

    def acquire(self):
        """Take the lock, and write into its file who holds it.

        Raises:
            ValueError: if another training holds it. The message names its process.
        """
        while fcntl is not None and self._file is None:
            try:
                file = self._path.open("a+")
            except OSError:
                return
            # Not `lockf`: its lock ends when the process closes any descriptor of the file, as after reading it, and it
            # lets two trainings in one process pass.
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                file.close()
                if error.errno in (errno.EAGAIN, errno.EACCES):
                    self._refuse()
                return
            if self._is_current(file):
                self._file = file
                self._sign()
            else:
                file.close()

    def release(self):
        """Give the lock back, and remove its file. Without the lock, do nothing."""
        if self._file is None:
            return
        with contextlib.suppress(OSError):
            if self._is_current(self._file):
                self._path.unlink()
        self._close()

    def leave_to_parent(self):
        """Close the file in a child of the process that holds the lock: otherwise the child would hold it too."""
        if self._file is not None:
            self._close()

    def _close(self):
        self._file.close()
        self._file = None

    def _is_current(self, file):
        """Whether the file still has its name: the process that held the lock before may have removed it."""
        try:
            return os.path.samestat(os.fstat(file.fileno()), self._path.stat())
        except FileNotFoundError:
            return False

    def _sign(self):
        # A full disk may leave the file empty: it locks all the same.
        with contextlib.suppress(OSError):
            self._file.truncate(0)
            since = time.strftime("%Y-%m-%d %H:%M:%S")
            self._file.write(f"{_this_process()}, since {since}\n")
            self._file.flush()

    def _refuse(self):
        try:
            holder = self._path.read_text(errors="replace").strip() or "a process that is not known"
        except OSError:
            holder = "a process that is not known"
        if holder.startswith(f"{_this_process()},"):
            raise ValueError(
                "Another training in this process, or another Checkpoint of this training, writes to this `run_dir`. "
                "Give each its own, or wait for the end of the other training. "
                f"Received: run_dir={os.fspath(self._path.parent)!r}"
            )
        raise ValueError(
            f"Another training writes to this `run_dir`: {holder}. Wait for its end, or stop it, or choose another "
            f"`run_dir`. Received: run_dir={os.fspath(self._path.parent)!r}"
        )


def _this_process():
    return f"process {os.getpid()} on {socket.gethostname()}"


# The locks of this process. A child that outlives it must not keep others out of the directory.
_locks = weakref.WeakSet()


def _leave_all_to_parent():
    for lock in _locks:
        lock.leave_to_parent()


if fcntl is not None:
    os.register_at_fork(after_in_child=_leave_all_to_parent)
