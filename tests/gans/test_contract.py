"""What every exported GAN promises, tested on each of them."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.gans import AlternatingGAN, TwoPlayerGAN

ABSTRACT = (TwoPlayerGAN, AlternatingGAN)
GANS = [
    gan
    for gan in (getattr(keras_gan, name) for name in keras_gan.__all__)
    if inspect.isclass(gan) and issubclass(gan, TwoPlayerGAN) and gan not in ABSTRACT
]
every_gan = pytest.mark.parametrize("make", GANS, ids=lambda gan: gan.__name__)
# GANs that differ from another GAN only in their loss run the slow tests in `make test-long`.
IN_THE_LOSS_ALONE = (keras_gan.MinimaxGAN, keras_gan.RelativisticAverageGAN)
every_gan_in_time = pytest.mark.parametrize(
    "make",
    [pytest.param(gan, marks=pytest.mark.long if gan in IN_THE_LOSS_ALONE else ()) for gan in GANS],
    ids=lambda gan: gan.__name__,
)


def compiled(make, networks, *, run_eagerly=False, **options):
    """A compiled GAN; eager runs save the time of tracing if a test is not about the graph."""
    options = {"discriminator_steps": 2, "seed": 3, "ema_half_life": 100} | options
    if make is keras_gan.WGAN:
        # No warm-up, and a clipping range so wide that a few steps move the generator.
        options = {"warm_up_steps": 0, "clip": 0.5} | options
    gan = make(*networks, **options)
    gan.compile(run_eagerly=run_eagerly)
    return gan


def options_of(gan):
    return {key: value for key, value in gan.get_config().items() if key not in ("generator", "discriminator")}


def copied(networks, weights):
    for network, values in zip(networks, weights, strict=True):
        network.set_weights(values)
    return networks


def test_the_gans_are_found():
    assert len(GANS) >= 8


@every_gan
def test_fit_trains_both_players_and_logs_finite_losses(make, networks, images):
    gan = compiled(make, networks())
    before = [network.get_weights() for network in (gan.generator, gan.discriminator)]
    history = gan.fit(images, batch_size=8, epochs=2, verbose=0).history
    assert set(history) == {"d_loss", "g_loss", *(penalty.name for penalty in gan.penalties)}
    assert np.isfinite(list(history.values())).all()
    for network, weights in zip((gan.generator, gan.discriminator), before, strict=True):
        for now, then in zip(network.get_weights(), weights, strict=True):
            assert np.isfinite(now).all()
            # All except the bias of a logit of which the loss takes only differences.
            assert (now != then).any() or now.shape == (1,)
    assert int(gan.training_state.step.value) == 2 * 3


@every_gan_in_time
def test_saved_and_loaded_training_goes_on_as_if_it_had_not_stopped(make, networks, images, tmp_path):
    gan = compiled(make, networks(spectral=True, dropout=0.3), run_eagerly=True)
    gan.fit(images[:16], batch_size=8, verbose=0)
    gan.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    assert type(again) is make
    assert options_of(again) == options_of(gan)
    assert again.fingerprint() == gan.fingerprint()
    np.testing.assert_array_equal(again.generate(3, seed=1), gan.generate(3, seed=1))
    stopped = gan.fingerprint()
    for model in (gan, again):
        model.fit(images[:16], batch_size=8, verbose=0, shuffle=False)
    assert again.fingerprint() == gan.fingerprint() != stopped


@every_gan_in_time
def test_two_replicas_take_the_step_of_one_device(make, networks, images, two_replicas):
    with two_replicas.scope():
        mirrored_networks = networks()
        mirrored = compiled(make, mirrored_networks)
    weights = [network.get_weights() for network in mirrored_networks]
    single = compiled(make, copied(networks(), weights))
    for gan in (single, mirrored):
        with gan.distribute_strategy.scope():
            # Not Adam, which turns rounding errors of gradients near 0 into full steps.
            gan.compile(keras.optimizers.SGD(0.05), keras.optimizers.SGD(0.05))
        gan.fit(images, batch_size=8, epochs=2, verbose=0, shuffle=False)
    for player in ("generator", "discriminator", "averaged_generator"):
        pairs = zip(getattr(single, player).get_weights(), getattr(mirrored, player).get_weights(), strict=True)
        for one, two in pairs:
            np.testing.assert_allclose(two, one, atol=1e-5)
    moved = np.abs(single.generator.get_weights()[0] - weights[0][0]).max()
    assert moved > 1e-4, "the comparison means nothing if nothing was learnt"


@every_gan
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(make, policy, networks, images):
    keras.config.set_dtype_policy(policy)
    gan = compiled(make, networks(), run_eagerly=True)
    history = gan.fit(images[:32], batch_size=8, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
        assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer) == (policy == "mixed_float16")
    assert {weight.dtype for network in (gan.generator, gan.discriminator) for weight in network.weights} == {"float32"}
    assert gan.generate(2, seed=0).dtype == np.float32


@every_gan
def test_the_export_serves_what_the_gan_generates(make, networks, images, tmp_path):
    gan = compiled(make, networks(), run_eagerly=True)
    gan.fit(images, batch_size=8, verbose=0)
    served = tf.saved_model.load(str(keras_gan.export.save(gan, tmp_path))).signatures["serving_default"]
    latents = np.random.default_rng(1).normal(size=(5, 4)).astype("float32")
    (pictures,) = served(tf.constant(latents)).values()
    np.testing.assert_allclose(pictures, gan.generate(latents=latents), atol=1e-6)


@every_gan
def test_the_step_is_traced_once(make, networks, images):
    gan = compiled(make, networks(), discriminator_steps=1)
    traces = []
    step = gan.train_step
    gan.train_step = lambda data: traces.append(1) or step(data)
    gan.fit(images, batch_size=8, epochs=3, verbose=0)
    gan.fit(images, batch_size=8, epochs=1, verbose=0)
    assert len(traces) == 1


@every_gan_in_time
def test_xla_and_several_steps_in_one_execution_take_the_same_steps(make, networks, images):
    """The noise is the same in both, and a compiled step is traced once."""
    keras.utils.set_random_seed(0)
    weights = [network.get_weights() for network in networks()]
    trained = []
    for options in ({"jit_compile": True, "steps_per_execution": 3}, {"run_eagerly": True}):
        gan = compiled(make, copied(networks(), weights), discriminator_steps=1)
        # Not Adam, which turns rounding errors of gradients near 0 into full steps.
        gan.compile(keras.optimizers.SGD(0.05), keras.optimizers.SGD(0.05), **options)
        traces, step = [], gan.train_step
        gan.train_step = lambda data, step=step, traces=traces: traces.append(1) or step(data)
        history = gan.fit(images, batch_size=8, verbose=0).history
        assert int(gan.training_state.step.value) == 6
        assert len(traces) == 6 if "run_eagerly" in options else len(traces) <= 3
        trained.append([*gan.generator.get_weights(), *gan.discriminator.get_weights(), *history.values()])
    for compiled_value, eager_value in zip(*trained, strict=True):
        np.testing.assert_allclose(compiled_value, eager_value, atol=1e-5)


@every_gan
def test_without_arguments_compile_takes_new_optimizers_of_the_paper(make, networks):
    gan = compiled(make, networks())
    first = gan.generator_optimizer, gan.discriminator_optimizer
    assert first[0] is not first[1]
    configs = [optimizer.get_config() | {"name": ""} for optimizer in (*first, gan.default_optimizer())]
    assert configs[0] == configs[1] == configs[2]
    gan.compile()
    assert gan.generator_optimizer is not first[0]
