"""A stand-in for a GAN: small enough that a test of a callback is a test of the callback alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf


class TinyGAN(keras.Model):
    """Has what the callbacks ask of a GAN. Each training step shrinks the generator's weights by `decay`."""

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
