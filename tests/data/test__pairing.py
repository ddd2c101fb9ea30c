"""Which pictures of folders are partners."""

import numpy as np
import pytest
from PIL import Image

from keras_gan import data
from keras_gan.data import _images
from keras_gan.data._load_pairs import _sides


def write(path, value=0, size=(6, 4), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value if mode != "RGB" else (value,) * 3).save(path)


def noise(count):
    return np.random.default_rng(0).integers(0, 256, (count, 8, 8, 3), np.uint8)


def pairs(source, target=None, half=None, *, split="train", prepare=lambda image: image):
    """The first levels of the images of each pair, as they are read. `load_pairs` would trace graphs, too."""
    read = [side.read(split, prepare).images for side in _sides(source, target, half)]
    assert all(np.ptp(image) == 0 for images in read for image in images)
    return list(zip(*([int(image[0, 0, 0]) for image in images] for images in read), strict=True))


# --- Where pairs come from --------------------------------------------------------------------------------------------


def test_two_folders_have_partners_by_their_paths_whatever_the_suffix(tmp_path):
    for number, name in enumerate(("3", "a-c/2", "a/2", "b/1")):
        write(tmp_path / "maps" / f"{name}.png", number, mode="L")
        write(tmp_path / "photos" / f"{name}.bmp", 100 + number)
    expected = [(k, 100 + k) for k in (0, 2, 1, 3)]
    assert pairs(tmp_path / "maps", str(tmp_path / "photos")) == expected
    assert pairs((tmp_path / "photos", data.Folder(tmp_path / "maps"))) == [pair[::-1] for pair in expected]


@pytest.mark.parametrize("half, first, second", [(None, 10, 20), ("left", 10, 20), ("right", 20, 10)])
def test_a_picture_of_two_images_is_cut_in_the_middle(tmp_path, half, first, second):
    for number in range(3):
        image = np.full((4, 12, 3), 10 + number, np.uint8)
        image[:, 6:] = 20 + number
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    assert pairs(tmp_path, None, half) == [(first + k, second + k) for k in range(3)]


@pytest.mark.parametrize(
    "folders",
    [
        ("{split}/A", "{split}/B"),
        ("A/{split}", "B/{split}"),
        ("{split}A", "{split}B"),
        ("source/{split}", "target/{split}"),
        ("{split}/source", "{split}/target"),
    ],
)
def test_one_folder_may_hold_both_sides_of_each_split(tmp_path, folders):
    for split, start in (("train", 0), ("test", 50)):
        for side, folder in enumerate(folders):
            for number in range(3):
                write(tmp_path / folder.format(split=split) / f"{number}.png", start + number + 100 * side)
    for split, start in (("train", 0), ("test", 50)):
        assert pairs(tmp_path, split=split) == [(start + k, start + k + 100) for k in range(3)]
    assert [set(side.splits()) for side in _sides(tmp_path, None, None)] == [{"train", "test"}] * 2
    with pytest.raises(ValueError, match=r"leave it out, and give the source first. Received: source_half='left'"):
        data.load_pairs(tmp_path, source_half="left", batch_size=2)
    with pytest.raises(ValueError, match="val"):
        data.load_pairs(tmp_path, split="val", batch_size=2)


def test_one_folder_without_splits_may_hold_both_sides(tmp_path):
    for folder, value in (("A", 1), ("B", 2)):
        write(tmp_path / folder / "1.png", value)
    assert pairs(tmp_path) == [(1, 2)]


def test_a_split_without_the_folders_of_the_others_is_named(tmp_path):
    for name in ("train/A/1.png", "train/B/1.png", "test/1.png"):
        write(tmp_path / name)
    with pytest.raises(ValueError, match=r"must hold the sub-folders A and B.*Received: '.*/test' with none"):
        pairs(tmp_path, split="test")


def test_pictures_of_two_images_are_in_the_folder_of_their_split(tmp_path):
    for split, value in (("train", 1), ("test", 2)):
        write(tmp_path / split / "1.png", value, size=(8, 4))
    assert pairs(tmp_path, split="test") == [(2, 2)]


