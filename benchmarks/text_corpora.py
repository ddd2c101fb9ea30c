"""GANs of real text, next to maximum likelihood at every temperature and n-grams. Prints Markdown tables, writes texts.

    python benchmarks/text_corpora.py --text=$KERAS_GAN_TEST_DATA/text --seeds=0 --threads=1

Two corpora: the characters of Shakespeare ("characters": windows of 32, of which the last tenth is held out), and
captions of photographs ("words": one a line, with a test file of its own). The columns are

* JSD-1 to JSD-4: the divergence of the sequences of one to four tokens from those of held-out texts, in bits; less is
  better. It sees missing quality and missing diversity alike.
* self-BLEU: how much the texts resemble each other; that of the training texts is right, and more is less varied.
* words: the share of words that the training text has, for characters;
* perplexity: of held-out texts, a token; less is better. A GAN without a likelihood has none.

The first rows are training texts, which no model should be far better than, and n-gram models: each token is drawn as
often as it follows the last n - 1 tokens in the training text, or the last n - 2 where those are new, and so on. The
maximum likelihood (`LanguageModel`) is sampled at several temperatures, and a GAN is a gain if it has a smaller JSD-4
than the best of these (Caccia et al. 2018, arXiv 1811.02549). `SeqGAN` and `RelGAN` begin with a pre-training of as
many updates as the baseline has; all generators but that of `TextWGANGP`, which is for characters alone, are the same
LSTM. A training takes two to five minutes of one core. A finished run is a line in --out, whatever its result, and is
not run again.
"""

import os
import pathlib
import warnings

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _protocol
import _text
import keras
import numpy as np

import keras_gan
from keras_gan.metrics import known_words, ngram_divergence, perplexity, self_bleu

FLAGS = flags.FLAGS
flags.DEFINE_string("text", _protocol.real_data("text"), "The folder of the texts.")
flags.DEFINE_list("corpora", ["characters", "words"], "The corpora, each with tables of its own.")
flags.DEFINE_list("models", ["SeqGAN", "RelGAN", "TextWGANGP"], "The GANs; the baselines are always there.")
flags.DEFINE_list("seeds", ["0"], "Seeds, each a whole training of each model.")
flags.DEFINE_integer("max_tokens", 1000, "The vocabulary of words.", lower_bound=3)
flags.DEFINE_integer("width", 96, "Units of the LSTM.", lower_bound=1)
flags.DEFINE_integer("batch_size", 32, "Texts in a batch.", lower_bound=1)
flags.DEFINE_integer("updates", 5000, "Updates by maximum likelihood.", lower_bound=5)
flags.DEFINE_integer("judge_steps", 40, "Steps of the pre-training of SeqGAN's discriminator.", lower_bound=0)
flags.DEFINE_integer("seqgan_steps", 60, "Steps of SeqGAN's game.", lower_bound=1)
flags.DEFINE_integer("relgan_steps", 300, "Steps of RelGAN's game.", lower_bound=1)
flags.DEFINE_integer("wgan_steps", 600, "Steps of TextWGANGP, of five critic updates.", lower_bound=1)
flags.DEFINE_integer("filters", 64, "Filters of each size, 2 to 5, in the discriminators.", lower_bound=1)
flags.DEFINE_integer("rollouts", 2, "Rollouts of SeqGAN; the paper has 16.", lower_bound=1)
flags.DEFINE_integer("wgan_width", 64, "Width of TextWGANGP; the paper has 512.", lower_bound=1)
flags.DEFINE_integer("num_texts", 2000, "Texts of each row.", lower_bound=4)
flags.DEFINE_integer("num_bleu", 200, "Texts of self-BLEU.", lower_bound=2)
flags.DEFINE_float("game_rate", 1e-3, "Learning rate of SeqGAN and RelGAN in the game.")
flags.DEFINE_integer("threads", 0, "Threads of TensorFlow; 0 for one a core.", lower_bound=0)
flags.DEFINE_string("out", "runs/text_corpora/results.jsonl", "The log of finished runs.")
flags.DEFINE_string("pictures", "runs/text_corpora", "Where the texts go.")
flags.register_validator("text", bool, "must be given where $KERAS_GAN_TEST_DATA is not set")

SETTINGS = (
    *("max_tokens", "width", "batch_size", "updates", "judge_steps", "seqgan_steps", "relgan_steps", "wgan_steps"),
    *("filters", "rollouts", "wgan_width", "num_texts", "num_bleu", "game_rate"),
)
LENGTHS = {"characters": 32, "words": 20}
TEMPERATURES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
ORDERS = (2, 3, 4, 5)
RATE, SHOWN = 5e-3, 20


