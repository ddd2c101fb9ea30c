"""Imports go one way through the package, and importing it is cheap."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "keras_gan"

# What each subpackage may import of the others. A new subpackage needs a line here.
ALLOWED = {
    "augmentation": set(),
    "callbacks": {"layers", "training"},
    "data": {"layers"},
    "export": {"callbacks", "layers", "training"},
    "gans": {"augmentation", "layers", "losses", "masks", "penalties", "schedules", "training"},
    "latents": {"callbacks", "training"},
    "layers": set(),
    "losses": set(),
    "masks": set(),
    "metrics": set(),
    "networks": {"layers"},
    "penalties": {"augmentation"},
    "presets": {"augmentation", "data", "gans", "networks", "penalties"},
    "pretrained": {"training"},
    "schedules": set(),
    "training": {"augmentation", "layers", "penalties"},
    "transfer": {"layers", "training"},
}
SUBPACKAGES = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))
ROOT_MODULES = sorted(path for path in ROOT.glob("*.py") if path.name != "__init__.py")
SOURCES = sorted(ROOT.rglob("*.py"))


def _label(path):
    return str(path.relative_to(ROOT))


def _imported_names(source):
    """Every name that a module imports, in full: `from a.b import c` is `a.b.c`."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"a relative import in line {node.lineno}: write it in full"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def _own_imports(source):
    """What a module imports of keras_gan, each name without the `keras_gan` in front and split at its dots."""
    return [name.split(".")[1:] for name in _imported_names(source) if name.split(".")[0] == "keras_gan"]


def test_imports_are_read_wherever_they_stand():
    source = """
import numpy as np
import keras_gan.data._images as images
def late():
    from keras_gan import gans
    from keras_gan.layers import A
"""
    assert _own_imports(source) == [["data", "_images"], ["gans"], ["layers", "A"]]


def test_each_subpackage_has_a_rule():
    assert set(SUBPACKAGES) <= set(ALLOWED)


@pytest.mark.parametrize("subpackage", SUBPACKAGES)
def test_a_subpackage_imports_only_what_stands_before_it(subpackage):
    allowed = ALLOWED[subpackage] | {subpackage}
    for path in sorted((ROOT / subpackage).rglob("*.py")):
        for first, *_ in _own_imports(path.read_text()):
            assert first.startswith("_") or first in allowed, f"{_label(path)} imports keras_gan.{first}"


@pytest.mark.parametrize("path", SOURCES, ids=_label)
def test_private_modules_stay_within_their_subpackage(path):
    home = path.relative_to(ROOT).parts[0]
    for first, *rest in _own_imports(path.read_text()):
        # Shared modules such as keras_gan._random are private to the package, not to one part of it.
        if first != home and not first.startswith("_"):
            assert not any(name.startswith("_") for name in rest), f"keras_gan.{first}.{'.'.join(rest)} is private"


@pytest.mark.parametrize("path", ROOT_MODULES, ids=_label)
def test_the_modules_that_all_share_import_no_subpackage(path):
    assert path.name.startswith("_"), "a public module belongs in a subpackage"
    assert all(first.startswith("_") for first, *_ in _own_imports(path.read_text()))


def test_the_command_is_imported_by_its_entry_point_alone():
    users = [
        _label(path) for path in SOURCES if any("keras_gan_cli" in name for name in _imported_names(path.read_text()))
    ]
    assert users == ["__main__.py"]


def test_importing_the_package_brings_nothing_that_only_some_need():
    # Keras imports parts of matplotlib and scikit-learn if they are installed.
    program = """
import sys, keras
before = set(sys.modules)
import keras_gan
print(*sorted({"tensorflow_datasets", "matplotlib.pyplot", "sklearn.datasets"} & (set(sys.modules) - before)))
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.split() == []


@pytest.mark.parametrize("path", SOURCES, ids=_label)
def test_pyplot_is_left_to_the_user(path):
    assert not any(name.startswith("matplotlib.pyplot") for name in _imported_names(path.read_text()))
