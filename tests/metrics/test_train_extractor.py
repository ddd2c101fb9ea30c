import sys

import numpy as np
import pytest
import tensorflow as tf

from keras_gan import data
from keras_gan.metrics import frechet_distance
from keras_gan.metrics._training_images import read_images
from keras_gan.metrics.train_extractor import _shuffled, _turned, build_classifier, train_classifier, train_extractor

FEW_STEPS = 300


@pytest.fixture(scope="module")
def digits():
    return data.load("digits", labels=True)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("extractors")


@pytest.fixture(scope="module")
def extractor(digits, cache):
    return train_extractor(digits, cache_dir=cache, steps=FEW_STEPS)


@pytest.fixture
def no_training(monkeypatch):
    def fail(*args, **kwargs):
        pytest.fail("the network is trained again")

    # The package exports the function under the name of its module.
    monkeypatch.setattr(sys.modules[train_extractor.__module__], "train_classifier", fail)


def _test_split():
    return next(iter(data.load("digits", split="test", labels=True, batch_size=360)))


@pytest.mark.long
def test_it_knows_digits_that_it_has_not_seen(extractor):
    images, labels = _test_split()
    embedding = extractor(images)
    assert embedding.features.shape == (360, 64)
    assert embedding.logits.shape == (360, 10)
    accuracy = np.mean(np.argmax(embedding.logits, axis=-1) == labels)
    assert accuracy >= 0.95
    assert extractor.accuracy == pytest.approx(accuracy, abs=0.04)
    assert (extractor.name, extractor.num_features, extractor.num_classes) == ("trained_classifier", 64, 10)


@pytest.mark.long
def test_the_second_call_reads_the_cache(digits, cache, extractor, no_training):
    again = train_extractor(digits, cache_dir=cache, steps=FEW_STEPS)
    assert again.fingerprint == extractor.fingerprint
    assert again.accuracy == extractor.accuracy
    images, _ = _test_split()
    np.testing.assert_array_equal(again(images).features, extractor(images).features)


@pytest.mark.long
def test_nothing_is_left_beside_the_cached_file(cache, extractor):
    assert [path.suffix for path in cache.iterdir()] == [".npz"]


