"""The only way to samples: draws the inputs of a model and makes its outputs."""

import itertools
import random
import warnings

import keras
import numpy as np
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_bool, require_int, require_seed
from keras_gan._tensors import require_float_images, require_floats
from keras_gan._traversal import every_layer
from keras_gan.training._checks import require_values
from keras_gan.training._networks import random_seeds
from keras_gan.training.fields import LOADERS, Field
from keras_gan.training.interface import CODES, LABELS, Interface

# What the names of operations begin with that have a random state of their own. Those of `keras.random` have none.
_UNSEEDED = ("Random", "Rng", "StatefulRandom", "StatefulStandard", "StatefulTruncated", "StatefulUniform")
_UNSEEDED += ("Multinomial", "ParameterizedTruncatedNormal", "TruncatedNormal")


class Sampler:
    """Draws the inputs of a network from a seed, and runs the network in inference mode.

    `generate`, snapshots, metrics, health, model cards and exports all use it, so that a seed gives the same samples
    everywhere.

    Args:
        interface: `Interface` of the network.
        network: keras.Model to run, such as an averaged copy; None for the interface's network.
        num_classes: int, number of classes; None without labels. What codes there are, the network itself says.
        num_labels: int, how many labels a sample has at once, each of `num_classes` classes; None for one.
        is_drawn: whether the main input is noise from a standard normal distribution. Otherwise it must be given, such
            as the pictures for a translator.

    Attributes:
        inputs: dict of input name to `tf.TensorSpec`, batch first.
        output: name of the output.
        output_shape: tuple, shape of one sample.
        output_dtype: tf.float32, or tf.int32 for tokens.
        main: name of the main input.
        codes: `keras_gan.layers.CodeEncoding` of the codes that the network takes; None without.

    Raises:
        ValueError: if an argument has another type, or the network takes codes and does not say which.

    Example:
        >>> import keras
        >>> from keras_gan.training import Interface
        >>> network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> sampler = Sampler(Interface(network, "generator", ("latents",), "samples"))
        >>> sampler(sampler.draw(3, seed=0)).shape
        TensorShape([3, 2])
    """

    def __init__(self, interface, network=None, *, num_classes=None, num_labels=None, is_drawn=True):
        if not isinstance(interface, Interface):
            raise ValueError(f"`interface` must be an `Interface` of the network. Received: interface={interface!r}")
        if network is not None and not isinstance(network, keras.Model):
            raise ValueError(f"`network` must be a keras.Model, or None. Received: network={network!r}")
        self._interface, self.is_drawn = interface, require_bool("is_drawn", is_drawn)
        self.num_classes = None if num_classes is None else require_int("num_classes", num_classes)
        self._label_shape = () if num_labels is None else (require_int("num_labels", num_labels),)
        self.network = network or interface.network
        self.codes = interface.codes
        self.main = interface.main
        # Of several outputs not the first one: their order means nothing.
        self.output = interface.returns if interface.returns in interface.outputs else next(iter(interface.outputs))
        self.output_shape = interface.outputs[self.output]
        self._count_name = f"num_{self.output}" if self.output in LOADERS else "num_images"
        self.inputs = {
            name: tf.TensorSpec((None, *self._label_shape), tf.int32, name)
            if name == LABELS
            else tf.TensorSpec((None, *shape), tf.float32, name)
            for name, shape in interface.shapes.items()
        }
        self.output_dtype = tf.float32
        self._compiled = None

    def __call__(self, inputs, *, noise_of=None):
        """Return the samples for a dict of inputs, a float32 tensor.

        Layers that draw their own noise by a `keras.random.SeedGenerator` get its seed from the inputs: the same batch
        of inputs gives the same samples, and another batch with the same row gives that row other noise.

        Args:
            inputs: dict of input name to tensor.
            noise_of: dict of inputs whose noise to draw, for the same noise while the inputs change; None for `inputs`.
        """
        with keras.StatelessScope(self._noise_of(noise_of or inputs)):
            outputs = self._interface(inputs, network=self.network, training=False)
        return self.samples_of(outputs)

    def samples_of(self, outputs):
        """The samples among the outputs of the network, a dict of tensors."""
        return tf.cast(outputs[self.output], tf.float32)

    def _noise_of(self, inputs):
        """A state for each random stream of the network, as a function of the main input's bits."""
        bits = tf.reduce_sum(tf.bitcast(tf.cast(inputs[self.main], tf.float32), tf.int32))
        return [
            (state, tf.stack([tf.cast(bits, state.dtype), tf.cast(index, state.dtype)]))
            for index, state in enumerate(random_seeds(self.network))
        ]

    def draw(self, count, seed, **given):
        """Draw the inputs.

        Args:
            count: int or scalar tensor, how many.
            seed: int or int64 scalar tensor.
            **given: tensors by name, for inputs that are not drawn.

        Returns:
            dict of input name to tensor: latents are standard normal, labels are uniform over the classes, and codes
            are as `keras_gan.layers.CodeEncoding` says.
        """
        if not tf.is_tensor(count):
            count = require_int("count", count)
        seed = seed if tf.is_tensor(seed) else require_seed(seed)
        drawn = {}
        for name, spec in self.inputs.items():
            if name in given:
                drawn[name] = given[name]
            elif name == LABELS:
                drawn[name] = _random.labels_of_seed(count, self.num_classes, seed, self._label_shape)
            elif name == CODES:
                drawn[name] = _random.codes_of_seed(count, self.codes, seed)
            else:
                drawn[name] = _random.latents_of_seed(count, spec.shape[1:], seed)
        return drawn

    def inputs_for(self, count=None, *, seed=None, **given):
        """Check the given inputs, and draw the others.

        Args:
            count: int, how many samples; None if the main input is given.
            seed: int for the same inputs each time, in every process; None for different inputs each time.
            **given: arrays by input name; None for inputs that are drawn. A single label, or a single row of several
                labels or of codes, is for all samples.

        Returns:
            dict of input name to tensor.

        Raises:
            ValueError: if the number of samples is not clear, or an input has a wrong name, shape or value.
        """
        given = {name: value for name, value in given.items() if value is not None}
        for name in given:
            if name not in self.inputs:
                raise ValueError(
                    f"The network takes no `{name}`, only {', '.join(self.inputs)}: leave it out, or build the model "
                    f"with a network that has a `keras.Input` of that name. Received: {name}={_brief(given[name])}"
                )
        if self.main in given:
            given[self.main] = self.checked(self.main, given[self.main])
        count = self._count(count, given)
        if LABELS in given:
            given[LABELS] = _labels(given[LABELS], count, self.fields[LABELS])
        if CODES in given:
            given[CODES] = _codes(given[CODES], count, self.codes)
        seed = random.getrandbits(31) if seed is None else require_seed(seed)
        return self.draw(count, seed, **given)

    def run(self, inputs, batch_size):
        """Run the network over inputs, `batch_size` at a time.

        Returns:
            NumPy array `(count, *output_shape)` of `output_dtype`.
        """
        require_int("batch_size", batch_size)
        if self._compiled is None:
            self._warn_of_unseeded()
        function, count = self._function(), len(inputs[self.main])
        pieces = (
            function({name: value[start : start + batch_size] for name, value in inputs.items()})
            for start in range(0, count, batch_size)
        )
        return in_one_array(pieces, count)

    def unseeded_operations(self):
        """The operations of the network that draw random numbers which no seed fixes, a list of their names."""
        graph = self._function().get_concrete_function().graph.as_graph_def()
        nodes = itertools.chain(graph.node, *(function.node_def for function in graph.library.function))
        return sorted({node.op for node in nodes if node.op.startswith(_UNSEEDED)})

    def _function(self):
        if self._compiled is None:
            self._compiled = tf.function(self, input_signature=[self.inputs], autograph=False)
        return self._compiled

    def _warn_of_unseeded(self):
        if unseeded := self.unseeded_operations():
            warnings.warn(
                f"The network '{self.network.name}' draws random numbers that no seed fixes ({', '.join(unseeded)}): "
                "the same seed makes other samples each time. Draw them by `keras.random` with a "
                "`keras.random.SeedGenerator` that is an attribute of the layer.",
                stacklevel=5,
            )

    @property
    def draws_alone(self):
        """Whether samples can be drawn from a seed alone, with nothing given."""
        return self.is_drawn

    @property
    def fields(self):
        """The inputs, a dict of name to `Field`."""
        return {
            name: Field(self._label_shape, num_classes=self.num_classes) if name == LABELS else self._field(spec)
            for name, spec in self.inputs.items()
        }

    def _field(self, spec):
        """The field of an input that is no label."""
        return Field(tuple(spec.shape[1:]), is_noise=self.is_drawn)

    def _count(self, count, given):
        if not self.is_drawn and self.main not in given:
            raise ValueError(f"This model cannot draw {self.main}: give `{self.main}`. Received: {self.main}=None")
        require_one_of_both(count, self.main, self.main in given, self._count_name)
        return require_int(self._count_name, count) if count is not None else len(given[self.main])

    def checked(self, name, value):
        """A given input that is no label and no code, as a float32 tensor, or a ValueError.

        Args:
            name: name of the input.
            value: what was given.
        """
        field = self._field(self.inputs[name])
        value = (require_float_images if field.is_picture else require_floats)(name, value)
        if not tf.TensorShape(field.shape).is_compatible_with(value.shape[1:]):
            raise ValueError(
                f"{name.capitalize()} must have the shape {(self._count_name, *field.shape)}, with at least one "
                f"of them. Received: {name}.shape={tuple(value.shape)}"
            )
        for layer in every_layer(self.network) if field.is_picture else ():
            # A network for pictures of any size says which ones it can take.
            getattr(layer, "require_sides", lambda *_: None)(*value.shape[1:3])
        require_values(name, np.asarray(value), field)
        return tf.cast(value, tf.float32)


