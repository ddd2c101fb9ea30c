"""A GAN for other classes than the one that it is made of."""

import copy
import typing

import keras
import numpy as np

from keras_gan._graph import downstream, input_named, layers_taken
from keras_gan._traversal import every_layer
from keras_gan.layers import SpectralNormalization
from keras_gan.transfer._optimizer_state import carry, held_optimizers

_LABELS = "labels"
_POWER_ITERATIONS = 20


class Classes(typing.NamedTuple):
    """The classes of the new GAN.

    Attributes:
        count: int, how many.
        known: dict of a new class to the class of the old GAN that it begins as.
        is_mean: whether the others begin as the mean of all old classes; otherwise as a new network's.
    """

    count: int
    known: dict
    is_mean: bool


class Rows(typing.NamedTuple):
    """Where a weight has its classes, in the old network and in the new one.

    Attributes:
        axis: int, the axis along which each class has a row.
        old: int array `(old classes,)`, the row of each class.
        new: int array `(new classes,)`.
    """

    axis: int
    old: np.ndarray
    new: np.ndarray

    def converted(self, value, fresh, classes, *, is_mean):
        """The new weight: the rows of known classes, and all that belongs to no class, from the old one."""
        value, result = np.moveaxis(value, self.axis, 0), np.moveaxis(np.array(fresh), self.axis, 0)
        others = [np.setdiff1d(np.arange(len(each)), rows) for each, rows in ((value, self.old), (result, self.new))]
        result[others[1]] = value[others[0]]
        if is_mean:
            result[self.new] = value[self.old].astype(np.float64).mean(axis=0)
        for new, old in classes.known.items():
            result[self.new[new]] = value[self.old[old]]
        return np.moveaxis(result, 0, self.axis)


def with_classes(source, classes, *, keep_optimizers):
    """Return a GAN of the same kind for other classes, with all else that the source has.

    Args:
        source: conditional `TwoPlayerGAN`.
        classes: `Classes`.
        keep_optimizers: bool, whether its optimizers have the source's state.

    Returns:
        The GAN, and the identities of its weights that have a row for each class.
    """
    gan = _rebuilt(source, classes.count)
    # Two counts differ where the weights have their classes, even if the new count is the old one.
    twin = gan if classes.count != source.num_classes else _rebuilt(source, classes.count + 1)
    rows = {}
    for networks in zip(*(_networks_of(each).values() for each in (source, gan, twin)), strict=True):
        rows |= _rows_of(networks, (source.num_classes, classes.count))
    before = source.training_variables()
    for name, variable in gan.training_variables().items():
        if "_optimizer[" not in name and name in before:
            value = np.asarray(before[name])
            if id(variable) in rows:
                fresh = np.asarray(variable)
                value = rows[id(variable)].converted(value, fresh, classes, is_mean=classes.is_mean)
            variable.assign(value)
    _settle_norms(gan, rows)
    if source.compiled:
        gan.compile_from_config(source.get_compile_config())
    if source.compiled and keep_optimizers:
        _carry_optimizers(source, gan, rows, classes)
    return gan, set(rows)


def _carry_optimizers(source, gan, rows, classes):
    before = held_optimizers(source)
    for name, new in held_optimizers(gan).items():

        def converted(index, value, weights=new.weights):
            found = rows.get(id(weights[index]))
            # The step of a new class is as long as that of the others.
            return value if found is None else found.converted(value, _zeros(value, found), classes, is_mean=True)

        carry(before[name], new, list(range(len(new.weights))), converted)


def _zeros(value, rows):
    shape = list(value.shape)
    shape[rows.axis] += len(rows.new) - len(rows.old)
    return np.zeros(shape, value.dtype)


def _networks_of(gan):
    """The networks and averaged networks of a GAN by the names of their attributes."""
    return {
        f"{prefix}{name}": network
        for player in gan.players.values()
        for prefix, networks in (("", player.networks), ("averaged_", player.averages))
        for name, network in networks.items()
    }


def _rebuilt(source, count):
    """The GAN built for so many classes, with new weights."""
    config = source.get_config()
    for player in source.players.values():
        for name in player.networks:
            config[name] = _resized(config[name], source.num_classes, count)
    try:
        return type(source).from_config(config | {"num_classes": count})
    except Exception as error:
        raise ValueError(
            f"The networks of this {type(source).__name__} cannot be built for another number of classes "
            f"({' '.join(str(error).split())[:300]}). Build them yourself, and copy the weights of layers without "
            f"classes. Received: num_classes={count}"
        ) from error


