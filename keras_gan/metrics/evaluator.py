"""A protocol: which metrics, on which features, of how many samples."""

import dataclasses
import warnings
from collections.abc import Callable

import numpy as np

from keras_gan._arguments import did_you_mean, require_bool, require_function, require_int, require_seed
from keras_gan._files import writable_directory
from keras_gan.metrics.extractor import require_extractor
from keras_gan.metrics.frechet import frechet_distance
from keras_gan.metrics.kernel import kernel_distance
from keras_gan.metrics.manifold import density_coverage, precision_recall
from keras_gan.metrics.result import Report, Result
from keras_gan.metrics.samples import Collector, Samples, random_rows, sample_batches
from keras_gan.metrics.score import classifier_score
from keras_gan.metrics.similarity import ms_ssim_diversity
from keras_gan.metrics.wasserstein import sliced_wasserstein_distance

_INCEPTION_NAMES = {"frechet_distance": "fid", "kernel_distance": "kid", "classifier_score": "inception_score"}
# What the field calls the metrics.
_OTHER_NAMES = {
    "fid": "frechet_distance",
    "kid": "kernel_distance",
    "is": "classifier_score",
    "inception_score": "classifier_score",
    "swd": "sliced_wasserstein_distance",
    "ms_ssim": "ms_ssim_diversity",
    "prdc": "density_coverage",
}
_ENOUGH_IMAGES = 10_000
# Quantiles of Student's t, two-sided 95 %, for 1 to 10 degrees of freedom. For more, 2.228 is on the safe side.
_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)


@dataclasses.dataclass(frozen=True)
class Measure:
    """A comparison of samples with real images.

    Args:
        compute: function of (real, fake), both `Samples`. It returns one float for each name, in order.
        better: dict of the name of each value to "lower" or "higher".
        needs: "logits" or "images" if it uses them, or "features" if it uses the features alone.

    Example:
        >>> import numpy as np
        >>> shift = Measure(lambda real, fake: (abs(real.features.mean() - fake.features.mean()),), {"shift": "lower"})
        >>> shift(Samples(np.zeros((2, 3))), Samples(np.ones((2, 3))))
        {'shift': 1.0}
    """

    compute: Callable[[Samples, Samples], tuple[float, ...]]
    better: dict[str, str]
    needs: str = "features"

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

    def __call__(self, real, fake):
        """Return a dict of name to float."""
        values = self.compute(real, fake)
        if not isinstance(values, tuple | list) or len(values) != len(self.better):
            raise ValueError(
                f"`compute` must return a tuple with a float for each of {', '.join(map(repr, self.better))}, also if "
                f"there is only one. Received: {values!r:.80}"
            )
        return {name: float(value) for name, value in zip(self.better, values, strict=True)}


