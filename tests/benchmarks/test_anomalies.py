"""The benchmark of detectors: what they are trained on, baselines that work, and what a short run of it prints."""

import numpy as np
import pytest
from absl import app
from absl.testing import flagsaver

from keras_gan.metrics import auroc


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module, its flags at their defaults."""
    module = load_script("benchmarks", "anomalies.py")
    module.FLAGS(["anomalies.py"])
    return module


def test_digits_are_split_and_labelled(script):
    (known, classes), (asked, asked_classes) = script.images("train"), script.images("test")
    assert known.shape[1:] == asked.shape[1:] == (8, 8, 1)
    assert len(known) == len(classes) > 3 * len(asked) == 3 * len(asked_classes)
    assert set(classes) == set(asked_classes) == set(range(10))
    assert (known.min(), known.max()) == (-1.0, 1.0)


@pytest.mark.parametrize("detector", ["PCA", "nearest neighbours", "isolation forest"])
def test_baselines_score_what_is_far_away_higher(script, detector):
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(3, 4, 4, 1))
    known, near = (np.tensordot(0.2 * rng.normal(size=(count, 3)), directions, 1) for count in (100, 20))
    far = rng.uniform(-1, 1, (20, 4, 4, 1))
    with flagsaver.flagsaver(latent_dim=3):
        scores = script.DETECTORS[detector](known, np.concatenate([near, far]), seed=0)
    assert auroc(scores, np.arange(40) >= 20) > 0.95


@pytest.mark.long
@pytest.mark.parametrize("detector", ["f-AnoGAN", "GANomaly", "BiGAN", "VAE"])
def test_every_detector_learns(script, detector):
    """One that is broken may well be worse than chance, and nobody notices: a port of GANomaly was published so."""
    with flagsaver.flagsaver(steps=800):
        low, _ = script.run(detector, 8, 0)["auroc"][1:]
    assert low > 0.6


def test_a_detector_that_diverges_is_logged_as_such(script, monkeypatch):
    monkeypatch.setitem(script.DETECTORS, "PCA", lambda known, asked, seed: np.full(len(asked), np.nan))
    result = script.run("PCA", 0, 0)
    assert np.isnan(result["auroc"]).all()
    assert "nan" in script.row("PCA", [result])


def test_an_unknown_detector_is_an_error(script):
    with (
        flagsaver.flagsaver(detectors=["SVM"]),
        pytest.raises(app.UsageError, match="Choose --detectors from f-AnoGAN"),
    ):
        script.main(["anomalies.py"])


@pytest.mark.long
@pytest.mark.parametrize("data", ["digits", "noise"])
def test_the_table_has_a_row_for_each_detector_and_runs_none_twice(
    script, data, tmp_path, write_noise, monkeypatch, capsys
):
    if data == "noise":
        data = str(tmp_path / "mnist")
        write_noise(tmp_path / "mnist")
    script.images.cache_clear()
    small = {"steps": 2, "batch_size": 4, "width": 2, "latent_dim": 2, "classes": ["3"]}
    with flagsaver.flagsaver(data=data, out=str(tmp_path / "log.jsonl"), **small):
        script.main(["anomalies.py"])
        table = capsys.readouterr().out
        for detector in script.DETECTORS:
            assert f"| {detector}, seed 0 | 0." in table
        monkeypatch.setattr(script, "run", lambda *_: pytest.fail("it was run again"))
        script.main(["anomalies.py"])
        assert capsys.readouterr().out == table
