"""A super-resolution model that is killed in each of its phases ends like one that was never stopped.

python -m pytest -m long -s tests/long/test_phases_resume.py
"""

import subprocess
import sys
import time

import pytest

PRETRAINING, STEPS = 20, 40
PROGRAM = f"""
import sys
import keras
import keras_gan

keras.utils.set_random_seed(0)
images = keras_gan.data.load_degraded("digits", keras_gan.data.Bicubic(2), image_size=16, batch_size=4)
generator = keras_gan.networks.srresnet(image_shape=(None, None, 1), width=2, blocks=1, scale=2)
judge = keras_gan.networks.vgg_discriminator(image_shape=(16, 16, 1), width=2, halvings=2)
model = keras_gan.SRGAN(generator, judge, pretraining_steps={PRETRAINING}, ema_half_life=20, seed=0)
model.compile()
checkpoint = keras_gan.callbacks.Checkpoint(sys.argv[1], every=1, unit="step", keep=2)
model.fit(images, epochs=2, steps_per_epoch={STEPS // 2}, verbose=0, callbacks=[checkpoint])
print(int(model.training_state.step), model.fingerprint())
"""


def start(run_dir):
    log = run_dir.with_suffix(".log")
    with log.open("w") as file:
        return subprocess.Popen([sys.executable, "-c", PROGRAM, str(run_dir)], stdout=file, stderr=subprocess.STDOUT)


def finish(run_dir):
    """Train to the end; return what is printed there, the number of steps and the fingerprint."""
    process, log = start(run_dir), run_dir.with_suffix(".log")
    assert process.wait(timeout=600) == 0, log.read_text()
    return log.read_text().splitlines()[-1].split()


def newest(run_dir):
    """The step of the newest checkpoint."""
    return max((int(path.stem[5:]) for path in run_dir.glob("checkpoints/step_*.npz")), default=0)


def kill_after(run_dir, step):
    """Train to a step or a little later, and kill the process; return the step of its last checkpoint."""
    process, until = start(run_dir), time.monotonic() + 600
    while newest(run_dir) < step:
        assert process.poll() is None, run_dir.with_suffix(".log").read_text()
        assert time.monotonic() < until
        time.sleep(0.0005)
    process.kill()
    assert process.wait() == -9
    return newest(run_dir)


@pytest.mark.long
def test_kills_before_and_in_the_game_leave_no_trace(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    expected = finish(whole)
    assert int(expected[0]) == STEPS
    steps = [kill_after(killed, step) for step in (PRETRAINING // 3, PRETRAINING, PRETRAINING + 6)]
    assert 0 < steps[0] < PRETRAINING <= steps[1] < steps[2] < STEPS
    assert finish(killed) == expected
    print(f"\nkilled at steps {steps} of {STEPS}, the first {PRETRAINING} without a game")  # noqa: T201
