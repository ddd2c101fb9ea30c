"""StyleGAN2 with its own networks: what it trains, saves and resumes, and the settings of the paper."""

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan.penalties import R1

SHAPE = (8, 8, 1)


def styled(**options):
    return keras_gan.networks.stylegan2(
        image_shape=SHAPE, latent_dim=4, width=2, max_width=4, mapping_layers=1, **options
    )


def compiled(**options):
    gan = keras_gan.StyleGAN2(*styled(**options), seed=3)
    gan.compile(run_eagerly=True)
    return gan


@pytest.mark.long
def test_noise_styles_classes_and_average_resume_as_if_training_had_not_stopped(images, tmp_path):
    batches = [{"images": images[start : start + 8], "labels": np.arange(8, dtype="int32") % 3} for start in (0, 8)]
    gan = compiled(num_classes=3)
    before = {name: getattr(gan, name).get_weights() for name in ("generator", "discriminator")}
    gan.train_on_batch(batches[0])
    for name, weights in before.items():
        for now, then in zip(getattr(gan, name).get_weights(), weights, strict=True):
            assert np.isfinite(now).all()
            assert (now != then).any()
    gan.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    assert again.fingerprint() == gan.fingerprint()
    for trained in (gan, again):
        trained.train_on_batch(batches[1])
    assert again.fingerprint() == gan.fingerprint()


def test_the_label_decides_what_is_drawn():
    gan = keras_gan.StyleGAN2(*styled(num_classes=3, noise=False), penalties=[], ema_half_life=None)
    assert gan.num_classes == 3
    drawn = gan.generate(latents=np.ones((3, 4), "float32"), labels=[0, 1, 1])
    assert np.abs(drawn[0] - drawn[1]).max() > 1e-3
    np.testing.assert_allclose(drawn[1], drawn[2], atol=1e-6)


def test_paths_begin_at_the_styles():
    gan = keras_gan.StyleGAN2(*styled(), ema_half_life=None)
    mapping, synthesis = gan.sampler(averaged=False)._interface.halves
    assert mapping.network is gan.generator.get_layer("mapping")
    assert synthesis.network is gan.generator.get_layer("synthesis")


def test_the_settings_are_those_of_the_paper(networks):
    gan = keras_gan.StyleGAN2(*networks())
    r1, path_length = gan.penalties
    assert (r1.every, r1.penalty.weight) == (16, 10.0)
    assert (path_length.every, path_length.penalty.weight) == (4, 2.0)
    assert gan.ema_half_life == 10_000
    optimizer = gan.default_optimizer().get_config()
    assert [optimizer[name] for name in ("learning_rate", "beta_1", "beta_2")] == pytest.approx([0.0025, 0.0, 0.99])
    assert keras_gan.StyleGAN2(*networks(), penalties=[R1(0.5)]).penalties[0].weight == 0.5
