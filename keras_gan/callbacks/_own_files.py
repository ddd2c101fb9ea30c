"""Callbacks that would overwrite each other's files are refused before training."""

import os


def require_own_files(callback, callbacks):
    """Raise a ValueError if an earlier callback of the same kind writes the same files.

    Args:
        callback: the callback, with a `directory`, perhaps None, and perhaps a `unit` that begins its files' names.
        callbacks: list of all callbacks of the training.

    Raises:
        ValueError: if one before it has its class, its directory and its unit.
    """
    if callback.directory is None:
        return
    for other in callbacks[: callbacks.index(callback)]:
        if type(other) is type(callback) and _place(other) == _place(callback):
            kind = type(callback).__name__
            raise ValueError(
                f"Two callbacks of this training are {kind} in one directory, so each would overwrite the files of "
                f"the other: give each a `directory` of its own. Received: directory={str(callback.directory)!r} twice"
            )


def _place(callback):
    directory = None if callback.directory is None else os.path.realpath(callback.directory)
    return directory, getattr(callback, "unit", None)
