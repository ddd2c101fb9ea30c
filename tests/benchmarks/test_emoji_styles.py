"""The benchmark of two styles of emoji: its data, its cheap translations and its probe of hidden signals."""

import io
import tarfile

import numpy as np
import pytest
from absl.testing import flagsaver
from PIL import Image


@pytest.fixture(scope="module")
def script(load_script, tmp_path_factory):
    """The script as a module, with 310 emoji; those of the second style are brighter by 100."""
    module = load_script("benchmarks", "emoji_styles.py")
    archive = tmp_path_factory.mktemp("data") / "emoji.tar.gz"
    with tarfile.open(archive, "w:gz") as files:
        for style, brightness in (("google", 0), ("twitter", 100)):
            for number in range(310):
                pixels = np.full((64, 64, 4), 255, "uint8")
                pixels[..., :3] = number // 3 + brightness
                content = io.BytesIO()
                Image.fromarray(pixels).save(content, "png")
                member = tarfile.TarInfo(f"emoji/{style}/{number:03}.png")
                member.size = len(content.getvalue())
                files.addfile(member, io.BytesIO(content.getvalue()))
    module.FLAGS(["emoji_styles.py", f"--emoji={archive}"])
    return module


def test_only_pix2pix_sees_pairs_and_no_held_out_emoji_is_trained_on(script):
    google, twitter = script.emoji()
    np.testing.assert_array_equal(twitter[..., :3], google[..., :3] + 100)
    batch = next(iter(script.training_data("Pix2Pix", 0)))
    np.testing.assert_allclose(batch["target"][..., :3] - batch["source"][..., :3], 100 / 127.5, atol=1e-5)
    unpaired = script.training_data("CycleGAN", 0)
    assert unpaired.num_images == {"source": 5, "target": 5}
    rows = {tuple(row) for row in google[script.HELD_OUT :, 0, 0]}
    assert {tuple(row) for row in google[: script.HELD_OUT, 0, 0]} | rows == {tuple(row) for row in google[:, 0, 0]}


def test_what_is_transparent_is_white(script):
    image = np.uint8([[[9, 9, 9, 0], [9, 9, 9, 1]]])
    assert script.whitened(image).tolist() == [[[255, 255, 255, 0], [9, 9, 9, 1]]]


def test_the_mean_colour_is_moved(script):
    rng = np.random.default_rng(0)
    images, others = rng.uniform(-0.4, 0.0, (3, 8, 8, 4)), rng.uniform(0.2, 0.4, (5, 8, 8, 4))
    moved = script.with_mean_of(images, others)
    np.testing.assert_allclose(moved.mean(axis=(0, 1, 2)), others.mean(axis=(0, 1, 2)))
    np.testing.assert_allclose(moved - moved[:1], images - images[:1])


def test_a_signal_that_is_hidden_below_8_bits_is_found(script):
    class Hiding:
        """Draws all images grey, with the image itself in faint differences from it."""

        def translate(self, images, to="target"):
            return 1e-4 * images if to == "target" else np.clip(1e4 * images, -1.0, 1.0)

    images = np.random.default_rng(0).uniform(-1, 1, (4, 8, 8, 4)).astype("float32")
    found = script.hidden(Hiding(), images)
    assert found["cycle"] < 1e-3
    assert found["disturbed_cycle"] > 0.5


@pytest.mark.long
def test_the_tables_have_a_row_for_each_way_and_run_none_twice(script, tmp_path, monkeypatch, capsys):
    flags = {"steps": 1, "batch_size": 2, "width": 2}
    flags |= {"out": str(tmp_path / "log.jsonl"), "pictures": str(tmp_path / "pictures")}
    with flagsaver.flagsaver(**flags):
        script.main(["emoji_styles.py"])
        tables = capsys.readouterr().out
        assert tables.count("| Pix2Pix, seed 0 |") == 1
        for way in ("CycleGAN", "CycleGAN, no cycle", "CycleGAN, no pool"):
            assert tables.count(f"| {way}, seed 0 |") == 2
        monkeypatch.delattr(script, "run")
        script.main(["emoji_styles.py"])
        assert capsys.readouterr().out == tables
