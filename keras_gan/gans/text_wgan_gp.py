"""The Wasserstein GAN of text."""

import contextlib

import keras
import tensorflow as tf

from keras_gan.gans._serialised import serialised
from keras_gan.gans._text import as_rows, require_tokenizer, written
from keras_gan.gans.wgan_gp import WGANGP
from keras_gan.training import Field, Sampler

_ROWS = "rows"


@keras.saving.register_keras_serializable(package="keras_gan")
class TextWGANGP(WGANGP):
    """Writes short texts at once, each place as a softmax over all tokens, with the objective of `WGANGP`.

        critic:     E[D(y)] - E[D(x)]  +  10 E[ (|grad D(z^)| - 1)^2 ]
        generator:  -E[D(y)]

    with real texts x as rows of zeros and a one, rows y = G(z) of positive numbers that sum to 1, and z^ on the line
    between two of them. The critic sees from the rows alone which texts are real. Its distance has a gradient all the
    same, which a divergence of the two would not have. A text is the likeliest token of each place; of a model with a
    tokenizer nothing follows the first 0. Gulrajani et al. 2017 (arXiv 1704.00028), the section on discrete data, with
    32 characters, `keras_gan.networks.text_wgan_gp` and ten critic updates for each of the generator; the authors call
    five as good. Adam has their learning rate, 1e-4.

    The generator has no likelihood, so there is no temperature, and a text cannot be continued from a prompt. As in
    `WGANGP`, the generator's update uses the samples of the critic's last update.

    Args:
        generator: keras.Model, latents to rows `(batch, length, vocab_size)`.
        discriminator: keras.Model, rows to logits.
        penalties: list of penalties that replaces the paper's gradient penalty of weight 10; None for the paper's.
        discriminator_steps: int, critic updates for each generator update.
        tokenizer: `keras_gan.layers.Tokenizer` of the data, for `write`; None for tokens alone.
        **options: further arguments of `TwoPlayerGAN`: `ema_half_life`, `seed` and `name`.

    Attributes:
        vocab_size: int, how many tokens there are.
        length: int, tokens in a text.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> networks = keras_gan.networks.text_wgan_gp(vocab_size=5, length=8, width=4, blocks=1)
        >>> gan = keras_gan.TextWGANGP(*networks, discriminator_steps=1, seed=0)
        >>> gan.compile(run_eagerly=True)  # Faster for so few steps.
        >>> history = gan.fit({"tokens": np.ones((4, 8), "int32")}, batch_size=4, verbose=0)
        >>> gan.generate(3, seed=0).shape
        (3, 8)
    """

    samples = _ROWS
    generator_takes = ("latents",)

    def __init__(self, generator, discriminator, *, penalties=None, discriminator_steps=10, tokenizer=None, **options):
        super().__init__(
            generator, discriminator, penalties=penalties, discriminator_steps=discriminator_steps, **options
        )
        self.length, self.vocab_size = _require_rows(self.sample_shape)
        self.data_spec = {"tokens": Field((self.length,), num_classes=self.vocab_size, is_text=True)}
        self.tokenizer = require_tokenizer(tokenizer, self.vocab_size, self.length)

    @contextlib.contextmanager
    def step_on(self, data):
        """As `AdversarialModel.step_on`, with the texts as the critic sees them."""
        with super().step_on(data) as (batches, noise):
            yield [self.as_judged(batch) for batch in batches], noise

    def as_judged(self, batch):
        """Real texts as rows of zeros and a one."""
        return {_ROWS: as_rows(batch["tokens"], self.vocab_size)}

    def test_terms(self, batch, noise):
        """Both losses on texts that are not trained on."""
        return super().test_terms(self.as_judged(batch), noise)

    @property
    def games(self):
        """None that a monitor could watch: it would need rows, and the data are tokens."""
        return {}

    def sampler(self, averaged=True):
        """The `Sampler` that draws texts: from the generator, or its average."""
        network = self.averaged_generator if averaged else None
        return RowSampler(self._maps, network, ends=self.tokenizer is not None)

    def generate(self, num_texts=None, *, latents=None, seed=None, averaged=True, batch_size=256):
        """Draw texts. This does not change the state of training.

        Args:
            num_texts: int, how many; leave it out if you give `latents`.
            latents: float32 `(num_texts, latent_dim)`, or None to draw them.
            seed: int for the same texts each time, in every process; None for different texts each time.
            averaged: whether to use the averaged generator if there is one.
            batch_size: int, how many to generate at once.

        Returns:
            int32 NumPy array of tokens, `(num_texts, length)`.

        Raises:
            ValueError: if both or neither of `num_texts` and `latents` are given, or the latents have another shape.
        """
        return self.draw_samples(num_texts, latents=latents, seed=seed, averaged=averaged, batch_size=batch_size)

    def write(self, num_texts=None, **options):
        """Draw texts as strings.

        Args:
            num_texts: as in `generate`.
            **options: as in `generate`.

        Returns:
            list of str.

        Raises:
            ValueError: if the model has no tokenizer, and as `generate` does.
        """
        return written(self, num_texts, options)

    def default_optimizer(self):
        """Adam as in the paper: learning rate 1e-4, betas 0.5 and 0.9."""
        return self.paper_optimizer()

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "tokenizer": serialised(self.tokenizer)}


class RowSampler(Sampler):
    """Draws texts from a network that returns a row for each place: the likeliest token of each.

    Args:
        interface: `Interface` of the network.
        network: keras.Model to run, such as an averaged copy; None for the interface's network.
        ends: bool, whether all tokens after the first 0 are 0.
    """

    def __init__(self, interface, network, *, ends):
        super().__init__(interface, network)
        self.output, self.output_shape, self.output_dtype = "tokens", self.output_shape[:1], tf.int32
        self._count_name, self._ends = "num_texts", ends

    def samples_of(self, outputs):
        """The texts among the outputs of the network, int32 tokens `(count, length)`."""
        tokens = tf.argmax(outputs[_ROWS], axis=-1, output_type=tf.int32)
        if not self._ends:
            return tokens
        return tokens * tf.math.cumprod(tf.cast(tokens != 0, tf.int32), axis=1)


def _require_rows(shape):
    if len(shape) != 2 or None in shape or shape[1] < 2:
        raise ValueError(
            "The networks must make and take rows (batch, length, vocab_size) of known sizes, as in "
            f"`networks.text_wgan_gp`. Received: samples of shape {shape}"
        )
    return shape
