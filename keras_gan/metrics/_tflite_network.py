"""TensorFlow Lite files as extractors run them."""

import threading

import numpy as np
import tensorflow as tf

from keras_gan._litert import interpreter as open_interpreter
from keras_gan.metrics._network import Network, path_digest


def tflite_network(path):
    """Load a `.tflite` file, whose inputs and outputs may be quantised: its outputs are a dict, by name.

    It runs on the CPU, by batches of the size that the file is made for, which is 1 as a rule.
    """
    interpreter = open_interpreter(path)
    interpreter.allocate_tensors()
    (given,) = interpreter.get_input_details()
    returned = interpreter.get_output_details()
    names = [details["name"] for details in returned]
    lock = threading.Lock()

    def run_one(values):
        interpreter.set_tensor(given["index"], _quantised(values, given))
        interpreter.invoke()
        return [_real(interpreter.get_tensor(details["index"]), details) for details in returned]

    def run_batch(values):
        size = given["shape"][0]
        missing = max(-(-len(values) // size), 1) * size - len(values)
        padded = np.concatenate([values, np.zeros((missing, *values.shape[1:]), np.float32)])
        with lock:
            parts = [run_one(padded[start : start + size]) for start in range(0, len(padded), size)]
        return [np.concatenate(outputs)[: len(values)] for outputs in zip(*parts, strict=True)]

    def run(values):
        # A single output comes without its list when the function runs at once.
        outputs = tf.nest.flatten(tf.numpy_function(run_batch, [values], [tf.float32] * len(names)))
        shapes = ((None, *details["shape"][1:]) for details in returned)
        return {name: tf.ensure_shape(*pair) for name, *pair in zip(names, outputs, shapes, strict=True)}

    return Network(run, path_digest(path), tuple(int(side) for side in given["shape"][1:]), _value_range(given))


def _value_range(details):
    """What the bytes 0 and 255 stand for: networks for images that are quantised take the bytes as they are."""
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


def _real(values, details):
    scale, zero = details["quantization"]
    values = values.astype(np.float32)
    return np.float32(scale) * (values - np.float32(zero)) if scale else values
