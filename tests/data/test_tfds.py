"""TensorFlow Datasets: tiny data sets made here, and the real Fashion-MNIST where its files are."""

import functools
import gzip
import os
import shutil
import time
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import tensorflow_datasets as tfds

from keras_gan import data

TEST_DATA = os.environ.get("KERAS_GAN_TEST_DATA")


class _Tiny(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    VERSION = tfds.core.Version("1.0.0")
    FEATURES: ClassVar[dict] = {}

    def _info(self):
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(self.FEATURES))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(4), "test": self._generate_examples(2)}

    def _generate_examples(self, count):
        yield from ()


class TinyPictures(_Tiny):
    FEATURES: ClassVar[dict] = {
        "image": tfds.features.Image(shape=(None, None, 3)),
        "label": tfds.features.ClassLabel(names=["hill", "lake"]),
        "tags": tfds.features.Sequence(tfds.features.Text()),
    }

    def _generate_examples(self, count):
        for index in range(count):
            image = np.full((8 + index, 12, 3), 10 * index, np.uint8)
            # Only the training images have labels.
            yield index, {"image": image, "label": index % 2 if count == 4 else -1, "tags": ["x"] * index}


class TinySounds(_Tiny):
    FEATURES: ClassVar[dict] = {"audio": np.float32}


class TinyDepths(_Tiny):
    FEATURES: ClassVar[dict] = {"image": tfds.features.Image(shape=(4, 4, 1), dtype=np.uint16)}


@pytest.mark.parametrize("name, hint", [("picturs/", r" Did you mean 'pictures'\?"), ("minst/", "")])
def test_a_misspelt_folder_has_the_nearest_one(tmp_path, monkeypatch, name, hint):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    with pytest.raises(ValueError, match=rf"TensorFlow data set has this name\.{hint} Received: source="):
        data.load(name)


def test_images_labels_and_names_are_those_of_the_features(tmp_path, capsys):
    source = data.TFDS("tiny_pictures", data_dir=tmp_path, download=True)
    dataset = data.load(source, image_size=(4, 6), batch_size=4, labels=True)
    images, labels = next(iter(dataset))
    assert dataset.class_names == ("hill", "lake")
    assert dataset.image_shape == (4, 6, 3)
    levels = np.rint((images.numpy()[:, 0, 0, 0] + 1) * 127.5).astype(int)
    assert dict(zip(levels, labels.numpy(), strict=True)) == {0: 0, 10: 1, 20: 0, 30: 1}
    assert capsys.readouterr().err == ""

    prepared = data.TFDS("tiny_pictures", data_dir=tmp_path)
    assert data.load(prepared, split="train[:75%]", image_size=4, batch_size=1).num_images == 3
    assert prepared.read("test", lambda image: image[:4, :4]).labels is None
    with pytest.raises(ValueError, match=r"no such split. It has: '(train', 'test|test', 'train)'.*split='val'"):
        data.load(prepared, split="val", image_size=4)
    with pytest.raises(ValueError, match=r"image 0 is .*x12 and image 1 is .*x12.*Pass `image_size`"):
        data.load(prepared, batch_size=1)


@pytest.mark.long
def test_a_data_set_stored_as_array_record_is_the_same_as_one_stored_as_tfrecord(tmp_path):
    settings, sets = {"image_size": (4, 6), "batch_size": 2, "labels": True}, []
    for file_format in ("tfrecord", "array_record"):
        TinyPictures(data_dir=tmp_path / file_format, file_format=file_format).download_and_prepare()
        stored = data.TFDS("tiny_pictures", data_dir=tmp_path / file_format)
        sets += [data.load(stored, **settings), data.load(stored, **settings, cache_dir=tmp_path / "cache")]
        whole = [image for image, _ in stored.stream("train", lambda image: image).examples(0)]
        for start in (1, 3, 4):
            rest = [image for image, _ in stored.stream("train", lambda image: image).examples(start)]
            assert [len(image) for image in rest] == [len(image) for image in whole[start:]]
        assert data.load(stored, split="train[:50%]", image_size=4, batch_size=1).num_images == 2
        with pytest.raises(ValueError, match=r"no such split.*split='val'"):
            data.load(stored, split="val", image_size=4)
        assert stored.read("test", lambda image: image[:4, :4]).labels is None
    passes = [list(dataset.one_pass().as_numpy_iterator()) for dataset in sets]
    for batches in passes:
        for batch, expected in zip(batches, passes[0], strict=True):
            for array, expected_array in zip(batch, expected, strict=True):
                np.testing.assert_array_equal(array, expected_array)
    assert len(list((tmp_path / "cache").glob("tfds-*"))) == 2


