"""The networks of pictures from text: what they read, and their parameters."""

import keras
import numpy as np
import pytest

from keras_gan import networks


def test_the_generator_of_the_code_of_gan_cls_has_its_parameters():
    """As in main_cls.lua with ngf 128 and a text of 1,024 numbers of which 256 remain; it has no biases here."""
    generator, _ = networks.gan_cls(width=128)
    text, first = 1024 * 256 + 256, 356 * 16 * 1024
    blocks = sum(c * c // 4 + 9 * (c // 4) ** 2 + 9 * c * c // 4 for c in (1024, 512))
    ups = 16 * (1024 * 512 + 512 * 256 + 256 * 128 + 128 * 3)
    gains = 2 * (1024 + 512 + 256 + 128 + sum(c // 4 * 2 + c for c in (1024, 512)))
    trainable = sum(int(np.prod(weight.shape)) for weight in generator.trainable_weights)
    assert trainable == text + first + blocks + ups + gains


def test_conditioning_augmentation_draws_the_code_from_the_last_latents():
    sizes = {"image_shape": (8, 8, 1), "text_dim": 3, "latent_dim": 4, "width": 2, "text_width": 2}
    generator, _ = networks.gan_cls(**sizes, conditioning_augmentation=True)
    rng = np.random.default_rng(0)
    text, latents = rng.normal(size=(5, 3)).astype("float32"), rng.normal(size=(5, 6)).astype("float32")
    made = generator({"latents": latents, "text": text})
    layer = generator.get_layer("conditioning")
    # The length of the vector does not count.
    text *= np.sqrt(3 / np.square(text).sum(1, keepdims=True))
    code, mean, log_variance = layer([text, latents[:, 4:]])
    np.testing.assert_allclose(made["mean"], mean, rtol=1e-5)
    np.testing.assert_allclose(code, mean + np.exp(0.5 * log_variance) * latents[:, 4:], rtol=1e-5)
    kernel, bias = layer.get_weights()
    hidden = text @ kernel + bias
    np.testing.assert_allclose(np.concatenate([mean, log_variance], 1), np.maximum(hidden, 0.2 * hidden), atol=1e-6)
    assert keras.models.clone_model(generator).count_params() == generator.count_params()


@pytest.mark.parametrize("build", [networks.gan_cls, networks.text_editor])
def test_the_length_of_the_vector_of_a_text_does_not_count_and_its_direction_does(build):
    made, judges = build(image_shape=(8, 8, 1), text_dim=3, width=2, text_width=2)
    rng = np.random.default_rng(0)
    batch = {name: rng.normal(size=(4, *x.shape[1:])).astype("float32") for name, x in made.input.items()}
    of_scale = {scale: made({**batch, "text": scale * batch["text"]}).numpy() for scale in (1.0, 0.01, -1.0)}
    turned = np.abs(of_scale[-1.0] - of_scale[1.0]).max()
    assert np.abs(of_scale[0.01] - of_scale[1.0]).max() < 1e-3 * turned
    pair = {"images": of_scale[1.0], "text": batch["text"]}
    np.testing.assert_allclose(judges({**pair, "text": 0.01 * pair["text"]}), judges(pair), atol=1e-5)


@pytest.mark.parametrize("kind", ["gru", "bag"])
def test_what_follows_the_end_of_a_text_changes_nothing(kind):
    encoders = [networks.text_encoder(vocab_size=9, length=length, text_dim=4, kind=kind, width=3) for length in (3, 6)]
    encoders[1].set_weights(encoders[0].get_weights())
    tokens = np.array([[4, 5, 0], [8, 2, 3], [7, 0, 0]])
    short, long = encoders[0](tokens), encoders[1](np.pad(tokens, ((0, 0), (0, 3))))
    np.testing.assert_allclose(short, long, atol=1e-6)


@pytest.mark.parametrize(("kind", "knows_order"), [("gru", True), ("transformer", True), ("bag", False)])
def test_the_order_of_the_words_is_read_or_not(kind, knows_order):
    keras.utils.set_random_seed(0)
    encoder = networks.text_encoder(vocab_size=9, length=3, text_dim=4, kind=kind, width=4, blocks=1, heads=2)
    if kind == "transformer":
        # Its blocks begin as the identity.
        encoder.set_weights([w + 0.3 * np.random.default_rng(0).normal(size=w.shape) for w in encoder.get_weights()])
    one, other = encoder(np.array([[4, 5, 6], [6, 4, 5]])).numpy()
    assert (np.abs(one - other).max() > 1e-5) == knows_order


@pytest.mark.long
def test_discriminators_read_the_text_and_have_one_logit():
    sizes = {"image_shape": (8, 8, 1), "text_dim": 3, "width": 2, "text_width": 2}
    second = {"source_shape": (8, 8, 1), "scale": 1, "text_dim": 3, "width": 2, "text_width": 2, "blocks": 1}
    pairs = [networks.gan_cls(**sizes), networks.text_editor(**sizes, blocks=1), networks.stack_gan(**second)]
    pairs += [networks.gan_cls(**sizes, discriminator_normalization=kind) for kind in ("batch", None)]
    rng = np.random.default_rng(0)
    images, text = rng.uniform(-1, 1, (4, 8, 8, 1)).astype("float32"), rng.normal(size=(4, 3)).astype("float32")
    for _, judge in pairs:
        logits, others = (judge({"images": images, "text": each}).numpy() for each in (text, text[::-1]))
        assert logits.shape == (4, 1)
        assert np.abs(logits - others).max() > 0


def test_a_refiner_enlarges_by_its_scale():
    sizes = {"source_shape": (8, 12, 3), "text_dim": 3, "width": 2, "text_width": 2, "blocks": 1}
    for scale in (1, 2, 4):
        generator, judge = networks.stack_gan(scale=scale, **sizes, conditioning_augmentation=False)
        assert generator.output_shape == (None, 8 * scale, 12 * scale, 3)
        shapes = {tensor.name: tensor.shape for tensor in judge.inputs}
        assert shapes == {"images": (None, 8 * scale, 12 * scale, 3), "text": (None, 3)}
        assert {tensor.name for tensor in generator.inputs} == {"source", "text"}


@pytest.mark.parametrize(
    ("build", "options", "message"),
    [
        (networks.text_encoder, {"vocab_size": 1, "length": 2}, "vocab_size"),
        (networks.text_encoder, {"vocab_size": 9, "length": 2, "kind": "lstm"}, "kind"),
        (networks.text_encoder, {"vocab_size": 9, "length": 2, "kind": "transformer", "heads": 5}, "divide"),
        (networks.gan_cls, {"image_shape": (8, 8)}, "image_shape"),
        (networks.gan_cls, {"discriminator_normalization": "layer"}, "discriminator_normalization"),
        (networks.text_editor, {"image_shape": (10, 10, 3)}, "multiples of 4"),
        (networks.stack_gan, {"source_shape": (10, 10, 3)}, "multiples of 4"),
        (networks.stack_gan, {"scale": 3}, "scale"),
    ],
)
def test_bad_sizes_are_named(build, options, message):
    with pytest.raises(ValueError, match=message):
        build(**options)
