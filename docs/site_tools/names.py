"""The public names of the package, read from its source without importing it."""

import ast
import functools
from pathlib import Path

ROOT = Path(__file__).parents[2]
# The page of the models, which both the root and `keras_gan.gans` export. The other pages are subpackages.
MODELS = "models"


def public_names():
    """Return every public class, function and constant by its page: a dict of page to list of full names."""
    root = _exports("keras_gan")
    rooms = [name for name in root if (ROOT / "keras_gan" / name / "__init__.py").is_file()]
    # A function that the root exports, too, is on the page of its subpackage.
    models = [name for name in root if name in _exports("keras_gan.gans")]
    bases = [name for name in _exports("keras_gan.gans") if name not in models]
    pages = {MODELS: [f"keras_gan.{name}" for name in models] + [f"keras_gan.gans.{name}" for name in bases]}
    for room in sorted(set(rooms) - {"gans"}):
        pages[room] = [f"keras_gan.{room}.{name}" for name in _exports(f"keras_gan.{room}")]
    return pages


def package_of(page):
    """Return the package whose docstring introduces a page."""
    return f"keras_gan.{'gans' if page == MODELS else page}"


def docstring(package):
    """Return the docstring of a package."""
    return ast.get_docstring(_source(package))


def summary(full_name):
    """Return the first line of a public name's docstring; None for a constant."""
    package, _, name = full_name.rpartition(".")
    for node in _source(package).body:
        if isinstance(node, ast.ImportFrom) and name in [alias.name for alias in node.names]:
            return summary(f"{node.module}.{name}")
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return ast.get_docstring(node).partition("\n")[0]
    return None


def _exports(package):
    """The list `__all__` of a package."""
    (names,) = (
        node.value
        for node in _source(package).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    return ast.literal_eval(names)


@functools.cache
def _source(module):
    path = ROOT.joinpath(*module.split("."))
    return ast.parse((path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text())
