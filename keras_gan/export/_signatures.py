"""What a client can ask of an exported sampler, and the first requests that a server sends to it.

Each signature is a function that checks its inputs. Every check is a node of the graph, because a server has nothing
but the graph.
"""

import dataclasses
import os
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from keras_gan._pixels import in_range, tensor_to_bytes

_LABELS, _CODES, _MASKS = "labels", "codes", "masks"

# The batch size of `generate`: the last bits of an image may depend on the size of its batch.
_BATCH_SIZE = 64

# Scalars: a request has one seed, however many images it asks for.
_SEED_AND_COUNT = (tf.TensorSpec((), tf.int64, name="seed"), tf.TensorSpec((), tf.int32, name="count"))
_ONE_SAMPLE = {"seed": np.int64(0), "count": np.int32(1)}

# A side of the picture in the first request to a model that takes pictures of any size.
EXAMPLE_SIDE = 64

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


def of_sampler(sampler, *, max_count, jit_compile):
    """Return the signatures of a sampler.

    Args:
        sampler: `keras_gan.training.Sampler`, run in inference mode.
        max_count: int, how many samples one request may ask for.
        jit_compile: whether XLA compiles the network of `serving_default`.

    Returns:
        List of `Signature`: `serving_default`; where the inputs are drawn `sample`; and then, for images and clips that
        are grey or RGB, `sample_png`.
    """
    make = making(sampler)
    compiled = making(sampler, jit_compile=True) if jit_compile else make
    signatures = [serving_default(sampler, compiled, max_count)]
    if sampler.is_drawn:
        signatures.append(sample(sampler, make, max_count))
        if are_pictures(sampler):
            signatures.append(sample_png(sampler, make, max_count))
    return signatures


def are_pictures(sampler):
    """Whether a sampler makes images or clips that a PNG file shows, or one for each frame: grey or RGB."""
    return len(sampler.output_shape) in (3, 4) and sampler.output_shape[-1] in (1, 3)


def serving_default(sampler, make, max_count):
    """Return the signature from the sampler's inputs to as many samples."""

    def serve(*tensors):
        return {sampler.output: finite(make(checked_inputs(sampler, tensors, max_count)))}

    inputs = ", ".join(
        f"{name} int32 {rows(spec)}{classes(sampler)}"
        if name == _LABELS
        else f"{name} {spec.dtype.name} ({', '.join(['count', *map(_size, spec.shape[1:])])})"
        for name, spec in sampler.inputs.items()
    )
    return Signature(
        name="serving_default",
        documentation=f"{inputs}, count up to {max_count} -> {sampler.output} {sampler.output_dtype.name}.",
        inputs=tuple(sampler.inputs.values()),
        function=serve,
        example={
            name: np.zeros([1, *(side or EXAMPLE_SIDE for side in spec.shape[1:])], spec.dtype.as_numpy_dtype)
            for name, spec in sampler.inputs.items()
        },
    )


def sample(sampler, make, max_count):
    """Return the signature from a seed to the samples that `generate` draws for it."""

    def serve(seed, count, *labels):
        inputs = drawn_inputs(sampler, seed, count, labels, max_count)
        spec = tf.TensorSpec((None, *sampler.output_shape), sampler.output_dtype)
        return {sampler.output: in_batches(lambda batch: finite(make(batch)), inputs, spec)}

    returns = f"{sampler.output} {sampler.output_dtype.name}, the same for the same seed"
    return of_seed("sample", sampler, serve, returns, max_count)


def sample_png(sampler, make, max_count):
    """Return the signature from a seed to the images of `sample`, or the frames of its clips, as PNG files."""
    *frames, height, width, channels = sampler.output_shape

    def files(inputs):
        pixels = tf.reshape(tensor_to_bytes(finite(make(inputs))), (-1, height, width, channels))
        return tf.reshape(tf.map_fn(tf.io.encode_png, pixels, fn_output_signature=tf.string), (-1, *frames))

    def serve(seed, count, *labels):
        inputs = drawn_inputs(sampler, seed, count, labels, max_count)
        return {"png_bytes": in_batches(files, inputs, tf.TensorSpec((None, *frames), tf.string))}

    returns = f"png_bytes string (count, {frames[0]}), the frames" if frames else "png_bytes string, those"
    return of_seed("sample_png", sampler, serve, f"{returns} of `sample` as PNG", max_count)


