"""The benchmark of emoji by name: its data, and what a short run of it prints."""

import io
import tarfile

import numpy as np
import pytest
from absl.testing import flagsaver
from PIL import Image

WORDS = ("red", "blue", "green", "grey", "black"), ("cat", "dog", "cow", "owl", "bee", "fox")


@pytest.fixture(scope="module")
def script(load_script, tmp_path_factory):
    """The script as a module, with 30 emoji; those of the second style are brighter by 100."""
    module = load_script("benchmarks", "emoji_names.py")
    archive = tmp_path_factory.mktemp("data") / "emoji.tar.gz"
    names = [f"{first} {second}" for first in WORDS[0] for second in WORDS[1]]
    table = "file,name,category,subcategory\n" + "".join(f"{n:03},{name},a,b\n" for n, name in enumerate(names))
    with tarfile.open(archive, "w:gz") as files:

        def add(name, content):
            member = tarfile.TarInfo(f"emoji/{name}")
            member.size = len(content)
            files.addfile(member, io.BytesIO(content))

        for style, brightness in (("google", 0), ("twitter", 100)):
            for number in range(len(names)):
                content = io.BytesIO()
                Image.fromarray(np.full((64, 64, 3), 5 * number + brightness, "uint8")).save(content, "png")
                add(f"{style}/animals/{number:03}.png", content.getvalue())
        add("names.csv", table.encode())
    module.FLAGS(["emoji_names.py", f"--emoji={archive}", "--judge_steps=1"])
    return module


def test_each_picture_has_its_name_and_those_held_out_are_apart(script):
    names, pictures = script.emoji()
    order = [WORDS[0].index(name.split()[0]) * 6 + WORDS[1].index(name.split()[1]) for name in names]
    np.testing.assert_array_equal(pictures["google"][:, 0, 0, 0], 5 * np.array(order))
    np.testing.assert_array_equal(pictures["twitter"], pictures["google"] + 100)
    held_out, train = (set(script.part("google", each)[0]) for each in (True, False))
    assert held_out | train == set(names)
    assert not held_out & train


def test_the_table_has_a_row_for_each_seed_and_runs_none_twice(script, tmp_path, monkeypatch, capsys):
    paths = {"out": str(tmp_path / "log.jsonl"), "pictures": str(tmp_path / "pictures")}
    sizes = {"steps": 1, "matching_steps": 1, "batch_size": 2, "width": 1}
    with flagsaver.flagsaver(**sizes, **paths):
        script.main(["emoji_names.py"])
        table = capsys.readouterr().out
        assert "| TextToImage, seed 0 |" in table
        assert "| real, first style |" in table
        monkeypatch.delattr(script, "run")
        script.main(["emoji_names.py"])
        assert capsys.readouterr().out == table
    written = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert written == {"seen_0.png", "seen_0.txt", "held_out_0.png", "held_out_0.txt"}
