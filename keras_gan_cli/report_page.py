"""One page that shows how good a generator is: its numbers, and the pictures that belong to them.

`write_report` draws the page twice, as a picture to pass on and as an HTML file to read. Each is complete.
"""

import dataclasses
import html
import io

import numpy as np
from PIL import Image

from keras_gan._files import writable_directory, write_atomically
from keras_gan.callbacks import image_grid
from keras_gan_cli import html_page, report_picture

MOST_COLUMNS, MOST_ROWS, MOST_PANELS = 12, 16, 8

ARROWS = {"lower": "↓", "higher": "↑", "near 1": "→ 1"}
HEADER = ("metric", "value", "95 % interval", "real against real", "samples", "real images", "features")
TABLE_NOTE = (
    "↓ lower is better, ↑ higher is better. Real against real: the value that real training images have in the place "
    "of samples."
)


@dataclasses.dataclass(frozen=True)
class Gallery:
    """Rows of images, each with a label.

    Attributes:
        heading: str.
        note: str, what the images show.
        rows: list of (label, images), with the same number of images in each row.
        captions: str below each column, or nothing.
    """

    heading: str
    note: str
    rows: list
    captions: tuple[str, ...] = ()

    @property
    def columns(self):
        """Number of images in a row."""
        return len(self.rows[0][1])

    def strips(self):
        """Yield each row as its label and one picture: uint8 `(height, width)` if grey, `(height, width, 3)` if not."""
        for label, images in self.rows:
            picture = image_grid(images, columns=self.columns, padding=1)
            yield label, picture if picture.shape[-1] == 3 else picture[..., 0]


def write_report(
    directory,
    *,
    title,
    results,
    samples,
    real_images,
    neighbours,
    class_samples=None,
    interpolation=None,
    curves=None,
):
    """Draw the page as `report.png` and `report.html`.

    The HTML file contains its pictures and loads no other file. Each file is replaced as a whole. Images are float in
    [-1, 1]; unless they have one or three channels, the mean of the channels is drawn. The page has no room for rows
    after the twelfth image, classes and paths after the sixteenth, curves after eight panels.

    Args:
        directory: where the files go; made if it is missing.
        title: str.
        results: iterable of `keras_gan.metrics.Result`, the rows of the table.
        samples: array `(num_samples, height, width, channels)`.
        real_images: array of images of the same shape, which contain the neighbours.
        neighbours: result of `keras_gan.metrics.nearest_neighbours`: `distances` and `indices` into `real_images`, each
            of shape `(num_samples, num_neighbours)`.
        class_samples: dict of the name of each class to its samples, or None. The page shows the same number for each
            class, as many as the smallest class has.
        interpolation: array `(num_paths, num_steps, height, width, channels)` of samples along paths between latents,
            or None.
        curves: list of a dict for each epoch, as `csv.DictReader` reads them from the file of
            `keras_gan.callbacks.LossCurves`, or None.

    Returns:
        (path of the picture, path of the HTML file).

    Raises:
        ValueError: if the neighbours do not belong to the samples and the real images, a class has no samples, the
            curves are empty or a row of them has no epoch, or no file can be written in the directory.
    """
    results = list(results)
    galleries = [_neighbour_gallery(np.asarray(samples), np.asarray(real_images), neighbours)]
    if class_samples:
        galleries.append(_class_gallery(class_samples))
    if interpolation is not None:
        galleries.append(_interpolation_gallery(np.asarray(interpolation)))
    panels = [] if curves is None else _panels(checked_curves(curves))
    table, notes = _table(results), [TABLE_NOTE, *_doubts(results), *_warnings(results)]
    directory = writable_directory(directory, "directory")

    picture, page = directory / "report.png", directory / "report.html"
    write_atomically(picture, report_picture.draw_page(title, table, notes, galleries, panels))
    numbers = _format_numbers(table, notes, results)
    write_atomically(page, _format_page(title, numbers, galleries, panels).encode())
    return picture, page


def _neighbour_gallery(samples, real_images, neighbours):
    distances, indices = np.asarray(neighbours.distances), np.asarray(neighbours.indices)
    if not indices.size or len(indices) != len(samples) or not np.isin(indices, np.arange(len(real_images))).all():
        raise ValueError(
            "The neighbours must be those of the samples among the real images, with a row for each sample. Received: "
            f"{len(samples)} samples, {len(real_images)} real images, neighbours.indices of shape {indices.shape}"
        )
    rows = [("samples", _drawable(samples[:MOST_COLUMNS]))]
    for rank, column in enumerate(indices[:MOST_COLUMNS].T):
        ordinal = ("nearest", "2nd", "3rd")[rank] if rank < 3 else f"{rank + 1}th"
        rows.append((f"real, {ordinal}", _drawable(real_images[column])))
    return Gallery(
        "Samples and their nearest real images",
        "Below each sample, the real images that are nearest to it, and the distance to the first.",
        rows,
        tuple(f"{distance:.3g}" for distance in distances[:MOST_COLUMNS, 0]),
    )


