"""The ProGAN statistic against an independent loop and against numbers worked by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import MinibatchStddev


def looped(x, group_size, num_features):
    """The definition, one sample at a time."""
    batch, height, width, channels = x.shape
    size = min(group_size, batch)
    groups, block = batch // size, channels // num_features
    out = np.zeros((batch, height, width, channels + num_features))
    out[..., :channels] = x
    for n in range(batch):
        members = [x[k].astype("float64") for k in range(n % groups, batch, groups)]
        centre = sum(members) / size
        stddev = np.sqrt(sum((member - centre) ** 2 for member in members) / size + 1e-8)
        for f in range(num_features):
            out[n, :, :, channels + f] = stddev[..., f * block : (f + 1) * block].mean()
    return out


@pytest.mark.parametrize(
    "batch, group_size, num_features", [(8, 4, 1), (8, 4, 3), (12, 3, 2), (8, 2, 6), (3, 4, 1), (1, 4, 2)]
)
def test_equals_the_definition_in_a_loop(batch, group_size, num_features):
    x = np.random.default_rng(0).normal(size=(batch, 3, 2, 6)).astype("float32")
    outputs = MinibatchStddev(group_size=group_size, num_features=num_features)(x)
    np.testing.assert_allclose(outputs, looped(x, group_size, num_features), rtol=2e-6)


def test_identical_samples_give_the_root_of_epsilon():
    x = np.tile(np.random.default_rng(0).normal(size=(1, 4, 4, 3)).astype("float32"), (8, 1, 1, 1))
    added = np.asarray(MinibatchStddev()(x))[..., 3]
    assert np.all(added == np.float32(1e-4))


def test_two_opposite_samples_give_their_size():
    a = 3.0 * np.ones((1, 2, 2, 5), "float32")
    added = np.asarray(MinibatchStddev(group_size=2)(np.concatenate([a, -a])))[..., 5]
    np.testing.assert_allclose(added, 3.0, rtol=1e-6)


def test_groups_are_strided_and_each_sample_gets_its_own_group():
    # Groups of 2 out of 4 hold samples (0, 2) and (1, 3): the first pair differs by +-1, the second by +-5.
    x = np.array([1.0, 5.0, -1.0, -5.0], "float32").reshape(4, 1, 1, 1)
    added = np.asarray(MinibatchStddev(group_size=2)(x))[:, 0, 0, 1]
    np.testing.assert_allclose(added, [1.0, 5.0, 1.0, 5.0], rtol=1e-6)


def test_order_inside_a_group_does_not_matter():
    x = np.random.default_rng(0).normal(size=(8, 2, 2, 4)).astype("float32")
    layer = MinibatchStddev(group_size=4)
    swapped = x[[6, 1, 2, 7, 4, 5, 0, 3]]
    np.testing.assert_allclose(layer(swapped)[..., 4], layer(x)[..., 4], rtol=1e-6)


def test_vectors_have_no_positions():
    x = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
    outputs = MinibatchStddev(group_size=3, num_features=2)(x)
    np.testing.assert_allclose(outputs, looped(x.reshape(6, 1, 1, 4), 3, 2).reshape(6, 6), rtol=2e-6)


def test_gradient_is_finite_where_the_samples_are_equal():
    x = tf.ones((4, 2, 2, 3))
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(MinibatchStddev()(x)[..., 3])
    np.testing.assert_array_equal(tape.gradient(total, x), np.zeros((4, 2, 2, 3)))


def test_second_order_gradient_equals_finite_differences():
    rng = np.random.default_rng(0)
    x, w, direction = (tf.constant(rng.normal(size=size)) for size in ((4, 5), (5, 6), (5, 6)))
    layer = MinibatchStddev(group_size=4, num_features=2, dtype="float64")

    def penalty(w):
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(layer(tf.sin(x @ w))[:, 6:] ** 2)
        return tf.reduce_sum(tape.gradient(total, x) ** 2)

    with tf.GradientTape() as tape:
        tape.watch(w)
        value = penalty(w)
    slope = tf.reduce_sum(tape.gradient(value, w) * direction)
    numeric = (penalty(w + 1e-6 * direction) - penalty(w - 1e-6 * direction)) / 2e-6
    assert float(slope) == pytest.approx(float(numeric), rel=1e-5)


def test_float16_does_not_overflow():
    x = np.random.default_rng(0).choice([-3000.0, 3000.0], size=(4, 2, 2, 3)).astype("float16")
    outputs = MinibatchStddev(dtype="mixed_float16")(x)
    assert outputs.dtype == tf.float16
    np.testing.assert_allclose(outputs, looped(x, 4, 1), rtol=1e-3)


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("batch", [None, 8])
def test_graphs_give_the_eager_numbers(jit_compile, batch):
    x = np.random.default_rng(0).normal(size=(8, 3, 2, 6)).astype("float32")
    layer = MinibatchStddev(num_features=2)
    signature = [tf.TensorSpec((batch, batch and 3, 2, 6))]
    graph = tf.function(layer, jit_compile=jit_compile, input_signature=signature)
    np.testing.assert_allclose(graph(x), looped(x, 4, 2), rtol=2e-6)


@pytest.mark.long
def test_a_functional_model_takes_any_fitting_batch():
    inputs = keras.Input((3, 2, 6))
    model = keras.Model(inputs, MinibatchStddev()(inputs))
    assert model.output_shape == (None, 3, 2, 7)
    x = np.random.default_rng(0).normal(size=(8, 3, 2, 6)).astype("float32")
    np.testing.assert_allclose(
        model.predict(x, batch_size=4, verbose=0), [*looped(x[:4], 4, 1), *looped(x[4:], 4, 1)], rtol=2e-6
    )


def test_a_batch_that_the_groups_do_not_divide():
    x = np.zeros((6, 2, 2, 3), "float32")
    words = "groups of 4: use a batch size that is a multiple of `group_size`, .*Received: group_size=4, batch size="
    with pytest.raises(ValueError, match=rf"{words}6\b"):
        MinibatchStddev()(x)
    graph = tf.function(MinibatchStddev(), input_signature=[tf.TensorSpec((None, 2, 2, 3))])
    with pytest.raises(tf.errors.InvalidArgumentError, match=rf"{words}\] \[6\]"):
        graph(x)


def test_channels_that_the_features_do_not_divide():
    with pytest.raises(ValueError, match=r"divide the 3 channels of the input\. Received: num_features=2"):
        MinibatchStddev(num_features=2)(np.zeros((4, 2, 2, 3), "float32"))


def test_an_input_without_channels():
    with pytest.raises(ValueError, match=r"Received: input_shape=\(4,\)"):
        MinibatchStddev()(np.zeros(4, "float32"))


@pytest.mark.parametrize("arguments", [{"group_size": 0}, {"num_features": 1.5}])
def test_arguments_that_are_not_positive_integers(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=rf"`{name}` must be an integer of at least 1\. Received: {name}="):
        MinibatchStddev(**arguments)


def test_config_round_trip():
    layer = MinibatchStddev(group_size=8, num_features=2)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert isinstance(copy, MinibatchStddev)
    assert (copy.group_size, copy.num_features) == (8, 2)
