"""Gradients that are written by hand."""

from tensorflow.python.eager import record


def with_gradient(function, backward, *inputs):
    """Call a function whose gradient is given: `tf.custom_gradient` without what it leaves behind.

    For each call in a graph, `tf.custom_gradient` registers a gradient under a new name. TensorFlow never forgets it,
    and with it the graph, the weights and the state of the optimizers, long after the model is gone. Here only the
    tapes know the gradient. `tf.gradients`, which looks at the operations, takes their own.

    Args:
        function: function of the inputs that returns a tensor. No tape sees what it does.
        backward: function of the output and the gradient with respect to it. It returns a tuple of those with respect
            to the inputs, None where there is no path. Its operations can be differentiated in turn.
        *inputs: tensors.

    Returns:
        The tensor that `function` returns.
    """
    with record.stop_recording():
        output = function(*inputs)
    record.record_operation("WithGradient", [output], list(inputs), lambda upstream: backward(output, upstream))
    return output
