import errno
import hashlib
import os
import pathlib
import re
import stat
import subprocess
import sys

import pytest

from keras_gan._files import (
    local_path,
    remove_leftovers,
    replacement,
    require_sha256,
    sha256_of,
    sha256sums,
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


@pytest.fixture
def folder(tmp_path):
    """A folder of three files, whose order by name is not that of their paths' parts."""
    path = tmp_path / "model"
    (path / "a").mkdir(parents=True)
    (path / "empty").mkdir()
    for name in ("a/weights", "a.pb", "ünïcode card"):
        (path / name).write_text(name)
    return path


def _sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_the_hash_of_a_file(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    # Example B.1 of FIPS 180-2.
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_of(tmp_path / "abc") == expected
    require_sha256(tmp_path / "abc", expected.upper())


def test_the_hash_of_a_folder_is_that_of_the_list_of_its_files(folder):
    names = ["a.pb", "a/weights", "ünïcode card"]
    expected = "".join(f"{_sha256(name.encode())}  ./{name}\n" for name in names).encode()
    assert sha256sums(folder) == expected
    assert sha256_of(folder) == _sha256(expected)
    require_sha256(folder, _sha256(expected))


@pytest.mark.skipif(sys.platform != "linux", reason="the commands are those of GNU")
def test_the_hash_of_a_folder_is_what_the_commands_in_its_docstring_print(folder):
    (folder / "SHA256SUMS").write_bytes(sha256sums(folder))
    inner, outer = re.findall(r"`([^`]+)`", sha256_of.__doc__)[1:3]
    printed = subprocess.check_output(f"{inner.replace('FOLDER', str(folder))} && {outer}", shell=True, text=True)
    assert printed.split()[0] == sha256_of(folder) == _sha256((folder / "SHA256SUMS").read_bytes())
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=True, capture_output=True)


def test_whatever_changes_in_a_folder_changes_its_hash(folder):
    hashes = [sha256_of(folder)]
    for change in (
        lambda: (folder / "a.pb").write_text("a.pB"),
        lambda: (folder / "a.pb").rename(folder / "a" / "a.pb"),
        lambda: (folder / ".hidden").write_text(""),
        lambda: (folder / "a" / "SHA256SUMS").write_text(""),
        lambda: (folder / "linked").symlink_to(folder / "a" / "weights"),
    ):
        change()
        hashes.append(sha256_of(folder))
    assert len(set(hashes)) == 6


def test_the_list_itself_is_not_in_the_list(folder):
    before = sha256_of(folder)
    (folder / "SHA256SUMS").write_bytes(sha256sums(folder))
    assert sha256_of(folder) == before


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.symlink_to(path.parent / "a"),
        lambda path: path.symlink_to(path.parent / "nothing"),
        lambda path: path.symlink_to(path.parent),
        os.mkfifo,
        lambda path: path.with_name("two\nlines").touch(),
    ],
    ids=["folder", "nothing", "loop", "pipe", "name"],
)
def test_what_no_list_can_hold_has_no_hash(folder, make):
    make(folder / "odd")
    with pytest.raises(ValueError, match=r"holds files and folders alone.*Received: '.*(odd|two)"):
        sha256_of(folder)


def test_an_empty_folder_has_no_hash(tmp_path):
    with pytest.raises(ValueError, match="There are no files in this folder"):
        sha256_of(tmp_path)


@pytest.mark.parametrize("sha256", ["", "abc", "0" * 63 + "g", 5, b"0" * 64, "0" * 65])
def test_what_is_no_hash(tmp_path, sha256):
    with pytest.raises(ValueError, match=r"must be a string of 64 hexadecimal digits.*Received: sha256="):
        require_sha256(tmp_path / "never read", sha256)


def test_another_hash_is_an_error_that_shows_the_right_one(folder):
    with pytest.raises(ValueError, match=rf"model is not what.*its SHA-256 is {sha256_of(folder)}.*sha256='0{{64}}'"):
        require_sha256(folder, "0" * 64)


def test_no_hash_is_no_check(tmp_path):
    require_sha256(tmp_path / "never read", None)
