"""The noise inputs of StyleGAN."""

import keras
from keras import ops

from keras_gan._arguments import require_bool, require_channels_last, require_seed


@keras.saving.register_keras_serializable(package="keras_gan")
class NoiseInjection(keras.layers.Layer):
    """Adds noise to every pixel of a map, with a strength that is learnt.

    Hair and pores are where they are by chance. Without a source of noise, a generator has to make such details from
    its latents, and what looks random repeats. The noise n is standard normal, one number for each pixel of each sample
    and the same for all channels; the strength s is a scalar that starts at 0:

        y = x + s n

    Karras et al. 2018 (arXiv 1812.04948), section 2, with one strength for all channels as in StyleGAN2 (arXiv
    1912.04958). The noise is new at every call, in training and in inference. With `constant=True`, inference adds the
    same map to all samples, as the published generators do for figures; the map is saved as a weight.

    Args:
        constant: bool, whether inference adds a constant map.
        seed: int, for the noise; None for a random one.

    Returns:
        Tensor of the input's shape `(batch, height, width, channels)` in the layer's compute dtype.

    Raises:
        ValueError: if `constant` is not a bool, or if it is True and the height or width of the input is not known.

    Example:
        >>> import numpy as np
        >>> layer = NoiseInjection(seed=0)
        >>> x = np.zeros((2, 4, 4, 3), "float32")
        >>> bool((layer(x).numpy() == x).all())
        True
        >>> _ = layer.strength.assign(0.5)
        >>> float(layer(x).numpy().std().round(1))
        0.5
    """

    def __init__(self, *, constant=False, seed=None, **kwargs):
        super().__init__(**kwargs)
        require_channels_last()
        self.constant = require_bool("constant", constant)
        self.seed = None if seed is None else require_seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def build(self, input_shape):
        """Create the strength and, where it is constant, the map for inference."""
        self.strength = self.add_weight(name="strength", shape=(), initializer="zeros", autocast=False)
        if not self.constant:
            return
        if None in input_shape[1:3]:
            raise ValueError(
                "A constant map of noise needs an input (batch, height, width, channels) whose height and width are "
                f"known. Received: constant=True, input_shape={tuple(input_shape)}"
            )
        normal = keras.initializers.RandomNormal(0.0, 1.0, seed=self.seed)
        shape = (1, *input_shape[1:3], 1)
        self.noise = self.add_weight(name="noise", shape=shape, initializer=normal, trainable=False, autocast=False)

    def call(self, inputs, training=None):
        """Add the noise."""
        if self.constant and not training:
            noise = self.noise.value
        else:
            noise = keras.random.normal((*ops.shape(inputs)[:-1], 1), dtype="float32", seed=self.seed_generator)
        return inputs + ops.cast(self.strength.value * noise, inputs.dtype)

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return input_shape

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "constant": self.constant, "seed": self.seed}
