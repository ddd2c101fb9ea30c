"""Real-ESRGAN's degradation: a pure function of the seed, and kernels that do what they are called."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.data import SecondOrderDegradation
from keras_gan.data import second_order_degradation as parts


def draws(seed=0):
    return parts._Draws(tf.constant([0, seed], tf.int64))


def seeds(*numbers):
    return tf.constant([[0, number] for number in numbers], tf.int64)


def pictures(count=1, side=16, channels=3):
    return tf.constant(np.random.default_rng(0).uniform(-1, 1, (count, side, side, channels)), tf.float32)


@pytest.fixture(scope="module")
def degraded():
    """Twice the same picture by one seed, once by another."""
    return SecondOrderDegradation(4)(tf.repeat(pictures(), 3, axis=0), seeds(5, 5, 6)).numpy()


def test_the_same_seed_degrades_alike_and_another_one_does_not(degraded):
    np.testing.assert_array_equal(degraded[0], degraded[1])
    assert np.abs(degraded[0] - degraded[2]).max() > 0.01


def test_sources_are_small_and_have_the_levels_of_a_file(degraded):
    assert degraded.shape == (3, 4, 4, 3)
    levels = (degraded + 1.0) * 127.5
    np.testing.assert_allclose(levels, np.round(levels), atol=1e-4)


@pytest.mark.long
@pytest.mark.parametrize("channels", [1, 2, 4])
def test_pictures_of_other_channels(channels):
    made = SecondOrderDegradation(2)(pictures(side=8, channels=channels), seeds(1))
    assert made.shape == (1, 4, 4, channels)


def test_kernels_have_the_sum_one():
    for kernel in (parts._gaussian(draws(), (0.2, 3.0)), parts._sinc(draws()), parts._delta()):
        assert float(tf.reduce_sum(kernel)) == pytest.approx(1.0, abs=1e-5)


def test_a_gaussian_has_its_deviation():
    """Deviations of a third of the radius fit into the kernel, whatever is drawn."""
    kernel = np.asarray(parts._gaussian(draws(3), (0.9, 0.9)))
    places = np.arange(-parts._RADIUS, parts._RADIUS + 1)
    assert np.sqrt((kernel.sum(axis=0) * places**2).sum()) == pytest.approx(0.9, abs=0.02)


def test_the_share_of_round_gaussians_is_that_of_the_authors(monkeypatch):
    """45 to 25 with elongated ones, as without the blurs that are left out."""
    asked = []
    monkeypatch.setattr(parts._Draws, "chance", lambda _, probability: asked.append(probability) or tf.constant(True))
    parts._gaussian(draws(), (0.5, 2.0))
    assert asked == pytest.approx([0.45 / 0.7])


def test_a_sinc_filter_keeps_low_frequencies_and_drops_high_ones(monkeypatch):
    monkeypatch.setattr(parts, "_radius", lambda _: tf.constant(10.0))
    answers = np.abs(np.fft.fft2(np.asarray(parts._sinc(draws(1))), (64, 64)))
    assert answers[0, 0] == pytest.approx(1.0, abs=1e-4)
    assert answers[2, 2] == pytest.approx(1.0, abs=0.1)
    # The corner of the square of frequencies lies outside every circle.
    assert answers[32, 32] < 0.1


def test_a_sinc_filter_is_that_of_the_authors(monkeypatch):
    """Their formula, with the Bessel function as its integral: J1(x) = mean over t of cos(t - x sin t)."""
    monkeypatch.setattr(parts, "_radius", lambda _: tf.constant(4.0))
    monkeypatch.setattr(parts._Draws, "uniform", lambda *_: tf.constant(1.7))
    places = np.arange(-parts._RADIUS, parts._RADIUS + 1)
    distance = np.hypot(*np.meshgrid(places, places))
    angles = (np.arange(2000) + 0.5) * np.pi / 2000
    bessel = np.cos(angles - 1.7 * distance[..., None] * np.sin(angles)).mean(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.where(distance > 0, 1.7 * bessel / (2 * np.pi * distance), 1.7**2 / (4 * np.pi))
    expected[np.maximum(*np.abs(np.meshgrid(places, places))) > 4] = 0.0
    np.testing.assert_allclose(parts._sinc(draws()), expected / expected.sum(), atol=1e-5)


def test_the_delta_changes_nothing():
    image = 0.5 * (pictures()[0] + 1.0)
    np.testing.assert_allclose(parts._blurred(image, parts._delta()), image, atol=1e-6)


def test_noise_is_grey_or_coloured_and_has_no_mean():
    grey = tf.fill((64, 64, 3), 0.5)
    means, kinds = [], set()
    for seed in range(12):
        noise = np.asarray(parts._noisy(grey, draws(seed), parts._FIRST)) - 0.5
        means.append(noise.mean())
        kinds.add(bool(np.abs(noise[..., 0] - noise[..., 1]).max() < 1e-6))
    assert kinds == {True, False}
    assert np.abs(np.mean(means)) < 2e-3
