"""Layers for networks that take pictures of any size: what sizes they can take, and maps that must meet again."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_int


@keras.saving.register_keras_serializable(package="keras_gan")
class SupportedSides(keras.layers.Layer):
    """Passes pictures on, and refuses those whose height or width the network cannot take.

    `networks` put it at the input of a network that is built with sides of None. Then the first message about a wrong
    size is a sentence, and not that of an operation deep in the network.

    Args:
        multiple: int, each side must be a multiple of it.
        smallest: int, each side must have at least so many pixels.
    """

    def __init__(self, *, multiple=1, smallest=1, **kwargs):
        super().__init__(**kwargs)
        self.multiple, self.smallest = require_int("multiple", multiple), require_int("smallest", smallest)

    def require_sides(self, height, width):
        """Raise a ValueError that names the nearest sides if the network cannot take these."""
        require_sides("the pictures", (height, width), multiple=self.multiple, smallest=self.smallest)

    def call(self, inputs):
        """Return `inputs`, checked: in a graph for pictures of any size, when it runs."""
        if None not in inputs.shape[1:3]:
            self.require_sides(*inputs.shape[1:3])
            return inputs
        sides = tf.shape(inputs)[1:3]
        fit = tf.reduce_all((sides % self.multiple == 0) & (sides >= self.smallest))
        words = f"{_rule('the pictures', self.multiple, self.smallest)}. Received: (height, width) ="
        with tf.control_dependencies([tf.debugging.Assert(fit, [words, sides])]):
            return tf.identity(inputs)

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        if None not in input_shape[1:3]:
            self.require_sides(*input_shape[1:3])
        return input_shape

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "multiple": self.multiple, "smallest": self.smallest}


def require_sides(what, sides, *, multiple=1, smallest=1, remedy="", received=None):
    """Raise a ValueError that names the nearest sides if these do not fit; a side of None does.

    Args:
        what: str, what the sides belong to.
        sides: (height, width).
        multiple: int, each side must be a multiple of it.
        smallest: int, each side must have at least so many pixels.
        remedy: str, another way to mend it, which ends the advice.
        received: str, what ends the message; None for the sides.
    """
    if all(side is None or (side % multiple == 0 and side >= smallest) for side in sides):
        return
    least = -(-smallest // multiple) * multiple
    nearest = {
        tuple(None if side is None else max(least, (side + up) // multiple * multiple) for side in sides)
        for up in (0, multiple - 1)
    }
    choices = " or ".join(
        " x ".join(map(str, pair)) for pair in sorted(nearest, key=lambda pair: [side or 0 for side in pair])
    )
    raise ValueError(
        f"{_rule(what, multiple, smallest)}. The nearest that {'works' if len(nearest) == 1 else 'work'}: "
        f"{choices}{remedy}. Received: {received or f'height={sides[0]}, width={sides[1]}'}"
    )


def _rule(what, multiple, smallest):
    rules = [f"multiples of {multiple}"] * (multiple > 1) + [f"at least {smallest}"] * (smallest > multiple)
    return f"Height and width of {what} must be {' and '.join(rules)} for this network"


@keras.saving.register_keras_serializable(package="keras_gan")
class CroppedLike(keras.layers.Layer):
    """Crops a map to the height and width of another one, for networks that take pictures of any size.

    Args:
        before: int, the rows and columns that are cropped before the first pixel.
    """

    def __init__(self, before=0, **kwargs):
        super().__init__(**kwargs)
        self.before = require_int("before", before, low=0)

    def call(self, inputs):
        """Return the first map, cropped to the sides of the second."""
        x, like = inputs
        sides = keras.ops.shape(like)[1:3]
        return x[:, self.before : self.before + sides[0], self.before : self.before + sides[1]]

    def compute_output_shape(self, input_shape):
        """Return the first shape, with the sides of the second."""
        (batch, *_, channels), like = input_shape
        return (batch, *like[1:3], channels)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "before": self.before}


def cropped_like(x, like, name, *, before=0):
    """The map `x`, cropped to the sides of the map `like`: `before` rows and columns before its first pixel."""
    if None in (*x.shape[1:3], *like.shape[1:3]):
        return CroppedLike(before, name=name)([x, like])
    surplus = [(before, have - want - before) for have, want in zip(x.shape[1:3], like.shape[1:3], strict=True)]
    return keras.layers.Cropping2D(surplus, name=name)(x)
