"""How `fit` checks its data at the start, and arranges them for the training step."""

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan._identity import identity
from keras_gan.training import _checks
from keras_gan.training.fields import named_fields

_DEFAULT_BATCH_SIZE = 32
# Of batches that are left out: in a row, and in all; of samples: lost with them, and seen.
_NONE_LEFT_OUT = (np.int64(0),) * 4
_FEW_LEFT_OUT = 4


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
        specs = _checks.require_fields(source.element_spec, spec)
        self._ragged = any(tensor.shape[0] is None for tensor in specs.values())
        _checks.require_known_classes(source, spec)
        self.batch_size = _checks.require_good_batch(source, spec, looked_at=3 if self._ragged else 2)
        self.place_is_known = hasattr(source, "from_step")
        self.batches_per_epoch = getattr(source, "steps_per_epoch", None)
        self.is_endless = int(source.cardinality()) == tf.data.INFINITE_CARDINALITY

    def identity(self):
        """What tells these data from others, a dict that JSON can store. It costs no pass through the data."""
        specs = named_fields(self._source.element_spec, self._spec)
        return {
            "batch_size": self.batch_size,
            **{name: f"{spec.dtype.name} {tuple(spec.shape[1:])}" for name, spec in specs.items()},
            **getattr(self._source, "identity", {}),
        }

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
            dataset = dataset.scan(_NONE_LEFT_OUT, self._judged).filter(lambda is_full, _: is_full)
            dataset = dataset.map(lambda _, batch: batch)
        dataset = dataset.map(self._checked, num_parallel_calls=2, deterministic=True)
        # Every worker reads all batches and keeps its rows of each. By default TensorFlow would distribute the files
        # of a data set, and the batch of a step would differ from the batch on one device.
        options = tf.data.Options()
        options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
        return dataset.with_options(options)

    def _judged(self, count, batch):
        """Whether a batch is full; an error if training would wait forever for one, or lose much of the data."""
        rows = tf.shape(next(iter(batch.values())), tf.int64)[0]
        is_full = rows == self.batch_size
        partial = tf.cast(~is_full, tf.int64)
        in_a_row, left_out, lost, seen = count
        in_a_row, left_out = partial * (in_a_row + 1), left_out + partial
        lost, seen = lost + partial * rows, seen + rows
        # One incomplete batch at the end of each pass is as it should be.
        loses_much = (left_out >= _FEW_LEFT_OUT) & (5 * lost >= 2 * seen)
        is_good = (in_a_row < _checks.MOST_LEFT_OUT) & ~loses_much
        with tf.control_dependencies([tf.debugging.Assert(is_good, [_checks.BAD_SIZES])]):
            return (in_a_row, left_out, lost, seen), (tf.identity(is_full), batch)

    def _checked(self, batch):
        """A batch as the step takes it, and an error where a value is out of range."""
        return {
            name: _checks.checked_values(values, self._spec[name], self.batch_size) for name, values in batch.items()
        }


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
    fields = named_fields(data, spec)
    # Before an array is made, which loses a mask, and after it, which shows what holds objects.
    _require_numbers(fields)
    batch = {name: np.asarray(values) for name, values in fields.items()}
    _require_numbers(batch)
    for name, field in spec.items():
        _checks.require_type(name, tf.as_dtype(batch[name].dtype), batch[name].shape, field)
        _checks.require_values(name, batch[name], field)
    rows = {name: len(values) for name, values in batch.items()}
    if len(set(rows.values())) > 1 or 0 in rows.values():
        raise ValueError(
            f"All fields of a batch must have the same number of samples, at least one. Received: {rows} samples"
        )
    return {name: _cast(values, spec[name]) for name, values in batch.items()}


def _cast(values, field):
    """An array in the type and shape of its field: a column of labels becomes a row."""
    values = values.reshape(-1) if field.num_classes is not None and not field.shape else values
    return tf.convert_to_tensor(values.astype(field.dtype.name))


def for_prediction(data, spec):
    """Check and cast the inputs of `predict`, and return them in the structure that they have.

    Args:
        data: tf.data.Dataset of batches, or arrays or tensors: one, a list or a tuple of them, or a dict by name.
        spec: dict of input name to `Field`.

    Raises:
        ValueError: as in `checked`. In a later batch of a data set it is `tf.errors.InvalidArgumentError`.
    """
    if not isinstance(data, tf.data.Dataset):
        return _in_the_structure_of(data, checked(data, spec))
    _checks.require_fields(data.element_spec, spec)

    def cast(*parts):
        batch = parts[0] if len(parts) == 1 else parts
        fields = named_fields(batch, spec).items()
        return _in_the_structure_of(
            batch, {name: _checks.checked_values(values, spec[name], None) for name, values in fields}
        )

    return data.map(cast)


