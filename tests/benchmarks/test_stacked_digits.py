"""The benchmark of objectives on stacked digits: what is trained, and its table."""

import types

import numpy as np
import pytest
from absl.testing import flagsaver

from keras_gan.metrics import Embedding


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module, its flags at their defaults."""
    module = load_script("benchmarks", "stacked_digits.py")
    module.FLAGS(["stacked_digits.py", "--width=2"])
    return module


@pytest.mark.parametrize("objective", ["pairing_r1_r2", "pairing_r1", "pairing", "non_saturating_r1_r2"])
def test_the_name_of_an_objective_says_what_is_trained(script, objective):
    gan = script.make_gan(objective, 0)
    assert gan.adversarial_loss.relativistic == objective.startswith("pairing")
    assert [penalty.name for penalty in gan.penalties] == [name for name in ("r1", "r2") if f"_{name}" in objective]


@pytest.mark.long
def test_the_table_has_a_row_for_each_objective_and_seed(script, tmp_path, monkeypatch, capsys):
    class Reader(types.SimpleNamespace):
        def __call__(self, images):
            return Embedding(np.zeros((len(images), 1)), np.zeros((len(images), 10)))

    monkeypatch.setattr(script, "train_extractor", lambda _: Reader(accuracy=0.5, fingerprint="1"))
    flags = {"steps": 2, "samples": 70, "objectives": ["pairing_r1"], "seeds": ["3"]}
    with flagsaver.flagsaver(**flags, out=str(tmp_path / "log.jsonl"), run_dir=str(tmp_path / "runs")):
        script.main(["stacked_digits.py"])
        table = capsys.readouterr().out
        assert "| pairing_r1, seed 3 | 1 | 6.908 |" in table
        monkeypatch.delattr(script, "train")
        script.main(["stacked_digits.py"])
        assert capsys.readouterr().out == table
