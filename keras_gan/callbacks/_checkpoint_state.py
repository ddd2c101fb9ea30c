"""What a checkpoint holds of a model, and of the other callbacks."""

import collections
import json

import keras
import numpy as np

# What a new process finds out by itself. `min_delta`: Keras turns its sign when it finds out in which direction the
# monitored value improves. The other two: whether TensorBoard's profiler runs in this process.
_OF_THE_PROCESS = {"params", "min_delta", "_profiler_started", "_is_tracing"}
_DIFFERENCES_SHOWN = 4


def classes(model):
    """What a checkpoint must have in common with a model beside the shapes: its class, and those of its optimizers."""
    optimizers = {name: part for name, part in vars(model).items() if isinstance(part, keras.optimizers.Optimizer)}
    inner = {name: getattr(optimizer, "inner_optimizer", optimizer) for name, optimizer in optimizers.items()}
    return {"model": type(model).__name__, **{name: type(part).__name__ for name, part in inner.items()}}


def paths(model):
    """Keras's own name of each variable that training changes: for people, since it is neither unique nor stable."""
    return {name: variable.path for name, variable in model.training_variables().items()}


def collect(model):
    """Values of all variables that training changes and of the metrics, a dict of name to NumPy array."""
    return {name: value(variable) for name, variable in _variables(model).items()}


def not_finite(values):
    """Names of the arrays that hold NaN or infinity; those of the metrics, which overflow by themselves, do not count.

    With loss scaling, a step that overflows is skipped and leaves its mark in the means of the epoch alone.
    """
    trained = {name: value for name, value in values.items() if not name.startswith("metrics[")}
    return [name for name, value in trained.items() if value.dtype.kind in "fVc" and not np.isfinite(value).all()]


def differences(model, meta, values):
    """Say in what a checkpoint and a model differ, one string a difference; an empty list where they fit."""
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
        found.append(f"and {len(unlike) - _DIFFERENCES_SHOWN} variables more")
    if found:
        found.append(f"in all {len(there)} variables there, {len(here)} here")
    return found


def assign(model, values):
    """Put values that were found to fit into the model.

    The metrics are means of the epoch in progress for the logs alone: where others are kept now, they begin anew.
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
    """Value of a variable, which may be mirrored on several devices, as a NumPy array."""
    # Through `numpy()`: `numpy.asarray` fails for a bfloat16 scalar.
    return np.asarray(keras.ops.convert_to_tensor(variable).numpy())


def _kind(array):
    """Type and shape of a variable or an array, for people and for comparing."""
    return f"{keras.backend.standardize_dtype(array.dtype)} {tuple(array.shape)}"


class CallbackStates:
    """Collects the state of callbacks as JSON can hold it, and puts it back.

    A callback with `get_state()` and `set_state(state)` says itself what its state is. Of any other, such as Keras's
    own, it is those attributes that changed since this object was made and that are plain: numbers, strings, booleans,
    None, and lists and dicts of these. So `EarlyStopping` goes on with its `best` and `wait`, `History` with its
    lists, and an argument that a new run sets otherwise is not undone.

    A callback is found again by its class and its place among those of the class.

    Args:
        callbacks: list of Keras callbacks, `on_train_begin` of each called.

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

    def collect(self):
        """Return the state of each callback that has any, a dict of name to state."""
        states = {name: self._state(name, callback) for name, callback in self._callbacks.items()}
        return {name: state for name, state in states.items() if state}

    def restore(self, states):
        """Put back what `collect` returned in an earlier process."""
        self.rewind(states)
        for name, callback in self._callbacks.items():
            if hasattr(callback, "get_state") and name in states:
                callback.set_state(states[name])

    def rewind(self, states):
        """Put back what `collect` returned in this process, but leave callbacks that have a `get_state` as they are."""
        for name, callback in self._callbacks.items():
            if not hasattr(callback, "get_state"):
                self._set_attributes(name, callback, states.get(name, {}))

    def _state(self, name, callback):
        if hasattr(callback, "get_state"):
            return callback.get_state()
        fresh = self._fresh[name]
        plain = _plain_attributes(callback)
        return {key: json.loads(text) for key, text in plain.items() if fresh.get(key) != text}

    def _set_attributes(self, name, callback, state):
        fresh = {key: json.loads(text) for key, text in self._fresh[name].items()}
        # What has not changed keeps its object: others may hold the same list.
        plain = _plain_attributes(callback)
        for key, value in {**fresh, **state}.items():
            if plain.get(key) != json.dumps(value):
                setattr(callback, key, value)


def named(callbacks):
    """Map "EarlyStopping[0]" and the like to each callback."""
    counts = collections.Counter()
    names = {}
    for callback in callbacks:
        kind = type(callback).__name__
        names[f"{kind}[{counts[kind]}]"] = callback
        counts[kind] += 1
    return names


def _plain_attributes(callback):
    """The plain attributes of a callback, as JSON: text can be compared where NaN is in it."""
    texts = {}
    for key, value in vars(callback).items():
        try:
            plain = _plain(value)
        except TypeError:
            continue
        if key not in _OF_THE_PROCESS:
            texts[key] = json.dumps(plain)
    return texts


def _plain(value):
    """The same value made of Python's own numbers and containers; TypeError if JSON would make another of it."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) is list:
        return [_plain(entry) for entry in value]
    if type(value) is dict and all(type(key) is str for key in value):
        return {key: _plain(entry) for key, entry in value.items()}
    raise TypeError(f"{type(value).__name__} is not plain")
