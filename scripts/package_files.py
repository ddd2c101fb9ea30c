"""Check that a wheel and an sdist hold every file of the package, and nothing else that would be installed."""

import pathlib
import sys
import tarfile
import zipfile

PACKAGES = ("keras_gan", "keras_gan_cli")


def main(wheel, sdist):
    """Compare the two archives with the package in this repository."""
    root = pathlib.Path(__file__).parents[1]
    files = {path for name in PACKAGES for path in (root / name).rglob("*") if path.is_file()}
    wanted = {path.relative_to(root).as_posix() for path in files if "__pycache__" not in path.parts}
    in_wheel = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    _check("wheel", wanted, in_wheel)
    _check(
        "sdist", wanted | {"LICENSE", "README.md", "CHANGELOG.md", "setup.cfg", "pyproject.toml"}, in_sdist, more=True
    )
    print(f"Both hold the {len(wanted)} files of the package")


def _check(archive, wanted, found, *, more=False):
    if wanted - found:
        sys.exit(f"The {archive} lacks {sorted(wanted - found)}")
    if found - wanted and not more:
        sys.exit(f"The {archive} has more than the package: {sorted(found - wanted)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
