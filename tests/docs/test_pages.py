"""The Python of the documentation runs, from the top of each page to its bottom."""

import json
import re
from pathlib import Path

import pytest

import keras_gan

DOCS = Path(__file__).parents[2] / "docs"
NOTEBOOKS = sorted(path.stem for path in (DOCS / "notebooks").glob("*.ipynb"))
_PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
# The others are notebooks, which run in full.
PAGES = sorted(
    path.stem for path in DOCS.glob("*.md") if _PYTHON.search(path.read_text()) and path.stem not in NOTEBOOKS
)
# What these do is checked, but elsewhere: here they would take seconds each.
LONG = ("from_keras_io", "health", "index", "little_data", "pretrained", "resume")


def _run(blocks, name):
    session = {"__name__": "page"}
    for number, block in enumerate(blocks):
        exec(compile(block, f"{name}, Python block {number}", "exec"), session)
    return session


@pytest.fixture
def short_training(monkeypatch, tmp_path):
    """Each `fit` takes three steps at most, of networks as small as can be, untraced."""
    fit, compile_ = keras_gan.training.AdversarialModel.fit, keras_gan.training.AdversarialModel.compile
    dcgan = keras_gan.networks.dcgan

    def short_fit(self, *data, epochs, steps_per_epoch=None, **options):
        return fit(self, *data, epochs=min(epochs, 3), steps_per_epoch=1, **options | {"verbose": 0})

    def compile_eagerly(self, *optimizers, **options):
        return compile_(self, *optimizers, **options | {"run_eagerly": True, "jit_compile": "auto"})

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(keras_gan.training.AdversarialModel, "fit", short_fit)
    monkeypatch.setattr(keras_gan.training.AdversarialModel, "compile", compile_eagerly)
    monkeypatch.setattr(keras_gan.networks, "dcgan", lambda **options: dcgan(**options | {"width": 4}))


@pytest.mark.parametrize("page", [pytest.param(p, marks=pytest.mark.long) if p in LONG else p for p in PAGES])
def test_the_code_of_a_page_runs(page, short_training):
    _run(_PYTHON.findall((DOCS / f"{page}.md").read_text()), f"{page}.md")


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:.*samples against .* real images:UserWarning")
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_in_full(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    notebook = json.loads((DOCS / "notebooks" / f"{name}.ipynb").read_text())
    assert all(cell["outputs"] == [] for cell in notebook["cells"] if cell["cell_type"] == "code")
    session = _run(["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"], f"{name}.ipynb")
    _CHECKS[name](session, tmp_path)


def _has_learnt_digits(session, directory):
    result = session["evaluator"].compare(session["gan"], session["test"])["frechet_distance"]
    assert result.value < 60.0
    assert (directory / "runs/first/snapshots.gif").is_file()
    assert (directory / "saved_models/first/1/saved_model.pb").is_file()


def _was_watched(session, directory):
    run = directory / "runs/own_pictures"
    assert session["history"].history["health/diversity"][-1] > 0.3
    assert (run / "best.keras").is_file()
    assert (run / "losses.png").is_file()


def _copies_pictures_through_normal_codes(session, directory):
    assert session["codes"].std(axis=0) == pytest.approx(1.0, abs=0.35)
    assert session["codes"].mean(axis=0) == pytest.approx(0.0, abs=0.35)


_CHECKS = {
    "first_afternoon": _has_learnt_digits,
    "own_pictures": _was_watched,
    "own_model": _copies_pictures_through_normal_codes,
}
