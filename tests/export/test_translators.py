"""What takes images, exported."""

import json

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import export
from keras_gan._litert import interpreter
from keras_gan.export import ExportedGenerator

IMAGES = np.random.default_rng(0).uniform(-1, 1, (3, 8, 12, 3)).astype("float32")


@pytest.fixture(scope="module")
def model():
    """Two translators of one layer each, with averages of other weights."""
    shape = {"image_shape": (8, 12, 3), "width": 2}
    translators = [keras_gan.networks.resnet_translator(**shape, blocks=1) for _ in range(2)]
    discriminators = [keras_gan.networks.patch_discriminator(**shape, layers=1) for _ in range(2)]
    model = keras_gan.CycleGAN(*translators, *discriminators, ema_half_life=10, seed=0)
    average = model.averaged_source_to_target
    average.set_weights([1.5 * values for values in average.get_weights()])
    model.training_state.step.assign(1)
    return model


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    return export.save(model, tmp_path_factory.mktemp("models") / "night", max_count=4)


@pytest.fixture(scope="module")
def exported(folder):
    return ExportedGenerator(folder)


def test_translations_are_served(model, exported):
    assert (exported.inputs, exported.latent_shape) == ({"images": (8, 12, 3)}, None)
    translated = exported(images=IMAGES, batch_size=2)
    np.testing.assert_allclose(translated, model.translate(IMAGES, batch_size=2), rtol=0, atol=1e-6)
    assert np.abs(translated - model.translate(IMAGES, averaged=False)).max() > 0.01


@pytest.mark.parametrize(
    "images, message",
    [
        (127.5 * IMAGES, r"images must be in \[-1, 1\]\. Map numbers in \[0, 255\] with x / 127.5 - 1\. Received: "),
        (np.nan * IMAGES, r"images hold NaN or infinity\. Give finite numbers, in \[-1, 1\]"),
        (np.zeros((5, 8, 12, 3)), r"may hold up to 4 images\. .*Received: count =.*5"),
    ],
)
def test_wrong_images_are_answered_with_what_is_right(exported, images, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"(?s){message}"):
        exported(images=images)


def test_what_is_asked_for_must_be_what_it_takes(exported):
    with pytest.raises(ValueError, match=r"draws nothing by itself: call it .*`exported\(images=\.\.\.\)`"):
        exported.generate(3)
    with pytest.raises(ValueError, match=r"takes images: give all of its inputs by name.* Received: latents"):
        exported(latents=IMAGES)
    with pytest.raises(ValueError, match=r"`images` must have the type float32.* shape \(8, 12, 3\)"):
        exported(images=IMAGES[0])
    with pytest.raises(ValueError, match=r"at least one\. Received: 0 images"):
        exported(images=IMAGES[:0])


def test_it_has_one_signature_and_no_grid(folder):
    assert set(tf.saved_model.load(folder).signatures) == {"serving_default"}
    card, text = json.loads((folder / "model_card.json").read_text()), (folder / "README.md").read_text()
    assert card["sample_grid"] is None
    assert not (folder / "sample_grid.png").exists()
    assert card["exported"] == {"averaged": True, "latent_shape": None, "sample_shape": [8, 12, 3]}
    assert list(card["networks"])[:3] == ["source_to_target", "target_to_source", "source_discriminator"]
    assert "The averaged source to target of a CycleGAN: images (8, 12, 3) to samples (8, 12, 3)" in text
    assert "There is no grid of samples: the model needs images to translate." in text
    assert card["signatures"] == {
        "serving_default": "images float32 (count, 8, 12, 3), count up to 4 -> images float32."
    }


def test_the_card_names_the_optimizer_of_each_player(tmp_path):
    networks = keras_gan.networks.vae_gan(image_shape=(16, 16, 1), latent_dim=4, width=2)
    model = keras_gan.VAEGAN(*networks, ema_half_life=10)
    model.compile()
    export.write_model_card(tmp_path, model)
    text = (tmp_path / "README.md").read_text()
    for player in ("encoder", "decoder", "discriminator"):
        assert f"| {player} optimizer | RMSprop(learning_rate=0.0003" in text
    assert "The averaged decoder of a VAEGAN: latents (4,) to samples (16, 16, 1)" in text
    assert "| averaged decoder | " in text


def test_onnx_runtime_translates(model, tmp_path):
    session = onnxruntime.InferenceSession(export.save_onnx(model, tmp_path / "night.onnx"))
    (images,) = session.run(["translations"], {"images": IMAGES})
    np.testing.assert_allclose(images, model.translate(IMAGES), rtol=0, atol=1e-5)


def test_litert_translates(model, tmp_path):
    path = export.save_litert(model, tmp_path / "night.tflite")
    images = interpreter(path).get_signature_runner()(images=IMAGES)["images"]
    np.testing.assert_allclose(images, model.translate(IMAGES), rtol=0, atol=1e-5)
    assert export.litert_distance(model, path, images=IMAGES)["largest"] < 1e-5
    with pytest.raises(ValueError, match=r"cannot draw images: give `images`"):
        export.litert_distance(model, path)
