"""What a client can ask of an exported model that makes sound: WAV files."""

import numpy as np
import tensorflow as tf

from keras_gan.export import _signatures
from keras_gan.export._signatures import Signature

_RATE = tf.TensorSpec((), tf.int32, name="sample_rate")
# For the first request to a model that does not know its rate: that of a CD.
_EXAMPLE_RATE = np.int32(44_100)


def of_sampler(sampler, max_count, sample_rate):
    """Return the signature that makes files of a sampler's recordings, in a list; an empty one without recordings.

    Args:
        sampler: `keras_gan.training.Sampler`, run in inference mode.
        max_count: int, how many samples one request may ask for.
        sample_rate: int, samples a second; None for requests that say them.
    """
    if not _makes_sound(sampler):
        return []
    files = sample_wav if sampler.is_drawn else vocode_wav
    return [files(sampler, _signatures.making(sampler), max_count, sample_rate)]


def _makes_sound(sampler):
    """Whether a sampler makes recordings of one channel or two, all that a WAV file is sure to hold."""
    return sampler.output == "waveforms" and len(sampler.output_shape) == 2 and sampler.output_shape[-1] in (1, 2)


def sample_wav(sampler, make, max_count, sample_rate):
    """Return the signature from a seed to the recordings of `sample`, as WAV files.

    Args:
        sampler: `keras_gan.training.Sampler` of recordings, which draws its inputs.
        make: the sampler as one function.
        max_count: int.
        sample_rate: int, samples a second; None for a request that says them.
    """

    def serve(seed, count, *others):
        labels, rate = _split(others, sample_rate)
        inputs = _signatures.drawn_inputs(sampler, seed, count, labels, max_count)
        return {"wav_bytes": _signatures.in_batches(_files(make, rate), inputs, tf.TensorSpec((None,), tf.string))}

    signature = _signatures.of_seed(
        "sample_wav", sampler, serve, f"wav_bytes string, those of `sample` as WAV {_in_words(sample_rate)}", max_count
    )
    return _with_rate(signature, sample_rate)


def vocode_wav(sampler, make, max_count, sample_rate):
    """Return the signature from what a vocoder takes to its recordings, as WAV files; arguments as for `sample_wav`."""
    default = _signatures.serving_default(sampler, make, max_count)

    def serve(*tensors):
        tensors, rate = _split(tensors, sample_rate)
        return {"wav_bytes": _files(make, rate)(_signatures.checked_inputs(sampler, tensors, max_count))}

    documentation = default.documentation.partition(" -> ")[0]
    returns = f"wav_bytes string, a recording each as WAV {_in_words(sample_rate)}"
    signature = Signature("vocode_wav", f"{documentation} -> {returns}.", default.inputs, serve, default.example)
    return _with_rate(signature, sample_rate)


def _files(make, rate):
    """The function that makes WAV files from a dict of inputs."""

    def files(inputs):
        waveforms = _signatures.finite(make(inputs))
        return tf.map_fn(lambda waveform: tf.audio.encode_wav(waveform, rate), waveforms, fn_output_signature=tf.string)

    return files


def _with_rate(signature, sample_rate):
    """The signature, with an input for the sample rate where the model does not know it."""
    if sample_rate is not None:
        return signature
    return Signature(
        signature.name,
        f"sample_rate int32 and {signature.documentation}",
        (*signature.inputs, _RATE),
        signature.function,
        {**signature.example, _RATE.name: _EXAMPLE_RATE},
    )


def _split(tensors, sample_rate):
    """The inputs of the sampler, and the sample rate, which is the last tensor of a model that does not know it."""
    if sample_rate is not None:
        return tensors, sample_rate
    *tensors, rate = tensors
    return tensors, _signatures.required(
        rate >= 1, rate, "The sample rate of a recording must be at least 1 sample a second. Received: sample_rate ="
    )


def _in_words(sample_rate):
    """What to say of the files."""
    return f"of 16 bits, {'sample_rate' if sample_rate is None else sample_rate} samples a second"
