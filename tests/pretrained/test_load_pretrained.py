"""The trained models of the package load, are small, and draw what their names say."""

import json
import pathlib
import re

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

import keras_gan

ROOT = pathlib.Path(__file__).parents[2]
FOLDER = ROOT / "keras_gan" / "pretrained"
NAMES = keras_gan.pretrained.NAMES


@pytest.fixture(scope="module")
def models():
    """All models, each loaded once."""
    return {name: keras_gan.load_pretrained(name) for name in NAMES}


@pytest.fixture(scope="module")
def script(load_script):
    return load_script("scripts", "make_pretrained.py")


def _card(name):
    return json.loads((FOLDER / name / "model_card.json").read_text())


def test_there_is_a_recipe_for_each_and_the_documents_name_them(script):
    assert set(NAMES) == set(script.RECIPES)
    for text in (keras_gan.load_pretrained.__doc__, (ROOT / "docs" / "pretrained.md").read_text()):
        assert all(re.search(rf'["`]{name}["`]', text) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_model_is_small_and_has_its_card(name, models, script):
    assert sum(path.stat().st_size for path in (FOLDER / name).iterdir()) <= 2_000_000
    card = _card(name)
    assert card["training"]["fingerprint"] == models[name].fingerprint()
    assert card["training"]["steps"] == int(models[name].training_state.step.value)
    assert card["training"]["seeds"] == {"training": 0, "run": 0}
    assert card["further"]["trained_by"].startswith(f"python {script.RECIPES[name].command}")
    assert card["further"]["licence_of_the_data"] == script.RECIPES[name].licence


# One is enough for each day.
@pytest.mark.parametrize(
    "name", [name if name == "digits_by_class" else pytest.param(name, marks=pytest.mark.long) for name in NAMES]
)
def test_a_seed_draws_the_same_in_each_load(name, models):
    first, second = (model.generate(2, seed=7) for model in (models[name], keras_gan.load_pretrained(name)))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, models[name].generate(2, seed=8))


def _share_of_right_digits(samples, labels):
    """The share that the nearest real digits, made as small as they were once, take for the label."""
    real = load_digits()
    nearest = KNeighborsClassifier(3).fit(real.data / 8.0 - 1.0, real.target)
    height = samples.shape[1] // 8
    small = samples.reshape(len(samples), 8, height, 8, height).mean(axis=(2, 4))
    return (nearest.predict(small.reshape(len(samples), -1)) == labels).mean()


def test_digits_by_class_are_digits_of_the_class(models):
    labels = np.repeat(np.arange(10), 10)
    samples = models["digits_by_class"].generate(len(labels), labels=labels, seed=0)
    assert _share_of_right_digits(samples, labels) >= 0.9


def test_clothes_of_a_class_have_its_shape(models):
    trousers, sneakers = (models["fashion_mnist"].generate(20, labels=label, seed=0) > -0.5 for label in (1, 7))
    # Rows and columns with something in them: trousers are tall and narrow, sneakers low and wide.
    sides = [[shape.any(axis=axis).sum(axis=1).mean() for axis in (2, 1)] for shape in (trousers, sneakers)]
    assert sides[0][0] > 1.3 * sides[0][1]
    assert sides[1][1] > 1.3 * sides[1][0]


def test_the_plays_are_english(models):
    writer = models["shakespeare"]
    line = "To be, or not to be, that is the question:\nWhether 'tis nobler "
    mixed = "".join(np.random.default_rng(0).permutation(list(line)))
    likely, unlikely = writer.log_likelihood(writer.tokenizer([line, mixed])) / len(line)
    assert likely > -2.0
    assert unlikely < -3.5
    (text,) = writer.write(1, prompt="KING ", temperature=0.5, seed=0)
    assert text.startswith("KING ")


@pytest.mark.long
def test_a_model_trains_further(models):
    gan = keras_gan.load_pretrained("digits_by_class")
    before = int(gan.training_state.step.value)
    images = np.zeros((4, 16, 16, 1), "float32")
    gan.compile(run_eagerly=True)
    gan.fit((images, np.arange(4)), batch_size=4, epochs=1, verbose=0)
    assert int(gan.training_state.step.value) == before + 1
    assert gan.fingerprint() != models["digits_by_class"].fingerprint()


def test_another_name_is_an_error_that_lists_the_names():
    with pytest.raises(ValueError, match=r"one of 'digits', .*'shakespeare'\. Did you mean 'digits'.*name='digit'"):
        keras_gan.load_pretrained("digit")


def test_packing_keeps_the_average_in_eleven_bits(script, tmp_path):
    generator, discriminator = keras_gan.networks.mlp(image_shape=(4, 4, 1), latent_dim=2, width=4)
    gan = keras_gan.NonSaturatingGAN(generator, discriminator, ema_half_life=100.0, seed=3)
    gan.averaged_generator.set_weights([weight + 1 / 3 for weight in generator.get_weights()])
    small = script.packed(gan)
    for weight, wanted in zip(small.generator.get_weights(), gan.averaged_generator.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, weight.astype("float16"))
        np.testing.assert_allclose(weight, wanted, rtol=2.0**-11, atol=1e-7)
    script.write_compressed(small, tmp_path / "small.keras")
    small.save(tmp_path / "stored.keras")
    assert keras_gan.training.load_model(tmp_path / "small.keras").fingerprint() == small.fingerprint()
    assert (tmp_path / "small.keras").stat().st_size < (tmp_path / "stored.keras").stat().st_size
