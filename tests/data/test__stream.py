"""The order of the batches, and what is done to each."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan import data

NUM_IMAGES, BATCH_SIZE = 23, 5
RANDOM = data.Preprocessing(flip=True, dequantize=True)


def counting_images():
    """Image number k is filled with k, so that a batch tells which images it holds."""
    return np.broadcast_to(np.arange(NUM_IMAGES, dtype=np.uint8)[:, None, None, None], (NUM_IMAGES, 4, 6, 1))


def take(dataset, count):
    return [np.asarray(batch) for batch in itertools.islice(dataset.as_numpy_iterator(), count)]


def drawn(steps, **kwargs):
    """The numbers of the images of the first steps."""
    batches = take(data.load(counting_images(), batch_size=BATCH_SIZE, **kwargs), steps)
    return np.rint((np.concatenate(batches)[:, 0, 0, 0] + 1) * 127.5).astype(int)


def test_position_p_holds_the_image_that_the_permutation_of_its_epoch_puts_there():
    expected = [
        int(tf.random.experimental.index_shuffle(p % NUM_IMAGES, [7, p // NUM_IMAGES], NUM_IMAGES - 1))
        for p in range(14 * BATCH_SIZE)
    ]
    np.testing.assert_array_equal(drawn(14, seed=7), expected)


def test_each_image_comes_once_an_epoch_in_an_order_of_its_own():
    epochs = drawn(NUM_IMAGES).reshape(BATCH_SIZE, NUM_IMAGES)
    for epoch in epochs:
        assert sorted(epoch) == list(range(NUM_IMAGES))
    assert len({tuple(epoch) for epoch in epochs}) == len(epochs)


def test_the_seed_sets_the_order():
    np.testing.assert_array_equal(drawn(4, seed=3), drawn(4, seed=3))
    assert not np.array_equal(drawn(4, seed=3), drawn(4, seed=4))


@pytest.mark.parametrize("start_step", [1, 4, 17])
def test_a_stream_from_step_k_is_the_stream_with_k_batches_skipped_bit_for_bit(start_step):
    images = np.random.default_rng(0).integers(0, 256, (NUM_IMAGES, 4, 6, 3), np.uint8)
    settings = {"batch_size": BATCH_SIZE, "seed": 11, "preprocessing": RANDOM}
    skipped = take(data.load(images, **settings), start_step + 6)[start_step:]
    started = take(data.load(images, **settings, start_step=start_step), 6)
    np.testing.assert_array_equal(started, skipped)


def test_labels_stay_with_their_images():
    labels = np.arange(NUM_IMAGES)[::-1].copy()
    dataset = data.load((counting_images(), labels), batch_size=BATCH_SIZE, labels=True)
    for images, got in itertools.islice(dataset.as_numpy_iterator(), 6):
        numbers = np.rint((images[:, 0, 0, 0] + 1) * 127.5).astype(int)
        np.testing.assert_array_equal(got, labels[numbers])


def test_every_level_is_scaled_onto_minus_one_to_one():
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    (batch,) = take(data.load(levels, batch_size=1), 1)
    np.testing.assert_array_equal(batch.ravel(), np.arange(256, dtype=np.float32) / np.float32(127.5) - 1)
    assert (batch.min(), batch.max()) == (-1.0, 1.0)


def test_a_flip_mirrors_about_half_of_the_images_left_to_right():
    image = np.arange(24, dtype=np.uint8).reshape(1, 4, 6, 1)
    images = np.repeat(image, 200, axis=0)
    (batch,) = take(data.load(images, batch_size=200, preprocessing=data.Preprocessing(flip=True)), 1)
    plain = image[0] / np.float32(127.5) - 1
    mirrored = np.array([np.array_equal(got, plain[:, ::-1]) for got in batch])
    straight = np.array([np.array_equal(got, plain) for got in batch])
    assert np.all(mirrored ^ straight)
    # Binomial(200, 1/2) has the standard deviation 7.
    assert 65 < mirrored.sum() < 135


def test_dequantisation_fills_each_level_evenly():
    images = np.array([[[0]], [[100]], [[255]]], np.uint8).repeat(64, axis=1).repeat(64, axis=2)
    dataset = data.load(images, batch_size=3, preprocessing=data.Preprocessing(dequantize=True))
    (batch,) = take(dataset, 1)
    for image in batch:
        level = min((0, 100, 255), key=lambda level: abs(image.mean() - (level / 128 - 1)))
        noise = image.astype(np.float64) - (level / 128 - 1)
        assert noise.min() >= 0
        assert noise.max() <= 1 / 128
        # The mean and the standard deviation of U(0, 1/128), from 4096 draws.
        assert noise.mean() == pytest.approx(1 / 256, rel=0.05)
        assert noise.std() == pytest.approx(1 / 128 / np.sqrt(12), rel=0.05)
    assert np.abs(batch).max() <= 1


def test_each_step_has_flips_and_noise_of_its_own():
    image = np.arange(24, dtype=np.uint8).reshape(1, 4, 6)
    dataset = data.load(image, batch_size=1, preprocessing=data.Preprocessing(dequantize=True))
    assert len({batch.tobytes() for batch in take(dataset, 20)}) == 20
    dataset = data.load(image, batch_size=1, preprocessing=data.Preprocessing(flip=True))
    assert len({batch.tobytes() for batch in take(dataset, 20)}) == 2


def test_flips_and_noise_do_not_share_their_random_bits():
    images = np.zeros((512, 1, 2, 1), np.uint8)
    images[:, :, 1] = 255
    (batch,) = take(data.load(images, batch_size=512, preprocessing=RANDOM), 1)
    flipped = batch[:, 0, 0, 0] > 0
    noise = np.where(batch > 0, batch - 127 / 128, batch + 1)
    # Were they drawn from the same bits, draw k of the noise would go with flip k. The correlation of 512
    # independent pairs has the standard deviation 0.044.
    assert abs(np.corrcoef(flipped, noise.ravel()[:512])[0, 1]) < 0.18


def test_float_images_come_out_as_they_went_in():
    images = np.random.default_rng(0).uniform(-1, 1, (3, 4, 4, 2)).astype(np.float32)
    (batch,) = take(data.load(images, batch_size=3), 1)
    assert {image.tobytes() for image in batch} == {image.tobytes() for image in images}


def test_batches_are_endless_and_static_in_shape():
    dataset = data.load((counting_images(), np.zeros(NUM_IMAGES, int)), batch_size=BATCH_SIZE, labels=True)
    assert dataset.element_spec == (
        tf.TensorSpec((BATCH_SIZE, 4, 6, 1), tf.float32),
        tf.TensorSpec((BATCH_SIZE,), tf.int32),
    )
    assert dataset.cardinality() == tf.data.INFINITE_CARDINALITY


def test_one_image_is_a_data_set():
    (first, second) = take(data.load(np.full((1, 2, 2), 255, np.uint8), batch_size=1), 2)
    np.testing.assert_array_equal(first, second)


def test_two_replicas_share_each_batch(two_replicas):
    dataset = data.load(counting_images(), batch_size=6)
    distributed = next(iter(two_replicas.experimental_distribute_dataset(dataset)))
    parts = two_replicas.experimental_local_results(distributed)
    assert [len(part) for part in parts] == [3, 3]
    np.testing.assert_array_equal(np.concatenate(parts), take(dataset, 1)[0])


def test_keras_trains_on_it():
    images = counting_images()
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    dataset = data.load((images, np.zeros(NUM_IMAGES, int)), batch_size=BATCH_SIZE, labels=True)
    history = model.fit(dataset, epochs=2, steps_per_epoch=dataset.steps_per_epoch, shuffle=False, verbose=0)
    assert model.optimizer.iterations == 2 * (NUM_IMAGES // BATCH_SIZE)
    assert np.all(np.isfinite(history.history["loss"]))


def test_one_pass_holds_every_image_once_in_order_and_as_it_is():
    images = np.random.default_rng(0).integers(0, 256, (NUM_IMAGES, 4, 6, 3), np.uint8)
    source = (images, np.arange(NUM_IMAGES))
    dataset = data.load(source, batch_size=BATCH_SIZE, labels=True, preprocessing=RANDOM)
    batches = list(dataset.one_pass().as_numpy_iterator())
    assert [len(batch) for batch, _ in batches] == [5, 5, 5, 5, 3]
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in batches]), np.arange(NUM_IMAGES))
    got = np.concatenate([batch for batch, _ in batches])
    np.testing.assert_allclose(got, images / 127.5 - 1.0, atol=1e-6)
    floats = got.copy()
    np.testing.assert_array_equal(np.concatenate(list(data.load(floats, batch_size=5).one_pass())), floats)


# --- Random parts -----------------------------------------------------------------------------------------------------


JITTER = data.Preprocessing(load_size=(10, 12))


def parts(steps=3, **options):
    """Where the parts of the first steps come from: (top, left) of each image, and the parts themselves."""
    ramp = np.arange(120, dtype=np.uint8).reshape(1, 10, 12, 1).repeat(30, axis=0)
    dataset = data.load(ramp, image_size=(7, 8), batch_size=30, **{"preprocessing": JITTER, **options})
    got = np.rint((np.concatenate(take(dataset, steps))[..., 0] + 1) * 127.5).astype(int)
    return np.stack(divmod(got[:, 0, 0], 12), axis=-1), got


def test_a_random_part_has_the_scale_of_the_image_and_lies_within_it():
    corners, got = parts()
    ramp = np.arange(120).reshape(10, 12)
    for (top, left), part in zip(corners, got, strict=True):
        np.testing.assert_array_equal(part, ramp[top : top + 7, left : left + 8])


def test_every_place_of_a_part_is_as_likely():
    corners, _ = parts(steps=40)
    counts = np.zeros((4, 5))
    np.add.at(counts, tuple(corners.T), 1)
    # 1,200 draws of 20 places: chi-squared with 19 degrees of freedom, whose 0.9999 quantile is 51.
    assert np.sum((counts - 60) ** 2 / 60) < 51


def test_each_step_has_parts_of_its_own_and_the_seed_sets_them():
    corners = parts()[0].reshape(3, 30, 2)
    assert not np.array_equal(corners[0], corners[1])
    np.testing.assert_array_equal(parts()[0], parts()[0])
    assert not np.array_equal(parts(seed=1)[0], parts()[0])


def test_random_parts_leave_the_order_the_flips_and_the_noise_as_they_are():
    """An image whose rows and columns are all alike shows the rest."""
    images = np.broadcast_to(np.arange(23, dtype=np.uint8)[:, None, None, None], (23, 8, 8, 1))
    plain = take(data.load(images, batch_size=5, preprocessing=data.Preprocessing(flip=True)), 6)
    jittered = data.Preprocessing(flip=True, load_size=8)
    cut = take(data.load(images, image_size=4, batch_size=5, preprocessing=jittered), 6)
    np.testing.assert_array_equal([batch[:, :4, :4] for batch in plain], cut)


def test_one_pass_has_the_middle_of_every_image():
    images = np.random.default_rng(0).integers(0, 256, (6, 10, 12, 3), np.uint8)
    dataset = data.load(images, image_size=(7, 8), batch_size=4, preprocessing=JITTER)
    assert dataset.image_shape == (7, 8, 3)
    assert dataset.element_spec == tf.TensorSpec((4, 7, 8, 3), tf.float32)
    got = np.concatenate(list(dataset.one_pass().as_numpy_iterator()))
    np.testing.assert_allclose(got, images[:, 1:8, 2:10] / 127.5 - 1, atol=1e-6)


def test_parts_as_large_as_the_images_are_the_images():
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), np.uint8)
    whole = take(data.load(images, image_size=8, batch_size=4), 3)
    same = data.load(images, image_size=8, batch_size=4, preprocessing=data.Preprocessing(load_size=8))
    np.testing.assert_array_equal(take(same, 3), whole)


@pytest.mark.parametrize("image_size", [None, 11, (8, 13)])
def test_a_part_is_not_larger_than_the_image(image_size):
    with pytest.raises(ValueError, match=r"give an `image_size` of at most `load_size`.*load_size=\(10, 12\)"):
        data.load(np.zeros((4, 20, 20), np.uint8), image_size=image_size, batch_size=2, preprocessing=JITTER)
