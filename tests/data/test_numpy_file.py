import io
import zipfile

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
    with pytest.raises(
        ValueError, match=r"cannot read the file: its array holds objects, and images are numbers. Write"
    ):
        read(tmp_path / "a.npz")


def test_no_message_tells_to_load_a_file_unsafely(tmp_path):
    (tmp_path / "a.npz").write_text("images")
    with pytest.raises(ValueError, match=r"cannot read the file: it is no .npz or .npy file.*a.npz") as caught:
        read(tmp_path / "a.npz")
    assert "pickle" not in str(caught.value)
    assert ".." not in str(caught.value)


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_a_header_of_petabytes_is_damaged(tmp_path, name):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (10**9, 10**6)})
    (tmp_path / "a.npy").write_bytes(header.getvalue() + b"cut")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.write(tmp_path / "a.npy", "images.npy")
    with pytest.raises(ValueError, match=rf"shorter than the array that it announces, so it is damaged.*{name}"):
        read(tmp_path / name)


def packed(path):
    np.savez_compressed(path, images=np.random.default_rng(0).integers(0, 256, (20, 8, 8), np.uint8))
    return bytearray(path.read_bytes())


def at(content, signature, offset):
    """The place of a number in the headers of a zip file."""
    return content.index(signature) + offset


@pytest.mark.parametrize(
    "spoil, reason",
    [
        (lambda content: content.__setitem__(slice(300, 310), bytes(10)), r"Error -3|CRC"),
        (lambda content: content.__setitem__(at(content, b"PK\1\2", 8), 1), "encrypted"),
        (lambda content: content.__setitem__(at(content, b"PK\1\2", 10), 99), "compression"),
        (lambda content: content.__delitem__(slice(400, None)), "zip file"),
    ],
    ids=["flipped", "encrypted", "packed in an unknown way", "cut"],
)
def test_a_damaged_archive_is_named(tmp_path, spoil, reason):
    path = tmp_path / "faces.npz"
    content = packed(path)
    spoil(content)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"NumPy cannot read the file: .*({reason}).*numpy.savez.*faces.npz"):
        read(path)


def error_of(path):
    try:
        read(path)
    except Exception as error:
        return error
    return None


def test_no_flipped_byte_raises_an_error_without_the_name_of_the_file(tmp_path):
    path, rng, errors = tmp_path / "faces.npz", np.random.default_rng(0), []
    good = packed(path)
    for _ in range(100):
        content = good.copy()
        content[rng.integers(len(content))] = rng.integers(256)
        path.write_bytes(content)
        errors.append(error_of(path))
    errors = [error for error in errors if error is not None]
    assert len(errors) > 50
    assert [error for error in errors if "faces.npz" not in str(error)] == []


def test_a_fault_of_the_disk_is_not_a_damaged_file(tmp_path, monkeypatch):
    np.save(tmp_path / "faces.npy", TRAIN)

    def fail(*args, **options):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(np, "load", fail)
    with pytest.raises(OSError, match=r"Input/output error") as caught:
        read(tmp_path / "faces.npy")
    assert "faces.npy" in caught.value.__notes__[0]


def test_arrays_that_are_no_images_are_named_with_their_file(tmp_path):
    np.save(tmp_path / "faces.npy", TRAIN * 300.0)
    with pytest.raises(ValueError, match=r"must lie in \[-1, 1\].*source='.*faces.npy'"):
        read(tmp_path / "faces.npy")


@pytest.mark.parametrize("path", ["", None, 5, "s3://bucket/faces.npz"])
def test_what_is_no_local_path(path):
    with pytest.raises(ValueError, match=r"`source` must|local folders"):
        data.NumpyFile(path)