def test_other_sources_are_partners_by_their_order(tmp_path):
    levels = np.arange(4, dtype=np.uint8)[:, None, None].repeat(8, 1).repeat(8, 2)
    np.save(tmp_path / "a.npy", levels)
    np.savez(tmp_path / "b.npz", levels + 9)
    assert pairs(tmp_path / "a.npy", tmp_path / "b.npz") == [(k, k + 9) for k in range(4)]


# --- What is wrong with pairs -----------------------------------------------------------------------------------------


def test_pictures_without_a_partner_are_counted_and_the_first_named(tmp_path):
    for number in range(9):
        write(tmp_path / "a" / f"{number}.png")
        write(tmp_path / "b" / f"{number + 5}.png")
    message = (
        r"Each picture needs a partner .*without a partner, 5 pictures of 9 in '.*a': .*a/0.png, .*a/1.png, "
        r".*a/2.png, ...; and 5 pictures of 9 in '.*b': .*b/10.png"
    )
    with pytest.raises(ValueError, match=message):
        data.load_pairs(tmp_path / "a", tmp_path / "b", batch_size=1)


def test_a_partner_in_a_format_that_is_not_read_is_named(tmp_path):
    write(tmp_path / "a" / "1.png")
    write(tmp_path / "a" / "2.png")
    write(tmp_path / "b" / "2.png")
    (tmp_path / "b" / "1.heic").touch()
    with pytest.raises(ValueError, match=r"Some look like images, but are not read: .*1.heic.*1 picture of 2 in"):
        data.load_pairs(tmp_path / "a", tmp_path / "b", batch_size=1)


def test_two_pictures_of_one_name_are_named(tmp_path):
    for name in ("a/1.png", "a/1.bmp", "b/1.png"):
        write(tmp_path / name)
    with pytest.raises(ValueError, match=r"two pictures of one folder have the same.*a/1.bmp, .*a/1.png"):
        data.load_pairs(tmp_path / "a", tmp_path / "b", batch_size=1)


