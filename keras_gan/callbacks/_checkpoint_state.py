"""What a checkpoint stores about a model and about the other callbacks."""

import collections
import inspect
import json
import reprlib
import warnings

import keras
import numpy as np

from keras_gan._inner_optimizer import inner_of

# A new process sets these itself. `min_delta`: Keras flips its sign when it learns in which direction the monitored
# value improves. The last two: whether TensorBoard's profiler runs in this process.
_OF_THE_PROCESS = {"params", "min_delta", "_profiler_started", "_is_tracing"}
# What training changes in Keras's own callbacks. Everything else, such as the name of a file, is an argument.
STATE_OF_KERAS = {
    keras.callbacks.EarlyStopping: ("wait", "stopped_epoch", "best", "best_epoch"),
    keras.callbacks.History: ("epoch", "history"),
    keras.callbacks.ModelCheckpoint: ("best", "_batches_seen_since_last_saving", "_last_batch_seen"),
    keras.callbacks.ReduceLROnPlateau: ("wait", "best", "cooldown_counter"),
    keras.callbacks.TensorBoard: ("_global_train_batch", "_global_test_batch"),
}
_LIBRARIES = ("keras.", "keras_gan.")
_DIFFERENCES_SHOWN = 4


def classes(model):
    """Return the class names of the model and its optimizers. A checkpoint must agree with them, not only in shapes."""
    optimizers = {name: part for name, part in vars(model).items() if isinstance(part, keras.optimizers.Optimizer)}
    inner = {name: inner_of(optimizer) for name, optimizer in optimizers.items()}
    return {"model": type(model).__name__, **{name: type(part).__name__ for name, part in inner.items()}}


def paths(model):
    """Return Keras's name of each variable that training changes. Only for messages: it is not unique or stable."""
    return {name: variable.path for name, variable in model.training_variables().items()}


def collect(model):
    """Return the values of all variables that training changes and of the metrics, a dict of name to NumPy array."""
    return {name: value(variable) for name, variable in _variables(model).items()}


def not_finite(values):
    """Return the names of the arrays that hold NaN or infinity, without the metrics.

    With loss scaling, a step that overflows is skipped, but the means of the epoch in the metrics overflow too.
    """
    trained = {name: value for name, value in values.items() if not name.startswith("metrics[")}
    return [name for name, value in trained.items() if value.dtype.kind in "fVc" and not np.isfinite(value).all()]


def differences(model, meta, values):
    """Return the differences between a checkpoint and a model as a list of strings, which is empty if they fit."""
    here, there = classes(model), meta["classes"]
    found = [
        f"{name} is {there.get(name)} there, {here.get(name)} here"
        for name in {**here, **there}
        if here.get(name) != there.get(name)
    ]
    here = {name: _kind(variable) for name, variable in model.training_variables().items()}
    there = {name: _kind(value) for name, value in values.items() if name in meta["paths"]}
    unlike = [name for name in {**here, **there} if here.get(name) != there.get(name)]
    names = {**meta["paths"], **paths(model)}
    found += [
        f"{name} ({names[name]}) is {there.get(name, 'missing')} there, {here.get(name, 'missing')} here"
        for name in unlike[:_DIFFERENCES_SHOWN]
    ]
    if len(unlike) > _DIFFERENCES_SHOWN:
        found.append(f"and {len(unlike) - _DIFFERENCES_SHOWN} more variables")
    if found:
        found.append(f"{len(there)} variables in all there, {len(here)} here")
    return found


def assign(model, values):
    """Assign values that fit to the model's variables.

    The metrics only hold the means of the current epoch for the logs. If the model has other metrics now, they start
    from zero.
    """
    variables = _variables(model)
    metrics = {name for name in {**variables, **values} if name.startswith("metrics[")}
    keep_metrics = all(
        name in variables and name in values and _kind(variables[name]) == _kind(values[name]) for name in metrics
    )
    for name, variable in variables.items():
        if name not in metrics or keep_metrics:
            variable.assign(values[name])


def _variables(model):
    metrics = {f"metrics[{index}]": variable for index, variable in enumerate(model.metrics_variables)}
    return {**model.training_variables(), **metrics}


def value(variable):
    """Return the value of a variable, which may be mirrored on several devices, as a NumPy array."""
    # `numpy()` first, because `numpy.asarray` fails for a bfloat16 scalar.
    return np.asarray(keras.ops.convert_to_tensor(variable).numpy())


