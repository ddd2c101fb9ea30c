"""The base of the losses that compare images in the features of a trained network."""

import abc
import typing

import keras
import tensorflow as tf

from keras_gan._arguments import require_choice, require_number
from keras_gan._imagenet import converted, in_colour, require_preprocessing
from keras_gan._pixels import require_image_tensor
from keras_gan._tensors import require_float_images

# A layer of Keras's VGG16 and VGG19.
_FIRST_OF_VGG = "block1_conv1"


class FeatureLoss(keras.layers.Layer, abc.ABC):
    """Some layers of a network that is not trained, their weights, and the features of images there.

    A subclass compares them in `call`, and may list the layers and weights of papers in `PUBLISHED`.

    Args:
        network, layers, weights, preprocessing: as for `Perceptual`.
    """

    # `training_variables` leaves it out of checkpoints and fingerprints.
    is_constant = True
    # dict of a paper's name to the arguments of the constructor.
    PUBLISHED: typing.ClassVar[dict] = {}

    def __init__(self, network, layers, *, weights=None, preprocessing=None, **kwargs):
        # float32: squares and sums of features overflow float16.
        super().__init__(**{"dtype": "float32", "trainable": False, **kwargs})
        self.layer_names = _require_layers(layers)
        self.layer_weights = (1.0,) * len(layers) if weights is None else require_weights("weights", weights, layers)
        self.preprocessing = require_preprocessing(preprocessing)
        self.network = _trunk(network, self.layer_names)
        _require_one_conversion(network, preprocessing)
        self.built = True

    @classmethod
    def published(cls, name, network, **options):
        """The loss of a paper, with its layers and weights.

        Args:
            name: str, one of those that the class describes.
            network: VGG16 or VGG19, as the paper has, with the names of layers of `networks.perceptual_trunk`.
            **options: further arguments of the constructor, which replace those of the paper.

        Returns:
            the loss.

        Raises:
            ValueError: if there is no such paper, or the network has no such layers.
        """
        return cls(network, **cls.PUBLISHED[require_choice("name", name, tuple(cls.PUBLISHED))] | options)

    def weighted_sum(self, distances):
        """The sum of the weights times the distances in the layers, a float32 scalar."""
        return weighted_sum(self.layer_weights, distances)

    def features(self, images):
        """The maps of some images.

        Args:
            images: float32 `(batch, height, width, channels)` in [-1, 1].

        Returns:
            list of float32 tensors, in the order of the layers.
        """
        images = tf.cast(require_float_images("images", images), tf.float32)
        taken = self.network.input_shape[1:]
        images = in_colour(images) if taken[-1] == 3 else images
        if not images.shape[1:].is_compatible_with(taken):
            raise ValueError(
                "The network of the perceptual loss takes other images: build it for these, or for any height and "
                "width with None, and give it colours alone, without transparency. "
                f"Received: images of shape {tuple(images.shape[1:])}, network.input_shape={(None, *taken)}"
            )
        try:
            maps = self.network(converted(images, self.preprocessing), training=False)
        except (ValueError, tf.errors.InvalidArgumentError) as error:
            raise ValueError(_too_small(images, self.layer_names, error)) from error
        if any(0 in values.shape[1:] for values in maps.values()):
            raise ValueError(_too_small(images, self.layer_names, "a map without pixels"))
        return [tf.cast(maps[name], tf.float32) for name in self.layer_names]

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "network": keras.saving.serialize_keras_object(self.network),
            "layers": list(self.layer_names),
            "weights": list(self.layer_weights),
            "preprocessing": self.preprocessing,
        }

    @classmethod
    def from_config(cls, config):
        """Build the loss from what `get_config` returned."""
        return cls(**{**config, "network": keras.saving.deserialize_keras_object(config["network"])})


def weighted_sum(weights, distances):
    """The sum of weights times distances, a float32 scalar."""
    return tf.add_n([weight * each for weight, each in zip(weights, distances, strict=True)])


