"""How `fit` checks its data at the start, and arranges them for the training step."""

import contextlib
import warnings

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan.training.fields import LIMIT, named_fields

_DEFAULT_BATCH_SIZE = 32
_BAD_VALUES = "a batch holds values that are not finite or lie outside [-1, 1]"
_BAD_SIZES = "many batches in a row have another size than the first ones"
_MOST_LEFT_OUT = 8
# Without an apostrophe: TensorFlow escapes it in its message.
_BAD_LABELS = "a batch holds labels that are no class of this model"


class Batches:
    """Data that are checked at the start, as batches from any place.

    The values of later batches are checked in the input pipeline, on the host, while the training step runs.

    Args:
        source: tf.data.Dataset of batches, as `for_training` and `for_evaluation` return it.
        spec: dict of field name to `Field`.

    Attributes:
        batch_size: int, samples in a batch.
        place_is_known: whether `batches(start)` is exactly the rest of the data after `start` batches.
        is_endless: whether the data never end.

    Raises:
        ValueError: if the data have other fields, a wrong shape, type or range, are not finite, or hold no batch.
    """

    def __init__(self, source, spec):
        self._source, self._spec = source, spec
        specs = _require_fields(source.element_spec, spec)
        self._ragged = any(tensor.shape[0] is None for tensor in specs.values())
        _require_known_classes(source, spec)
        self.batch_size = _require_good_batch(source, spec, looked_at=3 if self._ragged else 2)
        self.place_is_known = hasattr(source, "from_step")
        self.batches_per_epoch = getattr(source, "steps_per_epoch", None)
        self.is_endless = int(source.cardinality()) == tf.data.INFINITE_CARDINALITY

    def batches(self, start=0, *, skipped=0):
        """Return a tf.data.Dataset of batches, dicts of field name to tensor of static shape.

        Args:
            start: int, the place of the first batch, for data that know their places.
            skipped: int, batches to leave out at the beginning, for other data.
        """
        dataset = self._source.from_step(start) if self.place_is_known else self._source.skip(skipped)
        dataset = dataset.map(lambda *data: named_fields(data, self._spec))
        if self._ragged:
            # A smaller last batch would be compiled again, and cannot be split over replicas or minibatches.
            dataset = dataset.scan(tf.constant(0), self._judged).filter(lambda is_full, _: is_full)
            dataset = dataset.map(lambda _, batch: batch)
        dataset = dataset.map(self._checked, num_parallel_calls=2, deterministic=True)
        # Every worker reads all batches and keeps its rows of each. By default TensorFlow would distribute the files
        # of a data set, and the batch of a step would differ from the batch on one device.
        options = tf.data.Options()
        options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
        return dataset.with_options(options)

    def _judged(self, left_out, batch):
        """Whether a batch is full; an error if so many in a row are not that training would wait forever."""
        is_full = tf.shape(next(iter(batch.values())))[0] == self.batch_size
        left_out = tf.where(is_full, 0, left_out + 1)
        with tf.control_dependencies([tf.debugging.Assert(left_out < _MOST_LEFT_OUT, [_BAD_SIZES])]):
            return tf.identity(left_out), (tf.identity(is_full), batch)

    def _checked(self, batch):
        """A batch as the step takes it; an error if a value is out of range."""
        return {name: _checked_values(values, self._spec[name], self.batch_size) for name, values in batch.items()}


def checked(data, spec):
    """Check and cast a batch for one step, as `fit` does.

    Args:
        data: arrays or tensors, in any of the forms that `fit` takes.
        spec: dict of field name to `Field`.

    Returns:
        dict of field name to tensor.

    Raises:
        ValueError: if the data have other fields, or a wrong shape, type or range, or are empty.
    """
    batch = {name: np.asarray(values) for name, values in named_fields(data, spec).items()}
    for name, field in spec.items():
        _require_type(name, tf.as_dtype(batch[name].dtype), batch[name].shape, field)
        _require_values(name, batch[name], field)
    rows = {name: len(values) for name, values in batch.items()}
    if len(set(rows.values())) > 1 or 0 in rows.values():
        raise ValueError(
            f"All fields of a batch must have the same number of samples, at least one. Received: {rows} samples"
        )
    return {name: _cast(values, spec[name]) for name, values in batch.items()}


def _cast(values, field):
    """An array in the type and shape of its field: a column of labels becomes a row."""
    values = values.reshape(-1) if field.num_classes is not None else values
    return tf.convert_to_tensor(values.astype(field.dtype.name))


def require_no_weights(options):
    """Raise a ValueError for weights of samples or classes, which the objectives do not use."""
    for name in ("sample_weight", "class_weight"):
        if options.get(name) is not None:
            raise ValueError(f"This model does not take `{name}`: leave it out. Received: {name}={options[name]!r}")


