"""What every exported model promises, tested on each of them."""

import functools
import inspect
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.callbacks import Checkpoint
from keras_gan.training import AdversarialModel

MODELS = [
    model
    for model in (getattr(keras_gan, name) for name in keras_gan.__all__)
    if inspect.isclass(model) and issubclass(model, AdversarialModel) and not inspect.isabstract(model)
]
# One model for each training step. The others differ from one of these only in their loss, and run the slow tests in
# `make test-long`. So do models that the tests of their own, or of callbacks, put to the same question.
STEPS = ("NonSaturatingGAN", "WGANGP", "AdversarialFlow", "ACGAN", "CycleGAN", "Pix2Pix", "SRGAN", "VAEGAN")
# These take the step of `NonSaturatingGAN`, or that of `SRGAN`, with another loss.
ALIKE = ("MinimaxGAN", "LSGAN", "HingeGAN", "RelativisticGAN", "RelativisticAverageGAN", "ESRGAN", "RealESRGAN")
# These are quick, and have other kinds of players and of samples. The tests of each model compare its step with the
# paper's; that every model keeps what is promised here, `make test-long` says.
QUICK = ("RelGAN", "StarGAN", "TextToImage", "VAE")
# An optimizer that accumulates or scales, and an export, know players and inputs alone: these have all kinds of them.
KINDS = ("NonSaturatingGAN", "WGANGP", "ACGAN", "CycleGAN", "SRGAN")
KILLED = ("CycleGAN",)
ON_REPLICAS = ("NonSaturatingGAN",)
UNDER_XLA = ("WGAN",)
# What the logs show in addition to losses and penalties.
SHOWN = {"phase", "generator_learning_rate", "gumbel_inverse_temperature"}


def _parametrised(marks=lambda name: (), models=MODELS):
    models = [pytest.param(model, marks=marks(model.__name__), id=model.__name__) for model in models]
    return pytest.mark.parametrize("life", models, indirect=True, scope="module")


def those(names):
    """All models; those of other names only in `make test-long`."""
    return _parametrised(lambda name: () if name in names else pytest.mark.long)


# Only these train in a graph first.
every_traced_model = _parametrised(models=[model for model in MODELS if model.__name__ in STEPS])
every_model = those((*STEPS, *QUICK))


class Life:
    """One model that is built once and goes through several stages; a stage begins when a test first needs it.

    Attributes:
        tiny: the `Tiny` that makes the model.
        directory: where its files go.
    """

    def __init__(self, tiny, directory):
        self.tiny, self.directory = tiny, directory

    @functools.cached_property
    def model(self):
        """A model with every kind of state: spectral norms, dropout, averages, optimizers, counters, pools."""
        return self.tiny.model(self.tiny.networks(spectral=True, dropout=0.3))

    @functools.cached_property
    def trained(self):
        """The first epochs: (weights before, weights after, history, number of calls of the training step).

        They run as a graph, where a test asks for it. From then on, and for the other models from the beginning, the
        model trains eagerly, which saves the time of tracing; these take two steps in an epoch.
        """
        model, traces, step = self.model, [], self.model.train_step
        model.run_eagerly = self.tiny.make.__name__ not in STEPS
        data = self.tiny.first(2 * self.one_step) if model.run_eagerly else self.tiny.data
        model.train_step = lambda data: traces.append(1) or step(data)
        pictures = self.tiny.snapshots(self.directory / "pictures", inputs=self.tiny.snapshot_inputs)
        before = weights_of(model)
        history = model.fit(data, batch_size=8, epochs=2, verbose=0, callbacks=[pictures]).history
        after = weights_of(model)
        model.fit(data, batch_size=8, epochs=1, verbose=0)
        model.run_eagerly = True
        model.make_train_function(force=True)
        return before, after, history, len(traces)

    def fit(self, model, count, *callbacks, **options):
        """Train on the first samples, in their order."""
        return model.fit(
            self.tiny.first(count), batch_size=8, verbose=0, shuffle=False, callbacks=list(callbacks), **options
        )

    @functools.cached_property
    def steps_of_one_device(self):
        """Four steps on one device: (first weights, last weights, history)."""
        model = self.plain(run_eagerly=True)
        first = weights_of(model)
        history = self.four_steps(model)
        return first, weights_of(model), history

    @property
    def one_step(self):
        """Samples of one training step."""
        return 8 * self.model.batches_per_step

    @property
    def each_phase(self):
        """Samples of a training step of each phase, of a model that trains other players in each."""
        return self.one_step * (2 if {"gan_steps", "matching_steps"} & set(self.tiny.options) else 1)

    def four_steps(self, model):
        """Take four training steps; return the history."""
        history = self.fit(model, 32, epochs=model.batches_per_step).history
        assert int(model.training_state.step.numpy()) == 4
        return history

    def plain(self, weights=None, **mode):
        """A model of networks whose only state are their weights, with optimizers that follow the gradient."""
        model = self.tiny.model(self.tiny.networks(spectral=False, dropout=0.0))
        for name, values in (weights or {}).items():
            getattr(model, name).set_weights(values)
        # Not Adam, which turns rounding errors of gradients near 0 into full steps.
        model.compile(**{f"{name}_optimizer": keras.optimizers.SGD(0.05) for name in model.players}, **mode)
        return model


