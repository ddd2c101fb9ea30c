"""The scores of normal and of anomalous images, as a picture."""

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from keras_gan._arguments import require_int
from keras_gan._files import local_path, writable_file, write_atomically
from keras_gan.metrics._ranking import Ranking
from keras_gan.metrics.auroc import auroc
from keras_gan.metrics.best_f1 import best_f1


def write_score_histogram(path, scores, is_anomaly, *, num_bins=50):
    """Draw how often each score occurs, among the normal and among the anomalous images.

    It shows what no single number does: whether the two kinds overlap, whether some anomalies look normal while all
    others are far away, and where a threshold may lie. Each kind has its own share in each bin, so a rare kind is as
    visible as a frequent one. A line marks the threshold of `best_f1`.

    Args:
        path: file of the picture, ending in `.png`. Its directory is made if it does not exist.
        scores: array-like `(num_images,)` of finite numbers; higher is more anomalous.
        is_anomaly: array-like `(num_images,)` of booleans, or of 0 and 1.
        num_bins: int, how many bins the range of the scores is divided into.

    Raises:
        ValueError: if these are no such numbers, all images are of one kind, or `path` does not end in `.png`.
        OSError: if the file cannot be written.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "scores.png"
        >>> write_score_histogram(path, [0.1, 0.4, 0.35, 0.8], [False, False, True, True])
        >>> path.read_bytes()[1:4]
        b'PNG'
    """
    if local_path("path", path).suffix.lower() != ".png":
        raise ValueError(f"The histogram is a PNG: `path` must end in .png. Received: path={str(path)!r}")
    num_bins = require_int("num_bins", num_bins, high=10_000)
    Ranking(scores, is_anomaly)  # Raises for wrong scores before a folder is made.
    picture = io.BytesIO()
    _figure(np.asarray(scores, np.float64), np.asarray(is_anomaly).astype(bool), num_bins).savefig(
        picture, format="png"
    )
    write_atomically(writable_file(path, "path"), picture.getvalue())


def _figure(scores, is_anomaly, num_bins):
    # Not pyplot: its state belongs to the user, who may be drawing too.
    figure = Figure(figsize=(8, 4), layout="tight")
    FigureCanvasAgg(figure)
    axes, edges = figure.subplots(), _edges(scores, num_bins)
    for name, of_kind in (("normal", scores[~is_anomaly]), ("anomalous", scores[is_anomaly])):
        weights = np.full(len(of_kind), 1.0 / len(of_kind))
        axes.hist(of_kind, edges, weights=weights, alpha=0.5, label=f"{len(of_kind):,} {name} images")
    best = best_f1(scores, is_anomaly)
    axes.axvline(best.threshold, color="black", linestyle="--", label=f"best F1, {best.f1:.3g}, from here on")
    axes.set(xlabel="score", ylabel="share of its kind", title=f"AUROC {auroc(scores, is_anomaly):.4g}")
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def _edges(scores, num_bins):
    low, high = scores.min(), scores.max()
    # Scores that are equal, or nearly so, have no range that can be divided.
    room = num_bins * np.spacing(np.abs(scores).max())
    if high - low <= room:
        low, high = low - max(room, 0.5), high + max(room, 0.5)
    return np.linspace(low, high, num_bins + 1)
