"""Images that are kept in a file instead of in memory."""

import errno
import functools
import itertools
import json
import os
import shutil
import threading
from collections import namedtuple

import numpy as np
import pytest
from PIL import Image

from keras_gan import _files, data
from keras_gan.data import _cache, _decoding, _images

RANDOM = data.Preprocessing(flip=True, dequantize=True)


class Pictures(data.Source):
    """Pictures that are read one by one, each read noted in `read_numbers`, and an error raised at one of them."""

    def __init__(self, count=30, *, stop_at=None):
        self.images = np.random.default_rng(0).integers(0, 256, (count, 6, 5, 3), np.uint8)
        self.stop_at, self.error, self.read_numbers = stop_at, KeyboardInterrupt(), []

    def read(self, split, prepare):
        return self.stream(split, prepare).collected()

    def stream(self, split, prepare):
        def examples(start):
            for number in range(start, len(self.images)):
                if number == self.stop_at:
                    raise self.error
                self.read_numbers.append(number)
                yield prepare(self.images[number]), number % 3

        return data.ImageStream({"name": "pictures"}, len(self.images), examples, ("a", "b", "c"))


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    """A few images at a time are written."""
    monkeypatch.setattr(_cache, "_CHUNK", 300)


def write_folder(folder, count=40, *, grey=()):
    pixels = np.random.default_rng(1)
    for number in range(count):
        path = folder / "ab"[number % 2] / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = (9, 7 + number % 3) if number in grey else (9, 7 + number % 3, 3)
        Image.fromarray(pixels.integers(0, 256, shape, np.uint8)).save(path)
    return folder


def assert_same(cached, in_memory, steps=12):
    """Every public attribute and every bit is the same."""
    names = "identity split num_images num_held_out num_classes steps_per_epoch image_shape class_names element_spec"
    for name in names.split():
        assert getattr(cached, name) == getattr(in_memory, name), name
    pairs = [(cached.take(steps), in_memory.take(steps)), (cached.from_step(7).take(2), in_memory.from_step(7).take(2))]
    for got, expected in [*pairs, (cached.one_pass(), in_memory.one_pass())]:
        for one, other in zip(got.as_numpy_iterator(), expected.as_numpy_iterator(), strict=True):
            for array, other_array in zip(*(x if isinstance(x, tuple) else (x,) for x in (one, other)), strict=True):
                np.testing.assert_array_equal(array, other_array)


def assert_written(cache_dir, source, **options):
    """The newest file holds what the source reads into memory."""
    made = max(finished(cache_dir), key=lambda path: path.stat().st_mtime_ns)
    prepare = functools.partial(_images.fit, **{"size": None, "channels": None, "crop": None} | options)
    expected = source.read("train", prepare)
    assert (made / "images.raw").read_bytes() == expected.images.tobytes()
    labels = np.full(len(expected.images), -1, np.int32) if expected.labels is None else expected.labels
    assert (made / "labels.raw").read_bytes() == labels.tobytes()


def finished(cache_dir):
    return sorted(path for path in cache_dir.iterdir() if (path / "about.json").exists())


# --- The same data ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("split, labels", [("train", True), pytest.param("test", False, marks=pytest.mark.long)])
def test_a_folder_gives_the_same_batches_from_a_file_as_from_memory(tmp_path, split, labels):
    folder = write_folder(tmp_path / "pictures")
    settings = {"split": split, "labels": labels, "image_size": 6, "batch_size": 3, "seed": 5, "preprocessing": RANDOM}
    in_memory = data.load(folder, **settings)
    data.load(folder, cache_dir=tmp_path / "cache", image_size=6, batch_size=3)
    assert_same(data.load(folder, cache_dir=tmp_path / "cache", **settings), in_memory)


@pytest.mark.long
@pytest.mark.parametrize(
    "options",
    [
        {"depth": 16, "load_size": 8},
        *(
            pytest.param(options, marks=pytest.mark.long)
            for options in ({"load_size": 8, "flip": True}, {"channels": 4})
        ),
    ],
    ids=str,
)
def test_parts_depth_and_alpha_come_from_a_file_as_from_memory(tmp_path, options):
    (tmp_path / "pictures").mkdir()
    rng = np.random.default_rng(2)
    for number in range(12):
        levels = rng.integers(0, 65536, (9, 9), np.uint16) if options.get("depth") else rng.integers(0, 256, (9, 9, 4))
        image = Image.fromarray(levels if options.get("depth") else levels.astype(np.uint8))
        image.save(tmp_path / "pictures" / f"{number:02d}.png")
    settings = {"image_size": 6, "batch_size": 3, "preprocessing": data.Preprocessing(**options)}
    in_memory = data.load(tmp_path / "pictures", **settings)
    assert_same(data.load(tmp_path / "pictures", cache_dir=tmp_path / "cache", **settings), in_memory, steps=3)
    (made,) = finished(tmp_path / "cache")
    about = json.loads((made / "about.json").read_bytes())
    assert about["dtype"] == ("float32" if options.get("depth") else "uint8")


