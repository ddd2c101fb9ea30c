"""Does the README print what it says it prints? Runs its quick start and its measurement, in about two minutes.

    python benchmarks/readme_numbers.py            # compares
    python benchmarks/readme_numbers.py --write    # replaces the block in the README by what is printed now

The code is that of the README, of the sections below, and the output is the block under the comment that names this
script. Another processor, or the order in which threads finish, changes the numbers a little: they agree if each
value is within its tolerance, and the numbers of images, the split and the words are the same.
"""

import contextlib
import io
import itertools
import os
import pathlib
import re
import sys
import tempfile

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

FLAGS = flags.FLAGS
flags.DEFINE_bool("write", False, "Write what the code prints into the README.")

README = pathlib.Path(__file__).parents[1] / "README.md"
# The first block of Python of each is run; the last one prints the numbers.
SECTIONS = ("Quick start", "Numbers you can trust")
MARK = "<!-- Printed by the code above after the quick start; python benchmarks/readme_numbers.py runs both. -->"
_OUTPUT = re.compile(rf"({re.escape(MARK)}\n\n```\n)(.*?)(^```$)", re.MULTILINE | re.DOTALL)
# A value, its interval and its floor; then the hash of the extractor, which depends on the last bits of its weights.
_NUMBERS = re.compile(r"^(\w+) (-?[\d.e+-]+) \[(-?[\d.e+-]+), (-?[\d.e+-]+)\], floor (-?[\d.e+-]+)", re.MULTILINE)
_HASH = re.compile(r"\b[0-9a-f]{8}\b")
# Values agree within this factor, or, up to 1, within this difference.
_FACTOR, _DIFFERENCE = 1.5, 0.15


def code_of(readme):
    """Return the blocks of Python that lead to the numbers."""
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", readme, re.MULTILINE | re.DOTALL))
    return [re.search(r"^```python\n(.*?)^```", sections[name], re.MULTILINE | re.DOTALL)[1] for name in SECTIONS]


def documented(readme):
    """Return the output that the README shows."""
    return _OUTPUT.search(readme)[2]


def with_output(readme, output):
    """Return the README with another output."""
    return _OUTPUT.sub(lambda match: match[1] + output + match[3], readme)


def printed(readme):
    """Run the code in a folder of its own, and return what its last block prints."""
    session, before = {"__name__": "readme"}, pathlib.Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for code in code_of(readme):
                output = io.StringIO()
                with contextlib.redirect_stdout(output):
                    exec(compile(code, "README.md", "exec"), session)
        finally:
            os.chdir(before)
    return output.getvalue()


def differences(shown, now):
    """Return what differs between two outputs, a list of sentences; numbers may differ a little."""
    lines = itertools.zip_longest(_words(shown), _words(now))
    found = [f"README: {one!r}, printed: {other!r}" for one, other in lines if one != other]
    if found:
        return found
    for (name, *before), (_, *after) in zip(_NUMBERS.findall(shown), _NUMBERS.findall(now), strict=True):
        pairs = zip(map(float, before), map(float, after), strict=True)
        found += [f"{name}: {one} in the README, {other} printed" for one, other in pairs if not _are_near(one, other)]
    return found


def _are_near(one, other):
    low, high = sorted((one, other))
    return high - low <= _DIFFERENCE if high <= 1 else high <= _FACTOR * low


def _words(output):
    """Return the lines of an output without their numbers, and without the doubt that depends on them."""
    words = _HASH.sub("#", _NUMBERS.sub(r"\1", output))
    return words.replace(", too few images to tell from the floor", "").splitlines()


def main(argv):
    """Run, then compare or write."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    readme = README.read_text()
    output = printed(readme)
    print(output, end="")
    found = differences(documented(readme), output)
    if FLAGS.write:
        # Read again: somebody may have edited it in the meantime.
        README.write_text(with_output(README.read_text(), output))
    elif found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    app.run(main)
