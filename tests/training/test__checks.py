"""What data a model refuses, and the way that it shows."""

import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.training import Field, _batches, _checks


@pytest.mark.long
@pytest.mark.parametrize(
    "spoil, message",
    [
        (
            lambda x: x.transpose(0, 3, 1, 2),
            r"channels come first.*`images.transpose\(0, 2, 3, 1\)`.*shape \(\w+, 1, 8",
        ),
        (lambda x: ((x + 1) * 32767).astype("uint16"), r"`images.astype\('float32'\) / 32767.5 - 1`.*dtype uint16"),
        (lambda x: x > 0, r"`images.astype\('float32'\) / 0.5 - 1`.*dtype bool"),
        (lambda x: (x > 0).astype("uint8"), r"/ 127.5 - 1`, or use `keras_gan.data.load`.*dtype uint8"),
        (lambda x: (x * 127).astype("int8"), r"`\(images.astype\('float32'\) \+ 128\) / 127.5 - 1`. Received.*int8"),
        (lambda x: np.zeros((32, 3, 9, 9), "float32"), r"channels come first.*transpose.*shape \(\w+, 3, 9, 9\)"),
        (lambda x: (x * 100).astype("int64"), r"Scale them first.*dtype int64"),
        (lambda x: x[:, :4], r"Resize the images.*image_size.*shape \(\w+, 4, 8, 1\)"),
        (lambda x: x[..., 0], r"need an axis for their channel: add it with `images\[..., None\]`"),
        (lambda x: x.repeat(3, axis=-1), r"differ in the channels.*`keras_gan.data.Preprocessing\(channels=...\)`"),
    ],
    ids=[
        "channels first",
        "uint16",
        "bool",
        "uint8",
        "int8",
        "first of others",
        "int64",
        "size",
        "no channel",
        "colours",
    ],
)
def test_arrays_that_it_cannot_take_are_told_the_way(spoil, message, networks, images):
    gan = keras_gan.NonSaturatingGAN(*networks())
    gan.compile()
    spoilt = spoil(np.clip(images, -1, 1))
    for data, size in ((spoilt, 8), (tf.data.Dataset.from_tensor_slices(spoilt).batch(8), None)):
        with pytest.raises(ValueError, match=message):
            gan.fit(data, batch_size=size, verbose=0)
    with pytest.raises(ValueError, match=message):
        gan.train_on_batch(spoilt[:8])


def test_single_samples_are_told_to_be_batched(networks, images):
    gan = keras_gan.NonSaturatingGAN(*networks())
    gan.compile()
    with pytest.raises(ValueError, match=r"single samples.*with `.batch\(n\)`. Received: batches of shape \(8, 8, 1\)"):
        gan.fit(tf.data.Dataset.from_tensor_slices(images), verbose=0)


@pytest.mark.parametrize("method", ["train_on_batch", "test_on_batch"])
def test_a_batch_is_checked_and_cast_as_the_data_of_fit_are(method, networks, images):
    gan = keras_gan.NonSaturatingGAN(*networks())
    gan.compile(run_eagerly=True)
    step, batch = getattr(gan, method), np.clip(images[:8], -1, 1)
    for bad, message in (
        ((batch + 1) * 127.5, r"must lie in \[-1, 1\].*Received: values from"),
        (np.where(batch > -0.5, np.nan, batch), "NaN or infinity"),
        (batch[:0], r"same number of samples, at least one. Received: {'images': 0} samples"),
    ):
        with pytest.raises(ValueError, match=message):
            step(bad)
    with pytest.raises(ValueError, match="does not take `sample_weight`"):
        step(batch, sample_weight=np.ones(8))
    assert np.isfinite(step(batch.astype("float64"))).all()
    assert np.isfinite(step(tf.constant(batch, tf.float16))).all()


# --- What is no picture -----------------------------------------------------------------------------------------------


def of(name, values, field):
    _checks.require_type(name, tf.as_dtype(values.dtype), values.shape, field)
    _checks.require_values(name, values, field)


def test_series_and_vectors_of_any_range_are_taken():
    scores = np.random.default_rng(0).normal(0, 5, (6, 9, 4))
    of("series", scores, Field((9, 4)))
    of("points", scores[:, 0], Field((4,)))


