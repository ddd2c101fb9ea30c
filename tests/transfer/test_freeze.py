"""The frozen part of a discriminator: which it is, that it stays as it is, and that it is saved."""

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan.layers import BatchNormalization, SpectralNormalization
from keras_gan.transfer import freeze
from keras_gan.transfer._blocks import blocks_of

IMAGES = np.random.default_rng(0).uniform(-1, 1, (16, 4)).astype("float32")


def networks():
    """A discriminator with everything that a frozen layer might still change."""
    generator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="tanh")])
    x = images = keras.Input((4,))
    for number in range(2):
        x = SpectralNormalization(keras.layers.Dense(3, name=f"dense_{number}"))(x)
        x = keras.layers.LeakyReLU(0.2)(BatchNormalization(name=f"norm_{number}")(x))
    return generator, keras.Model(images, keras.layers.Dense(1, name="logits")(x))


def compiled(**options):
    keras.utils.set_random_seed(0)
    gan = keras_gan.LSGAN(*networks(), seed=1)
    gan.compile(keras.optimizers.Adam(1e-2), keras.optimizers.Adam(1e-2), run_eagerly=True, **options)
    return gan


def trained(gan, steps=2):
    for _ in range(steps):
        gan.train_on_batch(IMAGES)
    return gan


def state(layers):
    return [np.asarray(weight) for layer in layers for weight in layer.weights]


def names(network, main="images"):
    return [[layer.name for layer in block] for block in blocks_of(network, main)]


def test_blocks_are_layers_with_their_normalisation_or_residual_blocks():
    _, discriminator = keras_gan.networks.dcgan(
        width=2, discriminator_normalization="batch", spectral_normalization=False
    )
    assert names(discriminator) == [
        ["down_0"],
        ["down_1", "norm_1"],
        ["down_2", "norm_2"],
        ["down_3", "norm_3"],
        ["logits"],
    ]
    _, discriminator = keras_gan.networks.resnet(generator_width=2, discriminator_width=2)
    assert [[name.rpartition("_")[0] for name in block] for block in names(discriminator)] == [
        ["block_0_conv", "block_0_conv", "block_0"],
        ["block_1_conv", "block_1_conv", "block_1"],
        ["block_2_conv", "block_2_conv"],
        ["block_3_conv", "block_3_conv"],
        [""],
    ]


def test_heads_that_share_what_they_take_are_one_block():
    assert names(keras_gan.networks.acgan(width=2)[1])[-1] == ["classes", "logits"]


def test_features_that_a_network_also_returns_do_not_join_its_blocks():
    assert ["down_2", "down_2_norm"] in names(keras_gan.networks.vae_gan(width=2)[-1])


def test_layers_that_see_the_labels_alone_are_in_no_block():
    _, discriminator = keras_gan.networks.dcgan(width=2, num_classes=3)
    assert "label_plane" in [layer.name for layer in discriminator.layers]
    assert not any("label_plane" in block for block in names(discriminator))


def test_frozen_layers_stay_bit_identical_and_the_others_learn():
    gan = trained(compiled())
    (first, second, last) = blocks_of(gan.discriminator, "images")
    freeze(gan, 2)
    frozen, free = state(first + second), state(last)
    trained(gan)
    for before, after in zip(frozen, state(first + second), strict=True):
        np.testing.assert_array_equal(before, after)
    assert all((before != after).any() for before, after in zip(free, state(last), strict=True))


def test_only_frozen_normalisation_stops_at_its_running_statistics():
    gan = trained(compiled())
    freeze(gan, 1)
    frozen, free = (gan.discriminator.get_layer(name) for name in ("norm_0", "norm_1"))
    batch = np.random.default_rng(1).normal(size=(8, 3)).astype("float32")
    assert np.array_equal(frozen(batch, training=True), frozen(batch, training=False))
    assert not np.array_equal(free(batch, training=True), free(batch, training=False))


def test_the_optimizers_keep_their_state_of_what_is_still_trained():
    gan = trained(compiled())
    slots = {v.path.partition("/")[2]: np.asarray(v) for v in gan.discriminator_optimizer.variables}
    generator = [np.asarray(v) for v in gan.generator_optimizer.variables]
    freeze(gan, 1)
    kept = {v.path.partition("/")[2]: np.asarray(v) for v in gan.discriminator_optimizer.variables}
    assert 0 < len(kept) < len(slots)
    assert int(kept["iteration"]) == 2
    for name, value in kept.items():
        np.testing.assert_array_equal(value, slots[name])
    assert any("logits" in name and value.any() for name, value in kept.items())
    for before, after in zip(generator, gan.generator_optimizer.variables, strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_saved_gan_is_still_frozen_and_resumes_exactly(tmp_path):
    gan = freeze(trained(compiled()), 2)
    trained(gan).save(tmp_path / "gan.keras")
    loaded = keras_gan.training.load_model(tmp_path / "gan.keras")
    assert len(loaded.discriminator.trainable_weights) == 2
    assert trained(loaded).fingerprint() == trained(gan).fingerprint()


def test_blocks_that_are_trained_again_begin_with_a_new_optimizer():
    gan = freeze(trained(compiled(), steps=1), 0)
    # Where nothing changes, nothing is lost.
    assert int(gan.discriminator_optimizer.iterations) == 1
    freeze(trained(freeze(gan, 1), steps=1), 0)
    assert all(layer.trainable for layer in gan.discriminator.layers)
    assert int(gan.discriminator_optimizer.iterations) == 0
    assert int(gan.generator_optimizer.iterations) == 2


def test_a_gan_that_is_not_compiled_is_frozen_for_the_optimizers_that_follow():
    gan = freeze(keras_gan.LSGAN(*networks()), 2)
    gan.compile(run_eagerly=True)
    assert [weight.path for weight in gan.discriminator.trainable_weights] == ["logits/kernel", "logits/bias"]


def test_the_loss_scale_of_float16_is_kept():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        gan = freeze(trained(compiled(), steps=1), 1)
    finally:
        keras.config.set_dtype_policy("float32")
    scaled = gan.discriminator_optimizer
    assert isinstance(scaled, keras.optimizers.LossScaleOptimizer)
    assert int(scaled.iterations) == 1
    assert any(np.asarray(v).any() for v in scaled.inner_optimizer.variables if "logits" in v.path)


@pytest.mark.parametrize("blocks", [3, 30])
def test_more_blocks_than_there_are_are_refused(blocks):
    gan = compiled()
    with pytest.raises(ValueError, match=f"has 3 blocks.*freeze at most 2. Received: {blocks} blocks"):
        freeze(gan, blocks)
    assert all(layer.trainable for layer in gan.discriminator.layers)


def test_a_layer_that_would_forget_that_it_is_frozen_is_refused():
    class Forgetful(keras.layers.Dense):
        def get_config(self):
            return {"units": self.units}

    discriminator = keras.Sequential([keras.Input((2,)), Forgetful(2, name="forgetful"), keras.layers.Dense(1)])
    gan = keras_gan.LSGAN(keras_gan.networks.mlp(image_shape=(2,), latent_dim=2, width=2)[0], discriminator)
    with pytest.raises(ValueError, match=r"would not be frozen in a saved file.*layer='forgetful'"):
        freeze(gan, 1)
    assert discriminator.layers[0].trainable


def test_a_model_without_a_discriminator_is_refused():
    with pytest.raises(ValueError, match=r"with a player called 'discriminator'.*Received: <Functional"):
        freeze(networks()[1], 1)
