"""What a source may be, and the errors of `load` itself."""

import re

import numpy as np
import pytest
from PIL import Image

from keras_gan import data


def images(count=6, size=4):
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 1), np.uint8)


def pixels(dataset):
    """The set of the images of one epoch, whatever their order."""
    return {image.tobytes() for batch in dataset.take(dataset.steps_per_epoch).as_numpy_iterator() for image in batch}


def test_names_folders_files_and_arrays_are_short_for_their_sources(tmp_path):
    folder, file = tmp_path / "pictures", tmp_path / "pictures.NPZ"
    folder.mkdir()
    for index, image in enumerate(images()):
        Image.fromarray(image[..., 0]).save(folder / f"{index}.png")
    with file.open("wb") as opened:
        np.savez(opened, images())
    expected = pixels(data.load(data.Arrays(images()), batch_size=1))
    assert len(expected) == 6
    for source in (str(folder), folder, str(file), file, images(), (images(), np.arange(6))):
        assert pixels(data.load(source, batch_size=1)) == expected
    assert pixels(data.load("digits", batch_size=1437)) == pixels(data.load(data.Digits(), batch_size=1437))


def test_the_data_set_says_what_it_holds():
    dataset = data.load("digits", batch_size=100, image_size=(12, 10))
    assert dataset.num_images == 1437
    assert dataset.steps_per_epoch == 14
    assert dataset.image_shape == (12, 10, 1)
    assert dataset.class_names == tuple("0123456789")
    assert dataset.split == "train"
    assert data.load(images(), batch_size=2).class_names is None


def test_a_source_of_ones_own():
    class Ramp(data.Source):
        def read(self, split, prepare):
            image = np.arange(64, dtype=np.uint8).reshape(8, 8, 1)
            return data.ImageData(self.stack([prepare(image)] * 3), np.arange(3, dtype=np.int32), tuple("abc"))

    dataset = data.load(Ramp(), batch_size=3, image_size=4, labels=True)
    batch, labels = next(iter(dataset))
    assert batch.shape == (3, 4, 4, 1)
    assert sorted(labels.numpy()) == [0, 1, 2]
    assert dataset.class_names == ("a", "b", "c")


@pytest.mark.parametrize(
    "kwargs, message",
    [
        ({"batch_size": 7}, r"has 6 images, fewer than one batch.*Pass a smaller `batch_size`. Received: batch_size=7"),
        ({"batch_size": 0}, r"`batch_size` must be an integer of at least 1.*Received: batch_size=0"),
        ({"batch_size": 2.0}, r"Received: batch_size=2.0"),
        ({"batch_size": True}, r"Received: batch_size=True"),
        ({"start_step": -1}, r"`start_step` must be an integer of at least 0.*Received: start_step=-1"),
        ({"seed": 2**63}, r"`seed` must be an integer below 2\^31. Received: seed=9223372036854775808"),
        ({"image_size": 0}, r"`image_size` must be an integer of at least 1. Received: image_size=0"),
        ({"image_size": (8, 8, 1)}, r"pair \(height, width\).*Received: image_size=\(8, 8, 1\)"),
        ({"image_size": "32"}, r"Received: image_size='32'"),
        ({"labels": True}, r"The source has no labels.*Received: labels=True"),
        ({"split": "test"}, r"An array has no such split. It has: 'train'. Received: split='test'"),
    ],
)
def test_arguments_out_of_range(kwargs, message):
    with pytest.raises(ValueError, match=message):
        data.load(images(), **({"batch_size": 2} | kwargs))


def test_floats_have_no_levels_to_fill():
    floats = np.zeros((4, 2, 2), np.float32)
    with pytest.raises(ValueError, match=r"Only uint8 images can be dequantised.*float32 images"):
        data.load(floats, batch_size=2, preprocessing=data.Preprocessing(dequantize=True))


@pytest.mark.parametrize("preprocessing", [{"flip": True}, {}, False])
def test_preprocessing_of_no_known_kind(preprocessing):
    message = "`preprocessing` must be a keras_gan.data.Preprocessing, such as Preprocessing(flip=True). Received: "
    with pytest.raises(ValueError, match=re.escape(f"{message}preprocessing={preprocessing!r}")):
        data.load(images(), batch_size=2, preprocessing=preprocessing)


@pytest.mark.parametrize("source", [3, None, [images()], {"x": images()}, (1, 2, 3)])
def test_a_source_of_no_known_kind(source):
    with pytest.raises(ValueError, match=rf"`source` must be .*Received: source of type {type(source).__name__}"):
        data.load(source)


def test_a_single_picture_is_no_data_set(tmp_path):
    Image.new("L", (4, 4)).save(tmp_path / "one.png")
    with pytest.raises(ValueError, match=r"for an image, give its folder.*one.png"):
        data.load(str(tmp_path / "one.png"))


@pytest.mark.parametrize("name", ["no/such/folder", "none.npz"])
def test_a_path_that_does_not_exist(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=rf"There is no such (folder|file).*{name}"):
        data.load(str(tmp_path / name))
