"""Paths between latents, in closed form."""

import numpy as np
import pytest

from keras_gan.latents import interpolate, walk

RNG = np.random.default_rng(0)


def angles(points):
    unit = points / np.linalg.norm(points, axis=-1, keepdims=True)
    return np.arccos(np.clip(np.sum(unit[:-1] * unit[1:], axis=-1), -1, 1))


def on_sphere(count, width):
    points = RNG.normal(size=(count, width))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def test_a_spherical_path_turns_by_equal_angles_and_stays_on_the_sphere():
    begin, end = 3.0 * on_sphere(2, 50)
    (path,) = interpolate([begin], [end], 9)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), 3.0, rtol=1e-6)
    np.testing.assert_allclose(angles(path), np.arccos(begin @ end / 9.0) / 8, rtol=1e-4)


def test_a_quarter_of_a_circle():
    (path,) = interpolate([[1.0, 0.0]], [[0.0, 2.0]], 4)
    turned = np.radians([0, 30, 60, 90])
    np.testing.assert_allclose(path, np.stack([np.cos(turned), 2 * np.sin(turned)], axis=1), atol=1e-6)


@pytest.mark.parametrize("method", ["spherical", "linear"])
def test_both_ends_are_exact(method):
    begin, end = RNG.normal(size=(2, 5, 2, 3)).astype("float32")
    path = interpolate(begin, end, 4, method=method)
    assert path.shape == (5, 4, 2, 3)
    assert path.dtype == np.float32
    np.testing.assert_array_equal(path[:, 0], begin)
    np.testing.assert_array_equal(path[:, -1], end)


def test_a_linear_path_is_the_straight_line():
    begin, end = RNG.normal(size=(2, 1, 3)).astype("float32")
    np.testing.assert_allclose(interpolate(begin, end, 3, method="linear")[0, 1], (begin + end)[0] / 2, rtol=1e-6)


@pytest.mark.parametrize("factor", [-1.0, -0.5, 1.0, 2.0, 0.0])
def test_ends_on_a_line_through_the_origin_are_joined_by_that_line(factor):
    begin = np.array([[3.0, 4.0]])
    np.testing.assert_allclose(
        interpolate(begin, factor * begin, 5), interpolate(begin, factor * begin, 5, method="linear"), atol=1e-6
    )


def test_a_walk_visits_every_latent_and_goes_there_as_interpolate_does():
    latents = RNG.normal(size=(4, 3)).astype("float32")
    path = walk(latents, 5)
    assert path.shape == (16, 3)
    np.testing.assert_array_equal(path[::5], latents)
    np.testing.assert_array_equal(path[5:11], interpolate(latents[1:2], latents[2:3], 6)[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.0]], [[1.0, 2.0]], 3), "two ends.*begin.shape="),
        (([1.0], [1.0], 3), r"becomes a row by `begin\[None\]`"),
        (([[np.nan]], [[1.0]], 3), "finite numbers"),
        (([[1.0]], [[1.0]], 1), "`steps` must be an integer of at least 2"),
    ],
)
def test_wrong_ends_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        interpolate(*arguments)


def test_wrong_methods_and_walks_are_refused():
    with pytest.raises(ValueError, match=r"`method` must be one of 'spherical', 'linear'.*Received: method='slerp'"):
        interpolate([[1.0]], [[1.0]], 3, method="slerp")
    with pytest.raises(ValueError, match="at least 2 latents"):
        walk([[1.0]], 3)
