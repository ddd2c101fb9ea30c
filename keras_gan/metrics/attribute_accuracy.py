"""Whether pictures have the attributes that were asked for."""

import numpy as np

from keras_gan.metrics._features import as_array


def attribute_accuracy(predicted, wanted, names=None):
    """The share of pictures in which each attribute is what was asked for, and all of them at once.

    A sentence says several things at a time: a digit, its colour, its size, its place. One number would hide which of
    them a model ignores. A judge that was trained on real pictures reads all attributes in each picture. With a[i, k]
    what it reads and b[i, k] what the text said, of n pictures and the attribute k:

        accuracy of k:  sum_i [a[i, k] = b[i, k]] / n,    of all:  sum_i [a[i, k] = b[i, k] for every k] / n

    Args:
        predicted: integers `(num_images, num_attributes)`, what the judge reads.
        wanted: integers of the same shape, what the texts say.
        names: a name for each attribute; None for "0", "1" and so on.

    Returns:
        dict of name to float in [0, 1], and of "all" to that of all at once.

    Raises:
        ValueError: if these are no integers of the same shape, or the names are not as many, or not different.

    Example:
        >>> attribute_accuracy([[7, 0], [3, 1]], [[7, 0], [3, 2]], ["digit", "colour"])
        {'digit': 1.0, 'colour': 0.5, 'all': 0.5}
    """
    predicted, wanted = (as_array(name, value, "iu") for name, value in (("predicted", predicted), ("wanted", wanted)))
    if predicted.ndim != 2 or predicted.shape != wanted.shape or not predicted.size:
        raise ValueError(
            "`predicted` and `wanted` must be integers of one shape (num_images, num_attributes). Of logits take "
            f"`logits.argmax(axis=-1)`. Received: predicted of shape {predicted.shape}, wanted of shape {wanted.shape}"
        )
    names = [str(number) for number in range(predicted.shape[1])] if names is None else names
    are_names = isinstance(names, list | tuple) and all(isinstance(name, str) for name in names)
    if not are_names or len(names) != predicted.shape[1] or len({*names, "all"}) <= len(names):
        raise ValueError(
            'Each attribute needs a name of its own, other than "all". '
            f"Received: {predicted.shape[1]} attributes, names={names!r:.80}"
        )
    right = predicted == wanted
    shares = dict(zip(names, right.mean(axis=0).tolist(), strict=True))
    return {**shares, "all": float(np.mean(right.all(axis=1)))}
