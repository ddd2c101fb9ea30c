"""U-Net of pix2pix: published size, its maps written out, its noise, any picture, and messages for bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.networks import unet
from keras_gan.training import Interface, Sampler

TINY = {"image_shape": (8, 16, 2), "width": 2, "depth": 3}
NORMALIZATIONS = ["instance", "batch", None]


def trainable_count(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def pictures(*shape):
    return np.random.default_rng(0).uniform(-1, 1, size=shape).astype("float32")


def randomized(translator, scale=0.5):
    """The translator with weights that are large enough to see."""
    rng = np.random.default_rng(1)
    translator.set_weights([rng.normal(size=w.shape).astype("float32") * scale for w in translator.weights])
    return translator


def test_the_defaults_are_those_of_the_paper(monkeypatch):
    # 54 million zeros take less time than as many random numbers.
    monkeypatch.setattr("keras.initializers.RandomNormal.__call__", lambda _, shape, dtype=None: tf.zeros(shape, dtype))
    translator = unet()
    assert translator.output_shape == (None, 256, 256, 3)
    assert translator.get_layer("down_7").output.shape == (None, 1, 1, 512)
    assert trainable_count(translator) == translator.count_params() == 54_413_955


def test_both_normalizations_have_the_same_parameters():
    counts = {kind: trainable_count(unet(**TINY, normalization=kind)) for kind in ("instance", "batch")}
    assert counts["instance"] == counts["batch"]


def test_channels_double_up_to_eight_times_and_halve_again():
    translator = unet(image_shape=(64, 64, 3), target_channels=1, width=2)
    down = [translator.get_layer(f"down_{i}").filters for i in range(6)]
    up = [translator.get_layer(f"up_{i}").filters for i in range(5)]
    assert down == [2, 4, 8, 16, 16, 16]
    assert up == [16, 16, 8, 4, 2]
    assert translator.get_layer("to_images").filters == 1


@pytest.mark.parametrize("depth, count", [(6, 3), (3, 2), (2, 1), (1, 0)])
def test_dropout_follows_the_first_three_convolutions_on_the_way_up(depth, count):
    translator = unet(image_shape=(64, 64, 1), width=1, depth=depth)
    dropouts = [layer.name for layer in translator.layers if isinstance(layer, keras.layers.Dropout)]
    assert dropouts == [f"up_{i}_dropout" for i in range(count)]


def normalised(x):
    mean, variance = tf.nn.moments(x, (1, 2), keepdims=True)
    return (x - mean) / tf.sqrt(variance + 1e-5)


def test_the_images_are_those_of_the_paper_written_out():
    """The skips begin before the activation here, and after it in the published codes: ReLU makes no difference."""
    translator = randomized(unet(**TINY, target_channels=1))
    x = pictures(2, 8, 16, 2)

    def kernel(name):
        return translator.get_layer(name).kernel

    def down(y, name):
        y = tf.pad(y, [(0, 0), (1, 1), (1, 1), (0, 0)])
        return tf.nn.conv2d(y, kernel(name), 2, "VALID")

    def up(y, name):
        batch, height, width, _ = y.shape
        shape = (batch, 2 * height, 2 * width, kernel(name).shape[2])
        return tf.nn.conv2d_transpose(tf.nn.relu(y), kernel(name), shape, 2, "SAME")

    def norm(y, name):
        layer = translator.get_layer(f"{name}_norm")
        return normalised(y) * layer.gamma + layer.beta

    first = tf.nn.leaky_relu(down(x, "down_0"), 0.2)
    second = tf.nn.leaky_relu(norm(down(first, "down_1"), "down_1"), 0.2)
    y = down(second, "down_2")
    y = tf.concat([second, norm(up(y, "up_0"), "up_0")], -1)
    y = tf.concat([first, norm(up(y, "up_1"), "up_1")], -1)
    y = tf.tanh(up(y, "to_images") + translator.get_layer("to_images").bias)
    np.testing.assert_allclose(translator(x), y, atol=1e-5)


def test_with_one_picture_batch_normalization_in_training_is_instance_normalization():
    """So the default is the paper's network, which is trained and tested with one picture at a time."""
    by_picture, by_batch = (unet(**TINY, dropout=0.0, normalization=kind) for kind in ("instance", "batch"))
    randomized(by_picture)
    for mine, theirs in zip(by_batch.trainable_variables, by_picture.trainable_variables, strict=True):
        mine.assign(theirs)
    x = pictures(1, 8, 16, 2)
    np.testing.assert_allclose(by_batch(x, training=True), by_picture(x, training=False), atol=1e-5)


@pytest.mark.parametrize("normalization", ["instance", None])
def test_each_picture_is_translated_by_itself(normalization):
    translator = randomized(unet(**TINY, normalization=normalization, dropout=0.0))
    x = pictures(3, 8, 16, 2)
    alone = np.concatenate([translator(x[i : i + 1]) for i in range(3)])
    for training in (False, True):
        np.testing.assert_allclose(translator(x, training=training), alone, atol=1e-5)


def test_dropout_is_off_in_inference_unless_it_is_the_noise():
    x = pictures(2, 8, 16, 2)
    quiet, noisy = (randomized(unet(**TINY, noise=noise)) for noise in (False, True))
    np.testing.assert_array_equal(quiet(x), quiet(x))
    for translator, training in ((quiet, True), (noisy, True), (noisy, False)):
        assert np.abs(translator(x, training=training) - translator(x, training=training)).max() > 0.01


