"""The phase shuffle of WaveGAN."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_int, require_seed


@keras.saving.register_keras_serializable(package="keras_gan")
class PhaseShuffle(keras.layers.Layer):
    """In training, shifts the activations of each sample by a few steps in time.

    Transposed convolutions leave a tone of fixed pitch in generated sound, always at the same phase. A discriminator
    that learns this phase rejects the sound by it alone, and then teaches nothing else. If the phase of its activations
    is random, it cannot. With a shift k of each sample, the same for all its channels,

        y_t = x_(t + k),    k uniform on -n ... n

    and what lies past an end is reflected about it, the end itself not repeated. Inference returns x. The layer is for
    discriminators: in a generator it would only move the sound.

    Donahue et al. 2018 (arXiv 1802.04208), section 3.3, where n is 2. Every sample draws its own shift; the published
    code draws one for a batch. Gradients of any order are right, and equal in every run.

    Args:
        shift: int of at least 0, the n above.
        seed: int, for the shifts; None for a random one.

    Returns:
        Tensor of the input's shape `(batch, steps, channels)`.

    Raises:
        ValueError: if `shift` is not a whole number of at least 0, the input is not of rank 3, or it has no more steps
            than `shift`.

    Example:
        >>> import numpy as np
        >>> x = np.arange(6, dtype="float32").reshape(1, 6, 1)
        >>> shuffle = PhaseShuffle(1, seed=0)
        >>> shifted = {tuple(shuffle(x, training=True).numpy().ravel().astype(int).tolist()) for _ in range(20)}
        >>> sorted(shifted)
        [(0, 1, 2, 3, 4, 5), (1, 0, 1, 2, 3, 4), (1, 2, 3, 4, 5, 4)]
    """

    def __init__(self, shift=2, *, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.shift = require_int("shift", shift, low=0)
        self.seed = None if seed is None else require_seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def build(self, input_shape):
        """Check that there is enough to reflect; there are no weights."""
        if len(input_shape) != 3:
            raise ValueError(
                "PhaseShuffle shifts an input (batch, steps, channels), such as the activations of a Conv1D. "
                f"Received: input_shape={tuple(input_shape)}"
            )
        if input_shape[1] is not None and input_shape[1] <= self.shift:
            raise ValueError(
                "The shift must be smaller than the number of steps: make the waveforms longer or the shift smaller. "
                f"Received: shift={self.shift}, input_shape={tuple(input_shape)}"
            )

    def call(self, inputs, training=None):
        """Shift each sample."""
        if not training or self.shift == 0:
            return inputs
        steps = tf.shape(inputs)[1]
        padded = tf.pad(inputs, [(0, 0), (self.shift, self.shift), (0, 0)], "REFLECT")
        count = 2 * self.shift + 1
        drawn = keras.random.randint((tf.shape(inputs)[0], 1, 1), 0, count, seed=self.seed_generator)
        shifted = padded[:, :steps]
        # Not a gather, whose gradient adds numbers in an order that may differ between runs.
        for begin in range(1, count):
            shifted = tf.where(drawn == begin, padded[:, begin : begin + steps], shifted)
        return tf.ensure_shape(shifted, inputs.shape)

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return input_shape

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "shift": self.shift, "seed": self.seed}
