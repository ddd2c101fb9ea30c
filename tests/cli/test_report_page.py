"""The report: what is given to it is on the page, as a picture and as HTML, and nothing is loaded from elsewhere."""

import base64
import csv
import dataclasses
import html.parser
import io
import types

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from keras_gan.callbacks import LossCurves
from keras_gan.metrics import Result, nearest_neighbours

RED, GREEN, BLUE, YELLOW = (1, -1, -1), (-1, 1, -1), (-1, -1, 1), (1, 1, -1)
RESULT = Result(
    name="frechet_distance",
    value=5.5,
    better="lower",
    interval=(5.25, 6.0),
    floor=1.125,
    extractor="a<b>&c",
    extractor_hash="0123456789abcdef",
    resize="clean",
    num_real=10_000,
    num_fake=2_500,
    seed=3,
    warnings=("few images",),
)


@pytest.fixture(scope="module")
def report_page(load_command):
    """The module."""
    return load_command("report_page")


def plain(colour, count):
    """Images of one colour, float in [-1, 1]."""
    return np.full((count, 8, 8, 3), colour, np.float32)


def neighbours(indices):
    """What `nearest_neighbours` returns, with distances that tell the ranks apart."""
    indices = np.array(indices)
    return types.SimpleNamespace(distances=0.5 + np.arange(indices.size).reshape(indices.shape), indices=indices)


def content(**changes):
    """Arguments of `write_report`, small ones."""
    bare = {
        "title": "mine against theirs",
        "results": [RESULT],
        "samples": plain(RED, 2),
        "real_images": np.concatenate([plain(BLUE, 1), plain(GREEN, 1)]),
        "neighbours": neighbours([[1, 0], [1, 0]]),
    }
    return {**bare, **changes}


class Page(html.parser.HTMLParser):
    """Reads a page: its text, its pictures by their alternative text, and whether its tags are closed."""

    def __init__(self, path):
        super().__init__()
        self.source, self.words, self.pictures, self.open, self.attributes = path.read_text(), [], {}, [], []
        self.feed(self.source)
        self.close()
        self.text = " ".join(self.words)

    def handle_starttag(self, tag, attrs):
        self.attributes += attrs
        if tag == "img":
            scheme, _, encoded = dict(attrs)["src"].partition(",")
            assert scheme == "data:image/png;base64"
            self.pictures[dict(attrs)["alt"]] = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))
        elif tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data.strip())


def share_of(picture, colour):
    """The share of a picture's pixels that have just this colour."""
    return np.mean((picture == np.array(colour) * 127.5 + 127.5).all(axis=-1))


def test_the_page_says_what_the_results_say(report_page, tmp_path):
    other = dataclasses.replace(RESULT, name="recall", value=0.25, better="higher", interval=None, floor=None)
    _, path = report_page.write_report(tmp_path / "made", **content(results=[RESULT, other]))
    page = Page(path)
    assert page.open == []
    cells = " ".join(page.text.split())
    assert "frechet distance ↓ 5.5 5.25 to 6 1.125 2,500 10,000 a<b>&c" in cells
    assert "recall ↑ 0.25 2,500 10,000" in cells
    assert str(RESULT) in page.text
    assert page.text.count("Few images.") == 1


def test_what_is_given_is_escaped(report_page, tmp_path):
    title = '<script src="x">$a$ & "b"'
    _, path = report_page.write_report(
        tmp_path, **content(title=title, class_samples={'"><b>': plain(BLUE, 1), "&amp;": plain(RED, 1)})
    )
    page = Page(path)
    assert "<script" not in page.source
    assert title in page.words
    assert {'"><b>', "&amp;"} <= page.pictures.keys()


def test_the_page_loads_nothing(report_page, tmp_path):
    _, path = report_page.write_report(tmp_path, **content(curves=[{"epoch": 1, "d_loss": 1.0}]))
    page = Page(path)
    assert not {"href", "srcset", "action", "data"} & {name for name, _ in page.attributes}
    assert not any(word in page.source for word in ("http", "url(", "@import", "<script"))


