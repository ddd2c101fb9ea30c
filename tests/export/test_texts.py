"""Exports of text: a served model writes the strings that the model writes, and refuses what makes no sense."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan import LanguageModel, TextWGANGP, export, networks
from keras_gan.layers import Tokenizer

LENGTH = 6


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.fitted(["a dog and a cat sat on the red bed"], length=LENGTH)


@pytest.fixture(scope="module")
def model(tokenizer):
    keras.utils.set_random_seed(0)
    generator, _ = networks.seqgan(vocab_size=tokenizer.vocab_size, length=LENGTH, width=8)
    # Of new weights, all tokens are nearly as likely.
    generator.set_weights([8.0 * weight for weight in generator.get_weights()])
    return LanguageModel(generator, tokenizer=tokenizer)


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    return export.save(model, tmp_path_factory.mktemp("models") / "writer", max_count=100)


def asked(count=5, seed=3, temperature=1.0, prompt=""):
    return {
        "seed": tf.constant(seed, tf.int64),
        "count": tf.constant(count),
        "temperature": tf.constant(temperature),
        "prompt": tf.constant(prompt),
    }


def test_a_server_writes_what_the_model_writes(model, folder):
    served = tf.saved_model.load(folder)
    assert set(served.signatures) == {"serving_default", "sample", "sample_text"}
    for options in ({}, {"temperature": 0.3}, {"prompt": "The cat"}, {"prompt": "a zebra", "temperature": 2.0}):
        texts = [text.decode() for text in served.signatures["sample_text"](**asked(70, **options))["texts"].numpy()]
        assert texts == model.write(70, seed=3, **options)
    assert all(text.startswith("a [UNK]") for text in texts)
    tokens = served.signatures["sample"](seed=tf.constant(3, tf.int64), count=tf.constant(4))["tokens"]
    assert tokens.dtype == tf.int32
    np.testing.assert_array_equal(tokens, model.generate(4, seed=3))


def test_the_export_takes_the_place_of_the_model(model, folder):
    exported = export.ExportedGenerator(folder)
    assert (exported.latent_shape, exported.sample_shape) == ((LENGTH,), (LENGTH,))
    np.testing.assert_array_equal(exported.generate(5, seed=2), model.generate(5, seed=2))
    assert exported.write(5, seed=2) == model.write(5, seed=2)
    options = {"prompt": "red", "temperature": 0.5}
    assert exported.write(5, seed=2, **options) == model.write(5, seed=2, **options)
    inputs = {
        "latents": np.zeros((2, LENGTH), "float32"),
        "temperatures": np.array([0.5, 1.0], "float32"),
        "prompts": np.array([[2, 3, -1, -1, -1, -1], [-1] * LENGTH], "int32"),
    }
    latents = {"latents": inputs["latents"], "temperature": [0.5, 1.0], "prompt": inputs["prompts"]}
    np.testing.assert_array_equal(exported(**inputs), model.generate(**latents))


def test_the_first_requests_fit_and_the_card_says_what_the_model_makes(folder):
    records = list(tf.data.TFRecordDataset(str(folder / "assets.extra" / "tf_serving_warmup_requests")))
    assert len(records) == 3
    text = (folder / "README.md").read_text()
    assert f"samples ({LENGTH},), int32 tokens." in text
    assert "sample_text" in text


@pytest.mark.long
def test_a_model_that_writes_texts_at_once_takes_no_prompt(tokenizer, tmp_path):
    sizes = {"vocab_size": tokenizer.vocab_size, "length": LENGTH}
    gan = TextWGANGP(*networks.text_wgan_gp(**sizes, width=4, blocks=1), tokenizer=tokenizer)
    exported = export.ExportedGenerator(export.save(gan, tmp_path))
    assert exported.write(9, seed=1) == gan.write(9, seed=1)
    with pytest.raises(ValueError, match=r"leave `prompt` and `temperature` out. Received: prompt='a'"):
        exported.write(9, prompt="a")


@pytest.mark.long
@pytest.mark.parametrize(
    "request_, message",
    [
        ({"temperature": 0.0}, "A temperature must be above 0.*Received: wrong temperatures"),
        ({"temperature": float("nan")}, "A temperature must be above 0"),
        ({"count": 101}, "may ask for 1 to 100 samples"),
        ({"seed": -1}, "must be a whole number of at least 0"),
    ],
)
def test_a_server_refuses_what_makes_no_sense(folder, request_, message):
    served = tf.saved_model.load(folder)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        served.signatures["sample_text"](**asked(**request_))


@pytest.mark.long
@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"temperatures": [1.0, -1.0]}, "A temperature must be above 0"),
        ({"temperatures": [1.0]}, "Give as many temperatures as latents"),
        ({"prompts": np.full((2, LENGTH), 99, "int32")}, "Prompts must be tokens from 0 to 10, and -1"),
        ({"latents": np.full((2, LENGTH), np.nan, "float32")}, "The latents hold NaN or infinity"),
    ],
)
def test_wrong_inputs_are_refused(folder, wrong, message):
    served = tf.saved_model.load(folder)
    good = {"latents": np.zeros((2, LENGTH)), "temperatures": np.ones(2), "prompts": np.full((2, LENGTH), -1)}
    types = {"latents": tf.float32, "temperatures": tf.float32, "prompts": tf.int32}
    inputs = {name: tf.constant(value, types[name]) for name, value in (good | wrong).items()}
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        served.signatures["serving_default"](**inputs)


@pytest.mark.long
def test_a_model_without_a_tokenizer_writes_no_strings(tmp_path):
    generator, _ = networks.seqgan(vocab_size=5, length=LENGTH, width=4)
    exported = export.ExportedGenerator(export.save(LanguageModel(generator), tmp_path))
    with pytest.raises(ValueError, match=r"only a model with a tokenizer does.*Received: num_texts=2"):
        exported.write(2)
    with pytest.raises(ValueError, match="`prompt` must be a string"):
        export._texts.written(lambda: None, 2, seed=0, temperature=1.0, prompt=None)
