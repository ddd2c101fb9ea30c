"""Data sets whose samples differ in shape: what TensorFlow says of them, in words that help."""

import re

import tensorflow as tf

# Where samples are put into batches, where batches are put together, and where they are checked.
_SHAPES = re.compile(
    r"First element had shape \[[^]]*\] and element \d+ had shape \[[^]]*\]"
    r"|[Ss]hape of tensor.* \[[^]]*\] is not compatible with expected shape \[[^]]*\]"
    r"|Shapes are: \[tensor\]: \[[^]]*\], \[batch\]: \[[^]]*\]"
    r"|Source shape: \[[^]]*\], dst shape: \[[^]]*\]"
)


def elements(dataset):
    """Yield the elements of a data set; it is a ValueError if its samples differ in shape."""
    try:
        yield from dataset
    except (tf.errors.InvalidArgumentError, tf.errors.FailedPreconditionError) as error:
        raise explained(error) or error from None


def explained(error):
    """Return the ValueError for an error of TensorFlow about samples that differ in shape, or None for others."""
    said = str(error)
    # In the data, not in a network.
    shapes = _SHAPES.search(said) if "IteratorGetNext" in said else None
    return different_shapes(shapes[0]) if shapes else None


def different_shapes(received):
    """Return the ValueError for samples that differ in shape.

    Args:
        received: str, the shapes.
    """
    return ValueError(
        "All samples of the data set must have the same shape. Resize images before they are put into batches, as in "
        "`dataset.map(lambda image: tf.image.resize(image, (height, width)))`. "
        f"Received: {received}"
    )
