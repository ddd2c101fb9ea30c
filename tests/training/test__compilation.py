"""What `compile` takes and refuses."""

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan.penalties import R1


def weights_of(*models):
    return np.concatenate([weight.ravel() for model in models for weight in model.get_weights()])


def test_weighted_losses_move_as_much_more(networks, images):
    """With plain gradient descent a weight is a learning rate."""
    trained = []
    for rate, weights in ((0.1, {"d_loss": 2.0, "g_loss": 0.5, "r1": 2.0}), ((0.05, 0.2), None)):
        keras.utils.set_random_seed(0)
        gan = keras_gan.NonSaturatingGAN(*networks(), penalties=[R1(3.0)], seed=1)
        generator_rate, discriminator_rate = (0.05, 0.2) if weights is None else (rate, rate)
        optimizers = keras.optimizers.SGD(generator_rate), keras.optimizers.SGD(discriminator_rate)
        gan.compile(*optimizers, loss_weights=weights)
        logs = gan.train_on_batch(images[:8], return_dict=True)
        trained.append((weights_of(gan.generator, gan.discriminator), logs))
    np.testing.assert_allclose(trained[0][0], trained[1][0], atol=1e-6)
    # The logs show the losses without the weights.
    assert trained[0][1] == pytest.approx(trained[1][1], rel=1e-5)


def test_the_weights_of_the_losses_are_saved(networks, images, tmp_path):
    gan = keras_gan.NonSaturatingGAN(*networks(), penalties=[R1(3.0)])
    gan.compile(loss_weights={"r1": 0.25}, gradient_accumulation_steps=2)
    gan.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    assert again.loss_weights == {"d_loss": 1.0, "g_loss": 1.0, "r1": 0.25}
    assert again.gradient_accumulation_steps == 2


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"gloss": 1.0}, r"no loss 'gloss'.*Did you mean 'g_loss'"),
        ({"g_loss": -1.0}, r"must be a number in \[0.0, inf\).*=-1.0"),
    ],
)
def test_bad_weights(weights, message, networks):
    with pytest.raises(ValueError, match=message):
        keras_gan.NonSaturatingGAN(*networks()).compile(loss_weights=weights)


def test_keras_distribution_is_refused(networks):
    gan = keras_gan.LSGAN(*networks())
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=["cpu:0"]))
    try:
        with pytest.raises(ValueError, match=r"has no effect on TensorFlow.*MirroredStrategy.*DataParallel"):
            gan.compile()
    finally:
        keras.distribution.set_distribution(None)


@pytest.mark.parametrize(
    "options",
    [
        {"jit_compile": "no"},
        {"jit_compile": 1},
        {"run_eagerly": None},
        {"steps_per_execution": -1},
        {"steps_per_execution": 0},
        {"gradient_accumulation_steps": 0},
        {"generator_optimizer": [], "discriminator_optimizer": "adam"},
        {"generator_optimizer": "adam", "discriminator_optimizer": 0.1},
    ],
    ids=str,
)
def test_arguments_that_make_no_sense(options, networks):
    gan = keras_gan.LSGAN(*networks())
    with pytest.raises(ValueError, match=r"must be .*Received: \w+="):
        gan.compile(**options)
    assert not gan.compiled


def test_three_players_need_three_optimizers_or_none(trio):
    with pytest.raises(ValueError, match=r"has three optimizers.*`artist_optimizer=` and `judge_optimizer=` as well"):
        trio(compiled={"editor_optimizer": keras.optimizers.SGD(0.1)})
    with pytest.raises(
        ValueError, match=r"three optimizers: give `artist_optimizer=` and `editor_opt.*optimizer='sgd'"
    ):
        trio(compiled={"optimizer": "sgd"})
    optimizers = {f"{name}_optimizer": "sgd" for name in ("artist", "editor", "judge")}
    assert type(trio(compiled=optimizers).judge_optimizer) is keras.optimizers.SGD


def test_what_is_refused_leaves_the_model_and_the_other_optimizer_as_they_were(networks, images):
    gan, good = keras_gan.LSGAN(*networks()), keras.optimizers.SGD(0.1)
    gan.compile(loss_weights={"d_loss": 2.0})
    first = gan.generator_optimizer
    with pytest.raises(ValueError, match="averages weights, and would"):
        gan.compile(good, keras.optimizers.SGD(0.1, use_ema=True))
    assert gan.generator_optimizer is first
    assert gan.loss_weights["d_loss"] == 2.0
    gan.compile(good, keras.optimizers.SGD(0.1))
    assert gan.generator_optimizer is good
