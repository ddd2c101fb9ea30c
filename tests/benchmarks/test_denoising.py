"""The benchmark of denoising: its noise, its network, and what a short run of it prints."""

import io
import tarfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from absl.testing import flagsaver
from PIL import Image

from keras_gan.metrics import Lpips, psnr

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def script(load_script, tmp_path_factory):
    """The script as a module, with noise around grey in place of photographs."""
    module = load_script("benchmarks", "denoising.py")
    folder = tmp_path_factory.mktemp("data")
    with tarfile.open(folder / "super_resolution.tar", "w") as archive:
        for number in range(84):
            content = io.BytesIO()
            Image.fromarray(RNG.integers(100, 156, (130, 140, 3), "uint8")).save(content, "png")
            member = tarfile.TarInfo(f"super_resolution/BSD100/{number}_HR.png")
            member.size = len(content.getvalue())
            archive.addfile(member, io.BytesIO(content.getvalue()))
    module.FLAGS(["denoising.py", f"--data={folder}"])
    return module


def test_the_noise_has_its_deviation_and_256_levels(script):
    pairs = script.held_out()
    assert pairs["source"].shape == (4, 128, 128, 3)
    # A noise of 25 of 255 levels, of which grey pictures lose nothing by clipping.
    assert psnr(pairs["source"], pairs["target"]).mean == pytest.approx(20 * np.log10(255 / 25), abs=0.05)
    levels = (pairs["source"] + 1) * 127.5
    np.testing.assert_allclose(levels, np.rint(levels), atol=1e-3)


def test_each_step_has_other_noise_and_a_seed_has_the_same(script):
    first, second = (batch["source"] for batch in script.training_pairs(0).take(2))
    np.testing.assert_array_equal(next(iter(script.training_pairs(0)))["source"], first)
    images = tf.zeros((1, 8, 8, 3))
    assert np.abs(script.noisy(images, (0, 1)) - script.noisy(images, (0, 2))).mean() > 0.05
    assert first.shape == second.shape == (8, 64, 64, 3)


def test_the_network_begins_with_what_it_is_given(script):
    images = RNG.uniform(-1, 1, (1, 9, 7, 3)).astype("float32")
    np.testing.assert_array_equal(script.denoiser()(images), images)


@pytest.mark.long
def test_the_table_has_a_row_for_each_way_and_runs_none_twice(script, tmp_path, monkeypatch, capsys):
    def trunk(**options):
        layers = [keras.Input((None, None, 3))]
        layers += [keras.layers.Conv2D(2, 3, name=name) for name in script.LAYERS]
        return keras.Sequential(layers)

    monkeypatch.setattr(script, "perceptual_trunk", trunk)
    monkeypatch.setattr(script, "Lpips", lambda network, heads: Lpips(network, layers=["fire3"]))
    paths = {"out": str(tmp_path / "log.jsonl"), "pictures": str(tmp_path / "pictures")}
    with flagsaver.flagsaver(steps=2, width=2, depth=2, **paths):
        script.main(["denoising.py"])
        table = capsys.readouterr().out
        for name in ("the noisy photographs", "L1, seed 0", "DPED without GAN, seed 0", "DPED, seed 0"):
            assert f"| {name} |" in table
        monkeypatch.delattr(script, "run")
        script.main(["denoising.py"])
        assert capsys.readouterr().out == table
    assert (tmp_path / "pictures" / "dped_without_gan_0.png").exists()
