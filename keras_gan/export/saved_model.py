"""A generator as a SavedModel."""

import os
import shutil
import uuid

import keras

from keras_gan._arguments import require_int
from keras_gan._files import local_path
from keras_gan.export import _signatures, _warmup
from keras_gan.export._card_facts import checked_facts
from keras_gan.export._generator import chosen_generator, settled_generator
from keras_gan.export._quiet_log import quiet_log
from keras_gan.export._versions import is_version
from keras_gan.export.model_card import write_model_card


def save(gan, directory, *, version=None, averaged=True, signatures=None, max_count=256, jit_compile=False, card=None):
    """Write the generator as the next version under a directory that TensorFlow Serving watches.

    What serves the images needs TensorFlow alone, neither this package nor Keras. The model runs in inference mode and
    has these signatures:

    * `serving_default`: `latents` float32 `(count, *latent_shape)` -> `images` float32 `(count, *sample_shape)` in
      [-1, 1].
    * `sample`: `seed` int64 and `count` int32, both scalars -> `images` float32 `(count, *sample_shape)`, those of
      `gan.generate(count, seed=seed)`: bit for bit on the same kind of device. Another count gives the same images up
      to rounding, because a matrix product of other size may be summed in another order.
    * `sample_png`: the same -> `png_bytes`, strings `(count,)`, the images of `sample` as PNG files, each value in
      [-1, 1] as the nearest of 0..255. Only where the images are grey or RGB: PNG has no other.

    Inputs and outputs are float32, whatever the precision of training. Latents of the wrong width or with NaN or
    infinity, a negative seed, and more images than `max_count` are errors of the request, raised in the graph.

    The statistics of an averaged generator's BatchNormalization are taken anew first, over 4,096 latents, because the
    average of the statistics of many networks is not that of their averaged weights. The GAN has them from then on, so
    that `generate` makes the images that are served, and its fingerprint is another; training does not look at them,
    and the card tells the fingerprint of before.

    Beside the model lie one request for each signature (`assets.extra/tf_serving_warmup_requests`), which TensorFlow
    Serving runs when it loads the model, and the model's card, see `keras_gan.export.write_model_card`.

    Serving loads a folder as soon as its name is a number. The files are therefore written under a name that
    is none, and the finished folder is renamed: a version is there as a whole or not at all.

    Args:
        gan: model with a `generator`, a `latent_shape` and, where it keeps one, an `averaged_generator`.
        directory: where the versions lie, one folder each; made if need be.
        version: number of the version. Without it, one more than the largest there is.
        averaged: whether the averaged generator is the one that is written, where the GAN keeps one.
        signatures: names of those to write, of which one must be `serving_default`; all by default. A server that
            puts requests together (`--enable_batching`) does not load a model with `sample` or `sample_png`, whose
            inputs are scalars.
        max_count: int, how many images one request may ask for: a limit to the server's memory.
        jit_compile: whether XLA compiles `serving_default`: faster, with other last bits, and compiled anew at the
            first request of each number of latents.
        card: dict of what the model's card is to say of the training, see `keras_gan.export.write_model_card`.

    Returns:
        `pathlib.Path` of the version's folder.

    Raises:
        ValueError: if the GAN has no generator, `version` or `max_count` is not a positive integer, the version
            exists, the directory cannot be written, there is no such signature, or `card` says what no card has.
        OSError, tf.errors.OpError: if the disk is full. Nothing is left behind.

    Example:
        >>> import tempfile, types
        >>> import tensorflow as tf
        >>> generator = keras.Sequential([keras.Input((2,)), keras.layers.Reshape((1, 2, 1))])
        >>> gan = types.SimpleNamespace(generator=generator, latent_shape=(2,))
        >>> folder = save(gan, tempfile.mkdtemp())
        >>> folder.name
        '1'
        >>> signatures = tf.saved_model.load(folder).signatures
        >>> signatures["serving_default"](latents=tf.constant([[0.25, -0.5]]))["images"].numpy().ravel()
        array([ 0.25, -0.5 ], dtype=float32)
        >>> (png,) = signatures["sample_png"](seed=tf.constant(7, tf.int64), count=tf.constant(1))["png_bytes"].numpy()
        >>> tf.io.decode_png(png).shape
        TensorShape([1, 2, 1])
    """
    generator = chosen_generator(gan, averaged)
    directory = local_path("directory", directory)
    max_count = require_int("max_count", max_count)
    _check_version(version, directory)
    checked_facts(card)
    # That of the training, which what follows leaves no more.
    known = {"fingerprint": gan.fingerprint()} if hasattr(gan, "fingerprint") else {}
    offered = _signatures.of_generator(generator, gan.latent_shape, max_count=max_count, jit_compile=jit_compile)
    signatures = _chosen_signatures(offered, signatures)
    staged = _new_folder(directory)
    try:
        settled_generator(gan, averaged)
        _write(generator, signatures, staged)
        _warmup.write_requests(staged, directory.name, signatures)
        lines = {signature.name: signature.documentation for signature in signatures}
        write_model_card(staged, gan, generator=generator, signatures=lines, facts={**known, **(card or {})})
        target = directory / str(_next_version(directory) if version is None else version)
        # A folder that somebody filled in the meantime stops the rename: no version is ever overwritten.
        return staged.rename(target)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _chosen_signatures(offered, names):
    if names is None:
        return offered
    names = [names] if isinstance(names, str) else list(names)
    known = [signature.name for signature in offered]
    if "serving_default" not in names or not set(names) <= set(known):
        raise ValueError(
            f"`signatures` must hold 'serving_default' and otherwise names of {known}. Received: signatures={names}"
        )
    return [signature for signature in offered if signature.name in names]


def _write(generator, signatures, folder):
    archive = keras.export.ExportArchive()
    archive.track(generator)
    for signature in signatures:
        archive.add_endpoint(signature.name, signature.function, list(signature.inputs))
    with quiet_log():
        archive.write_out(os.fspath(folder), verbose=False)


def _check_version(version, directory):
    if version is None:
        return
    if (directory / str(require_int("version", version))).exists():
        raise ValueError(
            f"Version {version} is there already, and may be in service. Leave `version` out for the next, "
            f"or remove {directory / str(version)}. Received: version={version}"
        )


def _next_version(directory):
    taken = [int(path.name) for path in directory.iterdir() if is_version(path)]
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
