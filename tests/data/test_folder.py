import io
import os
import pathlib
import struct
import warnings

import numpy as np
import pytest
from PIL import Image

from keras_gan import data
from keras_gan.data import _decoding


def write(path, value=0, size=(6, 4), mode="L"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value).save(path)


def cut_short(suffix):
    """The first half of a picture of noise, as a broken download leaves it."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, suffix)
    return buffer.getvalue()[: len(buffer.getvalue()) // 2]


def read(path, split="train", **kwargs):
    return data.Folder(path, **kwargs).read(split, lambda image: image)


def test_images_come_in_the_sorted_order_of_their_paths(tmp_path):
    for name, value in {"b/1.png": 3, "a/2.PNG": 2, "a/deep/1.bmp": 1, "b-c/1.pgm": 4}.items():
        write(tmp_path / name, value)
    got = read(tmp_path)
    assert got.class_names == ("a", "b", "b-c")
    assert got.labels.tolist() == [0, 0, 1, 2]
    # Sorted part by part: "a/2.PNG" before "a/deep/1.bmp".
    assert got.images[:, 0, 0, 0].tolist() == [2, 1, 3, 4]
    assert got.images.shape == (4, 4, 6, 1)


def test_images_beside_the_sub_folders_have_no_classes(tmp_path):
    write(tmp_path / "a" / "1.png")
    write(tmp_path / "2.png")
    got = read(tmp_path)
    assert len(got.images) == 2
    assert (got.labels, got.class_names) == (None, None)
    with pytest.raises(ValueError, match=r"has no labels.*sub-folder of its class"):
        data.load(tmp_path, batch_size=1, labels=True)


def test_other_files_and_hidden_ones_are_left_out(tmp_path):
    write(tmp_path / "1.png")
    (tmp_path / "readme.txt").write_text("faces")
    (tmp_path / "._1.png").write_bytes(b"")
    write(tmp_path / ".thumbnails" / "1.png")
    assert len(read(tmp_path).images) == 1


def test_a_folder_named_as_the_split_is_the_root(tmp_path):
    write(tmp_path / "train" / "cat" / "1.png", 1)
    write(tmp_path / "test" / "cat" / "1.png", 2)
    write(tmp_path / "test" / "dog" / "1.png", 3)
    assert read(tmp_path).images[0, 0, 0, 0] == 1
    test = read(tmp_path, "test")
    assert test.images[:, 0, 0, 0].tolist() == [2, 3]
    assert test.class_names == ("cat", "dog")


@pytest.mark.parametrize("split", ["test", "", ".."])
def test_an_unknown_split(tmp_path, split):
    write(tmp_path / "cat" / "1.png")
    message = r"no sub-folder for this split; only 'train' needs none. It has: 'cat'. Received: split="
    with pytest.raises(ValueError, match=message):
        read(tmp_path, split)


def test_files_stay_grey_where_all_are_grey_else_all_are_rgb(tmp_path):
    write(tmp_path / "1.png", 7)
    assert read(tmp_path).images.shape == (1, 4, 6, 1)
    write(tmp_path / "2.png", (1, 2, 3), mode="RGB")
    got = read(tmp_path).images
    assert got[:, 0, 0].tolist() == [[7, 7, 7], [1, 2, 3]]
    grey = data.load(tmp_path, batch_size=2, preprocessing=data.Preprocessing(channels=1))
    assert grey.image_shape == (4, 6, 1)


def test_sizes_that_differ_need_an_image_size(tmp_path):
    write(tmp_path / "1.png", size=(92, 112))
    write(tmp_path / "2.png", size=(30, 20))
    with pytest.raises(ValueError, match=r"1.png is 112x92 and .*2.png is 20x30.*Pass `image_size`"):
        data.load(tmp_path, batch_size=2)
    assert data.load(tmp_path, batch_size=2, image_size=(8, 16)).image_shape == (8, 16, 1)


@pytest.mark.parametrize(
    "name, content, reason",
    [
        ("empty.png", b"", "it is empty"),
        ("text.jpg", b"<html>Not found</html>", "Pillow cannot identify an image in it"),
        ("pointer.png", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "`git lfs pull`"),
        ("half.png", cut_short("png"), "truncated"),
        ("half.jpg", cut_short("jpeg"), "truncated"),
    ],
)
def test_a_file_that_cannot_be_decoded_is_named_or_skipped(tmp_path, name, content, reason):
    write(tmp_path / "cat" / "1.png", (5, 5, 5), mode="RGB")
    (tmp_path / "dog").mkdir()
    (tmp_path / "dog" / name).write_bytes(content)
    write(tmp_path / "eel" / "1.png", (9, 9, 9), mode="RGB")
    with pytest.raises(ValueError, match=rf"cannot be decoded as an image: .*{reason}.*skip_corrupt.*{name}"):
        read(tmp_path)
    with pytest.warns(UserWarning, match=rf"Left out 1 of 3 image files that cannot be decoded: .*{name}$"):
        got = read(tmp_path, skip_corrupt=True)
    assert got.images[:, 0, 0, 0].tolist() == [5, 9]
    assert got.labels.tolist() == [0, 2]


def test_one_warning_counts_all_the_files_left_out(tmp_path):
    write(tmp_path / "good.png")
    for index in range(5):
        (tmp_path / f"{index}.png").touch()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data.load(data.Folder(tmp_path, skip_corrupt=True), batch_size=1)
    assert len(caught) == 1
    assert "Left out 5 of 6" in str(caught[0].message)
    assert str(caught[0].message).endswith("2.png, ...")
    assert caught[0].filename == __file__


def test_nothing_but_corrupt_files(tmp_path):
    (tmp_path / "1.png").touch()
    with pytest.raises(ValueError, match=r"None of the image files can be decoded. Received: 1 file, .*1.png$"):
        read(tmp_path, skip_corrupt=True)


def test_folders_without_images(tmp_path):
    with pytest.raises(ValueError, match=r"holds no image file \(.apng .avif .bmp"):
        read(tmp_path)
    (tmp_path / "notes.txt").write_text("none here")
    with pytest.raises(ValueError, match=r"holds no image file"):
        read(tmp_path)


def test_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no such folder. Received: source='.*missing'"):
        data.Folder(tmp_path / "missing")


# --- What is left out, and what may be mixed up -----------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["jfif", "jpe", "JPEG", "avif", "webp", "tga", "jp2", "pnm"])
def test_the_suffixes_that_are_read(tmp_path, suffix):
    kind = {"jfif": "jpeg", "jpe": "jpeg", "jp2": "jpeg2000", "pnm": "ppm"}.get(suffix, suffix.lower())
    Image.new("L", (6, 4), 90).save(tmp_path / f"1.{suffix}", kind)
    np.testing.assert_allclose(read(tmp_path).images, 90, atol=2)


def test_one_file_is_counted_as_one(tmp_path):
    write(tmp_path / "train" / "1.png")
    write(tmp_path / "cat" / "2.png")
    (tmp_path / "train" / "2.heic").write_bytes(b"")
    with pytest.warns(UserWarning, match="without 1 image next to it: "):  # noqa: SIM117
        with pytest.warns(UserWarning, match="is a link to nothing: 1 file, "):
            read(tmp_path)


def test_what_pillow_says_of_damaged_tags_is_left_out(tmp_path):
    # Two tags are announced: the orientation, and a text that lies behind the end.
    tags = struct.pack("<HHIHHHHII", 274, 3, 1, 6, 0, 270, 2, 64, 9999)
    exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0" + tags + bytes(4)
    Image.new("L", (6, 4)).save(tmp_path / "1.png", exif=exif)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert read(tmp_path).images.shape == (1, 6, 4, 1)
    assert caught == []


def test_files_that_look_like_images_are_counted_and_named(tmp_path):
    write(tmp_path / "1.png")
    (tmp_path / "0001").write_bytes((tmp_path / "1.png").read_bytes())
    (tmp_path / "2.heic").write_bytes(b"")
    (tmp_path / "3.png").symlink_to(tmp_path / "moved away.png")
    (tmp_path / "notes.txt").write_text("RIFF or GIF")
    with pytest.warns(UserWarning, match=r"Left out what looks like an image.*: 3 files, .*/0001, .*2.heic, .*3.png$"):
        assert len(read(tmp_path).images) == 1


def test_a_folder_of_nothing_but_unknown_formats_names_them(tmp_path):
    (tmp_path / "1.heic").write_bytes(b"")
    with pytest.raises(ValueError, match=r"holds no image file .* It holds .*1.heic, which cannot be read"):
        read(tmp_path)


def test_sub_folders_without_an_image_are_no_classes_and_are_named(tmp_path):
    for name in ("cat/1.png", "dog/1.png", ".git/1.png", "__MACOSX/cat/._1.png"):
        write(tmp_path / name)
    (tmp_path / "bird").mkdir()
    with pytest.warns(UserWarning, match=r"^Left out the sub-folders without an image that is read: __MACOSX, bird\.$"):
        got = read(tmp_path)
    assert (got.class_names, got.labels.tolist()) == (("cat", "dog"), [0, 1])
    assert data.Folder(tmp_path).splits() == ()
    with pytest.raises(ValueError, match=r"has: '__MACOSX', 'bird', 'cat', 'dog'\. Received"):
        read(tmp_path, "test")


def test_links_are_followed(tmp_path):
    for number, name in enumerate(("cat", "dog", "eel")):
        write(tmp_path / "store" / name / "1.png", number)
        (tmp_path / "pets").mkdir(exist_ok=True)
        (tmp_path / "pets" / name).symlink_to(tmp_path / "store" / name)
    got = read(tmp_path / "pets")
    assert got.class_names == ("cat", "dog", "eel")
    assert got.images[:, 0, 0, 0].tolist() == got.labels.tolist() == [0, 1, 2]


def test_links_that_lead_back_end(tmp_path):
    write(tmp_path / "cat" / "1.png")
    (tmp_path / "cat" / "all").symlink_to(tmp_path)
    (tmp_path / "cat" / "self").symlink_to(tmp_path / "cat" / "self")
    assert len(read(tmp_path).images) == 1


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path, monkeypatch):
    write(tmp_path / "cat" / "1.png")
    write(tmp_path / "dog" / "1.png")
    iterdir = type(tmp_path).iterdir

    def refused(path):
        if path.name == "dog":
            raise PermissionError(13, "Permission denied", str(path))
        return iterdir(path)

    monkeypatch.setattr(type(tmp_path), "iterdir", refused)
    with pytest.raises(PermissionError, match="dog"):
        read(tmp_path)


@pytest.mark.parametrize("fault", [OSError(5, "Input/output error"), MemoryError()])
def test_a_fault_of_the_computer_is_not_a_corrupt_file(tmp_path, monkeypatch, fault):
    write(tmp_path / "1.png")

    def fail(path, **options):
        raise fault

    monkeypatch.setattr(_decoding, "decode", fail)
    with pytest.raises(type(fault)) as caught:
        read(tmp_path, skip_corrupt=True)
    assert "1.png" in caught.value.__notes__[0]


def test_images_next_to_the_folder_of_a_split_are_counted_and_named(tmp_path):
    for name in ("cat", "dog", "train"):
        for number in range(4):
            write(tmp_path / name / f"{number}.png", number)
    with pytest.warns(
        UserWarning, match=r"Only the images in 'train' are read.*without 8 images next to it: .*cat/0.png"
    ):
        assert len(read(tmp_path).images) == 4


@pytest.mark.parametrize("others", [("test", "val"), ("Testing", "validation"), ("test_set", "val2017"), ("trainB",)])
def test_other_splits_and_files_next_to_a_split_are_no_reason_to_warn(tmp_path, others):
    for name in ("train", *others):
        write(tmp_path / name / "cat" / "1.png")
    (tmp_path / "readme.txt").write_text("pets")
    assert len(read(tmp_path).images) == 1


@pytest.mark.parametrize("names", [("Training", "Testing"), ("cat", "test"), ("trainA", "trainB")])
def test_splits_that_are_read_as_classes_are_warned_of(tmp_path, names):
    for name in names:
        write(tmp_path / name / "1.png")
    with pytest.warns(
        UserWarning, match=r"All images are read, with the sub-folders .* as classes.*`load\(..., split="
    ):
        assert len(read(tmp_path).images) == 2


def test_class_folders_that_are_not_utf_8_have_names_that_can_be_written(tmp_path):
    folder = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")
    try:
        pathlib.Path(folder).mkdir()
    except OSError:
        pytest.skip("this disk takes only UTF-8")
    write(pathlib.Path(folder, "1.png"))
    assert read(tmp_path).class_names == ("caf\\xe9",)
    (pathlib.Path(folder) / "2.png").touch()
    with pytest.raises(ValueError, match="it is empty") as caught:
        read(tmp_path)
    str(caught.value).encode()


@pytest.mark.parametrize(
    "path, message",
    [
        ("", r'`source` must not be empty. Write "." for the current folder'),
        (None, r"`source` must be a path"),
        (5, r"`source` must be a path.*Received: source=5"),
        ("gs://bucket/faces", r"local folders.*without `gs://`"),
    ],
)
def test_what_is_no_local_path(path, message):
    with pytest.raises(ValueError, match=message):
        data.Folder(path)


def test_skip_corrupt_is_true_or_false(tmp_path):
    with pytest.raises(ValueError, match=r"`skip_corrupt` must be True or False. Received: skip_corrupt='no'"):
        data.Folder(tmp_path, skip_corrupt="no")
