"""What a source may be, and the errors of `load` itself."""

import re

import numpy as np
import pytest
import tensorflow as tf
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
        (
            {"batch_size": 7},
            r'split "all" has 6 images, fewer than one batch. Pass `batch_size=6` or .* batch_size=7',
        ),
        ({"batch_size": 0}, r"`batch_size` must be an integer of at least 1.*Received: batch_size=0"),
        ({"batch_size": 2.0}, r"Received: batch_size=2.0"),
        ({"batch_size": True}, r"Received: batch_size=True"),
        ({"start_step": -1}, r"`start_step` must be an integer of at least 0.*Received: start_step=-1"),
        ({"seed": 2**63}, r"`seed` must be an integer below 2\^31. Received: seed=9223372036854775808"),
        ({"image_size": 0}, r"`image_size` must be an integer of at least 1. Received: image_size=0"),
        ({"image_size": (8, 8, 1)}, r"pair \(height, width\).*Received: image_size=\(8, 8, 1\)"),
        ({"image_size": "32"}, r"Received: image_size='32'"),
        ({"labels": True}, r"The source has no labels.*Received: labels=True"),
        ({"split": "val"}, r"An array has no such split. It has: 'train', 'test', 'all'. Received: split='val'"),
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
    with pytest.raises(ValueError, match=r"For an image, give its folder.*one.png"):
        data.load(str(tmp_path / "one.png"))


@pytest.mark.parametrize("name", ["faces.zip", "faces.tar.gz"])
def test_an_archive_has_to_be_unpacked(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(ValueError, match=rf"Unpack the archive, and give the folder. Received: .*{name}"):
        data.load(tmp_path / name)


@pytest.mark.parametrize("name", ["no/such/folder", "none.npz"])
def test_a_path_that_does_not_exist(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=rf"There is no such (folder|file).*{name}"):
        data.load(str(tmp_path / name))


@pytest.mark.parametrize(
    "source, message",
    [
        (tf.data.Dataset.range(3), r"A tf.data.Dataset of batches needs no `load`: give it to `fit`"),
        ([images()], r"np.stack\(images\)"),
        ({"x": images()}, r"give \(images, labels\)"),
        (
            ((images(), np.zeros(6)), (images(3), np.zeros(3))),
            r"two pairs that `load_data` of `keras.datasets` returns",
        ),
        (data.Digits, r"Make an object of the class: `Digits\(...\)`"),
        ("", r"`source` must not be empty"),
        ("gs://bucket/faces", r"local folders.*without `gs://`"),
        ("https://example.com/faces.npz", r"local folders.*without `https://`"),
    ],
)
def test_a_source_that_needs_another_road_is_told_it(source, message):
    with pytest.raises(ValueError, match=message):
        data.load(source, batch_size=2)


@pytest.mark.parametrize("kwargs", [{"split": ""}, {"split": 5}, {"labels": "no"}, {"labels": np.arange(6)}])
def test_a_split_is_a_name_and_labels_are_asked_for(kwargs):
    with pytest.raises(ValueError, match=rf"`{next(iter(kwargs))}` must be "):
        data.load(images(), batch_size=2, **kwargs)


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    np.save(tmp_path / "faces.npy", images())
    assert data.load("~/faces.npy", batch_size=2).num_images == 6
    assert data.TFDS("mnist", data_dir="~/sets").data_dir == tmp_path / "sets"


# --- A source of a user's own -----------------------------------------------------------------------------------------


def source_of(returned):
    class Own(data.Source):
        def read(self, split, prepare):
            return returned

    return Own()


GOOD = images()


@pytest.mark.parametrize(
    "returned, message",
    [
        (GOOD, r"must return keras_gan.data.ImageData\(.*Received: ndarray"),
        ((GOOD, None), r"must return keras_gan.data.ImageData\(.*Received: tuple"),
        (data.ImageData(np.full((6, 4, 4, 1), np.nan, np.float32)), "must be finite.*96 NaN"),
        (data.ImageData(GOOD.astype("int64")), r"Convert with images.astype.*dtype=int64"),
        (data.ImageData(np.full((6, 4, 4, 1), "a")), r"must be uint8.*dtype=<U1"),
        (data.ImageData(GOOD.transpose(0, 3, 1, 2).repeat(2, 2).repeat(2, 3)), r"come first"),
        (data.ImageData(GOOD / 1.0), r"look like \[0, 255\]"),
        (data.ImageData(GOOD, np.full(6, 2**40)), r"too large.*1099511627776"),
        (data.ImageData(GOOD, np.arange(5)), r"Each image needs one label"),
        (data.ImageData(GOOD, np.arange(6), ("a", "b")), r"place of its name.*from 0 to 1.*labels up to 5"),
    ],
)
def test_what_a_source_returns_is_checked(returned, message):
    with pytest.raises(ValueError, match=message):
        data.load(source_of(returned), batch_size=2)


def test_doubles_of_a_source_become_floats_and_are_not_scaled_again():
    dataset = data.load(source_of(data.ImageData(np.full((6, 4, 4, 1), -0.5))), batch_size=6)
    np.testing.assert_array_equal(next(iter(dataset)), np.full((6, 4, 4, 1), -0.5, np.float32))


# --- Images that may have another range -------------------------------------------------------------------------------


def test_the_guess_of_0_to_1_is_made_over_the_whole_set():
    floats = np.concatenate([np.linspace(0, 1, 40), [-0.01] * 8]).astype("float32").reshape(6, 2, 4, 1)
    for order in (floats, floats[::-1]):
        data.load(order, batch_size=2)
    with pytest.warns(UserWarning, match=r"fill \[0, 1\] and none is below 0.*`images \* 2 - 1`") as caught:
        data.load(floats[:5], batch_size=2)
    assert caught[0].filename == __file__


def test_bytes_that_are_0_or_1_are_warned_of():
    with pytest.warns(UserWarning, match=r"hold only 0 and 1, which are both black.*`images \* 255`") as caught:
        data.load(images() // 128, batch_size=2)
    assert caught[0].filename == __file__
