"""The protocol of pairs: the numbers of the pure functions, the right pairs, and everything that moves them said."""

import gc
import tracemalloc
import warnings

import numpy as np
import pytest
import tensorflow as tf

from keras_gan import data, metrics
from keras_gan.metrics import Embedding, Extractor, PairEvaluator, Report
from keras_gan.metrics._pairs import PairValues

RNG = np.random.default_rng(0)
SOURCE = RNG.uniform(-0.5, 0.5, (40, 12, 12, 3)).astype("float32")
TARGET = (1.5 * SOURCE + RNG.normal(0, 0.03, SOURCE.shape)).clip(-1, 1).astype("float32")
PAIRS = {"source": SOURCE, "target": TARGET}
UNPAIRED = data.load_unpaired(*(np.zeros((count, 8, 8, 1), "uint8") for count in (4, 6)), batch_size=2)


class Brighter:
    """A translator that notes what it was asked."""

    def __init__(self, factor=1.4):
        self.factor, self.asked = factor, []

    def translate(self, images, **options):
        self.asked.append(options)
        return np.clip(self.factor * images, -1, 1)


class Pixels(Extractor):
    """Two of the pixels."""

    def __init__(self):
        super().__init__(name="pixels", digest="1", num_features=2)
        self.seen = 0

    def embed(self, pixels):
        self.seen += len(pixels)
        return Embedding(pixels[:, 0, :2, 0])


@pytest.fixture(autouse=True)
def _few_images():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*samples against .* real images")
        yield


def test_the_values_are_those_of_the_pure_functions():
    report = PairEvaluator().compare(Brighter(), PAIRS)
    made = np.clip(1.4 * SOURCE, -1, 1)
    assert report["psnr"].value == metrics.psnr(made, TARGET).mean
    assert report["ssim"].value == pytest.approx(metrics.ssim(made, TARGET).mean)
    assert report["l1"].value == pytest.approx(metrics.l1(made, TARGET).mean)
    assert report["gradient_energy"].value == metrics.gradient_energy(made, TARGET).ratio


def test_the_part_of_the_images_is_that_of_the_pure_functions_and_is_said():
    report = PairEvaluator(["psnr", "ssim", "l1"], channel="y", border=1).compare(Brighter(), PAIRS)
    made = np.clip(1.4 * SOURCE, -1, 1)
    assert report["psnr"].value == metrics.psnr(made, TARGET, channel="y", border=1).mean
    assert report["psnr"].baseline == metrics.psnr(SOURCE, TARGET, channel="y", border=1).mean
    assert report["ssim"].value == pytest.approx(metrics.ssim(made, TARGET, channel="y", border=1).mean)
    assert "40 pairs; luma without 1 pixel at each side, seed 0" in str(report["psnr"])
    assert report["l1"].value == pytest.approx(metrics.l1(made, TARGET).mean)
    assert (report["l1"].part, PairEvaluator(border=2).measures[0].part) == (None, "without 2 pixels at each side")


def test_copying_the_input_stands_next_to_each_value():
    report = PairEvaluator(extractor=Pixels()).compare(Brighter(), PAIRS)
    copied = PairEvaluator(extractor=Pixels()).compare(Brighter(1.0), PAIRS)
    assert list(report) == ["psnr", "ssim", "l1", "gradient_energy", "kernel_distance"]
    assert {name: result.baseline for name, result in report.items()} == copied.numbers()
    assert f"copying the input {copied['psnr'].value:.4g} (higher is better): 40 pairs; seed 0" in str(report["psnr"])


def test_without_the_same_shape_there_is_nothing_to_copy():
    class Greyer:
        def translate(self, images):
            return images[..., :1]

    report = PairEvaluator(["l1"]).compare(Greyer(), {"source": SOURCE, "target": TARGET[..., :1]})
    assert report["l1"].baseline is None
    assert "copying" not in str(report["l1"])


def test_all_forms_of_the_same_pairs_give_the_same_values():
    evaluator = PairEvaluator(["psnr"])
    expected = evaluator.compare(Brighter(), PAIRS).numbers()
    stream = tf.data.Dataset.from_tensor_slices(PAIRS).batch(7)
    endless = stream.repeat()
    endless.one_pass, endless.split = (lambda: stream), "test"
    for real in (stream, endless, evaluator.real(PAIRS)):
        assert evaluator.compare(Brighter(), real).numbers() == expected
    assert evaluator.compare(np.clip(1.4 * SOURCE, -1, 1), PAIRS).numbers() == expected
    assert evaluator.compare(Brighter(), endless)["psnr"].split == "test"


