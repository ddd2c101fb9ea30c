"""The context encoder: its step against the textbook, its holes, known pixels, and bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import losses
from keras_gan.masks import Boxes, Regions

SHAPE = (8, 8, 3)


def network(taken, made):
    """A convolution to images; without padding where these are smaller."""
    side = taken[0] - made[0] + 1
    padding = {} if side > 1 else {"padding": "same"}
    convolution = keras.layers.Conv2D(made[-1], max(side, 3), activation="tanh", **padding)
    return keras.Sequential([keras.Input(taken), convolution])


def make(painted=SHAPE, **options):
    keras.utils.set_random_seed(0)
    judge = keras.Sequential([keras.Input(painted), keras.layers.Conv2D(1, 3)])
    model = keras_gan.ContextEncoder(network(SHAPE, painted), judge, **{"seed": 3} | options)
    optimizers = {f"{name}_optimizer": keras.optimizers.SGD(0.5) for name in model.players}
    model.compile(**optimizers, run_eagerly=True)
    return model


def images(count, sides=SHAPE[:2]):
    return np.random.default_rng(1).uniform(-1, 1, (count, *sides, 3)).astype("float32")


def drawn(model, count):
    """The masks of the model's next step."""
    return model.masks(count, SHAPE[:2], seed=model.training_state.noise().next_seed()).numpy()


def descend(value, tape, network):
    weights = network.trainable_weights
    for weight, gradient in zip(weights, tape.gradient(value, [w.value for w in weights]), strict=True):
        weight.assign_sub(0.5 * gradient)


@pytest.mark.parametrize("painted", [(4, 4, 3), SHAPE], ids=["centre", "whole"])
def test_the_step_is_the_textbook_algorithm(painted):
    model = make(painted, l2_weight=0.8, **({"masks": Boxes(0.25)} if painted != SHAPE else {}))
    twins = [keras.models.clone_model(network) for network in (model.generator, model.discriminator)]
    for twin, original in zip(twins, (model.generator, model.discriminator), strict=True):
        twin.set_weights(original.get_weights())
    f, d = twins
    x, mask = tf.constant(images(4)), drawn(model, 4)
    logs = model.train_on_batch(x, return_dict=True)

    grey = tf.constant([117.0, 104.0, 123.0]) / 127.5 - 1.0
    seen = x * (1.0 - mask) + grey * mask
    part = slice(2, 6) if painted != SHAPE else slice(None)
    truth, hole = x[:, part, part], mask[:, part, part]
    weight = hole if painted == SHAPE else hole + 10.0 * (1.0 - hole)

    def judged(y):
        return d(y if painted != SHAPE else y * hole + truth * (1.0 - hole))

    with tf.GradientTape() as tape:
        fake = judged(tf.stop_gradient(f(seen)))
        d_loss = tf.reduce_mean(tf.nn.softplus(-d(truth))) + tf.reduce_mean(tf.nn.softplus(fake))
    descend(d_loss, tape, d)
    with tf.GradientTape() as tape:
        y = f(seen)
        l2_loss = 0.8 * tf.reduce_mean(weight * (truth - y) ** 2)
        g_loss = 0.2 * tf.reduce_mean(tf.nn.softplus(-judged(y)))
        total = l2_loss + g_loss
    descend(total, tape, f)
    for twin, trained in zip(twins, (model.generator, model.discriminator), strict=True):
        for expected, found in zip(twin.get_weights(), trained.get_weights(), strict=True):
            np.testing.assert_allclose(found, expected, atol=3e-6)
    expected = {"g_loss": g_loss, "l2_loss": l2_loss, "d_loss": d_loss}
    assert logs == pytest.approx({name: float(value) for name, value in expected.items()}, rel=1e-5)


def test_masks_that_the_batch_brings_train_as_drawn_ones():
    drawing, taking = make(), make(masks="given")
    mask = drawn(drawing, 4)
    drawing.train_on_batch(images(4))
    taking.train_on_batch({"images": images(4), "masks": mask})
    assert (mask[0] != mask[1]).any()
    for name in ("generator", "discriminator"):
        for one, other in zip(getattr(drawing, name).weights, getattr(taking, name).weights, strict=True):
            np.testing.assert_array_equal(one, other)


def test_known_pixels_are_returned_bit_for_bit_and_the_hole_never_matters():
    model, given = make(), images(3)
    mask = Regions()(3, SHAPE[:2], seed=(0, 1)).numpy()
    filled = model.inpaint(given, mask)
    known = np.broadcast_to(mask == 0.0, given.shape)
    np.testing.assert_array_equal(filled[known], given[known])
    assert (filled[~known] != given[~known]).all()
    scribbled = np.where(known, given, 0.5)
    np.testing.assert_array_equal(model.inpaint(scribbled, mask), filled)
    np.testing.assert_array_equal(model.translate(given, masks=mask.astype(bool)), filled)
    np.testing.assert_allclose(model.predict({"images": given, "masks": mask}, verbose=0), filled, atol=1e-6)


def test_a_call_in_float16_keeps_known_pixels_bit_for_bit():
    keras.config.set_dtype_policy("mixed_float16")
    model, given, masks = make(), images(2), np.zeros((2, 8, 8, 1), "float32")
    masks[:, 2:5, 3:6] = 1.0
    made = model({"images": given, "masks": masks})
    assert made.dtype == "float32"
    known = np.broadcast_to(masks == 0.0, given.shape)
    np.testing.assert_array_equal(np.asarray(made)[known], given[known])
    assert not np.array_equal(made, given)


