"""The page of `report_page` as one picture, and its curves as another picture."""

import io
import math
import textwrap

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

INK, MUTED, RULE = "#1d2430", "#6a7382", "#d5dae1"
CURVE_COLOURS = ("#2f6db3", "#cf5a37", "#3f8f5f", "#8a63b0")
RESOLUTION = 160

# All lengths are in inches.
WIDTH, MARGIN, GUTTER = 11.0, 0.5, 0.5
TITLE_LINE, TABLE_LINE, NOTE_LINE = 0.36, 0.28, 0.19
HEADING, PANEL, SCALE = 0.5, 2.1, 0.4
LARGEST_CELL, LETTER, LABEL_LETTERS = 0.9, 0.068, 14
# Left edges of the first and the last column of the table; right edges of the columns of numbers between them.
TABLE_EDGES = (MARGIN, 3.5, 5.2, 6.7, 7.6, 8.7, 8.95)


def draw_page(title, table, notes, galleries, panels):
    """Draw the page.

    Args:
        title: str.
        table: list of rows of seven str, the first one the header.
        notes: list of str.
        galleries: list of `report_page.Gallery`.
        panels: list of panels, each a list of (name, epochs, values).

    Returns:
        bytes of a PNG file.
    """
    title_lines = textwrap.wrap(title, 75) or [""]
    notes = [line for note in notes for line in textwrap.wrap(note, 150)]
    table_top = MARGIN + TITLE_LINE * len(title_lines) + 0.1
    notes_top = table_top + TABLE_LINE * len(table)
    places, end = _places(galleries, notes_top + NOTE_LINE * len(notes) + 0.35)
    canvas = Canvas(end + (HEADING + _curves_height(panels) if panels else 0.0) + MARGIN / 2)

    canvas.write(MARGIN, MARGIN, "\n".join(title_lines), size=18, weight="bold")
    _draw_table(canvas, table, table_top)
    for number, note in enumerate(notes):
        canvas.write(MARGIN, notes_top + NOTE_LINE * number, note, size=8, colour=MUTED)
    for gallery, left, top, width in places:
        _draw_gallery(canvas, gallery, left, top, width)
    if panels:
        _draw_heading(canvas, MARGIN, end, "Training", "Over epochs.")
        _draw_panels(canvas, panels, end + HEADING)
    return canvas.png()


def draw_curves(panels):
    """Draw only the panels of `draw_page`; return the bytes of a PNG file."""
    canvas = Canvas(_curves_height(panels))
    _draw_panels(canvas, panels, 0.0)
    return canvas.png()


class Canvas:
    """A figure whose positions are inches from its upper left corner."""

    def __init__(self, height):
        self.height = height
        # The object interface, because the state of pyplot belongs to the caller.
        self.figure = Figure(figsize=(WIDTH, height), facecolor="white")
        FigureCanvasAgg(self.figure)

    def write(self, left, top, text, *, size=10, colour=INK, **options):
        """Write text whose first line begins at a position."""
        position = left / WIDTH, 1 - top / self.height
        options = {"verticalalignment": "top", **options}
        # A dollar sign in a name must not begin a formula.
        self.figure.text(*position, text, fontsize=size, color=colour, parse_math=False, **options)

    def rule(self, top):
        """Draw a thin line across the page."""
        ends = [MARGIN / WIDTH, 1 - MARGIN / WIDTH], [1 - top / self.height] * 2
        self.figure.add_artist(Line2D(*ends, color=RULE, linewidth=0.8))

    def line(self, left, top, width, **look):
        """Draw a horizontal line from a position on; `look` is what matplotlib calls its color, linestyle and so on."""
        ends = [left / WIDTH, (left + width) / WIDTH], [1 - top / self.height] * 2
        self.figure.add_artist(Line2D(*ends, **look))

    def axes(self, left, top, width, height):
        """Return axes whose upper left corner is at a position."""
        lower = 1 - (top + height) / self.height
        return self.figure.add_axes((left / WIDTH, lower, width / WIDTH, height / self.height))

    def png(self):
        """Return the content of a PNG file."""
        content = io.BytesIO()
        self.figure.savefig(content, format="png", dpi=RESOLUTION)
        return content.getvalue()


