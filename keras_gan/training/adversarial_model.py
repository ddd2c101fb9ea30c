"""The base of every adversarial model: players, and what each of them minimises."""

import abc
import contextlib

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_bool, require_channels_last, require_int, require_number
from keras_gan._replicas import lost_workers_explained, reducible
from keras_gan.training import _batches, _checks, _compilation, _fitting, _logs, _networks, _optimizers, _updates
from keras_gan.training._saving import SavedModel
from keras_gan.training.critic import Critic
from keras_gan.training.fields import Field, named_fields
from keras_gan.training.passes import current_passes, drawing_from, forward, inference, is_training, passes
from keras_gan.training.phases import Phases
from keras_gan.training.player import Player
from keras_gan.training.training_state import StepNoise, TrainingState


class AdversarialModel(SavedModel, abc.ABC):
    """A model of several players, each with its own networks, optimizer and objective.

    A subclass names its losses in `terms`, passes its players, and writes its paper's algorithm in `train_step`:

        with self.step_on(data) as (batches, noise):
            for batch in batches:
                fakes = self.record(self.generate_for, batch, ...)
                self.minimise(self.critic_terms, batch, fakes)
            self.minimise(self.generator_terms, batch, fakes)
        return self.get_metrics_result()

    `fit`, `compile`, saving, checkpoints, mixed precision, replicas, workers, accumulation and logs work for any
    players.

    Args:
        players: dict of name to `Player`.
        data_spec: dict of name to `Field`, the contents of a batch. Tuples given to `fit` have the same order.
        batches_per_step: int, number of batches in one training step.
        batches_argument: the subclass's name for `batches_per_step`, for messages.
        phases: dict of the name of a phase of training to its number of steps, None for the last one; see `run_phase`.
            None for a training of one phase.
        seed: int, for all random numbers that training draws; None for one that Python's `random` draws.
        name: str.

    Attributes:
        players: dict of name to `Player`. Networks, averaged copies and, after `compile`, optimizers are attributes of
            the model, too: `model.painter`, `model.averaged_painter`, `model.painter_optimizer`.
        training_state: the seed of the run and, in `step`, the number of training steps taken.
        images_per_step: int, number of samples in one training step; None before the first `fit`.

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> import keras, numpy as np, tensorflow as tf
        >>> class Mean(AdversarialModel):
        ...     terms = ("distance",)
        ...     def __init__(self, network):
        ...         super().__init__({"guess": Player(guess=network)}, {"points": Field((2,))})
        ...     def default_optimizers(self):
        ...         return {"guess": keras.optimizers.SGD(0.1)}
        ...     def train_step(self, data):
        ...         with self.step_on(data) as ((batch,), noise):
        ...             self.minimise(self.objective, batch)
        ...         return self.get_metrics_result()
        ...     def objective(self, batch):
        ...         guess = self.guess(tf.zeros_like(batch["points"]))
        ...         return {"guess": {"distance": tf.reduce_mean((guess - batch["points"]) ** 2)}}
        >>> from keras_gan.training import Field, Player
        >>> model = Mean(keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]))
        >>> model.compile()
        >>> history = model.fit(np.ones((64, 2), "float32"), epochs=60, verbose=0)
        >>> history.history["distance"][-1] < 1e-3
        True
    """

    terms = ()

    def __init__(
        self,
        players,
        data_spec,
        *,
        batches_per_step=1,
        batches_argument="batches_per_step",
        phases=None,
        seed=None,
        name=None,
    ):
        super().__init__(name=name)
        require_channels_last()
        _require_parts("players", players, Player)
        _require_parts("data_spec", data_spec, Field)
        self.players, self.data_spec = players, data_spec
        self.batches_argument = batches_argument
        self.batches_per_step = require_int(batches_argument, batches_per_step)
        self.phases = None if phases is None else Phases(phases)
        for player in players.values():
            for network_name, network in player.networks.items():
                setattr(self, network_name, network)
                setattr(self, f"averaged_{network_name}", player.averages.get(network_name))
        self._fixed = frozenset(name for player in players.values() for name in player.networks)
        if self.distribute_strategy.num_replicas_in_sync > 1:
            _networks.draw_apart_on_replicas(self)
        self.training_state = TrainingState(seed, name="training_state")
        for name, player in players.items():
            for penalty, state in player.states.items():
                setattr(self, f"{name}_{penalty}_state", state)
        penalties = [name for player in players.values() for name in player.penalties]
        self.trackers = {term: keras.metrics.Mean(name=term) for term in (*self.terms, *penalties)}
        self.images_per_step = None
        self.built = True

    def __setattr__(self, name, value):
        """Set an attribute, but not another network: the players would still train the old one."""
        if name in self.__dict__.get("_fixed", ()):
            raise ValueError(
                f"The {name} of a model cannot be exchanged: its player trains the one that it was built with. Build a "
                f"new model, or copy the weights with `{name}.set_weights(...)`. Received: {name}={value!r}"
            )
        super().__setattr__(name, value)

    @abc.abstractmethod
    def default_optimizers(self):
        """Return new optimizers for `compile()` without arguments, a dict of player's name to optimizer."""

    @abc.abstractmethod
    def train_step(self, data):
        """The paper's algorithm: take the data from `fit`, update the players, return the logs."""

    def test_terms(self, batch, noise):  # noqa: ARG002
        """The losses on a batch that is not trained on, in inference mode, `{player: {term: scalar}}`.

        Args:
            batch: dict of named tensors.
            noise: `StepNoise`, the same each time, so that epochs can be compared.
        """
        raise ValueError(
            f"{type(self).__name__} cannot be evaluated: it has no `test_terms`. Define it, or leave `validation_data` "
            "out. Received: a call of `evaluate`"
        )

    def compile(
        self,
        *,
        gradient_accumulation_steps=1,
        loss_weights=None,
        run_eagerly=False,
        steps_per_execution=1,
        jit_compile="auto",
        **optimizers,
    ):
        """Set the optimizers. Without arguments they are those of `default_optimizers`.

        Args:
            gradient_accumulation_steps: int, number of equal parts of a minibatch. The parts pass through the networks
                one after the other, and one update uses the mean of their gradients. This needs the memory of a smaller
                batch and takes the step of the whole batch, except for what compares the samples of a batch (batch
                statistics, relativistic averages).
            loss_weights: dict of float, factors of the losses by their names in the logs. The logs show the losses
                without these factors.
            run_eagerly: bool, as in `keras.Model.compile`.
            steps_per_execution: int, as in `keras.Model.compile`; must be 1 on several replicas. It must divide the
                number of steps in an epoch, unless the end of the data ends the epoch.
            jit_compile: bool or "auto", whether XLA compiles the step. "auto" is True on a GPU and False on a CPU,
                where a step takes up to twice as long with XLA, and the first some seconds more
                (benchmarks/train_step.py). Not True on several replicas.
            **optimizers: a Keras optimizer (or its name) for each player, such as `generator_optimizer=`;
                all of them or none. The optimizer of a float16 network is wrapped for loss scaling. A schedule of the
                learning rate or of a beta counts training steps. For a `Lazy` penalty, rate and betas are adjusted.

        Raises:
            ValueError: for an argument that the model does not take, an optimizer that players share or that was used
                before, or a mode that several replicas do not support.
        """
        names = {f"{name}_optimizer": name for name in self.players}
        given = {names[key]: optimizers.pop(key) for key in list(optimizers) if key in names}
        _compilation.refuse(optimizers, tuple(names))
        _compilation.require_mode(self.distribute_strategy, run_eagerly, steps_per_execution, jit_compile)
        if jit_compile == "auto" and self.distribute_strategy.num_replicas_in_sync > 1:
            jit_compile = False
        _compilation.require_no_distribution()
        loss_weights = _compilation.weights_of_losses(loss_weights, list(self.trackers))
        parts = require_int("gradient_accumulation_steps", gradient_accumulation_steps)
        with self.distribute_strategy.scope():
            # Everything that may raise comes first, so that an error leaves the model unchanged.
            chosen = _compilation.choose(self, given)
            ready = _optimizers.ready_all(self, chosen)
            super().compile(
                optimizer=None,
                loss=None,
                run_eagerly=run_eagerly,
                steps_per_execution=steps_per_execution,
                jit_compile=jit_compile,
            )
        self.loss_weights, self.gradient_accumulation_steps = loss_weights, parts
        for name, optimizer in ready.items():
            self.players[name].take_optimizer(optimizer)
            setattr(self, f"{name}_optimizer", optimizer)
        # A function, because Keras saves every optimizer that it finds in an attribute.
        self.given_optimizers = lambda: chosen

    @contextlib.contextmanager
    def step_on(self, data):
        """The frame of a training step: it provides the batches and the noise, and counts the step.

        Yields:
            (batches, noise): a list of dicts of named tensors, one for each of `batches_per_step`, and the `StepNoise`
            that the step draws its random numbers from.
        """
        batch = named_fields(data, self.data_spec)
        # When data of unknown length end, one more step begins without data. Without the dependency, TensorFlow would
        # run the parts of it that need no data, and count it.
        noise = self.training_state.noise()
        with (
            tf.control_dependencies(list(batch.values())),
            drawing_from(noise),
            _updates.penalties_counted(self),
        ):
            yield _batches.minibatches(batch, self.batches_per_step, self.batches_argument), noise
            self.training_state.step.assign_add(1)

    def record(self, function, *arguments):
        """Run a function of tensors and keep what is needed to differentiate it.

        Args:
            function: takes structures of tensors with rows, and returns one.
            *arguments: arguments of the function.

        Returns:
            `Recording`, with what the function returned in `outputs`. As an input of `minimise` it passes gradients
            through, so one pass serves the updates of several players.
        """
        return _updates.record(self, function, arguments)

    def minimise(self, objective, *inputs):
        """Step the optimizers of an objective's players.

        Args:
            objective: function that returns `{player: {term: scalar}}`. Each player's weights get the gradient of the
                weighted sum of its own terms and its networks' own losses, and nothing else.
            *inputs: arguments of the function: structures of tensors with rows, or a `Recording` of one.
        """
        _updates.Update(self, objective, inputs).run()

    def run_phase(self, **algorithms):
        """Run the algorithm of the phase that the step in progress belongs to; for use inside `step_on`.

            with self.step_on(data) as ((batch,), _):
                self.run_phase(pretraining=lambda: self.pretrain(batch), game=lambda: self.play_game(batch))

        The number of training steps taken decides, so `fit` resumes in the phase in which it was stopped. The logs show
        the number of the phase as "phase", from 0, and 0.0 for a loss that is not part of it. A player that has no part
        in a phase begins the schedule of its learning rate in the next one.

        Args:
            **algorithms: a function without arguments for each of `phases`, which calls `minimise`.

        Raises:
            ValueError: if these are not the names of the model's phases.
        """
        if self.phases is None:
            raise ValueError(
                "This model has one phase: give `super().__init__` all of them, such as `phases={'pretraining': 1000, "
                f"'game': None}}`. Received: algorithms of {', '.join(algorithms)}, phases=None"
            )
        self.phases.run(self.training_state.step.value, algorithms)

    @property
    def phase(self):
        """The name of the phase that the next training step belongs to; None for a training of one phase."""
        return None if self.phases is None else self.phases.name_at(int(np.asarray(self.training_state.step)))

    @property
    def is_in_last_phase(self):
        """Whether the next training step belongs to the last of the phases; True for a training of one phase."""
        return self.phases is None or self.phase == self.phases.names[-1]

    def forward(self, interface, values):
        """Call a network as the step in progress calls it; see `keras_gan.training.forward`."""
        return forward(interface, values)

    def hold(self, player, condition):
        """Let a player wait: in the update of the objective in progress, its optimizer takes no step if this is true.

        Its terms are logged all the same, and its networks' running statistics and averages follow.

        Args:
            player: name of the player.
            condition: scalar boolean tensor, equal on all replicas.
        """
        current_passes().held[player] = tf.stop_gradient(condition)

    def penalise(self, player, network, *batches):
        """The penalties of a player, a dict of terms for its objective; empty during evaluation.

        In the update of a critic's own network, its augmentations learn from its verdict on the real samples.

        Args:
            player: name of the player.
            network: what the penalties look at: the `Critic`, or the `Interface` of a generator.
            *batches: dicts of named tensors. For a critic one with samples of the data and one with generated samples,
                for a generator one with latents. The labels of the first one condition the network.
        """
        if not is_training():
            return {}
        if isinstance(network, Critic) and network.interface.network in self.players[player].networks.values():
            network.observe(batches[0])
        return _updates.penalty_terms(self.players[player].penalties, network, *batches)

    @property
    def games(self):
        """Which critics judge which networks, a dict of name to `Game`; the only one of a model has no name, "".

        `keras_gan.callbacks.TrainingHealth` measures them. A model without any, as here, has no such signs.
        """
        return {}

    def play(self, batch, noise):  # noqa: ARG002
        """Play the games on a batch, as in training.

        Args:
            batch: dict of named tensors.
            noise: `StepNoise` to draw from.

        Returns:
            dict of a game's name to (real, fake), the batches that its critic judges.
        """
        raise ValueError(f"{type(self).__name__} has games, so it must define `play`. Received: games={self.games}")

    def sampler(self, averaged=True):
        """The `Sampler` that draws the model's samples.

        Args:
            averaged: whether to use the averaged copy of the network if there is one.
        """
        raise ValueError(f"{type(self).__name__} cannot draw samples: define `sampler`. Received: averaged={averaged}")

    def sampling_inputs(self, count=None, *, seed=None, **given):
        """The inputs of the sampler: the given ones, and the others drawn.

        Args:
            count: int, how many; None if the main input is given.
            seed: int for the same inputs each time, in every process; None for different inputs each time.
            **given: arrays by input name.

        Returns:
            dict of input name to tensor.
        """
        return self.sampler().inputs_for(count, seed=seed, **given)

    def draw_samples(self, count=None, *, seed=None, averaged=True, batch_size=64, **given):
        """Draw samples, or make them from given inputs. This does not change the state of training.

        Args:
            count: as in `sampling_inputs`.
            seed: as in `sampling_inputs`.
            averaged: whether to use the averaged copy of the network if there is one.
            batch_size: int, how many to make at once.
            **given: as in `sampling_inputs`.

        Returns:
            float32 NumPy array, one sample a row.
        """
        self.settle_averages()
        sampler = self.kept_sampler(averaged)
        return sampler.run(sampler.inputs_for(count, seed=seed, **given), batch_size)

    def kept_sampler(self, averaged, *, method="sampler", **which):
        """The sampler with its compiled function, which every later call uses again.

        Args:
            averaged: bool, as in `sampler`.
            method: name of the method that returns the sampler, of a model that has several.
            **which: other arguments of the method, if it has any.
        """
        key = (method, require_bool("averaged", averaged), *which.items())
        samplers = self.__dict__.setdefault("_samplers", {})
        if key not in samplers:
            samplers[key] = getattr(self, method)(averaged, **which)
        return samplers[key]

    def scale_learning_rates(self, factor):
        """Multiply the learning rates of all players by a number from now on, including scheduled rates.

        Args:
            factor: float, above 0.
        """
        factor = require_number("factor", factor, low=0.0, open_low=True)
        self.training_state.learning_rate_factor.assign(self.training_state.learning_rate_factor * factor)
        for player in self.players.values():
            _optimizers.scale_learning_rate(player.optimizer, factor)

    def settle_averages(self):
        """Copy weights that were loaded before the first step into the averaged copies."""
        if int(np.asarray(self.training_state.step)) == 0:
            for player in self.players.values():
                player.follow()

    def test_step(self, data):
        """The losses on a batch that is not trained on, with the same noise each time, so that epochs compare."""
        zero = tf.zeros((), tf.int64)
        batch = named_fields(data, self.data_spec)
        with inference(), passes():
            found = self.test_terms(batch, StepNoise(zero, zero))
        terms = {term: value for terms in found.values() for term, value in terms.items()}
        for term, value in terms.items():
            self.trackers[term].update_state(value)
        return reducible({term: self.trackers[term].result() for term in self.trackers if term in terms})

    def get_metrics_result(self):
        """The logs of a training step: means over the epoch, and the current values of schedules."""
        return reducible({**super().get_metrics_result(), **_logs.values_in_use(self)})

    def scheduled_parts(self):
        """Other parts with scheduled quantities, such as augmentations; each has a `name` and `scheduled()`."""
        return ()

    @property
    def metrics(self):
        """The means over an epoch that the logs show: each term alone, without its weight."""
        return list(self.trackers.values())

    @lost_workers_explained()
    def fit(self, x=None, y=None, batch_size=None, epochs=1, **options):
        """Train, as `keras.Model.fit` does.

        Each training step takes `batches_per_step` batches of the data, so an epoch has that many times fewer steps.
        Endless data from `keras_gan.data.load` know how many batches make an epoch (`steps_per_epoch`), so they need no
        `steps_per_epoch` here.

        In such data and in arrays, the place is the number of training steps that the model has taken. A model that was
        loaded, or that a `keras_gan.callbacks.Checkpoint` restored, resumes with the next images.

        Args:
            x: tf.data.Dataset of batches, or arrays or tensors: the fields of `data_spec`, as one tensor, a tuple or a
                dict by name. Pictures, clips and sound are float in [-1, 1], labels integers. Incomplete batches are
                left out.
            y: labels, if the model takes them and `x` is an array.
            batch_size: int, samples in a minibatch if `x` is an array; 32 by default.
            epochs: int.
            **options: as in `keras.Model.fit`: callbacks, verbose, shuffle, initial_epoch, steps_per_epoch,
                validation_data and so on.

        Returns:
            keras.callbacks.History.

        Raises:
            ValueError: before `compile`; for data with other fields or a wrong shape, type or range, not finite, empty,
                smaller than a batch, or endless without `steps_per_epoch`; for an argument that makes no sense.
            ConnectionError: if another worker has stopped.
        """
        if not self.compiled:
            raise ValueError("Call `compile()` before `fit()`: it sets the optimizers. Received: compiled=False")
        fitting = _fitting.Fitting(self, super().fit, _batches.given(x, y), batch_size, epochs, options)
        self.images_per_step = fitting.batches.batch_size * self.batches_per_step
        return fitting.run()

    @lost_workers_explained()
    def evaluate(self, x=None, y=None, batch_size=None, **options):
        """The losses and metrics on data that are not trained on; takes the same data as `fit`.

        Args:
            x: as in `fit`.
            y: as in `fit`.
            batch_size: int, samples in a batch if `x` is an array; 32 by default.
            **options: as in `keras.Model.evaluate`: verbose, steps, callbacks, return_dict; and `evaluator`, a
                `keras_gan.metrics.Evaluator`, which compares samples of the model with these images.

        Returns:
            A list of the losses, followed by the evaluator's values, or a dict of them with `return_dict=True`.

        Raises:
            ValueError: for data that `fit` would refuse.
        """
        _fitting.check_display(options)
        _batches.require_no_weights(options)
        evaluator = options.pop("evaluator", None)
        if evaluator is not None:
            return _fitting.evaluate_samples(self, evaluator, x, y, batch_size, options)
        # `fit` calls this after each epoch, with data that it has prepared.
        if not options.get("_use_cached_eval_dataset"):
            x, batch_size = _fitting.prepare_evaluation(self, _batches.given(x, y), batch_size, options), None
        with _fitting.quiet_end(options.get("steps")), _checks.bad_batches_explained():
            return super().evaluate(x, batch_size=batch_size, **options)

    def train_on_batch(self, x, y=None, **options):
        """One training step on a batch of `batches_per_step` minibatches; as `keras.Model.train_on_batch`.

        The batch is checked and cast as in `fit`.
        """
        _fitting.check_display(options)
        _batches.require_no_weights(options)
        _fitting.require_trainable(self)
        self.settle_averages()
        return super().train_on_batch(_batches.checked(_batches.given(x, y), self.data_spec), **options)

    def test_on_batch(self, x, y=None, **options):
        """The losses on a batch, as `keras.Model.test_on_batch` returns them, with the checks of `fit`."""
        _fitting.check_display(options)
        _batches.require_no_weights(options)
        return super().test_on_batch(_batches.checked(_batches.given(x, y), self.data_spec), **options)

    def predict(self, x, batch_size=None, **options):
        """What the model makes of given inputs, as `keras.Model.predict` returns it, with the checks of `fit`.

        Args:
            x: tf.data.Dataset of batches, or arrays: the inputs of the model's `call`, such as latents or images.
            batch_size: int, samples in a batch if `x` is an array; 32 by default.
            **options: as in `keras.Model.predict`: verbose, steps and callbacks.

        Returns:
            float32 NumPy array, one sample a row.

        Raises:
            ValueError: if the inputs have a wrong name, shape, type or range, or are not finite.
        """
        _fitting.check_display(options)
        _fitting.require_steps("steps", options.get("steps"))
        if batch_size is not None:
            require_int("batch_size", batch_size)
        with _checks.bad_batches_explained():
            return super().predict(_batches.for_prediction(x, self.inputs_of_call()), batch_size=batch_size, **options)

    def inputs_of_call(self):
        """The inputs of `call`, a dict of name to `Field`: here those of the sampler."""
        return self.sampler().fields

    def reset_metrics(self):
        """Reset the means over an epoch, but not when training resumes in the middle of one."""
        if self.__dict__.pop("_epoch_goes_on", False):
            return
        super().reset_metrics()

    def _maybe_symbolic_build(self, *args, **kwargs):
        """Do nothing: the model is already built, and Keras would take a batch away from training."""


def _require_parts(name, parts, kind):
    """Raise a ValueError unless this is a dict of names to objects of one kind, with at least one of them."""
    if not isinstance(parts, dict) or not parts or not all(isinstance(part, kind) for part in parts.values()):
        raise ValueError(
            f"`{name}` must be a dict of names to {kind.__name__} objects. Received: {name}={parts!r:.120}"
        )
