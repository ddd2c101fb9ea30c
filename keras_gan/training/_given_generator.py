"""A generator as penalties take it."""

import tensorflow as tf

from keras_gan.training._networks import inner_scale
from keras_gan.training.passes import forward


class GivenGenerator:
    """A function of the latents alone, with the labels of a batch.

    Args:
        interface: `Interface` of the generator.
        batch: dict of named tensors; those that are not latents condition the generator.

    Attributes:
        main: name of the input that it is a function of.
        inner_scale: float, the factor that gradients within a penalty need so that they do not underflow.
    """

    def __init__(self, interface, batch):
        self._interface = interface
        self.main = interface.main
        self._conditions = {name: value for name, value in batch.items() if name != self.main}
        self.inner_scale = inner_scale(interface.network)

    @property
    def trainable_weights(self):
        """The weights of the generator."""
        return self._interface.network.trainable_weights

    def __call__(self, latents):
        """Samples for some latents, float32; for fewer latents than labels, of the first labels."""
        return self._run(self._interface, latents)

    def path(self, latents):
        """Where the paths of a generator begin, and how it draws from there.

        Args:
            latents: float32 `(batch, ...)`.

        Returns:
            (start, draw): the styles of the latents and the synthesis, for a generator with two models called "mapping"
            and "synthesis"; otherwise the latents and this function.
        """
        if self._interface.halves is None:
            return latents, self
        mapping, synthesis = self._interface.halves
        return self._run(mapping, latents), lambda styles: self._run(synthesis, styles)

    def _run(self, interface, tensor):
        rows = tensor.shape[0] or tf.shape(tensor)[0]
        values = {name: value[:rows] for name, value in self._conditions.items()}
        return forward(interface, {**values, interface.main: tensor})[interface.returns]
