"""A run that resumes with other settings is told which they are."""

import json
import re

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan.callbacks import Checkpoint
from keras_gan.callbacks._checkpoint_files import read_checkpoint, write_checkpoint
from keras_gan.callbacks._checkpoint_settings import collect, differences
from keras_gan.training import _batches

IMAGES = np.random.default_rng(1).uniform(-1, 1, (32, 4, 4, 1)).astype("float32")


def make_gan(*, weight=1.0, activation="relu", rate=0.01, beta_1=0.9, policy="float32", seed=3, accumulation=1):
    keras.config.set_dtype_policy(policy)
    generator = [keras.Input((3,)), keras.layers.Dense(16, activation), keras.layers.Reshape((4, 4, 1))]
    discriminator = [keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    penalties = [keras_gan.penalties.R1(weight)]
    networks = keras.Sequential(generator), keras.Sequential(discriminator)
    gan = keras_gan.NonSaturatingGAN(*networks, penalties=penalties, seed=seed)
    optimizers = (keras.optimizers.Adam(rate, beta_1) for _ in range(2))
    gan.compile(*optimizers, run_eagerly=True, gradient_accumulation_steps=accumulation)
    return gan


def train(gan, run_dir, *, images=IMAGES, batch_size=16, epochs=1):
    gan.fit(images, batch_size=batch_size, epochs=epochs, verbose=0, callbacks=[Checkpoint(run_dir)])


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """The content of a checkpoint."""
    run_dir = tmp_path_factory.mktemp("run")
    train(make_gan(), run_dir)
    return read_checkpoint(run_dir / "checkpoints" / "step_000000002.npz")


@pytest.fixture
def run_dir(begun, tmp_path):
    """The directory of a run of one epoch."""
    (tmp_path / "checkpoints").mkdir()
    write_checkpoint(tmp_path / "checkpoints" / "step_000000002.npz", *begun)
    return tmp_path


def identity(images=IMAGES, batch_size=16):
    """What `fit` tells its callbacks of these images."""
    spec = {"images": keras_gan.training.Field((4, 4, 1))}
    return _batches.Batches(_batches.for_training(images, batch_size, None), spec).identity()


@pytest.mark.long
@pytest.mark.parametrize(
    "settings, difference",
    [
        ({}, []),
        ({"weight": 5.0}, ["model.penalties[0].weight was 1, now 5"]),
        ({"activation": "tanh"}, ["model.generator.layers[1].activation was 'relu', now 'tanh'"]),
        ({"beta_1": 0.5}, ["generator_optimizer.beta_1 and discriminator_optimizer.beta_1 were 0.9, now 0.5"]),
        ({"seed": None}, []),
        ({"accumulation": 2}, ["gradient_accumulation_steps was 1, now 2"]),
        (
            {"policy": "mixed_bfloat16"},
            ["model.generator.dtype.name (and 5 more like it) was 'float32', now 'mixed_bfloat16'"],
        ),
        (
            {"weight": 5.0, "activation": "tanh", "beta_1": 0.5, "accumulation": 2},
            [
                "generator_optimizer.beta_1 and discriminator_optimizer.beta_1 were 0.9, now 0.5",
                "gradient_accumulation_steps was 1, now 2",
                "model.generator.layers[1].activation was 'relu', now 'tanh'",
                "model.penalties[0].weight was 1, now 5",
            ],
        ),
    ],
)
def test_another_setting_is_named(settings, difference):
    there = json.loads(json.dumps(collect(make_gan(), {})))
    assert differences(collect(make_gan(**settings), {}), there) == (difference, [])


def test_what_only_the_beginning_of_a_run_depends_on_stays():
    there = {"seed": 3, "model": {"kernel_initializer": {"class_name": "Zeros"}, "rate": 0.1}}
    here = {"seed": 4, "model": {"kernel_initializer": {"class_name": "Ones"}, "rate": 0.2}}
    kept = ["seed was 3, now 4", "model.kernel_initializer was Zeros, now Ones"]
    assert differences(here, there) == (["model.rate was 0.1, now 0.2"], kept)


def test_many_differences_are_counted():
    there = {f"setting_{index}": index for index in range(20)}
    new, _ = differences(dict.fromkeys(there, -1), there)
    assert new[-2:] == ["setting_11 was 11, now -1", "and 8 more"]


@pytest.mark.parametrize(
    "data, difference",
    [
        ({"images": IMAGES.copy()}, r"\[\]"),
        ({"batch_size": 8}, r"\['data.batch_size was 16, now 8'\]"),
        (
            {"images": IMAGES[:31]},
            r"\['data.samples was 32, now 31', \"data.first_and_last_sample was '\w+', now '\w+'\"\]",
        ),
        ({"images": -IMAGES}, r"\[\"data.first_and_last_sample was '\w+', now '\w+'\"\]"),
    ],
)
def test_other_data_are_named(data, difference):
    new, kept = differences({"data": identity(**data)}, {"data": identity()})
    assert re.fullmatch(difference, repr(new))
    assert not kept


def test_a_run_with_other_settings_says_so_once_and_resumes(run_dir):
    message = (
        "^The checkpoints of this run were written with other settings. A resume takes these new ones: data.batch_size "
        r"was 16, now 8; model.penalties\[0\].weight was 1, now 5. For the result"
    )
    gan = make_gan(weight=5.0)
    with pytest.warns(UserWarning, match=message) as caught:
        train(gan, run_dir, batch_size=8, epochs=2)
    assert len(caught) == 1
    assert str(caught[0].message).endswith(f"choose another `run_dir`. Received: run_dir={str(run_dir)!r}")
    assert int(gan.training_state.step) > 2
    # The new settings are those of the run from now on.
    train(make_gan(weight=5.0), run_dir, batch_size=8, epochs=3)


def test_the_seed_stays_that_of_the_checkpoint(run_dir):
    gan = make_gan(seed=4)
    with pytest.warns(UserWarning, match=r"settings. A resume keeps these old ones, .* state: seed was 3, now 4\. For"):
        train(gan, run_dir, epochs=2)
    assert int(gan.training_state.seed) == 3


def test_how_the_steps_run_is_not_a_setting(run_dir):
    gan = make_gan(seed=None)
    gan.compile(keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.01), jit_compile=False)
    train(gan, run_dir, epochs=1)


