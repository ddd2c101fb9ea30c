"""The value of a metric, with everything one must know to trust it."""

import dataclasses
import json
import math
import numbers
from collections.abc import Iterable, Mapping

from keras_gan._arguments import require_bool, require_int, require_seed, require_text
from keras_gan._files import local_path, write_atomically


@dataclasses.dataclass(frozen=True, kw_only=True)
class Result:
    """One value of one metric, with everything that affects it.

    Two Frechet distances can be compared only if the extractor, the resize mode, the numbers of images and the split
    are the same. And a distance says little without its error and without the distance of real images. So a result
    holds all of them.

    Args:
        name: name of the metric. It is "fid", "kid" or "inception_score" only with the Inception network of 2015.
        value: float.
        better: "lower", "higher" or "near 1".
        interval: (low, high), 95 % confidence, or None if it was not requested. It says how much the choice of the
            images changes the value, not how much another training would change it.
        floor: the value of real training images in place of the samples, or None. This metric cannot tell samples at
            the floor from real images.
        extractor: name of the extractor; None for a comparison of the pixels themselves.
        extractor_hash: SHA-256, hexadecimal, of the extractor's weights and of what it does to images; or None.
        resize: resize mode of the extractor; or None.
        num_real: int, number of real images.
        num_fake: int, number of samples.
        split: name of the part of the data that the real images are, or None if the data have no name for it.
        seed: int, for the samples and for every random choice.
        warnings: tuple of reasons to read the value with care.
        dtype: str, type of the numbers in which the metric was computed.
        scaling: what was done to the features first, such as "standardized" (real features of mean 0 and, on average,
            variance 1), or None.
        baseline: the value of the inputs of a translation in place of its outputs, or None. A model that does not reach
            it does worse than copying its input. Of a detector, the value of scores that are all equal: chance.
        is_paired: whether each sample was compared with its own true image.
        part: which part of the images was compared, such as "luma", or None for all of them.
        is_detection: whether a detector of anomalies was measured: `num_real` counts normal images, and `num_fake`
            anomalous ones.
        threshold: the score from which on the detector calls an image anomalous, for a value that depends on it; or
            None.
        kind: what the real samples are called.

    Attributes:
        doubt: str, why the value says nothing about the samples, or "". It is "too few images to tell from the floor"
            if the floor is in the interval, or on its worse side: with other images of the same number, real images
            might well look worse than the samples do. Without a floor, it is "too few images to tell from 0" if the
            interval of a distance reaches 0. In both cases the samples may be perfect, or the images too few. Of a
            detector, it is "too few images to tell from chance" or "worse than chance".

    Example:
        >>> Result(
        ...     name="frechet_distance", value=5.51, better="lower", interval=(5.1, 5.92), floor=1.91,
        ...     extractor="digits_classifier", extractor_hash="0f1e2d3c4b", resize="none", num_real=360,
        ...     num_fake=1797, split="test", seed=0,
        ... ).line()
        'frechet_distance 5.51 [5.1, 5.92], floor 1.91 (lower is better): 1,797 samples against 360 real images (test);
        features of digits_classifier 0f1e2d3c, resize none, seed 0'
    """

    name: str
    value: float
    better: str
    interval: tuple[float, float] | None = None
    floor: float | None = None
    extractor: str | None = None
    extractor_hash: str | None = None
    resize: str | None = None
    num_real: int
    num_fake: int
    split: str | None = None
    seed: int = 0
    warnings: tuple[str, ...] = ()
    dtype: str = "float64"
    scaling: str | None = None
    baseline: float | None = None
    is_paired: bool = False
    part: str | None = None
    is_detection: bool = False
    threshold: float | None = None
    kind: str = "images"

    def __post_init__(self):
        for name in ("name", "dtype", "kind"):
            require_text(name, getattr(self, name))
        for name in ("extractor", "extractor_hash", "resize", "split", "scaling", "part"):
            if getattr(self, name) is not None:
                require_text(name, getattr(self, name))
        require_seed(self.seed)
        for name in ("num_real", "num_fake"):
            require_int(name, getattr(self, name))
        pair = self.interval
        is_way = isinstance(self.better, str) and self.better in ("lower", "higher", "near 1")
        self._require("better", is_way, '"lower", "higher" or "near 1"')
        # A metric may well be NaN.
        self._require("value", _are_numbers(self.value), "a number")
        for name in ("floor", "baseline", "threshold"):
            number = getattr(self, name)
            self._require(name, number is None or _are_numbers(number), "a number or None")
        for name in ("is_paired", "is_detection"):
            require_bool(name, getattr(self, name))
        is_pair = isinstance(pair, tuple) and len(pair) == 2 and _are_numbers(*pair)
        self._require("interval", pair is None or is_pair, "a pair of numbers or None")
        is_texts = isinstance(self.warnings, tuple) and all(isinstance(text, str) for text in self.warnings)
        self._require("warnings", is_texts, "a tuple of strings")

    def _require(self, name, is_right, expected):
        if not is_right:
            raise ValueError(f"`{name}` must be {expected}. Received: {name}={getattr(self, name)!r:.80}")

    @property
    def doubt(self):
        """Why the value says nothing about the samples, or ""."""
        if self.interval is None or self.better == "near 1":
            return ""
        if self.is_detection:
            return self._doubt_of_detection()
        sign, best_end = (1, self.interval[0]) if self.better == "lower" else (-1, -self.interval[1])
        if self.floor is not None:
            return "too few images to tell from the floor" if sign * self.floor >= best_end else ""
        return "too few images to tell from 0" if self.better == "lower" and best_end < 0 else ""

    def _doubt_of_detection(self):
        low, high = self.interval
        if self.baseline is None or low > self.baseline:
            return ""
        return "too few images to tell from chance" if high >= self.baseline else "worse than chance"

    def beats(self, value):
        """Whether this value is better than another one, which is finite.

        Args:
            value: float.

        Raises:
            ValueError: if this is no number.
        """
        if not _are_numbers(value):
            raise ValueError(f"`value` must be a number. Received: value={value!r:.80}")
        if self.better == "near 1":
            return _distance_to_one(self.value) < _distance_to_one(value)
        return self.value < value if self.better == "lower" else self.value > value

    def line(self):
        """Return the result in one line."""
        interval = "" if self.interval is None else " [{:.4g}, {:.4g}]".format(*self.interval)
        floor = "" if self.floor is None else f", floor {self.floor:.4g}"
        least = "chance" if self.is_detection else "copying the input"
        baseline = "" if self.baseline is None else f", {least} {self.baseline:.4g}"
        threshold = "" if self.threshold is None else f" from a score of {self.threshold:.4g}"
        split = "" if self.split is None else f" ({self.split})"
        doubt = f", {self.doubt}" if self.doubt else ""
        part = "" if self.part is None else f"{self.part}, "
        return (
            f"{self.name} {self.value:.4g}{interval}{threshold}{floor}{baseline}{doubt} ({self.better} is better): "
            f"{self._counts()}{split}; {part}{self._features()}seed {self.seed}"
        )

    def _counts(self):
        if self.is_paired:
            return f"{self.num_fake:,} pairs"
        if self.is_detection:
            return f"{self.num_fake:,} anomalous and {self.num_real:,} normal images"
        return f"{self.num_fake:,} samples against {self.num_real:,} real {self.kind}"

    def _features(self):
        if self.extractor is None:
            return ""
        digest = "" if self.extractor_hash is None else f" {self.extractor_hash[:8]}"
        scaling = "" if self.scaling is None else f", {self.scaling}"
        resize = "" if self.resize is None else f", resize {self.resize}"
        return f"features of {self.extractor}{digest}{scaling}{resize}, "

    def __str__(self):
        """Return the result in one line."""
        return self.line()


