"""What a user states about a training, checked and converted to JSON."""

import dataclasses
import math
import numbers
import os
import pathlib
from collections.abc import Mapping

import numpy as np

from keras_gan._arguments import did_you_mean, require_int

_KNOWN = ("data_set", "split", "images_seen", "seeds", "fingerprint", "metrics", "further")


def checked_facts(facts, name="facts"):
    """Return the facts as JSON values, without the names of local folders.

    Args:
        facts: dict as `write_model_card` takes it, or None.
        name: what the caller's argument is called, for the message.

    Returns:
        dict with all keys; the value is None if nothing is known.

    Raises:
        ValueError: for an unknown key, or a value of the wrong type.
    """
    facts = {} if facts is None else mapping(name, facts)
    for key in facts:
        if key not in _KNOWN:
            raise ValueError(
                f"A model card has no field {key!r}.{did_you_mean(key, _KNOWN)} It has {', '.join(_KNOWN)}; put "
                f'anything else into the dict "further". Received: facts={dict(facts)!r}'
            )
    given = {key: facts.get(key) for key in _KNOWN}
    for key in ("data_set", "split", "fingerprint"):
        _require_text(f"facts[{key!r}]", given[key])
    if given["images_seen"] is not None:
        given["images_seen"] = require_int("facts['images_seen']", given["images_seen"], low=0)
    for key in ("seeds", "further"):
        given[key] = mapping(f"facts[{key!r}]", given[key] or {})
    given["metrics"] = _metrics(given["metrics"])
    try:
        return plain(given)
    except RecursionError as error:
        raise ValueError("The facts of a model card hold themselves, or are nested too deeply for JSON.") from error


def plain(value):
    """Return a value as JSON can hold it: tuples as lists, NumPy numbers as Python's, paths as their last parts.

    Serialised Keras objects lose what only Keras needs to build them again.

    Raises:
        ValueError: if it contains something that JSON cannot hold.
    """
    if isinstance(value, Mapping):
        if {"class_name", "config"} <= set(value):
            config = plain(value["config"] or {})
            # The configuration of a function is its name.
            return {"class": value["class_name"], **(config if isinstance(config, dict) else {"config": config})}
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, str | os.PathLike):
        return _without_folders(os.fspath(value))
    if value is None or isinstance(value, bool | np.bool_):
        return value if value is None else bool(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        # JSON has no infinity and no NaN.
        return float(value) if math.isfinite(value) else str(float(value))
    raise ValueError(
        "A model card holds numbers, strings, None, and lists and dicts of them: convert the value to one of these. "
        f"Received: a {type(value).__name__}, {value!r}"
    )


def _without_folders(text):
    """Return the last part of an absolute path: the rest describes one computer, and helps nobody else."""
    for kind in (pathlib.PurePosixPath, pathlib.PureWindowsPath):
        path = kind(text)
        if path.is_absolute() or text.startswith("~/"):
            return path.name
    return text


def _metrics(metrics):
    """Return a dict of a metric's name to its fields, from any of the forms that metrics come in."""
    metrics = mapping("facts['metrics']", _fields(metrics if metrics is not None else {}))
    if "value" in metrics:
        metrics = {metrics.get("name", "value"): metrics}
    found = {}
    for name, result in metrics.items():
        fields = _fields(result)
        found[name] = {"value": fields} if isinstance(fields, numbers.Real) else fields
        if not isinstance(found[name], Mapping) or "value" not in found[name]:
            raise ValueError(
                "A metric is a number, or a dict with a `value` and how it was measured, as the results of "
                f"`keras_gan.metrics` are. Received: facts['metrics'][{name!r}]={result!r}"
            )
    return found


def _fields(result):
    return dataclasses.asdict(result) if dataclasses.is_dataclass(result) else result


def _require_text(name, value):
    if not (value is None or isinstance(value, str | os.PathLike)):
        raise ValueError(f"`{name}` must be a string. Received: {name}={value!r}")


def mapping(name, value):
    """Return `value` if it is a dict, or raise."""
    if isinstance(value, Mapping):
        return value
    raise ValueError(f"`{name}` must be a dict. Received: {name}={value!r}")
