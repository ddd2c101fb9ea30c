"""What the callbacks advise is said in the flags of the training script."""

import inspect
import itertools
import re

import pytest

import keras_gan
from keras_gan.callbacks.health import _advice
from keras_gan.callbacks.health._advice import Settings

ADVICE = [function for name, function in inspect.getmembers(_advice) if name.startswith("against_")]
OPTIMIZERS = [("Adam", 1e-4), ("Adam", 1e-2), ("Adam", 0.0), ("SGD", 0.1)]
PARTS = [
    {},
    {"penalty": "R1"},
    {"penalty": "GradientPenalty", "wasserstein": True, "steps": 5},
    {"clipped": True, "wasserstein": True, "spectral": True},
    {"wasserstein": True},
    {"saturating": True, "steps": 5},
    {"dense_images": True, "augmented": True, "averaged": True, "stddev": True},
]


@pytest.fixture(scope="module")
def in_flags(load_command):
    """The function of the script."""
    return load_command("flag_words").in_flags


def advice():
    """What every part of the advice says of GANs of many kinds."""
    for against, generator, discriminator, parts in itertools.product(ADVICE, OPTIMIZERS, OPTIMIZERS, PARTS):
        yield against(Settings({"generator": generator, "discriminator": discriminator}, **parts))


def test_no_advice_has_words_of_python_and_every_flag_in_it_exists(in_flags, train_script):
    said = {in_flags(text) for text in advice()}
    assert [text for text in said if "`" in text or "learning rate" in text] == []
    named = {flag for text in said for flag in re.findall(r"--(\w+)", text)}
    known = {name for names in train_script.train_flags.GROUPS.values() for name in names}
    assert named <= known
    assert named >= {"optimizer", "r1", "gradient_penalty", "network", "gan", "clip_norm", "ema_half_life"}


@pytest.mark.parametrize(
    "text, with_flags",
    [
        ("raise `discriminator_steps` (now 1)", "raise --discriminator_steps (now 1)"),
        ("lower the generator's learning rate (now 0.01)", "lower --generator_learning_rate (now 0.01)"),
        (
            "with `keras.optimizers.Adam(0.0002, beta_1=0.5)` instead",
            "with --optimizer=adam --generator_learning_rate=0.0002 --discriminator_learning_rate=0.0002 instead",
        ),
    ],
)
def test_an_argument_becomes_the_flag_that_sets_it(in_flags, text, with_flags):
    assert in_flags(text) == with_flags


def test_a_divergence_is_told_in_flags(in_flags, monkeypatch):
    health = keras_gan.callbacks.TrainingHealth()
    health.phrase = in_flags
    monkeypatch.setattr(health._record, "note", lambda *_: None)
    with pytest.raises(keras_gan.callbacks.TrainingDiverged) as error:
        health._give_up("d_loss = nan not finite", 7)
    assert "`" not in str(error.value)
    assert (
        "Lower --generator_learning_rate and --discriminator_learning_rate, clip the gradients with --clip_norm=1,"
        in (str(error.value))
    )
    assert str(error.value).endswith(
        "or penalise the discriminator's gradient with --r1. With --rollbacks, the run retries with lower rates by "
        "itself. Received: --rollbacks=0"
    )
