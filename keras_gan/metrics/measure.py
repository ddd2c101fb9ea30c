"""The comparisons that an `Evaluator` makes."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from keras_gan._arguments import require_function, require_text
from keras_gan.metrics.frechet import frechet_distance
from keras_gan.metrics.kernel import kernel_distance
from keras_gan.metrics.manifold import density_coverage, precision_recall
from keras_gan.metrics.samples import Samples
from keras_gan.metrics.score import classifier_score
from keras_gan.metrics.similarity import ms_ssim_diversity
from keras_gan.metrics.wasserstein import sliced_wasserstein_distance

_ANY, _POSITIVE, _SHARE = (-math.inf, math.inf), (0.0, math.inf), (0.0, 1.0)


@dataclasses.dataclass(frozen=True)
class Measure:
    """A comparison of samples with real images.

    Args:
        compute: function of (real, fake), both `Samples`. It returns one float for each name, in order.
        better: dict of the name of each value to "lower" or "higher".
        needs: "logits" or "images" if it uses them, or "features" if it uses the features alone.
        bounds: dict of the name of a value to the range (low, high) that it cannot leave, such as (0.0, 1.0) or
            (0.0, math.inf). Its confidence interval stays in that range.
        scaling: what `compute` does to the features first, such as "standardized", for the results; or None.

    Example:
        >>> import numpy as np
        >>> shift = Measure(lambda real, fake: (abs(real.features.mean() - fake.features.mean()),), {"shift": "lower"})
        >>> shift(Samples(np.zeros((2, 3))), Samples(np.ones((2, 3))))
        {'shift': 1.0}
    """

    compute: Callable[[Samples, Samples], tuple[float, ...]]
    better: dict[str, str]
    needs: str = "features"
    bounds: dict[str, tuple[float, float]] = dataclasses.field(default_factory=dict)
    scaling: str | None = None

    def __post_init__(self):
        require_function("compute", self.compute)
        ways = list(self.better.values()) if isinstance(self.better, dict) else []
        if not ways or not all(isinstance(way, str) and way in ("lower", "higher") for way in ways):
            raise ValueError(
                '`better` must be a dict of the name of each value to "lower" or "higher". '
                f"Received: better={self.better!r:.80}"
            )
        if not isinstance(self.needs, str) or self.needs not in ("features", "logits", "images"):
            raise ValueError(f'`needs` must be "features", "logits" or "images". Received: needs={self.needs!r:.80}')
        if not isinstance(self.bounds, dict) or not all(map(_is_range, self.bounds.values())):
            raise ValueError(
                "`bounds` must be a dict of the name of a value to its range, such as (0.0, math.inf). "
                f"Received: bounds={self.bounds!r:.80}"
            )
        if unknown := self.bounds.keys() - self.better.keys():
            raise ValueError(
                f"Each name in `bounds` must be in `better`, which has {', '.join(map(repr, self.better))}. "
                f"Received: bounds with {sorted(unknown, key=str)!r:.80}"
            )
        if self.scaling is not None:
            require_text("scaling", self.scaling)

    def __call__(self, real, fake):
        """Return a dict of name to float."""
        values = self.compute(real, fake)
        if not isinstance(values, tuple | list) or len(values) != len(self.better):
            raise ValueError(
                f"`compute` must return a tuple with a float for each of {', '.join(map(repr, self.better))}, also if "
                f"there is only one. Received: {values!r:.80}"
            )
        return {name: float(value) for name, value in zip(self.better, values, strict=True)}

    def bounds_of(self, name):
        """Return the range (low, high) of a value, infinite where it has no bound."""
        return self.bounds.get(name, _ANY)


def standardized(real, fake):
    """Shift and scale two sets of features so that the real ones have mean 0 and, on average, variance 1.

    A kernel compares the product of two features with a constant. So its distance means something only if the features
    are of the size that the kernel is made for: with numbers of 50, the cube of the products drowns everything but the
    few largest. All features are divided by the same number. A number for each would multiply the noise of those that
    hardly vary. It would also change which images are neighbours, and this does not.

    Args:
        real: array `(num_real, num_features)`.
        fake: array `(num_fake, num_features)`.

    Returns:
        (real, fake), float64.
    """
    real, fake = (np.asarray(features, np.float64) for features in (real, fake))
    mean, deviation = real.mean(axis=0), math.sqrt(real.var(axis=0).mean())
    # Equal images have no deviation, and nothing to scale by.
    return tuple((features - mean) / (deviation or 1.0) for features in (real, fake))


def measures_of(extractor):
    """Return the measures by name for the features of an extractor.

    The kernel distance of the Inception network of 2015 is the published one, of the features as they are.
    """
    return {**MEASURES, "kernel_distance": _RAW_KERNEL_DISTANCE} if extractor.is_fid else MEASURES


def _is_range(pair):
    if not isinstance(pair, tuple) or len(pair) != 2 or not all(isinstance(end, int | float) for end in pair):
        return False
    # A metric that only has an upper bound is one with its sign changed.
    return pair[0] < pair[1] and (math.isfinite(pair[0]) or pair == _ANY)


def _unit_range(images):
    return images.astype(np.float32) / 127.5 - 1.0


def _diversity(fake):
    labels = None if fake.logits is None else fake.logits.argmax(axis=1)
    return ms_ssim_diversity(_unit_range(fake.images), labels)


_RAW_KERNEL_DISTANCE = Measure(
    lambda real, fake: (kernel_distance(real.features, fake.features).mean,), {"kernel_distance": "lower"}
)
MEASURES = {
    "frechet_distance": Measure(
        lambda real, fake: (frechet_distance(real.features, fake.features),),
        {"frechet_distance": "lower"},
        bounds={"frechet_distance": _POSITIVE},
    ),
    "kernel_distance": Measure(
        lambda real, fake: (kernel_distance(*standardized(real.features, fake.features)).mean,),
        {"kernel_distance": "lower"},
        scaling="standardized",
    ),
    "classifier_score": Measure(
        lambda _, fake: (classifier_score(fake.logits).mean,),
        {"classifier_score": "higher"},
        needs="logits",
        bounds={"classifier_score": (1.0, math.inf)},
    ),
    "precision_recall": Measure(
        lambda real, fake: precision_recall(real.features, fake.features),
        {"precision": "higher", "recall": "higher"},
        bounds={"precision": _SHARE, "recall": _SHARE},
    ),
    "density_coverage": Measure(
        lambda real, fake: density_coverage(real.features, fake.features),
        {"density": "higher", "coverage": "higher"},
        bounds={"density": _POSITIVE, "coverage": _SHARE},
    ),
    "sliced_wasserstein_distance": Measure(
        lambda real, fake: (sliced_wasserstein_distance(_unit_range(real.images), _unit_range(fake.images)).mean,),
        {"sliced_wasserstein_distance": "lower"},
        needs="images",
        bounds={"sliced_wasserstein_distance": _POSITIVE},
    ),
    "ms_ssim_diversity": Measure(
        lambda _, fake: (_diversity(fake),),
        {"ms_ssim_diversity": "lower"},
        needs="images",
        bounds={"ms_ssim_diversity": _SHARE},
    ),
}
