"""A language model, the baseline of every GAN of text."""

import keras

from keras_gan.gans._text import TextModel


@keras.saving.register_keras_serializable(package="keras_gan")
class LanguageModel(TextModel):
    """Writes text token by token, and learns by maximum likelihood alone: there is no adversary.

        generator:  -E[log p(x)] / length

    with the texts x of the data, and p as in `keras_gan.layers.TokenDecoder`. It is what a GAN of text has to beat: its
    texts at several temperatures trade quality for diversity, and most such GANs are no better at any of them (Caccia
    et al. 2018, arXiv 1811.02549). So a comparison shows this model's whole curve, `generate(..., temperature=t)`.

    `LanguageModel(keras_gan.networks.text_oracle(...))` is a distribution of texts that is known exactly, to measure
    other models by.

    Args:
        generator: keras.Model of one `keras_gan.layers.TokenDecoder`, from int32 tokens `(batch, length)` to logits
            `(batch, length, vocab_size)`, such as the first network of `networks.seqgan`.
        ema_half_life: half-life of the averaged generator in texts, as for `TwoPlayerGAN`; None for none.
        tokenizer: `keras_gan.layers.Tokenizer` of the data, for `write` and prompts of text; None for tokens alone.
        seed: int, for all random numbers that training draws; None for a random seed.
        name: str.

    Attributes:
        vocab_size: int, how many tokens there are.
        length: int, tokens in a text.

    Raises:
        ValueError: if the generator is no such model, the tokenizer does not fit it, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> generator, _ = keras_gan.networks.seqgan(vocab_size=6, length=4, width=8)
        >>> model = keras_gan.LanguageModel(generator, seed=0)
        >>> model.compile()
        >>> texts = np.tile([[3, 1, 4, 0]], (1600, 1))
        >>> history = model.fit({"tokens": texts}, batch_size=8, verbose=0)
        >>> model.generate(1, seed=0, temperature=0.1).tolist()
        [[3, 1, 4, 0]]
        >>> model.log_likelihood(texts[:8]).shape
        (8,)
    """

    terms = ("nll",)

    def __init__(self, generator, *, ema_half_life=None, tokenizer=None, seed=None, name=None):
        super().__init__(generator, {}, ema_half_life=ema_half_life, tokenizer=tokenizer, seed=seed, name=name)

    def train_step(self, data):
        """Raise the likelihood of a batch of texts."""
        with self.step_on(data) as ((batch,), _):
            self.minimise(self.likelihood_terms, batch)
        return self.get_metrics_result()

    def test_terms(self, batch, noise):  # noqa: ARG002
        """The same on texts that are not trained on."""
        return self.likelihood_terms(batch)

    def default_optimizers(self):
        """Adam with a learning rate of 1e-2, and gradients of a norm of at most 5, as SeqGAN and RelGAN begin."""
        return {"generator": keras.optimizers.Adam(1e-2, epsilon=1e-8, global_clipnorm=5.0)}
