"""The protocol: the same numbers as the pure functions, and everything that moves them said."""

import dataclasses
import gc
import tracemalloc
import warnings

import numpy as np
import pytest
import tensorflow as tf

from keras_gan import data, metrics
from keras_gan.metrics import Evaluator, Extractor, Measure

RNG = np.random.default_rng(0)


def on_levels(pixels):
    """Images in [-1, 1] that lie on the 256 levels, as those of a file do."""
    return (pixels / 127.5 - 1).astype("float32")


REAL = on_levels(RNG.integers(0, 256, (300, 6, 6, 1)))
FAKE = on_levels(np.clip(RNG.normal(128, 50, (400, 6, 6, 1)), 0, 255).round())


class Pixels(Extractor):
    """Some of the pixels, and logits made of them; counts the images that it saw."""

    def __init__(self, *, digest="1", num_classes=3):
        super().__init__(name="pixels", digest=digest, num_features=5, num_classes=num_classes)
        self.seen = 0

    def embed(self, pixels):
        self.seen += len(pixels)
        features = tf.reshape(pixels[:, 0, :5], (-1, 5))
        return metrics.Embedding(features, None if self.num_classes is None else features[:, :3] / 32.0)


class Painter:
    """Makes samples from its seed."""

    def __init__(self):
        self.asked = []

    def generate(self, num_images, *, seed):
        self.asked.append((num_images, seed))
        return on_levels(np.random.default_rng(seed).integers(0, 256, (num_images, 6, 6, 1)))


