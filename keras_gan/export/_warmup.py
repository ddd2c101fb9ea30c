"""Requests that TensorFlow Serving runs when it loads a model, so that the first client does not wait for it to start.

The file is a TFRecord of `tensorflow.serving.PredictionLog`. The package of these messages is tied to one version of
TensorFlow, and all that is needed of them is nested fields of bytes: they are written here as protobuf lays them out.
"""

import os

import tensorflow as tf

# The numbers of the fields, from prediction_log.proto, predict.proto and model.proto of tensorflow_serving/apis.
_LOG_PREDICT = 6
_PREDICT_REQUEST = 1
_REQUEST_MODEL, _REQUEST_INPUTS = 1, 2
_MODEL_NAME, _MODEL_SIGNATURE = 1, 3
_MAP_KEY, _MAP_VALUE = 1, 2

_LENGTH_DELIMITED = 2


def write_requests(folder, model_name, signatures):
    """Write one request for each signature to `assets.extra`, where TensorFlow Serving looks for them.

    Args:
        folder: `pathlib.Path` of a SavedModel.
        model_name: what the server is likely to call the model; it only labels the server's measurements.
        signatures: list of `Signature`.

    Raises:
        tf.errors.OpError: if the file cannot be written.
    """
    extra = folder / "assets.extra"
    extra.mkdir()
    with tf.io.TFRecordWriter(os.fspath(extra / "tf_serving_warmup_requests")) as file:
        for signature in signatures:
            file.write(prediction_log(model_name, signature.name, signature.example))


def prediction_log(model_name, signature_name, inputs):
    """A request for a signature as a serialised `PredictionLog`.

    Args:
        model_name: string.
        signature_name: string.
        inputs: dict of name to array.

    Returns:
        bytes.
    """
    model = _field(_MODEL_NAME, model_name.encode()) + _field(_MODEL_SIGNATURE, signature_name.encode())
    request = _field(_REQUEST_MODEL, model)
    for name, value in inputs.items():
        tensor = tf.make_tensor_proto(value).SerializeToString()
        request += _field(_REQUEST_INPUTS, _field(_MAP_KEY, name.encode()) + _field(_MAP_VALUE, tensor))
    return _field(_LOG_PREDICT, _field(_PREDICT_REQUEST, request))


def _field(number, content):
    """A field of protobuf that holds a string or a message: its number and type, its length, its bytes."""
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(content)) + content


def _varint(value):
    """A whole number in groups of seven bits, the lowest first; all but the last have the eighth bit set."""
    groups = []
    while value > 127:
        groups.append(value & 127 | 128)
        value >>= 7
    return bytes([*groups, value])
