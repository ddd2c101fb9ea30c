"""The optimizers of the players: schedules, clipping, lazy penalties, and what the user keeps hold of."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.penalties import R1, Lazy


def copied(networks, weights):
    for network, values in zip(networks, weights, strict=True):
        network.set_weights(values)
    return networks


def weights_of(*models):
    return np.concatenate([weight.ravel() for model in models for weight in model.get_weights()])


def rates(gan):
    return [float(optimizer.learning_rate) for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer)]


class RatesOfEachStep(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.rates = []

    def on_train_batch_end(self, batch, logs=None):
        self.rates.append(rates(self.model))


def test_each_player_has_a_learning_rate_of_its_own(networks, images):
    gan = keras_gan.NonSaturatingGAN(*networks())
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.5), run_eagerly=True)
    before = [weights_of(network) for network in (gan.generator, gan.discriminator)]
    gan.train_on_batch(images[:8])
    np.testing.assert_array_equal(weights_of(gan.generator), before[0])
    assert np.abs(weights_of(gan.discriminator) - before[1]).max() > 1e-3


@pytest.mark.parametrize(
    "schedule",
    [
        keras_gan.schedules.LinearDecay(0.1, 6, hold_steps=1, warm_up_steps=2),
        *(
            pytest.param(schedule, marks=pytest.mark.long)
            for schedule in (
                keras_gan.schedules.LinearDecay(0.1, 6),
                keras.optimizers.schedules.CosineDecay(0.0, 4, warmup_target=0.1, warmup_steps=2),
            )
        ),
    ],
)
def test_a_schedule_counts_training_steps_for_both_players(schedule, networks, images):
    """With stock optimizers, the discriminator's schedule would end after a third of the steps."""
    gan = keras_gan.NonSaturatingGAN(*networks(), discriminator_steps=3)
    gan.compile(keras.optimizers.Adam(schedule), keras.optimizers.Adam(schedule), run_eagerly=True)
    seen = RatesOfEachStep()
    gan.fit(images, batch_size=8, epochs=3, verbose=0, callbacks=[seen])
    expected = [float(schedule(step)) for step in range(1, 7)]
    assert int(gan.discriminator_optimizer.iterations) == 18
    np.testing.assert_allclose(np.transpose(seen.rates), [expected, expected], atol=1e-7)


@pytest.mark.long
def test_a_schedule_survives_saving(networks, images, tmp_path):
    schedule = keras_gan.schedules.LinearDecay(0.1, 20, warm_up_steps=3)
    gan = keras_gan.NonSaturatingGAN(*networks(), discriminator_steps=2, penalties=[Lazy(R1(1.0), every=3)])
    gan.compile(keras.optimizers.Adam(schedule), keras.optimizers.RMSprop(schedule), run_eagerly=True)
    gan.fit(images, batch_size=8, epochs=2, verbose=0)
    gan.scale_learning_rates(0.5)
    gan.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    assert again.fingerprint() == gan.fingerprint()
    for model in (gan, again):
        model.fit(images, batch_size=8, verbose=0)
    assert again.fingerprint() == gan.fingerprint()
    assert rates(again) == rates(gan)
    assert rates(gan)[0] == pytest.approx(0.5 * float(schedule(9)))


def test_learning_rates_are_scaled_in_place(networks):
    gan = keras_gan.NonSaturatingGAN(*networks())
    gan.compile(
        keras.optimizers.Adam(0.4), keras.optimizers.SGD(keras_gan.schedules.LinearDecay(0.8, 100)), run_eagerly=True
    )
    gan.scale_learning_rates(0.5)
    gan.scale_learning_rates(0.25)
    assert rates(gan) == pytest.approx([0.05, 0.1])
    with pytest.raises(ValueError, match=r"`factor` must be a number in \(0.0, inf\). Received: factor=0"):
        gan.scale_learning_rates(0)


