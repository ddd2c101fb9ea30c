"""The exports of models that take texts: strings in, PNG files out, with the tokens made in the graph."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.layers import Tokenizer


def small_model(kind, tokenizer=True, **options):
    sizes = {"image_shape": (8, 8, 3), "text_dim": 3, "width": 2, "text_width": 2}
    build = keras_gan.networks.text_editor if kind is keras_gan.TextEditor else keras_gan.networks.gan_cls
    own = {"blocks": 1} if kind is keras_gan.TextEditor else {"latent_dim": 4}
    keras.utils.set_random_seed(0)
    networks = build(**sizes, **own)
    for network in networks:
        # So that pictures differ visibly.
        network.set_weights([8.0 * weight if weight.ndim > 1 else weight for weight in network.get_weights()])
    reads = keras_gan.networks.text_encoder(vocab_size=6, length=2, text_dim=3, kind="bag", width=2)
    words = Tokenizer(("", "[UNK]", "red", "blue", "one", "two"), length=2) if tokenizer else None
    model = kind(*networks, reads, tokenizer=words, seed=0, **options)
    # Before the first step, averages follow the networks, also in the statistics that an export computes.
    model.training_state.step.assign(1)
    return model


def served(model, directory):
    folder = keras_gan.export.save(model, directory)
    return tf.saved_model.load(str(folder)).signatures, folder


def pixels(images):
    return np.rint((images + 1) * 127.5)


@pytest.mark.long
def test_a_server_draws_what_the_strings_say(tmp_path):
    gan = small_model(keras_gan.TextToImage, captions=["red one"], ema_half_life=10)
    signatures, folder = served(gan, tmp_path)
    assert set(signatures) == {"serving_default", "sample", "sample_png"}
    texts = ["red one", "Blue two!", "red two"]
    expected = gan.generate(text=texts, seed=3)
    assert np.abs(expected[0] - expected[1]).max() > 0.01
    asked = {"seed": tf.constant(3, tf.int64), "text": tf.constant(texts)}
    np.testing.assert_allclose(signatures["sample"](**asked)["images"], expected, atol=1e-5)
    files = signatures["sample_png"](**asked)["png_bytes"].numpy()
    drawn = np.stack([tf.io.decode_png(file) for file in files])
    np.testing.assert_allclose(drawn, pixels(expected), atol=1)
    inputs = gan.sampling_inputs(text=texts, seed=3)
    np.testing.assert_allclose(signatures["serving_default"](**inputs)["images"], expected, atol=1e-5)
    assert (folder / "sample_grid.png").exists()
    with pytest.raises(tf.errors.InvalidArgumentError, match="from 0 to 5"):
        signatures["serving_default"](**{**inputs, "tokens": tf.constant([[2, 6]] * 3)})
    with pytest.raises(tf.errors.InvalidArgumentError, match="a text for each"):
        signatures["serving_default"](**{**inputs, "tokens": inputs["tokens"][:2]})
    with pytest.raises(tf.errors.InvalidArgumentError, match="1 to 256 texts"):
        signatures["sample_png"](seed=asked["seed"], text=tf.constant([], tf.string))


@pytest.mark.long
def test_without_captions_and_tokenizer_tokens_are_sent(tmp_path):
    gan = small_model(keras_gan.TextToImage, tokenizer=False, ema_half_life=10)
    signatures, folder = served(gan, tmp_path)
    made = signatures["sample"](seed=tf.constant(1, tf.int64), tokens=tf.constant([[2, 4], [3, 0]]))["images"]
    np.testing.assert_allclose(made, gan.generate(tokens=[[2, 4], [3, 0]], seed=1), atol=1e-5)
    assert not (folder / "sample_grid.png").exists()


@pytest.mark.long
def test_a_server_edits_files_as_the_strings_say(tmp_path):
    editor = small_model(keras_gan.TextEditor)
    signatures, _ = served(editor, tmp_path)
    assert set(signatures) == {"serving_default", "edit_png"}
    given = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), np.uint8)
    texts = ["red one", "blue"]
    expected = editor.edit(given.astype("float32") / 127.5 - 1, text=texts)
    files = tf.constant([tf.io.encode_png(picture).numpy() for picture in given])
    made = signatures["edit_png"](image_bytes=files, text=tf.constant(texts))["png_bytes"].numpy()
    np.testing.assert_allclose(np.stack([tf.io.decode_png(file) for file in made]), pixels(expected), atol=1)
    large = tf.constant([tf.io.encode_png(np.zeros((9, 8, 3), np.uint8)).numpy()])
    with pytest.raises(tf.errors.InvalidArgumentError, match="height 8 and width 8"):
        signatures["edit_png"](image_bytes=large, text=tf.constant(texts[:1]))
    with pytest.raises(ValueError, match="image_type"):
        keras_gan.export.save(editor, tmp_path, image_type="uint8")
