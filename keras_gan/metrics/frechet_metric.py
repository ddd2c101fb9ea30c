"""The Frechet distance of samples that come batch by batch."""

import keras

from keras_gan.metrics._running_moments import RunningMoments, moments_of
from keras_gan.metrics._streaming import StreamingMetric, as_scalar, state_width
from keras_gan.metrics.frechet import frechet_distance_from_moments


@keras.saving.register_keras_serializable(package="keras_gan")
class FrechetDistance(StreamingMetric):
    """The Frechet distance of any number of images, in the memory of two covariance matrices.

    The same value as `frechet_distance` of all features at once, to rounding, however the samples are cut into batches
    and shared out among replicas or workers. The state is the count, the mean and the scatter matrix of either side,
    in float64: 8 (d^2 + d + 1) bytes a side, 34 MB for 2,048 features.

    Heusel et al. 2017 (arXiv 1706.08500), equation 6.

    Args:
        extractor: `Extractor` of the images; None if features are given.
        num_features: int, the width of the features; known where there is an extractor.
        name: str, what logs call the metric.

    Raises:
        ValueError: if neither argument gives the number of features.

    Example:
        >>> import numpy as np
        >>> metric = FrechetDistance(num_features=2)
        >>> real = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
        >>> metric.update_state(real[:3], real[:1] + 3.0)
        >>> metric.update_state(real[3:], real[1:] + 3.0)
        >>> round(metric.result(), 6)
        18.0
    """

    def __init__(self, extractor=None, num_features=None, *, name=None):
        width = state_width(extractor, "num_features", num_features)
        super().__init__(extractor, width, name)
        self.num_features = width
        self._real, self._fake = (RunningMoments(self.add_state, side, width) for side in ("real", "fake"))

    def update_state(self, real=None, fake=None):
        """Take in a batch of either side, or of both.

        Args:
            real: images in [-1, 1] if there is an extractor, else features (batch, num_features); or None.
            fake: likewise.

        Raises:
            ValueError: if both are None, or the samples are of another shape, out of range or not finite. In a graph
                the last two are `tf.errors.InvalidArgumentError`.
        """
        self._require_samples(real, fake)
        for name, side, samples in (("real", self._real, real), ("fake", self._fake, fake)):
            if samples is not None:
                features = samples if self.extractor is None else self.extractor(samples).features
                side.update(self._rows(name, features, "float64"))

    @property
    def real_moments(self):
        """`Moments` of the real samples so far."""
        return moments_of(*(variable.numpy() for variable in self._real.variables))

    @property
    def fake_moments(self):
        """`Moments` of the generated samples so far."""
        return moments_of(*(variable.numpy() for variable in self._fake.variables))

    def result(self):
        """Return the distance so far, a float of at least 0; in a graph a float64 scalar.

        Raises:
            ValueError: if a side has fewer than two samples.
        """
        return as_scalar(_distance, self._real.variables + self._fake.variables)

    def reset_fake_state(self):
        """Forget the generated samples alone: the next ones are compared with the same real ones."""
        for variable in self._fake.variables:
            variable.assign(keras.ops.zeros_like(variable))

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "num_features": self.num_features}

    def _merge(self, metric):
        self._real.merge(metric._real)
        self._fake.merge(metric._fake)


def _distance(*state):
    real, fake = state[:3], state[3:]
    if min(real[0], fake[0]) < 2:
        raise ValueError(
            "The Frechet distance takes at least two samples of either side: call `update_state` with them first. "
            f"Received: {int(real[0])} real and {int(fake[0])} fake samples"
        )
    return frechet_distance_from_moments(moments_of(*real), moments_of(*fake))