@pytest.mark.parametrize("options", [{}, {"image_size": 4}, {"image_size": 4, "cache_dir": "cache"}])
def test_a_pair_of_different_sizes_is_named(tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        write(tmp_path / "a" / f"{number}.png", size=(6, 4))
        write(tmp_path / "b" / f"{number}.png", size=(8, 4) if number == 1 else (6, 4))
    message = r"pair must have the same size. '.*a/1.png' is 4x6 and '.*b/1.png' is 4x8 \(height x width\)"
    with pytest.raises(ValueError, match=message):
        data.load_pairs(tmp_path / "a", tmp_path / "b", batch_size=1, **options)


def test_pairs_may_differ_in_size_from_each_other(tmp_path):
    for side in "ab":
        write(tmp_path / side / "1.png", size=(6, 4))
        write(tmp_path / side / "2.png", size=(9, 5))
    assert len(pairs(tmp_path / "a", tmp_path / "b", prepare=_images.Fit(size=(4, 4)))) == 2


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_picture_counts_as_it_is_seen_not_as_it_is_stored(tmp_path, orientation):
    write(tmp_path / "a" / "1.png", size=(4, 6))
    (tmp_path / "b").mkdir()
    exif = Image.Exif()
    exif[0x0112] = orientation
    size = (6, 4) if orientation == 6 else (4, 6)
    Image.new("L", size).save(tmp_path / "b" / "1.jpg", exif=exif)
    assert len(pairs(tmp_path / "a", tmp_path / "b")) == 1


def test_a_picture_of_odd_width_is_named(tmp_path):
    write(tmp_path / "1.png", size=(8, 4))
    write(tmp_path / "2.png", size=(7, 4))
    with pytest.raises(ValueError, match=r"must have an even width.* Received: '.*2.png' of 4x7"):
        data.load_pairs(tmp_path, image_size=4, batch_size=1)


@pytest.mark.parametrize("corrupt", ["a/1.png", "b/1.png"])
def test_a_corrupt_picture_is_skipped_with_its_partner(tmp_path, corrupt):
    for number in range(3):
        write(tmp_path / "a" / f"{number}.png", number)
        write(tmp_path / "b" / f"{number}.png", 100 + number)
    (tmp_path / corrupt).write_bytes(b"")
    folders = [data.Folder(tmp_path / side, skip_corrupt=side == "b") for side in "ab"]
    with pytest.warns(UserWarning, match=r"Left out 1 of 3 pairs, of which a file .*a/1.png") as caught:
        assert pairs(*folders) == [(0, 100), (2, 102)]
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with pytest.raises(ValueError, match="cannot be decoded"):
        data.load_pairs(tmp_path / "a", tmp_path / "b", batch_size=1)


def test_a_corrupt_picture_is_skipped_from_a_file_too(tmp_path):
    for name in ("a/1.png", "a/2.png", "b/1.png"):
        write(tmp_path / name, 7)
    (tmp_path / "b" / "2.png").write_bytes(b"")
    folders = [data.Folder(tmp_path / side, skip_corrupt=True) for side in "ab"]
    with pytest.warns(UserWarning, match=r"Left out 1 of 2 pairs") as caught:
        loaded = data.load_pairs(*folders, batch_size=1, cache_dir=tmp_path / "cache")
    assert (loaded.num_images, len(caught), caught[0].filename) == (1, 1, __file__)


def deep_colours(path, width=6):
    """Write a file whose colours have 16 bits, in a format that is only read with 8."""
    path.write_bytes(b"P6\n%d 4\n65535\n" % width + bytes(width * 4 * 6))


@pytest.mark.parametrize("kind", ["folders", "halves", "parts"])
def test_a_picture_that_is_corrupt_at_the_depth_of_one_side_is_skipped_on_both(tmp_path, kind):
    width = 12 if kind == "halves" else 6
    for name in ("a/1.png", "a/2.png", "b/1.png", "b/2.png", "b/3.png"):
        write(tmp_path / name, int(name[2]), (width, 4), mode="L")
    deep_colours(tmp_path / "a" / "3.ppm", width)
    sides = [data.Folder(tmp_path / side, skip_corrupt=True) for side in ("a" if kind == "halves" else "ab")]
    if kind == "parts":
        sides = [data.Parts(side, 4, num_parts=1) for side in sides]
    depths = data.Preprocessing(depth=16, channels=1), data.Preprocessing(channels=1)
    with pytest.warns(UserWarning, match=r"Left out 1 of 3 .*3\.p"):
        loaded = data.load_pairs(*sides, batch_size=1, preprocessing=depths, cache_dir=tmp_path / "cache")
    assert loaded.num_images == 2
    # The cache of a side is another one where the other side takes every file.
    loaded = data.load_pairs(*sides, batch_size=1, preprocessing=depths[1], cache_dir=tmp_path / "cache")
    assert loaded.num_images == 3


def test_pairs_that_are_all_corrupt_are_an_error(tmp_path):
    write(tmp_path / "a" / "1.png")
    write(tmp_path / "b" / "1.png")
    (tmp_path / "b" / "1.png").write_bytes(b"")
    folders = [data.Folder(tmp_path / side, skip_corrupt=True) for side in "ab"]
    with pytest.raises(ValueError, match=r"In each of the pairs is a file .*Received: 1 pairs, .*a/1.png"):
        data.load_pairs(*folders, batch_size=1)


def test_an_empty_folder_is_named(tmp_path):
    write(tmp_path / "a" / "1.png")
    (tmp_path / "b").mkdir()
    with pytest.raises(ValueError, match=r"holds no image file.*/b'"):
        data.load_pairs(tmp_path / "a", tmp_path / "b", batch_size=1)


def test_a_folder_has_no_partners_in_an_array(tmp_path):
    write(tmp_path / "1.png")
    with pytest.raises(ValueError, match=r"give two folders, or neither. Received: source Folder, target Arrays"):
        data.load_pairs(tmp_path, noise(1), batch_size=1)


def test_two_folders_with_different_splits_are_named(tmp_path):
    write(tmp_path / "a" / "train" / "1.png")
    write(tmp_path / "b" / "1.png")
    with pytest.raises(ValueError, match=r"same splits.*a' with 'train', and '.*b' with none"):
        data.load_pairs(tmp_path / "a", tmp_path / "b", batch_size=1)