@pytest.mark.parametrize(
    "values, message",
    [
        (np.arange(12).reshape(3, 4), r"`points` must be floating-point numbers. Convert them with `points.astype"),
        (np.ones((3, 4), bool), r"with `points.astype\('float32'\)`. Received: points of dtype bool"),
        (np.zeros((3, 5)), r"Build the networks for the shape of the data, or reshape the data. Received: .*\(3, 5\)"),
        (np.full((3, 4), np.nan), r"The points hold NaN or infinity"),
    ],
)
def test_tables_get_no_advice_about_images(values, message):
    with pytest.raises(ValueError, match=message) as caught:
        of("points", values, Field((4,)))
    assert "mage" not in str(caught.value)
    assert "127.5" not in str(caught.value)


@pytest.mark.parametrize(
    "low, high, way",
    [(0, 255, "/ 127.5"), (0, 65535, "/ 32767.5"), (-1, 513, "low and high"), (-9, 9, "low and")],
)
def test_the_advice_fits_the_range(low, high, way):
    images = np.linspace(low, high, 64).reshape(1, 8, 8, 1)
    with pytest.raises(ValueError, match=rf"must lie in \[-1, 1\].*{way}.*Received: values from {low} to {high}"):
        of("images", images, Field((8, 8, 1)))


# --- The guess of [0, 1] ----------------------------------------------------------------------------------------------


def looked_at(data, *, is_array):
    source = _batches.for_training(data, 8, None) if is_array else data
    return _batches.Batches(source, {"images": Field((8, 8, 1))})


def dark_to_white():
    """31 images from black to white in [0, 1], and one that shows that they are not."""
    images = np.clip(np.linspace(0, 1.1, 32 * 64, dtype="float32"), 0, 1).reshape(32, 8, 8, 1)
    images[-1] = -1.0
    return images


@pytest.mark.parametrize("order", [1, -1])
def test_an_array_is_judged_as_a_whole(order):
    images = dark_to_white()
    images[:8, 1], images[-9:-1, 1] = 1.0, 0.0  # The first batch alone looks like [0, 1], in either order.
    looked_at(images[::order], is_array=True)
    with pytest.warns(UserWarning, match=r"The images fill \[0, 1\].*give `images \* 2 - 1`"):
        looked_at(images[:-1][::order], is_array=True)


def test_a_data_set_is_judged_by_its_first_batches():
    images = dark_to_white()[[0, 30, *range(1, 30)]]
    with pytest.warns(UserWarning, match=r"The images fill \[0, 1\]"):
        looked_at(tf.data.Dataset.from_tensor_slices(images).batch(8), is_array=False)
    images[8, 0, 0] = -1.0
    looked_at(tf.data.Dataset.from_tensor_slices(images).batch(8), is_array=False)


def test_the_warning_shows_the_line_of_fit(networks, images):
    gan = keras_gan.NonSaturatingGAN(*networks())
    gan.compile(run_eagerly=True)
    with pytest.warns(UserWarning, match=r"fill \[0, 1\]") as caught:
        gan.fit(np.clip(np.abs(images[:8]), 0, 1), batch_size=8, verbose=0)
    assert caught[0].filename == __file__


# --- A forgotten resize -----------------------------------------------------------------------------------------------


def of_heights(heights):
    """A data set of samples of these heights, which does not say so before they are read."""
    samples = [np.zeros((height, 8, 1), "float32") for height in heights]
    return tf.data.Dataset.from_generator(lambda: samples, output_signature=tf.TensorSpec((None, None, None)))


@pytest.mark.parametrize(
    "heights, message",
    [
        ([8, 10, 8, 8], r"same shape.*tf.image.resize.*\[8,8,1\] and element 1 had shape \[10,8,1\]"),
        ([8] * 12 + [10, 8, 8, 8], r"same shape.*\[10,8,1\] and element 1 had shape \[8,8,1\]"),
        ([8] * 12 + [10] * 4, r"same shape.*\[4,10,8,1\] is not compatible with expected shape \[4,8,8,1\]"),
        ([10] * 8, r"samples of shape \(8, 8, 1\).*Resize the images.*Received: batches of shape \(4, 10, 8, 1\)"),
    ],
    ids=["in the first batch", "in a later batch", "a later batch", "all"],
)
def test_images_of_other_sizes_end_in_one_sentence(heights, message):
    with pytest.raises(ValueError, match=message), _checks.bad_batches_explained():
        for _ in looked_at(of_heights(heights).batch(4), is_array=False).batches():
            pass
