"""A GAN whose samples are no images names them, and the engine, its messages and its signs use that name."""

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan.training import Field


class Waves(keras_gan.WGANGP):
    """A GAN of sound."""

    samples = "waveforms"

    def sample_field(self, shape):
        return Field(shape, is_sound=True)


@pytest.fixture
def gan():
    generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(8, "tanh"), keras.layers.Reshape((8, 1))])
    critic = keras.Sequential([keras.Input((8, 1)), keras.layers.Conv1D(2, 3), keras.layers.Flatten()])
    critic.add(keras.layers.Dense(1))
    gan = Waves(generator, critic, discriminator_steps=1, seed=0)
    gan.compile(run_eagerly=True)
    return gan


def waveforms():
    return np.random.default_rng(0).uniform(-1, 1, (4, 8, 1)).astype("float32")


def test_the_field_the_game_and_the_sampler_have_the_name(gan):
    before = gan.generator.get_weights()
    gan.fit({"waveforms": waveforms()}, batch_size=4, verbose=0)
    assert any((now != then).any() for now, then in zip(gan.generator.get_weights(), before, strict=True))
    assert gan.games[""].field == gan.sampler().output == gan.critic.judges == "waveforms"
    assert list(gan.data_spec) == ["waveforms"]
    with pytest.raises(ValueError, match=r"Give the number of samples, as `num_waveforms`"):
        gan.draw_samples()
    with pytest.raises(ValueError, match=r"the shape \('num_waveforms', 2\)"):
        gan.generate(latents=np.zeros((1, 3), "float32"))


@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda x: (x * 32767).astype("int16"), r"^Waveforms must be float.*`waveforms.astype\('float32'\) / 32768`"),
        (lambda x: x * 32767, r"^Waveforms must lie in \[-1, 1\].*Divide them.*`keras_gan.data.load_recordings`"),
        (lambda x: x[..., 0], r"need an axis for their channel: add it with `waveforms\[..., None\]`"),
        (lambda x: x[:, :5], r"Cut or pad the waveforms, .*load_recordings\(..., num_samples=...\)"),
        (lambda x: (x, np.zeros(4, int)), r"takes waveforms without labels.*load_recordings\(..., labels=False\)"),
        (lambda x: {"images": x}, r"must have the fields waveforms"),
    ],
    ids=["int16", "range", "no channel", "length", "labels", "name"],
)
def test_data_that_it_cannot_take_are_told_the_way_of_sound(spoil, message, gan):
    with pytest.raises(ValueError, match=message):
        gan.fit(spoil(waveforms()), batch_size=4, verbose=0)


def test_clips_are_bounded_as_pictures_are_and_noise_of_their_shape_is_not():
    assert Field((4, 8, 8, 3)).is_bounded
    assert not Field((4, 8, 8, 3)).is_picture
    assert not Field((4, 8, 8, 3), is_noise=True).is_bounded
