"""LiteRT makes the images of the Keras generator; quantised, images that are as far away as is said."""

import pathlib
import re
import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from absl import logging

from keras_gan import LSGAN, _random, networks
from keras_gan._litert import interpreter
from keras_gan.export.litert import litert_distance, save_litert


def _latents(count):
    return np.random.default_rng(count).normal(size=(count, 6)).astype("float32")


def _images(path, latents):
    return interpreter(path).get_signature_runner("serving_default")(latents=latents)["images"]


def test_images_are_those_of_the_generator(kind, make_gan, tmp_path):
    gan = make_gan(kind)
    path = save_litert(gan, tmp_path / "generator.tflite")
    assert path == tmp_path / "generator.tflite"
    for count in (1, 5):
        expected = np.asarray(gan.generator(_latents(count), training=False))
        assert expected.std() > 0.1
        images = _images(path, _latents(count))
        assert images.dtype == np.float32
        np.testing.assert_allclose(images, expected, rtol=0, atol=1e-5)
    assert litert_distance(gan, path)["largest"] < 1e-5


def test_the_file_is_resized_without_its_signature_too(make_gan, tmp_path):
    gan = make_gan("mlp")
    opened = interpreter(save_litert(gan, tmp_path / "generator.tflite"))
    (given,), (returned,) = opened.get_input_details(), opened.get_output_details()
    assert given["shape_signature"].tolist() == [-1, 6]
    assert returned["shape_signature"].tolist() == [-1, 5, 4, 1]
    assert given["dtype"] is returned["dtype"] is np.float32
    opened.resize_tensor_input(given["index"], (7, 6))
    opened.allocate_tensors()
    opened.set_tensor(given["index"], _latents(7))
    opened.invoke()
    expected = gan.generator(_latents(7), training=False)
    np.testing.assert_allclose(opened.get_tensor(returned["index"]), expected, rtol=0, atol=1e-5)


@pytest.mark.long
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_reduced_precision_ends_with_training(policy, make_gan, tmp_path):
    expected = np.asarray(make_gan("spectral").generator(_latents(4), training=False))
    keras.config.set_dtype_policy(policy)
    gan = make_gan("spectral")
    keras.config.set_dtype_policy("float32")
    rounded = np.asarray(gan.generator(_latents(4), training=False))

    path = save_litert(gan, tmp_path / "generator.tflite")
    np.testing.assert_allclose(_images(path, _latents(4)), expected, rtol=0, atol=1e-5)
    assert litert_distance(gan, path)["largest"] < 1e-5
    assert np.abs(rounded - expected).max() > 1e-4
    # The generator itself is unchanged.
    np.testing.assert_array_equal(np.asarray(gan.generator(_latents(4), training=False)), rounded)


def _dense_gan():
    """32 latents to 64 numbers: images of one matrix, so that its rounding can be worked out."""
    generator = keras.Sequential([keras.Input((32,)), keras.layers.Dense(64, use_bias=False)])
    generator.set_weights([np.random.default_rng(0).normal(size=(32, 64)).astype("float32")])
    return types.SimpleNamespace(generator=generator, latent_shape=(32,))


def test_weights_are_rounded_to_8_bits(tmp_path):
    gan = _dense_gan()
    path = save_litert(gan, tmp_path / "generator.tflite", quantize=True)
    kernel = gan.generator.get_weights()[0]
    details = [tensor for tensor in interpreter(path).get_tensor_details() if tensor["shape"].tolist() == [64, 32]]
    (scales,) = (tensor["quantization_parameters"]["scales"] for tensor in details if tensor["dtype"] is np.int8)
    # 127 steps to the largest number of each output channel.
    np.testing.assert_allclose(scales, np.abs(kernel).max(axis=0) / 127, rtol=1e-6)
    # Latents of which 8 bits lose nothing: what is left is the rounding of the kernel.
    images = np.concatenate([_images(path, row[np.newaxis]) for row in np.eye(32, dtype="float32")])
    np.testing.assert_allclose(images, np.rint(kernel / scales) * scales, rtol=0, atol=1e-5)


