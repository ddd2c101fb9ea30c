"""GAN-CLS, its second stage and its editor: their losses by hand, who is trained when, and what is drawn."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.gans._captioned import matching_loss
from keras_gan.gans.text_to_image import normal_divergence
from keras_gan.layers import Tokenizer

TOKENIZER = ("", "[UNK]", "red", "blue", "one", "two")


def sum_of(first, second, weights):
    """A layer without a bias: w0 sum(first) + w1 sum(second), one number a row."""
    parts = [keras.layers.Flatten()(each) for each in (first, second)]
    ones = [keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")(part) for part in parts]
    return weights[0] * ones[0] + weights[1] * ones[1]


@pytest.fixture
def by_hand():
    """The function that makes a model of vectors whose losses can be computed by hand.

    G(z, t) is tanh(z + t) in each of two pixels, and D(x, t) = sum(x) + 2 t.
    """

    def make(**options):
        latents, text = keras.Input((1,), name="latents"), keras.Input((1,), name="text")
        made = keras.layers.Reshape((1, 1, 1))(keras.ops.tanh(sum_of(latents, text, (1.0, 1.0))))
        outputs = {"images": made, "mean": text, "log_variance": 2.0 * text}
        images, words = keras.Input((1, 1, 1), name="images"), keras.Input((1,), name="text")
        judge = keras.Model({"images": images, "text": words}, sum_of(images, words, (1.0, 2.0)))
        gan = keras_gan.TextToImage(keras.Model({"latents": latents, "text": text}, outputs), judge, seed=0, **options)
        still = {f"{name}_optimizer": keras.optimizers.SGD(0.0) for name in gan.players}
        gan.compile(**still, run_eagerly=True)
        return gan

    return make


def softplus(x):
    return np.log1p(np.exp(x))


@pytest.mark.parametrize("weight", [0.5, 0.25, 0.0])
def test_the_losses_are_those_of_the_docstring(by_hand, weight):
    gan = by_hand(mismatch_weight=weight, interpolation_weight=0.75, kl_weight=3.0)
    rng = np.random.default_rng(0)
    x, t, wrong = (rng.uniform(-0.9, 0.9, (16, 1)).astype("float32") for _ in range(3))
    data = {"images": x[:, None, None], "captions": t, "mismatched": wrong}
    logs = gan.train_on_batch(data, return_dict=True)
    gan.training_state.step.assign(0)
    z = gan.training_state.noise().normal((16, 1)).numpy()
    mean, between = (lambda values: float(np.mean(values))), 0.5 * (t + wrong)
    fake = np.tanh(z + t) + 2 * t
    assert logs["d_loss"] == pytest.approx((1 - weight) * mean(softplus(-(x + 2 * t)) + softplus(fake)), rel=1e-5)
    expected = weight * mean(softplus(-(x + 2 * t)) + softplus(x + 2 * wrong))
    assert logs["d_text_loss"] == pytest.approx(expected, rel=1e-5)
    assert logs["g_loss"] == pytest.approx(mean(softplus(-fake)), rel=1e-5)
    expected = 0.75 * mean(softplus(-(np.tanh(z + between) + 2 * between)))
    assert logs["g_between_loss"] == pytest.approx(expected, rel=1e-5)
    # The code is N(t, e^(2 t)).
    assert logs["kl_loss"] == pytest.approx(3 * mean(0.5 * (np.exp(2 * t) + t**2 - 1 - 2 * t)), rel=1e-4)


def test_the_divergence_is_that_of_two_normal_distributions():
    mean, log_variance = tf.constant([[0.3, -1.0]]), tf.constant([[0.5, -0.7]])
    draws = np.random.default_rng(0).normal(size=(400_000, 2))
    x = mean.numpy() + np.exp(0.5 * log_variance.numpy()) * draws
    ratio = -0.5 * draws**2 - 0.5 * log_variance.numpy() + 0.5 * x**2
    assert float(normal_divergence(mean, log_variance)) == pytest.approx(ratio.mean(), abs=0.01)
    assert float(normal_divergence(tf.zeros((2, 3)), tf.zeros((2, 3)))) == 0.0


def test_the_matching_loss_is_that_of_a_softmax_without_equal_captions():
    vectors, captions = tf.eye(5)[:4], tf.constant([[1], [2], [3], [4]])
    # Of a wrong caption that is like none of the pictures, and of one that is like its picture.
    for wrong, more in ((tf.eye(5)[4:], 1.0), (vectors, np.exp(10.0))):
        expected = 0.5 * (np.log(1 + (3 + more) * np.exp(-10.0)) + np.log(1 + 3 * np.exp(-10.0)))
        found = matching_loss(5.0 * vectors, vectors, tf.repeat(wrong, 4 // len(wrong), axis=0), captions)
        assert float(found) == pytest.approx(expected, rel=1e-3)
    # The first two captions are equal: neither is a wrong answer for the other, whatever its vector.
    same, twice = tf.constant([[1], [1], [3], [4]]), tf.gather(vectors, [0, 0, 2, 3])
    others = np.array([2, 2, 3, 3])
    expected = np.mean([np.log(1 + (others + 1) * np.exp(-10.0)), np.log(1 + others * np.exp(-10.0))])
    wrong = tf.repeat(tf.eye(5)[4:], 4, axis=0)
    assert float(matching_loss(twice, twice, wrong, same)) == pytest.approx(expected, rel=1e-3)


def words(count=16):
    return np.stack([np.arange(count) % 2 + 2, np.arange(count) // 2 % 2 + 4], axis=1).astype("int32")


def small_model(kind=None, **options):
    """A model of 8x8 pictures of two words, with its encoders and its tokenizer."""
    kind = kind or keras_gan.TextToImage
    sizes = {"text_dim": 3, "width": 2, "text_width": 2}
    build = keras_gan.networks.text_editor if kind is keras_gan.TextEditor else keras_gan.networks.gan_cls
    own = {"blocks": 1} if kind is keras_gan.TextEditor else {"latent_dim": 4}
    networks = build(image_shape=(8, 8, 1), **sizes, **own)
    reads = keras_gan.networks.text_encoder(vocab_size=6, length=2, text_dim=3, kind="bag", width=2)
    sees = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(3)])
    model = kind(*networks, reads, sees, tokenizer=Tokenizer(TOKENIZER, length=2), seed=0, **options)
    model.compile(run_eagerly=True)
    return model


@pytest.fixture
def batch():
    images = np.random.default_rng(0).uniform(-1, 1, (8, 8, 8, 1)).astype("float32")
    return {"images": images, "captions": words(8), "mismatched": words(8)[::-1].copy()}


@pytest.mark.parametrize("kind", [keras_gan.TextToImage, keras_gan.TextEditor])
def test_the_encoders_are_trained_first_and_never_by_the_game(kind, batch):
    model = small_model(kind, matching_steps=1)
    encoders, players = ("text_encoder", "image_encoder"), ("generator", "discriminator")

    def changed():
        before = {name: getattr(model, name).get_weights() for name in encoders + players}
        model.train_on_batch(batch)
        after = {name: getattr(model, name).get_weights() for name in before}
        return {n for n in before if any((a != b).any() for a, b in zip(after[n], before[n], strict=True))}

    assert model.phase == "matching"
    assert changed() == set(encoders)
    assert model.phase == "game"
    assert changed() == set(players)


def test_without_an_image_encoder_there_is_one_phase_and_the_text_encoder_stays(batch):
    reads = keras_gan.networks.text_encoder(vocab_size=6, length=2, text_dim=3, kind="bag", width=2)
    networks = keras_gan.networks.gan_cls(image_shape=(8, 8, 1), text_dim=3, width=2, text_width=2, latent_dim=4)
    gan = keras_gan.TextToImage(*networks, reads, seed=0)
    gan.compile(run_eagerly=True)
    before = reads.get_weights()
    gan.train_on_batch(batch)
    assert gan.phases is None
    assert set(gan.players) == {"generator", "discriminator"}
    for now, then in zip(gan.text_encoder.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    again = keras_gan.TextToImage.from_config(gan.get_config())
    assert again.text_encoder.count_params() == reads.count_params()


def test_strings_tokens_and_vectors_of_one_text_draw_one_picture():
    gan = small_model(captions=["red one", "blue two"])
    by_text = gan.generate(text=["red one", "Blue two!"], seed=3)
    np.testing.assert_array_equal(by_text, gan.generate(tokens=[[2, 4], [3, 5]], seed=3))
    latents = gan.sampling_inputs(2, seed=3)["latents"]
    np.testing.assert_array_equal(by_text, gan.generate(text=["red one", "blue two"], latents=latents))
    text = gan.vectors_of(tf.constant([[2, 4], [3, 5]]))
    direct = gan.generator({"latents": latents, "text": text}, training=False)
    np.testing.assert_allclose(by_text, direct, atol=1e-6)
    # One text for all, and without one, those of the model.
    np.testing.assert_array_equal(gan.generate(2, text="red one", seed=3)[0], by_text[0])
    drawn = gan.sampling_inputs(40, seed=0)["tokens"].numpy()
    assert {tuple(row) for row in drawn} == {(2, 4), (3, 5)}
    np.testing.assert_array_equal(gan.generate(3, seed=5), gan.generate(3, seed=5))


def test_the_text_changes_the_picture_and_the_seed_does_too():
    gan = small_model()
    red, blue, other = (gan.generate(text=text, seed=seed) for text, seed in (("red", 0), ("blue", 0), ("red", 1)))
    assert (red != blue).any()
    assert (red != other).any()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "Say what to draw"),
        ({"text": "red", "tokens": [[2, 4]]}, "not both"),
        ({"text": []}, "at least one"),
        ({"text": 3}, "a string or a list"),
        ({"tokens": [[2, 6]]}, r"\[0, 6\)"),
        ({"tokens": [[2, 3, 4]]}, r"\('count', 2\)"),
        ({"tokens": [[0.5, 1.0]]}, "integers"),
        ({"vectors": [[0.5, 1.0, 2.0]]}, "takes no `vectors`"),
        ({"text": ["red", "blue"], "num_images": 3}, "2 rows"),
    ],
)
def test_what_cannot_be_drawn_is_named(given, message):
    with pytest.raises(ValueError, match=message):
        small_model().generate(**(given or {"num_images": 1}))


def test_unknown_words_are_warned_of():
    with pytest.warns(UserWarning, match="green"):
        small_model().generate(text=["red one", "green one"], seed=0)


def test_networks_and_encoders_that_do_not_fit_are_named():
    networks = keras_gan.networks.gan_cls(image_shape=(8, 8, 1), text_dim=3, width=2, text_width=2)
    reads = keras_gan.networks.text_encoder(vocab_size=6, length=2, text_dim=4, kind="bag")
    fits = keras_gan.networks.text_encoder(vocab_size=6, length=2, text_dim=3, kind="bag")
    cases = [
        ({"text_encoder": reads}, r"vectors \(batch, 3\)"),
        ({"text_encoder": fits, "tokenizer": Tokenizer(TOKENIZER, length=3)}, "same vocabulary and length"),
        ({"tokenizer": Tokenizer(TOKENIZER, length=2)}, "no encoder that reads"),
        ({"text_encoder": fits, "matching_steps": 5}, "Only an encoder with an `image_encoder`"),
        ({"text_encoder": fits, "image_encoder": networks[1]}, "image encoder"),
        ({"text_encoder": fits, "captions": ["red"]}, "need a `tokenizer`"),
        ({"text_encoder": fits, "captions": [[7, 1]]}, "integers"),
        ({"captions": [[0.5, 1.0]]}, "finite vectors"),
        ({"mismatch_weight": 1.5}, "mismatch_weight"),
    ]
    for options, message in cases:
        with pytest.raises(ValueError, match=message):
            keras_gan.TextToImage(*networks, **options)
    other = keras_gan.networks.gan_cls(image_shape=(8, 8, 1), text_dim=5, width=2, text_width=2)
    with pytest.raises(ValueError, match="same size"):
        keras_gan.TextToImage(networks[0], other[1])


@pytest.mark.long
def test_the_editor_sees_the_picture_and_the_wrong_words(batch):
    """Its fakes are judged with the captions that do not match, and its own caption should change nothing."""
    editor = small_model(keras_gan.TextEditor, matching_steps=0, reconstruction_weight=2.0)
    still = {f"{name}_optimizer": keras.optimizers.SGD(0.0) for name in editor.players}
    editor.compile(**still, run_eagerly=True)
    found = editor.evaluate(batch, batch_size=8, verbose=0, return_dict=True)
    wrong, own = (editor.vectors_of(tf.constant(batch[name])) for name in ("mismatched", "captions"))
    edited = editor.edit(batch["images"], tokens=batch["mismatched"])
    logits = editor.discriminator({"images": tf.constant(edited), "text": wrong}, training=False)
    assert found["g_loss"] == pytest.approx(float(np.mean(softplus(-logits.numpy()))), rel=1e-4)
    same = editor.generator({"images": tf.constant(batch["images"]), "text": own}, training=False)
    expected = 2.0 * np.abs(batch["images"] - same).mean()
    assert found["reconstruction_loss"] == pytest.approx(expected, rel=1e-4)
    with pytest.raises(ValueError, match="draws nothing by itself"):
        editor.snapshot(4, seed=0)
    images, columns = editor.snapshot(4, seed=0, inputs=batch)
    np.testing.assert_array_equal(images[1::2], edited[:2])
    assert columns in (2, 4)


@pytest.mark.long
def test_the_second_stage_draws_what_the_first_drew_larger(batch):
    first = small_model(ema_half_life=100, captions=["red one"])
    sizes = {"text_dim": 3, "width": 2, "text_width": 2, "blocks": 1, "halvings": 1}
    networks = keras_gan.networks.stack_gan(source_shape=(8, 8, 1), scale=2, **sizes)
    gan = keras_gan.StackGAN.of(first, *networks, seed=0)
    gan.compile(run_eagerly=True)
    assert gan.latent_shape == (6,)
    large = gan.generate(2, seed=3)
    assert large.shape == (2, 16, 16, 1)
    inputs = gan.sampling_inputs(2, seed=3)
    small = gan.draw_small(2, seed=3)
    np.testing.assert_allclose(small, first.generate(tokens=[2, 4], latents=inputs["latents"][:, :4]), atol=1e-6)
    text = gan.vectors_of(inputs["tokens"])
    made = networks[0](
        {"source": tf.constant(small), "text": text, "latents": inputs["latents"][:, 4:]}, training=False
    )
    np.testing.assert_allclose(large, made["images"], atol=1e-5)
    # A step trains the second stage alone, also where the first has changed since.
    kept = gan.first_generator.get_weights(), gan.text_encoder.get_weights()
    gan.train_on_batch({**batch, "images": np.repeat(np.repeat(batch["images"], 2, 1), 2, 2)})
    for before, network in zip(kept, (gan.first_generator, gan.text_encoder), strict=True):
        for now, then in zip(network.get_weights(), before, strict=True):
            np.testing.assert_array_equal(now, then)
    assert gan.first_generator is not first.generator
    with pytest.raises(ValueError, match="must be a `TextToImage`"):
        keras_gan.StackGAN.of(gan, *networks)
    with pytest.raises(ValueError, match="not trained again"):
        keras_gan.StackGAN(gan.first_generator, *networks, matching_steps=3)
