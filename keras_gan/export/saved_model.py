"""A generator as a SavedModel."""

import contextlib
import logging
import os
import pathlib
import shutil
import uuid

import keras
import tensorflow as tf

from keras_gan._arguments import require_int


def save(gan, directory, *, version=None, averaged=True):
    """Write the generator as the next version under a directory that TensorFlow Serving watches.

    What serves the images needs TensorFlow alone, neither this package nor Keras. The model has one
    signature, `serving_default`, from `latents` (any number of rows) to `images`, with the generator in
    inference mode. Both are float32, whatever the precision of training.

    Serving loads a folder as soon as its name is a number. The files are therefore written under a name that
    is none, and the finished folder is renamed: a version is there as a whole or not at all.

    Args:
        gan: model with a `generator`, a `latent_shape` and, where it keeps one, an `averaged_generator`.
        directory: where the versions lie, one folder each; made if need be.
        version: number of the version. Without it, one more than the largest there is.
        averaged: whether the averaged generator is the one that is written, where the GAN keeps one.

    Returns:
        `pathlib.Path` of the version's folder.

    Raises:
        ValueError: if the GAN has no generator, the version is not a positive integer or exists, or the
            directory cannot be written.
        tf.errors.OpError: if the disk is full. Nothing is left behind.

    Example:
        >>> import tempfile, types
        >>> generator = keras.Sequential([keras.Input((2,)), keras.layers.Reshape((1, 2, 1))])
        >>> gan = types.SimpleNamespace(generator=generator, latent_shape=(2,))
        >>> folder = save(gan, tempfile.mkdtemp())
        >>> folder.name
        '1'
        >>> serve = tf.saved_model.load(folder).signatures["serving_default"]
        >>> serve(latents=tf.constant([[0.25, -0.5]]))["images"].numpy().ravel()
        array([ 0.25, -0.5 ], dtype=float32)
    """
    generator = _chosen_generator(gan, averaged)
    directory = pathlib.Path(directory)
    _check_version(version, directory)
    staged = _new_folder(directory)
    try:
        _write(generator, gan.latent_shape, staged)
        target = directory / str(_next_version(directory) if version is None else version)
        # A folder that somebody filled in the meantime stops the rename: no version is ever overwritten.
        return staged.rename(target)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _write(generator, latent_shape, folder):
    def serve(latents):
        return {"images": tf.cast(generator(latents, training=False), tf.float32)}

    archive = keras.export.ExportArchive()
    archive.track(generator)
    latents = tf.TensorSpec((None, *latent_shape), tf.float32, name="latents")
    archive.add_endpoint("serving_default", serve, [latents])
    with _quiet_log():
        archive.write_out(os.fspath(folder), verbose=False)


@contextlib.contextmanager
def _quiet_log():
    """Keep back what TensorFlow tells a program that logs at INFO about each file that it writes."""
    loggers = (tf.get_logger(), logging.getLogger("absl"))
    for logger in loggers:
        logger.addFilter(_is_serious)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(_is_serious)


def _is_serious(record):
    return record.levelno >= logging.WARNING


def _chosen_generator(gan, averaged):
    generator = getattr(gan, "generator", None)
    if not isinstance(generator, keras.Model):
        raise ValueError(
            "Only a GAN can be exported: expected a model whose `generator` is a keras.Model. Received: "
            f"gan={type(gan).__name__} with generator={generator!r}"
        )
    average = getattr(gan, "averaged_generator", None)
    return average if averaged and average is not None else generator


def _check_version(version, directory):
    if version is None:
        return
    if (directory / str(require_int("version", version))).exists():
        raise ValueError(
            f"Version {version} is there already, and may be in service. Leave `version` out for the next, "
            f"or remove {directory / str(version)}. Received: version={version}"
        )


def _next_version(directory):
    taken = [int(path.name) for path in directory.iterdir() if path.name.isascii() and path.name.isdigit()]
    return max(taken, default=0) + 1


def _new_folder(directory):
    # In the same directory, because only within one file system is a rename a single act; not by `tempfile`,
    # whose folders nobody but their owner may read.
    folder = directory / f".unfinished-{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise ValueError(
            f"No folder can be made in `directory` ({error.strerror}). Give a directory that exists or can "
            f"be made, and that you may write to. Received: directory={os.fspath(directory)!r}"
        ) from error
    return folder
