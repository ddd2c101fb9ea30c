"""The benchmark of inpainting: its photographs, the smooth surfaces, and what a short run of it prints."""

import numpy as np
import pytest
from absl.testing import flagsaver


@pytest.fixture(scope="module")
def script(load_script, write_facades, tmp_path_factory):
    """The script as a module, with 406 pictures of which the left half is a ramp of its own brightness."""
    module = load_script("benchmarks", "inpainting.py")
    ramp = np.linspace(0, 100, 32)[:, None, None]

    def picture(number):
        pixels = np.zeros((32, 64, 3), "uint8")
        pixels[:, :32] = ramp + number // 4
        return pixels

    archive = write_facades(tmp_path_factory.mktemp("data") / "facades.tar.gz", picture)
    module.FLAGS(["inpainting.py", f"--facades={archive}", "--side=16"])
    return module


def test_no_photograph_is_trained_on_and_tested(script):
    assert script.photographs().shape == (406, 32, 32, 3)
    assert script.whole(slice(400, None)).shape == (6, 16, 16, 3)
    assert script.training_data(0).num_images == 400


def _surface(function):
    y, x = np.mgrid[0:12, 0:14] / 12.0 - 0.5
    return np.stack([function(y, x), function(x, y)], axis=-1)[None].astype("float32")


def _mask(top, left):
    mask = np.zeros((1, 12, 14, 1), "float32")
    mask[:, top : top + 4, left : left + 5] = 1.0
    return mask


@pytest.mark.parametrize(
    "order, function", [(1, lambda y, x: x * y + 0.3 * x - 0.2), (2, lambda y, x: x**3 - x * y**2 + y**2)]
)
def test_surfaces_without_a_laplacian_are_continued_as_they_are(script, order, function):
    truth, mask = _surface(function), _mask(3, 4)
    holes = np.where(mask, 0.9, truth).astype("float32")
    np.testing.assert_allclose(script.smooth(holes, mask, order), truth, atol=1e-5)


def test_holes_at_the_edge_are_filled_and_known_pixels_are_untouched(script):
    truth, mask = _surface(lambda y, x: x + y), _mask(0, 0)
    known = np.broadcast_to(mask == 0.0, truth.shape)
    for filled in (script.smooth(truth, mask, 2), script.smooth(truth, mask, 1), script.mean_colours(truth, mask)):
        np.testing.assert_array_equal(filled[known], truth[known])
    colour = truth[0][mask[0, ..., 0] == 0.0].mean(axis=0)
    np.testing.assert_allclose(script.mean_colours(truth, mask)[0, 0, 0], colour, rtol=1e-5)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:The extractor tells the position", "ignore:.* samples against")
def test_the_tables_have_a_row_for_each_way_and_run_none_twice(script, tmp_path, monkeypatch, capsys):
    whole = script.train_extractor
    monkeypatch.setattr(script, "train_extractor", lambda images: whole(images, steps=20, cache_dir=tmp_path))
    paths = {"out": str(tmp_path / "log.jsonl"), "pictures": str(tmp_path / "pictures")}
    with flagsaver.flagsaver(steps=2, gated_steps=1, width=4, **paths):
        script.main(["inpainting.py"])
        table = capsys.readouterr().out
        for way in script.WAYS:
            assert f"| {way.partition(': ')[2]}, seed 0 |" in table
        monkeypatch.delattr(script, "run")
        script.main(["inpainting.py"])
        assert capsys.readouterr().out == table
    assert (tmp_path / "pictures" / "anywhere_gated_l1_gan_0.png").exists()


def test_an_unknown_way_is_named(script):
    with flagsaver.flagsaver(ways=["L3"]), pytest.raises(script.app.UsageError, match=r"--ways must be some of .*L3"):
        script.main(["inpainting.py"])
