"""The energy of gradients: closed forms of ramps, waves and blur."""

import numpy as np
import pytest

from keras_gan.metrics import gradient_energy


def test_a_ramp_has_the_square_of_its_slope():
    ramp = np.linspace(-1, 1, 21).reshape(1, 1, 21, 1) * np.ones((1, 6, 1, 2))
    energy = gradient_energy(0.5 * ramp, ramp)
    np.testing.assert_allclose((energy.images, energy.targets), [[0.05**2], [0.1**2]])
    assert energy.ratio == pytest.approx(0.25)
    np.testing.assert_allclose(gradient_energy(ramp.transpose(0, 2, 1, 3), ramp.transpose(0, 2, 1, 3)).images, 0.01)


def test_white_noise_loses_what_its_blur_takes():
    # The difference of neighbours has the variance 2 s^2; of means of two neighbours, 2 s^2 / 4 along them and
    # 2 s^2 / 2 across.
    noise = np.random.default_rng(0).uniform(-1, 1, (8, 64, 64, 1))
    blurred = 0.5 * (noise + np.roll(noise, 1, axis=2))
    assert gradient_energy(blurred, noise).ratio == pytest.approx((0.5 + 1.0) / 4.0, rel=0.02)


def test_the_ratio_is_of_all_images_together():
    images, targets = np.random.default_rng(0).uniform(-1, 1, (2, 5, 8, 8, 3))
    energy = gradient_energy(images, targets)
    assert energy.ratio == pytest.approx(energy.images.sum() / energy.targets.sum())
    assert gradient_energy(images, images).ratio == 1.0


def test_flat_targets_have_no_ratio():
    flat = np.zeros((2, 4, 4, 1))
    assert np.isnan(gradient_energy(flat, flat).ratio)


def test_a_gradient_needs_two_pixels():
    with pytest.raises(ValueError, match=r"two pixels along each side.* Received: images.shape=\(2, 1, 4, 1\)"):
        gradient_energy(np.zeros((2, 1, 4, 1)), np.zeros((2, 1, 4, 1)))
