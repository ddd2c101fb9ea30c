"""Attention from a hole to what is around it, which lets an inpainter copy texture."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_channels_last, require_int, require_number

# The side of the patches that are compared.
_COMPARED = 3
# Of the norm of a patch, which may be all zeros.
_LEAST_NORM = 1e-4


@keras.saving.register_keras_serializable(package="keras_gan")
class ContextualAttention(keras.layers.Layer):
    """Rebuilds a map from patches of its known part; the more alike a patch is, the more it counts.

    Convolutions invent texture, and see little of what is far away. This layer copies: a facade continues with its own
    windows. On the map reduced to every r-th position, with the 3x3 patches q_i around each position i, and p_j
    around each j that sees nothing of the hole:

        s_ij = <q_i, p_j / |p_j|>
        s'_ij = sum over d = -1, 0, 1 of s_(i+d)(j+d)       along the rows, and then along the columns
        a_ij = softmax over j of scale s'_ij

    and the output is, in place of each patch of 2r x 2r pixels around i, the mean of those around the j with the
    weights a_ij; patches overlap, and the output is their sum over 4. The second line (propagation) lets neighbours
    copy from neighbours. Where nothing is known, the output is zero.

    Yu et al. 2018 (arXiv 1801.07892), section 4.1, as in the authors' code, with its d of one position to either side.
    There all pictures of a batch have the hole of the first; here each has its own. A position is known here if all
    pixels that it stands for are.

    Args:
        rate: int, r, by which the map is reduced. Its sides must be multiples of it.
        scale: float, of the scores in the softmax.

    Returns:
        For inputs [map `(batch, height, width, channels)`, masks `(batch, height, width, 1)` that are 1 in the hole] a
        tensor of the map's shape in the layer's compute dtype. Scores and softmax are computed in float32.

    Raises:
        ValueError: if the sides of the map are known and no multiples of the rate, or an argument is out of range.

    Example:
        >>> import numpy as np
        >>> maps, masks = np.ones((1, 8, 8, 2), "float32"), np.zeros((1, 8, 8, 1), "float32")
        >>> ContextualAttention()([maps, masks])[0, 3, 3].numpy().tolist()
        [1.0, 1.0]
    """

    def __init__(self, *, rate=2, scale=10.0, **kwargs):
        super().__init__(**kwargs)
        require_channels_last()
        self.rate, self.scale = require_int("rate", rate), require_number("scale", scale, low=0.0, open_low=True)

    def build(self, input_shape):
        """Check the sides; there are no weights."""
        sides = tuple(input_shape[0])[1:3]
        if any(side is not None and side % self.rate for side in sides):
            raise ValueError(
                f"ContextualAttention reduces the map by {self.rate}, so its sides must be multiples of that. "
                f"Received: input_shape={tuple(input_shape[0])}, rate={self.rate}"
            )

    def call(self, inputs):
        """Rebuild the map."""
        maps, weights = inputs[0], self.attention(inputs)
        # What is copied: patches that overlap by half.
        copied = _patches(maps, 2 * self.rate, self.rate)
        rows = tf.reshape(copied, (tf.shape(copied)[0], -1, copied.shape[-1]))
        rebuilt = tf.reshape(tf.matmul(tf.cast(weights, rows.dtype), rows), tf.shape(copied))
        made = self._pasted(rebuilt, maps.shape[-1])
        # Not `tf.ensure_shape`, an operation that LiteRT lacks.
        made.set_shape(maps.shape)
        return made

    def attention(self, inputs):
        """The weights a_ij, float32 `(batch, positions, positions)`.

        Args:
            inputs: map and masks, as in the call.
        """
        maps, masks = inputs
        maps, masks = tf.cast(maps, tf.float32), tf.cast(masks, tf.float32)
        maps = maps[:, :: self.rate, :: self.rate]
        patches = _patches(maps, _COMPARED, 1)
        batch, height, width = tf.unstack(tf.shape(patches)[:3])
        patches = tf.reshape(patches, (batch, height * width, patches.shape[-1]))
        # The maximum comes before the root, which has no gradient at zero.
        squares = tf.reduce_sum(tf.square(patches), axis=-1, keepdims=True)
        keys = patches / tf.sqrt(tf.maximum(squares, _LEAST_NORM**2))
        scores = self._propagated(tf.matmul(patches, keys, transpose_b=True), height, width)
        known = self._known(masks, (batch, 1, height * width))
        return tf.nn.softmax(scores * known * self.scale) * known

    def _known(self, masks, shape):
        """Whether the patch of a position sees nothing of the hole, float32 of a shape."""
        holes = tf.nn.max_pool2d(masks, self.rate, self.rate, "VALID")
        return tf.reshape(1.0 - tf.nn.max_pool2d(holes, _COMPARED, 1, "SAME"), shape)

    def _propagated(self, scores, height, width):
        """Scores summed with those of the next positions along the rows, and then along the columns."""
        turned = (0, 2, 1, 4, 3)
        scores = tf.reshape(_along_diagonals(scores), (-1, height, width, height, width))
        columns = tf.reshape(tf.transpose(scores, turned), (-1, height * width, height * width))
        scores = tf.reshape(_along_diagonals(columns), (-1, width, height, width, height))
        return tf.reshape(tf.transpose(scores, turned), (-1, height * width, height * width))

    def _pasted(self, patches, channels):
        """The sum of patches of 2r x 2r at each r-th position, over 4."""
        batch, height, width = tf.unstack(tf.shape(patches)[:3])
        rate = self.rate
        # LiteRT slices no more than five axes.
        rows, half = tf.reshape(patches, (batch, height, width, 2 * rate, 2 * rate * channels)), rate * channels
        # Each patch has four blocks of r x r; the blocks of one place in all patches fill a map.
        canvas = 0.0
        for i in range(2):
            for j in range(2):
                block = rows[..., i * rate : (i + 1) * rate, j * half : (j + 1) * half]
                block = tf.reshape(block, (batch, height, width, rate * half))
                block = tf.nn.depth_to_space(block, rate) if rate > 1 else block
                canvas += tf.pad(block, [(0, 0), (i * rate, (1 - i) * rate), (j * rate, (1 - j) * rate), (0, 0)])
        before = rate // 2
        return canvas[:, before : before + height * rate, before : before + width * rate] / 4.0

    def compute_output_shape(self, input_shape):
        """Return the map's shape."""
        return tuple(input_shape[0])

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "rate": self.rate, "scale": self.scale}


def _patches(x, side, stride):
    """The patch around each `stride`-th position, `(batch, rows, columns, side * side * channels)`, padded with zeros.

    Slices instead of `tf.image.extract_patches`, whose gradient XLA lacks.
    """
    spare, (height, width) = side - stride, tf.unstack(tf.shape(x)[1:3])
    x = tf.pad(x, [(0, 0), *[(spare // 2, spare - spare // 2)] * 2, (0, 0)])
    slices = [x[:, i : i + height : stride, j : j + width : stride] for i in range(side) for j in range(side)]
    return tf.concat(slices, axis=-1)


def _along_diagonals(scores):
    padded = tf.pad(scores, [(0, 0), (1, 1), (1, 1)])
    return padded[:, :-2, :-2] + scores + padded[:, 2:, 2:]
