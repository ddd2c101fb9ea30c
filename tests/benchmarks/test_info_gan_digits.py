"""The benchmark of InfoGAN: what it measures, and its table."""

import numpy as np
import pytest
from absl.testing import flagsaver


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module, its flags at their defaults."""
    module = load_script("benchmarks", "info_gan_digits.py")
    module.FLAGS(["info_gan_digits.py"])
    return module


def strokes(slants):
    """Images of one stroke each, `slant` columns to the right per row."""
    rows, columns = np.meshgrid(np.arange(16), np.arange(16), indexing="ij")
    lines = [np.exp(-((columns - 7.5 - slant * (rows - 7.5)) ** 2)) for slant in slants]
    return 2.0 * np.stack(lines)[..., np.newaxis] - 1.0


def test_the_slant_of_strokes(script):
    slants = np.array([-0.3, 0.0, 0.2])
    found, widths = script.shapes(strokes(slants))
    np.testing.assert_allclose(found, slants, atol=0.01)
    assert widths[1] < widths[2] < widths[0]


def test_a_correlation_is_one_within_the_categories(script):
    rng = np.random.default_rng(0)
    categories, codes = np.arange(200) % 2, rng.uniform(-1, 1, (200, 2))
    # The categories differ by far more than a code changes.
    assert script.correlation(100.0 * categories - codes[:, 1], codes, categories) == pytest.approx(1.0, abs=0.02)
    assert script.correlation(rng.normal(size=200), codes, categories) < 0.25
    assert script.correlation(100.0 * categories, codes, categories) == 0.0


@pytest.mark.long
def test_the_table_has_a_row_for_each_run_and_is_printed_again_without_training(script, tmp_path, monkeypatch, capsys):
    flags = {"steps": 2, "samples": 20, "seeds": ["3"], "out": str(tmp_path / "log.jsonl")}
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(script, "SIZES", {"latent_dim": 2, "width": 2, "units": 4})
    with flagsaver.flagsaver(**flags):
        script.main(["info_gan_digits.py"])
        table = capsys.readouterr().out
        for name in ("k-means", "InfoGAN", "lambda = 0 for the generator", "lambda = 0"):
            assert f"| {name}, seed 3 | " in table
        monkeypatch.delattr(script, "train")
        script.main(["info_gan_digits.py"])
        assert capsys.readouterr().out == table