def _resized(serialised, old, new):
    """The configuration of a network, or of one of its layers, for another number of classes."""
    serialised = _without_builds(serialised)
    config = serialised["config"]
    if "input_layers" not in config:
        return serialised
    inputs = layers_taken(config)
    labelled = _label_inputs(config)
    sees_labels = {name for start in labelled for name in downstream(inputs, start)}
    other = [name for name, taken in inputs.items() if not taken and name not in labelled]
    sees_more = {name for start in other for name in downstream(inputs, start)}
    head = _class_head(config, inputs)
    for entry in config["layers"]:
        name = entry["name"]
        if name in sees_labels:
            _resize_layer(entry, old, new, sees_only_labels=name not in sees_more)
        if name == head and _innermost(entry).get("units") == old:
            _innermost(entry)["units"] = new
    return serialised


def _resize_layer(entry, old, new, *, sees_only_labels):
    """Change the number of classes in the configuration of a layer that sees the labels."""
    config = entry["config"]
    if "input_layers" in config:
        entry["config"] = _resized(entry, old, new)["config"]
        return
    if "layer" in config:
        _resize_layer(config["layer"], old, new, sees_only_labels=sees_only_labels)
    keys = {"Embedding": "input_dim", "CategoryEncoding": "num_tokens"}
    key = keys.get(entry["class_name"], "num_classes") if sees_only_labels else "num_classes"
    if config.get(key) == old:
        config[key] = new
    if entry["class_name"] == "InputLayer" and config["batch_shape"][1:] and config["batch_shape"][-1] == old:
        config["batch_shape"] = [*config["batch_shape"][:-1], new]


def _class_head(config, inputs):
    """The layer that makes the output "classes" and has units; None without such an output."""
    outputs = config["output_layers"]
    name = outputs["classes"][0] if isinstance(outputs, dict) and "classes" in outputs else "classes"
    configs = {entry["name"]: _innermost(entry) for entry in config["layers"]}
    while name in configs and "units" not in configs[name]:
        name = next(iter(inputs[name]), None)
    return name


def _innermost(entry):
    """The configuration of a layer, or of the layer that it wraps."""
    return entry["config"].get("layer", entry)["config"]


def _label_inputs(config):
    """The names of the input layers for labels: of this name, or under this key."""
    given = config["input_layers"]
    if isinstance(given, dict) and _LABELS in given:
        return {given[_LABELS][0]}
    return {entry["name"] for entry in config["layers"] if entry["name"] == _LABELS}


def _without_builds(value):
    """A configuration without the shapes that its layers were built for: those of other classes may differ."""
    if isinstance(value, dict):
        return {key: _without_builds(entry) for key, entry in value.items() if key != "build_config"}
    if isinstance(value, list | tuple):
        return type(value)(_without_builds(entry) for entry in value)
    return copy.copy(value)


def _rows_of(networks, counts):
    """The rows of each weight that has classes, by the identity of the new weight.

    Args:
        networks: the source's, the new one, and the same for another number of classes than the source's.
        counts: numbers of classes of the first two.
    """
    rows = {}
    for layers in zip(*(network.layers for network in networks), strict=True):
        if isinstance(layers[0], keras.Model):
            rows |= _rows_of(layers, counts)
            continue
        for old, new, other in zip(*(layer.weights for layer in layers), strict=True):
            if old.shape != other.shape:
                axis = [a == b for a, b in zip(old.shape, other.shape, strict=True)].index(False)
                places = [
                    _places(network, layer, weight.shape[axis], count)
                    for network, layer, weight, count in zip(networks[:2], layers[:2], (old, new), counts, strict=True)
                ]
                rows[id(new)] = Rows(axis, *places)
    return rows


def _places(network, layer, size, count):
    """The row of each class in a weight of a layer: all rows, or those for the one-hot label among its inputs."""
    if size == count:
        return np.arange(count)
    labels = input_named(network, _LABELS)
    zeros = [np.zeros((count, *tensor.shape[1:]), tensor.dtype) for tensor in network.inputs]
    place = [tensor is labels for tensor in network.inputs].index(True)
    zeros[place] = np.eye(count) if zeros[place].shape[1:] == (count,) else np.arange(count).reshape(zeros[place].shape)
    seen = np.asarray(keras.Model(network.inputs, layer.input)(zeros))
    columns = np.flatnonzero(seen.std(axis=0) > 0.0) if seen.ndim == 2 else []
    if len(columns) != count or not np.array_equal(
        np.sort(seen[:, columns], axis=0)[:-1], np.zeros((count - 1, count))
    ):
        raise ValueError(
            f"The layer '{layer.name}' takes the labels in a way that cannot be changed to another number of classes: "
            "only one-hot labels and embeddings can. Build networks for the new classes, and copy the weights of the "
            f"other layers. Received: {network.name!r}"
        )
    return columns[seen[:, columns].argmax(axis=1)]


def _settle_norms(gan, rows):
    """Let spectral normalisation find the norms of weights whose classes have changed."""
    for layer in (layer for network in _networks_of(gan).values() for layer in every_layer(network)):
        changed = isinstance(layer, SpectralNormalization) and any(id(weight) in rows for weight in layer.weights)
        for _ in range(_POWER_ITERATIONS if changed else 0):
            layer.advance()
