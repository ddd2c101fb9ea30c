"""Tiny GANs whose images say which latents or styles they were drawn from."""

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan.latents import StyleSpace

LATENT_DIM, NUM_STYLES, STYLE_DIM = 3, 4, 2


def small():
    """Weights so small that a linear generator stays in [-1, 1]."""
    return keras.initializers.RandomUniform(-0.1, 0.1, seed=0)


def _discriminator(shape, labels):
    images = keras.Input(shape, name="images")
    x = keras.layers.Flatten()(images)
    given = {"images": images}
    if labels:
        given["labels"] = keras.Input((), dtype="int32", name="labels")
        x = keras.layers.Concatenate()([x, keras.layers.Embedding(2, 2)(given["labels"])])
    return keras.Model(given if labels else images, keras.layers.Dense(1)(x))


def style_generator(*, labels=False):
    """Latents to four styles of two numbers each, which are the eight pixels of the image."""
    given = {"latents": keras.Input((LATENT_DIM,), name="latents")}
    if labels:
        given["labels"] = keras.Input((), dtype="int32", name="labels")
    z, *others = (keras.Input(each.shape[1:], dtype=each.dtype, name=name) for name, each in given.items())
    x = keras.layers.Dense(NUM_STYLES * STYLE_DIM, use_bias=labels, kernel_initializer=small(), name="dense")(z)
    if labels:
        x = x + keras.layers.Embedding(2, NUM_STYLES * STYLE_DIM)(others[0])
    styles = keras.layers.Reshape((NUM_STYLES, STYLE_DIM))(x)
    inner = dict(zip(given, [z, *others], strict=True)) if labels else z
    mapping = keras.Model(inner, styles, name="mapping")
    w = keras.Input((NUM_STYLES, STYLE_DIM), name="styles")
    pixels = [
        keras.layers.Dense(STYLE_DIM, use_bias=False, name=f"affine_{index}", kernel_initializer="identity")(
            w[:, index]
        )
        for index in range(NUM_STYLES)
    ]
    drawn = keras.layers.Reshape((4, 2, 1))(keras.layers.Concatenate()(pixels))
    synthesis = keras.Model(w, drawn, name="synthesis")
    outer = given if labels else given["latents"]
    return keras.Model(outer, synthesis(mapping(outer)))


def style_gan(*, labels=False, **options):
    keras.utils.set_random_seed(0)
    return keras_gan.NonSaturatingGAN(style_generator(labels=labels), _discriminator((4, 2, 1), labels), **options)


@pytest.fixture(scope="package")
def styled():
    """A GAN with styles."""
    return style_gan()


@pytest.fixture(scope="package")
def space(styled):
    """Its styles."""
    return StyleSpace(styled)


@pytest.fixture(scope="package")
def styled_by_class():
    """A conditional GAN with styles."""
    return style_gan(labels=True)


@pytest.fixture(scope="package")
def plain():
    """A GAN without styles, whose image is a linear function of its latents."""
    keras.utils.set_random_seed(0)
    generator = keras.Sequential(
        [
            keras.Input((LATENT_DIM,)),
            keras.layers.Dense(4, kernel_initializer=small(), name="first"),
            keras.layers.Reshape((2, 2, 1)),
        ]
    )
    return keras_gan.LSGAN(generator, _discriminator((2, 2, 1), labels=False))


@pytest.fixture(scope="package")
def by_class():
    """A conditional GAN without styles."""
    keras.utils.set_random_seed(0)
    networks = keras_gan.networks.mlp(image_shape=(4, 4, 1), latent_dim=LATENT_DIM, width=8, depth=1, num_classes=2)
    return keras_gan.LSGAN(*networks)


@pytest.fixture(scope="package")
def translator():
    """A model that draws no images from latents."""
    networks = [keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Conv2D(1, 1)]) for _ in range(4)]
    return keras_gan.CycleGAN(*networks)


@pytest.fixture(scope="package")
def latents():
    """Four latents."""
    return np.random.default_rng(0).normal(size=(4, LATENT_DIM)).astype("float32")
