"""Means that a penalty keeps from step to step."""

import keras
import tensorflow as tf

from keras_gan._replicas import mean_over_replicas


class RunningMeans(keras.layers.Layer):
    """Exponential moving averages of some numbers, all 0 at first. They are float32, and saved with the GAN.

    Args:
        *names: names of the averages.
    """

    def __init__(self, *names):
        super().__init__(trainable=False, dtype="float32")
        self.means = {
            name: self.add_weight(
                name=name,
                shape=(),
                initializer="zeros",
                trainable=False,
                autocast=False,
                aggregation="only_first_replica",
            )
            for name in names
        }
        self.built = True

    def move(self, name, number, decay):
        """Move an average towards a number, a - (1 - decay) (a - number), on replicas towards the mean of theirs.

        Args:
            name: of the average.
            number: float32 scalar. No gradient goes through it.
            decay: float or float32 scalar, the share of the average that stays.

        Returns:
            The moved average, a float32 scalar.
        """
        mean = self.means[name]
        target = mean_over_replicas(tf.stop_gradient(number))
        moved = decay * mean.value + (1.0 - decay) * target
        mean.assign(moved)
        return moved
