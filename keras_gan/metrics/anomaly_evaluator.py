"""A protocol for detectors of anomalies: which measures, on which held-out images."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_bool, require_choice, require_int, require_seed
from keras_gan._pixels import require_image_tensor, warn_of_zero_to_one
from keras_gan._sample_shapes import elements
from keras_gan.metrics._features import as_array, require_labels
from keras_gan.metrics._intervals import interval
from keras_gan.metrics._ranking import Ranking
from keras_gan.metrics._training_images import Reservoir
from keras_gan.metrics.auroc import area
from keras_gan.metrics.average_precision import mean_precision
from keras_gan.metrics.best_f1 import best_f1, highest_f1
from keras_gan.metrics.evaluator import require_verbose
from keras_gan.metrics.result import Report, Result
from keras_gan.metrics.samples import finite

_MEASURES: dict[str, Callable] = {"auroc": area, "average_precision": mean_precision, "best_f1": highest_f1}
# So many that the deviation is known to a twentieth, and the normal distribution has its quantile.
_RESAMPLES, _QUANTILE = 200, 1.96


@dataclasses.dataclass(frozen=True)
class _HeldOut:
    """Held-out images of both kinds.

    Attributes:
        images: float32 `(num_images, height, width, channels)`; None where only their labels are known.
        is_anomaly: boolean `(num_images,)`.
        split: name of the part of the data, or None.
    """

    images: np.ndarray | None
    is_anomaly: np.ndarray
    split: str | None = None


class AnomalyEvaluator:
    """Measures how well the scores of a model tell anomalous images from normal ones, always in the same way.

    It needs labelled images that the model was not trained on, normal and anomalous. The labels are used here alone:
    what is measured has seen normal images without labels.

    Next to each value stands that of equal scores, which know nothing. A value near it says that the model detects
    nothing, and one below it that the sign of the scores is wrong.

    The confidence interval says how much the choice of the images changes the value: 1.96 standard deviations of the
    bootstrap (Efron 1979) to either side, in the range of the value. Normal and anomalous images are resampled apart,
    so the share of anomalies stays as it is. The threshold of `best_f1` is chosen again for each resample. If all
    resamples have the same value, as when the scores separate the two kinds, the interval is Wilson's for as many
    images as there are of the rarer kind.

    `keras_gan.callbacks.Evaluate` takes it in place of an `Evaluator`, with labelled images in place of images:

        test = keras_gan.data.load("parts/", split="test", labels=True)
        evaluate = keras_gan.callbacks.Evaluate(test, AnomalyEvaluator(normal=0), directory="runs/parts", best="auroc")

    Args:
        metrics: some of "auroc", "average_precision" and "best_f1".
        normal: int, the class of the normal images, or a list of classes. All others are anomalous.
        num_images: int. Of more images, a random part is taken.
        seed: int, for the intervals.

    Attributes:
        better: dict of the name of each value to "higher".

    Raises:
        ValueError: if a metric is unknown, or another argument is out of its range.

    Example:
        >>> import numpy as np
        >>> scores, labels = np.arange(40.0), np.arange(40) % 4 // 3  # The last of every four is anomalous.
        >>> print(AnomalyEvaluator(["auroc"]).compare(scores, labels)["auroc"])
        auroc 0.55 [0.3545, 0.7312], chance 0.5, too few images to tell from chance (higher is better): 10 anomalous
        and 30 normal images; seed 0
    """

    # The method of a model that makes what is compared.
    needs = "score"

    def __init__(self, metrics=("auroc", "average_precision", "best_f1"), *, normal=0, num_images=10_000, seed=0):
        metrics = [metrics] if isinstance(metrics, str) else metrics
        if not isinstance(metrics, list | tuple) or not metrics:
            raise ValueError(f"`metrics` must be a list of names, at least one. Received: metrics={metrics!r:.80}")
        self.metrics = tuple(require_choice("metrics", metric, tuple(_MEASURES)) for metric in metrics)
        normal = normal if isinstance(normal, list | tuple) else [normal]
        self.normal = tuple(require_int("normal", label, low=0) for label in normal)
        if not normal:
            raise ValueError("`normal` must name a class, or several. Received: normal=[]")
        self.num_images = require_int("num_images", num_images, low=2)
        self.seed = require_seed(seed)

    @property
    def better(self):
        """Dict of the name of each value to "higher"."""
        return dict.fromkeys(self.metrics, "higher")

    def real(self, images, *, verbose=0):
        """Read labelled images.

        Args:
            images: what `keras_gan.data.load` returns with `labels=True`; another finite tf.data.Dataset of batches, or
                one batch: a tuple of images in [-1, 1] and integer labels, or a dict of `images` and `labels`. To
                compare scores instead of models, the labels alone.
            verbose: as in `Evaluator.real`; no features are computed here.

        Returns:
            What `compare` takes.

        Raises:
            ValueError: if there are no labels, all images are of one kind or out of [-1, 1], or the data are endless.
        """
        require_verbose(verbose)
        if isinstance(images, _HeldOut):
            return images
        if len(getattr(images, "shape", ())) == 1:
            return _HeldOut(None, self._is_anomaly(require_labels("labels", images)))
        kept = Reservoir(self.num_images)
        for batch in _batches(images):
            kept.add(*_labelled(batch))
        if not kept.seen:
            raise ValueError("There are no images in this source: give at least one. Received: an empty source")
        found, labels = kept.arrays()
        warn_of_zero_to_one("images", float(found.min()), float(found.max()), stacklevel=3)
        return _HeldOut(found, self._is_anomaly(labels), getattr(images, "split", None))

    def compare(self, source, real, *, floor=None, intervals=True, verbose=0):
        """Measure the scores of a model.

        Args:
            source: a model with `score(images)`, or an array of scores, one for each image in their order.
            real: labelled images in a form that `real` takes, or what it returned; for an array of scores, also the
                labels alone.
            floor: None: only distances have one.
            intervals: whether to compute the confidence intervals.
            verbose: as in `real`.

        Returns:
            `Report`, a mapping of names to `Result`.

        Raises:
            ValueError: if the images are wrong as in `real`, or the scores are not one finite number for each image.
        """
        require_bool("intervals", intervals)
        if floor is not None:
            self.floor(floor, real)
        real = self.real(real, verbose=verbose)
        scores = self._scores(source, real)
        ranking, chance = Ranking(scores, real.is_anomaly), Ranking(np.zeros(len(scores)), real.is_anomaly)
        ends = self._intervals(ranking) if intervals else {}
        return Report(
            Result(
                name=name,
                value=_MEASURES[name](*ranking.counts()),
                better="higher",
                interval=ends.get(name),
                baseline=_MEASURES[name](*chance.counts()),
                num_real=ranking.num_normal,
                num_fake=ranking.num_anomalies,
                split=real.split,
                seed=self.seed,
                is_detection=True,
                threshold=best_f1(scores, real.is_anomaly).threshold if name == "best_f1" else None,
            )
            for name in self.metrics
        )

    def floor(self, train, real):  # noqa: ARG002 - `Evaluate` calls it like that of an `Evaluator`
        """Raise a ValueError: only distances have a floor.

        Args:
            train: what was given as the floor.
            real: labelled images.

        Raises:
            ValueError: always.
        """
        raise ValueError(
            "A floor is the distance of training images to the held-out ones, and scores of anomalies are no "
            f"distances: leave `floor` out. Received: floor of type {type(train).__name__}"
        )

    def _is_anomaly(self, labels):
        is_anomaly = ~np.isin(labels, self.normal)
        if is_anomaly.all() or not is_anomaly.any():
            kind = "anomalous" if is_anomaly.all() else "normal"
            raise ValueError(
                f"All images are {kind}: give images of both kinds, and the class of the normal ones as `normal=`. "
                f"Received: normal={list(self.normal)}, labels from {int(labels.min())} to {int(labels.max())}"
            )
        return is_anomaly

    def _scores(self, source, real):
        if not hasattr(source, self.needs):
            return _require_count(as_array("scores", source, "biuf"), len(real.is_anomaly))
        if real.images is None:
            raise ValueError(
                "A model scores images, and only labels were given: give both, as `(images, labels)`. "
                f"Received: real with {len(real.is_anomaly)} labels and no images"
            )
        return as_array("scores", source.score(real.images), "biuf")

    def _intervals(self, ranking):
        """A confidence interval for each value."""
        rng = np.random.default_rng(self.seed)
        resamples = [ranking.resampled(rng) for _ in range(_RESAMPLES)]
        rarer = min(ranking.num_normal, ranking.num_anomalies)
        ends = {}
        for name in self.metrics:
            deviation = float(np.std([_MEASURES[name](*counts) for counts in resamples], ddof=1))
            ends[name] = interval(
                _MEASURES[name](*ranking.counts()),
                deviation,
                quantile=_QUANTILE,
                bounds=(0.0, 1.0),
                num_images=math.inf if deviation else rarer,
            )
        return ends


def _require_count(scores, count):
    if scores.shape != (count,):
        raise ValueError(
            f"Give a model with `score`, or a score for each of the {count:,} images, in their order. Of more images "
            "than `num_images` a random part is taken: compare scores with the labels alone. "
            f"Received: scores of shape {scores.shape}"
        )
    return scores


def _batches(source):
    """Yield batches of images and labels."""
    if isinstance(source, tf.data.Dataset):
        yield from elements(finite(source))
    else:
        yield source


def _labelled(batch):
    """The images of a batch, float32 in [-1, 1], and its labels, or a ValueError."""
    if isinstance(batch, dict) and set(batch) == {"images", "labels"}:
        batch = batch["images"], batch["labels"]
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        raise ValueError(
            "Anomalies are known by their labels: give `(images, labels)`, or load the data with `labels=True`. "
            f"Received: {type(batch).__name__}"
        )
    images = require_image_tensor("images", as_array("images", batch[0])).numpy()
    return images, require_labels("labels", batch[1], len(images))
