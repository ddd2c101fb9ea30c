"""SRGAN: its two phases against the textbook, sizes that fit, and results of any size and depth."""

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import losses, networks
from keras_gan.layers import PixelShuffle

RATE = 0.1


def make(scale=2, **options):
    """An SRGAN of one layer each."""
    keras.utils.set_random_seed(0)
    layer = keras.layers.Conv2D(scale**2, 3, padding="same", activation="tanh")
    generator = keras.Sequential([keras.Input((None, None, 1)), layer, *([PixelShuffle(scale)] if scale > 1 else [])])
    judge = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    return keras_gan.SRGAN(generator, keras.Sequential(judge), **{"seed": 3} | options)


def compiled(model):
    optimizers = {f"{name}_optimizer": keras.optimizers.SGD(RATE) for name in model.players}
    model.compile(**optimizers, run_eagerly=True)
    return model


def pairs(count, scale=2):
    rng = np.random.default_rng(1)
    target = rng.uniform(-1, 1, (count, 8, 8, 1)).astype("float32")
    return {"source": target[:, ::scale, ::scale], "target": target}


def twins(model):
    found = []
    for network in (model.generator, model.discriminator):
        found.append(keras.models.clone_model(network))
        found[-1].set_weights(network.get_weights())
    return found


def assert_stepped(network, twin, tape, value):
    gradients = tape.gradient(value, [weight.value for weight in twin.trainable_weights])
    for weight, gradient, found in zip(twin.trainable_weights, gradients, network.trainable_weights, strict=True):
        np.testing.assert_allclose(found, weight - RATE * gradient, atol=1e-6)


def softplus(logits):
    return tf.reduce_mean(tf.nn.softplus(logits))


def test_the_pre_training_minimises_the_squared_error_alone():
    model = compiled(make(pretraining_steps=1))
    (g, d), batch = twins(model), pairs(3)
    logs = model.train_on_batch(batch, return_dict=True)
    with tf.GradientTape() as tape:
        error = tf.reduce_mean((batch["target"] - g(batch["source"])) ** 2)
    assert_stepped(model.generator, g, tape, error)
    for now, then in zip(model.discriminator.get_weights(), d.get_weights(), strict=True):
        np.testing.assert_array_equal(now, then)
    assert (logs["pretraining_loss"], logs["phase"], logs["d_loss"]) == (pytest.approx(float(error)), 0.0, 0.0)


def test_the_game_is_the_textbook_algorithm():
    """The discriminator first; then the generator, against the one that has learnt."""
    edges = keras.layers.Conv2D(3, 3, name="edges")
    trunk = keras.Sequential([keras.Input((None, None, 1)), edges])
    perceptual = losses.Perceptual(trunk, ["edges"], distance="squared")
    weights = {"adversarial_weight": 0.3, "pixel_weight": 0.5, "perceptual": perceptual, "perceptual_weight": 0.7}
    model = compiled(make(**weights))
    (g, d), batch = twins(model), pairs(3)
    logs = model.train_on_batch(batch, return_dict=True)
    with tf.GradientTape(persistent=True) as tape:
        d_loss = softplus(-d(batch["target"])) + softplus(d(g(batch["source"])))
    assert_stepped(model.discriminator, d, tape, d_loss)
    d.set_weights(model.discriminator.get_weights())
    with tf.GradientTape() as tape:
        fake = g(batch["source"])
        g_loss = 0.3 * softplus(-d(fake))
        pixels = 0.5 * tf.reduce_mean((batch["target"] - fake) ** 2)
        features = 0.7 * tf.reduce_mean((edges(batch["target"]) - edges(fake)) ** 2)
        total = g_loss + pixels + features
    assert_stepped(model.generator, g, tape, total)
    expected = {"g_loss": g_loss, "pixel_loss": pixels, "perceptual_loss": features, "d_loss": d_loss, "phase": 1.0}
    expected["pretraining_loss"] = 0.0
    assert logs == pytest.approx({name: float(value) for name, value in expected.items()}, rel=1e-5)


def test_on_held_out_pairs_the_pixels_count_in_each_phase_as_in_training():
    model, batch = compiled(make(pixel_weight=0.25)), pairs(3)
    logs = model.test_on_batch(batch, return_dict=True)
    error = float(np.square(batch["target"] - model.generator(batch["source"])).mean())
    assert logs["pretraining_loss"] == pytest.approx(error, rel=1e-5)
    assert logs["pixel_loss"] == pytest.approx(0.25 * error, rel=1e-5)


def test_a_pixel_weight_of_zero_leaves_the_pixels_out_of_the_game():
    model = compiled(make(pixel_weight=0.0))
    assert model.train_on_batch(pairs(2), return_dict=True)["pixel_loss"] == 0.0


def test_the_sources_are_as_many_times_smaller_as_the_generator_enlarges():
    model = make(4)
    assert (model.scale, model.data_spec["source"].shape, model.data_spec["target"].shape) == (4, (2, 2, 1), (8, 8, 1))


@pytest.mark.parametrize("tile, overlap", [(None, None), (8, 4), ((6, 16), 5)])
def test_tiles_leave_no_seams(tile, overlap):
    """The generator looks one pixel far, and a margin has at least one: tiles make what the whole makes."""
    model, images = make(2), np.random.default_rng(0).uniform(-1, 1, (2, 19, 14, 1)).astype("float32")
    whole = np.asarray(model.generator(images))
    np.testing.assert_allclose(model.upscale(images, tile=tile, overlap=overlap), whole, atol=1e-6)


