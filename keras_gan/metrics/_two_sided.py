"""What the metrics that compare real samples with generated ones have in common."""

import keras

from keras_gan.metrics._streaming import StreamingMetric, state_width


class TwoSidedMetric(StreamingMetric):
    """A metric of features with a state for either side, of the same kind.

    A subclass sets `_real` and `_fake`, which have `variables` and `merge(other)`, and takes a batch in with
    `_take_in(name, side, samples, features)`.

    Args:
        extractor: `Extractor`, or None where features are given.
        num_features: int or None, the width of the features.
        name: str or None.
    """

    def __init__(self, extractor, num_features, name):
        width = state_width(extractor, "num_features", num_features)
        super().__init__(extractor, width, name)
        self.num_features = width

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
                self._take_in(name, side, samples, features)

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
