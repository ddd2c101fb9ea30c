"""Clips in batches: which of their frames a step takes, where they come from, and what is said of bad ones."""

import numpy as np
import pytest
from PIL import Image

from keras_gan import data


def numbered(lengths, channels=1):
    """Clips of which every pixel of frame i of clip k is 20 k + i."""
    return [
        np.broadcast_to(np.uint8(20 * k + np.arange(length))[:, None, None, None], (length, 4, 6, channels)).copy()
        for k, length in enumerate(lengths)
    ]


def frames_of(batch):
    """The numbers of the frames of a batch, a row for each clip."""
    levels = np.rint((np.asarray(batch["clips"]) + 1) * 127.5).astype(int)
    assert (levels == levels[:, :, :1, :1, :1]).all()
    return levels[:, :, 0, 0, 0]


def in_order(dataset):
    return np.concatenate([frames_of(batch) for batch in dataset.one_pass()]).tolist()


def batches(dataset, count):
    return [{name: np.asarray(values) for name, values in batch.items()} for batch in dataset.take(count)]


def assert_equal(first, second):
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        assert set(one) == set(other)
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])


def draw(k, i):
    return Image.fromarray(np.full((4, 6, 3), 20 * k + i, np.uint8))


def write_animation(path, k, length):
    first, *others = (draw(k, i) for i in range(length))
    options = {"lossless": True} if path.suffix == ".webp" else {}
    first.save(path, save_all=True, append_images=others, duration=50, **options)


def test_each_step_takes_consecutive_frames_and_in_time_all_of_them():
    clips = data.load_clips(numbered([5, 9, 7]), num_frames=4, batch_size=3, seed=1)
    assert (clips.num_images, clips.image_shape, clips.clip_shape) == (3, (4, 6, 1), (4, 4, 6, 1))
    seen = np.concatenate([frames_of(batch) for batch in clips.take(40)])
    assert (np.diff(seen, axis=1) == 1).all()
    # Every first frame that leaves three others in its own clip, and none else.
    assert set(seen[:, 0]) == {0, 1, *range(20, 26), *range(40, 44)}
    assert in_order(clips) == [[1, 2, 3, 4], [23, 24, 25, 26], [42, 43, 44, 45]]


