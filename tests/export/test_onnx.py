"""ONNX Runtime makes the images of the Keras generator."""

import pathlib
import re
import subprocess
import sys
import types

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
import tensorflow as tf

from keras_gan import LSGAN, networks
from keras_gan.export import ExportedGenerator, save
from keras_gan.export.onnx import save_onnx


def _latents(count):
    return np.random.default_rng(count).normal(size=(count, 6)).astype("float32")


def _images(path, latents):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (images,) = session.run(["images"], {"latents": latents})
    return images


def test_images_are_those_of_the_generator(kind, make_gan, tmp_path, capfd):
    gan = make_gan(kind)
    path = save_onnx(gan, tmp_path / "generator.onnx")
    assert path == tmp_path / "generator.onnx"
    for count in (1, 5):
        expected = np.asarray(gan.generator(_latents(count), training=False))
        assert expected.std() > 0.1
        images = _images(path, _latents(count))
        assert images.dtype == np.float32
        np.testing.assert_allclose(images, expected, rtol=0, atol=1e-5)
    assert capfd.readouterr() == ("", "")


@pytest.mark.long
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("name", ["dcgan", "spectral"])
def test_reduced_precision_ends_with_training(name, policy, make_gan, tmp_path):
    expected = np.asarray(make_gan(name).generator(_latents(4), training=False))
    keras.config.set_dtype_policy(policy)
    gan = make_gan(name)
    keras.config.set_dtype_policy("float32")
    rounded = np.asarray(gan.generator(_latents(4), training=False))

    images = _images(save_onnx(gan, tmp_path / "generator.onnx"), _latents(4))
    np.testing.assert_allclose(images, expected, rtol=0, atol=1e-5)
    assert 1e-4 < np.abs(images - rounded).max() < 0.2
    # The generator itself is unchanged.
    np.testing.assert_array_equal(np.asarray(gan.generator(_latents(4), training=False)), rounded)


def test_the_file_says_what_it_takes(make_gan, tmp_path):
    path = save_onnx(make_gan("mlp"), tmp_path / "generator.onnx")
    session = onnxruntime.InferenceSession(path)
    (given,), (returned,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.shape, given.type) == ("latents", ["batch", 6], "tensor(float)")
    assert (returned.name, returned.shape, returned.type) == ("images", ["batch", 5, 4, 1], "tensor(float)")
    assert {node.domain for node in onnx.load(path).graph.node} == {""}


def test_the_weights_are_computed_beforehand(make_gan, tmp_path):
    model = onnx.load(save_onnx(make_gan("spectral"), tmp_path / "generator.onnx"))
    kernels = {node.input[1] for node in model.graph.node if node.op_type in ("Conv", "ConvTranspose")}
    assert len(kernels) == 2
    assert kernels <= {constant.name for constant in model.graph.initializer}


def test_no_path_of_the_machine_is_in_it(make_gan, tmp_path):
    content = save_onnx(make_gan("dcgan"), tmp_path / "generator.onnx").read_bytes()
    for folder in (tmp_path, pathlib.Path(keras.__file__).parents[1], pathlib.Path(__file__).parents[2]):
        assert str(folder).encode() not in content


@pytest.mark.long
@pytest.mark.parametrize("averaged", [True, False])
def test_the_averaged_generator_is_written_unless_the_other_is_wanted(averaged, tmp_path):
    gan = LSGAN(*networks.mlp(image_shape=(2, 2, 1), latent_dim=6, width=8), ema_half_life=10.0)
    # Before the first step an average follows its network.
    gan.training_state.step.assign(1)
    gan.generator.set_weights([weight + 0.5 for weight in gan.generator.get_weights()])
    images = _images(save_onnx(gan, tmp_path / "generator.onnx", averaged=averaged), _latents(3))
    np.testing.assert_allclose(images, gan.generate(latents=_latents(3), averaged=averaged), rtol=0, atol=1e-5)