def in_one_array(pieces, count):
    """Copy pieces into one array as they come: a list of them, joined at the end, would take twice the memory.

    Args:
        pieces: iterable of arrays or tensors of one type with `count` rows in all, at least one.
        count: int.

    Returns:
        NumPy array `(count, ...)` of their type.
    """
    samples, start = None, 0
    for piece in pieces:
        if samples is None:
            samples = np.empty((count, *piece.shape[1:]), tf.as_dtype(piece.dtype).as_numpy_dtype)
        samples[start : start + len(piece)] = piece
        start += len(piece)
    return samples


def require_one_of_both(count, main, is_given, name="num_images"):
    """Raise a ValueError unless either the number of samples or their main input is given.

    Args:
        count: the number of samples; None if it is not given.
        main: name of the main input.
        is_given: bool, whether the main input is given.
        name: what the caller calls the number of samples.
    """
    if count is not None and is_given:
        raise ValueError(
            f"Give either the number of samples or their {main}, not both. Received: {name}={count}, {main}=given"
        )
    if count is None and not is_given:
        raise ValueError(
            f"Give the number of samples, as `{name}`, or their {main}. Received: {name}=None, {main}=None"
        )


def _labels(labels, count, field):
    """Labels as an int32 tensor with a row for each sample, or a ValueError that says what labels there are."""
    try:
        labels = np.asarray(labels)
    except ValueError as error:
        raise ValueError(f"`labels` must be integers. Received: labels={labels!r:.80}") from error
    if labels.shape == field.shape:
        labels = np.broadcast_to(labels, (count, *labels.shape))
    # Of several labels at once, data may have 0.0 and 1.0, or False and True.
    if labels.shape != (count, *field.shape) or labels.dtype.kind not in ("iufb" if field.shape else "iu"):
        one = f"one row of {field.shape[0]} labels" if field.shape else "one class"
        raise ValueError(
            f"`labels` must be {one} for all samples, or {one.replace('one', 'a')} for each of the {count}: integers "
            f"from 0 to {field.num_classes - 1}. Received: labels of shape {labels.shape} and type {labels.dtype}"
        )
    require_values(LABELS, labels, field)
    return tf.constant(labels, tf.int32)


def _codes(codes, count, encoding):
    """Codes as a float32 tensor `(count, num_codes)`, or a ValueError that says what a row of them is."""
    row = f"one row of {encoding.num_codes} for all samples, or a row for each of the {count}: {encoding.described()}"
    try:
        codes = np.asarray(codes)
    except ValueError as error:
        raise ValueError(f"`codes` must be {row}. Received: codes={codes!r:.80}") from error
    if codes.ndim == 1:
        codes = np.tile(codes, (count, 1))
    if codes.dtype.kind not in "iuf" or codes.shape != (count, encoding.num_codes) or not np.isfinite(codes).all():
        raise ValueError(
            f"`codes` must be finite numbers, {row}. Received: codes of shape {codes.shape} and type {codes.dtype}"
        )
    for column, number in zip(codes.T, encoding.categories, strict=False):
        wrong = (column != np.floor(column)) | (column < 0) | (column >= number)
        if wrong.any():
            raise ValueError(
                f"`codes` must be {row}. Received: {column[wrong][0]:.6g} for a category from 0 to {number - 1}"
            )
    return tf.constant(codes, tf.float32)


def _brief(value):
    return f"an array of shape {value.shape}" if hasattr(value, "shape") else repr(value)