def of_seed(name, sampler, serve, returns, max_count):
    """Return a signature of a seed, a count and, of a conditional model, a label for each sample."""
    labels = [spec for input_name, spec in sampler.inputs.items() if input_name == _LABELS]
    example = {spec.name: np.zeros((1, *spec.shape[1:]), np.int32) for spec in labels}
    has_labels = f", labels int32 {rows(labels[0])}{classes(sampler)}" if labels else ""
    return Signature(
        name=name,
        documentation=f"seed int64 and count int32 (1 to {max_count}){has_labels} -> {returns}.",
        inputs=(*_SEED_AND_COUNT, *labels),
        function=serve,
        example={**_ONE_SAMPLE, **example},
    )


def classes(sampler):
    return f" from 0 to {sampler.num_classes - 1}" if _LABELS in sampler.inputs else ""


def rows(labels):
    return f"({', '.join(['count', *map(str, labels.shape[1:])])}{',' * (labels.shape.rank == 1)})"


def _size(side):
    return "any" if side is None else str(side)


def making(sampler, **options):
    """Return the sampler as one function, whose graph the signatures share."""
    return tf.function(sampler, input_signature=[sampler.inputs], autograph=False, **options)


def drawn_inputs(sampler, seed, count, labels, max_count, others=()):
    """Return the inputs that `generate` draws for a seed, with the labels and the other inputs of the request."""
    seed = required(
        seed >= 0,
        seed,
        "The seed of a sample must be a whole number of at least 0. Give another seed. Received: seed =",
    )
    count = required(
        (count >= 1) & (count <= max_count),
        count,
        f"One request may ask for 1 to {max_count} samples. Ask for the rest in further requests, each with its own "
        "seed. Received: count =",
    )
    given = [(_LABELS, checked_labels(labels[0], count, sampler))] if labels else []
    return sampler.draw(count, seed, **dict(given), **dict(others))


def checked_inputs(sampler, tensors, max_count):
    """Return the tensors of a request, in the order of the sampler's inputs, as a dict of its inputs."""
    inputs = dict(zip(sampler.inputs, tensors, strict=True))
    main = inputs[sampler.main]
    # A session does not check its inputs against the function's signature.
    main = tf.ensure_shape(main, sampler.inputs[sampler.main].shape, name=f"{sampler.main}_of_the_right_shape")
    count = tf.shape(main)[0]
    main = required(
        count <= max_count,
        main,
        f"One request may hold up to {max_count} {sampler.main}. Send the rest in further requests. Received: count =",
        shown=count,
    )
    inputs[sampler.main] = _in_domain(sampler, main)
    if _LABELS in inputs:
        inputs[_LABELS] = checked_labels(inputs[_LABELS], count, sampler)
    if _CODES in inputs:
        inputs[_CODES] = _checked_codes(inputs[_CODES], count, sampler.codes)
    if _MASKS in inputs:
        inputs[_MASKS] = checked_masks(inputs[_MASKS], main, sampler)
    return inputs


def _in_domain(sampler, main):
    """Return the main input, which must be finite, and pictures in [-1, 1]."""
    bad = tf.math.count_nonzero(~tf.math.is_finite(main))
    is_picture = sampler.fields[sampler.main].is_picture
    drawn = "drawn from the standard normal distribution if the model was trained on it"
    advice = "in [-1, 1]" if is_picture else drawn if sampler.is_drawn else "like those of its training"
    main = required(
        tf.equal(bad, 0),
        main,
        f"The {sampler.main} hold NaN or infinity. Give finite numbers, {advice}. Received: numbers that are not "
        "finite =",
        shown=bad,
    )
    if not is_picture:
        return main
    return required(
        in_range(main),
        main,
        f"The {sampler.main} must be in [-1, 1]. Map numbers in [0, 255] with x / 127.5 - 1. Received: the largest "
        "absolute value =",
        shown=tf.reduce_max(tf.abs(main)),
    )


def finite(samples):
    """Return what the network made, which must be finite: it may overflow for latents of any bound. Tokens are."""
    if samples.dtype.is_integer:
        return samples
    bad = tf.math.count_nonzero(~tf.math.is_finite(samples))
    return required(
        tf.equal(bad, 0),
        samples,
        "The model made NaN or infinity: these inputs are too large for it. Give numbers like those of its training; "
        "standard normal ones are below 6. Received: numbers that are not finite =",
        shown=bad,
    )


