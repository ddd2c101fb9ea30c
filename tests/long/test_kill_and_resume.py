"""A training that is killed again and again ends like one that was never stopped.

python -m pytest -m long -s tests/long/test_kill_and_resume.py
"""

import csv
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "train.py"
STEPS = 400
TINY = ["--width=4", "--batch_size=8", "--latent_dim=4", f"--steps={STEPS}", "--steps_per_epoch=100", "--nohealth"]
TINY += ["--evaluate_every=0"]
CASES = {
    "hinge_spectral": [
        "--gan=HingeGAN",
        "--spectral_normalization",
        "--discriminator_normalization=none",
        "--ema_half_life=100",
        "--flip",
    ],
    # Compiled, because otherwise even two runs without a kill may differ: see "Limits" in the README.
    "wgan_gp": ["--gan=WGANGP", "--discriminator_steps=2", "--dequantize", "--jit_compile"],
    "batch_dropout": [
        "--gan=NonSaturatingGAN",
        "--discriminator_normalization=batch",
        "--discriminator_dropout=0.3",
        "--r1=1",
        "--lazy_penalty_every=4",
        "--learning_rate_schedule=linear",
        "--warm_up_steps=50",
        "--clip_norm=10",
    ],
}
# A kill comes some time after the start, some time after a number of new checkpoints, in the middle of the write after
# them, or in the middle of the last write, which saves the trained GAN.
KINDS = ["start"] * 3 + ["step"] * 8 + ["write"] * 8


def start(run_dir, flags):
    command = [sys.executable, str(SCRIPT), *TINY, *flags, f"--run_dir={run_dir}"]
    # To a file: a pipe without a reader would fill up and stop the program.
    with (run_dir.parent / f"{run_dir.name}.log").open("w") as log:
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)


def finish(run_dir, flags):
    """Train to the end, and return the fingerprint."""
    process = start(run_dir, flags)
    printed = run_dir.parent / f"{run_dir.name}.log"
    assert process.wait(timeout=600) == 0, printed.read_text()
    name, fingerprint = printed.read_text().splitlines()[-1].split()
    assert name == "fingerprint"
    return fingerprint


def checkpoints(run_dir):
    return {path.name for path in run_dir.glob("checkpoints/step_*.npz")}


def partial_files(run_dir):
    return list(run_dir.glob("checkpoints/.step_*.tmp")) + list(run_dir.glob(".gan.keras.*.keras"))


def wait_for(condition, process):
    """Wait for a condition; for no longer than the process lives."""
    until = time.monotonic() + 600
    while not condition() and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.0005)


def wait_for_new_checkpoints(run_dir, process, count):
    seen = checkpoints(run_dir)
    wanted = len(seen) + count

    def enough():
        seen.update(checkpoints(run_dir))
        return len(seen) >= wanted

    wait_for(enough, process)


def kill(run_dir, flags, kind, moments):
    """Start the run and kill it; return whether that was in the middle of a write."""
    before = partial_files(run_dir)
    process = start(run_dir, flags)
    if kind == "start":
        time.sleep(moments.uniform(0, 6))
    elif kind == "end":
        wait_for(lambda: list(run_dir.glob(".gan.keras.*.keras")), process)
    else:
        wait_for_new_checkpoints(run_dir, process, moments.randint(1, 4))
        if kind == "write":
            wait_for(lambda: partial_files(run_dir), process)
        else:
            time.sleep(moments.uniform(0, 0.05))
    process.kill()
    assert process.wait() == -9, (run_dir.parent / f"{run_dir.name}.log").read_text()
    return any(path not in before for path in partial_files(run_dir))


def losses(run_dir):
    with (run_dir / "losses.csv").open() as file:
        return [(row["epoch"], row["d_loss"], row["g_loss"]) for row in csv.DictReader(file)]


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_twenty_kills_leave_no_trace(tmp_path, case):
    began = time.monotonic()
    flags = CASES[case]
    moments = random.Random(case)
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    kinds = [*moments.sample(KINDS, len(KINDS)), "end"]
    often = [*flags, "--checkpoint_every=1"]
    in_write, steps = [], []
    for kind in kinds:
        in_write.append(kill(killed, often, kind, moments))
        steps.append(max((int(name[5:-4]) for name in checkpoints(killed)), default=0))
    assert finish(killed, often) == finish(whole, flags)
    assert losses(killed) == losses(whole)
    assert sum(in_write) >= 5
    assert steps[-2] < STEPS
    print(  # noqa: T201 - for who watches, with -s
        f"\n{case}: {len(kinds)} kills at steps {steps}, {sum(in_write)} of them in a write, "
        f"{time.monotonic() - began:.0f} s"
    )
