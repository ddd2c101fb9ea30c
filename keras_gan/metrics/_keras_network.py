"""Keras models as extractors run them."""

import hashlib
import json

import keras
import numpy as np
import tensorflow as tf

from keras_gan.metrics._network import Network


def keras_network(model, layer_names=(None,)):
    """Wrap a Keras model.

    Args:
        model: `keras.Model`, called as in inference.
        layer_names: if all of them are names of layers, the network returns a dict of what these layers return; else
            what the model does.
    """
    digest = _model_digest(model)
    if model.built and all(name in {layer.name for layer in model.layers} for name in layer_names):
        model = keras.Model(model.inputs, {name: model.get_layer(name).output for name in layer_names})
    shape = _input_shape(model)
    return Network(_compiled(model, shape), digest, shape)


def _compiled(model, shape):
    @tf.function(input_signature=[tf.TensorSpec((None, *shape), tf.float32)])
    def run(values):
        return model(values, training=False)

    return run


def _input_shape(model):
    shapes = model.input_shape if model.built and getattr(model, "inputs", None) else None
    if isinstance(shapes, tuple) and len(shapes) == 4:
        return shapes[1:]
    return (None, None, None)


def _model_digest(model):
    """Hash what a model computes: the same for two models that differ in the names of their layers alone."""
    digest = hashlib.sha256(_anonymous_config(model).encode())
    for weight in model.weights:
        array = np.ascontiguousarray(weight.numpy())
        digest.update(f"{array.dtype} {array.shape}".encode() + array.tobytes())
    return digest.hexdigest()


def _anonymous_config(model):
    """The configuration as JSON, each layer named by its place; the class alone where there is no configuration."""
    try:
        config = model.get_config()
    except NotImplementedError:
        return type(model).__name__
    layers = list(model._flatten_layers())
    places = {layer.name: f"layer {place}" for place, layer in enumerate(layers)}
    return json.dumps(_renamed(keras.saving.serialize_keras_object(config), places), sort_keys=True, default=str)


def _renamed(value, names):
    if isinstance(value, dict):
        return {key: _renamed(entry, names) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(entry, names) for entry in value]
    return names.get(value, value) if isinstance(value, str) else value
