"""The checkpoints on the disk: which are kept, and what becomes of damaged ones and of a disk that is full."""

import collections
import errno
import os
import re
import shutil
import time
import types
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.callbacks import Checkpoint
from keras_gan.callbacks._checkpoint_files import (
    CheckpointFolder,
    DamagedFileError,
    read_checkpoint,
    write_checkpoint,
)


def full_disk(*arguments):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_the_newest_are_kept(tmp_path, walk, fit, files):
    fit(walk(), Checkpoint(tmp_path, unit="step", keep=2))
    assert files() == ["step_000000007.npz", "step_000000008.npz"]
    fit(walk(), Checkpoint(tmp_path, keep=1), epochs=3)
    assert files() == ["step_000000012.npz"]


def test_it_is_an_archive_of_arrays_and_of_text(tmp_path, walk, fit, checkpoint_of):
    gan = walk()
    callback = Checkpoint(tmp_path)
    fit(gan, callback)
    assert callback.latest == checkpoint_of(8)
    with np.load(callback.latest, allow_pickle=False) as arrays:
        for name, variable in gan.training_variables().items():
            np.testing.assert_array_equal(arrays[name], variable)
    meta, _ = read_checkpoint(callback.latest)
    assert (meta["step"], meta["position"]) == (8, [2, 0])
    assert meta["versions"] == {
        "keras_gan": keras_gan.__version__,
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
    }
    with zipfile.ZipFile(callback.latest) as archive:
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}


@pytest.mark.parametrize(
    "share", [0.3, pytest.param(0.0, marks=pytest.mark.long), pytest.param(0.99, marks=pytest.mark.long)]
)
def test_a_truncated_checkpoint_is_passed_over(tmp_path, walk, fit, checkpoint_of, share):
    whole = walk()
    fit(whole)
    fit(walk(), Checkpoint(tmp_path))
    newest = checkpoint_of(8)
    newest.write_bytes(newest.read_bytes()[: int(share * newest.stat().st_size)])
    gan = walk()
    message = (
        rf"Skipped a damaged checkpoint in {tmp_path}/checkpoints: step_000000008.npz \(.+\). Training resumes from "
        r"an earlier one, step_000000004.npz.$"
    )
    with pytest.warns(UserWarning, match=message) as caught:
        fit(gan, Checkpoint(tmp_path))
    assert len(caught) == 1
    assert gan.fingerprint() == whole.fingerprint()
    # The damaged file was replaced by a good one.
    fit(walk(), Checkpoint(tmp_path))


@pytest.mark.long
def test_a_damaged_checkpoint_does_not_count_among_those_that_are_kept(
    tmp_path, walk, fit, fit_until_killed, files, checkpoint_of
):
    fit(walk(), Checkpoint(tmp_path))
    checkpoint_of(8).write_bytes(b"")
    with pytest.warns(UserWarning, match="damaged"):
        fit_until_killed(walk(), Checkpoint(tmp_path, unit="step", keep=2), after=2)
    assert files() == [f"step_{step:09d}.npz" for step in (5, 6, 8)]
    with pytest.warns(UserWarning, match="damaged"):
        fit(walk(), Checkpoint(tmp_path, keep=2), epochs=3)
    assert files() == [f"step_{step:09d}.npz" for step in (8, 12)]


@pytest.mark.long
@pytest.mark.parametrize("every", [1, 2])
def test_where_all_are_damaged_training_does_not_start_over(tmp_path, walk, fit, every):
    fit(walk(), Checkpoint(tmp_path, every=every))
    for path in (tmp_path / "checkpoints").iterdir():
        path.write_bytes(b"no archive")
    names = r"step_000000008.npz \(File is not a zip file\)" + (", step_000000004.npz .*" if every == 1 else "")
    with pytest.raises(
        ValueError, match=rf"Every checkpoint of this run is damaged.* Received: run_dir='.*' with {names}$"
    ):
        fit(walk(), Checkpoint(tmp_path))


@pytest.mark.long
@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EMFILE, "Too many open files"),
        *(
            pytest.param(error, marks=pytest.mark.long)
            for error in (OSError(errno.EIO, "Input/output error"), MemoryError())
        ),
    ],
)
@pytest.mark.parametrize("during", [pytest.param("__init__", marks=pytest.mark.long), "read"])
def test_a_checkpoint_that_cannot_be_read_now_is_not_damaged(
    tmp_path, walk, fit, files, checkpoint_of, monkeypatch, error, during
):
    fit(walk(), Checkpoint(tmp_path))

    def fail(*arguments, **options):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(zipfile.ZipFile, during, fail)
        checkpoint = Checkpoint(tmp_path, keep=1)
        with pytest.raises(type(error), match="could not be read, so training does not resume; the file may be") as got:
            fit(walk(), checkpoint, epochs=3)
    assert str(checkpoint_of(8)) in str(got.value)
    assert checkpoint.latest == checkpoint_of(8)
    assert files() == ["step_000000004.npz", "step_000000008.npz"]