def test_each_sample_stands_above_its_own_neighbours(report_page, tmp_path):
    real_images = np.random.default_rng(0).uniform(-1, 1, (5, 8, 8, 1)).astype(np.float32)
    samples = real_images[[3, 0, 4]] * 0.98
    found = nearest_neighbours(samples.reshape(3, -1), real_images.reshape(5, -1), num_neighbours=2)
    assert found.indices[:, 0].tolist() == [3, 0, 4]
    _, path = report_page.write_report(tmp_path, **content(samples=samples, real_images=real_images, neighbours=found))
    page = Page(path)
    for label, images in (
        ("samples", samples),
        ("real, nearest", real_images[[3, 0, 4]]),
        ("real, 2nd", real_images[found.indices[:, 1]]),
    ):
        cells = np.split(page.pictures[label][1:, 1:].astype(float), 3, axis=1)
        for cell, image in zip(cells, images, strict=True):
            # Eight pixels are enlarged eight times, and a line parts the images.
            np.testing.assert_allclose(cell[:64:8, :64:8], (image[..., 0] + 1) * 127.5, atol=0.51)
    assert all(f"{distance:.3g}" in page.words for distance in found.distances[:, 0])


def test_every_part_is_in_the_picture(report_page, tmp_path):
    picture, _ = report_page.write_report(
        tmp_path,
        **content(
            class_samples={"blue": plain(BLUE, 2)},
            interpolation=np.stack([plain(YELLOW, 3)] * 2),
            samples=plain(RED, 2),
        ),
    )
    with Image.open(picture) as opened:
        pixels = np.asarray(opened.convert("RGB"))
    # One row of samples, one of their nearest neighbours and one of the second, which are blue as the class is.
    assert share_of(pixels, RED) > 0.015
    assert share_of(pixels, GREEN) == pytest.approx(share_of(pixels, RED), rel=0.02)
    assert share_of(pixels, BLUE) == pytest.approx(2 * share_of(pixels, RED), rel=0.02)
    assert share_of(pixels, YELLOW) == pytest.approx(3 * share_of(pixels, RED), rel=0.02)
    assert pixels[0].min() == pixels[:, 0].min() == pixels[:, -1].min() == pixels[-1].min() == 255


def test_parts_that_are_not_given_are_left_out(report_page, tmp_path):
    small, path = report_page.write_report(tmp_path / "small", **content())
    page = Page(path)
    assert list(page.pictures) == ["samples", "real, nearest", "real, 2nd"]
    assert not {"Samples by class", "From one latent to another", "Training"} & set(page.words)
    curves = [{"epoch": 1, "d_loss": 1.0}]
    large, path = report_page.write_report(tmp_path / "large", **content(curves=curves))
    assert {"Training", "Over epochs."} <= set(Page(path).words)
    with Image.open(small) as before, Image.open(large) as after:
        assert after.height > before.height
        assert after.width == before.width


@pytest.mark.parametrize(
    "row", [{"d_loss": "1"}, {"epoch": "", "d_loss": "1"}, {"epoch": "1", "d_loss": "low"}, {"epoch": "1", None: ["2"]}]
)
def test_curves_without_an_epoch_are_refused_before_anything_is_drawn(report_page, tmp_path, row):
    with pytest.raises(ValueError, match=r"a whole number in the column `epoch`.* Received: row 2 is {"):
        report_page.write_report(tmp_path / "out", **content(curves=[{"epoch": "1"}, row]))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("directory", ["gs://bucket/out", "", None])
def test_a_directory_that_is_not_local(report_page, directory):
    with pytest.raises(ValueError, match=r"Received: directory="):
        report_page.write_report(directory, **content())


def test_the_curves_are_those_that_the_callback_keeps(report_page, tmp_path):
    callback = LossCurves(tmp_path / "losses.png")
    callback.on_train_begin()
    for epoch in range(3):
        callback.on_epoch_begin(epoch)
        fid = {"fid": 9.0 - epoch} if epoch != 1 else {}
        callback.on_epoch_end(epoch, {"d_loss": 1.0 + epoch, "r1": 0.5, "health/norm": 1.0, "g_loss": 2.0, **fid})
    with (tmp_path / "losses.csv").open(newline="") as file:
        curves = list(csv.DictReader(file))
    assert report_page._panels(curves) == [
        [("d_loss", [1, 2, 3], [1.0, 2.0, 3.0]), ("g_loss", [1, 2, 3], [2.0, 2.0, 2.0])],
        [("r1", [1, 2, 3], [0.5, 0.5, 0.5])],
        [("fid", [1, 3], [9.0, 7.0])],
    ]
    _, path = report_page.write_report(tmp_path, **content(curves=curves))
    drawn = Page(path).pictures["Curves over epochs"]
    for colour in ("2f6db3", "cf5a37"):
        assert (drawn[..., :3] == list(bytes.fromhex(colour))).all(axis=-1).sum() > 100


