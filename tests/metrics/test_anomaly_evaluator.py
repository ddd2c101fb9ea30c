"""The protocol of detectors: the numbers of the pure functions, honest intervals, and images that are no test."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gan import metrics
from keras_gan.callbacks import Evaluate
from keras_gan.metrics import AnomalyEvaluator

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 4, 120)
IMAGES = RNG.uniform(-0.5, 0.5, (120, 4, 4, 1)) + 0.1 * (LABELS == 2)[:, None, None, None]
IMAGES = IMAGES.astype("float32")
KINDS = LABELS != 2
SCORES = -IMAGES.mean(axis=(1, 2, 3))


class Darkness:
    """A detector that takes dark images for anomalous."""

    def score(self, images):
        return -np.mean(images, axis=(1, 2, 3))


def dataset():
    return tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).batch(50)


FORMS = {
    "tuple": lambda: (IMAGES, LABELS),
    "dict": lambda: {"images": IMAGES, "labels": LABELS},
    "data set": dataset,
    "data set of dicts": lambda: dataset().map(lambda images, labels: {"images": images, "labels": labels}),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_values_are_those_of_the_pure_functions(form):
    report = AnomalyEvaluator(normal=2).compare(Darkness(), form())
    assert report["auroc"].value == pytest.approx(metrics.auroc(SCORES, KINDS), rel=1e-12)
    assert report["average_precision"].value == pytest.approx(metrics.average_precision(SCORES, KINDS), rel=1e-12)
    best = metrics.best_f1(SCORES, KINDS)
    assert report["best_f1"].value == pytest.approx(best.f1, rel=1e-12)
    assert report["best_f1"].threshold == pytest.approx(best.threshold, rel=1e-6)
    assert (report["auroc"].num_fake, report["auroc"].num_real) == (KINDS.sum(), (~KINDS).sum())


def test_scores_that_were_computed_elsewhere_are_measured_by_their_labels():
    evaluator = AnomalyEvaluator(normal=2)
    assert evaluator.compare(SCORES, LABELS).numbers() == evaluator.compare(SCORES, (IMAGES, LABELS)).numbers()
    with pytest.raises(ValueError, match=r"a score for each of the 30 images.*Received: scores of shape \(120,\)"):
        AnomalyEvaluator(normal=2, num_images=30).compare(SCORES, (IMAGES, LABELS))
    with pytest.raises(ValueError, match="A model scores images, and only labels were given"):
        evaluator.compare(Darkness(), LABELS)


def test_equal_scores_are_chance():
    report = AnomalyEvaluator(normal=[0, 1]).compare(np.ones(120), LABELS)
    share = (LABELS > 1).mean()
    chance = {"auroc": 0.5, "average_precision": share, "best_f1": 2 * share / (1 + share)}
    assert report.numbers() == pytest.approx(chance, rel=1e-12)
    for result in report.values():
        assert result.baseline == result.value
        assert result.doubt == "too few images to tell from chance"


def test_a_detector_of_the_wrong_sign_is_worse_than_chance():
    assert AnomalyEvaluator(normal=2).compare(-SCORES, LABELS)["auroc"].doubt == "worse than chance"
    assert AnomalyEvaluator(normal=2).compare(SCORES, LABELS)["auroc"].doubt == ""


def test_the_interval_has_the_deviation_of_delong():
    """DeLong et al. 1988: the variance of the area is that of each kind's share of pairs in the right order."""
    kinds = np.repeat([0, 1], [300, 200])
    scores = RNG.normal(size=500) + kinds
    pairs = scores[kinds == 1, None] > scores[kinds == 0]
    deviation = np.sqrt(pairs.mean(axis=1).var(ddof=1) / 200 + pairs.mean(axis=0).var(ddof=1) / 300)
    low, high = AnomalyEvaluator(["auroc"]).compare(scores, kinds)["auroc"].interval
    assert high - low == pytest.approx(2 * 1.96 * deviation, rel=0.1)
    assert low < pairs.mean() < high


@pytest.mark.long
def test_the_interval_is_as_wide_as_the_spread_of_other_images():
    """Of 200 sets of images of a known detector, nearly 95 % of the intervals hold the true area."""
    truth, covered = 0.7602, 0  # P(N(1, 1) > N(0, 1)) = Phi(1 / sqrt 2)
    evaluator, kinds = AnomalyEvaluator(["auroc"]), np.repeat([0, 1], [60, 40])
    for _ in range(200):
        low, high = evaluator.compare(RNG.normal(size=100) + kinds, kinds)["auroc"].interval
        covered += low <= truth <= high
    assert 0.92 <= covered / 200 <= 0.98


