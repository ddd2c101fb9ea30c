"""Pairs of good images and their degraded selves: aligned, resumable, and each what the degradation says."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan import data
from keras_gan.data import Bicubic, Degradation, Preprocessing, load_degraded


class Marked(Degradation):
    """The first pixel of each square, with the seed in the place of the first of all."""

    def __call__(self, images, seeds):
        small = images[:, :: self.scale, :: self.scale]
        mark = tf.cast(seeds[:, 1] % 1000, tf.float32)[:, tf.newaxis, tf.newaxis, tf.newaxis] / 1000.0
        return tf.concat([small[:, :1] * 0.0 + mark, small[:, 1:]], axis=1)

    def __repr__(self):
        return f"Marked({self.scale})"


class Wrong(Marked):
    """A degradation that forgets to make images smaller."""

    def __call__(self, images, seeds):
        return images


def photographs(count=12, side=16, channels=3):
    return np.random.default_rng(0).integers(0, 256, (count, side, side, channels), "uint8")


def first(dataset, count=1):
    return [{name: value.numpy() for name, value in batch.items()} for batch in dataset.take(count)]


def test_a_source_shows_the_same_part_of_its_target_flipped_alike():
    parts = Preprocessing(load_size=16, flip=True)
    (batch,) = first(load_degraded(photographs(), Marked(4), image_size=8, batch_size=12, preprocessing=parts))
    assert batch["source"].shape == (12, 2, 2, 3)
    np.testing.assert_array_equal(batch["source"][:, 1:], batch["target"][:, 4::4, ::4])


def test_the_targets_are_those_of_load():
    options = {"image_size": 8, "batch_size": 5, "seed": 3, "preprocessing": Preprocessing(load_size=16, flip=True)}
    (batch,) = first(load_degraded(photographs(), Marked(2), **options))
    np.testing.assert_array_equal(batch["target"], next(iter(data.load(photographs(), **options))))


def test_it_resumes_at_any_step_to_the_bit():
    options = {"batch_size": 5, "seed": 1, "preprocessing": Preprocessing(flip=True)}
    whole = first(load_degraded(photographs(side=8), Marked(2), **options), 3)
    resumed = first(load_degraded(photographs(side=8), Marked(2), **options, start_step=2))
    for name in ("source", "target"):
        np.testing.assert_array_equal(resumed[0][name], whole[2][name])


def test_each_image_has_its_own_seed_each_time():
    batches = first(load_degraded(photographs(), Marked(4), batch_size=6), 3)
    marks = np.concatenate([batch["source"][:, 0, 0, 0] for batch in batches])
    np.testing.assert_allclose(marks, np.arange(18) / 1000.0, atol=1e-6)


def test_one_pass_degrades_each_image_alike_whatever_the_batch_size():
    def sources(batch_size):
        pairs = load_degraded(photographs(side=8), Marked(2), batch_size=batch_size)
        return np.concatenate([batch["source"] for batch in pairs.one_pass()])

    np.testing.assert_array_equal(sources(5), sources(12))


def test_another_degradation_is_other_data():
    one, other, same = (load_degraded(photographs(), Bicubic(scale), batch_size=4).identity for scale in (2, 4, 2))
    assert one == same != other


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match=r"multiples of 3.*Received: targets of 16x16"):
        load_degraded(photographs(), Bicubic(3), batch_size=4)
    with pytest.raises(ValueError, match=r"must be a `keras_gan.data.Degradation`.*Received"):
        load_degraded(photographs(), 4)
    with pytest.raises(ValueError, match=r"shape \(4, 4, 4, 3\)\. Received: Marked\(4\), which returns float32"):
        next(iter(load_degraded(photographs(), Wrong(4), batch_size=4)))