def _class_gallery(class_samples):
    columns = min(MOST_COLUMNS, *(len(images) for images in class_samples.values()))
    if not columns:
        raise ValueError(
            "Each class must have a sample to be drawn; leave out those that have none. Received: no samples of class "
            f"{next(name for name, images in class_samples.items() if not len(images))!r}"
        )
    rows = [(str(name), _drawable(np.asarray(images)[:columns])) for name, images in class_samples.items()]
    cut = f", the first {MOST_ROWS} of {len(rows)}" if len(rows) > MOST_ROWS else ""
    return Gallery("Samples by class", f"Each row is one class{cut}.", rows[:MOST_ROWS])


def _interpolation_gallery(paths):
    rows = [(str(number), _drawable(path[:MOST_COLUMNS])) for number, path in enumerate(paths[:MOST_ROWS], 1)]
    return Gallery("From one latent to another", "Each row is one path; memorised images would change in leaps.", rows)


def checked_curves(curves):
    """Return the rows of a table of curves as a list; it is a ValueError if there is none, or one cannot be drawn."""
    rows = list(curves)
    for number, row in enumerate(rows, 1):
        try:
            int(row["epoch"])
            [float(value) for value in row.values() if value not in (None, "")]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                "Each row of the curves must have a whole number in the column `epoch`, and numbers or nothing in the "
                f"others. Received: row {number} is {dict(row)}"
            ) from error
    if not any(row[name] not in (None, "") for row in rows for name in row if name != "epoch"):
        raise ValueError(
            "The curves must have a row for each epoch, with its numbers. "
            f"Received: {f'columns {list(rows[0])}' if rows else 'no row'}"
        )
    return rows


def _drawable(images):
    return images if images.shape[-1] in (1, 3) else images.mean(axis=-1, keepdims=True)


def _panels(curves):
    """Return the curves to draw, as panels of (name, epochs, values); all losses share the first panel."""
    names = list(dict.fromkeys(name for row in curves for name in row if name != "epoch" and "/" not in name))
    losses = [name for name in names if name.endswith("loss")]
    groups = [losses, *([name] for name in names if name not in losses)]
    return [[_curve(curves, name) for name in group] for group in groups if group][:MOST_PANELS]


def _curve(curves, name):
    rows = [row for row in curves if row.get(name) not in (None, "")]
    return name, [int(row["epoch"]) for row in rows], [float(row[name]) for row in rows]


def _table(results):
    """Return the table of numbers, header first; all cells are str."""
    rows = [HEADER]
    for result in results:
        name = f"{result.name.replace('_', ' ')} {ARROWS[result.better]}"
        interval = "" if result.interval is None else " to ".join(map(html_page.number, result.interval))
        floor = "" if result.floor is None else html_page.number(result.floor)
        counts = f"{result.num_fake:,}", f"{result.num_real:,}"
        value = f"({html_page.number(result.value)})" if result.doubt else html_page.number(result.value)
        rows.append((name, value, interval, floor, *counts, result.extractor or "none"))
    return rows


def _doubts(results):
    """Return what the values in brackets mean, a sentence for each doubt."""
    doubtful = {}
    for result in results:
        if result.doubt:
            doubtful.setdefault(result.doubt, []).append(result.name.replace("_", " "))
    return [f"In brackets, {doubt}: {', '.join(names)}." for doubt, names in doubtful.items()]


def _warnings(results):
    """Return every warning once, as a sentence."""
    warnings = dict.fromkeys(warning for result in results for warning in result.warnings)
    return [f"{warning[:1].upper()}{warning[1:].rstrip('.')}." for warning in warnings]


def _format_page(title, numbers, galleries, panels):
    parts = [numbers, *(_format_gallery(gallery) for gallery in galleries)]
    if panels:
        curves = html_page.embedded(report_picture.draw_curves(panels))
        image = f'<img class="curves" alt="Curves over epochs" src="{curves}">'
        parts.append(f"<h2>Training</h2>\n<p>Over epochs.</p>\n{image}")
    return html_page.page(title, "\n".join(parts))


def _format_numbers(table, notes, results):
    header, *rows = ([html.escape(cell) for cell in cells] for cells in table)
    heads = "".join(f'<th scope="col">{cell}</th>' for cell in header)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows)
    paragraphs = "".join(f"<p>{html.escape(note)}</p>\n" for note in notes)
    details = html.escape("\n".join(str(result) for result in results))
    return (
        f'<div class="table"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{lines}</tbody>\n</table></div>\n'
        f"{paragraphs}<details><summary>With all that moves the values</summary><pre>{details}</pre></details>"
    )


def _format_gallery(gallery):
    rows, width = [], f"width: {5.5 * gallery.columns}rem"
    for label, picture in gallery.strips():
        label, content = html.escape(label), io.BytesIO()
        Image.fromarray(picture).save(content, "PNG")
        image = f'<img alt="{label}" src="{html_page.embedded(content.getvalue())}">'
        rows.append(f'<div class="row"><span>{label}</span><div style="{width}">{image}</div></div>')
    if gallery.captions:
        captions = "".join(f"<span>{html.escape(caption)}</span>" for caption in gallery.captions)
        rows.append(f'<div class="row"><span></span><div class="captions" style="{width}">{captions}</div></div>')
    return f"<h2>{gallery.heading}</h2>\n<p>{gallery.note}</p>\n" + "\n".join(rows)
