"""EnlightenGAN: each loss against its formula, the parts of pictures, and bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import losses, networks
from keras_gan.callbacks.health._probe import HealthProbe
from keras_gan.callbacks.health._statistics import RealImages
from keras_gan.gans.enlighten_gan import RelativisticSquares

SHAPE = (8, 10, 3)
RNG = np.random.default_rng(0)


def trunk():
    return keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(3, 3, name="edges")])


def judge(shape=SHAPE):
    return networks.patch_discriminator(image_shape=shape, width=2, layers=1, normalization=None)


def make(**options):
    keras.utils.set_random_seed(0)
    generator = keras.Sequential([keras.Input(SHAPE), keras.layers.Conv2D(3, 3, padding="same", activation="tanh")])
    options = {"seed": 3, "patch_size": 6, "num_patches": 4} | options
    local = options.pop("local", None) or judge((6, 6, 3))
    model = keras_gan.EnlightenGAN(generator, judge(), local, **options)
    model.compile(**{f"{name}_optimizer": keras.optimizers.SGD(0.01) for name in model.players}, run_eagerly=True)
    return model


def batch_of(count=2):
    batch = {side: tf.constant(RNG.uniform(-1, 1, (count, *SHAPE)).astype("float32")) for side in ("source", "target")}
    places = {f"{side}_places": tf.constant(RNG.uniform(size=(count, 4, 2)).astype("float32")) for side in batch}
    return batch | places


def slices(images, places):
    """The parts one by one."""
    parts = []
    for image, own in zip(np.asarray(images), np.asarray(places), strict=True):
        for down, across in own:
            top, left = int(down * 3), int(across * 5)
            parts.append(image[top : top + 6, left : left + 6])
    return np.stack(parts)


def normalized(maps):
    maps = np.asarray(maps)
    mean, variance = maps.mean((1, 2), keepdims=True), maps.var((1, 2), keepdims=True)
    return (maps - mean) / np.sqrt(variance + 1e-5)


def test_the_objectives_are_those_of_the_paper():
    features = losses.Perceptual(trunk(), ["edges"])
    model, batch = make(features=features, feature_weight=2.0), batch_of()
    fake = model.brightened(batch)
    x, y = (model.discriminator(images).numpy() for images in (batch["target"], fake))
    own = slices(fake, batch["source_places"])
    bright = slices(batch["target"], batch["target_places"])
    local = [model.local_discriminator(parts).numpy() for parts in (bright, own)]
    edges = features.network.get_layer("edges")

    def kept(dark, bright):
        return np.mean((normalized(edges(dark)) - normalized(edges(bright))) ** 2)

    expected = {
        "d_loss": (np.mean((x - y.mean() - 1) ** 2) + np.mean((y - x.mean()) ** 2)) / 2,
        "local_d_loss": (np.mean((local[0] - 1) ** 2) + np.mean(local[1] ** 2)) / 2,
        "g_loss": (np.mean((y - x.mean() - 1) ** 2) + np.mean((x - y.mean()) ** 2)) / 2,
        "local_g_loss": np.mean((local[1] - 1) ** 2),
        "feature_loss": 2.0 * kept(batch["source"], fake),
        "local_feature_loss": 2.0 * kept(slices(batch["source"], batch["source_places"]), own),
    }
    terms = model.discriminator_terms(batch, fake)["discriminators"] | model.generator_terms(batch, fake)["generator"]
    assert {name: float(value) for name, value in terms.items()} == pytest.approx(expected, rel=1e-4)


def test_parts_lie_anywhere_in_the_picture_and_inside():
    model = make(num_patches=200)
    rows, columns = np.meshgrid(np.arange(8), np.arange(10), indexing="ij")
    images = tf.constant(np.stack([rows, columns, 0 * rows], axis=-1)[None].astype("float32"))
    batch = {"source": images}
    noise = keras_gan.training.training_state.StepNoise(tf.constant(5, tf.int64), tf.constant(0, tf.int64))
    parts = model.parts(images, model.places(batch, noise)["source_places"]).numpy()
    assert parts.shape == (200, 6, 6, 3)
    assert {tuple(part[0, 0, :2].astype(int)) for part in parts} == {(i, j) for i in range(3) for j in range(5)}
    np.testing.assert_array_equal(parts[:, 1, :, 0] - parts[:, 0, :, 0], 1)


def test_features_do_not_see_a_change_of_light_alone():
    model = make(features=losses.Perceptual(trunk(), ["edges"]))
    dark = tf.constant(RNG.uniform(-1, -0.6, (2, *SHAPE)).astype("float32"))
    assert float(model.kept(dark, 3.0 * dark + 1.5)) < 1e-3 < float(model.kept(dark, dark[:, ::-1]))


def test_the_relativistic_loss_sees_differences_alone():
    loss = RelativisticSquares()
    x, y = (tf.constant(RNG.normal(size=(4, 3, 3, 1)).astype("float32")) for _ in range(2))
    for both in (loss.discriminator_loss, loss.generator_loss):
        assert float(both(x + 5.0, y + 5.0)) == pytest.approx(float(both(x, y)), rel=1e-4)
    assert float(loss.generator_loss(x, y)) == float(loss.discriminator_loss(y, x))


def test_its_health_is_that_of_both_games_each_by_its_own_loss():
    model = make()
    batch = {name: batch_of(4)[name].numpy() for name in ("source", "target")}
    whole, part = (HealthProbe(model, RealImages(batch, 4), 4, name)(0, 0)[0] for name in ("whole", "part"))
    # A relativistic loss has no boundary between real and fake; least squares have one.
    assert whole.real_accuracy is whole.fake_accuracy is None
    assert 0.0 <= part.real_accuracy <= 1.0


@pytest.mark.long
def test_unpaired_data_train_it():
    model = make(features=losses.Perceptual(trunk(), ["edges"]))
    dark, bright = (RNG.integers(0, 256, (count, *SHAPE), "uint8") for count in (4, 6))
    model.fit(keras_gan.data.load_unpaired(dark, bright, batch_size=2), steps_per_epoch=2, verbose=0)
    assert int(model.training_state.step.value) == 2


def test_pictures_of_unknown_sides_that_are_too_small_are_refused_in_a_graph():
    model, free = make(), tf.TensorSpec((None, None, None, 3))
    parts = tf.function(lambda images: model.parts(images, tf.zeros((1, 4, 2))), input_signature=[free])
    assert parts(tf.zeros((1, 6, 7, 3))).shape == (4, 6, 6, 3)
    with pytest.raises(tf.errors.InvalidArgumentError, match="at least as large as their parts"):
        parts(tf.zeros((1, 8, 5, 3)))


@pytest.mark.parametrize(
    "build, message",
    [
        (lambda: make(patch_size=9), r"not be larger than the pictures.* Received: patch_size=9"),
        (
            lambda: make(patch_size=5),
            r"must take parts of shape \(5, 5, 3\).* shape \(6, 6, 3\), patch_size=5",
        ),
        (lambda: make(num_patches=0), "`num_patches` must be an integer of at least 1"),
        (lambda: make(features=trunk()), "`features` must be a `keras_gan.losses.Perceptual`, or None"),
        (
            lambda: make(features=losses.Perceptual(trunk(), ["edges"], style_weights=[1.0])),
            r"no use for `style_weights`: leave them out. Received: features with style_weights=\[1.0\]",
        ),
        (
            lambda: make().parts(tf.zeros((1, 8, 5, 3)), tf.zeros((1, 4, 2))),
            r"at least as large as their parts, `patch_size` = 6.* Received: pictures of shape \(1, 8, 5, 3\)",
        ),
        (lambda: make(feature_weight=-1), r"`feature_weight` must be a number in \[0.0, inf\)"),
        (
            lambda: make(features=losses.Perceptual(pooled(), ["pool"])).kept(*[tf.zeros((1, 6, 6, 3))] * 2),
            r"a single place, of which nothing is left.* Received: maps of shape \(1, 1\) of images of shape \(6, 6\)",
        ),
    ],
)
def test_what_does_not_fit(build, message):
    with pytest.raises(ValueError, match=rf"(?s){message}"):
        build()


def pooled():
    return keras.Sequential([keras.Input((None, None, 3)), keras.layers.MaxPooling2D(6, name="pool")])
