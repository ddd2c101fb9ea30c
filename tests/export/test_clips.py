"""Exports of clips: a file for each frame, and a row of frames for each clip on the card."""

import io
import json
import types

import keras
import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import export
from keras_gan.callbacks import image_grid
from keras_gan.training import Interface, Sampler


@pytest.fixture(scope="module")
def filmer():
    keras.utils.set_random_seed(0)
    layers = [keras.Input((4,)), keras.layers.Dense(3 * 6 * 5, "tanh"), keras.layers.Reshape((3, 6, 5, 1))]
    sampler = Sampler(Interface(keras.Sequential(layers), "generator", ("latents",), "clips"))
    return types.SimpleNamespace(generator=sampler.network, sampler=lambda averaged=True: sampler)


@pytest.fixture(scope="module")
def folder(filmer, tmp_path_factory):
    return export.save(filmer, tmp_path_factory.mktemp("models") / "filmer")


def made(filmer, count, seed):
    return filmer.sampler()(filmer.sampler().draw(count, seed)).numpy()


def test_each_frame_of_a_clip_is_a_file(filmer, folder):
    model = tf.saved_model.load(folder)
    assert set(model.signatures) == {"serving_default", "sample", "sample_png"}
    # Of 65 clips, the last is in a batch of its own.
    asked = {"seed": tf.constant(3, tf.int64), "count": tf.constant(65)}
    files = model.signatures["sample_png"](**asked)["png_bytes"].numpy()
    assert files.shape == (65, 3)
    clips = model.signatures["sample"](**asked)["clips"].numpy()
    np.testing.assert_allclose(clips, made(filmer, 65, 3), atol=1e-6)
    for clip, frames in zip(clips[[0, 64]], files[[0, 64]], strict=True):
        pixels = np.stack([np.asarray(PIL.Image.open(io.BytesIO(frame))) for frame in frames])
        np.testing.assert_array_equal(pixels, np.floor(127.5 * clip[..., 0] + 128.0))


def test_the_card_shows_clips_as_rows_of_frames(filmer, folder):
    card = json.loads((folder / "model_card.json").read_text())
    assert card["sample_grid"] == {"file": "sample_grid.png", "seed": 0, "num_images": 8}
    assert "png_bytes string (count, 3), the frames of `sample` as PNG" in card["signatures"]["sample_png"]
    frames = made(filmer, 8, 0).reshape(24, 6, 5, 1)
    grid = np.asarray(PIL.Image.open(folder / "sample_grid.png"))
    np.testing.assert_array_equal(grid, image_grid(frames, columns=3).squeeze(-1))


def test_the_export_takes_the_place_of_the_model(filmer, folder):
    exported = export.ExportedGenerator(folder)
    assert exported.sample_shape == (3, 6, 5, 1)
    np.testing.assert_allclose(exported.generate(2, seed=3), made(filmer, 2, 3), atol=1e-6)


@pytest.mark.long
def test_clips_with_noise_of_their_motion_are_those_of_the_model(tmp_path):
    networks = keras_gan.networks.mocogan(
        image_shape=(8, 8, 1), num_frames=7, content_dim=3, motion_dim=2, width=2, stages=1
    )
    gan = keras_gan.MoCoGAN(*networks, seed=0)
    exported = export.ExportedGenerator(export.save(gan, tmp_path, signatures=["serving_default", "sample_png"]))
    assert (exported.sample_shape, exported.latent_shape) == ((7, 8, 8, 1), (3,))
    clips = gan.generate(2, seed=3)
    np.testing.assert_allclose(exported.generate(2, seed=3), clips, atol=1e-6)
    model = tf.saved_model.load(exported.path)
    files = model.signatures["sample_png"](seed=tf.constant(3, tf.int64), count=tf.constant(2))["png_bytes"].numpy()
    pixels = np.asarray(PIL.Image.open(io.BytesIO(files[1, 6])))
    np.testing.assert_allclose(pixels, np.floor(127.5 * clips[1, 6, ..., 0] + 128.0), atol=1.0)
    inputs = {"latents": np.zeros((1, 3), "float32"), "motions": np.zeros((1, 5, 2), "float32")}
    assert exported(**inputs).shape == (1, 4, 8, 8, 1)
