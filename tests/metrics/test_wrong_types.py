"""What is not what it should be is refused when it is given, by the name of its argument."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from keras_gan import metrics

FEATURES = np.random.default_rng(0).normal(size=(20, 4))
MOMENTS = metrics.moments(FEATURES)
RESULT = metrics.Result(
    name="recall", value=0.5, better="higher", extractor="e", extractor_hash="ab", resize="none", num_real=2, num_fake=2
)
IMAGES = np.random.default_rng(0).uniform(-1, 1, (20, 12, 12, 1)).astype("float32")


@pytest.fixture(scope="module")
def extractor():
    return metrics.ModelExtractor(lambda images: images[:, 0, :3, 0], name="row", channels=1, fingerprint="1")


class Made:
    """A generator that makes the same whatever it is asked for."""

    def __init__(self, images):
        self.images = images

    def generate(self, num_images, *, seed):
        return self.images


def measure(*values):
    return metrics.Measure(lambda real, fake: values[0], {"a": "lower"})(metrics.Samples(FEATURES), None)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: metrics.Evaluator(5), r"ModelExtractor\(model\)` for a model of your own. Received: extractor=5"),
        (lambda: metrics.FrechetDistance(extractor="net"), r"`extractor` must be.*Received: extractor='net'"),
        (lambda: metrics.FrechetDistance(num_features=2, name=5), r"`name` must be a string.*Received: name=5"),
        (lambda: metrics.frechet_distance([[1.0], [1.0, 2.0]], FEATURES), r"`real_features` must be an array of num"),
        (lambda: metrics.frechet_distance(FEATURES, None), r"`fake_features` must be .*fake_features of type NoneType"),
        (lambda: metrics.frechet_distance_from_moments(MOMENTS, 5), r"`fake` must be `keras_gan.metrics.Moments`"),
        (lambda: metrics.class_coverage([[1], [1, 2]], 3), r"`class_ids` must be an array"),
        (lambda: metrics.ms_ssim_diversity(np.full((2, 12, 12, 1), "a")), r"`images` must be an array of numbers"),
        (lambda: metrics.sliced_wasserstein_distance(IMAGES, [[1], [1, 2]]), r"`fake_images` must be an array"),
        (lambda: metrics.perceptual_path_length(5, abs, latent_dim=2), r"`generator` must be a function.*generator=5"),
        (lambda: metrics.perceptual_path_length(abs, abs, latent_dim=2, mapping=0), r"`mapping` must be a function"),
        (lambda: metrics.train_extractor(5), r"list of batches: .*Received: dataset=5"),
        (lambda: metrics.train_extractor("digits"), r"keras_gan.data.load.*Received: dataset='digits'"),
        (lambda: metrics.KerasInception(download="no"), r"`download` must be True or False. Received: download='no'"),
        (lambda: metrics.ModelExtractor(abs, value_range=5), r"low < high. Received: value_range=5"),
        (lambda: metrics.ModelExtractor(abs, name=""), r"`name` must be a string that is not empty"),
        (lambda: metrics.ModelExtractor(abs, fingerprint=5), r"`fingerprint` must be a string"),
        (lambda: metrics.ModelExtractor(abs, output=[[1]]), r"`output` must be a name or an index"),
        (lambda: metrics.ModelExtractor("gs://bucket/net.keras"), r"without `gs://`. Received: model='gs://bucket"),
        (lambda: metrics.Measure(5, {"a": "lower"}), r"`compute` must be a function"),
        (lambda: metrics.Measure(abs, {"a": "less"}), r"`better` must be a dict.*Received: better=\{'a': 'less'\}"),
        (lambda: metrics.Measure(abs, {"a": "lower"}, needs="pixels"), r"`needs` must be.*Received: needs='pixels'"),
        (lambda: measure((1.0, 2.0)), r"a float for each of 'a', also if there is only one. Received: \(1.0, 2.0\)"),
        (lambda: measure(1.0), r"`compute` must return a tuple.*Received: 1.0"),
        (lambda: metrics.Samples(5), r"`features` must be an array of numbers with 2 axes.*features of type int"),
        (lambda: metrics.Samples(FEATURES, FEATURES[:3]), r"a row for each image.*logits.shape=\(3, 4\)"),
        (
            lambda: dataclasses.replace(RESULT, better="more"),
            r'`better` must be "lower", "higher" or "near 1". Received: better=',
        ),
        (lambda: dataclasses.replace(RESULT, value="0.5"), r"`value` must be a number. Received: value='0.5'"),
        (lambda: dataclasses.replace(RESULT, interval=(1.0,)), r"`interval` must be a pair of numbers or None"),
        (lambda: metrics.Report([RESULT, 5]), r"`Result` objects alone. Received: results with 5"),
        (lambda: metrics.Report.load("s3://bucket/report.json"), r"without `s3://`. Received: path="),
        (lambda: metrics.Report([RESULT]).save("gs://bucket/report.json"), r"without `gs://`. Received: path="),
        (lambda: metrics.Report([RESULT]).save(5), r"`path` must be a path.*Received: path=5"),
    ],
)
def test_a_wrong_type_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    "options, message",
    [
        ({"metrics": 5}, r"`metrics` must be a list of names.*Received: metrics=5"),
        ({"metrics": [["recall"]]}, r"There is no such metric.*Received: \['recall'\]"),
        ({"metrics": (name for name in ["precision_recall"])}, r"`metrics` must be a list of names"),
        ({"metrics": ["precision_recall"] * 2}, r"Two metrics have a value of the same name"),
        ({"cache_dir": "gs://bucket/cache"}, r"without `gs://`. Received: cache_dir="),
    ],
)
def test_an_evaluator_names_what_is_wrong(extractor, options, message):
    with pytest.raises(ValueError, match=message):
        metrics.Evaluator(extractor, **options)


@pytest.mark.parametrize(
    "images, message",
    [
        (IMAGES[:3], r"must return 20 images.*Received: images of dtype float32 and shape \(3, 12, 12, 1\)"),
        (np.full_like(IMAGES, np.nan), r"finite numbers in \[-1, 1\]"),
        (np.zeros(IMAGES.shape, "int64"), r"must be floats in \[-1, 1\].*Received: images.dtype=int64"),
        (np.full(IMAGES.shape, "a"), r"`images` must be an array of numbers"),
        (None, r"`images` must be an array of numbers.*Received: images of type NoneType"),
    ],
    ids=["few", "nan", "int64", "strings", "none"],
)
def test_samples_that_are_no_images_are_refused(extractor, images, message):
    with pytest.raises(ValueError, match=message):
        metrics.Evaluator(extractor, num_images=20).compare(Made(images), IMAGES)


@pytest.mark.parametrize("options", [{"intervals": "no"}, {"verbose": "yes"}])
def test_a_switch_that_is_neither_on_nor_off_is_refused(extractor, options):
    ((name, value),) = options.items()
    with pytest.raises(ValueError, match=f"`{name}` must be.*Received: {name}='{value}'"):
        metrics.Evaluator(extractor).compare(IMAGES, IMAGES, **options)


def test_an_extractor_says_what_it_takes():
    class Constant(metrics.Extractor):
        def embed(self, pixels):
            return metrics.Embedding(tf.zeros((len(pixels), 1)))

    for options, message in [({"input_shape": 5}, "`input_shape` must be"), ({"name": None}, "`name` must be")]:
        with pytest.raises(ValueError, match=message):
            Constant(**{"name": "constant", "digest": "1", "num_features": 1, **options})
    constant = Constant(name="constant", digest="1", num_features=1)
    for images in (None, [[1], [1, 2]], {}):
        with pytest.raises(ValueError, match="`images` must be an array of numbers"):
            constant(images)


def test_classes_of_any_integer_type_are_counted():
    assert metrics.class_coverage(np.array([0, 1], np.uint64), 2).num_modes == 2


@pytest.mark.parametrize("indices", [None, "no", 2.5, [2.5], 3, [3], [-1], [[0]], [2**40], True], ids=repr)
def test_rows_that_are_not_there(indices):
    with pytest.raises(ValueError, match="`indices` must be"):
        metrics.Samples(np.zeros((3, 2))).rows(indices)
    assert len(metrics.Samples(np.zeros((3, 2))).rows([])) == 0


@pytest.mark.parametrize("features", [{}, [None], np.array([["a", "b"]]), 1j, [[1], [1, 2]]], ids=repr)
def test_features_that_a_streaming_metric_cannot_take(features):
    metric = metrics.FrechetDistance(num_features=2)
    with pytest.raises(ValueError, match="`fake` must"):
        metric.update_state(fake=features)
