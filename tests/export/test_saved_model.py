import errno
import os
import pathlib
import re
import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from absl import logging

from keras_gan import export


def _generator(dtype="float32"):
    """Holds layers that do something else in training than in inference."""
    layers = [
        keras.layers.Dense(24, dtype=dtype),
        keras.layers.BatchNormalization(dtype=dtype),
        keras.layers.Dropout(0.5, dtype=dtype),
        keras.layers.Reshape((2, 3, 4), dtype=dtype),
        keras.layers.Conv2DTranspose(3, 4, strides=2, padding="same", activation="tanh", dtype=dtype),
    ]
    return keras.Sequential([keras.Input((6,)), *layers])


def _gan(**arguments):
    return types.SimpleNamespace(generator=_generator(**arguments), averaged_generator=None, latent_shape=(6,))


def _served(folder, latents):
    return tf.saved_model.load(folder).signatures["serving_default"](latents=tf.constant(latents))["images"]


def _served_in_session(folder, latents):
    """The images, by the road that TensorFlow Serving takes."""
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        signature = tf.compat.v1.saved_model.load(session, ["serve"], str(folder)).signature_def["serving_default"]
        return session.run(signature.outputs["images"].name, {signature.inputs["latents"].name: latents})


def _latents(count):
    return np.random.default_rng(count).normal(size=(count, 6)).astype(np.float32)


def _names(directory):
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("serve", [_served, pytest.param(_served_in_session, marks=pytest.mark.long)])
def test_the_generator_s_images_are_served(tmp_path, serve):
    gan = _gan()
    # Statistics of their own, so that a generator exported in training mode would make other images.
    gan.generator.layers[1].set_weights([np.full(24, value) for value in (1.5, 0.2, 0.3, 2.0)])
    folder = export.save(gan, tmp_path / "models")
    assert folder == tmp_path / "models" / "1"
    for latents in (_latents(1), _latents(7)):
        images, expected = serve(folder, latents), gan.generator.predict(latents, verbose=0)
        assert expected.std() > 0.1
        assert images.dtype == np.float32
        np.testing.assert_allclose(images, expected, rtol=0, atol=1e-6)


@pytest.mark.long
def test_the_averaged_generator_is_the_one_that_is_served(tmp_path):
    gan = _gan()
    gan.averaged_generator = _generator()
    latents = _latents(3)
    for averaged, generator in [(True, gan.averaged_generator), (False, gan.generator)]:
        served = _served(export.save(gan, tmp_path, averaged=averaged), latents)
        np.testing.assert_allclose(served, generator.predict(latents, verbose=0), rtol=0, atol=1e-6)


@pytest.mark.long
def test_a_generator_in_mixed_precision_takes_and_gives_float32(tmp_path):
    gan = _gan(dtype="mixed_float16")
    latents = _latents(2)
    served = _served(export.save(gan, tmp_path), latents)
    assert served.dtype == "float32"
    expected = gan.generator(latents, training=False)
    assert expected.dtype == "float16"
    # Both run in float16, whose spacing below 1 is 2^-11.
    np.testing.assert_allclose(served, np.asarray(expected, np.float32), rtol=0, atol=2e-3)


def test_versions_count_on_from_the_largest(tmp_path, monkeypatch):
    _fake_write(monkeypatch)
    for name in ("2", "10", "notes", ".unfinished-0", "-7", "x99"):
        (tmp_path / name).mkdir()
    assert export.save(_gan(), tmp_path).name == "11"
    # What a killed export left.
    assert not (tmp_path / ".unfinished-0").exists()
    assert export.save(_gan(), tmp_path).name == "12"
    assert export.save(_gan(), tmp_path, version=np.int64(5)).name == "5"
    assert export.save(_gan(), tmp_path).name == "13"


def _fake_write(monkeypatch, check=lambda folder: None):
    """Replaces what TensorFlow writes by one small file, and calls `check` while the folder is half written."""

    def write_out(archive, folder, **options):
        (pathlib.Path(folder) / "saved_model.pb").write_text("half")
        check(folder)

    monkeypatch.setattr(type(keras.export.ExportArchive()), "write_out", write_out)


def test_a_half_written_version_is_never_a_number(tmp_path, monkeypatch):
    seen = []
    _fake_write(monkeypatch, lambda folder: seen.extend(_names(tmp_path)))
    export.save(_gan(), tmp_path)
    (name,) = seen
    assert not name.isdigit()
    assert _names(tmp_path) == ["1"]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_an_export_that_stops_half_way_leaves_nothing(tmp_path, monkeypatch, error):
    def stop(folder):
        raise error

    _fake_write(monkeypatch, stop)
    with pytest.raises(type(error)):
        export.save(_gan(), tmp_path / "models")
    assert _names(tmp_path / "models") == []


@pytest.mark.parametrize(
    "error, number, reason",
    [
        (
            tf.errors.ResourceExhaustedError(None, None, "{{node x}} /a/b; No space left on device [Op:S]"),
            28,
            "No space",
        ),
        (tf.errors.OutOfRangeError(None, None, "/a/saved_model.pb.tmp; File too large"), errno.EFBIG, "File too large"),
        (tf.errors.UnknownError(None, None, "{{node x}} the disk is gone\nin line 5"), errno.EIO, "the disk is gone"),
    ],
)
def test_a_write_of_tensorflow_that_fails_is_an_error_of_the_disk(tmp_path, monkeypatch, error, number, reason):
    def stop(folder):
        raise error

    _fake_write(monkeypatch, stop)
    with pytest.raises(OSError, match=reason) as caught:
        export.save(_gan(), tmp_path / "models")
    assert (caught.value.errno, caught.value.filename) == (number, str(tmp_path / "models"))
    start = "The model could not be exported, and nothing is left of it: "
    # Neither the folder that is gone nor the lines of details.
    assert re.fullmatch(rf"{start}{reason}[\w ]*", caught.value.strerror)
    assert _names(tmp_path / "models") == []


