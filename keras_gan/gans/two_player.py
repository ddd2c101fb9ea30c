"""The base of every GAN: two networks, two optimizers, two updates."""

import abc
import contextlib
import typing
import warnings

import keras
import tensorflow as tf

from keras_gan._arguments import require_int, require_number
from keras_gan._replicas import replica_count, true_on_all_replicas
from keras_gan.gans import _compilation, _inputs, _networks
from keras_gan.gans._critic import Critic
from keras_gan.gans._sampling import Sampling
from keras_gan.gans._saving import Saving
from keras_gan.gans._training_state import StepNoise, TrainingState
from keras_gan.layers import hold_power_iterations
from keras_gan.penalties import Penalty

# The ramp-up of StyleGAN2-ADA: early in training the average is over the last twentieth of the images seen.
_EMA_RAMP_UP = 0.05


class TwoPlayerGAN(Sampling, Saving, keras.Model, abc.ABC):
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
        run_eagerly=False,
        steps_per_execution=1,
        jit_compile="auto",
        **refused,
    ):
        """Set the two optimizers; without arguments, those of the GAN's paper.

        Args:
            generator_optimizer: Keras optimizer (or its name); None for the paper's. A float16 network's optimizer
                is wrapped for loss scaling.
            discriminator_optimizer: likewise.
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
        with self.distribute_strategy.scope():
            super().compile(
                optimizer=None,
                loss=None,
                run_eagerly=run_eagerly,
                steps_per_execution=steps_per_execution,
                jit_compile=jit_compile,
            )
            self.generator_optimizer, self.discriminator_optimizer = _compilation.ready_optimizers(
                self, generator_optimizer, discriminator_optimizer
            )

    @abc.abstractmethod
    def default_optimizer(self):
        """Return a new optimizer with the paper's settings, for either player."""

    @abc.abstractmethod
    def train_step(self, data):
        """The paper's algorithm: take what `fit` hands over, update both players, return the logs."""

    def fit(self, x=None, y=None, batch_size=None, epochs=1, **options):
        """Train; as `keras.Model.fit`, with what a GAN's data need.

        Each training step takes `discriminator_steps` batches of the data and makes one generator update, so an epoch
        has as many fewer steps. An endless data set that says how many batches make an epoch, as those of
        `keras_gan.data.load` do in `steps_per_epoch`, needs no `steps_per_epoch` here.

        Args:
            x: tf.data.Dataset of batches of images, or an array or tensor of images: float in [-1, 1], shape
                `(batch, *sample_shape)`. Incomplete batches are left out.
            y: not taken: an unconditional GAN has no labels.
            batch_size: int, images in a minibatch where `x` is an array; 32 by default.
            epochs: int.
            **options: as in `keras.Model.fit`: callbacks, verbose, shuffle, initial_epoch, steps_per_epoch,
                validation_data and so on.

        Returns:
            keras.callbacks.History.

        Raises:
            ValueError: before `compile`, or for data that are labelled, of a wrong shape, type or range, not finite,
                empty, fewer than a batch, or endless without `steps_per_epoch`.
        """
        if not self.compiled:
            raise ValueError("Call `compile()` before `fit()`: it sets the optimizers. Received: compiled=False")
        _compilation.refuse_fit_options(options)
        dataset, size = self._prepared(x, y, batch_size, shuffle=options.pop("shuffle", True))
        dataset = _inputs.gather(dataset, size, self.discriminator_steps, self.distribute_strategy.num_replicas_in_sync)
        options["steps_per_epoch"] = _inputs.steps_per_epoch(
            x, dataset, options.get("steps_per_epoch"), discriminator_steps=self.discriminator_steps
        )
        if options.get("validation_data") is not None:
            given = _inputs.unlabelled(options["validation_data"])
            options["validation_data"], _ = self._prepared(given, None, size if _inputs.is_array(given) else None)
            options["validation_steps"] = _inputs.steps_per_epoch(
                given, options["validation_data"], options.get("validation_steps"), name="validation_steps"
            )
        self.images_per_step = size * self.discriminator_steps
        with warnings.catch_warnings():
            # Keras takes the end of a data set of unknown length for a mishap.
            if dataset.cardinality() == tf.data.UNKNOWN_CARDINALITY:
                warnings.filterwarnings("ignore", "Your input ran out of data")
            try:
                return super().fit(dataset, epochs=epochs, shuffle=False, **options)
            except tf.errors.InvalidArgumentError as error:
                raise _inputs.bad_value_error(error) or error from None

    def evaluate(self, x=None, y=None, batch_size=None, **options):
        """Both losses on images that training does not see; as `keras.Model.evaluate`, on data as `fit` takes them.

        Args:
            x: tf.data.Dataset of batches of images, or an array or tensor of images.
            y: not taken.
            batch_size: int, images in a batch where `x` is an array; 32 by default.
            **options: as in `keras.Model.evaluate`: verbose, steps, callbacks, return_dict.

        Returns:
            `[d_loss, g_loss]`, or a dict of them with `return_dict=True`.

        Raises:
            ValueError: for data that `fit` would refuse.
        """
        # `fit` calls this after each epoch, with data that it has prepared.
        if not options.get("_use_cached_eval_dataset"):
            dataset, _ = self._prepared(x, y, batch_size)
            options["steps"] = _inputs.steps_per_epoch(x, dataset, options.get("steps"), name="steps")
            x, batch_size = dataset, None
        return super().evaluate(x, batch_size=batch_size, **options)

    def _prepared(self, x, y, batch_size, *, shuffle=False):
        """A data set of checked batches, and their size."""
        if y is not None:
            _inputs.unlabelled((x, y))
        return _inputs.prepare(x, batch_size=batch_size, shuffle=shuffle, sample_shape=self.sample_shape)

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
        layers that compare images, which is which.

        Args:
            real_images: float32 `(batch, *sample_shape)`.
            fake_images: float32, of the same shape; nothing flows back into the generator.
            noise: the `StepNoise` of this training step.
        """
        network, optimizer = self.discriminator, self.discriminator_optimizer
        _advance_spectral_norms(network)
        with hold_power_iterations(), tf.GradientTape() as tape:
            critic = Critic(network)
            loss = self.adversarial_loss.discriminator_loss(critic(real_images), critic(fake_images))
            total = loss + self._penalise(critic, real_images, fake_images, noise) + _regularisation(network)
            objective = optimizer.scale_loss(total / replica_count())
        _apply(optimizer, tape.gradient(objective, network.trainable_weights), network.trainable_weights)
        self.discriminator_loss_tracker.update_state(loss)

    def fakes(self, batch_size, noise):
        """Generate a batch in training mode, float32 `(batch_size, *sample_shape)`."""
        with hold_power_iterations():
            images = self.generator(noise.normal((batch_size, *self.latent_shape)), training=True)
        return tf.cast(images, tf.float32)

    def record_fakes(self, batch_size, noise):
        """Generate a batch and keep what it takes to differentiate it: one pass then serves both players.

        Returns:
            Recording, whose `images` are for `update_discriminator` and which itself is for `update_generator`.
        """
        _advance_spectral_norms(self.generator)
        with tf.GradientTape() as tape:
            images = self.fakes(batch_size, noise)
            regularisation = _regularisation(self.generator)
        return Recording(images, regularisation, tape)

    def update_generator(self, real_images, recording):
        """One step of the generator's optimizer, and of the averaged generator.

        The gradient goes through the discriminator as far as the images, then through the recorded pass of the
        generator; none is taken for the discriminator's weights. The discriminator's own state (running statistics,
        random streams) stays as it is.

        Args:
            real_images: float32 `(batch, *sample_shape)`; only a relativistic loss looks at them.
            recording: what `record_fakes` returned.
        """
        network, optimizer = self.generator, self.generator_optimizer
        with hold_power_iterations(), keras.StatelessScope():
            relativistic = self.adversarial_loss.relativistic
            real_logits = self.discriminator(real_images, training=True) if relativistic else None
            with tf.GradientTape(watch_accessed_variables=False) as image_tape:
                image_tape.watch(recording.images)
                fake_logits = self.discriminator(recording.images, training=True)
                loss = self.adversarial_loss.generator_loss(real_logits, fake_logits)
                objective = optimizer.scale_loss(loss / replica_count())
            image_gradient = image_tape.gradient(objective, recording.images)
        gradients = recording.tape.gradient(
            [recording.images, recording.regularisation],
            network.trainable_weights,
            output_gradients=[image_gradient, optimizer.scale_loss(tf.constant(1.0 / replica_count()))],
        )
        _apply(optimizer, gradients, network.trainable_weights)
        self._average(rows(real_images))
        self.generator_loss_tracker.update_state(loss)

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
        return {tracker.name: tracker.result() for tracker in self.metrics[:2]}

    @property
    def metrics(self):
        """The means over an epoch that the logs show: both adversarial losses alone, and each penalty by itself."""
        return [self.discriminator_loss_tracker, self.generator_loss_tracker, *self.penalty_trackers]

    def _penalise(self, critic, real_images, fake_images, noise):
        """The sum of the penalties, each logged under its name."""
        total = tf.constant(0.0)
        # Inside the scope a penalty's own passes leave the discriminator's running statistics alone.
        with keras.StatelessScope():
            values = [p(critic, real_images, fake_images, seed=noise.next_seed()) for p in self.penalties]
        for value, tracker in zip(values, self.penalty_trackers, strict=True):
            tracker.update_state(value)
            total += value
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
        images: float32 `(batch, *sample_shape)`.
        regularisation: float32 scalar, the generator's own regularisation losses.
        tape: tf.GradientTape that watched the pass.
    """

    images: tf.Tensor
    regularisation: tf.Tensor
    tape: tf.GradientTape


def _regularisation(network):
    """Sum of the losses that a network's own layers add (`kernel_regularizer` and the like), a float32 scalar."""
    return tf.add_n([tf.cast(loss, tf.float32) for loss in network.losses] or [tf.constant(0.0)])


def _apply(optimizer, gradients, weights):
    """Step an optimizer, on several replicas with one verdict of whether the scaled gradients overflowed.

    Keras asks the first replica alone: an infinity on another one would ruin the weights of all.
    """
    if replica_count() > 1 and isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        finite = true_on_all_replicas(optimizer.check_finite(gradients))
        gradients = [None if g is None else tf.where(finite, g, tf.cast(float("nan"), g.dtype)) for g in gradients]
    optimizer.apply(gradients, weights)


def _advance_spectral_norms(network):
    """One power iteration for each spectrally normalised layer that is trained."""
    for layer in _networks.spectral_normalizations(network):
        if layer.trainable:
            layer.advance()


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
