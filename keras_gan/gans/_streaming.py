"""Sequences that a network turns into longer ones piece by piece, without seams."""

import numpy as np
import tensorflow as tf

_FIRST_LENGTH, _LONGEST = 64, 4096


def reach(network, num_features, factor):
    """How many steps before and after its own the outputs of a network depend on.

    This is measured: of a sequence of noise, the steps are found whose gradient is not zero for the outputs of the step
    in its middle. The sequence is made longer until it is four times as long as they reach.

    Args:
        network: keras.Model, `(batch, steps, num_features)` to `(batch, steps * factor, channels)`.
        num_features: int.
        factor: int.

    Returns:
        int.

    Raises:
        ValueError: if the outputs depend on more than a thousand steps, as those of a network that normalises over a
            whole sequence do.
    """
    length, noise = _FIRST_LENGTH, np.random.default_rng(0)
    while length <= _LONGEST:
        middle = length // 2
        inputs = tf.constant(noise.normal(size=(1, length, num_features)), tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = network(inputs, training=False)[:, middle * factor : (middle + 1) * factor]
            mixed = tf.reduce_sum(outputs * noise.uniform(0.5, 1.0, outputs.shape))
        seen = np.flatnonzero(np.any(tape.gradient(mixed, inputs)[0] != 0.0, axis=-1))
        steps = int(np.abs(seen - middle).max(initial=0))
        # Dilated kernels leave steps out, so the last step that is seen may lie far beyond the one before.
        if steps <= length // 4:
            return steps
        length *= 4
    raise ValueError(
        "Each output of this network depends on thousands of steps of its input, or on all of them, so it cannot be "
        "computed piece by piece. Give it whole sequences, or leave out what sums over all steps. "
        f"Received: network={network.name!r}"
    )


def streamed(make, pieces, *, factor, context, chunk):
    """What a network makes of a sequence, a chunk at a time, as soon as its steps are there.

    Each chunk is made with the `context` steps before and after it, and what is made of those is left out. So every
    output sees all the steps that it depends on, and the padding of the network only where the whole sequence ends.

    Args:
        make: function of float32 `(batch, steps, ...)` that returns arrays `factor` times as long.
        pieces: iterable of such arrays, the sequence in any pieces.
        factor: int.
        context: int, as `reach` returns it.
        chunk: int, the steps of a chunk; the last one may be shorter.

    Yields:
        Arrays `(batch, factor * steps, ...)`, which make up the whole.
    """
    known, past = None, 0
    for piece in pieces:
        known = piece if known is None else np.concatenate([known, piece], axis=1)
        while known.shape[1] >= past + chunk + context:
            yield make(known[:, : past + chunk + context])[:, past * factor : (past + chunk) * factor]
            dropped = max(0, past + chunk - context)
            known, past = known[:, dropped:], past + chunk - dropped
    if known is not None and known.shape[1] > past:
        yield make(known)[:, past * factor :]
