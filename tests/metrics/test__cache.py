"""A cache may fail: what was computed is never lost for it."""

import sys

import numpy as np
import pytest

from keras_gan.metrics import Evaluator, ModelExtractor, train_extractor
from keras_gan.metrics._cache import read_arrays, write_arrays

GREY = np.random.default_rng(0).uniform(-1, 1, (20, 8, 8, 1)).astype("float32")
LABELLED = [(GREY, np.arange(20) % 2)]


@pytest.fixture
def counted(monkeypatch):
    """The number of trainings, each of which does nothing."""
    trainings = []

    def train(*args, **kwargs):
        trainings.append(1)
        return 0.75

    monkeypatch.setattr(sys.modules[train_extractor.__module__], "train_classifier", train)
    return trainings


def test_what_a_killed_writer_left_is_removed(tmp_path):
    (tmp_path / ".a.npz.1.01234567.tmp").touch()
    write_arrays(tmp_path / "a.npz", np.arange(3))
    assert list(tmp_path.iterdir()) == [tmp_path / "a.npz"]


def test_arrays_come_back(tmp_path):
    write_arrays(tmp_path / "a.npz", np.arange(3), name=np.ones((2, 2)))
    parts = read_arrays(tmp_path / "a.npz")
    assert {name: part.tolist() for name, part in parts.items()} == {"name": [[1, 1], [1, 1]], "arr_0": [0, 1, 2]}


def test_every_damaged_file_counts_as_missing(tmp_path):
    path, rng = tmp_path / "a.npz", np.random.default_rng(0)
    write_arrays(path, np.arange(50))
    whole = path.read_bytes()
    assert read_arrays(tmp_path / "missing.npz") is None
    for _ in range(200):
        damaged = bytearray(whole)
        damaged[rng.integers(len(whole))] ^= 1 << rng.integers(8)
        path.write_bytes(damaged[: rng.integers(1, len(whole) + 1)])
        parts = read_arrays(path)
        # A bit that says when the file was written may flip.
        assert parts is None or all((part == np.arange(50)).all() for part in parts.values())


def test_a_cache_that_cannot_be_read_is_said(tmp_path):
    (tmp_path / "a.npz").mkdir()
    with pytest.warns(UserWarning, match=r"cannot be read, so its content is computed again: .*a.npz"):
        assert read_arrays(tmp_path / "a.npz") is None


def test_an_extractor_is_not_trained_for_a_cache_that_cannot_be_written(tmp_path, counted):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"No file can be written in `cache_dir` .*Received: cache_dir="):
        train_extractor(LABELLED, cache_dir=tmp_path / "file")
    assert not counted


def test_a_trained_extractor_outlives_a_full_disk(tmp_path, counted, full_disk, monkeypatch):
    monkeypatch.setattr(sys.modules[train_extractor.__module__], "writable_directory", lambda *_: full_disk())
    with pytest.warns(UserWarning, match=r"result is complete, but it is not kept.*No space left on device"):
        assert train_extractor(LABELLED, cache_dir=tmp_path).accuracy == 0.75


def test_a_trained_extractor_is_read_from_a_cache_that_cannot_be_written(tmp_path, counted, full_disk):
    train_extractor(LABELLED, cache_dir=tmp_path)
    full_disk()
    assert train_extractor(LABELLED, cache_dir=tmp_path).accuracy == 0.75
    assert len(counted) == 1


@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_variable_means_the_folder_of_the_user(value, tmp_path, counted, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", value or "")
    if value is None:
        monkeypatch.delenv("XDG_CACHE_HOME")
    train_extractor(LABELLED)
    assert len(list((tmp_path / ".cache" / "keras_gan" / "extractors").iterdir())) == 1


def test_features_outlive_a_full_disk(tmp_path, full_disk):
    row = ModelExtractor(lambda images: images[:, 0, :, 0], name="row", channels=1, fingerprint="1")
    evaluator = Evaluator(row, cache_dir=tmp_path)
    full_disk()
    with pytest.warns(UserWarning, match="is not kept for the next run"):
        assert evaluator.real(GREY).features.shape == (20, 8)


@pytest.mark.parametrize("parts", [{"features": np.zeros((19, 8))}, {"nonsense": np.zeros((20, 8))}, {}])
def test_features_of_other_images_are_computed_again(parts, tmp_path):
    row = ModelExtractor(lambda images: images[:, 0, :, 0], name="row", channels=1, fingerprint="1")
    expected = Evaluator(row, cache_dir=tmp_path).real(GREY).features
    (path,) = tmp_path.iterdir()
    write_arrays(path, **parts)
    np.testing.assert_array_equal(Evaluator(row, cache_dir=tmp_path).real(GREY).features, expected)


def test_damaged_images_are_not_taken_for_those_in_the_cache(tmp_path):
    row = ModelExtractor(lambda images: images[:, 0, :, 0], name="row", channels=1, fingerprint="1")
    black = np.full((20, 8, 8, 1), -1.0, "float32")
    evaluator = Evaluator(row, cache_dir=tmp_path)
    evaluator.real(black)
    for images in (np.where(black == -1, np.nan, black), black - 100.0):
        with pytest.raises(ValueError, match=r"finite numbers in \[-1, 1\]"):
            evaluator.real(images.astype("float32"))
