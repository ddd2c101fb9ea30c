"""The contract of every penalty, and the gradient that most of them are made of."""

import abc
import warnings

import keras
import tensorflow as tf

from keras_gan._configurable import Configurable
from keras_gan._quantity import scheduled
from keras_gan._traversal import every_layer


class Penalty(Configurable, abc.ABC):
    """A term that a GAN adds to its discriminator's objective.

    A penalty is handed the critic that the loss saw and the images of both kinds; it steps no optimizer and owns no
    variable. Subclasses define `__call__` and may refuse a discriminator they cannot work with in `validate`. Where
    the weight is a schedule, it is read at the training step that the call is given.

    Attributes:
        name: what the penalty is called in the logs.
        every: int, the penalty is computed in one of so many training steps.
    """

    name = "penalty"
    every = 1

    @abc.abstractmethod
    def __call__(self, critic, real_images, fake_images, *, seed=None, step=0):
        """Return the weighted penalty.

        Args:
            critic: maps images to logits `(batch, 1)` or to a patch map.
            real_images: float32 `(batch, ...)`.
            fake_images: float32, same shape as `real_images`.
            seed: int tensor of shape (2,) for penalties that draw random numbers: the same seed, the same draw. With
                None the draw comes from TensorFlow's global generator.
            step: int or int tensor, the training step for which a scheduled weight is read; a number is the same in
                all of them.

        Returns:
            float32 scalar.
        """

    def scheduled(self):
        """Return the arguments that are schedules, for the logs: a dict such as `{"weight": schedule}`, or {}."""
        return scheduled(self)

    def validate(self, discriminator):
        """Raise a ValueError, or warn, if this penalty is wrong for such a discriminator; called once, by the GAN."""


def warn_of_wrong_second_gradients(discriminator):
    """Warn of each layer through which the gradient of a gradient is silently wrong, with the remedy."""
    for layer in every_layer(discriminator):
        reason = _wrong_second_gradient(layer)
        if reason is not None:
            warnings.warn(
                f"The layer '{layer.name}' of the discriminator, a {type(layer).__name__} of Keras, {reason[0]}, so a "
                f"gradient penalty trains the layers below it wrongly. Use {reason[1]}.",
                stacklevel=5,
            )


def _wrong_second_gradient(layer):
    """What is wrong with a layer's gradient as a function, and what to use instead; None where nothing is."""
    if _takes_mean_for_constant(layer):
        return (
            "takes its mean for a constant when its gradient is differentiated",
            "`keras_gan.layers.GroupNormalization` or `keras.layers.BatchNormalization(synchronized=True)`",
        )
    if getattr(layer, "interpolation", None) == "bilinear":
        return (
            "resizes by bilinear interpolation, whose gradient TensorFlow takes for a constant",
            '`interpolation="nearest"`, pooling or convolutions with strides',
        )
    return None


def _takes_mean_for_constant(layer):
    """Whether Keras computes a layer's moments by `tf.nn.moments`, which stops the gradient at the mean."""
    if isinstance(layer, keras.layers.BatchNormalization):
        return not layer.synchronized
    return isinstance(layer, keras.layers.LayerNormalization | keras.layers.GroupNormalization)


def squared_gradient_norms(critic, images):
    """Squared Euclidean norm of the gradient of the critic's output with respect to each image, float32 `(batch,)`.

    The output of a patch critic is the mean of its map: the penalty then means the same for a map as for one logit.
    A critic that offers `input_gradients(images)` (as a GAN's does, to pass each batch once) is asked for them.

    Args:
        critic: maps images to logits `(batch, 1)` or to a patch map.
        images: float32 `(batch, ...)`.

    Returns:
        float32 `(batch,)`, at least 0, differentiable in the critic's weights.

    Example:
        >>> import tensorflow as tf
        >>> slope = tf.constant([[3.0], [4.0]])
        >>> squared_gradient_norms(lambda x: x @ slope, tf.zeros((3, 2))).numpy().tolist()
        [25.0, 25.0, 25.0]
    """
    if hasattr(critic, "input_gradients"):
        gradients = critic.input_gradients(images)
    else:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            outputs = mean_logits(critic(images))
        gradients = tape.gradient(outputs, images, unconnected_gradients="zero")
    # float32: the squared gradient overflows float16.
    gradients = tf.cast(gradients, tf.float32)
    return tf.reduce_sum(tf.square(gradients), axis=tuple(range(1, gradients.shape.rank)))


def mean_logits(logits):
    """The critic's one output for each image: the mean of its patch map, or its single logit.

    Args:
        logits: float `(batch, ...)`.

    Returns:
        float32 `(batch,)`.

    Example:
        >>> import tensorflow as tf
        >>> mean_logits(tf.constant([[[1.0], [2.0]], [[3.0], [5.0]]])).numpy().tolist()
        [1.5, 4.0]
    """
    logits = tf.cast(logits, tf.float32)
    return tf.reduce_mean(logits, axis=tuple(range(1, logits.shape.rank)))
