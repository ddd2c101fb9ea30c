"""The Wasserstein GAN of text: the step of WGAN-GP on rows, and texts out of rows."""

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan.layers import Tokenizer

SIZES = {"vocab_size": 5, "length": 6, "width": 4, "blocks": 1, "latent_dim": 3}


def made(gan=keras_gan.TextWGANGP, **options):
    keras.utils.set_random_seed(0)
    model = gan(*keras_gan.networks.text_wgan_gp(**SIZES), discriminator_steps=2, seed=0, **options)
    model.compile(keras.optimizers.SGD(0.05), keras.optimizers.SGD(0.05), run_eagerly=True)
    return model


def tokens(count=16):
    return np.random.default_rng(0).integers(0, 5, (count, 6), "int32")


def test_a_step_is_that_of_wgan_gp_on_rows_of_zeros_and_a_one():
    text, plain = made(), made(keras_gan.WGANGP)
    rows = np.eye(5, dtype="float32")[tokens()]
    first = text.fit({"tokens": tokens()}, batch_size=8, verbose=0, shuffle=False).history
    second = plain.fit({"images": rows}, batch_size=8, verbose=0, shuffle=False).history
    assert first == second
    for one, other in zip(text.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_text_is_the_likeliest_token_of_each_place():
    gan, latents = made(), np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    texts = gan.generate(latents=latents)
    np.testing.assert_array_equal(texts, np.argmax(gan.generator(latents), axis=-1))
    assert texts.dtype == np.int32
    np.testing.assert_array_equal(gan.generate(3, seed=1), gan.generate(3, seed=1, batch_size=2))


def test_with_a_tokenizer_nothing_follows_the_end():
    tokenizer = Tokenizer(("", "[UNK]", "a", "b", "c"), level="characters", length=6)
    plain, gan = made(), made(tokenizer=tokenizer)
    texts, whole = gan.generate(50, seed=0), plain.generate(50, seed=0)
    ended = np.cumsum(whole == 0, axis=1) > 0
    assert ended.any()
    np.testing.assert_array_equal(texts, np.where(ended, 0, whole))
    assert gan.write(50, seed=0) == [text.decode() for text in tokenizer.decode(texts).numpy()]
    assert gan.get_config()["tokenizer"]["config"]["vocabulary"] is not None


def test_bad_networks_and_data():
    with pytest.raises(ValueError, match=r"rows \(batch, length, vocab_size\)"):
        keras_gan.TextWGANGP(*keras_gan.networks.mlp(image_shape=(2,), latent_dim=2, width=2))
    with pytest.raises(ValueError, match="texts of 6 tokens, each from 0 to 4"):
        made().fit({"tokens": tokens() + 1}, batch_size=4, verbose=0)
    with pytest.raises(ValueError, match="Only a model with a tokenizer writes strings"):
        made().write(2)
