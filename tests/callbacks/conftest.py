"""Small stand-ins for a GAN, so that a test of a callback tests only the callback; and ways to train them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.callbacks import Checkpoint


class TinyGAN(keras.Model):
    """Has what the callbacks need from a GAN. Each training step shrinks the generator's weights by `decay`."""

    def __init__(self, channels=1, decay=0.9, side=4):
        super().__init__()
        self.generator = keras.Sequential(
            [
                keras.Input((3,)),
                keras.layers.Dense(side * side * channels, activation="tanh"),
                keras.layers.Reshape((side, side, channels)),
            ]
        )
        self.decay = decay
        self.images_per_step = 8
        self.generate_calls = []
        self.built = True

    def train_step(self, data):
        kernel = self.generator.trainable_variables[0]
        kernel.assign(kernel * self.decay)
        return {"d_loss": tf.reduce_mean(data), "g_loss": tf.norm(kernel)}

    def generate(self, num_images, **arguments):
        self.generate_calls.append((num_images, arguments))
        latents = tf.random.stateless_normal((num_images, 3), (arguments["seed"], 0), alg="philox")
        return self.generator(latents).numpy()


class TinyConditionalGAN(TinyGAN):
    """Paints class k in the even grey k / num_classes."""

    def __init__(self, num_classes):
        super().__init__()
        self.num_classes = num_classes

    def generate(self, num_images, *, labels, seed):
        assert num_images == len(labels)
        return np.float32(labels / self.num_classes).reshape(-1, 1, 1, 1) * np.ones((1, 4, 4, 1), np.float32)


def _compiled(gan):
    gan.compile(optimizer=None, loss=None)
    return gan


@pytest.fixture
def make_gan():
    """Builds a compiled `TinyGAN`; with `num_classes`, a conditional one."""

    def make(num_classes=None, **arguments):
        return _compiled(TinyConditionalGAN(num_classes) if num_classes else TinyGAN(**arguments))

    return make


@pytest.fixture
def train():
    """Fits a GAN for epochs of five steps."""

    def train(gan, callbacks, epochs=2, **arguments):
        images = tf.data.Dataset.from_tensor_slices(np.linspace(-1, 1, 40, dtype=np.float32)).batch(8)
        arguments = {"verbose": 0, "shuffle": False, **arguments}
        return gan.fit(images, epochs=epochs, callbacks=callbacks, **arguments)

    return train


# --- A GAN with all that a checkpoint keeps, and a process that can be killed -----------------------------------------

IMAGES = np.random.default_rng(0).uniform(-1, 1, (32, 4, 4, 1)).astype("float32")


class RandomWalk(keras_gan.TwoPlayerGAN):
    """A fast GAN: its one kernel takes a random walk that depends on the data."""

    def __init__(self, width=4, **options):
        layers = [keras.layers.Dense(width, use_bias=False, name="walker"), keras.layers.Dense(16, trainable=False)]
        generator = keras.Sequential([keras.Input((3,)), *layers, keras.layers.Reshape((4, 4, 1))])
        discriminator = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
        super().__init__(generator, discriminator, keras_gan.losses.Hinge(), **options)

    def default_optimizer(self):
        return keras.optimizers.SGD(0.1, momentum=0.9)

    def train_step(self, data):
        with self.step_on(data) as ((batch,), noise):
            (kernel,) = self.generator.trainable_weights
            self.generator_optimizer.apply([noise.normal(kernel.shape) + tf.reduce_mean(batch["images"])], [kernel])
            self.trackers["g_loss"].update_state(tf.norm(kernel.value))
            self.trackers["d_loss"].update_state(tf.reduce_mean(batch["images"]))
        return self.get_metrics_result()


class Killed(BaseException):
    """What a test raises in the middle of training: no hook runs after it, as after a kill."""


class Kill(keras.callbacks.Callback):
    """Simulates a kill of the process after a number of its steps, or in the middle of writing."""

    goes_last = True

    def __init__(self, after):
        super().__init__()
        self.steps_left = after

    def on_train_batch_end(self, batch, logs=None):
        self.steps_left -= 1
        if not self.steps_left:
            raise Killed


def _walk(gan_class=RandomWalk, *, generator_optimizer=None, **options):
    keras.utils.set_random_seed(7)
    gan = gan_class(**options)
    optimizers = gan.default_optimizers()
    gan.compile(generator_optimizer or optimizers["generator"], optimizers["discriminator"], run_eagerly=True)
    return gan


def _fit(gan, *callbacks, epochs=2, **options):
    return gan.fit(IMAGES, batch_size=8, epochs=epochs, callbacks=list(callbacks), verbose=0, **options)


def _fit_until_killed(gan, *callbacks, after, **options):
    with pytest.raises(Killed):
        _fit(gan, *callbacks, Kill(after), **options)


def _train_until_done(make, run_dir, kills, *, callbacks=list, epochs=2, **saving):
    for steps in kills:
        _fit_until_killed(make(), *callbacks(), Checkpoint(run_dir, **saving), after=steps, epochs=epochs)
    gan, last = make(), callbacks()
    _fit(gan, *last, Checkpoint(run_dir, **saving), epochs=epochs)
    return gan, last


@pytest.fixture(scope="session")
def random_walk():
    """The class of the GANs that `walk` makes."""
    return RandomWalk


@pytest.fixture(scope="session")
def walk():
    """Builds a compiled `RandomWalk`, the same each time."""
    return _walk


@pytest.fixture(scope="session")
def fit():
    """Fits a GAN for epochs of four steps."""
    return _fit


@pytest.fixture(scope="session")
def fit_until_killed():
    """Fits a GAN, and simulates a kill of the process after a number of steps."""
    return _fit_until_killed


@pytest.fixture(scope="session")
def train_until_done():
    """Trains, kills after each of these numbers of steps and starts again; returns the GAN and the last callbacks."""
    return _train_until_done


@pytest.fixture
def files(tmp_path):
    """Lists what is in the folder of checkpoints."""
    return lambda: sorted(path.name for path in (tmp_path / "checkpoints").iterdir())


@pytest.fixture
def checkpoint_of(tmp_path):
    """Gives the path of the checkpoint of a step."""
    return lambda step: tmp_path / "checkpoints" / f"step_{step:09d}.npz"
