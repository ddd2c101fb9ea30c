"""Presets: each builds the GAN that it describes, and loads images that the GAN takes."""

import dataclasses

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan import presets

LARGE = ("photos_64_gpu", "photos_128_gpu")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] * (name in LARGE)) for name in presets.NAMES]
)
def test_a_preset_builds_what_it_says(name):
    preset = presets.get(name)
    assert preset.name == name
    shape = (preset.image_size, preset.image_size, preset.channels)
    gan = preset.make_gan(shape, seed=0)
    assert type(gan).__name__ == preset.gan
    assert (gan.latent_shape, gan.sample_shape) == ((preset.latent_dim,), shape)
    assert [repr(penalty) for penalty in gan.penalties] == [f"R1(weight={preset.r1})"]
    assert [type(change).__name__ for change in gan.critic.augmentations] == ["DiffAugment"] * preset.diff_augment
    assert gan.ema_half_life == preset.ema_half_life
    for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
        assert float(optimizer.learning_rate) == pytest.approx(preset.learning_rate)
    # Nothing in the discriminator looks at other images than the one it judges: R1 needs that.
    kinds = {type(layer) for layer in gan.discriminator.layers}
    assert not kinds & {keras.layers.BatchNormalization, keras_gan.layers.SpectralNormalization}


def test_a_preset_loads_pictures_of_any_size_and_colour():
    pictures = np.random.default_rng(0).integers(0, 256, (12, 20, 30, 1), dtype="uint8")
    images = presets.get("few_images").load(pictures, batch_size=4, seed=1)
    batch = next(iter(images)).numpy()
    assert batch.shape == (4, 32, 32, 3)
    np.testing.assert_array_equal(batch[..., 0], batch[..., 2])


@pytest.mark.long
def test_a_changed_preset_trains():
    preset = dataclasses.replace(presets.get("few_images"), image_size=8, width=2, batch_size=4)
    images = preset.load(np.random.default_rng(0).integers(0, 256, (12, 8, 8, 3), dtype="uint8"))
    gan = preset.make_gan(images.image_shape, seed=0)
    history = gan.fit(images, steps_per_epoch=1, verbose=0).history
    assert history["r1"][0] > 0


def test_an_unknown_preset_is_named_with_the_nearest():
    with pytest.raises(ValueError, match=r"Did you mean 'icons_32'\? Received: name='icons32'"):
        presets.get("icons32")


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"width": 0}, "`width` must be an integer of at least 1"),
        ({"channels": 2}, "`channels` must be 1, 3 or None"),
        ({"gan": "WGAN_GP"}, "`gan` must be one of"),
        ({"betas": (0.5,)}, "`betas` must be a tuple of two numbers"),
        ({"learning_rate": 0.0}, "`learning_rate` must be a number in"),
    ],
)
def test_a_wrong_setting_is_an_error_before_anything_is_built(settings, message):
    with pytest.raises(ValueError, match=rf"{message}.*Received: {next(iter(settings))}="):
        dataclasses.replace(presets.get("digits"), **settings)