@pytest.mark.long
def test_a_checkpoint_that_may_not_be_read_is_not_damaged(tmp_path, walk, fit, checkpoint_of):
    fit(walk(), Checkpoint(tmp_path))
    checkpoint_of(8).unlink()
    checkpoint_of(8).mkdir()
    with pytest.raises(IsADirectoryError, match=re.escape(str(checkpoint_of(8)))):
        fit(walk(), Checkpoint(tmp_path))


def test_a_flipped_bit_is_damage_and_no_failure_to_read(tmp_path):
    path = tmp_path / "step_000000001.npz"
    write_checkpoint(path, {"step": 1}, {"kernel": np.arange(3, dtype="float32")})
    good = path.read_bytes()
    outcomes = collections.Counter()
    for place in range(0, len(good), 3):
        path.write_bytes(good[:place] + bytes([good[place] ^ 0x80]) + good[place + 1 :])
        try:
            meta, values = read_checkpoint(path)
        except DamagedFileError:
            outcomes["damaged"] += 1
        else:
            assert meta == {"step": 1}
            np.testing.assert_array_equal(values["kernel"], [0, 1, 2])
    assert outcomes["damaged"] > len(good) / 3 / 2


@pytest.mark.parametrize("seconds", [0, 5e9])
def test_a_clock_that_is_wrong_by_decades_does_not_matter(tmp_path, monkeypatch, seconds):
    clock = types.SimpleNamespace(time=lambda: seconds, localtime=time.gmtime)
    monkeypatch.setattr(zipfile, "time", clock)
    write_checkpoint(tmp_path / "a.npz", {"step": 1}, {"kernel": np.ones(3)})
    meta, values = read_checkpoint(tmp_path / "a.npz")
    assert (meta, values["kernel"].tolist()) == ({"step": 1}, [1.0, 1.0, 1.0])


def test_a_full_disk_costs_one_warning_and_leaves_what_was_there(
    tmp_path, walk, fit, files, checkpoint_of, monkeypatch
):
    fit(walk(), Checkpoint(tmp_path))
    kept = checkpoint_of(8).read_bytes()
    gan = walk()
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.warns(UserWarning, match=r"without some of the checkpoints in .*No space left") as caught:
        fit(gan, Checkpoint(tmp_path), epochs=4)
    assert len(caught) == 1
    assert int(gan.training_state.step) == 16
    assert files() == ["step_000000004.npz", "step_000000008.npz"]
    assert checkpoint_of(8).read_bytes() == kept


def test_what_could_not_be_written_at_the_end_of_an_epoch_is_tried_again_at_the_end(
    tmp_path, walk, fit, files, monkeypatch
):
    room_again = keras.callbacks.LambdaCallback(on_train_end=lambda logs: monkeypatch.undo())
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.warns(UserWarning, match="No space left"):
        fit(walk(), room_again, Checkpoint(tmp_path))
    assert files() == ["step_000000008.npz"]


def test_a_directory_that_vanished_is_made_again(tmp_path, walk, fit, files):
    vanish = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: shutil.rmtree(tmp_path))
    fit(walk(), vanish, Checkpoint(tmp_path))
    assert files() == ["step_000000008.npz"]


def test_what_a_killed_process_left_half_written_is_removed(tmp_path, walk, fit, files):
    fit(walk(), Checkpoint(tmp_path))
    (tmp_path / "checkpoints" / ".step_000000009.npz.123.01234567.tmp").write_bytes(b"half")
    (tmp_path / "checkpoints" / "notes.txt").write_text("mine")
    fit(walk(), Checkpoint(tmp_path), epochs=3)
    assert files() == ["notes.txt", *(f"step_{step:09d}.npz" for step in (4, 8, 12))]


@pytest.mark.long
def test_of_several_workers_only_the_chief_writes(tmp_path, walk, fit, files, monkeypatch, capsys):
    whole = walk()
    fit(whole, Checkpoint(tmp_path))
    worker = walk()
    monkeypatch.setattr(type(worker.distribute_strategy.extended), "should_checkpoint", False)
    fit(worker, Checkpoint(tmp_path), epochs=3)
    assert files() == ["step_000000004.npz", "step_000000008.npz"]
    assert capsys.readouterr().out == ""
    fit(whole, epochs=3, initial_epoch=2)
    assert worker.fingerprint() == whole.fingerprint()


GOOD_META = {"step": 1, "position": [0, 1], "classes": {}, "paths": {}, "callbacks": {}}


@pytest.mark.parametrize(
    "meta",
    [
        [],
        5,
        {},
        *(GOOD_META | {name: wrong} for name in GOOD_META for wrong in (None, "text", 0.5)),
        *(GOOD_META | {"position": wrong} for wrong in ([], [1, 2, 3], ["1"], [-1], [0.5], {})),
        GOOD_META | {"callbacks": []},
    ],
)
def test_a_whole_file_of_something_else_is_passed_over(tmp_path, meta):
    write_checkpoint(tmp_path / "step_000000001.npz", GOOD_META, {})
    write_checkpoint(tmp_path / "step_000000002.npz", meta, {})
    with pytest.warns(UserWarning, match=r"Skipped a damaged checkpoint in .*step_000000002.npz \(\w+ is "):
        assert CheckpointFolder(tmp_path, keep=2).read_newest().meta == GOOD_META
