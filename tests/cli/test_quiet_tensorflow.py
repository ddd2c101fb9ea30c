"""The import of TensorFlow in the commands: its level decides about its notes, and all else is shown."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTE = "I0000 00:00:1795680483.068442    2410 port.cc:153] oneDNN custom operations are on."
ERROR = "E0000 00:00:1795680486.557126    2410 cuda_platform.cc:52] failed call to cuInit"


@pytest.fixture(scope="module")
def quiet(load_command):
    """The module."""
    return load_command("quiet_tensorflow")


@pytest.mark.parametrize(
    "line, level, passes",
    [
        (NOTE, 0, True),
        (NOTE, 1, False),
        (ERROR, 2, True),
        (ERROR, 3, False),
        ("F0000 00:00:1795680486.557126    2410 cpu_feature_guard.cc:7] needs AVX", 3, True),
        ("WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n", 1, False),
        ("WARNING: something else", 3, True),
        ("DeprecationWarning: port.cc:153] is old", 3, True),
    ],
)
def test_a_line_passes_as_its_level_says(quiet, line, level, passes):
    assert quiet.passes(line, level) == passes


def run(tmp_path, level, tensorflow):
    """What a program writes that imports a TensorFlow of this source text."""
    (tmp_path / "tensorflow.py").write_text(tensorflow)
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}", "TF_CPP_MIN_LOG_LEVEL": level}
    code = "from keras_gan_cli import quiet_tensorflow; import os; os.write(2, b'later')"
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


def test_what_is_written_during_the_import_is_shown_without_the_notes(tmp_path):
    noisy = f"import os, sys; os.write(2, b'{NOTE}\\n'); print('a warning', file=sys.stderr)"
    assert run(tmp_path, "3", noisy).stderr == "a warning\nlater"
    assert run(tmp_path, "0", noisy).stderr == f"{NOTE}\na warning\nlater"


def test_an_import_that_fails_shows_why(tmp_path):
    failed = run(tmp_path, "3", "raise ImportError('no such library')")
    assert failed.returncode == 1
    assert failed.stderr.endswith("ImportError: no such library\n")
    crashed = run(tmp_path, "3", "import os; os.abort()")
    assert "Fatal Python error: Aborted" in crashed.stderr
    assert "tensorflow.py" in crashed.stderr


@pytest.mark.parametrize(
    "path", [*(ROOT / "examples").glob("*.py"), *(ROOT / "keras_gan_cli").glob("*.py")], ids=lambda path: path.name
)
def test_the_import_is_kept_in_front_of_those_that_import_tensorflow(path):
    for statement in re.findall(
        r"^.*import quiet_tensorflow.*\n(?:\s*# isort: split)?", path.read_text(), re.MULTILINE
    ):
        assert "I001" in statement or "isort: split" in statement, "sorted, it would come too late"
