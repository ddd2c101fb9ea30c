"""The base of every GAN: two networks, two optimizers, two updates."""

import abc
import contextlib
import functools
import typing

import keras
import tensorflow as tf

from keras_gan._arguments import require_int, require_number
from keras_gan._replicas import reducible, replica_count, run_if
from keras_gan.gans import _compilation, _inputs, _networks, _optimizers, _parts
from keras_gan.gans._critic import Critic
from keras_gan.gans._fitting import Fitting
from keras_gan.gans._sampling import Sampling
from keras_gan.gans._saving import Saving
from keras_gan.gans._training_state import StepNoise, TrainingState
from keras_gan.layers import hold_power_iterations
from keras_gan.penalties import Penalty

# The ramp-up of StyleGAN2-ADA: early in training the average is over the last twentieth of the images seen.
_EMA_RAMP_UP = 0.05


class TwoPlayerGAN(Fitting, Sampling, Saving, keras.Model, abc.ABC):
    """What every GAN shares; a GAN is a subclass that gives the loss, the optimizers of its paper and `train_step`.

    Args:
        generator: keras.Model that maps latents `(batch, ...)` to samples: images float32
            `(batch, height, width, channels)` in [-1, 1], or vectors `(batch, size)`. The size of the latents, which
            are standard normal, is read from it.
        discriminator: keras.Model that maps samples to logits, `(batch, 1)` or a patch map, without a sigmoid.
        adversarial_loss: `keras_gan.losses.AdversarialLoss`, given by the subclass.
        penalties: list of `keras_gan.penalties.Penalty`, added to the discriminator's loss.
        discriminator_steps: int, discriminator updates for each generator update, each on a new minibatch.
        ema_half_life: number of generated images, those of the generator's updates, after which an update counts half
            in the averaged generator that samples are drawn from; None for no averaged generator.
        seed: int, of all random numbers that training draws; None to take one from Python's generator.
        name: str.

    Attributes:
        averaged_generator: keras.Model or None, an exponential moving average of the generator, with normalisation
            statistics averaged as well.
        latent_shape: tuple, shape of one latent.
        sample_shape: tuple, shape of one sample.
        training_state: the seed of the run and, in `step`, the number of training steps taken.
        images_per_step: int, the real images that one training step takes; None before the first `fit`.
        generator_optimizer, discriminator_optimizer: the optimizers, from `compile`.

    Raises:
        ValueError: if the networks do not fit each other or a penalty, or an argument is out of range.
    """

    def __init__(
        self,
        generator,
        discriminator,
        adversarial_loss,
        *,
        penalties=(),
        discriminator_steps=1,
        ema_half_life=None,
        seed=None,
        name=None,
    ):
        super().__init__(name=name)
        self.latent_shape, self.sample_shape = _networks.require_matching(generator, discriminator)
        self.discriminator_steps = require_int("discriminator_steps", discriminator_steps)
        if ema_half_life is not None:
            ema_half_life = require_number("ema_half_life", ema_half_life, low=0.0, open_low=True)
        self.ema_half_life = ema_half_life
        self.generator, self.discriminator = generator, discriminator
        if self.distribute_strategy.num_replicas_in_sync > 1:
            _networks.draw_apart_on_replicas(self)
        self.averaged_generator = None if ema_half_life is None else _networks.clone(generator)
        self.adversarial_loss = adversarial_loss
        self.penalties = _validated(penalties, discriminator)
        self.penalty_trackers = _trackers(self.penalties)
        self.training_state = TrainingState(seed, name="training_state")
        self.generator_loss_tracker = keras.metrics.Mean(name="g_loss")
        self.discriminator_loss_tracker = keras.metrics.Mean(name="d_loss")
        self.generator_optimizer = self.discriminator_optimizer = None
        self.images_per_step = None
        self.built = True

    def compile(
        self,
        generator_optimizer=None,
        discriminator_optimizer=None,
        *,
        gradient_accumulation_steps=1,
        loss_weights=None,
        run_eagerly=False,
        steps_per_execution=1,
        jit_compile="auto",
        **refused,
    ):
        """Set the two optimizers; without arguments, those of the GAN's paper.

        Args:
            generator_optimizer: Keras optimizer (or its name); None for the paper's. A float16 network's optimizer
                is wrapped for loss scaling.
            discriminator_optimizer: likewise. A schedule of the learning rate counts training steps, for both players.
                Where a penalty is `Lazy` the optimizer's rate and betas are adjusted to it.
            gradient_accumulation_steps: int, equal parts in which a minibatch passes through the networks, one after
                the other, for one update on the mean of their gradients: memory for a smaller batch, and the step of
                the whole one, but for what compares the images of a batch (batch statistics, relativistic averages).
            loss_weights: dict of float, what to multiply losses by, under their names in the logs: "d_loss", "g_loss"
                and the penalties'. The logs show the losses without it.
            run_eagerly: bool, as in `keras.Model.compile`.
            steps_per_execution: int, likewise; 1 on several replicas.
            jit_compile: bool or "auto", likewise; not on several replicas.
            **refused: nothing else is taken; `loss=` gets an error that names the class to use.

        Raises:
            ValueError: for `loss=`, `optimizer=` or another argument that a GAN has no use for, an optimizer shared by
                both players or used before, or a mode that several replicas do not support.
        """
        _compilation.refuse(refused)
        if jit_compile == "auto" and self.distribute_strategy.num_replicas_in_sync > 1:
            jit_compile = False
        _compilation.require_mode(self.distribute_strategy, steps_per_execution, jit_compile)
        _compilation.require_no_distribution()
        self.loss_weights = _compilation.weights_of_losses(loss_weights, [metric.name for metric in self.metrics])
        self.gradient_accumulation_steps = require_int("gradient_accumulation_steps", gradient_accumulation_steps)
        with self.distribute_strategy.scope():
            super().compile(
                optimizer=None,
                loss=None,
                run_eagerly=run_eagerly,
                steps_per_execution=steps_per_execution,
                jit_compile=jit_compile,
            )
            given = [
                generator_optimizer or self.default_optimizer(),
                discriminator_optimizer or self.default_optimizer(),
            ]
            self.generator_optimizer, self.discriminator_optimizer = _optimizers.ready_both(self, *given)
        # In a function, because Keras saves every optimizer that it finds in an attribute.
        self._given_optimizers = lambda: given

    def scale_learning_rates(self, factor):
        """Multiply the learning rates of both players, scheduled ones included, by a number from now on.

        Args:
            factor: float, above 0.
        """
        factor = require_number("factor", factor, low=0.0, open_low=True)
        self.training_state.learning_rate_factor.assign(self.training_state.learning_rate_factor * factor)
        for optimizer in (self.generator_optimizer, self.discriminator_optimizer):
            _optimizers.scale_learning_rate(optimizer, factor)

    @abc.abstractmethod
    def default_optimizer(self):
        """Return a new optimizer with the paper's settings, for either player."""

    @abc.abstractmethod
    def train_step(self, data):
        """The paper's algorithm: take what `fit` hands over, update both players, return the logs."""

    @contextlib.contextmanager
    def step_on(self, data):
        """The frame of a training step: what it works on, and that it is counted.

        Yields:
            (minibatches, noise): a list of float32 `(batch, *sample_shape)`, one for each discriminator step, and the
            `StepNoise` that the step draws its random numbers from.
        """
        images = _inputs.unlabelled(data)
        # Where data of unknown length end, a step is begun that has none: without the dependency TensorFlow would run
        # such parts of it as need no data, and count it.
        with tf.control_dependencies([images]):
            yield _inputs.minibatches(images, self.discriminator_steps), self.training_state.noise()
            self.training_state.step.assign_add(1)

    def update_discriminator(self, real_images, fake_images, noise):
        """One step of the discriminator's optimizer on its loss and the penalties.

        The two kinds of images pass separately: batch statistics of a mixture would tell the discriminator, and the
        layers that compare images, which is which. A lazy penalty has a step of its own, when it is its turn.

        Args:
            real_images: float32 `(batch, *sample_shape)`.
            fake_images: float32, of the same shape; nothing flows back into the generator.
            noise: the `StepNoise` of this training step.
        """
        _networks.advance_spectral_norms(self.discriminator)
        seeds = [noise.next_seed() for _ in self.penalties]
        self._step_discriminator(real_images, fake_images, seeds)
        for penalty, seed in zip(self.penalties, seeds, strict=True):
            if penalty.every > 1:
                step = functools.partial(self._step_discriminator, real_images, fake_images, [seed], lazy=penalty)
                run_if(self.training_state.step.value % penalty.every == 0, step)

    def _step_discriminator(self, real_images, fake_images, seeds, *, lazy=None):
        """One step of the discriminator's optimizer: on its objective, or on a lazy penalty alone."""
        weights, optimizer = self.discriminator.trainable_weights, self.discriminator_optimizer

        def gradients(part, real_images, fake_images):
            seeds_of_part = [StepNoise.seed_of_part(seed, part) for seed in seeds]
            with hold_power_iterations(), tf.GradientTape() as tape:
                critic = Critic(self.discriminator)
                if lazy is None:
                    objective = self._discriminator_objective(critic, real_images, fake_images, seeds_of_part)
                else:
                    objective = self._penalise([(lazy, *seeds_of_part)], critic, real_images, fake_images)
                objective = optimizer.scale_loss(objective / replica_count())
            found = tape.gradient(objective, weights)
            if lazy is None:
                return found
            # The last bias has no part in a gradient penalty.
            return [tf.zeros_like(w) if g is None else g for g, w in zip(found, weights, strict=True)]

        images = (real_images, fake_images)
        mean = _parts.mean_over_parts(gradients, images, self.gradient_accumulation_steps)
        _optimizers.step(optimizer, mean, weights)

    def _discriminator_objective(self, critic, real_images, fake_images, seeds):
        loss = self.adversarial_loss.discriminator_loss(critic(real_images), critic(fake_images))
        self.discriminator_loss_tracker.update_state(loss)
        always = [(penalty, seed) for penalty, seed in zip(self.penalties, seeds, strict=True) if penalty.every == 1]
        penalties = self._penalise(always, critic, real_images, fake_images)
        return self.loss_weights["d_loss"] * loss + penalties + _networks.regularisation(self.discriminator)

    def fakes(self, batch_size, noise):
        """Generate a batch in training mode, float32 `(batch_size, *sample_shape)`."""
        return self._generate(noise.normal((batch_size, *self.latent_shape)))

    def _generate(self, latents):
        with hold_power_iterations():
            return tf.cast(self.generator(latents, training=True), tf.float32)

    def record_fakes(self, batch_size, noise):
        """Generate a batch and keep what it takes to differentiate it: one pass then serves both players.

        Where gradients are accumulated, keeping a whole batch would take the memory that is to be saved: then the
        latents are kept, and pass again, part by part, in the generator's update.

        Returns:
            Recording, whose `images` are for `update_discriminator` and which itself is for `update_generator`.
        """
        _networks.advance_spectral_norms(self.generator)
        latents = noise.normal((batch_size, *self.latent_shape))
        if self.gradient_accumulation_steps == 1:
            return self._record(latents)
        # The second pass counts for the running statistics and the random streams of the generator.
        with keras.StatelessScope():
            parts = _parts.split(latents, self.gradient_accumulation_steps)
            return Recording(latents, tf.concat([self._generate(part) for part in parts], axis=0), None, None)

    def _record(self, latents):
        with tf.GradientTape() as tape:
            images = self._generate(latents)
            regularisation = _networks.regularisation(self.generator)
        return Recording(latents, images, regularisation, tape)

    def update_generator(self, real_images, recording):
        """One step of the generator's optimizer, and of the averaged generator.

        The gradient goes through the discriminator as far as the images, then through the recorded pass of the
        generator; none is taken for the discriminator's weights. The discriminator's own state (running statistics,
        random streams) stays as it is.

        Args:
            real_images: float32 `(batch, *sample_shape)`; only a relativistic loss looks at them.
            recording: what `record_fakes` returned.
        """
        parts = self.gradient_accumulation_steps
        if parts == 1:
            gradients = self._generator_gradients(real_images, recording)
        else:

            def gradients_of_part(part, real_images, latents):  # noqa: ARG001
                return self._generator_gradients(real_images, self._record(latents))

            gradients = _parts.mean_over_parts(gradients_of_part, (real_images, recording.latents), parts)
        _optimizers.step(self.generator_optimizer, gradients, self.generator.trainable_weights)
        self._average(rows(real_images))

    def _generator_gradients(self, real_images, recording):
        scale_loss = self.generator_optimizer.scale_loss
        with hold_power_iterations(), keras.StatelessScope():
            relativistic = self.adversarial_loss.relativistic
            real_logits = self.discriminator(real_images, training=True) if relativistic else None
            with tf.GradientTape(watch_accessed_variables=False) as image_tape:
                image_tape.watch(recording.images)
                fake_logits = self.discriminator(recording.images, training=True)
                loss = self.adversarial_loss.generator_loss(real_logits, fake_logits)
                objective = scale_loss(self.loss_weights["g_loss"] * loss / replica_count())
            image_gradient = image_tape.gradient(objective, recording.images)
        self.generator_loss_tracker.update_state(loss)
        return recording.tape.gradient(
            [recording.images, recording.regularisation],
            self.generator.trainable_weights,
            output_gradients=[image_gradient, scale_loss(tf.constant(1.0 / replica_count()))],
        )

    def test_step(self, data):
        """Both losses on a batch that training does not see; the same latents each time, so that epochs compare."""
        real_images = _inputs.unlabelled(data)
        latents = StepNoise(tf.zeros((), tf.int64), tf.zeros((), tf.int64)).normal(
            (rows(real_images), *self.latent_shape)
        )
        fake_logits = self.discriminator(self.generator(latents, training=False), training=False)
        real_logits = self.discriminator(real_images, training=False)
        self.discriminator_loss_tracker.update_state(self.adversarial_loss.discriminator_loss(real_logits, fake_logits))
        self.generator_loss_tracker.update_state(self.adversarial_loss.generator_loss(real_logits, fake_logits))
        return reducible({tracker.name: tracker.result() for tracker in self.metrics[:2]})

    def get_metrics_result(self):
        """The logs, with which a training step ends."""
        return reducible(super().get_metrics_result())

    @property
    def metrics(self):
        """The means over an epoch that the logs show: both adversarial losses alone, and each penalty by itself."""
        return [self.discriminator_loss_tracker, self.generator_loss_tracker, *self.penalty_trackers]

    def _penalise(self, penalties, critic, real_images, fake_images):
        """The weighted sum of penalties, given with a seed for each; each is logged under its name."""
        total = tf.constant(0.0)
        # Inside the scope a penalty's own passes leave the discriminator's running statistics alone.
        with keras.StatelessScope():
            values = [penalty(critic, real_images, fake_images, seed=seed) for penalty, seed in penalties]
        for (penalty, _), value in zip(penalties, values, strict=True):
            tracker = self.penalty_trackers[self.penalties.index(penalty)]
            tracker.update_state(value / penalty.every)
            total += self.loss_weights[tracker.name] * value
        return total

    def _average(self, batch_size):
        """Move the averaged generator towards the generator."""
        if self.averaged_generator is None:
            return
        batch = tf.cast(batch_size * replica_count(), tf.float32)
        images_seen = batch * tf.cast(self.training_state.step + 1, tf.float32)
        half_life = tf.minimum(self.ema_half_life, _EMA_RAMP_UP * images_seen)
        share = 1.0 - tf.pow(0.5, batch / half_life)
        for average, current in zip(self.averaged_generator.weights, self.generator.weights, strict=True):
            average.assign(average + tf.cast(share, average.dtype) * (current - average))
        # An average of unit vectors is shorter than 1: an advance makes a unit vector of it again.
        for layer in _networks.spectral_normalizations(self.averaged_generator):
            layer.advance()


