"""Free-form inpainting: its step against the textbook, what its discriminator sees, and bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.masks import Strokes, Union

SHAPE = (8, 8, 2)


def networks(*, sees_masks=True):
    seen = {name: keras.Input((8, 8, channels), name=name) for name, channels in (("images", 2), ("masks", 1))}
    coarse = keras.layers.Conv2D(2, 3, padding="same", activation="tanh")(
        keras.layers.Concatenate()(list(seen.values()))
    )
    fine = keras.layers.Conv2D(2, 3, padding="same", activation="tanh")(coarse)
    judged = {name: keras.Input((8, 8, channels), name=name) for name, channels in (("images", 2), ("masks", 1))}
    if not sees_masks:
        del judged["masks"]
    x = keras.layers.Concatenate()(list(judged.values())) if sees_masks else judged["images"]
    return keras.Model(seen, {"images": fine, "coarse": coarse}), keras.Model(judged, keras.layers.Conv2D(1, 3)(x))


def make(*parts, **options):
    keras.utils.set_random_seed(0)
    model = keras_gan.FreeFormInpainter(*(parts or networks()), **{"seed": 3} | options)
    optimizers = {f"{name}_optimizer": keras.optimizers.SGD(0.5) for name in model.players}
    model.compile(**optimizers, run_eagerly=True)
    return model


def images(count):
    return np.random.default_rng(1).uniform(-1, 1, (count, *SHAPE)).astype("float32")


def descend(value, tape, network):
    weights = network.trainable_weights
    for weight, gradient in zip(weights, tape.gradient(value, [w.value for w in weights]), strict=True):
        weight.assign_sub(0.5 * gradient)


def test_the_step_is_the_textbook_algorithm():
    model = make(l1_weight=1.5)
    twins = [keras.models.clone_model(network) for network in (model.generator, model.discriminator)]
    for twin, original in zip(twins, (model.generator, model.discriminator), strict=True):
        twin.set_weights(original.get_weights())
    g, d = twins
    x, mask = tf.constant(images(4)), model.masks(4, SHAPE[:2], seed=model.training_state.noise().next_seed())
    logs = model.train_on_batch(x, return_dict=True)

    def completed():
        made = g({"images": x * (1.0 - mask), "masks": mask})
        return made, made["images"] * mask + x * (1.0 - mask)

    with tf.GradientTape() as tape:
        fake = d({"images": tf.stop_gradient(completed()[1]), "masks": mask})
        d_loss = tf.reduce_mean(tf.nn.relu(1.0 - d({"images": x, "masks": mask})))
        d_loss += tf.reduce_mean(tf.nn.relu(1.0 + fake))
    descend(d_loss, tape, d)
    with tf.GradientTape() as tape:
        made, whole = completed()
        g_loss = -tf.reduce_mean(d({"images": whole, "masks": mask}))
        fine, coarse = (1.5 * tf.reduce_mean(tf.abs(x - made[stage])) for stage in ("images", "coarse"))
        total = g_loss + fine + coarse
    descend(total, tape, g)
    for twin, trained in zip(twins, (model.generator, model.discriminator), strict=True):
        for expected, found in zip(twin.get_weights(), trained.get_weights(), strict=True):
            np.testing.assert_allclose(found, expected, atol=3e-6)
    expected = {"g_loss": g_loss, "fine_loss": fine, "coarse_loss": coarse, "d_loss": d_loss}
    assert logs == pytest.approx({name: float(value) for name, value in expected.items()}, rel=1e-5)


def test_the_result_is_the_fine_picture_in_the_hole():
    model, given = make(), images(2)
    mask = Strokes()(2, SHAPE[:2], seed=(0, 1)).numpy()
    made = model.generator({"images": given * (1 - mask), "masks": mask})["images"]
    np.testing.assert_allclose(model.inpaint(given, mask), np.where(mask, made, given), atol=1e-6)


def test_the_papers_masks_and_rates_and_a_discriminator_of_pictures_alone():
    model = make(*networks(sees_masks=False))
    assert isinstance(model.masks, Union)
    assert np.isfinite(list(model.train_on_batch(images(2), return_dict=True).values())).all()
    for optimizer in model.default_optimizers().values():
        config = optimizer.get_config()
        assert (float(np.float32(config["learning_rate"])), config["beta_1"]) == (pytest.approx(1e-4), 0.5)


def test_networks_that_do_not_fit():
    generator, discriminator = networks()
    alone = keras.Model(generator.inputs, generator.output["images"])
    with pytest.raises(ValueError, match=r"must return a dict of 'images' and 'coarse'.*Received: outputs"):
        make(alone, discriminator)
    with pytest.raises(ValueError, match="`l1_weight` must be"):
        make(l1_weight=-1.0)
