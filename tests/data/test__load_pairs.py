"""Pairs of images in batches: what both images share, and what the data set says of itself."""

import numpy as np
import pytest
from PIL import Image

from keras_gan import data

FIELDS = ("source", "target")


def numbered(count, channels=3, size=(4, 6), offset=0):
    """Image number k is filled with k."""
    numbers = np.arange(count, dtype=np.uint8) + offset
    return np.broadcast_to(numbers[:, None, None, None], (count, *size, channels)).copy()


def noise(count=23, channels=3, size=8, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, channels), np.uint8)


def levels(images):
    return np.rint((np.asarray(images) + 1) * 127.5).astype(int)


def numbers(batches):
    """The levels of the first pixels of the sources and of the targets."""
    return [tuple(levels(batch[name])[:, 0, 0, 0].tolist() for name in FIELDS) for batch in batches]


def in_order(dataset):
    """The levels of the first pixel of each pair, in the order of the source."""
    return [pair for sources, targets in numbers(dataset.one_pass()) for pair in zip(sources, targets, strict=True)]


def test_arrays_are_partners_by_their_order():
    sources, targets = numbered(12, channels=1), numbered(12, offset=100)
    pairs = data.load_pairs((sources, targets), batch_size=5)
    assert in_order(pairs) == [(k, 100 + k) for k in range(12)]
    for one, other in numbers(pairs.take(4)):
        assert [k + 100 for k in one] == list(other)


def test_a_folder_of_pictures_of_two_images_gives_pairs(tmp_path):
    for number in range(3):
        image = np.full((4, 12, 3), 10 + number, np.uint8)
        image[:, 6:] = 20 + number
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    pairs = data.load_pairs(tmp_path, source_half="right", batch_size=3)
    assert pairs.image_shape == {"source": (4, 6, 3), "target": (4, 6, 3)}
    assert in_order(pairs) == [(20 + k, 10 + k) for k in range(3)]


def test_single_images_are_not_cut_in_halves_unless_somebody_says_so(tmp_path):
    Image.fromarray(np.zeros((6, 6, 3), np.uint8)).save(tmp_path / "photograph.png")
    with pytest.raises(ValueError, match=r"not wider than it is high.*give `source_half`.*photograph\.png' of 6x6"):
        data.load_pairs(tmp_path, batch_size=1)
    assert data.load_pairs(tmp_path, source_half="left", batch_size=1).image_shape["source"] == (6, 3, 3)


# --- What both images of a pair share ---------------------------------------------------------------------------------


JITTER = data.Preprocessing(load_size=10, flip=True)


def test_both_images_have_one_part_and_one_flip():
    """Each image is a ramp that tells where a part of it comes from, and which way it goes."""
    ramp = np.arange(100, dtype=np.uint8).reshape(1, 10, 10, 1).repeat(40, axis=0)
    pairs = data.load_pairs(ramp, ramp + 100, image_size=(6, 8), batch_size=40, preprocessing=JITTER)
    seen = set()
    for batch in pairs.take(3):
        sources, targets = (levels(batch[name])[..., 0] for name in FIELDS)
        np.testing.assert_array_equal(sources + 100, targets)
        for part in sources:
            is_flipped = part[0, 0] > part[0, 1]
            top, left = divmod(part[0, ::-1][0] if is_flipped else part[0, 0], 10)
            whole = ramp[0, ..., 0][top : top + 6, left : left + 8]
            np.testing.assert_array_equal(part, whole[:, ::-1] if is_flipped else whole)
            seen.add((top, left, is_flipped))
    # All 5 x 3 places, flipped and not: 120 draws leave one of 30 out with a probability of 30 (29/30)^120 = 0.5.
    assert {(top, left) for top, left, _ in seen} == {(top, left) for top in range(5) for left in range(3)}
    assert {flip for *_, flip in seen} == {False, True}


def test_the_noise_of_the_two_is_not_the_same():
    zeros = np.zeros((4, 16, 16, 1), np.uint8)
    noisy = data.Preprocessing(dequantize=True)
    batch = next(iter(data.load_pairs(zeros, zeros, batch_size=4, preprocessing=noisy)))
    one, other = (np.ravel(batch[name]) for name in FIELDS)
    # The correlation of 1024 independent pairs has the standard deviation 0.03.
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.13


def test_the_source_alone_comes_as_load_gives_it():
    images = noise()
    options = {"image_size": 8, "batch_size": 5, "seed": 3, "split": "train", "preprocessing": JITTER}
    alone = data.load(images, **options).take(6).as_numpy_iterator()
    for batch, expected in zip(data.load_pairs(images, images[::-1], **options), alone, strict=False):
        np.testing.assert_array_equal(batch["source"], expected)


