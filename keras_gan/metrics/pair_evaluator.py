"""A protocol for translators: which metrics, on which held-out pairs."""

import dataclasses
import math
import warnings

from keras_gan._arguments import did_you_mean, require_bool, require_choice, require_int, require_seed
from keras_gan._pixels import require_images
from keras_gan.metrics import _pair_measures
from keras_gan.metrics._features import as_array
from keras_gan.metrics._intervals import interval, student_quantile
from keras_gan.metrics._pair_data import Pairs, are_pairs, read_pairs
from keras_gan.metrics.evaluator import Evaluator, require_verbose
from keras_gan.metrics.measure import MEASURES, Measure
from keras_gan.metrics.result import Report, Result


class PairEvaluator:
    """Compares translations of held-out images with their true targets, always in the same way.

    The losses of a translator do not tell when to stop, and no single number tells how good it is. `psnr`, `ssim` and
    `l1` ask whether each translation is right, and prefer blur where the target cannot be known. `gradient_energy` asks
    whether the translations are as sharp as the targets, and a distance in an extractor's features whether they look
    like them as a set; neither asks whether they belong to their sources. A `Lpips` asks whether each looks like its
    target. Report several.

    Next to each value stands that of copying the input, where sources and targets have the same shape: a translator
    that does not reach it has learnt less than nothing.

    The confidence interval says how much the choice of the pairs changes the value: t deviations to either side, with
    t of Student and the standard deviation of the bootstrap over pairs (Efron 1979), in the range of the metric. Those
    of an extractor's distances are the ones of `Evaluator`.

    Papers on super-resolution by a factor of 4 give `psnr` and `ssim` of the luma, without the 4 pixels at each side:

        PairEvaluator(["psnr", "ssim"], channel="y", border=4)

    For a model that fills holes, the data are whole images and masks. The model gets the images without what is in the
    holes. "hole_psnr" and "hole_l1" look at the holes alone: a mean over whole images would say how small the holes
    are. The other values are those of the completed images.

    `keras_gan.callbacks.Evaluate` takes it in place of an `Evaluator`, with pairs in place of images:

        train, test = (keras_gan.data.load_pairs("facades/", split=split) for split in ("train", "test"))
        evaluate = keras_gan.callbacks.Evaluate(test, PairEvaluator(), directory="runs/facades", best="ssim")
        model.fit(train, epochs=200, callbacks=[evaluate])

    Args:
        metrics: any of "psnr", "ssim", "l1" and "gradient_energy"; of filled holes "hole_psnr" and "hole_l1"; a
            `Lpips`, or another function of (images, targets) that returns a number for each pair and has a `name` and
            `better`, "lower" or "higher"; and, with an `extractor`, those of an `Evaluator`, such as
            "frechet_distance" and "kernel_distance". None for the first four, with an `extractor` the kernel distance,
            and of data where each image has a hole those of holes.
        extractor: `Extractor` for the distances between the set of translations and the set of targets; or None.
        to: for a `CycleGAN`: "target", or "source" to translate the targets back and compare them with the sources, and
            all values then have names that end in "_to_source". None calls `translate` without it.
        num_pairs: int. Of more pairs, a random part is taken.
        seed: int, for that part and for the intervals.
        cache_dir: directory that keeps the extractor's features of the targets between runs, or None.
        channel: None, or "y" for `psnr` and `ssim` of the luma of RGB images alone. The other metrics see all channels.
        border: int, how many pixels at each side `psnr` and `ssim` leave out.

    Attributes:
        better: dict of the name of each value to "lower", "higher" or "near 1"; without those of holes unless they are
            named in `metrics`, because not all data have them.

    Raises:
        ValueError: if a metric is unknown or needs an extractor, or another argument is out of its range.

    Example:
        >>> import numpy as np
        >>> class Doubling:
        ...     def translate(self, images):
        ...         return 2.0 * images
        >>> source = np.random.default_rng(0).uniform(-0.5, 0.5, (20, 16, 16, 3)).astype("float32")
        >>> pairs = {"source": source, "target": 1.9 * source}
        >>> report = PairEvaluator(["l1", "gradient_energy"]).compare(Doubling(), pairs)
        >>> print(report["gradient_energy"].line())
        gradient_energy 1.108 [1.108, 1.108], copying the input 0.277 (near 1 is better): 20 pairs; seed 0
        >>> report["l1"].value < report["l1"].baseline
        True
    """

    # The method of a model that makes what is compared.
    needs = "translate"

    def __init__(
        self,
        metrics=None,
        extractor=None,
        *,
        to=None,
        num_pairs=1_000,
        seed=0,
        cache_dir=None,
        channel=None,
        border=0,
    ):
        require_choice("to", to, (None, "target", "source"))
        self.to = to
        self.num_pairs = require_int("num_pairs", num_pairs, low=2)
        self.seed = require_seed(seed)
        self._of_holes = []
        if metrics is None:
            self._of_holes = [measure for measure in _pair_measures.MEASURES.values() if measure.is_of_holes]
            # Of few pairs, the Frechet distance means less than the kernel distance.
            usual = [name for name, measure in _pair_measures.MEASURES.items() if not measure.is_of_holes]
            metrics = [*usual, *(["kernel_distance"] if extractor is not None else [])]
        metrics = [metrics] if isinstance(metrics, str) or callable(metrics) else metrics
        measures, of_sets = _require_measures(metrics, extractor)
        self.channel = require_choice("channel", channel, (None, "y"))
        self.border = require_int("border", border, low=0)
        self.measures = [_pair_measures.of_part(measure, self.channel, self.border) for measure in measures]
        self._require_part_used(metrics)
        self._sets = None
        if extractor is not None:
            self._sets = Evaluator(extractor, of_sets, num_images=self.num_pairs, seed=self.seed, cache_dir=cache_dir)
        names = list(self.better)
        if len(set(names)) < len(self.measures) + (len(self._sets.better) if self._sets else 0):
            raise ValueError(f"Two metrics have a value of the same name: rename one. Received: metrics with {names}")

    @property
    def better(self):
        """Dict of the name of each value to "lower", "higher" or "near 1"."""
        ways = {measure.name: measure.better for measure in self.measures}
        return {self._name(name): way for name, way in (ways | (self._sets.better if self._sets else {})).items()}

    def real(self, pairs, *, verbose=0):
        """Read the pairs, and compute once what does not depend on a model.

        Args:
            pairs: dict of arrays `source` and `target`, float in [-1, 1], and for a model that takes the domain of the
                target also `labels`; for a model that fills holes `images` and `masks`; or a finite tf.data.Dataset of
                batches of such dicts, as `keras_gan.data` returns.
            verbose: 1 for a progress bar of the extractor.

        Returns:
            What `compare` takes.

        Raises:
            ValueError: if these are no pairs in [-1, 1], or the data are endless or empty.
        """
        require_verbose(verbose)
        if isinstance(pairs, Pairs):
            return pairs
        pairs = read_pairs(pairs, self.num_pairs, self.seed)
        if self.to == "source":
            pairs = dataclasses.replace(pairs, source=pairs.target, target=pairs.source)
        pairs = self.with_samples(pairs, verbose)
        if pairs.source.shape != pairs.target.shape:
            return pairs
        measures = self._measures_of(pairs)
        values = {measure.name: _value(measure, _rows(measure, pairs.source, pairs))[0] for measure in measures}
        sets = {} if self._sets is None else self._compared(pairs.source, pairs).numbers()
        return dataclasses.replace(pairs, baselines=values | sets)

    def with_samples(self, pairs, verbose=0):
        """Add the extractor's features of the targets to `Pairs`, if there is an extractor; `real` does it by itself.

        Args:
            pairs: `Pairs`.
            verbose: 1 for a progress bar.
        """
        if self._sets is None:
            return pairs
        samples = self._sets.real(pairs.target, verbose=verbose)
        return dataclasses.replace(pairs, samples=dataclasses.replace(samples, split=pairs.split))

    def compare(self, source, real, *, floor=None, intervals=True, verbose=0):
        """Measure translations against their targets.

        Args:
            source: a model with `translate(images)`, averaged where the model keeps an average; or an array of
                translations, in the order of the pairs.
            real: pairs in a form that `real` takes, or what it returned.
            floor: what `self.floor` returned, or pairs for it; or None.
            intervals: whether to compute the confidence intervals.
            verbose: 1 for a progress bar of the extractor.

        Returns:
            `Report`, a mapping of names to `Result`.

        Raises:
            ValueError: if the pairs are wrong as in `real`, or the translations have another shape than the targets,
                are NaN or out of range.
        """
        require_bool("intervals", intervals)
        real = self.real(real, verbose=verbose)
        floor = floor if floor is None or _is_numbers(floor) else self.floor(floor, real)
        made = self._translations(source, real)
        options = {"seed": self.seed, "intervals": intervals}
        results = [result_of(each, _rows(each, made, real), real, **options) for each in self._measures_of(real)]
        if self._sets is not None:
            sets = self._compared(made, real, floor=floor, intervals=intervals, verbose=verbose).values()
            results += [dataclasses.replace(result, baseline=real.baselines.get(result.name)) for result in sets]
        return Report(dataclasses.replace(result, name=self._name(result.name)) for result in results)

    def floor(self, train, real):
        """Measure the targets of training pairs as if they were translations, by the extractor's distances.

        Args:
            train: training pairs, or an array of training targets.
            real: the held-out pairs, in a form that `self.real` takes, or what it returned.

        Returns:
            dict of the name of each distance to float.

        Raises:
            ValueError: if there is no extractor: other values compare pairs, and training targets have no pairs here.
        """
        if self._sets is None:
            raise ValueError(
                "A floor is the distance of the targets of training pairs to the held-out targets, and this evaluator "
                "has no `extractor` to measure it by: leave `floor` out. Received: extractor=None"
            )
        real = self.real(real)
        if are_pairs(train):
            train = read_pairs(train, self.num_pairs, self.seed)
            train = train.source if self.to == "source" else train.target
        return self._sets.floor(train, real.samples)

    def _measures_of(self, pairs):
        """The measures of pairs: those that were named, or the usual ones."""
        has_holes = pairs.masks is not None and pairs.masks.any(axis=(1, 2, 3)).all()
        return [*self.measures, *self._of_holes] if has_holes else self.measures

    def _require_part_used(self, metrics):
        """Raise a ValueError if a part of the images is asked for that no metric takes."""
        part = _pair_measures.part_of(self.channel, self.border)
        if part is not None and not any(measure.part for measure in self.measures):
            raise ValueError(
                'Only "psnr" and "ssim" take `channel` and `border`, and neither is among the metrics: add one, or '
                f"leave these arguments out. Received: metrics={metrics!r:.80}, channel={self.channel!r}, "
                f"border={self.border}"
            )

    def _compared(self, made, pairs, floor=None, *, intervals=False, verbose=0):
        # Without hashes: a perfect translation is its target, and no mistake.
        targets = dataclasses.replace(pairs.samples, hashes=None)
        return self._sets.compare(made, targets, floor=floor, intervals=intervals, verbose=verbose)

    def _translations(self, source, pairs):
        # Texts have a method of this name, too.
        if hasattr(source, self.needs) and not isinstance(source, str | bytes):
            options = {} if self.to is None else {"to": self.to}
            options |= {} if pairs.labels is None else {"labels": pairs.labels}
            options |= {} if pairs.masks is None else {"masks": pairs.masks}
            made = as_array("translations", source.translate(pairs.source, **options))
        else:
            made = as_array("translations", source)
            if made.ndim != 4 or len(made) != pairs.total:
                raise ValueError(
                    f"Give a model with `translate`, or a translation of each of the {pairs.total:,} sources, in their "
                    f"order. Received: {type(source).__name__} of shape {made.shape}"
                )
            made = made[pairs.rows]
        if made.shape != pairs.target.shape:
            raise ValueError(
                "Translations must have the shape of their targets: load the pairs in the size that the model makes. "
                f"Received: translations of shape {made.shape[1:]}, targets of shape {pairs.target.shape[1:]}"
            )
        return require_images("translations", made)

    def _name(self, name):
        return f"{name}_to_source" if self.to == "source" else name