def _kind(array):
    """Return the type and shape of a variable or an array as text, for messages and comparisons."""
    return f"{keras.backend.standardize_dtype(array.dtype)} {tuple(array.shape)}"


class CallbackStates:
    """Collects the state of callbacks in a form that JSON can store, and restores it.

    A callback with `get_state()` and `set_state(state)` defines its own state. For any other, the state is every
    attribute that changed since this object was made and that holds numbers: a number, a boolean, None, or a list or
    dict of these. So `EarlyStopping` keeps its `best` and `wait`, and `History` keeps its lists. Of Keras's callbacks
    it is only what training changes: a file cannot set their arguments, such as `ModelCheckpoint.filepath`.

    A callback is identified by its class and its place among the callbacks of that class.

    Args:
        callbacks: list of Keras callbacks whose `on_train_begin` has been called.

    Example:
        >>> import keras
        >>> stopping = keras.callbacks.EarlyStopping("g_loss", mode="min", patience=3)
        >>> stopping.on_train_begin()
        >>> states = CallbackStates([stopping])
        >>> stopping.on_epoch_end(0, {"g_loss": 0.5})
        >>> states.collect()
        {'EarlyStopping[0]': {'best': 0.5}}
    """

    def __init__(self, callbacks):
        self._callbacks = named(callbacks)
        self._fresh = {name: _plain_attributes(callback) for name, callback in self._callbacks.items()}
        self._others = {name: _others(callback) for name, callback in self._callbacks.items()}

    def collect(self):
        """Return the state of each callback that has one, a dict of name to state."""
        states = {name: self._state(name, callback) for name, callback in self._callbacks.items()}
        return {name: state for name, state in states.items() if state}

    def not_kept(self):
        """Return the names of what training changed in callbacks of the user's and no checkpoint holds."""
        return [
            f"{name}.{key}"
            for name, callback in self._callbacks.items()
            for key, text in _others(callback).items()
            if self._others[name].get(key) != text
        ]

    def restore(self, states):
        """Restore what `collect` returned in an earlier process.

        Other values, which `collect` would not return, are left out with a warning.
        """
        self._warn_of_strangers(states)
        self.rewind(states)
        for name, callback in self._callbacks.items():
            if hasattr(callback, "get_state") and name in states:
                _set_state(name, callback, states[name])

    def rewind(self, states):
        """Restore what `collect` returned in this process, except in callbacks that have a `get_state`."""
        for name, callback in self._callbacks.items():
            if not hasattr(callback, "get_state"):
                self._set_attributes(name, callback, _attributes_of(name, states))

    def _state(self, name, callback):
        if hasattr(callback, "get_state"):
            return _own_state(name, callback)
        fresh = self._fresh[name]
        plain = _plain_attributes(callback)
        return {key: json.loads(text) for key, text in plain.items() if fresh.get(key) != text}

    def _set_attributes(self, name, callback, state):
        fresh = {key: json.loads(text) for key, text in self._fresh[name].items()}
        # An unchanged value keeps its object, because others may hold the same list.
        plain = _plain_attributes(callback)
        for key, value in {**fresh, **state}.items():
            if _is_state(callback, key, value) and plain.get(key) != json.dumps(value):
                setattr(callback, key, value)

    def _warn_of_strangers(self, states):
        strangers = {
            f"{name}.{key}": key in _arguments_of_library(type(callback))
            for name, callback in self._callbacks.items()
            if not hasattr(callback, "get_state")
            for key, value in _attributes_of(name, states).items()
            if not _is_state(callback, key, value)
        }
        strangers |= {
            name: False
            for name, callback in self._callbacks.items()
            if not hasattr(callback, "get_state") and not isinstance(states.get(name, {}), dict)
        }
        if strangers:
            arguments = [stranger for stranger, is_argument in strangers.items() if is_argument]
            trust = f" {arguments[0]} is an argument: use only checkpoints that you trust." if arguments else ""
            warnings.warn(
                f"This checkpoint has values that a resume does not restore: {', '.join(strangers)}. An earlier "
                f"version of keras_gan wrote it, or it was changed.{trust}",
                stacklevel=2,
            )


