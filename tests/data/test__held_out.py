"""The tenth that is held out of a source without test images."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from keras_gan import data
from keras_gan.data import _held_out


def images(count):
    """So many different images, 6 pixels a side."""
    return np.arange(count * 36, dtype=np.uint32).reshape(count, 6, 6, 1).astype(np.uint8) // 2 + np.arange(
        count, dtype=np.uint8
    ).reshape(-1, 1, 1, 1)


def numbers(split, count=200, **options):
    """The numbers of the images in a split, which are also their labels."""
    labelled = (images(count), np.arange(count))
    loaded = data.load(labelled, split=split, labels=True, **{"batch_size": 1, **options})
    return [int(label) for _, labels in loaded.one_pass() for label in labels]


def test_train_and_test_share_no_image_and_have_all():
    train, test = numbers("train"), numbers("test")
    assert (len(train), len(test)) == (180, 20)
    assert sorted(train + test) == numbers("all") == numbers(None) == list(range(200))


def test_the_tenth_is_the_same_whatever_else_is_asked_for():
    expected = numbers("test")
    assert numbers("test", seed=5, batch_size=7, image_size=3, start_step=2) == expected
    # A change of these numbers would make test images of the training images of earlier runs.
    assert hashlib.sha256(_held_out.held_out_rows(200).tobytes()).hexdigest()[:16] == "3faa20c0bf3ed40c"


@pytest.mark.parametrize("count, held_out", [(19, 0), (20, 2), (29, 2), (300, 30), (50_000, 5_000), (200_000, 5_000)])
def test_a_tenth_is_held_out_but_not_of_few_images_and_at_most_5000(count, held_out):
    rows = _held_out.held_out_rows(count)
    assert len(np.unique(rows)) == len(rows) == held_out
    # From the whole set, not from one end of it.
    assert not held_out or rows.max() - rows.min() > count / 4


def test_few_images_are_all_for_training():
    assert len(numbers("train", count=19)) == 19
    with pytest.raises(ValueError, match=r'too few images to hold .* 20 are needed.*split="test" of 19 images'):
        numbers("test", count=19)


def test_a_data_set_says_how_many_images_it_leaves_for_the_test():
    sizes = {name: data.load(images(30), split=name, batch_size=1) for name in ("train", "test", "all", None)}
    assert [loaded.num_held_out for loaded in sizes.values()] == [3, 0, 0, 0]
    assert [loaded.split for loaded in sizes.values()] == ["train", "test", "all", "all"]
    assert data.load("digits").num_held_out == 0


def test_a_folder_without_test_images_is_divided_and_keeps_its_classes(tmp_path):
    for number, image in enumerate(images(40)):
        path = tmp_path / ("rare" if number == 7 else "common") / f"{number:02d}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(image[..., 0]).save(path)
    train, test, whole = (data.load(tmp_path, split=name, batch_size=1) for name in ("train", "test", None))
    assert (train.num_images, test.num_images, whole.num_images) == (36, 4, 40)
    assert train.class_names == test.class_names == ("common", "rare")
    parts = [{batch.numpy().tobytes() for batch in part.one_pass()} for part in (train, test)]
    assert not parts[0] & parts[1]


def test_a_source_with_test_images_keeps_its_own_splits(tmp_path):
    np.savez(tmp_path / "both.npz", x_train=images(30), x_test=images(25))
    np.savez(tmp_path / "one.npz", x_train=images(30))
    sizes = {
        (file, split): data.load(tmp_path / file, split=split, batch_size=1).num_images
        for file in ("both.npz", "one.npz")
        for split in ("train", "test", None)
    }
    assert list(sizes.values()) == [30, 25, 30, 27, 3, 30]


@pytest.mark.parametrize("names, size", [(("train", "test"), 40), (("train", "val"), None), (("train",), 4)])
def test_the_sub_folders_of_a_folder_decide_who_makes_the_split(tmp_path, names, size):
    for name in names:
        (tmp_path / name).mkdir()
        for number, image in enumerate(images(40)):
            Image.fromarray(image[..., 0]).save(tmp_path / name / f"{number:02d}.png")
    if size is None:
        with pytest.raises(ValueError, match=r"no sub-folder for this split.*'train', 'val'"):
            data.load(tmp_path, split="test", batch_size=1)
    else:
        assert data.load(tmp_path, split="test", batch_size=1).num_images == size
    assert data.load(tmp_path, batch_size=1).num_images == 40


def test_a_source_of_ones_own_is_divided_unless_it_names_its_splits():
    class Own(data.Source):
        def read(self, split, prepare):
            return data.ImageData(images({"train": 40, "test": 25}[split]))

    class Divided(Own):
        def splits(self):
            return ("train", "test")

    assert [data.load(source(), split="test", batch_size=1).num_images for source in (Own, Divided)] == [4, 25]


def test_a_held_out_tenth_that_is_smaller_than_a_batch_says_which_batch_it_allows():
    with pytest.raises(ValueError, match=r'split "test" has 30 images, fewer than one batch. Pass `batch_size=30` or '):
        data.load(images(300), split="test")