@pytest.fixture(autouse=True)
def _few_images():
    """These are small sets, of which an evaluator warns; the tests of the warning look for it themselves."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*samples against .* real images")
        yield


def pixels(images):
    return np.rint((images[:, 0, :5, 0].astype("float64") + 1) * 127.5)


def test_the_values_are_those_of_the_pure_functions():
    evaluator = Evaluator(
        Pixels(), ["frechet_distance", "classifier_score", "precision_recall", "density_coverage"], num_halves=0
    )
    report = evaluator.compare(FAKE, REAL)
    assert report["frechet_distance"].value == metrics.frechet_distance(pixels(REAL), pixels(FAKE))
    assert report["classifier_score"].value == metrics.classifier_score(pixels(FAKE)[:, :3] / 32).mean
    assert (report["precision"].value, report["recall"].value) == metrics.precision_recall(pixels(REAL), pixels(FAKE))
    assert (report["density"].value, report["coverage"].value) == metrics.density_coverage(pixels(REAL), pixels(FAKE))


def test_measures_of_images_get_the_images():
    real, fake = (on_levels(RNG.integers(0, 256, (20, 16, 16, 1))) for _ in range(2))
    evaluator = Evaluator(Pixels(), ["sliced_wasserstein_distance", "ms_ssim_diversity"], num_halves=0)
    report = evaluator.compare(fake[:20], real)
    # To the bit: the places of the patches go by the images' own numbers.
    sides = [np.rint((images + 1) * 127.5).astype("uint8").astype("float32") / 127.5 - 1 for images in (real, fake)]
    expected = metrics.sliced_wasserstein_distance(*sides).mean
    assert report["sliced_wasserstein_distance"].value == pytest.approx(expected, rel=1e-6)
    assert 0 <= report["ms_ssim_diversity"].value < 0.5


def test_all_forms_of_the_same_images_give_the_same_values():
    evaluator = Evaluator(Pixels(), num_halves=0)
    expected = evaluator.compare(FAKE, REAL)["frechet_distance"].value
    stream = tf.data.Dataset.from_tensor_slices((FAKE, np.zeros(len(FAKE)))).batch(33)
    for fake in (FAKE, tf.constant(FAKE), stream):
        assert evaluator.compare(fake, tf.data.Dataset.from_tensor_slices(REAL).batch(7))[
            "frechet_distance"
        ].value == pytest.approx(expected, rel=1e-9)


def test_an_endless_data_set_of_load_counts_each_image_once():
    extractor = Pixels()
    digits = data.load("digits", split="test", batch_size=64, labels=True)
    real = Evaluator(extractor).real(digits)
    assert len(real) == extractor.seen == digits.num_images == 360
    assert real.split == "test"


def test_samples_depend_on_the_number_and_the_seed_alone():
    painter = Painter()
    first = Evaluator(Pixels(), num_images=600, seed=1, num_halves=0).compare(painter, REAL)
    assert [count for count, _ in painter.asked] == [250, 250, 100]
    assert len({seed for _, seed in painter.asked}) == 3
    again = Evaluator(Pixels(), num_images=600, seed=1, num_halves=0).compare(Painter(), REAL)
    other = Evaluator(Pixels(), num_images=600, seed=2, num_halves=0).compare(Painter(), REAL)
    assert first.numbers() == again.numbers() != other.numbers()
    assert first["frechet_distance"].num_fake == 600


def test_the_interval_is_as_wide_as_the_means_error_says():
    # The mean of the feature over n samples has the variance s^2 / n: known, for one side; the other does not move.
    measure = Measure(lambda real, fake: (fake.features[:, 0].mean(),), {"mean": "higher"})
    evaluator = Evaluator(Pixels(), [measure], num_halves=400)
    low, high = evaluator.compare(FAKE, REAL)["mean"].interval
    deviation = pixels(FAKE)[:, 0].std() / np.sqrt(len(FAKE))
    assert (high - low) / 2 == pytest.approx(1.966 * deviation, rel=0.1)
    assert (low + high) / 2 == pytest.approx(pixels(FAKE)[:, 0].mean())


def test_the_floor_is_what_training_images_would_get():
    train = on_levels(RNG.integers(0, 256, (500, 6, 6, 1)))
    evaluator = Evaluator(Pixels(), num_images=500, num_halves=0)
    result = evaluator.compare(Painter(), REAL, floor=train)["frechet_distance"]
    assert result.floor == pytest.approx(metrics.frechet_distance(pixels(REAL), pixels(train)))
    floors = evaluator.floor(train, REAL)
    assert evaluator.compare(Painter(), REAL, floor=floors)["frechet_distance"].floor == result.floor


BY_CLASS = on_levels(np.sort(RNG.integers(0, 256, (2_000, 1, 1, 1)), axis=0) * np.ones((1, 6, 6, 1)))


def stream_of(images, *, knows_its_number):
    """A data set of batches: with its number of images, as from `load`, or without."""
    dataset = tf.data.Dataset.from_tensor_slices(images).batch(300)
    if knows_its_number:
        dataset.num_images, dataset.one_pass = len(images), lambda: dataset
    return dataset


@pytest.mark.long
@pytest.mark.parametrize(
    "form",
    [
        np.asarray,
        tf.constant,
        lambda images: stream_of(images, knows_its_number=True),
        lambda images: stream_of(images, knows_its_number=False),
    ],
    ids=["array", "tensor", "load", "stream"],
)
def test_a_part_of_a_set_is_as_far_from_it_sorted_as_shuffled(form):
    measure = Measure(lambda real, fake: (abs(real.features.mean() - fake.features.mean()),), {"gap": "lower"})
    evaluator = Evaluator(Pixels(), [measure], num_images=500, num_halves=0)
    # Without their hashes: it would see that they are the same images.
    real = dataclasses.replace(evaluator.real(BY_CLASS), hashes=None)
    for images in (BY_CLASS, BY_CLASS[RNG.permutation(2_000)]):
        result = evaluator.compare(form(images), real, floor=form(images))["gap"]
        assert result.num_fake == 500
        # The mean of 500 of the 2,000 has a standard deviation of 2.9 levels; the first 500 have a gap of 96.
        assert result.value < 12
        assert result.floor < 12


def test_the_same_seed_takes_the_same_part():
    def value(seed):
        return Evaluator(Pixels(), num_images=500, seed=seed, num_halves=0).compare(BY_CLASS, REAL).numbers()

    assert value(3) == value(3) != value(4)


def test_results_say_what_they_are():
    extractor = Pixels()
    result = Evaluator(extractor, num_images=300, seed=5, num_halves=2).compare(Painter(), REAL)["frechet_distance"]
    assert (result.extractor, result.extractor_hash, result.resize) == ("pixels", extractor.fingerprint, "none")
    assert (result.num_real, result.num_fake, result.split, result.seed) == (300, 300, None, 5)
    assert result.better == "lower"
    assert result.interval[0] < result.value < result.interval[1]


@pytest.mark.long
def test_only_the_inception_network_of_2015_makes_it_a_fid():
    inception = Pixels()
    inception.is_fid = True
    names = ["frechet_distance", "kernel_distance", "classifier_score", "precision_recall"]
    report = Evaluator(inception, names, num_halves=0).compare(FAKE, REAL)
    assert list(report) == ["fid", "kid", "inception_score", "precision", "recall"]


def test_small_numbers_of_images_are_warned_of_once_and_noted_in_each_result():
    evaluator = Evaluator(Pixels(), num_images=300, num_halves=0)
    with pytest.warns(UserWarning, match="300 samples against 300 real images: fewer than 10,000 images"):
        evaluator.compare(Painter(), REAL)
    with warnings.catch_warnings(action="error"):
        result = evaluator.compare(Painter(), REAL)["frechet_distance"]
    assert "fewer than 10,000" in result.warnings[0]
    with pytest.warns(UserWarning, match=r"fewer images \(4\) than features \(5\)"):
        Evaluator(Pixels(), num_halves=0).compare(FAKE[:4], REAL)
    # The kernel distance needs no covariance.
    with pytest.warns(UserWarning, match="fewer than 10,000") as told:
        Evaluator(Pixels(), ["kernel_distance"], num_halves=0).compare(FAKE[:4], REAL)
    assert not any("covariance" in str(warning.message) for warning in told)


def test_features_of_real_images_are_taken_once_for_all_runs(tmp_path):
    evaluators = [Evaluator(Pixels(), cache_dir=tmp_path, num_halves=0) for _ in range(2)]
    first, second = (evaluator.real(REAL) for evaluator in evaluators)
    assert [evaluator.extractor.seen for evaluator in evaluators] == [300, 0]
    np.testing.assert_array_equal(first.features, second.features)
    np.testing.assert_array_equal(first.logits, second.logits)
    assert first.fingerprint == second.fingerprint
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("change", ["image", "extractor", "damage"])
def test_the_cache_is_never_stale(tmp_path, change):
    Evaluator(Pixels(), cache_dir=tmp_path).real(REAL)
    images, extractor = REAL.copy(), Pixels()
    if change == "image":
        images[7, 0, 0, 0] = -images[7, 0, 0, 0]
    elif change == "extractor":
        extractor = Pixels(digest="2")
    else:
        (file,) = tmp_path.iterdir()
        file.write_bytes(file.read_bytes()[:-100])
    real = Evaluator(extractor, cache_dir=tmp_path).real(images)
    assert extractor.seen == len(REAL)
    np.testing.assert_array_equal(real.features, pixels(images))


def test_a_measure_of_ones_own_stands_beside_the_others():
    gap = Measure(lambda real, fake: (np.abs(real.features.mean() - fake.features.mean()),), {"gap": "lower"})
    evaluator = Evaluator(Pixels(), ["precision_recall", gap], num_halves=0)
    assert evaluator.better == {"precision": "higher", "recall": "higher", "gap": "lower"}
    assert evaluator.compare(np.flip(REAL, 1), np.flip(REAL, (1, 2)))["gap"].value > 0


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"metrics": ["frechet_distanse"]}, r"no such metric. Did you mean 'frechet_distance'.*Received: 'frechet_dis"),
        ({"metrics": ["FID"]}, r"no such metric. Did you mean 'frechet_distance'"),
        ({"metrics": ["is"]}, r"no such metric. Did you mean 'classifier_score'"),
        ({"metrics": ["ms-ssim"]}, r"no such metric. Did you mean 'ms_ssim_diversity'"),
        ({"metrics": ["ppl"]}, r"no such metric. Call `keras_gan.metrics.perceptual_path_length` by itself"),
        ({"metrics": []}, r"at least one metric. Received: metrics=\[\]"),
        ({"num_images": 1}, r"`num_images` must be an integer of at least 2. Received: num_images=1"),
        ({"num_halves": 1}, r"at least two halves; use 0 for no interval. Received: num_halves=1"),
        ({"seed": -1}, r"`seed` must be"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Evaluator(Pixels(), **arguments)


def test_a_score_needs_a_classifier():
    with pytest.raises(ValueError, match=r"this extractor has none.*train_extractor.*extractor=pixels"):
        Evaluator(Pixels(num_classes=None), ["classifier_score"])


@pytest.mark.parametrize(
    "images, message",
    [
        (tf.data.Dataset.from_tensors(REAL).repeat(), r"The data set is endless.*dataset.take\(100\)"),
        (tf.data.Dataset.from_tensors(REAL).take(0), r"There are no images.*Received: an empty source"),
        (REAL[:0], r"There are no images"),
        (REAL[0], r"Metrics take images as.*`image\[None\]`. Received: ndarray of shape \(6, 6, 1\)"),
        (REAL[..., 0], r"Give grey images a channel with `images\[..., None\]`.*Received: ndarray of shape"),
        ("pictures/", r"Metrics take images as.*`keras_gan.data.load\(path\)`. Received: str"),
        (list(REAL), r"`np.stack\(images\)`. Received: list"),
        (tf.data.Dataset.from_tensor_slices(REAL), r"give `dataset.batch\(250\)`.*shape \(6, 6, 1\)"),
        (tf.data.Dataset.from_tensors({"x": REAL}), r"dicts without \"images\".*Received: a data set of \['x'\]"),
    ],
)
def test_other_things_than_images_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        Evaluator(Pixels()).real(images)


@pytest.mark.parametrize("batch", [1, 2])
def test_images_of_mixed_sizes_are_told_to_be_resized(batch):
    images = [np.zeros((side, side, 1), "float32") for side in (6, 7)]
    dataset = tf.data.Dataset.from_generator(lambda: images, output_signature=tf.TensorSpec((None, None, 1)))
    with pytest.raises(ValueError, match=r"must have the same shape. Resize .* Received: .*7,7,1"):
        Evaluator(Pixels()).compare(dataset.batch(batch), REAL)


def test_samples_in_zero_to_one_are_warned_of():
    painter = Painter()
    painter.generate = lambda count, seed: np.linspace(0, 1, count * 36, dtype="float32").reshape(count, 6, 6, 1)
    for fake in (painter, (FAKE - FAKE.min()) / np.ptp(FAKE)):
        with pytest.warns(UserWarning, match=r"The samples fill \[0, 1\].* give `samples \* 2 - 1`"):
            Evaluator(Pixels(), num_images=100, num_halves=0).compare(fake, REAL)


def test_the_images_of_named_batches_are_taken():
    named = tf.data.Dataset.from_tensors({"labels": np.zeros(300), "images": REAL})
    np.testing.assert_array_equal(Evaluator(Pixels()).real(named).features, Evaluator(Pixels()).real(REAL).features)


def test_samples_whose_features_are_known_are_not_embedded_again():
    evaluator = Evaluator(Pixels(), num_images=100, num_halves=0)
    expected = evaluator.compare(FAKE, REAL).numbers()
    known = evaluator.real(FAKE)
    seen = evaluator.extractor.seen
    assert evaluator.compare(known, evaluator.real(REAL)).numbers() == expected
    assert evaluator.extractor.seen == seen + len(REAL)


def test_a_set_too_small_for_halves_has_a_value_without_an_interval():
    result = Evaluator(Pixels()).compare(FAKE[:3], REAL[:3])["frechet_distance"]
    assert result.value == pytest.approx(metrics.frechet_distance(pixels(REAL[:3]), pixels(FAKE[:3])))
    assert result.interval is None
    assert any(
        "no confidence interval, because a metric refuses half of the images" in note for note in result.warnings
    )


def test_what_a_metric_warns_of_is_noted_too():
    evaluator = Evaluator(Pixels(), ["kernel_distance"], num_halves=2)
    with pytest.warns(UserWarning, match="400 samples against 300 real images: There are fewer samples than a subset"):
        report = evaluator.compare(FAKE, REAL, floor=on_levels(RNG.integers(0, 256, (100, 6, 6, 1))))
    assert any("The subsets have 300 samples of each side" in note for note in report["kernel_distance"].warnings)


@pytest.mark.long
def test_fifty_evaluations_leave_no_samples_behind():
    evaluator = Evaluator(Pixels(), num_images=1000, num_halves=0)
    real = evaluator.real(REAL)
    evaluator.compare(Painter(), real)
    gc.collect()
    tracemalloc.start()
    for _ in range(50):
        evaluator.compare(Painter(), real)
    gc.collect()
    growth = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    # TensorFlow and NumPy keep a few small things; the samples of a single evaluation would be 1,000 images.
    assert growth < 1000 * REAL[0].nbytes


# --- Numbers that mean something --------------------------------------------------------------------------------------


def test_the_kernel_distance_does_not_depend_on_the_units_of_the_features():
    def distance(factor, shift):
        samples = [metrics.Samples(pixels(images).astype("float32") * factor + shift) for images in (REAL, FAKE[:300])]
        return Evaluator(Pixels(), ["kernel_distance"], num_halves=0).compare(samples[1], samples[0])

    one, other = distance(1, 0)["kernel_distance"], distance(1000, 5000)["kernel_distance"]
    assert one.value == pytest.approx(other.value, rel=1e-4)
    assert 0 < one.value < 1
    assert one.scaling == "standardized"
    assert ", standardized, resize" in one.line()


@pytest.mark.long
def test_the_kernel_distance_of_inception_is_the_published_one():
    inception = Pixels()
    inception.is_fid = True
    kid = Evaluator(inception, ["kernel_distance"], num_halves=0).compare(FAKE, REAL)["kid"]
    with pytest.warns(UserWarning, match="fewer samples than a subset"):
        assert kid.value == metrics.kernel_distance(pixels(REAL), pixels(FAKE)).mean
    assert kid.scaling is None


ALL_METRICS = ["frechet_distance", "kernel_distance", "classifier_score", "precision_recall", "density_coverage"]


@pytest.mark.parametrize("count", [24, 60, 300])
def test_intervals_stay_in_the_range_of_their_metric_and_have_the_value(count):
    report = Evaluator(Pixels(), ALL_METRICS, num_halves=8).compare(FAKE[:count], REAL[:count])
    for name, result in report.items():
        low, high = result.interval
        assert low <= result.value <= high
        assert low < high
        assert name == "kernel_distance" or low >= (1 if name == "classifier_score" else 0)
        assert name not in ("precision", "recall", "coverage") or high <= 1


def test_of_samples_from_the_real_distribution_it_is_said_that_they_cannot_be_told_from_it():
    reals = [on_levels(RNG.integers(0, 256, (count, 6, 6, 1))) for count in (300, 400, 500)]
    evaluator = Evaluator(Pixels(), ["frechet_distance"], num_images=400, num_halves=8)
    good = evaluator.compare(reals[1], reals[0], floor=reals[2])["frechet_distance"]
    assert good.doubt == "too few images to tell from the floor"
    assert f"floor {good.floor:.4g}, too few images to tell from the floor (lower is better)" in good.line()
    bad = evaluator.compare(FAKE, reals[0], floor=reals[2])["frechet_distance"]
    assert bad.doubt == ""


# --- A set and itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fake, real",
    [(REAL, REAL), (REAL[::-1], REAL), (np.concatenate([REAL, FAKE]), REAL), (REAL[:50], REAL), (REAL, REAL[:150])],
    ids=["same", "another order", "all and a split", "a part", "whole"],
)
def test_a_set_is_not_compared_with_itself(fake, real):
    with pytest.raises(ValueError, match=r"^The samples and the real images are the same images.*split=\"test\""):
        Evaluator(Pixels(), num_images=1_000).compare(fake, real)
    extractor = Pixels()
    with pytest.raises(ValueError, match=r"^The images for the floor and the real images.*split=\"train\"\)`, or none"):
        Evaluator(extractor).compare(Painter(), real, floor=fake)
    assert extractor.seen == len(fake) + len(real), "samples are drawn before it is seen"


def test_a_few_shared_images_are_noted():
    fake = np.concatenate([FAKE[:290], REAL[:10]])
    result = Evaluator(Pixels(), num_halves=0).compare(fake, REAL)["frechet_distance"]
    assert any("the samples and the real images share 10 images" in note for note in result.warnings)
    result = Evaluator(Pixels(), num_halves=0).compare(FAKE[:290], REAL)["frechet_distance"]
    assert not any("share" in note for note in result.warnings)


def test_a_few_images_that_the_floor_shares_are_warned_of():
    with pytest.warns(UserWarning, match="^The images for the floor and the real images share 10 images, which makes"):
        Evaluator(Pixels()).floor(np.concatenate([FAKE[:290], REAL[:10]]), REAL)


def test_a_generator_may_draw_what_it_likes():
    painter = Painter()
    painter.generate = lambda count, seed: REAL[:count]
    report = Evaluator(Pixels(), ["precision_recall"], num_images=200, num_halves=0).compare(painter, REAL)
    assert report["precision"].value == 1


@pytest.mark.long
@pytest.mark.parametrize("split, is_doubtful", [("all", True), ("test", False)])
def test_real_images_that_training_may_have_seen_are_named(split, is_doubtful):
    real = data.load(REAL, split=split, batch_size=1)
    report = Evaluator(Pixels(), ["precision_recall"], num_images=50, num_halves=0).compare(Painter(), real)
    found = [note for note in report["precision"].warnings if 'measure it against split="test"' in note]
    assert bool(found) == is_doubtful
    folder = Evaluator(Pixels(), ["precision_recall"], num_images=50, num_halves=0).compare(FAKE[:50], real)
    assert not any("training images" in note for note in folder["precision"].warnings)


class MeanOverTime(Extractor):
    """The first pixels of a clip, mean over its four frames."""

    def __init__(self):
        super().__init__(name="time", digest="1", num_features=5, input_shape=(4, None, None, 1))

    def embed(self, pixels):
        return metrics.Embedding(tf.reduce_mean(pixels, axis=1)[:, 0, :5, 0])


def test_clips_are_measured_as_images_are():
    clips = on_levels(RNG.integers(0, 256, (40, 4, 6, 6, 1)))
    made = on_levels(RNG.integers(100, 200, (30, 4, 6, 6, 1)))

    class Filmer:
        def generate(self, num_clips, *, seed):
            return made[:num_clips]

    evaluator = Evaluator(MeanOverTime(), ["frechet_distance"], num_images=30, num_halves=0)
    stream = tf.data.Dataset.from_tensor_slices({"clips": clips}).batch(7)
    value = evaluator.compare(Filmer(), stream)["frechet_distance"].value
    true, false = (np.rint((part[:, :, 0, :5, 0] + 1.0) * 127.5).mean(axis=1) for part in (clips, made))
    assert value == pytest.approx(metrics.frechet_distance(true, false), rel=1e-5)
    assert evaluator.compare(made, clips)["frechet_distance"].value == value
