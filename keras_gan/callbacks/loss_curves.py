"""The losses over the epochs, as a picture."""
# ruff: noqa: ARG002 - Keras fixes the signatures of the hooks.

import csv
import glob
import io
import numbers

import keras
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from keras_gan._files import local_path, remove_leftovers, writable_file, write_atomically
from keras_gan.callbacks._disk_guard import DiskGuard


class LossCurves(keras.callbacks.Callback):
    """Draws the losses over the epochs, and updates the picture after each epoch.

    The losses of a GAN need not fall, but they show when one player has won: the discriminator's loss goes to
    zero, or the generator's loss grows without bound. The picture has what the players minimise: the losses in the
    first panel, and each penalty in its own, because it has its own scale. All other numbers, such as learning rates,
    the throughput and what `TrainingHealth` and `Evaluate` log, are only in the table. For a model that is not from
    keras_gan, the losses are the names that end in "loss".

    The values are stored in a CSV file next to the picture, with the same name. A run that resumes, by a
    `Checkpoint` or with `initial_epoch`, reads this file and adds to it. A run from epoch 0 starts a new one. Numbers
    that other callbacks add to the logs are drawn if those callbacks come before this one in the list.

    A reader never sees a part of a file. A write that fails during training gives one warning.

    Args:
        path: file of the picture, ending in `.png`. Its directory is made if it does not exist.

    Raises:
        ValueError: if `path` does not end in `.png` or its directory cannot be written; when a run resumes, if
            this callback did not write the CSV file.

    Example:
        >>> import pathlib, tempfile
        >>> directory = pathlib.Path(tempfile.mkdtemp())
        >>> curves = LossCurves(directory / "losses.png")
        >>> curves.on_train_begin()
        >>> curves.on_epoch_begin(0)
        >>> curves.on_epoch_end(0, {"d_loss": 1.25, "g_loss": 0.75})
        >>> print((directory / "losses.csv").read_text())
        epoch,d_loss,g_loss
        1,1.25,0.75
    """

    _training_state = ()

    def __init__(self, path):
        super().__init__()
        if local_path("path", path).suffix.lower() != ".png":
            raise ValueError(f"LossCurves draws a PNG: `path` must end in .png. Received: path={str(path)!r}")
        self.path = writable_file(path, "path")
        self._table_path = self.path.with_suffix(".csv")

    def on_train_begin(self, logs=None):
        """Forget the values of an earlier `fit` with the same callback."""
        terms = getattr(self.model, "terms", ())
        self._minimised = terms, [name for name in getattr(self.model, "trackers", ()) if name not in terms]
        self._guard = DiskGuard(f"the newest curves in {self.path}")
        self._rows = None
        for path in (self.path, self._table_path):
            remove_leftovers(path.parent, glob.escape(path.name))

    def on_epoch_begin(self, epoch, logs=None):
        """Read the table of the run that resumes, and warn about what went wrong in the previous epoch."""
        self._guard.warn()
        if self._rows is None:
            self._rows = _read_table(self._table_path) if epoch > 0 and self._table_path.exists() else {}
        # Later rows belong to an abandoned run, or to epochs that training has gone back from.
        self._rows = {number: row for number, row in self._rows.items() if number <= epoch}

    def on_epoch_end(self, epoch, logs=None):
        """Add the epoch's values to the files."""
        self._rows[epoch + 1] = {
            name: float(value) for name, value in (logs or {}).items() if isinstance(value, numbers.Real)
        }
        with self._guard:
            write_atomically(self._table_path, _format_table(self._rows).encode())
            write_atomically(self.path, _draw(self._rows, *self._minimised))

    def on_train_end(self, logs=None):
        """Warn about what went wrong in the last epoch."""
        self._guard.warn()


def _names(rows):
    """Return every name that any epoch logged, in the order in which they first appear."""
    return list(dict.fromkeys(name for row in rows.values() for name in row))


def _format_table(rows):
    text = io.StringIO()
    table = csv.DictWriter(text, ["epoch", *_names(rows)], lineterminator="\n")
    table.writeheader()
    table.writerows({"epoch": epoch, **row} for epoch, row in rows.items())
    return text.getvalue()


def _read_table(path):
    try:
        # With the mark that spreadsheets put at the beginning.
        with path.open(newline="", encoding="utf-8-sig") as file:
            return {
                int(row.pop("epoch")): {name: float(value) for name, value in row.items() if value}
                for row in csv.DictReader(file)
            }
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise ValueError(
            "The loss curves cannot be continued, because LossCurves did not write the table next to the picture. "
            f"Move the table away, or give another `path`. Received: file={str(path)!r}"
        ) from error


def _panels(rows, losses, penalties):
    """The names in each panel: all losses in the first one, and each penalty in its own."""
    names = _names(rows)
    first = [name for name in names if name.removeprefix("val_") in losses or name.endswith("loss")]
    return [first, *([name] for name in penalties if name in names)]


def _draw(rows, losses, penalties):
    panels = _panels(rows, losses, penalties)
    # Not pyplot: its state belongs to the user, who may be drawing too.
    figure = Figure(figsize=(8, 3 * len(panels)))
    FigureCanvasAgg(figure)
    # Fixed margins, because an automatic layout draws everything twice in every epoch.
    figure.subplots_adjust(left=0.1, right=0.98, bottom=0.16 / len(panels), top=1 - 0.04 / len(panels))
    panel_axes = figure.subplots(len(panels), sharex=True, squeeze=False).flat
    for axes, names in zip(panel_axes, panels, strict=True):
        for name in names:
            values = [row.get(name, float("nan")) for row in rows.values()]
            axes.plot(list(rows), values, marker=".", label=name)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        if names:
            axes.legend()
    axes.set_xlabel("epoch")
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()
