"""Normal latents without their tails."""

import numpy as np
import pytest

from keras_gan.latents import truncated_latents


@pytest.mark.parametrize("threshold", [0.04, 0.5, 2.0])
def test_they_have_the_distribution_of_latents_that_are_drawn_again(threshold):
    latents = np.sort(truncated_latents(20_000, (1,), threshold=threshold)[:, 0])
    normal = np.random.default_rng(0).normal(size=2_000_000)
    again = np.sort(normal[np.abs(normal) <= threshold])
    share = np.searchsorted(again, latents) / len(again)
    # Kolmogorov's distance: beyond 1.95 / sqrt(n) in one of a thousand samples.
    assert np.abs(share - (np.arange(20_000) + 0.5) / 20_000).max() < 1.95 * np.sqrt(1 / 20_000 + 1 / len(again))
    assert np.abs(latents).max() <= threshold


def test_without_a_limit_they_are_normal():
    latents = truncated_latents(50_000, (2,), threshold=10.0, seed=1)
    assert latents.std() == pytest.approx(1.0, abs=0.01)
    assert np.abs(latents).max() > 4.0


def test_a_seed_gives_the_same_latents_and_another_one_others():
    first, again, other = (truncated_latents(3, (2, 2), threshold=1.0, seed=seed) for seed in (5, 5, 6))
    assert first.shape == (3, 2, 2)
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


@pytest.mark.parametrize("threshold", [0.0, -1.0, "2", np.nan])
def test_impossible_thresholds_are_refused(threshold):
    with pytest.raises(ValueError, match=r"`threshold` must be a number in \(0.0, 10.0\]"):
        truncated_latents(1, (1,), threshold=threshold)


def test_a_number_is_no_shape():
    with pytest.raises(ValueError, match=r"as in `gan.latent_shape`. Received: latent_shape=100"):
        truncated_latents(1, 100, threshold=1.0)
