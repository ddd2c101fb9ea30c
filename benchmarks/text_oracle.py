"""Do GANs of text beat maximum likelihood at its best temperature? Prints Markdown tables, draws the curves.

    python benchmarks/text_oracle.py --seeds=0,1,2,3,4 --threads=1

The data are texts of an oracle, an LSTM of random weights, so their distribution is known (Yu et al. 2016, arXiv
1609.05473). All numbers are in nats a token, and smaller is better:

* NLL_oracle: what the oracle thinks of the texts of a model. It measures quality: one good text again and again has the
  best value.
* NLL_gen: what the model thinks of texts of the oracle that it was not trained on. It measures diversity: each text
  that the model does not expect costs.

A model can be colder: its logits are divided by a temperature below 1, and it then trades NLL_gen for NLL_oracle. So no
single number says which of two models is better. The baseline is the whole curve of `LanguageModel`, which learns by
maximum likelihood alone (Caccia et al. 2018, arXiv 1811.02549). The gain of a GAN is the NLL_oracle of the baseline of
the same seed, at the temperature where both have the same NLL_gen, minus its own: above 0, the GAN is better. "Best
gain" is that at the best of its own temperatures, of those where NLL_gen is below that of equal shares: beyond, what is
compared is hardly more than a single text.

All generators are the same LSTM. `SeqGAN` and `RelGAN` begin with a pre-training that is the baseline's training: as
many updates by maximum likelihood, with a rate that falls to 0. "Before" is their point at its end. With more updates,
the NLL_gen of the baseline rises. A training takes two to three minutes of one core. A finished run is a line in --out,
whatever its result, and is not run again.
"""

import os
import pathlib

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import _text
import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

import keras_gan
from keras_gan.metrics import perplexity

FLAGS = flags.FLAGS
flags.DEFINE_list("models", ["SeqGAN", "RelGAN"], "The GANs; the baseline is always there.")
flags.DEFINE_list("seeds", ["0", "1", "2", "3", "4"], "Seeds, each a whole training of each model.")
flags.DEFINE_integer("vocab_size", 30, "Tokens of the oracle.", lower_bound=2)
flags.DEFINE_integer("length", 12, "Tokens in a text.", lower_bound=2)
flags.DEFINE_integer("texts", 10_000, "Texts of the oracle for training; as many measure.", lower_bound=64)
flags.DEFINE_integer("width", 32, "Units of the LSTM of all models.", lower_bound=1)
flags.DEFINE_integer("batch_size", 64, "Texts in a batch.", lower_bound=1)
flags.DEFINE_integer("updates", 2500, "Updates by maximum likelihood.", lower_bound=10)
flags.DEFINE_integer("judge_steps", 100, "Steps of the pre-training of SeqGAN's discriminator.", lower_bound=0)
flags.DEFINE_integer("seqgan_steps", 800, "Steps of SeqGAN's game.", lower_bound=1)
flags.DEFINE_integer("relgan_steps", 400, "Steps of RelGAN's game.", lower_bound=1)
flags.DEFINE_integer("filters", 32, "Filters of each size, 2 to 5, in the discriminators.", lower_bound=1)
flags.DEFINE_integer("rollouts", 8, "Rollouts of SeqGAN; the paper has 16.", lower_bound=1)
flags.DEFINE_float("seqgan_rate", 1e-3, "Learning rate of SeqGAN's generator in the game; the paper's code has 1e-2.")
flags.DEFINE_float("relgan_rate", 1e-4, "Learning rate of RelGAN's generator in the game.")
flags.DEFINE_float("judge_rate", 1e-3, "Learning rate of the discriminators; the papers' codes have 1e-4.")
flags.DEFINE_float("beta", 100.0, "Largest inverse temperature of RelGAN.")
flags.DEFINE_integer("threads", 0, "Threads of TensorFlow; 0 for one a core.", lower_bound=0)
flags.DEFINE_string("out", "runs/text_oracle/results.jsonl", "The log of finished runs.")
flags.DEFINE_string("pictures", "runs/text_oracle", "Where the picture of the curves goes.")

SETTINGS = (
    *("vocab_size", "length", "texts", "width", "batch_size", "updates", "judge_steps", "filters"),
    *("seqgan_steps", "relgan_steps", "rollouts", "seqgan_rate", "relgan_rate", "judge_rate", "beta"),
)
TEMPERATURES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2)
# Batches of a step, as in the papers' codes: the discriminator takes five for each update of the generator.
RATE, GAME_BATCHES = 1e-2, 5


