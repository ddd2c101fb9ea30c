"""The pictures of the tools: which image is where."""

import numpy as np
import pytest

from keras_gan.callbacks import image_grid
from keras_gan.latents import (
    Projection,
    StyleSpace,
    direction_grid,
    directions,
    interpolate,
    interpolation_grid,
    mixing_grid,
    projection_grid,
    truncated_latents,
    truncation_grid,
)


def test_each_row_is_a_path(plain):
    picture = interpolation_grid(plain, num_paths=2, steps=3, seed=5)
    ends = [np.asarray(plain.sampling_inputs(2, seed=seed)["latents"]) for seed in (5, 6)]
    images = plain.generate(latents=interpolate(*ends, 3).reshape(6, 3))
    np.testing.assert_array_equal(picture, image_grid(images, columns=3))


@pytest.mark.long
def test_a_path_keeps_its_class(by_class):
    ends = [np.asarray(by_class.sampling_inputs(2, seed=seed)["latents"]) for seed in (0, 1)]
    images = by_class.generate(latents=interpolate(*ends, 3).reshape(6, 3), labels=[1, 1, 1, 0, 0, 0])
    picture = interpolation_grid(by_class, num_paths=2, steps=3, labels=[1, 0])
    np.testing.assert_array_equal(picture, image_grid(images, columns=3))


@pytest.mark.long
def test_each_row_has_one_strength_of_truncation(plain, space):
    picture = truncation_grid(plain, [0.5, 2.0], num_images=3, seed=1)
    latents = [truncated_latents(3, (3,), threshold=threshold, seed=1) for threshold in (0.5, 2.0)]
    np.testing.assert_array_equal(picture, image_grid(plain.generate(latents=np.concatenate(latents)), columns=3))
    picture = truncation_grid(space, [0.0, 1.0], num_images=3)
    styles = np.concatenate([space.truncate(space.sample(3, 0), psi) for psi in (0.0, 1.0)])
    np.testing.assert_array_equal(picture, image_grid(space.generate(styles), columns=3))


def test_rows_have_the_coarse_styles_and_columns_the_fine_ones(space):
    picture = mixing_grid(space, num_coarse=1, num_images=2)
    coarse, fine = space.sample(2, 0), space.sample(2, 1)
    rows = [[space.generate(coarse[row : row + 1])] for row in range(2)]
    for row in range(2):
        rows[row] += [space.generate(space.mix(coarse[row : row + 1], fine[c : c + 1], num_coarse=1)) for c in range(2)]
    images = [np.ones((1, 4, 2, 1), "float32"), space.generate(fine), *(image for row in rows for image in row)]
    np.testing.assert_array_equal(picture, image_grid(np.concatenate(images), columns=3))


def test_projections_are_below_their_images(plain):
    images = plain.generate(2, seed=0)
    found = Projection(np.zeros((2, 3)), -images, np.ones(2))
    picture = projection_grid(images, found)
    np.testing.assert_array_equal(picture, image_grid(np.concatenate([images, found.images]), columns=2))


def test_each_row_moves_one_point_along_a_direction(plain, space):
    found = directions(plain, 2)
    picture = direction_grid(plain, found, strength=2.0, steps=3)
    point = np.asarray(plain.sampling_inputs(1, seed=0)["latents"])
    points = np.concatenate([point + move * each for each in found for move in (-2.0, 0.0, 2.0)])
    np.testing.assert_array_equal(picture, image_grid(plain.generate(latents=points), columns=3))
    found = directions(space, 1)
    styles = space.sample(1, 0) + np.array([-5.0, 5.0]).reshape(2, 1, 1) * found
    picture = direction_grid(space, found, steps=2)
    np.testing.assert_array_equal(picture, image_grid(space.generate(styles), columns=2))


def test_latents_cannot_be_mixed(plain):
    with pytest.raises(ValueError, match=r"give `StyleSpace\(gan\)`. Received: space=<LSGAN"):
        mixing_grid(plain, num_coarse=1)


@pytest.mark.parametrize("draw", [interpolation_grid, truncation_grid])
def test_a_conditional_gan_needs_labels(by_class, styled_by_class, draw):
    for source in (by_class, StyleSpace(styled_by_class)):
        with pytest.raises(ValueError, match="conditional: give `labels`"):
            draw(source)


def test_directions_of_another_space_are_refused(plain, space):
    with pytest.raises(ValueError, match="must be those of this source"):
        direction_grid(plain, directions(space, 1))


def test_a_projection_of_other_images_is_refused(plain):
    found = Projection(np.zeros((2, 3)), plain.generate(2, seed=0), np.zeros(2))
    with pytest.raises(ValueError, match="not the images that were projected"):
        projection_grid(plain.generate(3, seed=0), found)
    with pytest.raises(ValueError, match="must be what `project` returns"):
        projection_grid(plain.generate(2, seed=0), found.images)
