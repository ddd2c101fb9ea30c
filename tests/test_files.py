import errno
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import time

import pytest

from keras_gan import _files
from keras_gan._files import (
    give_name,
    local_path,
    remove_leftovers,
    replacement,
    unfinished_folder,
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


def test_a_symbolic_link_still_points_to_the_same_file(tmp_path):
    (tmp_path / "disk").mkdir()
    file, link = tmp_path / "disk" / "a.png", tmp_path / "link.png"
    link.symlink_to(file)
    write_atomically(link, b"first")
    write_atomically(link, b"second")
    assert link.is_symlink()
    assert file.read_bytes() == b"second"
    assert list(file.parent.iterdir()) == [file]


def test_a_file_keeps_its_permissions(tmp_path):
    file = tmp_path / "a.png"
    write_atomically(file, b"old")
    file.chmod(0o664)
    write_atomically(file, b"new")
    assert stat.S_IMODE(file.stat().st_mode) == 0o664


def test_a_name_with_the_signs_of_a_pattern(tmp_path):
    leftover, of_another = tmp_path / ".a[1]*.png.1.01234567.tmp", tmp_path / ".a1x.png.1.01234567.tmp"
    leftover.touch()
    of_another.touch()
    write_atomically(writable_file(tmp_path / "a[1]*.png", "path"), b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == [of_another.name, "a[1]*.png"]


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


WRITER = """
import importlib.util, pathlib, sys
spec = importlib.util.spec_from_file_location("files", sys.argv[1])
files = importlib.util.module_from_spec(spec)
spec.loader.exec_module(files)
with getattr(files, sys.argv[2])(pathlib.Path(sys.argv[3])) as path:
    (path / "half" if path.is_dir() else path).write_bytes(b"half")
    print(path.name, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other_process(tmp_path):
    """Starts a process that writes half of a file or folder; returns it, and the name that it writes to for now."""
    processes = []

    def start(context, path):
        command = [sys.executable, "-c", WRITER, _files.__file__, context, str(path)]
        processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return processes[-1], tmp_path / processes[-1].stdout.readline().strip()

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.long
def test_only_the_leftovers_of_killed_processes_are_removed(tmp_path, other_process):
    file = tmp_path / "a.png"
    killed, leftover = other_process("replacement", file)
    _, in_use = other_process("replacement", file)
    others = [tmp_path / name for name in (".b.png.1.01234567.tmp", ".a.png.backup.tmp", ".a.png.2024.tmp")]
    for path in others:
        path.touch()
    remove_leftovers(tmp_path, "a.png")
    assert leftover.read_bytes() == in_use.read_bytes() == b"half"
    killed.kill()
    killed.wait()
    remove_leftovers(tmp_path, "a.png")
    assert sorted(tmp_path.iterdir()) == sorted([in_use, *others])


@pytest.mark.long
def test_only_the_folders_of_killed_processes_are_removed(tmp_path, other_process):
    killed, leftover = other_process("unfinished_folder", tmp_path)
    _, in_use = other_process("unfinished_folder", tmp_path)
    killed.kill()
    killed.wait()
    assert leftover.is_dir()
    with unfinished_folder(tmp_path) as mine:
        assert sorted(tmp_path.iterdir()) == sorted([in_use, mine])
    assert list(tmp_path.iterdir()) == [in_use]


def write_a_file(directory):
    with replacement(directory / "a.png") as temporary:
        temporary.write_bytes(b"new")


def write_a_folder(directory):
    with unfinished_folder(directory) as folder:
        (folder / "a").write_bytes(b"new")
        give_name(folder, directory / "1")


@pytest.mark.parametrize("write", [write_a_file, write_a_folder])
@pytest.mark.parametrize("function", [(os, "open"), (_files, "_lock")])
def test_what_another_process_removes_before_it_is_locked_is_made_again(tmp_path, monkeypatch, write, function):
    original = getattr(*function)

    def after_the_other(*arguments, **options):
        monkeypatch.undo()
        remove_leftovers(tmp_path, "a.png")
        shutil.rmtree(next(tmp_path.iterdir(), tmp_path / "none"), ignore_errors=True)
        assert list(tmp_path.iterdir()) == []
        return original(*arguments, **options)

    monkeypatch.setattr(*function, after_the_other)
    write(tmp_path)
    (written,) = tmp_path.iterdir()
    assert [path.read_bytes() for path in (written, *written.rglob("*")) if path.is_file()] == [b"new"]


@pytest.mark.parametrize("write", [write_a_file, write_a_folder])
def test_what_another_process_has_locked_is_left_to_it(tmp_path, monkeypatch, write):
    lock, others = _files._lock, []

    def lock_after_the_other(descriptor):
        monkeypatch.undo()
        others.extend(tmp_path.iterdir())
        others.append(os.open(others[0], os.O_RDONLY))
        assert lock(others[1])
        return lock(descriptor)

    monkeypatch.setattr(_files, "_lock", lock_after_the_other)
    write(tmp_path)
    os.close(others[1])
    assert others[0].exists()
    (written,) = set(tmp_path.iterdir()) - {others[0]}
    assert [path.read_bytes() for path in (written, *written.rglob("*")) if path.is_file()] == [b"new"]


def test_a_leftover_is_locked_until_it_is_removed(tmp_path, monkeypatch):
    leftover, unlink, locked = tmp_path / ".a.png.1.01234567.tmp", pathlib.Path.unlink, []
    leftover.touch()

    def unlink_and_look(path, **options):
        with path.open() as file:
            locked.append(_files._lock(file.fileno()) is False)
        unlink(path, **options)

    monkeypatch.setattr(pathlib.Path, "unlink", unlink_and_look)
    remove_leftovers(tmp_path, "a.png")
    assert locked == [True]
    assert not leftover.exists()


def test_a_write_does_not_list_the_directory(tmp_path, monkeypatch):
    def listed(*arguments):
        raise AssertionError("listed")

    for name in ("glob", "iterdir"):
        monkeypatch.setattr(pathlib.Path, name, listed)
    write_atomically(tmp_path / "a.png", b"new")
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == [tmp_path / "a.png"]


@pytest.mark.parametrize("no_locks", ["platform", "file system"])
def test_where_there_are_no_locks_a_leftover_is_a_day_old(tmp_path, monkeypatch, no_locks):
    if no_locks == "platform":
        monkeypatch.setattr(_files, "fcntl", None)
    else:

        def flock(*arguments):
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr(_files.fcntl, "flock", flock)
    old, young = tmp_path / ".a.png.1.00000000.tmp", tmp_path / ".a.png.1.00000001.tmp"
    for path, age in ((old, 100_000), (young, 1000)):
        path.touch()
        os.utime(path, (time.time() - age,) * 2)
    remove_leftovers(tmp_path, "a.png")
    write_atomically(tmp_path / "a.png", b"new")
    with unfinished_folder(tmp_path) as folder:
        give_name(folder, tmp_path / "1")
    assert sorted(path.name for path in tmp_path.iterdir()) == [young.name, "1", "a.png"]


def test_a_folder_is_on_the_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    flushed, flush = [], os.fsync

    def fsync(descriptor):
        flushed.append(pathlib.Path(f"/proc/self/fd/{descriptor}").readlink().name)
        flush(descriptor)

    with unfinished_folder(tmp_path) as folder:
        (folder / "variables").mkdir()
        (folder / "variables" / "data").write_bytes(b"1")
        monkeypatch.setattr(os, "fsync", fsync)
        assert give_name(folder, tmp_path / "1") == tmp_path / "1"
    assert sorted(flushed) == sorted(["variables", "data", folder.name, tmp_path.name])
    assert flushed[-1] == tmp_path.name
    assert (tmp_path / "1" / "variables" / "data").read_bytes() == b"1"


def test_a_name_that_is_taken_leaves_no_folder(tmp_path):
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "mine").touch()
    with pytest.raises(OSError, match="not empty"), unfinished_folder(tmp_path) as folder:
        give_name(folder, tmp_path / "1")
    assert list(tmp_path.iterdir()) == [tmp_path / "1"]


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
