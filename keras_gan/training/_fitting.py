"""One call of `fit`: checks its arguments, arranges its data and runs its pieces."""

import contextlib
import itertools
import math
import numbers
import warnings

import keras
import numpy as np

from keras_gan._arguments import require_bool, require_int
from keras_gan._fit_control import FitPosition, RestartFit
from keras_gan._replicas import worker_count
from keras_gan.training import _batches, _callback_checks, _checks
from keras_gan.training.critic import Critic

_REFUSED = {
    "validation_split": "split the images and give `validation_data`",
    "class_weight": "it has no classes",
    "sample_weight": "repeat the images that should count more",
}


class Fitting:
    """A call of `fit` of a model.

    Args:
        model: `AdversarialModel`, compiled.
        keras_fit: its `keras.Model.fit`.
        data: what `fit` was given.
        batch_size: int or None.
        epochs: int.
        options: dict of the other arguments; the ones that are used here are removed.
    """

    def __init__(self, model, keras_fit, data, batch_size, epochs, options):
        _check_options(epochs, options, losses=model.trackers)
        require_trainable(model)
        self._model, self._keras_fit, self._epochs, self._options = model, keras_fit, epochs, options
        self._datasets = {}
        seed = (lambda: np.asarray(model.training_state.seed)) if options.pop("shuffle", True) else None
        self.batches = _batches.Batches(_batches.for_training(data, batch_size, seed), model.data_spec)
        self._steps, self._known_steps = self._steps_per_epoch(options.pop("steps_per_epoch", None))
        _require_whole_executions(self._steps, model.steps_per_execution)
        prepare_validation(model, options, self.batches.batch_size)
        for critic in _critics_of(model):
            critic.warn_of_probabilities()

    def run(self):
        """Train; return the history."""
        model, options = self._model, self._options
        verbose = options.pop("verbose", "auto")
        callbacks = options.pop("callbacks", None)
        about = {"epochs": self._epochs, "steps": self._known_steps, "data": self.batches.identity()}
        pieces = Pieces(callbacks, model, verbose=verbose, **about)
        initial = FitPosition(options.pop("initial_epoch", 0))

        def fit_piece(position, last_epoch):
            left = None if self._steps is None else self._steps - position.steps
            _require_whole_executions(left, model.steps_per_execution, after=position.steps)
            self._fit_piece(
                self._laid_out(position),
                callbacks=pieces,
                initial_epoch=position.epoch,
                epochs=last_epoch,
                steps_per_epoch=left,
                verbose=verbose,
                **options,
            )

        with pieces.fit_in_progress():
            pieces.run(self._begin(pieces, initial), fit_piece)
        return model.history

    def _laid_out(self, position):
        """The data from the model's current step, with one element per training step."""
        state, per_step = self._model.training_state, self._model.batches_per_step
        start, skipped = int(np.asarray(state.step)) * per_step, position.steps * per_step
        # Most often asked for twice: to count the steps, and to train. To trace the pipeline takes a tenth of a second.
        key = start, skipped, int(np.asarray(state.seed))
        if key not in self._datasets:
            self._datasets[key] = self._gathered(self.batches.batches(start, skipped=skipped), per_step)
        return self._datasets[key]

    def _gathered(self, dataset, per_step):
        strategy = self._model.distribute_strategy
        replicas, workers = strategy.num_replicas_in_sync, worker_count(strategy)
        return _batches.gather(dataset, self.batches.batch_size, per_step, replicas, workers)

    def _steps_per_epoch(self, asked):
        """Training steps in an epoch: the number for Keras (None if the data end the epoch), and the known number."""
        dataset, model = self._laid_out(FitPosition(0)), self._model
        steps = _batches.steps_per_epoch(
            self.batches, dataset, asked, per_step=model.batches_per_step, argument=model.batches_argument
        )
        cardinality = int(dataset.cardinality())
        return steps, steps if steps is not None or cardinality < 0 else cardinality

    def _begin(self, pieces, position):
        """Where training begins: at `position`, or at the position of a callback that restored the model."""
        resumed = pieces.resumed_position()
        if resumed is None:
            self._model.settle_averages()
            return position
        if not self.batches.place_is_known:
            warnings.warn(
                "Training resumes, but its data begin again at their first batch, because a tf.data.Dataset cannot "
                "continue in the middle. For the same images as in a run that was never stopped, give `fit` an array "
                "or the data of `keras_gan.data.load`.",
                stacklevel=4,
            )
        return resumed

    def _fit_piece(self, dataset, **options):
        """Run Keras's `fit` on data that are arranged for the training step."""
        with quiet_end(self._steps), _checks.bad_batches_explained():
            self._keras_fit(dataset, shuffle=False, **options)


