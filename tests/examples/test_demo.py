"""The demo, cut short: all that it promises to leave is there."""

import functools
import pathlib
import runpy
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from absl.testing import flagsaver
from PIL import Image

import keras_gan

pytestmark = pytest.mark.filterwarnings("ignore:If `run_eagerly` is True, then `jit_compile`:UserWarning")

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module."""
    return load_script("examples", "demo.py")


def run_here(command, *, check):
    """Run a Python script in this process, where TensorFlow is imported already."""
    assert command[0] == sys.executable
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXAMPLES)
        patch.setattr(sys, "argv", [str(argument) for argument in command[1:]])
        runpy.run_path(sys.argv[0])


@pytest.fixture
def demo(script, monkeypatch):
    """The script with epochs of two steps of narrow networks that run eagerly, and its flags at their defaults."""
    monkeypatch.setattr(script, "STEPS_PER_EPOCH", 2)
    gan_class, dcgan = keras_gan.NonSaturatingGAN, keras_gan.networks.dcgan
    monkeypatch.setattr(keras_gan.networks, "dcgan", lambda **options: dcgan(**options | {"width": 4}))
    monkeypatch.setattr(script.subprocess, "run", run_here)
    monkeypatch.setattr(gan_class, "compile", functools.partialmethod(gan_class.compile, run_eagerly=True))
    script.FLAGS(["demo.py"])
    return script


def test_the_demo_leaves_what_it_promises(demo, tmp_path, capfd):
    run_dir, export_dir = tmp_path / "run", tmp_path / "export"
    with flagsaver.flagsaver(run_dir=str(run_dir), export_dir=str(export_dir), epochs=2):
        demo.main(["demo.py"])
    printed = capfd.readouterr().out
    for word in ("d_loss", "g_loss", "epoch 2/2  step 4/4", "Try next", str(export_dir / "1")):
        assert word in printed
    names = {path.name for path in (run_dir / "samples").iterdir()}
    assert names == {"epoch_0000.png", "epoch_0001.png", "epoch_0002.png", "snapshots.gif"}
    with Image.open(run_dir / "samples" / "snapshots.gif") as gif:
        assert gif.n_frames == 3
    assert list(run_dir.glob("tensorboard/*/*tfevents*"))
    assert (run_dir / "losses.png").stat().st_size > 0
    gan = keras.saving.load_model(run_dir / "gan.keras")
    assert int(gan.training_state.step.value) == 4
    with Image.open(run_dir / "served.png") as served:
        assert served.size == (6 * 32, 6 * 32)


@pytest.mark.long
def test_a_run_directory_that_cannot_be_written_is_one_line(demo, tmp_path):
    (tmp_path / "file").touch()
    with flagsaver.flagsaver(run_dir=str(tmp_path / "file")), pytest.raises(SystemExit, match=r"Error: No file can be"):
        demo.main(["demo.py"])


@pytest.mark.long
def test_the_served_picture_is_what_the_generator_makes(tmp_path):
    generator = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(24, activation="tanh"), keras.layers.Reshape((4, 2, 3))]
    )
    gan = keras_gan.LSGAN(generator, keras.Sequential([keras.Input((4, 2, 3)), keras.layers.Conv2D(1, 1)]))
    folder = keras_gan.export.save(gan, tmp_path)
    run_here([sys.executable, EXAMPLES / "serve_picture.py", folder, tmp_path / "served.png"], check=True)
    images = gan.generate(latents=tf.random.stateless_normal((36, 3), seed=(0, 0)))
    with Image.open(tmp_path / "served.png") as served:
        picture = np.asarray(served, "float32")
    assert picture.shape == (24, 12, 3)
    for index in (0, 7, 35):
        top, left = 4 * (index // 6), 2 * (index % 6)
        expected = (images[index] + 1) * 127.5
        np.testing.assert_allclose(picture[top : top + 4, left : left + 2], expected, atol=0.51)