@pytest.fixture(scope="module")
def life(request, tiny, tmp_path_factory):
    """The life of a model."""
    keras.utils.set_random_seed(0)
    return Life(tiny(request.param), tmp_path_factory.mktemp(request.param.__name__))


def weights_of(model):
    """The weights of all networks and averaged copies, a dict of attribute's name to list."""
    networks = {name: network for player in model.players.values() for name, network in player.networks.items()}
    averages = {f"averaged_{name}": copy for player in model.players.values() for name, copy in player.averages.items()}
    return {name: network.get_weights() for name, network in {**networks, **averages}.items()}


def options_of(model):
    """The arguments that are no networks, as a file has them: tuples become lists."""
    networks = {name for player in model.players.values() for name in player.networks}
    options = {key: value for key, value in model.get_config().items() if key not in networks}
    return json.loads(json.dumps(options))


def past_pretraining(model):
    """The model in its last phase: a pre-training updates one player alone."""
    model.training_state.step.assign(getattr(model, "pretraining_steps", 0))
    return model


def penalties_of(model):
    return [penalty for player in model.players.values() for penalty in player.penalties]


def test_the_models_are_found():
    assert len(MODELS) >= 11
    assert set(STEPS) <= {model.__name__ for model in MODELS}


@every_model
def test_fit_trains_all_players_and_logs_finite_losses(life):
    before, after, history, _ = life.trained
    assert set(history) - SHOWN == {*life.model.terms, *penalties_of(life.model)}
    assert np.isfinite(list(history.values())).all()
    assert set(before) >= {name for player in life.model.players.values() for name in player.networks}
    for name, weights in before.items():
        for now, then in zip(after[name], weights, strict=True):
            assert np.isfinite(now).all()
            # All except the bias of a logit of which the loss takes only differences.
            assert (now != then).any() or now.shape == (1,)
    in_an_epoch = 6 // life.model.batches_per_step if type(life.model).__name__ in STEPS else 2
    assert int(life.model.training_state.step.value) == 3 * in_an_epoch


@pytest.mark.parametrize("name", ALIKE)
def test_the_shared_step_takes_each_loss(tiny, name):
    model = past_pretraining(tiny(getattr(keras_gan, name)).model(run_eagerly=True))
    before = weights_of(model)
    logs = model.train_on_batch(tiny(type(model)).first(8 * model.batches_per_step), return_dict=True)
    assert set(logs) - {"phase"} == {*model.terms, *penalties_of(model)}
    assert np.isfinite(list(logs.values())).all()
    after = weights_of(model)
    assert all(any((n != b).any() for n, b in zip(after[name], before[name], strict=True)) for name in before)


@every_traced_model
def test_the_step_is_traced_once(life):
    assert life.trained[-1] == 1


@every_model
def test_averaged_copies_follow_their_networks(life):
    _, after, *_ = life.trained
    copies = [name for name in after if name.startswith("averaged_")]
    assert copies
    for name in copies:
        pairs = list(zip(after[name], after[name.removeprefix("averaged_")], strict=True))
        assert any((average != current).any() for average, current in pairs)
        for average, current in pairs:
            np.testing.assert_allclose(average, current, atol=0.1)


@every_model
def test_pictures_are_taken_while_it_trains(life):
    assert life.trained
    suffix = life.tiny.snapshot_suffix
    # There are more where training is slow: after so many seconds.
    first, *_, last = sorted((life.directory / "pictures").glob(f"epoch_*{suffix}"))
    assert (first.name, last.name) == (f"epoch_0000{suffix}", f"epoch_0002{suffix}")
    # The few tokens that a small model writes may stay the same in so few steps.
    assert suffix == ".txt" or first.read_bytes() != last.read_bytes()


@those(STEPS)
def test_evaluation_names_the_losses_and_disturbs_no_training(life):
    assert life.trained
    before = life.model.fingerprint()
    losses = life.model.evaluate(life.tiny.first(16), batch_size=8, verbose=0, return_dict=True)
    assert set(losses) == set(life.model.terms)
    assert np.isfinite(list(losses.values())).all()
    life.model.draw_samples(**life.tiny.inputs)
    assert life.model.fingerprint() == before


@every_model
def test_saved_and_loaded_training_goes_on_as_if_it_had_not_stopped(life):
    assert life.trained
    model, path = life.model, life.directory / "model.keras"
    model.save(path)
    again = keras.saving.load_model(path)
    assert type(again) is life.tiny.make
    assert options_of(again) == options_of(model)
    assert again.fingerprint() == model.fingerprint()
    np.testing.assert_array_equal(again.draw_samples(**life.tiny.inputs), model.draw_samples(**life.tiny.inputs))
    stopped = model.fingerprint()
    for trained in (model, again):
        life.fit(trained, life.one_step)
    assert again.fingerprint() == model.fingerprint() != stopped


