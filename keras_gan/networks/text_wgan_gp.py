"""The networks of the Wasserstein GAN of text."""

import keras
from keras import layers

from keras_gan._arguments import require_channels_last, require_int

_KERNEL = 5
# How much of what a block finds is added to what it is given.
_SHARE = 0.3


def text_wgan_gp(*, vocab_size, length=32, latent_dim=128, width=512, blocks=5):
    """Residual convolutions that write a text at once, and others that judge it.

        generator:  latents -> Dense -> blocks x residual -> convolution of 1 -> softmax at each place
        critic:     rows -> convolution of 1 -> blocks x residual -> Dense(1)
        residual:   x + 0.3 (ReLU, convolution of 5, ReLU, convolution of 5)

    A row holds the share of each token at a place. There is no normalisation, because the gradient penalty is for each
    text alone. Gulrajani et al. 2017 (arXiv 1704.00028), the appendix on the language model, and the authors' code,
    which has the default sizes and calls its width "fairly slow"; a fourth of it is much for a small text.

    Args:
        vocab_size: int, how many tokens there are, such as characters.
        length: int, tokens in a text.
        latent_dim: int, the size of the generator's input.
        width: int, channels between the blocks.
        blocks: int, residual blocks of each network.

    Returns:
        Two `keras.Model`: the generator, from latents `(batch, latent_dim)` to float32 rows
        `(batch, length, vocab_size)`, each positive and of sum 1; and the critic, from rows to float32 logits
        `(batch, 1)`.

    Raises:
        ValueError: if a size is not a positive integer.

    Example:
        >>> generator, critic = text_wgan_gp(vocab_size=65, width=8, blocks=2)
        >>> generator.output_shape, critic.output_shape
        ((None, 32, 65), (None, 1))
    """
    require_channels_last()
    vocab_size, length = require_int("vocab_size", vocab_size, low=2), require_int("length", length)
    width, blocks = require_int("width", width), require_int("blocks", blocks)
    latents = keras.Input((require_int("latent_dim", latent_dim),), name="latents")
    x = layers.Reshape((length, width), name="places")(layers.Dense(length * width, name="project")(latents))
    x = layers.Conv1D(vocab_size, 1, dtype="float32", name="logits")(_residuals(x, width, blocks))
    generator = keras.Model(latents, layers.Softmax(dtype="float32", name="rows")(x), name="text_wgan_gp_generator")
    rows = keras.Input((length, vocab_size), name="rows")
    x = _residuals(layers.Conv1D(width, 1, name="embedding")(rows), width, blocks)
    logits = layers.Dense(1, dtype="float32", name="logits")(layers.Flatten(name="flatten")(x))
    return generator, keras.Model(rows, logits, name="text_wgan_gp_critic")


def _residuals(x, width, blocks):
    for number in range(blocks):
        found = x
        for part in ("first", "second"):
            found = layers.ReLU(name=f"relu_{number}_{part}")(found)
            found = layers.Conv1D(width, _KERNEL, padding="same", name=f"convolution_{number}_{part}")(found)
        found = layers.Rescaling(_SHARE, name=f"share_{number}")(found)
        x = layers.Add(name=f"residual_{number}")([x, found])
    return x
