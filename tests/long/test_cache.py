"""A cache of images larger than the memory that a process may take, and processes that are killed while they build one.

python -m pytest -m long tests/long/test_cache.py
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
LOAD = """
import sys
from keras_gan import data
loaded = data.load(sys.argv[1], image_size=64, batch_size=64, labels=True, cache_dir=sys.argv[2])
print(loaded.identity["samples"])
"""


def start(folder, cache_dir):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", LOAD, str(folder), str(cache_dir)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def position(cache_dir):
    """How many images the unfinished cache has."""
    for path in cache_dir.glob("*.unfinished/progress.json"):
        return json.loads(path.read_bytes())["position"]
    return 0


@pytest.mark.long
def test_two_processes_that_build_and_are_killed_again_and_again_end_with_the_same_file(tmp_path):
    pixels, folder = np.random.default_rng(0), tmp_path / "pictures"
    for name in "ab":
        (folder / name).mkdir(parents=True)
        for number in range(10_000):
            Image.fromarray(pixels.integers(0, 256, (40, 40, 3), np.uint8)).save(folder / name / f"{number}.bmp")
    whole = start(folder, tmp_path / "never_killed")
    assert whole.communicate()[0].strip().endswith("20000")
    cache_dir, places = tmp_path / "killed", []
    for _ in range(3):
        builders = [start(folder, cache_dir) for _ in range(2)]
        before = position(cache_dir)
        while position(cache_dir) == before and builders[0].poll() is None:
            time.sleep(0.01)
        for builder in builders:
            builder.kill()
            builder.communicate()
        places.append(position(cache_dir))
    assert 0 < places[0] < places[1] < places[2] < 20_000
    for builder in [start(folder, cache_dir) for _ in range(2)]:
        assert builder.communicate()[0].strip().endswith("20000")
    for name in ("images.raw", "labels.raw"):
        (expected,), (got,) = ((parent.glob(f"*/{name}")) for parent in (tmp_path / "never_killed", cache_dir))
        assert got.read_bytes() == expected.read_bytes()


@pytest.mark.long
def test_200_000_pictures_of_64x64_take_no_memory(tmp_path):
    command = [sys.executable, ROOT / "benchmarks" / "data.py", "--memory", "--images=200000", "--rounds=1"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    printed = subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout
    lines = [line.strip("|").split("|") for line in printed.splitlines()[2:]]
    assert len(lines) == 5
    # The file has 2,458 MB.
    assert max(int(own) for *_, own, _ in lines) < 300
    assert max(int(files) for *_, files in lines) > 2000
