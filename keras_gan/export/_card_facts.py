"""What somebody tells of a training, made fit for a file that others read."""

import dataclasses
import math
import numbers
import os
import pathlib
from collections.abc import Mapping

from keras_gan._arguments import did_you_mean, require_int

_KNOWN = ("data_set", "split", "images_seen", "seeds", "fingerprint", "metrics", "further")


def checked_facts(facts):
    """Return the facts as JSON has them, without the folders of the machine that they come from.

    Args:
        facts: dict as `write_model_card` takes it, or None.

    Returns:
        dict with all the known keys; None where nothing is known.

    Raises:
        ValueError: for an unknown key, or a value that is not of its kind.
    """
    facts = {} if facts is None else _mapping("facts", facts)
    for key in facts:
        if key not in _KNOWN:
            raise ValueError(
                f"A model card has no field {key!r}.{did_you_mean(key, _KNOWN)} It has {', '.join(_KNOWN)}; whatever "
                f'else is worth telling goes to the dict "further". Received: facts={dict(facts)!r}'
            )
    given = {key: facts.get(key) for key in _KNOWN}
    for key in ("data_set", "split", "fingerprint"):
        _require_text(f"facts[{key!r}]", given[key])
    if given["images_seen"] is not None:
        given["images_seen"] = require_int("facts['images_seen']", given["images_seen"], low=0)
    for key in ("seeds", "further"):
        given[key] = _mapping(f"facts[{key!r}]", given[key] or {})
    given["metrics"] = _metrics(given["metrics"])
    return plain(given)


def plain(value):
    """Return a value as JSON has it: of tuples lists, of NumPy's numbers Python's, of paths their last parts.

    Serialised Keras objects lose what only Keras needs to remake them.

    Raises:
        ValueError: if there is something in it that JSON has no form for.
    """
    if isinstance(value, Mapping):
        if {"class_name", "config"} <= set(value):
            config = plain(value["config"] or {})
            # Of a function the configuration is its name.
            return {"class": value["class_name"], **(config if isinstance(config, dict) else {"config": config})}
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, str | os.PathLike):
        return _without_folders(os.fspath(value))
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        # JSON has no infinity and no NaN.
        return float(value) if math.isfinite(value) else str(float(value))
    raise ValueError(
        "A model card holds numbers, strings, None, and lists and dicts of them: say it in one of these. "
        f"Received: a {type(value).__name__}, {value!r}"
    )


def _without_folders(text):
    """Of an absolute path the last part: the rest says whose machine it was, and nothing to anybody else."""
    for kind in (pathlib.PurePosixPath, pathlib.PureWindowsPath):
        path = kind(text)
        if path.is_absolute() or text.startswith("~/"):
            return path.name
    return text


def _metrics(metrics):
    """Return dict of name to what is known of the value, from any of the forms that metrics come in."""
    metrics = _mapping("facts['metrics']", _fields(metrics if metrics is not None else {}))
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


def _mapping(name, value):
    if isinstance(value, Mapping):
        return value
    raise ValueError(f"`{name}` must be a dict. Received: {name}={value!r}")