def _rows(measure, made, pairs):
    """The numbers of a measure for each pair, or a ValueError if it looks at holes and there are none."""
    if not measure.is_of_holes:
        return measure.rows_of(made, pairs.target)
    if pairs.masks is None:
        raise ValueError(
            f'"{measure.name}" compares what is in the holes of images: give `{{"images": images, "masks": masks}}` '
            "in the place of pairs. Received: pairs without masks"
        )
    return measure.rows_of(made, pairs.target, pairs.masks)


def result_of(measure, rows, pairs, *, seed, intervals):
    """The `Result` of a measure.

    Args:
        measure: `PairMeasure`.
        rows: what its `rows_of` returned for the pairs.
        pairs: `Pairs`.
        seed: int, for the interval.
        intervals: whether to compute it.
    """
    value, notes = _value(measure, rows)
    return Result(
        name=measure.name,
        value=value,
        better=measure.better,
        interval=_interval(measure, value, rows, seed) if intervals and len(rows) > 1 else None,
        num_real=len(pairs),
        num_fake=len(pairs),
        split=pairs.split,
        seed=seed,
        warnings=tuple(notes),
        baseline=pairs.baselines.get(measure.name),
        is_paired=True,
        part=measure.part,
        **measure.extractor,
    )


def _interval(measure, value, rows, seed):
    low, high = measure.bounds
    # Between two bounds, `interval` would take the value for a share, and this is a mean.
    bounds = measure.bounds if math.isinf(high) else (-math.inf, math.inf)
    deviation, quantile = measure.deviation(rows, seed), student_quantile(len(rows))
    ends = interval(value, deviation, quantile=quantile, bounds=bounds, num_images=len(rows))
    return tuple(min(max(end, low), high) for end in ends)


