"""The advice fits the GAN that it is for."""

import keras
import pytest

import keras_gan
from keras_gan.callbacks.health import _advice
from keras_gan.callbacks.health._advice import Settings, settings_of

ADAM = {"generator": ("Adam", 1e-4), "discriminator": ("Adam", 1e-4)}
STRONG, COLLAPSE = _advice.against_strong_discriminator, _advice.against_collapse
VANISHED = _advice.against_vanishing


def with_rates(generator, discriminator, name="Adam"):
    return Settings({"generator": (name, generator), "discriminator": (name, discriminator)})


@pytest.mark.parametrize(
    "against, settings, said, left_out",
    [
        (VANISHED, Settings(ADAM, saturating=True), "`NonSaturatingGAN`", "learning rate"),
        (STRONG, Settings(ADAM), "penalties=[keras_gan.penalties.R1(1.0)]", "learning rate"),
        (STRONG, Settings(ADAM, penalty="R1"), "raise the weight of the discriminator's `R1`", "penalties="),
        (STRONG, Settings(ADAM, wasserstein=True, steps=5), "GradientPenalty(10.0)", "discriminator_steps"),
        (STRONG, Settings(ADAM, wasserstein=True, clipped=True, steps=5), "use `WGANGP`", "penalties="),
        (STRONG, Settings(ADAM, steps=5), "lower `discriminator_steps` (now 5)", "learning rate"),
        (STRONG, with_rates(0.1, 0.1, "SGD"), "beta_1=0.5)` instead of SGD and with `penalties=[keras_", "(now 0.1)"),
        (STRONG, with_rates(0.0, 1e-4), "give the generator a learning rate above 0", "SGD"),
        (STRONG, with_rates(1e-4, 1e-2), "lower the discriminator's learning rate (now 0.01)", "SGD"),
        (STRONG, Settings(ADAM, augmented=True), "train on more images", "DiffAugment"),
        (COLLAPSE, Settings(ADAM, dense_images=True), "`networks.dcgan`", "learning rate"),
        (COLLAPSE, Settings(ADAM, stddev=True), "raise `discriminator_steps` (now 1)", "MinibatchStddev"),
        (COLLAPSE, with_rates(5e-3, 1e-5), "(the generator has 0.005, the discriminator 1e-05)", "SGD"),
        (_advice.against_weak_discriminator, with_rates(1e-4, 1e-4), "raise the discriminator's learning rate", "SGD"),
        (_advice.against_growth, Settings(ADAM), "`global_clipnorm=1.0`", "SGD"),
        (_advice.against_unsteady_samples, Settings(ADAM), "`ema_half_life=5000`", "rate"),
        (_advice.against_saturation, Settings(ADAM), "check that the real images fill [-1, 1]", "rate"),
    ],
)
def test_the_advice_is_about_what_this_gan_has(against, settings, said, left_out):
    advice = against(settings)
    assert said in advice
    assert left_out not in advice
    assert advice.count(" or ") == 1


def test_the_settings_are_read_from_the_model():
    networks = keras_gan.networks.mlp(image_shape=(4, 4, 1), latent_dim=2, width=4, spectral_normalization=True)
    lazy = keras_gan.penalties.Lazy(keras_gan.penalties.R1(1.0), every=2)
    gan = keras_gan.MinimaxGAN(*networks, penalties=[lazy], discriminator_steps=2, ema_half_life=10)
    gan.compile(keras.optimizers.SGD(0.25), keras.optimizers.Adam(0.5))
    assert settings_of(gan, gan.games[""]) == Settings(
        optimizers={"generator": ("SGD", 0.25), "discriminator": ("Adam", 0.5)},
        penalty="R1",
        spectral=True,
        steps=2,
        averaged=True,
        dense_images=True,
        saturating=True,
    )


def test_a_generator_that_hardly_moves_is_the_first_cause_of_a_discriminator_that_wins():
    gan = keras_gan.NonSaturatingGAN(*keras_gan.networks.dcgan(image_shape=(8, 8, 1), latent_dim=2, width=2))
    slow, fast = map(keras.optimizers.Adam, (1e-6, 2e-3))
    gan.compile(generator_optimizer=slow, discriminator_optimizer=fast)
    settings = settings_of(gan, gan.games[""])
    first = "bring the learning rates together (the discriminator has 0.002, the generator 1e-06), "
    assert _advice.against_strong_discriminator(settings).startswith(first)
    assert COLLAPSE(settings).startswith(first)
    # More steps of the discriminator would make it worse.
    assert "discriminator_steps" not in COLLAPSE(settings)


def test_a_gan_with_convolutions_and_clipped_weights():
    gan = keras_gan.WGAN(*keras_gan.networks.dcgan(image_shape=(8, 8, 1), latent_dim=2, width=2))
    gan.compile()
    assert not settings_of(gan, gan.games[""]).dense_images
    assert settings_of(gan, gan.games[""]).clipped
    assert settings_of(gan, gan.games[""]).optimizers["generator"] == ("RMSprop", 5e-4)


_OF_OTHER_MODELS = ("discriminator_steps", "penalties", "ema_half_life", "MinibatchStddev", "augmentation", "generator")
_REMEDIES = [against for name, against in vars(_advice).items() if name.startswith("against_")]


def _translators(*rates):
    translators = [keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 1)]) for _ in "GF"]
    critics = [keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 3)]) for _ in "XY"]
    model = keras_gan.CycleGAN(*translators, *critics, identity_weight=0.0)
    first, second = map(keras.optimizers.Adam, rates)
    model.compile(translators_optimizer=first, discriminators_optimizer=second)
    return model


@pytest.mark.parametrize("rates", [(2e-4, 2e-4), (0.0, 1e-2), (1e-2, 1e-5), (1e-4, 1e-4)])
def test_a_cyclegan_hears_of_nothing_that_it_does_not_have(rates):
    model = _translators(*rates)
    settings = settings_of(model, model.games["target"])
    assert (settings.judge, settings.maker) == ("the target_discriminator", "the source_to_target")
    assert len(_REMEDIES) == 7
    for advice in (against(settings) for against in _REMEDIES):
        assert advice.count(" or ") == 1
        assert not any(word in advice for word in _OF_OTHER_MODELS)
    assert "raise `cycle_weight` (now 10)" in COLLAPSE(settings)
    assert "raise `identity_weight` (now 0)" in _advice.against_unsteady_samples(settings)


def test_players_of_several_networks_are_named():
    model = _translators(1e-2, 1e-5)
    advice = _advice.against_weak_discriminator(settings_of(model, model.games["source"]))
    assert "together (the translators have 0.01, the discriminators 1e-05)" in advice
    assert "raise the discriminators' learning rate (now 1e-05)" in advice
