"""Packs: which samples are joined, what a GAN makes of them, and batches that cannot be packed."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.layers import Pack
from keras_gan.penalties import R1
from keras_gan.training import Critic
from keras_gan.training.passes import passes


def inputs(shape=(6, 3, 2, 2)):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


@pytest.mark.parametrize("size", [2, 3])
def test_neighbours_are_joined_along_the_channels(size):
    x, layer = inputs(), Pack(size)
    outputs = layer(x)
    for k in range(6 // size):
        np.testing.assert_array_equal(outputs[k], np.concatenate(x[k * size : (k + 1) * size], axis=-1))
    assert layer.compute_output_shape(x.shape) == outputs.shape
    assert layer.compute_output_shape((None, 3, 2, 2)) == (None, 3, 2, 2 * size)


def test_vectors_are_joined_one_after_the_other():
    x = inputs((4, 3))
    np.testing.assert_array_equal(Pack(2)(x), x.reshape(2, 6))


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_graph_that_does_not_know_the_batch_packs_the_same(jit_compile):
    x = inputs()
    graph = tf.function(Pack(3), jit_compile=jit_compile, input_signature=[tf.TensorSpec((None, 3, 2, 2))])
    np.testing.assert_array_equal(graph(x), Pack(3)(x))


def test_a_batch_that_the_packs_do_not_divide():
    words = r"a multiple of `size`, on each replica .*Received: size=4, batch size="
    with pytest.raises(ValueError, match=f"{words}6"):
        Pack(4)(inputs())
    graph = tf.function(Pack(4), input_signature=[tf.TensorSpec((None, 3, 2, 2))])
    with pytest.raises(tf.errors.InvalidArgumentError, match=rf"{words}\] \[6\]"):
        graph(inputs())


def judge(size, weights):
    """D(x_1, ..., x_m) = sum of w_i . x_i, of points in the plane."""
    dense = keras.layers.Dense(1, use_bias=False)
    network = keras.Sequential([keras.Input((2,)), Pack(size), dense])
    dense.set_weights([np.reshape(weights, (2 * size, 1)).astype("float32")])
    return network


def test_r1_is_the_mean_over_samples():
    # Squared slopes of 25 and 1.
    critic, points = Critic(judge(2, [[3.0, 4.0], [0.0, 1.0]])), tf.constant(inputs((4, 2)))
    with passes():
        assert critic({"images": points}).logits.shape == (2, 1)
        assert float(R1(2.0)(critic.given({}), points, None)) == pytest.approx((25.0 + 1.0) / 2)


@pytest.mark.long
# Packs of 3 do not divide the 8 samples that look for probabilities.
@pytest.mark.parametrize(("size", "batch_size"), [(2, 8), (3, 12)])
def test_a_gan_trains_with_packs_and_parts_of_a_batch_have_those_of_the_whole(size, batch_size):
    def trained(parts):
        keras.utils.set_random_seed(0)
        generator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        discriminator = judge(size, inputs((2 * size,)))
        gan = keras_gan.RelativisticGAN(generator, discriminator, penalties=[R1(1.0)], seed=0)
        optimizers = (keras.optimizers.SGD(0.1) for _ in range(2))
        gan.compile(*optimizers, gradient_accumulation_steps=parts, run_eagerly=True)
        gan.fit(inputs((batch_size, 2)), batch_size=batch_size, shuffle=False, verbose=0)
        return gan.generator.get_weights() + gan.discriminator.get_weights()

    start = inputs((2 * size,)).reshape(-1, 1)
    whole = trained(1)
    assert np.abs(whole[-1] - start).max() > 1e-3
    for one, other in zip(whole, trained(2), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_two_replicas_have_the_packs_of_one_device(two_replicas):
    halves, layer = tf.constant(inputs((2, 4, 3))), Pack(2)

    @tf.function
    def packs():
        indices = two_replicas.experimental_distribute_values_from_function(
            lambda context: tf.constant(context.replica_id_in_sync_group)
        )
        replicas = two_replicas.run(lambda index: layer(halves[index]), args=(indices,))
        return two_replicas.experimental_local_results(replicas)

    np.testing.assert_array_equal(np.concatenate(packs()), Pack(2)(tf.reshape(halves, (8, 3))))


@pytest.mark.parametrize("size", [1, 0, 2.0])
def test_a_size_that_packs_nothing(size):
    with pytest.raises(ValueError, match=r"`size` must be an integer of at least 2\. Received: size="):
        Pack(size)


def test_an_input_without_channels():
    with pytest.raises(ValueError, match=r"Received: input_shape=\(4,\)"):
        Pack()(np.zeros(4, "float32"))


def test_config_round_trip():
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(Pack(4)))
    assert isinstance(copy, Pack)
    assert copy.size == 4
