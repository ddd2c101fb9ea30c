"""The checkpoints on the disk: which are kept, and what becomes of damaged ones and of a disk that is full."""

import errno
import os
import shutil
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.callbacks import Checkpoint
from keras_gan.callbacks._checkpoint_files import read_checkpoint


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


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
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


@pytest.mark.parametrize("every", [1, 2])
def test_where_all_are_damaged_nothing_is_begun_anew(tmp_path, walk, fit, every):
    fit(walk(), Checkpoint(tmp_path, every=every))
    for path in (tmp_path / "checkpoints").iterdir():
        path.write_bytes(b"no archive")
    names = r"step_000000008.npz \(File is not a zip file\)" + (", step_000000004.npz .*" if every == 1 else "")
    with pytest.raises(
        ValueError, match=rf"Every checkpoint of this run is damaged.* Received: run_dir='.*' with {names}$"
    ):
        fit(walk(), Checkpoint(tmp_path))


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
    (tmp_path / "checkpoints" / ".step_000000009.npz.123.tmp").write_bytes(b"half")
    (tmp_path / "checkpoints" / "notes.txt").write_text("mine")
    fit(walk(), Checkpoint(tmp_path), epochs=3)
    assert files() == ["notes.txt", *(f"step_{step:09d}.npz" for step in (4, 8, 12))]


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
