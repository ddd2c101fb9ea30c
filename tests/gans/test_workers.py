"""Two processes train one GAN: together they are one device, and if one is lost, the other stops too."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.callbacks._run_lock import RunLock

PROCESS = pathlib.Path(__file__).with_name("worker_process.py")


class Workers:
    """Two processes of one cluster on this machine.

    Attributes:
        returncodes: list of the two exit statuses; None for a process that is still running.
    """

    def __init__(self, what, directory):
        self._logs = [directory / f"{what}_{index}.log" for index in range(2)]
        with contextlib.ExitStack() as held:
            addresses = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2)]
            cluster = {"worker": ["{}:{}".format(*address.getsockname()) for address in addresses]}
        self._processes = [self._start(index, cluster, what, directory) for index in range(2)]

    def _start(self, index, cluster, what, directory):
        task = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        with self._logs[index].open("wb") as log:
            return subprocess.Popen(
                [sys.executable, PROCESS, what, directory],
                env={**os.environ, "TF_CONFIG": json.dumps(task)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for process in self._processes:
            process.kill()
            process.wait()

    @property
    def returncodes(self):
        return [process.poll() for process in self._processes]

    def output(self, index):
        return self._logs[index].read_text()

    def wait(self, index, timeout):
        """Wait until a process ends, and return its exit status."""
        try:
            return self._processes[index].wait(timeout)
        except subprocess.TimeoutExpired:
            pytest.fail(f"Worker {index} did not end within {timeout} s: {self.output(index)[-2000:]}")

    def finish(self, timeout):
        """Wait for both to end well."""
        deadline = time.monotonic() + timeout
        for index in range(2):
            assert self.wait(index, deadline - time.monotonic()) == 0, self.output(index)[-4000:]


@pytest.fixture(scope="module")
def script(load_script):
    """What the processes run, to run it here as well."""
    return load_script("tests", "gans", PROCESS.name)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Results of both workers, by training."""
    directory = tmp_path_factory.mktemp("trained")
    with Workers("train_each", directory) as workers:
        workers.finish(timeout=240)
    return lambda name: [json.loads((directory / f"{name}_{index}.json").read_text()) for index in range(2)]


@pytest.mark.long
@pytest.mark.parametrize("name", ["several_discriminator_steps", "statistics_of_the_batch"])
def test_two_workers_take_the_steps_of_two_replicas_and_of_one_device(name, trained, script, networks, two_replicas):
    first, second = trained(name)
    assert first["fingerprint"] == second["fingerprint"]
    assert first["history"] == second["history"]
    for strategy in (two_replicas, tf.distribute.get_strategy()):
        # The seed of the first worker: the second one had another.
        keras.utils.set_random_seed(0)
        gan, history = getattr(script, name)(strategy, networks)
        for here, there in zip(gan.get_weights(), first["weights"], strict=True):
            np.testing.assert_allclose(there, here, atol=1e-5)
        assert set(history) == set(first["history"])
        for key, values in history.items():
            np.testing.assert_allclose(first["history"][key], values, atol=1e-4)
        np.testing.assert_allclose(first["samples"], gan.generate(2, seed=0), atol=1e-5)


@pytest.mark.long
def test_a_directory_that_is_taken_is_an_error_on_every_worker(tmp_path):
    (tmp_path / "run").mkdir()
    lock = RunLock(tmp_path / "run")
    lock.acquire()
    with Workers("train_on", tmp_path) as workers:
        for index in range(2):
            assert workers.wait(index, timeout=120) == 1
            last = workers.output(index).strip().splitlines()[-1]
            assert last.startswith(f"ValueError: Another training writes to this `run_dir`: process {os.getpid()} on ")
    lock.release()


@pytest.fixture(scope="module")
def crash(tmp_path_factory):
    """A run of which worker 1 was killed: (run's directory, exit status of worker 0, its output, seconds it took)."""
    directory = tmp_path_factory.mktemp("crash")
    with Workers("train_and_die", directory) as workers:
        assert workers.wait(1, timeout=240) == -signal.SIGKILL, workers.output(1)[-4000:]
        killed = time.monotonic()
        status = workers.wait(0, timeout=120)
        return directory, status, workers.output(0), time.monotonic() - killed


@pytest.mark.long
def test_the_others_stop_when_one_is_killed_and_say_what_to_do(crash):
    _, status, output, seconds = crash
    assert status == 1, output[-4000:]
    assert seconds < 30
    last = output.strip().splitlines()[-1]
    assert last.startswith("ConnectionError: Another worker has stopped, and training cannot continue without it.")
    assert "Received: " in last


@pytest.mark.long
def test_all_are_started_again_and_training_goes_on_exactly(crash):
    directory = crash[0]
    with Workers("train_on", directory) as workers:
        workers.finish(timeout=240)
        assert "Resuming from step 6" in workers.output(0)
    resumed, straight = json.loads((directory / "fingerprints_0.json").read_text())
    assert resumed == straight
    assert json.loads((directory / "fingerprints_1.json").read_text()) == [resumed, straight]
