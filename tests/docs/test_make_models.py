"""The page of all models is what its script prints, and the script reads what it should."""

import re
from pathlib import Path

import pytest

import keras_gan

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script(load_script):
    return load_script("docs", "site_tools", "make_models.py")


@pytest.fixture(scope="module")
def rows(script):
    return script.model_rows.ROWS


def test_the_page_is_what_the_script_prints(script):
    assert script.PAGE.read_text() == script.page(), "run `python docs/site_tools/make_models.py`"


def test_every_public_model_has_one_row(script):
    public = {name for name in keras_gan.__all__ if isinstance(getattr(keras_gan, name), type)}
    listed = re.findall(r"^\| `(\w+)`", script.PAGE.read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(public - {"TwoPlayerGAN"})


def test_commands_are_those_of_scripts_that_exist(rows):
    for row in rows.values():
        files = re.findall(r"examples/[\w/]+\.\w+", row.command)
        assert all((ROOT / file).is_file() for file in files)
        # train.py has its flags in another file.
        places = [file.replace("examples/train.py", "keras_gan_cli/train_flags.py") for file in files[:1]]
        sources = "".join((ROOT / place).read_text() for place in places)
        defined = set(re.findall(r'DEFINE_\w+\(\s*"(\w+)"', sources)) | {"flagfile"}
        assert set(re.findall(r"--(\w+)=", row.command)) <= defined, row.command


def test_pictures_exist(rows):
    pictures = {row.picture for row in rows.values()} - {""}
    assert all((ROOT / "docs" / "images" / picture).is_file() for picture in pictures)


RESULTS = """
## A title (2026-11-27, version 0.1.0)

Small ones:

| | share | ms |
|---|---|---|
| cheap | 3.5 [3, 4] | |
| GAN, seed 0 | **2.25** (7%) | 8 |

Large ones:

| large | share |
|---|---|
| cheap | 9 |
| GAN | 1 |

The best has 0.125 of it.

## A title (2026-11-21, version 0.1.0)

| | share |
|---|---|
| GAN | old |
"""


@pytest.fixture
def sections(script, tmp_path, monkeypatch):
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "RESULTS.md").write_text(RESULTS)
    monkeypatch.setattr(script.names, "ROOT", tmp_path)
    return script.results()


def test_of_a_command_that_is_newer_than_a_table_nothing_is_measured(script, rows):
    sections = {"What the commands of the models need": ["| model | GiB |", "|---|---|", "| VAE | 0.5 |"]}
    cells = [script.model_rows.memory("VAE"), script.model_rows.memory("BiGAN"), script.model_rows.minutes("VAE")]
    found = [script._of_the_command(cell, rows[cell.row], sections) for cell in cells]
    assert found == ["0.5", "not measured", "not measured"]
    assert [script._in_words(cell) for cell in ("not measured", "8.5", "6667")] == ["not measured", "8.5", "5 days"]


@pytest.mark.parametrize(
    ("section", "row", "found"),
    [
        ("A title", "cheap", "3.5"),
        ("A title", "GAN", "**2.25**"),
        ("A title/Large", "GAN", "1"),
        ("A title/large", "cheap", "9"),
        ("A title", "text: has ([0-9.]+) of", "0.125"),
    ],
)
def test_a_number_is_that_of_its_cell_in_the_newest_section(script, sections, section, row, found):
    assert script.value(script.model_rows.Cell(section, "share", row), row, sections) == found


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (("Another title", "share", "GAN"), "no section 'Another title'"),
        (("A title", "speed", "GAN"), "no 'speed' of 'GAN'"),
        (("A title", "share", "GA"), "no 'share' of 'GA'"),
        (("A title", "share", "text: is ([0-9])"), "does not say"),
    ],
)
def test_a_cell_that_is_not_there_is_an_error(script, sections, cell, message):
    with pytest.raises(ValueError, match=message):
        script.value(script.model_rows.Cell(*cell), cell[2], sections)