def test_the_name_of_a_cache_is_that_of_earlier_versions(tmp_path):
    """A change of it would build every cache again."""
    data.load(Pictures(), image_size=4, batch_size=2, cache_dir=tmp_path)
    assert [path.name for path in finished(tmp_path)] == ["pictures-4d968f6b75c9fa41"]


def test_attributes_come_with_the_images_of_a_file(tmp_path):
    attributes = np.random.default_rng(0).integers(0, 2, (30, 5))
    source = (Pictures().images, attributes)
    settings = {"labels": True, "split": "train", "batch_size": 4}
    assert_same(data.load(source, cache_dir=tmp_path, **settings), data.load(source, **settings))


def test_all_splits_of_one_source_share_a_file(tmp_path):
    for split in ("train", "test", "all"):
        data.load(Pictures(), split=split, batch_size=2, cache_dir=tmp_path)
    assert len(finished(tmp_path)) == 1


@pytest.mark.long
@pytest.mark.parametrize(
    "kind",
    [
        "labels",
        "npz",
        "own",
        *(pytest.param(kind, marks=pytest.mark.long) for kind in ("array", "floats", "npy", "digits")),
    ],
)
def test_every_kind_of_source_can_be_cached(tmp_path, kind):
    class Own(data.Source):
        def read(self, split, prepare):
            images = Pictures().images
            return data.ImageData(self.stack(map(prepare, images)), np.arange(30) % 2, ("x", "y"))

    images = Pictures().images
    np.save(tmp_path / "images.npy", images)
    np.savez(tmp_path / "images.npz", x=images, y=np.arange(30))
    source = {
        "array": images,
        "labels": (images, np.arange(30)),
        "floats": (images / 127.5 - 1).astype(np.float32),
        "npy": tmp_path / "images.npy",
        "npz": tmp_path / "images.npz",
        "digits": "digits",
        "own": Own(),
    }[kind]
    settings = {"image_size": 4, "batch_size": 4, "labels": kind in ("labels", "npz", "digits", "own")}
    assert_same(data.load(source, cache_dir=tmp_path / "cache", **settings), data.load(source, **settings))


def test_two_replicas_share_each_batch(tmp_path, two_replicas):
    dataset = data.load(Pictures(), batch_size=6, cache_dir=tmp_path)
    parts = two_replicas.experimental_local_results(next(iter(two_replicas.experimental_distribute_dataset(dataset))))
    np.testing.assert_array_equal(np.concatenate(parts), next(iter(data.load(Pictures(), batch_size=6))))


@pytest.mark.long
@pytest.mark.parametrize("grey", [range(20), range(0, 40, 3), range(1, 40)], ids=["first", "among", "all but one"])
def test_grey_images_among_coloured_ones_become_rgb_as_in_memory(tmp_path, grey):
    folder = write_folder(tmp_path / "pictures", grey=grey)
    cached = data.load(folder, image_size=6, batch_size=4, cache_dir=tmp_path / "cache")
    assert cached.image_shape == (6, 6, 3)
    assert_written(tmp_path / "cache", data.Folder(folder), size=(6, 6), crop="center")


def test_files_that_are_left_out_are_named_by_every_load(tmp_path):
    folder, cache_dir = write_folder(tmp_path / "pictures"), tmp_path / "cache"
    (folder / "a" / "00.png").write_bytes(b"")
    (folder / "b" / "17.png").write_bytes(b"no picture")
    source = data.Folder(folder, skip_corrupt=True)
    for cache in ({}, {"cache_dir": cache_dir}, {"cache_dir": cache_dir}):
        with pytest.warns(UserWarning, match=r"Left out 2 of 40 image files .*a/00.png.*b/17.png") as caught:
            data.load(source, image_size=4, batch_size=3, **cache)
        assert [warning.filename for warning in caught] == [__file__]
    with pytest.warns(UserWarning, match="Left out 2 of 40"):
        assert_written(cache_dir, source, size=(4, 4), crop="center")
    with pytest.raises(ValueError, match="cannot be decoded"):
        data.load(folder, image_size=4, batch_size=3, cache_dir=cache_dir)


