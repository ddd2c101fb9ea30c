"""The script that learns sounds: what a run leaves, how it resumes, and flags that do not fit."""

import functools

import numpy as np
import pytest
import soundfile
from absl import flags
from absl.testing import flagsaver

import keras_gan

PATTERN = r"--pattern=(?P<label>\d)_(?P<group>[a-z]+)"
TINY = ["--num_samples=64", "--width=1", "--latent_dim=2", "--batch_size=2", "--steps_per_epoch=1"]


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module."""
    return load_script("examples", "waves.py")


@pytest.fixture
def run(script, tmp_path, monkeypatch, capsys):
    """The function that runs the script on recordings of two digits by three speakers."""
    compile_eagerly = functools.partialmethod(keras_gan.training.AdversarialModel.compile, run_eagerly=True)
    monkeypatch.setattr(keras_gan.training.AdversarialModel, "compile", compile_eagerly)
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    for name in ("0_ann", "1_ann", "0_bob", "1_bob", "0_eve", "1_eve"):
        soundfile.write(recordings / f"{name}.wav", np.sin(np.arange(100.0)) / 2, 8000)

    def run(*arguments):
        given = [f"--recordings={recordings}", *TINY, f"--run_dir={tmp_path / 'run'}", *arguments]
        with flagsaver.flagsaver():
            script.main(flags.FLAGS(["waves.py", *given]))
        return capsys.readouterr().out

    return run


@pytest.mark.long
def test_a_run_is_heard_saved_and_resumed_with_the_speakers_that_are_left(run, tmp_path):
    given = [PATTERN, "--held_out=eve", "--labels"]
    assert "WaveGAN: 4 recordings of ann, bob, 64 samples at 8000 Hz" in run(*given, "--steps=1")
    assert "Resuming from step 1" in run(*given, "--steps=2")
    made = {path.relative_to(tmp_path / "run").as_posix() for path in (tmp_path / "run").glob("**/epoch_*.*")}
    assert made == {f"samples/epoch_000{number}.{suffix}" for number in range(3) for suffix in ("wav", "png")}
    gan = keras_gan.training.load_model(tmp_path / "run" / "gan.keras")
    assert (gan.num_classes, gan.sample_shape, int(gan.training_state.step)) == (2, (64, 1), 2)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--steps=500", "--steps_per_epoch=200"], "multiple of --steps_per_epoch"),
        (["--recordings="], "Give a folder of recordings"),
        (["--steps=1", "more"], "Give only flags.*Received: more"),
        (["--steps=1", "--labels", "--pattern=(?P<group>.*)"], "^Error: The recordings have no labels"),
        (["--steps=1", "--held_out=eve"], "^Error: `held_out` names groups"),
    ],
)
def test_flags_that_do_not_fit(run, arguments, message):
    with pytest.raises(SystemExit, match=message):
        run(*arguments)
