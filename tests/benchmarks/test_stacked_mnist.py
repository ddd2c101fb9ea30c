"""The benchmark of stacked digits: its pictures, its reader and its table."""

import types

import numpy as np
import pytest
from absl.testing import flagsaver

from keras_gan.metrics import Embedding


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module, its flags at their defaults, with scikit-learn's digits."""
    module = load_script("benchmarks", "stacked_mnist.py")
    module.FLAGS(["stacked_mnist.py", "--mnist_dir="])
    return module


def reader(images):
    """A perfect classifier of grey images that are filled with the number of their class."""
    digits = np.rint(10 * np.asarray(images)[:, 0, 0, 0]).astype(int)
    return Embedding(np.zeros((len(digits), 1)), np.eye(10)[digits])


def numbers(count=10):
    """Images filled with 0.0, 0.1, ..."""
    return np.broadcast_to(np.arange(count, dtype="float32")[:, None, None] / 10, (count, 28, 28))


def test_the_stacks_are_three_random_images_and_a_function_of_the_seed_and_the_step(script):
    stacks = script.stacks(numbers(), seed=1)
    batches = np.stack(list(stacks.take(40)))
    assert batches.shape == (40, 64, 28, 28, 3)
    digits = batches[:, :, 0, 0].reshape(-1, 3)
    # Independent of each other, and uniform.
    np.testing.assert_allclose(np.corrcoef(digits, rowvar=False), np.eye(3), atol=0.1)
    np.testing.assert_allclose(np.bincount((10 * digits[:, 0]).round().astype(int)) / len(digits), 0.1, atol=0.03)
    np.testing.assert_array_equal(next(iter(stacks.from_step(7))), batches[7])
    assert np.any(next(iter(script.stacks(numbers(), seed=2))) != batches[0])


def test_the_three_digits_are_the_mode(script):
    stack = np.stack([numbers()[[7, 7, 7]], numbers()[[0, 0, 1]], numbers()[[3, 3, 3]]], axis=-1)
    found = script.coverage([stack], reader, 3)
    # 703 twice and 713 once.
    assert found["num_modes"] == 2
    assert found["kl"] == pytest.approx(np.log(1000) - np.log(3) + 2 / 3 * np.log(2))
    assert found["kl_floor"] == pytest.approx(999 / 6)


def test_uniform_stacks_reach_all_modes(script):
    found = script.coverage(script.stacks(numbers(), seed=0).take(407), reader, 26000)
    assert found["num_modes"] == 1000
    assert found["kl"] == pytest.approx(found["kl_floor"], rel=0.2)


@pytest.mark.long
def test_the_table_has_a_row_for_each_run_and_marks_those_outside_the_protocol(script, tmp_path, monkeypatch, capsys):
    classifier = types.SimpleNamespace(accuracy=0.5, fingerprint="1")
    flags = {"steps": 2, "width": 2, "samples": 70, "gans": ["LSGAN"], "seeds": ["3"]}
    flags |= {"out": str(tmp_path / "log.jsonl"), "run_dir": str(tmp_path / "runs")}

    class Reader(types.SimpleNamespace):
        def __call__(self, images):
            return Embedding(np.zeros((len(images), 1)), np.zeros((len(images), 10)))

    monkeypatch.setattr(script, "train_extractor", lambda dataset: Reader(**vars(classifier)))
    with flagsaver.flagsaver(**flags):
        script.main(["stacked_mnist.py"])
        table = capsys.readouterr().out
        assert "| LSGAN, seed 3, width 2, steps 2, samples 70 | 1 | 6.91 |" in table
        assert "| VEEGAN, published | 150 | 2.95 | 0.019 |" in table
        monkeypatch.delattr(script, "train")
        script.main(["stacked_mnist.py"])
        assert capsys.readouterr().out == table


def test_the_networks_of_the_protocol(script):
    gan = script.make_gan("NonSaturatingGAN", 0)
    # Dense, four transposed convolutions with kernels of 5, and batch normalisation of all but the last.
    kernels = 100 * 2 * 2 * 512 + 25 * (512 * 256 + 256 * 128 + 128 * 64 + 64 * 3)
    assert sum(np.prod(v.shape) for v in gan.generator.trainable_variables) == kernels + 2 * (512 + 256 + 128 + 64)
    assert gan.latent_shape == (100,)
