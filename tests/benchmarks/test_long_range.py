"""The benchmark of two digits that agree: its pictures, its reader, its networks and its table."""

import types

import numpy as np
import pytest
from absl.testing import flagsaver

from keras_gan.layers import SelfAttention
from keras_gan.metrics import Embedding


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module, its flags at their defaults."""
    module = load_script("benchmarks", "long_range.py")
    module.FLAGS(["long_range.py"])
    return module


def images():
    """As many images of each class as its number and one more, filled with 0.0, 0.1, ..., and a trace of their own."""
    return [
        np.stack([np.full((16, 16, 1), (label + i / 100) / 10, "float32") for i in range(label + 1)])
        for label in range(10)
    ]


def reader(halves):
    """A perfect classifier of such images."""
    return Embedding(np.zeros((len(halves), 1)), np.eye(10)[(10 * np.asarray(halves)[:, 0, 0, 0] + 1e-3).astype(int)])


def test_the_pictures_are_two_random_images_of_a_class_and_a_function_of_the_seed_and_the_step(script):
    twins = script.twins(images(), seed=1)
    batches = np.stack(list(twins.take(40)))
    assert batches.shape == (40, 64, 16, 32, 1)
    left, right = (batches[:, :, 0, column, 0].ravel() for column in (0, 31))
    classes = (10 * left + 1e-3).astype(int)
    np.testing.assert_array_equal((10 * right + 1e-3).astype(int), classes)
    np.testing.assert_allclose(np.bincount(classes) / len(classes), 0.1, atol=0.03)
    # Two draws among the ten images of the largest class.
    assert np.mean(left[classes == 9] == right[classes == 9]) == pytest.approx(0.1, abs=0.06)
    np.testing.assert_array_equal(next(iter(twins.from_step(7))), batches[7])
    assert np.any(next(iter(script.twins(images(), seed=2))) != batches[0])


def test_the_shares_of_the_same_class(script):
    pairs = [(1, 1), (2, 2), (1, 2), (3, 3)]
    pictures = np.stack([np.concatenate([images()[a][0], images()[b][0]], axis=1) for a, b in pairs])
    found = script.agreement(pictures, reader)
    # Left halves are 1, 2, 1, 3, right ones 1, 2, 2, 3.
    assert found == {"same": 0.75, "exchanged": pytest.approx((2 * 1 + 1 * 2 + 1 * 1) / 16), "smallest_class": 0.0}


def test_real_pictures_agree_and_know_all_classes(script):
    pictures = np.concatenate(list(script.twins(images(), seed=0).take(20)))
    found = script.agreement(pictures, reader)
    assert found["same"] == 1.0
    assert found["exchanged"] == pytest.approx(0.1, abs=0.01)
    assert found["smallest_class"] > 0.05


@pytest.mark.long
@pytest.mark.parametrize("side, expected", [(8, [(8, 16)] * 2), (0, [])])
def test_the_networks_with_and_without_attention(script, side, expected):
    with flagsaver.flagsaver(width=2):
        gan = script.make_gan("HingeGAN", side, 0)
    layers = gan.generator.layers + gan.discriminator.layers
    assert [layer.output.shape[1:3] for layer in layers if isinstance(layer, SelfAttention)] == expected
    rates = [float(player.learning_rate) for player in (gan.generator_optimizer, gan.discriminator_optimizer)]
    np.testing.assert_allclose(rates, (5e-4, 2e-3), rtol=1e-6)


@pytest.mark.long
def test_the_table_has_a_row_for_each_run_and_runs_none_twice(script, tmp_path, monkeypatch, capsys):
    flags = {"steps": 2, "width": 1, "samples": 70, "seeds": ["3"], "attention_sides": ["8"]}
    flags |= {"out": str(tmp_path / "log.jsonl"), "run_dir": str(tmp_path / "runs")}

    class Reader(types.SimpleNamespace):
        def __call__(self, halves):
            return Embedding(np.zeros((len(halves), 1)), np.zeros((len(halves), 10)))

    monkeypatch.setattr(script, "train_extractor", lambda dataset: Reader(accuracy=0.5, fingerprint="1"))
    with flagsaver.flagsaver(**flags):
        script.main(["long_range.py"])
        table = capsys.readouterr().out
        assert "| HingeGAN, attention at 8x16, seed 3 | 1.000 | 1.000 | 0.000 |" in table
        monkeypatch.delattr(script, "train")
        script.main(["long_range.py"])
        assert capsys.readouterr().out == table
