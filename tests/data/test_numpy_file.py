import numpy as np
import pytest

from keras_gan import data

TRAIN, TEST = np.full((4, 2, 2), 1, np.uint8), np.full((3, 2, 2), 2, np.uint8)
LABELS = np.arange(4)


def read(path, split="train"):
    return data.NumpyFile(path).read(split, lambda image: image)


@pytest.mark.parametrize(
    "arrays",
    [
        {"images": TRAIN, "labels": LABELS, "x_mean": LABELS},
        {"x": TRAIN, "y": LABELS},
        {"x_train": TRAIN, "y_train": LABELS, "x_test": TEST, "y_test": LABELS[:3]},
    ],
)
def test_images_and_labels_by_their_usual_names(tmp_path, arrays):
    np.savez(tmp_path / "a.npz", **arrays)
    got = read(tmp_path / "a.npz")
    np.testing.assert_array_equal(got.images, TRAIN[..., None])
    np.testing.assert_array_equal(got.labels, LABELS)


def test_the_splits_of_a_file(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=TRAIN, x_test=TEST)
    np.testing.assert_array_equal(read(tmp_path / "a.npz", "test").images, TEST[..., None])
    with pytest.raises(ValueError, match=r"a.npz has no such split. It has: 'train', 'test'. Received: split='val'"):
        read(tmp_path / "a.npz", "val")


def test_the_only_array(tmp_path):
    np.savez(tmp_path / "a.npz", faces=TRAIN)
    np.save(tmp_path / "a.npy", TRAIN)
    for name in ("a.npz", "a.npy"):
        got = read(tmp_path / name)
        np.testing.assert_array_equal(got.images, TRAIN[..., None])
        assert got.labels is None
        with pytest.raises(ValueError, match=rf"{name} has no such split. It has: 'train'"):
            read(tmp_path / name, "test")


def test_arrays_of_unknown_names(tmp_path):
    np.savez(tmp_path / "a.npz", faces=TRAIN, ages=LABELS)
    with pytest.raises(ValueError, match=r"Which array holds the images\?.*a.npz' with the arrays faces, ages"):
        read(tmp_path / "a.npz")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"no array at all"])
def test_a_file_that_is_no_array(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"NumPy cannot read the file: .*a.npz"):
        read(tmp_path / "a.npz")


def test_pickled_objects_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.array([{}, {}], object))
    with pytest.raises(ValueError, match=r"NumPy cannot read the file: Object arrays cannot be loaded"):
        read(tmp_path / "a.npz")