def _attributes_of(name, states):
    """The attributes that a checkpoint holds for a callback without `get_state`; none if it holds something else."""
    state = states.get(name)
    return state if isinstance(state, dict) else {}


def _set_state(name, callback, state):
    try:
        callback.set_state(state)
    except Exception as error:
        raise ValueError(
            f"The callback {name} does not take its state of the checkpoint ({type(error).__name__}: {error}). Give "
            "the version of the callback that wrote it, leave the callback out, or choose another `run_dir`. "
            f"Received: {reprlib.repr(state)}"
        ) from error


def had_stopped(name, callback, states):
    """Whether an `EarlyStopping` had ended the training of a checkpoint, and would end it again."""
    state = _attributes_of(name, states)
    ended, waited = state.get("stopped_epoch", 0), state.get("wait", 0)
    are_counts = isinstance(ended, int) and isinstance(waited, int)
    return are_counts and ended > 0 and waited >= callback.patience


def named(callbacks):
    """Return a dict that maps names such as "EarlyStopping[0]" to the callbacks."""
    counts = collections.Counter()
    names = {}
    for callback in callbacks:
        kind = type(callback).__name__
        names[f"{kind}[{counts[kind]}]"] = callback
        counts[kind] += 1
    return names


def _plain_attributes(callback):
    """Return the plain attributes of a callback as JSON. Text compares equal even if it holds NaN."""
    texts = {}
    for key, value in vars(callback).items():
        try:
            plain = _plain(value)
        except TypeError:
            continue
        if _is_state(callback, key, plain):
            texts[key] = json.dumps(plain)
    return texts


def _others(callback):
    """Return the texts and the other containers, such as tuples, of a callback of the user's as texts."""
    if hasattr(callback, "get_state") or type(callback).__module__.startswith(_LIBRARIES):
        return {}
    plain = _plain_attributes(callback)
    return {key: repr(value) for key, value in vars(callback).items() if key not in plain and _is_of_texts(value)}


def _is_of_texts(value):
    """Whether this is a text, or a container of texts and numbers."""
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set | collections.deque):
        return all(
            entry is None or isinstance(entry, int | float | np.number) or _is_of_texts(entry) for entry in value
        )
    return isinstance(value, str)


def _own_state(name, callback):
    """Return what a callback's `get_state` returns; raise a ValueError if it could not be restored."""
    state = callback.get_state()
    if state and not hasattr(callback, "set_state"):
        raise ValueError(
            "A callback with `get_state()` needs a `set_state(state)`, which a resume calls with what it returned. "
            f"Received: {name}, without `set_state`"
        )
    try:
        return _plain(state, lists=(list, tuple))
    except TypeError as error:
        raise ValueError(
            "`get_state()` of a callback must return what JSON can store: numbers, texts, None, and lists and dicts of "
            f"these, with texts as keys. Received: {name}, whose state {error}"
        ) from None


def _is_state(callback, key, value):
    """Whether an attribute of a callback without `get_state` may come from a checkpoint."""
    kind = type(callback)
    # A method is not replaced, but a class may hold a number to begin with.
    if not _is_of_numbers(value) or key in _OF_THE_PROCESS or not _is_of_numbers(getattr(kind, key, None)):
        return False
    # Its own declaration, because a class of the user's that extends one of these has numbers of its own.
    declared = vars(kind).get("_training_state", STATE_OF_KERAS.get(kind))
    if declared is not None:
        return key in declared
    return not kind.__module__.startswith("keras.") and key not in _arguments_of_library(kind)


def _arguments_of_library(kind):
    """The names of the constructor's arguments of the classes of Keras and of this package that a class extends."""
    bases = (base for base in kind.__mro__ if base.__module__.startswith(_LIBRARIES))
    return {name for base in bases for name in inspect.signature(base.__init__).parameters}


def _is_of_numbers(value):
    if isinstance(value, list | dict):
        return all(map(_is_of_numbers, value.values() if isinstance(value, dict) else value))
    return value is None or isinstance(value, bool | int | float)


def _plain(value, lists=(list,)):
    """Return the value as Python's own numbers and containers; raise a TypeError if JSON would change it."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) in lists:
        return [_plain(entry, lists) for entry in value]
    if type(value) is dict and all(type(key) is str for key in value):
        return {key: _plain(entry, lists) for key, entry in value.items()}
    raise TypeError(f"holds a {type(value).__name__}: {value!r:.80}")