def test_the_default_cache_is_the_users(digits, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    train_extractor(digits, steps=1)
    assert len(list((tmp_path / "keras_gan" / "extractors").glob("*.npz"))) == 1


@pytest.mark.long
def test_the_seed_decides_all(digits, tmp_path):
    def fingerprint(run, **options):
        return train_extractor(digits, cache_dir=tmp_path / run, steps=5, **options).fingerprint

    first = fingerprint("a")
    assert fingerprint("b") == first
    assert fingerprint("a", seed=1) != first
    assert fingerprint("a", num_features=8) != first


@pytest.mark.long
def test_other_data_are_another_extractor(digits, tmp_path):
    images, labels = (part.numpy() for part in next(iter(digits)))
    for dataset in (
        [(images, labels)],
        [(images, (labels + 1) % 10)],
        [(-images, labels)],
        [(images[:20], labels[:20])],
    ):
        train_extractor(dataset, cache_dir=tmp_path, steps=1)
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.long
def test_a_damaged_file_is_replaced(digits, tmp_path):
    first = train_extractor(digits, cache_dir=tmp_path, steps=5)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    for damaged in (b"", whole[:1000], whole[:2000] + b"\0\1\2\3" + whole[2004:]):
        path.write_bytes(damaged)
        assert train_extractor(digits, cache_dir=tmp_path, steps=5).fingerprint == first.fingerprint
        assert path.read_bytes() == whole


def test_large_images_are_reduced():
    network = build_classifier((64, 48, 3), 2, 8, 0)
    assert network.input_shape == (None, 32, 32, 3)


def batches_of(labels, size=50):
    """Batches of images that are their numbers, all zeros otherwise."""
    for start in range(0, len(labels), size):
        own = labels[start : start + size]
        images = np.zeros((len(own), 2, 2, 1), np.float32)
        images[:, 0, 0, 0] = np.arange(start, start + len(own)) % 256 / 127.5 - 1
        yield images, own


def test_of_many_images_a_random_part_is_used_that_is_always_the_same():
    labels = np.arange(4_000) // 1_000
    first, second = (read_images(batches_of(labels), 800) for _ in range(2))
    # The share of a class is 1/4 with a standard deviation of 1.4 %; of the first images all are of class 0.
    assert np.bincount(first.labels) / 800 == pytest.approx(np.full(4, 0.25), abs=0.06)
    np.testing.assert_array_equal(first.pixels, second.pixels)
    other_batches = read_images(batches_of(labels, size=333), 800)
    assert np.bincount(other_batches.labels) / 800 == pytest.approx(np.full(4, 0.25), abs=0.06)


def test_images_that_all_fit_keep_their_order():
    data = read_images(batches_of(np.arange(120) % 7), 120)
    np.testing.assert_array_equal(data.pixels[:, 0, 0, 0], np.arange(120))
    np.testing.assert_array_equal(data.labels, np.arange(120) % 7)


def test_each_image_keeps_its_label():
    data = read_images(batches_of(np.arange(250)), 60)
    np.testing.assert_array_equal(data.pixels[:, 0, 0, 0], data.labels)
    assert len(set(data.labels)) == 60


def test_classes_that_come_in_turn_are_all_trained(monkeypatch):
    seen = []
    module = sys.modules[train_extractor.__module__]
    monkeypatch.setattr(module, "_training_step", lambda *_: lambda images, labels: seen.extend(labels.numpy()))
    monkeypatch.setattr(module, "accuracy_of", lambda network, pixels, labels: len(labels))
    data = read_images(batches_of(np.arange(500) % 10), 500)
    held_out = train_classifier(build_classifier((2, 2, 1), 10, 4, 0), data, steps=8, seed=0)
    assert held_out == 50
    assert set(seen) == set(range(10))


def test_a_data_set_of_tensorflow(tmp_path):
    images = np.random.default_rng(0).uniform(-1, 1, (30, 8, 8, 3)).astype(np.float32)
    dataset = tf.data.Dataset.from_tensor_slices((images, np.arange(30) % 5)).batch(8)
    assert train_extractor(dataset, cache_dir=tmp_path, steps=1).num_classes == 5
    with pytest.raises(ValueError, match=r"`dataset.take\(100\)`. Received: dataset of infinite cardinality"):
        train_extractor(dataset.repeat(), cache_dir=tmp_path, steps=1)


GREY = np.zeros((12, 8, 8, 1), np.float32)


@pytest.mark.parametrize(
    "batches, message",
    [
        ([GREY[0]], r"batches of images \(batch, height, .*Received: dataset of batches of type ndarray"),
        ([(GREY, np.arange(12)), GREY], r"leave the labels out, .*Received: a batch without labels after others"),
        ([(GREY, np.arange(12), np.ones(12))], r"a tuple of two.*Received: dataset of batches of type tuple of 3"),
        ([(GREY, np.zeros(12, int))], r"at least two, .*of one kind without labels. Received: the labels \[0\]"),
        ([(GREY, np.arange(12) - 1)], r"with labels from 0 up.*Received: the labels \[-1, 0, 1"),
        ([(GREY, np.zeros(12, np.float32))], r"Received: labels of dtype float32 and shape \(12,\)"),
        ([(GREY, np.eye(12, dtype=int))], r"Received: labels of dtype int64 and shape \(12, 12\)"),
        ([(GREY, np.arange(11))], r"dtype int64 and shape \(11,\) for 12 images"),
        ([(GREY, np.arange(12) + 2**40)], r"labels below 100,000.*Received: the label 1099511627787"),
        ([(GREY[:9], np.arange(9))], r"at least 10 images.*Received: dataset of 9 images"),
        ([], r"at least 10 images.*Received: dataset of 0 images"),
        ([(GREY + 255.0, np.arange(12))], r"Map numbers in \[0, 255\] with"),
    ],
)
def test_wrong_data(tmp_path, batches, message):
    with pytest.raises(ValueError, match=message):
        train_extractor(batches, cache_dir=tmp_path)


@pytest.mark.parametrize("name", ["num_features", "steps", "max_images"])
def test_wrong_numbers(tmp_path, name):
    with pytest.raises(ValueError, match=rf"Received: {name}=0"):
        train_extractor([(GREY, np.arange(12))], cache_dir=tmp_path, **{name: 0})


def test_too_few_images_are_asked_for(tmp_path):
    with pytest.raises(ValueError, match=r"10 images to learn from. Received: dataset of 12 images, max_images=9"):
        train_extractor([(GREY, np.arange(12))], cache_dir=tmp_path, max_images=9)


@pytest.mark.long
def test_images_without_labels_are_told_by_their_positions(tmp_path):
    images = np.concatenate([batch.numpy() for batch in data.load("digits", split="test").one_pass()])
    extractor = train_extractor(images, cache_dir=tmp_path, steps=150)
    assert (extractor.name, extractor.num_features, extractor.num_classes) == ("rotation_classifier", 64, None)
    assert extractor(images[:2]).logits is None
    # Guessing would be right once in 4 times.
    assert extractor.accuracy > 0.7
    (file,) = tmp_path.iterdir()
    again = train_extractor([images[:30], images[30:]], cache_dir=tmp_path, steps=150)
    assert again.fingerprint == extractor.fingerprint
    assert list(tmp_path.iterdir()) == [file]


def test_an_extractor_that_learns_nothing_without_labels_says_so(tmp_path):
    noise = np.random.default_rng(0).uniform(-1, 1, (100, 4, 4, 1)).astype(np.float32)
    with pytest.warns(UserWarning, match=r"guessing would tell 25%.*Load the images with labels, or use `ModelEx"):
        train_extractor(noise, cache_dir=tmp_path, steps=2)


@pytest.mark.parametrize("shape, side", [((8, 8, 1), 8), ((6, 4, 3), 6), ((40, 64, 3), 32)])
def test_turned_images_are_square_and_each_is_there_in_four_positions(shape, side):
    pixels = np.random.default_rng(0).integers(0, 256, (5, *shape), np.uint8)
    turned = sys.modules[train_extractor.__module__]._turned(pixels)
    assert turned.pixels.shape == (20, side, side, shape[2])
    assert turned.labels.tolist() == [0, 1, 2, 3] * 5
    for place in range(20):
        upright = turned.pixels[place - place % 4]
        np.testing.assert_array_equal(turned.pixels[place], np.rot90(upright, place % 4))


def test_all_positions_of_an_image_are_held_out_together(monkeypatch):
    module, seen, checked = sys.modules[train_extractor.__module__], set(), set()
    note = lambda found: lambda pixels: found.update(int(image.min()) for image in np.asarray(pixels))  # noqa: E731
    monkeypatch.setattr(module, "_training_step", lambda *_: lambda images, labels: note(seen)(images))
    monkeypatch.setattr(module, "accuracy_of", lambda network, pixels, labels: note(checked)(pixels))
    turned = module._turned(np.arange(50, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 1), np.uint8))
    train_classifier(build_classifier((4, 4, 1), 4, 4, 0), turned, steps=8, seed=0)
    assert (len(seen), len(checked), seen & checked) == (45, 5, set())


