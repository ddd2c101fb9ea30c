"""What data a model refuses, and the way that it shows."""

import numpy as np
import pytest
import tensorflow as tf

import keras_gan


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
        (lambda x: (x * 100).astype("int64"), r"Scale them first.*dtype int64"),
        (lambda x: x[:, :4], r"Resize the images.*image_size.*shape \(\w+, 4, 8, 1\)"),
    ],
    ids=["channels first", "uint16", "bool", "uint8", "int64", "size"],
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
