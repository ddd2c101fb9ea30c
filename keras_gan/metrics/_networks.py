"""Every kind of network that extractors run: Keras models, SavedModels and TensorFlow Lite files."""

import collections.abc
import hashlib
import json
import threading
import typing

import keras
import numpy as np
import tensorflow as tf

from keras_gan import _keras_file
from keras_gan._files import is_fault_of_computer, local_path
from keras_gan._hashes import sha256_of
from keras_gan._litert import interpreter as open_interpreter
from keras_gan._traversal import every_layer

_PREFERRED_SIGNATURE = "serving_default"


class Network(typing.NamedTuple):
    """A network as an extractor runs it.

    Attributes:
        run: function of a float32 tensor (batch, height, width, channels) that returns a tensor, or a list, tuple or
            dict of tensors.
        digest: str that changes if `run` returns something else, or None if only the outputs can tell.
        input_shape: (height, width, channels), of clips with the frames in front. A part is None if the network takes
            any.
        value_range: the numbers that stand for the bytes 0 and 255 in the input of `run`.
    """

    run: collections.abc.Callable
    digest: str | None
    input_shape: tuple = (None, None, None)
    value_range: tuple = (-1.0, 1.0)


def pick(outputs, key):
    """Return one of a network's outputs.

    Args:
        outputs: tensor, or list, tuple or dict of tensors.
        key: int or str, or None for the only output.

    Raises:
        ValueError: if there is no such output, or if there are several and `key` is None.
    """
    if isinstance(outputs, collections.abc.Mapping):
        named = dict(outputs)
    elif isinstance(outputs, list | tuple):
        named = dict(enumerate(outputs))
    else:
        named = {0: outputs}
    if key in named:
        return named[key]
    if key is None and len(named) == 1:
        return next(iter(named.values()))
    if isinstance(key, int) and 0 <= key < len(named):
        return list(named.values())[key]
    raise ValueError(
        f"The model has the outputs {', '.join(map(repr, named))}. Name the output of the features, or a pair: the "
        f"outputs of the features and of the logits. Received: output={key!r}"
    )


def as_rows(output):
    """Average an output (batch, ..., width) over all positions, to a float32 tensor (batch, width)."""
    output = tf.cast(output, tf.float32)
    if output.shape.rank is None or output.shape.rank < 2:
        raise ValueError(
            "Features must have the shape (batch, num_features), or (batch, ..., num_features) to be averaged over all "
            f"positions. Received: an output of shape {output.shape}"
        )
    return tf.reduce_mean(output, axis=tuple(range(1, output.shape.rank - 1)))


def existing_path(name, path, what):
    """Return what a user gave as `name` as a `pathlib.Path`, or raise.

    Raises:
        FileNotFoundError: if there is nothing at the path.
        ValueError: if it is not a local path.
    """
    found = local_path(name, path)
    if found.exists():
        return found
    raise FileNotFoundError(f"There is no {what} at this path. Received: {name}={str(path)!r}")


def saved_keras_network(path, layer_names):
    """Load a `.keras` file, see `keras_network`."""
    return keras_network(_keras_file.load(path, compile=False), layer_names)


def opened(load, path, **options):
    """Return what `load` returns for a path, or raise a ValueError that names the file."""
    try:
        return load(path, **options)
    except Exception as error:
        if is_fault_of_computer(error):
            raise
        # A damaged file raises errors of many classes, most of them without its name.
        reason = next(iter(str(error).strip().splitlines()), "")
        raise ValueError(
            f"This model cannot be loaded ({type(error).__name__}: {reason[:300]}). If the file is damaged, get it "
            f"again. Received: {str(path)!r}"
        ) from error


def keras_network(model, layer_names=(None,)):
    """Wrap a Keras model.

    Args:
        model: `keras.Model`. It runs in inference mode.
        layer_names: if all are names of layers, the network returns a dict of the outputs of these layers. Otherwise
            it returns the output of the model.
    """
    digest = _model_digest(model)
    if model.built and all(name in {layer.name for layer in model.layers} for name in layer_names):
        model = keras.Model(model.inputs, {name: model.get_layer(name).output for name in layer_names})
    shape = _input_shape(model)
    return Network(_compiled(model, shape), digest, shape)


def saved_model_network(path):
    """Load a SavedModel.

    The network is the signature "serving_default", or the only signature. Otherwise it is the call of the object.

    Raises:
        ValueError: if none of these works.
    """
    loaded = opened(tf.saved_model.load, path)
    signatures = dict(loaded.signatures)
    if _PREFERRED_SIGNATURE not in signatures and len(signatures) != 1:
        return _called(loaded, path)
    signature = signatures.get(_PREFERRED_SIGNATURE) or next(iter(signatures.values()))
    ((name, spec),) = _only_input(signature, path)
    shape = tuple(spec.shape[1:]) if spec.shape.rank == 4 else (None, None, None)

    def run(values):
        # A signature does not keep the variables of its model alive.
        assert loaded is not None
        values = tf.cast(tf.round(values) if spec.dtype.is_integer else values, spec.dtype)
        return signature(**{name: values})

    return Network(run, sha256_of(path), shape, (0.0, 255.0) if spec.dtype.is_integer else (-1.0, 1.0))