def test_a_checkpoint_without_settings_resumes(run_dir, begun):
    meta, values = begun
    without = {name: value for name, value in meta.items() if name != "settings"}
    write_checkpoint(run_dir / "checkpoints" / "step_000000002.npz", without, values)
    gan = make_gan(weight=5.0)
    train(gan, run_dir, epochs=2)
    assert int(gan.training_state.step) == 4


@pytest.mark.long
def test_a_layer_that_does_not_say_what_it_is_does_not_end_training(tmp_path, monkeypatch):
    def get_config(self):
        raise NotImplementedError

    monkeypatch.setattr(keras_gan.penalties.R1, "get_config", get_config)
    for epochs in (1, 2):
        train(make_gan(), tmp_path, epochs=epochs)


def test_a_data_set_is_known_by_its_pictures_and_its_options():
    images = np.zeros((4, 4, 4, 1), "uint8")
    one = keras_gan.data.load(images, batch_size=2).identity
    assert one == keras_gan.data.load(images.copy(), batch_size=2).identity
    images[-1, 0, 0] = 200
    for other in (
        keras_gan.data.load(images, batch_size=2),
        keras_gan.data.load(np.zeros_like(images), batch_size=2, seed=1),
        keras_gan.data.load(np.zeros_like(images), batch_size=2, preprocessing=keras_gan.data.Preprocessing(flip=True)),
    ):
        assert other.identity != one