def gram_distance(target, made):
    """The squared distance of the Gram matrices of two batches of maps, a float32 scalar; see `Style`."""
    difference = tf.stop_gradient(gram_matrix(target)) - gram_matrix(made)
    return tf.reduce_mean(tf.reduce_sum(tf.square(difference), axis=(1, 2)))


def gram_matrix(features):
    """G of a batch of maps `(batch, height, width, channels)`, float32 `(batch, channels, channels)`."""
    batch, height, width, channels = tf.unstack(tf.shape(features))
    rows = tf.reshape(features, (batch, height * width, channels))
    return tf.matmul(rows, rows, transpose_a=True) / tf.cast(height * width * channels, tf.float32)


def require_real(images):
    """Return real images as a tensor of floats, or raise: their range is checked where it costs no step of a graph.

    Generated images may leave the range, and `fit` checks the data itself.
    """
    images = require_float_images("real_images", images)
    return require_image_tensor("real_images", images) if tf.executing_eagerly() else images


def _require_one_conversion(network, preprocessing):
    """Raise a ValueError unless images are converted once, for a network whose needs are known."""
    own = [layer for layer in network.layers if getattr(layer, "preprocessing", None) is not None]
    if own and preprocessing is not None:
        raise ValueError(
            f"The network converts images itself, in its layer '{own[0].name}', and would be given converted ones: "
            f"leave `preprocessing` out. Received: preprocessing={preprocessing!r}"
        )
    # Of `perceptual_trunk`, the converting layer is there in any case.
    is_bare = not any(hasattr(layer, "preprocessing") for layer in network.layers)
    if is_bare and preprocessing is None and any(layer.name == _FIRST_OF_VGG for layer in network.layers):
        raise ValueError(
            "This is a VGG without a layer that converts images, and none was trained on images in [-1, 1]: say what "
            '`preprocessing` its weights need, "caffe" for those of `keras.applications`. '
            f"Received: network={network.name!r}, preprocessing=None"
        )


def _require_layers(layers):
    is_list = isinstance(layers, list | tuple) and layers
    if not is_list or not all(isinstance(name, str) for name in layers) or len(set(layers)) < len(layers):
        raise ValueError(
            "`layers` must be a list of the names of different layers, such as ['block1_conv1', 'block2_conv1']. "
            f"Received: layers={layers!r:.120}"
        )
    return tuple(layers)


def require_weights(name, weights, layers):
    """Return weights of layers as a tuple of floats, or raise a ValueError."""
    if not isinstance(weights, list | tuple) or len(weights) != len(layers):
        raise ValueError(
            f"`{name}` must be a list of numbers, one for each of the {len(layers)} layers, or None. "
            f"Received: {name}={weights!r:.120}"
        )
    return tuple(require_number(name, weight, low=0.0) for weight in weights)


def _trunk(network, layers):
    """The part of a network that makes the outputs of some layers, as a model."""
    if not isinstance(network, keras.Model) or not getattr(network, "inputs", None) or len(network.inputs) != 1:
        raise ValueError(
            "`network` must be a functional or Sequential keras.Model that begins with one `keras.Input` of images. "
            f"Received: network={network!r:.120}"
        )
    known = {layer.name: layer for layer in network.layers}
    unknown = [name for name in layers if name not in known]
    if unknown:
        raise ValueError(
            f"The network has no layer '{unknown[0]}'. Its layers are {', '.join(known)}. Received: layers={layers}"
        )
    if len(network.input_shape) != 4:
        raise ValueError(
            "`network` must take images (batch, height, width, channels). "
            f"Received: network.input_shape={network.input_shape}"
        )
    return keras.Model(network.inputs[0], {name: known[name].output for name in layers}, name=network.name)


def _too_small(images, layers, reason):
    return (
        f"The network of the perceptual loss cannot take these images, most likely because nothing is left of them in "
        f"one of the layers {', '.join(layers)}: take earlier layers, or larger images ({reason}). "
        f"Received: images of shape {tuple(images.shape[1:])}"
    )