def test_of_more_pairs_a_random_part_is_taken_each_as_likely():
    numbers = np.linspace(-1, 1, 200, dtype="float32").reshape(200, 1, 1, 1)
    seen = np.zeros(200)
    for seed in range(60):
        real = PairEvaluator(["l1"], num_pairs=50, seed=seed).real({"source": numbers, "target": -numbers})
        assert len(real) == 50
        np.testing.assert_array_equal(real.source, numbers[real.rows])
        np.testing.assert_array_equal(real.target, -numbers[real.rows])
        seen[real.rows] += 1
    # 60 draws of a quarter: five standard deviations are 17.
    assert 0 < seen.min() <= seen.max() < 33
    evaluator = PairEvaluator(["l1"], num_pairs=50)
    part = evaluator.compare(numbers, {"source": numbers, "target": -numbers})
    assert part["l1"].value == pytest.approx(2 * np.abs(numbers[evaluator.real(PAIRS | real_of(numbers)).rows]).mean())


def real_of(numbers):
    return {"source": numbers, "target": -numbers}


def test_the_interval_of_a_mean_is_that_of_student():
    rows = RNG.normal(size=30)

    class Given:
        name, better = "given", "lower"

        def __call__(self, images, targets):
            return rows

    pairs = {"source": SOURCE[:30], "target": TARGET[:30]}
    low, high = PairEvaluator([Given()]).compare(Brighter(), pairs)["given"].interval
    assert (low + high) / 2 == pytest.approx(rows.mean())
    # The bootstrap has 200 resamples, which know a deviation to 5 %.
    assert (high - low) / 2 == pytest.approx(2.045 * rows.std(ddof=1) / np.sqrt(30), rel=0.15)
    assert PairEvaluator([Given()]).compare(Brighter(), pairs, intervals=False)["given"].interval is None


def test_an_interval_stays_in_the_range_of_its_metric():
    report = PairEvaluator().compare(Brighter(), {name: part[:2] for name, part in PAIRS.items()})
    for result in report.values():
        assert result.interval[0] <= result.value <= result.interval[1]
    assert report["ssim"].interval[1] <= 1.0
    low, high = PairEvaluator(["ssim"]).compare(Brighter(), PAIRS)["ssim"].interval
    values = metrics.ssim(np.clip(1.4 * SOURCE, -1, 1), TARGET).values
    assert (high - low) / 2 == pytest.approx(2.023 * values.std(ddof=1) / np.sqrt(40), rel=0.15)
    assert report["gradient_energy"].interval[0] > 0.0


def test_the_distances_are_those_of_an_evaluator():
    made = np.clip(1.4 * SOURCE, -1, 1)
    report = PairEvaluator(["frechet_distance", "l1"], Pixels()).compare(Brighter(), PAIRS)
    alone = metrics.Evaluator(Pixels(), ["frechet_distance"]).compare(made, TARGET)["frechet_distance"]
    result = report["frechet_distance"]
    assert (result.value, result.interval, result.extractor_hash) == (alone.value, alone.interval, alone.extractor_hash)
    assert not result.is_paired


def test_the_targets_of_training_pairs_are_the_floor_of_a_distance():
    evaluator = PairEvaluator(["frechet_distance", "l1"], Pixels())
    train = {"source": SOURCE, "target": -TARGET}
    expected = metrics.Evaluator(Pixels(), num_halves=0).floor(-TARGET, TARGET)
    assert evaluator.floor(train, PAIRS) == evaluator.floor(-TARGET, PAIRS) == expected
    report = evaluator.compare(Brighter(), PAIRS, floor=train)
    assert (report["frechet_distance"].floor, report["l1"].floor) == (expected["frechet_distance"], None)
    with pytest.raises(ValueError, match=r"no `extractor` to measure it by: leave `floor` out"):
        PairEvaluator().floor(train, PAIRS)


def test_a_perfect_translation_is_no_mistake():
    class Knowing:
        def translate(self, images):
            return TARGET

    report = PairEvaluator(["psnr", "ssim", "gradient_energy", "frechet_distance"], Pixels()).compare(Knowing(), PAIRS)
    assert report["psnr"].value == np.inf
    assert report["ssim"].value == pytest.approx(1.0)
    assert report["gradient_energy"].value == 1.0
    assert report["frechet_distance"].value == pytest.approx(0.0, abs=1e-6)


def test_equal_images_are_counted_in_the_report():
    made = TARGET.copy()
    made[3:] = np.clip(made[3:] + 0.1, -1, 1)
    result = PairEvaluator(["psnr"]).compare(made, PAIRS)["psnr"]
    assert result.warnings == (
        "3 of 40 images equal their targets, so their PSNR is infinite: the mean is over the others",
    )
    assert result.value == metrics.psnr(made[3:], TARGET[3:]).mean


