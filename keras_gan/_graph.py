"""The graph of a network's layers, read from its configuration: Keras has no other public way to it."""

import keras


class Graph:
    """Which layers of a network take what.

    Args:
        network: keras.Model, functional or Sequential.

    Attributes:
        inputs: see `layers_taken`.
        tensors: dict of the layers' names to the list of what they take: (layer, number of its output).

    Raises:
        ValueError: if the network is of another kind, whose layers are called in Python.
    """

    def __init__(self, network):
        self._network = network
        if isinstance(network, keras.Sequential):
            # Its input is in no list of layers.
            names = ["", *(layer.name for layer in network.layers)]
            self.tensors = {
                name: [(taken, 0) for taken in names[max(index - 1, 0) : index]] for index, name in enumerate(names)
            }
        elif hasattr(network, "operations"):
            self.tensors = _tensors_taken(network.get_config())
        else:
            raise ValueError(
                "The layers of this network are called in Python, so their order cannot be read. Build it as a "
                f"functional or Sequential model. Received: network={network!r:.80}"
            )
        self.inputs = _names(self.tensors)
        self._layers = {layer.name: layer for layer in [*network.layers, *getattr(network, "operations", ())]}

    def downstream_of(self, main):
        """The names of the layers that depend on the input `main`, from its own layer to the output."""
        return downstream(self.inputs, self._start(main))

    def layer(self, name):
        """The layer or operation of this name; None for the input of a Sequential model."""
        return self._layers.get(name)

    def _start(self, main):
        if isinstance(self._network, keras.Sequential):
            return ""
        tensor = input_named(self._network, main)
        inputs = [layer for layer in self._network.layers if isinstance(layer, keras.layers.InputLayer)]
        return next(layer.name for layer in inputs if layer.output is tensor)


def layers_taken(config):
    """Which layers each layer takes.

    Args:
        config: dict, the configuration of a functional model.

    Returns:
        dict of the layers' names to the list of the names of the layers that they take, from the input to the output.
        An operation without weights, such as a slice, is a layer, too.
    """
    return _names(_tensors_taken(config))


def _tensors_taken(config):
    return {entry["name"]: _histories(entry["inbound_nodes"]) for entry in config["layers"]}


def _names(tensors):
    return {name: [layer for layer, _ in taken] for name, taken in tensors.items()}


def downstream(inputs, name):
    """The names of the layers that depend on one of them, itself included, in the order of `layers_taken`."""
    found = {name}
    for layer, taken in inputs.items():
        if found & set(taken):
            found.add(layer)
    return [layer for layer in inputs if layer in found]


def input_named(network, name):
    """The input tensor of a network that has this name; if none has, as of a single input, the one for no labels."""
    inputs = {tensor.name: tensor for tensor in network.inputs}
    if hasattr(network, "operations") and isinstance(network.input, dict):
        inputs = network.input
    return inputs[name] if name in inputs else next(tensor for key, tensor in inputs.items() if key != "labels")


def _histories(node):
    """The tensors that a serialised call has among its arguments, at any depth: (layer, number of its output)."""
    if isinstance(node, dict):
        if node.get("class_name") == "__keras_tensor__":
            layer, _, number = node["config"]["keras_history"]
            return [(layer, number)]
        return [tensor for value in node.values() for tensor in _histories(value)]
    return [tensor for value in node for tensor in _histories(value)] if isinstance(node, list | tuple) else []
