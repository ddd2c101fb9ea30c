"""The benchmark of sampling and of the distance."""

import json
import subprocess
import sys

import numpy as np
import pytest

from keras_gan import metrics


@pytest.fixture(scope="module")
def benchmark(load_script):
    """The script as a module."""
    return load_script("benchmarks", "sampling.py")


def test_the_distance_of_its_features_is_nearly_known(benchmark):
    real, fake = benchmark.features(4000, 8)
    shift = 0.25 * np.sum(1.0 / np.arange(1.0, 9.0))
    assert metrics.frechet_distance(real, fake) == pytest.approx(shift, rel=0.1)


def test_a_row_says_how_far_off_the_distance_is(benchmark):
    found = {"drawing": 4.0, "beyond": 2.4, "measuring": 1.0, "measuring_mib": 9.6, "distance": 2.0}
    row = benchmark.row("keras_gan", found, 2.002)
    assert row.endswith("| 2 | 1.0 | 10 | 2.000000 | 1e-03 |")


@pytest.mark.long
def test_a_side_measures_in_its_own_process(benchmark, tmp_path):
    for name, rows in zip(("real", "fake"), benchmark.features(50, 4), strict=True):
        np.save(tmp_path / f"{name}.npy", rows)
    command = [sys.executable, benchmark.__file__, "--side=keras_gan", f"--features={tmp_path}", "--samples=130"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["distance"] == pytest.approx(metrics.frechet_distance(*benchmark.features(50, 4)), rel=1e-6)
    assert found["drawing"] > 0
