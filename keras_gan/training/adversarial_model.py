"""The model that every adversarial model is: players, and what each of them minimises."""

import abc
import contextlib

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int, require_number
from keras_gan._replicas import lost_workers_explained, reducible
from keras_gan.training import _batches, _checks, _compilation, _fitting, _logs, _networks, _optimizers, _updates
from keras_gan.training._saving import SavedModel
from keras_gan.training.fields import named_fields
from keras_gan.training.passes import drawing_from, forward, inference, is_training, passes
from keras_gan.training.training_state import StepNoise, TrainingState


class AdversarialModel(SavedModel, abc.ABC):
    """A model of several players, each with networks, an optimizer and an objective of its own.

    A subclass names its losses in `terms`, hands over its players, and writes its paper's algorithm in `train_step`:

        with self.step_on(data) as (batches, noise):
            for batch in batches:
                fakes = self.record(self.generate_for, batch, ...)
                self.minimise(self.critic_terms, batch, fakes)
            self.minimise(self.generator_terms, batch, fakes)
        return self.get_metrics_result()

    `fit`, `compile`, saving, checkpoints, precision, replicas, workers, accumulation and logs loop over the players.

    Args:
        players: dict of name to `Player`.
        data_spec: dict of name to `Field`: what one batch consists of, in the order of a tuple that `fit` is given.
        batches_per_step: int, the batches that one training step takes.
        batches_argument: what the subclass calls that number, for messages.
        seed: int, of all random numbers that training draws; None for one that Python's `random` draws.
        name: str.

    Attributes:
        players: dict of name to `Player`; the networks are attributes of the model, too, and so are their averaged
            copies and, after `compile`, the optimizers: `model.painter`, `model.averaged_painter`,
            `model.painter_optimizer`.
        training_state: the seed of the run and, in `step`, the number of training steps taken.
        images_per_step: int, the samples that one training step takes; None before the first `fit`.

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
        self, players, data_spec, *, batches_per_step=1, batches_argument="batches_per_step", seed=None, name=None
    ):
        super().__init__(name=name)
        self.players, self.data_spec = players, data_spec
        self.batches_argument = batches_argument
        self.batches_per_step = require_int(batches_argument, batches_per_step)
        for player in players.values():
            for network_name, network in player.networks.items():
                setattr(self, network_name, network)
        if self.distribute_strategy.num_replicas_in_sync > 1:
            _networks.draw_apart_on_replicas(self)
        self._make_averages()
        self.training_state = TrainingState(seed, name="training_state")
        self.trackers = {term: keras.metrics.Mean(name=term) for term in self._all_terms()}
        self.images_per_step = None
        self.built = True

    def _make_averages(self):
        for player in self.players.values():
            for name, network in player.networks.items() if player.ema_half_life is not None else ():
                player.averages[name] = _networks.clone(network)
            for name in player.networks:
                setattr(self, f"averaged_{name}", player.averages.get(name))

    def _all_terms(self):
        return [*self.terms, *(penalty for player in self.players.values() for penalty in player.penalties)]

    @abc.abstractmethod
    def default_optimizers(self):
        """Return new optimizers with the paper's settings, a dict of player's name to optimizer."""

    @abc.abstractmethod
    def train_step(self, data):
        """The paper's algorithm: take what `fit` hands over, update the players, return the logs."""

    def test_terms(self, batch, noise):  # noqa: ARG002
        """The losses of a batch that training does not see, in inference mode, `{player: {term: scalar}}`.

        Args:
            batch: dict of named tensors.
            noise: `StepNoise`, the same each time, so that epochs compare.
        """
        raise ValueError(
            f"{type(self).__name__} cannot be evaluated: it has no `test_terms`. Write it, or leave `validation_data` "
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
        """Set the optimizers; without arguments, those of the paper.

        Args:
            gradient_accumulation_steps: int, equal parts in which a minibatch passes through the networks, one after
                the other, for one update on the mean of their gradients: memory for a smaller batch, and the step of
                the whole one, but for what compares the samples of a batch (batch statistics, relativistic averages).
            loss_weights: dict of float, what to multiply losses by, under their names in the logs. The logs show the
                losses without it.
            run_eagerly: bool, as in `keras.Model.compile`.
            steps_per_execution: int, likewise; 1 on several replicas.
            jit_compile: bool or "auto", likewise; not on several replicas.
            **optimizers: a Keras optimizer (or its name) for each player, as `generator_optimizer=`; all of them or
                none. A float16 network's optimizer is wrapped for loss scaling. A schedule of the learning rate or of
                a beta counts training steps. Where a penalty is `Lazy`, rate and betas are adjusted to it.

        Raises:
            ValueError: for an argument that the model has no use for, an optimizer that is shared by players or used
                before, or a mode that several replicas do not support.
        """
        names = {f"{name}_optimizer": name for name in self.players}
        given = {names[key]: optimizers.pop(key) for key in list(optimizers) if key in names}
        _compilation.refuse(optimizers, tuple(names))
        if jit_compile == "auto" and self.distribute_strategy.num_replicas_in_sync > 1:
            jit_compile = False
        _compilation.require_mode(self.distribute_strategy, run_eagerly, steps_per_execution, jit_compile)
        _compilation.require_no_distribution()
        loss_weights = _compilation.weights_of_losses(loss_weights, list(self.trackers))
        parts = require_int("gradient_accumulation_steps", gradient_accumulation_steps)
        with self.distribute_strategy.scope():
            # All that can be refused comes first: a model that is refused stays as it was.
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
            self.players[name].optimizer = optimizer
            setattr(self, f"{name}_optimizer", optimizer)
        # A function, because Keras saves every optimizer that it finds in an attribute.
        self.given_optimizers = lambda: chosen

    @contextlib.contextmanager
    def step_on(self, data):
        """The frame of a training step: what it works on, and that it is counted.

        Yields:
            (batches, noise): a list of dicts of named tensors, one for each of `batches_per_step`, and the `StepNoise`
            that the step draws its random numbers from.
        """
        batch = named_fields(data, self.data_spec)
        # Where data of unknown length end, a step is begun that has none: without the dependency TensorFlow would run
        # such parts of it as need no data, and count it.
        noise = self.training_state.noise()
        with tf.control_dependencies(list(batch.values())), drawing_from(noise):
            yield _batches.minibatches(batch, self.batches_per_step, self.batches_argument), noise
            self.training_state.step.assign_add(1)

    def record(self, function, *arguments):
        """Run a function of tensors and keep what it takes to differentiate it.

        Args:
            function: takes structures of tensors with rows, and returns one.
            *arguments: what it takes.

        Returns:
            `Recording`, whose `outputs` the function has returned. As an input of `minimise`, the gradient goes through
            it: so one pass serves the updates of several players.
        """
        return _updates.record(self, function, arguments)

    def minimise(self, objective, *inputs):
        """Step the optimizers of an objective's players.

        Args:
            objective: function that returns `{player: {term: scalar}}`; each player's weights get the gradient of the
                weighted sum of that player's terms, and of its networks' own losses, and of nothing else.
            *inputs: what the function takes: structures of tensors with rows, or a `Recording` of one.
        """
        _updates.Update(self, objective, inputs).run()

    def forward(self, interface, values):
        """Call a network as the step in progress calls it; see `keras_gan.training.forward`."""
        return forward(interface, values)

    def penalise(self, player, critic, real, fake):
        """The penalties of a player, a dict of terms for its objective; none while evaluating.

        Args:
            player: name of the player.
            critic: `Critic` that the penalties differentiate.
            real: dict of named tensors, with the samples of the data.
            fake: likewise, with those that were generated.
        """
        if not is_training():
            return {}
        return _updates.penalty_terms(self.players[player].penalties, critic, real, fake)

    def sampler(self, averaged=True):
        """What draws the model's samples, a `Sampler`.

        Args:
            averaged: whether to use the averaged copy of the network where there is one.
        """
        raise ValueError(f"{type(self).__name__} draws no samples: it has no `sampler`. Received: averaged={averaged}")

    def sampling_inputs(self, count=None, *, seed=None, **given):
        """What samples are made of: the inputs of the sampler, those that are given and the others drawn.

        Args:
            count: int, how many; None where the main input is given.
            seed: int for the same inputs each time, in every process; None for others each time.
            **given: arrays by input name.

        Returns:
            dict of input name to tensor.
        """
        return self.sampler().inputs_for(count, seed=seed, **given)

    def draw_samples(self, count=None, *, seed=None, averaged=True, batch_size=64, **given):
        """Draw samples, or make them of what is given; training is not disturbed by it.

        Args:
            count: as in `sampling_inputs`.
            seed: likewise.
            averaged: whether to use the averaged copy of the network where there is one.
            batch_size: int, how many to make at once.
            **given: as in `sampling_inputs`.

        Returns:
            float32 NumPy array, one sample a row.
        """
        self.settle_averages()
        sampler = self._kept_sampler(averaged)
        batch_size = require_int("batch_size", batch_size)
        return sampler.run(sampler.inputs_for(count, seed=seed, **given), batch_size)

    def _kept_sampler(self, averaged):
        """The sampler with its compiled function, one for the networks and one for their averages."""
        samplers = self.__dict__.setdefault("_samplers", {})
        if averaged not in samplers:
            samplers[averaged] = self.sampler(averaged)
        return samplers[averaged]

    def scale_learning_rates(self, factor):
        """Multiply the learning rates of all players, scheduled ones included, by a number from now on.

        Args:
            factor: float, above 0.
        """
        factor = require_number("factor", factor, low=0.0, open_low=True)
        self.training_state.learning_rate_factor.assign(self.training_state.learning_rate_factor * factor)
        for player in self.players.values():
            _optimizers.scale_learning_rate(player.optimizer, factor)

    def settle_averages(self):
        """Let averaged copies follow weights that were loaded before the first step."""
        if int(np.asarray(self.training_state.step)) == 0:
            for player in self.players.values():
                player.follow()

    def test_step(self, data):
        """The losses on a batch that training does not see; the same noise each time, so that epochs compare."""
        zero = tf.zeros((), tf.int64)
        batch = named_fields(data, self.data_spec)
        with inference(), passes():
            found = self.test_terms(batch, StepNoise(zero, zero))
        terms = {term: value for terms in found.values() for term, value in terms.items()}
        for term, value in terms.items():
            self.trackers[term].update_state(value)
        return reducible({term: self.trackers[term].result() for term in self.trackers if term in terms})

    def get_metrics_result(self):
        """The logs, with which a training step ends: means over the epoch, and the values that schedules give."""
        return reducible({**super().get_metrics_result(), **_logs.values_in_use(self)})

    def scheduled_parts(self):
        """Further parts with scheduled quantities, such as augmentations; each has a `name` and `scheduled()`."""
        return ()

    @property
    def metrics(self):
        """The means over an epoch that the logs show: each term alone, without its weight."""
        return list(self.trackers.values())

    @lost_workers_explained()
    def fit(self, x=None, y=None, batch_size=None, epochs=1, **options):
        """Train; as `keras.Model.fit`, with what the data of several players need.

        Each training step takes `batches_per_step` batches of the data, so an epoch has as many fewer steps. An endless
        data set that says how many batches make an epoch, as those of `keras_gan.data.load` do in `steps_per_epoch`,
        needs no `steps_per_epoch` here.

        The place in such data, and in an array, is the number of training steps that the model has taken: a model that
        was loaded, or that a `keras_gan.callbacks.Checkpoint` restores, resumes with the images that come next.

        Args:
            x: tf.data.Dataset of batches, or arrays or tensors: the fields of `data_spec`, as one tensor, a tuple or a
                dict by name. Pictures are float in [-1, 1], labels integers. Incomplete batches are left out.
            y: labels, where the model takes them and `x` is an array.
            batch_size: int, samples in a minibatch where `x` is an array; 32 by default.
            epochs: int.
            **options: as in `keras.Model.fit`: callbacks, verbose, shuffle, initial_epoch, steps_per_epoch,
                validation_data and so on.

        Returns:
            keras.callbacks.History.

        Raises:
            ValueError: before `compile`; for data of other fields, of a wrong shape, type or range, not finite, empty,
                fewer than a batch, or endless without `steps_per_epoch`; for an argument that makes no sense.
            ConnectionError: if another of several workers has stopped.
        """
        if not self.compiled:
            raise ValueError("Call `compile()` before `fit()`: it sets the optimizers. Received: compiled=False")
        fitting = _fitting.Fitting(self, super().fit, _batches.given(x, y), batch_size, epochs, options)
        self.images_per_step = fitting.batches.batch_size * self.batches_per_step
        return fitting.run()

    @lost_workers_explained()
    def evaluate(self, x=None, y=None, batch_size=None, **options):
        """The losses on data that training does not see, and metrics; as `keras.Model.evaluate`, on data of `fit`.

        Args:
            x: as in `fit`.
            y: likewise.
            batch_size: int, samples in a batch where `x` is an array; 32 by default.
            **options: as in `keras.Model.evaluate`: verbose, steps, callbacks, return_dict; and `evaluator`, a
                `keras_gan.metrics.Evaluator`, which compares samples of the model with these images.

        Returns:
            A list of the losses, followed by the evaluator's values, or a dict of them with `return_dict=True`.

        Raises:
            ValueError: for data that `fit` would refuse.
        """
        evaluator = options.pop("evaluator", None)
        if evaluator is not None:
            return _fitting.evaluate_samples(self, evaluator, x, y, batch_size, options)
        # `fit` calls this after each epoch, with data that it has prepared.
        if not options.get("_use_cached_eval_dataset"):
            x, batch_size = _fitting.prepare_evaluation(self, _batches.given(x, y), batch_size, options), None
        with _checks.bad_batches_explained():
            return super().evaluate(x, batch_size=batch_size, **options)

    def train_on_batch(self, x, y=None, **options):
        """One training step on a batch of `batches_per_step` minibatches; as `keras.Model.train_on_batch`.

        The batch is checked and cast as the data of `fit` are.
        """
        _batches.require_no_weights(options)
        self.settle_averages()
        return super().train_on_batch(_batches.checked(_batches.given(x, y), self.data_spec), **options)

    def test_on_batch(self, x, y=None, **options):
        """The losses on a batch; as `keras.Model.test_on_batch`, with the checks of `fit`."""
        _batches.require_no_weights(options)
        return super().test_on_batch(_batches.checked(_batches.given(x, y), self.data_spec), **options)

    def reset_metrics(self):
        """Begin the means over an epoch again; not where training resumes in the middle of one."""
        if self.__dict__.pop("_epoch_goes_on", False):
            return
        super().reset_metrics()

    def _maybe_symbolic_build(self, *args, **kwargs):
        """Do nothing: the model is built, and Keras would take a batch from the data that is then not trained on."""

    def export(self, filepath, **options):  # noqa: ARG002
        """Point to the exports of this package: Keras's own knows nothing of samplers."""
        raise ValueError(
            "Use `keras_gan.export.save(model, directory)`, which writes what draws samples, for TensorFlow Serving. "
            f"Received: filepath={filepath!r}"
        )
