"""A line on a terminal that is rewritten in place, and that other output does not touch."""

import contextlib
import os
import shutil
import sys


class LiveLine:
    """A line on a terminal that is rewritten in place. On anything else, such as a log file, it stays unwritten.

    While it is `guarded`, the line disappears before anything else is written to stdout or stderr, so that a warning is
    not glued to half a line.
    """

    def __init__(self):
        self._length = 0
        self._stream = sys.stdout
        self.is_shown = self._stream.isatty() and os.environ.get("TERM") != "dumb"

    @property
    def columns(self):
        """How many characters fit: a line that wraps cannot be rewritten."""
        return shutil.get_terminal_size().columns - 1

    @contextlib.contextmanager
    def guarded(self):
        """A context in which others write above the line. At its end the line is left as it is."""
        if not self.is_shown:
            yield
            return
        out, err = _Above(sys.stdout, self.erase), _Above(sys.stderr, self.erase)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            yield
        if self._length:
            self._write("\n")
            self._length = 0

    def show(self, text):
        """Replace the line."""
        if self.is_shown:
            self._write(f"\r{text.ljust(self._length)}")
            self._length = len(text)

    def end(self, text):
        """Write a line that stays, in place of this one."""
        self.erase()
        self._write(f"{text}\n")

    def erase(self):
        """Remove the line."""
        if self._length:
            self._write(f"\r{' ' * self._length}\r")
            self._length = 0

    def _write(self, text):
        self._stream.write(text)
        self._stream.flush()


class _Above:
    """A stream that erases the line before it passes on what is written."""

    def __init__(self, stream, erase):
        self._stream, self._erase = stream, erase

    def write(self, text):
        self._erase()
        return self._stream.write(text)

    def __getattr__(self, name):
        return getattr(self._stream, name)
