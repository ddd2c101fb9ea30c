"""How a network is called: the names of its inputs and of its outputs."""

import functools

import keras
import tensorflow as tf

from keras_gan._arguments import require_text
from keras_gan._traversal import every_layer
from keras_gan.layers import CodeEncoding

LABELS, CODES, TOKENS = "labels", "codes", "tokens"


class Interface:
    """Calls a network on named tensors, for any structure of its inputs.

    A network takes one tensor, a list of tensors or a dict. A single tensor is the main input, with any name. Several
    inputs have the names of their `keras.Input`, or their keys in a dict. In a list, the first input whose name is not
    a known field is the main input. Outputs are named in the same way.

    Args:
        network: keras.Model that knows its input shape.
        role: name of the network in messages.
        takes: tuple of the field names that it may take, the main input first.
        returns: name of its output if it has only one, and of its main output if it has several.

    Attributes:
        main: name of the main input.
        returns: name of the main output.
        network: the network.
        role: name of the network.
        shapes: dict of input name to shape, without the batch.
        outputs: dict of output name to shape, without the batch; a list of shapes for an output that is a list.

    Raises:
        ValueError: if the network is not a keras.Model, its input shape is not known, or an input has no known name.

    Example:
        >>> import keras
        >>> latents, labels = keras.Input((4,), name="latents"), keras.Input((), dtype="int32", name="labels")
        >>> picture = keras.layers.Dense(6)(latents) + keras.layers.Embedding(3, 6)(labels)
        >>> interface = Interface(keras.Model([latents, labels], picture), "generator", ("latents", "labels"), "images")
        >>> interface.shapes, interface.outputs
        ({'latents': (4,), 'labels': ()}, {'images': (6,)})
    """

    def __init__(self, network, role, takes, returns):
        require_text("role", role)
        if not isinstance(network, keras.Model):
            raise ValueError(f"The {role} must be a keras.Model. Received: {role}={network!r}")
        _require_names(takes)
        require_text("returns", returns)
        self.network, self.role = network, role
        self._structure = _input_structure(network, role)
        names = _input_names(network, self._structure, role, takes)
        shapes = [tuple(shape[1:]) for shape in _leaves(self._structure)]
        self.shapes = dict(zip(names, shapes, strict=True))
        self.main, self.returns = takes[0], returns
        self.outputs = self._output_shapes()

    def __call__(self, values, *, network=None, **options):
        """Call the network, or a copy of it, on the named tensors that it takes.

        Args:
            values: dict of name to tensor.
            network: keras.Model to call instead, such as an averaged copy.
            **options: `training`.

        Returns:
            dict of output name to tensor.
        """
        return self._named(self.pack(values, network or self.network, options))

    def pack(self, values, network, options):
        """Call the network on the named tensors; return its outputs unchanged."""
        tensors = [self._as_taken(name, values[name]) for name in self.shapes]
        if isinstance(self._structure, dict):
            return network(dict(zip(self._structure, tensors, strict=True)), **options)
        return network(tensors if not isinstance(self._structure, _Shape) else tensors[0], **options)

    def require_fit(self, taker, output=None):
        """Raise a ValueError unless another network takes what this one returns.

        Args:
            taker: `Interface` of the other network.
            output: name of the output; None for the main one.
        """
        output, taken = output or self.returns, taker.shapes[taker.main]
        made = self.outputs.get(output)
        if made is None:
            raise ValueError(f"The {self.role} must return '{output}'. Received: outputs {list(self.outputs)}")
        if not tf.TensorShape(made).is_compatible_with(taken):
            raise ValueError(
                f"The {self.role} makes samples of shape {made}, but the {taker.role} takes inputs of shape {taken}. "
                f"Build both for the same shape of a sample. Received: {self.role}.output_shape={(None, *made)}, "
                f"{taker.role}.input_shape={(None, *taken)}"
            )

    @functools.cached_property
    def halves(self):
        """The `Interface`s of a generator's models "mapping" and "synthesis", a pair; None if it lacks one of them.

        The first maps the main input to styles, and the second maps the styles to the main output.
        """
        inner = {layer.name: layer for layer in self.network.layers if isinstance(layer, keras.Model)}
        if not {"mapping", "synthesis"} <= set(inner):
            return None
        mapping = Interface(inner["mapping"], "mapping", (self.main, LABELS), "styles")
        return mapping, Interface(inner["synthesis"], "synthesis", ("styles", LABELS), self.returns)

    @property
    def num_classes(self):
        """Number of classes, read from the layer that takes the labels; None if it is not clear."""
        if LABELS not in self.shapes:
            return None
        shape = self.shapes[LABELS]
        if shape not in ((), (1,)):
            return shape[-1]
        sizes = {
            getattr(layer, "input_dim", None) or getattr(layer, "num_tokens", None)
            for layer in every_layer(self.network)
            if isinstance(layer, keras.layers.Embedding | keras.layers.CategoryEncoding)
        }
        return sizes.pop() if len(sizes) == 1 else None

    @property
    def codes(self):
        """The `CodeEncoding` that says which codes the network takes; None if it takes none."""
        if CODES not in self.shapes:
            return None
        found = [layer for layer in every_layer(self.network) if isinstance(layer, CodeEncoding)]
        if len({(layer.categories, layer.num_continuous) for layer in found}) != 1:
            raise ValueError(
                f"The {self.role} takes codes, and does not say which: let its input 'codes' pass through one "
                f"`keras_gan.layers.CodeEncoding`, as in `networks.info_gan`. Received: {self.role} with "
                f"{len(found)} of these layers"
            )
        if self.shapes[CODES] != (found[0].num_codes,):
            raise ValueError(
                f"The input 'codes' must have the shape (batch, {found[0].num_codes}), a number for each code. "
                f"`CodeEncoding` makes the one-hot rows. Received: codes of shape {(None, *self.shapes[CODES])}"
            )
        return found[0]

    def _as_taken(self, name, value):
        """Labels as class indices, as a column of them, or as rows of zeros and ones, to fit the network's input."""
        if name != LABELS or self.shapes[name] == ():
            return value
        if len(value.shape) == 2:
            # Several labels at once, which are such rows already.
            return tf.cast(value, tf.float32)
        if self.shapes[name] == (1,):
            return tf.expand_dims(value, -1)
        return tf.one_hot(value, self.shapes[name][-1])

    def _output_shapes(self):
        tensors = [
            keras.KerasTensor((None, *shape), dtype="int32" if name in (LABELS, TOKENS) else "float32")
            for name, shape in self.shapes.items()
        ]
        if isinstance(self._structure, dict):
            inputs = dict(zip(self._structure, tensors, strict=True))
        else:
            inputs = tensors if not isinstance(self._structure, _Shape) else tensors[0]
        specs = self._named(self.network.compute_output_spec(inputs))
        return tf.nest.map_structure(lambda spec: tuple(spec.shape[1:]), specs)

    def _named(self, outputs):
        if isinstance(outputs, dict):
            return outputs
        if not isinstance(outputs, list | tuple):
            return {self.returns: outputs}
        names = list(getattr(self.network, "output_names", None) or [f"output_{i}" for i in range(len(outputs))])
        if self.returns not in names:
            names[0] = self.returns
        return dict(zip(names, outputs, strict=True))


