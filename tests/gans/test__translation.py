"""What all models that make images of images share: translations of any size, and pictures of them."""

import keras
import numpy as np
import pytest

import keras_gan

ANY = (None, None, 1)


def network(taken, made=1, **options):
    """A convolution that sees one pixel in each direction."""
    return keras.Sequential([keras.Input(taken), keras.layers.Conv2D(made, 3, padding="same", **options)])


def make(translated=ANY, judged=ANY, **options):
    keras.utils.set_random_seed(0)
    translators = [network(translated, activation="tanh") for _ in range(2)]
    options = {"pool_size": 0 if None in judged else 2, "seed": 0} | options
    return keras_gan.CycleGAN(*translators, network(judged), network(judged), **options)


def pictures(*shape):
    return np.random.default_rng(0).uniform(-1, 1, shape).astype("float32")


def test_networks_of_any_size_translate_any_size():
    model = make()
    for shape in ((2, 8, 8, 1), (1, 5, 13, 1)):
        images = pictures(*shape)
        np.testing.assert_allclose(model.translate(images), model.source_to_target(images), atol=1e-6)


def test_tiles_make_what_the_whole_makes():
    model, images = make(), pictures(3, 30, 21, 1)
    whole = model.translate(images, to="source")
    for options in ({"tile": 16}, {"tile": (12, 8), "overlap": 4, "batch_size": 2}):
        np.testing.assert_allclose(model.translate(images, to="source", **options), whole, atol=1e-6)


def test_networks_of_one_size_translate_other_sizes_in_tiles():
    free, fixed = make(), make((16, 16, 1), (16, 16, 1))
    fixed.source_to_target.set_weights(free.source_to_target.get_weights())
    images = pictures(2, 40, 24, 1)
    np.testing.assert_allclose(fixed.translate(images), free.translate(images), atol=1e-6)
    # An image that is smaller than the network is continued by its mirror image.
    small = pictures(1, 10, 16, 1)
    mirrored = np.concatenate([small, small[:, ::-1]], axis=1)
    np.testing.assert_allclose(fixed.translate(small), free.translate(mirrored)[:, :10], atol=1e-6)


def test_networks_of_any_size_train_with_pools_of_one_size():
    model = make(ANY, (8, 8, 1))
    assert model.data_spec["source"].shape == (8, 8, 1)
    model.compile(run_eagerly=True)
    model.train_on_batch({"source": pictures(4, 8, 8, 1), "target": pictures(4, 8, 8, 1)})
    assert int(model.source_pool.count) == 2
    with pytest.raises(ValueError, match=r"(?s)pools keep images.*discriminators for the size.*Received.*pool_size=3"):
        make(pool_size=3)


def test_all_networks_of_any_size_train_on_sides_of_their_own():
    model = make(identity_weight=0.0)
    model.compile(run_eagerly=True)
    batch = {"source": pictures(2, 8, 8, 1), "target": pictures(2, 6, 10, 1)}
    logs = model.train_on_batch(batch, return_dict=True)
    assert np.isfinite(list(logs.values())).all()


@pytest.mark.parametrize(
    "images, message",
    [
        (np.zeros((8, 8, 1), "float32"), r"must be a batch of images.*images\[None\]. Received"),
        (np.zeros((2, 8, 8, 3), "float32"), r"takes images of 1 channel. Received: images.shape=\(2, 8, 8, 3\)"),
        (
            np.zeros((2, 8, 8, 1), "uint8"),
            r"must be floating-point numbers, in .*Received: images of dtype uint8",
        ),
        (np.full((2, 8, 8, 1), 255.0), r"must be finite numbers in \[-1, 1\].*Received: lowest=255"),
        (np.zeros((0, 8, 8, 1), "float32"), r"`images` must not be empty. Received"),
    ],
)
def test_what_is_no_batch_of_images(images, message):
    with pytest.raises(ValueError, match=rf"(?s){message}"):
        make().translate(images)
