"""Runs next to each other and one by itself: the table has what their files hold, and the page shows it."""

import html.parser
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from absl.testing import flagsaver
from PIL import Image

from keras_gan.callbacks import LossCurves
from keras_gan.metrics import Report, Result
from keras_gan_cli import recorded_run, run_page, run_tables


@pytest.fixture(scope="module")
def compare(load_command):
    """The module."""
    module = load_command("compare")
    with flagsaver.flagsaver():
        module.FLAGS(["compare"])
        yield module


@pytest.fixture
def report(monkeypatch):
    """The module, whose flag has its default."""
    from keras_gan_cli import report as module

    monkeypatch.setattr(module, "FLAGS", type("Flags", (), {"out": None}))
    return module


def a_run(path, *, losses=(1.5, 1.25, 1.0), distances=(), flags="--gan=LSGAN\n--flip\n--steps_per_epoch=50\n"):
    """Write what a run leaves."""
    path.mkdir(parents=True)
    rows = [f"{epoch},{loss},{100 * epoch},0.5" for epoch, loss in enumerate(losses, 1)]
    (path / "losses.csv").write_text("\n".join(["epoch,d_loss,images_per_second,health/diversity", *rows, ""]))
    for epoch, (value, images) in enumerate(distances, 1):
        protocol = {"extractor": "digits", "extractor_hash": "ab", "resize": "none", "num_real": images}
        result = Result(name="frechet_distance", value=value, better="lower", floor=2.5, num_fake=100, **protocol)
        Report([result]).save(path / f"evaluation_{epoch:04d}.json")
    (path / "flags.txt").write_text(f"# a comment\n{flags}--run_dir={path}\n")
    return path


@pytest.fixture
def runs(tmp_path):
    """Two runs that differ in a flag, in length and in what was measured."""
    first = a_run(tmp_path / "first", distances=[(30.0, 100), (10.0, 100), (float("nan"), 100), (1.0, 100)])
    longer = a_run(tmp_path / "longer", losses=(1.5, 0.5), flags="--gan=WGANGP\n--noflip\n--steps_per_epoch=100\n")
    (first / "health.json").write_text(json.dumps([{"step": 25, "warnings": ["collapse <b>"], "illnesses": []}]))
    (first / "samples").mkdir()
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(first / "samples" / "epoch_0003.png")
    return first, longer


