"""SeqGAN: a writer that a discriminator rewards."""

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_bool, require_int, require_number
from keras_gan._replicas import sum_over_replicas
from keras_gan.gans._text import TextModel, require_fit
from keras_gan.gans._text_sampler import FREE, chosen_by, decoder_of
from keras_gan.losses import NonSaturating
from keras_gan.training import Critic, Player


@keras.saving.register_keras_serializable(package="keras_gan")
class SeqGAN(TextModel):
    """Writes text that a discriminator takes for real; its verdict is the reward of each token.

    A token is a choice, so no gradient passes from the discriminator to the generator. Instead the generator is a
    policy p whose tokens x_t are actions. What a choice is worth is not known before the text is finished, so it is
    finished N times from there, and the discriminator judges the results. With the logit D, the sigmoid s, the softplus
    sp, texts r of the data, texts x of the generator, and texts y that the rollout policy finishes from x_1 to x_t:

        pre-training:   -E[log p(r)] / length
        discriminator:  E[sp(-D(r))] + E[sp(D(x))]
        reward:         Q_t = mean over N of s(D(y)),   Q_length = s(D(x))
        generator:      -E[sum over t of log p(x_t | x_1 to x_{t-1}) (Q_t - b_t)]

    Yu et al. 2016 (arXiv 1609.05473), equations 4 to 8 and algorithm 1: a pre-training of the generator by maximum
    likelihood, one of the discriminator, and then the game. They are phases of one `fit`. The baseline b_t is the mean
    of Q_t over the batch. It leaves the expected gradient as it is, up to a factor of 1 - 1 / batch, and lowers its
    variance; the authors' code has none, `baseline=False`. The rollout policy is a running average of the generator.

    Differences from the authors' code: there the discriminator takes 15 epochs over 10,000 texts of either kind for
    each update of the generator, here `discriminator_steps` batches; the sum over the batch is a mean; the pre-training
    and the game share the state of an optimizer; the rollout policy's embeddings are averaged as its other weights.

    How little this gains over `LanguageModel` at a lower temperature, Caccia et al. 2018 (arXiv 1811.02549) have shown:
    measure both.

    Args:
        generator: keras.Model of one `keras_gan.layers.TokenDecoder`, from int32 tokens `(batch, length)` to logits
            `(batch, length, vocab_size)`, such as the first network of `networks.seqgan`.
        discriminator: keras.Model from tokens to logits `(batch, 1)`.
        pretraining_steps: int, training steps of the generator by maximum likelihood.
        discriminator_pretraining_steps: int, training steps of the discriminator, which follow.
        discriminator_steps: int, batches of a training step: for each, the discriminator is updated once, or the
            generator in its pre-training; in the game, the generator is then updated once, before.
        rollouts: int, N, how often each beginning of a text is finished.
        rollout_momentum: float in [0, 1), what the rollout policy keeps of itself in an update of the generator.
        baseline: bool, whether b_t is subtracted.
        ema_half_life: half-life of the averaged generator in texts, as for `TwoPlayerGAN`; None for none.
        tokenizer: `keras_gan.layers.Tokenizer` of the data, for `write` and prompts of text; None for tokens alone.
        seed: int, for all random numbers that training draws; None for a random seed.
        name: str.

    Attributes:
        vocab_size: int, how many tokens there are.
        length: int, tokens in a text.
        rollout_generator: keras.Model, the rollout policy.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> networks = keras_gan.networks.seqgan(vocab_size=6, length=4, width=8, filters={2: 8})
        >>> gan = keras_gan.SeqGAN(*networks, pretraining_steps=1, discriminator_steps=1, rollouts=2, seed=0)
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
        discriminator_pretraining_steps=0,
        discriminator_steps=5,
        rollouts=16,
        rollout_momentum=0.8,
        baseline=True,
        ema_half_life=None,
        tokenizer=None,
        seed=None,
        name=None,
    ):
        critic = Critic(discriminator, role="discriminator", judges="tokens", conditions=())
        before = require_int("pretraining_steps", pretraining_steps, low=0)
        between = require_int("discriminator_pretraining_steps", discriminator_pretraining_steps, low=0)
        steps = require_int("discriminator_steps", discriminator_steps)
        super().__init__(
            generator,
            {"discriminator": Player(discriminator=discriminator, updates_per_step=steps)},
            ema_half_life=ema_half_life,
            tokenizer=tokenizer,
            batches_per_step=steps,
            batches_argument="discriminator_steps",
            phases={"likelihood": before, "discriminator": between, "game": None},
            seed=seed,
            name=name,
        )
        require_fit(self._maps, critic.interface, "tokens", (self.length,))
        self.critic, self.adversarial_loss = critic, NonSaturating()
        self.pretraining_steps, self.discriminator_pretraining_steps = before, between
        self.rollouts = require_int("rollouts", rollouts)
        self.rollout_momentum = require_number("rollout_momentum", rollout_momentum, low=0.0, high=1.0)
        self.baseline = require_bool("baseline", baseline)
        self._rollout = Player(generator=generator, ema_half_life=1)
        self.rollout_generator = self._rollout.averages["generator"]

    @property
    def discriminator_steps(self):
        """Batches of a training step."""
        return self.batches_per_step

    def default_optimizers(self):
        """Adam as in the authors' code: learning rates 1e-2, with gradients of a norm of at most 5, and 1e-4."""
        return {
            "generator": keras.optimizers.Adam(1e-2, epsilon=1e-8, global_clipnorm=5.0),
            "discriminator": keras.optimizers.Adam(1e-4, epsilon=1e-8),
        }

    def settle_averages(self):
        """Copy weights that were loaded before the first step into the averaged copies."""
        super().settle_averages()
        if int(np.asarray(self.training_state.step)) == 0:
            self._rollout.follow()

    def train_step(self, data):
        """Algorithm 1: maximum likelihood, then the discriminator alone, then the game."""
        with self.step_on(data) as (batches, noise):
            self.run_phase(
                likelihood=lambda: self.imitate(batches),
                discriminator=lambda: self.tell_apart(batches, noise),
                game=lambda: self.play_game(batches, noise),
            )
        return self.get_metrics_result()

    def imitate(self, batches):
        """Update the generator by maximum likelihood; the rollout policy follows at once."""
        for batch in batches:
            self.minimise(self.likelihood_terms, batch)
        self._rollout.move_averages(1.0)

    def tell_apart(self, batches, noise):
        """Update the discriminator, on new texts of the generator for each batch."""
        for batch in batches:
            self.minimise(self.discriminator_terms, batch, self.texts_for(batch, noise))

    def play_game(self, batches, noise):
        """Update the generator by its rewards, and then the discriminator."""
        texts = self.texts_for(batches[0], noise)
        self.minimise(self.generator_terms, {**texts, "gains": self.gains_of(texts, noise)})
        self._rollout.move_averages(1.0 - self.rollout_momentum)
        self.tell_apart(batches, noise)

    def texts_for(self, batch, noise):
        """A text of the generator for each of a batch."""
        numbers = noise.uniform_for(batch, (self.length,))
        return {"tokens": self.decoder.generate(chosen_by(numbers), tf.fill(tf.shape(numbers), FREE))}

    def rewards_of(self, texts, noise):
        """Q_t, what the discriminator thinks of the texts if they are finished from place t: `(batch, length)`."""
        tokens, places = texts["tokens"], self.length - 1
        numbers = noise.uniform_for(texts, (self.rollouts, places, self.length))
        # Row s of a text has its first s + 1 tokens, and is free after them.
        is_given = tf.range(self.length)[None, :] <= tf.range(places)[:, None]
        beginnings = tf.reshape(tf.where(is_given, tokens[:, None, :], FREE), (-1, self.length))

        decoder = decoder_of(self.rollout_generator)

        def add_one(number, total):
            drawn = tf.reshape(tf.gather(numbers, number, axis=1), (-1, self.length))
            finished = decoder.generate(chosen_by(drawn), beginnings)
            return number + 1, total + tf.reshape(self.probability_of_real(finished), tf.shape(total))

        zeros = tf.zeros((tf.shape(tokens)[0], places))
        _, total = tf.while_loop(
            lambda number, _: number < self.rollouts, add_one, (0, zeros), maximum_iterations=self.rollouts
        )
        return tf.concat([total / self.rollouts, self.probability_of_real(tokens)], axis=1)

    def gains_of(self, texts, noise):
        """Q_t - b_t, what each token gains over those of the other texts: `(batch, length)`, 0 after the end."""
        rewards, counted = self.rewards_of(texts, noise), self.decoder.counted(texts["tokens"])
        if not self.baseline:
            return rewards * counted
        total = sum_over_replicas(tf.reduce_sum(rewards * counted, axis=0))
        number = sum_over_replicas(tf.reduce_sum(counted, axis=0))
        return (rewards - total / tf.maximum(number, 1.0)) * counted

    def probability_of_real(self, tokens):
        """s(D(x)), without dropout: `(batch, 1)`."""
        logits = self.critic.interface({"tokens": tokens}, training=False)["logits"]
        return tf.sigmoid(tf.cast(logits, tf.float32))

    def discriminator_terms(self, real, fake):
        """What the discriminator minimises."""
        loss = self.adversarial_loss.discriminator_loss(self.critic(real).logits, self.critic(fake).logits)
        return {"discriminator": {"d_loss": loss}}

    def generator_terms(self, texts):
        """What the generator minimises in the game: its gradient is that of the expected reward, negated."""
        logits = self.forward(self._maps, texts)["logits"]
        log_probabilities = self.decoder.log_probabilities(logits, texts["tokens"])
        loss = -tf.reduce_mean(tf.reduce_sum(log_probabilities * texts["gains"], axis=1))
        return {"generator": {"g_loss": loss}}

    def test_terms(self, batch, noise):
        """All losses on texts that are not trained on."""
        texts = self.texts_for(batch, noise)
        rewarded = self.generator_terms({**texts, "gains": self.gains_of(texts, noise)})["generator"]
        likelihood = self.likelihood_terms(batch)["generator"]
        return {**self.discriminator_terms(batch, texts), "generator": {**likelihood, **rewarded}}

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "pretraining_steps": self.pretraining_steps,
            "discriminator_pretraining_steps": self.discriminator_pretraining_steps,
            "discriminator_steps": self.discriminator_steps,
            "rollouts": self.rollouts,
            "rollout_momentum": self.rollout_momentum,
            "baseline": self.baseline,
        }
