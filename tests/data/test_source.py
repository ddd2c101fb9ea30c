import numpy as np
import pytest

from keras_gan import data


def test_grey_images_among_coloured_ones_become_rgb():
    grey, colour = np.full((2, 2, 1), 9, np.uint8), np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    batch = data.Source.stack([grey, colour])
    np.testing.assert_array_equal(batch, [np.full((2, 2, 3), 9), colour])


def test_images_of_two_sizes_need_an_image_size():
    images = [np.zeros((4, 4, 1), np.uint8), np.zeros((4, 4, 1), np.uint8), np.zeros((112, 92, 1), np.uint8)]
    message = r"image 0 is 4x4 and image 2 is 112x92.*Pass `image_size`.*Received: images of different sizes"
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


# --- A stream of one's own, which a cache reads -----------------------------------------------------------------------


def streaming(stream):
    """A source with this stream."""

    class Own(data.Source):
        def read(self, split, prepare):
            raise NotImplementedError

        def stream(self, split, prepare):
            return stream

    return Own()


def stream_of(images, labels):
    examples = list(zip(images, labels, strict=True))
    return data.ImageStream({"name": "own"}, len(images), lambda start: iter(examples[start:]))


@pytest.mark.parametrize("label", [0.5, 2**31, None, "a"])
def test_labels_of_a_stream_are_class_indices(tmp_path, label):
    with pytest.raises(ValueError, match=r"Labels (must be class indices|count the classes from 0)"):
        data.load(streaming(stream_of([GREY], [label])), batch_size=1, cache_dir=tmp_path)


def test_floats_of_a_stream_that_are_out_of_range_are_refused_with_their_place(tmp_path):
    floats = np.linspace(-1, 1, 30 * 4, dtype=np.float32).reshape(30, 2, 2, 1)
    floats[20] = 7
    with pytest.raises(ValueError, match=r"must lie in \[-1, 1\].*Received: images in .* 7\]") as caught:
        data.load(streaming(stream_of(floats, [0] * 30)), batch_size=1, cache_dir=tmp_path)
    assert "where index 0 is image 1" in caught.value.__notes__[0]
    assert not list(tmp_path.glob("*/about.json"))


@pytest.mark.parametrize("count", [2, 4])
def test_a_stream_gives_as_many_images_as_it_says(tmp_path, count):
    stream = stream_of([GREY] * 3, [0] * 3)._replace(num_images=count)
    with pytest.raises(ValueError, match=rf"as many images as it says.*num_images={count}, and 3 images"):
        data.load(streaming(stream), batch_size=1, cache_dir=tmp_path)
    assert not list(tmp_path.glob("*/about.json"))


@pytest.mark.parametrize(
    "stream, message",
    [
        (5, r"`stream` of a source must return .*ImageStream, or None. Received: int"),
        (data.ImageStream({"path": object()}, 1, iter), r"`key` of an ImageStream must be a dict that JSON can store"),
    ],
)
def test_what_is_no_stream(tmp_path, stream, message):
    with pytest.raises(ValueError, match=message):
        data.load(streaming(stream), batch_size=1, cache_dir=tmp_path)
