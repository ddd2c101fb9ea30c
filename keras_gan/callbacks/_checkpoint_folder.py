"""The checkpoints of one run."""

import re
import typing
import warnings

from keras_gan._files import remove_leftovers
from keras_gan.callbacks import _checkpoint_file

_NAME = re.compile(r"step_(\d{9,})\.npz")


class CheckpointFolder:
    """Knows which checkpoint is the newest good one, and keeps no more than it should.

    Args:
        path: `pathlib.Path` of the folder, which need not exist.
        keep: number of checkpoints to keep.
    """

    def __init__(self, path, keep):
        self.path = path
        self._keep = keep
        self._damaged = set()

    @property
    def newest(self):
        """Path of the newest checkpoint that is not known to be damaged, or None."""
        return max(self._good(), default=None, key=_step)

    def write(self, step, meta, values):
        """Write the checkpoint of a step, and remove those that have become too many.

        Raises:
            OSError: if it cannot be written. The earlier ones are still there.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        path = self.path / f"step_{step:09d}.npz"
        _checkpoint_file.write(path, meta, values)
        self._damaged.discard(path)
        old = sorted(self._good(), key=_step)[: -self._keep]
        for path in [*old, *(path for path in self._damaged if _step(path) < step)]:
            path.unlink(missing_ok=True)

    def read_newest(self):
        """Return the newest `SavedState` that is whole, or None where nothing was ever saved.

        A damaged file costs a warning, which says what is wrong with it.

        Raises:
            ValueError: if there are checkpoints and every one is damaged.
        """
        reasons = []
        while (path := self.newest) is not None:
            try:
                meta, values = _checkpoint_file.read(path)
            except _checkpoint_file.DamagedFileError as error:
                self._damaged.add(path)
                reasons.append(f"{path.name} ({error})")
                continue
            if reasons:
                warnings.warn(
                    f"Damaged checkpoint passed over in {self.path}: {', '.join(reasons)}. Training goes on from the "
                    f"one before, {path.name}.",
                    stacklevel=2,
                )
            return SavedState(path, meta, values)
        if reasons:
            raise ValueError(
                "Every checkpoint of this run is damaged, and training would have to begin anew: if that is what you "
                f"want, remove them, or choose another run_dir. Received: in {str(self.path)!r} {', '.join(reasons)}"
            )
        return None

    def remove_leftovers(self):
        """Remove what processes that were killed while they wrote have left."""
        remove_leftovers(self.path, "step_*.npz")

    def _good(self):
        paths = self.path.iterdir() if self.path.is_dir() else ()
        return [path for path in paths if _NAME.fullmatch(path.name) and path not in self._damaged]


class SavedState(typing.NamedTuple):
    """What a checkpoint holds.

    Attributes:
        path: `pathlib.Path` of the file.
        meta: dict, all that is not an array.
        values: dict of name to NumPy array.
    """

    path: typing.Any
    meta: dict
    values: dict


def _step(path):
    return int(_NAME.fullmatch(path.name)[1])
