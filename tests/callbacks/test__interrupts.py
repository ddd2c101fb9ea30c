"""A signal saves the step in progress; the run that resumes ends like one that was never stopped."""

import os
import signal
import threading

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan.callbacks import Checkpoint
from keras_gan.callbacks._interrupts import Interrupts

IMAGES = np.random.default_rng(0).uniform(-1, 1, (32, 4, 4, 1)).astype("float32")


class Signalled(keras.callbacks.Callback):
    """Sends a signal to the process during a step."""

    def __init__(self, number, step):
        super().__init__()
        self.number, self.step, self.seen = number, step, 0

    def on_train_batch_begin(self, batch, logs=None):
        self.seen += 1
        if self.seen == self.step:
            os.kill(os.getpid(), self.number)


def fingerprint_of(*callbacks):
    keras.utils.set_random_seed(7)
    networks = keras_gan.networks.mlp(image_shape=(4, 4, 1), latent_dim=3, width=4, depth=1)
    gan = keras_gan.NonSaturatingGAN(*networks, discriminator_steps=1)
    gan.compile(run_eagerly=True)
    gan.fit(IMAGES, batch_size=8, epochs=2, verbose=0, callbacks=list(callbacks))
    return gan.fingerprint()


# Four steps make an epoch: in the middle of one, at its end, and in the last one of all.
@pytest.mark.parametrize("step", [2, *(pytest.param(step, marks=pytest.mark.long) for step in (4, 8))])
def test_ctrl_c_saves_the_step_and_says_where(step, tmp_path, capsys):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        fingerprint_of(Signalled(signal.SIGINT, step), Checkpoint(tmp_path))
    assert signal.getsignal(signal.SIGINT) is before
    (path,) = tmp_path.glob("checkpoints/*.npz") if step < 8 else [max(tmp_path.glob("checkpoints/*.npz"))]
    assert f"\nStopped after step {step}. The same program resumes from {path}\n" in capsys.readouterr().out
    assert path.name == f"step_{step:09}.npz"
    assert fingerprint_of(Checkpoint(tmp_path)) == fingerprint_of()


def test_the_system_ends_the_program_with_the_status_of_its_signal(tmp_path):
    with pytest.raises(SystemExit) as ended:
        fingerprint_of(Signalled(signal.SIGTERM, 2), Checkpoint(tmp_path))
    assert ended.value.code == 128 + signal.SIGTERM
    assert not (tmp_path / ".lock").exists()


def test_a_second_signal_acts_at_once():
    interrupts = Interrupts()
    interrupts.watch()
    os.kill(os.getpid(), signal.SIGINT)
    assert interrupts.received
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_what_the_program_ignores_stays_ignored():
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        interrupts = Interrupts()
        interrupts.watch()
        os.kill(os.getpid(), signal.SIGTERM)
        assert not interrupts.received
        interrupts.leave()
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


def test_another_thread_leaves_signals_alone():
    before, found = signal.getsignal(signal.SIGINT), []

    def watch():
        Interrupts().watch()
        found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=watch)
    thread.start()
    thread.join()
    assert found == [before]
