"""What fills holes, exported: numbers and masks, PNG files whose holes are transparent, and wrong requests."""

import io

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from PIL import Image

import keras_gan
from keras_gan import export
from keras_gan.export import ExportedGenerator, _translations

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 8, 16, 3), np.uint8)


@pytest.fixture(scope="module")
def model():
    """A model of pictures of any size."""
    keras.utils.set_random_seed(0)
    seen = {name: keras.Input((None, None, channels), name=name) for name, channels in (("images", 3), ("masks", 1))}
    both = keras.layers.Concatenate()(list(seen.values()))
    stages = {name: keras.layers.Conv2D(3, 3, padding="same", activation="tanh") for name in ("images", "coarse")}
    generator = keras.Model(seen, {name: stage(both) for name, stage in stages.items()})
    judge = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(1, 3)])
    return keras_gan.FreeFormInpainter(generator, judge)


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    return ExportedGenerator(export.save(model, tmp_path_factory.mktemp("models") / "anywhere", card=None))


def masks(height=8, width=16):
    hole = np.zeros((1, height, width, 1), "float32")
    hole[:, 2:5, 3:9] = 1.0
    return hole


def png(pixels, alpha=None):
    buffer = io.BytesIO()
    pixels = pixels if alpha is None else np.concatenate([pixels, alpha], axis=-1)
    Image.fromarray(pixels.squeeze()).save(buffer, "png")
    return buffer.getvalue()


@pytest.mark.long
def test_numbers_are_completed_and_known_ones_keep_every_bit(model, exported):
    assert exported.inputs == {"images": (None, None, 3), "masks": (None, None, 1)}
    images = IMAGES.astype("float32") / 127.5 - 1.0
    filled = exported.translate(images, masks=masks()[0])
    np.testing.assert_allclose(filled, model.inpaint(images, masks()), atol=1e-6)
    known = np.broadcast_to(masks() == 0.0, images.shape)
    np.testing.assert_array_equal(filled[known], images[known])


@pytest.mark.parametrize("dtype", ["float32", "uint8", "bool"])
def test_masks_are_taken_as_the_model_takes_them(exported, dtype):
    images = IMAGES.astype("float32") / 127.5 - 1.0
    expected = exported.translate(images, masks=np.repeat(masks(), 2, axis=0))
    np.testing.assert_array_equal(exported.translate(images, masks=masks().astype(dtype)), expected)
    with pytest.raises(ValueError, match=r"`masks` must be an array of numbers.* Received: masks=\[\[1\], \[0, 1\]\]"):
        exported.translate(images, masks=[[1], [0, 1]])


def test_transparent_pixels_of_a_file_are_filled_and_the_others_are_untouched(model, exported):
    inpaint = exported._model.signatures["inpaint_png"]
    # Half transparent pixels are known.
    alpha = np.where(masks()[0], 0, 255).astype("uint8")
    alpha[0, 0] = 1
    large = np.tile(IMAGES[1], (2, 1, 1))
    files = [png(IMAGES[0], alpha), png(large, np.tile(alpha, (2, 1, 1)))]
    made = inpaint(image_bytes=tf.constant(files))["png_bytes"].numpy()
    for given, hole, file in ((IMAGES[0], masks()[0], made[0]), (large, np.tile(masks()[0], (2, 1, 1)), made[1])):
        with Image.open(io.BytesIO(file)) as image:
            found = np.asarray(image)
        assert found.shape == given.shape
        known = np.broadcast_to(hole == 0.0, given.shape)
        np.testing.assert_array_equal(found[known], given[known])
        expected = model.inpaint(given[None].astype("float32") / 127.5 - 1.0, hole[None])[0]
        np.testing.assert_allclose(found, keras_gan._pixels.to_bytes(expected), atol=1)


@pytest.mark.long
def test_onnx_runtime_fills_holes(model, tmp_path):
    path = export.save_onnx(model, tmp_path / "anywhere.onnx")
    images = IMAGES.astype("float32") / 127.5 - 1.0
    session = onnxruntime.InferenceSession(path)
    (filled,) = session.run(None, {"images": images, "masks": np.repeat(masks(), 2, axis=0)})
    np.testing.assert_allclose(filled, model.inpaint(images, masks()), atol=1e-5)
    known = np.broadcast_to(masks() == 0.0, images.shape)
    np.testing.assert_array_equal(filled[known], images[known])


def test_wrong_requests_are_answered_with_what_is_right(exported):
    signatures, image = exported._model.signatures, tf.zeros((1, 8, 8, 3))
    for bad, words in (
        (tf.fill((1, 8, 8, 1), 0.5), "Masks must be 1 in the hole"),
        (tf.zeros((1, 8, 4, 1)), "Give a mask for each image, of the same height and width"),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=words):
            signatures["serving_default"](images=image, masks=bad)
    with pytest.raises(tf.errors.InvalidArgumentError, match="This picture has no hole"):
        signatures["inpaint_png"](image_bytes=tf.constant([png(IMAGES[0])]))


def test_a_hole_where_nothing_is_painted_is_refused():
    painter = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(1, 5, activation="tanh")])
    judge = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 3)])
    model = keras_gan.ContextEncoder(painter, judge)
    options = {"max_count": 2, "jit_compile": False, "image_type": "float32"}
    # As a graph, which is all that a server has.
    served, png = (
        tf.function(signature.function, input_signature=list(signature.inputs), autograph=False)
        for signature in _translations.of_translator(model.sampler(), **options)
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match="paints the centre of a picture alone"):
        served(tf.zeros((1, 8, 8, 1)), tf.ones((1, 8, 8, 1)))
    example = _translations.of_translator(model.sampler(), **options)[1].example["image_bytes"]
    assert png(tf.constant(example.tolist()))["png_bytes"].shape == (1,)
