"""What draws a model's samples as a SavedModel, one version a folder."""

import contextlib
import errno
import os

import keras
import tensorflow as tf

from keras_gan._arguments import require_bool, require_choice, require_int
from keras_gan._files import give_name, local_path, reason_of, unfinished_folder, write_atomically
from keras_gan._hashes import SHA256SUMS, sha256sums
from keras_gan._sample_rate import sample_rate_of
from keras_gan.export import _captions, _encodings, _signatures, _sounds, _texts, _translations
from keras_gan.export._card_facts import checked_facts
from keras_gan.export._sampler import finite_part_of, finite_sampler_of, quiet_log, settle_statistics
from keras_gan.export.model_card import write_model_card

# TensorFlow Serving reads the number as an int64.
_LARGEST_VERSION = 2**63 - 1


def save(
    gan,
    directory,
    *,
    version=None,
    averaged=True,
    to=None,
    image_type="float32",
    signatures=None,
    max_count=256,
    jit_compile=False,
    card=None,
):
    """Write what draws a model's samples as the next version under a directory that TensorFlow Serving watches.

    A server needs only TensorFlow, neither this package nor Keras. The network of `gan.sampler()` runs in inference
    mode and has these signatures:

    * `serving_default`: the network's inputs by name, `latents` float32 `(count, *latent_shape)` and, for a conditional
      model, `labels` int32 `(count,)` -> `images` float32 `(count, *sample_shape)` in [-1, 1]. An `InfoGAN` takes
      `codes` float32 `(count, num_codes)` too, and the other signatures draw them.
    * `sample`: `seed` int64 and `count` int32, both scalars, and for a conditional model `labels` int32 `(count,)` ->
      `images` float32 `(count, *sample_shape)`. They equal `gan.generate(count, labels=labels, seed=seed)` bit for bit
      on the same kind of device. Another count gives the same images up to rounding, because a matrix product of
      another size may add its terms in another order.
    * `sample_png`: the same inputs -> `png_bytes`, strings `(count,)`: the images of `sample` as PNG files, with each
      value in [-1, 1] rounded to the nearest of 0..255. Only grey and RGB images have it. Of clips, whose output is
      named `clips`, it is a file for each frame, `(count, num_frames)`.
    * `sample_wav`, where the output is named `waveforms`: the same inputs -> `wav_bytes`, strings `(count,)`: the
      recordings of `sample` as WAV files of 16 bits. Their samples a second are the model's `sample_rate`, or that of
      its `mel_spectrogram`; for a model that has neither, such as a `WaveGAN` that was built without one,
      `sample_rate`, int32, is one more input.

    A model of text, whose output is named `tokens`, has `serving_default` and `sample` with int32 `tokens` `(count,
    length)`, and with a tokenizer one more:

    * `sample_text`: the inputs of `sample` -> `texts`, strings `(count,)`, those of `sample` for the same seed. A model
      that writes one token after another also takes `temperature`, float32, and `prompt`, a string that all texts begin
      with, both scalars. Its `serving_default` has them as `temperatures` float32 `(count,)` and as tokens, `prompts`
      int32 `(count, length)`, with -1 where the model chooses.

    A vocoder has these two instead:

    * `serving_default`: `mels` float32 `(count, frames, num_mels)` -> `waveforms` float32, the same as
      `gan.vocode(mels)`.
    * `vocode_wav`: `mels` -> `wav_bytes`, strings `(count,)`, as in `sample_wav`.

    A translator has these instead. Of a network for pictures of any size, sides that it does not take are continued by
    the mirror image, as in `translate`:

    * `serving_default`: `images` float32 `(count, height, width, channels)` in [-1, 1], and `labels` where it takes
      them -> `images`, the same as `gan.translate(images)`, in batches of any size (of a network with noise, in the
      same batches). With `image_type="uint8"` both are bytes from 0 to 255, and the graph maps them to [-1, 1] and
      back; with "uint16" they go to 65,535.
    * `translate_png`: `image_bytes`, strings `(count,)`, PNG or JPEG files -> `png_bytes`, strings `(count,)`, their
      translations. Each picture is translated by itself, so those of one request may differ in size. Colours become
      grey for a network of one channel, and grey becomes colours for one of three. Transparent parts become white for
      a network without alpha. The PNG files have 8 bits, or 16 with `image_type="uint16"`; files of 16 bits are read
      with all of them either way. A turn that EXIF asks for is ignored. What enlarges pictures keeps their alpha, and
      grey ones grey, as `upscale_picture` does.
    * `matte_png`, of a model that takes trimaps, in its place: `image_bytes` and `trimap_bytes`, strings `(count,)`,
      files of pictures and of their trimaps, white for foreground, black for background and grey where it is open ->
      `png_bytes`, strings `(count,)`, the pictures with their alpha.

    A model with an encoder, such as `VAEGAN`, has those of a model that draws images, and these:

    * `encode`: `images` `(count, *sample_shape)` -> `latents` float32 `(count, *latent_shape)`, their codes, the same
      as `gan.encode(images)`.
    * `decode`: `latents` -> `images`, the same as `gan.decode(latents)`.
    * `reconstruct`: `images` -> `images`, the same as `gan.reconstruct(images)`.

    A model that scores anomalies, such as `BiGAN`, has these and one more:

    * `score`: `images` -> `scores` float32 `(count,)`, higher for more anomalous images, the same as
      `gan.score(images)`.

    A model that draws what a text says, such as `TextToImage`, has these:

    * `serving_default`: `latents` and `tokens` int32 `(count, length)`, or `vectors` float32 for a model without a text
      encoder -> `images`.
    * `sample`: `seed` int64, a scalar, and `text`, strings `(count,)` -> `images`, the same as
      `gan.generate(text=text, seed=seed)`. The graph makes the tokens. A model without a tokenizer takes `tokens` or
      `vectors` in the place of `text`, also in the next one.
    * `sample_png`: the same inputs -> `png_bytes`, strings `(count,)`.

    One that edits pictures, `TextEditor`, has a `serving_default` of `images` and `tokens`, and

    * `edit_png`: `image_bytes`, strings `(count,)`, PNG or JPEG files of the size that the model takes, and `text`
      -> `png_bytes`.

    The images of a model with an encoder are float32 in [-1, 1], or bytes or 16 bits as for a translator, by
    `image_type`.

    Images and latents are float32 unless you ask for whole numbers, whatever the precision of training. The graph
    raises an error for a request with inputs of the wrong shape (it names the nearest height and width that work, if
    the network knows), NaN or infinity, labels that are no classes, codes that are no categories, a negative seed, or
    more images than `max_count`; and for latents so large that the network overflows and makes NaN or infinity.

    The statistics of an averaged generator's BatchNormalization are first computed again, over 4,096 latents, because
    the average of many networks' statistics is not the statistics of their averaged weights. The GAN keeps the new
    statistics, so that `generate` makes the images that are served. Its fingerprint changes; training does not use the
    statistics, and the card names the fingerprint from before. An averaged translator keeps its statistics, because
    pictures cannot be drawn.

    The folder also holds one request for each signature (`assets.extra/tf_serving_warmup_requests`), which TensorFlow
    Serving runs when it loads the model, and the model's card, see `keras_gan.export.write_model_card`.

    `SHA256SUMS` lists the SHA-256 of every file. `sha256sum --check SHA256SUMS` in the folder tells whether one has
    changed by accident. The SHA-256 of this list is that of the folder, `keras_gan.export.sha256_of(folder)`: give it
    to those who get the folder from you, for `ExportedGenerator(folder, sha256=...)`.

    Serving loads a folder as soon as its name is a number. So the files are written under another name, and the
    finished folder is renamed: a version appears complete or not at all, even after a power failure. The next
    export removes what one that was killed has left.

    Args:
        gan: model of keras_gan, or one with a `sampler`; or any object with a `generator` and, where it keeps one, an
            `averaged_generator`.
        directory: where the versions go, one folder each; made if it is missing.
        version: number of the version; None for one more than the largest there is.
        averaged: whether to write the averaged network, where the model has one.
        to: for a model that translates in both directions, such as `CycleGAN`: "target" or "source". Save each to a
            directory of its own. None for "target".
        image_type: what images are in the `serving_default` of a translator, and in `encode`, `decode`, `reconstruct`
            and `score` of a model with an encoder: "float32" in [-1, 1], "uint8" or "uint16".
        signatures: names of the signatures to write, `serving_default` among them; None for all. A server that
            batches requests (`--enable_batching`) does not load a model with `sample` or `sample_png`, whose inputs are
            scalars.
        max_count: int, the most images of one request: it limits the server's memory.
        jit_compile: whether XLA compiles `serving_default`. It is faster, the last bits differ, and the first request
            with each number of samples waits for the compilation.
        card: dict of what the model's card says about the training, see `keras_gan.export.write_model_card`.

    Returns:
        `pathlib.Path` of the version's folder.

    Raises:
        ValueError: if the model draws no samples, has no direction `to` or no such `image_type`, a weight is NaN or
            infinite, `version` or `max_count` is not a positive integer, the version exists, the directory is that of a
            version or cannot be written, there is no such signature, or `card` has an unknown field.
        OSError: if the disk is full or fails; the error names the directory. Nothing is left behind.

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
    # Before anything changes: the fingerprint that training ended with.
    known = {"fingerprint": gan.fingerprint()} if hasattr(gan, "fingerprint") else {}
    sampler = finite_sampler_of(gan, averaged, to)
    encoder, scorer = (finite_part_of(gan, method, averaged) for method in ("encoder_sampler", "score_sampler"))
    directory = local_path("directory", directory)
    if (directory / "saved_model.pb").exists():
        raise ValueError(
            "This is the folder of a version. Give the folder above it, in which the next version appears. Received: "
            f"directory={os.fspath(directory)!r}"
        )
    max_count = require_int("max_count", max_count)
    jit_compile = require_bool("jit_compile", jit_compile)
    _check_version(version, directory)
    checked_facts(card, "card")
    sample_rate = sample_rate_of(gan)
    tokenizer = getattr(gan, "tokenizer", None)
    options = {"max_count": max_count, "jit_compile": jit_compile, "sample_rate": sample_rate, "tokenizer": tokenizer}
    offered = _offered(sampler, encoder, scorer, image_type, **options)
    signatures = _chosen_signatures(offered, signatures)
    with _folder_in(directory) as staged:
        settle_statistics(sampler, gan)
        with _failed_writes_named(directory):
            parts = [part for part in (sampler, encoder, scorer) if part is not None]
            _write([*(part.network for part in parts), *_ready(tokenizer)], signatures, staged)
            _signatures.write_requests(staged, directory.name, signatures)
        lines = {signature.name: signature.documentation for signature in signatures}
        write_model_card(staged, gan, averaged=averaged, to=to, signatures=lines, facts={**known, **(card or {})})
        write_atomically(staged / SHA256SUMS, sha256sums(staged))
        return _named(staged, directory, version)


def _offered(sampler, encoder, scorer, image_type, *, max_count, jit_compile, sample_rate, tokenizer):
    """Every signature of a model: those of a translator if its sampler takes pictures, and those of its encoder."""
    require_choice("image_type", image_type, _translations.IMAGE_TYPES)
    options = {"max_count": max_count, "jit_compile": jit_compile}
    if hasattr(sampler, "words_name") and image_type == "float32":
        return _captions.of_captions(sampler, **options)
    if sampler.fields[sampler.main].is_picture and not hasattr(sampler, "words_name"):
        return _translations.of_translator(sampler, image_type=image_type, **options)
    if sampler.output == "tokens":
        signatures = _texts.of_sampler(sampler, tokenizer, **options)
    else:
        signatures = [*_signatures.of_sampler(sampler, **options), *_sounds.of_sampler(sampler, max_count, sample_rate)]
    if encoder is not None:
        of_images = {"image_type": image_type, "max_count": max_count}
        return signatures + _encodings.of_encoder(encoder, sampler, scorer, **of_images)
    if image_type != "float32":
        raise ValueError(
            "Only a translator and a model with an encoder take images, and `image_type` says what they are: leave it "
            f"out. Received: image_type={image_type!r}, and a model that takes {', '.join(sampler.inputs)}"
        )
    return signatures


def _ready(tokenizer):
    """The layer that makes tokens of texts, in a list and with its tables; an empty list without."""
    if tokenizer is None:
        return []
    if not tokenizer.built:
        tokenizer.build((None,))
    return [tokenizer]


def _chosen_signatures(offered, names):
    if names is None:
        return offered
    names = [names] if isinstance(names, str) else names
    known = [signature.name for signature in offered]
    is_known = isinstance(names, list | tuple | set | frozenset) and all(name in known for name in names)
    if not is_known or "serving_default" not in names:
        raise ValueError(
            f"`signatures` must contain 'serving_default', and only names of {known}. Received: signatures={names!r}"
        )
    return [signature for signature in offered if signature.name in names]


def _write(layers, signatures, folder):
    archive = keras.export.ExportArchive()
    for layer in layers:
        archive.track(layer)
    for signature in signatures:
        archive.add_endpoint(signature.name, signature.function, list(signature.inputs))
    with quiet_log():
        archive.write_out(os.fspath(folder), verbose=False)


@contextlib.contextmanager
def _failed_writes_named(directory):
    """Turn TensorFlow's errors of a failed write, each of another class, into an OSError."""
    try:
        yield
    except tf.errors.OpError as error:
        text = reason_of(error)
        # Without the name of a file that is no longer there.
        number = next((number for number in errno.errorcode if os.strerror(number) in text), None)
        reason = text if number is None else os.strerror(number)
        reason = f"The model could not be exported, and nothing is left of it: {reason}"
        raise OSError(number or errno.EIO, reason, os.fspath(directory)) from error


