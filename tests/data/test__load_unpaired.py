"""Two kinds of images without pairs."""

import numpy as np
import pytest
from PIL import Image

from keras_gan import data

FIELDS = ("source", "target")
RANDOM = data.Preprocessing(load_size=6, flip=True, dequantize=True)


def numbered(count, size=4):
    """Image number k is filled with k."""
    return np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (count, size, size, 1)).copy()


def drawn(dataset, steps):
    """The numbers of the images of the first steps, of each kind."""
    batches = list(dataset.take(steps).as_numpy_iterator())
    return {
        name: np.rint((np.concatenate([batch[name] for batch in batches])[:, 0, 0, 0] + 1) * 127.5).astype(int)
        for name in FIELDS
    }


def test_each_kind_comes_once_in_an_epoch_of_its_own():
    got = drawn(data.load_unpaired(numbered(12), numbered(8), batch_size=4), 12)
    for epoch in got["source"].reshape(4, 12):
        assert sorted(epoch) == list(range(12))
    for epoch in got["target"].reshape(6, 8):
        assert sorted(epoch) == list(range(8))


def test_kinds_of_equal_length_have_orders_parts_flips_and_noise_of_their_own():
    images = np.random.default_rng(0).integers(0, 256, (200, 6, 6, 1), np.uint8)
    got = drawn(data.load_unpaired(numbered(200), numbered(200), batch_size=50), 4)
    # Of two unrelated orders of 200, one place has the same number on average.
    assert (got["source"] == got["target"]).sum() < 8
    same = images[:1].repeat(64, axis=0)
    pairs = next(iter(data.load_unpaired(same, same, image_size=4, batch_size=64, preprocessing=RANDOM)))
    one, other = ({image.tobytes() for image in pairs[name].numpy()} for name in FIELDS)
    assert not one & other


def test_images_from_step_k_are_those_with_k_batches_skipped_bit_for_bit_from_a_file_too(tmp_path):
    options = {"image_size": 4, "batch_size": 5, "seed": 3, "preprocessing": RANDOM}
    whole = data.load_unpaired(numbered(23), numbered(7), **options)
    later = data.load_unpaired(numbered(23), numbered(7), start_step=2, cache_dir=tmp_path, **options).from_step(3)
    for one, other in zip(whole.skip(5).take(6), later, strict=False):
        for name in FIELDS:
            np.testing.assert_array_equal(one[name], other[name])


def test_the_data_set_says_what_it_holds():
    loaded = data.load_unpaired(numbered(30), numbered(60, size=5), split="train", batch_size=8)
    assert loaded.num_images == {"source": 27, "target": 54}
    assert loaded.num_held_out == {"source": 3, "target": 6}
    assert loaded.image_shape == {"source": (4, 4, 1), "target": (5, 5, 1)}
    assert (loaded.steps_per_epoch, loaded.split) == (6, "train")
    assert (loaded.num_classes, loaded.class_names) == (0, None)


def test_one_pass_holds_the_larger_kind_once_and_the_other_again_and_again():
    loaded = data.load_unpaired(numbered(5), numbered(3), batch_size=2)
    batches = [
        {name: np.rint((batch[name][:, 0, 0, 0] + 1) * 127.5).tolist() for name in FIELDS}
        for batch in loaded.one_pass().as_numpy_iterator()
    ]
    assert [batch["source"] for batch in batches] == [[0, 1], [2, 3], [4]]
    assert [batch["target"] for batch in batches] == [[0, 1], [2, 0], [1]]


def test_the_identity_tells_how_many_there_are_of_each_and_of_which_source_a_split_is():
    train = data.load_unpaired(numbered(40), numbered(30), split="train", batch_size=2)
    assert train.identity["samples"] == {"source": 36, "target": 27}
    # Measured on held-out pairs of the same images, a model must not have trained on them.
    pairs = data.load_pairs(numbered(40), numbered(40) + 1, split="test", batch_size=2)
    unpaired = data.load_unpaired(numbered(40), numbered(40) + 1, split="all", batch_size=2)
    assert pairs.identity["split_of"] == unpaired.identity["split_of"] != train.identity["split_of"]
    assert (pairs.identity["split"], unpaired.identity["split"]) == ("test", "all")


def test_a_kind_with_test_images_decides_that_both_train_on_train(tmp_path):
    np.savez(tmp_path / "both.npz", x_train=numbered(30), x_test=numbered(25))
    loaded = data.load_unpaired(tmp_path / "both.npz", numbered(40), batch_size=2)
    assert (loaded.split, loaded.num_images) == ("train", {"source": 30, "target": 36})


def test_each_kind_has_options_of_its_own():
    both = data.Preprocessing(channels=3), data.Preprocessing(channels=4, flip=True)
    loaded = data.load_unpaired((numbered(6), numbered(5)), batch_size=2, preprocessing=both)
    assert loaded.image_shape == {"source": (4, 4, 3), "target": (4, 4, 4)}


def test_one_folder_may_hold_both_kinds_of_each_split(tmp_path):
    for split, value in (("train", 0), ("test", 50)):
        for side, count in (("A", 3), ("B", 2)):
            for number in range(count):
                path = tmp_path / f"{split}{side}" / f"{side}-{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.new("L", (4, 4), value + 10 * count).save(path)
    for split, value in (("train", 0), ("test", 50)):
        loaded = data.load_unpaired(tmp_path, split=split, batch_size=2)
        assert loaded.num_images == {"source": 3, "target": 2}
        assert [set(numbers) for numbers in drawn(loaded, 2).values()] == [{value + 30}, {value + 20}]


def empty_folder(tmp_path):
    (tmp_path / "none").mkdir()
    return tmp_path / "none"


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda path: (numbered(6), empty_folder(path)), r"The target: The folder holds no image file.*/none"),
        (lambda path: (empty_folder(path), numbered(6)), r"The source: The folder holds no image file.*/none"),
        (lambda path: (numbered(6), numbered(0)), r"The target: The array holds no image"),
        (lambda path: (numbered(6), numbered(1)), r"The target: The split \"all\" has 1 images, fewer than one batch"),
        (lambda path: (numbered(6),), r"give the `target` too.*Received: source of type Arrays, target=None"),
        (lambda path: (empty_folder(path),), r"give the `target` too.*Received: source of type Folder, target=None"),
        (lambda path: (numbered(6), 3), r"The target: `target` must be .*Received: target of type int"),
        (lambda path: (numbered(6), "mnits"), r"The target: No folder, file or TensorFlow data set.*'mnist'"),
    ],
)
def test_a_kind_that_is_missing_is_named(tmp_path, make, message):
    with pytest.raises(ValueError, match=message):
        data.load_unpaired(*make(tmp_path), batch_size=2)


def test_too_few_images_for_a_test_say_of_which_kind():
    with pytest.raises(ValueError, match=r"The target: The source has no split \"test\", and too few images"):
        data.load_unpaired(numbered(40), numbered(9), split="test", batch_size=2)
