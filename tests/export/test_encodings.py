"""What encodes images, exported."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

import keras_gan
from keras_gan import export
from keras_gan._pixels import to_bytes

SHAPE = (4, 6, 1)
BYTES = np.random.default_rng(0).integers(0, 256, (3, *SHAPE), "uint8")
IMAGES = (BYTES / np.float32(127.5) - np.float32(1)).astype("float32")


@pytest.fixture(scope="module")
def model():
    """A model of one layer a network, with averages of other weights."""
    keras.utils.set_random_seed(0)
    images, latents = keras.Input(SHAPE), keras.Input((2,))
    flat = keras.layers.Flatten()(images)
    codes = {name: keras.layers.Dense(2)(flat) for name in ("log_variance", "mean")}
    made = keras.layers.Reshape(SHAPE)(keras.layers.Dense(24, "tanh")(latents))
    verdict = {"logits": keras.layers.Dense(1)(flat), "features": flat}
    networks = keras.Model(images, codes), keras.Model(latents, made), keras.Model(images, verdict)
    model = keras_gan.VAEGAN(*networks, ema_half_life=10, seed=0)
    for average in (model.averaged_encoder, model.averaged_decoder):
        average.set_weights([1.5 * values for values in average.get_weights()])
    model.training_state.step.assign(1)
    return model


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    return export.save(model, tmp_path_factory.mktemp("models") / "codes", max_count=4, image_type="uint8")


@pytest.fixture(scope="module")
def signatures(folder):
    return tf.saved_model.load(folder).signatures


@pytest.mark.long
def test_codes_and_reconstructions_are_served_by_the_averages(model, signatures):
    codes = signatures["encode"](images=tf.constant(BYTES))["latents"]
    np.testing.assert_allclose(codes, model.encode(IMAGES), atol=1e-6)
    assert np.abs(codes - model.encode(IMAGES, averaged=False)).max() > 0.1
    rebuilt = signatures["reconstruct"](images=tf.constant(BYTES))["images"]
    np.testing.assert_array_equal(rebuilt, to_bytes(model.reconstruct(IMAGES)))
    decoded = signatures["decode"](latents=codes)["images"]
    np.testing.assert_array_equal(decoded, rebuilt)
    scores = signatures["score"](images=tf.constant(BYTES))["scores"]
    np.testing.assert_allclose(scores, model.score(IMAGES), rtol=1e-5)


def test_the_export_takes_the_place_of_the_model(model, folder):
    exported = export.ExportedGenerator(folder)
    codes = exported.encode(BYTES, batch_size=2)
    np.testing.assert_allclose(codes, model.encode(IMAGES), atol=1e-6)
    np.testing.assert_array_equal(exported.reconstruct(BYTES), to_bytes(model.reconstruct(IMAGES)))
    np.testing.assert_array_equal(exported.decode(codes), exported.reconstruct(BYTES))
    np.testing.assert_allclose(exported.score(BYTES), model.score(IMAGES), rtol=1e-5)
    with pytest.raises(ValueError, match=r"`images` must have the type uint8.*Received: images of type float32"):
        exported.encode(IMAGES)
    with pytest.raises(ValueError, match=r"at least one of the images"):
        exported.score(BYTES[:0])


def test_what_has_no_encoder_encodes_nothing(model, tmp_path):
    exported = export.ExportedGenerator(export.save(model, tmp_path, signatures=["serving_default"]))
    with pytest.raises(ValueError, match=r"no signature `encode`.*it draws samples.*signatures serving_default"):
        exported.encode(BYTES)


def test_it_also_draws_images(model, signatures):
    assert set(signatures) == {"serving_default", "sample", "sample_png", "encode", "decode", "reconstruct", "score"}
    drawn = signatures["sample"](seed=tf.constant(3, tf.int64), count=tf.constant(2))["images"]
    np.testing.assert_allclose(drawn, model.generate(2, seed=3), atol=1e-6)


def test_the_card_says_what_a_client_can_ask(folder):
    stated = json.loads((folder / "model_card.json").read_text())["signatures"]
    assert stated["encode"] == "images uint8 in [0, 255] (count, 4, 6, 1), count up to 4 -> latents float32."
    assert stated["decode"] == "latents float32 (count, 2), count up to 4 -> images uint8 in [0, 255]."
    assert stated["reconstruct"] == (
        "images uint8 in [0, 255] (count, 4, 6, 1), count up to 4 -> images uint8 in [0, 255], decoded from their "
        "codes."
    )


def test_the_first_requests_ask_each_signature(folder, signatures):
    path = str(folder / "assets.extra" / "tf_serving_warmup_requests")
    asked = {}
    for record in tf.data.TFRecordDataset(path).as_numpy_iterator():
        request = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
        inputs = {name: tf.constant(tf.make_ndarray(value)) for name, value in request.inputs.items()}
        asked[request.model_spec.signature_name] = signatures[request.model_spec.signature_name](**inputs)
    assert set(asked) == set(signatures)


@pytest.mark.parametrize(
    "name, inputs, message",
    [
        ("encode", {"images": BYTES[:, :2]}, r"images_of_the_right_shape.*\[3,2,6,1\]"),
        ("encode", {"images": np.zeros((5, *SHAPE), "uint8")}, r"may hold up to 4 images.*count =.*5"),
        ("reconstruct", {"images": np.zeros((5, *SHAPE), "uint8")}, r"may hold up to 4 images"),
        ("decode", {"latents": np.full((1, 2), np.nan, "float32")}, r"latents hold NaN or infinity"),
    ],
)
def test_wrong_requests_are_answered_with_what_is_right(signatures, name, inputs, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"(?s){message}"):
        signatures[name](**{key: tf.constant(value) for key, value in inputs.items()})


@pytest.mark.long
def test_floats_are_served_as_the_model_makes_them(model, tmp_path):
    folder = export.save(model, tmp_path, signatures=["serving_default", "encode", "reconstruct"], averaged=False)
    served = tf.saved_model.load(folder).signatures
    assert set(served) == {"serving_default", "encode", "reconstruct"}
    made = served["reconstruct"](images=tf.constant(IMAGES))["images"]
    np.testing.assert_allclose(made, model.reconstruct(IMAGES, averaged=False), atol=1e-6)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"images must be in \[-1, 1\]"):
        served["encode"](images=tf.constant(100 * IMAGES))


def test_damaged_encoders_are_not_exported(model, tmp_path):
    kept = model.averaged_encoder.get_weights()
    model.averaged_encoder.set_weights([np.full_like(values, np.nan) for values in kept])
    try:
        with pytest.raises(ValueError, match=r"holds NaN or infinity"):
            export.save(model, tmp_path)
    finally:
        model.averaged_encoder.set_weights(kept)
