"""The sampler of models that fill holes."""

import numpy as np
import tensorflow as tf

from keras_gan._pixels import require_zeros_and_ones
from keras_gan.training import Field, Sampler

MASKS = "masks"


class InpaintingSampler(Sampler):
    """Fills the holes of images, and returns what is known as it was given, bit for bit.

    Args:
        interface: `Interface` of the network, which takes "images" and perhaps "masks".
        network: keras.Model to run, such as an averaged copy; None for the interface's network.
        erase: function of images and masks that returns what the network may see.
        complete: function of images, masks and what the network made that returns the completed images.
        holes_within: bool array `(height, width, 1)`, True where there may be a hole; None for everywhere.
    """

    def __init__(self, interface, network, *, erase, complete, holes_within=None):
        super().__init__(interface, network, is_drawn=False)
        self._erase, self._complete, self.holes_within = erase, complete, holes_within
        self.output_shape = tuple(self.inputs["images"].shape[1:])
        self.inputs[MASKS] = tf.TensorSpec((None, *self.output_shape[:2], 1), tf.float32, MASKS)

    def __call__(self, inputs, *, noise_of=None):
        """Return the completed images for a dict of images and masks, a float32 tensor."""
        images, masks = inputs["images"], inputs[MASKS]
        made = super().__call__({**inputs, "images": self._erase(images, masks)}, noise_of=noise_of)
        return self._complete(images, masks, made)

    def inputs_for(self, count=None, *, seed=None, **given):
        """Check images and masks; see `Sampler.inputs_for`."""
        if given.get(MASKS) is None:
            raise ValueError(
                "This model fills the holes of images: give `masks`, 1 in the hole and 0 where the picture is known. "
                "Received: masks=None"
            )
        inputs = super().inputs_for(count, seed=seed, **given)
        return {**inputs, MASKS: self.checked_masks(given[MASKS], np.shape(inputs["images"]))}

    @property
    def fields(self):
        """The inputs, a dict of name to `Field`."""
        return super().fields | {MASKS: Field(tuple(self.inputs[MASKS].shape[1:]), is_mask=True)}

    def checked_masks(self, masks, shape):
        """Masks as a float32 tensor, one for each image, or a ValueError.

        Args:
            masks: array of zeros and ones, or of booleans; one for each image or one for all.
            shape: tuple, the shape of the images.
        """
        try:
            array = np.asarray(masks)
        except ValueError:
            array = np.asarray(None)
        wanted = (*shape[:3], 1)
        if array.dtype.kind not in "biuf" or array.shape not in (wanted, (1, *wanted[1:])):
            raise ValueError(
                f"Give `masks` of shape {wanted}, or one for all of shape {(1, *wanted[1:])}: 1 in the hole and 0 "
                f"where the picture is known. Received: masks of shape {array.shape} and type {array.dtype}"
            )
        require_zeros_and_ones(MASKS, array)
        # Of larger images each tile is checked.
        is_whole = self.holes_within is not None and self.holes_within.shape[:2] == wanted[1:3]
        if is_whole and (array.astype(bool) & ~self.holes_within).any():
            rows, columns = (np.flatnonzero(self.holes_within.any(axis=axis)) for axis in ((1, 2), (0, 2)))
            raise ValueError(
                f"This network paints the centre of a picture alone, so a hole must lie in the rows {rows[0]} to "
                f"{rows[-1]} and the columns {columns[0]} to {columns[-1]}: give other masks, or build a network for "
                'the whole picture, as with `networks.context_encoder(paints="whole")`. Received: masks with holes '
                "outside of it"
            )
        return tf.broadcast_to(tf.constant(array, tf.float32), wanted)
