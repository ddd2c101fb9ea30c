"""What a client can ask of an exported model that takes texts: strings in, PNG files out."""

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_seed
from keras_gan._pixels import tensor_to_bytes
from keras_gan.export import _signatures
from keras_gan.export._picture_files import FILES, decoded, stated_sides
from keras_gan.export._signatures import Signature, required
from keras_gan.export._translations import SideRule

# What a network can take a text as.
WORDS = ("tokens", "vectors")
_TEXT = "text"
_SEED = tf.TensorSpec((), tf.int64, name="seed")


def of_captions(sampler, *, max_count, jit_compile):
    """Return the signatures of a sampler that takes texts.

    Args:
        sampler: `Sampler` with a `words_name`, the input for tokens or vectors, and a `tokenizer`, which may be None.
        max_count: int, how many samples one request may ask for.
        jit_compile: whether XLA compiles the network of `serving_default`.

    Returns:
        List of `Signature`: `serving_default`; where latents are drawn `sample`, and for grey and RGB images
        `sample_png`; and for what edits such images `edit_png`.
    """
    make = _signatures.making(sampler)
    compiled = _signatures.making(sampler, jit_compile=True) if jit_compile else make
    signatures = [_serving_default(sampler, compiled, max_count)]
    is_shown = _signatures.are_pictures(sampler)
    if sampler.is_drawn:
        signatures.append(_sample(sampler, make, max_count))
        return signatures + ([_sample_png(sampler, make, max_count)] if is_shown else [])
    return signatures + ([_edit_png(sampler, make, max_count)] if is_shown else [])


def drawn(signature, text, seed):
    """Call the signature `sample` with strings, and return the samples; see `ExportedGenerator.draw`."""
    if signature is None or _TEXT not in signature.structured_input_signature[1]:
        raise ValueError(
            "This model draws nothing from strings: only a model of pictures and texts with a tokenizer does, "
            f"`TextToImage(..., tokenizer=...)`. Received: text={text!r:.80}"
        )
    texts = [text] if isinstance(text, str) else text
    if not isinstance(texts, list | tuple) or not texts or not all(isinstance(each, str) for each in texts):
        raise ValueError(f"`text` must be a string or a list of strings, at least one. Received: text={text!r:.80}")
    asked = {_SEED.name: tf.constant(require_seed(seed), tf.int64), _TEXT: tf.constant(list(texts))}
    (made,) = signature(**asked).values()
    return made.numpy()


def _serving_default(sampler, make, max_count):
    """Return the signature from the sampler's inputs to as many samples."""

    def serve(*tensors):
        inputs = _signatures.checked_inputs(sampler, tensors, max_count)
        words = inputs[sampler.words_name]
        inputs[sampler.words_name] = _checked_words(words, tf.shape(inputs[sampler.main])[0], sampler)
        return {sampler.output: _signatures.finite(make(inputs))}

    inputs = ", ".join(_in_words(spec, sampler) for spec in sampler.inputs.values())
    return Signature(
        "serving_default",
        f"{inputs}, count up to {max_count} -> {sampler.output} float32.",
        tuple(sampler.inputs.values()),
        serve,
        {name: np.zeros([1, *spec.shape[1:]], spec.dtype.as_numpy_dtype) for name, spec in sampler.inputs.items()},
    )


def _sample(sampler, make, max_count):
    """Return the signature from a seed and texts to the samples that `generate` draws for them."""

    def serve(seed, texts):
        inputs = _drawn(sampler, seed, texts, max_count)
        spec = tf.TensorSpec((None, *sampler.output_shape), tf.float32)
        made = _signatures.in_batches(lambda batch: _signatures.finite(make(batch)), inputs, spec)
        return {sampler.output: made}

    return _of_seed("sample", sampler, serve, f"{sampler.output} float32, the same for the same seed", max_count)


def _sample_png(sampler, make, max_count):
    """Return the signature from a seed and texts to the images of `sample` as PNG files."""

    def serve(seed, texts):
        inputs = _drawn(sampler, seed, texts, max_count)
        return {"png_bytes": _signatures.in_batches(_files(make), inputs, tf.TensorSpec((None,), tf.string))}

    return _of_seed("sample_png", sampler, serve, "png_bytes string (count,), those of `sample` as PNG", max_count)