class Evaluator:
    """Compares samples with real images, always in the same way.

    The value of a metric depends on more than the samples: on the extractor, the resizing, the number of images and
    the seed. An evaluator fixes all of these, so that two GANs, or two epochs, are measured alike. Each `Result` lists
    them.

    The confidence interval comes from half-samples. The value is computed on `num_halves` random halves of the samples
    and of the real images, drawn without replacement. The standard deviation over the halves is that of the value of
    the whole, because the mean of half of n images from a finite set has the variance s^2 / n. The bias of a half does
    not affect it. The interval is value +- t * standard deviation, with t of Student. Bootstrap resamples would be
    wrong, because a repeated image is its own nearest neighbour.

    Args:
        extractor: `Extractor` of the features.
        metrics: some of "frechet_distance", "kernel_distance", "classifier_score", "precision_recall",
            "density_coverage", "sliced_wasserstein_distance" and "ms_ssim_diversity", or `Measure` objects.
        num_images: int, how many samples to draw. Of more images in an array or a data set, a random part is taken.
        seed: int, for the samples, the parts and the halves. The same seed takes the same part.
        num_halves: int, how many halves to take for the confidence interval; 0 for no interval.
        cache_dir: directory that keeps the features of real images between runs, or None.

    Attributes:
        better: dict of the name of each value to "lower" or "higher".

    Raises:
        ValueError: if a metric is unknown or needs a classifier that the extractor is not, or a number is out of range.

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
        self.extractor = require_extractor(extractor)
        self.measures = _require_measures(metrics)
        self.num_images = require_int("num_images", num_images, low=2)
        self.seed = require_seed(seed)
        self.num_halves = require_int("num_halves", num_halves, low=0)
        if self.num_halves == 1:
            raise ValueError("An interval needs at least two halves; use 0 for no interval. Received: num_halves=1")
        needs = {measure.needs for measure in self.measures}
        if "logits" in needs and extractor.num_classes is None:
            raise ValueError(
                "`classifier_score` needs class probabilities, and this extractor has none. Leave the metric out, or "
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
        """Compute the features of all real images, or read them from the cache.

        Args:
            images: what `keras_gan.data.load` returns, another finite tf.data.Dataset of batches, or an array. The
                images are in [-1, 1]. Labels are ignored.
            verbose: 1 for a progress bar.

        Returns:
            `Samples`, which `compare` takes.

        Raises:
            ValueError: if the data are endless, empty or out of range.
        """
        _require_verbose(verbose)
        return images if isinstance(images, Samples) else self._collector.collect_cached(images, verbose=verbose)

    def compare(self, source, real, *, floor=None, intervals=True, verbose=0):
        """Measure samples against real images.

        Args:
            source: a GAN, any object with `generate(num_images, seed=)`, or samples in a form that `real` takes, or
                what it returned.
            real: real images that training did not see, in a form that `real` takes, or what it returned.
            floor: real training images in the same forms, for the value of the best possible samples; or what
                `self.floor` returned for them; or None.
            intervals: whether to compute the confidence intervals.
            verbose: 1 for progress bars.

        Returns:
            `Report`, a mapping of names to `Result`.

        Raises:
            ValueError: if the data are wrong as in `real`, a sample is NaN or out of range, or a metric needs more
                images.
        """
        require_bool("intervals", intervals)
        real = self.real(real, verbose=verbose)
        fake = self._samples(source, verbose)
        values, doubts = self._values(real, fake)
        spread = self._spread(real, fake, doubts) if intervals and self.num_halves else {}
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
        """Measure real training images as if they were samples.

        Args:
            train: real training images, in a form that `real` takes, or what it returned.
            real: the images that samples are measured against, in the same forms.
            num_images: int, how many of the training images to use at most, chosen at random by `self.seed`. The
                default is the number of samples.

        Returns:
            dict of the name of each value to float.
        """
        train, real = self.real(train), self.real(real)
        wanted = self.num_images if num_images is None else require_int("num_images", num_images, low=2)
        num_images = min(len(train), wanted)
        return self._values(real, train.rows(random_rows(len(train), num_images, self.seed)))[0]

    def _samples(self, source, verbose):
        if isinstance(source, Samples):
            return source.rows(random_rows(len(source), self.num_images, self.seed))
        batches = sample_batches(source, self.num_images, self.seed)
        return self._collector.collect(batches, total=self.num_images, verbose=verbose)

    def _name(self, name):
        return _INCEPTION_NAMES.get(name, name) if getattr(self.extractor, "is_fid", False) else name

    def _floors(self, floor, real, num_images):
        if floor is None:
            return {}
        return floor if isinstance(floor, dict) else self.floor(floor, real, num_images)

    def _values(self, real, fake):
        """Return a dict of name to float, and the warnings of the metrics."""
        with warnings.catch_warnings(record=True, action="always", category=UserWarning) as caught:
            values = {name: value for measure in self.measures for name, value in measure(real, fake).items()}
        return values, [str(warning.message).rstrip(".") for warning in caught]

    def _spread(self, real, fake, doubts):
        """Return half the width of each confidence interval, or say in `doubts` why there is none."""
        rng = np.random.default_rng(self.seed)
        try:
            # The warnings about the halves are left out: the whole has raised them already.
            halves = [self._values(_half(real, rng), _half(fake, rng))[0] for _ in range(self.num_halves)]
        except ValueError as error:
            # Most often half of the images is too few. The whole sets are enough, or it had failed before.
            doubts.append(f"there is no confidence interval, because a metric refuses half of the images ({error})")
            return {}
        student = _STUDENT[min(self.num_halves - 1, len(_STUDENT)) - 1]
        return {name: float(student * np.std([half[name] for half in halves], ddof=1)) for name in halves[0]}

    def _notes(self, real, fake, doubts):
        """Return what makes the values doubtful, and warn about each point once."""
        notes, least = [], min(len(real), len(fake))
        if least < _ENOUGH_IMAGES:
            notes.append(
                f"fewer than {_ENOUGH_IMAGES:,} images on one side: the values are biased; compare them only with the "
                "floor and with values from the same numbers of images"
            )
        if least < real.features.shape[1]:
            notes.append(
                f"fewer images ({least:,}) than features ({real.features.shape[1]:,}): the covariance lacks full rank, "
                "and a Frechet distance means little; use more images or kernel_distance"
            )
        notes += dict.fromkeys(doubts)
        for note in notes:
            if note not in self._warned:
                self._warned.add(note)
                warnings.warn(f"{len(fake):,} samples against {len(real):,} real images: {note}.", stacklevel=3)
        return tuple(notes)


def _require_verbose(verbose):
    if not isinstance(verbose, int) or verbose not in (0, 1, 2):
        raise ValueError(f"`verbose` must be 1 for progress bars, or 0. Received: verbose={verbose!r:.80}")


def _half(samples, rng):
    return samples.rows(np.sort(rng.permutation(len(samples))[: len(samples) // 2]))


def _require_measures(metrics):
    if isinstance(metrics, str | Measure):
        metrics = [metrics]
    if not isinstance(metrics, tuple | list):
        raise ValueError(f"`metrics` must be a list of names and `Measure` objects. Received: metrics={metrics!r:.80}")
    for metric in metrics:
        if not isinstance(metric, Measure) and not (isinstance(metric, str) and metric in MEASURES):
            raise ValueError(
                f"There is no such metric.{_hint(metric)} Choose from {', '.join(MEASURES)}, or pass "
                f"your own `keras_gan.metrics.Measure`. Received: {metric!r:.80}"
            )
    if not metrics:
        raise ValueError("An evaluator needs at least one metric. Received: metrics=[]")
    measures = tuple(metric if isinstance(metric, Measure) else MEASURES[metric] for metric in metrics)
    names = [name for measure in measures for name in measure.better]
    if len(set(names)) < len(names):
        raise ValueError(f"Two metrics have a value of the same name: rename one. Received: metrics with {names}")
    return measures


def _hint(metric):
    """A sentence with the metric that was most likely meant, or nothing."""
    name = str(metric).lower().replace("-", "_").replace(" ", "_")
    if name in ("ppl", "perceptual_path_length"):
        return " Call `keras_gan.metrics.perceptual_path_length` by itself: it takes a generator, not samples."
    return did_you_mean(_OTHER_NAMES.get(name, metric), MEASURES)


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
