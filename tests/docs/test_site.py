"""The reference of the site leaves no public name out, and the notebooks are those of the pages."""

import importlib
import importlib.util
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import keras_gan

ROOT = Path(__file__).parents[2]
ROOMS = sorted(path.parent.name for path in (ROOT / "keras_gan").glob("*/__init__.py"))


@pytest.fixture(scope="module")
def pages(load_script):
    return load_script("docs", "site_tools", "pages.py")


@pytest.fixture(scope="module")
def names(pages):
    return pages.names


def _objects(full_names):
    return [getattr(importlib.import_module(name.rpartition(".")[0]), name.rpartition(".")[2]) for name in full_names]


def test_the_reference_has_every_public_name_once(pages, names):
    documented = {
        page: re.findall(r"^::: (\S+)$", pages.reference_page(page, listed), re.MULTILINE)
        for page, listed in names.public_names().items()
    }
    listed = [name for page in documented.values() for name in page]
    assert len(listed) == len(set(listed))
    for room in ROOMS:
        page = names.MODELS if room == "gans" else room
        public = {name: getattr(getattr(keras_gan, room), name) for name in getattr(keras_gan, room).__all__}
        found = dict(
            zip([name.rpartition(".")[2] for name in documented[page]], _objects(documented[page]), strict=True)
        )
        assert found == public
    rest = set(keras_gan.__all__) - {name.rpartition(".")[2] for name in documented[names.MODELS]} - set(ROOMS)
    assert rest == {"__version__", "load_pretrained"}


def test_the_reference_introduces_each_name_by_the_first_line_of_its_docstring(names):
    for page in names.public_names().values():
        for name, documented in zip(page, _objects(page), strict=True):
            first = inspect.getdoc(documented).partition("\n")[0] if callable(documented) else None
            assert names.summary(name) == first


def test_a_package_is_introduced_with_its_examples_as_code(pages, monkeypatch):
    text = "Numbers.\n\nExample:\n    >>> 1 + 1\n    2\n\nThat is all."
    monkeypatch.setattr(pages.names, "docstring", lambda package: text)
    assert pages.reference_page("losses", []).split("\n\n")[1:4] == [
        "`keras_gan.losses`: Numbers.",
        "```pycon\n>>> 1 + 1\n2\n```",
        "That is all.",
    ]


def test_links_of_a_copied_file_lead_to_pages_or_become_text(pages):
    text = (
        "[a](../SECURITY.md), [b](../docs/clusters.md#slurm), [c](setup.cfg), [d](https://keras.io)\n```\n[e](x)\n```\n"
    )
    copied = pages._copied(text, "saved_models/README.md")
    assert copied == "[a](security.md), [b](clusters.md#slurm), c, [d](https://keras.io)\n```\n[e](x)\n```\n"


def test_every_page_is_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text().partition("\nnav:\n")[2]
    listed = re.findall(r"- [^:\n]+: (\S+\.md)$", navigation, re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert {path.name for path in (ROOT / "docs").glob("*.md")} <= set(listed)


def test_the_notebooks_are_those_of_the_pages(load_script):
    made = load_script("docs", "site_tools", "make_notebooks.py")
    assert {path.stem for path in (ROOT / "docs/notebooks").iterdir()} == set(made.PAGES)
    for page in made.PAGES:
        message = "the page has changed: run `python docs/site_tools/make_notebooks.py`"
        assert (ROOT / "docs/notebooks" / f"{page}.ipynb").read_text() == made.notebook(page), message


def test_the_picture_of_the_engine_is_the_one_that_its_script_draws(load_script, tmp_path, monkeypatch):
    script = load_script("docs", "site_tools", "draw_engine.py")
    drawn = script._TARGET.read_text()
    monkeypatch.setattr(script, "_TARGET", tmp_path / "engine.svg")
    script.main()
    assert (tmp_path / "engine.svg").read_text() == drawn


@pytest.mark.long
@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="`make docs` installs MkDocs")
def test_the_site_builds_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(tmp_path)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, timeout=600)
    assert (built.returncode, built.stdout, built.stderr) == (0, "", "")
    losses = (tmp_path / "reference/losses.html").read_text()
    assert 'id="keras_gan.losses.Hinge.discriminator_loss"' in losses
    # Names in docstrings are links, and examples are code.
    assert re.search(r'<a [^>]*href="models.html#keras_gan.WGANGP"', losses)
    assert '<span class="gp">&gt;&gt;&gt; </span>' in losses
    # No page loads anything from another server.
    for page in tmp_path.rglob("*.html"):
        loaded = re.findall(r'<(?:script|img|iframe)[^>]* src="([^"]*)"|<link[^>]* href="([^"]*)"', page.read_text())
        assert [link for pair in loaded for link in pair if link.startswith(("http", "//"))] == []