def for_training(data, batch_size, seed):
    """Return a tf.data.Dataset of batches from the data given to `fit`; arrays give an endless one.

    Args:
        data: tf.data.Dataset of batches; an array or tensor of samples; or a tuple or dict of such arrays.
        batch_size: int, for arrays; None for 32.
        seed: function that returns the seed of the order of the samples, an int. It is called late, because a
            checkpoint may change the seed. None leaves the samples in their order.
    """
    if not is_array(data):
        return _require_dataset(data, batch_size)
    return _endless_batches(data, _require_batch_size(data, batch_size), seed)


def for_evaluation(data, batch_size):
    """Return a tf.data.Dataset of batches from the data given to `evaluate`; arrays are read once."""
    if not is_array(data):
        return _require_dataset(data, batch_size)
    batch_size = _require_batch_size(data, batch_size)
    return tf.data.Dataset.from_tensor_slices(data).batch(batch_size, drop_remainder=True).prefetch(1)


def is_array(data):
    """Whether the data are samples that are not in batches yet."""
    leaves = tf.nest.flatten(data)
    return bool(leaves) and all(isinstance(leaf, np.ndarray | tf.Tensor) for leaf in leaves)


def given(x, y):
    """The first two arguments of `fit` as one structure."""
    if isinstance(x, tuple | list) and len(x) > 1 and all(part is None for part in x[1:]):
        x = x[0]
    return x if y is None else (x, y)


