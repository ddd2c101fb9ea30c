"""What all formats share: which sampler is exported, its statistics, and how it computes in float32."""

import contextlib
import logging
import os

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_bool, require_choice
from keras_gan._files import local_path, writable_file
from keras_gan._traversal import every_layer
from keras_gan.training import Interface, Sampler

# Of what the statistics of an averaged network are computed from.
_NUM_BATCHES, _BATCH_SIZE = 32, 128


def sampler_of(model, averaged, to=None):
    """Return the sampler that is exported: the averaged network's where the model has one and the caller wants it.

    Args:
        model: model with a `sampler`, or any object with a `generator` and perhaps an `averaged_generator`.
        averaged: bool.
        to: "target" or "source", for a model that translates in both directions; None for its usual one.

    Returns:
        `keras_gan.training.Sampler`.

    Raises:
        ValueError: if the model draws no samples, or has no direction to choose.
    """
    require_bool("averaged", averaged)
    if require_choice("to", to, (None, "target", "source")) is not None:
        return _directed(model, averaged, to)
    if hasattr(model, "sampler"):
        return model.sampler(averaged)
    generator = getattr(model, "generator", None)
    if not isinstance(generator, keras.Model):
        raise ValueError(
            "Only a model that makes samples can be exported: expected one with a `sampler`, or an object whose "
            f"`generator` is a keras.Model. Received: gan={type(model).__name__} with generator={generator!r}"
        )
    average = getattr(model, "averaged_generator", None) if averaged else None
    interface = Interface(generator, "generator", ("latents", "labels"), "images")
    classes = getattr(model, "num_classes", None) or interface.num_classes
    if "labels" in interface.shapes and classes is None:
        raise ValueError(
            "The generator takes labels, and nothing says of how many classes: give the object that holds it "
            f"`num_classes`. Received: gan={type(model).__name__}"
        )
    return Sampler(interface, average, num_classes=classes)


def _directed(model, averaged, to):
    # Models that are no part of this package may have another `sampler`.
    try:
        return model.sampler(averaged, to=to)
    except (AttributeError, TypeError) as error:
        raise ValueError(
            "Only a model that translates in both directions, such as a CycleGAN, has a direction to choose: leave out "
            f"`to`. Received: gan={type(model).__name__}, to={to!r}"
        ) from error


def settled_sampler(model, averaged, to=None):
    """Return the sampler of `finite_sampler_of`, with its statistics settled by `settle_statistics`."""
    sampler = finite_sampler_of(model, averaged, to)
    settle_statistics(sampler, model)
    return sampler


def settle_statistics(sampler, model):
    """Let an averaged network have statistics that fit its weights from now on.

    Every format writes the same network, in whichever order the formats are written. What a translator is given cannot
    be drawn: its average keeps the averaged statistics, and so does that of a model whose texts must be given. So does
    the average of a model that scores images: its encoder was fitted to the network as it is, and the scores would
    change.
    """
    if sampler.draws_alone and not hasattr(model, "score_sampler") and is_averaged(sampler, model):
        _reestimate_statistics(sampler)


def finite_sampler_of(model, averaged, to=None):
    """Return the sampler of `sampler_of`, or raise a ValueError for bad weights, or noise without a seed.

    An average follows weights that were loaded before the first step.
    """
    if hasattr(model, "settle_averages"):
        model.settle_averages()
    return _require_exportable(sampler_of(model, averaged, to))


def finite_part_of(model, method, averaged):
    """Return the sampler of another method, checked as in `finite_sampler_of`; None for a model without that method.

    Args:
        model: model.
        method: str, "encoder_sampler" for what encodes images or "score_sampler" for what scores them.
        averaged: bool.
    """
    return _require_exportable(getattr(model, method)(averaged)) if hasattr(model, method) else None


def _require_exportable(sampler):
    """Return a sampler, or raise a ValueError for bad weights, or noise without a seed."""
    if unseeded := sampler.unseeded_operations():
        raise ValueError(
            "This network draws random numbers that no seed fixes, but an export promises the same samples for a "
            "request's seed. Draw them by `keras.random` with a `keras.random.SeedGenerator`. "
            f"Received: {sampler.network.name} with the operations {', '.join(unseeded)}"
        )
    for variable in sampler.network.variables:
        value = variable.numpy()
        if tf.as_dtype(value.dtype).is_floating and not np.isfinite(value).all():
            raise ValueError(
                f"The weight {variable.path} holds NaN or infinity, so every sample would be damaged. Train again, or "
                "export an earlier checkpoint; `keras_gan.callbacks.TrainingHealth` stops a training at the first NaN. "
                f"Received: {sampler.network.name} with {int((~np.isfinite(value)).sum())} of {value.size} numbers "
                "that are not finite"
            )
    return sampler


