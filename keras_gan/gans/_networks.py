"""What a GAN reads from the two networks it is given, and checks of them when they are given."""

import keras
import tensorflow as tf

from keras_gan._traversal import every_layer
from keras_gan.layers import SpectralNormalization


def input_shape(network, role):
    """Shape of one input of a network, without the batch, e.g. (100,) for a generator of 100 latents."""
    try:
        shape = network.input_shape
    except AttributeError:
        # A subclassed model has no `input_shape`, but knows the shape that it was built with.
        shape = network.get_build_config().get("input_shape") if network.built else None
    if shape is None:
        raise ValueError(
            f"The input shape of the {role} is not known yet. Make it a functional or Sequential model that begins "
            f"with a `keras.Input`, or call it once on a batch before. Received: {role}={network!r}"
        )
    if not isinstance(shape, tuple | list) or any(isinstance(entry, tuple | list) for entry in shape):
        raise ValueError(f"The {role} must take a single tensor. Received: {role}.input_shape={shape}")
    return tuple(shape[1:])


def output_shape(network, role):
    """Shape of one output of a network, without the batch."""
    spec = network.compute_output_spec(keras.KerasTensor((None, *input_shape(network, role))))
    if not isinstance(spec, keras.KerasTensor):
        raise ValueError(f"The {role} must return a single tensor. Received: {role} with outputs {spec}")
    return tuple(spec.shape[1:])


def require_matching(generator, discriminator):
    """Raise a ValueError unless the two networks make a GAN; return the shapes of one latent and of one image."""
    for role, network in (("generator", generator), ("discriminator", discriminator)):
        if not isinstance(network, keras.Model):
            raise ValueError(f"The {role} must be a keras.Model. Received: {role}={network!r}")
    latent_shape, made = input_shape(generator, "generator"), output_shape(generator, "generator")
    judged = input_shape(discriminator, "discriminator")
    if not tf.TensorShape(made).is_compatible_with(judged):
        raise ValueError(
            f"The generator makes samples of shape {made}, but the discriminator takes inputs of shape {judged}: "
            "build both for the same image shape. "
            f"Received: generator.output_shape={(None, *made)}, discriminator.input_shape={(None, *judged)}"
        )
    if None in latent_shape:
        raise ValueError(
            "The generator's latent size must be fixed, to draw latents of it. "
            f"Received: generator.input_shape={(None, *latent_shape)}"
        )
    _require_logits(discriminator)
    return latent_shape, made


def _require_logits(discriminator):
    """Raise a ValueError unless the discriminator ends in one logit, or a map of them, without a sigmoid."""
    verdict = output_shape(discriminator, "discriminator")
    if verdict and verdict[-1] != 1:
        raise ValueError(
            "The discriminator must return one logit for each image, `(batch, 1)`, or a patch map, `(batch, height, "
            f"width, 1)`. Received: discriminator.output_shape={(None, *verdict)}"
        )
    last = _last_layer(discriminator)
    if getattr(last, "activation", None) is keras.activations.sigmoid:
        raise ValueError(
            f"The discriminator must return logits, and its last layer '{last.name}' applies a sigmoid. Leave the "
            "sigmoid out: the losses include it where their formula does. "
            f"Received: discriminator='{discriminator.name}'"
        )


def _last_layer(network):
    """The layer that makes a network's output, or None where the network's own code decides."""
    if isinstance(network, keras.Sequential):
        return _last_layer(network.layers[-1])
    if isinstance(network, keras.Model):
        operation = network.output._keras_history.operation if hasattr(network, "output") else None
        return None if operation is None or operation is network else _last_layer(operation)
    return _last_layer(network.layer) if isinstance(network, SpectralNormalization) else network


def clone(network):
    """A copy of a network with weights of its own that hold the same values, frozen."""
    twin = network.__class__.from_config(network.get_config())
    if not twin.built:
        twin(keras.ops.zeros((1, *input_shape(network, "generator"))))
    twin.set_weights(network.get_weights())
    twin.trainable = False
    return twin


def spectral_normalizations(network):
    """The spectrally normalised layers of a network, wherever they sit in it."""
    return [layer for layer in every_layer(network) if isinstance(layer, SpectralNormalization)]


def advance_spectral_norms(network):
    """One power iteration for each spectrally normalised layer that is trained."""
    for layer in spectral_normalizations(network):
        if layer.trainable:
            layer.advance()


def regularisation(network):
    """Sum of the losses that a network's own layers add (`kernel_regularizer` and the like), a float32 scalar."""
    return tf.add_n([tf.cast(loss, tf.float32) for loss in network.losses] or [tf.constant(0.0)])


def computes_in_float16(network):
    """Whether any layer of a network computes in float16, whose gradients underflow without loss scaling."""
    return any(layer.compute_dtype == "float16" for layer in every_layer(network))


def random_seeds(network):
    """The states of a network's own random streams (Dropout's and the like), which Keras does not save."""
    known = {id(variable) for variable in network.weights + network.metrics_variables}
    return [variable for variable in network.variables if id(variable) not in known]


class ReplicaSeedGenerator(keras.random.SeedGenerator):
    """Seeds that differ between the replicas of a step, of a state that they share."""

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
    """Let the layers that draw random numbers, such as Dropout, draw others on each replica.

    Keras gives every replica the same state, and so the same masks: less noise than a batch of that size would have.
    """
    for layer in every_layer(model):
        for generator in vars(layer).values():
            if type(generator) is keras.random.SeedGenerator:
                generator.__class__ = ReplicaSeedGenerator