class _ProgressBar(keras.callbacks.ProgbarLogger):
    """Keras's progress bar, without the numbers for files: those whose names have a slash, such as `health/...`."""

    # As Keras's own: it changes nothing of the training, and keeps nothing.
    async_safe = True
    _training_state = ()

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, {name: value for name, value in (logs or {}).items() if "/" not in name})


class Pieces(keras.callbacks.CallbackList):
    """The callbacks of a `fit` that runs in several pieces. The callbacks see one piece.

    Each call of Keras's `fit` begins at the first step of an epoch and reads its data from the beginning. If training
    resumes in the middle of an epoch, or a callback restores an earlier state, several such calls are needed. Here the
    batches are numbered within the whole epoch, and training begins and ends once.

    Args:
        callbacks: list of Keras callbacks, or None; those with a true attribute `goes_last` are moved to the end.
        model: the model that is trained.
        **params: `verbose`, `epochs`, `steps` (of an epoch, or None if unknown) and `data` (what tells the data from
            others), for the callbacks.
    """

    def __init__(self, callbacks, model, **params):
        callbacks = keras.tree.flatten(callbacks or [])
        has_bar = any(isinstance(callback, keras.callbacks.ProgbarLogger) for callback in callbacks)
        if params["verbose"] != 0 and not has_bar:
            callbacks.append(_ProgressBar())
        super().__init__(callbacks, add_history=True, model=model, **params)
        # Also after Keras's own callbacks.
        self.callbacks.sort(key=lambda callback: getattr(callback, "goes_last", False))
        self._offset = 0
        self._begun = False
        self._final_logs = None

    def resumed_position(self):
        """Let the callbacks restore the model; return its FitPosition after that, or None."""
        positions = [c.on_fit_begin(self.callbacks) for c in self.callbacks if hasattr(c, "on_fit_begin")]
        return next((position for position in positions if position is not None), None)

    @contextlib.contextmanager
    def fit_in_progress(self):
        """A context that tells all callbacks at its end that `fit` is over, also after an error or if one fails."""
        with contextlib.ExitStack() as stack:
            # The last one on the stack is called first.
            for callback in reversed(self.callbacks):
                if hasattr(callback, "on_fit_end"):
                    stack.callback(callback.on_fit_end)
            yield

    def run(self, position, fit_piece):
        """Train from a FitPosition to the last epoch.

        Args:
            position: FitPosition to begin at.
            fit_piece: function of `(position, last_epoch)` that calls Keras's `fit` from a position to the end of
                epoch `last_epoch`.
        """
        epochs, steps = self.params["epochs"], self.params["steps"]
        while not self._begun or (position.epoch < epochs and not self.model.stop_training):
            if steps is not None and position.steps >= steps:
                position = FitPosition(position.epoch + 1)
            self._offset = position.steps
            try:
                # The epoch in progress is a separate, shorter piece.
                self.model._epoch_goes_on = position.steps > 0
                last = position.epoch + 1 if position.steps else epochs
                fit_piece(position, last)
                position = FitPosition(last)
            except RestartFit as restart:
                position = restart.position
                self.model.stop_training = False
        super().on_train_end(self._final_logs)

    def on_train_begin(self, logs=None):
        """Pass on the beginning of the first piece only."""
        if self._begun:
            return
        self._begun = True
        super().on_train_begin(logs)
        for callback in self.callbacks:
            if hasattr(callback, "after_train_begin"):
                callback.after_train_begin()

    def on_train_end(self, logs=None):
        """Keep the logs: the piece may not be the last."""
        self._final_logs = logs

    def on_train_batch_begin(self, batch, logs=None):
        """Number the batch within the whole epoch."""
        super().on_train_batch_begin(batch + self._offset, logs)

    def on_train_batch_end(self, batch, logs=None):
        """Number the batch within the whole epoch."""
        super().on_train_batch_end(batch + self._offset, logs)

    def on_epoch_end(self, epoch, logs=None):
        """Pass on; the epochs after a resumed one begin at their first step."""
        super().on_epoch_end(epoch, logs)
        self._offset = 0


def _critics_of(model):
    """The critics among a model's attributes, alone or in a dict."""
    values = [value.values() if isinstance(value, dict) else [value] for value in vars(model).values()]
    return [value for value in itertools.chain.from_iterable(values) if isinstance(value, Critic)]


def prepare_validation(model, options, batch_size):
    """Arrange `validation_data` in the options of `fit`, if it is given."""
    data, asked = options.get("validation_data"), options.pop("validation_batch_size", None)
    if data is None:
        return
    if asked is not None or not _batches.is_array(data):
        batch_size = asked
    batches = _batches.Batches(_batches.for_evaluation(data, batch_size, "validation_"), model.data_spec)
    options["validation_data"] = batches.batches()
    options["validation_steps"] = _batches.steps_per_epoch(
        batches, options["validation_data"], options.get("validation_steps"), name="validation_steps"
    )


