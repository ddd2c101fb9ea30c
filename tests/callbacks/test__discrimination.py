import numpy as np
import pytest
import tensorflow as tf

from keras_gan import losses
from keras_gan.callbacks._discrimination import ranked_pairs, slope, undecided_logit, undecided_slope


@pytest.mark.parametrize(
    "loss, expected",
    [
        (losses.NonSaturating(), 0.0),
        (losses.Minimax(), 0.0),
        (losses.Hinge(), 0.0),
        (losses.LeastSquares(), 0.5),
        (losses.LeastSquares(a=-1.0, b=3.0, c=1.0), 1.0),
        # The optimal discriminator of equal densities: sigmoid(u) = 0.9 / 2.
        (losses.NonSaturating(real_label=0.9), np.log(0.45 / 0.55)),
        (losses.Wasserstein(), None),
        (losses.Relativistic(), None),
        (losses.RelativisticAverage(), None),
    ],
)
def test_the_boundary_follows_from_the_loss(loss, expected):
    assert undecided_logit(loss) == (None if expected is None else pytest.approx(expected, abs=0.0625))


def test_ranked_pairs_count_ties_half_and_patch_maps_by_their_mean():
    real = tf.reshape(tf.constant([1.0, 3.0, 0.0, 0.0]), (2, 2, 1))
    fake = tf.constant([[2.0], [1.0], [-1.0]])
    # Means 2 and 0 against 2, 1, -1: a tie, two wins and a win.
    assert float(ranked_pairs(real, fake)) == pytest.approx(3.5 / 6)


def slope_at(loss, real, fake):
    real, fake = tf.fill((4, 1), real), tf.fill((4, 1), fake)
    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        value = loss.discriminator_loss(real, fake)
    return float(slope(tape, value, real, fake)) / float(undecided_slope(loss, undecided_logit(loss) or 0.0, (4, 1)))


def test_the_slope_is_that_of_each_paper():
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    assert slope_at(losses.NonSaturating(), 3.0, -1.0) == pytest.approx(sigmoid(-3.0) + sigmoid(-1.0), rel=1e-5)
    assert slope_at(losses.Relativistic(), 5.0, 2.0) == pytest.approx(2 * sigmoid(-3.0), rel=1e-5)
    assert slope_at(losses.Hinge(), 1.5, -1.5) == 0.0
    assert slope_at(losses.Hinge(), 1.5, -0.5) == 0.5
    assert slope_at(losses.LeastSquares(), 1.0, 0.25) == pytest.approx(0.25)
    assert slope_at(losses.Wasserstein(), 100.0, -100.0) == 1.0