def test_a_source_that_holds_nothing_readable_has_no_cache(tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "1.png").write_bytes(b"")
    with pytest.raises(ValueError, match="None of the image files can be decoded"):
        data.load(data.Folder(tmp_path / "pictures", skip_corrupt=True), cache_dir=tmp_path / "cache")
    assert not finished(tmp_path / "cache")


def test_images_of_two_sizes_are_named_as_in_memory(tmp_path):
    folder = write_folder(tmp_path / "pictures")
    messages = []
    for cache in ({}, {"cache_dir": tmp_path / "cache"}):
        with pytest.raises(ValueError, match=r"All images must have the same size, but .*00.png is 9x7") as caught:
            data.load(folder, **cache)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


# --- Which file -------------------------------------------------------------------------------------------------------


def test_later_loads_decode_nothing(tmp_path, monkeypatch):
    folder = write_folder(tmp_path / "pictures")
    settings = {"image_size": 6, "batch_size": 3, "cache_dir": tmp_path / "cache"}
    data.load(folder, **settings)

    def used(path):
        raise KeyError

    monkeypatch.setattr(_decoding, "decode", used)
    data.load(folder, **settings, seed=3, split="train", preprocessing=data.Preprocessing(flip=True))
    for other in ({"image_size": 5}, {"preprocessing": data.Preprocessing(channels=1)}):
        with pytest.raises(ValueError, match="cannot be decoded"):
            data.load(folder, **settings | other)


@pytest.mark.parametrize("change", ["more", "fewer", "other name", "other size", "other time"])
def test_a_changed_folder_is_read_again(tmp_path, change):
    folder, settings = write_folder(tmp_path / "pictures"), {"image_size": 6, "batch_size": 3}
    data.load(folder, cache_dir=tmp_path / "cache", **settings)
    path = folder / "a" / "04.png"
    match change:
        case "more":
            Image.new("RGB", (9, 9)).save(folder / "a" / "99.png")
        case "fewer":
            path.unlink()
        case "other name":
            path.rename(folder / "a" / "98.png")
        case "other size":
            time = path.stat().st_mtime_ns
            Image.new("RGB", (9, 9)).save(path)
            os.utime(path, ns=(time, time))
        case "other time":
            os.utime(path, ns=(1, 1))
    data.load(folder, cache_dir=tmp_path / "cache", **settings)
    assert len(finished(tmp_path / "cache")) == 2
    assert_written(tmp_path / "cache", data.Folder(folder), size=(6, 6), crop="center")


@pytest.mark.long
def test_changed_arrays_have_another_file(tmp_path):
    images, labels = Pictures().images, np.arange(30)
    for changed in (images, images.reshape(30, 5, 6, 3), 255 - images):
        data.load((changed, labels), batch_size=3, cache_dir=tmp_path)
    data.load((images, labels[::-1].copy()), batch_size=3, cache_dir=tmp_path)
    data.load((images.copy(), labels.astype("uint8")), batch_size=3, cache_dir=tmp_path)
    assert len(finished(tmp_path)) == 4


def test_people_can_read_what_a_file_holds(tmp_path):
    folder = write_folder(tmp_path / "pictures")
    data.load(folder, image_size=6, batch_size=3, cache_dir=tmp_path / "cache")
    (made,) = finished(tmp_path / "cache")
    about = json.loads((made / "about.json").read_text())
    assert about["key"]["source"]["path"] == str(folder)
    assert (about["shape"], about["dtype"], about["class_names"]) == ([40, 6, 6, 3], "uint8", ["a", "b"])
    assert (made / "images.raw").stat().st_size == 40 * 6 * 6 * 3


# --- Stopped in the middle --------------------------------------------------------------------------------------------


def test_an_interrupted_build_continues_where_it_stopped(tmp_path):
    for stop_at in (11, 23):
        with pytest.raises(KeyboardInterrupt):
            data.load(Pictures(stop_at=stop_at), batch_size=3, cache_dir=tmp_path)
        assert not finished(tmp_path)
    source = Pictures()
    data.load(source, batch_size=3, cache_dir=tmp_path)
    # Some of the images before the interruption are not yet written: at most those of one chunk.
    assert 23 - _cache._CHUNK // 90 <= source.read_numbers[0] <= 23
    assert_written(tmp_path, Pictures())
    assert [path.suffix for path in tmp_path.iterdir() if path.name[0] != "."] == [""]


