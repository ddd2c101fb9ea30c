"""The benchmark of the Gaussians: its mixtures, its data and its table."""

import re

import numpy as np
import pytest
from absl.testing import flagsaver

from keras_gan.metrics import mode_coverage


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module, its flags at their defaults."""
    module = load_script("benchmarks", "gaussians.py")
    module.FLAGS(["gaussians.py"])
    return module


@pytest.mark.parametrize(
    "name, num_modes, spacing", [("ring", 8, 2 * np.sin(np.pi / 8) / 0.01), ("grid", 25, 2 / 0.05)]
)
def test_the_mixtures_are_the_published_ones_but_for_their_scale(script, name, num_modes, spacing):
    mixture = script.MIXTURES[name]()
    assert len(np.unique(mixture.centres.round(6), axis=0)) == num_modes
    distances = np.linalg.norm(mixture.centres[:, None] - mixture.centres, axis=-1)
    nearest = np.sort(distances, axis=1)[:, 1]
    np.testing.assert_allclose(nearest / mixture.standard_deviation, spacing)
    # With some distance from the limits of the tanh.
    assert np.abs(mixture.centres).max() == pytest.approx(0.8)


def test_the_data_are_the_mixture_and_a_function_of_the_seed(script):
    mixture = script.grid()
    first, again, other = (np.stack(list(script.stream(mixture, seed).take(70))) for seed in (0, 0, 1))
    assert first.shape == (70, 256, 2)
    np.testing.assert_array_equal(first, again)
    # Different points with another seed, and in the second chunk: as complex numbers, none occurs twice.
    points, others = (batches.astype(np.float64).view(np.complex128).ravel() for batches in (first, other))
    assert len(np.unique(np.concatenate([points, others]))) == len(points) + len(others)
    found = mode_coverage(first.reshape(-1, 2), mixture.centres, mixture.standard_deviation)
    assert found == (25, pytest.approx(1 - np.exp(-4.5), abs=0.004), pytest.approx(0, abs=0.005))


@pytest.mark.long
def test_the_table_has_a_row_for_each_run_and_is_printed_again_without_training(script, tmp_path, monkeypatch, capsys):
    with flagsaver.flagsaver(steps=4, gans=["LSGAN"], data=["ring"], seeds=["3"], out=str(tmp_path / "log.jsonl")):
        script.main(["gaussians.py"])
        table = capsys.readouterr().out
        assert "| ring, 4 steps | modes of 8 |" in table
        assert re.search(r"\| the data \| 8 \| 9[89]\.\d% \| 0\.00", table)
        assert "| LSGAN, seed 3 | " in table
        assert table.count("published") == len(script.PUBLISHED)
        monkeypatch.delattr(script, "train")
        script.main(["gaussians.py"])
        assert capsys.readouterr().out == table


@pytest.mark.parametrize(
    "name", ["NonSaturatingGAN", "LSGAN", "HingeGAN", "WGAN", "WGANGP", "RelativisticGAN", "R3GAN"]
)
def test_every_gan_of_the_table_is_built_after_its_recipe(script, name):
    recipe = script.recipe_of(name, "grid")
    gan = script.make_gan(name, recipe, 0, steps=100, steps_per_execution=1)
    assert type(gan).__name__ == name
    assert gan.sample_shape == (2,)
    assert float(gan.generator_optimizer.learning_rate) == pytest.approx(recipe.learning_rate)
    gamma = recipe.options.get("gamma")
    expected = [("R1", gamma), ("R2", gamma)] if gamma else [recipe.penalty] if recipe.penalty else []
    assert [(type(penalty).__name__, penalty.weight) for penalty in gan.penalties] == expected
    normalized = any(type(layer).__name__ == "SpectralNormalization" for layer in gan.discriminator.layers)
    assert normalized == (name == "HingeGAN")