def test_sides_that_the_network_cannot_fold_are_continued_and_cropped():
    generator = networks.rrdb(image_shape=(None, None, 1), width=2, growth=1, blocks=1, scale=2)
    model = keras_gan.SRGAN(generator, keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(1, 3)]))
    images = np.random.default_rng(0).uniform(-1, 1, (1, 5, 3, 1)).astype("float32")
    continued = np.pad(images, [(0, 0), (0, 1), (0, 1), (0, 0)], mode="symmetric")
    np.testing.assert_allclose(model.upscale(images), generator(continued)[:, :10, :6], atol=1e-6)


def test_tiles_that_the_network_cannot_fold_are_rounded_up():
    generator = networks.rrdb(image_shape=(None, None, 1), width=2, growth=1, blocks=1, scale=2)
    model = keras_gan.SRGAN(generator, keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(1, 3)]))
    images = np.random.default_rng(0).uniform(-1, 1, (1, 13, 9, 1)).astype("float32")
    made = [model.upscale(images, tile=tile, overlap=2) for tile in (7, (7, 8), 8)]
    assert made[0].shape == (1, 26, 18, 1)
    for each in made[:2]:
        np.testing.assert_array_equal(each, made[2])


def test_snapshots_show_each_source_as_squares_next_to_its_result():
    model, batch = make(2), pairs(2)
    grid, columns = model.snapshot(6, seed=0, inputs=batch)
    assert (grid.shape, columns) == ((6, 8, 8, 1), 3)
    squares, result, target = grid[3:]
    np.testing.assert_array_equal(squares, np.kron(batch["source"][1, ..., 0], np.ones((2, 2)))[..., None])
    np.testing.assert_allclose(result, model.upscale(batch["source"][1:])[0], atol=1e-6)
    np.testing.assert_array_equal(target, batch["target"][1])


def test_an_evaluator_of_pairs_compares_results_with_targets():
    evaluator = keras_gan.metrics.PairEvaluator(["l1"])
    model, batch = make(2), pairs(3)
    found = evaluator.compare(model, batch)["l1"].value
    assert found == pytest.approx(np.abs(model.upscale(batch["source"]) - batch["target"]).mean(), rel=1e-5)


@pytest.mark.long
def test_an_export_makes_larger_files(tmp_path):
    model = make(2)
    folder = keras_gan.export.save(model, tmp_path / "model", signatures=["serving_default", "translate_png"])
    served = tf.saved_model.load(str(folder)).signatures["translate_png"]
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 1), np.uint8)
    (made,) = served(tf.constant([tf.io.encode_png(picture).numpy()])).values()
    found = tf.io.decode_png(made[0]).numpy()
    assert found.shape == (10, 14, 1)
    np.testing.assert_allclose(found.astype(int), model.upscale_picture(picture).astype(int), atol=1)


@pytest.mark.long
@pytest.mark.parametrize("network", ["srresnet", "rrdb"])
def test_generators_of_any_size_become_onnx_and_litert_files(network, tmp_path):
    sizes = {"width": 2, "blocks": 1, "scale": 2} | ({"growth": 1} if network == "rrdb" else {})
    generator = getattr(networks, network)(image_shape=(None, None, 1), **sizes)
    model = keras_gan.SRGAN(generator, make().discriminator)
    assert keras_gan.export.save_litert(model, tmp_path / "model.tflite").exists()
    session = onnxruntime.InferenceSession(str(keras_gan.export.save_onnx(model, tmp_path / "model.onnx")))
    images = np.random.default_rng(0).uniform(-1, 1, (2, 6, 4, 1)).astype("float32")
    (made,) = session.run(None, {session.get_inputs()[0].name: images})
    np.testing.assert_allclose(made, model.upscale(images), atol=1e-5)


def test_its_health_is_judged_in_the_game_alone():
    model, batch = compiled(make(pretraining_steps=3)), pairs(4)
    health = keras_gan.callbacks.TrainingHealth(batch, every=1, patience=1)
    logs = model.fit(batch, batch_size=2, epochs=2, verbose=0, callbacks=[health]).history
    assert np.isnan(logs["health/logit_range"]).tolist() == [True, False]


@pytest.mark.parametrize(
    "build, message",
    [
        (
            lambda: keras_gan.SRGAN(networks.mlp(image_shape=(4, 4, 1), latent_dim=2)[1], make().discriminator),
            r"must make images a whole number of times.*Received: images of 4x4, which become no images",
        ),
        (
            lambda: keras_gan.SRGAN(make(3).generator, make().discriminator),
            r"must be multiples of 3\. Received: discriminator for images of shape \(8, 8, 1\)",
        ),
        (lambda: make(pretraining_steps=-1), "`pretraining_steps` must be"),
        (lambda: make(adversarial_weight=-1.0), "`adversarial_weight` must be"),
        (lambda: make(perceptual="vgg"), r"must be a `keras_gan\.losses\.Perceptual`, or None"),
        (lambda: make().upscale_picture(np.zeros((4, 4), "float32")), "`picture` must be .* Received: .*float32"),
        (lambda: make().upscale_picture(np.zeros((4, 4, 3), "uint8")), r"of 1 channels.*shape=\(4, 4, 3\)"),
    ],
)
def test_bad_input_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_targets_of_another_size_are_refused():
    judge = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(1, 3)])
    model = compiled(keras_gan.SRGAN(make(2).generator, judge))
    with pytest.raises(ValueError, match=r"2 times as high and wide as its source.*\(2, 8, 8, 1\), .*\(2, 4, 4, 1\)"):
        model.train_on_batch(pairs(2, scale=4))