class Recording(typing.NamedTuple):
    """A recorded pass of the generator.

    Attributes:
        latents: float32 `(batch, *latent_shape)`.
        images: float32 `(batch, *sample_shape)`.
        regularisation: float32 scalar, the generator's own regularisation losses; None where it passes again.
        tape: tf.GradientTape that watched the pass; None where it passes again.
    """

    latents: tf.Tensor
    images: tf.Tensor
    regularisation: tf.Tensor | None
    tape: tf.GradientTape | None


def rows(images):
    """Number of images in a batch: an int where it is known when the step is traced, else a scalar tensor."""
    return tf.shape(images)[0] if images.shape[0] is None else images.shape[0]


def _validated(penalties, discriminator):
    if not isinstance(penalties, list | tuple) or not all(isinstance(penalty, Penalty) for penalty in penalties):
        raise ValueError(
            "`penalties` must be a list of penalties, such as `[keras_gan.penalties.R1(10.0)]`. "
            f"Received: penalties={penalties!r}"
        )
    for penalty in penalties:
        penalty.validate(discriminator)
    return tuple(penalties)


def _trackers(penalties):
    """A mean for the logs of each penalty: `r1`, `gradient_penalty`; a second one of a kind is `r1_2`."""
    names = [penalty.name for penalty in penalties]
    counts = [names[: index + 1].count(name) for index, name in enumerate(names)]
    return [
        keras.metrics.Mean(name=name if count == 1 else f"{name}_{count}")
        for name, count in zip(names, counts, strict=True)
    ]
