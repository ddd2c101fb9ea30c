"""The benchmark of the oracle: what a gain is, and what a short run prints."""

import numpy as np
import pytest
from absl.testing import flagsaver

TINY = {
    "vocab_size": 5,
    "length": 4,
    "texts": 64,
    "width": 4,
    "batch_size": 8,
    "updates": 10,
    "judge_steps": 1,
    "seqgan_steps": 1,
    "relgan_steps": 1,
    "filters": 2,
    "rollouts": 1,
    "threads": 0,
}


@pytest.fixture(scope="module")
def script(load_script):
    module = load_script("benchmarks", "text_oracle.py")
    module.FLAGS(["text_oracle.py"])
    return module


def test_a_gain_is_measured_at_the_same_diversity(script):
    curve = [(2.0, 2.2), (1.8, 2.4), (1.5, 3.0)]
    assert script.gain((1.8, 2.4), curve) == pytest.approx(0.0)
    assert script.gain((1.8, 2.3), curve) == pytest.approx(0.1)
    # Outside the curve, the nearest end counts.
    assert script.gain((1.4, 9.0), curve) == pytest.approx(0.1)
    assert script.gain((2.1, 2.0), curve) == pytest.approx(-0.1)


def test_the_best_gain_is_not_that_of_a_model_that_knows_nothing(script):
    curve = [(2.0, 2.2), (1.8, 2.4), (1.5, 3.0)]
    # Equal shares of 30 tokens have 3.4.
    assert script.best_gain([(2.1, 2.2), (1.9, 2.3), (1.0, 3.5)], curve) == pytest.approx(0.0)
    assert script.best_gain([(1.0, 3.5)], curve) == pytest.approx(0.5)


def test_one_sentence_says_whether_there_is_a_gain(script):
    curves = [[(2.0, 2.2), (1.5, 3.0)]] * 3
    better = [{"curve": [(1.9 - 0.01 * seed, 2.2)]} for seed in range(3)]
    assert script.verdict("SeqGAN", better, curves).startswith("SeqGAN: a gain. Its best gain is +0.110 nats a token")
    worse = [{"curve": [(2.1 - 0.01 * seed, 2.2)]} for seed in range(3)]
    assert script.verdict("RelGAN", worse, curves).startswith("RelGAN: no gain. Its best gain is -0.090")
    assert "no gain" in script.verdict("RelGAN", better[:1], curves[:1])


def test_the_tables_have_a_row_for_each_run_and_run_none_twice(script, tmp_path, monkeypatch, capsys):
    paths = {"out": str(tmp_path / "log.jsonl"), "pictures": str(tmp_path / "pictures")}
    with flagsaver.flagsaver(seeds=["0", "1"], **TINY, **paths):
        script.main(["text_oracle.py"])
        table = capsys.readouterr().out
        for name in ("MLE", "SeqGAN", "RelGAN"):
            assert f"| {name}, seed 1 |" in table
        assert "| 0.7 |" in table
        assert "\nSeqGAN: " in table
        oracle = script.Oracle()
        # A model that knows the distribution loses nothing.
        np.testing.assert_allclose(oracle.point(oracle._model, 1.0), oracle.entropy, rtol=0.2)
        monkeypatch.setattr(script, "run_baseline", None)
        monkeypatch.setattr(script, "run", None)
        script.main(["text_oracle.py"])
        assert capsys.readouterr().out == table
    assert (tmp_path / "pictures" / "curves.png").stat().st_size > 1000
