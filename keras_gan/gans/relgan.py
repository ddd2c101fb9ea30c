"""RelGAN: a writer whose choices a gradient passes through."""

import keras
import tensorflow as tf

from keras_gan import _quantity
from keras_gan._arguments import require_int, require_number
from keras_gan.gans._serialised import serialised
from keras_gan.gans._text import TextModel, as_rows, require_fit
from keras_gan.gans._text_sampler import FREE
from keras_gan.gans._translation import require_loss
from keras_gan.layers import GumbelSoftmax, gumbel_of
from keras_gan.losses import Relativistic
from keras_gan.schedules import Exponential
from keras_gan.training import Critic, Player


@keras.saving.register_keras_serializable(package="keras_gan")
class RelGAN(TextModel):
    """Writes text that a discriminator takes for real, and learns from its gradient through relaxed choices.

    The generator chooses the token with the largest o + g, its logits and Gumbel noise, which is a draw from their
    softmax. The next token depends on this choice; the discriminator sees its relaxation, a row of positive numbers:

        y_t = softmax(beta (o_t + g_t)),   x_t = argmax(o_t + g_t),   beta = beta_max^(n / N)

    at step n of the game; from step N on beta is beta_max. With the logit D of a way to look at a text, real texts r as
    rows of zeros and a one, and the softplus s:

        pre-training:   -E[log p(r)] / length
        discriminator:  E[s(D(y) - D(r))]
        generator:      E[s(D(r) - D(y))]

    Nie et al. 2019 (ICLR, https://openreview.net/forum?id=rJedV3R5tm), section 2, and the authors' code. A large
    beta_max makes better texts that are less diverse; the paper has 100 and 1,000. The maximum likelihood and the game
    are phases of one `fit`.

    Differences from the authors' code: they share the state of the generator's optimizer; in a step of the game, the
    generator and the discriminator's first update use the same real texts.

    How little such a game gains over `LanguageModel` at a lower temperature, Caccia et al. 2018 (arXiv 1811.02549) have
    shown: measure both.

    Args:
        generator: keras.Model of one `keras_gan.layers.TokenDecoder`, from int32 tokens `(batch, length)` to logits
            `(batch, length, vocab_size)`, such as the first network of `networks.relgan`.
        discriminator: keras.Model from rows `(batch, length, vocab_size)` to logits, one or several of a text.
        pretraining_steps: int, training steps of the generator by maximum likelihood.
        discriminator_steps: int, batches of a training step: for each, the discriminator is updated once, or the
            generator in its pre-training; in the game, the generator is then updated once, before.
        inverse_temperature: beta_max, at least 1.
        annealing_steps: int, N.
        adversarial_loss: `keras_gan.losses.AdversarialLoss`; None for `Relativistic()`.
        ema_half_life: half-life of the averaged generator in texts, as for `TwoPlayerGAN`; None for none.
        tokenizer: `keras_gan.layers.Tokenizer` of the data, for `write` and prompts of text; None for tokens alone.
        seed: int, for all random numbers that training draws; None for a random seed.
        name: str.

    Attributes:
        vocab_size: int, how many tokens there are.
        length: int, tokens in a text.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> sizes = {"width": 8, "representations": 2, "filters": {2: 4}}
        >>> networks = keras_gan.networks.relgan(vocab_size=6, length=4, **sizes)
        >>> gan = keras_gan.RelGAN(*networks, pretraining_steps=1, discriminator_steps=1, seed=0)
        >>> gan.compile(run_eagerly=True)  # Faster for so few steps.
        >>> history = gan.fit({"tokens": np.tile([[3, 1, 4, 0]], (24, 1))}, batch_size=8, verbose=0)
        >>> gan.generate(2, prompt=[3, 1], seed=0)[:, :2].tolist()
        [[3, 1], [3, 1]]
    """

    terms = ("nll", "d_loss", "g_loss")

    def __init__(
        self,
        generator,
        discriminator,
        *,
        pretraining_steps=0,
        discriminator_steps=5,
        inverse_temperature=100.0,
        annealing_steps=5000,
        adversarial_loss=None,
        ema_half_life=None,
        tokenizer=None,
        seed=None,
        name=None,
    ):
        critic = Critic(discriminator, role="discriminator", judges="rows", conditions=())
        before = require_int("pretraining_steps", pretraining_steps, low=0)
        steps = require_int("discriminator_steps", discriminator_steps)
        super().__init__(
            generator,
            {"discriminator": Player(discriminator=discriminator, updates_per_step=steps)},
            ema_half_life=ema_half_life,
            tokenizer=tokenizer,
            batches_per_step=steps,
            batches_argument="discriminator_steps",
            phases={"likelihood": before, "game": None},
            seed=seed,
            name=name,
        )
        require_fit(self._maps, critic.interface, "rows", (self.length, self.vocab_size))
        self.critic = critic
        self.adversarial_loss = Relativistic() if adversarial_loss is None else require_loss(adversarial_loss)
        self.pretraining_steps = before
        self.inverse_temperature = require_number("inverse_temperature", inverse_temperature, low=1.0)
        self.annealing_steps = require_int("annealing_steps", annealing_steps)
        self._annealing = _Annealing(Exponential(1.0, self.inverse_temperature, self.annealing_steps, begin=before))
        self._relax = GumbelSoftmax(dtype="float32")

    @property
    def discriminator_steps(self):
        """Batches of a training step."""
        return self.batches_per_step

    def default_optimizers(self):
        """Adam as in the authors' code: learning rate 1e-2 for the maximum likelihood, 1e-4 for the game.

        Gradients have a norm of at most 5.
        """
        rate = 1e-4
        if self.pretraining_steps:
            rate = keras.optimizers.schedules.PiecewiseConstantDecay([self.pretraining_steps - 1], [1e-2, 1e-4])
        return {
            "generator": keras.optimizers.Adam(rate, epsilon=1e-8, global_clipnorm=5.0),
            "discriminator": keras.optimizers.Adam(1e-4, epsilon=1e-8, global_clipnorm=5.0),
        }

    def train_step(self, data):
        """Maximum likelihood, then the game: the generator, and then the discriminator on new texts for each batch."""
        with self.step_on(data) as (batches, noise):
            self.run_phase(
                likelihood=lambda: self.imitate(batches),
                game=lambda: self.play_game([self.as_judged(batch) for batch in batches], noise),
            )
        return self.get_metrics_result()

    def imitate(self, batches):
        """Update the generator by maximum likelihood."""
        for batch in batches:
            self.minimise(self.likelihood_terms, batch)

    def play_game(self, batches, noise):
        """Update the generator, and then the discriminator."""
        self.minimise(self.generator_terms, batches[0], self.written_for(batches[0], noise))
        for batch in batches:
            self.minimise(self.discriminator_terms, batch, self.written_for(batch, noise))

    def written_for(self, batch, noise):
        """A relaxed text for each of a batch, recorded for the generator's gradient."""
        return self.record(self.write_softly, noise.uniform_for(batch, (self.length, self.vocab_size)))

    def as_judged(self, batch):
        """Real texts as the discriminator sees them."""
        return {"rows": as_rows(batch["tokens"], self.vocab_size)}

    def write_softly(self, numbers):
        """Relaxed texts.

        Args:
            numbers: float32 `(batch, length, vocab_size)` in [0, 1), of which the Gumbel noise is made.

        Returns:
            dict of "rows", float32 `(batch, length, vocab_size)`, each of which sums to 1.
        """
        noise = gumbel_of(numbers)

        def choose(logits, place):
            return tf.argmax(logits + tf.gather(noise, place, axis=1), axis=-1, output_type=tf.int32)

        tokens = self.decoder.generate(choose, tf.fill(tf.shape(numbers)[:2], FREE))
        # The choices are made, so all places pass at once: the gradient is that of the state and of each logit.
        logits = self.forward(self._maps, {"tokens": tokens})["logits"]
        beta = _quantity.at(self._annealing.inverse_temperature, self.training_state.step.value)
        rows, counted = (
            self._relax(logits, uniform=numbers, inverse_temperature=beta),
            self.decoder.counted(tokens)[..., None],
        )
        return {"rows": counted * rows + (1.0 - counted) * as_rows(tokens, self.vocab_size)}

    def discriminator_terms(self, real, fake):
        """What the discriminator minimises."""
        loss = self.adversarial_loss.discriminator_loss(self.critic(real).logits, self.critic(fake).logits)
        return {"discriminator": {"d_loss": loss}}

    def generator_terms(self, real, fake):
        """What the generator minimises in the game."""
        real_logits = self.critic(real).logits if self.adversarial_loss.relativistic else None
        return {"generator": {"g_loss": self.adversarial_loss.generator_loss(real_logits, self.critic(fake).logits)}}

    def test_terms(self, batch, noise):
        """All losses on texts that are not trained on."""
        real = self.as_judged(batch)
        fake = self.write_softly(noise.uniform_for(batch, (self.length, self.vocab_size)))
        terms = {**self.likelihood_terms(batch)["generator"], **self.generator_terms(real, fake)["generator"]}
        return {**self.discriminator_terms(real, fake), "generator": terms}

    def scheduled_parts(self):
        """The inverse temperature, which grows."""
        return (self._annealing,)

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "pretraining_steps": self.pretraining_steps,
            "discriminator_steps": self.discriminator_steps,
            "inverse_temperature": self.inverse_temperature,
            "annealing_steps": self.annealing_steps,
            "adversarial_loss": serialised(self.adversarial_loss),
        }


class _Annealing:
    """The schedule of the inverse temperature, as the logs show it."""

    name = "gumbel"

    def __init__(self, inverse_temperature):
        self.inverse_temperature = inverse_temperature

    def scheduled(self):
        """The schedules, a dict by name."""
        return {"inverse_temperature": self.inverse_temperature}
