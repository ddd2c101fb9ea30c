"""Tables of one run or several: a row for each setting and each result, a column for each run."""

import math
import statistics

from keras_gan_cli.html_page import number

_ARROWS = {"lower": "↓", "higher": "↑", "near 1": "→ 1"}
# Where a run writes and reads, which changes nothing of what it learns.
_PLACES = {"run_dir", "export_dir", "data_dir", "cache_dir", "download", "checkpoint_every", "keep_checkpoints"}
# Logs that are no losses of a player.
_SPEED = ("images_per_second", "seconds_per_kimg")
_NOTHING = "-"


def header(runs):
    """Return the first row: the names of the runs behind an empty cell."""
    return ["", *(run.name for run in runs)]


def settings(runs, *, differing):
    """Return a row for each flag: those that differ between the runs, or all."""
    names = dict.fromkeys(name for run in runs for name in run.settings if name not in _PLACES)
    rows = [[f"--{name}", *(_setting(run.settings.get(name)) for run in runs)] for name in names]
    return [row for row in rows if not differing or len(set(row[1:])) > 1]


def results(runs):
    """Return a row for each result: steps, the last losses, each metric, the speed, and how often a warning came."""
    rows = [["steps trained" if all(run.steps_per_epoch for run in runs) else "epochs trained", *map(_length, runs)]]
    if len({bool(run.steps_per_epoch) for run in runs}) > 1:
        rows = [["epochs trained", *(f"{run.last_epoch:,}" for run in runs)]]
    rows += [[f"last {name}", *(_last(run, name) for run in runs)] for name in loss_names(runs)]
    for name in metric_names(runs):
        shown = f"{name.replace('_', ' ')} {_ARROWS.get(_better(runs, name), '')}".rstrip()
        rows.append([f"{shown}, last", *(_last(run, name) for run in runs)])
        rows.append([f"{shown}, best", *(_best(run, name) for run in runs)])
        rows.append([f"{shown}, real images", *(_floor(run, name) for run in runs)])
    rows.append(["images a second", *(_speed(run) for run in runs)])
    rows.append(["warnings", *(f"{len(run.warnings):,}" for run in runs)])
    return [row for row in rows if set(row[1:]) != {_NOTHING}]


def notes(runs):
    """Return what must be known to read the table, a list of sentences."""
    said = []
    for name in metric_names(runs):
        protocols = {measured.protocol for run in runs for measured in run.measurements.get(name, {}).values()}
        if len(protocols) > 1:
            said.append(
                f"The values of {name.replace('_', ' ')} cannot be compared: they have different extractors, resizing, "
                "splits or numbers of images."
            )
    if len(runs) > 1 and metric_names(runs):
        said.append("Another seed changes each value: one run of each kind says little about small differences.")
    return said


def loss_names(runs):
    """Return the names of the losses and penalties in the logs: all without a slash that are no metric and no speed."""
    others = {*metric_names(runs), *_SPEED}
    names = dict.fromkeys(name for run in runs for row in run.curves.values() for name in row)
    return [name for name in names if "/" not in name and name not in others]


def metric_names(runs):
    """Return the names of the metrics that any of the runs measured."""
    return list(dict.fromkeys(name for run in runs for name in run.measurements))


def markdown(table):
    """Return a table in Markdown, with its columns aligned.

    Example:
        >>> print(markdown([["", "a"], ["steps", "200"]]))
        |       | a   |
        | ----- | --- |
        | steps | 200 |
    """
    cells = [[cell.replace("|", "\\|") for cell in row] for row in table]
    widths = [max(3, *map(len, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, ["-" * width for width in widths])
    return "\n".join(f"| {' | '.join(map(str.ljust, row, widths))} |" for row in cells)


def _setting(value):
    return {None: _NOTHING, True: "yes", False: "no", "": _NOTHING}.get(value, str(value))


def _length(run):
    return f"{run.last_epoch * (run.steps_per_epoch or 1):,}"


def _last(run, name):
    _, values = run.curve(name)
    return number(values[-1]) if values else _NOTHING


def _best(run, name):
    found = run.best(name)
    return f"{number(found[1].value)} in epoch {found[0]:,}" if found else _NOTHING


def _floor(run, name):
    floors = [each.floor for each in run.measurements.get(name, {}).values() if each.floor is not None]
    return number(floors[-1]) if floors else _NOTHING


def _better(runs, name):
    return next(each.better for run in runs for each in run.measurements.get(name, {}).values())


def _speed(run):
    _, values = run.curve("images_per_second")
    # The first epochs compile, and a busy computer makes single ones slow.
    return number(statistics.median(values)) if values and math.isfinite(values[-1]) else _NOTHING
