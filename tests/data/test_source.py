import numpy as np
import pytest

from keras_gan import data


def test_grey_images_among_coloured_ones_become_rgb():
    grey, colour = np.full((2, 2, 1), 9, np.uint8), np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    batch = data.Source.stack([grey, colour])
    np.testing.assert_array_equal(batch, [np.full((2, 2, 3), 9), colour])


def test_images_of_two_sizes_need_an_image_size():
    images = [np.zeros((4, 4, 1), np.uint8), np.zeros((4, 4, 1), np.uint8), np.zeros((112, 92, 1), np.uint8)]
    message = r"image 0 is 4x4 and image 2 is 112x92.*Pass `image_size`.*Received: image_size=None"
    with pytest.raises(ValueError, match=message):
        data.Source.stack(images)


def test_no_image():
    with pytest.raises(ValueError, match=r"holds no image. Received: images=\[\]"):
        data.Source.stack([])


GREY = np.zeros((2, 2, 1), np.uint8)


@pytest.mark.parametrize("images", [None, 5, "no", [None], [[1], [1, 2]], [GREY[..., 0]], np.zeros(3)], ids=repr)
def test_what_is_no_list_of_images(images):
    with pytest.raises(ValueError, match=r"`images` must be a list of arrays .*Received: an image of"):
        data.Source.stack(images)


@pytest.mark.parametrize("other", [GREY.astype("float32"), GREY.repeat(2, axis=-1)], ids=["dtype", "channels"])
def test_images_of_two_kinds_are_not_cast(other):
    with pytest.raises(ValueError, match="`images` must have one dtype, and one channel or all the same number"):
        data.Source.stack([GREY.repeat(3, axis=-1), other])
