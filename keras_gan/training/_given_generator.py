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
        network: keras.Model, the generator.
        latent_shape: tuple, shape of one latent.
        inner_scale: float, the factor that gradients within a penalty need so that they do not underflow.
    """

    def __init__(self, interface, batch):
        self._interface, self.network = interface, interface.network
        self.main, self.latent_shape = interface.main, interface.shapes[interface.main]
        self._conditions = {name: value for name, value in batch.items() if name != self.main}
        self.inner_scale = inner_scale(interface.network)

    def __call__(self, latents):
        """Samples for some latents, float32; for every second latent, say, with every second label."""
        return self._run(self._interface, latents)

    def path_from(self, latents):
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
        values = {name: _spread(value, tensor) for name, value in self._conditions.items()}
        return forward(interface, {**values, interface.main: tensor})[interface.returns]


def _spread(values, tensor):
    """As many of some values as a tensor has rows, at equal distances."""
    rows, count = (each.shape[0] or tf.shape(each)[0] for each in (tensor, values))
    return values[:: count // rows][:rows]
