"""The discriminator as the loss and the penalties of one update see it."""

import tensorflow as tf

from keras_gan.gans._networks import computes_in_float16
from keras_gan.penalties import mean_logits

# The loss scale comes after a penalty's inner gradient, which would underflow in float16 without a scale of its own.
_INNER_SCALE = 1024.0


class Critic:
    """Passes each batch of images through the discriminator once, whoever asks for it.

    The loss wants D(x), and R1 the gradient of the same D(x): both come from one pass. A critic lives for one update,
    during which the discriminator's weights stand still.
    """

    def __init__(self, discriminator):
        self._discriminator = discriminator
        self._inner_scale = _INNER_SCALE if computes_in_float16(discriminator) else 1.0
        self._passes = {}
        self._gradients = {}

    def __call__(self, images):
        """Logits of a batch, `(batch, 1)` or a patch map, in training mode."""
        return self._pass(images)[0]

    def input_gradients(self, images):
        """Gradient of each image's logit (the mean of its patch map) with respect to that image."""
        key = images.ref()
        if key not in self._gradients:
            _, outputs, tape = self._pass(images)
            gradients = tape.gradient(
                outputs,
                images,
                output_gradients=tf.fill(tf.shape(outputs), self._inner_scale),
                unconnected_gradients="zero",
            )
            self._gradients[key] = gradients / self._inner_scale
        return self._gradients[key]

    def _pass(self, images):
        key = images.ref()
        if key not in self._passes:
            # Recording costs nothing in a graph: the backward pass exists only if somebody asks for the gradients.
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(images)
                logits = self._discriminator(images, training=True)
                outputs = mean_logits(logits)
            self._passes[key] = logits, outputs, tape
        return self._passes[key]
