"""The script that draws sentences: what it writes, and flags that do not fit each other."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from absl import flags
from absl.testing import flagsaver
from PIL import Image

import keras_gan


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module."""
    return load_script("examples", "describe.py")


@pytest.fixture
def call(script, monkeypatch, capsys):
    """The script as a function of flags, eagerly; it returns what was printed."""
    compile_eagerly = functools.partialmethod(keras_gan.training.AdversarialModel.compile, run_eagerly=True)
    monkeypatch.setattr(keras_gan.training.AdversarialModel, "compile", compile_eagerly)

    def called(*arguments):
        with flagsaver.flagsaver():
            script.main(flags.FLAGS(["describe.py", *map(str, arguments)]))
        return capsys.readouterr().out

    return called


@pytest.fixture
def pictures(tmp_path):
    """The flags of four pictures with five captions."""
    (tmp_path / "pictures").mkdir()
    for number, shade in enumerate(np.random.default_rng(0).integers(0, 256, (4, 3), np.uint8)):
        Image.fromarray(np.broadcast_to(shade, (9, 9, 3)).copy()).save(tmp_path / "pictures" / f"{number}.png")
    (tmp_path / "captions.csv").write_text("file,caption\n0,red one\n1,blue one\n1,two\n2,red two\n3,three\n")
    return [f"--dataset={tmp_path / 'pictures'}", f"--captions={tmp_path / 'captions.csv'}"]


_SMALL = ("--width=1", "--stages=1", "--batch_size=2", "--steps_per_epoch=1")
_READING = ("--encoder=bag", "--text_dim=4", "--matching_steps=1", "--image_size=8")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--steps=500", "--steps_per_epoch=200"], "multiple of --steps_per_epoch"),
        (["--dataset=here"], "needs the table of their captions"),
        (["--captions=here.csv"], "have their own"),
        (["b"], "Give only flags.*Received: b"),
        (["--scale=4"], "--scale is for --model=StackGAN: leave it out"),
        (["--model=TextEditor", "--first=here"], "--first is for --model=StackGAN"),
        (["--model=TextEditor", "--conditioning_augmentation"], "is for --model=TextToImage or StackGAN"),
        (["--model=StackGAN", "--matching_steps=10"], "is for --model=TextToImage or TextEditor"),
        (["--model=StackGAN"], "train one with this script first.*Received: --first=None"),
        (["--model=StackGAN", "--first=nowhere"], "train one with this script first.*Received: --first=nowhere"),
        (["--edit=nowhere"], "in one sentence.*Received: 0 --text"),
        (["--edit=nowhere", "--text=one"], "no such picture or folder. Received: --edit=nowhere"),
        (["--edit=.", "--text=one", "--run_dir=nowhere"], "train first, with --model=TextEditor and without --edit"),
    ],
)
def test_flags_that_do_not_fit_each_other(script, arguments, message):
    with flagsaver.flagsaver(), pytest.raises(SystemExit, match=message):
        script.main(flags.FLAGS(["describe.py", *arguments]))


def test_a_first_stage_that_has_not_finished_is_named(script, tmp_path):
    (tmp_path / "flags.txt").write_text("--steps=10\n")
    with flagsaver.flagsaver(), pytest.raises(SystemExit, match=r"not finished.*Received: --first="):
        script.main(flags.FLAGS(["describe.py", "--model=StackGAN", f"--first={tmp_path}"]))


def test_models_have_defaults_of_their_own_and_the_flag_file_of_a_run_is_taken(script):
    for model, steps, matching_steps in (("TextToImage", 10_000, 1000), ("TextEditor", 7500, 1500)):
        with flagsaver.flagsaver():
            flags.FLAGS(["describe.py", f"--model={model}", "--scale=2", "--blocks=2", "--width=7"])
            script.require_flags()
            assert (flags.FLAGS.steps, flags.FLAGS.matching_steps) == (steps, matching_steps)
            assert flags.FLAGS.width == 7


@pytest.mark.long
def test_it_trains_resumes_draws_and_exports(call, pictures, tmp_path):
    given = [*_SMALL, *_READING, *pictures, f"--run_dir={tmp_path / 'run'}", f"--export_dir={tmp_path / 'served'}"]
    given += ["--text=red one", "--text=two"]
    assert "4 pictures of (8, 8, 3), 5 different captions" in call(*given, "--steps=2")
    assert "Resuming from step 2" in call(*given, "--steps=3")
    files = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"gan.keras", "losses.png", "flags.txt", "checkpoints", "texts.png"} <= files
    served = tf.saved_model.load(str(tmp_path / "served" / "2")).signatures["sample_png"]
    (file,) = served(seed=tf.constant(0, tf.int64), text=tf.constant(["blue two"]))["png_bytes"].numpy()
    assert tf.io.decode_png(file).shape == (8, 8, 3)


