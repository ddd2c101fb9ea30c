"""The base of the models that write text token by token."""

import abc

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_int, require_number
from keras_gan._tensors import require_numbers
from keras_gan.gans._serialised import serialised
from keras_gan.gans._text_sampler import PROMPTS, TEMPERATURES, TextSampler, decoder_of
from keras_gan.training import AdversarialModel, Field, Interface, Player

_TOKENS = "tokens"


class TextModel(AdversarialModel, abc.ABC):
    """A model whose generator is a `keras_gan.layers.TokenDecoder`: its data, its likelihood and its texts.

    A subclass adds other players, their objectives and `train_step`.

    Args:
        generator: keras.Model of one `TokenDecoder`, from int32 tokens `(batch, length)` to logits.
        judges: dict of name to `Player`, the other players.
        ema_half_life: as for `TwoPlayerGAN`, in texts.
        tokenizer: `keras_gan.layers.Tokenizer` of the data, for `write` and prompts of text; None for tokens alone.
        **options: arguments of `AdversarialModel`.

    Attributes:
        vocab_size: int, how many tokens there are.
        length: int, tokens in a text.
        decoder: the generator's `TokenDecoder`.
    """

    def __init__(self, generator, judges, *, ema_half_life, tokenizer, **options):
        maps = Interface(generator, "generator", (_TOKENS,), "logits")
        decoder = decoder_of(generator)
        (length,) = maps.shapes[_TOKENS]
        require_int("the length of the generator's input", length)
        super().__init__(
            {"generator": Player(generator=generator, ema_half_life=ema_half_life), **judges},
            {_TOKENS: Field((length,), num_classes=decoder.vocab_size, is_text=True)},
            **options,
        )
        self._maps, self.vocab_size, self.length = maps, decoder.vocab_size, length
        self.tokenizer = require_tokenizer(tokenizer, decoder.vocab_size, length)

    @property
    def decoder(self):
        """The generator's `TokenDecoder`."""
        return decoder_of(self.generator)

    def likelihood_terms(self, batch):
        """What maximum likelihood minimises: -log p(x) / length, in nats, a mean over the texts."""
        logits = self.forward(self._maps, batch)["logits"]
        found = self.decoder.log_probabilities(logits, batch[_TOKENS])
        return {"generator": {"nll": -tf.reduce_mean(found)}}

    def sampler(self, averaged=True):
        """The `Sampler` that draws texts: from the generator, or its average."""
        return TextSampler(self._maps, self.averaged_generator if averaged else None)

    def inputs_of_call(self):
        """What `call` takes: the latents."""
        return {"latents": self.sampler().fields["latents"]}

    def call(self, latents, training=False):  # noqa: ARG002
        """Texts for given latents, from the averaged generator if there is one: int32 tokens `(batch, length)`."""
        sampler = self.sampler()
        return sampler(sampler.draw(tf.shape(latents)[0], 0, latents=latents))

    def generate(
        self,
        num_texts=None,
        *,
        prompt=None,
        temperature=1.0,
        latents=None,
        seed=None,
        averaged=True,
        batch_size=256,
    ):
        """Draw texts. This does not change the state of training.

        Args:
            num_texts: int, how many; leave it out if you give `latents`, or as many prompts.
            prompt: what the texts begin with: a row of tokens for all of them or a list of rows, one for each; with a
                tokenizer also a string, or a list of strings. None to begin with nothing.
            temperature: float above 0, or one for each text: the logits are divided by it. 1 for the distribution that
                the model has learnt, less for likelier and less varied texts.
            latents: float32 `(num_texts, length)`, a standard normal number for each place; None to draw them.
            seed: int for the same texts each time, in every process; None for different texts each time.
            averaged: whether to use the averaged generator if there is one.
            batch_size: int, how many to generate at once.

        Returns:
            int32 NumPy array of tokens, `(num_texts, length)`.

        Raises:
            ValueError: if the number of texts is not clear, or an argument has a wrong shape or range.
        """
        given = {"latents": latents, TEMPERATURES: temperature, PROMPTS: self._tokens_of_prompt(prompt)}
        return self.draw_samples(num_texts, **given, seed=seed, averaged=averaged, batch_size=batch_size)

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

    def log_likelihood(self, tokens, *, temperature=1.0, averaged=True, batch_size=256):
        """The logarithm of the probability with which the model writes given texts.

        Args:
            tokens: int `(num_texts, length)` in [0, vocab_size).
            temperature: float above 0, which the logits are divided by, as in `generate`.
            averaged: whether to use the averaged generator if there is one.
            batch_size: int, how many texts to read at once.

        Returns:
            float32 NumPy array `(num_texts,)`, in nats a text; at most 0.

        Raises:
            ValueError: if these are no such tokens, or an argument is out of range.
        """
        tokens = self._checked_tokens(tokens)
        temperature = require_number("temperature", temperature, low=0.0, open_low=True)
        batch_size = require_int("batch_size", batch_size)
        self.settle_averages()
        network = self.kept_sampler(averaged).network
        read = self.__dict__.setdefault("_readers", {})
        if averaged not in read:
            read[averaged] = tf.function(lambda texts, heat: self._read(network, texts, heat), autograph=False)
        pieces = (tokens[start : start + batch_size] for start in range(0, len(tokens), batch_size))
        return np.concatenate([read[averaged](piece, tf.constant(temperature)).numpy() for piece in pieces])

    def _read(self, network, tokens, temperature):
        logits = tf.cast(network(tokens, training=False), tf.float32) / temperature
        return tf.reduce_sum(decoder_of(network).log_probabilities(logits, tokens), axis=1)

    def _checked_tokens(self, tokens):
        tokens = np.asarray(require_numbers("tokens", tokens))
        if tokens.ndim != 2 or not len(tokens) or tokens.shape[1] != self.length or tokens.dtype.kind not in "iu":
            raise ValueError(
                f"`tokens` must be whole numbers of shape (num_texts, {self.length}). "
                f"Received: tokens of dtype {tokens.dtype} and shape {tokens.shape}"
            )
        if tokens.min() < 0 or tokens.max() >= self.vocab_size:
            raise ValueError(
                f"`tokens` must be from 0 to {self.vocab_size - 1}, the vocabulary of the model. "
                f"Received: tokens from {tokens.min()} to {tokens.max()}"
            )
        return tf.constant(tokens, tf.int32)

    def _tokens_of_prompt(self, prompt):
        """A prompt as rows of tokens; strings become tokens up to their end."""
        texts = [prompt] if isinstance(prompt, str) else prompt
        if not isinstance(texts, list | tuple) or not texts or not all(isinstance(text, str) for text in texts):
            return prompt
        if self.tokenizer is None:
            raise ValueError(
                "Only a model with a tokenizer takes a prompt of text: build it with `tokenizer=dataset.tokenizer`, or "
                f"give the tokens. Received: prompt={prompt!r:.80}"
            )
        rows = np.asarray(self.tokenizer(tf.constant(texts)))
        return [row[: np.flatnonzero(row == 0)[0]] if 0 in row else row for row in rows]

    def get_config(self):
        """Return the constructor's arguments that all of these models have."""
        return {
            **super().get_config(),
            "ema_half_life": serialised(self.players["generator"].ema_half_life),
            "tokenizer": serialised(self.tokenizer),
        }


