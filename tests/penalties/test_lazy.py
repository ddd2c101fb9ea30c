"""Lazy penalties: their factor, their errors and their configuration."""

import keras
import pytest
import tensorflow as tf

from keras_gan.penalties import R1, GradientPenalty, Lazy
from keras_gan.schedules import Linear


def test_the_gain_makes_up_for_the_steps_without_it():
    slope = tf.constant([[3.0], [4.0]])
    points = tf.random.normal((8, 2))
    penalty = Lazy(R1(2.0), every=5)
    assert penalty.every * float(R1(2.0)(lambda x: x @ slope, points, None)) == pytest.approx(
        float(penalty(lambda x: x @ slope, points, None))
    )


def test_the_seed_reaches_the_penalty():
    points = tf.random.normal((8, 2))

    def critic(x):
        return tf.reduce_sum(x**3, axis=1, keepdims=True)

    values = [
        float(Lazy(GradientPenalty(1.0), every=2)(critic, points, -points, seed=tf.constant([seed, 0])))
        for seed in (1, 1, 2)
    ]
    assert values[0] == values[1] != values[2]


def test_the_schedules_are_those_of_the_penalty_and_read_at_the_step():
    slope, points, schedule = tf.constant([[3.0], [4.0]]), tf.random.normal((8, 2)), Linear(2.0, 4.0, 8)
    penalty = Lazy(R1(schedule), every=5)
    assert penalty.scheduled() == {"weight": schedule}
    assert float(penalty(lambda x: x @ slope, points, None, step=4)) == pytest.approx(5 * 3.0 / 2 * 25)


def test_it_refuses_what_the_penalty_refuses():
    critic = keras.Sequential([keras.Input((2,)), keras.layers.BatchNormalization(), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="is a BatchNormalization"):
        Lazy(GradientPenalty(1.0)).validate(critic)


def test_it_is_remade_from_its_config():
    for lazy in (Lazy(R1(3.0), every=4), Lazy(R1(Linear(3.0, 1.0, 10)), every=4)):
        again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(lazy))
        assert repr(again) == repr(lazy)
        assert Lazy.from_config(lazy.get_config()).get_config() == lazy.get_config()
    assert repr(Lazy(R1(3.0), every=4)) == "Lazy(R1(weight=3.0), every=4)"
    assert again.name == "r1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((10.0,), r"`penalty` must be a penalty.*Received: penalty=10.0"),
        ((Lazy(R1(1.0)),), r"computed in each step.*Received: penalty=Lazy"),
    ],
)
def test_what_is_no_penalty(arguments, message):
    with pytest.raises(ValueError, match=message):
        Lazy(*arguments)


def test_once_in_every_step_is_not_lazy():
    with pytest.raises(ValueError, match=r"`every` must be an integer of at least 2. Received: every=1"):
        Lazy(R1(1.0), every=1)