@pytest.mark.long
@pytest.mark.parametrize(
    "clipping",
    [
        {"global_clipnorm": 0.01},
        *(pytest.param(c, marks=pytest.mark.long) for c in ({"clipnorm": 0.01}, {"clipvalue": 0.001})),
    ],
)
def test_replicas_clip_the_gradient_of_the_whole_batch(clipping, networks, images, two_replicas):
    """Stock Keras clips on each replica before it adds, which gives another direction and twice the length."""

    def optimizers():
        return [keras.optimizers.SGD(1.0, **clipping) for _ in range(2)]

    with two_replicas.scope():
        mirrored_networks = networks()
        mirrored = keras_gan.NonSaturatingGAN(*mirrored_networks, seed=1)
        mirrored.compile(*optimizers())
    start = [network.get_weights() for network in mirrored_networks]
    single = keras_gan.NonSaturatingGAN(*copied(networks(), start), seed=1)
    single.compile(*optimizers())
    first = weights_of(single.generator, single.discriminator)
    for gan in (single, mirrored):
        gan.fit(images[:8], batch_size=8, verbose=0, shuffle=False)
    moved = weights_of(single.generator, single.discriminator) - first
    np.testing.assert_allclose(weights_of(mirrored.generator, mirrored.discriminator) - first, moved, atol=1e-6)
    if "global_clipnorm" in clipping:
        count = single.generator.count_params()
        norms = [np.linalg.norm(moved[:count]), np.linalg.norm(moved[count:])]
        np.testing.assert_allclose(norms, [0.01, 0.01], rtol=1e-3)


def lazy_gan(networks, **options):
    return keras_gan.NonSaturatingGAN(*networks, penalties=[Lazy(R1(3.0), every=3)], seed=1, **options)


@pytest.mark.long
def test_a_lazy_penalty_has_a_step_of_its_own_in_every_third_step(networks, images):
    """Against the two steps written out."""
    gan = lazy_gan(networks(spectral=True))
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.4), run_eagerly=True)
    plain = keras_gan.NonSaturatingGAN(
        *copied(networks(spectral=True), [n.get_weights() for n in (gan.generator, gan.discriminator)]), seed=1
    )
    # The adjusted rate, 3/4 of 0.4.
    plain.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.3), run_eagerly=True)
    regulariser = keras.optimizers.SGD(0.3)
    for step in range(5):
        logs = gan.train_on_batch(images[8 * step : 8 * step + 8], return_dict=True)
        plain.train_on_batch(images[8 * step : 8 * step + 8])
        if step % 3 == 0:
            with keras_gan.layers.hold_power_iterations(), tf.GradientTape() as tape:
                value = 3 * R1(3.0)(plain.discriminator, tf.constant(images[8 * step : 8 * step + 8]), None)
            assert logs["r1"] > 0
            variables = plain.discriminator.trainable_variables
            gradients = tape.gradient(value, variables)
            # The penalty has no gradient for the last bias.
            regulariser.build(variables)
            regulariser.apply([tf.zeros_like(v) if g is None else g for g, v in zip(gradients, variables, strict=True)])
        np.testing.assert_allclose(weights_of(gan.discriminator), weights_of(plain.discriminator), atol=2e-6)
    assert int(gan.discriminator_optimizer.iterations) == 5 + 2


def test_the_optimizer_is_adjusted_to_a_lazy_penalty(networks, tmp_path):
    """StyleGAN2's numbers for k = 16: c = 16/17."""
    gan = keras_gan.NonSaturatingGAN(*networks(), penalties=[Lazy(R1(10.0), every=16)])
    given = [keras.optimizers.Adam(0.002, beta_1=0.5, beta_2=0.99) for _ in range(2)]
    gan.compile(*given)
    gan.save(tmp_path / "gan.keras")
    for model in (gan, keras.saving.load_model(tmp_path / "gan.keras")):
        generator_optimizer, optimizer = model.generator_optimizer, model.discriminator_optimizer
        assert (generator_optimizer.beta_1, generator_optimizer.beta_2) == (0.5, 0.99)
        assert float(generator_optimizer.learning_rate) == pytest.approx(0.002)
        assert (optimizer.beta_1, optimizer.beta_2) == pytest.approx((0.5 ** (16 / 17), 0.99 ** (16 / 17)))
        assert float(optimizer.learning_rate) == pytest.approx(0.002 * 16 / 17)
    assert given[1].beta_1 == 0.5


def test_a_lazy_penalty_with_a_schedule_and_a_loss_scale(networks, images):
    keras.config.set_dtype_policy("mixed_float16")
    gan = lazy_gan(networks())
    schedule = keras_gan.schedules.LinearDecay(0.1, 100)
    gan.compile(keras.optimizers.Adam(schedule), keras.optimizers.Adam(schedule, beta_1=0.5), run_eagerly=True)
    gan.fit(images, batch_size=8, verbose=0)
    optimizer = gan.discriminator_optimizer
    assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    assert int(optimizer.inner_optimizer.iterations) == 6 + 2
    assert optimizer.inner_optimizer.beta_1 == pytest.approx(0.5**0.75)
    assert float(optimizer.learning_rate) == pytest.approx(0.75 * float(schedule(6)))


