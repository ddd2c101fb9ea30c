"""The protocol for models of text: its values are those of the metrics, with intervals and floors; bad input."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan import data
from keras_gan.callbacks import Evaluate
from keras_gan.metrics import Report, TextEvaluator, bleu, ngram_divergence, perplexity, self_bleu

VOCAB_SIZE, LENGTH = 6, 5


class Chance:
    """Writes every token with the same probability."""

    def generate(self, num_texts, seed=None):
        return np.random.default_rng(seed).integers(1, VOCAB_SIZE, (num_texts, LENGTH)).astype("int32")

    def log_likelihood(self, tokens):
        return np.full(len(tokens), -LENGTH * np.log(VOCAB_SIZE - 1), "float32")


def held_out(count=30):
    return np.random.default_rng(9).integers(1, 4, (count, LENGTH))


def test_the_values_are_those_of_the_metrics_on_the_same_texts():
    names = ["ngram_divergence", "bleu", "self_bleu", "perplexity", "oracle_perplexity"]
    evaluator = TextEvaluator(names, num_texts=30, ends=False, oracle=Chance(), seed=3)
    report = evaluator.compare(Chance(), held_out())
    texts = Chance().generate(30, seed=3)
    for n, value in enumerate(ngram_divergence(texts, held_out(), ends=False), start=1):
        assert report[f"jsd_{n}"].value == value
    assert report["bleu_4"].value == bleu(texts, held_out(), ends=False).mean()
    assert report["self_bleu_4"].value == self_bleu(texts, ends=False).mean()
    assert report["perplexity"].value == pytest.approx(VOCAB_SIZE - 1)
    assert report["oracle_perplexity"].value == pytest.approx(VOCAB_SIZE - 1)
    assert evaluator.better == {name: result.better for name, result in report.items()}
    for result in report.values():
        low, high = result.interval
        assert low <= result.value <= high
    assert 0.0 < report["jsd_1"].interval[0] < report["jsd_1"].interval[1] < 1.0
    assert "30 samples against 30 real texts" in report["jsd_1"].line()
    assert perplexity(Chance().log_likelihood(texts), texts, ends=False) == pytest.approx(5.0)


def test_bleu_takes_a_part_that_is_spread_over_all_texts():
    evaluator = TextEvaluator(["bleu", "self_bleu"], num_texts=30, num_bleu=10, ends=False)
    report = evaluator.compare(Chance(), held_out(), intervals=False)
    rows = [0, 3, 6, 9, 12, 16, 19, 22, 25, 29]
    texts = Chance().generate(30, seed=0)[rows]
    assert report["bleu_4"].value == bleu(texts, held_out()[rows], ends=False).mean()
    assert report["self_bleu_4"].value == self_bleu(texts, ends=False).mean()
    assert report["bleu_4"].num_fake == 10


def test_the_intervals_hold_the_values_of_most_other_texts():
    evaluator = TextEvaluator(["ngram_divergence"], num_texts=200, ends=False)
    low, high = evaluator.compare(Chance(), held_out(200))["jsd_1"].interval
    rng = np.random.default_rng(1)
    values = [
        ngram_divergence(Chance().generate(200, seed=seed), rng.integers(1, 4, (200, LENGTH)), order=1, ends=False)[0]
        for seed in range(40)
    ]
    assert np.mean([low <= value <= high for value in values]) > 0.8


def test_a_floor_is_the_value_of_training_texts():
    evaluator = TextEvaluator(["ngram_divergence", "perplexity"], num_texts=20, ends=False)
    train = np.random.default_rng(5).integers(1, 4, (50, LENGTH))
    floors = evaluator.floor(train, held_out())
    assert set(floors) == {"jsd_1", "jsd_2", "jsd_3", "jsd_4"}
    report = evaluator.compare(Chance(), held_out(), floor=train, intervals=False)
    assert report["jsd_1"].floor == floors["jsd_1"] < report["jsd_1"].value
    assert report["perplexity"].floor is None
    assert evaluator.compare(Chance(), held_out(), floor=floors, intervals=False)["jsd_2"].floor == floors["jsd_2"]


def test_texts_come_in_every_form_and_of_many_a_part_is_taken(tmp_path):
    lines = [" ".join("abcdef"[token] for token in row) for row in held_out(40)]
    loaded = data.load_text(lines, batch_size=8)
    evaluator = TextEvaluator(["ngram_divergence"], num_texts=25)
    real = evaluator.real(loaded)
    assert (real.tokens.shape, real.split) == ((25, LENGTH), "all")
    tokens = np.concatenate([batch["tokens"] for batch in loaded.one_pass()])
    dataset = tf.data.Dataset.from_tensor_slices({"tokens": tokens}).batch(7)
    for same in ({"tokens": tokens}, tokens, dataset, real):
        np.testing.assert_array_equal(evaluator.real(same).tokens, real.tokens)
    report = evaluator.compare(real, real)
    assert report["jsd_4"].value == 0.0
    report.save(tmp_path / "report.json")
    assert Report.load(tmp_path / "report.json")["jsd_4"] == report["jsd_4"]


def test_the_callback_takes_it():
    evaluate = Evaluate({"tokens": held_out()}, TextEvaluator(["self_bleu"], num_texts=8, ends=False))
    evaluate.set_model(type("Model", (Chance,), {"distribute_strategy": tf.distribute.get_strategy()})())
    evaluate.set_params({"epochs": 1, "verbose": 0})
    evaluate.on_train_begin()
    logs = {}
    evaluate.on_epoch_end(0, logs)
    assert logs == {"self_bleu_4": self_bleu(Chance().generate(8, seed=0), ends=False).mean()}


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: TextEvaluator([]), r"at least one. Received: metrics=\[\]"),
        (lambda: TextEvaluator(["blue"]), r"`metrics` must be one of.*Did you mean 'bleu'"),
        (lambda: TextEvaluator(["oracle_perplexity"]), r"needs an `oracle`.*oracle=None"),
        (lambda: TextEvaluator(oracle=Chance()), r"and nothing else takes one"),
        (lambda: TextEvaluator(num_texts=3), r"`num_texts` must be an integer of at least 4"),
        (lambda: TextEvaluator().real({"images": 1}), r"in the field \"tokens\". Received: the fields \['images'\]"),
        (lambda: TextEvaluator().real(held_out(3)), r"at least 4 held-out texts.*Received: 3"),
        (lambda: TextEvaluator().real(tf.data.Dataset.from_tensors(held_out()).repeat()), r"endless.*each text once"),
        (
            lambda: TextEvaluator("perplexity").compare(held_out(), held_out()),
            r"leave the metric out",
        ),
    ],
)
def test_input_that_makes_no_sense(call, message):
    with pytest.raises(ValueError, match=message):
        call()
