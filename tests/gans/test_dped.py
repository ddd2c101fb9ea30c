"""DPED: each loss against its formula, what the discriminator sees, and bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import losses, networks
from keras_gan.gans.dped import Luma, colour_distance

SHAPE = (8, 8, 3)
RNG = np.random.default_rng(0)


def trunk():
    return keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(3, 3, name="edges")])


def judge(channels=1):
    return networks.patch_discriminator(image_shape=(8, 8, channels), width=2, layers=1)


def make(discriminator=None, *, source=3, **options):
    keras.utils.set_random_seed(0)
    generator = [keras.Input((8, 8, source)), keras.layers.Conv2D(3, 3, padding="same", activation="tanh")]
    return keras_gan.DPED(keras.Sequential(generator), discriminator or judge(), **{"seed": 3} | options)


def compiled(model):
    rates = {f"{name}_optimizer": keras.optimizers.SGD(0.01) for name in model.players}
    model.compile(**rates, run_eagerly=True)
    return model


def pairs(count, source=3):
    return {
        name: RNG.uniform(-1, 1, (count, 8, 8, channels)).astype("float32")
        for name, channels in (("source", source), ("target", 3))
    }


def grey(images):
    return np.asarray(images) @ np.array([[0.299], [0.587], [0.114]], "float32")


def test_the_step_is_the_textbook_algorithm():
    content = losses.Perceptual(trunk(), ["edges"], distance="squared")
    own = judge()
    model = compiled(make(own, content=content, content_weight=3.0, colour_weight=7.0, variation_weight=0.5))
    batch = pairs(2)
    x, y = tf.constant(batch["source"]), tf.constant(batch["target"])
    made = model.generator(x)
    real, fake = own(grey(y)), own(grey(made))
    edges = content.network.get_layer("edges")
    expected = {
        "d_loss": 0.5 * np.mean(np.log1p(np.exp(-real)) + np.log1p(np.exp(fake))),
        "content_loss": 3.0 * np.mean((edges(y) - edges(made)) ** 2),
        "colour_loss": 7.0 * float(colour_distance(y, made)),
        "variation_loss": 0.5 * sum(np.mean(np.diff(made, axis=axis) ** 2) for axis in (1, 2)),
    }
    logs = model.train_on_batch(batch, return_dict=True)
    # The generator is judged after the discriminator's step.
    expected["g_loss"] = np.mean(np.log1p(np.exp(-own(grey(made)))))
    assert logs == pytest.approx(expected, rel=1e-4)


def test_the_weights_have_the_ratios_of_the_published_code():
    # There: the texture's sum over 50 pictures times 1, the content's mean times 10, half the colours' sum over 100x100
    # pixels times 0.5, the variation's mean times 2000; and a square in [0, 1] is a fourth of one in [-1, 1].
    model = make()
    published = {"content": 10 / 50, "colour": 0.5 * 100 * 100 * 3 / 2 / 4 / 50, "variation": 2000 / 4 / 50}
    assert {name: getattr(model, f"{name}_weight") for name in published} == pytest.approx(published)


def test_the_colours_are_compared_after_a_gaussian_blur():
    x, y = RNG.uniform(-1, 1, (2, 1, 24, 26, 3))
    offsets = np.arange(-10, 11)
    window = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * 3.0**2))
    padded = np.pad(x - y, ((0, 0), (10, 10), (10, 10), (0, 0)))
    blurred = [
        (window[..., None] * padded[0, i : i + 21, j : j + 21]).sum((0, 1)) / window.sum()
        for i in range(24)
        for j in range(26)
    ]
    assert float(colour_distance(x, y)) == pytest.approx(np.mean(np.square(blurred)), rel=1e-4)


def test_the_discriminator_of_grey_pictures_is_blind_for_colours_alone():
    model = make()
    red, grey_of_red = np.zeros((1, *SHAPE), "float32"), np.full((1, *SHAPE), 0.299, "float32")
    red[..., 0] = 1.0
    logits = [model.critic({"images": tf.constant(images)}).logits for images in (red, grey_of_red)]
    np.testing.assert_allclose(*logits, atol=1e-6)
    seeing = make(judge(3))
    logits = [seeing.critic({"images": tf.constant(images)}).logits for images in (red, grey_of_red)]
    assert np.abs(logits[0] - logits[1]).max() > 1e-3


def test_grey_pictures_get_colours():
    model = compiled(make(source=1))
    logs = model.train_on_batch(pairs(2, source=1), return_dict=True)
    assert np.isfinite(list(logs.values())).all()
    assert model.translate(np.zeros((1, 8, 8, 1), "float32")).shape == (1, *SHAPE)


def test_a_model_of_its_own_configuration_sees_the_luma_once():
    again = keras_gan.DPED.from_config(make().get_config())
    assert [type(layer) for layer in again.discriminator.layers].count(Luma) == 1
    assert again.discriminator.input_shape == (None, *SHAPE)


@pytest.mark.parametrize(
    "build, message",
    [
        (lambda: make(colour_weight=-1), r"`colour_weight` must be a number in \[0.0, inf\)"),
        (lambda: make(content=trunk()), "`content` must be a `keras_gan.losses.Perceptual`, or None"),
        (lambda: make(adversarial_loss="lsgan"), "`adversarial_loss` must be one of `keras_gan.losses`"),
        (lambda: make(judge(2)), r"makes samples of shape \(8, 8, 3\), but the discriminator takes"),
        (lambda: make(discriminator="D"), "The discriminator must be a keras.Model"),
    ],
)
def test_what_does_not_fit(build, message):
    with pytest.raises(ValueError, match=rf"(?s){message}"):
        build()