def _draw_table(canvas, table, top):
    for number, cells in enumerate(table):
        for column, (edge, cell) in enumerate(zip(TABLE_EDGES, cells, strict=True)):
            side = "left" if column in (0, len(TABLE_EDGES) - 1) else "right"
            weight = "bold" if number and column == 1 else "normal"
            canvas.write(edge, top, cell, colour=INK if number else MUTED, horizontalalignment=side, weight=weight)
        top += TABLE_LINE
        canvas.rule(top - 0.07)


def _draw_heading(canvas, left, top, heading, note):
    canvas.write(left, top, heading, size=12, weight="bold")
    canvas.write(left, top + 0.24, note, size=8, colour=MUTED)


def _places(galleries, top):
    """Return each gallery's place (left, top, width), in the shorter of two columns, and the end of the longer one."""
    columns = min(2, len(galleries))
    width = (WIDTH - 2 * MARGIN - (columns - 1) * GUTTER) / columns
    ends, places = [top] * columns, []
    for gallery in galleries:
        column = int(np.argmin(ends))
        places.append((gallery, MARGIN + column * (width + GUTTER), ends[column], width))
        below = 0.55 if gallery.captions else 0.3
        ends[column] += HEADING + len(gallery.rows) * _cell(gallery, width)[1] + below
    return places, max(ends)


def _label_width(gallery):
    return LETTER * min(LABEL_LETTERS, 2 + max(len(label) for label, _ in gallery.rows))


def _cell(gallery, width):
    """Return the width and height of one image in a gallery of a given width."""
    _, height, length, _ = gallery.rows[0][1].shape
    side = min(LARGEST_CELL, (width - _label_width(gallery)) / gallery.columns)
    return side, side * height / length


def _draw_gallery(canvas, gallery, left, top, width):
    _draw_heading(canvas, left, top, gallery.heading, gallery.note)
    top += HEADING
    side, height = _cell(gallery, width)
    first = left + _label_width(gallery)
    for label, picture in gallery.strips():
        lines = "\n".join(textwrap.wrap(label, LABEL_LETTERS - 1)[:2])
        canvas.write(left, top + height / 2, lines, size=8, colour=MUTED, verticalalignment="center")
        axes = canvas.axes(first, top, side * gallery.columns, height)
        axes.imshow(picture, cmap="gray", vmin=0, vmax=255, aspect="auto")
        axes.axis("off")
        top += height
    for number, caption in enumerate(gallery.captions):
        middle = first + side * (number + 0.5)
        canvas.write(middle, top + 0.05, caption, size=8, colour=MUTED, horizontalalignment="center")


def _panel_rows(panels):
    return math.ceil(len(panels) / 4)


def _curves_height(panels):
    return _panel_rows(panels) * PANEL


def _draw_panels(canvas, panels, top):
    """Draw the panels in rows of at most four."""
    columns = math.ceil(len(panels) / _panel_rows(panels))
    width = (WIDTH - 2 * MARGIN + GUTTER) / columns
    for number, curves in enumerate(panels):
        row, column = divmod(number, columns)
        left = MARGIN + SCALE + column * width
        axes = canvas.axes(left, top + 0.3 + row * PANEL, width - GUTTER - SCALE, PANEL - 0.7)
        for index, (name, epochs, values) in enumerate(curves):
            axes.plot(epochs, values, color=CURVE_COLOURS[index % len(CURVE_COLOURS)], linewidth=1.4, label=name)
        finish(axes, [name for name, *_ in curves])


def finish(axes, names):
    """Give axes the look of a page: a grid, and the names of their curves as a title or a legend."""
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.tick_params(labelsize=8, colors=MUTED, length=0)
    axes.grid(color=RULE, linewidth=0.6)
    axes.spines[:].set_visible(False)
    if len(names) == 1:
        axes.set_title(names[0], fontsize=9, color=INK, loc="left", parse_math=False)
    else:
        axes.legend(fontsize=8, frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(-0.02, 1.0), borderpad=0)
