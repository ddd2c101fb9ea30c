"""A batch in parts, one after the other."""

import tensorflow as tf


def split(batch, parts):
    """Cut a batch in so many equal parts, in order.

    Raises:
        ValueError: if its size is known and no multiple of their number.
    """
    if batch.shape[0] is not None and batch.shape[0] % parts:
        raise ValueError(
            "With `gradient_accumulation_steps` a minibatch (on several replicas, that of each) is cut in equal parts: "
            f"make its size a multiple of {parts}. Received: minibatch of {batch.shape[0]}, "
            f"gradient_accumulation_steps={parts}"
        )
    return tf.split(batch, parts)


def mean_over_parts(gradients, batches, parts):
    """Mean of the gradients of the parts of some batches, each part computed when the one before is done with.

    Args:
        gradients: function of the part's number, from 0, and as many tensors as there are batches; returns a list of
            tensors, or None, for the mean over its images.
        batches: list of tensors of the same number of rows.
        parts: int.

    Returns:
        list as `gradients` returns it.
    """
    total = None
    for number, part in enumerate(zip(*(split(batch, parts) for batch in batches), strict=True)):
        done = [gradient for gradient in total or () if gradient is not None]
        # Side by side, the parts would take the memory of the whole.
        with tf.control_dependencies(done):
            part = [tf.identity(batch) for batch in part] if parts > 1 else part
        new = gradients(number, *part)
        total = new if total is None else [g if g is None else g + more for g, more in zip(total, new, strict=True)]
    return total if parts == 1 else [g if g is None else g / parts for g in total]
