#!/usr/bin/env bash
# What must pass before a release: the wheel and the sdist are built, and each is installed into an empty environment
# of each Python and passes scripts/smoke_test.py there. The dependencies are the newest that setup.cfg allows: neither
# constraints.txt nor the environment of the repository is used.
#
#   scripts/release_check.sh                          with python3.11, python3.12 and python3.13, as far as they are there
#   scripts/release_check.sh /path/to/python3.13      with this one
#
# A version of Python that is not there is not skipped: its dependencies must at least resolve.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$PWD/build/release
versions=(3.11 3.12 3.13)

works() { "$1" -c '' 2> /dev/null; }
version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

pythons=("$@")
if ((${#pythons[@]} == 0)); then
    for version in "${versions[@]}"; do
        if works "python$version"; then pythons+=("python$version"); fi
    done
fi
rm -rf "$scratch"
mkdir -p "$scratch"

echo "Building the wheel and the sdist"
"${pythons[0]}" -m venv "$scratch/tools"
"$scratch/tools/bin/python" -m pip install --quiet build
"$scratch/tools/bin/python" -m build --outdir "$scratch/dist" . > "$scratch/build.log" 2>&1 \
    || { tail -20 "$scratch/build.log"; exit 1; }
wheel=$(echo "$scratch"/dist/*.whl)
sdist=$(echo "$scratch"/dist/*.tar.gz)
"$scratch/tools/bin/python" scripts/package_files.py "$wheel" "$sdist"

checked=()
for python in "${pythons[@]}"; do
    version=$(version_of "$python")
    echo "Python $version: installing"
    "$python" -m venv "$scratch/$version"
    pip=("$scratch/$version/bin/python" -m pip install --quiet --disable-pip-version-check)
    "${pip[@]}" "$wheel"
    (cd "$scratch" && "$scratch/$version/bin/python" "$OLDPWD/scripts/smoke_test.py")
    "${pip[@]}" --no-deps --force-reinstall "$sdist"
    (cd "$scratch" && "$scratch/$version/bin/python" "$OLDPWD/scripts/smoke_test.py")
    rm -rf "${scratch:?}/$version"
    checked+=("$version")
done

resolve() { # For another Python, pip takes only wheels, and promise, which TensorFlow Datasets needs, has none.
    local pip=("$scratch/tools/bin/python" -m pip)
    "${pip[@]}" wheel --quiet --no-deps --wheel-dir "$scratch/wheels" promise
    "${pip[@]}" install --quiet --dry-run --ignore-installed --only-binary=:all: --find-links "$scratch/wheels" \
        --python-version "$1" --target "$scratch/none" "$wheel"
}

for version in "${versions[@]}"; do
    [[ " ${checked[*]} " == *" $version "* ]] && continue
    resolve "$version"
    echo "Python $version is not here; its dependencies resolve"
done
rm -rf "$scratch/tools"
echo "The release is in ${scratch#"$PWD"/}/dist"