def is_averaged(sampler, model, to=None):
    """Return whether the network of a model's sampler is an averaged copy."""
    return sampler.network is not sampler_of(model, averaged=False, to=to).network


def file_path(path, suffix):
    """Return the path of a file to write, and make its folder.

    Raises:
        ValueError: if the name has another suffix, or no file can be written there.
    """
    if not local_path("path", path).name.endswith(suffix):
        raise ValueError(f"The name of the file must end in `{suffix}`. Received: path={os.fspath(path)!r}")
    return writable_file(path, "path")


def float32_function(sampler, output=None):
    """Return the sampler as a function that computes in float32 whatever the precision of its network's training.

    Args:
        sampler: `Sampler`.
        output: what the function calls the sampler's output; None for the sampler's own name.

    Returns:
        tf.function of one concrete function, already traced: from the sampler's inputs, one argument each, to a dict
        of its output, float32.
    """

    def make(*tensors):
        return {output or sampler.output: sampler(dict(zip(sampler.inputs, tensors, strict=True)))}

    function = tf.function(make, input_signature=list(sampler.inputs.values()), autograph=False)
    with _computing_in_float32(sampler.network):
        function.get_concrete_function()
    return function


@contextlib.contextmanager
def _computing_in_float32(network):
    """Let every layer compute in float32 while a graph is traced.

    A copy of the network in another precision would not do: it has only what the `get_config` of the user's class
    returns.
    """
    reduced = {layer: layer.dtype_policy for layer in every_layer(network) if _has_less_than_float32(layer)}
    try:
        for layer in reduced:
            layer.dtype_policy = "float32"
        yield
    finally:
        for layer, policy in reduced.items():
            layer.dtype_policy = policy


def _has_less_than_float32(layer):
    return layer.compute_dtype in ("float16", "bfloat16") and layer.quantization_mode is None


@contextlib.contextmanager
def quiet_log():
    """Suppress the line that TensorFlow logs at INFO for each file that it writes."""
    loggers = (tf.get_logger(), logging.getLogger("absl"))
    for logger in loggers:
        logger.addFilter(_is_serious)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(_is_serious)


def _is_serious(record):
    return record.levelno >= logging.WARNING


def _reestimate_statistics(sampler):
    """Set the statistics of BatchNormalization to their means over 4,096 drawn inputs; change nothing else.

    The weights of an averaged network are means over many steps, and so are its running means and variances. But the
    average of many networks' statistics is not the statistics of their averaged weights.

    Args:
        sampler: `Sampler`, whose network is changed in place.
    """
    network = sampler.network
    layers = [layer for layer in every_layer(network) if isinstance(layer, keras.layers.BatchNormalization)]
    if not layers:
        return
    settings = [(layer.momentum, layer.trainable) for layer in layers]
    statistics = {id(variable) for layer in layers for variable in (layer.moving_mean, layer.moving_variance)}
    others = [variable for variable in network.variables if id(variable) not in statistics]
    kept = [variable.numpy() for variable in others]
    try:
        _accumulate_statistics(sampler, layers)
    finally:
        for layer, (momentum, trainable) in zip(layers, settings, strict=True):
            layer.momentum, layer.trainable = momentum, trainable
        # The passes change the random stream of Dropout and the vectors of spectral normalization.
        for variable, value in zip(others, kept, strict=True):
            variable.assign(value)


def _accumulate_statistics(sampler, layers):
    call = Interface(sampler.network, "averaged network", tuple(sampler.inputs), sampler.output)
    for layer in layers:
        # A layer that is not trainable, as in an averaged network, uses its statistics even in training mode.
        layer.trainable = True
    for index in range(_NUM_BATCHES):
        for layer in layers:
            # All batches so far weigh the same.
            layer.momentum = index / (index + 1)
        call(sampler.draw(_BATCH_SIZE, seed=index), training=True)