class Corpus:
    """The texts of a corpus, and what a row says of others.

    Args:
        name: "characters" or "words".
    """

    def __init__(self, name):
        self.name, self.length, self.ends = name, LENGTHS[name], name == "words"
        options = {"batch_size": FLAGS.batch_size}
        folder = pathlib.Path(FLAGS.text)
        if self.ends:
            self._source = folder / "coco_captions_train.txt"
            self._options = {"length": self.length, "max_tokens": FLAGS.max_tokens, **options}
            held_out = folder / "coco_captions_test.txt"
        else:
            self._source = held_out = folder / "tinyshakespeare.txt"
            self._options = {"tokenizer": "characters", "length": self.length, "split": "train", **options}
            options = {"split": "test", **options}
        self.loaded = self.batches(0)
        with warnings.catch_warnings(action="ignore"):
            held_out = keras_gan.data.load_text(held_out, tokenizer=self.loaded.tokenizer, **options)
        self.tokenizer = self.loaded.tokenizer
        self.train, self.test = (_some(_all(data), FLAGS.num_texts) for data in (self.loaded, held_out))
        self.everything = _all(self.loaded)
        self._words = None
        if not self.ends:
            lines = self._source.read_text(encoding="utf-8").splitlines()
            self._words = keras_gan.layers.Tokenizer.fitted(lines[: len(lines) * 9 // 10], length=self.length)

    def batches(self, seed):
        """Endless batches of the training texts."""
        # What is cut and unknown stands in the first line of the corpus.
        with warnings.catch_warnings(action="ignore"):
            return keras_gan.data.load_text(self._source, **self._options, seed=seed)

    def measured(self, tokens):
        """Return what a row says of texts."""
        jsd = ngram_divergence(tokens, self.test, ends=self.ends)
        found = {f"jsd_{n}": float(value) for n, value in enumerate(jsd, start=1)}
        found["self_bleu"] = float(self_bleu(tokens[: FLAGS.num_bleu], ends=self.ends).mean())
        if self._words is not None:
            found["words"] = float(np.nanmean(known_words(self.strings(tokens), self._words, cut=True)))
        return found

    def strings(self, tokens):
        """Return texts as strings."""
        return [text.decode() for text in self.tokenizer.decode(tokens).numpy()]

    def perplexity(self, model, temperature):
        """Return the perplexity of the held-out texts."""
        return perplexity(model.log_likelihood(self.test, temperature=temperature), self.test, ends=self.ends)

    def show(self, name, tokens):
        """Write the first texts to a file."""
        folder = pathlib.Path(FLAGS.pictures)
        folder.mkdir(parents=True, exist_ok=True)
        lines = [text.replace("\n", "\\n") for text in self.strings(tokens[:SHOWN])]
        (folder / f"{self.name}_{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _all(data):
    return np.concatenate([batch["tokens"].numpy() for batch in data.one_pass()])


def _some(tokens, count):
    return tokens[np.sort(np.random.default_rng(0).permutation(len(tokens))[:count])]


class NGrams:
    """Draws each token as often as it follows the tokens before it.

    Args:
        tokens: int array `(num_texts, length)`, the training texts.
        order: int, how many tokens a sequence has.
        ends: bool, whether 0 ends a text.
    """

    def __init__(self, tokens, order, ends):
        self.order, self.length, self._ends, self._next = order, tokens.shape[1], ends, {}
        for row in tokens.tolist():
            # -1 for the beginning of a text.
            text = [-1] * (order - 1) + row
            for place, token in enumerate(row):
                for before in range(order):
                    context = tuple(text[place + order - 1 - before : place + order - 1])
                    self._next.setdefault(context, []).append(token)
                if ends and token == 0:
                    break

    def generate(self, count, seed):
        """Return int32 tokens `(count, length)`."""
        rng = np.random.default_rng(seed)
        return np.array([self._text(rng) for _ in range(count)], "int32")

    def _text(self, rng):
        text = [-1] * (self.order - 1)
        while len(text) < self.order - 1 + self.length:
            context = tuple(text[len(text) - self.order + 1 :])
            while context not in self._next:
                context = context[1:]
            known = self._next[context]
            text.append(known[rng.integers(len(known))])
            if self._ends and text[-1] == 0:
                text += [0] * self.length
        return text[self.order - 1 : self.order - 1 + self.length]


def make_model(name, corpus, seed):
    """Return a compiled model."""
    keras.utils.set_random_seed(seed)
    sizes = {"vocab_size": corpus.tokenizer.vocab_size, "length": corpus.length}
    writing = {**sizes, "width": FLAGS.width, "embedding_dim": 32, "ends": corpus.ends}
    filters = dict.fromkeys((2, 3, 4, 5), FLAGS.filters)
    if name == "TextWGANGP":
        networks = keras_gan.networks.text_wgan_gp(**sizes, width=FLAGS.wgan_width, blocks=3)
        model = keras_gan.TextWGANGP(*networks, discriminator_steps=5, seed=seed)
        rates = {player: keras.optimizers.Adam(5e-4, 0.5, 0.9) for player in ("generator", "discriminator")}
        model.compile(**{f"{player}_optimizer": optimizer for player, optimizer in rates.items()})
        return model
    if name == "MLE":
        model = keras_gan.LanguageModel(keras_gan.networks.seqgan(**writing, filters=filters)[0], seed=seed)
        model.compile(generator_optimizer=_text.adam(_text.falling(RATE, FLAGS.updates)))
        return model
    options = {"pretraining_steps": FLAGS.updates // 5, "seed": seed}
    if name == "SeqGAN":
        networks = keras_gan.networks.seqgan(**writing, filters=filters)
        options |= {"discriminator_pretraining_steps": FLAGS.judge_steps, "rollouts": FLAGS.rollouts}
    else:
        networks = keras_gan.networks.relgan(**writing, cell="lstm", representations=16, filters=filters)
        options |= {"annealing_steps": FLAGS.relgan_steps}
    model = {"SeqGAN": keras_gan.SeqGAN, "RelGAN": keras_gan.RelGAN}[name](*networks, **options)
    rates = _text.ThenGame(RATE, FLAGS.updates // 5, FLAGS.game_rate)
    model.compile(generator_optimizer=_text.adam(rates), discriminator_optimizer=_text.adam(FLAGS.game_rate))
    return model


def steps_of(name):
    """Return the training steps of a model, those of each phase."""
    return {
        "MLE": (FLAGS.updates,),
        "SeqGAN": (FLAGS.updates // 5, *(FLAGS.judge_steps,) * bool(FLAGS.judge_steps), FLAGS.seqgan_steps),
        "RelGAN": (FLAGS.updates // 5, FLAGS.relgan_steps),
        "TextWGANGP": (FLAGS.wgan_steps,),
    }[name]


def run(name, corpus, seed):
    """Train a model and measure it; return the results for the log."""
    model, batches = make_model(name, corpus, seed), corpus.batches(seed)
    for steps in steps_of(name):
        trained = _protocol.fit(model, batches, steps, epochs=_protocol.epochs_of(steps, at_most=5))
    found = {"ms_per_step": trained["ms_per_step"], "rows": {}}
    for temperature in TEMPERATURES if hasattr(model, "log_likelihood") else (1.0,):
        options = {} if name == "TextWGANGP" else {"temperature": temperature}
        tokens = model.generate(FLAGS.num_texts, seed=0, **options)
        found["rows"][f"{temperature}"] = corpus.measured(tokens)
        if options:
            found["rows"][f"{temperature}"]["perplexity"] = corpus.perplexity(model, temperature)
        if temperature in (1.0, 0.7):
            corpus.show(f"{name}_{seed}_{temperature}", tokens)
    return found


COLUMNS = {
    **{f"jsd_{n}": "{:.3f}" for n in (1, 2, 3, 4)},
    "self_bleu": "{:.3f}",
    "words": "{:.1%}",
    "perplexity": "{:.2f}",
}


def row(name, result):
    """Return one row of the table."""
    return name, *(form.format(result[key]) if key in result else "" for key, form in COLUMNS.items())


def rows(corpus, results):
    """Yield the rows of a corpus."""
    yield row("training texts", corpus.measured(corpus.train))
    for order in ORDERS:
        tokens = NGrams(corpus.everything, order, corpus.ends).generate(FLAGS.num_texts, 0)
        corpus.show(f"{order}-grams", tokens)
        yield row(f"{order}-grams", corpus.measured(tokens))
    for (name, seed), result in results.items():
        for temperature, found in result["rows"].items():
            yield row(f"{name}, seed {seed}, temperature {temperature}", found)


def verdict(name, seed, results):
    """Say in one sentence whether a GAN is better than the best temperature of the baseline of its seed."""
    best = {each: min(found["jsd_4"] for found in results[each, seed]["rows"].values()) for each in ("MLE", name)}
    said = "a gain" if best[name] < best["MLE"] else "no gain"
    return f"{name}, seed {seed}: {said}. Its smallest JSD-4 is {best[name]:.3f}, that of the MLE {best['MLE']:.3f}."


def main(argv):
    """Train, measure, print."""
    _protocol.begin(argv)
    known = {"corpora": set(LENGTHS), "models": {"SeqGAN", "RelGAN", "TextWGANGP"}}
    for flag, names in known.items():
        if unknown := set(FLAGS[flag].value) - names:
            raise app.UsageError(f"--{flag} takes {', '.join(sorted(names))}. Received: {', '.join(sorted(unknown))}")
    log = _protocol.RunLog(FLAGS.out)
    for corpus in map(Corpus, FLAGS.corpora):
        print(
            f"\n{corpus.name}: {len(corpus.everything):,} texts of up to {corpus.length}, vocabulary "
            f"{corpus.tokenizer.vocab_size:,}, {corpus.loaded.num_cut} cut, {corpus.loaded.num_unknown:,} unknown"
        )
        results = {}
        for name in ["MLE", *FLAGS.models]:
            for seed in map(int, FLAGS.seeds if name != "TextWGANGP" or not corpus.ends else ()):
                settings = {"corpus": corpus.name, "model": name, "seed": seed}
                settings |= {flag: FLAGS[flag].value for flag in SETTINGS}
                train = lambda name=name, corpus=corpus, seed=seed: run(name, corpus, seed)  # noqa: E731
                results[name, seed] = log.result(settings, train)
        _protocol.print_table(["", "JSD-1", "JSD-2", "JSD-3", "JSD-4", *list(COLUMNS)[4:]], rows(corpus, results))
        for name, seed in results:
            if name != "MLE":
                print(f"\n{verdict(name, seed, results)}")


if __name__ == "__main__":
    app.run(main)
