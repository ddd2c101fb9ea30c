"""One of several workers, as the tests start them: `python worker_process.py <what> <directory>`, with $TF_CONFIG."""

import json
import os
import pathlib
import signal
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

import keras_gan
from keras_gan.penalties import R1, Lazy

IMAGES = np.random.default_rng(0).uniform(-0.5, 0.5, (48, 8, 8, 1)).astype("float32")
STEPS, STEPS_PER_EPOCH, LAST_STEP_OF_THE_VICTIM = 12, 6, 7


def several_discriminator_steps(strategy, networks):
    """Updates that all replicas make or skip together, on data that know their place."""
    with strategy.scope():
        gan = keras_gan.HingeGAN(
            *networks(spectral=True), discriminator_steps=2, ema_half_life=100, penalties=[Lazy(R1(1.0), every=2)]
        )
        gan.compile(keras.optimizers.SGD(0.05), keras.optimizers.SGD(0.05))
    history = gan.fit(keras_gan.data.load(IMAGES, batch_size=8, seed=1), epochs=2, verbose=0).history
    return gan, history


def statistics_of_the_batch(strategy, networks):
    """A loss and layers that depend on which images meet in a batch, on data of unknown length."""
    with strategy.scope():
        gan = keras_gan.RelativisticAverageGAN(*networks(batch_norm=True))
        for layer in [*gan.generator.layers, *gan.discriminator.layers]:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized = True
        gan.compile(keras.optimizers.SGD(0.05), keras.optimizers.SGD(0.05))
    batches = tf.data.Dataset.from_tensor_slices(IMAGES).batch(8)
    history = gan.fit(batches, verbose=0, validation_data=IMAGES[:16]).history
    return gan, history


TRAININGS = (several_discriminator_steps, statistics_of_the_batch)


def train_each(strategy, networks, directory, worker):
    """Save the results of each training for the test to compare."""
    for train in TRAININGS:
        # Each worker has its own seed: the first worker's must count for all.
        keras.utils.set_random_seed(worker)
        gan, history = train(strategy, networks)
        result = {
            "fingerprint": gan.fingerprint(),
            "history": history,
            "weights": [weight.tolist() for weight in gan.get_weights()],
            "samples": gan.generate(2, seed=0).tolist() if worker == 0 else None,
        }
        (directory / f"{train.__name__}_{worker}.json").write_text(json.dumps(result))


class Victim(keras.callbacks.Callback):
    """Ends its own process as the system does when memory runs out."""

    def on_train_batch_end(self, batch, logs=None):
        """At a step after which a checkpoint would still be due."""
        if int(self.model.training_state.step.numpy()) == LAST_STEP_OF_THE_VICTIM:
            os.kill(os.getpid(), signal.SIGKILL)


def train_and_die(strategy, networks, directory, worker):
    """Train with checkpoints; worker 1 is killed before the end."""
    _train(strategy, networks, [_checkpoint(directory), *[Victim()] * worker])


def train_on(strategy, networks, directory, worker):
    """Train from the checkpoint to the end, then once more without a stop; save the two fingerprints."""
    fingerprints = [_train(strategy, networks, callbacks) for callbacks in ([_checkpoint(directory)], [])]
    (directory / f"fingerprints_{worker}.json").write_text(json.dumps(fingerprints))


def _checkpoint(directory):
    return keras_gan.callbacks.Checkpoint(directory / "run", every=2, unit="step")


def _train(strategy, networks, callbacks):
    keras.utils.set_random_seed(3)
    with strategy.scope():
        gan = keras_gan.NonSaturatingGAN(*networks(spectral=True), ema_half_life=100)
        gan.compile()
    gan.fit(IMAGES, batch_size=8, epochs=STEPS // STEPS_PER_EPOCH, verbose=0, callbacks=callbacks)
    return gan.fingerprint()


if __name__ == "__main__":
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    from conftest import make_networks

    what, directory = sys.argv[1:]
    globals()[what](strategy, make_networks, pathlib.Path(directory), strategy.cluster_resolver.task_id)
