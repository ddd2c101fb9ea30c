"""A page of one run or several: their table, their curves, and their newest samples."""

import html
import math

from keras_gan_cli import html_page, report_picture, run_tables

# Panels that fit a page, and how the curves of runs are told apart.
_MOST_PANELS, _COLUMNS = 12, 3
_STYLES = ("-", "--", ":")
_LEGEND_LINE, _NAMES_IN_A_LINE = 0.28, 3
# Those of the monitor that say most.
_SIGNS = ("health/diversity", "health/d_signal")


def write(out, title, runs, table, notes):
    """Write the page.

    Args:
        out: `pathlib.Path`: an .html file, or a .png of the curves alone.
        title: str.
        runs: list of `recorded_run.RecordedRun`.
        table: list of rows of str, the header first.
        notes: list of str, sentences below the table.
    """
    curves = draw_curves(runs)
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix.lower() == ".png":
        html_page.write(out, curves)
        return
    over = "training steps" if _has_steps(runs) else "epochs"
    floor = " Dotted: real training images." if run_tables.metric_names(runs) else ""
    image = f'<img class="curves" alt="Curves over {over}" src="{html_page.embedded(curves)}">'
    parts = [_table(table), *(f"<p>{html.escape(note)}</p>" for note in notes)]
    parts += [f"<h2>Training</h2>\n<p>Over {over}.{floor}</p>\n{image}", *_warnings(runs), *_samples(runs)]
    html_page.write(out, html_page.page(title, "\n".join(parts)).encode())


def draw_curves(runs):
    """Draw a panel for each loss, metric and sign of health, with a curve for each run; return a PNG file as bytes."""
    names = [*run_tables.metric_names(runs), *run_tables.loss_names(runs), *_SIGNS]
    names = [name for name in names if any(run.curve(name)[0] for run in runs)][:_MOST_PANELS]
    legend = 0.2 + _LEGEND_LINE * math.ceil(len(runs) / _NAMES_IN_A_LINE)
    rows = math.ceil(len(names) / _COLUMNS)
    canvas = report_picture.Canvas(legend + rows * report_picture.PANEL)
    _draw_legend(canvas, runs)
    width = (report_picture.WIDTH - 2 * report_picture.MARGIN + report_picture.GUTTER) / _COLUMNS
    for place, name in enumerate(names):
        row, column = divmod(place, _COLUMNS)
        left = report_picture.MARGIN + report_picture.SCALE + column * width
        axes = canvas.axes(
            left,
            legend + 0.3 + row * report_picture.PANEL,
            width - report_picture.GUTTER - report_picture.SCALE,
            report_picture.PANEL - 0.7,
        )
        _draw_panel(axes, runs, name)
    return canvas.png()


def _draw_panel(axes, runs, name):
    """Draw the curves of one name, and where real images are."""
    for place, run in enumerate(runs):
        epochs, values = run.curve(name)
        marker = "." if len(values) < 10 else None
        axes.plot([epoch * _scale(run, runs) for epoch in epochs], values, marker=marker, linewidth=1.3, **_look(place))
        floors = [each.floor for each in run.measurements.get(name, {}).values() if each.floor is not None]
        if floors:
            axes.axhline(floors[-1], color=report_picture.MUTED, linestyle=":", linewidth=1.0)
    # The same for all panels, so that a look down shows what happened at the same time.
    axes.set_xlim(0, max(run.last_epoch * _scale(run, runs) for run in runs))
    report_picture.finish(axes, [name])


def _draw_legend(canvas, runs):
    """Write the names of the runs above the panels, each behind a piece of its curve."""
    width = (report_picture.WIDTH - 2 * report_picture.MARGIN) / _NAMES_IN_A_LINE
    for place, run in enumerate(runs):
        row, column = divmod(place, _NAMES_IN_A_LINE)
        left, top = report_picture.MARGIN + column * width, 0.15 + _LEGEND_LINE * row
        canvas.line(left, top + 0.08, 0.35, **_look(place))
        shown = run.name if len(run.name) <= 40 else f"...{run.name[-37:]}"
        canvas.write(left + 0.45, top, shown, size=9)


def _look(place):
    colours = report_picture.CURVE_COLOURS
    return {"color": colours[place % len(colours)], "linestyle": _STYLES[place // len(colours) % len(_STYLES)]}


def _has_steps(runs):
    return all(run.steps_per_epoch for run in runs)


def _scale(run, runs):
    """Return how long an epoch of a run is on the axis of all runs."""
    return run.steps_per_epoch if _has_steps(runs) else 1


def _table(table):
    def cells(row, tag):
        return "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)

    head, *rows = table
    body = "\n".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f'<div class="table runs"><table>\n<tr>{cells(head, "th")}</tr>\n{body}\n</table></div>'


def _warnings(runs):
    """Return what the health monitor said, a part of the page for each run that has warnings."""
    for run in runs:
        if run.warnings:
            lines = "\n".join(f"<li>Step {step:,}: {html.escape(text)}</li>" for step, text in run.warnings)
            yield f"<h2>Warnings of {html.escape(run.name)}</h2>\n<ul>\n{lines}\n</ul>"


def _samples(runs):
    """Return the newest samples, a part of the page for each run that has some."""
    for run in runs:
        picture = run.newest_picture()
        if picture is not None:
            name, file = html.escape(run.name), html.escape(picture.name)
            image = f'<img alt="Samples of {name}" src="{html_page.embedded(picture.read_bytes())}">'
            yield f"<h2>Samples of {name}</h2>\n<p>{file}</p>\n{image}"
