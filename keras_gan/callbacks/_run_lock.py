"""One training at a time in a run directory."""

import contextlib
import errno
import os
import socket
import time

try:
    import fcntl
except ImportError:  # on Windows, where two trainings in one directory are not noticed
    fcntl = None

_FILE = ".lock"


class RunLock:
    """Lets one process at a time train in a run directory.

    The operating system holds the lock for the process and releases it when the process dies, however it dies. So a
    killed training never blocks the one that resumes it. Where the file system has no locks, or no room for the file,
    training goes on without.

    Args:
        run_dir: `pathlib.Path` of the directory.
    """

    def __init__(self, run_dir):
        self._path = run_dir / _FILE
        self._file = None

    def acquire(self):
        """Take the lock, and write into its file who holds it.

        Raises:
            ValueError: if another process holds it. The message names the process.
        """
        while fcntl is not None and self._file is None:
            try:
                file = self._path.open("a+")
            except OSError:
                return
            # Not `flock`, which the children of a killed process would go on to hold.
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
            self._file.write(f"process {os.getpid()} on {socket.gethostname()}, since {since}\n")
            self._file.flush()

    def _refuse(self):
        try:
            holder = self._path.read_text(errors="replace").strip() or "a process that is not known"
        except OSError:
            holder = "a process that is not known"
        raise ValueError(
            f"Another training writes to this `run_dir`: {holder}. Wait for its end, or stop it, or choose another "
            f"`run_dir`. Received: run_dir={os.fspath(self._path.parent)!r}"
        )
