"""The convolutional networks: published parameter counts, any size, initial state, gradients of both orders."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import LeakyReLU, SpectralNormalization, hold_power_iterations
from keras_gan.networks import dcgan


def trainable_count(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


# The discriminator's normalisation in most papers; the default is spectral.
BATCH = {"discriminator_normalization": "batch", "spectral_normalization": False}
# What the published code of each paper holds, counted from its layers.
PUBLISHED = {
    "Radford et al. 2015, faces 64": (
        {"width": 128, "kernel_size": 5, "generator_normalization": "batch_per_unit", **BATCH},
        (18_885_760, 17_232_768),
    ),
    "Arjovsky et al. 2017, 64": (BATCH, (3_576_704, 2_765_568)),
    "Gulrajani et al. 2017, MNIST": (
        {
            "image_shape": (28, 28, 1),
            "latent_dim": 128,
            "kernel_size": 5,
            "generator_normalization": None,
            "spectral_normalization": False,
        },
        (1_554_177, 1_030_145),
    ),
}


@pytest.mark.parametrize("paper", PUBLISHED)
def test_published_parameter_counts(paper):
    arguments, counts = PUBLISHED[paper]
    assert tuple(map(trainable_count, dcgan(**arguments))) == counts


@pytest.mark.long
@pytest.mark.parametrize(
    "image_shape, sides",
    [
        ((64, 64, 3), [(4, 4), (8, 8), (16, 16), (32, 32)]),
        ((112, 92, 1), [(7, 6), (14, 12), (28, 23), (56, 46)]),
        ((28, 28, 1), [(4, 4), (7, 7), (14, 14)]),
        ((32, 32, 3), [(4, 4), (8, 8), (16, 16)]),
        ((33, 47, 1), [(5, 6), (9, 12), (17, 24)]),
        ((7, 30, 2), [(4, 15)]),
        ((2, 3, 4), [(1, 2)]),
    ],
)
def test_sizes_of_every_map(image_shape, sides):
    generator, discriminator = dcgan(image_shape=image_shape, latent_dim=3, width=2)
    maps = [layer.output.shape[1:3] for layer in generator.layers if isinstance(layer, keras.layers.ReLU)]
    mirrored = [layer.output.shape[1:3] for layer in discriminator.layers if isinstance(layer, LeakyReLU)]
    assert maps == mirrored[::-1] == sides
    images = generator(np.random.default_rng(0).normal(size=(2, 3)))
    assert images.shape == (2, *image_shape)
    assert np.abs(images).max() <= 1
    assert discriminator(images).shape == (2, 1)


def test_stages_by_hand():
    generator, discriminator = dcgan(image_shape=(28, 28, 1), width=4, stages=2)
    assert generator.get_layer("relu_0").output.shape == (None, 7, 7, 8)
    assert discriminator.get_layer("flatten").output.shape == (None, 7 * 7 * 8)


def test_the_generator_reaches_every_pixel_from_the_map_below():
    # Odd sides: each transposed convolution is cropped. With positive weights a pixel that nothing reaches stays 0.
    generator, _ = dcgan(image_shape=(13, 9, 1), latent_dim=2, width=2, generator_normalization=None)
    for variable in generator.trainable_variables:
        variable.assign(tf.fill(variable.shape, 0.0 if variable.name == "bias" else 0.05))
    images = np.asarray(generator(np.ones((1, 2), "float32")))
    assert images.min() > 0


def test_initial_weights_are_the_papers():
    for model in dcgan(width=32, **BATCH):
        kernels = [v for v in model.trainable_variables if v.name == "kernel"]
        gains = [v for v in model.trainable_variables if v.name == "gamma"]
        assert len(kernels) == 5
        for kernel in kernels:
            assert np.std(kernel) == pytest.approx(0.02, rel=0.1)
        assert np.std(np.concatenate(gains)) == pytest.approx(0.02, rel=0.15)
        assert np.mean(np.concatenate(gains)) == pytest.approx(1.0, abs=0.005)
        assert not any(v.name == "bias" for v in model.trainable_variables)


def test_batch_normalization_is_where_the_paper_puts_it():
    generator, discriminator = dcgan(width=2, **BATCH)
    for model, names in (
        (generator, ["norm_0", "norm_1", "norm_2", "norm_3"]),
        (discriminator, ["norm_1", "norm_2", "norm_3"]),
    ):
        norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
        assert [norm.name for norm in norms] == names
        assert {(norm.momentum, norm.epsilon) for norm in norms} == {(0.9, 1e-5)}


def test_layer_normalization_makes_each_picture_its_own():
    _, discriminator = dcgan(image_shape=(16, 16, 1), width=4, discriminator_normalization="layer")
    x = np.random.default_rng(0).normal(size=(4, 16, 16, 1)).astype("float32")
    together = discriminator(x, training=True)
    alone = [discriminator(x[i : i + 1], training=True)[0] for i in range(4)]
    np.testing.assert_allclose(together, alone, rtol=1e-3, atol=1e-6)
    # One mean and one variance over positions and channels, with gains near 1.
    inner = keras.Model(discriminator.input, discriminator.get_layer("norm_1").output)(100 * x)
    np.testing.assert_allclose(np.mean(inner, axis=(1, 2, 3)), 0.0, atol=0.02)
    np.testing.assert_allclose(np.std(inner, axis=(1, 2, 3)), 1.0, atol=0.05)


def test_spectral_normalization_reaches_every_layer_with_weights():
    _, discriminator = dcgan(width=2)
    with_weights = [layer for layer in discriminator.layers if layer.weights]
    assert [type(layer) for layer in with_weights] == [SpectralNormalization] * 5
    assert with_weights[-1].layer.units == 1


def test_dropout_follows_each_leaky_relu_of_the_discriminator():
    arguments = {"image_shape": (16, 16, 1), "width": 4, "spectral_normalization": False}
    generator, discriminator = dcgan(**arguments, discriminator_dropout=0.25)
    names = [layer.name for layer in discriminator.layers]
    assert [names[names.index(f"dropout_{i}") - 1] for i in range(2)] == ["leaky_relu_0", "leaky_relu_1"]
    assert not any(isinstance(layer, keras.layers.Dropout) for layer in generator.layers)
    plain = dcgan(**arguments)[1]
    assert not any(isinstance(layer, keras.layers.Dropout) for layer in plain.layers)
    assert trainable_count(discriminator) == trainable_count(plain)
    x = np.random.default_rng(0).normal(size=(64, 16, 16, 1)).astype("float32")
    plain.set_weights([np.asarray(variable) for variable in discriminator.trainable_variables])
    np.testing.assert_array_equal(discriminator(x, training=False), plain(x, training=False))
    first = keras.Model(discriminator.input, discriminator.get_layer("dropout_0").output)
    before, after = np.asarray(first(x, training=False)), np.asarray(first(x, training=True))
    kept = after != 0
    assert np.mean(kept) == pytest.approx(0.75, abs=0.01)
    np.testing.assert_allclose(after[kept], before[kept] / 0.75, rtol=1e-5)


@pytest.mark.parametrize("rate", [-0.1, 1.0, "a", None])
def test_bad_dropout(rate):
    with pytest.raises(ValueError, match=r"`discriminator_dropout` must be .*Received: discriminator_dropout="):
        dcgan(discriminator_dropout=rate)


CRITICS = [
    {},
    {"spectral_normalization": False},
    {"discriminator_normalization": "layer", "spectral_normalization": False},
]


@pytest.mark.long
@pytest.mark.parametrize(
    "arguments",
    [*CRITICS, BATCH, {"generator_normalization": "batch_per_unit"}, {"generator_normalization": None}],
)
def test_every_variable_gets_a_gradient(arguments):
    generator, discriminator = dcgan(image_shape=(16, 12, 2), latent_dim=8, width=4, **arguments)
    with tf.GradientTape() as tape:
        logits = discriminator(generator(tf.random.normal((8, 8)), training=True), training=True)
        total = tf.reduce_sum(logits**2)
    variables = generator.trainable_variables + discriminator.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(total, variables), strict=True):
        assert np.any(gradient), variable.path


@pytest.mark.long
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("arguments", [{}, *CRITICS])
def test_second_order_gradient_equals_finite_differences(arguments):
    _, critic = dcgan(image_shape=(5, 6, 1), width=2, stages=2, **arguments)
    # The logits are float32 whatever the policy: the check stops one layer before them.
    features = keras.Model(critic.input, critic.get_layer("flatten").output)
    normalized = [layer for layer in features.layers if isinstance(layer, SpectralNormalization)]
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(3, 5, 6, 1)))
    for variable in features.trainable_variables:
        variable.assign(rng.normal(size=variable.shape))

    def penalty():
        with tf.GradientTape() as tape, hold_power_iterations():
            tape.watch(x)
            total = tf.reduce_sum(features(x, training=True) ** 2)
        return tf.reduce_sum(tape.gradient(total, x) ** 2)

    def penalty_after(step):
        """The penalty with all weights moved along `directions`, where sigma is again the singular value."""
        for variable, direction in zip(features.trainable_variables, directions, strict=True):
            variable.assign_add(step * direction)
        for layer in normalized:
            layer.power_iterations = 60
            layer.advance()
        return penalty()

    directions = [rng.normal(size=variable.shape) for variable in features.trainable_variables]
    penalty_after(0.0)
    with tf.GradientTape() as tape:
        value = penalty()
    gradients = tape.gradient(value, [variable.value for variable in features.trainable_variables])
    slope = sum(np.sum(g * d) for g, d in zip(gradients, directions, strict=True))
    above, below = penalty_after(1e-4), penalty_after(-2e-4)
    assert slope == pytest.approx(float(above - below) / 2e-4, rel=1e-3)


@pytest.mark.long
@pytest.mark.parametrize("jit_compile", [False, True])
def test_graphs_give_the_eager_images(jit_compile):
    generator, _ = dcgan(image_shape=(9, 7, 1), latent_dim=4, width=2)
    z = np.random.default_rng(0).normal(size=(4, 4)).astype("float32")
    for training in (False, True):
        graph = tf.function(lambda z, training=training: generator(z, training=training), jit_compile=jit_compile)
        np.testing.assert_allclose(graph(z), generator(z, training=training), rtol=1e-3, atol=1e-5)


def test_replicas_share_the_batch_statistics(two_replicas):
    z = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
    with two_replicas.scope():
        generator, _ = dcgan(image_shape=(8, 8, 1), latent_dim=4, width=2)

    @tf.function
    def step(halves):
        return two_replicas.run(lambda half: generator(half, training=True), args=(halves,))

    halves = two_replicas.experimental_distribute_values_from_function(
        lambda context: tf.constant(np.split(z, 2)[context.replica_id_in_sync_group])
    )
    images = np.concatenate(two_replicas.experimental_local_results(step(halves)))
    single, _ = dcgan(image_shape=(8, 8, 1), latent_dim=4, width=2)
    single.set_weights([variable.numpy() for variable in generator.weights])
    np.testing.assert_allclose(images, single(z, training=True), rtol=1e-3, atol=1e-6)


# Keras reads its variables with an `__array__` of the signature before NumPy 2.
@pytest.mark.long
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_save_and_load_give_equal_outputs(tmp_path):
    arguments = {"discriminator_normalization": "layer", "spectral_normalization": True}
    generator, discriminator = dcgan(image_shape=(9, 7, 1), latent_dim=4, width=2, **arguments)
    z = np.random.default_rng(0).normal(size=(4, 4)).astype("float32")
    discriminator(generator(z, training=True), training=True)
    generator.save(tmp_path / "generator.keras")
    discriminator.save(tmp_path / "discriminator.keras")
    images = keras.saving.load_model(tmp_path / "generator.keras")(z)
    np.testing.assert_array_equal(images, generator(z))
    logits = keras.saving.load_model(tmp_path / "discriminator.keras")(images)
    np.testing.assert_array_equal(logits, discriminator(images))


@pytest.mark.parametrize("arguments", [{}, {"discriminator_normalization": "layer", "spectral_normalization": True}])
def test_mixed_precision_returns_float32(arguments):
    keras.config.set_dtype_policy("mixed_float16")
    generator, discriminator = dcgan(image_shape=(8, 8, 1), latent_dim=4, width=2, **arguments)
    assert generator.get_layer("up_0").compute_dtype == "float16"
    images = generator(np.ones((2, 4), "float32"), training=True)
    assert images.dtype == discriminator(images, training=True).dtype == tf.float32


@pytest.mark.parametrize(
    "image_shape", [(28, 28), (28, 28, 1, 1), (0, 28, 1), (28.0, 28, 1), (28, 28, -3), (None, 28, 1), 64]
)
def test_bad_image_shapes(image_shape):
    with pytest.raises(
        ValueError, match=r"must be \(height, width, channels\) of positive int.*Received: image_shape="
    ):
        dcgan(image_shape=image_shape)


@pytest.mark.parametrize("image_shape, stages", [((28, 28, 1), 6), ((64, 4, 1), 3), ((1, 64, 1), 1), ((1, 8, 1), None)])
def test_a_picture_too_small_for_its_stages(image_shape, stages):
    with pytest.raises(
        ValueError, match=rf"{stages or 1} times: make it larger, or use fewer .*Received: image_shape=\("
    ):
        dcgan(image_shape=image_shape, stages=stages)


@pytest.mark.parametrize(
    "arguments", [{"latent_dim": 0}, {"width": 0}, {"kernel_size": 1}, {"stages": 0}, {"latent_dim": -5}]
)
def test_bad_sizes(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"`{name}` must be an integer of at least .* Received: {name}={value}"):
        dcgan(**arguments)


@pytest.mark.parametrize(
    "name, value, hint",
    [
        ("discriminator_normalization", "layers", " Did you mean 'layer'?"),
        ("discriminator_normalization", "spectral", ""),
        ("generator_normalization", "batchnorm", " Did you mean 'batch'"),
        ("generator_normalization", "layer", ""),
    ],
)
def test_an_unknown_normalization_gets_the_nearest(name, value, hint):
    with pytest.raises(ValueError, match=f"`{name}` must be one of 'batch', .*None") as error:
        dcgan(**{name: value})
    assert hint in str(error.value)
    assert str(error.value).endswith(f"Received: {name}={value!r}")
