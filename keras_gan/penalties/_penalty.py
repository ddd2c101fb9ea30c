"""The contract of every penalty, and the gradient that most penalties use."""

import abc
import warnings

import keras
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_function
from keras_gan._configurable import Configurable
from keras_gan._quantity import scheduled
from keras_gan._tensors import require_float_images, require_floats
from keras_gan._traversal import every_layer


class Penalty(Configurable, abc.ABC):
    """A term that a GAN adds to the objective of one of its players.

    A penalty of the discriminator gets the critic that the loss used, and both real and fake images. A penalty of the
    generator (`player = "generator"`) gets the generator, a function of the latents, and new latents. Neither steps an
    optimizer. Subclasses define `__call__`; in `validate` they may refuse a network that they cannot work with. If the
    weight is a schedule, it is read at the step that the call is given.

    A penalty that remembers numbers from step to step returns a Keras layer that holds them from `make_state`. The GAN
    calls this once and saves the layer, so such a penalty belongs to one GAN.

    Attributes:
        name: what the penalty is called in the logs.
        player: "discriminator" or "generator", whose objective it is a part of.
        every: int, the penalty is computed in one of `every` training steps.
        state: keras.layers.Layer with the penalty's variables; None if it has none, or is not built.
    """

    name = "penalty"
    player = "discriminator"
    every = 1
    state = None

    @abc.abstractmethod
    def __call__(self, critic, real_images, fake_images, *, seed=None, step=0):
        """Return the weighted penalty; one of the generator takes `(generator, latents, *, seed=None, step=0)`.

        Args:
            critic: maps images to logits `(batch, 1)` or to a patch map.
            real_images: float32 `(batch, ...)`.
            fake_images: float32, same shape as `real_images`.
            seed: int tensor of shape (2,) for penalties that draw random numbers. The same seed gives the same draw;
                None draws from TensorFlow's global generator.
            step: int or int tensor, the training step at which a scheduled weight is read.

        Returns:
            float32 scalar.
        """

    def scheduled(self):
        """Return the arguments that are schedules, for the logs: a dict such as `{"weight": schedule}`, or {}."""
        return scheduled(self)

    def validate(self, network):
        """Raise a ValueError or warn if this penalty does not work with the player's network. The GAN calls it once."""

    def make_state(self):
        """Return a new layer with the variables of the penalty; None, as here, if it has none."""

    def build(self):
        """Make the variables. A GAN calls it in the scope of its strategy.

        Raises:
            ValueError: if they belong to another GAN.
        """
        if self.state is not None:
            raise ValueError(
                f"A {type(self).__name__} remembers numbers of the GAN that it was given to. Give each GAN a new one. "
                f"Received: {self!r} for a second time"
            )
        self.state = self.make_state()


def warn_of_wrong_second_gradients(network, role="discriminator"):
    """Warn of each layer whose gradient of the gradient is silently wrong, and say what to use instead."""
    for layer in every_layer(network):
        reason = _wrong_second_gradient(layer)
        if reason is not None:
            warnings.warn(
                f"The layer '{layer.name}' of the {role}, a {type(layer).__name__} of Keras, {reason[0]}, so a "
                f"gradient penalty trains the layers below it wrongly. Use {reason[1]}.",
                stacklevel=5,
            )


def require_separate_samples(discriminator):
    """Raise a ValueError that names the layer if the discriminator has BatchNormalization."""
    for layer in every_layer(discriminator):
        if isinstance(layer, keras.layers.BatchNormalization):
            raise ValueError(
                "The gradient penalty needs a critic whose output for an image does not depend on the other images "
                f"in the batch, but the layer '{layer.name}' is a BatchNormalization. Use "
                "`keras_gan.layers.GroupNormalization` or no normalisation in the critic (in `networks.dcgan`: "
                f"`discriminator_normalization='layer'` or None). Received: discriminator='{discriminator.name}'"
            )


