"""Graphs of TensorFlow 1, cut to what is needed and brought up to date."""

import tensorflow as tf
from google.protobuf.message import DecodeError

_OLD_BATCH_NORM = "BatchNormWithGlobalNormalization"


def read_graph(path):
    """Parse a frozen graph.

    Returns:
        dict of name to `NodeDef`.

    Raises:
        ValueError: if the file is no such graph.
    """
    graph = tf.compat.v1.GraphDef()
    try:
        graph.ParseFromString(path.read_bytes())
    except DecodeError:
        graph.Clear()
    if not graph.node:
        raise ValueError(f"The file is no frozen graph of TensorFlow (a GraphDef). Received: path={str(path)!r}")
    return {node.name: node for node in graph.node}


def graph_function(nodes, feed, fetches):
    """Make a function of the part of a graph that lies between two ends.

    Args:
        nodes: dict of name to `NodeDef`, whose constants hold the weights.
        feed: name of the node that the function's argument replaces, a float32 tensor of shape (batch, height, width,
            3).
        fetches: names of the nodes whose first outputs are returned.

    Returns:
        Function of a tensor that returns a list of tensors.
    """
    graph = tf.compat.v1.GraphDef()
    placeholder = tf.compat.v1.NodeDef(name=feed, op="Placeholder")
    placeholder.attr["dtype"].type = tf.float32.as_datatype_enum
    graph.node.append(placeholder)
    for name in _between(nodes, feed, fetches):
        graph.node.extend(_modern(nodes[name]))
    graph.versions.producer = tf.version.GRAPH_DEF_VERSION

    def run(values):
        outputs = [f"{name}:0" for name in fetches]
        return tf.graph_util.import_graph_def(graph, input_map={f"{feed}:0": values}, return_elements=outputs, name="")

    signature = [tf.TensorSpec((None, None, None, 3), tf.float32)]
    return tf.compat.v1.wrap_function(run, signature)


def inputs(node):
    """Names of the nodes whose outputs a node takes."""
    return [name.lstrip("^").partition(":")[0] for name in node.input]


def _between(nodes, feed, fetches):
    """Names of the nodes that the fetches need if the feed is given."""
    needed, waiting = {}, list(fetches)
    while waiting:
        name = waiting.pop()
        if name != feed and name not in needed:
            needed[name] = None
            waiting += inputs(nodes[name])
    return list(needed)


def _modern(node):
    """The same operation for a TensorFlow of today, which refuses the batch normalisation of before 2016."""
    if node.op != _OLD_BATCH_NORM:
        return [node]
    values, mean, variance, offset, scale = node.input
    dtype = node.attr["T"].type
    epsilon = tf.compat.v1.NodeDef(name=f"{node.name}/epsilon", op="Const")
    epsilon.attr["dtype"].type = dtype
    constant = tf.make_tensor_proto(node.attr["variance_epsilon"].f, tf.as_dtype(dtype))
    epsilon.attr["value"].tensor.CopyFrom(constant)
    added = [epsilon]

    def add(name, op, *operands):
        added.append(tf.compat.v1.NodeDef(name=name, op=op, input=operands))
        added[-1].attr["T"].type = dtype
        return name

    stabilised = add(f"{node.name}/stabilised", "AddV2", variance, epsilon.name)
    factor = add(f"{node.name}/factor", "Rsqrt", stabilised)
    if node.attr["scale_after_normalization"].b:
        factor = add(f"{node.name}/scaled_factor", "Mul", factor, scale)
    centred = add(f"{node.name}/centred", "Sub", values, mean)
    normalised = add(f"{node.name}/normalised", "Mul", centred, factor)
    add(node.name, "AddV2", normalised, offset)
    return added
