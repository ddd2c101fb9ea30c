"""Whether data are what a model takes: when they are given, and batch by batch while it trains."""

import contextlib

import numpy as np
import tensorflow as tf

from keras_gan._pixels import (
    LIMIT,
    has_channels_first,
    in_range,
    require_zeros_and_ones,
    scaling,
    warn_of_zero_to_one,
)
from keras_gan._sample_shapes import explained
from keras_gan.training.fields import LOADERS, named_fields

_BAD_VALUES = "a batch holds values that are not finite or lie outside [-1, 1]"
BAD_SIZES = "many batches have another size than the first ones and would be left out"
MOST_LEFT_OUT = 8
# How many of the wrong labels a message lists.
_MOST_SHOWN = 5
# Without an apostrophe: TensorFlow escapes it in its message.
_BAD_LABELS = "a batch holds labels that are no class of this model"
_BAD_TOKENS = "a batch holds tokens that are not in the vocabulary of this model"
_BAD_MASKS = "a batch holds masks with other values than 0 and 1"


@contextlib.contextmanager
def bad_batches_explained():
    """Raise a ValueError for a later batch that fails its check in the input pipeline."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        raise _bad_batch_error(error) or error from None


def _bad_batch_error(error):
    """The ValueError for a batch that failed its check, or None if `error` is about something else."""
    said = str(error)
    if BAD_SIZES in said:
        return ValueError(
            f"All batches must have the same size, but {BAD_SIZES}. Batch the data again, as in "
            "`dataset.unbatch().batch(n, drop_remainder=True)`. "
            f"Received: {MOST_LEFT_OUT} such batches in a row, or two fifths of all samples in them"
        )
    if _BAD_LABELS in said:
        return ValueError(
            f"While training, {_BAD_LABELS}. Number the classes from 0, and build the networks for as many classes "
            "as the data have. Received: a bad batch after good ones"
        )
    if _BAD_TOKENS in said:
        return ValueError(
            f"While training, {_BAD_TOKENS}. Build the networks for the vocabulary of the data, as in "
            "`vocab_size=dataset.tokenizer.vocab_size`. Received: a bad batch after good ones"
        )
    if _BAD_MASKS in said:
        return ValueError(
            f"While training, {_BAD_MASKS}. They must be 1 in the hole and 0 where the picture is known, and nothing "
            "in between: round them, as in `tf.round(masks)`. Received: a bad batch after good ones"
        )
    if _BAD_VALUES in said:
        return ValueError(
            f"While training, {_BAD_VALUES}. Scale samples to [-1, 1], images as in `images / 127.5 - 1` and sound of "
            "16 bits as in `waveforms / 32768`, and remove those with NaN. Received: a bad batch after good ones"
        )
    return explained(error)


def require_fields(element_spec, spec):
    """Check what is known of the data before the first batch; return the specs of the fields."""
    specs = named_fields(element_spec, spec)
    for name, tensor in specs.items():
        if not isinstance(tensor, tf.TensorSpec):
            raise ValueError(f"The data set must yield batches of samples, each one tensor. Received: {tensor}")
        require_type(name, tensor.dtype, tensor.shape, spec[name])
    return specs


def require_type(name, dtype, shape, field):
    if field.num_classes is not None:
        _require_label_type(name, dtype, shape, field)
        return
    if not dtype.is_floating:
        raise ValueError(f"{_conversion(name, dtype, field)} Received: {name} of dtype {dtype.name}")
    require_shape(shape, field)


def require_shape(shape, field):
    expected = tf.TensorShape((None, *field.shape))
    shape = tf.TensorShape(shape)
    if not shape.is_compatible_with(expected):
        raise ValueError(
            f"The networks work on samples of shape {tuple(field.shape)}, so batches must have the shape "
            f"{tuple(expected)}. {_reshaping(shape, field)} Received: batches of shape {shape}"
        )


def _conversion(name, dtype, field):
    """Why a field must have floats, and how to convert another type."""
    if not field.is_bounded:
        return f"`{name}` must be floating-point numbers. Convert them with `{name}.astype('float32')`."
    must = f"{_noun(name)} must be floating-point numbers in [-1, 1]."
    if field.is_sound:
        return f"{must} {_sound_scaling(name, dtype)}"
    ways = {"uint8": "127.5 - 1", "uint16": "32767.5 - 1", "bool": "0.5 - 1"}
    if dtype.name in ways:
        way = f"`{name}.astype('float32') / {ways[dtype.name]}`"
        return f"{must} Scale them first, as in {way}, or use `keras_gan.data.load`."
    if dtype.name == "int8":
        return f"{must} Scale them first, as in `({name}.astype('float32') + 128) / 127.5 - 1`."
    return f"{must} Scale them first, for example by `{name}.astype('float32') / 127.5 - 1` where they are in 0..255."


def _noun(name):
    return name.capitalize() if name in LOADERS else f"Values of `{name}`"


def _sound_scaling(name, dtype=tf.int16):
    """How to bring waveforms to [-1, 1]: from integers of a type, or from floats that look like those of 16 bits."""
    largest = -dtype.min if dtype.is_integer and not dtype.is_unsigned else "their largest magnitude"
    return f"Divide them, as in `{name}.astype('float32') / {largest}`, or use `keras_gan.data.load_recordings`."


def _reshaping(shape, field):
    sample = tf.TensorShape(field.shape)
    if shape.rank == len(field.shape) and sample.is_compatible_with(shape):
        return "The data are single samples: put them into batches with `.batch(n)`."
    if field.is_sound:
        if field.shape[-1] == 1 and shape.rank == 2 and shape[1:].is_compatible_with(sample[:-1]):
            return "Waveforms need an axis for their channel: add it with `waveforms[..., None]`."
        return (
            "Cut or pad the waveforms, for example with `keras_gan.data.load_recordings(..., num_samples=...)`, or "
            "build the networks for the shape of the data."
        )
    if not field.is_picture:
        return "Build the networks for the shape of the data, or reshape the data."
    if field.shape[-1] == 1 and shape.rank == 3 and shape[1:].is_compatible_with(sample[:-1]):
        return "Grey images need an axis for their channel: add it with `images[..., None]`."
    turned = (None, *field.shape[-1:], *field.shape[:-1])
    is_turned = turned[1:] != field.shape and shape.is_compatible_with(turned)
    if is_turned or (shape.rank == 4 and has_channels_first(shape[1:])):
        return "Their channels come first: move them to the end, as in `images.transpose(0, 2, 3, 1)`."
    if shape.rank == 4 and shape[1:-1].is_compatible_with(sample[:-1]):
        return (
            "They differ in the channels: load the images with `keras_gan.data.Preprocessing(channels=...)`, or build "
            "the networks for those of the data."
        )
    return (
        "Resize the images, for example with `keras_gan.data.load(..., image_size=...)`, or build the networks for the "
        "shape of the data."
    )


def _require_label_type(name, dtype, shape, field):
    if field.shape:
        if not tf.TensorShape(shape).is_compatible_with((None, *field.shape)):
            raise ValueError(
                f"`{name}` must be {field.labels_in_words()}, of shape {('batch', *field.shape)}. "
                f"Received: {name} of dtype {dtype.name} and shape {tuple(shape)}"
            )
        return
    if not dtype.is_integer or len(shape) not in (1, 2) or (len(shape) == 2 and shape[1] != 1):
        raise ValueError(
            f"`{name}` must be class indices: integers of shape (batch,). One-hot rows convert with "
            f"`{name}.argmax(-1)`. Received: {name} of dtype {dtype.name} and shape {tuple(shape)}"
        )


def require_known_classes(source, spec):
    """Raise a ValueError if the data say how many classes or tokens there are, and it is another number."""
    _require_vocabulary(getattr(source, "tokenizer", None), spec)
    names = getattr(source, "class_names", None)
    for field in spec.values():
        if names is None or field.num_classes is None or field.is_text:
            continue
        known = field.shape[0] if field.shape else field.num_classes
        if len(names) != known:
            raise ValueError(
                f"The data have {len(names)} classes, but the networks are built for {known}. Build them "
                f"for the classes of the data. Received: num_classes={known}, class_names={names}"
            )


def _require_vocabulary(tokenizer, spec):
    for field in spec.values():
        known = getattr(tokenizer, "vocab_size", field.num_classes)
        if field.is_text and known != field.num_classes:
            raise ValueError(
                f"The data have {known} tokens, but the networks are built for {field.num_classes}. Build them with "
                f"`vocab_size=dataset.tokenizer.vocab_size`. Received: vocab_size={field.num_classes}"
            )


def require_good_batch(source, spec, looked_at):
    """Check the values of the first batch on the spot; return the size that most of the first ones have.

    Several, because a data set that is shuffled after it was batched may begin with its incomplete batch.
    """
    with bad_batches_explained():
        batches = [named_fields(batch, spec) for batch in source.take(looked_at)]
    if not batches or not len(next(iter(batches[0].values()))):
        raise ValueError(
            "The data set is empty: it yields no batch. If it drops an incomplete last batch, it may hold less "
            "than one batch: make the batches smaller. Received: a data set without elements"
        )
    # The labels of an array are few numbers: all are checked, so that the error can name the wrong ones.
    whole = named_fields(source.whole, spec) if hasattr(source, "whole") else {}
    labels = {name: values for name, values in whole.items() if spec[name].num_classes is not None}
    for name, values in {**batches[0], **labels}.items():
        if spec[name].num_classes is None:
            require_shape(values.shape, spec[name])
        require_values(name, np.asarray(values), spec[name])
    if not hasattr(source, "one_pass"):  # `keras_gan.data.load` has looked at all its images.
        _warn_of_range([whole] if whole else batches, spec)
    sizes = [len(next(iter(batch.values()))) for batch in batches]
    return max(sizes, key=lambda size: (sizes.count(size), size))


def _warn_of_range(batches, spec):
    """Warn of pictures that fill [0, 1]: of all samples of an array, and of the first batches of a data set."""
    for name, field in spec.items():
        is_visible = field.is_bounded and not field.is_sound
        pictures = [np.asarray(batch[name]) for batch in batches] if is_visible else []
        pictures = [values for values in pictures if values.size]
        if pictures:
            low, high = min(values.min() for values in pictures), max(values.max() for values in pictures)
            warn_of_zero_to_one(name, low, high, stacklevel=7)


def require_values(name, values, field):
    if field.num_classes is not None:
        strangers = np.unique(values[~np.isin(values, np.arange(field.num_classes))])
        if strangers.size:
            shown = ", ".join(map(str, strangers[:_MOST_SHOWN])) + ", ..." * (strangers.size > _MOST_SHOWN)
            kind = "tokens" if field.is_text else "classes"
            raise ValueError(
                f"The model knows {field.num_classes} {kind}, so `{name}` must be {field.labels_in_words()}. "
                f"Received: {name} {shown}"
            )
        return
    values = values.astype("float32")
    bad = values.size - int(np.isfinite(values).sum())
    if bad:
        raise ValueError(f"The {name} hold NaN or infinity: clean the data first. Received: {bad} such values")
    if field.is_mask:
        require_zeros_and_ones(name, values)
    if field.is_bounded and values.size:
        low, high = float(values.min()), float(values.max())
        if max(-low, high) > LIMIT:
            remedy = _sound_scaling(name) if field.is_sound else scaling(name, low, high)
            raise ValueError(
                f"{_noun(name)} must lie in [-1, 1], the range of a network that ends in tanh. "
                f"{remedy} Received: values from {low:g} to {high:g}"
            )


def checked_values(values, field, batch_size):
    """A field of a batch with its type and shape; an error if a value is out of range."""
    if field.num_classes is not None:
        given = values if field.shape else tf.reshape(values, (-1,))
        # Compared before the cast to int32, which would make 0 of 2^40.
        values = tf.cast(given, tf.int64)
        is_whole = tf.cast(values, given.dtype) == given
        good = tf.reduce_all(is_whole & (values >= 0) & (values < field.num_classes))
        message = _BAD_TOKENS if field.is_text else _BAD_LABELS
    else:
        values = tf.cast(values, tf.float32)
        good = in_range(values) if field.is_bounded else tf.reduce_all(tf.math.is_finite(values))
        message = _BAD_VALUES
    if field.is_mask:
        good, message = tf.reduce_all((values == 0.0) | (values == 1.0)), _BAD_MASKS
    with tf.control_dependencies([tf.debugging.Assert(good, [message])]):
        return tf.ensure_shape(tf.cast(values, field.dtype), (batch_size, *field.shape))
