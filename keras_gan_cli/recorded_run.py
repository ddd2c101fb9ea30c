"""What a run has written into its directory, read without the import of TensorFlow."""

import csv
import dataclasses
import functools
import json
import math
import pathlib
import re


@dataclasses.dataclass(frozen=True)
class Measurement:
    """A metric of samples in one epoch, as `keras_gan.callbacks.Evaluate` wrote it.

    Attributes:
        value: float.
        better: "lower", "higher" or "near 1".
        floor: float, the value of real training images, or None.
        protocol: tuple, what two values must have in common to be compared: extractor, resizing, split, numbers.
    """

    value: float
    better: str
    floor: float | None
    protocol: tuple

    def rank(self):
        """Return a float that is the smaller, the better the value is."""
        if self.better == "near 1":
            return abs(math.log(self.value)) if self.value > 0 else math.inf
        return self.value if self.better == "lower" else -self.value


@dataclasses.dataclass(frozen=True)
class RecordedRun:
    """A run.

    Attributes:
        name: str, what people call it.
        path: `pathlib.Path` of its directory.
        settings: dict of the name of a flag to its value: str, or bool.
        curves: dict of the number of an epoch to a dict of name to float, in the order of the epochs.
        measurements: dict of the name of a metric to a dict of epoch to `Measurement`.
        warnings: list of (step, text), what the health monitor said.
    """

    name: str
    path: pathlib.Path
    settings: dict
    curves: dict
    measurements: dict
    warnings: list

    @functools.cached_property
    def steps_per_epoch(self):
        """Training steps of an epoch, an int; None if the flags do not say it."""
        text = str(self.settings.get("steps_per_epoch", ""))
        return int(text) if re.fullmatch(r"[1-9]\d{0,11}", text) else None

    @property
    def last_epoch(self):
        """The number of the last epoch."""
        return max(self.curves)

    def curve(self, name):
        """Return the epochs and the finite values of one of the logs, two lists."""
        points = [(epoch, row[name]) for epoch, row in self.curves.items() if math.isfinite(row.get(name, math.nan))]
        return [epoch for epoch, _ in points], [value for _, value in points]

    def best(self, metric):
        """Return the epoch with the best value of a metric and its `Measurement`; None if there is none."""
        found = {e: m for e, m in self.measurements.get(metric, {}).items() if math.isfinite(m.value)}
        return min(found.items(), key=lambda item: item[1].rank(), default=None)

    def newest_picture(self):
        """Return the path of the newest picture of samples, or None."""
        pictures = [path for path in self.path.glob("samples/*.png") if not path.name.startswith(".")]
        return max(pictures, key=lambda path: (path.stat().st_mtime_ns, path.name), default=None)


def read_run(path, name):
    """Read the directory of a run.

    Args:
        path: `pathlib.Path`.
        name: str, what people call it.

    Returns:
        `RecordedRun`.

    Raises:
        FileNotFoundError: if there is no table of losses.
        ValueError: if it, or another file of the run, is damaged.
    """
    table = path / "losses.csv"
    if not table.is_file():
        raise FileNotFoundError(
            f"Expected the directory of a run that has trained an epoch, with its losses.csv. Received: {path}"
        )
    curves = read_curves(table)
    return RecordedRun(
        name, path, read_flags(path / "flags.txt"), curves, _measurements(path, max(curves)), _warnings(path)
    )


def read_flags(file):
    """Return a dict of the flags that a run recorded, str or bool by name; it is empty if there is no file."""
    if not file.exists():
        return {}
    # What is no flag, such as a comment or half a line, is left out; names of folders may be in another encoding.
    recorded = file.read_text(encoding="utf-8", errors="replace").splitlines()
    lines = [line.removeprefix("--").partition("=") for line in recorded if re.match(r"--[a-z]", line)]
    # A flag without a value is boolean: --flip or --noflip.
    return {
        name if sign else name.removeprefix("no"): value if sign else not name.startswith("no")
        for name, sign, value in lines
    }


def read_curves(file):
    """Return the table of `keras_gan.callbacks.LossCurves`: a dict of epoch to a dict of name to float."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            rows = {
                int(row.pop("epoch")): {name: float(value) for name, value in row.items() if value}
                for row in csv.DictReader(opened)
            }
    except (KeyError, TypeError, AttributeError, ValueError, csv.Error) as error:
        raise ValueError(
            "This is no table of losses that keras_gan wrote: a column `epoch`, and numbers or nothing in the others. "
            f"Received: {file}"
        ) from error
    if not any(rows.values()):
        raise ValueError(f"The table of losses has no epoch yet: let the run train one. Received: {file}")
    return dict(sorted(rows.items()))


def _measurements(path, last_epoch):
    """Return the metrics of all epochs, up to the last one: those of later epochs belong to an abandoned run."""
    found = {}
    for file in sorted(path.glob("evaluation_*.json")):
        epoch = int(digits[1]) if (digits := re.fullmatch(r"evaluation_(\d+)\.json", file.name)) else last_epoch + 1
        for name, fields in _read_json(file, dict).items() if epoch <= last_epoch else ():
            try:
                protocol = [fields.get(part) for part in ("extractor_hash", "resize", "split", "num_real", "num_fake")]
                found.setdefault(name, {})[epoch] = Measurement(
                    float(fields["value"]), str(fields["better"]), fields.get("floor"), tuple(protocol)
                )
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise _damaged(file) from error
    return found


def _warnings(path):
    """Return what `keras_gan.callbacks.TrainingHealth` has said, by step."""
    file = path / "health.json"
    try:
        return [(probe["step"], text) for probe in _read_json(file, list) for text in probe["warnings"]]
    except (KeyError, TypeError) as error:
        raise _damaged(file) from error


def _read_json(file, kind):
    """Return the content of a JSON file of a kind, list or dict; an empty one if there is no file."""
    if not file.exists():
        return kind()
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _damaged(file) from error
    if not isinstance(content, kind):
        raise _damaged(file)
    return content


def _damaged(file):
    return ValueError(f"This file is damaged, or keras_gan did not write it: move it away. Received: {file}")