def test_the_distance_is_that_of_the_images(tmp_path):
    gan, other = _dense_gan(), _dense_gan()
    path = save_litert(gan, tmp_path / "generator.tflite")
    kernel = gan.generator.get_weights()[0]
    # Of a generator that is a quarter larger, images differ from the file's by 0.25 |x W|.
    other.generator.set_weights([1.25 * kernel])
    images = _random.normal((9, 32), (5, 0)).numpy() @ kernel
    distance = litert_distance(other, path, num_images=9, seed=5)
    assert distance["mean"] == pytest.approx(0.25 * np.abs(images).mean(), rel=1e-4)
    assert distance["largest"] == pytest.approx(0.25 * np.abs(images).max(), rel=1e-4)


@pytest.mark.long
def test_quantised_is_near_and_a_quarter_of_the_size(tmp_path):
    generator, _ = networks.dcgan(image_shape=(8, 8, 3), latent_dim=64, width=96)
    gan = types.SimpleNamespace(generator=generator, latent_shape=(64,))
    exact = save_litert(gan, tmp_path / "float32.tflite")
    quantised = save_litert(gan, tmp_path / "int8.tflite", quantize=True)
    assert 0.25 < quantised.stat().st_size / exact.stat().st_size < 0.35
    distance = litert_distance(gan, quantised)
    assert 1e-5 < distance["mean"] < distance["largest"] < 2 / 255
    assert litert_distance(gan, quantised, seed=1) != distance == litert_distance(gan, quantised, seed=0)


def test_small_kernels_are_not_quantised(tmp_path):
    generator, _ = networks.mlp(image_shape=(2, 2, 1), latent_dim=6, width=8)
    gan = types.SimpleNamespace(generator=generator, latent_shape=(6,))
    assert litert_distance(gan, save_litert(gan, tmp_path / "small.tflite", quantize=True))["largest"] < 1e-6


@pytest.mark.long
@pytest.mark.parametrize("averaged", [True, False])
def test_the_averaged_generator_is_written_unless_the_other_is_wanted(averaged, tmp_path):
    gan = LSGAN(*networks.mlp(image_shape=(2, 2, 1), latent_dim=6, width=8), ema_half_life=10.0)
    # Before the first step an average follows its network.
    gan.training_state.step.assign(1)
    gan.generator.set_weights([weight + 0.5 for weight in gan.generator.get_weights()])
    path = save_litert(gan, tmp_path / "generator.tflite", averaged=averaged)
    images = gan.generate(latents=_latents(3), averaged=averaged)
    np.testing.assert_allclose(_images(path, _latents(3)), images, rtol=0, atol=1e-5)
    assert litert_distance(gan, path, averaged=averaged)["largest"] < 1e-5
    assert litert_distance(gan, path, averaged=not averaged)["largest"] > 0.1


@pytest.mark.long
def test_statistics_are_taken_anew_as_those_of_the_served_model(tmp_path):
    gan = LSGAN(*networks.dcgan(image_shape=(8, 8, 1), latent_dim=6, width=2), ema_half_life=10.0)
    # Before the first step an average follows its network.
    gan.training_state.step.assign(1)
    for name in ("project", "up_0"):
        kernel = gan.averaged_generator.get_layer(name).kernel
        kernel.assign(20.0 * kernel)
    before = gan.generate(latents=_latents(3))
    images = _images(save_litert(gan, tmp_path / "generator.tflite"), _latents(3))
    assert np.abs(images - before).max() > 0.1
    np.testing.assert_allclose(images, gan.generate(latents=_latents(3)), rtol=0, atol=1e-5)


def test_a_generator_of_several_replicas(make_gan, two_replicas, tmp_path):
    with two_replicas.scope():
        gan = make_gan("mlp")
    images = _images(save_litert(gan, tmp_path / "generator.tflite"), _latents(3))
    np.testing.assert_allclose(images, gan.generator(_latents(3), training=False), rtol=0, atol=1e-5)


def test_says_nothing_and_keeps_no_path(make_gan, tmp_path, capfd, caplog):
    verbosity = logging.get_verbosity()
    logging.set_verbosity(logging.INFO)
    try:
        with caplog.at_level("INFO"):
            path = save_litert(make_gan("dcgan"), tmp_path / "generator.tflite", quantize=True)
            assert caplog.records == []
    finally:
        logging.set_verbosity(verbosity)
    assert capfd.readouterr() == ("", "")
    content = path.read_bytes()
    for folder in (tmp_path, pathlib.Path(keras.__file__).parents[1], pathlib.Path(__file__).parents[2]):
        assert str(folder).encode() not in content