def test_the_way_back_has_names_of_its_own():
    model = Brighter()
    evaluator = PairEvaluator(["l1", "kernel_distance"], Pixels(), to="source")
    report = evaluator.compare(model, PAIRS)
    assert model.asked == [{"to": "source"}]
    assert evaluator.better == {"l1_to_source": "lower", "kernel_distance_to_source": "lower"}
    assert list(report) == list(evaluator.better)
    assert report["l1_to_source"].value == pytest.approx(metrics.l1(np.clip(1.4 * TARGET, -1, 1), SOURCE).mean)


def test_the_domains_of_the_targets_reach_the_model():
    model, labels = Brighter(), np.arange(40) % 3
    PairEvaluator(["l1"]).compare(model, {**PAIRS, "labels": labels})
    np.testing.assert_array_equal(model.asked[0]["labels"], labels)


def test_a_metric_of_one_s_own_and_its_fingerprint():
    class Worst:
        name, better, bounds = "worst", "lower", (0.0, 2.0)

        def __call__(self, images, targets):
            values = np.abs(images - targets).max(axis=(1, 2, 3))
            return PairValues(values.mean(), values)

    result = PairEvaluator([Worst(), "l1"]).compare(Brighter(), PAIRS)["worst"]
    expected = np.abs(np.clip(1.4 * SOURCE, -1, 1) - TARGET).max(axis=(1, 2, 3)).mean()
    assert (result.value, result.extractor, result.num_fake) == (pytest.approx(expected), None, 40)


def test_the_disk_gives_back_an_equal_report(tmp_path):
    report = PairEvaluator(extractor=Pixels()).compare(Brighter(), PAIRS)
    report.save(tmp_path / "report.json")
    assert dict(Report.load(tmp_path / "report.json")) == dict(report)


@pytest.mark.long
def test_the_targets_are_seen_once_and_many_evaluations_leave_nothing():
    extractor = Pixels()
    evaluator = PairEvaluator(["psnr", "l1", "frechet_distance"], extractor)
    real = evaluator.real(PAIRS)
    seen, held = extractor.seen, []
    assert seen == 80  # The targets, and the sources as the baseline.
    tracemalloc.start()
    try:
        for rounds in (3, 10):
            for _ in range(rounds):
                evaluator.compare(Brighter(), real, intervals=False)
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert extractor.seen == seen + 13 * 40
    # A set of translations has 69 kB.
    assert held[1] - held[0] < 69_000