@those(KILLED)
def test_killed_in_an_epoch_and_started_again_it_ends_as_if_it_had_not_stopped(life, train_until_killed):
    def started(*callbacks):
        keras.utils.set_random_seed(1)
        model = life.tiny.model(life.tiny.networks(spectral=True, dropout=0.3), run_eagerly=True)
        life.fit(model, 2 * life.one_step, *callbacks)
        return model.fingerprint()

    def saving():
        return Checkpoint(life.directory / "run", every=1, unit="step")

    whole = started()
    train_until_killed(lambda kill: started(saving(), kill))
    assert started(saving()) == whole


@those(STEPS)
def test_the_export_serves_what_the_model_makes(life):
    assert life.trained
    folder = keras_gan.export.save(life.model, life.directory / "served", signatures=["serving_default"])
    served = tf.saved_model.load(str(folder)).signatures["serving_default"]
    assert set(life.tiny.inputs) == set(life.model.sampler().inputs)
    (made,) = served(**{name: tf.constant(values) for name, values in life.tiny.inputs.items()}).values()
    np.testing.assert_allclose(made, life.model.draw_samples(**life.tiny.inputs), atol=1e-6)


@those(KINDS)
def test_gradients_are_accumulated(life):
    model = past_pretraining(life.tiny.model(run_eagerly=True))
    model.compile(gradient_accumulation_steps=2, run_eagerly=True)
    before = weights_of(model)
    history = life.fit(model, life.each_phase).history
    assert np.isfinite(list(history.values())).all()
    after = weights_of(model)
    for player in model.players.values():
        # A lazy penalty has an update of its own, also in the first step.
        updates = player.updates_per_step * (2 if player.lazy_updates else 1)
        assert int(player.optimizer.iterations) == updates
        for name in player.networks:
            assert any((now != then).any() for now, then in zip(after[name], before[name], strict=True))


@those(KINDS)
@pytest.mark.parametrize("policy", ["mixed_float16", pytest.param("mixed_bfloat16", marks=pytest.mark.long)])
def test_mixed_precision(life, policy):
    keras.config.set_dtype_policy(policy)
    model = life.tiny.model(run_eagerly=True)
    history = life.fit(model, life.each_phase).history
    assert np.isfinite(list(history.values())).all()
    assert all(np.isfinite(values).all() for weights in weights_of(model).values() for values in weights)
    for player in model.players.values():
        is_scaled = isinstance(player.optimizer, keras.optimizers.LossScaleOptimizer)
        assert is_scaled == (policy == "mixed_float16")
        assert {weight.dtype for network in player.networks.values() for weight in network.weights} == {"float32"}
    assert model.draw_samples(**life.tiny.inputs).dtype == model.sampler().output_dtype.as_numpy_dtype


@those(ON_REPLICAS)
def test_two_replicas_take_the_step_of_one_device(life, two_replicas):
    first, last, _ = life.steps_of_one_device
    with two_replicas.scope():
        mirrored = life.plain(first)
    life.four_steps(mirrored)
    for name, weights in weights_of(mirrored).items():
        for two, one in zip(weights, last[name], strict=True):
            np.testing.assert_allclose(two, one, atol=1e-5)
    for player in mirrored.players.values():
        moved = max(np.abs(last[name][0] - first[name][0]).max() for name in player.networks)
        assert moved > 1e-4, "the comparison means nothing if nothing was learnt"


@those(UNDER_XLA)
def test_xla_and_several_steps_in_one_execution_take_the_same_steps(life):
    """The noise is the same in both, and a compiled step is traced once."""
    first, last, expected = life.steps_of_one_device
    model = life.plain(first, jit_compile=True, steps_per_execution=2)
    traces, step = [], model.train_step
    model.train_step = lambda data: traces.append(1) or step(data)
    history = life.four_steps(model)
    assert len(traces) <= 3
    for name, weights in weights_of(model).items():
        for compiled, eager in zip(weights, last[name], strict=True):
            np.testing.assert_allclose(compiled, eager, atol=1e-5)
    for name, values in history.items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-6, atol=1e-5)


@every_model
def test_without_arguments_compile_takes_new_optimizers_of_the_paper(life):
    model = life.model
    first = {name: player.optimizer for name, player in model.players.items()}
    assert len({id(optimizer) for optimizer in first.values()}) == len(first)
    for name, paper in model.default_optimizers().items():
        assert first[name].get_config() | {"name": ""} == paper.get_config() | {"name": ""}
    model.compile(run_eagerly=True)
    assert all(player.optimizer is not first[name] for name, player in model.players.items())
