"""A batch in parts: the gradient of the whole."""

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan.penalties import R1


def copied(networks, weights):
    for network, values in zip(networks, weights, strict=True):
        network.set_weights(values)
    return networks


def weights_of(*models):
    return np.concatenate([weight.ravel() for model in models for weight in model.get_weights()])


@pytest.mark.long
@pytest.mark.parametrize(
    "make",
    [
        keras_gan.RelativisticGAN,
        pytest.param(keras_gan.NonSaturatingGAN, marks=pytest.mark.long),
        pytest.param(keras_gan.HingeGAN, marks=pytest.mark.long),
    ],
)
def test_accumulated_gradients_take_the_step_of_the_whole_batch(make, networks, images):
    trained = []
    for parts in (1, 4):
        keras.utils.set_random_seed(0)
        gan = make(*networks(spectral=True), discriminator_steps=2, penalties=[R1(3.0)], ema_half_life=100, seed=1)
        gan.compile(*(keras.optimizers.SGD(0.1) for _ in range(2)), gradient_accumulation_steps=parts, run_eagerly=True)
        logs = gan.fit(images, batch_size=8, verbose=0, shuffle=False).history
        trained.append(
            (
                weights_of(gan.generator, gan.discriminator, gan.averaged_generator),
                *(v for values in logs.values() for v in values),
            )
        )
    for whole, in_parts in zip(*trained, strict=True):
        np.testing.assert_allclose(in_parts, whole, atol=2e-6)


@pytest.mark.long
def test_accumulated_gradients_on_replicas(networks, images, two_replicas):
    with two_replicas.scope():
        mirrored_networks = networks()
        mirrored = keras_gan.NonSaturatingGAN(*mirrored_networks, seed=1)
        mirrored.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), gradient_accumulation_steps=2)
    single = keras_gan.NonSaturatingGAN(*copied(networks(), [n.get_weights() for n in mirrored_networks]), seed=1)
    single.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    for gan in (single, mirrored):
        gan.fit(images[:16], batch_size=8, verbose=0, shuffle=False)
    np.testing.assert_allclose(weights_of(mirrored.generator), weights_of(single.generator), atol=1e-6)
    np.testing.assert_allclose(weights_of(mirrored.discriminator), weights_of(single.discriminator), atol=1e-6)


@pytest.mark.long
def test_a_pass_for_the_discriminator_alone_leaves_the_generators_statistics(networks, images):
    """With accumulation the latents pass twice; the running statistics must move once."""
    moved = []
    for parts in (1, 2):
        keras.utils.set_random_seed(0)
        gan = keras_gan.NonSaturatingGAN(*networks(batch_norm=True), seed=1)
        gan.compile(*(keras.optimizers.SGD(0.0) for _ in range(2)), gradient_accumulation_steps=parts)
        # The same image twice is a batch whose halves have the statistics of the whole.
        gan.train_on_batch(np.tile(images[:4], (2, 1, 1, 1)))
        mean = gan.generator.layers[1].moving_mean.numpy()
        moved.append(np.abs(mean).max())
    # One update moves by 1 - momentum, two updates (one for each half) by a little less than twice as much.
    assert moved[1] < 3 * moved[0]


def test_a_batch_that_cannot_be_cut(networks, images):
    gan = keras_gan.NonSaturatingGAN(*networks())
    gan.compile(gradient_accumulation_steps=3)
    with pytest.raises(ValueError, match=r"multiple of 3. Received: minibatch of 8, gradient_accumulation_steps=3"):
        gan.fit(images, batch_size=8, verbose=0)
