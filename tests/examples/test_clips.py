"""The script that trains on clips: what it writes, and flags that do not fit each other."""

import functools

import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver
from PIL import Image

import keras_gan


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module."""
    return load_script("examples", "clips.py")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--steps=500", "--steps_per_epoch=200"], "multiple of --steps_per_epoch"),
        (["--first_frame"], "Only a VideoGAN continues first frames. Received: --first_frame --gan=MoCoGAN"),
        (["b"], "Give only flags.*Received: b"),
        (["--run_dir=gs://there"], "Give a local path"),
    ],
)
def test_flags_that_do_not_fit_each_other(script, arguments, message):
    with flagsaver.flagsaver(), pytest.raises(SystemExit, match=message):
        script.main(flags.FLAGS(["clips.py", *arguments]))


@pytest.mark.long
@pytest.mark.parametrize("arguments", [["--cell=gru"], ["--gan=VideoGAN"], ["--gan=VideoGAN", "--first_frame"]])
def test_each_model_trains_resumes_and_writes_a_film(script, arguments, tmp_path, monkeypatch, capsys):
    compile_eagerly = functools.partialmethod(keras_gan.training.AdversarialModel.compile, run_eagerly=True)
    monkeypatch.setattr(keras_gan.training.AdversarialModel, "compile", compile_eagerly)
    clips = np.random.default_rng(0).integers(0, 256, (4, 9, 12, 12, 1), np.uint8)
    np.savez(tmp_path / "clips.npz", clips=clips)
    sizes = ["--num_frames=8", "--image_size=8", "--width=2", "--batch_size=2", "--steps_per_epoch=1"]

    def run(steps):
        given = [f"--dataset={tmp_path / 'clips.npz'}", f"--run_dir={tmp_path / 'run'}", f"--steps={steps}"]
        with flagsaver.flagsaver():
            script.main(flags.FLAGS(["clips.py", *sizes, *arguments, *given]))
        return capsys.readouterr().out

    assert "4 clips of (8, 8, 8, 1)" in run(2)
    assert "Resuming from step 2" in run(3)
    files = {path.name for path in (tmp_path / "run").iterdir()}
    last = "combined.gif" if "--cell=gru" in arguments else "last.gif"
    assert {"gan.keras", "losses.png", "flags.txt", "checkpoints", last} <= files
    assert len(list((tmp_path / "run" / "films").glob("step_*.gif"))) == 4
    with Image.open(tmp_path / "run" / last) as film:
        assert film.n_frames == (16 if last == "combined.gif" else 8)
