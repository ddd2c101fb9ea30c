"""What takes codes, exported: the codes that were asked for, by every road."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import export
from keras_gan._litert import interpreter
from keras_gan.export import ExportedGenerator, _signatures

CODES = np.float32([[2, 0.5], [0, -1.0], [1, 2.0]])


@pytest.fixture(scope="module")
def gan():
    networks = keras_gan.networks.info_gan(
        image_shape=(4, 6, 1), categories=(3,), num_continuous=1, latent_dim=5, width=2, units=8
    )
    gan = keras_gan.InfoGAN(*networks, seed=0)
    for weight in gan.generator.trainable_weights:
        weight.assign(4.0 * weight)
    return gan


@pytest.fixture(scope="module")
def folder(gan, tmp_path_factory):
    directory = tmp_path_factory.mktemp("models") / "codes"
    return export.save(gan, directory, signatures=["serving_default"])


@pytest.fixture(scope="module")
def exported(folder):
    return ExportedGenerator(folder)


@pytest.mark.long
def test_the_codes_decide_what_is_served(gan, exported):
    assert exported.inputs == {"latents": (5,), "codes": (2,)}
    assert (exported.codes.categories, exported.codes.num_continuous) == ((3,), 1)
    for codes in (CODES, [2, 0.5], None):
        images = exported.generate(3, codes=codes, seed=7)
        np.testing.assert_array_equal(images, gan.generate(3, codes=codes, seed=7))
    first, second = (exported.generate(3, codes=[category, 0.5], seed=7) for category in (1, 2))
    assert np.abs(first - second).max() > 1e-3


@pytest.mark.long
def test_a_seed_stands_for_its_codes(gan, tmp_path):
    path = export.save(gan, tmp_path / "codes", signatures=["sample"])
    sample = tf.saved_model.load(str(path)).signatures["sample"]
    (images,) = sample(seed=tf.constant(7, tf.int64), count=tf.constant(3)).values()
    np.testing.assert_array_equal(images, gan.generate(3, seed=7))


@pytest.mark.parametrize(
    "codes, message",
    [
        ([[3, 0.0]] * 3, r"a category from 0 to 2, then 1 finite number. Received: wrong codes ='\n3.0, 3.0"),
        ([[0.5, 0.0]] * 3, r"wrong codes ='\n0.5"),
        ([[1, np.inf]] * 3, r"wrong codes ='\ninf"),
        ([[1, 0.0]] * 2, r"a row of codes for each sample.*'\n2, 3"),
    ],
)
def test_codes_that_are_refused_by_the_graph(gan, codes, message):
    (served, *_) = _signatures.of_sampler(gan.sampler(), max_count=9, jit_compile=False)
    inputs = {"latents": tf.zeros((3, 5)), "codes": tf.constant(codes, tf.float32)}
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        served.function(*(inputs[spec.name] for spec in served.inputs))


def test_codes_for_a_model_without_and_a_card_that_is_gone_or_damaged(folder, tmp_path):
    copy = tmp_path / "1"
    shutil.copytree(folder, copy)
    card = json.loads((copy / "model_card.json").read_text())
    assert card["sampler"]["codes"] == {"categories": [3], "num_continuous": 1}
    for damaged in ({"categories": 5}, {"colours": 3}, 7):
        card["sampler"]["codes"] = damaged
        (copy / "model_card.json").write_text(json.dumps(card))
        with pytest.raises(ValueError, match=r"card is damaged.*give `codes` to `generate`"):
            ExportedGenerator(copy)
    (copy / "model_card.json").unlink()
    bare = ExportedGenerator(copy)
    assert bare.generate(3, codes=CODES, seed=0).shape == (3, 4, 6, 1)
    with pytest.raises(ValueError, match=r"it is not known which: give `codes`"):
        bare.generate(3, seed=0)
    with pytest.raises(ValueError, match=r"takes no labels: leave them out"):
        bare.generate(3, labels=1, codes=CODES)


@pytest.mark.long
def test_lite_rt_takes_them_too(gan, tmp_path):
    path = export.save_litert(gan, tmp_path / "codes.tflite")
    inputs = gan.sampling_inputs(3, seed=1, codes=CODES)
    runner = interpreter(path).get_signature_runner()
    (images,) = runner(**{name: tensor.numpy() for name, tensor in inputs.items()}).values()
    np.testing.assert_allclose(images, gan.generate(3, seed=1, codes=CODES), atol=1e-5)
