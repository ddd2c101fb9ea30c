import errno
import os
import pathlib
import re
import stat

import pytest

from keras_gan._files import (
    local_path,
    remove_leftovers,
    replacement,
    writable_directory,
    writable_file,
    write_atomically,
)


def test_replaces_the_file_and_leaves_no_other(tmp_path):
    file = tmp_path / "a.png"
    write_atomically(file, b"old")
    write_atomically(file, b"new")
    assert file.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
def test_a_write_that_stops_half_way_leaves_the_old_file(tmp_path, monkeypatch, error):
    file = tmp_path / "a.png"
    file.write_bytes(b"old")
    whole_write = pathlib.Path.write_bytes

    def half_a_write(path, content):
        whole_write(path, content[: len(content) // 2])
        raise error

    monkeypatch.setattr(pathlib.Path, "write_bytes", half_a_write)
    with pytest.raises(type(error)):
        write_atomically(file, b"something new")
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_the_temporary_file_lies_in_the_same_directory(tmp_path, monkeypatch):
    moved = []
    monkeypatch.setattr(pathlib.Path, "replace", lambda path, target: moved.append((path, target)))
    write_atomically(tmp_path / "a.png", b"new")
    ((source, target),) = moved
    assert source.parent == tmp_path
    assert target == tmp_path / "a.png"


def test_two_writers_of_one_file_have_two_temporary_files(tmp_path):
    file = tmp_path / "a.png"
    with replacement(file) as first, replacement(file) as second:
        first.write_bytes(b"first")
        second.write_bytes(b"second")
        assert first != second
    assert file.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [file]


def test_the_content_is_on_the_disk_before_the_name_and_the_name_before_the_end(tmp_path, monkeypatch):
    events = []
    flush, move = os.fsync, pathlib.Path.replace

    def fsync(descriptor):
        events.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(pathlib.Path, "replace", lambda *names: (events.append("renamed"), move(*names)))
    write_atomically(tmp_path / "a.png", b"new")
    assert events == [False, "renamed", True]


def test_a_directory_that_cannot_be_flushed_is_no_failure(tmp_path, monkeypatch):
    flush = os.fsync

    def fsync(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    write_atomically(tmp_path / "a.png", b"new")
    assert (tmp_path / "a.png").read_bytes() == b"new"


def test_a_killed_process_leaves_what_remove_leftovers_removes(tmp_path):
    (tmp_path / "a.png").write_bytes(b"old")
    (tmp_path / ".b.png.1.tmp").write_bytes(b"of another file")
    # As after a kill: the block never ends.
    context = replacement(tmp_path / "a.png")
    context.__enter__().write_bytes(b"half")
    assert len(list(tmp_path.iterdir())) == 3
    remove_leftovers(tmp_path, "a.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".b.png.1.tmp", "a.png"]


def test_a_path_may_be_a_string_or_a_path_and_begin_with_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert local_path("run_dir", tmp_path) == local_path("run_dir", str(tmp_path)) == tmp_path
    assert local_path("run_dir", "~/runs/a") == local_path("run_dir", pathlib.Path("~/runs/a")) == tmp_path / "runs/a"
    assert local_path("run_dir", "runs/1:2/a") == pathlib.Path("runs/1:2/a")


@pytest.mark.parametrize(
    "value, message",
    [
        (None, "`run_dir` must be a path: a string or a pathlib.Path. Received: run_dir=None"),
        (5, "`run_dir` must be a path: a string or a pathlib.Path. Received: run_dir=5"),
        (b"runs", "`run_dir` must be a path: a string or a pathlib.Path. Received: run_dir=b'runs'"),
        ("a\0b", "`run_dir` must be a path: a string or a pathlib.Path. Received: run_dir='a\\x00b'"),
        ("", """`run_dir` must not be empty. Write "." for the current folder. Received: run_dir=''"""),
        (" ", """`run_dir` must not be empty. Write "." for the current folder. Received: run_dir=' '"""),
        ("gs://bucket/run", "give a path without `gs://`. Received: run_dir='gs://bucket/run'"),
        (pathlib.Path("s3://bucket/run"), "give a path without `s3://`. Received: run_dir='s3:/bucket/run'"),
        ("~nobody-of-this-name/run", "No home folder is known for the `~` in `run_dir`. Received: run_dir='~nobody"),
    ],
)
def test_what_is_no_local_path_is_refused(value, message):
    for check in (local_path, lambda name, value: writable_directory(value, name)):
        with pytest.raises(ValueError, match=re.escape(message)):
            check("run_dir", value)


def test_makes_the_directory_of_a_file(tmp_path):
    assert writable_file(str(tmp_path / "a" / "b.png"), "path") == tmp_path / "a" / "b.png"
    assert list((tmp_path / "a").iterdir()) == []


def test_makes_the_directory_and_its_parents_and_leaves_it_empty(tmp_path):
    directory = writable_directory(tmp_path / "a" / "b", "directory")
    assert directory == tmp_path / "a" / "b"
    assert list(directory.iterdir()) == []


def test_a_directory_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ValueError, match=r"No file can be written in `log_dir` .*Received: log_dir='.*file/a'"):
        writable_directory(tmp_path / "file" / "a", "log_dir")


def test_a_directory_that_cannot_be_written(tmp_path, full_disk):
    full_disk()
    with pytest.raises(ValueError, match=r"`directory` \(No space left on device\). Give a directory"):
        writable_directory(tmp_path, "directory")