def test_pairs_from_step_k_are_the_pairs_with_k_batches_skipped_bit_for_bit_from_a_file_too(tmp_path):
    options = {"image_size": 8, "batch_size": 5, "seed": 3, "preprocessing": JITTER}
    given = noise(), noise(channels=1, seed=1)
    pairs = data.load_pairs(*given, **options)
    later = data.load_pairs(*given, start_step=2, cache_dir=tmp_path, **options).from_step(3)
    for one, other in zip(pairs.skip(5).take(6), later, strict=False):
        for name in FIELDS:
            np.testing.assert_array_equal(one[name], other[name])


def test_options_may_differ_in_the_channels_and_the_depth(tmp_path):
    deep = np.arange(24, dtype=np.uint16).reshape(4, 6) * 2000 + 1
    for number in range(2):
        (tmp_path / "a").mkdir(exist_ok=True)
        (tmp_path / "b").mkdir(exist_ok=True)
        Image.fromarray(deep).save(tmp_path / "a" / f"{number}.png")
        Image.fromarray(np.full((4, 6, 4), 60, np.uint8)).save(tmp_path / "b" / f"{number}.png")
    both = data.Preprocessing(depth=16, flip=True), data.Preprocessing(channels=4, flip=True)
    folders = (tmp_path / "a", tmp_path / "b")
    for cache_dir in (None, tmp_path / "cache"):
        pairs = data.load_pairs(*folders, batch_size=2, preprocessing=both, cache_dir=cache_dir)
        ((batch),) = pairs.one_pass().as_numpy_iterator()
        np.testing.assert_array_equal(batch["source"][0, ..., 0], np.float32(deep * (2 / 65535) - 1))
        assert levels(batch["target"])[0, 0, 0].tolist() == [60, 60, 60, 60]
    for name, value in {"flip": False, "crop": None, "load_size": 9}.items():
        options = {"flip": True, name: value}
        with pytest.raises(ValueError, match=rf"same `{name}`. Received: {name}=.* for the source, {name}={value}"):
            data.load_pairs(*folders, image_size=4, preprocessing=(both[0], data.Preprocessing(**options)))


# --- What the data set says of itself ---------------------------------------------------------------------------------


def test_the_data_set_says_what_it_holds():
    pairs = data.load_pairs(noise(40), noise(40, channels=1), split="train", batch_size=8)
    assert (pairs.num_images, pairs.num_held_out, pairs.steps_per_epoch, pairs.split) == (36, 4, 4, "train")
    assert pairs.image_shape == {"source": (8, 8, 3), "target": (8, 8, 1)}
    assert (pairs.num_classes, pairs.class_names) == (0, None)
    assert {name: tuple(spec.shape) for name, spec in pairs.element_spec.items()} == {
        "source": (8, 8, 8, 3),
        "target": (8, 8, 8, 1),
    }
    assert [len(batch["target"]) for batch in pairs.one_pass()] == [8, 8, 8, 8, 4]


def test_train_and_test_share_no_pair_and_keep_partners_together():
    sources, targets = numbered(100), numbered(100, offset=100)
    parts = [in_order(data.load_pairs(sources, targets, split=split, batch_size=10)) for split in ("train", "test")]
    assert sorted(parts[0] + parts[1]) == [(k, k + 100) for k in range(100)]
    assert len(parts[1]) == 10


def test_the_identity_tells_other_pairs_and_other_settings():
    one, other = noise(seed=1), noise(seed=2)
    expected = data.load_pairs(one, other, split="all", batch_size=4).identity
    flipped = data.load_pairs(one, other, split="train", batch_size=2, preprocessing=data.Preprocessing(flip=True))
    assert flipped.identity["split_of"] == expected["split_of"]
    assert {name for name in expected if flipped.identity[name] != expected[name]} == {
        "samples",
        "preprocessing",
        "split",
    }
    swapped = data.load_pairs(other, one, split="all", batch_size=4, seed=1)
    assert {name for name in expected if swapped.identity[name] != expected[name]} == {
        "first_and_last_sample",
        "seed",
        "split_of",
    }


