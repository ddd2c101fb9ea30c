"""MoCoGAN: what its three players minimise, and how content and motion are combined."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.callbacks.health._probe import HealthProbe
from keras_gan.callbacks.health._statistics import RealImages
from keras_gan.gans.mocogan import frame_at
from keras_gan.training.training_state import StepNoise

SHAPE = (7, 8, 8, 1)
TINY = {"image_shape": SHAPE[1:], "num_frames": 7, "content_dim": 3, "motion_dim": 2, "width": 2, "stages": 1}


@pytest.fixture(scope="module")
def gan():
    keras.utils.set_random_seed(0)
    gan = keras_gan.MoCoGAN(*keras_gan.networks.mocogan(**TINY), seed=0)
    gan.compile(run_eagerly=True)
    return gan


def clips(count=4):
    """Clips of which every pixel of frame i of clip k is (7 k + i) / 100."""
    numbers = np.arange(count * 7, dtype="float32").reshape(count, 7, 1, 1, 1) / 100
    return np.broadcast_to(numbers, (count, *SHAPE)).copy()


def constant(shape, logit):
    """A discriminator that gives everything the same logit."""
    network = keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(1)])
    network.layers[-1].set_weights([np.zeros((int(np.prod(shape)), 1)), np.array([logit])])
    return network


def softplus(x):
    return np.log1p(np.exp(x))


def test_the_players_minimise_the_formulas():
    generator = keras_gan.networks.mocogan(**TINY)[0]
    gan = keras_gan.MoCoGAN(generator, constant(SHAPE[1:], 0.5), constant(SHAPE, -2.0), seed=0)
    zero = tf.zeros((), tf.int64)
    terms = gan.test_terms({"clips": tf.constant(clips())}, StepNoise(zero, zero))
    expected = {
        "image_discriminator": {"d_image_loss": softplus(-0.5) + softplus(0.5)},
        "video_discriminator": {"d_video_loss": softplus(2.0) + softplus(-2.0)},
        "generator": {"g_image_loss": softplus(-0.5), "g_video_loss": softplus(2.0)},
    }
    assert {player: set(found) for player, found in terms.items()} == {p: set(found) for p, found in expected.items()}
    for player, found in expected.items():
        for term, value in found.items():
            assert float(terms[player][term]) == pytest.approx(value, rel=1e-5), term


def test_the_image_discriminator_gets_any_one_frame_of_each_clip():
    batch = {"clips": tf.constant(clips())}
    frames = frame_at(batch, tf.constant([0.0, 0.3, 0.5, np.nextafter(np.float32(1), 0)]))["images"].numpy()
    assert frames.shape == (4, 8, 8, 1)
    np.testing.assert_allclose(frames[:, 0, 0, 0], [0.00, 0.09, 0.17, 0.27], atol=1e-6)


def test_the_health_sees_both_discriminators():
    """D_I gives every frame its mean, and D_V every clip minus its mean; G draws nothing but 0."""
    generator = keras_gan.networks.mocogan(**TINY)[0]
    for weight in generator.weights:
        weight.assign(tf.zeros_like(weight))
    critics = [constant(SHAPE[1:], 0.0), constant(SHAPE, 0.0)]
    for critic, sign in zip(critics, (1.0, -1.0), strict=True):
        critic.layers[-1].kernel.assign(
            tf.fill(critic.layers[-1].kernel.shape, sign / critic.layers[-1].kernel.shape[0])
        )
    gan = keras_gan.MoCoGAN(generator, *critics, seed=0)
    gan.compile(run_eagerly=True)
    real = RealImages({"clips": clips() + 0.01}, 4)
    found = {name: HealthProbe(gan, real, 4, name)(0, 0)[0] for name in gan.games}
    assert {name: (signs.real_accuracy, signs.ranked_pairs) for name, signs in found.items()} == {
        "image": (1.0, 1.0),
        "video": (0.0, 0.0),
    }
    # The first frames are 0.01 to 0.22, and each clip has another moment: 1, 9, 17 and 25 hundredths.
    assert float(real.of("clips", 4).statistics.means[0]) == pytest.approx(0.13)
    assert float(real.of("clips", 5).statistics.means[0]) == pytest.approx(0.145)
    assert all(signs.diversity == 0 for signs in found.values())


def test_the_moments_differ_between_clips_and_between_real_and_fake(gan):
    noise = StepNoise(tf.constant(1, tf.int64), tf.constant(2, tf.int64))
    drawn = gan.drawn_for({"clips": tf.zeros((64, *SHAPE))}, noise)
    real, fake = (np.floor(7 * drawn[name].numpy()).astype(int) for name in ("real_moments", "fake_moments"))
    assert set(real) == set(fake) == set(range(7))
    assert (real != fake).any()
    assert drawn["motions"].shape == (64, 8, 2)


def test_a_seed_gives_the_same_clips_and_longer_ones_begin_alike(gan):
    three = gan.generate(3, seed=5)
    assert three.shape == (3, *SHAPE)
    np.testing.assert_allclose(gan.generate(2, seed=5), three[:2], atol=1e-6)
    np.testing.assert_allclose(gan.generate(3, num_frames=9, seed=5)[:, :7], three, atol=1e-6)
    assert (gan.generate(3, seed=6) != three).any()


def test_content_and_motion_are_drawn_from_other_random_bits(gan):
    drawn = gan.sampling_inputs(2000, seed=0)
    content, motion = drawn["latents"].numpy(), drawn["motions"].numpy().reshape(2000, -1)
    correlations = np.corrcoef(content, motion, rowvar=False) - np.eye(3 + 16)
    # Of 2,000 independent pairs, the standard deviation is 0.022.
    assert np.abs(correlations).max() < 0.11


def test_combine_gives_every_content_every_motion(gan):
    grid = gan.combine(2, 3, seed=4)
    assert grid.shape == (2, 3, *SHAPE)
    drawn = gan.sampling_inputs(3, seed=4)
    for row, column in np.ndindex(2, 3):
        alone = gan.generate(latents=drawn["latents"][row : row + 1], motions=drawn["motions"][column : column + 1])
        np.testing.assert_allclose(alone[0], grid[row, column], atol=1e-6)


def test_one_row_of_a_code_is_for_all_clips(gan):
    drawn = gan.sampling_inputs(3, seed=4)
    same_motion = gan.generate(latents=drawn["latents"], motions=drawn["motions"][:1])
    np.testing.assert_allclose(same_motion[:2], gan.combine(2, 3, seed=4)[:, 0], atol=1e-6)
    same_content = gan.generate(3, latents=drawn["latents"][:1], seed=4)
    np.testing.assert_allclose(same_content, gan.combine(2, 3, seed=4)[0], atol=1e-6)


def test_a_picture_shows_a_clip_in_each_row(gan):
    images, columns = gan.snapshot(20, seed=1)
    assert columns == 7
    np.testing.assert_array_equal(images.reshape(2, *SHAPE), gan.generate(2, seed=1))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "Give the number of samples, as `num_clips`"),
        ({"num_clips": 2, "motions": np.zeros((2, 8, 3))}, r"Motions must have the shape \('num_clips', None, 2\)"),
        ({"motions": np.zeros((2, 1, 2))}, "a row for the beginning and one for each frame"),
        ({"motions": np.full((2, 8, 2), np.nan)}, "hold NaN"),
        ({"motions": np.zeros((2, 8, 2)), "num_frames": 7}, "not both"),
        ({"num_clips": 3, "latents": np.zeros((2, 3))}, "a row of `latents` for each clip, or one for all"),
        ({"num_clips": 3, "num_frames": 0}, "`num_frames` must be an integer of at least 1"),
    ],
)
def test_codes_that_do_not_fit_are_refused(gan, arguments, words):
    with pytest.raises(ValueError, match=words):
        gan.generate(**arguments)


def test_networks_that_do_not_fit_are_refused():
    generator, images, videos = keras_gan.networks.mocogan(**TINY)
    with pytest.raises(ValueError, match="must take the frames of the clips"):
        keras_gan.MoCoGAN(generator, constant((9, 8, 1), 0.0), videos)
    with pytest.raises(ValueError, match="of known sizes"):
        keras_gan.MoCoGAN(generator, images, constant((7, 64), 0.0))
    with pytest.raises(ValueError, match='must take a dict of "latents"'):
        keras_gan.MoCoGAN(keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)]), images, videos)
