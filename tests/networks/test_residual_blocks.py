"""The residual networks with and without labels: what a label does, gradients, precision, saving, and bad input."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import ConditionalBatchNormalization, SelfAttention, SpectralNormalization, hold_power_iterations
from keras_gan.networks import biggan, resnet, sagan, wgan_gp_resnet
from keras_gan.training.interface import Interface

SHAPE = {"image_shape": (8, 16, 1), "latent_dim": 6}
BUILDERS = {
    "resnet": lambda **options: resnet(**SHAPE, generator_width=3, discriminator_width=3, **options),
    "sagan": lambda **options: sagan(**SHAPE, width=4, **options),
    "biggan": lambda **options: biggan(**SHAPE, width=1, embedding_dim=3, **options),
    "biggan without chunks": lambda **options: biggan(**SHAPE, width=1, embedding_dim=None, **options),
}
CLASSES = 3
# What one of the networks shows in little time, the others show in the long tests.
LONG = [pytest.param(name, marks=pytest.mark.long) for name in ("resnet", "sagan")]


@functools.cache
def with_labels(name):
    """The networks with labels, built once for the tests that only read them."""
    return tuple(shaken(network) for network in BUILDERS[name](num_classes=CLASSES))


@pytest.fixture(params=["resnet", "sagan", "biggan", pytest.param("biggan without chunks", marks=pytest.mark.long)])
def networks(request):
    return with_labels(request.param)


def given(network, count=6):
    """Inputs of a network, by their names."""
    rng = np.random.default_rng(0)
    tensors = network.input if isinstance(network.input, dict) else {"only": network.input}
    values = {
        name: tf.constant(np.arange(count) % CLASSES, tf.int32)
        if name == "labels"
        else tf.constant(rng.normal(size=(count, *tensor.shape[1:])), tf.float32)
        for name, tensor in tensors.items()
    }
    return values.get("only", values)


def shaken(network):
    """The network with other weights: those that start from 0 would hide a path."""
    rng = np.random.default_rng(1)
    for variable in network.trainable_variables:
        variable.assign_add(0.3 * rng.normal(size=variable.shape))
    return network


def layers_of(network, kind):
    return [layer for layer in network.layers if isinstance(layer, kind)]


@pytest.mark.long
def test_the_number_of_classes_is_read_from_the_networks(networks):
    generator, discriminator = networks
    assert Interface(generator, "generator", ("latents", "labels"), "images").num_classes == CLASSES
    assert Interface(discriminator, "discriminator", ("images", "labels"), "logits").num_classes == CLASSES


def test_with_vectors_of_zeros_the_projection_discriminator_is_the_unconditional_one():
    plain, discriminator = BUILDERS["resnet"]()[1], BUILDERS["resnet"](num_classes=CLASSES)[1]
    for layer in plain.layers:
        layer.set_weights(discriminator.get_layer(layer.name).get_weights())
    vectors = discriminator.get_layer("class_vectors").layer.embeddings
    vectors.assign(np.zeros(vectors.shape))
    inputs = given(discriminator)
    np.testing.assert_array_equal(discriminator(inputs), plain(inputs["images"]))


def test_permuted_classes_permute_the_logits(networks):
    _, discriminator = networks
    inputs, order = given(discriminator), np.array([2, 0, 1])
    before = np.asarray(discriminator(inputs))
    vectors = discriminator.get_layer("class_vectors").layer.embeddings
    vectors.assign(np.asarray(vectors)[order])
    # Class order[i] is now number i. The norm does not depend on the order, and neither does its estimate.
    after = discriminator(inputs | {"labels": tf.constant(np.argsort(order)[inputs["labels"]])})
    np.testing.assert_allclose(after, before, rtol=1e-5, atol=1e-6)
    assert np.all(np.abs(discriminator(inputs) - before) > 1e-6)


def test_the_projection_is_the_product_of_the_features_and_the_vector_of_the_class(networks):
    _, discriminator = networks
    names = ("sum_over_positions", "logits", "class_vectors")
    parts = keras.Model(discriminator.input, [discriminator.get_layer(name).output for name in names])
    inputs = given(discriminator)
    features, logits, vectors = (np.asarray(part) for part in parts(inputs))
    kernel = np.asarray(discriminator.get_layer("class_vectors").normalized_kernel())
    np.testing.assert_allclose(vectors, kernel[inputs["labels"]], rtol=1e-6)
    expected = logits + np.sum(features * vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(discriminator(inputs), expected, rtol=1e-4)


def test_an_image_depends_on_its_own_label_alone_and_on_no_other_image(networks):
    """A batch of one class must not change what the class looks like."""
    generator, _ = networks
    inputs = given(generator)
    generator(inputs, training=True)
    everything = np.asarray(generator(inputs))
    for first, one in ((0, slice(0, 1)), (4, slice(4, 5))):
        alone = generator({name: values[one] for name, values in inputs.items()})
        np.testing.assert_allclose(alone, everything[first : first + 1], atol=1e-5)
    other = generator(inputs | {"labels": (inputs["labels"] + 1) % CLASSES})
    assert np.all(np.abs(other - everything).max((1, 2, 3)) > 1e-3)


@pytest.mark.parametrize(
    "name, num_classes",
    [
        *((name, CLASSES) for name in ("resnet", "sagan", "biggan")),
        pytest.param("biggan without chunks", CLASSES, marks=pytest.mark.long),
        *(pytest.param(name, None, marks=pytest.mark.long) for name in ("biggan", "biggan without chunks")),
    ],
)
def test_every_variable_gets_a_gradient(name, num_classes):
    generator, discriminator = with_labels(name) if num_classes else map(shaken, BUILDERS[name]())
    inputs = given(generator, 12)
    with tf.GradientTape() as tape:
        images = generator(inputs, training=True)
        judged = images if num_classes is None else {"images": images, "labels": inputs["labels"]}
        total = tf.reduce_sum(discriminator(judged, training=True) ** 2)
    variables = generator.trainable_variables + discriminator.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(total, variables), strict=True):
        assert np.any(tf.convert_to_tensor(gradient)), variable.path


@pytest.mark.parametrize("name", ["biggan", *LONG])
@pytest.mark.parametrize("policy", ["mixed_float16", pytest.param("mixed_bfloat16", marks=pytest.mark.long)])
def test_mixed_precision_returns_float32(name, policy):
    keras.config.set_dtype_policy(policy)
    generator, discriminator = BUILDERS[name](num_classes=CLASSES)
    assert generator.get_layer("up_0_add").output.dtype == policy.removeprefix("mixed_")
    images, logits = generator(given(generator), training=True), discriminator(given(discriminator), training=True)
    assert images.dtype == logits.dtype == tf.float32
    assert np.all(np.isfinite(images))
    assert np.all(np.isfinite(logits))


# Keras reads its variables with an `__array__` of the signature before NumPy 2.
@pytest.mark.long
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("name", ["biggan", *LONG])
def test_save_and_load_give_equal_outputs(name, tmp_path):
    for network in with_labels(name):
        inputs = given(network)
        network.save(tmp_path / "network.keras")
        np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "network.keras")(inputs), network(inputs))


def test_layers_under_spectral_normalization():
    """All with a kernel in SAGAN and BigGAN, and those of the discriminator alone in SNGAN; never a label's gains."""
    for name, both in (("resnet", False), ("sagan", True), ("biggan", True)):
        generator, discriminator = with_labels(name)
        kinds = {type(layer) for layer in discriminator.layers if layer.weights}
        assert kinds <= {SpectralNormalization, SelfAttention}
        own = [layer for layer in generator.layers if layer.weights and "norm" not in layer.name]
        unbounded = [layer.name for layer in own if not isinstance(layer, (SpectralNormalization, SelfAttention))]
        assert unbounded == ([] if name == "sagan" else ["class_embedding"] if both else [layer.name for layer in own])
        of_vectors = [norm.spectral_normalization for norm in layers_of(generator, ConditionalBatchNormalization)]
        assert of_vectors == [name == "biggan"] * 2


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", ["wgan_gp_resnet", *LONG])
def test_second_order_gradient_equals_finite_differences(name):
    """Of the part of a network that computes in float64: a critic up to its head, or a generator's first block."""
    if name == "wgan_gp_resnet":
        network, last, field = wgan_gp_resnet(image_shape=(8, 8, 1), latent_dim=4, width=2)[1], "relu", "only"
    else:
        network, last, field = BUILDERS[name](num_classes=CLASSES)[0], "up_0_add", "latents"
    network = keras.Model(network.input, network.get_layer(last).output)
    inputs, rng = given(network, 3), np.random.default_rng(0)
    inputs = inputs if isinstance(inputs, dict) else {"only": inputs}
    x = tf.cast(inputs[field], tf.float64)
    variables = network.trainable_variables
    for variable in variables:
        variable.assign(rng.normal(size=variable.shape))
    directions = [rng.normal(size=variable.shape) for variable in variables]

    def penalty():
        with tf.GradientTape() as tape, hold_power_iterations():
            tape.watch(x)
            total = tf.reduce_sum(network(x if field == "only" else inputs | {field: x}, training=True) ** 2)
        return tf.reduce_sum(tape.gradient(total, x) ** 2)

    def penalty_after(step):
        for variable, direction in zip(variables, directions, strict=True):
            variable.assign_add(step * direction)
        return float(penalty())

    with tf.GradientTape() as tape:
        value = penalty()
    gradients = tape.gradient(value, variables, unconnected_gradients="zero")
    slope = sum(np.sum(tf.convert_to_tensor(g) * d) for g, d in zip(gradients, directions, strict=True))
    above, below = penalty_after(1e-6), penalty_after(-2e-6)
    assert slope == pytest.approx((above - below) / 2e-6, rel=1e-3)


@pytest.mark.long
@pytest.mark.parametrize("player", [0, 1])
def test_xla_gives_the_eager_result(networks, player):
    network = networks[player]
    inputs = given(network)
    compiled = tf.function(lambda x: network(x, training=False), jit_compile=True)
    np.testing.assert_allclose(compiled(inputs), network(inputs), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
@pytest.mark.parametrize("num_classes", [1, 2.5, True])
def test_bad_numbers_of_classes(build, num_classes):
    with pytest.raises(ValueError, match=r"`num_classes` must be an integer of at least 2\. Received: num_classes="):
        build(num_classes=num_classes)
