"""What a client can ask of an exported generator, and the first requests that a server sends to it.

Each signature is a function that checks its inputs. Every check is a node of the graph, because a server has nothing
but the graph. A generator that takes more than latents gets its signatures in the same way: a function that returns a
`Signature`, and its place in the list.
"""

import dataclasses
import os
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from keras_gan import _random
from keras_gan._pixels import tensor_to_bytes

# The batch size of `TwoPlayerGAN.generate`: the last bits of an image may depend on the size of its batch.
_BATCH_SIZE = 64

# Scalars: a request has one seed, however many images it asks for.
_SEED_AND_COUNT = (tf.TensorSpec((), tf.int64, name="seed"), tf.TensorSpec((), tf.int32, name="count"))
_ONE_SAMPLE = {"seed": np.int64(0), "count": np.int32(1)}

# The numbers of the fields, from prediction_log.proto, predict.proto and model.proto of tensorflow_serving/apis.
_LOG_PREDICT = 6
_PREDICT_REQUEST = 1
_REQUEST_MODEL, _REQUEST_INPUTS = 1, 2
_MODEL_NAME, _MODEL_SIGNATURE = 1, 3
_MAP_KEY, _MAP_VALUE = 1, 2

_LENGTH_DELIMITED = 2


@dataclasses.dataclass(frozen=True)
class Signature:
    """A function of the SavedModel that is called by its name.

    Attributes:
        name: what a request calls it.
        documentation: one line, from inputs to outputs.
        inputs: tuple of `tf.TensorSpec` with the names that a request gives, in the order of the arguments.
        function: takes tensors and returns a dict of tensors by the names of the outputs.
        example: dict of input name to array, a small and correct request.
    """

    name: str
    documentation: str
    inputs: tuple
    function: Callable
    example: dict


def of_generator(generator, latent_shape, *, max_count, jit_compile):
    """Return the signatures of a generator that takes only latents.

    Args:
        generator: keras.Model, run in inference mode.
        latent_shape: tuple, shape of one latent.
        max_count: int, how many samples one request may ask for.
        jit_compile: whether XLA compiles the generator of `serving_default`.

    Returns:
        List of `Signature`: `serving_default`, `sample` and, for images that are grey or RGB, `sample_png`.
    """
    generate = _generating(generator, latent_shape)
    sample_shape = generate.get_concrete_function().output_shapes[1:]
    compiled = _generating(generator, latent_shape, jit_compile=True) if jit_compile else generate
    signatures = [
        serving_default(compiled, latent_shape, max_count),
        sample(generate, latent_shape, sample_shape, max_count),
    ]
    if len(sample_shape) == 3 and sample_shape[-1] in (1, 3):
        signatures.append(sample_png(generate, latent_shape, max_count))
    return signatures


def serving_default(generate, latent_shape, max_count):
    """Return the signature from latents to as many images."""

    def serve(latents):
        return {"images": generate(_checked_latents(latents, latent_shape, max_count))}

    shape = ", ".join(map(str, ("count", *latent_shape)))
    return Signature(
        name="serving_default",
        documentation=f"latents float32 ({shape}), count up to {max_count} -> images float32.",
        inputs=(tf.TensorSpec((None, *latent_shape), tf.float32, name="latents"),),
        function=serve,
        example={"latents": np.zeros((1, *latent_shape), np.float32)},
    )


def sample(generate, latent_shape, sample_shape, max_count):
    """Return the signature from a seed to the images that `TwoPlayerGAN.generate` draws for it."""

    def serve(seed, count):
        latents = _latents(seed, count, latent_shape, max_count)
        return {"images": _in_batches(generate, latents, tf.TensorSpec((None, *sample_shape), tf.float32))}

    return Signature(
        name="sample",
        documentation=f"seed int64 and count int32 (1 to {max_count}) -> images float32, the same for the same seed.",
        inputs=_SEED_AND_COUNT,
        function=serve,
        example=_ONE_SAMPLE,
    )


def sample_png(generate, latent_shape, max_count):
    """Return the signature from a seed to the images of `sample`, as PNG files."""

    def files(latents):
        return tf.map_fn(tf.io.encode_png, tensor_to_bytes(generate(latents)), fn_output_signature=tf.string)

    def serve(seed, count):
        latents = _latents(seed, count, latent_shape, max_count)
        return {"png_bytes": _in_batches(files, latents, tf.TensorSpec((None,), tf.string))}

    return Signature(
        name="sample_png",
        documentation=f"seed int64 and count int32 (1 to {max_count}) -> png_bytes string, those of `sample` as PNG.",
        inputs=_SEED_AND_COUNT,
        function=serve,
        example=_ONE_SAMPLE,
    )


