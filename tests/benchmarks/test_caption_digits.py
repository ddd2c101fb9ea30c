"""The benchmark of sentences about digits: its judge, its edits, and what a short run of it prints."""

import numpy as np
import pytest
from absl.testing import flagsaver

import keras_gan


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module."""
    module = load_script("benchmarks", "caption_digits.py")
    module.FLAGS(["caption_digits.py", "--judge_steps=2", "--pictures_drawn=64"])
    return module


def test_an_edit_asks_for_another_word_in_one_place(script):
    world = keras_gan.data.CaptionedDigits(200)
    attributes = world.draw("test").attributes
    for axis, values in enumerate(world.values.values()):
        changed = script.with_another(world, attributes, axis)
        assert (changed[:, axis] != attributes[:, axis]).all()
        assert set(changed[:, axis]) == set(range(len(values)))
        np.testing.assert_array_equal(np.delete(changed, axis, 1), np.delete(attributes, axis, 1))


def test_all_combinations_of_a_split_are_asked_for(script):
    world = keras_gan.data.CaptionedDigits(10)
    for split in ("train", "unseen"):
        attributes, texts = script.asked(world, split)
        assert {tuple(row) for row in attributes} == {tuple(row) for row in world.combinations(split)}
        assert texts[5] == world.sentence(attributes[5])


def test_the_tables_have_a_row_for_each_model_and_run_none_twice(script, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(script, "MEASURED", 480)
    paths = {"out": str(tmp_path / "log.jsonl"), "pictures": str(tmp_path / "pictures")}
    sizes = {"steps": 1, "edit_steps": 1, "matching_steps": 1, "batch_size": 2, "width": 1, "edit_width": 1}
    with flagsaver.flagsaver(**sizes, **paths):
        script.main(["caption_digits.py"])
        tables = capsys.readouterr().out
        for name in ("TextToImage, wrong words 0.5, seed 0 | yes", "TextToImage, wrong words 0, seed 0 | no"):
            assert f"| {name} |" in tables
        for word in ("itself", "digit", "colour", "size", "place"):
            assert f"| TextEditor, seed 0: {word} |" in tables
        monkeypatch.delattr(script, "run_drawing")
        monkeypatch.delattr(script, "run_editing")
        script.main(["caption_digits.py"])
        assert capsys.readouterr().out == tables
    written = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert {"texts_train_0.5_0.png", "texts_unseen_0.0_0.png", "edits_0.png"} <= written
