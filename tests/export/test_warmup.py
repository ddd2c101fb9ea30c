"""The requests that warm a model up, read by the protocol's own definitions and run as a server runs them."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from keras_gan import export
from keras_gan.export import _signatures


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    generator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Reshape((2, 2, 1))])
    gan = types.SimpleNamespace(generator=generator, latent_shape=(3,))
    return export.save(gan, tmp_path_factory.mktemp("models") / "squares")


def _requests(folder):
    records = tf.data.TFRecordDataset(str(folder / "assets.extra" / "tf_serving_warmup_requests"))
    return [
        prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
        for record in records.as_numpy_iterator()
    ]


def test_there_is_a_request_for_every_signature(folder):
    requests = _requests(folder)
    assert [request.model_spec.signature_name for request in requests] == ["serving_default", "sample", "sample_png"]
    assert {request.model_spec.name for request in requests} == {"squares"}


def test_every_request_replays(folder):
    requests = _requests(folder)
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        signatures = tf.compat.v1.saved_model.load(session, ["serve"], str(folder)).signature_def
        for request in requests:
            signature = signatures[request.model_spec.signature_name]
            assert set(request.inputs) == set(signature.inputs)
            for name, tensor in request.inputs.items():
                assert tensor.dtype == signature.inputs[name].dtype
            feed = {signature.inputs[name].name: tf.make_ndarray(tensor) for name, tensor in request.inputs.items()}
            (images,) = session.run([output.name for output in signature.outputs.values()], feed)
            assert len(images) == 1


def test_a_message_is_what_the_protocol_s_own_library_writes():
    # Longer than 127 bytes, so that lengths take two.
    inputs = {"latents": np.arange(90, dtype=np.float32).reshape(3, 30), "seed": np.int64(-5)}
    log = prediction_log_pb2.PredictionLog.FromString(_signatures.prediction_log("m" * 200, "sample", inputs))
    request = log.predict_log.request
    assert (request.model_spec.name, request.model_spec.signature_name) == ("m" * 200, "sample")
    assert set(request.inputs) == {"latents", "seed"}
    for name, value in inputs.items():
        np.testing.assert_array_equal(tf.make_ndarray(request.inputs[name]), value)
