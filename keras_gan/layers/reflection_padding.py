"""Padding by reflection, which image-to-image networks and vocoders use instead of zeros."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_channels_last, require_int


@keras.saving.register_keras_serializable(package="keras_gan")
class ReflectionPadding1D(keras.layers.Layer):
    """Pads sequences with their mirror image about each end, the end itself not repeated.

    A sequence `a b c d` with a padding of 2 becomes `c b | a b c d | c b`. MelGAN (Kumar et al. 2019, arXiv 1910.06711)
    pads its convolutions this way: at the edge of zeros one would hear a click.

    Args:
        padding: int, the steps to add at each end.

    Returns:
        For an input `(batch, steps, channels)`, a tensor `(batch, steps + 2 padding, channels)` in the layer's compute
        dtype.

    Raises:
        ValueError: if `padding` is no integer of at least 0, or the input is not of rank 3 or has no more steps than
            the padding.

    Example:
        >>> import numpy as np
        >>> ReflectionPadding1D(2)(np.arange(4.0).reshape(1, 4, 1)).numpy().ravel().tolist()
        [2.0, 1.0, 0.0, 1.0, 2.0, 3.0, 2.0, 1.0]
    """

    def __init__(self, padding=1, **kwargs):
        super().__init__(**kwargs)
        self.padding = require_int("padding", padding, low=0)

    def build(self, input_shape):
        """Check that there is enough to reflect; there are no weights."""
        if len(input_shape) != 3:
            raise ValueError(
                f"ReflectionPadding1D needs an input (batch, steps, channels). Received: input_shape={input_shape}"
            )
        if input_shape[1] is not None and input_shape[1] <= self.padding:
            raise ValueError(
                "The padding must be smaller than the number of steps: make the sequences longer or the padding "
                f"smaller. Received: padding={self.padding}, input_shape={tuple(input_shape)}"
            )

    def call(self, inputs):
        """Pad `inputs`."""
        return tf.pad(inputs, [(0, 0), (self.padding, self.padding), (0, 0)], "REFLECT")

    def compute_output_shape(self, input_shape):
        """Return the input's shape with the padding added."""
        batch, steps, channels = input_shape
        return (batch, None if steps is None else steps + 2 * self.padding, channels)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "padding": self.padding}


@keras.saving.register_keras_serializable(package="keras_gan")
class ReflectionPadding2D(keras.layers.Layer):
    """Pads pictures with their mirror image about each edge, the edge itself not repeated.

    Zeros put an edge around a picture that is not part of it, and image-to-image networks leave visible traces of that
    edge along the border. A row `a b c d` with a padding of 2 becomes

        c b | a b c d | c b

    and columns likewise, as `numpy.pad(mode="reflect")` does. Johnson et al. 2016 (arXiv 1603.08155, supplementary
    material) pad their style transfer networks this way, Zhu et al. 2017 (arXiv 1703.10593) the generators of CycleGAN.
    First and second-order gradients are right.

    Args:
        padding: int, the rows and columns to add on each side; or a tuple of two, `(rows, columns)`, each an int or a
            tuple `(before, after)`.

    Returns:
        For an input `(batch, height, width, channels)`, a tensor `(batch, height + rows, width + columns, channels)` in
        the layer's compute dtype, where `rows` and `columns` count both sides.

    Raises:
        ValueError: if `padding` is none of these, the input is not of rank 4, or one end of a side
            is padded by as many pixels as the side has, or more.

    Example:
        >>> import numpy as np
        >>> row = np.arange(4.0).reshape(1, 1, 4, 1)
        >>> ReflectionPadding2D((0, 2))(row).numpy().ravel().tolist()
        [2.0, 1.0, 0.0, 1.0, 2.0, 3.0, 2.0, 1.0]
    """

    def __init__(self, padding=1, **kwargs):
        super().__init__(**kwargs)
        require_channels_last()
        self.padding = _pairs(padding)

    def build(self, input_shape):
        """Check that there is enough to reflect; there are no weights."""
        if len(input_shape) != 4:
            raise ValueError(
                "ReflectionPadding2D needs an input (batch, height, width, channels). "
                f"Received: input_shape={tuple(input_shape)}"
            )
        sides = zip(input_shape[1:3], self.padding, strict=True)
        if any(side is not None and side <= max(pair) for side, pair in sides):
            raise ValueError(
                "The padding must have fewer pixels than the picture has in that direction: make the pictures larger "
                f"or the padding smaller. Received: padding={self.padding}, input_shape={tuple(input_shape)}"
            )

    def call(self, inputs):
        """Pad `inputs`."""
        return tf.pad(inputs, [(0, 0), *self.padding, (0, 0)], "REFLECT")

    def compute_output_shape(self, input_shape):
        """Return the input's shape with the padding added to height and width."""
        batch, *sides, channels = input_shape
        padded = [None if side is None else side + sum(pair) for side, pair in zip(sides, self.padding, strict=True)]
        return (batch, *padded, channels)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "padding": self.padding}


def _pairs(padding):
    """Return `padding` as ((top, bottom), (left, right)), or raise."""
    both = padding if isinstance(padding, tuple | list) else (padding, padding)
    pairs = tuple(tuple(side) if isinstance(side, tuple | list) else (side, side) for side in both)
    try:
        if [len(pair) for pair in pairs] == [2, 2]:
            return tuple(tuple(require_int("padding", count, low=0) for count in pair) for pair in pairs)
    except ValueError:
        pass
    raise ValueError(
        "`padding` must be an integer of at least 0, (rows, columns) or ((top, bottom), (left, right)). "
        f"Received: padding={padding!r}"
    )
