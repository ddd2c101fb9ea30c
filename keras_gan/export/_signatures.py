"""What a server can ask of an exported generator: one function a signature, with its check of what was asked.

Every check is a node of the graph, because that is all there is on a server. A generator that takes more than latents
gets its signatures in the same way: a function that returns a `Signature`, and its place in the list.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from keras_gan import _random
from keras_gan._pixels import tensor_to_bytes

# As many at once as `TwoPlayerGAN.generate` takes: the last bits of an image may depend on how many are made together.
_BATCH_SIZE = 64

# Scalars: a request has one seed, however many images it asks for.
_SEED_AND_COUNT = (tf.TensorSpec((), tf.int64, name="seed"), tf.TensorSpec((), tf.int32, name="count"))
_ONE_SAMPLE = {"seed": np.int64(0), "count": np.int32(1)}


@dataclasses.dataclass(frozen=True)
class Signature:
    """A function of the SavedModel that is called by its name.

    Attributes:
        name: what a request calls it.
        documentation: one line, from inputs to outputs.
        inputs: tuple of `tf.TensorSpec` with the names that a request gives, in the order of the arguments.
        function: takes tensors and returns a dict of tensors by the names of the outputs.
        example: dict of input name to array, a request that is right and small.
    """

    name: str
    documentation: str
    inputs: tuple
    function: Callable
    example: dict


def of_generator(generator, latent_shape, *, max_count, jit_compile):
    """The signatures of a generator that takes latents alone.

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
    """Latents to images, as many as there are."""

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
    """A seed to the images that `TwoPlayerGAN.generate` makes of it."""

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
    """As `sample`, but the images are files."""

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
    """The generator as one function, whose graph the signatures share."""
    return tf.function(
        # Whatever the precision inside, a client meets float32.
        lambda latents: tf.cast(generator(latents, training=False), tf.float32),
        input_signature=[tf.TensorSpec((None, *latent_shape), tf.float32)],
        autograph=False,
        **options,
    )


def _latents(seed, count, latent_shape, max_count):
    """The latents that `TwoPlayerGAN.generate` draws for a seed."""
    seed = _required(
        seed >= 0,
        seed,
        "The seed of a sample must be a whole number of at least 0. Give another seed. Received: seed =",
    )
    count = _required(
        (count >= 1) & (count <= max_count),
        count,
        f"One request may ask for 1 to {max_count} samples. Ask for the others in further requests, each with a seed "
        "of its own. Received: count =",
    )
    return _random.normal((count, *latent_shape), tf.stack([seed, 0]))


def _checked_latents(latents, latent_shape, max_count):
    # A session feeds whatever it is given; the function's own signature is not looked at there.
    latents = tf.ensure_shape(latents, (None, *latent_shape), name="latents_of_the_right_shape")
    count = tf.shape(latents)[0]
    latents = _required(
        count <= max_count,
        latents,
        f"One request may hold up to {max_count} latents. Send the others in further requests. Received: count =",
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
    """The value, where the condition holds; an InvalidArgumentError with the message where it does not.

    Outside of what XLA compiles, which leaves assertions out.
    """
    # Not just before it in the program: only what depends on the assertion waits for it.
    with tf.control_dependencies([tf.debugging.Assert(condition, [message, value if shown is None else shown])]):
        return tf.identity(value)


def _in_batches(function, latents, output):
    """The rows that a function makes of the latents, some of them at a time, so that the memory it needs is bounded."""
    count = tf.shape(latents)[0]
    batches = (count + _BATCH_SIZE - 1) // _BATCH_SIZE
    # Batches have 64 rows but for the last one, hence no shape that all of them have.
    rows = tf.TensorArray(output.dtype, batches, infer_shape=False, element_shape=output.shape)

    def generate_one(index, rows):
        batch = latents[index * _BATCH_SIZE : (index + 1) * _BATCH_SIZE]
        return index + 1, rows.write(index, function(batch))

    _, rows = tf.while_loop(lambda index, _: index < batches, generate_one, (0, rows), parallel_iterations=1)
    return tf.ensure_shape(rows.concat(), output.shape)