# --- What is wrong with pairs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given, error, message",
    [
        ((noise(8), noise(7)), ValueError, r"as many targets as sources. Received: 8 sources, 7 targets"),
        ((noise(100), noise(101)), ValueError, r"Received: 100 sources, 101 targets"),
        ((noise(8), noise(8, size=9)), ValueError, r"Received: sources of 8x8, targets of 9x9"),
        ((noise(8),), ValueError, r"give the `target` too. Received: source of type Arrays, target=None"),
        (((noise(8),),), ValueError, r"Pairs have two sides.*a tuple of 1"),
        ((noise(8), [noise(8)]), ValueError, r"The target: `target` must be .*np.stack.*target of type list"),
        ((noise(8), noise(0)), ValueError, r"The target: The array holds no image"),
        ((noise(8), "no/such/folder/"), ValueError, r"No folder, file or TensorFlow data set has this name"),
        ((noise(8), "./no/such"), FileNotFoundError, r"There is no such folder. Received: target='./no/such'"),
        (("digits", noise(8)), ValueError, r"same splits. Received: splits \['all', 'test', 'train'\] of the source"),
    ],
)
def test_sides_that_do_not_fit_each_other(given, error, message):
    with pytest.raises(error, match=message):
        data.load_pairs(*given, split="test" if len(given[0]) == 100 else None, batch_size=2)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"batch_size": 24}, r'The split "all" has 23 pairs, fewer than one batch. Pass `batch_size=23` or less'),
        ({"source_half": "top"}, r"`source_half` must be one of 'left', 'right'"),
        ({"source_half": "left"}, r"leave it out, and give the source first"),
        ({"image_size": 0}, r"`image_size` must be an integer of at least 1"),
        ({"preprocessing": JITTER}, r"give an `image_size` of at most `load_size`. Received: image_size=None"),
        ({"preprocessing": JITTER, "image_size": (8, 11)}, r"Received: image_size=\(8, 11\), load_size=10"),
        ({"preprocessing": (JITTER,)}, r"must be a keras_gan.data.Preprocessing"),
        ({"preprocessing": "flip"}, r"Received: preprocessing='flip'"),
        ({"split": 3}, r"`split` must be a string"),
        ({"cache_dir": 3}, r"`cache_dir` must be a path"),
    ],
)
def test_arguments_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        data.load_pairs(noise(), noise(), **{"batch_size": 4, **options})


def test_a_range_that_looks_wrong_is_said_of_its_side():
    floats = np.linspace(0, 1, 256, dtype=np.float32).reshape(4, 8, 8, 1)
    with pytest.warns(UserWarning, match=r"The target fill \[0, 1\].*`target \* 2 - 1`") as caught:
        data.load_pairs(-floats, floats, batch_size=2)
    assert caught[0].filename == __file__


# --- Targets that are larger than their sources -----------------------------------------------------------------------


def enlarged(count=7, scale=4, size=6):
    """Sources of noise, and targets in which each of their pixels is a square."""
    sources = noise(count, size=size)
    return sources, sources.repeat(scale, axis=1).repeat(scale, axis=2)


@pytest.mark.long
@pytest.mark.parametrize("image_size", [8, None])
def test_pairs_of_two_sizes_have_the_same_part_and_flip(image_size):
    options = {"image_size": image_size, "scale": 4, "preprocessing": data.Preprocessing(flip=True)}
    pairs = data.load_pairs(*enlarged(), batch_size=7, **options)
    side = image_size or 24
    assert pairs.image_shape == {"source": (side // 4, side // 4, 3), "target": (side, side, 3)}
    for batch in (*pairs.take(3), *pairs.one_pass()):
        source = np.asarray(batch["source"])
        np.testing.assert_array_equal(batch["target"], source.repeat(4, axis=1).repeat(4, axis=2))


def test_files_of_two_sizes_are_pairs_too(tmp_path):
    for folder, images in zip(("A", "B"), enlarged(3, scale=2), strict=True):
        (tmp_path / folder).mkdir()
        for number, image in enumerate(images):
            Image.fromarray(image).save(tmp_path / folder / f"{number}.png")
    pairs = data.load_pairs(tmp_path, image_size=4, scale=2, batch_size=3)
    (batch,) = pairs.take(1)
    np.testing.assert_array_equal(batch["target"], np.asarray(batch["source"]).repeat(2, axis=1).repeat(2, axis=2))
    with pytest.raises(ValueError, match=r"With scale=3, a target must be 3 times.* is 6x6 and .* is 12x12"):
        data.load_pairs(tmp_path, scale=3, batch_size=3)


@pytest.mark.parametrize(
    "options, message",
    [
        ({}, r"For a model that enlarges, give `scale=4`\. Received: sources of 6x6, targets of 24x24"),
        ({"scale": 2}, r"With scale=2, each target must be 2 times as high.*sources of 6x6, targets of 24x24"),
        ({"scale": 4, "image_size": 10}, r"multiples of 4\. Received: image_size=10, scale=4"),
        ({"scale": 4, "preprocessing": data.Preprocessing(load_size=24)}, r"no `load_size`: leave it out"),
        ({"scale": 0}, "`scale` must be"),
    ],
)
def test_sizes_that_do_not_fit_the_scale(options, message):
    with pytest.raises(ValueError, match=message):
        data.load_pairs(*enlarged(), batch_size=2, **options)


def test_a_part_that_is_larger_than_its_picture_is_refused():
    with pytest.raises(ValueError, match=r"smaller one\. Received: image_size=\(32, 32\), targets of 24x24"):
        data.load_pairs(*enlarged(), batch_size=2, scale=4, image_size=32)


def test_halves_of_a_picture_have_no_scale(tmp_path):
    Image.fromarray(noise(1, size=8)[0]).save(tmp_path / "0.png")
    with pytest.raises(ValueError, match=r"Received: scale=2 with pictures of two images"):
        data.load_pairs(tmp_path, source_half="left", batch_size=1, scale=2)
