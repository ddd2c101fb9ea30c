"""What the metrics share that take their samples batch by batch."""

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import checked, require_int, require_text
from keras_gan._replicas import replica_count
from keras_gan._tensors import require_numbers
from keras_gan.metrics.extractor import require_extractor


class StreamingMetric(keras.metrics.Metric):
    """A metric that keeps its whole state on every replica and chooses the precision of its numbers.

    Args:
        extractor: `Extractor`, or None if callers pass the rows themselves.
        width: int, the width of the rows.
        name: str or None.
    """

    def __init__(self, extractor, width, name):
        super().__init__(name=None if name is None else require_text("name", name))
        self.extractor = extractor
        self._width = width

    def add_state(self, name, shape, dtype):
        """Add a variable of zeros that has the same value on every replica."""
        return self.add_variable(shape, "zeros", dtype=dtype, aggregation="only_first_replica", name=name)

    def merge_state(self, metrics):
        """Add the state of other metrics, as if this one had seen their samples too.

        Args:
            metrics: iterable of metrics of the same class and the same arguments.

        Raises:
            ValueError: if one has another class or other arguments.
        """
        for metric in metrics:
            if type(metric) is not type(self) or metric._signature() != self._signature():
                raise ValueError(
                    "Only metrics of the same class and with the same arguments can merge their states. "
                    f"Received: {type(metric).__name__} for {type(self).__name__}, or other arguments"
                )
            self._merge(metric)

    def get_config(self):
        """Return the constructor's arguments.

        Raises:
            ValueError: if there is an extractor, because no configuration can hold it.
        """
        if self.extractor is not None:
            raise ValueError(
                "An extractor is a network with weights, which no configuration can hold. Create the metric again with "
                f"its extractor. Received: extractor={self.extractor!r}"
            )
        return {"name": self.name}

    def _signature(self):
        """What two metrics must have in common so that their states can merge."""
        extractor = self.extractor and self.extractor.fingerprint
        return (extractor, self._width)

    def _require_samples(self, **samples):
        if all(batch is None for batch in samples.values()):
            raise ValueError(
                f"`update_state` needs samples: pass {' or '.join(f'`{name}`' for name in samples)}. "
                f"Received: {', '.join(f'{name}=None' for name in samples)}"
            )
        if replica_count() > 1 and not _is_mirrored(self.variables[0]):
            raise ValueError(
                "The state of this metric is not on all replicas. Create the metric inside `with strategy.scope():`. "
                f"Received: name={self.name!r}"
            )

    def _rows(self, name, rows, dtype):
        """Return rows, given or extracted, as a tensor if they have the right shape and are finite."""
        rows = require_numbers(name, rows)
        if rows.shape.rank != 2 or rows.shape[-1] != self._width:
            raise ValueError(
                f"`{name}` must have the shape (batch, {self._width})"
                f"{'' if self.extractor else '; for images, pass an `extractor`'}. "
                f"Received: {name} of shape {tuple(rows.shape)}"
            )
        return _all_finite(name, tf.cast(rows, dtype))


class TwoSidedMetric(StreamingMetric):
    """A metric that compares real samples with generated ones and keeps a state of the same kind for each side.

    A subclass sets `_real` and `_fake`, which have `variables` and `merge(other)`. It adds a batch to one of them in
    `_take_in(name, side, samples, features)`.

    Args:
        extractor: `Extractor`, or None if callers pass features.
        num_features: int or None, the width of the features.
        name: str or None.
    """

    def __init__(self, extractor, num_features, name):
        width = state_width(extractor, "num_features", num_features)
        super().__init__(extractor, width, name)
        self.num_features = width

    def update_state(self, real=None, fake=None):
        """Add a batch of real samples, of generated samples, or of both.

        Args:
            real: images in [-1, 1] if there is an extractor, otherwise features (batch, num_features); or None.
            fake: the same for generated samples.

        Raises:
            ValueError: if both are None, or the samples have another shape, are out of range or are not finite. In a
                graph, the last two errors are `tf.errors.InvalidArgumentError`.
        """
        self._require_samples(real=real, fake=fake)
        for name, side, samples in (("real", self._real, real), ("fake", self._fake, fake)):
            if samples is not None:
                features = samples if self.extractor is None else self.extractor(samples).features
                self._take_in(name, side, samples, features)

    def reset_fake_state(self):
        """Forget the generated samples and keep the real ones for the next comparison."""
        for variable in self._fake.variables:
            variable.assign(keras.ops.zeros_like(variable))

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "num_features": self.num_features}

    def _merge(self, metric):
        self._real.merge(metric._real)
        self._fake.merge(metric._fake)


def state_width(extractor, name, width):
    """Return the width of the rows: that of the extractor if there is one, otherwise `width`.

    Args:
        extractor: `Extractor` or None.
        name: "num_features" or "num_classes".
        width: int or None.

    Raises:
        ValueError: if both are missing, or they contradict each other.
    """
    own = None if extractor is None else getattr(require_extractor(extractor), name)
    if own is None and extractor is not None:
        raise ValueError(
            "This extractor does not classify images. Train one that does with `train_extractor`. "
            f"Received: extractor={extractor!r}"
        )
    if own is None and width is None:
        raise ValueError(
            f"Pass an `extractor`, or `{name}` for the width of the rows. Received: {name}=None, extractor=None"
        )
    width = own if width is None else require_int(name, width)
    if own not in (None, width):
        raise ValueError(f"The extractor has {name}={own}, so leave out the argument. Received: {name}={width}")
    return width


def rows_of_all_replicas(rows):
    """Return the rows of all replicas, in order. On one device these are the rows themselves."""
    if replica_count() == 1:
        return rows
    return tf.distribute.get_replica_context().all_gather(rows, axis=0)


def as_scalar(function, variables):
    """Compute a float from variables with a function of NumPy arrays, at once or as an operation of the graph."""
    values = [tf.convert_to_tensor(variable.value) for variable in variables]
    if tf.executing_eagerly():
        return float(function(*(value.numpy() for value in values)))
    scalar = tf.numpy_function(lambda *arrays: np.float64(function(*arrays)), values, tf.float64)
    return tf.ensure_shape(scalar, ())


def _all_finite(name, tensor):
    """Return `tensor`, whose numbers must be finite."""
    finite = tf.math.is_finite(tensor)
    count = tf.reduce_sum(tf.cast(~finite, tf.int32))
    words = f"`{name}` must hold finite numbers. Any other number spoils the result: leave out such samples."
    return checked(tensor, tf.reduce_all(finite), words, {"non-finite numbers": count})


def _is_mirrored(variable):
    strategy = tf.distribute.get_strategy()
    return strategy.extended.variable_created_in_scope(variable.value)
