"""What a result says, and that the disk gives it back."""

import dataclasses
import json
import math

import pytest

from keras_gan.metrics import Report, Result

RESULT = Result(
    name="frechet_distance",
    value=5.5,
    better="lower",
    interval=(5.0, 6.0),
    floor=1.25,
    extractor="net",
    extractor_hash="0123456789abcdef",
    resize="clean",
    num_real=10_000,
    num_fake=2_500,
    split="test",
    seed=3,
    warnings=("few",),
)


def test_a_line_says_everything_that_moves_the_value():
    line = str(RESULT)
    for part in ("frechet_distance 5.5 [5, 6]", "floor 1.25", "lower", "2,500", "10,000", "(test)", "net 01234567"):
        assert part in line
    assert line.endswith("resize clean, seed 3")
    assert "\n" not in line


def test_what_is_not_known_is_left_out():
    bare = dataclasses.replace(RESULT, interval=None, floor=None, split=None)
    assert bare.line().startswith("frechet_distance 5.5 (lower is better): 2,500 samples against 10,000 real images;")


def test_a_result_of_pairs_says_so_and_names_no_features_that_it_has_not():
    pairs = dataclasses.replace(
        RESULT, floor=None, extractor=None, extractor_hash=None, resize=None, num_real=5, num_fake=5, is_paired=True
    )
    pairs = dataclasses.replace(pairs, baseline=9.0)
    expected = "frechet_distance 5.5 [5, 6], copying the input 9 (lower is better): 5 pairs (test); seed 3"
    assert pairs.line() == expected


@pytest.mark.parametrize(
    "better, value, other, is_better",
    [
        ("lower", 1.0, 2.0, True),
        ("lower", 2.0, 1.0, False),
        ("higher", 2.0, 1.0, True),
        ("higher", 1.0, 1.0, False),
        ("near 1", 0.9, 0.5, True),
        # Twice too much is as far as half of it.
        ("near 1", 1.9, 0.5, True),
        ("near 1", 2.1, 0.5, False),
        ("near 1", 0.5, 0.0, True),
        ("near 1", math.nan, 0.5, False),
        ("lower", math.nan, 0.5, False),
    ],
)
def test_which_of_two_values_is_better(better, value, other, is_better):
    assert dataclasses.replace(RESULT, better=better, value=value, interval=None).beats(other) is is_better


def test_a_report_is_a_mapping_with_each_warning_once():
    report = Report([RESULT, dataclasses.replace(RESULT, name="recall", value=0.5)])
    assert list(report) == ["frechet_distance", "recall"]
    assert report.numbers() == {"frechet_distance": 5.5, "recall": 0.5}
    assert str(report).splitlines()[2:] == ["Note: few"]


def test_the_disk_gives_back_an_equal_report(tmp_path):
    bare = dataclasses.replace(RESULT, name="recall", interval=None, floor=None, split=None, warnings=())
    Report([RESULT, bare]).save(tmp_path / "report.json")
    assert dict(Report.load(tmp_path / "report.json")) == {"frechet_distance": RESULT, "recall": bare}
    assert json.loads((tmp_path / "report.json").read_text())["recall"]["value"] == 5.5
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_the_folder_of_a_report_is_made(tmp_path):
    Report([RESULT]).save(tmp_path / "new" / "run" / "report.json")
    assert dict(Report.load(tmp_path / "new" / "run" / "report.json")) == {"frechet_distance": RESULT}


@pytest.mark.parametrize("content", ["", "[]", "{}}", '{"a": 1}', '{"a": {"name": "a"}}'])
def test_another_file_is_no_report(tmp_path, content):
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"`Report.save` did not write this file.*Received: path=.*other.json"):
        Report.load(path)


@pytest.mark.parametrize(
    "better, interval, floor, doubt",
    [
        ("lower", (2.0, 6.0), 1.9, ""),
        ("lower", (2.0, 6.0), 2.1, "too few images to tell from the floor"),
        ("lower", (2.0, 6.0), 7.0, "too few images to tell from the floor"),
        ("higher", (0.2, 0.6), 0.7, ""),
        ("higher", (0.2, 0.6), 0.5, "too few images to tell from the floor"),
        ("higher", (0.2, 0.6), 0.1, "too few images to tell from the floor"),
        ("lower", (-1.0, 6.0), -2.0, ""),
        ("lower", (-1.0, 6.0), None, "too few images to tell from 0"),
        ("lower", (0.1, 6.0), None, ""),
        ("higher", (-1.0, 6.0), None, ""),
        ("lower", None, 9.0, ""),
    ],
)
def test_a_value_that_its_interval_makes_meaningless_says_so(better, interval, floor, doubt):
    result = dataclasses.replace(RESULT, better=better, interval=interval, floor=floor)
    assert result.doubt == doubt
    assert ("too few images" in result.line()) == bool(doubt)
