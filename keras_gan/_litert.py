"""The interpreter of LiteRT, which used to be called TensorFlow Lite.

A `.tflite` file is trusted memory for LiteRT: one flipped bit can end the process or let it hang. So a file that this
process has not written, and whose hash nobody gave, first runs in a process of its own.
"""

import hashlib
import importlib.util
import os
import pathlib
import subprocess
import sys
import warnings

import tensorflow as tf

from keras_gan._hashes import require_hash

# Opening a file and running it once takes about 0.3 seconds.
_TRIAL_SECONDS = 60
_TRIAL = pathlib.Path(__file__).with_name("_litert_trial.py")

# The hashes of the files that may be opened without a trial.
_trusted = set()


def interpreter(path, sha256=None):
    """Open a `.tflite` file with the LiteRT package if it is installed, otherwise with TensorFlow.

    Args:
        path: `pathlib.Path` of the file.
        sha256: the file's SHA-256 as its author states it, see `keras_gan._hashes.require_sha256`; None if it is not
            known. The file is then tried in another process.

    Raises:
        ValueError: if the file has another SHA-256, or did not survive the trial.
        OSError: if it cannot be read.
    """
    # Read once: the bytes that are checked or tried are those that are opened.
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if sha256 is not None:
        require_hash(found, path, sha256)
    elif found not in _trusted:
        _require_trial(content, path)
    _trusted.add(found)
    with warnings.catch_warnings():
        # The warning recommends ai_edge_litert, which is optional here.
        warnings.filterwarnings("ignore", "(?s).*tf.lite.Interpreter is deprecated")
        return _interpreter_class()(model_content=content)


def trust(content):
    """Note that a file of these bytes may be opened without a trial."""
    _trusted.add(hashlib.sha256(content).hexdigest())


def _interpreter_class():
    if importlib.util.find_spec("ai_edge_litert"):
        from ai_edge_litert.interpreter import Interpreter

        return Interpreter
    return tf.lite.Interpreter


def _require_trial(content, path):
    # -P: the modules of this package have names that others may have, too.
    command = [sys.executable, "-P", os.fspath(_TRIAL)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        tried = subprocess.run(
            command, input=content, capture_output=True, timeout=_TRIAL_SECONDS, env=environment, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _damaged(f"it did not end in {_TRIAL_SECONDS} seconds", path) from error
    if tried.returncode:
        # A process that LiteRT ends says nothing.
        said = tried.stdout.decode(errors="replace").strip()
        raise _damaged(said or f"it ended the process, exit code {tried.returncode}", path)


def _damaged(reason, path):
    return ValueError(
        f"This .tflite file cannot be used, because a trial in a process of its own failed ({reason}). Get the file "
        "again. If you trust it, and it only needs more time or memory, give its SHA-256 as `sha256`, which leaves out "
        f"the trial. Received: path={os.fspath(path)!r}"
    )
