"""The packing of PacGAN."""

import keras
import tensorflow as tf
from keras import ops

from keras_gan._arguments import require_channels_last, require_int


@keras.saving.register_keras_serializable(package="keras_gan")
class Pack(keras.layers.Layer):
    """Joins `size` samples of a batch into one with all their channels, so that a discriminator judges them together.

    A generator that has collapsed makes samples that are each believable and all alike. A pack of them shows that. As
    the first layer of a discriminator, whose other layers take `size` times the channels:

        pack k = samples k m, k m + 1, ..., k m + m - 1, joined along their channels;   m the size

    The discriminator then returns one logit for each pack, and a GAN trains with it as it is, because a loss is a mean
    over logits. Lin et al. 2018 (arXiv 1712.04086), section 3. The packs of real images are real, and those of fakes
    are fake. Neighbours in a batch are packed, so several replicas and the parts of gradient accumulation have the
    packs of the whole batch.

    Gradient penalties take the gradient with respect to each sample, whose squared norm is on average 1 / m of that
    with respect to its pack. So for R1 of packs, give m times the weight; and a `GradientPenalty` of packs has the
    target 1 / sqrt(m). An `AdaptiveAugment` counts a pack as one image. Labels are not packed: the discriminator must
    take images alone.

    Args:
        size: int, samples in a pack, at least 2. It must divide the batch.

    Returns:
        For an input `(batch, ..., channels)`, a tensor `(batch / size, ..., size * channels)` in the layer's compute
        dtype.

    Raises:
        ValueError: if `size` is not an integer of at least 2, the input has no channel axis, or `size` does not divide
            the batch (for a batch size known only at run time, a `tf.errors.InvalidArgumentError` with the same
            message; XLA drops such assertions and fails at the shape).

    Example:
        >>> import keras, keras_gan
        >>> generator, _ = keras_gan.networks.dcgan(image_shape=(16, 16, 1), latent_dim=4, width=2)
        >>> _, judge = keras_gan.networks.dcgan(image_shape=(16, 16, 2), width=2)
        >>> discriminator = keras.Sequential([keras.Input((16, 16, 1)), Pack(2), judge])
        >>> gan = keras_gan.NonSaturatingGAN(generator, discriminator)
        >>> discriminator(generator(keras.ops.ones((6, 4)))).shape
        TensorShape([3, 1])
    """

    def __init__(self, size=2, **kwargs):
        super().__init__(**kwargs)
        require_channels_last()
        self.size = require_int("size", size, low=2)

    def build(self, input_shape):
        """Check the channels; there are no weights."""
        if len(input_shape) < 2 or input_shape[-1] is None:
            raise ValueError(
                "Pack needs an input (batch, ..., channels) whose number of channels is known. "
                f"Received: input_shape={tuple(input_shape)}"
            )

    def call(self, inputs):
        """Join the samples of each pack."""
        packs, shape = self._number_of_packs(inputs), ops.shape(inputs)[1:]
        samples = ops.reshape(inputs, (packs, self.size, *shape))
        order = (0, *range(2, len(shape) + 1), 1, len(shape) + 1)
        return ops.reshape(ops.transpose(samples, order), (packs, *shape[:-1], self.size * shape[-1]))

    def _number_of_packs(self, inputs):
        """An int, or a tensor where the batch size is known only at run time."""
        words = (
            "Pack joins all samples of a batch into packs: use a batch size that is a multiple of `size`, on each "
            f"replica and in each part of gradient accumulation. Received: size={self.size}, batch size="
        )
        batch = inputs.shape[0]
        if batch is not None:
            if batch % self.size:
                raise ValueError(f"{words}{batch}")
            return batch // self.size
        batch = tf.shape(inputs)[0]
        with tf.control_dependencies([tf.debugging.Assert(tf.equal(batch % self.size, 0), [words, batch])]):
            return batch // self.size

    def compute_output_shape(self, input_shape):
        """Return the shape of the packs."""
        batch, *places, channels = input_shape
        return (batch and batch // self.size, *places, self.size * channels)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "size": self.size}
