"""What `fit` does to the data it is handed: check them when they are given, and lay them out for the training step."""

import warnings

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int

_DEFAULT_BATCH_SIZE = 32

# A user's own scaling may leave [-1, 1] by a rounding error; a wrong range such as [0, 255] leaves it by far.
_LIMIT = 1.001
_BAD_VALUES = "a batch holds values that are not finite or lie outside [-1, 1]"


class Images:
    """Images that were checked when they were given, laid out in batches from any place on.

    The values of later batches are checked in the input pipeline, on the host, beside the training step and not in
    its way.

    Args:
        source: tf.data.Dataset of batches, as `for_training` and `for_evaluation` return it.
        sample_shape: shape of the samples that the networks work on, without the batch.

    Attributes:
        batch_size: int, samples in a batch.
        place_is_known: whether `batches(start)` is exactly what comes after `start` batches.

    Raises:
        ValueError: if the data carry labels, have a wrong shape, type or range, are not finite, or hold no batch.
    """

    def __init__(self, source, sample_shape):
        self._source = source
        self._sample_shape = sample_shape
        spec = _require_images(self._source.element_spec, sample_shape)
        self._ragged = spec.shape[0] is None
        self.batch_size = _require_good_batch(self._source)
        self.place_is_known = hasattr(self._source, "from_step")
        self.batches_per_epoch = getattr(self._source, "steps_per_epoch", None)

    def batches(self, start=0, *, skipped=0):
        """Return a tf.data.Dataset of float32 batches `(batch_size, *sample_shape)`.

        Args:
            start: int, the place of the first batch, for data that know their places.
            skipped: int, batches to leave out at the beginning, for data that do not.
        """
        dataset = self._source.from_step(start) if self.place_is_known else self._source.skip(skipped)
        if self._ragged:
            # A ragged last batch would be compiled anew, and does not split over replicas or discriminator steps.
            dataset = dataset.filter(lambda images: tf.shape(images)[0] == self.batch_size)
        check = _checked(self.batch_size, self._sample_shape)
        dataset = dataset.map(check, num_parallel_calls=2, deterministic=True)
        # Every worker reads all batches and keeps its rows of each. By default TensorFlow would deal out the files that
        # a data set reads, and a step's batch would be another one than on one device.
        options = tf.data.Options()
        options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
        return dataset.with_options(options)


def for_training(data, batch_size, seed):
    """Return a tf.data.Dataset of batches of what `fit` was given; of an array, without end.

    Args:
        data: tf.data.Dataset of batches, or an array or tensor of samples.
        batch_size: int, for an array; None for 32.
        seed: function that returns the seed of the order of an array's samples, an int, when the batches are laid
            out, for a checkpoint may bring another seed; None to leave the samples in their order.
    """
    if not is_array(data):
        return _require_dataset(data, batch_size)
    return _endless_batches(data, _require_batch_size(data, batch_size), seed)


def for_evaluation(data, batch_size):
    """Return a tf.data.Dataset of batches of what `evaluate` was given; of an array, once through."""
    if not is_array(data):
        return _require_dataset(data, batch_size)
    batch_size = _require_batch_size(data, batch_size)
    return tf.data.Dataset.from_tensor_slices(data).batch(batch_size, drop_remainder=True).prefetch(1)


def is_array(data):
    """Whether the data are samples that have still to be put into batches."""
    return isinstance(data, np.ndarray | tf.Tensor)