def test_the_noise_of_a_batch_is_a_function_of_its_sources():
    sampler = Sampler(Interface(randomized(unet(**TINY, noise=True)), "generator", ("images",), "images"))
    x = pictures(2, 8, 16, 2)
    assert not sampler.unseeded_operations()
    np.testing.assert_array_equal(sampler.run({"images": x}, 4), sampler.run({"images": x}, 4))
    one_by_one = sampler.run({"images": x}, 1)
    assert np.abs(one_by_one - sampler.run({"images": x}, 4)).max() > 0.01


def test_the_noise_has_the_rate_of_the_dropout():
    translator = unet(**TINY, dropout=0.25, noise=True)
    layer = translator.get_layer("up_0_dropout")
    made = np.asarray(layer(np.ones((8, 16, 16, 8), "float32")))
    assert set(np.unique(made.round(5))) == {0.0, np.float32(1 / 0.75).round(5)}
    assert (made == 0).mean() == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("image_shape, depth", [((8, 16, 2), 3), ((16, 16, 2), 4)], ids=["1x2", "1x1"])
def test_the_gradient_reaches_every_kernel_even_past_a_map_of_one_pixel(normalization, image_shape, depth):
    translator = unet(image_shape=image_shape, width=2, depth=depth, normalization=normalization, dropout=0.0)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(translator(pictures(1, *image_shape), training=True) ** 2)
    for variable, gradient in zip(
        translator.trainable_variables, tape.gradient(total, translator.trainable_variables), strict=True
    ):
        assert variable.name == "beta" or np.any(gradient), variable.path


def test_a_network_of_any_size_is_that_of_each_size():
    free = randomized(unet(**TINY | {"image_shape": (None, None, 2)}))
    for sides in ((8, 16), (24, 8)):
        fixed = unet(**TINY | {"image_shape": (*sides, 2)})
        fixed.set_weights(free.get_weights())
        x = pictures(2, *sides, 2)
        np.testing.assert_allclose(free(x), fixed(x), atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", pytest.param("mixed_bfloat16", marks=pytest.mark.long)])
def test_mixed_precision_returns_float32(policy):
    keras.config.set_dtype_policy(policy)
    translator = unet(**TINY, noise=True)
    assert translator.get_layer("up_0").compute_dtype == policy.removeprefix("mixed_")
    images = translator(pictures(2, 8, 16, 2))
    assert images.dtype == tf.float32
    assert np.all(np.isfinite(images))


def test_save_and_load_give_equal_images(tmp_path):
    translator = unet(**TINY | {"image_shape": (None, None, 2)})
    translator.save(tmp_path / "translator.keras")
    x = pictures(2, 8, 16, 2)
    again = keras.saving.load_model(tmp_path / "translator.keras")
    np.testing.assert_array_equal(again(x), translator(x))


@pytest.mark.parametrize(
    "arguments, nearest",
    [
        (
            {"image_shape": (96, 128, 3)},
            r"multiples of 64 .* 64 x 128 or 128 x 128; .*`depth=5`. Received: image_shape=",
        ),
        (
            {"image_shape": (100, 75, 3), "depth": 2},
            r"multiples of 4 .* work: 100 x 72 or 100 x 76. Received: .*depth=2",
        ),
        (
            {"image_shape": (4, 4, 3), "depth": 3},
            r"multiples of 8 .* that works: 8 x 8; or, for these sides, `depth=2`",
        ),
        ({"image_shape": (None, 20, 3), "depth": 3}, r"work: None x 16 or None x 24; or, for these sides, `depth=2`"),
        ({"image_shape": (None, None, 3)}, r"give `depth`, the number of halvings.*Received: .*depth=None"),
    ],
)
def test_sides_that_cannot_be_halved_so_often(arguments, nearest):
    with pytest.raises(ValueError, match=rf"(?s){nearest}"):
        unet(**arguments)


def test_a_network_of_any_size_says_which_sizes_it_takes():
    translator = unet(**TINY | {"image_shape": (None, None, 2)})
    sampler = Sampler(Interface(translator, "generator", ("images",), "images"), is_drawn=False)
    message = (
        r"multiples of 8 for this network. The nearest that work: 8 x 16 or 16 x 24. Received: height=10, width=17"
    )
    with pytest.raises(ValueError, match=message):
        sampler.inputs_for(images=pictures(1, 10, 17, 2))
    with pytest.raises(ValueError, match=message):
        translator(pictures(1, 10, 17, 2))
    with pytest.raises(tf.errors.InvalidArgumentError, match="multiples of 8 for this network"):
        tf.function(translator, input_signature=[tf.TensorSpec((None, None, None, 2))])(pictures(1, 10, 17, 2))


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"image_shape": (64, 64)}, r"must be \(height, width, channels\) .*Received: image_shape="),
        ({"image_shape": (64, 64, None)}, r"must be \(height, width, channels\) .*Received: image_shape="),
        ({"width": 0}, "`width` must be an integer of at least 1"),
        ({"depth": 0}, "`depth` must be an integer of at least 1"),
        ({"target_channels": 0}, "`target_channels` must be an integer of at least 1"),
        ({"dropout": 1.0}, r"`dropout` must be a number in \[0.0, 0.99\]"),
        ({"noise": "yes"}, "`noise` must be True or False"),
        ({"normalization": "layer"}, "must be one of 'instance', 'batch', None"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        unet(**TINY | arguments)
