"""The truncation of StyleGAN."""

import keras
from keras import ops

from keras_gan._arguments import require_number


@keras.saving.register_keras_serializable(package="keras_gan")
class Truncation(keras.layers.Layer):
    """Keeps the running average of styles, and in inference moves styles towards it.

    Where training had few pictures, a generator draws badly. Such styles are far from their mean, so pulling styles
    towards it trades variety for quality. With the mean a over the styles seen in training and the momentum b,

        a <- b a + (1 - b) (mean of w over the batch)        in training, which returns w
        w' = a + psi (w - a)                                 in inference

    With psi = 1, which is the default, nothing changes; with 0 all samples get the average style. Karras et al. 2018
    (arXiv 1812.04948), appendix B, with the moving average of their code.

    Args:
        psi: float, at least 0. It may be changed as an attribute until a sampler or an export has been traced.
        momentum: float in [0, 1), the b above.

    Returns:
        Tensor of the shape of the styles, `(batch, ..., style_dim)`.

    Raises:
        ValueError: if `psi` is negative, or `momentum` is not in [0, 0.99999].

    Example:
        >>> import numpy as np
        >>> layer = Truncation(psi=0.5, momentum=0.0)
        >>> _ = layer(np.array([[2.0, 0.0], [4.0, 0.0]], "float32"), training=True)
        >>> layer(np.array([[5.0, 2.0]], "float32")).numpy().tolist()
        [[4.0, 1.0]]
    """

    def __init__(self, psi=1.0, *, momentum=0.995, **kwargs):
        super().__init__(**kwargs)
        self.psi = require_number("psi", psi, low=0.0)
        self.momentum = require_number("momentum", momentum, low=0.0, high=0.99999)

    def build(self, input_shape):
        """Create the average."""
        self.average = self.add_weight(
            name="average",
            shape=(input_shape[-1],),
            initializer="zeros",
            trainable=False,
            autocast=False,
            # Replicas see different parts of a batch.
            aggregation="mean",
        )

    def call(self, inputs, training=None):
        """Update the average, or truncate."""
        if training:
            if self.trainable:
                self._update(ops.stop_gradient(ops.cast(inputs, "float32")))
            return inputs
        if self.psi == 1.0:
            return inputs
        average = ops.cast(self.average.value, inputs.dtype)
        return average + self.psi * (inputs - average)

    def _update(self, styles):
        mean = ops.mean(styles, axis=tuple(range(len(styles.shape) - 1)))
        self.average.assign(self.average * self.momentum + mean * (1.0 - self.momentum))

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return input_shape

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "psi": self.psi, "momentum": self.momentum}
