"""What of a model is saved, and how equal states are told from different ones."""

import contextlib
import hashlib
import os
import pathlib
import uuid

import keras
import numpy as np

from keras_gan.training import _networks, _optimizers

# Goes up when an older file cannot be loaded any more.
FORMAT = 2


def training_variables(model):
    """All variables that training changes, by name: see `AdversarialModel.training_variables`."""
    parts = {name: part.weights for name, part in vars(model).items() if isinstance(part, keras.layers.Layer)}
    parts["random_seeds"] = _networks.random_seeds(model)
    for name, player in model.players.items():
        parts[f"{name}_optimizer"] = [] if player.optimizer is None else player.optimizer.variables
    return {f"{name}[{index}]": variable for name, part in parts.items() for index, variable in enumerate(part)}


def fingerprint(variables):
    """SHA-256, in hex, of the names, types, shapes and values of variables."""
    digest = hashlib.sha256()
    for name, variable in variables.items():
        value = np.asarray(variable)
        digest.update(f"{name}{value.dtype}{value.shape}".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()


def save(model, keras_save, filepath, overwrite, options):
    """Save to a `.keras` file, so that a save that fails leaves the file that was there."""
    if not isinstance(filepath, str | os.PathLike):
        raise ValueError(f"`filepath` must be a path that ends in `.keras`. Received: filepath={filepath!r}")
    if not isinstance(overwrite, bool):
        raise ValueError(f"`overwrite` must be True or False. Received: overwrite={overwrite!r}")
    path = pathlib.Path(filepath).expanduser()
    if path.suffix != ".keras":
        raise ValueError(f"A GAN is saved to a file whose name ends in `.keras`. Received: filepath={filepath!r}")
    if path.exists() and not overwrite:
        raise FileExistsError(f"This file exists, and `overwrite=False`. Received: filepath={filepath!r}")
    model.settle_averages()
    # A name of its own: another process may save to the same path.
    partial = path.with_name(f".{path.stem}.{os.getpid()}.{uuid.uuid4().hex[:8]}.partial.keras")
    try:
        keras_save(partial, overwrite=True, **options)
        _sync(partial)
        partial.replace(path)
        _sync(path.parent)
    except OSError as error:
        reason = f"The GAN could not be saved, and what stood there is untouched: {error.strerror or error}"
        raise OSError(error.errno, reason, str(path)) from error
    finally:
        partial.unlink(missing_ok=True)


def _sync(path):
    """Have the system write what it holds back; a folder only where the system can open one."""
    with contextlib.suppress(PermissionError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def require_format(config):
    """Take the format out of a saved configuration, or raise a ValueError where it is not this one."""
    config = dict(config)
    found = config.pop("format", 1)
    if found != FORMAT:
        raise ValueError(
            f"This file was written by another version of keras_gan, in format {found}, and this one reads format "
            f"{FORMAT}: load it with the version that wrote it. Received: format={found}"
        )
    return config


def compile_config(model):
    """The arguments of `compile`, with the optimizers serialised as they were given."""
    serialise = keras.saving.serialize_keras_object
    return {
        **{f"{name}_optimizer": serialise(given) for name, given in model.given_optimizers().items()},
        "gradient_accumulation_steps": model.gradient_accumulation_steps,
        "loss_weights": model.loss_weights,
        "run_eagerly": model.run_eagerly,
        "steps_per_execution": model.steps_per_execution,
        "jit_compile": model.jit_compile,
    }


def compile_arguments(model, config):
    """What `compile_config` returned, as arguments of `compile`.

    How the step ran before is kept where it can be: several replicas take neither XLA nor several steps at once.
    """
    arguments = keras.saving.deserialize_keras_object(config)
    for name in model.players:
        _optimizers.restore_decays(arguments[f"{name}_optimizer"])
    if model.distribute_strategy.num_replicas_in_sync > 1:
        arguments |= {"jit_compile": False, "steps_per_execution": 1}
    return arguments