def _moving_dots(count):
    """Clips of a dot that begins anywhere and moves right or left: a single frame does not show its class."""
    rng = np.random.default_rng(0)
    labels, starts = rng.integers(2, size=count).astype("int32"), rng.integers(8, size=(count, 2))
    clips = np.full((count, 4, 8, 8, 1), -1.0, "float32")
    for time in range(4):
        columns = (starts[:, 1] + (2 * labels - 1) * time) % 8
        clips[np.arange(count), time, starts[:, 0], columns] = 1.0
    return clips, labels


@pytest.mark.long
def test_a_judge_of_clips_sees_motion_that_no_frame_shows(tmp_path):
    clips, labels = _moving_dots(600)
    judge = train_extractor([(clips, labels)], cache_dir=tmp_path, steps=120, num_features=8)
    assert judge.accuracy > 0.9
    assert judge.input_shape == (4, 8, 8, 1)
    assert judge(clips[:3]).features.shape == (3, 8)
    moving, others, still = (judge(part).features for part in (clips[:300], clips[300:], clips[300:, [0, 0, 0, 0]]))
    assert 10 * frechet_distance(moving, others) < frechet_distance(moving, still)
    with pytest.raises(ValueError, match=r"takes clips of 4 frames.* Received: images, of shape \(3, 8, 8, 1\)"):
        judge(clips[:3, 0])
    with pytest.raises(ValueError, match=r"takes clips of 4 frames.* Received: clips of 3 frames"):
        judge(clips[:3, :3])


def test_without_labels_clips_are_turned_and_shuffled_together():
    clips, _ = _moving_dots(5)
    clips = np.concatenate([clips, clips[:, :, :4]], axis=2)
    data = _turned(np.round(127.5 * (clips + 1)).astype("uint8"))
    assert data.pixels.shape == (40, 4, 12, 12, 1)
    assert (data.copies, data.num_classes) == (8, 8)
    first, shuffled = data.pixels[0], data.pixels[4]
    np.testing.assert_array_equal(np.rot90(first, 3, axes=(1, 2)), data.pixels[3])
    assert not np.array_equal(first, shuffled)
    assert {frame.tobytes() for frame in first} == {frame.tobytes() for frame in shuffled}
    np.testing.assert_array_equal(data.labels[:9], [*range(8), 0])


def test_the_order_of_shuffled_frames_is_neither_the_true_one_nor_its_reverse():
    numbers = np.tile(np.arange(3).reshape(1, 3, 1, 1, 1), (200, 1, 1, 1, 1))
    orders = _shuffled(numbers)[..., 0, 0, 0]
    assert not (orders == [0, 1, 2]).all(axis=1).any()
    assert not (orders == [2, 1, 0]).all(axis=1).any()
    np.testing.assert_array_equal(np.sort(orders, axis=1), numbers[..., 0, 0, 0])
