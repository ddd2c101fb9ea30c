"""The course of an illness, on vital signs made by hand."""

import json
import math
import warnings

import pytest
import tensorflow as tf

from keras_gan.callbacks import Progress, TrainingHealth
from keras_gan.callbacks.health import training_health
from keras_gan.callbacks.health._advice import Settings
from keras_gan.callbacks.health._illnesses import ILLNESSES, VitalSigns

HEALTHY = VitalSigns(
    real_accuracy=0.8,
    fake_accuracy=0.7,
    ranked_pairs=0.85,
    d_signal=0.6,
    logit_range=3.0,
    d_gradient_norm=2.0,
    g_gradient_norm=1.0,
    d_spectral_norm=3.0,
    g_spectral_norm=4.0,
    diversity=0.9,
    colour_cast=0.5,
    saturation=0.1,
)
COLLAPSED = HEALTHY._replace(diversity=0.2)
ONE_IMAGE = HEALTHY._replace(diversity=0.09)
UNTRAINED = ONE_IMAGE._replace(colour_cast=2.4, d_signal=0.005)
SETTINGS = Settings({"generator": ("Adam", 1e-3), "discriminator": ("Adam", 1e-3)})


@pytest.fixture
def scripted(images, monkeypatch):
    """The function that shows a callback vital signs, one probe each, and returns what was warned of at which step."""

    class Model:
        images_per_step, discriminator_steps, gradient_accumulation_steps = 16, 1, 1
        training_variables, data_spec, games, is_in_last_phase = None, {}, {"": None}, True
        distribute_strategy = tf.distribute.get_strategy()
        training_state = type("State", (), {"step": 0})

    def begin(**options):
        shown = []
        monkeypatch.setattr(training_health, "settings_of", lambda *_: SETTINGS)
        monkeypatch.setattr(training_health, "HealthProbe", lambda *_: lambda *_: (shown[-1] if shown else HEALTHY, []))
        health = TrainingHealth(images, every=1, **options)
        health.set_model(Model())
        health.set_params({"steps": None})
        health.on_train_begin()
        health.on_epoch_begin(0)

        def show(probes):
            with warnings.catch_warnings(record=True, action="always") as caught:
                for signs in probes:
                    shown.append(signs)
                    health.on_train_batch_begin(len(shown) - 1)
                    health.on_train_batch_end(len(shown) - 1, {})
            return [str(warning.message).split(":")[0] for warning in caught]

        return health, show

    return begin


def test_an_illness_is_named_once_until_it_has_been_cured(scripted):
    _, show = scripted(patience=3)
    assert show([HEALTHY] * 10 + [COLLAPSED] * 20) == ["Step 13"]
    assert show([HEALTHY] * 2 + [COLLAPSED] * 8) == []
    assert show([HEALTHY] * 3 + [COLLAPSED] * 7) == ["Step 46"]


def test_what_does_not_last_is_not_named(scripted):
    _, show = scripted(patience=3)
    assert show([HEALTHY] * 10 + [COLLAPSED, COLLAPSED, HEALTHY] * 5) == []


def test_what_is_compared_with_the_usual_is_not_judged_in_the_first_ten_probes(scripted):
    _, show = scripted(patience=3)
    assert show([COLLAPSED] * 12) == []
    assert show([COLLAPSED]) == ["Step 13"]


@pytest.mark.parametrize(
    "sick, at",
    [
        (HEALTHY._replace(diversity=0.001), 2),
        (HEALTHY._replace(d_signal=0.0005), 2),
        (HEALTHY._replace(logit_range=2e4), 2),
        (HEALTHY._replace(ranked_pairs=0.1), 5),
        (HEALTHY._replace(saturation=0.6), 5),
        (ONE_IMAGE, 5),
        (ONE_IMAGE._replace(colour_cast=2.0), 10),
        (HEALTHY._replace(d_signal=0.005), 10),
    ],
)
def test_what_no_training_recovers_from_is_named_at_the_beginning(scripted, sick, at):
    _, show = scripted()
    assert show([sick] * 12) == [f"Step {at}"]


def test_after_the_beginning_two_probes_show_a_collapse(scripted):
    _, show = scripted()
    assert show([HEALTHY] * 10 + [ONE_IMAGE, HEALTHY, ONE_IMAGE]) == []
    assert show([ONE_IMAGE]) == ["Step 14"]


def test_an_ordinary_beginning_with_one_grey_image_and_a_discriminator_that_is_ahead_is_no_illness(scripted):
    _, show = scripted()
    assert show([UNTRAINED] * 9 + [HEALTHY] * 10) == []


def test_a_slow_beginning_is_no_illness(scripted):
    _, show = scripted()
    slow = [HEALTHY._replace(diversity=0.05 * 1.1**n, colour_cast=8.0 / 1.1**n) for n in range(30)]
    assert slow[7].diversity < 0.1
    assert slow[14].diversity < 0.2
    assert slow[20].colour_cast > 1.1
    assert show(slow) == []