@contextlib.contextmanager
def quiet_end(steps):
    """Leave out Keras's warning that the data ended, unless the user asked for a number of steps."""
    with warnings.catch_warnings():
        if steps is None:
            warnings.filterwarnings("ignore", "Your input ran out of data")
        yield


def prepare_evaluation(model, data, batch_size, options):
    """Arrange the data of `evaluate`; sets the number of steps in its options."""
    require_steps("steps", options.get("steps"))
    batches = _batches.Batches(_batches.for_evaluation(data, batch_size), model.data_spec)
    dataset = batches.batches()
    options["steps"] = _batches.steps_per_epoch(batches, dataset, options.get("steps"), name="steps")
    return dataset


def evaluate_samples(model, evaluator, x, y, batch_size, options):
    """The losses of a model on some data, and the values of an evaluator that compares its samples with them."""
    if not hasattr(evaluator, "compare"):
        raise ValueError(f"`evaluator` must be a `keras_gan.metrics.Evaluator`. Received: evaluator={evaluator!r}")
    return_dict = options.pop("return_dict", False)
    losses = model.evaluate(x, y, batch_size, return_dict=True, **options)
    values = evaluator.compare(model, x, verbose=int(options.get("verbose", "auto") in (1, "auto"))).numbers()
    return {**losses, **values} if return_dict else [*losses.values(), *values.values()]


def _check_options(epochs, options, losses):
    """Raise a ValueError for arguments of `keras.Model.fit` that are not supported or make no sense."""
    for name, remedy in _REFUSED.items():
        value = options.get(name)
        # Keras's own default of `validation_split` is 0.0; weights may be an array, which has no truth value.
        if value is not None and not (isinstance(value, float) and value == 0.0):
            raise ValueError(f"`fit` of a GAN does not take `{name}`: {remedy}. Received: {name}={value!r}")
    require_int("epochs", epochs)
    initial = require_int("initial_epoch", options.get("initial_epoch", 0), low=0)
    if initial >= epochs:
        raise ValueError(
            "`epochs` is the number of the last epoch, so nothing is left to train: give an `initial_epoch` below it. "
            f"Received: epochs={epochs}, initial_epoch={initial}"
        )
    for name in ("steps_per_epoch", "validation_steps"):
        require_steps(name, options.get(name))
    require_bool("shuffle", options.get("shuffle", True))
    _require_frequency(options.get("validation_freq", 1))
    check_display(options, losses)


def check_display(options, losses=()):
    """Raise a ValueError for a bad `verbose`, `return_dict` or `callbacks` among a method's options."""
    verbose = options.get("verbose", "auto")
    if not isinstance(verbose, int | np.integer | str) or verbose not in (0, 1, 2, "auto"):
        raise ValueError(f'`verbose` must be "auto", 0, 1 or 2. Received: verbose={verbose!r}')
    require_bool("return_dict", options.get("return_dict", False))
    _callback_checks.refuse(options.get("callbacks"), losses, validates=options.get("validation_data") is not None)


def _require_whole_executions(steps, per_execution, *, after=0):
    """Raise a ValueError if Keras would train more steps than there are, unless the end of the data stops it.

    Args:
        steps: int, the steps of an epoch, or those that are left of it; None if the data end the epoch.
        per_execution: int, how many steps Keras runs in each call.
        after: int, the steps of the epoch that were taken before.
    """
    if steps is None or steps % per_execution == 0:
        return
    if after:
        place, remedy = f"what is left of the epoch after {after} steps", "`compile` with `steps_per_execution=1`"
    else:
        fitting = max(1, steps // per_execution) * per_execution
        place, remedy = "an epoch", f"give `fit` steps_per_epoch={fitting}, or `compile` another `steps_per_execution`"
    raise ValueError(
        f"`steps_per_execution` must divide the number of steps in {place}: Keras runs so many in each call, and would "
        f"train more. To train exactly, {remedy}. Received: steps_per_execution={per_execution}, {steps} steps"
    )


def _require_frequency(frequency):
    """Epochs between two validations, or a list of the epochs that end with one, as in Keras."""
    for epoch in frequency if isinstance(frequency, list | tuple | set) else [frequency]:
        require_int("validation_freq", epoch)


def require_trainable(model):
    """Raise a ValueError if other weights are trainable than at `compile`, and warn of a player that trains none."""
    for name, player in model.players.items():
        player.require_trainable(name)


def require_steps(name, steps):
    """Raise a ValueError unless this is a number of steps, or None."""
    if steps is None:
        return
    # The length of an array over the batch size can easily be 0, and then Keras trains without end.
    if isinstance(steps, numbers.Real) and not isinstance(steps, numbers.Integral) and math.isnan(steps):
        raise ValueError(f"`{name}` must be an integer of at least 1, or None. Received: {name}={steps!r}")
    require_int(name, steps)
