"""The script that trains a model with an encoder: its pictures, its export, and a finished run that only draws."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from absl import flags
from absl.testing import flagsaver
from PIL import Image

import keras_gan
from keras_gan import latents

TINY = ["--image_size=8", "--batch_size=8", "--latent_dim=3", "--width=2", "--steps=4", "--steps_per_epoch=2"]


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module."""
    return load_script("examples", "encode.py")


@pytest.fixture
def run(script, monkeypatch, tmp_path):
    """The function that runs the script with the flags of a short training, which is not traced."""
    for model in (keras_gan.VAE, keras_gan.VAEGAN):
        monkeypatch.setattr(model, "compile", functools.partialmethod(model.compile, run_eagerly=True))

    def run(*arguments):
        with flagsaver.flagsaver():
            script.main(flags.FLAGS(["encode.py", *TINY, f"--run_dir={tmp_path / 'run'}", *arguments]))
        return tmp_path / "run"

    return run


@pytest.mark.long
def test_it_trains_draws_edits_and_exports(script, run, tmp_path, capsys):
    folder = run("--edit=3", f"--export_dir={tmp_path / 'served'}")
    model = keras.saving.load_model(folder / "gan.keras")
    assert int(model.training_state.step.value) == 4
    names = {path.name for path in folder.iterdir()}
    assert names >= {"reconstructions.png", "interpolation.png", "edit_3.png", "best.keras", "flags.txt", "health.json"}
    test = keras_gan.data.load("digits", split="test", image_size=8, batch_size=360, labels=False)
    codes = model.encode(next(iter(test.one_pass()))[:32])
    grid = latents.interpolation_grid(model, ends=(codes[::2][:8], codes[1::2][:8]))
    with Image.open(folder / "interpolation.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), grid[..., 0])
    served = tf.saved_model.load(tmp_path / "served" / "1").signatures
    assert {"encode", "decode", "reconstruct"} <= set(served)
    capsys.readouterr()
    # The run is finished: it draws again, and trains no further.
    run("--edit=5")
    assert (folder / "edit_5.png").is_file()
    assert keras.saving.load_model(folder / "gan.keras").fingerprint() == model.fingerprint()


@pytest.mark.long
def test_a_folder_of_few_pictures_is_enough(run, tmp_path):
    (tmp_path / "pictures").mkdir()
    for number in range(24):
        Image.new("RGB", (8, 8), (10 * number, 0, 0)).save(tmp_path / "pictures" / f"{number}.png")
    folder = run(f"--dataset={tmp_path / 'pictures'}", "--model=VAEGAN", "--steps=1")
    assert (folder / "interpolation.png").is_file()
    assert (folder / "evaluation_0001.json").is_file()


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--model=VAEGAN", "--beta=2"], "--beta is for a VAE. Received: --beta=2.0 --model=VAEGAN"),
        (["--steps=3"], "--steps must be a multiple of --steps_per_epoch"),
        (["more"], "Give only flags"),
    ],
)
def test_flags_that_make_no_sense(run, arguments, message):
    with pytest.raises(SystemExit, match=message):
        run(*arguments)


def test_a_class_that_is_not_there(script):
    class Labelled:
        class_names, num_classes = ("cat", "dog"), 2

    with flagsaver.flagsaver(edit="cow"):
        with pytest.raises(ValueError, match=r"one of the classes cat, dog\. Received: --edit=cow"):
            script.class_number(Labelled)
        script.FLAGS.edit = "dog"
        assert script.class_number(Labelled) == 1
