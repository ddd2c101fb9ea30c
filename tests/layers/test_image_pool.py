"""The pool of earlier images: it fills, then exchanges half of what comes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.layers import ImagePool


def numbered(first, count):
    """Images that are told apart by their value."""
    return tf.reshape(tf.range(first, first + count, dtype=tf.float32), (count, 1, 1, 1)) * tf.ones((1, 2, 2, 1))


def values(images):
    return np.asarray(images)[:, 0, 0, 0].astype(int).tolist()


def fed(pool, batches, rows, first_seed=0):
    """What comes back of so many batches of new images, as lists of numbers."""
    return [values(pool(numbered(rows * i, rows), seed=(first_seed, i))) for i in range(batches)]


def test_it_fills_and_returns_what_comes():
    pool = ImagePool(6)
    assert fed(pool, 2, 3) == [[0, 1, 2], [3, 4, 5]]
    assert sorted(values(pool.images)) == [0, 1, 2, 3, 4, 5]
    assert int(pool.count) == 6


def test_no_image_is_lost_or_doubled():
    """All that was given is what was returned for good, and what the pool holds: each image once."""
    pool, given, returned = ImagePool(7), [], []
    for batch in range(30):
        held = set(values(pool.images)[: int(pool.count)]) if pool.built else set()
        images = numbered(4 * batch, 4)
        back = values(pool(images, seed=(1, batch)))
        assert len(set(back)) == 4
        now = set(values(pool.images)[: int(pool.count)])
        fresh = set(values(images))
        assert len(now) == int(pool.count)
        # What left the pool came back, and what came back is new or left the pool.
        assert held - now == set(back) & held
        assert set(back) <= fresh | held
        assert now <= held | fresh
        given += values(images)
        returned += back
    assert set(returned) | now == set(given)


def test_half_of_the_images_are_exchanged_for_any_of_the_pool():
    pool, rows, batches = ImagePool(10), 4, 400
    pool.build((None, 2, 2, 1))
    run = tf.function(pool)
    places, total = [], 0
    for batch in range(batches):
        held = values(pool.images) if int(pool.count) == 10 else []
        new = numbered(rows * batch, rows)
        back = values(run(new, seed=tf.constant([2, batch], tf.int64)))
        if held:
            total += rows
            places += [held.index(image) for image, fresh in zip(back, values(new), strict=True) if image != fresh]
    # Five standard deviations of a binomial.
    assert abs(len(places) / total - 0.5) < 5 * 0.5 / np.sqrt(total)
    shares = np.bincount(places, minlength=10) / len(places)
    np.testing.assert_allclose(shares, 0.1, atol=5 * np.sqrt(0.09 / len(places)))


def test_a_batch_that_fills_the_pool_is_kept_as_far_as_there_is_room():
    pool = ImagePool(5)
    first, second = fed(pool, 2, 4)
    assert (first, second[0]) == ([0, 1, 2, 3], 4)
    for image, new in zip(second[1:], (5, 6, 7), strict=True):
        assert image == new or image in first
    assert len(set(second)) == 4


def test_a_batch_larger_than_the_pool():
    pool = ImagePool(2)
    for back in fed(pool, 10, 5):
        assert len(set(back)) == 5
    assert int(pool.count) == 2


def test_without_a_pool_images_come_back():
    assert fed(ImagePool(0), 3, 2) == [[0, 1], [2, 3], [4, 5]]


def test_no_gradient_goes_through_it():
    pool, images = ImagePool(3), numbered(0, 2)
    with tf.GradientTape() as tape:
        tape.watch(images)
        back = tf.reduce_sum(pool(images, seed=(0, 0)))
    assert tape.gradient(back, images) is None


@pytest.mark.long
def test_xla_makes_the_same_exchanges():
    found = []
    for jit_compile in (None, True):
        pool = ImagePool(4)
        pool.build((None, 2, 2, 1))
        run = pool if jit_compile is None else tf.function(pool, jit_compile=True)
        batches = [run(numbered(3 * i, 3), seed=tf.constant([5, i], tf.int64)).numpy() for i in range(12)]
        found.append((np.stack(batches), pool.images.numpy(), int(pool.count)))
    for eager, xla in zip(*found, strict=True):
        np.testing.assert_array_equal(xla, eager)


def test_two_replicas_have_the_pool_of_one_device(two_replicas):
    single = ImagePool(4)
    single.build((None, 2, 2, 1))
    with two_replicas.scope():
        mirrored = ImagePool(4)
        mirrored.build((None, 2, 2, 1))

    @tf.function
    def step(halves, seed):
        return two_replicas.run(lambda images: mirrored(images, seed=seed), args=(halves,))

    for batch in range(8):
        images, seed = numbered(4 * batch, 4), tf.constant([7, batch], tf.int64)
        parts = two_replicas.experimental_distribute_values_from_function(
            lambda context, images=images: images[2 * context.replica_id_in_sync_group :][:2]
        )
        both = tf.concat(two_replicas.experimental_local_results(step(parts, seed)), axis=0)
        np.testing.assert_array_equal(both, single(images, seed=seed))
    np.testing.assert_array_equal(mirrored.images.numpy(), single.images.numpy())


def test_a_model_is_saved_with_its_pool(tmp_path):
    inputs = keras.Input((2, 2, 1))
    pool = ImagePool(4)
    model = keras.Model(inputs, pool(inputs, seed=(0, 0)))
    pool(numbered(1, 3), seed=(0, 1))
    model.save(tmp_path / "model.keras")
    again = next(
        layer for layer in keras.saving.load_model(tmp_path / "model.keras").layers if isinstance(layer, ImagePool)
    )
    assert again.size == 4
    for mine, other in zip(pool.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(other, mine)


@pytest.mark.parametrize("size", [-1, 1.5, None])
def test_bad_sizes(size):
    with pytest.raises(ValueError, match=r"`size` must be an integer of at least 0. Received: size="):
        ImagePool(size)
