"""A protocol for models of text: which metrics, on which held-out texts."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_bool, require_choice, require_int, require_seed
from keras_gan._sample_shapes import elements
from keras_gan.metrics._features import as_array
from keras_gan.metrics._intervals import interval, student_quantile
from keras_gan.metrics._tokens import require_tokens
from keras_gan.metrics.bleu import bleu, self_bleu
from keras_gan.metrics.evaluator import require_verbose
from keras_gan.metrics.ngram_divergence import ngram_divergence
from keras_gan.metrics.perplexity import perplexity
from keras_gan.metrics.result import Report, Result
from keras_gan.metrics.samples import finite, random_rows

_ORDER = 4
# So many random halves say how much a value changes with the choice of the texts.
_HALVES = 8
_SHARE, _FROM_ONE = (0.0, 1.0), (1.0, math.inf)


@dataclasses.dataclass(frozen=True)
class _Measure:
    """A comparison of texts.

    Attributes:
        better: dict of the name of each value to "lower" or "higher".
        bounds: (low, high), the range of the values.
        compute: function of (fake, real, ends), of `_Texts`, which returns a number for each name.
        needs: "model" or "oracle", which gives the likelihoods; or None.
        is_slow: whether a part of the texts is enough.
    """

    better: dict[str, str]
    bounds: tuple[float, float]
    compute: Callable
    needs: str | None = None
    is_slow: bool = False


@dataclasses.dataclass(frozen=True)
class _Texts:
    """Texts, and the likelihood of each.

    Attributes:
        tokens: int64 `(num_texts, length)`.
        likelihoods: float64 `(num_texts,)`, or None.
        split: name of the part of the data, or None.
    """

    tokens: np.ndarray
    likelihoods: np.ndarray | None = None
    split: str | None = None

    def rows(self, rows):
        likelihoods = None if self.likelihoods is None else self.likelihoods[rows]
        return dataclasses.replace(self, tokens=self.tokens[rows], likelihoods=likelihoods)

    def some(self, count):
        # Spread over all of them, which may be in an order.
        return self.rows(np.linspace(0, len(self.tokens) - 1, min(count, len(self.tokens))).astype(int))

    def half(self, rng):
        return self.rows(np.sort(rng.permutation(len(self.tokens))[: len(self.tokens) // 2]))


_MEASURES = {
    "ngram_divergence": _Measure(
        {f"jsd_{n}": "lower" for n in range(1, _ORDER + 1)},
        _SHARE,
        lambda fake, real, ends: ngram_divergence(fake.tokens, real.tokens, order=_ORDER, ends=ends),
    ),
    "bleu": _Measure(
        {f"bleu_{_ORDER}": "higher"},
        _SHARE,
        lambda fake, real, ends: [bleu(fake.tokens, real.tokens, order=_ORDER, ends=ends).mean()],
        is_slow=True,
    ),
    "self_bleu": _Measure(
        {f"self_bleu_{_ORDER}": "lower"},
        _SHARE,
        lambda fake, _, ends: [self_bleu(fake.tokens, order=_ORDER, ends=ends).mean()],
        is_slow=True,
    ),
    "perplexity": _Measure(
        {"perplexity": "lower"},
        _FROM_ONE,
        lambda _, real, ends: [perplexity(real.likelihoods, real.tokens, ends=ends)],
        needs="model",
    ),
    "oracle_perplexity": _Measure(
        {"oracle_perplexity": "lower"},
        _FROM_ONE,
        lambda fake, _, ends: [perplexity(fake.likelihoods, fake.tokens, ends=ends)],
        needs="oracle",
    ),
}


class TextEvaluator:
    """Compares the texts of a model with held-out texts, always in the same way.

    No single number tells how good a model of text is: each model trades quality for diversity by its temperature.
    "ngram_divergence" asks whether sequences of one to four tokens are as frequent as in real texts ("jsd_1" to
    "jsd_4"), "bleu" whether texts look real, "self_bleu" how much they resemble each other, "perplexity" whether the
    model expects the held-out texts, and "oracle_perplexity" whether a distribution that is known expects those of the
    model. See `ngram_divergence`, `bleu`, `self_bleu` and `perplexity`. Report those of quality and those of diversity
    together.

    The confidence interval says how much the choice of the texts changes the value: t deviations to either side, with t
    of Student and the standard deviation of the values of eight random halves, in the range of the metric.

    `keras_gan.callbacks.Evaluate` takes it in place of an `Evaluator`, with texts in place of images:

        train, test = (keras_gan.data.load_text("captions.txt", length=20, split=split) for split in ("train", "test"))
        evaluate = keras_gan.callbacks.Evaluate(test, TextEvaluator(), directory="runs/captions", best="jsd_2")

    Args:
        metrics: any of "ngram_divergence", "bleu", "self_bleu", "perplexity", for models with `log_likelihood`, and
            "oracle_perplexity".
        num_texts: int, how many texts are drawn, and of more held-out texts a random part of so many is taken.
        num_bleu: int, how many of them "bleu" and "self_bleu" take on either side, whose time grows with the square.
        ends: bool, whether the token 0 ends a text.
        oracle: a model with `log_likelihood` that is the distribution of the data, for "oracle_perplexity"; or None.
        seed: int, for the texts and for the intervals.

    Attributes:
        better: dict of the name of each value to "lower" or "higher".

    Raises:
        ValueError: if a metric is unknown or has no oracle, or another argument is out of its range.

    Example:
        >>> import numpy as np
        >>> real, fake = np.random.default_rng(0).integers(1, 5, (2, 200, 6))
        >>> report = TextEvaluator(["ngram_divergence"]).compare(fake, real)
        >>> report["jsd_1"].value < report["jsd_2"].value < report["jsd_4"].value
        True
    """

    # The method of a model that makes what is compared.
    needs = "generate"

    def __init__(
        self,
        metrics=("ngram_divergence", "bleu", "self_bleu"),
        *,
        num_texts=2_000,
        num_bleu=200,
        ends=True,
        oracle=None,
        seed=0,
    ):
        metrics = [metrics] if isinstance(metrics, str) else metrics
        if not isinstance(metrics, list | tuple) or not metrics:
            raise ValueError(f"`metrics` must be a list of names, at least one. Received: metrics={metrics!r:.80}")
        self.metrics = tuple(dict.fromkeys(require_choice("metrics", metric, tuple(_MEASURES)) for metric in metrics))
        self.num_texts = require_int("num_texts", num_texts, low=4)
        self.num_bleu = require_int("num_bleu", num_bleu, low=4)
        self.ends = require_bool("ends", ends)
        self.oracle = oracle
        self.seed = require_seed(seed)
        if ("oracle_perplexity" in self.metrics) != hasattr(oracle, "log_likelihood"):
            raise ValueError(
                '"oracle_perplexity" needs an `oracle` with `log_likelihood`, such as `LanguageModel(networks.'
                f"text_oracle(...))`, and nothing else takes one. Received: metrics={metrics!r}, oracle={oracle!r:.80}"
            )

    @property
    def better(self):
        """Dict of the name of each value to "lower" or "higher"."""
        return {name: way for metric in self.metrics for name, way in _MEASURES[metric].better.items()}

    def real(self, texts, *, verbose=0):
        """Read held-out texts.

        Args:
            texts: what `keras_gan.data.load_text` returns; another finite tf.data.Dataset of batches of "tokens"; a
                dict with them; or an array of tokens `(num_texts, length)`.
            verbose: has no effect: there is nothing to wait for.

        Returns:
            What `compare` takes.

        Raises:
            ValueError: if these are no tokens, or the data are endless or empty.
        """
        require_verbose(verbose)
        if isinstance(texts, _Texts):
            return texts
        batches = [require_tokens("tokens", batch) for batch in _batches(texts)]
        if not batches:
            raise ValueError("There are no texts in this source: give some. Received: an empty source")
        tokens = np.concatenate(batches)
        self._require_enough("held-out texts", tokens)
        rows = random_rows(len(tokens), self.num_texts, self.seed)
        return _Texts(tokens[rows], split=getattr(texts, "split", None))

    def compare(self, source, real, *, floor=None, intervals=True, verbose=0):
        """Measure the texts of a model against held-out ones.

        Args:
            source: a model with `generate(num_texts, seed=)`, or tokens in a form that `real` takes.
            real: held-out texts in a form that `real` takes, or what it returned.
            floor: training texts in the same forms, or what `self.floor` returned for them; or None.
            intervals: whether to compute the confidence intervals.
            verbose: has no effect.

        Returns:
            `Report`, a mapping of names to `Result`.

        Raises:
            ValueError: if these are no texts, or a metric needs a likelihood that the source has not.
        """
        require_bool("intervals", intervals)
        real = self.real(real, verbose=verbose)
        floors = {} if floor is None else floor if _is_numbers(floor) else self.floor(floor, real)
        fake = self._drawn(source)
        results = []
        for metric in self.metrics:
            results += self._results(_MEASURES[metric], *self._prepared(metric, source, fake, real), intervals)
        return Report(dataclasses.replace(result, floor=floors.get(result.name)) for result in results)

    def floor(self, train, real):
        """Measure training texts as if a model had written them.

        Args:
            train: training texts, in a form that `real` takes, or what it returned.
            real: held-out texts in the same forms.

        Returns:
            dict of the name of each value to float, without those that need the likelihood of a model.

        Raises:
            ValueError: if these are no texts.
        """
        train, real, floors = self.real(train), self.real(real), {}
        for metric in self.metrics:
            if _MEASURES[metric].needs != "model":
                floors |= self._values(_MEASURES[metric], *self._prepared(metric, None, train, real))
        return floors

    def _drawn(self, source):
        if not hasattr(source, "generate"):
            return self.real(source)
        tokens = require_tokens("tokens", source.generate(self.num_texts, seed=self.seed))
        return _Texts(tokens)

    def _prepared(self, metric, source, fake, real):
        """Both sets, with the likelihoods that a metric needs, or the part that it takes."""
        needs = _MEASURES[metric].needs
        if _MEASURES[metric].is_slow:
            return fake.some(self.num_bleu), real.some(self.num_bleu)
        if needs == "model":
            if not hasattr(source, "log_likelihood"):
                raise ValueError(
                    "The perplexity is that of a model with `log_likelihood`: leave the metric out. "
                    f"Received: source of type {type(source).__name__}"
                )
            return fake, _read(source, real)
        return (_read(self.oracle, fake), real) if needs == "oracle" else (fake, real)

    def _values(self, measure, fake, real):
        values = measure.compute(fake, real, self.ends)
        return {name: float(value) for name, value in zip(measure.better, values, strict=True)}

    def _results(self, measure, fake, real, intervals):
        values, ends = self._values(measure, fake, real), {}
        if intervals:
            rng = np.random.default_rng(self.seed)
            halves = [self._values(measure, fake.half(rng), real.half(rng)) for _ in range(_HALVES)]
            ends = {
                name: interval(
                    value,
                    float(np.std([half[name] for half in halves], ddof=1)),
                    quantile=student_quantile(_HALVES),
                    bounds=measure.bounds,
                    num_images=min(len(fake.tokens), len(real.tokens)),
                )
                for name, value in values.items()
            }
        return [
            Result(
                name=name,
                value=value,
                better=measure.better[name],
                interval=ends.get(name),
                num_real=len(real.tokens),
                num_fake=len(fake.tokens),
                split=real.split,
                seed=self.seed,
                kind="texts",
            )
            for name, value in values.items()
        ]

    def _require_enough(self, name, tokens):
        if len(tokens) < 4:
            raise ValueError(f"Give at least 4 {name}, to compare halves of them. Received: {len(tokens)}")


def _read(model, texts):
    likelihoods = as_array("log_likelihood", model.log_likelihood(texts.tokens.astype("int32")), "f")
    return dataclasses.replace(texts, likelihoods=likelihoods.astype(np.float64))


def _is_numbers(floor):
    return isinstance(floor, dict) and all(isinstance(value, float) for value in floor.values())


def _batches(source):
    """Yield batches of tokens."""
    if isinstance(source, tf.data.Dataset):
        yield from map(_tokens_of, elements(finite(source, sample="text", loader="load_text")))
    else:
        yield _tokens_of(source)


def _tokens_of(batch):
    if isinstance(batch, dict):
        if "tokens" not in batch:
            raise ValueError(f'Texts are in the field "tokens". Received: the fields {sorted(map(str, batch))}')
        return batch["tokens"]
    return batch