def test_the_interval_of_a_perfect_order_is_that_of_the_rarer_kind():
    """Wilson's interval of 20 out of 20."""
    kinds = np.repeat([0, 1], [100, 20])
    low, high = AnomalyEvaluator(["auroc"]).compare(kinds, kinds)["auroc"].interval
    assert (low, high) == pytest.approx((20 / (20 + 1.96**2), 1.0))


def test_the_same_seed_gives_the_same_interval():
    one, two, other = (AnomalyEvaluator(normal=2, seed=seed).compare(SCORES, LABELS)["auroc"] for seed in (0, 0, 1))
    assert one.interval == two.interval != other.interval
    assert AnomalyEvaluator(normal=2).compare(SCORES, LABELS, intervals=False)["auroc"].interval is None


def test_of_many_images_a_random_part_is_taken():
    held_out = AnomalyEvaluator(normal=2, num_images=30).real((IMAGES, LABELS))
    assert len(held_out.images) == len(held_out.is_anomaly) == 30
    places = [int(np.flatnonzero((image == IMAGES).all(axis=(1, 2, 3)))[0]) for image in held_out.images]
    np.testing.assert_array_equal(held_out.is_anomaly, KINDS[places])
    assert max(places) > 60


def test_a_line_says_what_was_measured(tmp_path):
    report = AnomalyEvaluator(["best_f1"], normal=2).compare(SCORES, LABELS)
    line = str(report["best_f1"])
    assert f"from a score of {report['best_f1'].threshold:.4g}, chance 0.8" in line
    assert f"{KINDS.sum()} anomalous and {(~KINDS).sum()} normal images; seed 0" in line
    report.save(tmp_path / "report.json")
    assert dict(metrics.Report.load(tmp_path / "report.json")) == dict(report)


@pytest.mark.parametrize(
    "images, message",
    [
        (IMAGES, "Anomalies are known by their labels.*Received: ndarray"),
        ((IMAGES, LABELS[:-1]), "`labels` must have a class for each of the 120 samples. Received: 119"),
        ((IMAGES, np.full(120, 2)), r"All images are normal.*Received: normal=\[2\], labels from 2 to 2"),
        ((IMAGES, np.zeros(120, int)), r"All images are anomalous.*Received: normal=\[2\], labels from 0 to 0"),
        ((IMAGES * 300, LABELS), r"must be finite numbers in \[-1, 1\]"),
    ],
)
def test_images_that_tell_nothing_are_an_error(images, message):
    with pytest.raises(ValueError, match=message):
        AnomalyEvaluator(normal=2).real(images)


def test_endless_data_are_an_error():
    with pytest.raises(ValueError, match="The data set is endless"):
        AnomalyEvaluator(normal=2).real(dataset().repeat())


@pytest.mark.parametrize(
    "options, message",
    [
        ({"metrics": ["auc"]}, "Did you mean 'auroc'"),
        ({"metrics": []}, r"at least one. Received: metrics=\[\]"),
        ({"normal": []}, r"Received: normal=\[\]"),
        ({"normal": "good"}, "`normal` must be an integer of at least 0. Received: normal='good'"),
        ({"num_images": 1}, "`num_images` must be"),
    ],
)
def test_arguments_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        AnomalyEvaluator(**options)


@pytest.mark.long
def test_evaluate_follows_it_and_keeps_the_best_model(tmp_path):
    class Detector(keras.Model):
        def score(self, images):
            return np.asarray(self(images))[:, 0] * -1.0

    network = [keras.layers.Flatten(), keras.layers.Dense(1, kernel_initializer="ones")]
    model = Detector(*[inputs := keras.Input((4, 4, 1)), network[1](network[0](inputs))])
    model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    evaluate = Evaluate(
        {"images": IMAGES, "labels": LABELS}, AnomalyEvaluator(normal=2), directory=tmp_path, best="auroc"
    )
    logs = model.fit(IMAGES, LABELS, epochs=2, callbacks=[evaluate], verbose=0).history
    assert logs["auroc"] == pytest.approx([metrics.auroc(SCORES, KINDS)] * 2, rel=1e-6)
    assert metrics.Report.load(tmp_path / "best.json")["auroc"].value == pytest.approx(logs["auroc"][0])
    assert (tmp_path / "best.keras").exists()