@pytest.mark.long
def test_it_is_the_generator_that_is_served(tmp_path):
    # The export computes the BatchNormalization statistics of an averaged generator again.
    gan = LSGAN(*networks.dcgan(image_shape=(8, 8, 1), latent_dim=6, width=2), ema_half_life=10.0)
    # Before the first step an average follows its network.
    gan.training_state.step.assign(1)
    for name in ("project", "up_0"):
        kernel = gan.averaged_generator.get_layer(name).kernel
        kernel.assign(20.0 * kernel)
    before = gan.generate(latents=_latents(3))
    images = _images(save_onnx(gan, tmp_path / "generator.onnx"), _latents(3))
    assert np.abs(images - before).max() > 0.1
    served = ExportedGenerator(save(gan, tmp_path / "models")).generate(latents=_latents(3))
    np.testing.assert_allclose(images, served, rtol=0, atol=1e-5)


def test_a_generator_of_several_replicas(make_gan, two_replicas, tmp_path):
    with two_replicas.scope():
        gan = make_gan("mlp")
    images = _images(save_onnx(gan, tmp_path / "generator.onnx"), _latents(3))
    np.testing.assert_allclose(images, gan.generator(_latents(3), training=False), rtol=0, atol=1e-5)


def test_tensorflow_is_not_needed_to_run_it(make_gan, tmp_path):
    gan = make_gan("mlp")
    path = save_onnx(gan, tmp_path / "generator.onnx")
    np.save(tmp_path / "latents.npy", _latents(2))
    program = """
import sys
import numpy as np
import onnxruntime

path, folder = sys.argv[1:]
latents = np.load(folder + "/latents.npy")
np.save(folder + "/images.npy", onnxruntime.InferenceSession(path).run(["images"], {"latents": latents})[0])
assert not {"tensorflow", "keras", "keras_gan"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program, path, tmp_path], check=True, capture_output=True, timeout=60)
    expected = gan.generator(_latents(2), training=False)
    np.testing.assert_allclose(np.load(tmp_path / "images.npy"), expected, rtol=0, atol=1e-5)


@keras.saving.register_keras_serializable(package="tests")
class Determinant(keras.layers.Layer):
    """What no runtime but TensorFlow has."""

    def call(self, inputs):
        """Return the inputs times a determinant."""
        return inputs * tf.linalg.logdet(inputs[:, :, None] ** 2 + tf.eye(6))[:, None]


# It logs each operation that it cannot convert.
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_operation_that_onnx_has_not(tmp_path):
    generator = keras.Sequential([keras.Input((6,)), Determinant()])
    message = r"ONNX does not support an operation.* Received: a generator with the operations \['.*'Cholesky'"
    with pytest.raises(ValueError, match=message):
        save_onnx(types.SimpleNamespace(generator=generator, latent_shape=(6,)), tmp_path / "generator.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", ["onnx", "tf2onnx.convert"])
def test_the_extra_that_is_missing_is_named(make_gan, missing, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=re.escape("pip install 'keras_gan[onnx]'")):
        save_onnx(make_gan("mlp"), tmp_path / "generator.onnx")


def test_a_gan_without_a_generator(tmp_path):
    with pytest.raises(ValueError, match=r"whose `generator` is a keras.Model. Received: gan=object"):
        save_onnx(object(), tmp_path / "generator.onnx")


@pytest.mark.parametrize("name", ["generator", "generator.tflite", "generator.ONNX"])
def test_a_name_of_something_else(make_gan, name, tmp_path):
    with pytest.raises(ValueError, match=rf"must end in `\.onnx`. Received: path='.*{re.escape(name)}'"):
        save_onnx(make_gan("mlp"), tmp_path / name)


def test_a_folder_is_made_or_said_to_be_impossible(make_gan, tmp_path):
    assert save_onnx(make_gan("mlp"), str(tmp_path / "new" / "generator.onnx")).is_file()
    (tmp_path / "file").touch()
    with pytest.raises(
        ValueError, match=r"No file can be written in the directory of `path`.*Received: path='.*/file/a"
    ):
        save_onnx(make_gan("mlp"), tmp_path / "file" / "a.onnx")


def test_a_full_disk_leaves_the_file_that_was_there(make_gan, tmp_path, half_a_disk):
    path = save_onnx(make_gan("mlp"), tmp_path / "generator.onnx")
    before = path.read_bytes()
    half_a_disk("generator")
    with pytest.raises(OSError, match="No space left on device"):
        save_onnx(make_gan("dcgan"), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_is_full_already_is_told_before_the_work(make_gan, tmp_path, full_disk):
    full_disk()
    with pytest.raises(ValueError, match=r"directory of `path` \(No space left on device\)"):
        save_onnx(make_gan("mlp"), tmp_path / "generator.onnx")
