"""Parts of images: cut and not resized, of whole images held out, alike for partners, and the same in a cache."""

import numpy as np
import pytest
from PIL import Image

from keras_gan import data

SIZES = [(40, 33), (20, 90), *[(17, 17)] * 17, (16, 16)]


def whole(number, size):
    """A picture that says of each pixel which one it is, and in which picture."""
    content = np.full((*size, 3), number, np.uint8)
    content[..., 1], content[..., 2] = np.arange(size[0])[:, np.newaxis], np.arange(size[1])
    return content


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twenty pictures of mixed sizes."""
    path = tmp_path_factory.mktemp("pictures")
    for number, size in enumerate(SIZES):
        Image.fromarray(whole(number, size)).save(path / f"{number:02d}.png")
    return path


def images_of(dataset):
    """All images of a pass, as bytes."""
    return np.concatenate([np.rint((batch + 1) * 127.5).astype("uint8") for batch in dataset.one_pass()])


def test_parts_are_at_the_resolution_of_the_images_and_cover_them(folder):
    train = data.load(data.Parts(folder, 16, num_parts=400), split="all", batch_size=4)
    parts = images_of(train)
    assert train.image_shape == (16, 16, 3)
    for part in parts:
        np.testing.assert_array_equal(
            part, whole(part[0, 0, 0], (256, 256))[part[0, 0, 1] :, part[0, 0, 2] :][:16, :16]
        )
    places = {tuple(part[0, 0]) for part in parts}
    # No part twice: twenty of a large image, the four of one with a pixel to spare, and the one of its own size.
    assert len(places) == len(parts) == 20 + 20 + 17 * 4 + 1
    tops, lefts = np.array([place[1:] for place in places if place[0] == 1]).T
    # The places of 5 x 75 are near all of them.
    assert set(tops) == set(range(5))
    assert max(np.diff(np.sort([-1, *lefts, 75]))) <= 10


def test_whole_images_are_held_out(folder):
    parts = data.Parts(folder, 16, num_parts=40, seed=3)
    numbers = [
        set(images_of(data.load(parts, split=split, batch_size=1))[:, 0, 0, 0]) for split in ("train", "test", "all")
    ]
    assert [len(found) for found in numbers] == [18, 2, 20]
    assert not numbers[0] & numbers[1]
    assert data.load(parts, batch_size=1).split == "train"
    own = data.Parts(np.zeros((19, 16, 16, 1), "uint8"), 16, num_parts=1)
    with pytest.raises(ValueError, match=r'too few to hold a tenth.* Received: split="test" of 19 images'):
        data.load(own, split="test")


def test_a_seed_moves_the_places_and_the_same_seed_does_not(folder):
    one, again, other = (
        images_of(data.load(data.Parts(folder, 16, num_parts=20, seed=seed), split="all", batch_size=1))[0, 0, 0]
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_partners_are_cut_alike(folder, tmp_path):
    for number, size in enumerate(SIZES):
        Image.fromarray(whole(number, size)[..., 1] * 5).save(tmp_path / f"{number:02d}.bmp")
    both = [data.Parts(path, 16, num_parts=60, seed=1) for path in (folder, tmp_path)]
    for batch in data.load_pairs(*both, split="train", batch_size=4, preprocessing=data.Preprocessing(flip=True)).take(
        9
    ):
        rows = (batch["source"][..., 1].numpy() + 1) * 127.5
        np.testing.assert_allclose((batch["target"][..., 0].numpy() + 1) * 127.5, 5 * rows, atol=1e-3)
    masked = next(iter(data.load_masked(*both, split="test", batch_size=2)))
    np.testing.assert_array_equal(masked["masks"][..., 0], (masked["images"][..., 1] + 1) * 127.5 * 5 > 127.5)
    with pytest.raises(ValueError, match=r"cut at the same places.*Received: .*'seed': 1.*None"):
        data.load_pairs(both[0], tmp_path)
    with pytest.raises(ValueError, match="scale=2 with Parts"):
        data.load_pairs(*both, scale=2)


def test_pairs_in_one_folder_are_cut_alike(tmp_path):
    content = whole(0, (20, 20))
    Image.fromarray(np.concatenate([content, content], axis=1)).save(tmp_path / "0.png")
    pairs = data.load_pairs(data.Parts(tmp_path, 8, num_parts=5), batch_size=5)
    batch = next(iter(pairs))
    np.testing.assert_array_equal(batch["source"], batch["target"])
    assert pairs.num_images == 5


def test_degraded_parts_resume_bit_for_bit_from_a_cache(folder, tmp_path):
    parts = data.Parts(folder, (16, 12), num_parts=50)
    options = {
        "split": "train",
        "batch_size": 4,
        "image_size": 8,
        "preprocessing": data.Preprocessing(load_size=(16, 12)),
    }
    memory = data.load_degraded(parts, data.Bicubic(2), **options)
    cached = data.load_degraded(parts, data.Bicubic(2), cache_dir=tmp_path, start_step=3, **options)
    for expected, found in zip(memory.skip(3).take(3), cached, strict=False):
        for name in ("source", "target"):
            np.testing.assert_array_equal(found[name], expected[name])
    assert len(list(tmp_path.glob("parts-*"))) == 1
    data.load(data.Parts(folder, (16, 12), num_parts=50, seed=1), split="train", cache_dir=tmp_path, batch_size=4)
    assert len(list(tmp_path.glob("parts-*"))) == 2


def test_classes_go_with_the_parts(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        Image.fromarray(np.full((9, 9, 3), 200 * (name == "dog"), np.uint8)).save(tmp_path / name / "1.png")
    images, labels = next(iter(data.load(data.Parts(tmp_path, 8, num_parts=6), batch_size=6, labels=True)))
    np.testing.assert_array_equal(images[:, 0, 0, 0] > 0, labels == 1)
    assert sorted(labels.numpy()) == [0, 0, 0, 1, 1, 1]


def test_small_images_are_left_out_and_named(folder):
    with pytest.warns(UserWarning, match=r"Left out 18 of 20 images, which are smaller than a part of 18x18.*02\.png"):
        parts = data.load(data.Parts(folder, 18, num_parts=20), split="all", batch_size=2)
    assert parts.num_images == 2
    with pytest.raises(ValueError, match=r"No image has room for a part of 99x99.*Received: 20 images"):
        data.load(data.Parts(folder, 99), split="all", batch_size=2)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"size": None}, "Received: size=None"),
        ({"size": 0}, "Received: size=0"),
        ({"size": 4, "num_parts": 0}, "Received: num_parts=0"),
        ({"size": 4, "seed": -1}, "Received: seed=-1"),
    ],
)
def test_bad_settings_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.Parts(np.zeros((2, 8, 8, 1), "uint8"), **arguments)


def test_a_source_in_one_piece_is_refused():
    class Stripes(data.Source):
        def read(self, split, prepare):
            return data.ImageData(data.Source.stack([prepare(np.zeros((8, 8, 1), np.uint8))]))

    with pytest.raises(ValueError, match=r"read one by one.* Received: a source of type Stripes"):
        data.load(data.Parts(Stripes(), 4), batch_size=1)
