"""Scheduled quantities: the value that each step uses, in the logs and after loading."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.augmentation import DiffAugment, InstanceNoise
from keras_gan.penalties import R1, Lazy
from keras_gan.schedules import Cosine, Linear, LinearDecay

# At step s: start + (end - start) s / steps.
SCHEDULES = {
    "r1_weight": Linear(8.0, 0.0, 4),
    "generator_ema_half_life": Linear(2.0, 10.0, 4),
    "diff_augment_strength": Linear(1.0, 0.0, 8),
    "instance_noise_level": Linear(0.4, 0.0, 8),
    "generator_learning_rate": LinearDecay(0.1, 10),
    "discriminator_beta_2": Linear(0.5, 0.9, 4),
}
AT_STEPS_0_TO_2 = {
    "r1_weight": [8.0, 6.0, 4.0],
    "generator_ema_half_life": [2.0, 4.0, 6.0],
    "diff_augment_strength": [1.0, 0.875, 0.75],
    "instance_noise_level": [0.4, 0.35, 0.3],
    "generator_learning_rate": [0.1, 0.09, 0.08],
    "discriminator_beta_2": [0.5, 0.6, 0.7],
}


def scheduled_gan(networks, **compiled):
    gan = keras_gan.NonSaturatingGAN(
        *networks,
        penalties=[R1(SCHEDULES["r1_weight"])],
        augmentation=[
            DiffAugment(strength=SCHEDULES["diff_augment_strength"]),
            InstanceNoise(SCHEDULES["instance_noise_level"]),
        ],
        ema_half_life=SCHEDULES["generator_ema_half_life"],
        seed=1,
    )
    gan.compile(
        keras.optimizers.SGD(SCHEDULES["generator_learning_rate"]),
        keras.optimizers.Adam(0.01, epsilon=1e-3, beta_2=SCHEDULES["discriminator_beta_2"]),
        **compiled,
    )
    return gan


@pytest.mark.long
def test_the_logs_show_the_value_that_each_step_used_and_xla_takes_the_same_steps(networks, images):
    trained = []
    for compiled in ({"run_eagerly": True}, {"jit_compile": True}):
        keras.utils.set_random_seed(2)
        gan = scheduled_gan(networks(), **compiled)
        for step in range(3):
            logs = gan.train_on_batch(images[8 * step :][:8], return_dict=True)
            found = {name: float(value) for name, value in logs.items() if name in SCHEDULES}
            assert found == pytest.approx({name: values[step] for name, values in AT_STEPS_0_TO_2.items()})
        trained.append(gan.generator.get_weights() + gan.discriminator.get_weights())
    for eager, xla in zip(*trained, strict=True):
        np.testing.assert_allclose(xla, eager, atol=1e-5)


def test_a_loaded_model_resumes_bit_for_bit(networks, images, tmp_path):
    gan = scheduled_gan(networks(), run_eagerly=True)
    gan.fit(images[:16], batch_size=8, verbose=0)
    gan.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    assert again.fingerprint() == gan.fingerprint()
    logs = [model.train_on_batch(images[:8], return_dict=True) for model in (gan, again)]
    assert again.fingerprint() == gan.fingerprint()
    assert logs[0] == logs[1]
    assert logs[1]["discriminator_beta_2"] == pytest.approx(0.7)


def test_a_scheduled_decay_is_adjusted_to_a_lazy_penalty_and_a_loss_scale(networks, images, tmp_path):
    keras.config.set_dtype_policy("mixed_float16")
    gan = keras_gan.NonSaturatingGAN(*networks(), penalties=[Lazy(R1(Linear(8.0, 0.0, 4)), every=2)], seed=1)
    inner = keras.optimizers.Adam(0.01, beta_2=Linear(0.5, 0.9, 4))
    gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.LossScaleOptimizer(inner), run_eagerly=True)
    gan.train_on_batch(images[:8])
    gan.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    logs = [model.train_on_batch(images[:8], return_dict=True) for model in (gan, again)]
    assert logs[0] == logs[1]
    assert logs[1]["discriminator_beta_2"] == pytest.approx(0.6)
    assert logs[1]["r1_weight"] == pytest.approx(6.0)
    assert again.fingerprint() == gan.fingerprint()


@pytest.mark.parametrize("decay", ["beta_1", "beta_2"])
def test_a_scheduled_beta_is_the_one_of_adams_formula(decay, networks):
    """One weight and a gradient of 1, 2, 3: Kingma and Ba 2014 (arXiv 1412.6980), algorithm 1, with a beta a step."""
    schedule = Linear(0.5, 0.9, 4)
    gan = keras_gan.NonSaturatingGAN(*networks(), seed=1)
    optimizer = keras.optimizers.Adam(0.1, epsilon=1e-8, **{"beta_1": 0.8, "beta_2": 0.8, decay: schedule})
    gan.compile(keras.optimizers.SGD(0.1), optimizer)
    betas = {"beta_1": 0.8, "beta_2": 0.8}
    weight = gan.discriminator.trainable_weights[-1]
    others = [tf.zeros_like(w) for w in gan.discriminator.trainable_weights[:-1]]
    expected, m, v = float(weight.numpy()[0]), 0.0, 0.0
    for step, gradient in enumerate((1.0, 2.0, 3.0)):
        keras_gan.training.adversarial_model._optimizers.step(
            gan.discriminator_optimizer,
            [*others, tf.fill((1,), gradient)],
            gan.discriminator.trainable_weights,
            tf.constant(step, tf.int64),
        )
        betas[decay] = 0.5 + 0.1 * step
        m = betas["beta_1"] * m + (1 - betas["beta_1"]) * gradient
        v = betas["beta_2"] * v + (1 - betas["beta_2"]) * gradient**2
        corrected = m / (1 - betas["beta_1"] ** (step + 1)), v / (1 - betas["beta_2"] ** (step + 1))
        expected -= 0.1 * corrected[0] / (np.sqrt(corrected[1]) + 1e-8)
        assert float(weight.numpy()[0]) == pytest.approx(expected, rel=1e-4)


def test_the_weight_of_a_penalty_is_that_of_its_step(networks, images):
    """R1 without a change of the networks: the penalty is the weight times what it was."""
    gan = keras_gan.NonSaturatingGAN(*networks(), penalties=[R1(Cosine(8.0, 0.0, 4))], seed=1)
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), run_eagerly=True)
    alone = float(R1(1.0)(gan.discriminator, tf.constant(images[:8]), None))
    for step in range(5):
        gan.reset_metrics()
        logs = gan.train_on_batch(images[:8], return_dict=True)
        expected = 4.0 * (1 + np.cos(np.pi * step / 4))
        assert logs["r1"] == pytest.approx(expected * alone, rel=1e-4, abs=1e-7)


def test_two_augmentations_of_one_kind_have_a_line_each(networks, images):
    noises = [InstanceNoise(Linear(level, 0.0, 4)) for level in (0.4, 0.2)]
    gan = keras_gan.NonSaturatingGAN(*networks(), augmentation=noises, seed=1)
    gan.compile(run_eagerly=True)
    logs = gan.train_on_batch(images[:8], return_dict=True)
    assert logs["instance_noise_level"] == pytest.approx(0.4)
    assert logs["instance_noise_2_level"] == pytest.approx(0.2)


def test_the_average_follows_a_scheduled_half_life(networks, images):
    gan = scheduled_gan(networks(), run_eagerly=True)
    expected = gan.generator.get_weights()
    for step in range(3):
        gan.train_on_batch(images[:8])
        share = 1 - 0.5 ** (8 / min(2.0 + 2.0 * step, 0.05 * 8 * (step + 1)))
        expected = [e + share * (w - e) for e, w in zip(expected, gan.generator.get_weights(), strict=True)]
    for average, value in zip(gan.averaged_generator.get_weights(), expected, strict=True):
        np.testing.assert_allclose(average, value, rtol=1e-5, atol=1e-6)
