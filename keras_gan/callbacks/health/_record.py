"""The record of all probes of a run, a file that grows while it trains."""

import json

from keras_gan._files import remove_leftovers, writable_directory, write_atomically
from keras_gan.callbacks._disk_guard import DiskGuard

_NAME = "health.json"


class HealthRecord:
    """Keeps `health.json`: a list with one dict for each probe, in the order of the steps.

    Each has `step`, the vital signs by name (null for those that the GAN does not have), `illnesses`, the names of
    those that it has by then, and `warnings`, what was said at this step. One probe is one line of the file, so that
    it can be read while it grows, and is replaced in one step.

    Args:
        directory: where the file is; None to write none.

    Raises:
        ValueError: if the directory cannot be written.
    """

    def __init__(self, directory):
        self.directory = None if directory is None else writable_directory(directory, "directory")
        self._path = None if directory is None else self.directory / _NAME
        self._lines = {}

    def begin(self, step, *, writes=True):
        """Begin a record, or resume the one of the same run: what it has from later steps was never reached again.

        Args:
            step: int, training steps that the model has taken.
            writes: whether this process writes, and not another worker.

        Raises:
            ValueError: if training resumes, and the file there is not such a record.
        """
        self._guard = DiskGuard(f"the newest probes in {self._path}")
        self._lines, self._writes = {}, writes and self._path is not None
        if not self._writes:
            return
        remove_leftovers(self._path.parent, _NAME)
        if step > 0 and self._path.exists():
            self._lines = _read(self._path)
        self.rewind(step)

    def rewind(self, step):
        """Forget the probes after a step, to which training returns."""
        self._lines = {at: line for at, line in self._lines.items() if at <= step}

    def add(self, step, signs, illnesses=(), said=()):
        """Add a probe. One of the same step is replaced.

        Args:
            step: int, training steps that the model has taken.
            signs: dict of numbers by name; empty if the probe looked only for NaN and infinity.
            illnesses: names of the illnesses that the model has.
            said: texts of the warnings at this step.
        """
        if not self._writes:
            return
        self._write({"step": step, **signs, "illnesses": list(illnesses), "warnings": list(said)})

    def note(self, step, text):
        """Add a warning to the probe of a step, or make one that has nothing else."""
        if not self._writes:
            return
        empty = {"step": step, "illnesses": [], "warnings": []}
        probe = json.loads(self._lines[step]) if step in self._lines else empty
        self._write({**probe, "warnings": [*probe["warnings"], text]})

    def warn(self):
        """Warn if the file could not be written."""
        self._guard.warn()

    def _write(self, probe):
        self._lines[probe["step"]] = json.dumps(probe)
        content = "[\n" + ",\n".join(self._lines.values()) + "\n]\n"
        with self._guard:
            write_atomically(self._path, content.encode())


def _read(path):
    try:
        return {int(probe["step"]): json.dumps(probe) for probe in json.loads(path.read_text(encoding="utf-8"))}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            "The record of the health cannot be continued, because the file there is not one of TrainingHealth. Move "
            f"it away, or give another `directory`. Received: file={str(path)!r}"
        ) from error
