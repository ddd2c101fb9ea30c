"""Every number in a document is printed by a command of that document."""

import pathlib
import re

import pytest

from keras_gan import metrics

ROOT = pathlib.Path(__file__).parents[2]
DOCUMENTS = ["README.md", "examples/README.md", "saved_models/README.md", "docs/clusters.md"]
LINE = (
    r"\w+ [\d.e+-]+ \[[\d.e+-]+, [\d.e+-]+\], floor [\d.e+-]+(, too few images to tell from the floor)? "
    r"\((lower|higher) is better\): [\d,]+ samples against [\d,]+ real images \(\w+\); features of \w+ [0-9a-f]{8}"
    r"(, standardized)?, resize \w+, seed \d+"
)
SHOWN = (
    "frechet_distance 10.5 [8.2, 13.4], floor 8.1 (lower is better): 2,000 samples against 360 real images (test); "
    "features of trained_classifier 0f1e2d3c, resize clean, seed 0\n"
    "precision 0.8 [0.7, 0.9], floor 0.9 (higher is better): 2,000 samples against 360 real images (test); "
    "features of trained_classifier 0f1e2d3c, resize clean, seed 0\n"
    "Note: fewer images\n"
)


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module."""
    return load_script("benchmarks", "readme_numbers.py")


def outputs(document):
    """Yield each block of a document that is no code, and what is before it."""
    before = 0
    for block in re.finditer(r"^```(.*)\n((?s:.*?))^```$", document, re.MULTILINE):
        if not block[1]:
            yield block[2], document[before : block.start()]
        before = block.end()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_output_with_numbers_belongs_to_a_command(name, script):
    for output, before in outputs((ROOT / name).read_text()):
        # What has no numbers of its own, such as the beginning of a file in base64, is no measurement.
        if re.search(r"(?<![\w.])\d+\.\d+", output):
            assert name == "README.md", f"no command prints these numbers: {output}"
            assert before.strip() == script.MARK, f"the block needs the comment that says who prints it: {output}"


def test_no_text_of_a_document_has_a_line_of_a_report():
    for name in DOCUMENTS:
        text = re.sub(r"^```.*?^```$", "", (ROOT / name).read_text(), flags=re.MULTILINE | re.DOTALL)
        assert not re.search(r"floor \d|\[\d[\d.]*, \d[\d.]*\] \(", text)


def test_the_numbers_in_the_readme_have_the_form_that_a_report_has(script):
    *lines, _ = script.documented((ROOT / "README.md").read_text()).split("\n")
    results = [line for line in lines if not line.startswith("Note: ")]
    assert [line.split()[0] for line in results] == ["frechet_distance", "precision", "recall"]
    assert all(re.fullmatch(LINE, line) for line in results)
    result = metrics.Result(
        name="recall", value=0.5, better="higher", interval=(0.4, 0.6), floor=0.55, extractor="trained_classifier",
        extractor_hash="0f1e2d3c4b", resize="clean", num_real=360, num_fake=2000, split="test",
    )  # fmt: skip
    assert re.fullmatch(LINE, result.line())


def test_the_code_is_that_of_the_readme(script):
    quick_start, measurement = script.code_of((ROOT / "README.md").read_text())
    assert "gan.fit(" in quick_start
    assert "print(evaluator.compare(" in measurement


@pytest.mark.parametrize(
    "change, is_found",
    [
        (("10.5", "12.5"), False),
        (("0f1e2d3c", "aaaabbbb"), False),
        (("8.1 (", "8.1, too few images to tell from the floor ("), False),
        (("10.5", "33.97"), True),
        (("0.8 [", "0.6 ["), True),
        (("360", "359"), True),
        (("seed 0", "seed 1"), True),
        (("Note: fewer images\n", ""), True),
    ],
)
def test_numbers_may_differ_a_little_and_words_not_at_all(script, change, is_found):
    assert bool(script.differences(SHOWN, SHOWN.replace(*change))) == is_found
    assert bool(script.differences(SHOWN.replace(*change), SHOWN)) == is_found


def test_writing_replaces_the_output_alone(script):
    readme = (ROOT / "README.md").read_text()
    changed = script.with_output(readme, SHOWN)
    assert script.documented(changed) == SHOWN
    assert script.with_output(changed, script.documented(readme)) == readme


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:2,000 samples against 360 real images:UserWarning")
def test_the_readme_prints_what_it_shows(script):
    readme = (ROOT / "README.md").read_text()
    assert script.differences(script.documented(readme), script.printed(readme)) == []