def _require_names(takes):
    is_list = isinstance(takes, list | tuple) and takes
    if not is_list or not all(isinstance(name, str) and name for name in takes):
        raise ValueError(f"`takes` must be a tuple of names, the main input first. Received: takes={takes!r}")


def _input_structure(network, role):
    """The shapes of a network's inputs, batch included: one, or a list or dict of them."""
    try:
        # Not `input_shape`, which forgets the keys of a dict.
        structure = tf.nest.map_structure(lambda tensor: _Shape(tensor.shape), network.input)
    except (AttributeError, ValueError):
        # A subclassed model has no `input`, but knows the shape that it was built with.
        structure = _built_with(network)
    if structure is None:
        raise ValueError(
            f"The input shape of the {role} is not known yet. Use a functional or Sequential model that begins "
            f"with a `keras.Input`, or call the network on a batch first. Received: {role}={network!r}"
        )
    return structure


class _Shape(tuple):
    """A shape, distinct from a list of inputs."""


def _built_with(network):
    shape = network.get_build_config().get("input_shape") if network.built else None
    if shape is None:
        return None
    if isinstance(shape, dict):
        return {name: _Shape(entry) for name, entry in shape.items()}
    is_list = any(isinstance(entry, tuple | list) for entry in shape)
    return [_Shape(entry) for entry in shape] if is_list else _Shape(shape)


def _leaves(structure):
    if isinstance(structure, dict):
        return list(structure.values())
    return [structure] if isinstance(structure, _Shape) else list(structure)


def _names_in_list(network, structure, takes):
    """The names of a list of inputs; a subclassed model has none, and takes the fields in their order."""
    inputs = getattr(network, "inputs", None)
    if inputs:
        return [tensor.name for tensor in inputs]
    return [*takes, *(f"input_{index}" for index in range(len(takes), len(structure)))][: len(structure)]


def _input_names(network, structure, role, takes):
    if isinstance(structure, _Shape):
        return takes[:1]
    given = list(structure) if isinstance(structure, dict) else _names_in_list(network, structure, takes)
    names = list(given)
    strangers = [index for index, name in enumerate(names) if name not in takes]
    if takes[0] not in names and strangers:
        names[strangers.pop(0)] = takes[0]
    if strangers or takes[0] not in names:
        raise ValueError(
            f"The {role} takes several inputs, and each must have one of these names: {', '.join(takes)}. "
            f"Name them, as in `keras.Input(..., name={takes[0]!r})`. Received: {role} with inputs named {given}"
        )
    return tuple(names)