def _edit_png(sampler, make, max_count):
    """Return the signature from files and texts to files, one of each for each picture."""
    main = sampler.inputs[sampler.main]
    height, width, channels = main.shape[1:]

    rule = SideRule(sampler)

    def picture(file):
        # Before it is decoded: a small file can unpack to gigabytes.
        image = decoded(rule.checked(file, stated_sides(file)), channels)
        return tf.ensure_shape(image, (height, width, channels))

    def serve(files, texts):
        words = _words_of(texts, max_count, sampler)
        files = tf.ensure_shape(files, (None,), name="image_bytes_of_the_right_shape")
        words = _checked_words(words, tf.shape(files)[0], sampler)
        images = tf.map_fn(picture, files, fn_output_signature=tf.TensorSpec((height, width, channels)))
        return {"png_bytes": _files(make)({sampler.main: images, sampler.words_name: words})}

    texts = _text_spec(sampler)
    black = tf.io.encode_png(np.zeros((height, width, channels), np.uint8)).numpy()
    return Signature(
        "edit_png",
        f"{FILES} string (count,), PNG or JPEG files of {height}x{width} pixels, and {_in_words(texts, sampler)}, "
        f"count up to {max_count} -> png_bytes string (count,), the edited pictures as PNG.",
        (tf.TensorSpec((None,), tf.string, FILES), texts),
        serve,
        {FILES: np.array([black], object), texts.name: _example(texts)},
    )


def _of_seed(name, sampler, serve, returns, max_count):
    texts = _text_spec(sampler)
    documentation = f"seed int64 and {_in_words(texts, sampler)}, count up to {max_count} -> {returns}."
    return Signature(name, documentation, (_SEED, texts), serve, {"seed": np.int64(0), texts.name: _example(texts)})


def _drawn(sampler, seed, texts, max_count):
    """The inputs that `generate` draws for a seed, with the texts of the request."""
    words = _words_of(texts, max_count, sampler)
    inputs = _signatures.drawn_inputs(sampler, seed, tf.shape(words)[0], (), max_count, {sampler.words_name: words})
    return {**inputs, sampler.words_name: _checked_words(words, tf.shape(words)[0], sampler)}


def _files(make):
    """The function that makes PNG files from a dict of inputs."""

    def files(inputs):
        pixels = tensor_to_bytes(_signatures.finite(make(inputs)))
        return tf.map_fn(tf.io.encode_png, pixels, fn_output_signature=tf.string)

    return files


def _text_spec(sampler):
    """What a request gives as the text: strings, or what the network takes of a model without a tokenizer."""
    return sampler.inputs[sampler.words_name] if sampler.tokenizer is None else tf.TensorSpec((None,), tf.string, _TEXT)


def _words_of(texts, max_count, sampler):
    """The tokens or vectors of the texts of a request."""
    spec = _text_spec(sampler)
    texts = tf.ensure_shape(texts, spec.shape, name=f"{spec.name}_of_the_right_shape")
    count = tf.shape(texts)[0]
    texts = required(
        (count >= 1) & (count <= max_count),
        texts,
        f"One request may hold 1 to {max_count} texts. Send the rest in further requests. Received: count =",
        shown=count,
    )
    return texts if sampler.tokenizer is None else sampler.tokenizer.call(texts)


def _checked_words(words, count, sampler):
    """Tokens of the vocabulary, or finite vectors, one row for each sample."""
    words = required(
        tf.equal(tf.shape(words)[0], count),
        words,
        "Give a text for each sample. Received: the number of texts and of samples =",
        shown=tf.stack([tf.shape(words)[0], count]),
    )
    if words.dtype.is_floating:
        message = "The vectors hold NaN or infinity. Give finite numbers. Received: numbers that are not finite ="
        bad = tf.math.count_nonzero(~tf.math.is_finite(words))
        return required(tf.equal(bad, 0), words, message, shown=bad)
    size = sampler.fields[sampler.words_name].num_classes
    wrong = (words < 0) | (words >= size)
    return required(
        ~tf.reduce_any(wrong),
        words,
        f"Tokens must be from 0 to {size - 1}, the vocabulary of the model. Received: wrong tokens =",
        shown=tf.boolean_mask(words, wrong),
    )


def _in_words(spec, sampler):
    if spec.dtype == tf.string:
        return f"{spec.name} string (count,)"
    size = sampler.fields[spec.name].num_classes if spec.name == sampler.words_name else None
    rows = f"({', '.join(['count', *map(str, spec.shape[1:])])})"
    return f"{spec.name} {spec.dtype.name} {rows}" + (f" from 0 to {size - 1}" if size else "")


def _example(spec):
    if spec.dtype == tf.string:
        return np.array(["a"], object)
    return np.zeros((1, *spec.shape[1:]), spec.dtype.as_numpy_dtype)