@pytest.mark.long
def test_a_lazy_penalty_on_replicas_and_under_xla(networks, images, two_replicas):
    with two_replicas.scope():
        mirrored_networks = networks()
        mirrored = lazy_gan(mirrored_networks)
        mirrored.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    start = [network.get_weights() for network in mirrored_networks]
    trained = {}
    for jit_compile in (False, True):
        single = lazy_gan(copied(networks(), start))
        single.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), jit_compile=jit_compile)
        trained[jit_compile] = single
    for gan in (mirrored, *trained.values()):
        gan.fit(images, batch_size=8, verbose=0, shuffle=False)
    for gan in (mirrored, trained[True]):
        np.testing.assert_allclose(weights_of(gan.discriminator), weights_of(trained[False].discriminator), atol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"use_ema": True}, r"`discriminator_optimizer` averages weights.*`ema_half_life=`"),
        ({"gradient_accumulation_steps": 2}, r"`discriminator_optimizer` accumulates.*`compile\(gradient_acc"),
    ],
)
def test_what_an_optimizer_must_not_do_by_itself(options, message, networks):
    with pytest.raises(ValueError, match=message):
        keras_gan.LSGAN(*networks()).compile(keras.optimizers.Adam(), keras.optimizers.Adam(**options))


# --- What the user keeps hold of --------------------------------------------------------------------------------------


class Signed(keras.optimizers.SGD):
    """Plain gradient descent with a sign, which its configuration does not know."""

    sign = 1.0

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(self.sign * gradient, variable, learning_rate)


@pytest.mark.parametrize("rate", [0.1, keras_gan.schedules.LinearDecay(0.1, 100)], ids=["number", "schedule"])
@pytest.mark.parametrize("penalties", [[], [Lazy(R1(1.0), every=2)]], ids=["plain", "lazy"])
def test_the_users_optimizer_keeps_what_no_configuration_knows(rate, penalties, networks, images):
    optimizer = Signed(rate, weight_decay=0.5)
    optimizer.sign = 0.0
    gan = keras_gan.NonSaturatingGAN(*networks(), penalties=penalties, seed=1)
    optimizer.exclude_from_weight_decay(var_list=[gan.discriminator.weights[0]])
    gan.compile(keras.optimizers.SGD(0.0), optimizer, run_eagerly=True)
    before = [weight.copy() for weight in gan.discriminator.get_weights()]
    gan.train_on_batch(images[:8])
    first, _, last, _ = gan.discriminator.get_weights()
    np.testing.assert_array_equal(first, before[0])
    assert np.abs(last / before[2] - 1).min() > 1e-3
    assert int(optimizer.iterations) == 1 + len(penalties)


@pytest.mark.long
@pytest.mark.parametrize("penalties", [[], [Lazy(R1(1.0), every=2)]], ids=["plain", "lazy"])
def test_the_users_handle_is_alive(penalties, networks, images):
    optimizers = keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.01)
    gan = keras_gan.NonSaturatingGAN(*networks(), penalties=penalties, seed=1)
    gan.compile(*optimizers)
    gan.fit(images[:16], batch_size=8, verbose=0)
    assert [int(optimizer.iterations) for optimizer in optimizers] == [2, 2 + len(penalties)]
    optimizers[1].learning_rate = 0.0
    before = weights_of(gan.discriminator)
    gan.fit(images[:16], batch_size=8, verbose=0)
    np.testing.assert_array_equal(weights_of(gan.discriminator), before)
    optimizers[1].learning_rate = 0.01
    gan.fit(images[:16], batch_size=8, verbose=0)
    assert (weights_of(gan.discriminator) != before).any()
    with pytest.raises(ValueError, match=r"`discriminator_optimizer` was used before"):
        gan.compile(keras.optimizers.Adam(), optimizers[1])


def test_a_schedule_of_the_momentum_is_refused(networks):
    optimizer = keras.optimizers.RMSprop(0.1, momentum=keras_gan.schedules.Linear(0.5, 0.9, 10))
    with pytest.raises(ValueError, match=r"momentum of `discriminator_optimizer` decides.*Received: disc"):
        keras_gan.LSGAN(*networks()).compile(keras.optimizers.Adam(), optimizer)