def _check_version(version, directory):
    if version is None:
        return
    if (directory / str(require_int("version", version, high=_LARGEST_VERSION))).exists():
        raise ValueError(
            f"Version {version} exists already, and a server may use it. Leave out `version` to write the next one, "
            f"or remove {directory / str(version)}. Received: version={version}"
        )


def _named(staged, directory, version):
    """Give a finished folder the name of its version. Another process may have written the same one in the meantime."""
    while True:
        target = directory / str(_next_version(directory) if version is None else version)
        try:
            return give_name(staged, target)
        except OSError:
            # A folder with files is never overwritten.
            if version is not None or not target.exists():
                raise


def _next_version(directory):
    taken = [int(path.name) for path in directory.iterdir() if _is_version(path)]
    return max(taken, default=0) + 1


@contextlib.contextmanager
def _folder_in(directory):
    """A new folder in a directory, until it gets its name; or a ValueError if none can be made."""
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(unfinished_folder(directory))
        except OSError as error:
            raise ValueError(
                f"No folder can be made in `directory` ({error.strerror}). Give a directory that exists or can "
                f"be made, and that you may write to. Received: directory={os.fspath(directory)!r}"
            ) from error
        yield folder


def version_folders(directory):
    """Return the folders in a directory whose name is a number and which hold a SavedModel, sorted by number."""
    folders = (path.parent for path in directory.glob("*/saved_model.pb"))
    return sorted((folder for folder in folders if _is_version(folder)), key=lambda folder: int(folder.name))


def _is_version(path):
    """Return whether the name of a path is a number, whatever it holds."""
    return path.name.isascii() and path.name.isdigit()
