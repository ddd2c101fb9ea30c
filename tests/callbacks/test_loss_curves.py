import csv
import re
import sys

import numpy as np
import pytest
from PIL import Image

from keras_gan.callbacks import LossCurves


def _table(path):
    with path.open(newline="") as file:
        return [{name: float(value or "nan") for name, value in row.items()} for row in csv.DictReader(file)]


def _epochs(curves, losses, first=0):
    curves.on_train_begin()
    for epoch, logs in enumerate(losses, start=first):
        curves.on_epoch_begin(epoch)
        curves.on_epoch_end(epoch, logs)
    curves.on_train_end()


def test_the_table_holds_what_history_holds(tmp_path, make_gan, train):
    history = train(make_gan(), [LossCurves(tmp_path / "losses.png")], epochs=3)
    table = _table(tmp_path / "losses.csv")
    assert [row["epoch"] for row in table] == [1, 2, 3]
    for name in ("d_loss", "g_loss"):
        assert [row[name] for row in table] == history.history[name]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["losses.csv", "losses.png"]


class Model:
    terms, trackers = ("likeness", "d_loss"), ("likeness", "d_loss", "r1")


def test_the_picture_holds_a_panel_for_the_losses_and_one_for_each_penalty(tmp_path):
    heights = []
    for index, logs in enumerate([{"likeness": 1.0, "val_likeness": 2.0, "d_loss": 1.0}, {"d_loss": 1.0, "r1": 0.1}]):
        curves = LossCurves(tmp_path / f"{index}.png")
        curves.set_model(Model())
        _epochs(curves, [logs])
        with Image.open(curves.path) as picture:
            assert picture.format == "PNG"
            heights.append(picture.height)
    assert heights == [300, 600]


def test_other_numbers_are_in_the_table_and_not_in_the_picture(tmp_path):
    others = {"images_per_second": 900.0, "generator_learning_rate": 2e-4, "health/diversity": 0.5, "fid": 3.0}
    for name, logs in (("plain", {"d_loss": 1.0}), ("more", {"d_loss": 1.0, **others})):
        _epochs(LossCurves(tmp_path / f"{name}.png"), [logs])
    assert (tmp_path / "plain.png").read_bytes() == (tmp_path / "more.png").read_bytes()
    assert _table(tmp_path / "more.csv") == [{"epoch": 1, "d_loss": 1.0, **others}]