def test_a_version_that_appears_in_the_meantime_is_not_overwritten(tmp_path, monkeypatch):
    def somebody_else(folder):
        (tmp_path / "3").mkdir()
        (tmp_path / "3" / "saved_model.pb").write_text("somebody else's")

    _fake_write(monkeypatch, somebody_else)
    with pytest.raises(OSError, match="3"):
        export.save(_gan(), tmp_path, version=3)
    assert (tmp_path / "3" / "saved_model.pb").read_text() == "somebody else's"
    assert _names(tmp_path) == ["3"]


def test_every_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    _fake_write(monkeypatch)
    flushed, fsync = set(), os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: flushed.add(os.fstat(file).st_ino) or fsync(file))
    folder = export.save(_gan(), tmp_path / "models")
    assert {path.stat().st_ino for path in (folder, folder.parent, *folder.rglob("*"))} <= flushed


def test_the_list_of_hashes_is_complete(tmp_path, monkeypatch):
    _fake_write(monkeypatch)
    folder = export.save(_gan(), tmp_path)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    lines = [line.split("  ./") for line in (folder / "SHA256SUMS").read_text().splitlines()]
    assert {name for _, name in lines} == files - {"SHA256SUMS"}
    assert all(export.sha256_of(folder / name) == sha256 for sha256, name in lines)


def test_latents_that_the_network_cannot_bear(tmp_path):
    served = tf.saved_model.load(export.save(_gan(), tmp_path, signatures=["serving_default"])).signatures
    latents = np.tile(np.float32([3e38, -3e38]), (2, 3))
    with pytest.raises(tf.errors.InvalidArgumentError, match="made NaN or infinity: these inputs are too large for it"):
        served["serving_default"](latents=tf.constant(latents))


def test_of_two_exports_at_once_each_is_a_version(tmp_path, monkeypatch):
    def somebody_else(folder):
        (tmp_path / "1").mkdir()
        (tmp_path / "1" / "saved_model.pb").write_text("somebody else's")

    next_versions = iter([1, 2])
    monkeypatch.setattr(export.saved_model, "_next_version", lambda directory: next(next_versions))
    _fake_write(monkeypatch, somebody_else)
    assert export.save(_gan(), tmp_path) == tmp_path / "2"
    assert (tmp_path / "1" / "saved_model.pb").read_text() == "somebody else's"


def test_others_may_read_the_version(tmp_path, monkeypatch):
    _fake_write(monkeypatch)
    (tmp_path / "like_any_folder").mkdir()
    assert export.save(_gan(), tmp_path).stat().st_mode == (tmp_path / "like_any_folder").stat().st_mode


@pytest.mark.long
def test_says_nothing(tmp_path, capfd, caplog):
    # As in a program that runs under absl and was asked for its details.
    verbosity = logging.get_verbosity()
    logging.set_verbosity(logging.INFO)
    try:
        with caplog.at_level("INFO"):
            export.save(_gan(), tmp_path)
            assert caplog.records == []
            logging.info("What others have to say is heard afterwards.")
            assert len(caplog.records) == 1
    finally:
        logging.set_verbosity(verbosity)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("gan", [object(), types.SimpleNamespace(generator=None)])
def test_a_gan_without_a_generator(tmp_path, gan):
    with pytest.raises(ValueError, match=r"whose `generator` is a keras.Model. Received: gan=\w+ with generator"):
        export.save(gan, tmp_path)
    assert _names(tmp_path) == []


@pytest.mark.parametrize("version", [0, -1, True, 1.0, "1"])
def test_a_version_that_is_no_positive_whole_number(tmp_path, version):
    message = f"`version` must be an integer of at least 1. Received: version={version!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        export.save(_gan(), tmp_path, version=version)


def test_a_version_that_is_there_already(tmp_path):
    (tmp_path / "4").mkdir()
    with pytest.raises(ValueError, match=r"Version 4 exists already.* Received: version=4"):
        export.save(_gan(), tmp_path, version=4)


def test_a_directory_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=r"No folder can be made in `directory`.* Received: directory='.*/file'"):
        export.save(_gan(), tmp_path / "file")


@pytest.mark.parametrize("directory", ["", None, 5, "gs://bucket/models"])
def test_a_directory_that_is_no_local_path(directory):
    with pytest.raises(ValueError, match=re.escape(f"Received: directory={directory!r}")):
        export.save(_gan(), directory)


class Unseeded(keras.layers.Layer):
    def call(self, inputs):
        return inputs + tf.random.normal(tf.shape(inputs))


def test_noise_that_no_seed_fixes_cannot_be_exported(tmp_path):
    generator = keras.Sequential([keras.Input((2,)), Unseeded(), keras.layers.Reshape((1, 2, 1))])
    with pytest.raises(ValueError, match=r"no seed fixes.* Received: .* with the operations RandomStandardNormal"):
        export.save(types.SimpleNamespace(generator=generator, latent_shape=(2,)), tmp_path)
