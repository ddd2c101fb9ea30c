"""Import this before TensorFlow: it imports TensorFlow without the notes that it writes to stderr at its start.

`TF_CPP_MIN_LOG_LEVEL` is the switch for what TensorFlow's C++ code writes: 1 leaves out notes, 2 also warnings, 3 also
errors, which on a computer without a GPU say only that there is none. Here it is 3 unless it is set already, and 0
shows everything.

Since TensorFlow 2.20 some libraries write notes while they are loaded, before any of their code has read the variable,
and no other variable silences them. So during the import stderr goes to a file, and afterwards the lines that the level
lets through go to stderr. This is for programs. A library must not do it to the programs that import it.
"""

import contextlib
import faulthandler
import os
import re
import sys
import tempfile

# As "I0000 00:00:1795680483.068442    2410 port.cc:153] oneDNN custom operations are on."
_LINE = re.compile(r"([IWE])\d{4} [\d:.]+ +\d+ [^ ]+:\d+\] ")
_HEADLINE = "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR"


def passes(line, level):
    """Return whether a line of stderr remains: it is no log line of TensorFlow, or grave enough for this level."""
    match = _LINE.match(line)
    return "IWE".index(match[1]) >= level if match else line.strip() != _HEADLINE


@contextlib.contextmanager
def _levelled(level):
    """A context at whose end those lines go to stderr that were written in it and pass."""
    with os.fdopen(os.dup(2), "w", errors="replace") as stderr, tempfile.TemporaryFile("w+", errors="replace") as held:
        dies_quietly = not faulthandler.is_enabled()
        if dies_quietly:
            # A crash during the import takes what is held with it.
            faulthandler.enable(stderr)
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr.fileno(), 2)
            if dies_quietly:
                faulthandler.disable()
            held.seek(0)
            stderr.writelines(line for line in held if passes(line, level))


def _import():
    level = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _levelled(int(level)) if level in ("1", "2", "3") else contextlib.nullcontext():
        import tensorflow  # noqa: F401


if "tensorflow" not in sys.modules:
    _import()
