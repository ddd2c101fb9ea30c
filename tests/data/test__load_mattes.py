"""Batches for matting: what lies on what, trimaps of every radius, and the same again after a resume."""

import numpy as np
import pytest
from PIL import Image

from keras_gan import data

RNG = np.random.default_rng(0)


def cut_outs(count=24, side=16):
    """Soft blots of one colour each; the alpha has many levels."""
    alphas = np.zeros((count, side, side, 1), "uint8")
    alphas[:, 3:13, 4:12] = RNG.integers(0, 256, (count, 10, 8, 1))
    alphas[:, 6:10, 6:10] = 255
    colours = np.broadcast_to(RNG.integers(0, 256, (count, 1, 1, 3), "uint8"), (count, side, side, 3))
    return np.concatenate([colours, alphas], axis=-1)


CUT_OUTS, GROUNDS = cut_outs(), RNG.integers(0, 256, (21, 16, 16, 3), "uint8")
OPTIONS = {"backgrounds": GROUNDS, "split": "all", "batch_size": 4, "radius": (1, 3)}


def as_bytes(images):
    return np.rint((np.asarray(images) + 1) * 127.5).astype("uint8")


def assert_equal_batches(found, expected, count):
    for one, other in zip(found.take(count), expected.take(count), strict=True):
        for name in ("source", "target"):
            np.testing.assert_array_equal(one[name], other[name])


def radius_of(batch, number):
    """The radius with which `trimaps_of` makes a trimap."""
    alpha = as_bytes(batch["target"][number : number + 1])
    trimap = as_bytes(batch["source"][number : number + 1, ..., 3:])
    (found,) = (radius for radius in (1, 2, 3) if (data.trimaps_of(alpha, radius=radius) == trimap).all())
    return found


@pytest.mark.long
def test_cut_outs_lie_on_backgrounds_and_their_trimaps_have_every_radius():
    train = data.load_mattes(CUT_OUTS, **OPTIONS)
    assert (train.num_images, train.steps_per_epoch, train.split) == (24, 6, "all")
    assert train.image_shape == {"source": (16, 16, 4), "target": (16, 16, 1)}
    radii, grounds = [], set()
    for batch in train.take(12):
        pictures, alphas = (np.asarray(batch[name], np.float64) for name in ("source", "target"))
        for number in range(4):
            alpha = as_bytes(alphas[number])
            (row,) = np.flatnonzero((CUT_OUTS[..., 3:] == alpha).all(axis=(1, 2, 3)))
            # What is transparent shows the background, and says which one.
            clear = alpha[..., 0] == 0
            (ground,) = np.flatnonzero((GROUNDS[:, clear] == as_bytes(pictures[number][clear, :3])).all(axis=(1, 2)))
            share = alpha / 255.0
            expected = share * CUT_OUTS[row, ..., :3] + (1 - share) * GROUNDS[ground]
            np.testing.assert_allclose((pictures[number, ..., :3] + 1) * 127.5, expected, atol=0.51)
            radii.append(radius_of(batch, number))
            grounds.add((row, ground))
    assert set(radii) == {1, 2, 3}
    # In the second epoch most cut-outs have other backgrounds.
    assert len(grounds) > 36


@pytest.mark.long
def test_a_stream_resumes_bit_for_bit_and_a_seed_makes_another(tmp_path):
    flipped = data.Preprocessing(load_size=16, flip=True)
    options = {**OPTIONS, "image_size": 12, "preprocessing": flipped}
    train = data.load_mattes(CUT_OUTS, **options)
    assert_equal_batches(data.load_mattes(CUT_OUTS, **options, start_step=5), train.skip(5), 3)
    assert_equal_batches(train.from_step(5), train.skip(5), 3)
    assert_equal_batches(data.load_mattes(CUT_OUTS, **options, start_step=2).from_step(3), train.skip(5), 3)
    assert_equal_batches(data.load_mattes(CUT_OUTS, **options, cache_dir=tmp_path), train, 3)
    other = next(iter(data.load_mattes(CUT_OUTS, **options, seed=1)))
    assert (other["source"].numpy() != next(iter(train))["source"].numpy()).any()


@pytest.mark.long
def test_one_pass_has_each_cut_out_once_always_on_the_same_background():
    train = data.load_mattes(CUT_OUTS[:22], **OPTIONS)
    batches = list(train.one_pass())
    assert [len(batch["target"]) for batch in batches] == [4] * 5 + [2]
    np.testing.assert_array_equal(
        as_bytes(np.concatenate([batch["target"] for batch in batches])), CUT_OUTS[:22, ..., 3:]
    )
    assert_equal_batches(train.one_pass(), train.one_pass(), 6)


def test_a_tenth_of_both_is_held_out():
    test = data.load_mattes(CUT_OUTS, **{**OPTIONS, "split": "test", "batch_size": 2})
    train = data.load_mattes(CUT_OUTS, **{**OPTIONS, "split": "train"})
    assert (test.num_images, train.num_images, train.num_held_out) == (2, 22, 2)
    assert train.identity != test.identity


def test_pictures_of_files_with_their_alphas(tmp_path):
    for name in ("pictures", "alphas"):
        (tmp_path / name).mkdir()
    for number in range(5):
        Image.fromarray(GROUNDS[number]).save(tmp_path / "pictures" / f"{number}.png")
        Image.fromarray(CUT_OUTS[number, ..., 3]).save(tmp_path / "alphas" / f"{number}.bmp")
    train = data.load_mattes(tmp_path / "pictures", tmp_path / "alphas", radius=2, batch_size=5)
    (batch,) = train.one_pass()
    np.testing.assert_array_equal(as_bytes(batch["source"][..., :3]), GROUNDS[:5])
    np.testing.assert_array_equal(as_bytes(batch["target"]), CUT_OUTS[:5, ..., 3:])
    np.testing.assert_array_equal(as_bytes(batch["source"][..., 3:]), data.trimaps_of(CUT_OUTS[:5, ..., 3:], radius=2))


def test_files_of_cut_outs_in_parts_of_photographs(tmp_path):
    for name in ("cut_outs", "photographs"):
        (tmp_path / name).mkdir()
    Image.fromarray(CUT_OUTS[0]).resize((30, 20)).save(tmp_path / "cut_outs" / "a.png")
    Image.fromarray(GROUNDS[0]).resize((50, 40)).save(tmp_path / "photographs" / "b.jpg")
    grounds = data.Parts(tmp_path / "photographs", 16, num_parts=30)
    train = data.load_mattes(tmp_path / "cut_outs", backgrounds=grounds, image_size=16, batch_size=1)
    assert next(iter(train))["source"].shape == (1, 16, 16, 4)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"backgrounds": None}, r"either the `alphas`.* Received: neither"),
        ({"alphas": CUT_OUTS[..., 3:]}, r"either the `alphas`.* Received: both"),
        ({"radius": 0}, r"Received: radius=0"),
        ({"radius": (3, 2)}, r"`radius` must be an integer of at least 3.* Received: radius=2"),
        ({"radius": (1, 2, 3)}, r"a pair \(lowest, highest\). Received: radius=\(1, 2, 3\)"),
        ({"backgrounds": GROUNDS[:, :8]}, r"same size.* Received: cut-outs of 16x16, backgrounds of 8x16"),
        ({"preprocessing": data.Preprocessing(channels=4)}, r"leave `channels`.*channels=4"),
        ({"batch_size": 22}, r'The split "all" has 21 images, fewer than one batch'),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        data.load_mattes(CUT_OUTS, **{**OPTIONS, **changes})
