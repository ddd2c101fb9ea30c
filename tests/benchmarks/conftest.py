"""The benchmarks are scripts: they find their private modules in their own folder."""

import pathlib
import sys

import pytest


@pytest.fixture(scope="package", autouse=True)
def _benchmarks_on_the_path():
    folder = str(pathlib.Path(__file__).parents[2] / "benchmarks")
    sys.path.insert(0, folder)
    yield
    sys.path.remove(folder)
