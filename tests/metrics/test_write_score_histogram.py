"""The picture of the scores: what its bars and its line say."""

import numpy as np
import pytest
from PIL import Image

from keras_gan.metrics import auroc, best_f1, write_score_histogram
from keras_gan.metrics.write_score_histogram import _figure

RNG = np.random.default_rng(0)
KINDS = np.arange(100) % 10 == 0
SCORES = RNG.normal(size=100) + 2 * KINDS


def size_of(path):
    with Image.open(path) as picture:
        return picture.size


def test_each_kind_has_its_own_shares_of_all_its_images():
    (axes,) = _figure(SCORES, KINDS, 20).axes
    normal, anomalous = ([bar.get_height() for bar in bars] for bars in axes.containers)
    edges = np.linspace(SCORES.min(), SCORES.max(), 21)
    np.testing.assert_allclose(normal, np.histogram(SCORES[~KINDS], edges)[0] / 90)
    np.testing.assert_allclose(anomalous, np.histogram(SCORES[KINDS], edges)[0] / 10)
    assert axes.get_title() == f"AUROC {auroc(SCORES, KINDS):.4g}"
    assert axes.lines[0].get_xdata()[0] == best_f1(SCORES, KINDS).threshold


def test_it_is_written_into_a_folder_that_is_made(tmp_path):
    write_score_histogram(tmp_path / "new" / "scores.png", SCORES, KINDS)
    assert size_of(tmp_path / "new" / "scores.png") == (800, 400)


def test_equal_scores_have_a_histogram(tmp_path):
    write_score_histogram(tmp_path / "scores.png", [1, 1], [0, 1], num_bins=3)
    assert size_of(tmp_path / "scores.png") == (800, 400)


def test_nothing_is_written_for_what_cannot_be_drawn(tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.png. Received: path='.*scores.jpg'"):
        write_score_histogram(tmp_path / "scores.jpg", SCORES, KINDS)
    with pytest.raises(ValueError, match="Received: 2 normal images alone"):
        write_score_histogram(tmp_path / "new" / "scores.png", [1, 2], [0, 0])
    assert not list(tmp_path.iterdir())
