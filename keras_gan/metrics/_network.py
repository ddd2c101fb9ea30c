"""One face for all kinds of networks that an extractor can run."""

import collections.abc
import hashlib
import pathlib
import typing

import tensorflow as tf


class Network(typing.NamedTuple):
    """A network as an extractor runs it.

    Attributes:
        run: function of a float32 tensor (batch, height, width, channels) that returns a tensor, or a list, tuple or
            dict of tensors.
        digest: str that changes with what `run` returns; None where nothing but its outputs tells.
        input_shape: (height, width, channels), None where any is taken.
        value_range: what the bytes 0 and 255 become before `run`.
    """

    run: collections.abc.Callable
    digest: str | None
    input_shape: tuple = (None, None, None)
    value_range: tuple = (-1.0, 1.0)


def pick(outputs, key):
    """Return one of a network's outputs.

    Args:
        outputs: tensor, or list, tuple or dict of tensors.
        key: int or str, or None for the only one.

    Raises:
        ValueError: if there is no such output, or there are several and `key` is None.
    """
    if isinstance(outputs, collections.abc.Mapping):
        named = dict(outputs)
    elif isinstance(outputs, list | tuple):
        named = dict(enumerate(outputs))
    else:
        named = {0: outputs}
    if key in named:
        return named[key]
    if key is None and len(named) == 1:
        return next(iter(named.values()))
    if isinstance(key, int) and 0 <= key < len(named):
        return list(named.values())[key]
    raise ValueError(
        f"The model has the outputs {', '.join(map(repr, named))}: name the one of the features, or a pair, that of "
        f"the features and that of the logits. Received: output={key!r}"
    )


def as_rows(output):
    """Average an output (batch, ..., width) over all positions: a float32 tensor (batch, width)."""
    output = tf.cast(output, tf.float32)
    if output.shape.rank is None or output.shape.rank < 2:
        raise ValueError(
            "Features are an output (batch, num_features), or a map (batch, ..., num_features) that is averaged over "
            f"its positions. Received: an output of shape {output.shape}"
        )
    return tf.reduce_mean(output, axis=tuple(range(1, output.shape.rank - 1)))


def path_digest(path):
    """Hex SHA-256 of a file, or of all files of a folder with their names."""
    path = pathlib.Path(path)
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for file in sorted(entry for entry in path.rglob("*") if entry.is_file()):
        digest.update(f"{file.relative_to(path).as_posix()}\n{path_digest(file)}\n".encode())
    return digest.hexdigest()


def existing_path(path, what):
    """Return `path` as a `pathlib.Path`, or raise FileNotFoundError."""
    found = pathlib.Path(path).expanduser()
    if found.exists():
        return found
    raise FileNotFoundError(f"There is no {what} at this path. Received: path={str(path)!r}")