def test_the_centre_is_pasted_in_the_centre():
    model, given = make((4, 4, 3), masks=Boxes(0.25)), images(2)
    mask = Boxes(0.5)(1, SHAPE[:2], seed=(0, 1)).numpy()
    filled = model.inpaint(given, mask)
    painted = model.generator(model.erased(given, mask))
    np.testing.assert_allclose(filled[:, 2:6, 2:6], painted, atol=1e-6)
    filled[:, 2:6, 2:6] = given[:, 2:6, 2:6]
    np.testing.assert_array_equal(filled, given)


def test_larger_images_are_completed_in_tiles():
    model, given = make(), images(2, (13, 21))
    mask = Regions()(2, (13, 21), seed=(0, 1)).numpy()
    filled = model.inpaint(given, mask, overlap=4)
    known = np.broadcast_to(mask == 0.0, given.shape)
    np.testing.assert_array_equal(filled[known], given[known])
    corner = model.inpaint(given[:, :8, :8], mask[:, :8, :8])
    # In the first tile, up to where the next one begins.
    np.testing.assert_allclose(filled[:, :4, :4], corner[:, :4, :4], atol=1e-6)


def test_the_papers_hole_and_rates():
    (mask,) = keras_gan.gans.context_encoder._usual_masks((128, 128, 3), ((32, 32),) * 2)(1, (128, 128), seed=(0, 0))
    expected = np.pad(np.ones((56, 56)), 36)
    np.testing.assert_array_equal(mask[..., 0], expected)
    rates = {name: optimizer.get_config() for name, optimizer in make().default_optimizers().items()}
    assert {name: float(np.float32(config["learning_rate"])) for name, config in rates.items()} == pytest.approx(
        {"generator": 2e-3, "discriminator": 2e-4}
    )


def test_the_distance_alone_is_a_setting_and_any_loss_is_taken():
    x = images(3)
    alone, relativistic = make(l2_weight=1.0), make(adversarial_loss=losses.Relativistic())
    assert alone.test_on_batch(x, return_dict=True)["g_loss"] == 0.0
    logs = relativistic.test_on_batch(x, return_dict=True)
    # The generator's loss is the other one with real and fake exchanged, times 1 - lambda.
    assert logs["g_loss"] != pytest.approx(0.001 * logs["d_loss"])


def test_pictures_show_the_hole_the_completed_image_and_the_truth():
    model, given = make(), images(3)
    mask = Regions()(3, SHAPE[:2], seed=(0, 1)).numpy()
    shown, columns = make(masks="given").snapshot(6, seed=0, inputs={"images": given, "masks": mask})
    assert (shown.shape, columns) == ((6, *SHAPE), 3)
    np.testing.assert_allclose(shown[0], model.erased(given, mask)[0], atol=1e-6)
    np.testing.assert_array_equal(shown[1], model.inpaint(given[:1], mask[:1])[0])
    np.testing.assert_array_equal(shown[2::3], given[:2])
    first, again = (model.snapshot(6, seed=0, inputs=given)[0] for _ in range(2))
    np.testing.assert_array_equal(first, again)
    with pytest.raises(ValueError, match="This model draws no holes"):
        make(masks="given").snapshot(6, seed=0, inputs=given)


@pytest.mark.parametrize(
    "masks, words",
    [
        (None, "give `masks`, 1 in the hole"),
        (np.zeros((2, 8, 8)), "Give `masks` of shape"),
        (np.zeros((2, 4, 4, 1)), "Give `masks` of shape"),
        (255 * np.ones((2, 8, 8, 1), "uint8"), "Divide masks of 0 and 255 by 255"),
        (np.full((2, 8, 8, 1), np.nan), "`masks` must be 1 in the hole"),
        (-np.ones((2, 8, 8, 1)), r"take `\(masks \+ 1\) / 2`"),
        (np.full((2, 8, 8, 1), 0.5), "`masks > 0.5` as floats"),
    ],
)
def test_bad_masks(masks, words):
    with pytest.raises(ValueError, match=words):
        make().inpaint(images(2), masks)


def test_holes_where_nothing_is_painted():
    with pytest.raises(ValueError, match=r"rows 2 to 5 and the columns 2 to 5"):
        make((4, 4, 3), masks=Boxes(0.25)).inpaint(images(1), np.ones((1, 8, 8, 1)))
    # Of a larger image, the hole lies in the centre of no tile.
    with pytest.raises(ValueError, match="paints the centre of a picture alone"):
        make((4, 4, 3), masks=Boxes(0.25)).inpaint(images(1, (16, 16)), np.ones((1, 16, 16, 1)))
    for masks, words in ((Boxes(0.75), "these masks have holes outside"), ("given", "masks of the data may be any")):
        with pytest.raises(ValueError, match=words):
            make((4, 4, 3), masks=masks)


def test_bad_data_and_arguments():
    model = make(masks="given")
    mask = np.zeros((8, 8, 8, 1), "float32")
    with pytest.raises(ValueError, match="fields images, masks, and no others"):
        model.fit({"images": images(8)}, batch_size=4, verbose=0)
    with pytest.raises(ValueError, match="Divide masks of 0 and 255 by 255"):
        model.fit({"images": images(8), "masks": mask + 255}, batch_size=8, verbose=0)
    mask[6] = 0.5
    with pytest.raises(ValueError, match="masks with other values than 0 and 1"):
        model.fit({"images": images(8), "masks": mask}, batch_size=4, shuffle=False, verbose=0)
    for bad, words in (
        ({"masks": "drawn"}, "`masks` must be one of"),
        ({"l2_weight": 1.5}, r"`l2_weight` must be .*1.0]"),
    ):
        with pytest.raises(ValueError, match=words):
            make(**bad)
    with pytest.raises(ValueError, match="or their centre"):
        make((5, 5, 3))