class Determinant(keras.layers.Layer):
    """What no runtime but TensorFlow has."""

    def call(self, inputs):
        """Return the inputs times a determinant."""
        return inputs * tf.linalg.det(inputs[:, :, None] ** 2 + tf.eye(6))[:, None]


def test_an_operation_that_litert_has_not(tmp_path):
    generator = keras.Sequential([keras.Input((6,)), Determinant()])
    message = "LiteRT does not support some operations.* Received: a generator with the operations ['tf.MatrixDet"
    with pytest.raises(ValueError, match=message.replace("[", r"\[")):
        save_litert(types.SimpleNamespace(generator=generator, latent_shape=(6,)), tmp_path / "generator.tflite")
    assert list(tmp_path.iterdir()) == []


def test_a_gan_without_a_generator(tmp_path):
    with pytest.raises(ValueError, match=r"whose `generator` is a keras.Model. Received: gan=object"):
        save_litert(object(), tmp_path / "generator.tflite")


@pytest.mark.parametrize("name", ["generator", "generator.onnx"])
def test_a_name_of_something_else(name, make_gan, tmp_path):
    with pytest.raises(ValueError, match=rf"must end in `\.tflite`. Received: path='.*{re.escape(name)}'"):
        save_litert(make_gan("mlp"), tmp_path / name)


@pytest.mark.long
@pytest.mark.parametrize("path", ["", None, "gs://bucket/generator.tflite"])
def test_a_path_that_is_not_local(path, make_gan):
    for use in (save_litert, litert_distance):
        with pytest.raises(ValueError, match=re.escape(f"Received: path={path!r}")):
            use(make_gan("mlp"), path)


def test_a_folder_that_cannot_be_made(make_gan, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        ValueError, match=r"No file can be written in the directory of `path`.*Received: path='.*/file/a"
    ):
        save_litert(make_gan("mlp"), tmp_path / "file" / "a.tflite")


def test_a_full_disk_leaves_the_file_that_was_there(make_gan, tmp_path, half_a_disk):
    path = save_litert(make_gan("mlp"), tmp_path / "generator.tflite")
    before = path.read_bytes()
    half_a_disk("generator")
    with pytest.raises(OSError, match="No space left on device"):
        save_litert(make_gan("dcgan"), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_distance_from_a_file_that_is_not_there(make_gan, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no such file.*Received: path='.*/none.tflite'"):
        litert_distance(make_gan("mlp"), tmp_path / "none.tflite")


def test_a_distance_from_something_else(make_gan, tmp_path):
    (tmp_path / "text.tflite").write_text("This is no model, although it is long enough for one.")
    message = r"This .tflite file cannot be used, .* not a valid Flatbuffer.* Received: path='.*/text.tflite'"
    with pytest.raises(ValueError, match=message):
        litert_distance(make_gan("mlp"), tmp_path / "text.tflite")


@pytest.mark.long
@pytest.mark.parametrize("latent_dim, images", [(32, "[-1, 5, 4, 1]"), (6, "[-1, 4, 5, 1]")])
def test_a_distance_from_the_file_of_another_gan(latent_dim, images, make_gan, tmp_path):
    shape = tuple(int(side) for side in re.findall(r"\d", images)[1:])
    generator, _ = networks.mlp(image_shape=shape, latent_dim=latent_dim, width=8)
    other = types.SimpleNamespace(generator=generator, latent_shape=(latent_dim,))
    message = f"with latents [-1, {latent_dim}] and images {images}"
    with pytest.raises(ValueError, match=rf"not of this GAN, which has latents \(6,\).*{re.escape(message)}"):
        litert_distance(make_gan("mlp"), save_litert(other, tmp_path / "other.tflite"))


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"num_images": 0}, "`num_images` must be an integer of at least 1. Received: num_images=0"),
        ({"seed": -1}, "`seed` must be an integer of at least 0. Received: seed=-1"),
    ],
)
def test_a_distance_over_no_images_or_of_no_seed(arguments, message, make_gan, tmp_path):
    with pytest.raises(ValueError, match=re.escape(message)):
        litert_distance(make_gan("mlp"), tmp_path / "generator.tflite", **arguments)
