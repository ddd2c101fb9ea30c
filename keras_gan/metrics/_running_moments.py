"""Mean and covariance of rows that come batch by batch."""

import numpy as np
import tensorflow as tf

from keras_gan._replicas import sum_over_replicas
from keras_gan.metrics.frechet import Moments


class RunningMoments:
    """Count, mean and scatter matrix, all in float64.

    The sums of x and of x x^T lose the covariance in rounding where the mean is large. So the scatter is kept about
    the mean, and two parts join by the formula of Chan, Golub and LeVeque 1983 (The American Statistician 37):

        mean    = mean_a + (mean_b - mean_a) n_b / n
        scatter = scatter_a + scatter_b + (mean_b - mean_a) (mean_b - mean_a)^T n_a n_b / n

    Args:
        add_state: function of (name, shape, dtype) that makes a variable.
        name: str, to begin the names of the variables.
        width: int, the width of the rows.
    """

    def __init__(self, add_state, name, width):
        self._count = add_state(f"{name}_count", (), "float64")
        self._mean = add_state(f"{name}_mean", (width,), "float64")
        self._scatter = add_state(f"{name}_scatter", (width, width), "float64")

    @property
    def variables(self):
        """The count, the mean and the scatter."""
        return [self._count, self._mean, self._scatter]

    def update(self, rows):
        """Take in the rows of all replicas, float64 (batch, width)."""
        count = sum_over_replicas(tf.cast(tf.shape(rows)[0], tf.float64))
        mean = tf.math.divide_no_nan(sum_over_replicas(tf.reduce_sum(rows, axis=0)), count)
        centred = rows - mean
        self._join(count, mean, sum_over_replicas(tf.matmul(centred, centred, transpose_a=True)))

    def merge(self, other):
        """Take in the rows that another one has seen."""
        self._join(*(tf.convert_to_tensor(variable.value) for variable in other.variables))

    def _join(self, count, mean, scatter):
        total = self._count.value + count
        share = tf.math.divide_no_nan(count, total)
        shift = mean - self._mean.value
        between = self._count.value * share * tf.tensordot(shift, shift, axes=0)
        self._scatter.assign_add(scatter + between)
        self._mean.assign_add(shift * share)
        self._count.assign(total)


def moments_of(count, mean, scatter):
    """The `Moments` that the values of the three variables stand for; their covariance is that of a sample."""
    return Moments(int(count), np.asarray(mean), np.asarray(scatter) / max(float(count) - 1.0, 1.0))
