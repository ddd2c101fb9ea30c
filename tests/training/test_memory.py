"""The memory that samples take, and that a GAN leaves behind."""

import gc
import tracemalloc

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.training import Interface, Sampler


def resources():
    """How many handles of variables and the like are alive."""
    gc.collect()
    return sum(isinstance(thing, tf.Tensor) and thing.dtype == tf.resource for thing in gc.get_objects())


@pytest.mark.long
@pytest.mark.parametrize("policy", ["float32", pytest.param("mixed_float16", marks=pytest.mark.long)])
def test_a_gan_that_was_trained_and_dropped_leaves_no_weights_behind(policy, networks):
    # Of a Keras model, TensorFlow keeps every weight and optimizer state for ever.
    def train_and_drop():
        keras.config.set_dtype_policy(policy)
        gan = keras_gan.NonSaturatingGAN(*networks())
        gan.compile(jit_compile=False)
        gan.train_on_batch(np.zeros((4, 8, 8, 1), "float32"))

    before = resources()
    train_and_drop()
    assert resources() <= before


def test_samples_take_hardly_more_memory_than_the_array_that_holds_them():
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(5_000)])
    sampler = Sampler(Interface(network, "generator", ("latents",), "samples"))
    inputs = sampler.inputs_for(200, seed=0)
    sampler.run(inputs, 8)
    tracemalloc.start()
    samples = sampler.run(inputs, 8)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_allclose(samples, sampler(inputs), rtol=1e-6)
    assert samples.nbytes <= peak < 1.2 * samples.nbytes
