"""A protocol: which metrics, on which features, of how many samples."""

import dataclasses
import warnings
from collections.abc import Callable

import numpy as np

from keras_gan._arguments import did_you_mean, require_int, require_seed
from keras_gan._files import writable_directory
from keras_gan.metrics.frechet import frechet_distance
from keras_gan.metrics.kernel import kernel_distance
from keras_gan.metrics.manifold import density_coverage, precision_recall
from keras_gan.metrics.result import Report, Result
from keras_gan.metrics.samples import Collector, Samples, sample_batches
from keras_gan.metrics.score import classifier_score
from keras_gan.metrics.similarity import ms_ssim_diversity
from keras_gan.metrics.wasserstein import sliced_wasserstein_distance

_INCEPTION_NAMES = {"frechet_distance": "fid", "kernel_distance": "kid", "classifier_score": "inception_score"}
_ENOUGH_IMAGES = 10_000
# Of Student's t, two-sided 95 %, by degrees of freedom 1 to 10; from there on 2.228 is on the safe side.
_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)


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


class Evaluator:
    """Compares samples with real images, always in the same way.

    A metric's value depends on much beside the samples: the extractor, the resizing, the number of images, the seed. An
    evaluator holds all of it, so that two GANs, or two epochs, are measured alike; and each `Result` lists it.

    The confidence interval is by half-samples: the value is computed on `num_halves` random halves of the samples and
    of the real images, drawn without replacement, whose standard deviation is that of the whole (the variance of the
    mean of half the images, from a finite set, is s^2 / n); for the bias that halving brings does not enter it. Then
    value +- t * standard deviation, t of Student. Bootstrap resamples would not do: a repeated image is its own nearest
    neighbour.

    Args:
        extractor: `Extractor`, of the features.
        metrics: names of "frechet_distance", "kernel_distance", "classifier_score", "precision_recall",
            "density_coverage", "sliced_wasserstein_distance" and "ms_ssim_diversity", or `Measure` objects.
        num_images: samples to draw.
        seed: of the samples and the halves.
        num_halves: halves for the confidence interval; 0 for none.
        cache_dir: directory that keeps the features of real images from run to run, or None.

    Attributes:
        better: dict of the name of each value to "lower" or "higher".

    Raises:
        ValueError: for an unknown metric, a score without a classifier, or a number out of its range.

    Example:
        >>> import numpy as np
        >>> from keras_gan import metrics
        >>> pixels = metrics.ModelExtractor(lambda images: images[:, 0, :3, 0], name="three_pixels", fingerprint="1")
        >>> evaluator = metrics.Evaluator(pixels, ["precision_recall"], num_images=50, num_halves=0)
        >>> images = np.random.default_rng(0).uniform(-1, 1, (100, 4, 4, 1)).astype("float32")
        >>> with warnings.catch_warnings(action="ignore"):
        ...     report = evaluator.compare(images[:50], images[:50])
        >>> report["precision"].value
        1.0
    """

    def __init__(
        self, extractor, metrics=("frechet_distance",), *, num_images=10_000, seed=0, num_halves=8, cache_dir=None
    ):
        self.extractor = extractor
        self.measures = _require_measures(metrics)
        self.num_images = require_int("num_images", num_images, low=2)
        self.seed = require_seed(seed)
        self.num_halves = require_int("num_halves", num_halves, low=0)
        if self.num_halves == 1:
            raise ValueError("An interval takes at least two halves; 0 is for none. Received: num_halves=1")
        needs = {measure.needs for measure in self.measures}
        if "logits" in needs and extractor.num_classes is None:
            raise ValueError(
                "`classifier_score` is of class probabilities, and this extractor is no classifier. Leave it out, or "
                f"use `keras_gan.metrics.train_extractor`. Received: extractor={extractor.name}"
            )
        self.cache_dir = None if cache_dir is None else writable_directory(cache_dir, "cache_dir")
        self._collector = Collector(extractor, keep_images="images" in needs, cache_dir=self.cache_dir)
        self._warned = set()

    @property
    def better(self):
        """Dict of the name of each value to "lower" or "higher"."""
        return {self._name(name): way for measure in self.measures for name, way in measure.better.items()}

    def real(self, images, *, verbose=0):
        """Take the features of real images, all of them, or read them from the cache.

        Args:
            images: what `keras_gan.data.load` returns, another tf.data.Dataset of batches that ends, or an array; in
                [-1, 1], labels are left out.
            verbose: 1 for a progress bar.

        Returns:
            `Samples`, which `compare` takes.

        Raises:
            ValueError: if the data are endless, empty or out of range.
        """
        return images if isinstance(images, Samples) else self._collector.collect_cached(images, verbose=verbose)

    def compare(self, source, real, *, floor=None, intervals=True, verbose=0):
        """Measure samples against real images.

        Args:
            source: a GAN or any object with `generate(num_images, seed=)`; or samples as `real` takes images.
            real: real images that training did not see, as `real` takes or returns them.
            floor: real training images, likewise, for the value that the best possible samples would have; or what
                `self.floor` returned for them; or None.
            intervals: whether to compute the confidence intervals.
            verbose: 1 for progress bars.

        Returns:
            `Report`, a mapping of names to `Result`.

        Raises:
            ValueError: for data as in `real`, samples that are NaN or out of range, or too few images for a metric.
        """
        real = self.real(real, verbose=verbose)
        batches = sample_batches(source, self.num_images, self.seed)
        fake = self._collector.collect(batches, total=self.num_images, verbose=verbose)
        values, doubts = self._values(real, fake)
        spread = self._spread(real, fake) if intervals and self.num_halves else {}
        floors = self._floors(floor, real, len(fake))
        notes = self._notes(real, fake, doubts)
        results = (
            Result(
                name=self._name(name),
                value=value,
                better=self.better[self._name(name)],
                interval=(value - spread[name], value + spread[name]) if spread else None,
                floor=floors.get(name),
                extractor=self.extractor.name,
                extractor_hash=self.extractor.fingerprint,
                resize=self.extractor.resize,
                num_real=len(real),
                num_fake=len(fake),
                split=real.split,
                seed=self.seed,
                warnings=notes,
            )
            for name, value in values.items()
        )
        return Report(results)

    def floor(self, train, real, num_images=None):
        """Put real training images in the place of samples.

        Args:
            train: real training images, as `real` takes or returns them.
            real: the images that samples are measured against.
            num_images: int, how many of the training images to use, at most; by default as many as samples are drawn.

        Returns:
            dict of the name of each value to float.
        """
        train, real = self.real(train), self.real(real)
        num_images = min(len(train), self.num_images if num_images is None else num_images)
        rows = np.random.default_rng(self.seed).permutation(len(train))[:num_images]
        return self._values(real, train.rows(np.sort(rows)))[0]

    def _name(self, name):
        return _INCEPTION_NAMES.get(name, name) if getattr(self.extractor, "is_fid", False) else name

    def _floors(self, floor, real, num_images):
        if floor is None:
            return {}
        return floor if isinstance(floor, dict) else self.floor(floor, real, num_images)

    def _values(self, real, fake):
        """Return a dict of name to float, and the sentences in which the metrics warned."""
        with warnings.catch_warnings(record=True, action="always", category=UserWarning) as caught:
            values = {name: value for measure in self.measures for name, value in measure(real, fake).items()}
        return values, [str(warning.message).rstrip(".") for warning in caught]

    def _spread(self, real, fake):
        """Half the width of each confidence interval."""
        rng = np.random.default_rng(self.seed)
        # Of what is doubtful about halves it was warned already, of the whole.
        halves = [self._values(_half(real, rng), _half(fake, rng))[0] for _ in range(self.num_halves)]
        student = _STUDENT[min(self.num_halves - 1, len(_STUDENT)) - 1]
        return {name: float(student * np.std([half[name] for half in halves], ddof=1)) for name in halves[0]}

    def _notes(self, real, fake, doubts):
        """Say what makes the values doubtful, and warn of it the first time."""
        notes, least = [], min(len(real), len(fake))
        if least < _ENOUGH_IMAGES:
            notes.append(
                f"fewer than {_ENOUGH_IMAGES:,} images on one side: the values are biased, compare them with the floor "
                "and with values of the same numbers of images alone"
            )
        if least < real.features.shape[1]:
            notes.append(
                f"fewer images ({least:,}) than features ({real.features.shape[1]:,}): the covariance is not of full "
                "rank, and a Frechet distance means little; use more images or kernel_distance"
            )
        notes += dict.fromkeys(doubts)
        for note in notes:
            if note not in self._warned:
                self._warned.add(note)
                warnings.warn(f"{len(fake):,} samples against {len(real):,} real images: {note}.", stacklevel=3)
        return tuple(notes)


def _half(samples, rng):
    return samples.rows(np.sort(rng.permutation(len(samples))[: len(samples) // 2]))


def _require_measures(metrics):
    if isinstance(metrics, str | Measure):
        metrics = [metrics]
    for metric in metrics:
        if not isinstance(metric, Measure) and metric not in MEASURES:
            raise ValueError(
                f"There is no such metric.{did_you_mean(metric, MEASURES)} There are: {', '.join(MEASURES)}; or give a "
                f"`keras_gan.metrics.Measure` of your own. Received: {metric!r}"
            )
    if not metrics:
        raise ValueError("An evaluator needs at least one metric. Received: metrics=[]")
    return tuple(metric if isinstance(metric, Measure) else MEASURES[metric] for metric in metrics)


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