class Report(Mapping):
    """The results of one evaluation, by name.

    Args:
        results: iterable of `Result`.

    Example:
        >>> import pathlib, tempfile
        >>> report = Report([Result(
        ...     name="recall", value=0.5, better="higher", extractor="pixels", extractor_hash="ab", resize="clean",
        ...     num_real=100, num_fake=100)])
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "report.json"
        >>> report.save(path)
        >>> Report.load(path)["recall"].value
        0.5
    """

    def __init__(self, results):
        if isinstance(results, str) or not isinstance(results, Iterable):
            raise ValueError(f"`results` must be a list of `Result`. Received: results={results!r:.80}")
        results = list(results)
        for result in results:
            if not isinstance(result, Result):
                raise ValueError(f"`results` must hold `Result` objects alone. Received: results with {result!r:.80}")
        self._results = {result.name: result for result in results}

    def __getitem__(self, name):
        return self._results[name]

    def __iter__(self):
        return iter(self._results)

    def __len__(self):
        return len(self._results)

    def __str__(self):
        """Return one line for each result, then each warning once."""
        lines = [result.line() for result in self.values()]
        return "\n".join(lines + [f"Note: {warning}" for warning in self.warnings])

    __repr__ = __str__

    @property
    def warnings(self):
        """Each warning of the results, once."""
        return tuple(dict.fromkeys(warning for result in self.values() for warning in result.warnings))

    def numbers(self):
        """Return the values alone, a dict of name to float, as in logs."""
        return {name: result.value for name, result in self.items()}

    def save(self, path):
        """Write the results to a JSON file, in a folder that is made if it does not exist.

        An existing file is replaced as a whole.

        Raises:
            OSError: if the file cannot be written.
            ValueError: if this is not a local path.
        """
        content = {name: dataclasses.asdict(result) for name, result in self.items()}
        path = local_path("path", path)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, (json.dumps(content, indent=2) + "\n").encode())

    @classmethod
    def load(cls, path):
        """Read what `save` wrote.

        Raises:
            FileNotFoundError: if there is no such file.
            ValueError: if `save` did not write the file.
        """
        path = local_path("path", path)
        try:
            content = json.loads(path.read_text())
            return cls(Result(**_from_json(fields)) for fields in content.values())
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"`Report.save` did not write this file ({error}). Received: path={str(path)!r}"
            ) from error


def _are_numbers(*values):
    return all(isinstance(value, numbers.Real) and not isinstance(value, bool) for value in values)


def _distance_to_one(value):
    """How many times a ratio is too large or too small, on a logarithmic scale."""
    return abs(math.log(value)) if value > 0 else math.inf


def _from_json(fields):
    pairs = {name: tuple(fields[name]) for name in ("interval", "warnings") if fields[name] is not None}
    return {**fields, **pairs}
