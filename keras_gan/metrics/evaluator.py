"""A protocol: which metrics, on which features, of how many samples."""

import warnings

import numpy as np

from keras_gan._arguments import did_you_mean, require_bool, require_int, require_seed
from keras_gan._files import writable_directory
from keras_gan.metrics._intervals import interval, student_quantile
from keras_gan.metrics._overlap import require_other_images
from keras_gan.metrics.extractor import require_extractor
from keras_gan.metrics.measure import MEASURES, Measure, measures_of
from keras_gan.metrics.result import Report, Result
from keras_gan.metrics.samples import Collector, Samples, random_rows, sample_batches

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
_HELD_OUT = 'Give images that training did not see, such as `keras_gan.data.load(source, split="test")`.'


class Evaluator:
    """Compares samples with real images, always in the same way.

    The value of a metric depends on more than the samples: on the extractor, the resizing, the number of images and
    the seed. An evaluator fixes all of these, so that two GANs, or two epochs, are measured alike. Each `Result` lists
    them.

    The confidence interval comes from half-samples. The value is computed on `num_halves` random halves of the samples
    and of the real images, drawn without replacement. The standard deviation over the halves is that of the value of
    the whole, because the mean of half of n images from a finite set has the variance s^2 / n. The bias of a half does
    not affect it. The interval reaches t standard deviations to either side, with t of Student, in the range of the
    metric: it is symmetric in the logarithm of a distance, and for a share (precision, recall, coverage) it is Wilson's
    score interval. Bootstrap resamples would be wrong, because a repeated image is its own nearest neighbour.

    The kernel distance is that of features that are scaled to a variance of 1 (`Result.scaling`), so that it means
    something for any extractor. With the Inception network of 2015 it is the published KID, of the features as they
    are. It is unbiased, so for equal sets it is below 0 as often as above. For the published formula with another
    extractor, pass a `Measure` of `kernel_distance`.

    A set of images is not compared with itself: samples, real images and images for the floor that share half of
    their images, by content, are an error.

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
        ...     report = evaluator.compare(images[:50], images[50:])
        >>> 0.5 < report["precision"].value <= 1.0
        True
    """

    # The method of a model that makes what is compared.
    needs = "generate"

    def __init__(
        self, extractor, metrics=("frechet_distance",), *, num_images=10_000, seed=0, num_halves=8, cache_dir=None
    ):
        self.extractor = require_extractor(extractor)
        self.measures = _require_measures(metrics, measures_of(extractor))
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
        require_verbose(verbose)
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
            ValueError: if the data are wrong as in `real`, a sample is NaN or out of range, a metric needs more images,
                or two of the sets are mostly the same images.
        """
        require_bool("intervals", intervals)
        real = self.real(real, verbose=verbose)
        if floor is not None and not isinstance(floor, dict):
            # Before the samples are drawn, which takes minutes.
            floor = self._training_images(floor, real)
        fake = self._samples(source, verbose)
        doubt = _doubt_of_training(real) if hasattr(source, "generate") else _require_other_samples(fake, real)
        values, doubts = self._values(real, fake)
        spread = self._deviations(real, fake, doubts) if intervals and self.num_halves else {}
        floors = self._floors(floor, real, len(fake))
        notes = self._notes(real, fake, [*([doubt] if doubt else []), *doubts])
        return Report(
            Result(
                name=self._name(name),
                value=values[name],
                better=better,
                interval=self._interval(measure, name, values[name], spread[name], real, fake) if spread else None,
                floor=floors.get(name),
                extractor=self.extractor.name,
                extractor_hash=self.extractor.fingerprint,
                resize=self.extractor.resize,
                scaling=measure.scaling,
                num_real=len(real),
                num_fake=len(fake),
                split=real.split,
                seed=self.seed,
                warnings=notes,
            )
            for measure in self.measures
            for name, better in measure.better.items()
        )

    def floor(self, train, real, num_images=None):
        """Measure real training images as if they were samples.

        Args:
            train: real training images, in a form that `real` takes, or what it returned.
            real: the images that samples are measured against, in the same forms.
            num_images: int, how many of the training images to use at most, chosen at random by `self.seed`. The
                default is the number of samples.

        Returns:
            dict of the name of each value to float.

        Raises:
            ValueError: if both are mostly the same images.
        """
        real = self.real(real)
        train = self._training_images(train, real)
        wanted = self.num_images if num_images is None else require_int("num_images", num_images, low=2)
        num_images = min(len(train), wanted)
        return self._values(real, train.rows(random_rows(len(train), num_images, self.seed)))[0]

    def _training_images(self, train, real):
        train = self.real(train)
        remedy = 'Give training images for the floor, such as `keras_gan.data.load(source, split="train")`, or none.'
        shared = require_other_images(("the images for the floor", "the real images"), train, real, remedy)
        if shared:
            warnings.warn(f"{shared[:1].upper()}{shared[1:]}.", stacklevel=4)
        return train

    def _interval(self, measure, name, value, deviation, real, fake):
        quantile, num_images = student_quantile(self.num_halves), min(len(real), len(fake))
        return interval(value, deviation, quantile=quantile, bounds=measure.bounds_of(name), num_images=num_images)

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

    def _deviations(self, real, fake, doubts):
        """Return the standard deviation of each value, or say in `doubts` why there is none."""
        rng = np.random.default_rng(self.seed)
        try:
            # The warnings about the halves are left out: the whole has raised them already.
            halves = [self._values(_half(real, rng), _half(fake, rng))[0] for _ in range(self.num_halves)]
        except ValueError as error:
            # Most often half of the images is too few. The whole sets are enough, or it had failed before.
            doubts.append(f"there is no confidence interval, because a metric refuses half of the images ({error})")
            return {}
        return {name: float(np.std([half[name] for half in halves], ddof=1)) for name in halves[0]}

    def _notes(self, real, fake, doubts):
        """Return what makes the values doubtful, and warn about each point once."""
        notes, least = [], min(len(real), len(fake))
        if least < _ENOUGH_IMAGES:
            notes.append(
                f"fewer than {_ENOUGH_IMAGES:,} images on one side: the values are biased; compare them only with the "
                "floor and with values from the same numbers of images"
            )
        covariances = any("frechet_distance" in measure.better for measure in self.measures)
        if covariances and least < real.features.shape[1]:
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


def require_verbose(verbose):
    """Raise a ValueError unless `verbose` is one of Keras's."""
    if not isinstance(verbose, int) or verbose not in (0, 1, 2):
        raise ValueError(f"`verbose` must be 1 for progress bars, or 0. Received: verbose={verbose!r:.80}")


def _half(samples, rng):
    return samples.rows(np.sort(rng.permutation(len(samples))[: len(samples) // 2]))


def _require_other_samples(fake, real):
    """Raise if the samples are the real images; return a note if some are."""
    remedy = f"Compare the samples of a generator with held-out images. {_HELD_OUT}"
    return require_other_images(("the samples", "the real images"), fake, real, remedy)


def _doubt_of_training(real):
    """Return a note if the real images are most likely those that the generator was trained on."""
    if real.split != "all":
        return None
    return (
        'the real images are all of their source (split="all"), so a generator that was trained on some of them is '
        'measured against its training images; train it on split="train", and measure it against split="test"'
    )


def _require_measures(metrics, known):
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
    measures = tuple(metric if isinstance(metric, Measure) else known[metric] for metric in metrics)
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
