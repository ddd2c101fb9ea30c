"""The minimal example, cut short: it runs as it stands, and leaves its picture and its export."""

import functools
import pathlib
import runpy

import numpy as np
from PIL import Image

import keras_gan

SCRIPT = pathlib.Path(__file__).parents[2] / "examples" / "minimal.py"


def test_the_script_is_one_screen():
    assert len(SCRIPT.read_text().splitlines()) <= 30


def test_it_draws_and_exports(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # As Python does for a script that it runs.
    monkeypatch.syspath_prepend(SCRIPT.parent)
    short, gan_class = {"epochs": 1, "steps_per_epoch": 1}, keras_gan.NonSaturatingGAN
    fit, build = gan_class.fit, keras_gan.networks.dcgan
    monkeypatch.setattr(keras_gan.networks, "dcgan", lambda **options: build(**options | {"width": 4}))
    monkeypatch.setattr(gan_class, "fit", lambda self, data, **options: fit(self, data, **options | short))
    monkeypatch.setattr(gan_class, "compile", functools.partialmethod(gan_class.compile, run_eagerly=True))
    values = runpy.run_path(str(SCRIPT))
    with Image.open("runs/minimal/samples.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), keras_gan.callbacks.image_grid(values["images"]).squeeze(-1))
    exported = keras_gan.export.ExportedGenerator("saved_models/minimal")
    assert exported.generate(1, seed=0).shape == (1, 32, 32, 1)
