"""How `fit` arranges the data for the training step."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.training import Field, _batches


def batches(images, size=8):
    return tf.data.Dataset.from_tensor_slices(images).batch(size, drop_remainder=True)


def taken_apart(images):
    return [batch["images"] for batch in _batches.minibatches({"images": images}, 3, "discriminator_steps")]


def test_minibatches_take_apart_what_gather_put_together(images):
    gathered = next(iter(_batches.gather(batches(images), 8, 3, 1)))
    for index, minibatch in enumerate(taken_apart(gathered)):
        np.testing.assert_array_equal(minibatch, images[8 * index : 8 * index + 8])


def test_replicas_find_their_share_of_each_minibatch_in_their_part(images):
    gathered = next(iter(_batches.gather(batches(images), 8, 3, 2))).numpy()
    parts = [taken_apart(tf.constant(part)) for part in np.split(gathered, 2)]
    for index in range(3):
        both = np.concatenate([part[index] for part in parts])
        np.testing.assert_array_equal(both, images[8 * index : 8 * index + 8])


def test_incomplete_batches_are_left_out(networks, images):
    gan = keras_gan.NonSaturatingGAN(*networks())
    gan.compile(run_eagerly=True)
    gan.fit(tf.data.Dataset.from_tensor_slices(images[:20]).batch(8), epochs=2, verbose=0)
    assert int(gan.training_state.step.value) == 2 * 2


def test_a_first_batch_that_is_incomplete_does_not_set_the_size(networks, images):
    gan = keras_gan.NonSaturatingGAN(*networks())
    gan.compile(run_eagerly=True)
    ragged = tf.data.Dataset.from_tensor_slices(images[:3]).batch(8)
    gan.fit(ragged.concatenate(tf.data.Dataset.from_tensor_slices(images[:24]).batch(8)), verbose=0)
    assert int(gan.training_state.step.value) == 3
    assert gan.images_per_step == 8


def test_float64_images_are_taken(networks, images):
    gan = keras_gan.NonSaturatingGAN(*networks())
    gan.compile(run_eagerly=True)
    gan.fit(images.astype("float64"), batch_size=8, verbose=0)
    assert int(gan.training_state.step.value) == 6


def test_vectors_have_no_range(images):
    generator, discriminator = keras_gan.networks.mlp(image_shape=(2,), latent_dim=3, width=8)
    gan = keras_gan.LSGAN(generator, discriminator)
    gan.compile(run_eagerly=True)
    gan.fit(np.full((8, 2), 7.0, "float32"), batch_size=8, verbose=0)
    assert int(gan.training_state.step.value) == 1


@pytest.mark.long
def test_endless_data_that_know_their_epoch(networks):
    dataset = keras_gan.data.load("digits", image_size=8, batch_size=64)
    gan = keras_gan.HingeGAN(*networks(), discriminator_steps=5)
    gan.compile(run_eagerly=True)
    gan.fit(dataset, epochs=2, verbose=0)
    assert int(gan.training_state.step.value) == 2 * (dataset.steps_per_epoch // 5)
    assert gan.images_per_step == 5 * 64


def test_an_epoch_has_one_step_at_least(networks):
    dataset = keras_gan.data.load("digits", image_size=8, batch_size=512)
    gan = keras_gan.HingeGAN(*networks(), discriminator_steps=5)
    gan.compile(run_eagerly=True)
    gan.fit(dataset, verbose=0)
    assert int(gan.training_state.step.value) == 1


def test_validation_data_are_judged_without_training_on_them(networks, images):
    gan = keras_gan.NonSaturatingGAN(*networks(batch_norm=True))
    gan.compile(run_eagerly=True)
    gan.fit(images, batch_size=8, verbose=0)
    before = gan.fingerprint()
    losses = gan.evaluate(images[:16], batch_size=8, verbose=0, return_dict=True)
    assert set(losses) == {"d_loss", "g_loss"}
    assert gan.fingerprint() == before
    history = gan.fit(images, batch_size=8, verbose=0, validation_data=images[:16]).history
    assert np.isfinite(history["val_d_loss"] + history["val_g_loss"]).all()


@pytest.mark.long
def test_endless_data_are_validated_for_one_epoch(networks, images):
    gan = keras_gan.NonSaturatingGAN(*networks())
    gan.compile(run_eagerly=True)
    held_out = keras_gan.data.load("digits", split="test", image_size=8, batch_size=64)
    history = gan.fit(images, batch_size=8, epochs=2, verbose=0, validation_data=held_out).history
    losses = gan.evaluate(held_out, verbose=0)
    np.testing.assert_allclose(losses, [history["val_d_loss"][-1], history["val_g_loss"][-1]], rtol=0.2)


def test_the_losses_are_the_adversarial_losses_alone(networks, images):
    """So that training and validation losses can be compared, and a critic's loss is the distance that it estimates."""
    gan = keras_gan.WGANGP(*networks(), discriminator_steps=1)
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
    fake_logits = gan.discriminator(gan.generator(gan.training_state.noise().normal((8, 4))))
    loss = keras_gan.losses.Wasserstein().discriminator_loss(gan.discriminator(images[:8]), fake_logits)
    logs = gan.train_on_batch(images[:8], return_dict=True)
    assert logs["gradient_penalty"] > 0.01
    assert logs["d_loss"] == pytest.approx(float(loss), abs=1e-5)


