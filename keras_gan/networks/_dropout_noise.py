"""Dropout as a source of noise, which stays on when images are made."""

import keras

from keras_gan._arguments import require_number

# A rate of 1 would leave nothing.
HIGHEST_RATE = 0.99


@keras.saving.register_keras_serializable(package="keras_gan")
class DropoutNoise(keras.layers.Layer):
    """Sets a share of the values to zero and divides the others by what is left, in training and in inference.

    A `keras.layers.Dropout` that is called with `training=True` is silent all the same in a model that is called with
    `training=False`, as samplers and exports call it. This layer takes no `training`. The seed of its masks is a
    `keras.random.SeedGenerator`, so `keras_gan.training.Sampler` draws the same masks for the same batch of inputs.

    Args:
        rate: float from 0 to 0.99, the share.
        seed: int, for the masks; None for a random one.
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate, self.seed = require_number("rate", rate, low=0.0, high=HIGHEST_RATE), seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs):
        """Drop values."""
        return keras.random.dropout(inputs, self.rate, seed=self.seed_generator)

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return input_shape

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