def _generating(generator, latent_shape, **options):
    """Return the generator as one function, whose graph the signatures share."""
    return tf.function(
        # A client receives float32, whatever the precision of the network.
        lambda latents: tf.cast(generator(latents, training=False), tf.float32),
        input_signature=[tf.TensorSpec((None, *latent_shape), tf.float32)],
        autograph=False,
        **options,
    )


def _latents(seed, count, latent_shape, max_count):
    """Return the latents that `TwoPlayerGAN.generate` draws for a seed."""
    seed = _required(
        seed >= 0,
        seed,
        "The seed of a sample must be a whole number of at least 0. Give another seed. Received: seed =",
    )
    count = _required(
        (count >= 1) & (count <= max_count),
        count,
        f"One request may ask for 1 to {max_count} samples. Ask for the rest in further requests, each with its own "
        "seed. Received: count =",
    )
    return _random.normal((count, *latent_shape), tf.stack([seed, 0]))


def _checked_latents(latents, latent_shape, max_count):
    # A session does not check its inputs against the function's signature.
    latents = tf.ensure_shape(latents, (None, *latent_shape), name="latents_of_the_right_shape")
    count = tf.shape(latents)[0]
    latents = _required(
        count <= max_count,
        latents,
        f"One request may hold up to {max_count} latents. Send the rest in further requests. Received: count =",
        shown=count,
    )
    bad = tf.math.count_nonzero(~tf.math.is_finite(latents))
    return _required(
        tf.equal(bad, 0),
        latents,
        "The latents hold NaN or infinity. Give finite numbers, drawn from the standard normal distribution if the "
        "model was trained on it. Received: numbers that are not finite =",
        shown=bad,
    )


def _required(condition, value, message, shown=None):
    """Return the value if the condition holds; raise an InvalidArgumentError with the message if it does not.

    This stays outside of what XLA compiles, because XLA drops assertions.
    """
    # Program order is not enough: only what depends on the assertion waits for it.
    with tf.control_dependencies([tf.debugging.Assert(condition, [message, value if shown is None else shown])]):
        return tf.identity(value)


def _in_batches(function, latents, output):
    """Return the rows that a function makes from the latents, a batch at a time to bound its memory."""
    count = tf.shape(latents)[0]
    batches = (count + _BATCH_SIZE - 1) // _BATCH_SIZE
    # The last batch may be smaller, so the batches have no common shape.
    rows = tf.TensorArray(output.dtype, batches, infer_shape=False, element_shape=output.shape)

    def generate_one(index, rows):
        batch = latents[index * _BATCH_SIZE : (index + 1) * _BATCH_SIZE]
        return index + 1, rows.write(index, function(batch))

    _, rows = tf.while_loop(lambda index, _: index < batches, generate_one, (0, rows), parallel_iterations=1)
    return tf.ensure_shape(rows.concat(), output.shape)


def write_requests(folder, model_name, signatures):
    """Write one request for each signature to `assets.extra`, where TensorFlow Serving looks for them.

    The server runs them when it loads the model, so that the first client does not wait for TensorFlow to start.

    The file is a TFRecord of `tensorflow.serving.PredictionLog`. The package of these messages is tied to one version
    of TensorFlow. The messages need nothing but nested fields of bytes, which are written here in protobuf's layout.

    Args:
        folder: `pathlib.Path` of a SavedModel.
        model_name: what the server is likely to call the model; it only labels the server's measurements.
        signatures: list of `Signature`.

    Raises:
        tf.errors.OpError: if the file cannot be written.
    """
    extra = folder / "assets.extra"
    extra.mkdir()
    with tf.io.TFRecordWriter(os.fspath(extra / "tf_serving_warmup_requests")) as file:
        for signature in signatures:
            file.write(prediction_log(model_name, signature.name, signature.example))


def prediction_log(model_name, signature_name, inputs):
    """Return a request for a signature as a serialised `PredictionLog`.

    Args:
        model_name: string.
        signature_name: string.
        inputs: dict of name to array.

    Returns:
        bytes.
    """
    model = _field(_MODEL_NAME, model_name.encode()) + _field(_MODEL_SIGNATURE, signature_name.encode())
    request = _field(_REQUEST_MODEL, model)
    for name, value in inputs.items():
        tensor = tf.make_tensor_proto(value).SerializeToString()
        request += _field(_REQUEST_INPUTS, _field(_MAP_KEY, name.encode()) + _field(_MAP_VALUE, tensor))
    return _field(_LOG_PREDICT, _field(_PREDICT_REQUEST, request))


def _field(number, content):
    """Return a protobuf field that holds a string or a message: its number and type, its length, its bytes."""
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(content)) + content


def _varint(value):
    """Return a whole number in groups of seven bits, the lowest first; all but the last have the eighth bit set."""
    groups = []
    while value > 127:
        groups.append(value & 127 | 128)
        value >>= 7
    return bytes([*groups, value])
