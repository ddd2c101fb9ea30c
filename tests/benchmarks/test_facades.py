"""The benchmark of pix2pix's losses: its pairs, and what a short run of it prints."""

import numpy as np
import pytest
from absl.testing import flagsaver


@pytest.fixture(scope="module")
def script(load_script, write_facades, tmp_path_factory):
    """The script as a module, with 406 pictures of which the left half is bright and the right half is dark."""
    module = load_script("benchmarks", "facades.py")

    def picture(number):
        pixels = np.full((32, 64, 3), number // 4, "uint8")
        pixels[:, :32] += 128
        return pixels

    archive = write_facades(tmp_path_factory.mktemp("data") / "facades.tar.gz", picture)
    module.FLAGS(["facades.py", f"--facades={archive}", "--side=16"])
    return module


def test_labels_are_on_the_right_and_no_pair_is_trained_on_and_tested(script):
    labels, photographs = script.facades()
    np.testing.assert_array_equal(photographs, labels + 128)
    held_out = next(iter(script.pairs(slice(400, None), batch_size=6).one_pass()))
    assert held_out["source"].shape == (6, 16, 16, 3)
    np.testing.assert_allclose(held_out["target"] - held_out["source"], 128 / 127.5, atol=1e-5)
    assert script.training_pairs(0).num_images == 400


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:The extractor tells the position", "ignore:.* samples against")
def test_the_table_has_a_row_for_each_way_and_runs_none_twice(script, tmp_path, monkeypatch, capsys):
    whole = script.train_extractor
    monkeypatch.setattr(script, "train_extractor", lambda images: whole(images, steps=20, cache_dir=tmp_path))
    paths = {"out": str(tmp_path / "log.jsonl"), "pictures": str(tmp_path / "pictures")}
    with flagsaver.flagsaver(steps=2, width=2, **paths):
        script.main(["facades.py"])
        table = capsys.readouterr().out
        for way in ("L1", "GAN", "L1 + GAN", "L1 + GAN, unconditional"):
            assert f"| {way}, seed 0 |" in table
        monkeypatch.delattr(script, "run")
        script.main(["facades.py"])
        assert capsys.readouterr().out == table
    assert (tmp_path / "pictures" / "l1_gan_unconditional_0.png").exists()
