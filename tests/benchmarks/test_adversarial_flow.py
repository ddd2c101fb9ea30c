"""The benchmark of adversarial flows: its data, its measures and its table."""

import numpy as np
import pytest
import scipy.stats
from absl.testing import flagsaver


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module, its flags at their defaults."""
    module = load_script("benchmarks", "adversarial_flow.py")
    module.FLAGS(["adversarial_flow.py"])
    return module


def test_the_line_is_its_mixture_and_a_function_of_the_seed(script):
    first, again, other = (np.concatenate(list(script.line(seed).take(100)))[:, 0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    modes = np.argmin(np.abs(first[:, None] - script.LINE["centres"]), axis=1)
    np.testing.assert_allclose(np.bincount(modes) / len(modes), script.LINE["shares"], atol=0.01)
    spread = first - np.array(script.LINE["centres"])[modes]
    assert spread.std() == pytest.approx(script.LINE["standard_deviation"], rel=0.02)


def test_the_best_map_has_the_best_measures_and_its_mirror_image_the_worst(script):
    latents = np.random.default_rng(0).permutation(scipy.stats.norm.ppf((np.arange(1000) + 0.5) / 1000))
    points = np.sort(np.concatenate(list(script.line(5).take(100)))[:, 0])
    best = np.quantile(points, scipy.stats.norm.cdf(latents))
    found = script.measure_map(latents, best)
    assert found["spearman"] == pytest.approx(1)
    assert found["rising"] == 1
    assert found["distance"] < 0.04
    assert found["good"] == pytest.approx(0.9973, abs=0.004)
    mirrored = script.measure_map(-latents, best)
    assert mirrored["spearman"] == pytest.approx(-1)
    assert mirrored["rising"] < 0.01
    assert mirrored["distance"] > 0.5


@pytest.mark.long
def test_the_tables_have_a_row_for_each_run(script, tmp_path, capsys):
    with flagsaver.flagsaver(steps=4, gans=["AdversarialFlow"], seeds=["3"], out=str(tmp_path / "log.jsonl")):
        script.main(["adversarial_flow.py"])
    table = capsys.readouterr().out
    for row in ("with transport, seed 3", "without, seed 3", "AdversarialFlow, seed 3"):
        assert f"| {row} | " in table