def test_each_clip_comes_once_an_epoch():
    clips = data.load_clips(np.stack(numbered([6] * 8)), num_frames=2, batch_size=4)
    shown = [frames_of(batch)[:, 0] // 20 for batch in clips.take(4)]
    assert sorted(np.concatenate(shown[:2])) == sorted(np.concatenate(shown[2:])) == list(range(8))
    assert not np.array_equal(shown[:2], shown[2:])


@pytest.mark.parametrize(
    ("stride", "expected"), [(2, [2, 4, 6]), (3, [1, 4, 7]), (None, [0, 4, 7])], ids=["two", "three", "whole"]
)
def test_the_stride_says_how_far_apart_the_frames_are(stride, expected):
    assert in_order(data.load_clips(numbered([8]), num_frames=3, stride=stride, batch_size=1))[0] == expected


@pytest.mark.parametrize("source", ["numbered", "moving-digits"])
def test_a_stream_begins_at_any_step_bit_for_bit(source):
    chosen = {"num_frames": 3, "batch_size": 4, "seed": 5, "labels": True}
    if source == "numbered":
        source = (numbered([5, 6, 7, 8, 9]), np.arange(5))
        chosen["preprocessing"] = data.Preprocessing(flip=True, dequantize=True)
    whole = batches(data.load_clips(source, **chosen), 4)
    assert_equal(whole[2:], batches(data.load_clips(source, **chosen, start_step=1).from_step(1), 2))
    assert (whole[0]["clips"] != whole[1]["clips"]).any()


def test_all_frames_of_a_clip_are_mirrored_alike():
    clips = np.broadcast_to(np.arange(6, dtype=np.uint8)[:, None], (8, 4, 5, 6, 1))
    loaded = data.load_clips(clips, num_frames=4, batch_size=8, preprocessing=data.Preprocessing(flip=True))
    corners = next(iter(loaded))["clips"].numpy()[:, :, 0, 0, 0]
    assert (corners == corners[:, :1]).all()
    assert len(set(corners[:, 0])) == 2


def test_labels_go_with_their_clips():
    clips = data.load_clips((numbered([5, 6, 7]), [2, 0, 1]), num_frames=2, batch_size=3, labels=True)
    assert clips.num_classes == 3
    for batch in batches(clips, 3):
        np.testing.assert_array_equal(np.array([2, 0, 1])[frames_of(batch)[:, 0] // 20], batch["labels"])


def test_floats_keep_their_values():
    values = np.linspace(-1, 1, 2 * 3 * 4 * 6, dtype="float32").reshape(2, 3, 4, 6)
    (batch,) = data.load_clips(values, num_frames=3, batch_size=2).one_pass()
    np.testing.assert_array_equal(batch["clips"], values[..., None])


@pytest.mark.parametrize("name", ["clips", "x", "film"])
def test_a_numpy_file_holds_clips(tmp_path, name):
    np.savez(tmp_path / "films.npz", **{name: np.stack(numbered([5, 5]))})
    assert in_order(data.load_clips(tmp_path / "films.npz", num_frames=5, batch_size=2)) == [
        [0, 1, 2, 3, 4],
        [20, 21, 22, 23, 24],
    ]


def test_a_file_of_animations_with_names_needs_no_labels(tmp_path):
    np.savez(tmp_path / "emoji.npz", clips=np.stack(numbered([4] * 30)), names=np.array(["x"] * 30))
    train, test = (
        data.load_clips(tmp_path / "emoji.npz", num_frames=4, batch_size=1, split=split) for split in ("train", "test")
    )
    assert (train.num_images, train.num_held_out, test.num_images) == (27, 3, 3)
    kept, held_out = (np.array(in_order(part))[:, 0] for part in (train, test))
    assert sorted([*kept, *held_out]) == sorted(np.uint8(20 * np.arange(30)))
    with pytest.raises(ValueError, match="The source has no labels"):
        data.load_clips(tmp_path / "emoji.npz", num_frames=4, labels=True)


def test_a_folder_holds_animations_and_folders_of_frames_in_natural_order(tmp_path):
    write_animation(tmp_path / "a.gif", 0, 5)
    write_animation(tmp_path / "b.webp", 1, 4)
    write_animation(tmp_path / "c.png", 2, 3)
    (tmp_path / "d").mkdir()
    for i in range(12):
        draw(3, i).save(tmp_path / "d" / f"frame{i}.png")
    clips = data.load_clips(tmp_path, num_frames=3, stride=None, batch_size=2)
    assert clips.image_shape == (4, 6, 3)
    assert in_order(clips) == [[0, 2, 4], [20, 22, 23], [40, 41, 42], [60, 66, 71]]
    assert data.load_clips(tmp_path, num_frames=3, image_size=(2, 3), batch_size=2).clip_shape == (3, 2, 3, 3)


def test_sub_folders_are_splits_and_classes(tmp_path):
    for k, name in enumerate(["train/cat", "train/dog", "test/dog"]):
        (tmp_path / name / "one").mkdir(parents=True)
        for i in range(2):
            draw(k, i).save(tmp_path / name / "one" / f"{i}.png")
    train = data.load_clips(tmp_path, num_frames=2, batch_size=2, labels=True)
    assert (train.split, train.class_names, train.num_classes) == ("train", ("cat", "dog"), 2)
    assert [batch["labels"].numpy().tolist() for batch in train.one_pass()] == [[0, 1]]
    assert in_order(data.load_clips(tmp_path, num_frames=2, batch_size=1, split="test")) == [[40, 41]]


def test_a_clear_error_names_the_clip(tmp_path):
    write_animation(tmp_path / "long.gif", 0, 5)
    write_animation(tmp_path / "short.gif", 1, 3)
    with pytest.raises(ValueError, match=r"needs at least 4 frames, and .*short\.gif has 3"):
        data.load_clips(tmp_path, num_frames=4, batch_size=1)
    with pytest.raises(ValueError, match=r"needs at least 5 frames, and .*short\.gif.*a smaller `stride`"):
        data.load_clips(tmp_path, num_frames=3, stride=2, batch_size=1)
    content = (tmp_path / "long.gif").read_bytes()
    (tmp_path / "short.gif").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"cannot be decoded.*Mend or remove it\. Received: file='.*short\.gif'"):
        data.load_clips(tmp_path, num_frames=2, batch_size=1)


def test_frames_in_the_folder_itself_are_no_clip(tmp_path):
    draw(0, 0).save(tmp_path / "1.png")
    with pytest.raises(ValueError, match=r"in a sub-folder of their own.*1\.png"):
        data.load_clips(tmp_path, num_frames=2)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (np.zeros((5, 8, 8, 3), "uint8"), r"look like images.*clips\[None\]"),
        (np.zeros((5, 8, 8), "uint8"), "num_clips, num_frames, height, width, channels"),
        ([np.zeros((8, 8), "uint8")], "A list of clips must hold arrays"),
        (np.full((2, 4, 8, 8, 1), 9.0), "must lie in"),
        ({"clips": np.zeros((2, 4, 8, 8, 1))}, "type dict"),
    ],
)
def test_what_is_no_clip_is_refused(source, words):
    with pytest.raises(ValueError, match=words):
        data.load_clips(source, num_frames=2, batch_size=1)


def test_arguments_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="leave `load_size` out"):
        data.load_clips(
            numbered([4]), num_frames=2, image_size=2, batch_size=1, preprocessing=data.Preprocessing(load_size=3)
        )
    with pytest.raises(ValueError, match="has 1 clips, fewer than one batch"):
        data.load_clips(numbered([4]), num_frames=2, batch_size=2)
    with pytest.raises(ValueError, match="MovingDigits"):
        data.load_clips("moving-digits", num_frames=2, image_size=32)