# --- Batches of several sizes -----------------------------------------------------------------------------------------


def of_sizes(sizes, images, *, endless=False):
    """A data set of batches of these sizes, which does not say so before they are read."""

    def cut():
        for size in sizes:
            yield images[:size]

    dataset = tf.data.Dataset.from_generator(cut, output_signature=tf.TensorSpec((None, 8, 8, 1)))
    return dataset.repeat() if endless else dataset


@pytest.mark.parametrize(
    "sizes, size, steps",
    [
        ([17] + [16] * 4, 16, 4),
        *(
            pytest.param(*case, marks=pytest.mark.long)
            for case in (([17, 16, 17, 16], 17, 2), ([3, 8, 8, 8], 8, 3), ([8, 3], 8, 1), ([5, 5, 8, 5], 5, 3))
        ),
    ],
)
def test_the_size_is_that_of_most_batches(sizes, size, steps, networks, images):
    gan = keras_gan.NonSaturatingGAN(*networks())
    gan.compile(run_eagerly=True)
    gan.fit(of_sizes(sizes, images), verbose=0)
    assert int(gan.training_state.step.value) == steps
    assert gan.images_per_step == size


@pytest.mark.long
@pytest.mark.parametrize("steps", [None, pytest.param(5, marks=pytest.mark.long)])
def test_batches_of_another_size_from_some_place_on_are_an_error(steps, networks, images):
    """Endless data would otherwise be searched for ever for another batch of the first size."""
    gan = keras_gan.NonSaturatingGAN(*networks())
    gan.compile(run_eagerly=True)
    uneven = of_sizes([17, 17, 17] + [16] * 40, images, endless=steps is not None)
    with pytest.raises(
        ValueError, match=r"batches must have the same size.*unbatch\(\).*Received: 8 such batches in a row"
    ):
        gan.fit(uneven, steps_per_epoch=steps, verbose=0)
    with pytest.raises(ValueError, match="batches must have the same size"):
        gan.evaluate(uneven, steps=steps, verbose=0)


@pytest.mark.parametrize("sizes", [[16, 17] * 6, [17, 16] * 20, [16] * 3 + [17] * 6, [16, 16, *[17] * 7] * 4], ids=str)
def test_losing_much_of_the_data_is_an_error(sizes, images):
    uneven = _batches.Batches(of_sizes(sizes, images), {"images": Field((8, 8, 1))})
    with pytest.raises(tf.errors.InvalidArgumentError, match="have another size than the first ones and would be left"):
        list(uneven.batches())


def test_a_ragged_end_that_comes_again_and_again_is_left_out(networks, images):
    gan = keras_gan.NonSaturatingGAN(*networks())
    gan.compile(run_eagerly=True)
    gan.fit(tf.data.Dataset.from_tensor_slices(images[:11]).batch(8).repeat(), steps_per_epoch=12, verbose=0)
    assert int(gan.training_state.step.value) == 12


def test_an_endless_data_set_with_a_ragged_end_needs_an_epoch(networks, images):
    gan = keras_gan.NonSaturatingGAN(*networks())
    gan.compile(run_eagerly=True)
    endless = tf.data.Dataset.from_tensor_slices(images[:11]).batch(8).repeat()
    for run, name in ((gan.fit, "steps_per_epoch"), (gan.evaluate, "steps")):
        with pytest.raises(ValueError, match=rf"endless.*give `{name}`. Received: {name}=None"):
            run(endless, verbose=0)
    with pytest.raises(ValueError, match=r"Received: validation_steps=None"):
        gan.fit(images, batch_size=8, validation_data=endless, verbose=0)


@pytest.mark.parametrize(
    "part, kind",
    [
        (np.ma.masked_array(np.zeros((4, 2)), mask=True), "a masked array, whose mask would be lost"),
        (np.zeros((4, 2), object), "an array of dtype object"),
        (np.full((4, 2), "a"), "an array of dtype <U1"),
        ([], "an empty list"),
    ],
    ids=["mask", "objects", "text", "list"],
)
def test_a_part_of_the_data_that_is_no_array_of_numbers(part, kind):
    with pytest.raises(ValueError, match=f"must be an array or a tensor of numbers.* Received: {kind}"):
        _batches.for_training((np.zeros((4, 2), "float32"), part), 2, None)