def test_the_curve_is_where_the_values_are(tmp_path):
    # Matplotlib's first colour, (31, 119, 180), is the first line's: it falls from the upper left to the lower right.
    _epochs(LossCurves(tmp_path / "losses.png"), [{"d_loss": 10.0 - epoch} for epoch in range(10)])
    with Image.open(tmp_path / "losses.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    rows, columns = np.nonzero(np.abs(pixels - (31, 119, 180)).sum(axis=-1) < 10)
    line = (columns > 100) & (columns < 600)
    assert np.corrcoef(rows[line], columns[line])[0, 1] > 0.99


def test_a_continued_run_keeps_the_earlier_values_and_drops_abandoned_ones(tmp_path):
    path = tmp_path / "losses.png"
    _epochs(LossCurves(path), [{"d_loss": 1.0}, {"d_loss": 0.1 + 0.2}, {"d_loss": 3.0}])
    _epochs(LossCurves(path), [{"d_loss": 5.0}, {"d_loss": 6.0}], first=2)
    assert [(row["epoch"], row["d_loss"]) for row in _table(tmp_path / "losses.csv")] == [
        (1, 1.0),
        (2, 0.1 + 0.2),
        (3, 5.0),
        (4, 6.0),
    ]


def test_a_table_that_a_spreadsheet_has_saved_is_continued(tmp_path):
    table = tmp_path / "losses.csv"
    table.write_bytes(b"\xef\xbb\xbfepoch,d_loss\r\n1,0.5\r\n")
    curves = LossCurves(tmp_path / "losses.png")
    curves.on_train_begin()
    curves.on_epoch_begin(1)
    curves.on_epoch_end(1, {"d_loss": 0.25})
    assert table.read_text() == "epoch,d_loss\n1,0.5\n2,0.25\n"


def test_a_run_from_the_start_forgets_the_earlier_values(tmp_path):
    curves = LossCurves(tmp_path / "losses.png")
    _epochs(curves, [{"d_loss": 1.0}, {"d_loss": 2.0}])
    _epochs(curves, [{"d_loss": 3.0}])
    assert _table(tmp_path / "losses.csv") == [{"epoch": 1, "d_loss": 3.0}]


def test_names_may_come_and_go_and_survive_a_continued_run(tmp_path):
    path = tmp_path / "losses.png"
    _epochs(LossCurves(path), [{"d_loss": 1.0}, {"d_loss": 2.0, "fid": 7.0}])
    _epochs(LossCurves(path), [{"g_loss": float("nan")}], first=2)
    assert (tmp_path / "losses.csv").read_text() == "epoch,d_loss,fid,g_loss\n1,1.0,,\n2,2.0,7.0,\n3,,,nan\n"


def test_values_that_are_not_finite_or_not_numbers_draw_without_a_warning(tmp_path):
    values = [float("nan"), float("inf"), 1.0]
    _epochs(LossCurves(tmp_path / "losses.png"), [{"d_loss": value, "name": "text"} for value in values])
    assert "name" not in (tmp_path / "losses.csv").read_text()


def test_logs_without_a_loss(tmp_path):
    _epochs(LossCurves(tmp_path / "curves.png"), [{"fid": 3.0}])
    assert _table(tmp_path / "curves.csv") == [{"epoch": 1, "fid": 3.0}]


def test_pyplot_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    _epochs(LossCurves(tmp_path / "losses.png"), [{"d_loss": 1.0}])
    assert (tmp_path / "losses.png").exists()


def test_a_full_disk_costs_one_warning(tmp_path, make_gan, train, full_disk):
    curves = LossCurves(tmp_path / "losses.png")
    train(make_gan(), [curves], epochs=1)
    picture = (tmp_path / "losses.png").read_bytes()
    full_disk()
    with pytest.warns(UserWarning, match=r"without the newest curves in .*No space left on device") as caught:
        history = train(make_gan(), [curves], epochs=3)
    assert len(caught) == 1
    assert len(history.history["d_loss"]) == 3
    assert (tmp_path / "losses.png").read_bytes() == picture


def test_every_failure_after_the_first_is_quiet_but_a_later_write_may_succeed(tmp_path, monkeypatch):
    curves = LossCurves(tmp_path / "losses.png")
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.write_bytes", _raises(OSError("disk")))
        with pytest.warns(UserWarning, match="disk") as caught:
            _epochs(curves, [{"d_loss": 1.0}, {"d_loss": 2.0}])
    assert len(caught) == 1
    curves.on_epoch_end(2, {"d_loss": 3.0})
    assert [row["d_loss"] for row in _table(tmp_path / "losses.csv")] == [1.0, 2.0, 3.0]


def _raises(error):
    def write(path, content):
        raise error

    return write


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "epoch,d_loss\n1,much\n", "epoch,d_loss\n1,2,3\n"])
def test_a_table_of_somebody_else_is_not_continued(tmp_path, text):
    (tmp_path / "losses.csv").write_text(text)
    curves = LossCurves(tmp_path / "losses.png")
    curves.on_train_begin()
    with pytest.raises(ValueError, match=r"cannot be continued, .*Received: file='.*losses.csv'"):
        curves.on_epoch_begin(1)


def test_a_path_that_is_no_png(tmp_path):
    with pytest.raises(ValueError, match=r"`path` must end in .png. Received: path='.*losses.pdf'"):
        LossCurves(tmp_path / "losses.pdf")


@pytest.mark.parametrize("path", ["", None, 5, "gs://bucket/losses.png"])
def test_a_path_that_is_not_local(path):
    with pytest.raises(ValueError, match=re.escape(f"Received: path={path!r}")):
        LossCurves(path)


def test_a_path_that_cannot_be_written_is_an_error_at_once(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=r"written in the directory of `path` .*Received: path='.*/file/losses.png'"):
        LossCurves(tmp_path / "file" / "losses.png")


def test_leftovers_of_a_name_with_the_signs_of_a_pattern_are_removed(tmp_path):
    curves = LossCurves(tmp_path / "a[1].png")
    for name in (".a[1].png.1.01234567.tmp", ".a[1].csv.1.01234567.tmp"):
        (tmp_path / name).touch()
    curves.on_train_begin()
    assert list(tmp_path.iterdir()) == []
