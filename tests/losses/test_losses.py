"""Every loss against the formula of its paper, computed independently in NumPy float64."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan import losses


def softplus(a):
    return np.logaddexp(0.0, a)


def relu(a):
    return np.maximum(a, 0.0)


def half_square(a):
    return 0.5 * a**2


FORMULAS = {
    losses.Minimax(): (lambda x, y: softplus(-x).mean() + softplus(y).mean(), lambda x, y: -softplus(y).mean()),
    losses.Minimax(real_label=0.9): (
        lambda x, y: (0.9 * softplus(-x) + 0.1 * softplus(x)).mean() + softplus(y).mean(),
        lambda x, y: -softplus(y).mean(),
    ),
    losses.NonSaturating(): (lambda x, y: softplus(-x).mean() + softplus(y).mean(), lambda x, y: softplus(-y).mean()),
    losses.NonSaturating(real_label=0.7): (
        lambda x, y: (0.7 * softplus(-x) + 0.3 * softplus(x)).mean() + softplus(y).mean(),
        lambda x, y: softplus(-y).mean(),
    ),
    losses.LeastSquares(): (
        lambda x, y: half_square(x - 1).mean() + half_square(y).mean(),
        lambda x, y: half_square(y - 1).mean(),
    ),
    losses.LeastSquares(a=-1, b=1, c=0): (
        lambda x, y: half_square(x - 1).mean() + half_square(y + 1).mean(),
        lambda x, y: half_square(y).mean(),
    ),
    losses.Hinge(): (lambda x, y: relu(1 - x).mean() + relu(1 + y).mean(), lambda x, y: -y.mean()),
    losses.Wasserstein(): (lambda x, y: y.mean() - x.mean(), lambda x, y: -y.mean()),
    losses.Relativistic(): (lambda x, y: softplus(y - x).mean(), lambda x, y: softplus(x - y).mean()),
    losses.RelativisticAverage(): (
        lambda x, y: 0.5 * (softplus(y.mean() - x).mean() + softplus(y - x.mean()).mean()),
        lambda x, y: 0.5 * (softplus(x.mean() - y).mean() + softplus(x - y.mean()).mean()),
    ),
}
every_loss = pytest.mark.parametrize("loss", FORMULAS, ids=repr)


def test_every_public_loss_is_tested():
    public = {getattr(losses, name) for name in losses.__all__} - {losses.AdversarialLoss}
    # Those of images have tests of their own.
    of_images = {
        losses.Likelihood,
        losses.Gaussian,
        losses.Bernoulli,
        losses.DiscretizedLogistic,
        losses.Perceptual,
        losses.Style,
        losses.TotalVariation,
        losses.feature_matching,
    }
    assert {type(loss) for loss in FORMULAS} == public - of_images


@every_loss
@pytest.mark.parametrize("shape", [(16, 1), (4, 3, 5, 1)], ids=["logits", "patch map"])
@pytest.mark.parametrize("size", [1.0, 1e4])
def test_formula(loss, shape, size):
    rng = np.random.default_rng(0)
    real, fake = (rng.normal(size=shape) * size for _ in range(2))
    real.flat[:2], fake.flat[:2] = (size, -size), (size, -size)
    for method, formula in zip((loss.discriminator_loss, loss.generator_loss), FORMULAS[loss], strict=True):
        value = method(tf.constant(real, tf.float32), tf.constant(fake, tf.float32))
        assert value.dtype == tf.float32
        np.testing.assert_allclose(value, formula(real, fake), rtol=2e-5, atol=1e-6)


@every_loss
def test_float16_logits_of_any_size_are_exact_and_have_finite_gradients(loss):
    real, fake = tf.constant([[1e4], [-1e4]], tf.float16), tf.constant([[-1e4], [2e4]], tf.float16)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([real, fake])
        values = loss.discriminator_loss(real, fake), loss.generator_loss(real, fake)
    as_float64 = np.asarray(real, "float64"), np.asarray(fake, "float64")
    for value, formula in zip(values, FORMULAS[loss], strict=True):
        np.testing.assert_allclose(value, formula(*as_float64), rtol=1e-6)
        assert np.isfinite(tape.gradient(value, fake)).all()


@every_loss
def test_generator_loss_looks_at_real_logits_only_if_relativistic(loss):
    real, fake = tf.constant([[0.3], [-2.0]]), tf.constant([[1.0], [0.5]])
    with tf.GradientTape() as tape:
        tape.watch(real)
        value = loss.generator_loss(real, fake)
    assert (tape.gradient(value, real) is not None) == loss.relativistic


@every_loss
def test_config_remakes_the_loss(loss):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()


@pytest.mark.parametrize("loss", [losses.Minimax(), losses.NonSaturating()], ids=repr)
def test_an_undecided_discriminator_costs_2_log_2(loss):
    zeros = tf.zeros((8, 1))
    assert float(loss.discriminator_loss(zeros, zeros)) == pytest.approx(2 * np.log(2))


def test_smoothing_moves_the_optimum_to_the_published_logit():
    # If data and samples agree, the mean label of an image is (alpha + 0) / 2 = .45, the output of the optimal D:
    # its logit is log(.45 / .55).
    loss, logit = losses.NonSaturating(real_label=0.9), tf.Variable([[0.0]])

    @tf.function
    def descend():
        with tf.GradientTape() as tape:
            value = loss.discriminator_loss(logit, logit)
        logit.assign_sub(tape.gradient(value, logit))

    for _ in range(100):
        descend()
    np.testing.assert_allclose(logit, np.log(0.45 / 0.55), atol=1e-4)


def test_saturation_starves_the_generator_of_gradient():
    rejected = tf.constant([[-8.0]])
    gradients = []
    for loss in (losses.Minimax(), losses.NonSaturating()):
        with tf.GradientTape() as tape:
            tape.watch(rejected)
            value = loss.generator_loss(None, rejected)
        gradients.append(abs(float(tape.gradient(value, rejected)[0, 0])))
    assert gradients[0] < 0.05 * gradients[1]


def test_least_squares_optimum_lies_between_its_targets():
    middle = tf.fill((4, 1), 0.5)
    assert float(losses.LeastSquares().discriminator_loss(middle, middle)) == 0.25


def test_relativistic_losses_ignore_a_common_shift_of_all_logits():
    rng = np.random.default_rng(1)
    real, fake = (tf.constant(rng.normal(size=(6, 1)), tf.float32) for _ in range(2))
    for loss in (losses.Relativistic(), losses.RelativisticAverage()):
        np.testing.assert_allclose(
            loss.discriminator_loss(real + 3.0, fake + 3.0), loss.discriminator_loss(real, fake), rtol=1e-5
        )


def test_pairs_of_different_shapes_are_refused():
    # (4, 1) against (4,) would silently broadcast to all 16 pairs.
    with pytest.raises(ValueError, match=r"same shape.*Received: real_logits.shape=\(4, 1\), fake_logits.shape=\(4,\)"):
        losses.Relativistic().generator_loss(tf.zeros((4, 1)), tf.zeros((4,)))


@pytest.mark.parametrize("label", [0.0, 1.1, -0.5, "high", True, float("nan")])
def test_bad_real_label(label):
    for loss in (losses.Minimax, losses.NonSaturating):
        with pytest.raises(ValueError, match=r"`real_label` must be a number in \(0.0, 1.0\]. Received: real_label="):
            loss(real_label=label)


def test_equal_targets_are_refused():
    with pytest.raises(ValueError, match=r"cannot learn.*Received: a=1, b=1"):
        losses.LeastSquares(a=1, b=1)
