"""The blocks of a discriminator, from its input to its output."""

import collections

from keras_gan._graph import Graph


def blocks_of(network, main):
    """Cut a network where everything that it knows of the images passes through one tensor.

    Between two such places lies a layer, or a residual block. Layers without a kernel, such as normalisation and
    activations, belong to the block before them. Layers that see the labels alone belong to no block.

    Args:
        network: keras.Model, functional or Sequential.
        main: name of the input for the images.

    Returns:
        list of lists of the layers that have weights.
    """
    graph = Graph(network)
    blocks, is_begun = [[]], False
    for segment in _segments(graph, _on_the_way(graph, main)):
        layers = [layer for name in segment if getattr(layer := graph.layer(name), "weights", None)]
        has_kernel = any(len(weight.shape) > 1 for layer in layers for weight in layer.weights)
        if has_kernel and is_begun:
            blocks.append([])
        is_begun |= has_kernel
        blocks[-1] += layers
    return blocks


def _on_the_way(graph, main):
    """The names of the layers that depend on an input, and that some weights depend on, from the input on."""
    wanted = set()
    for name in reversed(names := graph.downstream_of(main)):
        if getattr(graph.layer(name), "weights", None) or any(name in graph.inputs[other] for other in wanted):
            wanted.add(name)
    return [name for name in names if name in wanted]


def _segments(graph, names):
    """Lists of names of layers, each list up to a layer whose output is all that the later layers take."""
    known = set(names)
    taken = {name: known & set(graph.inputs[name]) for name in names}
    waiting = collections.Counter(source for sources in taken.values() for source in sources)
    segments, current, live = [], [], set()
    for name in names:
        current.append(name)
        waiting.subtract(taken[name])
        live = {other for other in live | {name} if waiting[other] > 0}
        if live <= {name}:
            segments.append(current)
            current = []
    return segments
