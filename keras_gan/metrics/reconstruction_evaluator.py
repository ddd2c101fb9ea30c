"""A protocol for models with an encoder: which metrics, on which held-out images."""

import math

import numpy as np

from keras_gan._arguments import require_int, require_seed
from keras_gan.metrics._features import as_array
from keras_gan.metrics._pair_data import Pairs, read_images
from keras_gan.metrics._pair_measures import PairMeasure
from keras_gan.metrics.evaluator import require_verbose
from keras_gan.metrics.pair_evaluator import PairEvaluator, result_of
from keras_gan.metrics.result import Report

# What is measured on the model itself, and not on its reconstructions.
_BOUNDS = {
    "elbo": PairMeasure("elbo", "higher", (-math.inf, math.inf), np.asarray),
    "bits_per_dim": PairMeasure("bits_per_dim", "lower", (-math.inf, math.inf), np.asarray),
}


class ReconstructionEvaluator:
    """Compares reconstructions of held-out images with the images themselves, always in the same way.

    A model that encodes images should keep what matters in them, also in images that it was not trained on. `psnr`,
    `ssim` and `l1` ask whether a reconstruction is near to its image, and prefer blur where a code cannot hold the
    details; `gradient_energy` asks whether it is as sharp. "elbo" is the model's own bound of log p(x), in nats an
    image, and "bits_per_dim" the same in bits,

        -elbo / (D log 2)    with D the numbers of an image

    which can be compared between models and sizes if the images have the same dequantisation. Only a `VAE` has it.

    The confidence interval says how much the choice of the images changes the value, see `PairEvaluator`.
    `keras_gan.callbacks.Evaluate` takes it in place of an `Evaluator`.

    Args:
        metrics: as for `PairEvaluator`; also "elbo" and "bits_per_dim". None as for `PairEvaluator`, without these two.
        extractor: `Extractor` for the distances between the set of reconstructions and the set of images; or None.
        num_images: int. Of more images, a random part is taken.
        seed: int, for that part and for the intervals.
        cache_dir: directory that keeps the extractor's features of the images between runs, or None.

    Attributes:
        better: dict of the name of each value to "lower", "higher" or "near 1".
        needs: name of the method that a model must have, "reconstruct" or "elbo".

    Raises:
        ValueError: if a metric is unknown or needs an extractor, or another argument is out of its range.

    Example:
        >>> import numpy as np
        >>> class Rounding:
        ...     def reconstruct(self, images):
        ...         return np.round(images, 1)
        >>> images = np.random.default_rng(0).uniform(-1, 1, (20, 16, 16, 3)).astype("float32")
        >>> report = ReconstructionEvaluator(["psnr"]).compare(Rounding(), images)
        >>> 36.7 < report["psnr"].value < 36.9
        True
    """

    def __init__(self, metrics=None, extractor=None, *, num_images=1_000, seed=0, cache_dir=None):
        num_images = require_int("num_images", num_images, low=2)
        metrics = [metrics] if isinstance(metrics, str) or callable(metrics) else metrics
        asked = metrics if isinstance(metrics, tuple | list) else ()
        self._bounds = [_BOUNDS[name] for name in asked if isinstance(name, str) and name in _BOUNDS]
        others = [metric for metric in asked if not (isinstance(metric, str) and metric in _BOUNDS)]
        if self._bounds and not others and extractor is not None:
            raise ValueError(
                'None of the metrics uses the `extractor`: add one, such as "kernel_distance", or leave it out. '
                f"Received: metrics={metrics!r:.80}"
            )
        self.num_images, self.seed, self._pairs = num_images, require_seed(seed), None
        # Bounds alone compare no images. Anything else, also what is no list, the evaluator of pairs checks.
        if others or not self._bounds:
            options = {"num_pairs": num_images, "seed": seed, "cache_dir": cache_dir}
            self._pairs = PairEvaluator(others or metrics, extractor, **options)

    @property
    def needs(self):
        """The method of a model that makes what is compared."""
        return "elbo" if self._bounds else "reconstruct"

    @property
    def better(self):
        """Dict of the name of each value to "lower", "higher" or "near 1"."""
        of_bounds = {measure.name: measure.better for measure in self._bounds}
        return (self._pairs.better if self._pairs else {}) | of_bounds

    def real(self, images, *, verbose=0):
        """Read the images, and compute once what does not depend on a model.

        Args:
            images: what `keras_gan.data.load` returns, another finite tf.data.Dataset of batches, or an array. The
                images are in [-1, 1]. Labels are ignored.
            verbose: 1 for a progress bar of the extractor.

        Returns:
            What `compare` takes.

        Raises:
            ValueError: if these are no images in [-1, 1], or the data are endless or empty.
        """
        require_verbose(verbose)
        if isinstance(images, Pairs):
            return images
        images = read_images(images, self.num_images, self.seed)
        return self._pairs.with_samples(images, verbose) if self._pairs else images

    def compare(self, source, real, *, floor=None, intervals=True, verbose=0):
        """Measure reconstructions against their images.

        Args:
            source: a model with `reconstruct(images)`, and `elbo(images)` if the metrics have a bound.
            real: images in a form that `real` takes, or what it returned.
            floor: what `self.floor` returned, or training images for it; or None.
            intervals: whether to compute the confidence intervals.
            verbose: 1 for a progress bar of the extractor.

        Returns:
            `Report`, a mapping of names to `Result`.

        Raises:
            ValueError: if the images are wrong as in `real`, the model has no such method, or what it makes has another
                shape than the images, is NaN or out of range.
        """
        real = self.real(real, verbose=verbose)
        if not hasattr(source, self.needs):
            raise ValueError(
                f"The metrics need a model with `{self.needs}(images)`. Received: source={type(source).__name__}, "
                f"metrics {list(self.better)}"
            )
        results = []
        if self._pairs is not None:
            floor = floor if floor is None or isinstance(floor, dict) else self.floor(floor, real)
            options = {"floor": floor, "intervals": intervals, "verbose": verbose}
            results += self._pairs.compare(_Reconstructing(source), real, **options).values()
        if self._bounds:
            nats = _elbo_of(source, real)
            rows = {"elbo": nats, "bits_per_dim": -nats / (math.prod(real.target.shape[1:]) * math.log(2.0))}
            options = {"seed": self.seed, "intervals": intervals}
            results += [result_of(bound, rows[bound.name], real, **options) for bound in self._bounds]
        return Report(results)

    def floor(self, train, real):
        """Measure training images as if they were reconstructions, by the extractor's distances.

        Args:
            train: training images in a form that `real` takes.
            real: the held-out images, in a form that `real` takes, or what it returned.

        Returns:
            dict of the name of each distance to float.

        Raises:
            ValueError: if there is no extractor: other values compare images one by one.
        """
        train = train if isinstance(train, Pairs) else read_images(train, self.num_images, self.seed)
        evaluator = PairEvaluator() if self._pairs is None else self._pairs
        return evaluator.floor(train.source, self.real(real))


class _Reconstructing:
    """A model as an evaluator of pairs takes it."""

    def __init__(self, model):
        self.translate = model.reconstruct


def _elbo_of(model, images):
    """A model's bound for each image, float64 `(num_images,)` in nats."""
    nats = as_array("elbo", model.elbo(images.target), "f")
    if nats.shape != (len(images),):
        raise ValueError(
            f"`elbo(images)` must return a number for each of the {len(images)} images. "
            f"Received: an array of shape {nats.shape}"
        )
    return nats.astype(np.float64)
