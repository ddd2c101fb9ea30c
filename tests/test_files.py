import errno
import pathlib

import pytest

from keras_gan._files import writable_directory, write_atomically


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
