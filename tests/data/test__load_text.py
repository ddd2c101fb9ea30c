"""Batches of tokens: which lines and windows of which texts, the splits, and from where a run resumes."""

import os
import pathlib
import warnings

import numpy as np
import pytest
import tensorflow as tf

from keras_gan import data
from keras_gan.layers import Tokenizer

TEST_DATA = os.environ.get("KERAS_GAN_TEST_DATA")
# Each word says which it is.
NUMBERS = [f"w{number} x{number}" for number in range(40)]
# The letter at each place says where it is.
LETTERS = "".join(chr(0x4E00 + number) for number in range(200))


def strings(batches, tokenizer):
    return [text.decode() for batch in batches for text in tokenizer.decode(batch["tokens"]).numpy()]


def places(batches, tokenizer):
    return np.array([[ord(letter) - 0x4E00 for letter in text] for text in strings(batches, tokenizer)])


def test_each_line_comes_once_an_epoch_in_another_order(tmp_path):
    (tmp_path / "lines.txt").write_text("\n\n".join(NUMBERS) + "\n  \n")
    loaded = data.load_text(tmp_path / "lines.txt", batch_size=10)
    assert (loaded.num_texts, loaded.steps_per_epoch, loaded.sample_shape, loaded.split) == (40, 4, (2,), "all")
    spec = loaded.element_spec["tokens"]
    assert (tuple(spec.shape), spec.dtype) == ((10, 2), tf.int32)
    epochs = np.array(strings(loaded.take(12), loaded.tokenizer)).reshape(3, 40)
    assert all(sorted(epoch) == sorted(NUMBERS) for epoch in epochs)
    assert (epochs[0] != epochs[1]).any()
    assert strings(loaded.one_pass(), loaded.tokenizer) == NUMBERS
    assert (loaded.num_cut, loaded.num_unknown, loaded.num_held_out) == (0, 0, 0)


