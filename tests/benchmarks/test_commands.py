"""The script that runs the commands of docs/models.md makes what they need, and says what failed."""

import numpy as np
import pytest
from absl.testing import flagsaver
from PIL import Image

from keras_gan import data


@pytest.fixture(scope="module")
def commands(load_script):
    script = load_script("benchmarks", "commands.py")
    script.FLAGS(["commands.py", "--steps=4"])
    return script


def test_every_command_names_data_that_is_made(commands, tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "PICTURES", 1)
    # It would be trained.
    monkeypatch.setitem(commands.MADE, "runs/described", lambda folder, rng: folder.mkdir())
    for command in commands.COMMANDS.values():
        for word in commands.arguments(command, tmp_path)[1:]:
            name, _, value = word.partition("=")
            # Names without a slash or an ending are no paths.
            if name != "--run_dir" and ("/" in value or value.endswith(".txt")):
                assert value.startswith(str(tmp_path)) or value.endswith(".txt"), command


def test_steps_are_few_and_nothing_else_changes(commands, tmp_path):
    words = commands.arguments("examples/train.py --gan=LSGAN --run_dir=runs/lsgan", tmp_path)
    assert words[1:] == ["--gan=LSGAN", "--steps=4", "--steps_per_epoch=4", f"--run_dir={tmp_path / 'run'}"]


def test_only_a_second_stage_needs_a_first_one_and_has_no_phase_of_encoders(commands, tmp_path, monkeypatch):
    monkeypatch.setitem(commands.MADE, "runs/described", lambda folder, rng: folder.mkdir())
    words = {name: commands.arguments(commands.COMMANDS[name], tmp_path / name) for name in ("StackGAN", "TextToImage")}
    made = tmp_path / "StackGAN" / "data" / "runs" / "described"
    assert made.is_dir()
    assert f"--first={made}" in words["StackGAN"]
    assert not (tmp_path / "TextToImage").exists()
    assert ["--matching_steps=2" in given for given in words.values()] == [False, True]


def test_a_first_stage_that_fails_says_why(commands, tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(commands, "run", lambda words, folder: given.append(words) or (2, 0.1, "no disk"))
    with pytest.raises(RuntimeError, match="first stage ended with 2:\nno disk"):
        commands.make_first_stage(tmp_path / "first", None)
    # The last ones count.
    assert given[0][-4:] == [
        "--steps=2",
        "--steps_per_epoch=2",
        "--matching_steps=1",
        f"--run_dir={tmp_path / 'first'}",
    ]


def test_pictures_are_the_same_again_and_can_be_read(commands, tmp_path):
    for name in ("first", "second"):
        commands.make_photographs(tmp_path / name, np.random.default_rng(0), count=2)
    first, second = (np.asarray(Image.open(tmp_path / name / "001.png")) for name in ("first", "second"))
    np.testing.assert_array_equal(first, second)
    assert len(next(iter(data.load(tmp_path / "first", image_size=32, batch_size=2)))) == 2


def test_memory_and_errors_are_those_of_the_process(commands, tmp_path):
    code, small, errors = commands.run(["-c", "import sys; sys.exit('no such thing')"], tmp_path)
    assert (code, errors.strip()) == (1, "no such thing")
    # A child counts the memory of the process that starts it, which is below this.
    _, large, _ = commands.run(["-c", "b'x' * 2**31"], tmp_path)
    assert 2.0 < large < 2.05
    assert small < large


def test_the_pace_is_what_a_training_says(commands, tmp_path):
    line = "epoch 1/12  step 500/6,000  41 s  82 ms/step  d_loss 1.386  9 min left"
    assert commands.pace_of(line) == (500, 6000, 0.082)
    assert commands.pace_of("epoch 1/200  step 10/100,000  12.5 s/step  picture in 3 min  2 d left") == (
        10,
        100_000,
        12.5,
    )
    full = "step 500/7,500  a_loss 0.3  b_loss 0.3  c_loss 0.3  1 h 56 min left\n"
    assert commands.pace_of(full) == (500, 7500, 6960 / 7000)
    assert commands.pace_of("400 pictures of (128, 128, 3)") is None
    program = f"import time; print('Read'); print({line!r}, flush=True); time.sleep(60)"
    pace, elapsed, _ = commands.timed(["-c", program], tmp_path)
    assert pace == (500, 6000, 0.082)
    assert elapsed < 60.0
    pace, _, errors = commands.timed(["-c", "raise SystemExit('no such thing')"], tmp_path)
    assert (pace, errors) == (None, "no such thing\n")


def test_the_command_has_its_own_steps_where_time_is_measured(commands, tmp_path):
    with flagsaver.flagsaver(what="minutes"):
        words = commands.arguments("examples/write.py --text=plays.txt --model=SeqGAN", tmp_path)
    assert words[2:] == ["--model=SeqGAN", f"--run_dir={tmp_path / 'run'}", "--pretraining_steps=2"]