def _wrong_second_gradient(layer):
    """What is wrong with a layer's second gradient, and what to use instead; None if it is right."""
    if _takes_mean_for_constant(layer):
        return (
            "treats its mean as a constant when its gradient is differentiated",
            "`keras_gan.layers.GroupNormalization` or `keras_gan.layers.BatchNormalization`",
        )
    if getattr(layer, "interpolation", None) == "bilinear":
        return (
            "resizes by bilinear interpolation, whose gradient TensorFlow treats as a constant",
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

    The output of a patch critic is the mean of its map, so the penalty means the same for a map as for one logit. If
    the critic has `input_gradients(images)`, that method is used: a GAN's critic has it, to pass each batch only once.

    Args:
        critic: maps images to logits `(batch, 1)` or to a patch map.
        images: float32 `(batch, ...)`.

    Returns:
        float32 `(batch,)`, at least 0, differentiable in the critic's weights.

    Raises:
        ValueError: if `critic` is not a function, or `images` are not floating-point numbers.

    Example:
        >>> import tensorflow as tf
        >>> slope = tf.constant([[3.0], [4.0]])
        >>> squared_gradient_norms(lambda x: x @ slope, tf.zeros((3, 2))).numpy().tolist()
        [25.0, 25.0, 25.0]
    """
    images = require_float_images("images", images)
    if hasattr(critic, "input_gradients"):
        gradients = critic.input_gradients(images)
    else:
        require_function("critic", critic)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            outputs = mean_logits(critic(images))
        gradients = tape.gradient(outputs, images, unconnected_gradients="zero")
    # float32: the squared gradient overflows float16.
    gradients = tf.cast(gradients, tf.float32)
    return tf.reduce_sum(tf.square(gradients), axis=tuple(range(1, gradients.shape.rank)))


def judged(critic, name, images):
    """The critic's logits of some images, float32, or a ValueError if one of the two is none.

    Args:
        critic: maps images to logits.
        name: what the images are called, for the message.
        images: float `(batch, ...)`.
    """
    images = require_float_images(name, images)
    return tf.cast(require_floats("logits", require_function("critic", critic)(images)), tf.float32)


def squared_slopes(critic, name, images, sigma, seed):
    """[(D(x + sigma n) - D(x)) / sigma]^2 for each image x, with its own n ~ N(0, I), float32 `(batch,)`.

    If the critic has `moved(images, shift)`, that method judges x + sigma n: a GAN's critic has it, to change both
    passes in the same way by its augmentations.
    """
    images = tf.cast(require_float_images(name, images), tf.float32)
    (seed,) = _random.seeds_of(seed, 1)
    shift = sigma * _random.normal_like(images, seed)
    here = judged(critic, name, images)
    there = critic.moved(images, shift) if hasattr(critic, "moved") else critic(images + shift)
    return tf.square((mean_logits(there) - mean_logits(here)) / sigma)


def refuse_random_layers(discriminator):
    """Raise a ValueError that names the layer if the discriminator draws random numbers: two passes would differ."""
    for layer in every_layer(discriminator):
        if any(isinstance(value, keras.random.SeedGenerator) for value in vars(layer).values()):
            raise ValueError(
                "The approximate penalty compares two passes of the critic, and the layer "
                f"'{layer.name}', a {type(layer).__name__}, draws other random numbers in each. Leave the layer out, "
                f"or use the exact penalty, `R1` or `R2`. Received: discriminator='{discriminator.name}'"
            )


def finite_sqrt(squares):
    """The exact square root, with derivative 0 at 0 instead of infinity."""
    positive = squares > 0.0
    return tf.where(positive, tf.sqrt(tf.where(positive, squares, 1.0)), 0.0)


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
    logits = tf.cast(require_floats("logits", logits), tf.float32)
    return tf.reduce_mean(logits, axis=tuple(range(1, logits.shape.rank)))