def gather(dataset, batch_size, steps, replicas, workers=1):
    """Put the batches of several updates into one element; `minibatches` takes them apart again.

    Replicas take equal parts of the rows. The rows are ordered so that each part has the same share of each update's
    batch, in the order of the replicas. The replicas of one process take the parts in order. Several workers get them
    in turns, so replica r of worker w gets part r * workers + w.
    """
    if batch_size % replicas:
        raise ValueError(
            f"A batch is divided equally among the {replicas} replicas: make its size a multiple of {replicas}. "
            f"Received: batches of {batch_size}"
        )
    if steps == 1 and workers in (1, replicas):
        return dataset

    def lay_out(batches):
        sample = batches.shape[2:]
        parts = tf.reshape(batches, (steps, workers, replicas // workers, batch_size // replicas, *sample))
        parts = tf.transpose(parts, (2, 1, 0, *range(3, parts.shape.rank)))
        return tf.reshape(parts, (steps * batch_size, *sample))

    dataset = dataset.batch(steps, drop_remainder=True)
    return dataset.map(lambda batch: tf.nest.map_structure(lay_out, batch), num_parallel_calls=2, deterministic=True)


def steps_per_epoch(batches, prepared, asked, *, per_step=1, argument=None, name="steps_per_epoch"):
    """Steps in an epoch, or None if the end of the data set ends the epoch.

    Args:
        batches: `Batches`, which may know how many batches make an epoch.
        prepared: the data set for Keras, with one element per step.
        asked: the number of steps that the user gave, or None.
        per_step: int, batches in one step.
        argument: name of the user's argument for `per_step`.
        name: name of the user's argument for the number of steps.
    """
    cardinality = int(prepared.cardinality())
    if asked is None and (batches.is_endless or cardinality == tf.data.INFINITE_CARDINALITY):
        if batches.batches_per_epoch is None:
            raise ValueError(
                f"The data set is endless, so it is not known where an epoch ends: give `{name}`. Received: {name}=None"
            )
        return max(1, batches.batches_per_epoch // per_step)
    if cardinality == 0 or (cardinality == tf.data.UNKNOWN_CARDINALITY and _is_empty(prepared)):
        raise ValueError(
            f"A training step takes {per_step} batches, one for each of its updates, and the data set "
            f"holds fewer. Make the batches smaller, repeat the data set, or lower `{argument}`. "
            f"Received: {argument}={per_step}"
        )
    return asked


def _is_empty(dataset):
    with bad_batches_explained():
        return next(iter(dataset.take(1)), None) is None


def minibatches(batch, steps, argument):
    """Split what `gather` put together into a list of batches, one for each update."""
    if steps == 1:
        return [batch]
    first = next(iter(batch.values()))
    # Unknown on several workers, because TensorFlow allows one worker's data to end before the others.
    if first.shape[0] is not None and first.shape[0] % steps:
        raise ValueError(
            f"A training step of this GAN takes {steps} {argument.replace('_', ' ')}, each on its own minibatch, so "
            f"the size of the batch must be a multiple of {steps}. (`fit` combines that many batches "
            f"automatically.) Received: a batch of shape {tuple(first.shape)}"
        )
    pieces = {name: tf.split(values, steps) for name, values in batch.items()}
    return [{name: pieces[name][index] for name in pieces} for index in range(steps)]


@contextlib.contextmanager
def bad_batches_explained():
    """Raise a ValueError for a later batch that fails its check in the input pipeline."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        raise _bad_batch_error(error) or error from None


def _bad_batch_error(error):
    """The ValueError for a batch that failed its check, or None if `error` has another cause."""
    if _BAD_SIZES in str(error):
        return ValueError(
            f"All batches must have the same size, but {_BAD_SIZES}. Batch the data again, as in "
            "`dataset.unbatch().batch(n, drop_remainder=True)`. "
            f"Received: {_MOST_LEFT_OUT} batches of other sizes, one after the other"
        )
    if _BAD_LABELS in str(error):
        return ValueError(
            f"While training, {_BAD_LABELS}. Number the classes from 0, and build the networks for as many classes "
            "as the data have. Received: a bad batch after good ones"
        )
    if _BAD_VALUES not in str(error):
        return None
    return ValueError(
        f"While training, {_BAD_VALUES}. Scale images to [-1, 1], as in `images / 127.5 - 1`, and remove images "
        "with NaN. Received: a bad batch after good ones"
    )


def _require_dataset(data, batch_size):
    if not isinstance(data, tf.data.Dataset):
        raise ValueError(
            "`fit` takes a tf.data.Dataset of batches, or a NumPy array or tensor of images. Wrap anything else, for "
            f"example with `tf.data.Dataset.from_generator`. Received: x of type {type(data).__name__}"
        )
    if batch_size is not None:
        raise ValueError(
            "A tf.data.Dataset already holds batches: leave `batch_size` out, or change the batches of the data set. "
            f"Received: batch_size={batch_size}"
        )
    return data


def _require_batch_size(arrays, batch_size):
    batch_size = _DEFAULT_BATCH_SIZE if batch_size is None else require_int("batch_size", batch_size)
    lengths = {len(array) for array in tf.nest.flatten(arrays)}
    if len(lengths) > 1:
        raise ValueError(
            f"All arrays must have the same number of samples. Received: arrays of {sorted(lengths)} samples"
        )
    if min(lengths) < batch_size:
        raise ValueError(
            "The data hold fewer images than one batch. Give more images or a smaller `batch_size`. "
            f"Received: {min(lengths)} images, batch_size={batch_size}"
        )
    return batch_size


def _endless_batches(arrays, batch_size, seed):
    """Batches in an order that depends on (seed, step) alone, so that they can begin at any step."""
    count = len(tf.nest.flatten(arrays)[0])
    steps = count // batch_size
    # tf.data works on the host: images on the accelerator would be copied back for every batch.
    with tf.device("CPU:0"):
        arrays = tf.nest.map_structure(tf.convert_to_tensor, arrays)

    def batch(step, seed):
        epoch, place = step // steps, step % steps
        rows = place * batch_size + tf.range(batch_size, dtype=tf.int64)
        if seed is not None:
            rows = tf.random.experimental.index_shuffle(rows, tf.stack([tf.cast(seed, tf.int64), epoch]), count - 1)
        return tf.nest.map_structure(
            lambda array: tf.ensure_shape(tf.gather(array, rows), (batch_size, *array.shape[1:])), arrays
        )

    def from_step(start):
        numbers = tf.data.Dataset.range(start, np.iinfo(np.int64).max // (2 * batch_size))
        numbers = numbers.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
        order = None if seed is None else int(seed())
        dataset = numbers.map(lambda step: batch(step, order), num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        return dataset.prefetch(tf.data.AUTOTUNE)

    dataset = from_step(0)
    dataset.from_step, dataset.steps_per_epoch = from_step, steps
    return dataset


def _require_fields(element_spec, spec):
    """Check what is known of the data before the first batch; return the specs of the fields."""
    specs = named_fields(element_spec, spec)
    for name, tensor in specs.items():
        if not isinstance(tensor, tf.TensorSpec):
            raise ValueError(f"The data set must yield batches of images, each one tensor. Received: {tensor}")
        _require_type(name, tensor.dtype, tensor.shape, spec[name])
    return specs


def _noun(name):
    return "Images" if name == "images" else f"Values of `{name}`"


def _require_type(name, dtype, shape, field):
    if field.num_classes is not None:
        _require_label_type(name, dtype, shape)
        return
    if not dtype.is_floating:
        raise ValueError(
            f"{_noun(name)} must be floating-point numbers in [-1, 1]. {_conversion(dtype)} "
            f"Received: {name} of dtype {dtype.name}"
        )
    expected = tf.TensorShape((None, *field.shape))
    shape = tf.TensorShape(shape)
    if not shape.is_compatible_with(expected):
        raise ValueError(
            f"The networks work on samples of shape {tuple(field.shape)}, so batches must have the shape "
            f"{tuple(expected)}. {_reshaping(shape, field)} Received: batches of shape {shape}"
        )


def _conversion(dtype):
    """How to convert another type to floats in [-1, 1]."""
    ways = {"uint8": "127.5 - 1", "uint16": "32767.5 - 1", "bool": "0.5 - 1"}
    if dtype.name in ways:
        return f"Scale them first, as in `images.astype('float32') / {ways[dtype.name]}`, or use `keras_gan.data.load`."
    return "Scale them first, for example by `images.astype('float32') / 127.5 - 1` where they are in 0..255."


def _reshaping(shape, field):
    if shape.rank == len(field.shape) and tf.TensorShape(field.shape).is_compatible_with(shape):
        return "The data are single samples: put them into batches with `.batch(n)`."
    channels_first = (field.shape[-1:] + field.shape[:-1]) if field.is_picture else None
    if channels_first and channels_first != field.shape and shape.is_compatible_with((None, *channels_first)):
        return "Their channels come first: move them to the end, as in `images.transpose(0, 2, 3, 1)`."
    return (
        "Resize the images, for example with `keras_gan.data.load(..., image_size=...)`, or build the networks for the "
        "shape of the data."
    )


def _require_label_type(name, dtype, shape):
    if not dtype.is_integer or len(shape) not in (1, 2) or (len(shape) == 2 and shape[1] != 1):
        raise ValueError(
            f"`{name}` must be class indices: integers of shape (batch,). One-hot rows convert with "
            f"`{name}.argmax(-1)`. Received: {name} of dtype {dtype.name} and shape {tuple(shape)}"
        )


def _require_known_classes(source, spec):
    names = getattr(source, "class_names", None)
    for field in spec.values():
        if names is not None and field.num_classes is not None and len(names) != field.num_classes:
            raise ValueError(
                f"The data have {len(names)} classes, but the networks are built for {field.num_classes}. Build them "
                f"for the classes of the data. Received: num_classes={field.num_classes}, class_names={names}"
            )


def _require_good_batch(dataset, spec, looked_at):
    """Check the values of the first batch; return the most frequent size of the first batches.

    Several batches, because a data set that is shuffled after it was batched may begin with its incomplete batch.
    """
    batches = [named_fields(batch, spec) for batch in dataset.take(looked_at)]
    if not batches or not len(next(iter(batches[0].values()))):
        raise ValueError(
            "The data set is empty: it yields no batch. If it drops an incomplete last batch, it may hold fewer images "
            "than one batch: make the batches smaller. Received: a data set without elements"
        )
    for name, values in batches[0].items():
        _require_values(name, np.asarray(values), spec[name])
    sizes = [len(next(iter(batch.values()))) for batch in batches]
    return max(sizes, key=lambda size: (sizes.count(size), size))


def _require_values(name, values, field):
    if field.num_classes is not None:
        if values.size and (values.min() < 0 or values.max() >= field.num_classes):
            raise ValueError(
                f"The networks have {field.num_classes} classes, so `{name}` must be from 0 to "
                f"{field.num_classes - 1}. Received: {name} from {values.min()} to {values.max()}"
            )
        return
    values = values.astype("float32")
    bad = values.size - int(np.isfinite(values).sum())
    if bad:
        raise ValueError(f"The {name} hold NaN or infinity: clean the data first. Received: {bad} such values")
    if field.is_picture and values.size:
        _require_range(name, float(values.min()), float(values.max()))


def _require_range(name, low, high):
    """Raise a ValueError for values outside [-1, 1], and warn of those that look like [0, 1]."""
    if max(-low, high) > LIMIT:
        raise ValueError(
            f"{_noun(name)} must lie in [-1, 1], the range of a network that ends in tanh. Scale them, as in "
            f"`images / 127.5 - 1`. Received: values from {low:g} to {high:g}"
        )
    if low >= 0.0 and high > 0.5:
        warnings.warn(
            f"The first {name} lie in [{low:g}, {high:g}], which looks like [0, 1]; a network that ends in tanh "
            f"makes [-1, 1]. If so, convert them with `2 * {name} - 1`.",
            stacklevel=6,
        )


def _checked_values(values, field, batch_size):
    """A field of a batch with its type and shape; an error if a value is out of range."""
    if field.num_classes is not None:
        # Compared before the cast to int32, which would turn 2^40 into 0.
        values = tf.cast(tf.reshape(values, (-1,)), tf.int64)
        good = tf.reduce_all((values >= 0) & (values < field.num_classes))
        message = _BAD_LABELS
    else:
        values = tf.cast(values, tf.float32)
        magnitude = tf.abs(values)
        # NaN fails every comparison, infinity is not below the largest float.
        limit = LIMIT if field.is_picture else np.inf
        good = tf.reduce_all((magnitude <= limit) & (magnitude <= values.dtype.max))
        message = _BAD_VALUES
    with tf.control_dependencies([tf.debugging.Assert(good, [message])]):
        return tf.ensure_shape(tf.cast(values, field.dtype), (batch_size, *field.shape))
