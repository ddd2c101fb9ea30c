"""What of a model a checkpoint holds, and whether a checkpoint fits a model."""

import keras
import numpy as np

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