def _in_the_structure_of(data, values):
    """Named values as a dict, a list or a tuple, or one alone, as the data were."""
    if isinstance(data, dict):
        return {name: values[name] for name in data}
    return type(data)(values.values()) if isinstance(data, tuple | list) else next(iter(values.values()))


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


def for_evaluation(data, batch_size, prefix=""):
    """Return a tf.data.Dataset of batches from the data given to `evaluate`; arrays are read once.

    Args:
        data: as in `for_training`.
        batch_size: as in `for_training`.
        prefix: what the names of the caller's arguments begin with, such as "validation_".
    """
    if not is_array(data):
        return _require_dataset(data, batch_size, prefix)
    batch_size = _require_batch_size(data, batch_size, prefix)
    dataset = tf.data.Dataset.from_tensor_slices(data).batch(batch_size, drop_remainder=True).prefetch(1)
    dataset.whole = data
    return dataset


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
    with _checks.bad_batches_explained():
        return next(iter(dataset.take(1)), None) is None


def minibatches(batch, steps, argument):
    """Split what `gather` put together into a list of batches, one for each update."""
    if steps == 1:
        return [batch]
    first = next(iter(batch.values()))
    # Unknown on several workers, because TensorFlow allows one worker's data to end before the others.
    if first.shape[0] is not None and first.shape[0] % steps:
        raise ValueError(
            f"A training step of this GAN takes {steps} minibatches (`{argument}`), so the size of the batch must be a "
            f"multiple of {steps}. (`fit` combines that many batches "
            f"automatically.) Received: a batch of shape {tuple(first.shape)}"
        )
    pieces = {name: tf.split(values, steps) for name, values in batch.items()}
    return [{name: pieces[name][index] for name in pieces} for index in range(steps)]


def _require_dataset(data, batch_size, prefix=""):
    if not isinstance(data, tf.data.Dataset):
        raise ValueError(
            "`fit` takes a tf.data.Dataset of batches, or a NumPy array or tensor of samples. Wrap anything else, for "
            f"example with `tf.data.Dataset.from_generator`. Received: {f'{prefix}data' if prefix else 'x'} of type "
            f"{type(data).__name__}"
        )
    if batch_size is not None:
        raise ValueError(
            f"A tf.data.Dataset already holds batches: leave `{prefix}batch_size` out, or change the batches of the "
            f"data set. Received: {prefix}batch_size={batch_size}"
        )
    return data


def _require_batch_size(arrays, batch_size, prefix=""):
    _require_numbers(arrays)
    batch_size = _DEFAULT_BATCH_SIZE if batch_size is None else require_int(f"{prefix}batch_size", batch_size)
    lengths = {len(array) for array in tf.nest.flatten(arrays)}
    if len(lengths) > 1:
        raise ValueError(
            "All arrays must have the same number of samples. Two kinds of images without pairs may differ in number: "
            "`keras_gan.data.load_unpaired` makes batches of them. "
            f"Received: arrays of {sorted(lengths)} samples"
        )
    if min(lengths) < batch_size:
        raise ValueError(
            "The data hold fewer samples than one batch. Give more of them or a smaller `batch_size`. "
            f"Received: {min(lengths)} samples, batch_size={batch_size}"
        )
    return batch_size


def _require_numbers(arrays):
    """Raise a ValueError for a part of the data that is not an array of numbers."""
    parts = arrays.values() if isinstance(arrays, dict) else arrays if isinstance(arrays, tuple | list) else [arrays]
    for part in parts:
        kind = None
        if part is None:
            kind = "None"
        elif isinstance(part, np.ma.MaskedArray):
            kind = "a masked array, whose mask would be lost"
        elif isinstance(part, np.ndarray) and part.dtype.kind in "OSUMm":
            kind = f"an array of dtype {part.dtype}"
        elif isinstance(part, tuple | list) and not part:
            kind = f"an empty {type(part).__name__}"
        if kind is not None:
            raise ValueError(
                "Each part of the data must be an array or a tensor of numbers. Fill the gaps of a masked array with "
                f"`array.filled(value)`, and make one array of a list with `np.stack(samples)`. Received: {kind}"
            )


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
    dataset.from_step, dataset.steps_per_epoch, dataset.whole = from_step, steps, arrays
    dataset.identity = identity(tf.nest.flatten(arrays))
    return dataset
