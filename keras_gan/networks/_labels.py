"""How the networks take labels: classes as whole numbers from 0 on."""

import keras
from keras import layers

from keras_gan._arguments import require_int


def require_classes(num_classes):
    """Return `num_classes` as an int if it is a whole number of at least 2, or raise."""
    return require_int("num_classes", num_classes, low=2)


def labels_input():
    """The input "labels", int32 `(batch,)`."""
    return keras.Input((), dtype="int32", name="labels")


def label_vectors_input(num_classes):
    """The input "labels", float32 `(batch, num_classes)`: one-hot classes, or a number for each attribute."""
    return keras.Input((num_classes,), name="labels")


def latents_and_labels(latent_dim, num_classes, mapped=lambda latents: latents):
    """The inputs of a generator, and the input of its first layer: the latents and then the one-hot labels.

    Args:
        latent_dim: int, the size of the latents.
        num_classes: int; None for a generator without labels.
        mapped: function, or layer, that the latents pass first.

    Returns:
        The inputs as `keras.Model` takes them, and a tensor `(batch, latent_dim)` or
        `(batch, latent_dim + num_classes)`.
    """
    latents = keras.Input((latent_dim,), name="latents")
    if num_classes is None:
        return latents, mapped(latents)
    labels = labels_input()
    return {"latents": latents, "labels": labels}, followed_by_one_hot(mapped(latents), labels, num_classes)


def latents_next_to_labels(latent_dim, num_classes):
    """The inputs of a generator that takes the labels elsewhere than in its first layer.

    Args:
        latent_dim: int, the size of the latents.
        num_classes: int; None for a generator without labels.

    Returns:
        The inputs as `keras.Model` takes them, the latents `(batch, latent_dim)`, and the labels `(batch,)` or None.
    """
    latents = keras.Input((latent_dim,), name="latents")
    if num_classes is None:
        return latents, latents, None
    labels = labels_input()
    return {"latents": latents, "labels": labels}, latents, labels


def followed_by_one_hot(x, labels, num_classes):
    """A tensor `(batch, features)` with the one-hot labels appended to its features."""
    one_hot = layers.CategoryEncoding(num_classes, "one_hot", name="one_hot")(labels)
    return layers.Concatenate(name="with_labels")([x, one_hot])


def with_plane_of_label(images, labels, num_classes):
    """Pictures with one more channel, a plane that is learnt for each class."""
    height, width, _ = images.shape[1:]
    # As large as the pictures' own values from the start, so that the discriminator does not ignore it at first.
    plane = layers.Embedding(num_classes, height * width, keras.initializers.RandomNormal(0.0, 1.0), name="label_plane")
    plane = layers.Reshape((height, width, 1), name="reshape_plane")(plane(labels))
    return layers.Concatenate(name="with_labels")([images, plane])


def with_planes_of_labels(images, labels):
    """Pictures with a constant plane for each number of their labels, next to their channels."""
    return LabelPlanes(name="with_labels")([images, labels])


@keras.saving.register_keras_serializable(package="keras_gan")
class LabelPlanes(layers.Layer):
    """Appends each number of a vector to the channels of a map, as a constant plane."""

    def call(self, inputs):
        """Return maps `(batch, height, width, channels + numbers)`."""
        maps, numbers = inputs
        shape = (*keras.ops.shape(maps)[:3], numbers.shape[-1])
        planes = keras.ops.broadcast_to(keras.ops.expand_dims(numbers, (1, 2)), shape)
        return keras.ops.concatenate([maps, planes], axis=-1)

    def compute_output_shape(self, input_shape):
        """Return the shape of the maps, with more channels."""
        (*sides, channels), (_, numbers) = input_shape
        return (*sides, channels + numbers)