def checked_labels(labels, count, sampler):
    num_classes = sampler.num_classes
    labels = tf.ensure_shape(labels, sampler.inputs[_LABELS].shape, name="labels_of_the_right_shape")
    labels = required(
        tf.equal(tf.shape(labels)[0], count),
        labels,
        "Give a label for each sample: a list of as many labels as samples. Received: the number of labels and of "
        "samples =",
        shown=tf.stack([tf.shape(labels)[0], count]),
    )
    wrong = (labels < 0) | (labels >= num_classes)
    return required(
        ~tf.reduce_any(wrong),
        labels,
        f"Labels must be classes from 0 to {num_classes - 1}. Give one of the {num_classes} classes that the model "
        "knows. Received: wrong labels =",
        shown=tf.boolean_mask(labels, wrong),
    )


def _checked_codes(codes, count, encoding):
    """Return rows of codes: as many as samples, whose first numbers must be categories."""
    codes = tf.ensure_shape(codes, (None, encoding.num_codes), name="codes_of_the_right_shape")
    codes = required(
        tf.equal(tf.shape(codes)[0], count),
        codes,
        "Give a row of codes for each sample. Received: the number of rows and of samples =",
        shown=tf.stack([tf.shape(codes)[0], count]),
    )
    num_categories = tf.constant([*encoding.categories, *[np.inf] * encoding.num_continuous], tf.float32)
    is_category = tf.math.is_finite(num_categories)
    good = tf.where(
        is_category, (codes == tf.floor(codes)) & (codes >= 0) & (codes < num_categories), tf.math.is_finite(codes)
    )
    return required(
        tf.reduce_all(good),
        codes,
        f"A row of codes holds {encoding.described()}. Received: wrong codes =",
        shown=tf.boolean_mask(codes, ~good),
    )


def checked_masks(masks, images, sampler):
    """Return masks of zeros and ones, one for each image and of its sides, with holes where the network paints."""
    masks = tf.ensure_shape(masks, sampler.inputs[_MASKS].shape, name="masks_of_the_right_shape")
    shapes = tf.stack([tf.shape(masks)[:3], tf.shape(images)[:3]])
    masks = required(
        tf.reduce_all(tf.equal(shapes[0], shapes[1])),
        masks,
        "Give a mask for each image, of the same height and width. Received: (count, height, width) of masks and of "
        "images =",
        shown=shapes,
    )
    wrong = (masks != 0.0) & (masks != 1.0)
    masks = required(
        ~tf.reduce_any(wrong),
        masks,
        "Masks must be 1 in the hole and 0 where the picture is known. Received: other numbers =",
        shown=tf.math.count_nonzero(wrong),
    )
    if sampler.holes_within is None:
        return masks
    outside = tf.boolean_mask(masks, tf.broadcast_to(~sampler.holes_within, tf.shape(masks)))
    return required(
        ~tf.reduce_any(outside > 0.0),
        masks,
        "This model paints the centre of a picture alone. Give masks whose holes lie there. Received: pixels of holes "
        "outside of it =",
        shown=tf.math.count_nonzero(outside),
    )


def required(condition, value, message, shown=None):
    """Return the value if the condition holds; raise an InvalidArgumentError with the message if it does not.

    This stays outside of what XLA compiles, because XLA drops assertions.
    """
    # Program order is not enough: only what depends on the assertion waits for it.
    with tf.control_dependencies([tf.debugging.Assert(condition, [message, value if shown is None else shown])]):
        return tf.identity(value)


def in_batches(function, inputs, output):
    """Return the rows that a function makes from a dict of inputs, a batch at a time to bound its memory."""
    count = tf.shape(next(iter(inputs.values())))[0]
    batches = (count + _BATCH_SIZE - 1) // _BATCH_SIZE
    # The last batch may be smaller, so the batches have no common shape.
    rows = tf.TensorArray(output.dtype, batches, infer_shape=False, element_shape=output.shape)

    def make_one(index, rows):
        part = slice(index * _BATCH_SIZE, (index + 1) * _BATCH_SIZE)
        return index + 1, rows.write(index, function({name: value[part] for name, value in inputs.items()}))

    _, rows = tf.while_loop(lambda index, _: index < batches, make_one, (0, rows), parallel_iterations=1)
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
        tf.errors.OpError: if TensorFlow cannot write the file.
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
