"""The benchmark of super-resolution: its pictures, its measures, and what a short run of it prints."""

import io
import os
import tarfile
from pathlib import Path

import keras
import numpy as np
import pytest
from absl.testing import flagsaver
from PIL import Image

import keras_gan

REAL = Path(os.environ.get("KERAS_GAN_TEST_DATA") or "nowhere", "super_resolution.tar")


def picture(seed, height, width):
    """Smooth colours."""
    small = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3), np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def script(load_script, tmp_path_factory):
    """The script as a module, with two pictures in each test set and three to train on."""
    module = load_script("benchmarks", "super_resolution.py")
    archive = tmp_path_factory.mktemp("data") / "super_resolution.tar"
    with tarfile.open(archive, "w") as files:
        for name, count in (("Set5", 2), ("Set14", 2), ("BSD100", 3)):
            for number in range(count):
                large = picture(number, 48, 40 if name == "BSD100" else 64)
                small = large.resize([side // 4 for side in large.size], Image.Resampling.BICUBIC)
                for kind, image in (("HR", large), ("LR", small)):
                    content = io.BytesIO()
                    image.save(content, "png")
                    member = tarfile.TarInfo(f"pictures/{name}/img_{number}_{kind}.png")
                    member.size = len(content.getvalue())
                    files.addfile(member, io.BytesIO(content.getvalue()))
    module.FLAGS(["super_resolution.py", f"--archive={archive}", "--weights=nowhere", "--side=16"])
    return module


def without_weights(script, monkeypatch):
    """Take features and distances of a small network, in the place of trained ones."""
    trunk = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(4, 3, strides=2, name="edges")])
    monkeypatch.setattr(script, "features", lambda: keras_gan.losses.Perceptual(trunk, ["edges"]))
    distance = keras_gan.metrics.Lpips(trunk, layers=["edges"])
    monkeypatch.setattr(script, "perceptual_distance", lambda: distance)


def test_each_picture_has_its_small_one(script):
    for large, small in script.pictures("Set14"):
        assert (large.shape, small.shape) == ((48, 64, 3), (12, 16, 3))
        assert np.abs(script.enlarged_bicubic(small).astype(int) - large).mean() < 5


def test_parts_are_cut_from_overlapping_patches(script):
    pairs = script.training_pairs(0)
    # Patches of 24 pixels every 12: three from top to bottom, and two from left to right.
    assert pairs.num_images == 3 * 3 * 2
    assert pairs.image_shape == {"source": (4, 4, 3), "target": (16, 16, 3)}


def test_the_true_pictures_are_perfect(script, monkeypatch):
    without_weights(script, monkeypatch)
    true = {small.tobytes(): large for large, small in script.pictures("Set5")}
    values = script.measured(lambda small: true[small.tobytes()], ["Set5"])
    assert values["Set5 psnr"] == np.inf
    assert values["Set5 ssim"] == pytest.approx(1.0)
    assert values["Set5 lpips_like"] == pytest.approx(0.0, abs=1e-7)
    # TensorFlow's filter and Pillow's differ by a level.
    assert values["consistency"] < 1.0


@pytest.mark.skipif(not REAL.exists(), reason="the pictures of the literature are not here")
def test_bicubic_has_the_values_of_the_literature(script, monkeypatch):
    """28.42 dB and 0.810 on Set5: the filter of MATLAB, whose luma and borders are the same to a hundredth."""
    without_weights(script, monkeypatch)
    monkeypatch.setattr(script, "pictures", script.pictures.__wrapped__)
    with flagsaver.flagsaver(archive=str(REAL)):
        values = script.measured(script.enlarged_bicubic, ["Set5"])
    assert values["Set5 psnr"] == pytest.approx(28.42, abs=0.02)
    assert values["Set5 ssim"] == pytest.approx(0.810, abs=0.002)


@pytest.mark.long
def test_the_table_has_a_row_for_each_end_and_runs_none_twice(script, tmp_path, monkeypatch, capsys):
    without_weights(script, monkeypatch)
    paths = {"out": str(tmp_path / "log.jsonl"), "pictures": str(tmp_path / "pictures")}
    sizes = {"pretraining_steps": 2, "game_steps": 2, "width": 2, "blocks": 1, "batch_size": 4}
    with flagsaver.flagsaver(**sizes, **paths):
        script.main(["super_resolution.py"])
        table = capsys.readouterr().out
        for name in ("bicubic", "content, seed 0", "SRGAN, seed 0", "40% of the GAN, seed 0"):
            assert f"| {name} |" in table
        monkeypatch.delattr(script, "run")
        script.main(["super_resolution.py"])
        assert capsys.readouterr().out == table
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == {"examples_0.png", "curve_0.png"}