@pytest.mark.parametrize(
    "pairs, message",
    [
        (SOURCE, r"Pairs are a dict of arrays `source` and `target`.* Received: ndarray"),
        ({"source": SOURCE}, r'the fields "source" and "target".* Received: \[\'source\'\]'),
        ({**PAIRS, "images": SOURCE}, r"Received: \['images', 'source', 'target'\]"),
        ({"source": SOURCE, "target": TARGET[:3]}, r"Each source has its own target.*'source': 40, 'target': 3"),
        ({"source": SOURCE[:0], "target": TARGET[:0]}, r"no pairs in this source: give at least one"),
        ({"source": 127.5 * SOURCE, "target": TARGET}, r"`source` must be finite numbers in \[-1, 1\]"),
        ({"source": SOURCE, "target": TARGET[0]}, r"`target` must be a batch of images"),
        (tf.data.Dataset.from_tensors(PAIRS).repeat(), r"endless, and metrics need each pair once"),
        (UNPAIRED, r"two kinds of images without pairs"),
        (tf.data.Dataset.from_tensors(SOURCE), r"Received: EagerTensor|Received: .*Tensor"),
    ],
)
def test_what_are_no_pairs_is_named(pairs, message):
    with pytest.raises(ValueError, match=message):
        PairEvaluator().real(pairs)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"metrics": ["pnsr"]}, r"no such metric. Did you mean 'psnr'"),
        ({"metrics": []}, r"`metrics` must be a list of names.* Received: metrics=\[\]"),
        ({"metrics": [len]}, r"needs a `name`, and `better`"),
        ({"metrics": ["frechet_distance"]}, r"give an `extractor`. Received: 'frechet_distance', extractor=None"),
        ({"metrics": ["l1"], "extractor": Pixels()}, r"None of the metrics uses the `extractor`"),
        ({"metrics": ["l1", "l1"]}, r"Two metrics have a value of the same name"),
        ({"extractor": 5}, r"`extractor` must be a `keras_gan.metrics.Extractor`"),
        ({"to": "both"}, r"`to` must be one of None, 'target', 'source'"),
        ({"channel": "Y"}, r"`channel` must be one of None, 'y'"),
        ({"border": -1}, r"`border` must be an integer of at least 0"),
        (
            {"metrics": ["l1"], "border": 4},
            r'"psnr" and "ssim" take.* Received: metrics=\[\'l1\'\], channel=None, border=4',
        ),
        ({"num_pairs": 1}, r"`num_pairs` must be an integer of at least 2"),
        ({"seed": -1}, r"`seed` must be an integer of at least 0"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        PairEvaluator(**arguments)


@pytest.mark.parametrize(
    "source, message",
    [
        (SOURCE[:3], r"a translation of each of the 40 sources, in their order. Received: ndarray of shape \(3, 12"),
        (SOURCE[..., :1], r"shape of their targets.* Received: translations of shape \(12, 12, 1\)"),
        (SOURCE * np.nan, r"`translations` must be finite numbers"),
        (5, r"Give a model with `translate`"),
    ],
)
def test_what_are_no_translations_is_named(source, message):
    with pytest.raises(ValueError, match=message):
        PairEvaluator().compare(source, PAIRS)


class Filling:
    """A model that fills holes with a number, and notes what it was shown in them."""

    def translate(self, images, *, masks):
        self.shown = images[np.broadcast_to(masks == 1.0, images.shape)]
        return np.where(masks == 1.0, np.float32(0.25), images)


def test_only_the_holes_of_completed_images_are_compared():
    masks = (RNG.uniform(size=(40, 12, 12, 1)) < 0.3).astype("float32")
    model, evaluator = Filling(), PairEvaluator(["hole_psnr", "hole_l1", "ssim"])
    report = evaluator.compare(model, {"images": TARGET, "masks": masks})
    np.testing.assert_array_equal(model.shown, 0.0)
    pixels = [image[mask[..., 0] == 1.0].astype("float64") for image, mask in zip(TARGET, masks, strict=True)]
    holes = [np.abs(0.25 - hole) for hole in pixels]
    assert report["hole_l1"].value == pytest.approx(np.mean([hole.mean() for hole in holes]))
    decibels = [10 * np.log10(4.0 / np.square(hole).mean()) for hole in holes]
    assert report["hole_psnr"].value == pytest.approx(np.mean(decibels))
    # "Copying the input" leaves the holes grey.
    assert report["hole_l1"].baseline == pytest.approx(np.mean([np.abs(hole).mean() for hole in pixels]))
    completed = np.where(masks == 1.0, np.float32(0.25), TARGET)
    assert report["ssim"].value == pytest.approx(metrics.ssim(completed, TARGET).mean)
    # What is known does not matter, whoever changes it.
    changed = evaluator.compare(np.where(masks == 1.0, completed, -completed), {"images": TARGET, "masks": masks})
    assert changed["hole_l1"].value == report["hole_l1"].value


def test_the_usual_metrics_of_images_with_holes_are_those_of_the_holes_too():
    masks = np.zeros((6, 12, 12, 1), "float32")
    masks[:, 3:6, 4:8] = 1.0
    usual, evaluator = ["psnr", "ssim", "l1", "gradient_energy"], PairEvaluator()
    report = evaluator.compare(Filling(), {"images": TARGET[:6], "masks": masks}, intervals=False)
    assert list(report) == [*usual, "hole_psnr", "hole_l1"]
    # Outside of the holes there is no error, and they are 12 of 144 pixels.
    assert report["hole_l1"].value == pytest.approx(12 * report["l1"].value, rel=1e-6)
    assert report["hole_l1"].baseline == pytest.approx(12 * report["l1"].baseline, rel=1e-6)
    masks[0] = 0.0
    report = evaluator.compare(Filling(), {"images": TARGET[:6], "masks": masks}, intervals=False)
    assert list(report) == list(evaluator.better) == usual


def test_holes_need_masks():
    with pytest.raises(ValueError, match='"hole_l1" compares what is in the holes'):
        PairEvaluator(["hole_l1"]).compare(Brighter(), PAIRS)
    for masks, words in (
        (np.full((40, 12, 12, 1), 255.0), "Divide masks of 0 and 255 by 255"),
        (np.ones((40, 12, 12)), r"`masks` must have the shape \(40, 12, 12, 1\)"),
        (np.zeros((40, 12, 12, 1)), "Each image must have a hole"),
    ):
        with pytest.raises(ValueError, match=words):
            PairEvaluator(["hole_l1"]).compare(Filling(), {"images": TARGET, "masks": masks})