def test_windows_begin_anywhere_and_each_stretch_has_one_in_an_epoch():
    loaded = data.load_text([LETTERS], tokenizer="characters", length=8, batch_size=25)
    assert loaded.num_texts == 25
    got = places(loaded.take(60), loaded.tokenizer)
    np.testing.assert_array_equal(got, got[:, :1] + np.arange(8))
    starts = got[:, 0].reshape(60, 25)
    assert (np.sort(starts // 8, axis=1) == np.arange(25)).all()
    assert set(starts.flat) == set(range(193))
    np.testing.assert_array_equal(places(loaded.one_pass(), loaded.tokenizer), np.arange(200).reshape(25, 8))


@pytest.mark.long
def test_no_window_has_a_part_of_two_texts():
    texts = [LETTERS[:50], LETTERS[100:], LETTERS[60:65]]
    with pytest.warns(UserWarning, match=r"^Left out 1 text with fewer than 8 characters, such as text 3 of the list"):
        loaded = data.load_text(texts, tokenizer="characters", length=8, batch_size=6)
    got = places(loaded.take(300), loaded.tokenizer)
    assert set(got[:, 0]) == {*range(43), *range(100, 193)}
    np.testing.assert_array_equal(got, got[:, :1] + np.arange(8))


@pytest.mark.parametrize("options", [{}, {"tokenizer": "characters", "length": 5}])
def test_batches_from_step_k_are_those_with_k_batches_skipped_bit_for_bit(options):
    options = {"source": NUMBERS * 3, "batch_size": 7, "seed": 3, "unit": "auto", **options}
    if "length" in options:
        options["source"] = [" ".join(NUMBERS)]
    later = data.load_text(start_step=6, **options).from_step(3)
    for one, other in zip(data.load_text(**options).skip(9).take(4), later, strict=False):
        np.testing.assert_array_equal(one["tokens"], other["tokens"])


@pytest.mark.long
def test_no_line_is_in_both_splits_and_both_have_the_vocabulary_of_the_first():
    lines = NUMBERS * 2 + NUMBERS[:5]
    with pytest.warns(UserWarning, match=r"^The vocabulary lacks 18 of 18 words \(100.00%\),.*'[wx]\d+', \.\.\.$"):
        test = data.load_text(lines, split="test", batch_size=2)
    train = data.load_text(lines, split="train", batch_size=2)
    assert train.tokenizer.get_config()["vocabulary"] == test.tokenizer.get_config()["vocabulary"]
    assert train.num_held_out == test.num_texts
    assert train.num_texts + test.num_texts == len(lines)
    assert set(strings(test.one_pass(), test.tokenizer)) == {"[UNK] [UNK]"}
    complete = Tokenizer.fitted(lines)
    parts = [data.load_text(lines, split=split, tokenizer=complete, batch_size=2) for split in ("train", "test")]
    ones, others = (set(strings(part.one_pass(), complete)) for part in parts)
    assert (len(ones), len(others), ones & others) == (36, 4, set())
    assert parts[0].identity["split_of"] == parts[1].identity["split_of"]


def test_of_a_long_text_the_end_is_held_out():
    text = " ".join(NUMBERS)
    options = {"tokenizer": Tokenizer.fitted([text], level="characters", length=4), "batch_size": 2}
    train, test = (data.load_text([text], split=split, **options) for split in ("train", "test"))
    before, after = ("".join(strings(part.one_pass(), part.tokenizer)) for part in (train, test))
    assert text.startswith(before)
    # Up to what is left of the last stretch.
    assert after in text[len(text) - len(text) // 10 :]
    assert after[0] in "wx"
    assert train.num_held_out == test.num_texts
    assert 0.85 < len(before) / len(text) < 0.95


def test_a_folder_may_have_its_own_splits(tmp_path):
    for split, texts in (("train", ["a b", "c d"]), ("test", ["a d", "e a"])):
        (tmp_path / split).mkdir()
        for number, text in enumerate(texts):
            (tmp_path / split / f"{number}.txt").write_text(text)
    (tmp_path / "notes.txt").write_text("of no split")
    with pytest.warns(UserWarning, match="without 1 file next to them: .*notes.txt"):
        train = data.load_text(tmp_path, batch_size=2)
    assert (train.split, train.num_texts) == ("train", 2)
    (tmp_path / "notes.txt").unlink()
    with pytest.warns(UserWarning, match=r"lacks 1 of 4 words \(25.00%\), which become \"\[UNK\]\": 'e'$"):
        test = data.load_text(tmp_path, split="test", batch_size=2)
    assert strings(test.one_pass(), test.tokenizer) == ["a d", "[UNK] a"]
    assert (test.num_unknown, test.tokenizer.vocabulary) == (1, train.tokenizer.vocabulary)
    with pytest.raises(ValueError, match=r"no such split. It has: 'test', 'train'. Received: split='dev'"):
        data.load_text(tmp_path, split="dev")


def test_what_is_cut_or_left_out_is_counted_and_named(tmp_path):
    (tmp_path / "a.txt").write_text("\ufeffone\none two three\n...\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("one two three four")
    (tmp_path / "c.txt").write_text(" \n")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loaded = data.load_text(tmp_path, length=2, max_tokens=3, batch_size=2)
    said = sorted(str(warning.message) for warning in caught)
    assert len(said) == 4
    assert said[0].startswith("2 of 3 texts have more than 2 words and are cut. The longest, line 1 of '")
    assert said[0].endswith("b.txt', has 4.")
    assert said[1].startswith("Left out 1 file without text: ")
    assert said[2].startswith("Left out 1 text without words, such as line 3 of '")
    assert said[3] == "The vocabulary lacks 2 of 5 words (40.00%), which become \"[UNK]\": 'two', 'three', 'four'"
    assert (loaded.num_texts, loaded.num_cut, loaded.num_unknown) == (3, 2, 2)
    assert all(warning.filename == __file__ for warning in caught)


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "a.txt").write_text("good")
    (tmp_path / "b.txt").write_bytes(b"caf\xe9")
    with pytest.raises(ValueError, match=r"not text in UTF-8: byte 3 is 0xe9. Save it.*Received: file='.*b.txt'"):
        data.load_text(tmp_path, batch_size=1)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"source": 3}, r"must be the path of a file or a folder of text.*Received: source of type int"),
        ({"source": np.zeros((2, 3), int)}, r"give them to `fit`"),
        ({"source": []}, r"must hold strings.*Received: source=\[\]"),
        ({"source": ["a", None]}, r"must hold strings.*Received: NoneType at 1"),
        ({"source": ["", " "]}, r"hold no words"),
        ({"tokenizer": "word"}, r"`tokenizer` must be 'words', 'characters'.*Did you mean 'words'"),
        ({"tokenizer": None}, r"`tokenizer` must be"),
        ({"tokenizer": Tokenizer.fitted(["a"]), "length": 3}, r"leave `length` and `max_tokens` out"),
        ({"tokenizer": "characters"}, r"A window needs a `length`"),
        ({"unit": "lines"}, r"`unit` must be one of 'auto', 'line', 'window'. Did you mean 'line'"),
        ({"batch_size": 4}, r'"all" has 3 texts, fewer than one batch. Pass `batch_size=3`'),
        ({"split": "test"}, r"The list has too few texts to hold a tenth of them out"),
        ({"split": "dev"}, r"The list has no such split"),
        ({"tokenizer": "characters", "length": 9}, r"has 0 windows, fewer than one batch. Left out 3 texts"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        data.load_text(**{"source": ["a b", "c d", "e f"], "batch_size": 2, **options})


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such file or folder. Received: source='"):
        data.load_text(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match=r"To give a text itself, give a list: \[text\]"):
        data.load_text("To be,\nor not to be")
    with pytest.raises(ValueError, match=r"holds no file of text \(.text .txt\). Received"):
        data.load_text(tmp_path)
    (tmp_path / "a.csv").write_text("a")
    with pytest.raises(ValueError, match=r"It holds .*a.csv. A file of another suffix is read by its own path"):
        data.load_text(tmp_path)
    assert data.load_text(tmp_path / "a.csv", batch_size=1).num_texts == 1
    (tmp_path / "a.csv").write_text("")
    with pytest.raises(ValueError, match=r"There is no text in what was given. Received: 1 file, .*a.csv"):
        data.load_text(tmp_path / "a.csv", batch_size=1)


@pytest.mark.long
@pytest.mark.skipif(TEST_DATA is None, reason="KERAS_GAN_TEST_DATA names no folder that holds text/")
def test_real_texts():
    folder = pathlib.Path(TEST_DATA, "text")
    text = (folder / "tinyshakespeare.txt").read_text()
    train = data.load_text(folder / "tinyshakespeare.txt", tokenizer="characters", length=32, split="train")
    assert (train.tokenizer.vocab_size, train.num_texts) == (67, pytest.approx(0.9 * len(text) / 32, rel=0.001))
    assert all(window in text for window in strings(train.take(5), train.tokenizer))
    with pytest.warns(UserWarning, match="are cut"):
        captions = data.load_text(folder / "coco_captions_train.txt", length=20, batch_size=64)
    assert 9990 <= captions.num_texts <= 10_000
