"""What labels mean among codes: directions that give images an attribute."""

import numpy as np

from keras_gan.latents.interpolate import require_points


def attribute_vectors(codes, labels):
    """Directions among codes that give images an attribute, one for each label.

    An encoder puts images that look alike near each other, and the same change of many images is often nearly the same
    step. With the codes z of labelled images, the direction of an attribute is

        mean of z over the images with it  -  mean of z over the images without it

    Larsen et al. 2015 (arXiv 1512.09300), section 3.2. Nothing is trained. A code plus the direction is that of an
    image that has the attribute:

        codes = model.encode(images)
        with_glasses = model.decode(model.encode(others) + attribute_vectors(codes, has_glasses)[0])

    What goes together in the data goes together in a direction: if all with glasses are old, glasses make old. To make
    one class of another, add the direction of the new one and subtract that of the old one.

    Args:
        codes: float array `(num_images, ...)`, as `encode` returns them.
        labels: integers `(num_images,)`, the class of each image; or zeros and ones `(num_images, num_attributes)`.

    Returns:
        float32 array `(num_labels, ...)`: a direction for each class from 0 on, or for each attribute.

    Raises:
        ValueError: if the labels are neither of both, or are too few; or if all images have a label, or none has it.

    Example:
        >>> attribute_vectors([[0.0, 1.0], [0.0, 3.0], [4.0, 2.0]], [0, 0, 1]).tolist()
        [[-4.0, 0.0], [4.0, 0.0]]
        >>> attribute_vectors([[0.0, 1.0], [0.0, 3.0], [4.0, 2.0]], [[1], [0], [0]]).tolist()
        [[-2.0, -1.5]]
    """
    codes = require_points("codes", codes)
    has = _rows_of_yes_and_no(labels, len(codes))
    counts = has.sum(axis=0)
    if ((counts == 0) | (counts == len(codes))).any():
        lacking = np.flatnonzero((counts == 0) | (counts == len(codes)))[0]
        raise ValueError(
            "A direction needs images with the label and images without it. Give more images, or leave the label out. "
            f"Received: label {lacking} of {int(counts[lacking])} of the {len(codes)} images"
        )
    flat = codes.reshape(len(codes), -1).astype(np.float64)
    with_it, without = has.T @ flat / counts[:, None], (1.0 - has).T @ flat / (len(codes) - counts)[:, None]
    return (with_it - without).astype(np.float32).reshape(-1, *codes.shape[1:])


def _rows_of_yes_and_no(labels, count):
    """Labels as float64 zeros and ones `(count, num_labels)`, or a ValueError."""
    try:
        array = np.asarray(labels)
    except (TypeError, ValueError) as error:
        raise ValueError(f"`labels` must be integers. Received: labels={labels!r:.80}") from error
    is_classes = array.ndim == 1 and array.dtype.kind in "iu" and array.size and array.min() >= 0
    is_attributes = array.ndim == 2 and array.dtype.kind in "biuf" and array.size and np.isin(array, (0, 1)).all()
    if not (is_classes or is_attributes) or len(array) != count:
        raise ValueError(
            f"`labels` must be the class of each of the {count} images, integers of at least 0; or rows of zeros and "
            f"ones, a column for each attribute. Received: labels of shape {array.shape} and dtype {array.dtype}"
        )
    return np.eye(int(array.max()) + 1)[array] if is_classes else array.astype(np.float64)