def gather(dataset, batch_size, steps, replicas, workers=1):
    """Put the batches of several discriminator steps into one element, to be taken apart by `minibatches`.

    The rows are laid out so that replicas, which take equal parts, find in their part the same share of each step's
    batch, in the order of their numbers. The replicas of one process take the parts in order; several workers are
    dealt them out one by one, like cards, and so replica r of worker w gets part r * workers + w.
    """
    if batch_size % replicas:
        raise ValueError(
            f"A batch is shared out equally over the {replicas} replicas: make its size a multiple of {replicas}. "
            f"Received: batches of {batch_size}"
        )
    if steps == 1 and workers in (1, replicas):
        return dataset

    def lay_out(batches):
        sample = batches.shape[2:]
        parts = tf.reshape(batches, (steps, workers, replicas // workers, batch_size // replicas, *sample))
        parts = tf.transpose(parts, (2, 1, 0, *range(3, parts.shape.rank)))
        return tf.reshape(parts, (steps * batch_size, *sample))

    return dataset.batch(steps, drop_remainder=True).map(lay_out, num_parallel_calls=2, deterministic=True)


def steps_per_epoch(images, prepared, asked, *, discriminator_steps=1, name="steps_per_epoch"):
    """Steps in an epoch, or None to let the data set end it.

    Args:
        images: `Images`, which may know how many batches make an epoch.
        prepared: the data set made of them, one element a step.
        asked: the user's number of steps, or None.
        discriminator_steps: int, batches in one step.
        name: what the user calls the number of steps.
    """
    cardinality = int(prepared.cardinality())
    if asked is None and cardinality == tf.data.INFINITE_CARDINALITY:
        batches = images.batches_per_epoch
        if batches is None:
            raise ValueError(
                f"The data set is endless, and nothing says where an epoch ends: give `{name}`. Received: {name}=None"
            )
        return max(1, batches // discriminator_steps)
    if cardinality == 0 or (cardinality == tf.data.UNKNOWN_CARDINALITY and _is_empty(prepared)):
        raise ValueError(
            f"A training step takes {discriminator_steps} batches, one for each discriminator step, and the data set "
            "holds fewer. Make the batches smaller, repeat the data set, or lower `discriminator_steps`. "
            f"Received: discriminator_steps={discriminator_steps}"
        )
    return asked


def _is_empty(dataset):
    return next(iter(dataset.take(1)), None) is None


def minibatches(images, steps):
    """Take apart what `gather` put together: one minibatch for each discriminator step."""
    if steps == 1:
        return [images]
    # Unknown on several workers, where TensorFlow allows for one whose data end before those of the others.
    if images.shape[0] is not None and images.shape[0] % steps:
        raise ValueError(
            f"A training step of this GAN takes {steps} discriminator steps, each on a minibatch of its own: the batch "
            f"given to it must have a size that is a multiple of {steps}. `fit` puts that many batches together "
            f"by itself. Received: a batch of shape {tuple(images.shape)}"
        )
    return tf.split(images, steps)


def unlabelled(data):
    """The images in what Keras hands to a training step, or a ValueError if there are labels with them."""
    if isinstance(data, tuple | list):
        if len(data) > 1 and data[1] is not None:
            raise ValueError(
                "This GAN is unconditional and takes images alone, without labels. Drop them, for example with "
                "`dataset.map(lambda images, labels: images)` or `keras_gan.data.load(..., labels=False)`. "
                f"Received: data with {len(data)} parts"
            )
        return data[0]
    return data


def bad_value_error(error):
    """The ValueError for a later batch that failed its check, or None if `error` is about something else."""
    if _BAD_VALUES not in str(error):
        return None
    return ValueError(
        f"While training, {_BAD_VALUES}. Scale images to [-1, 1], as in `images / 127.5 - 1`, and remove those that "
        "hold NaN. Received: such a batch, after others that were good"
    )


def _require_dataset(data, batch_size):
    if not isinstance(data, tf.data.Dataset):
        raise ValueError(
            "`fit` takes a tf.data.Dataset of batches, or a NumPy array or tensor of images. Wrap anything else, for "
            f"example with `tf.data.Dataset.from_generator`. Received: x of type {type(data).__name__}"
        )
    if batch_size is not None:
        raise ValueError(
            "A tf.data.Dataset has its batches already: leave `batch_size` out, or batch the data set otherwise. "
            f"Received: batch_size={batch_size}"
        )
    return data


def _require_batch_size(array, batch_size):
    batch_size = _DEFAULT_BATCH_SIZE if batch_size is None else require_int("batch_size", batch_size)
    if len(array) < batch_size:
        raise ValueError(
            "The data hold fewer images than one batch. Give more images or a smaller `batch_size`. "
            f"Received: {len(array)} images, batch_size={batch_size}"
        )
    return batch_size


def _endless_batches(array, batch_size, seed):
    """Batches in an order that is a function of (seed, step), so that they can begin at any step."""
    count, steps = len(array), len(array) // batch_size
    # tf.data works on the host: a copy of the images on the accelerator would come back for every batch.
    with tf.device("CPU:0"):
        array = tf.convert_to_tensor(array)

    def batch(step, seed):
        epoch, place = step // steps, step % steps
        rows = place * batch_size + tf.range(batch_size, dtype=tf.int64)
        if seed is not None:
            rows = tf.random.experimental.index_shuffle(rows, tf.stack([tf.cast(seed, tf.int64), epoch]), count - 1)
        return tf.ensure_shape(tf.gather(array, rows), (batch_size, *array.shape[1:]))

    def from_step(start):
        numbers = tf.data.Dataset.range(start, np.iinfo(np.int64).max // (2 * batch_size))
        numbers = numbers.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
        order = None if seed is None else int(seed())
        dataset = numbers.map(lambda step: batch(step, order), num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        return dataset.prefetch(tf.data.AUTOTUNE)

    dataset = from_step(0)
    dataset.from_step, dataset.steps_per_epoch = from_step, steps
    return dataset


def _require_images(spec, sample_shape):
    """Check what is known of the data before the first batch; return the spec of the images."""
    spec = unlabelled(spec)
    if not isinstance(spec, tf.TensorSpec):
        raise ValueError(f"The data set must yield batches of images, each one tensor. Received: {spec}")
    if not spec.dtype.is_floating:
        raise ValueError(
            "Images must be floating-point numbers in [-1, 1]. Scale them first, as in "
            "`images.astype('float32') / 127.5 - 1`, or let `keras_gan.data.load` do it. "
            f"Received: images of dtype {spec.dtype.name}"
        )
    expected = tf.TensorShape((None, *sample_shape))
    if not spec.shape.is_compatible_with(expected):
        raise ValueError(
            f"The networks work on samples of shape {tuple(sample_shape)}, so batches must have the shape "
            f"{tuple(expected)}. Resize the images, for example with `keras_gan.data.load(..., image_size=...)`, or "
            f"build the networks for the shape of the data. Received: batches of shape {spec.shape}"
        )
    return spec


def _require_good_batch(dataset):
    """Check the values of the first batch on the spot; return the size of a full batch."""
    # Two, because a data set that is shuffled after it was batched may begin with its incomplete batch.
    first, *_ = batches = [np.asarray(unlabelled(batch), "float32") for batch in dataset.take(2)] or [np.empty(0)]
    if not len(first):
        raise ValueError(
            "The data set is empty: it yields no batch. It may hold fewer images than one batch where the last, "
            "incomplete batch is dropped; then make the batches smaller. Received: a data set without elements"
        )
    bad = first.size - int(np.isfinite(first).sum())
    if bad:
        raise ValueError(f"The images hold NaN or infinity: clean the data first. Received: {bad} such values")
    if first.ndim > 2:
        _require_range(float(first.min()), float(first.max()))
    return max(len(batch) for batch in batches)


def _require_range(low, high):
    """Raise a ValueError for values outside [-1, 1], and warn of those that look like [0, 1]."""
    if max(-low, high) > _LIMIT:
        raise ValueError(
            "Images must lie in [-1, 1], the range of the generator's tanh. Scale them, as in `images / 127.5 - 1`. "
            f"Received: values from {low:g} to {high:g}"
        )
    if low >= 0.0 and high > 0.5:
        warnings.warn(
            f"The first images lie in [{low:g}, {high:g}], which looks like [0, 1]; a generator that ends in tanh "
            "makes [-1, 1]. If that is not meant, give `2 * images - 1`.",
            stacklevel=5,
        )


def _checked(batch_size, sample_shape):
    """A map over batches: float32, of static shape, and an error where a value is out of range."""
    limit = _LIMIT if len(sample_shape) > 1 else np.inf

    def check(*batch):
        images = tf.cast(unlabelled(batch), tf.float32)
        magnitude = tf.abs(images)
        # NaN fails every comparison, infinity is not below the largest float.
        good = tf.reduce_all((magnitude <= limit) & (magnitude <= images.dtype.max))
        with tf.control_dependencies([tf.debugging.Assert(good, [_BAD_VALUES])]):
            return tf.ensure_shape(images, (batch_size, *sample_shape))

    return check
