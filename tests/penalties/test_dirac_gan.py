"""The Dirac-GAN of Mescheder et al. 2018 (arXiv 1801.04406): which loss circles, and which converges with R1.

The data are the point 0, the generator is the point theta, and the critic is D(x) = psi x. Both numbers begin at 1 and
follow their gradients at the rate 0.1 for 5,000 steps. The tests look at the distance from the equilibrium (0, 0) then.
"""

import functools

import numpy as np
import pytest
import tensorflow as tf

from keras_gan import losses
from keras_gan.penalties import R1

RATE, STEPS = 0.1, 5000


@functools.cache
def distance(make_loss, *, r1=0.0, alternating=True):
    """The distance from the equilibrium after all steps, with the losses and the penalty of the package."""
    loss, zero = make_loss(), tf.zeros((1, 1))

    @tf.function
    def run(theta, psi):
        for _ in tf.range(STEPS):
            moved = psi - RATE * slope_of_critic(theta, psi)
            theta -= RATE * slope_of_generator(theta, moved if alternating else psi)
            psi = moved
        return tf.sqrt(theta**2 + psi**2)

    def slope_of_critic(theta, psi):
        with tf.GradientTape() as tape:
            tape.watch(psi)
            total = loss.discriminator_loss(psi * zero, psi * tf.reshape(theta, (1, 1)))
            if r1:
                total += R1(r1)(lambda points: psi * points, zero, None)
        return tape.gradient(total, psi)

    def slope_of_generator(theta, psi):
        with tf.GradientTape() as tape:
            tape.watch(theta)
            total = loss.generator_loss(psi * zero, psi * tf.reshape(theta, (1, 1)))
        return tape.gradient(total, theta)

    return float(run(tf.constant(1.0), tf.constant(1.0)))


def test_wasserstein_circles_and_with_simultaneous_steps_diverges():
    assert distance(losses.Wasserstein) == pytest.approx(1.39, abs=0.005)
    assert distance(losses.Wasserstein, alternating=False) == pytest.approx(9e10, rel=0.02)


def test_the_steps_of_wasserstein_are_those_of_a_matrix():
    """psi' = psi - h theta and theta' = theta + h psi, or + h psi' where the players take turns."""
    alternating = np.array([[1.0 - RATE**2, RATE], [-RATE, 1.0]])
    end = np.linalg.norm(np.linalg.matrix_power(alternating, STEPS) @ np.ones(2))
    assert distance(losses.Wasserstein) == pytest.approx(end, rel=1e-3)
    # Each simultaneous step turns a little, and lengthens by the root of 1 + h^2.
    end = np.sqrt(2) * np.sqrt(1 + RATE**2) ** STEPS
    assert distance(losses.Wasserstein, alternating=False) == pytest.approx(end, rel=1e-3)


@pytest.mark.parametrize("loss", [losses.NonSaturating, losses.Relativistic], ids=["non_saturating", "pairing"])
def test_the_logistic_losses_converge_slowly(loss):
    """With one point of data, pairing is the same game."""
    assert distance(loss) == pytest.approx(0.125, abs=0.002)
    assert distance(loss, alternating=False) == pytest.approx(0.445, abs=0.002)


@pytest.mark.parametrize("loss", [losses.Wasserstein, losses.NonSaturating], ids=["wasserstein", "non_saturating"])
def test_with_r1_each_of_them_converges(loss):
    assert distance(loss, r1=0.3) < 1e-21
    # Below 1e-70, which is 0 in float32.
    assert distance(loss, r1=1.0) == 0.0