@pytest.mark.long
def test_what_is_too_much_for_a_page_is_cut(report_page, tmp_path):
    curves = [{"epoch": 1, **{f"metric_{number}": 1.0 for number in range(30)}}]
    _, path = report_page.write_report(
        tmp_path,
        **content(
            samples=plain(RED, 40),
            neighbours=neighbours([[1]] * 40),
            class_samples={f"class {number}": plain(BLUE, 20 if number else 3) for number in range(17)},
            curves=curves,
        ),
    )
    page = Page(path)
    columns = {label: picture.shape[1] // 65 for label, picture in page.pictures.items() if label[0] in "srcl"}
    assert columns["samples"] == columns["real, nearest"] == 12
    assert columns["class 0"] == columns["class 15"] == 3
    assert "class 16" not in columns
    assert "Each row is one class, the first 16 of 17." in page.words
    assert len(report_page._panels(curves)) == 8


@pytest.mark.parametrize("channels", [2, 4])
def test_of_other_channels_the_mean_is_drawn(report_page, tmp_path, channels):
    samples = np.linspace(-1, 1, channels * 2, dtype=np.float32).reshape(2, 1, 1, channels).repeat(8, 1).repeat(8, 2)
    _, path = report_page.write_report(
        tmp_path, **content(samples=samples, real_images=samples, neighbours=neighbours([[0], [1]]))
    )
    strip = Page(path).pictures["samples"]
    np.testing.assert_allclose(strip[30, [30, 95]], 127.5 * (samples[:, 0, 0].mean(axis=-1) + 1), atol=0.51)


def test_files_are_replaced_as_a_whole(report_page, tmp_path, monkeypatch):
    for title in ("first", "second"):
        paths = report_page.write_report(tmp_path, **content(title=title))
        assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert "<h1>second</h1>" in paths[1].read_text()

    def full_disk(self, target):
        raise OSError("no space left")

    monkeypatch.setattr("pathlib.Path.replace", full_disk)
    with pytest.raises(OSError, match="no space left"):
        report_page.write_report(tmp_path, **content(title="third"))
    assert "<h1>second</h1>" in paths[1].read_text()
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_pyplot_keeps_its_figures_to_itself(report_page, tmp_path):
    report_page.write_report(tmp_path, **content(curves=[{"epoch": 1, "d_loss": 1.0}]))
    assert plt.get_fignums() == []


@pytest.mark.parametrize("indices", [[[0]], [[0], [2]], [[-1], [0]], np.zeros((2, 0), int)])
def test_the_neighbours_must_be_those_of_the_samples(report_page, tmp_path, indices):
    with pytest.raises(ValueError, match=r"a row for each sample. Received: 2 samples, 2 real images, .* of shape \("):
        report_page.write_report(tmp_path / "none", **content(neighbours=neighbours(indices)))
    assert not (tmp_path / "none").exists()


def test_a_class_without_samples_is_named(report_page, tmp_path):
    with pytest.raises(ValueError, match=r"leave out those that have none\. Received: no samples of class 'b'"):
        report_page.write_report(tmp_path, **content(class_samples={"a": plain(RED, 2), "b": plain(RED, 0)}))


def test_a_value_that_says_nothing_is_in_brackets_and_the_page_says_why(report_page):
    doubtful = dataclasses.replace(RESULT, name="recall", value=0.5, better="higher", interval=(0.4, 0.7), floor=0.6)
    rows = report_page._table([RESULT, doubtful])
    assert [row[1] for row in rows] == ["value", "5.5", "(0.5)"]
    assert report_page._doubts([RESULT, doubtful]) == ["In brackets, too few images to tell from the floor: recall."]
    assert report_page._doubts([RESULT]) == []
