"""What takes images, exported."""

import io
import json
import types

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow_serving.apis import prediction_log_pb2

import keras_gan
from keras_gan import export
from keras_gan._litert import interpreter
from keras_gan._pixels import to_bytes
from keras_gan.export import ExportedGenerator, _picture_files
from keras_gan.layers import GroupNormalization, ReflectionPadding2D
from keras_gan.training import Interface, Sampler

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


def test_it_has_signatures_of_images_and_no_grid(folder):
    assert set(tf.saved_model.load(folder).signatures) == {"serving_default", "translate_png"}
    card, text = json.loads((folder / "model_card.json").read_text()), (folder / "README.md").read_text()
    assert card["sample_grid"] is None
    assert not (folder / "sample_grid.png").exists()
    assert card["exported"] == {"averaged": True, "latent_shape": None, "sample_shape": [8, 12, 3]}
    assert list(card["networks"])[:3] == ["source_to_target", "target_to_source", "source_discriminator"]
    assert "The averaged source to target of a CycleGAN: images (8, 12, 3) to translations (8, 12, 3)" in text
    assert "It translates images to images, and draws none from a seed." in text
    assert "There is no grid of samples: the model needs images to translate." in text
    assert card["signatures"] == {
        "serving_default": "images float32 (count, 8, 12, 3), count up to 4 -> images float32.",
        "translate_png": "image_bytes string (count,), PNG or JPEG files, count up to 4 -> png_bytes string (count,), "
        "their translations as PNG of 8 bits.",
    }


def test_the_card_names_the_optimizer_of_each_player(tmp_path):
    networks = keras_gan.networks.vae_gan(image_shape=(16, 16, 1), latent_dim=4, width=2)
    model = keras_gan.VAEGAN(*networks, ema_half_life=10)
    model.compile()
    export.write_model_card(tmp_path, model)
    text = (tmp_path / "README.md").read_text()
    for player in ("encoder", "decoder", "discriminator"):
        assert f"| {player} optimizer | Adam(learning_rate=0.0005" in text
    assert "The averaged decoder of a VAEGAN: latents (4,) to samples (16, 16, 1)" in text
    assert "| averaged decoder | " in text


@pytest.mark.long
def test_onnx_runtime_translates(model, tmp_path):
    session = onnxruntime.InferenceSession(export.save_onnx(model, tmp_path / "night.onnx"))
    (images,) = session.run(["translations"], {"images": IMAGES})
    np.testing.assert_allclose(images, model.translate(IMAGES), rtol=0, atol=1e-5)


@pytest.mark.long
def test_litert_translates(model, tmp_path):
    path = export.save_litert(model, tmp_path / "night.tflite")
    images = interpreter(path).get_signature_runner()(images=IMAGES)["images"]
    np.testing.assert_allclose(images, model.translate(IMAGES), rtol=0, atol=1e-5)
    assert export.litert_distance(model, path, images=IMAGES)["largest"] < 1e-5


class Painter:
    """A model of one translator."""

    def __init__(self, network, num_classes=None):
        self._interface = Interface(network, "translator", ("images", "labels"), "images")
        self._num_classes = num_classes

    def sampler(self, averaged=True):
        return Sampler(self._interface, num_classes=self._num_classes, is_drawn=False)

    def translate(self, images, **conditions):
        sampler = self.sampler()
        return sampler.run(sampler.inputs_for(images=images, **conditions), 64)