def _value(measure, rows):
    """The value of rows, and what the measure warns of."""
    with warnings.catch_warnings(record=True, action="always", category=UserWarning) as caught:
        value = float(measure.summary(rows))
    return value, [str(warning.message).rstrip(".") for warning in caught]


def _is_numbers(floor):
    """Whether a floor is what `PairEvaluator.floor` returned, and no pairs."""
    return isinstance(floor, dict) and all(isinstance(value, float) for value in floor.values())


def _require_measures(metrics, extractor):
    """The measures of pairs, and the metrics of whole sets for an `Evaluator`."""
    if not isinstance(metrics, tuple | list) or not metrics:
        raise ValueError(
            "`metrics` must be a list of names, at least one, and of functions such as a `Lpips`. "
            f"Received: metrics={metrics!r:.80}"
        )
    measures, of_sets = [], []
    for metric in metrics:
        measure = _pair_measures.measure_of(metric)
        is_of_sets = isinstance(metric, Measure) or (isinstance(metric, str) and metric in MEASURES)
        if measure is None and not is_of_sets:
            known = [*_pair_measures.MEASURES, *MEASURES]
            raise ValueError(
                f"There is no such metric.{did_you_mean(metric, known)} Choose from {', '.join(known)}, or give a "
                '`keras_gan.metrics.Lpips`. A function of your own needs a `name`, and `better`, "lower" or '
                f'"higher". Received: {metric!r:.80}'
            )
        if is_of_sets and extractor is None:
            raise ValueError(
                "This metric compares the features of all translations with those of all targets: give an `extractor`. "
                f"Received: {metric!r:.80}, extractor=None"
            )
        measures, of_sets = ([*measures, measure], of_sets) if measure else (measures, [*of_sets, metric])
    if extractor is not None and not of_sets:
        raise ValueError(
            'None of the metrics uses the `extractor`: add one, such as "frechet_distance", or leave it out. '
            f"Received: metrics={metrics!r:.80}"
        )
    return measures, of_sets