@pytest.mark.long
def test_an_editor_shows_real_pictures_and_edits_others(call, pictures, tmp_path):
    run_dir, folder = tmp_path / "run", tmp_path / "pictures"
    given = [*_SMALL, *_READING, *pictures, "--model=TextEditor", f"--run_dir={run_dir}", "--text=red one"]
    call(*given, "--steps=2")
    assert "Resuming from step 2" in call(*given, "--steps=3")
    assert all(" -> " in line for line in (run_dir / "words.txt").read_text().splitlines())
    # Two pictures of a batch, and below them one row of their edits.
    assert np.asarray(Image.open(run_dir / "texts.png")).shape == (2 * (16 + 2) + 2, 2 * (16 + 2) + 2, 3)
    call(f"--run_dir={run_dir}", f"--edit={folder}", "--text=blue two")
    call(f"--run_dir={run_dir}", f"--edit={folder / '1.png'}", "--text=blue two", f"--out={tmp_path / 'one'}")
    files = sorted((run_dir / "edits").iterdir())
    assert [file.name for file in files] == ["0.png", "1.png", "2.png", "3.png"]
    editor = keras_gan.training.load_model(run_dir / "gan.keras")
    image = np.broadcast_to(np.asarray(Image.open(folder / "1.png"))[:1, :1], (1, 8, 8, 3)) / np.float32(127.5) - 1.0
    (edited,) = np.floor(127.5 * editor.edit(image, text="blue two") + 128.0)
    for file in (files[1], tmp_path / "one" / "1.png"):
        np.testing.assert_allclose(np.asarray(Image.open(file)), edited, atol=1.0)
    with pytest.raises(SystemExit, match="Give another --out"):
        call(f"--run_dir={run_dir}", f"--edit={folder / '1.png'}", "--text=two", f"--out={folder}")
    with pytest.raises(SystemExit, match="no picture that can be read"):
        call(f"--run_dir={run_dir}", f"--edit={tmp_path / 'captions.csv'}", "--text=two")


@pytest.mark.long
def test_a_second_stage_reads_as_the_first_and_draws_larger(call, pictures, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    call(*_SMALL, *_READING, *pictures, f"--run_dir={first}", "--steps=2")
    stack = [*_SMALL, "--model=StackGAN", "--blocks=1", "--text=red one", "--text=two"]
    given = [*stack, *pictures, f"--run_dir={second}"]
    assert "4 pictures of (16, 16, 3)" in call(*given, f"--first={first}", "--steps=1")
    assert "Resuming from step 1" in call(*given, f"--first={first}", "--steps=2")
    small, large = (keras_gan.training.load_model(run / "gan.keras") for run in (first, second))
    assert large.tokenizer.vocabulary == small.tokenizer.vocabulary
    np.testing.assert_array_equal(large.captions, small.captions)
    for one, other in zip(large.text_encoder.weights, small.text_encoder.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    drawn = large.draw_small(2, text="red one", seed=0)
    np.testing.assert_allclose(drawn, small.generate(2, text="red one", seed=0), atol=1e-6)
    # For each of two texts, eight drawings of either stage.
    assert np.asarray(Image.open(second / "texts.png")).shape == (4 * (32 + 2) + 2, 8 * (32 + 2) + 2, 3)
    with pytest.raises(SystemExit, match=r"a trained TextToImage that reads strings.*a StackGAN"):
        call(*given, f"--first={second / 'gan.keras'}", "--steps=1")
    with pytest.raises(SystemExit, match=r"squares of at least 24 pixels.*become 16x16"):
        call(*stack, f"--first={first}", "--steps=1", f"--run_dir={tmp_path / 'third'}")
    (tmp_path / "captions.csv").write_text("file,caption\n0,red one\n1,grey two\n2,red two\n3,three\n")
    with pytest.raises(SystemExit, match="words that the first stage does not know"):
        call(*given, f"--first={first}", "--steps=1", f"--run_dir={tmp_path / 'third'}")