def test_examples_of_equal_size_are_read_many_at_a_time():
    with tfds.testing.mock_data(num_examples=30):
        got = data.TFDS("fashion_mnist").read("train", lambda image: image)
    assert got.images.shape == (30, 28, 28, 1)
    assert got.labels.shape == (30,)
    assert got.class_names[0] == "T-shirt/top"


def test_without_data_and_without_a_network_the_error_comes_at_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("socket.socket.connect", None)
    start = time.monotonic()
    with pytest.raises(FileNotFoundError) as error:
        data.load(data.TFDS("fashion_mnist", data_dir=tmp_path))
    assert time.monotonic() - start < 5
    for part in (str(tmp_path), "download=True", "downloads/manual", "Received: source='fashion_mnist'"):
        assert part in str(error.value)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "name, nearest", [("digts", "digits"), ("fashion_mnst", "fashion_mnist"), ("cifar 10", "cifar10")]
)
def test_an_unknown_name_brings_the_nearest(name, nearest):
    with pytest.raises(ValueError, match=rf"has this name. Did you mean .*'{nearest}'.*Received: source='{name}'"):
        data.load(name)


def test_a_name_like_no_other():
    with pytest.raises(ValueError, match=r"has this name. Received: source='qqqqqqqq'"):
        data.load("qqqqqqqq")


def test_an_unknown_configuration_brings_those_that_exist():
    with pytest.raises(ValueError, match=r"balanced"):
        data.load("emnist/balancd")


def test_a_data_set_without_images(tmp_path):
    with pytest.raises(ValueError, match=r"no feature 'image', only: audio. Received: source='tiny_sounds'"):
        data.load(data.TFDS("tiny_sounds", data_dir=tmp_path))


def test_images_that_are_not_bytes(tmp_path):
    with pytest.raises(ValueError, match=r"must be uint8, but they are uint16. Received: source='tiny_depths'"):
        data.load(data.TFDS("tiny_depths", data_dir=tmp_path))


@pytest.mark.skipif(TEST_DATA is None, reason="KERAS_GAN_TEST_DATA names no folder that holds fashion-mnist/")
def test_real_data_are_prepared_from_files_put_there_by_hand(tmp_path, monkeypatch):
    real_data = Path(TEST_DATA) / "fashion-mnist"
    manual = tmp_path / "downloads" / "manual"
    manual.mkdir(parents=True)
    for file in real_data.glob("*.gz"):
        shutil.copy(file, manual)
    few = tfds.download.DownloadConfig(max_examples_per_split=100)
    prepare = tfds.core.DatasetBuilder.download_and_prepare
    monkeypatch.setattr(
        tfds.core.DatasetBuilder, "download_and_prepare", functools.partialmethod(prepare, download_config=few)
    )
    monkeypatch.setattr("socket.socket.connect", None)

    got = data.TFDS("fashion_mnist", data_dir=tmp_path).read("train", lambda image: image)
    pixels = np.frombuffer(
        gzip.decompress((real_data / "train-images-idx3-ubyte.gz").read_bytes()), np.uint8, offset=16
    )
    labels = np.frombuffer(gzip.decompress((real_data / "train-labels-idx1-ubyte.gz").read_bytes()), np.uint8, offset=8)
    expected = {image.tobytes(): label for image, label in zip(pixels.reshape(-1, 784)[:100], labels, strict=False)}
    assert {image.tobytes(): label for image, label in zip(got.images, got.labels, strict=True)} == expected
    assert got.class_names[9] == "Ankle boot"


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"name": ""}, r"`name` must be the name of a TensorFlow data set. Received: name=''"),
        ({"name": None}, r"Received: name=None"),
        ({"name": "mnist", "download": "no"}, r"`download` must be True or False. Received: download='no'"),
        ({"name": "mnist", "data_dir": "gs://bucket"}, r"without `gs://`. Received: data_dir="),
        ({"name": "mnist", "data_dir": 5}, r"`data_dir` must be a path.*Received: data_dir=5"),
    ],
)
def test_arguments_of_the_wrong_kind(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.TFDS(**arguments)
