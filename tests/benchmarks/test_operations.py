"""The count of operations, and how many a step of the smallest GAN may have."""

import json
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def benchmark(load_script):
    """The script as a module."""
    return load_script("benchmarks", "operations.py")


@pytest.mark.long
def test_a_step_of_dcgan_runs_few_operations_and_none_for_the_host(benchmark):
    command = [sys.executable, benchmark.__file__, "--count", "--case=dcgan"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["host"] == 0
    # The fused kernel's last output, which nothing uses, has no known shape; it has a gradient of zeros.
    assert found["unknown"] == 2 * 9
    # 18 weights, each of them stepped by one kernel.
    assert found["kinds"]["ResourceApplyAdam"] == 18
    assert 100 < sum(found["kinds"].values()) < 400
