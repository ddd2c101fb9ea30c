"""The protocol of reconstructions: the numbers of the pure functions, and a model's own bound."""

import math
import warnings

import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import metrics
from keras_gan.callbacks import Evaluate
from keras_gan.metrics import ModelExtractor, ReconstructionEvaluator

IMAGES = np.random.default_rng(0).uniform(-1, 1, (40, 12, 12, 3)).astype("float32")


class Darker:
    """A model whose bound of an image is the mean of its numbers."""

    def reconstruct(self, images):
        return 0.9 * images

    def elbo(self, images):
        return images.mean(axis=(1, 2, 3))


class Dark:
    def reconstruct(self, images):
        return 0.9 * images


def test_the_values_are_those_of_the_pure_functions_and_nothing_is_copied():
    report = ReconstructionEvaluator().compare(Darker(), IMAGES)
    assert report["psnr"].value == metrics.psnr(0.9 * IMAGES, IMAGES).mean
    assert report["ssim"].value == pytest.approx(metrics.ssim(0.9 * IMAGES, IMAGES).mean)
    assert report["l1"].value == pytest.approx(0.1 * np.abs(IMAGES).mean())
    assert report["gradient_energy"].value == pytest.approx(0.81)
    assert {result.baseline for result in report.values()} == {None}
    assert str(report["l1"]).endswith("(lower is better): 40 pairs; seed 0")


def test_the_bound_is_the_models_own_in_nats_and_in_bits_a_number():
    evaluator = ReconstructionEvaluator(["elbo", "bits_per_dim", "psnr"])
    assert evaluator.better == {"psnr": "higher", "elbo": "higher", "bits_per_dim": "lower"}
    report = evaluator.compare(Darker(), IMAGES)
    nats = IMAGES.mean(axis=(1, 2, 3))
    assert list(report) == ["psnr", "elbo", "bits_per_dim"]
    assert report["elbo"].value == pytest.approx(nats.mean())
    assert report["bits_per_dim"].value == pytest.approx(-nats.mean() / (432 * math.log(2)))
    low, high = report["elbo"].interval
    # The standard error times t of Student.
    assert high - low == pytest.approx(2 * 2.02 * nats.std(ddof=1) / math.sqrt(40), rel=0.15)


def test_all_forms_of_the_same_images_give_the_same_values():
    evaluator = ReconstructionEvaluator(["psnr", "elbo"])
    expected = evaluator.compare(Darker(), IMAGES).numbers()
    stream = tf.data.Dataset.from_tensor_slices((IMAGES, np.zeros(40))).batch(7)
    for real in (stream, evaluator.real(IMAGES)):
        assert evaluator.compare(Darker(), real).numbers() == pytest.approx(expected)
    part = ReconstructionEvaluator(["l1"], num_images=9)
    assert part.compare(Darker(), IMAGES)["l1"].num_real == 9


def test_an_extractor_measures_the_sets():
    pixels = ModelExtractor(lambda images: images[:, 0, :2, 0], name="two", fingerprint="1")
    evaluator = ReconstructionEvaluator(["frechet_distance"], pixels)
    with warnings.catch_warnings(action="ignore"):
        report = evaluator.compare(Darker(), IMAGES, floor=-IMAGES)
        expected = metrics.Evaluator(pixels, num_images=40).compare(0.9 * IMAGES, IMAGES)
        floor = metrics.Evaluator(pixels, num_images=40).floor(-IMAGES, IMAGES)
    assert report["frechet_distance"].value == pytest.approx(expected["frechet_distance"].value)
    assert report["frechet_distance"].floor == pytest.approx(floor["frechet_distance"])


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: ReconstructionEvaluator(["elbo"], object()), r"None of the metrics uses the `extractor`"),
        (lambda: ReconstructionEvaluator(["sharpness"]), r"There is no such metric.*'sharpness'"),
        (lambda: ReconstructionEvaluator([]), r"must be a list of names, at least one"),
        (lambda: ReconstructionEvaluator(["elbo"]).compare(Dark(), IMAGES), r"need a model with `elbo\(images\)`"),
        (lambda: ReconstructionEvaluator(["elbo"]).floor(IMAGES, IMAGES), r"has no `extractor` to measure it by"),
        (lambda: ReconstructionEvaluator().real({"source": IMAGES}), r"Metrics take images as .*Received: dict"),
    ],
)
def test_what_cannot_be_measured(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_it_measures_during_training():
    networks = keras_gan.networks.vae_gan(image_shape=(8, 8, 1), latent_dim=2, width=2)
    model = keras_gan.VAEGAN(*networks, seed=0)
    model.compile(run_eagerly=True)
    images = np.random.default_rng(1).uniform(-1, 1, (16, 8, 8, 1)).astype("float32")
    evaluate = Evaluate(images[8:], ReconstructionEvaluator(["psnr"]))
    history = model.fit(images[:8], batch_size=8, verbose=0, callbacks=[evaluate]).history
    expected = metrics.psnr(model.reconstruct(images[8:]), images[8:]).mean
    assert history["psnr"][-1] == pytest.approx(expected)
    with pytest.raises(ValueError, match=r'`model.elbo` returns.* Leave "elbo" and "bits_per_dim" out.*VAEGAN'):
        model.fit(images[:8], batch_size=8, callbacks=[Evaluate(images[8:], ReconstructionEvaluator(["elbo"]))])
