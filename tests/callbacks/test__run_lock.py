"""One training at a time in a directory, and none is kept out by a process that has died."""

import errno
import subprocess
import sys

import pytest

from keras_gan.callbacks import Checkpoint, _run_lock
from keras_gan.callbacks._run_lock import RunLock

HOLDER = """
import importlib.util, os, pathlib, sys
spec = importlib.util.spec_from_file_location("run_lock", sys.argv[1])
run_lock = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run_lock)
lock = run_lock.RunLock(pathlib.Path(sys.argv[2]))
lock.acquire()
# The child lives until the test closes the pipe, also when the parent is killed.
if os.fork():
    print("held", flush=True)
else:
    lock.release()
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that trains in the directory."""
    command = [sys.executable, "-c", HOLDER, _run_lock.__file__, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_training_is_told_who_the_first_is_and_a_killed_one_blocks_nothing(tmp_path, walk, fit, holder):
    gan = walk()
    state = gan.fingerprint()
    message = (
        rf"^Another training writes to this `run_dir`: process {holder.pid} on \S+, since 2.* Wait for its end, or "
        rf"stop it, or choose another `run_dir`. Received: run_dir='{tmp_path}'$"
    )
    with pytest.raises(ValueError, match=message):
        fit(gan, Checkpoint(tmp_path))
    assert gan.fingerprint() == state
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    holder.kill()
    holder.wait()
    fit(gan, Checkpoint(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoints"]


@pytest.mark.long
def test_a_training_that_fails_gives_the_lock_back(tmp_path, walk, fit, fit_until_killed):
    fit_until_killed(walk(), Checkpoint(tmp_path), after=2)
    assert not (tmp_path / ".lock").exists()
    fit(walk(width=6), Checkpoint(tmp_path))
    with pytest.raises(ValueError, match="belong to another GAN"):
        fit(walk(), Checkpoint(tmp_path))
    assert not (tmp_path / ".lock").exists()


def test_two_trainings_in_one_process_and_a_file_that_was_read(tmp_path):
    first, second = RunLock(tmp_path), RunLock(tmp_path)
    first.acquire()
    # With some locks of the system, the end of any reader in the process would be the end of the lock.
    assert (tmp_path / ".lock").read_text().startswith("process ")
    message = (
        "^Another training in this process, or another Checkpoint of this training, writes to this `run_dir`. Give "
        f"each its own, .* Received: run_dir='{tmp_path}'$"
    )
    for _ in range(2):
        with pytest.raises(ValueError, match=message):
            second.acquire()
    first.release()
    second.acquire()
    second.release()


def test_a_file_without_a_lock_blocks_nothing(tmp_path):
    (tmp_path / ".lock").write_text("process 1 on this-host, since the machine stopped")
    lock = RunLock(tmp_path)
    lock.acquire()
    assert "this-host" not in (tmp_path / ".lock").read_text()
    lock.release()
    lock.release()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_replaced_is_left_to_its_owner(tmp_path):
    lock = RunLock(tmp_path)
    lock.acquire()
    (tmp_path / ".lock").unlink()
    (tmp_path / ".lock").write_text("of another")
    lock.release()
    assert (tmp_path / ".lock").read_text() == "of another"


@pytest.mark.long
@pytest.mark.parametrize("missing", ["locks", "room", "platform"])
def test_where_no_lock_can_be_had_training_continues(tmp_path, monkeypatch, walk, fit, files, missing):
    if missing == "room":
        (tmp_path / ".lock").mkdir()
    elif missing == "platform":
        monkeypatch.setattr(_run_lock, "fcntl", None)
    else:

        def flock(*arguments):
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr(_run_lock.fcntl, "flock", flock)
    fit(walk(), Checkpoint(tmp_path), epochs=1)
    assert files() == ["step_000000004.npz"]
