"""What the engine needs from a network: its copy, its own losses, its random streams, its precision."""

import inspect

import keras
import tensorflow as tf

from keras_gan._traversal import every_layer
from keras_gan.layers import SpectralNormalization


def clone(network):
    """A frozen copy of a network for its running average, with its own weights of the same values.

    Custom layers need no registration: their classes are known from the network, and its configuration is trusted.

    Raises:
        ValueError: if the network cannot be copied.
    """
    layers = every_layer(network)
    known = {type(layer).__name__: type(layer) for layer in layers}
    # Activations, initializers and the like that are plain functions of the user's.
    known |= {f.__name__: f for layer in layers for f in vars(layer).values() if inspect.isfunction(f)}
    with keras.saving.custom_object_scope(known):
        twin = _second(network)
    if not twin.built:
        twin(_one_sample(network))
    twin.set_weights(network.get_weights())
    twin.trainable = False
    # For `summary()`, where both are listed. No file depends on it: a model is saved by the names of its attributes.
    twin.name = f"averaged_{network.name}"
    return twin


def _one_sample(network):
    """A batch of one for a network that is built by its first call."""
    shapes = network.get_build_config()["input_shape"]
    if isinstance(shapes, dict):
        return {name: tf.zeros((1, *shape[1:])) for name, shape in shapes.items()}
    return tf.zeros((1, *shapes[1:]))


def _second(network):
    try:
        config = keras.saving.serialize_keras_object(network)
        return keras.saving.deserialize_keras_object(config, safe_mode=False)
    except Exception:
        try:
            return keras.models.clone_model(network, clone_function=_second_layer)
        except Exception as error:
            raise ValueError(
                "The averaged copy for `ema_half_life` cannot be made, because the network cannot be built again "
                f"from its configuration ({type(error).__name__}: {error}). A layer of your own needs a `get_config` "
                "with the arguments of its `__init__`, and an `__init__` that takes `**kwargs` and passes them to "
                "`super().__init__(**kwargs)`. Or leave `ema_half_life` out. "
                f"Received: network={network.name!r}"
            ) from error


def _second_layer(layer):
    """A layer for the copy: the same object if it has no variables, such as a Lambda."""
    return layer.__class__.from_config(layer.get_config()) if layer.variables else layer


def spectral_normalizations(network):
    """The spectrally normalised layers of a network, at any depth."""
    return [layer for layer in every_layer(network) if isinstance(layer, SpectralNormalization)]


def advance_spectral_norms(network):
    """One power iteration for each spectrally normalised layer that is trained."""
    for layer in spectral_normalizations(network):
        if layer.trainable:
            layer.advance()


def regularisation(network):
    """The penalties on a network's own weights (`kernel_regularizer` and the like), a list of float32 scalars."""
    regularised = [weight for weight in network.trainable_weights if weight.regularizer is not None]
    return [tf.cast(weight.regularizer(weight), tf.float32) for weight in regularised]


# The loss scale comes after a penalty's inner gradient, which would underflow in float16 without a scale of its own.
_INNER_SCALE = 1024.0


def inner_scale(network):
    """The factor that the inner gradient of a penalty needs on its way through a network, a float."""
    return _INNER_SCALE if computes_in_float16(network) else 1.0


def computes_in_float16(network):
    """Whether any layer of a network computes in float16, whose gradients underflow without loss scaling."""
    return any(layer.compute_dtype == "float16" for layer in every_layer(network))


def random_seeds(network):
    """The states of a network's own random streams (for example of Dropout), which Keras does not save."""
    known = {id(variable) for variable in network.weights + network.metrics_variables}
    return [variable for variable in network.variables if id(variable) not in known]


def state(network):
    """The variables that a pass in training mode changes: running statistics and random streams."""
    return [*network.non_trainable_weights, *random_seeds(network)]


class ReplicaSeedGenerator(keras.random.SeedGenerator):
    """Seeds that differ between the replicas of a step, from a shared state."""

    def next(self, ordered=True):
        """Return the next seed, a tensor of two integers."""
        seed = super().next(ordered)
        context = tf.distribute.get_replica_context()
        if context is None:
            return seed
        # The second integer counts the draws; the first is the same for all of them.
        replica = tf.cast(context.replica_id_in_sync_group, seed.dtype)
        return seed + tf.stack([replica * 0x9E3779B1, tf.zeros_like(replica)])


def draw_apart_on_replicas(model):
    """Let the layers that draw random numbers, such as Dropout, draw different ones on each replica.

    Keras gives every replica the same state and so the same masks, which is less noise than one device would draw. A
    layer keeps its stream in an attribute of any name, and Keras tracks assignments to it. So the object stays, and
    only its class changes.
    """
    for layer in every_layer(model):
        for stream in vars(layer).values():
            if type(stream) is keras.random.SeedGenerator:
                stream.__class__ = ReplicaSeedGenerator