@keras.saving.register_keras_serializable(package="tests")
class Noise(keras.layers.Layer):
    """Adds noise, also in inference."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed = keras.random.SeedGenerator(3)

    def call(self, inputs):
        """Return noisy maps."""
        return inputs + 0.1 * keras.random.normal(keras.ops.shape(inputs), seed=self.seed)


@keras.saving.register_keras_serializable(package="tests")
class Halved(keras.layers.Layer):
    """Says which sides it takes, as the networks for any size do."""

    multiple, smallest = 4, 8

    def require_sides(self, height, width):
        """A method of that name is what tells such a layer."""

    def call(self, inputs):
        """Return the images, checked when the graph runs."""
        sides = tf.shape(inputs)[1:3]
        with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all(sides % 4 == 0), [sides])]):
            return tf.identity(inputs)


def painter(channels=3, sides=(None, None), noise=False, num_classes=None):
    """A translator with what differs between training and inference, with statistics of its own."""
    keras.utils.set_random_seed(1)
    images = x = keras.Input((*sides, channels), name="images")
    x = Halved()(x) if None in sides else x
    x = keras.layers.Conv2D(4, 3, strides=2)(ReflectionPadding2D(((1, 0), (1, 0)))(x))
    x = keras.layers.Dropout(0.5)(GroupNormalization(groups=-1)(x))
    x = Noise()(x) if noise else x
    labels = keras.Input((), dtype="int32", name="labels")
    if num_classes:
        x = x * keras.layers.Reshape((1, 1, 4))(keras.layers.Embedding(num_classes, 4, "normal")(labels) + 1.0)
    x = keras.layers.BatchNormalization()(keras.layers.Conv2DTranspose(4, 4, strides=2, padding="same")(x))
    made = keras.layers.Conv2D(channels, 1, activation="tanh")(x)
    network = keras.Model([images, labels] if num_classes else images, made, name="painter")
    rng = np.random.default_rng(0)
    for weight in network.weights:
        if not weight.dtype.startswith("uint"):
            weight.assign(weight + 0.3 * rng.random(weight.shape))
    return Painter(network, num_classes)


def served(model, folder, signature="serving_default", **options):
    """A signature of an export, with what keeps it alive."""
    loaded = tf.saved_model.load(export.save(model, folder / "painter", **options))
    function = loaded.signatures[signature]
    return lambda **inputs: next(iter(function(**inputs).values())).numpy() if loaded else None


def drawn(count, height, width, channels=3):
    return np.random.default_rng(2).uniform(-1, 1, (count, height, width, channels)).astype("float32")


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels).save(buffer, "PNG")
    return buffer.getvalue()


def opened(file):
    pixels = np.asarray(Image.open(io.BytesIO(file)))
    return pixels[..., None] if pixels.ndim == 2 else pixels


@pytest.fixture(scope="module")
def any_size(tmp_path_factory):
    """A painter of pictures of any size, with its SavedModel."""
    model = painter()
    model.folder = export.save(model, tmp_path_factory.mktemp("models") / "painter", max_count=5)
    model.loaded = tf.saved_model.load(model.folder)
    return model


@pytest.mark.long
@pytest.mark.parametrize(
    "count, height, width",
    [(5, 8, 12), pytest.param(1, 8, 12, marks=pytest.mark.long), pytest.param(2, 16, 8, marks=pytest.mark.long)],
)
def test_no_statistics_of_the_batch_and_no_dropout_reach_the_client(count, height, width, any_size):
    images = drawn(count, height, width)
    made = any_size.loaded.signatures["serving_default"](images=tf.constant(images))["images"]
    np.testing.assert_allclose(made, any_size.translate(images), rtol=0, atol=1e-6)
    alone = np.concatenate([any_size.translate(image[None]) for image in images])
    np.testing.assert_allclose(made, alone, rtol=0, atol=1e-6)


@pytest.mark.long
def test_noise_is_a_function_of_the_batch_the_same_in_every_process(tmp_path):
    model, images = painter(noise=True), drawn(5, 8, 12)
    serve = served(model, tmp_path, signatures="serving_default")
    np.testing.assert_allclose(serve(images=tf.constant(images)), model.translate(images), rtol=0, atol=1e-6)
    assert np.abs(serve(images=tf.constant(images[:1])) - model.translate(images)[:1]).max() > 0.01


@pytest.mark.long
@pytest.mark.parametrize("image_type, highest", [("uint8", 255), ("uint16", 65535)])
def test_whole_numbers_are_mapped_inside_the_graph_and_labels_go_with_them(image_type, highest, tmp_path):
    model, labels = painter(1, num_classes=3), [2, 0, 1]
    exported = ExportedGenerator(export.save(model, tmp_path / "painter", image_type=image_type))
    images = np.random.default_rng(0).integers(0, highest + 1, (3, 8, 8, 1)).astype(image_type)
    floats = images.astype("float32") / np.float32(highest / 2) - 1
    expected = [levels_of(model.translate(floats, labels=given), highest) for given in (labels, 1)]
    translated = exported.translate(images, labels=labels, batch_size=2)
    assert translated.dtype == image_type
    np.testing.assert_allclose(translated, expected[0], atol=1)
    np.testing.assert_allclose(exported.translate(images, labels=1), expected[1], atol=1)
    assert np.abs(expected[0] - expected[1]).max() > 0.01 * highest
    files = exported._model.signatures["translate_png"](
        image_bytes=tf.constant([png(image) for image in images]), labels=tf.constant(labels)
    )
    np.testing.assert_allclose([opened(file) for file in files["png_bytes"].numpy()], expected[0], atol=1)
    with pytest.raises(ValueError, match=rf"must have the type {image_type}.* Received: images of type float32"):
        exported.translate(floats, labels=1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Labels must be classes from 0 to 2"):
        exported.translate(images, labels=3)
    with pytest.raises(ValueError, match=r"takes (images and labels|labels and images): give all"):
        exported.translate(images)
    lines = json.loads((exported.path / "model_card.json").read_text())["signatures"]
    kind, given = f"images {image_type} in [0, {highest}]", "labels int32 (count,) from 0 to 2, count up to 256"
    assert lines["serving_default"] == f"{kind} (count, any, any, 1), {given} -> {kind}."
    assert f"PNG or JPEG files, {given} -> png_bytes" in lines["translate_png"]


def levels_of(images, highest):
    """Floats in [-1, 1] as the nearest of so many levels."""
    return np.floor(np.clip(images * (highest / 2) + (highest + 1) / 2, 0, highest))


def translated_files(model, loaded, channels):
    """PNG files of two sizes, what the SavedModel makes of them, and what the model does, as bytes."""
    rng = np.random.default_rng(0)
    # No alpha of 0: what nobody sees becomes white.
    pictures = [rng.integers(1, 256, (*sides, channels), dtype=np.uint8) for sides in ((8, 12), (16, 8))]
    files = loaded.signatures["translate_png"](image_bytes=tf.constant([png(picture) for picture in pictures]))
    expected = [
        to_bytes(model.translate(picture[None].astype("float32") / np.float32(127.5) - 1)) for picture in pictures
    ]
    return zip(map(opened, files["png_bytes"].numpy()), (images[0] for images in expected), strict=True)


def test_files_become_files_each_by_itself(any_size):
    for made, expected in translated_files(any_size, any_size.loaded, 3):
        np.testing.assert_array_equal(made, expected)


@pytest.mark.long
@pytest.mark.parametrize("channels", [1, 2, 4])
def test_files_have_the_channels_of_the_network_and_noise_of_their_own(channels, tmp_path):
    model = painter(channels, noise=True)
    loaded = tf.saved_model.load(export.save(model, tmp_path / "painter"))
    for made, expected in translated_files(model, loaded, channels):
        np.testing.assert_array_equal(made, expected)


@pytest.mark.long
def test_files_of_16_bits_are_read_and_written(tmp_path):
    model = painter(1)
    translate = served(model, tmp_path, "translate_png", image_type="uint16")
    picture = np.random.default_rng(0).integers(0, 65536, (8, 8, 1)).astype("uint16")
    expected = model.translate(picture[None].astype("float32") / np.float32(32767.5) - 1)[0]
    (file,) = translate(image_bytes=tf.constant([png(picture)]))
    made = opened(file)
    assert Image.open(io.BytesIO(file)).mode.startswith("I")
    np.testing.assert_allclose(made / 32767.5 - 1, expected, rtol=0, atol=1e-4)
    # 8 bits are a coarser picture of the same range.
    (white,) = translate(image_bytes=tf.constant([png(np.full((8, 8, 1), 255, np.uint8))]))
    expected = model.translate(np.ones((1, 8, 8, 1), "float32"))[0]
    np.testing.assert_allclose(opened(white) / 32767.5 - 1, expected, rtol=0, atol=1e-4)


PICTURE = np.random.default_rng(0).integers(0, 256, (6, 5, 4), dtype=np.uint8)
PICTURE[:2, :2, 3] = 0
OPAQUE = PICTURE[..., :3]


def on_white(pixels):
    image = Image.fromarray(pixels).convert("RGBA")
    background = Image.new("RGB", image.size, "white")
    background.paste(image, mask=image)
    return background


def jpeg():
    buffer = io.BytesIO()
    Image.fromarray(OPAQUE).save(buffer, "JPEG")
    return buffer.getvalue()


def test_every_kind_of_file_becomes_what_the_network_takes():
    grey, of_jpeg = Image.fromarray(OPAQUE).convert("L"), np.asarray(Image.open(io.BytesIO(jpeg())))
    full = np.full((6, 5, 1), 255, np.uint8)
    files = [png(OPAQUE), png(PICTURE), jpeg(), png(np.asarray(grey)[..., None])]
    # What `keras_gan.data` makes of such files, which Pillow rounds to whole levels at each step.
    expected = {
        1: [np.asarray(grey)[..., None], np.asarray(on_white(PICTURE).convert("L"))[..., None]],
        2: [np.concatenate([np.asarray(grey)[..., None], full], -1)],
        3: [OPAQUE, np.asarray(on_white(PICTURE)), of_jpeg, np.asarray(grey.convert("RGB"))],
        4: [
            np.concatenate([OPAQUE, full], -1),
            np.where(PICTURE[..., 3:] > 0, PICTURE, [255, 255, 255, 0]),
            np.concatenate([of_jpeg, full], -1),
        ],
    }
    for channels, pictures in expected.items():
        for file, picture in zip(files, pictures, strict=False):
            made = 127.5 * (_picture_files.decoded(tf.constant(file), channels).numpy() + 1)
            assert made.shape == picture.shape
            assert np.abs(made - picture).max() < 1


def test_the_direction_is_chosen_by_name(model, tmp_path):
    export.write_model_card(tmp_path, model, to="source")
    card = json.loads((tmp_path / "model_card.json").read_text())
    assert (card["sampler"]["network"], card["exported"]["averaged"]) == ("target_to_source", True)
    with pytest.raises(ValueError, match=r"`to` must be one of None, 'target', 'source'. .*Received: to='back'"):
        export.write_model_card(tmp_path, model, to="back")
    with pytest.raises(ValueError, match=r"leave out `to`. Received: gan=Painter, to='source'"):
        export.save(painter(), tmp_path / "painter", to="source")


@pytest.mark.long
def test_the_direction_is_chosen_at_the_export(model, tmp_path):
    folder = export.save(model, tmp_path / "back", to="source", signatures="serving_default")
    expected = model.translate(IMAGES, to="source")
    np.testing.assert_allclose(ExportedGenerator(folder).translate(IMAGES), expected, rtol=0, atol=1e-6)
    assert np.abs(expected - model.translate(IMAGES)).max() > 0.001


@pytest.mark.long
def test_the_direction_is_chosen_for_other_runtimes_too(model, tmp_path):
    expected = model.translate(IMAGES, to="source")
    session = onnxruntime.InferenceSession(export.save_onnx(model, tmp_path / "back.onnx", to="source"))
    np.testing.assert_allclose(session.run(None, {"images": IMAGES})[0], expected, rtol=0, atol=1e-5)
    path = export.save_litert(model, tmp_path / "back.tflite", to="source")
    assert export.litert_distance(model, path, to="source", images=IMAGES)["largest"] < 1e-5
    assert export.litert_distance(model, path, images=IMAGES)["largest"] > 0.001


@pytest.mark.long
@pytest.mark.parametrize(
    "file, message",
    [
        (b"", r"no PNG or JPEG file.* Received: the number of bytes =.*0"),
        (b"GIF89a" + bytes(50), r"no PNG or JPEG file"),
        (png(np.zeros((8, 8, 3), np.uint8))[:60], r"Invalid PNG"),
        (png(np.zeros((8, 8, 3), np.uint8))[:20], r"The nearest that work, and received.*\[1 8\].*\[0 8\]"),
        (jpeg()[:60], r"JPEG"),
        # A header of 40,000 x 40,000 pixels, and nothing behind it.
        (png(np.zeros((8, 8, 3), np.uint8))[:16] + (40_000).to_bytes(4, "big") * 2, r"\[8192 8192\].*\[40000 40000\]"),
        (png(OPAQUE)[:16] + bytes(8), r"at least 1 and at most 8192. Resize.*The nearest that work.*\[1 1\].*\[0 0\]"),
    ],
)
def test_a_wrong_file_is_answered_with_what_is_right(file, message, any_size):
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"(?s){message}"):
        any_size.loaded.signatures["translate_png"](image_bytes=tf.constant([file]))


def test_pictures_with_sides_that_the_network_does_not_take_are_continued(any_size):
    """As `translate` of this package does: 15x13 become 16x16, and 6x5 become 8x8, the least that it takes."""
    images = drawn(2, 15, 13)
    made = any_size.loaded.signatures["serving_default"](images=tf.constant(images))["images"]
    continued = np.pad(images, [(0, 0), (0, 1), (0, 3), (0, 0)], mode="symmetric")
    np.testing.assert_allclose(made, any_size.translate(continued)[:, :15, :13], rtol=0, atol=1e-6)
    (file,) = any_size.loaded.signatures["translate_png"](image_bytes=tf.constant([png(OPAQUE)]))["png_bytes"].numpy()
    continued = np.pad(OPAQUE[None] / np.float32(127.5) - 1, [(0, 0), (0, 2), (0, 3), (0, 0)], mode="symmetric")
    np.testing.assert_array_equal(opened(file), to_bytes(any_size.translate(continued))[0, :6, :5])


def test_a_wrong_size_is_answered_with_the_nearest_that_works(any_size, exported):
    message = r"(?s)at most 8192.*nearest that work.*\[8192 12\].*\[8193 12\]"
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        any_size.loaded.signatures["serving_default"](images=tf.zeros((1, 8193, 12, 3)))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"up to 5 files. .*Received: count =.*6"):
        any_size.loaded.signatures["translate_png"](image_bytes=tf.constant([png(OPAQUE)] * 6))
    translate = exported._model.signatures["translate_png"]
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"(?s)height 8 and width 12. Resize.*\[8 12\].*\[6 5\]"):
        translate(image_bytes=tf.constant([png(OPAQUE)]))


def test_every_request_that_warms_up_replays(any_size):
    records = tf.data.TFRecordDataset(str(any_size.folder / "assets.extra" / "tf_serving_warmup_requests"))
    logs = [prediction_log_pb2.PredictionLog.FromString(record) for record in records.as_numpy_iterator()]
    assert [log.predict_log.request.model_spec.signature_name for log in logs] == ["serving_default", "translate_png"]
    for log in logs:
        request = log.predict_log.request
        inputs = {name: tf.constant(tf.make_ndarray(tensor)) for name, tensor in request.inputs.items()}
        (made,) = any_size.loaded.signatures[request.model_spec.signature_name](**inputs).values()
        assert len(made) == 1


@pytest.mark.long
def test_other_runtimes_translate_pictures_of_any_size(any_size, tmp_path):
    session = onnxruntime.InferenceSession(export.save_onnx(any_size, tmp_path / "painter.onnx"))
    path = export.save_litert(any_size, tmp_path / "painter.tflite")
    runner = interpreter(path).get_signature_runner()
    for images in (drawn(1, 8, 12), drawn(5, 8, 12), drawn(2, 16, 8)):
        expected = any_size.translate(images)
        (translations,) = session.run(["translations"], {"images": images})
        np.testing.assert_allclose(translations, expected, rtol=0, atol=1e-5)
        np.testing.assert_allclose(runner(images=images)["images"], expected, rtol=0, atol=1e-5)
    assert export.litert_distance(any_size, path, images=images)["largest"] < 1e-5
    with pytest.raises(ValueError, match=r"cannot draw images: give `images`"):
        export.litert_distance(any_size, path)
    (given,) = session.get_inputs()
    assert given.shape == ["batch", "height", "width", 3]


def test_what_draws_samples_translates_nothing(tmp_path):
    generator = keras.Sequential([keras.Input((2,)), keras.layers.Reshape((1, 2, 1))])
    gan = types.SimpleNamespace(generator=generator)
    with pytest.raises(ValueError, match=r"Only a translator and .* take images.* Received: image_type='uint8'"):
        export.save(gan, tmp_path / "gan", image_type="uint8")
    with pytest.raises(ValueError, match=r"`image_type` must be one of 'float32', 'uint8', 'uint16'"):
        export.save(painter(), tmp_path / "gan", image_type="float16")
    folder = export.save(gan, tmp_path / "gan", signatures="serving_default")
    with pytest.raises(ValueError, match=r"translates no images: it draws samples.* takes latents"):
        ExportedGenerator(folder).translate(IMAGES)
