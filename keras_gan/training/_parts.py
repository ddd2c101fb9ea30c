"""Splits a batch into parts that are processed one after the other."""

import copy

import tensorflow as tf


def split_rows(structure, parts):
    """Cut the tensors of a structure into equal parts of rows, in order; returns a list of structures.

    Raises:
        ValueError: if the number of rows is known and not a multiple of the number of parts.
    """
    flat = tf.nest.flatten(structure)
    for tensor in flat:
        if tensor.shape[0] is not None and tensor.shape[0] % parts:
            raise ValueError(
                "`gradient_accumulation_steps` splits each minibatch (on several replicas, each replica's share) into "
                f"equal parts: make its size a multiple of {parts}. Received: minibatch of {tensor.shape[0]}, "
                f"gradient_accumulation_steps={parts}"
            )
    pieces = zip(*(tf.split(tensor, parts) for tensor in flat), strict=True)
    return [tf.nest.pack_sequence_as(structure, list(piece)) for piece in pieces]


def split_recording(recording, parts):
    """Cut a recording without tapes into parts: its outputs and its arguments."""
    pieces = []
    for outputs, arguments in zip(
        split_rows(recording.outputs, parts), split_rows(recording.arguments, parts), strict=True
    ):
        piece = copy.copy(recording)
        piece.outputs, piece.arguments = outputs, arguments
        pieces.append(piece)
    return pieces


def rows(inputs):
    """Rows of the first tensor in some inputs: an int if known when the step is traced, otherwise a scalar tensor."""
    outputs = [getattr(entry, "outputs", entry) for entry in inputs]
    first = tf.nest.flatten(outputs)[0]
    return tf.shape(first)[0] if first.shape[0] is None else first.shape[0]


class Mean:
    """Mean of the gradients of the parts. Each part is computed after the one before.

    Args:
        parts: int.
    """

    def __init__(self, parts):
        self._parts, self._total = parts, None

    def add(self, gradients):
        """Add the gradients of a part: a dict of lists of tensors, or None, each the mean over the part's rows."""
        if self._total is None:
            self._total = gradients
            return
        for name, found in gradients.items():
            pairs = zip(self._total[name], found, strict=True)
            self._total[name] = [total if total is None else total + gradient for total, gradient in pairs]

    def wait(self, stack):
        """Let everything inside a stack of contexts wait for the parts so far."""
        stack.enter_context(tf.control_dependencies(self._done()))

    def after(self, inputs):
        """The inputs of a part, delayed until the parts before are done.

        At the same time, the parts would need the memory of the whole batch.
        """
        if self._parts == 1 or self._total is None:
            return inputs
        with tf.control_dependencies(self._done()):
            return [self._held(entry) for entry in inputs]

    def value(self):
        """The mean, a dict as `add` takes it."""
        if self._parts == 1:
            return self._total
        return {
            name: [gradient if gradient is None else gradient / self._parts for gradient in gradients]
            for name, gradients in self._total.items()
        }

    def _held(self, entry):
        if not hasattr(entry, "outputs"):
            return tf.nest.map_structure(tf.identity, entry)
        held = copy.copy(entry)
        held.outputs = tf.nest.map_structure(tf.identity, entry.outputs)
        held.arguments = tf.nest.map_structure(tf.identity, entry.arguments)
        return held

    def _done(self):
        gradients = [gradient for found in (self._total or {}).values() for gradient in found]
        return [gradient for gradient in gradients if gradient is not None]