def table_in(text):
    """The rows of a table in Markdown, a dict of their first cells to the others."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return {first: others for first, *others in rows}


class Page(html.parser.HTMLParser):
    """Reads a page: its words, and the alternative texts of its pictures."""

    def __init__(self, path):
        super().__init__()
        self.words, self.pictures = [], []
        self.feed(path.read_text())
        self.text = " ".join(self.words)

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            assert dict(attrs)["src"].startswith("data:image/png;base64,")
            self.pictures.append(dict(attrs)["alt"])

    def handle_data(self, data):
        self.words.append(data)


def test_the_table_has_the_flags_that_differ_and_the_results(compare, runs, tmp_path, capsys):
    compare.compare([str(path) for path in runs], tmp_path / "out" / "page.html")
    rows = table_in(capsys.readouterr().out)
    assert rows[""] == ["first", "longer"]
    assert rows["--gan"] == ["LSGAN", "WGANGP"]
    assert rows["--flip"] == ["yes", "no"]
    assert rows["steps trained"] == ["150", "200"]
    assert rows["last d_loss"] == ["1", "0.5"]
    # The third one is no number, and the fourth one is of an epoch that the run has gone back from.
    assert rows["frechet distance ↓, best"] == ["10 in epoch 2", "-"]
    assert rows["frechet distance ↓, real images"] == ["2.5", "-"]
    assert rows["images a second"] == ["200", "150"]
    assert rows["warnings"] == ["1", "0"]
    assert "--run_dir" not in rows


def test_the_page_shows_the_table_the_curves_the_warnings_and_the_samples(compare, runs, tmp_path, capsys):
    compare.compare([str(path) for path in runs], tmp_path / "page.html")
    page = Page(tmp_path / "page.html")
    assert page.pictures == ["Curves over training steps", "Samples of first"]
    assert "first and longer" in page.words
    for words in ("WGANGP", "10 in epoch 2", "Step 25: collapse <b>", "epoch_0003.png"):
        assert words in page.text
    assert not list(tmp_path.glob(".*"))


def test_curves_are_over_epochs_if_a_run_does_not_say_how_long_they_are(runs, tmp_path):
    old = a_run(tmp_path / "old", flags="")
    read = [recorded_run.read_run(path, path.name) for path in (*runs, old)]
    assert table_in(run_tables.markdown(run_tables.results(read)))["epochs trained"] == ["3", "2", "3"]
    run_page.write(tmp_path / "page.html", "three", read, [["a"], ["b"]], [])
    assert Page(tmp_path / "page.html").pictures[0] == "Curves over epochs"


def test_the_table_of_the_callback_is_read(tmp_path):
    curves = LossCurves(tmp_path / "losses.png")
    curves.on_train_begin()
    curves.on_epoch_begin(0)
    curves.on_epoch_end(0, {"d_loss": 1.25, "g_loss": 0.1})
    assert recorded_run.read_curves(tmp_path / "losses.csv") == {1: {"d_loss": 1.25, "g_loss": 0.1}}


def test_a_picture_has_the_curves_alone(compare, runs, tmp_path, capsys):
    with flagsaver.flagsaver(out=str(tmp_path / "curves.png")):
        compare.main(["compare", *map(str, runs)])
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.width == 1760


def test_values_of_different_protocols_are_named(runs, tmp_path):
    other = a_run(tmp_path / "other", distances=[(20.0, 50)])
    read = [recorded_run.read_run(path, path.name) for path in (runs[0], other)]
    assert run_tables.notes(read)[0].startswith("The values of frechet distance cannot be compared")
    assert not any("cannot be compared" in note for note in run_tables.notes(read[:1]))


@pytest.mark.parametrize("better, best", [("lower", 1), ("higher", 3), ("near 1", 2)])
def test_the_best_value_is_the_one_of_its_direction(better, best):
    values = {1: 0.25, 2: 0.9, 3: 3.0, 4: float("inf")}
    measured = {epoch: recorded_run.Measurement(value, better, None, ()) for epoch, value in values.items()}
    run = recorded_run.RecordedRun("a", None, {}, {}, {"m": measured}, [])
    assert run.best("m")[0] == best


def test_a_report_shows_all_settings_of_one_run(report, runs, capsys):
    report.main(["report", str(runs[0])])
    assert table_in(capsys.readouterr().out)["steps trained"] == ["150"]
    page = Page(runs[0] / "report.html")
    assert page.words.count("first") >= 2
    for words in ("--steps_per_epoch", "collapse <b>", "10 in epoch 2"):
        assert words in page.text


def test_cells_with_bars_stay_cells():
    assert run_tables.markdown([["", "a|b"]]).splitlines()[0] == "|     | a\\|b |"


def spoil(name, content):
    return lambda path: (path / name).write_text(content)


@pytest.mark.parametrize(
    "harm, message",
    [
        (lambda path: (path / "losses.csv").unlink(), "a run that has trained an epoch, with its losses.csv"),
        (spoil("losses.csv", "step,d_loss\n1,2\n"), "This is no table of losses that keras_gan wrote"),
        (spoil("losses.csv", "epoch,d_loss\n1,2,3\n"), "This is no table of losses that keras_gan wrote"),
        (spoil("losses.csv", "epoch,d_loss\n"), "The table of losses has no epoch yet"),
        (spoil("health.json", "[{"), "This file is damaged.*health.json"),
        (spoil("health.json", "[1]"), "This file is damaged.*health.json"),
        (spoil("evaluation_0001.json", '{"a": 1}'), "This file is damaged.*evaluation_0001.json"),
    ],
)
def test_a_damaged_run_is_named_in_one_line(compare, runs, capsys, harm, message):
    harm(runs[0])
    with pytest.raises(SystemExit) as stop:
        compare.main(["compare", *map(str, runs)])
    assert re.match(f"Error: .*{message}", stop.value.code)
    assert "\n" not in stop.value.code


@pytest.mark.parametrize(
    "names, message",
    [
        ([], "Name from 2 to 12 runs, .*Received: none"),
        (["first"], "keras_gan report shows one. Received: "),
        (["first", "first"], "Name each run once"),
        (["first", "nowhere"], "Expected the directory of a run"),
    ],
)
def test_the_runs_must_be_there(compare, runs, tmp_path, names, message):
    with pytest.raises(SystemExit, match=f"Error: .*{message}"):
        compare.main(["compare", *(str(tmp_path / name) for name in names)])


def test_runs_are_compared_without_tensorflow(runs, tmp_path):
    names = "tensorflow", "keras", "keras_gan"
    arguments = ["keras_gan", "compare", *map(str, runs), f"--out={tmp_path / 'page.html'}"]
    code = f"""
import sys
sys.modules.update(dict.fromkeys({names}))
sys.argv = {arguments}
from keras_gan_cli.main import main
main()
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, capture_output=True)
    assert (tmp_path / "page.html").exists()
