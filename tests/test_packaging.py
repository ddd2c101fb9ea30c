"""The package declares what it uses, and the tested versions are pinned."""

import ast
import configparser
import functools
import importlib.metadata
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("keras_gan", "keras_gan_cli")

# Declared but not imported by the package: something else fails without it.
USED_UNSEEN = {
    "importlib-resources": "tensorflow-datasets imports it and does not declare it",
    "tensorboard": "tf.summary raises without it",
}


def _normalized(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def _configuration():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def _requirements(text):
    """Distribution -> lowest version, from a list of `name>=version` with comments."""
    lines = [line for line in text.strip().splitlines() if not line.startswith("#")]
    return {_normalized(name): version for name, version in (line.split(">=") for line in lines)}


def _pins():
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    return {_normalized(name): version for name, version in (line.split("==") for line in lines)}


INSTALL = _requirements(_configuration()["options"]["install_requires"])
DEV = _requirements(_configuration()["options.extras_require"]["dev"])
DOCS = _requirements(_configuration()["options.extras_require"]["docs"])
BENCHMARK = _requirements(_configuration()["options.extras_require"]["benchmark"])
ONNX = _requirements(_configuration()["options.extras_require"]["onnx"])
SERVING = _requirements(_configuration()["options.extras_require"]["serving"])
TEXT = _requirements(_configuration()["options.extras_require"]["text"])

# Used instead of something else if they are installed.
INSTEAD = {"ai-edge-litert": "of TensorFlow's own interpreter, which it is to replace"}


@functools.cache
def _imported_distributions(folder):
    """The distributions that the files below a folder import from, keras_gan and the standard library left out."""
    top = {name: _normalized(distributions[0]) for name, distributions in _top_level_names().items()}
    found = set()
    for path in (ROOT / folder).rglob("*.py"):
        # Scripts find their neighbours by their bare names, modules of a package do not.
        packaged = (path.parent / "__init__.py").exists()
        local = set() if packaged else {sibling.stem for sibling in path.parent.glob("*.py")}
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module] if isinstance(node, ast.ImportFrom) else []
            names = {module.split(".")[0] for module in modules}
            # A package that is not installed is known by its import name.
            names -= local | sys.stdlib_module_names | {"keras_gan", "keras_gan_cli"}
            found |= {top.get(name, _normalized(name)) for name in names}
    return found


@functools.cache
def _top_level_names():
    # Several distributions have modules under this name, and here only this one is meant.
    return importlib.metadata.packages_distributions() | {"google": ["protobuf"]}


def _version_tuple(version):
    return tuple(int(part) for part in version.split(".") if part.isdigit())


@pytest.mark.long
@pytest.mark.parametrize(
    ("folder", "extra"),
    [
        ("keras_gan", {**ONNX, **TEXT, **INSTEAD}),
        ("keras_gan_cli", SERVING),
        ("examples", {}),
        ("benchmarks", {**BENCHMARK, **SERVING}),
    ],
)
def test_what_is_imported_is_declared(folder, extra):
    assert _imported_distributions(folder) <= set(INSTALL) | set(extra)


@pytest.mark.long
def test_what_the_tests_import_is_declared():
    assert _imported_distributions("tests") <= set(INSTALL) | set(DEV)


def test_what_is_declared_is_imported():
    imported = _imported_distributions("keras_gan")
    assert set(INSTALL) == (imported - set(ONNX) - set(TEXT) - set(INSTEAD)) | set(USED_UNSEEN)
    assert set(ONNX) | set(TEXT) <= imported
    assert set(SERVING) <= _imported_distributions("keras_gan_cli")


def test_the_tests_have_what_every_extra_has():
    assert {**ONNX, **SERVING, **TEXT}.items() <= DEV.items()


def test_tensorflow_datasets_still_needs_importlib_resources_without_saying_so():
    tfds = importlib.metadata.distribution("tensorflow-datasets")
    declared = [line for line in tfds.requires if line.startswith("importlib_resources")]
    assert all('python_version < "3.9"' in line for line in declared)
    builder = Path(tfds.locate_file("tensorflow_datasets/core/dataset_builder.py")).read_text()
    assert "import importlib_resources" in builder


def test_summaries_still_need_tensorboard_without_saying_so():
    assert not any(line.startswith("tensorboard") for line in importlib.metadata.requires("tensorflow"))


@pytest.mark.parametrize("name", sorted(INSTALL | DEV | DOCS))
def test_what_is_declared_is_pinned_within_its_bounds(name):
    assert _version_tuple(_pins()[name]) >= _version_tuple((INSTALL | DEV | DOCS)[name])


def test_the_tool_that_builds_the_package_is_pinned_within_its_bounds():
    lowest = re.search(r'requires = \["setuptools>=(\d+)"\]', (ROOT / "pyproject.toml").read_text()).group(1)
    assert _version_tuple(_pins()["setuptools"]) >= _version_tuple(lowest)


def test_the_package_is_typed_and_complete():
    packages = {path.parent.relative_to(ROOT) for name in PACKAGES for path in (ROOT / name).rglob("*.py")}
    assert all((ROOT / package / "__init__.py").is_file() for package in packages), "a folder that no wheel would hold"
    assert (ROOT / "keras_gan" / "py.typed").is_file()
    patterns = _configuration()["options.package_data"]["keras_gan"].split()
    data = {path for pattern in patterns for path in (ROOT / "keras_gan").glob(pattern)}
    kept = {path for path in (ROOT / "keras_gan").rglob("*.*") if path.suffix not in {".py", ".pyc"} and path.is_file()}
    assert data == kept


def test_the_version_is_the_newest_in_the_changelog_and_the_one_to_cite():
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE).group(1)
    version = re.search(r'__version__ = "(.*)"', (ROOT / "keras_gan" / "_version.py").read_text()).group(1)
    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE).group(1)
    assert version == newest == cited
