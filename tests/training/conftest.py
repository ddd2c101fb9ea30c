"""Networks small enough that a test sees every number, and a model of three players."""

import importlib.util
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan.training import AdversarialModel, Field, Player

_SPEC = importlib.util.spec_from_file_location(
    "keras_gan_tests_of_gans", pathlib.Path(__file__).parents[1] / "gans" / "conftest.py"
)
_GANS = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_GANS)
# The fixtures of tests/gans: a generator and a discriminator for it, and images for both.
networks, images = _GANS.networks, _GANS.images


class Trio(AdversarialModel):
    """An artist paints from points, an editor changes what it paints, and a judge compares: three objectives, one pass.

    The artist's pass is recorded where `is_recorded`, and then the players are updated one by one.
    """

    terms = ("likeness", "change", "verdict")

    def __init__(self, artist, editor, judge, *, is_recorded=False, seed=0, **judged):
        players = {
            "artist": Player(artist=artist),
            "editor": Player(editor=editor),
            "judge": Player(judge=judge, **judged),
        }
        super().__init__(players, {"points": Field((3,))}, seed=seed)
        self.is_recorded = is_recorded

    def default_optimizers(self):
        return {name: keras.optimizers.SGD(0.1) for name in self.players}

    def train_step(self, data):
        with self.step_on(data) as ((batch,), _):
            if self.is_recorded:
                painted = self.record(self.paint, batch)
                self.minimise(lambda *inputs: self.only("judge", *inputs), batch, painted)
                self.minimise(lambda *inputs: self.only("artist", *inputs), batch, painted)
            else:
                self.minimise(lambda batch: self.objective(batch, self.paint(batch)), batch)
        return self.get_metrics_result()

    def paint(self, batch):
        return self.artist(batch["points"], training=True)

    def only(self, name, batch, painted):
        return {name: self.objective(batch, painted)[name]}

    def objective(self, batch, painted):
        edited = self.editor(painted, training=True)
        verdicts = self.judge(batch["points"], training=True), self.judge(edited, training=True)
        likeness = tf.reduce_mean(tf.square(painted - batch["points"]))
        return {
            "artist": {"likeness": likeness, "verdict": -tf.reduce_mean(verdicts[1])},
            "editor": {"change": 2.0 * tf.reduce_mean(tf.square(edited - painted)), "verdict": tf.reduce_mean(edited)},
            "judge": {"verdict": tf.reduce_mean(tf.square(verdicts[0] - 1.0)) + tf.reduce_mean(tf.square(verdicts[1]))},
        }


def _trio_networks(*extra):
    """Three networks; each has layers of the classes in `extra` after its first."""

    def network(units):
        layers = [keras.Input((3,)), keras.layers.Dense(5, activation="tanh"), *(make() for make in extra)]
        return keras.Sequential([*layers, keras.layers.Dense(units)])

    return network(3), network(3), network(1)


@pytest.fixture
def trio():
    """The function that makes a compiled `Trio`; the same weights each time."""

    def make(*extra, compiled=None, networks=None, **options):
        keras.utils.set_random_seed(3)
        model = Trio(*(networks or _trio_networks(*extra)), **options)
        model.compile(**({"run_eagerly": True} if compiled is None else compiled))
        return model

    return make


@pytest.fixture
def points():
    """16 points."""
    return np.random.default_rng(1).normal(size=(16, 3)).astype("float32")
