import numpy as np
import pytest

from keras_gan.callbacks import image_grid
from keras_gan.callbacks.image_grid import draw_grid


def _assembled(images, columns, padding, scale):
    """The grid pixel by pixel, from the definition."""
    count, height, width, channels = images.shape
    rows = -(-count // columns)
    shape = (
        padding + rows * (height * scale + padding),
        padding + columns * (width * scale + padding),
        channels,
    )
    grid = np.full(shape, 255, np.uint8)
    for index, y, x, channel in np.ndindex(images.shape):
        top = padding + (index // columns) * (height * scale + padding) + y * scale
        left = padding + (index % columns) * (width * scale + padding) + x * scale
        value = min(max(round((float(images[index, y, x, channel]) + 1) * 127.5), 0), 255)
        for down in range(scale):
            for right in range(scale):
                grid[top + down, left + right, channel] = value
    return grid


@pytest.mark.parametrize(
    "shape, columns, padding, scale",
    [((6, 3, 5, 1), 3, 2, 1), ((5, 4, 2, 3), 2, 2, 3), ((3, 2, 2, 3), 5, 0, 2), ((1, 2, 3, 1), 1, 1, 1)],
)
def test_equals_an_assembly_pixel_by_pixel(shape, columns, padding, scale):
    images = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    grid = image_grid(images, columns=columns, padding=padding, scale=scale)
    assert grid.dtype == np.uint8
    np.testing.assert_array_equal(grid, _assembled(images, columns, padding, scale))


@pytest.mark.parametrize("count, rows, columns", [(64, 8, 8), (12, 3, 4), (10, 3, 4), (2, 1, 2), (1, 1, 1)])
def test_is_as_square_as_the_number_of_images_allows(count, rows, columns):
    grid = image_grid(np.zeros((count, 64, 64, 1)))
    assert grid.shape == (2 + rows * 66, 2 + columns * 66, 1)


@pytest.mark.parametrize("side, scale", [(8, 8), (28, 2), (32, 2), (33, 1), (64, 1), (200, 1)])
def test_enlarges_tiny_images_only(side, scale):
    assert image_grid(np.zeros((1, side, side, 3))).shape == (4 + side * scale, 4 + side * scale, 3)


def test_cuts_values_outside_the_range_and_draws_nan_black():
    images = np.array([-7.0, 7.0, np.inf, -np.inf, np.nan, 0.0]).reshape(1, 1, 6, 1)
    assert image_grid(images, padding=0, scale=1).ravel().tolist() == [0, 255, 255, 0, 0, 128]


@pytest.mark.parametrize("shape", [(4, 8, 8, 2), (4, 8, 8), (4, 10), (0, 8, 8, 1)])
def test_images_that_cannot_be_drawn(shape):
    with pytest.raises(
        ValueError, match=r"(1 \(grey\) or 3 \(RGB\) channels|must not be empty).* Received: images.shape="
    ):
        image_grid(np.zeros(shape))


def test_pictures_of_0_to_255_are_told_how_to_scale():
    with pytest.raises(ValueError, match=r"`images` must be floating-point numbers.* Received: images of dtype uint8"):
        image_grid(np.full((1, 8, 8, 1), 9, "uint8"))


@pytest.mark.parametrize("low, high, way", [(0, 255, "images / 127.5 - 1"), (-128, 127, r"2 \* \(images - low\)")])
def test_floats_in_the_range_of_bytes_are_told_how_to_scale(low, high, way):
    images = np.array([low, high, np.nan, np.inf]).reshape(1, 2, 2, 1)
    with pytest.raises(ValueError, match=rf"must be in \[-1, 1\].*{way}.* Received: images from {low} to {high}"):
        image_grid(images)
    # A network may diverge, and its training must continue.
    assert draw_grid(images, padding=0, scale=1).ravel().tolist() == [128 if low == 0 else 0, 255, 0, 255]


def test_images_with_their_channels_first_are_told_to_be_turned_round():
    with pytest.raises(ValueError, match=r"images.transpose\(0, 2, 3, 1\)`. Received: images.shape=\(4, 3, 8, 8\)"):
        image_grid(np.zeros((4, 3, 8, 8)))


@pytest.mark.parametrize("arguments", [{"columns": 0}, {"scale": 0}, {"padding": -1}, {"columns": 2.0}])
def test_arguments_out_of_range(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=rf"`{name}` must be an integer of at least \d. Received: {name}="):
        image_grid(np.zeros((1, 1, 1, 1)), **arguments)
