"""The perceptual loss, which compares images in the features of a trained network."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_choice, require_number
from keras_gan._imagenet import converted, in_colour, require_preprocessing
from keras_gan._tensors import require_float_images

_DISTANCES = {"absolute": tf.abs, "squared": tf.square}


@keras.saving.register_keras_serializable(package="keras_gan")
class Perceptual(keras.layers.Layer):
    """Distance of two batches of images in the features of a network that is not trained.

    The mean distance of pixels punishes a texture that is a pixel off like one that is missing, so what minimises it is
    a blur. The features of a network that was trained to name objects change little when a texture moves, and much when
    it is gone. With the maps f_l of the layers, and their weights w_l:

        sum_l w_l E d(f_l(x) - f_l(y))

    d is the absolute value or the square, and E the mean over the batch and all values of a map. Johnson et al. 2016
    (arXiv 1603.08155), section 3.2, with squares, as in SRGAN; Wang et al. 2017 (arXiv 1711.11585, pix2pixHD), with
    absolute values of the first ReLU of each block of VGG19, and weights 1/32, 1/16, 1/8, 1/4 and 1. Layers before
    their ReLU, as in ESRGAN, are layers of the network like any other.

    The network runs in inference mode and stays as it is: its weights belong to no player. The features of x, the real
    images, are constants for the gradient. The layer keeps the part of the network that its features need, and a model
    that it is given to saves it once in its `.keras` file. Checkpoints and fingerprints leave it out, because training
    does not change it.

    `networks.perceptual_trunk` builds VGG16, VGG19 and SqueezeNet from a file of weights; they take images in [-1, 1].
    A network of `keras.applications` needs its `preprocessing`:
    `Perceptual(keras.applications.VGG19(include_top=False), ["block1_conv1"], preprocessing="caffe")`.

    Args:
        network: keras.Model, functional or Sequential, of images.
        layers: list of str, the names of the layers whose outputs are compared.
        weights: list of numbers of at least 0, one for each layer; None for 1 each.
        preprocessing: how the network takes images: None for float32 in [-1, 1]; "caffe" for blue first and [0, 255]
            minus the means of ImageNet, as Keras's VGG; "torch" for [0, 1] minus means, over deviations.
        distance: "absolute" or "squared".

    Returns:
        From a call with real and generated images, float32 `(batch, height, width, channels)` in [-1, 1], a float32
        scalar of at least 0. Grey images are given to a network for colours three times.

    Raises:
        ValueError: if the network has no such layer, or an argument is of another kind; from the call, if the images do
            not fit each other or the network, or are too small for a layer.

    Example:
        >>> import keras, numpy as np
        >>> network = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(4, 3, name="edges")])
        >>> loss = Perceptual(network, ["edges"], weights=[0.5])
        >>> images = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 3)).astype("float32")
        >>> float(loss(images, images))
        0.0
    """

    # `training_variables` leaves it out of checkpoints and fingerprints.
    is_constant = True

    def __init__(self, network, layers, *, weights=None, preprocessing=None, distance="absolute", **kwargs):
        # float32: squares and sums of features overflow float16.
        super().__init__(**{"dtype": "float32", "trainable": False, **kwargs})
        self.layer_names, self.layer_weights = _require_layers(layers), _require_weights(weights, layers)
        self.preprocessing = require_preprocessing(preprocessing)
        self.distance = require_choice("distance", distance, tuple(_DISTANCES))
        self.network = _trunk(network, self.layer_names)
        self.built = True

    def call(self, real_images, fake_images):
        """Return the distance."""
        real, fake = require_float_images("real_images", real_images), require_float_images("fake_images", fake_images)
        if not real.shape.is_compatible_with(fake.shape):
            raise ValueError(
                "The perceptual loss compares each image with its own target, so both batches must have the same "
                f"shape. Received: real_images.shape={tuple(real.shape)}, fake_images.shape={tuple(fake.shape)}"
            )
        distance, pairs = _DISTANCES[self.distance], zip(self.features(real), self.features(fake), strict=True)
        means = [tf.reduce_mean(distance(tf.stop_gradient(target) - made)) for target, made in pairs]
        return tf.add_n([weight * mean for weight, mean in zip(self.layer_weights, means, strict=True)])

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
            "distance": self.distance,
        }

    @classmethod
    def from_config(cls, config):
        """Build the loss from what `get_config` returned."""
        return cls(**{**config, "network": keras.saving.deserialize_keras_object(config["network"])})


def _require_layers(layers):
    is_list = isinstance(layers, list | tuple) and layers
    if not is_list or not all(isinstance(name, str) for name in layers) or len(set(layers)) < len(layers):
        raise ValueError(
            "`layers` must be a list of the names of different layers, such as ['block1_conv1', 'block2_conv1']. "
            f"Received: layers={layers!r:.120}"
        )
    return tuple(layers)


def _require_weights(weights, layers):
    if weights is None:
        return (1.0,) * len(layers)
    if not isinstance(weights, list | tuple) or len(weights) != len(layers):
        raise ValueError(
            f"`weights` must be a list of numbers, one for each of the {len(layers)} layers, or None. "
            f"Received: weights={weights!r:.120}"
        )
    return tuple(require_number("weights", weight, low=0.0) for weight in weights)


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
