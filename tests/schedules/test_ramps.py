"""Linear, Cosine and Exponential against their closed forms."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.schedules import Cosine, Exponential, Linear

# Numbers that neither float32 nor float64 can represent exactly.
SCHEDULES = [Linear(0.3, 0.1, 7, begin=4), Cosine(0.3, 0.1, 7, begin=4), Exponential(0.3, 0.1, 7, begin=4)]
ALL = pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
BOTH = pytest.mark.parametrize("schedule", SCHEDULES[:2], ids=repr)


@ALL
def test_both_ends_are_exact_and_last(schedule):
    for step in (0, 3, 4):
        assert float(schedule(step)) == np.float32(0.3)
    for step in (11, 12, 10**9):
        assert float(schedule(step)) == np.float32(0.1)


def test_linear_is_the_line_through_both_ends():
    schedule = Linear(-2.0, 5.0, 90, begin=20)
    expected = np.interp(np.arange(130), [20, 110], [-2.0, 5.0])
    np.testing.assert_allclose([float(schedule(step)) for step in range(130)], expected, rtol=1e-6, atol=1e-7)


def test_cosine_is_the_schedule_of_keras_while_that_lasts():
    ours, theirs = Cosine(0.3, 0.03, 40), keras.optimizers.schedules.CosineDecay(0.3, 40, alpha=0.1)
    for step in (0, 1, 10, 20, 39, 40, 41):
        assert float(ours(step)) == pytest.approx(float(theirs(step)), rel=1e-6)


def test_cosine_is_the_square_of_a_sine():
    # (1 + cos(2 a)) / 2 = cos(a)^2, another way to the same number.
    schedule = Cosine(8.0, 2.0, 60, begin=5)
    for step in range(5, 66):
        expected = 2.0 + 6.0 * np.cos(np.pi * (step - 5) / 120) ** 2
        assert float(schedule(step)) == pytest.approx(expected, rel=1e-6)


def test_exponential_changes_by_the_same_factor_in_every_step():
    schedule = Exponential(1.0, 1000.0, 5000, begin=30)
    for step in (30, 31, 100, 2530, 5029, 5030):
        assert float(schedule(step)) == pytest.approx(1000.0 ** ((step - 30) / 5000), rel=1e-6)
    assert float(Exponential(2.0, 2.0, 5)(3)) == 2.0


@pytest.mark.parametrize("arguments", [{"start": 0.0}, {"end": -1.0}], ids=str)
def test_exponential_needs_positive_numbers(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=rf"`{name}` must be a number in \(0.0"):
        Exponential(**{"start": 1.0, "end": 2.0, "steps": 9} | arguments)


@BOTH
def test_steps_are_told_apart_above_the_precision_of_float32(schedule):
    late = type(schedule)(0.0, 1.0, 4, begin=2**40)
    values = [float(late(tf.constant(2**40 + step, tf.int64))) for step in range(5)]
    assert values == [float(type(schedule)(0.0, 1.0, 4)(step)) for step in range(5)]
    assert len(set(values)) == 5


@ALL
def test_a_step_is_a_number_a_tensor_or_a_variable_with_xla_and_without(schedule):
    compiled = tf.function(schedule, jit_compile=True)
    for step in (0, 5, 8, 11, 20):
        value = float(schedule(step))
        assert float(schedule(tf.constant(step, tf.int64))) == value
        assert float(schedule(keras.Variable(step, dtype="int64"))) == value
        assert float(compiled(tf.constant(step, tf.int64))) == pytest.approx(value, rel=1e-7)


@ALL
def test_it_is_saved_with_the_optimizer_that_uses_it(schedule, tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(schedule), "mse")
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras").optimizer._learning_rate
    assert repr(again) == repr(schedule)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"start": "1"}, r"`start` must be a number.*Received: start='1'"),
        ({"end": float("nan")}, r"`end` must be a number.*Received: end=nan"),
        ({"steps": 0}, r"`steps` must be an integer of at least 1. Received: steps=0"),
        ({"begin": -1}, r"`begin` must be an integer of at least 0. Received: begin=-1"),
    ],
)
@pytest.mark.parametrize("schedule", [Linear, Cosine, Exponential])
def test_bad_arguments(schedule, arguments, message):
    with pytest.raises(ValueError, match=message):
        schedule(**{"start": 1.0, "end": 0.5, "steps": 9, **arguments})
