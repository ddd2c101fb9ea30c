"""The kernel distance of samples that come batch by batch."""

import keras

from keras_gan._arguments import require_int, require_seed
from keras_gan._pixels import as_pixels
from keras_gan.metrics._hashing import priorities_of
from keras_gan.metrics._reservoir import Reservoir
from keras_gan.metrics._streaming import as_scalar
from keras_gan.metrics._two_sided import TwoSidedMetric
from keras_gan.metrics.kernel import kernel_distance


@keras.saving.register_keras_serializable(package="keras_gan")
class KernelDistance(TwoSidedMetric):
    """The kernel distance of any number of images, from a sample of bounded size of either side.

    The distance is a mean over pairs of samples, which have to be at hand. So at most `reservoir_size` features of
    either side are kept, in float32; until there are more, the value is exactly that of `kernel_distance` of all
    features. Beyond, it is that of a random part of them, which a hash of each sample decides on (of the image, where
    there is an extractor): the value depends neither on the order of the samples nor on how they are cut into batches
    or shared out among replicas and workers. Memory: 4 d + 8 bytes a place, 82 MB a side for 10,000 places and 2,048
    features.

    Binkowski et al. 2018 (arXiv 1801.01401).

    Args:
        extractor: `Extractor` of the images; None if features are given.
        num_features: int, the width of the features; known where there is an extractor.
        subset_size: samples of either side in a subset.
        num_subsets: subsets to draw.
        reservoir_size: features of either side that are kept at most.
        seed: of the subsets and of what is kept.
        name: str, what logs call the metric.

    Raises:
        ValueError: if neither of the first two arguments gives the number of features, or a number is out of range.

    Example:
        >>> import numpy as np
        >>> features = np.random.default_rng(0).normal(size=(200, 4)).astype("float32")
        >>> metric = KernelDistance(num_features=4, subset_size=50, num_subsets=10)
        >>> metric.update_state(features[:100], features[100:] + 2.0)
        >>> metric.result() > 1.0
        True
    """

    def __init__(
        self,
        extractor=None,
        num_features=None,
        *,
        subset_size=1000,
        num_subsets=100,
        reservoir_size=10_000,
        seed=0,
        name=None,
    ):
        super().__init__(extractor, num_features, name)
        self.subset_size = require_int("subset_size", subset_size, low=2)
        self.num_subsets = require_int("num_subsets", num_subsets)
        self.reservoir_size = require_int("reservoir_size", reservoir_size, low=2)
        self.seed = require_seed(seed)
        self._real, self._fake = (
            Reservoir(self.add_state, side, self.reservoir_size, self.num_features) for side in ("real", "fake")
        )

    def result(self):
        """Return the distance so far, a float, below 0 by chance where the sides are alike; in a graph a scalar.

        Raises:
            ValueError: if a side has fewer than two samples.
        """
        return as_scalar(lambda *state: self._distance(*state).mean, self._real.variables + self._fake.variables)

    def estimate(self):
        """Return the distance so far with its standard deviation over the subsets, as `kernel_distance` does."""
        return self._distance(*(variable.numpy() for variable in self._real.variables + self._fake.variables))

    def get_config(self):
        """Return the constructor's arguments."""
        names = ("subset_size", "num_subsets", "reservoir_size", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

    def _take_in(self, name, side, samples, features):
        features = self._rows(name, features, "float32")
        # Of an image's bytes: a network's features differ in their last bits with the size of the batch.
        keys = features if self.extractor is None else as_pixels(samples)
        side.update(features, priorities_of(keys, self.seed))

    def _signature(self):
        return (*super()._signature(), self.reservoir_size, self.seed)

    def _distance(self, real_priorities, real, fake_priorities, fake):
        real, fake = real[real_priorities > 0], fake[fake_priorities > 0]
        if min(len(real), len(fake)) < 2:
            raise ValueError(
                "The kernel distance takes at least two samples of either side: call `update_state` with them first. "
                f"Received: {len(real)} real and {len(fake)} fake samples"
            )
        return kernel_distance(real, fake, subset_size=self.subset_size, num_subsets=self.num_subsets, seed=self.seed)
