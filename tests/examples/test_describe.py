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


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--steps=500", "--steps_per_epoch=200"], "multiple of --steps_per_epoch"),
        (["--dataset=here"], "needs the table of their captions"),
        (["--captions=here.csv"], "have their own"),
        (["b"], "Give only flags.*Received: b"),
    ],
)
def test_flags_that_do_not_fit_each_other(script, arguments, message):
    with flagsaver.flagsaver(), pytest.raises(SystemExit, match=message):
        script.main(flags.FLAGS(["describe.py", *arguments]))


@pytest.mark.long
def test_it_trains_resumes_draws_and_exports(script, tmp_path, monkeypatch, capsys):
    compile_eagerly = functools.partialmethod(keras_gan.training.AdversarialModel.compile, run_eagerly=True)
    monkeypatch.setattr(keras_gan.training.AdversarialModel, "compile", compile_eagerly)
    (tmp_path / "pictures").mkdir()
    for number, shade in enumerate(np.random.default_rng(0).integers(0, 256, (4, 3), np.uint8)):
        Image.fromarray(np.broadcast_to(shade, (9, 9, 3)).copy()).save(tmp_path / "pictures" / f"{number}.png")
    (tmp_path / "captions.csv").write_text("file,caption\n0,red one\n1,blue one\n1,two\n2,red two\n3,three\n")
    sizes = ["--image_size=8", "--width=1", "--stages=1", "--text_dim=4", "--batch_size=2", "--steps_per_epoch=1"]
    sizes += ["--encoder=bag"]
    given = [f"--dataset={tmp_path / 'pictures'}", f"--captions={tmp_path / 'captions.csv'}", "--matching_steps=1"]
    given += [f"--run_dir={tmp_path / 'run'}", f"--export_dir={tmp_path / 'served'}", "--text=red one", "--text=two"]

    def run(steps):
        with flagsaver.flagsaver():
            script.main(flags.FLAGS(["describe.py", *sizes, *given, f"--steps={steps}"]))
        return capsys.readouterr().out

    assert "4 pictures of (8, 8, 3), 5 different captions" in run(2)
    assert "Resuming from step 2" in run(3)
    files = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"gan.keras", "losses.png", "flags.txt", "checkpoints", "texts.png"} <= files
    served = tf.saved_model.load(str(tmp_path / "served" / "2")).signatures["sample_png"]
    (file,) = served(seed=tf.constant(0, tf.int64), text=tf.constant(["blue two"]))["png_bytes"].numpy()
    assert tf.io.decode_png(file).shape == (8, 8, 3)
