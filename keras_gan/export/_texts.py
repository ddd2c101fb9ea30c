"""What a client can ask of an exported model of text: strings."""

import dataclasses

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int, require_number, require_seed
from keras_gan.export import _signatures
from keras_gan.export._signatures import Signature

TEMPERATURES, PROMPTS = "temperatures", "prompts"
# Of a place in a prompt that the model fills.
_FREE = -1
_TEMPERATURE = tf.TensorSpec((), tf.float32, name="temperature")
_PROMPT = tf.TensorSpec((), tf.string, name="prompt")


def of_sampler(sampler, tokenizer, *, max_count, jit_compile):
    """Return the signatures of a sampler that draws tokens.

    Args:
        sampler: `keras_gan.training.Sampler` of tokens, run in inference mode.
        tokenizer: `keras_gan.layers.Tokenizer` of the model; None for a model of tokens alone.
        max_count: int, how many samples one request may ask for.
        jit_compile: whether XLA compiles the network of `serving_default`.

    Returns:
        List of `Signature`: `serving_default`, `sample` and, with a tokenizer, `sample_text`.
    """
    default, *others = _signatures.of_sampler(sampler, max_count=max_count, jit_compile=jit_compile)
    signatures = [_checked(default, sampler), *others]
    if tokenizer is not None:
        signatures.append(sample_text(sampler, tokenizer, _signatures.making(sampler), max_count))
    return signatures


def sample_text(sampler, tokenizer, make, max_count):
    """Return the signature from a seed to the texts of `sample`, as strings.

    A model that writes one token after another also takes a temperature and a prompt, a string that all texts begin
    with, which is empty for none. The tokenizer is a part of the graph.

    Args:
        sampler: `keras_gan.training.Sampler` of tokens.
        tokenizer: `keras_gan.layers.Tokenizer`.
        make: the sampler as one function.
        max_count: int.
    """

    def texts(inputs):
        return tokenizer.decode(make(inputs))

    def serve(seed, count, *others):
        inputs = _signatures.drawn_inputs(sampler, seed, count, (), max_count)
        if others:
            temperature, prompt = others
            inputs[TEMPERATURES] = checked_temperatures(tf.fill((count,), temperature))
            inputs[PROMPTS] = tf.tile(prompt_of(tokenizer, prompt), (count, 1))
        return {"texts": _signatures.in_batches(texts, inputs, tf.TensorSpec((None,), tf.string))}

    plain = _signatures.of_seed("sample_text", sampler, serve, "texts string, those of `sample`", max_count)
    if PROMPTS not in sampler.inputs:
        return plain
    documentation = f"temperature float32 above 0, prompt string that texts begin with and {plain.documentation}"
    inputs = (*plain.inputs, _TEMPERATURE, _PROMPT)
    example = {**plain.example, _TEMPERATURE.name: np.float32(1.0), _PROMPT.name: np.array(b"", dtype="S1")}
    return Signature(plain.name, documentation, inputs, serve, example)


def prompt_of(tokenizer, prompt):
    """The tokens of a prompt up to its end, and -1 where the model chooses: int32 `(1, length)`."""
    tokens = tokenizer(tf.reshape(prompt, (1,)))
    before_end = tf.math.cumprod(tf.cast(tokens != 0, tf.int32), axis=1)
    return tf.where(before_end == 1, tokens, _FREE)


def checked_temperatures(temperatures):
    """Return temperatures, which must be finite and above 0."""
    wrong = ~(tf.math.is_finite(temperatures) & (temperatures > 0.0))
    return _signatures.required(
        ~tf.reduce_any(wrong),
        temperatures,
        "A temperature must be above 0: 1 for the distribution that the model has learnt, less for likelier texts. "
        "Received: wrong temperatures =",
        shown=tf.boolean_mask(temperatures, wrong),
    )


def _checked(default, sampler):
    """The signature `serving_default` with checks of the temperatures and of the prompts, where there are any."""
    if PROMPTS not in sampler.inputs:
        return default
    names, vocab_size = list(sampler.inputs), sampler.fields[PROMPTS].num_classes

    def serve(*tensors):
        inputs = dict(zip(names, tensors, strict=True))
        count = tf.shape(inputs[sampler.main])[0]
        for name in (TEMPERATURES, PROMPTS):
            inputs[name] = _as_many(name, tf.ensure_shape(inputs[name], sampler.inputs[name].shape), count)
        inputs[TEMPERATURES] = checked_temperatures(inputs[TEMPERATURES])
        inputs[PROMPTS] = _checked_prompts(inputs[PROMPTS], vocab_size)
        return default.function(*inputs.values())

    example = {**default.example, TEMPERATURES: np.ones((1,), np.float32)}
    example[PROMPTS] = np.full_like(default.example[PROMPTS], _FREE)
    return dataclasses.replace(default, function=serve, example=example)


def _as_many(name, values, count):
    return _signatures.required(
        tf.equal(tf.shape(values)[0], count),
        values,
        f"Give as many {name} as latents. Received: the number of {name} and of latents =",
        shown=tf.stack([tf.shape(values)[0], count]),
    )


def _checked_prompts(prompts, vocab_size):
    wrong = (prompts < _FREE) | (prompts >= vocab_size)
    return _signatures.required(
        ~tf.reduce_any(wrong),
        prompts,
        f"Prompts must be tokens from 0 to {vocab_size - 1}, and -1 where the model chooses. Received: wrong tokens =",
        shown=tf.boolean_mask(prompts, wrong),
    )


def drawn_conditions(inputs, count):
    """The temperatures and prompts of texts that are drawn freely, by name, for a model that takes them.

    Args:
        inputs: dict of input name to its shape without the batch.
        count: int.
    """
    if PROMPTS not in inputs:
        return {}
    return {
        TEMPERATURES: np.ones((count,), np.float32),
        PROMPTS: np.full((count, *inputs[PROMPTS]), _FREE, np.int32),
    }


def written(signature, num_texts, *, seed, temperature, prompt):
    """Call the signature `sample_text`, and return a list of str; see `ExportedGenerator.write`."""
    if signature is None:
        raise ValueError(
            "This model writes no strings: only a model with a tokenizer does, `LanguageModel(..., tokenizer=...)`. "
            f"Received: num_texts={num_texts!r}"
        )
    asked = {"seed": tf.constant(require_seed(seed), tf.int64)}
    asked["count"] = tf.constant(require_int("num_texts", num_texts), tf.int32)
    temperature = require_number("temperature", temperature, low=0.0, open_low=True)
    if not isinstance(prompt, str):
        raise ValueError(f"`prompt` must be a string that the texts begin with. Received: prompt={prompt!r:.80}")
    if _PROMPT.name in signature.structured_input_signature[1]:
        asked |= {_TEMPERATURE.name: tf.constant(temperature), _PROMPT.name: tf.constant(prompt)}
    elif prompt or temperature != 1.0:
        raise ValueError(
            "This model writes whole texts at once: leave `prompt` and `temperature` out. "
            f"Received: prompt={prompt!r:.80}, temperature={temperature}"
        )
    return [text.decode() for text in signature(**asked)["texts"].numpy()]