def written(model, num_texts, options):
    """What a model of text generates, a list of str; or a ValueError if it has no tokenizer.

    Args:
        model: model with a `tokenizer` and `generate`.
        num_texts: first argument of `generate`.
        options: dict of its other arguments.
    """
    if model.tokenizer is None:
        raise ValueError(
            "Only a model with a tokenizer writes strings: build it with `tokenizer=dataset.tokenizer`, or call "
            "`generate` for the tokens. Received: tokenizer=None"
        )
    return [text.decode() for text in model.tokenizer.decode(model.generate(num_texts, **options)).numpy()]


def as_rows(tokens, vocab_size):
    """Texts as rows of zeros and a one, float32 `(batch, length, vocab_size)`."""
    return tf.one_hot(tokens, vocab_size)


def require_fit(maps, judges, name, shape):
    """Raise a ValueError unless a discriminator takes what a generator writes.

    Args:
        maps: `Interface` of the generator.
        judges: `Interface` of the discriminator.
        name: what the discriminator takes.
        shape: tuple, the shape of one sample.
    """
    if judges.shapes[name] != shape:
        raise ValueError(
            f"The generator writes {name} of shape {shape}: build both networks for texts of one length and one "
            f"vocabulary. Received: generator.output_shape={(None, *maps.outputs['logits'])}, "
            f"discriminator.input_shape={(None, *judges.shapes[name])}"
        )


def require_tokenizer(tokenizer, vocab_size, length):
    """Return a tokenizer that fits the networks, or None, or raise a ValueError."""
    if tokenizer is None:
        return None
    if not all(hasattr(tokenizer, name) for name in ("decode", "vocab_size", "length")):
        raise ValueError(
            "`tokenizer` must be a `keras_gan.layers.Tokenizer`, such as that of the data, `dataset.tokenizer`. "
            f"Received: tokenizer={tokenizer!r:.120}"
        )
    if (tokenizer.vocab_size, tokenizer.length) != (vocab_size, length):
        raise ValueError(
            f"The generator writes texts of {length} tokens of {vocab_size}: build it with "
            "`vocab_size=tokenizer.vocab_size, length=tokenizer.length`. Received: a tokenizer of texts of "
            f"{tokenizer.length} tokens of {tokenizer.vocab_size}"
        )
    return tokenizer
