"""Phases of training: the step count decides which algorithm runs, and nothing else."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.callbacks import Checkpoint
from keras_gan.training import AdversarialModel, Field, Player
from keras_gan.training.phases import Phases

PRETRAINING, STEPS = 3, 6


class Walker(AdversarialModel):
    """Learns noise: in its first steps of another scale than later."""

    terms = ("warm_up", "walk")

    def __init__(self, **options):
        network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, kernel_initializer="ones")])
        phases = {"pretraining": PRETRAINING, "game": None}
        super().__init__({"walker": Player(walker=network)}, {"points": Field((2,))}, phases=phases, seed=1)
        self.ran, self.options = [], options
        self.compile(**options)

    def default_optimizers(self):
        return {"walker": keras.optimizers.Adam(0.1)}

    def train_step(self, data):
        with self.step_on(data) as ((batch,), noise):
            self.run_phase(
                pretraining=lambda: self.walk(batch, noise, "warm_up", 1.0),
                game=lambda: self.walk(batch, noise, "walk", 5.0),
            )
        return self.get_metrics_result()

    def walk(self, batch, noise, term, scale):
        tf.py_function(lambda: self.ran.append(term), [], [])
        self.minimise(self.objective, batch, noise.normal_for(batch, (2,)) * scale, term=term)

    def minimise(self, objective, *inputs, term):
        super().minimise(lambda *given: {"walker": {term: objective(*given)}}, *inputs)

    def objective(self, batch, shift):
        return tf.reduce_mean((self.walker(batch["points"]) - shift) ** 2)


def points():
    return np.random.default_rng(0).normal(size=(4 * STEPS, 2)).astype("float32")


def trained(model, *callbacks):
    return model.fit(points(), batch_size=4, epochs=1, verbose=0, callbacks=list(callbacks)).history


@pytest.fixture(scope="module")
def whole():
    """A training that was never stopped, as a graph: the model and its logs."""
    keras.utils.set_random_seed(0)
    model = Walker()
    return model, trained(model)


def test_each_step_runs_the_algorithm_of_its_phase_alone(whole):
    """A `py_function` counts, inside the graph: the operations of the first phase do not run in the second."""
    assert whole[0].ran == ["warm_up"] * PRETRAINING + ["walk"] * (STEPS - PRETRAINING)


def test_the_logs_tell_the_phase(whole):
    model, history = whole
    assert history["phase"] == [1.0]
    assert model.phase == "game"
    assert Walker(run_eagerly=True).phase == "pretraining"


def test_a_loss_is_zero_in_the_logs_of_a_phase_that_does_not_have_it():
    model = Walker(run_eagerly=True)
    history = model.fit(points()[:8], batch_size=4, verbose=0).history
    assert history["phase"] == [0.0]
    assert history["walk"] == [0.0]
    assert history["warm_up"][0] > 0.0


@pytest.mark.parametrize("after", [pytest.param(PRETRAINING - 1, marks=pytest.mark.long), PRETRAINING, PRETRAINING + 1])
def test_a_run_that_is_killed_in_either_phase_ends_as_if_it_had_not_stopped(after, tmp_path, train_until_killed):
    def started(*callbacks):
        keras.utils.set_random_seed(0)
        model = Walker(run_eagerly=True)
        trained(model, *callbacks)
        return model

    def saving():
        return Checkpoint(tmp_path / "run", every=1, unit="step")

    train_until_killed(lambda kill: started(saving(), kill), after=after)
    resumed = started(saving())
    assert resumed.ran == ["warm_up"] * max(0, PRETRAINING - after) + ["walk"] * (STEPS - max(PRETRAINING, after))
    assert resumed.fingerprint() == started().fingerprint()


def test_a_phase_draws_the_same_numbers_as_a_graph_and_eagerly(whole):
    keras.utils.set_random_seed(0)
    eager = Walker(run_eagerly=True)
    trained(eager)
    for one, two in zip(eager.walker.get_weights(), whole[0].walker.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)


def test_a_phase_of_no_steps_never_begins():
    assert Phases({"pretraining": 0, "game": None}).name_at(0) == "game"


def test_three_phases_follow_each_other():
    phases = Phases({"first": 1, "second": 2, "third": None})
    numbers = [int(phases.number_at(tf.constant(step, tf.int64))) for step in range(5)]
    assert numbers == [0, 1, 1, 2, 2]
    assert [phases.name_at(step) for step in range(5)] == [phases.names[number] for number in numbers]


@pytest.mark.parametrize(
    "phases", [{}, None, ["game"], {"game": 3}, {"pretraining": None, "game": None}, {"pretraining": -1, "game": None}]
)
def test_phases_that_cannot_follow_each_other_are_an_error(phases):
    with pytest.raises(ValueError, match="Received: "):
        Phases(phases)


def test_a_phase_without_an_algorithm_is_an_error():
    model = Walker(run_eagerly=True)
    with pytest.raises(ValueError, match=r"the phases are pretraining, game\. Received: algorithms of game"):
        model.run_phase(game=lambda: None)


def test_a_model_of_one_phase_cannot_run_another(trio):
    with pytest.raises(ValueError, match=r"one phase.*Received: algorithms of game, phases=None"):
        trio().run_phase(game=lambda: None)
