"""The hashes of files and folders: what the program `sha256sum` prints, and what has none."""

import hashlib
import os
import re
import subprocess
import sys

import pytest

from keras_gan._hashes import require_sha256, sha256_of, sha256sums


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


def test_files_with_odd_names_are_hashed_themselves(tmp_path, monkeypatch):
    """A name that means something else in a path of the user's does not within a folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "~").mkdir()
    (tmp_path / "~" / "x").write_text("here")
    assert _sha256(b"here").encode() in sha256sums(tmp_path)
    assert sha256_of(".") == sha256_of(tmp_path)