@pytest.mark.parametrize("illness", ILLNESSES, ids=lambda illness: illness.name)
def test_the_words_of_an_illness_are_one_sentence_with_a_remedy(illness):
    words = illness.words(HEALTHY, HEALTHY, SETTINGS)
    assert words.count(";") == 1
    assert ". " not in words
    assert "{" not in words


@pytest.mark.parametrize(
    "name, within, beyond",
    [
        ("d_signal", 0.011, 0.009),
        ("ranked_pairs", 0.26, 0.24),
        ("logit_range", 9.9e3, 1.1e4),
        ("g_gradient_norm", 1.1e-3, 0.9e-3),
        ("d_gradient_norm", 199.0, 201.0),
        ("g_gradient_norm", 99.0, 101.0),
        ("d_spectral_norm", 29.0, 31.0),
        ("g_spectral_norm", 39.0, 41.0),
        ("diversity", 0.51, 0.49),
        ("colour_cast", 0.99, 1.01),
        ("saturation", 0.49, 0.51),
    ],
)
def test_the_limits_are_those_that_the_docstring_gives(scripted, name, within, beyond):
    _, show = scripted(patience=1)
    assert show([HEALTHY] * 10 + [HEALTHY._replace(**{name: within})]) == []
    assert show([HEALTHY._replace(**{name: beyond})]) == ["Step 12"]


def test_a_gradient_below_what_adam_sees_is_none_whatever_was_usual(scripted):
    _, show = scripted(patience=1)
    assert show([HEALTHY._replace(g_gradient_norm=2e-8)] * 11) == []
    assert show([HEALTHY._replace(g_gradient_norm=0.9e-8)]) == ["Step 12"]


def test_a_run_that_goes_on_warns_as_one_that_was_never_stopped(scripted):
    probes = [HEALTHY] * 12 + [COLLAPSED] * 2
    health, show = scripted(patience=3)
    show(probes)
    state = json.loads(json.dumps(health.get_state()))
    on_end, logs = {}, {}
    warned = show([COLLAPSED])
    health.on_epoch_end(0, on_end)

    resumed, show = scripted(patience=3)
    resumed.set_state(state)
    assert [text.split(" ")[0] for text in show([COLLAPSED])] == [text.split(" ")[0] for text in warned] == ["Step"]
    resumed.on_epoch_end(0, logs)
    assert logs == on_end
    assert resumed.get_state() == health.get_state()


def test_a_second_fit_begins_anew(scripted):
    health, show = scripted(patience=3)
    show([HEALTHY] * 10 + [COLLAPSED] * 2)
    health.on_train_begin()
    assert health.get_state() == TrainingHealth(health._real_images.fields["images"]).get_state()


def test_the_logs_are_the_means_over_the_epoch_and_nan_where_it_had_no_probe(scripted):
    health, show = scripted()
    before, first, second = {}, {}, {}
    health.on_epoch_end(0, before)
    assert math.isnan(before["health/diversity"])
    show([HEALTHY._replace(diversity=0.6), HEALTHY._replace(diversity=0.8)])
    health.on_epoch_end(0, first)
    assert first["health/diversity"] == pytest.approx(0.7)
    health.on_epoch_end(1, second)
    assert list(before) == list(first) == list(second) == [f"health/{name}" for name in VitalSigns._fields]
    assert math.isnan(second["health/diversity"])


def test_what_a_critic_does_not_have_is_not_logged(scripted):
    health, show = scripted()
    show([HEALTHY._replace(real_accuracy=None, fake_accuracy=None)] * 12)
    logs = {}
    health.on_epoch_end(0, logs)
    assert list(logs) == [f"health/{name}" for name in VitalSigns._fields[2:]]


def test_probes_come_more_often_at_first_however_many_steps_a_call_makes(scripted):
    health, _ = scripted()
    health.every = 8
    seen = []
    health._probe = lambda step, number: (seen.append((step, number)), ({"": HEALTHY}, []))[1]
    for batch in range(2, 42, 3):
        health.on_train_batch_begin(batch - 2)
        health.on_train_batch_end(batch, {})
    assert seen == [(3, 1), (6, 3), (9, 4), (12, 5), (18, 6), (24, 7), (33, 8), (42, 9)]


def test_a_warning_begins_on_a_line_of_its_own(scripted, capsys):
    health, show = scripted(patience=1)
    show([HEALTHY] * 10 + [COLLAPSED])
    assert capsys.readouterr().out == ""
    health.params["verbose"] = 1
    show([HEALTHY] * 2 + [COLLAPSED])
    assert capsys.readouterr().out == "\n"


def test_a_warning_above_the_line_of_progress_needs_no_line_end(scripted, capsys):
    health, show = scripted(patience=1)
    health.on_fit_begin([Progress()])
    health.params["verbose"] = "auto"
    show([HEALTHY] * 10 + [COLLAPSED])
    assert capsys.readouterr().out == ""