class Oracle:
    """The distribution of the texts, and the texts."""

    def __init__(self):
        network = keras_gan.networks.text_oracle(vocab_size=FLAGS.vocab_size, length=FLAGS.length)
        self._model = keras_gan.LanguageModel(network)
        self.train, self._test = (self._model.generate(FLAGS.texts, seed=seed) for seed in (1, 2))
        self.entropy = self._nll(self._model, self._test)

    def batches(self, seed):
        """Endless batches of the training texts."""
        data = tf.data.Dataset.from_tensor_slices({"tokens": self.train}).shuffle(len(self.train), seed=seed)
        return data.repeat().batch(FLAGS.batch_size, drop_remainder=True)

    def point(self, model, temperature):
        """Return NLL_oracle and NLL_gen of a model at a temperature."""
        texts = model.generate(len(self._test), seed=0, temperature=temperature)
        return self._nll(self._model, texts), self._nll(model, self._test, temperature=temperature)

    def curve(self, model):
        """Return the points of a model at all temperatures."""
        return [self.point(model, temperature) for temperature in TEMPERATURES]

    @staticmethod
    def _nll(model, texts, **options):
        return float(np.log(perplexity(model.log_likelihood(texts, **options), texts, ends=False)))


def baseline(seed):
    """Return the compiled language model."""
    model = keras_gan.LanguageModel(writer(), seed=seed)
    model.compile(generator_optimizer=_text.adam(_text.falling(RATE, FLAGS.updates)))
    return model


def writer():
    """Return the generator of the language model, which is that of the GANs."""
    return keras_gan.networks.seqgan(**_sizes())[0]


def seqgan(seed):
    """Return the compiled SeqGAN."""
    return _compiled(
        keras_gan.SeqGAN(
            *keras_gan.networks.seqgan(**_sizes(), filters=_filters()),
            pretraining_steps=FLAGS.updates // GAME_BATCHES,
            discriminator_steps=GAME_BATCHES,
            discriminator_pretraining_steps=FLAGS.judge_steps,
            rollouts=FLAGS.rollouts,
            seed=seed,
        ),
        FLAGS.seqgan_rate,
    )


def relgan(seed):
    """Return the compiled RelGAN."""
    return _compiled(
        keras_gan.RelGAN(
            *keras_gan.networks.relgan(**_sizes(), cell="lstm", representations=16, filters=_filters()),
            pretraining_steps=FLAGS.updates // GAME_BATCHES,
            discriminator_steps=GAME_BATCHES,
            inverse_temperature=FLAGS.beta,
            annealing_steps=FLAGS.relgan_steps,
            seed=seed,
        ),
        FLAGS.relgan_rate,
    )


def _sizes():
    return {"vocab_size": FLAGS.vocab_size, "length": FLAGS.length, "width": FLAGS.width, "ends": False}


def _filters():
    return {size: FLAGS.filters for size in (2, 3, 4, 5) if size <= FLAGS.length}


