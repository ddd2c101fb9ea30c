"""What an encoder says of the codes of images."""

import typing

import tensorflow as tf


class Posterior(typing.NamedTuple):
    """q(z|x), a normal distribution for each image: its parameters and a sample, each `(batch, *latent_shape)`."""

    mean: tf.Tensor
    log_variance: tf.Tensor
    sample: tf.Tensor

    @classmethod
    def of(cls, found, deviation):
        """The posterior of an encoder's outputs, with mean + sigma * deviation as its sample.

        Args:
            found: dict with "mean" and "log_variance".
            deviation: standard normal numbers of their shape.
        """
        mean, log_variance = found["mean"], found["log_variance"]
        return cls(mean, log_variance, mean + tf.exp(0.5 * log_variance) * deviation)

    @property
    def divergences(self):
        """KL(q(z_j|x) || N(0, 1)) of each number of each code, float32 `(batch, *latent_shape)`.

        The formula is 1/2 (mean^2 + sigma^2 - log sigma^2 - 1): Kingma and Welling 2013, appendix B.
        """
        return 0.5 * (tf.square(self.mean) + tf.exp(self.log_variance) - self.log_variance - 1.0)

    @property
    def divergence_of_each(self):
        """KL(q(z|x) || N(0, I)) of each image, summed over its code, float32 `(batch,)`."""
        return tf.reduce_sum(self.divergences, axis=tuple(range(1, self.mean.shape.rank)))

    @property
    def divergence(self):
        """KL(q(z|x) || N(0, I)), summed over the code, mean over the batch."""
        return tf.reduce_mean(self.divergence_of_each)
