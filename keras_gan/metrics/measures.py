"""What an `Evaluator` can compute, each with the way in which it is better."""

import dataclasses
from collections.abc import Callable

import numpy as np

from keras_gan.metrics.frechet import frechet_distance
from keras_gan.metrics.kernel import kernel_distance
from keras_gan.metrics.manifold import density_coverage, precision_recall
from keras_gan.metrics.score import classifier_score
from keras_gan.metrics.similarity import ms_ssim_diversity
from keras_gan.metrics.wasserstein import sliced_wasserstein_distance


@dataclasses.dataclass(frozen=True)
class Samples:
    """Images as metrics see them.

    Args:
        features: float32 `(num_images, num_features)`.
        logits: float32 `(num_images, num_classes)`, or None where the extractor is no classifier.
        images: uint8 `(num_images, height, width, channels)`, or None where no measure needs them.
        split: name of the part of the data, or None.
        fingerprint: hexadecimal SHA-256 of the images, as uint8.

    Example:
        >>> import numpy as np
        >>> samples = Samples(np.arange(6.0).reshape(3, 2), split="test")
        >>> len(samples), samples.rows([0, 2]).features.tolist()
        (3, [[0.0, 1.0], [4.0, 5.0]])
    """

    features: np.ndarray
    logits: np.ndarray | None = None
    images: np.ndarray | None = None
    split: str | None = None
    fingerprint: str = ""

    def __len__(self):
        return len(self.features)

    def rows(self, indices):
        """Return some of the samples."""
        parts = {name: getattr(self, name) for name in ("features", "logits", "images")}
        chosen = {name: None if part is None else part[indices] for name, part in parts.items()}
        return dataclasses.replace(self, **chosen, fingerprint="")


@dataclasses.dataclass(frozen=True)
class Measure:
    """A comparison of samples with real images.

    Args:
        compute: function of (real, fake), both `Samples`, that returns one float for each name, in order.
        better: dict of the name of each value to "lower" or "higher".
        needs: what it uses beside the features: "features" for nothing else, "logits" or "images".

    Example:
        >>> import numpy as np
        >>> shift = Measure(lambda real, fake: (abs(real.features.mean() - fake.features.mean()),), {"shift": "lower"})
        >>> shift(Samples(np.zeros((2, 3))), Samples(np.ones((2, 3))))
        {'shift': 1.0}
    """

    compute: Callable[[Samples, Samples], tuple[float, ...]]
    better: dict[str, str]
    needs: str = "features"

    def __call__(self, real, fake):
        """Return a dict of name to float."""
        return {name: float(value) for name, value in zip(self.better, self.compute(real, fake), strict=True)}


def _unit_range(images):
    return images.astype(np.float32) / 127.5 - 1.0


def _diversity(fake):
    labels = None if fake.logits is None else fake.logits.argmax(axis=1)
    return ms_ssim_diversity(_unit_range(fake.images), labels)


MEASURES = {
    "frechet_distance": Measure(
        lambda real, fake: (frechet_distance(real.features, fake.features),), {"frechet_distance": "lower"}
    ),
    "kernel_distance": Measure(
        lambda real, fake: (kernel_distance(real.features, fake.features).mean,), {"kernel_distance": "lower"}
    ),
    "classifier_score": Measure(
        lambda _, fake: (classifier_score(fake.logits).mean,), {"classifier_score": "higher"}, needs="logits"
    ),
    "precision_recall": Measure(
        lambda real, fake: precision_recall(real.features, fake.features), {"precision": "higher", "recall": "higher"}
    ),
    "density_coverage": Measure(
        lambda real, fake: density_coverage(real.features, fake.features), {"density": "higher", "coverage": "higher"}
    ),
    "sliced_wasserstein_distance": Measure(
        lambda real, fake: (sliced_wasserstein_distance(_unit_range(real.images), _unit_range(fake.images)).mean,),
        {"sliced_wasserstein_distance": "lower"},
        needs="images",
    ),
    "ms_ssim_diversity": Measure(lambda _, fake: (_diversity(fake),), {"ms_ssim_diversity": "lower"}, needs="images"),
}