def _compiled(gan, rate):
    gan.compile(
        generator_optimizer=_text.adam(_text.ThenGame(RATE, FLAGS.updates // GAME_BATCHES, rate)),
        discriminator_optimizer=_text.adam(FLAGS.judge_rate),
    )
    return gan


MAKERS = {"SeqGAN": seqgan, "RelGAN": relgan}


def run_baseline(seed, oracle):
    """Train the baseline and measure it; return the results for the log."""
    keras.utils.set_random_seed(seed)
    model = baseline(seed)
    trained = _protocol.fit(
        model, oracle.batches(seed), FLAGS.updates, epochs=_protocol.epochs_of(FLAGS.updates, at_most=5)
    )
    return {"curve": oracle.curve(model), "ms_per_step": trained["ms_per_step"]}


def run(name, seed, oracle):
    """Train a GAN and measure it before and after the game; return the results for the log."""
    keras.utils.set_random_seed(seed)
    gan, batches = MAKERS[name](seed), oracle.batches(seed)
    _protocol.fit(gan, batches, FLAGS.updates // GAME_BATCHES, epochs=1)
    before = oracle.point(gan, 1.0)
    if name == "SeqGAN" and FLAGS.judge_steps:
        _protocol.fit(gan, batches, FLAGS.judge_steps, epochs=1)
    steps = {"SeqGAN": FLAGS.seqgan_steps, "RelGAN": FLAGS.relgan_steps}[name]
    trained = _protocol.fit(gan, batches, steps, epochs=_protocol.epochs_of(steps, at_most=5))
    return {"before": before, "curve": oracle.curve(gan), "ms_per_step": trained["ms_per_step"]}


def best_gain(points, curve):
    """The largest `gain` of some points, of those where the model knows more than that all tokens are equally likely.

    Args:
        points: list of (NLL_oracle, NLL_gen), the warmest first.
        curve: list of such points.
    """
    known = [point for point in points if point[1] < np.log(FLAGS.vocab_size)]
    return max(gain(point, curve) for point in known or points[:1])


def gain(point, curve):
    """How much better NLL_oracle is than that of a curve at the same NLL_gen; outside the curve, than its nearest end.

    Args:
        point: (NLL_oracle, NLL_gen).
        curve: list of such points.
    """
    ordered = sorted(curve, key=lambda each: each[1])
    return float(np.interp(point[1], [each[1] for each in ordered], [each[0] for each in ordered]) - point[0])


def run_row(name, seed, result, curve):
    """Return one row of the table of runs."""
    before = "{:.3f}, {:.3f}".format(*result["before"]) if "before" in result else ""
    oracle, own = first = result["curve"][0]
    gains = gain(first, curve), best_gain(result["curve"], curve)
    cells = map("{:+.3f}".format, gains) if "before" in result else ("", "")
    return f"{name}, seed {seed}", before, f"{oracle:.3f}", f"{own:.3f}", *cells, f"{result['ms_per_step']:.0f}"


def mean_rows(results):
    """Yield a row for each temperature: the mean of each model over the seeds."""
    for place, temperature in enumerate(TEMPERATURES):
        means = [np.mean([run["curve"][place] for run in runs], axis=0) for runs in results.values()]
        yield f"{temperature:.1f}", *("{:.3f}, {:.3f}".format(*mean) for mean in means)


def verdict(name, runs, curves):
    """Say in one sentence whether a GAN gains, as its best gains over all seeds say it."""
    gains = [best_gain(run["curve"], curve) for run, curve in zip(runs, curves, strict=True)]
    mean, error = np.mean(gains), np.std(gains, ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else np.inf
    said = "a gain" if mean > 2 * error else "no gain"
    return f"{name}: {said}. Its best gain is {mean:+.3f} nats a token, a mean of {len(gains)}, error {error:.3f}."


def draw(results, entropy):
    """Draw the curves of all runs."""
    folder = pathlib.Path(FLAGS.pictures)
    folder.mkdir(parents=True, exist_ok=True)
    figure, axes = plt.subplots(figsize=(7, 5))
    for number, (name, runs) in enumerate(results.items()):
        for place, run in enumerate(runs):
            oracle, own = zip(*run["curve"], strict=True)
            axes.plot(own, oracle, "o-", markersize=3, color=f"C{number}", label=None if place else name)
    axes.plot([entropy], [entropy], "k*", markersize=10, label="the oracle itself")
    axes.set(xlabel="NLL_gen: diversity (less is better)", ylabel="NLL_oracle: quality (less is better)", xscale="log")
    axes.legend()
    figure.savefig(folder / "curves.png", dpi=120)
    plt.close(figure)


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    if unknown := set(FLAGS.models) - set(MAKERS):
        raise app.UsageError(f"There is no model of this name: choose from {', '.join(MAKERS)}. Received: {unknown}")
    oracle, log = Oracle(), _protocol.RunLog(FLAGS.out)
    settings = {name: FLAGS[name].value for name in SETTINGS}
    results, seeds = {name: [] for name in ("MLE", *FLAGS.models)}, [int(seed) for seed in FLAGS.seeds]
    for name in results:
        for seed in seeds:
            known = {"model": name, "seed": seed, **settings}
            train = run_baseline if name == "MLE" else lambda seed, oracle, name=name: run(name, seed, oracle)
            results[name].append(log.result(known, lambda train=train, seed=seed: train(seed, oracle)))
    equal = np.log(FLAGS.vocab_size)
    print(f"The oracle's own NLL is {oracle.entropy:.3f} nats a token; that of equal shares is {equal:.3f}.")
    curves = [run["curve"] for run in results["MLE"]]
    header = ["", "before: NLL_oracle, NLL_gen", "NLL_oracle", "NLL_gen", "gain", "best gain", "ms a step"]
    _protocol.print_table(
        header,
        (
            run_row(name, seed, result, curve)
            for name, runs in results.items()
            for seed, result, curve in zip(seeds, runs, curves, strict=True)
        ),
    )
    _protocol.print_table(["temperature", *(f"{name}: NLL_oracle, NLL_gen" for name in results)], mean_rows(results))
    for name in FLAGS.models:
        print(f"\n{verdict(name, results[name], curves)}")
    draw(results, oracle.entropy)


if __name__ == "__main__":
    app.run(main)