def tflite_network(path, sha256=None):
    """Load a `.tflite` file. Its input and its outputs may be quantised, and the outputs become a dict by name.

    It runs on the CPU, in batches of the size that the file fixes, which is usually 1.
    """
    interpreter = open_interpreter(path, sha256)
    interpreter.allocate_tensors()
    inputs = {details["name"]: details for details in interpreter.get_input_details()}
    ((_, given),) = _only(inputs, path)
    returned = interpreter.get_output_details()
    names = [details["name"] for details in returned]
    lock = threading.Lock()

    def run_one(values):
        interpreter.set_tensor(given["index"], _quantised(values, given))
        interpreter.invoke()
        return [_dequantised(interpreter.get_tensor(details["index"]), details) for details in returned]

    def run_batch(values):
        size = given["shape"][0]
        missing = max(-(-len(values) // size), 1) * size - len(values)
        padded = np.concatenate([values, np.zeros((missing, *values.shape[1:]), np.float32)])
        with lock:
            parts = [run_one(padded[start : start + size]) for start in range(0, len(padded), size)]
        return [np.concatenate(outputs)[: len(values)] for outputs in zip(*parts, strict=True)]

    def run(values):
        # A single output comes without a list in eager mode.
        outputs = tf.nest.flatten(tf.numpy_function(run_batch, [values], [tf.float32] * len(names)))
        shapes = ((None, *details["shape"][1:]) for details in returned)
        return {name: tf.ensure_shape(*pair) for name, *pair in zip(names, outputs, shapes, strict=True)}

    return Network(run, sha256_of(path), tuple(int(side) for side in given["shape"][1:]), _value_range(given))


def _compiled(model, shape):
    @tf.function(input_signature=[tf.TensorSpec((None, *shape), tf.float32)])
    def run(values):
        return model(values, training=False)

    return run


def _input_shape(model):
    shapes = model.input_shape if model.built and getattr(model, "inputs", None) else None
    # Of images, or of clips.
    if isinstance(shapes, tuple) and len(shapes) in (4, 5):
        return shapes[1:]
    return (None, None, None)


def _model_digest(model):
    """Hash what a model computes. Two models that differ only in the names of their layers have the same hash."""
    digest = hashlib.sha256(_anonymous_config(model).encode())
    for weight in model.weights:
        array = np.ascontiguousarray(weight.numpy())
        digest.update(f"{array.dtype} {array.shape}".encode() + array.tobytes())
    return digest.hexdigest()


def _anonymous_config(model):
    """Return the configuration as JSON with layers named by their places, or the class if there is no configuration."""
    try:
        config = model.get_config()
    except NotImplementedError:
        return type(model).__name__
    layers = every_layer(model)
    places = {layer.name: f"layer {place}" for place, layer in enumerate(layers)}
    return json.dumps(_renamed(keras.saving.serialize_keras_object(config), places), sort_keys=True, default=str)


def _renamed(value, names):
    if isinstance(value, dict):
        return {key: _renamed(entry, names) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(entry, names) for entry in value]
    return names.get(value, value) if isinstance(value, str) else value


def _called(loaded, path):
    if not callable(loaded):
        raise ValueError(
            "An extractor needs a SavedModel that has a signature 'serving_default' or a single signature, or that can "
            f"be called. Received: path={str(path)!r} with the signatures {sorted(loaded.signatures)}"
        )
    return Network(loaded, sha256_of(path))


def _only_input(signature, path):
    return _only(signature.structured_input_signature[1], path)


def _only(inputs, path):
    if len(inputs) != 1:
        raise ValueError(
            "An extractor needs a network with a single input, for images. "
            f"Received: path={str(path)!r} with the inputs {sorted(inputs)}"
        )
    return inputs.items()


def _value_range(details):
    """Return the numbers for the bytes 0 and 255. A quantised network for images takes the bytes as they are."""
    scale, zero = details["quantization"]
    if not scale:
        return (-1.0, 1.0)
    lowest = np.iinfo(details["dtype"]).min
    return (float(scale * (lowest - zero)), float(scale * (lowest + 255 - zero)))


def _quantised(values, details):
    scale, zero = details["quantization"]
    if not scale:
        return values.astype(details["dtype"])
    limits = np.iinfo(details["dtype"])
    return np.clip(np.rint(values / scale + zero), limits.min, limits.max).astype(details["dtype"])


def _dequantised(values, details):
    scale, zero = details["quantization"]
    values = values.astype(np.float32)
    return np.float32(scale) * (values - np.float32(zero)) if scale else values
