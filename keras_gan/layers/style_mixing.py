"""The style mixing of StyleGAN."""

import keras
from keras import ops

from keras_gan._arguments import require_number, require_seed


@keras.saving.register_keras_serializable(package="keras_gan")
class StyleMixing(keras.layers.Layer):
    """In training, takes the styles of some layers from another latent.

    If each picture were always drawn from one latent, the layers of a generator would learn to rely on styles that go
    together. With the styles of two latents in one picture, each layer has to control an aspect by itself, and styles
    can then be combined freely. Of L styles u_1 ... u_L of a sample and v_1 ... v_L of another latent,

        u_1 ... u_(c-1), v_c ... v_L,    c uniform on 2 ... L,    with probability p

    and u_1 ... u_L otherwise. Inference returns u. Karras et al. 2018 (arXiv 1812.04948), section 3.1, where p is 0.9;
    every sample draws its own crossover c, and the published code draws one for a batch.

    Args:
        probability: float in [0, 1], the p above.
        seed: int, for the crossovers; None for a random one.

    Returns:
        Tensor of the shape of `styles`.

    Raises:
        ValueError: if `probability` is not a number in [0, 1].

    Example:
        >>> import numpy as np
        >>> own, others = np.zeros((1, 4, 2), "float32"), np.ones((1, 4, 2), "float32")
        >>> mixed = StyleMixing(1.0, seed=0)(own, others, training=True)[0, :, 0].numpy().tolist()
        >>> mixed == sorted(mixed), mixed[0], mixed[-1]
        (True, 0.0, 1.0)
    """

    def __init__(self, probability=0.9, *, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.probability = require_number("probability", probability, low=0.0, high=1.0)
        self.seed = None if seed is None else require_seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self.built = True

    def call(self, styles, others, training=None):
        """Mix the styles.

        Args:
            styles: float `(batch, num_styles, style_dim)`.
            others: float of the same shape, the styles of other latents.
            training: bool.
        """
        count = styles.shape[1]
        if not training or count == 1:
            return styles
        rows = ops.shape(styles)[0]
        numbers = keras.random.uniform((2, rows, 1), dtype="float32", seed=self.seed_generator)
        crossovers = 1.0 + ops.floor(numbers[0] * (count - 1))
        crossovers = ops.where(numbers[1] < self.probability, crossovers, count)
        is_own = ops.arange(count, dtype="float32") < crossovers
        return ops.where(ops.expand_dims(is_own, -1), styles, others)

    def compute_output_shape(self, styles_shape, others_shape):  # noqa: ARG002
        """Return the shape of the styles."""
        return styles_shape

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "probability": self.probability, "seed": self.seed}
