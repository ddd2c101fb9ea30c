"""`__all__` lists what is public, and docstrings describe it completely."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import keras
import pytest

import keras_gan

ROOT = Path(keras_gan.__file__).parent
SUBPACKAGES = [f"keras_gan.{path.parent.name}" for path in sorted(ROOT.glob("*/__init__.py"))]
# Such as keras_gan.callbacks.health, which its parent exports: it follows the same rules.
NESTED = sorted(".".join(path.relative_to(ROOT.parent).parts[:-1]) for path in ROOT.glob("*/*/**/__init__.py"))
PACKAGES = ["keras_gan", *SUBPACKAGES, *NESTED]

WITHOUT_EXAMPLE = {
    "keras_gan.latents.Projection",  # a record: the example of `project` makes one
    "keras_gan.data.ImageData",  # a record: the example of `Source` makes one
    "keras_gan.data.TFDS",  # needs a data set that was prepared on the machine
    "keras_gan.training.Verdict",  # a record: the example of `Critic` makes one
}

_ARGUMENT = re.compile(r"    ((?:\*{0,2}\w+)(?:, \*{0,2}\w+)*)(?: \([^)]*\))?: ")


def _source(package):
    return ast.parse(Path(importlib.import_module(package).__file__).read_text())


def _all_statements(package):
    return [
        node
        for node in _source(package).body
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]
    ]


def _bound_names(package):
    """The names that an `__init__.py` imports or defines."""
    names = set()
    for node in _source(package).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {ast.unparse(target) for target in node.targets}
    return names - {"__all__"}


def _natural(name):
    """Sort key of ruff's RUF022: CONSTANTS, then Classes, then the rest, each with its numbers in numeric order."""
    kind = 0 if name.isupper() else 1 if name[0].isupper() else 2
    return kind, [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def _public_objects():
    """Every public class and function, once, under the name by which it is documented."""
    for package in SUBPACKAGES:
        module = importlib.import_module(package)
        for name in module.__all__:
            if callable(getattr(module, name)):
                yield pytest.param(getattr(module, name), id=f"{package}.{name}")


def _public_callables():
    """The public classes and functions, and the classes' own public methods."""
    for public in _public_objects():
        yield public
        if inspect.isclass(public.values[0]):
            for name, method in vars(public.values[0]).items():
                if inspect.isfunction(method) and not name.startswith("_"):
                    yield pytest.param(method, id=f"{public.id}.{name}")


PUBLIC_OBJECTS = list(_public_objects())
PUBLIC_CALLABLES = list(_public_callables())


def _documented_arguments(docstring):
    """The names in the section "Args:", or None if there is no such section."""
    section = re.search(r"^Args:\n((?:    .*\n|\n)+)", docstring + "\n", re.MULTILINE)
    if section is None:
        return None
    entries = [_ARGUMENT.match(line) for line in section.group(1).splitlines()]
    return [name for entry in entries if entry for name in entry.group(1).split(", ")]


def _accepted_arguments(public):
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    parameters = inspect.signature(public).parameters.values()
    return [stars.get(parameter.kind, "") + parameter.name for parameter in parameters if parameter.name != "self"]


def test_the_sections_are_read_and_names_are_sorted():
    docstring = """One line.

Args:
    a: first:
        more: words.
    b, c (int): two.

    **options: rest.

Raises:
    d: no.
"""
    assert _documented_arguments(docstring) == ["a", "b", "c", "**options"]
    assert sorted(["late", "R10", "Zoo", "R2", "_x"], key=_natural) == ["R2", "R10", "Zoo", "_x", "late"]


@pytest.mark.parametrize("package", PACKAGES)
def test_all_is_one_list_written_out(package):
    (statement,) = _all_statements(package)
    assert ast.literal_eval(statement.value) == importlib.import_module(package).__all__


@pytest.mark.parametrize("package", PACKAGES)
def test_all_is_complete(package):
    names = importlib.import_module(package).__all__
    assert len(names) == len(set(names))
    assert {name for name in _bound_names(package) if name == "__version__" or not name.startswith("_")} == set(names)


@pytest.mark.parametrize("package", PACKAGES)
def test_all_is_sorted(package):
    names = importlib.import_module(package).__all__
    assert names == sorted(names, key=_natural)


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_says_what_it_is_for(package):
    assert importlib.import_module(package).__doc__.splitlines()[0].endswith(".")


def test_the_root_exports_every_subpackage():
    assert {package.split(".")[1] for package in SUBPACKAGES} <= set(keras_gan.__all__)


@pytest.mark.parametrize("package", NESTED)
def test_a_nested_package_exports_what_its_parent_exports_too(package):
    parent = importlib.import_module(package.rpartition(".")[0])
    assert set(importlib.import_module(package).__all__) <= set(parent.__all__)


def test_the_root_exports_every_gan_that_can_be_trained():
    final = {name for name in keras_gan.gans.__all__ if not inspect.isabstract(getattr(keras_gan.gans, name))}
    assert final <= set(keras_gan.__all__)


@pytest.mark.parametrize("public", PUBLIC_CALLABLES)
def test_the_docstring_begins_with_one_line(public):
    first, *rest = public.__doc__.splitlines()
    assert first.endswith((".", "?"))
    assert not rest or not rest[0].strip()


@pytest.mark.parametrize("public", PUBLIC_CALLABLES)
def test_documented_arguments_are_those_of_the_signature(public):
    documented = _documented_arguments(inspect.getdoc(public))
    if documented is not None:
        accepted = _accepted_arguments(public)
        # `**kwargs` of a layer are those of every Keras layer.
        undocumented = {"**kwargs"} if inspect.isclass(public) and issubclass(public, keras.layers.Layer) else set()
        assert documented == [name for name in accepted if name not in undocumented]


@pytest.mark.parametrize("public", PUBLIC_OBJECTS)
def test_every_argument_is_documented(public):
    has_own = not inspect.isclass(public) or "__init__" in vars(public)
    if has_own and _accepted_arguments(public):
        assert _documented_arguments(inspect.getdoc(public)) is not None


@pytest.mark.parametrize("public", PUBLIC_OBJECTS)
def test_there_is_an_example(public, request):
    if inspect.isabstract(public) or request.node.callspec.id in WITHOUT_EXAMPLE:
        return
    assert re.search(r"^Example:\n    >>> ", inspect.getdoc(public), re.MULTILINE)


@pytest.mark.parametrize("public", PUBLIC_OBJECTS)
def test_serialisable_classes_are_registered_under_the_package(public):
    if inspect.isclass(public) and hasattr(public, "get_config") and not inspect.isabstract(public):
        assert keras.saving.get_registered_name(public) == f"keras_gan>{public.__name__}"