@pytest.mark.long
@pytest.mark.parametrize("stop_at", [0, 1, 25, 36])
def test_an_interrupted_folder_continues_with_its_colours_and_what_it_left_out(tmp_path, monkeypatch, stop_at):
    folder = write_folder(tmp_path / "pictures", grey=range(20))
    for name in ("a/00.png", "a/08.png", "b/39.png"):
        (folder / name).write_bytes(b"")
    source = data.Folder(folder, skip_corrupt=True)
    settings = {"image_size": 4, "batch_size": 3, "labels": True}
    calls, fit = itertools.count(), _images.fit

    def interrupted(image, **kwargs):
        if next(calls) == stop_at:
            raise KeyboardInterrupt
        return fit(image, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(_images, "fit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            data.load(source, cache_dir=tmp_path / "cache", **settings)
    with pytest.warns(UserWarning, match="Left out 3 of 40"):
        data.load(source, cache_dir=tmp_path / "cache", **settings)
    with pytest.warns(UserWarning, match="Left out 3 of 40"):
        assert_written(tmp_path / "cache", source, size=(4, 4), crop="center")


@pytest.mark.long
@pytest.mark.parametrize("calls_before", [*range(7), pytest.param(7, marks=pytest.mark.long)])
def test_a_build_that_dies_while_it_writes_its_progress_is_not_wrong_afterwards(tmp_path, monkeypatch, calls_before):
    write, calls = _cache.write_atomically, itertools.count()

    def dying(path, content):
        if next(calls) == calls_before:
            raise KeyboardInterrupt
        write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(_cache, "write_atomically", dying)
        with pytest.raises(KeyboardInterrupt):
            data.load(Pictures(20), batch_size=3, cache_dir=tmp_path)
    assert not finished(tmp_path)
    data.load(Pictures(20), batch_size=3, cache_dir=tmp_path)
    assert_written(tmp_path, Pictures(20))


@pytest.mark.long
@pytest.mark.parametrize("calls_before", range(0, 24, 3))
def test_a_build_that_dies_while_it_writes_images_is_not_wrong_afterwards(tmp_path, monkeypatch, calls_before):
    folder = write_folder(tmp_path / "pictures", 20, grey=range(10))
    settings = {"image_size": 8, "batch_size": 3, "cache_dir": tmp_path / "cache"}
    write, calls = _cache._write, itertools.count()

    def dying(path, array, row):
        if next(calls) == calls_before:
            write(path, array[:1], row)
            raise KeyboardInterrupt
        write(path, array, row)

    with monkeypatch.context() as patch:
        patch.setattr(_cache, "_write", dying)
        with pytest.raises(KeyboardInterrupt):
            data.load(folder, **settings)
    data.load(folder, **settings)
    assert_written(tmp_path / "cache", data.Folder(folder), size=(8, 8), crop="center")


@pytest.mark.long
@pytest.mark.parametrize("damage", ["no progress", "progress cut", "images cut", "labels missing"])
def test_an_unfinished_build_that_is_damaged_begins_again(tmp_path, damage):
    with pytest.raises(KeyboardInterrupt):
        data.load(Pictures(stop_at=20), batch_size=3, cache_dir=tmp_path)
    (unfinished,) = tmp_path.glob("*.unfinished")
    match damage:
        case "no progress":
            (unfinished / "progress.json").unlink()
        case "progress cut":
            os.truncate(unfinished / "progress.json", 10)
        case "images cut":
            os.truncate(unfinished / "images.raw", 400)
        case "labels missing":
            (unfinished / "labels.raw").unlink()
    source = Pictures()
    data.load(source, batch_size=3, cache_dir=tmp_path)
    assert_written(tmp_path, Pictures())
    assert source.read_numbers[0] == 0


def test_of_two_that_build_at_once_the_second_waits_and_takes_what_the_first_has_built(tmp_path, monkeypatch):
    has_started, second_waits, said, loaded = threading.Event(), threading.Event(), [], []
    monkeypatch.setattr(_files, "print", lambda line: said.append(line) or second_waits.set(), raising=False)

    class Slow(Pictures):
        def stream(self, split, prepare):
            stream = super().stream(split, prepare)

            def examples(start):
                has_started.set()
                second_waits.wait(20)
                yield from stream.examples(start)

            return stream._replace(examples=examples)

    sources = [Slow(), Slow()]

    def load(source):
        loaded.append(data.load(source, batch_size=3, cache_dir=tmp_path))

    threads = [threading.Thread(target=load, args=[source]) for source in sources]
    threads[0].start()
    assert has_started.wait(20)
    threads[1].start()
    for thread in threads:
        thread.join()
    assert [len(source.read_numbers) for source in sources] == [30, 0]
    assert len(said) == 1
    assert "Waiting for another process, which builds" in said[0]
    assert loaded[0].identity == loaded[1].identity
    assert_written(tmp_path, Pictures())


# --- Full, damaged, wrong ---------------------------------------------------------------------------------------------


def test_a_full_disk_is_named_before_anything_is_written(tmp_path, monkeypatch):
    usage = namedtuple("Usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(2_000))
    message = r"needs 3 kB more on the disk, of which 2 kB are free. Make room .*`cache_dir`"
    with pytest.raises(OSError, match=message) as caught:
        data.load(Pictures(), batch_size=3, cache_dir=tmp_path)
    assert caught.value.errno == errno.ENOSPC
    assert not list(tmp_path.glob("**/images.raw"))


def test_a_disk_that_fills_up_says_how_much_is_missing_and_the_build_continues(tmp_path, monkeypatch):
    write, calls = _cache._write, itertools.count()

    def filling(path, array, row):
        if next(calls) == 6:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, array, row)

    with monkeypatch.context() as patch:
        patch.setattr(_cache, "_write", filling)
        with pytest.raises(OSError, match=r"needs 2 kB more on the disk.*continues where it stopped") as caught:
            data.load(Pictures(), batch_size=3, cache_dir=tmp_path)
    assert caught.value.errno == errno.ENOSPC
    source = Pictures()
    data.load(source, batch_size=3, cache_dir=tmp_path)
    assert_written(tmp_path, Pictures())
    assert source.read_numbers[0] > 0


@pytest.mark.long
@pytest.mark.parametrize(
    "name, damage, message",
    [
        ("images.raw", "cut", r"images.raw has 2699 bytes instead of 2700"),
        ("images.raw", "longer", r"images.raw has 2701 bytes instead of 2700"),
        ("images.raw", "changed", r"images.raw has other content than was written"),
        ("labels.raw", "changed", r"labels.raw has other content than was written"),
        ("labels.raw", "gone", r"labels.raw is missing"),
        ("about.json", "cut", r"about.json cannot be read"),
        ("about.json", "gone", r"about.json is missing"),
    ],
)
def test_a_damaged_file_is_named_and_built_again_when_it_is_removed(tmp_path, name, damage, message):
    data.load(Pictures(), batch_size=3, cache_dir=tmp_path)
    (made,) = finished(tmp_path)
    path = made / name
    content = path.read_bytes()
    match damage:
        case "cut":
            path.write_bytes(content[:-1])
        case "longer":
            path.write_bytes(content + b"\0")
        case "changed":
            path.write_bytes(content[:40] + bytes([content[40] ^ 1]) + content[41:])
        case "gone":
            path.unlink()
    with pytest.raises(ValueError, match=rf"The cache is damaged: {message}. Remove the folder .*Received: cache_dir="):
        data.load(Pictures(), batch_size=3, cache_dir=tmp_path)
    shutil.rmtree(made)
    data.load(Pictures(), batch_size=3, cache_dir=tmp_path)
    assert_written(tmp_path, Pictures())


def test_a_copied_cache_is_read_once_to_see_that_it_is_whole(tmp_path, monkeypatch):
    data.load(Pictures(), batch_size=3, cache_dir=tmp_path / "first")
    shutil.copytree(tmp_path / "first", tmp_path / "second", copy_function=shutil.copyfile)
    read, crc32 = [], _cache._crc32
    monkeypatch.setattr(_cache, "_crc32", lambda path: read.append(path.name) or crc32(path))
    for _ in range(2):
        data.load(Pictures(), batch_size=3, cache_dir=tmp_path / "second")
    assert read == ["images.raw", "labels.raw"]


@pytest.mark.parametrize(
    "cache_dir, message", [(5, "must be a path"), ("", "must not be empty"), ("gs://a/b", "gs://")]
)
def test_a_cache_has_a_local_folder(cache_dir, message):
    with pytest.raises(ValueError, match=rf"{message}.*Received: cache_dir="):
        data.load("digits", cache_dir=cache_dir)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="No file can be written in `cache_dir`"):
        data.load("digits", cache_dir=tmp_path / "file")


def test_two_that_write_at_once_where_there_are_no_locks_notice_it(tmp_path):
    _cache._write(tmp_path / "file", np.zeros((4, 8), np.uint8), 0)
    _cache._write(tmp_path / "file", np.zeros((4, 8), np.uint8), 2)
    assert (tmp_path / "file").stat().st_size == 48
    with pytest.raises(OSError, match="Another process writes to this file"):
        _cache._write(tmp_path / "file", np.zeros((4, 8), np.uint8), 7)
