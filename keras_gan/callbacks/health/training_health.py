"""A callback that watches a GAN for the usual problems of GANs."""
# ruff: noqa: ARG002 - Keras fixes the signatures of the hooks.

import collections
import itertools
import math
import numbers
import statistics
import warnings

import keras

from keras_gan._arguments import require_int, require_number
from keras_gan._fit_control import RestartFit
from keras_gan.callbacks._own_files import require_own_files
from keras_gan.callbacks._steps import steps_done
from keras_gan.callbacks.checkpoint import Checkpoint
from keras_gan.callbacks.health._advice import settings_of
from keras_gan.callbacks.health._illnesses import ILLNESSES, Course, VitalSigns, by_game, full_name, named
from keras_gan.callbacks.health._probe import (
    FinitenessProbe,
    HealthProbe,
    images_in_a_pass,
    require_model,
    steps_taken,
)
from keras_gan.callbacks.health._record import HealthRecord
from keras_gan.callbacks.health._statistics import RealImages
from keras_gan.callbacks.progress import has_progress

_KEPT_IMAGES = 256
# The usual value is the median of this many probes. Nothing is usual before half of them exist.
_MEMORY = 20


class TrainingDiverged(RuntimeError):  # noqa: N818 - people say "training diverged"
    """Raised by `TrainingHealth` when a loss or a weight is not finite.

    No later step repairs a weight that is NaN, and a checkpoint with such a weight is useless. So training stops. The
    message says what was not finite, at which step, which checkpoint is still good, and what to try.

    Example:
        >>> try:
        ...     raise TrainingDiverged("Training diverged at step 7")
        ... except RuntimeError as error:
        ...     print(error)
        Training diverged at step 7
    """


class TrainingHealth(keras.callbacks.Callback):
    """Measures a GAN's vital signs during training, warns when something is wrong, and stops when training diverges.

    The losses of a GAN hardly tell whether it trains well. Every `every` steps, and more often at the beginning, a
    minibatch of real images and one of generated images, of the same classes where the GAN takes labels, pass through
    both networks as in training, with its augmentation. The logs of each epoch contain the means of

        health/real_accuracy, health/fake_accuracy    share of real / generated images that the discriminator gets right
        health/ranked_pairs                           share of pairs in which it rates the real image higher
        health/d_signal                               slope of its loss in the logits; 1 undecided, 0 nothing to learn
        health/logit_range                            distance between the largest and the smallest logit
        health/d_gradient_norm, health/g_gradient_norm    of the two adversarial losses
        health/d_spectral_norm, health/g_spectral_norm    the largest among the weights
        health/diversity                              distance between samples / distance between real images
        health/colour_cast                            distance of the mean colour / that of 95 % of real images
        health/saturation                             share of pixels that are wrongly black or white

    or NaN for an epoch without a probe. The progress bar leaves them out, as all names with a slash. A critic (the
    Wasserstein and relativistic losses) has no boundary and therefore no accuracies. Look at `ranked_pairs` instead.
    Put this callback before those that write the logs.

    With `directory`, the file `health.json` there has each probe: the step, the signs, the names of the illnesses by
    then, and what was said. It is complete at any moment. A run that resumes adds to it, without gaps or duplicates.

    Probes come at quarters of `every` until `every`, then at halves until twice as much, and then every `every` steps:
    25, 50, 75, 100, 150, 200, 300, 400, ...

    A warning names the illness, and a remedy that fits the settings of this GAN, when `patience` probes in a row show
    it; two are enough where it says so below. It is repeated only if `patience` probes in a row have shown the GAN
    healthy in between. The first ten probes, up to step 600, are the beginning: they tell what is usual, and nothing is
    compared with it yet. Later the usual is the median over the last 20. The limits, and where they come from:

        discriminator wins: d_signal < 0.01. With cross-entropy, the mean probabilities that it gives to the wrong
            answers then sum to 1 %. The better it is, the worse the generator's gradient (Arjovsky and Bottou 2017,
            arXiv 1701.04862, section 2). A probe at the beginning counts half. Below 0.001, two probes are enough.
        discriminator loses: ranked_pairs < 0.25. For 64 real and 64 generated images this is five standard deviations
            below chance (Mann and Whitney 1947: the deviation is 0.05).
        logits run away: logit_range > 10,000 in two probes. In twelve healthy runs on digits it stayed below 100.
        vanishing gradient: the generator's norm is below 1/1000 of the usual (figure 2 of Arjovsky and Bottou:
            1/100,000 in 4,000 steps), or below 1e-8, the epsilon below which Adam ignores it.
        exploding gradient: a norm is above 100 times the usual. In healthy runs of six GANs on digits it stayed
            below 25 times.
        exploding weights: a spectral norm is above 10 times the usual. In those runs it stayed below 2 times. In
            BigGAN such norms explode when it collapses (Brock et al. 2018, arXiv 1809.11096, section 4).
        collapse: diversity < 0.1 in two probes; to the eye, that is one image. At the beginning it takes `patience`
            probes if the colours are learnt (colour_cast < 1), and otherwise each counts half: an untrained generator
            draws one grey image, and ordinary runs draw one image for up to 500 steps. Below 0.002, two are always
            enough. After the beginning also diversity < 0.5, unless it is 1.5 times the usual: k equal modes have
            1 - 1/k of the diversity of very many modes, so fewer than two are left.
        colour cast: above 1, the average sample is more tinted, brighter or darker than 95 % of real images; not if it
            is the usual divided by 1.5 or less, because a generator begins with grey images.
        saturation: above 0.5, most of the pixels that should be grey are not.

    benchmarks/training_health.py measures what it says of runs that fail and of runs that learn, and when.

    A translator is watched in the same way, with the diversity and colours of its translations next to those of the
    real images of their kind. A model with several critics has the signs of each, with its name in front: of a
    `CycleGAN` they are `health/source_ranked_pairs` and `health/target_ranked_pairs`, those of the discriminator of
    source images and its translator to them, and so on. Of a `VAEGAN`, the images that the decoder draws are judged. A
    `VAE` and other models whose `games` are empty have no such signs. Without `images`, the callback does what follows
    for them, and for any model of keras_gan.

    The callback looks for NaN and infinity in the logged losses at each step and in all variables at each probe. If it
    finds any, it raises `TrainingDiverged`, which names the last good checkpoint. With `rollbacks`, training returns to
    that checkpoint instead, at most that many times, and continues with both learning rates multiplied by
    `learning_rate_factor`.

    The probe is compiled separately, changes no state of training, and brings its numbers to the host together. It
    takes about as long as a training step. With `every=100` it took 0.8 % of the training time of a dcgan on digits,
    and 1.1 % of its first 1,000 steps (benchmarks/training_health.py). The first probe takes some seconds.

    Args:
        images: real images as in training: an array, or a tf.data.Dataset of batches. A GAN that takes labels needs
            them, too: a tuple of images and labels, or batches of both; a translator a dict of its fields, such as
            "source" and "target", or batches of it. 256 are kept of each: of a data set, a random part of its first
            4,096. Held-out images also reveal a discriminator that memorises its training images.
            None to look for NaN and infinity alone.
        every: training steps between two probes, after the beginning.
        patience: number of probes in a row that change the verdict on an illness, where two are not enough.
        directory: where `health.json` is written, made if it does not exist; None to write none.
        checkpoint: the `Checkpoint` of this training, or None.
        rollbacks: how often training may return to the last checkpoint.
        learning_rate_factor: number in (0, 1] that multiplies the learning rates after each rollback.

    Attributes:
        phrase: function that gets each message, with the arguments to change, and returns the one that is shown and
            recorded. A program whose users know the arguments by other names, such as flags, may replace it.

    Raises:
        ValueError: if an argument is out of range, the images differ in size, the directory cannot be written, or
            `rollbacks` is given without a checkpoint; when training begins, if the images do not fit the model, the
            model is not one of keras_gan, the checkpoint is not among the callbacks, or training resumes and the
            `health.json` there is not one of this callback.
        TrainingDiverged: during training, when a loss or a variable is not finite and no rollback is left.

    Example:
        >>> import keras_gan, numpy as np
        >>> images = np.zeros((32, 8, 8, 1), "float32")
        >>> gan = keras_gan.NonSaturatingGAN(*keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=4, width=8))
        >>> gan.compile(run_eagerly=True)
        >>> gan.generator.set_weights([np.full(weight.shape, np.nan) for weight in gan.generator.weights])
        >>> gan.fit(images, batch_size=8, verbose=0, callbacks=[TrainingHealth(images)])
        Traceback (most recent call last):
        keras_gan.callbacks.health.training_health.TrainingDiverged: Training diverged at step 0: generator[0] ...
    """

    def __init__(
        self,
        images=None,
        *,
        every=100,
        patience=5,
        directory=None,
        checkpoint=None,
        rollbacks=0,
        learning_rate_factor=0.5,
    ):
        super().__init__()
        self.every = require_int("every", every)
        self.patience = require_int("patience", patience)
        if checkpoint is not None and not isinstance(checkpoint, Checkpoint):
            raise ValueError(
                "`checkpoint` must be the `keras_gan.callbacks.Checkpoint` of this training, or None. "
                f"Received: checkpoint={checkpoint!r}"
            )
        self.checkpoint = checkpoint
        self.rollbacks = require_int("rollbacks", rollbacks, low=0)
        self.learning_rate_factor = require_number(
            "learning_rate_factor", learning_rate_factor, low=0.0, high=1.0, open_low=True
        )
        if self.rollbacks and checkpoint is None:
            raise ValueError(
                "Rollbacks need checkpoints: pass the `Checkpoint` of this training as `checkpoint`, too. "
                f"Received: rollbacks={rollbacks}, checkpoint=None"
            )
        self.phrase, self._ends_line = str, True
        self._real_images = None if images is None else RealImages(images, _KEPT_IMAGES)
        self._record = HealthRecord(directory)
        self.directory = self._record.directory
        self._forget()
        self._rollback_steps = []

    def on_fit_begin(self, callbacks):
        """Make sure that the checkpoint is among the callbacks, and so is written; note whose line is in progress."""
        self._ends_line = not has_progress(callbacks)
        require_own_files(self, callbacks)
        if self.checkpoint is not None and self.checkpoint not in callbacks:
            raise ValueError(
                "The `checkpoint` of TrainingHealth must be among the callbacks of `fit`, too. Otherwise it is never "
                f"written. Received: checkpoint={type(self.checkpoint).__name__} that is not in `callbacks`"
            )

    def on_train_begin(self, logs=None):
        """Run the first probe, so that wrong arguments are an error before training."""
        require_model(self.model, self._real_images)
        self._forget()
        self._rollback_steps = []
        self._probes = self._new_probes()
        self._finiteness = None if self._probes else FinitenessProbe(self.model)
        step = steps_taken(self.model)
        self._record.begin(step, writes=self.model.distribute_strategy.extended.should_checkpoint)
        signs, sick = self._probe(step, probes_due(step, self.every))
        if sick:
            self._give_up(_not_finite([], sick), step)
        self._measured = [name for name, value in named(signs).items() if value is not None]
        if step == 0:
            self._record.add(step, named(signs))

    def _new_probes(self):
        if self._real_images is None:
            return {}
        size = images_in_a_pass(self.model, _KEPT_IMAGES)
        return {name: HealthProbe(self.model, self._real_images, size, name) for name in self.model.games}

    def _probe(self, step, number):
        """Probe all games: a dict of the `VitalSigns` by their names, and the names of what is not finite."""
        found = {name: probe(step, number) for name, probe in self._probes.items()}
        sick = next(iter(found.values()))[1] if found else self._finiteness(step, number)[1]
        return {name: signs for name, (signs, _) in found.items()}, sick

    def on_epoch_begin(self, epoch, logs=None):
        """Reset the count of steps."""
        self._epoch_start = None
        self._record.warn()

    def on_train_batch_begin(self, batch, logs=None):
        """Count the steps. The model is asked once an epoch, because the answer may have to come from a device."""
        if self._epoch_start is None:
            self._epoch_start = steps_taken(self.model) - batch
        self._steps_before = self._epoch_start + batch

    def on_train_batch_end(self, batch, logs=None):
        """Check the losses, and probe the whole GAN when it is time."""
        step = self._epoch_start + steps_done(batch, self.params)
        losses = [f"{name} = {value}" for name, value in (logs or {}).items() if _is_not_finite(value)]
        # Several steps may run in one call (`steps_per_execution`) and jump over the exact multiple.
        due = probes_due(step, self.every)
        if not losses and due == probes_due(self._steps_before, self.every):
            return
        signs, sick = self._probe(step, due)
        if losses or sick:
            self._diverge(_not_finite(losses, sick), step)
        # Before the game, a critic that learns nothing is no illness, and nothing that is seen is usual later.
        if not signs or not self.model.is_in_last_phase:
            self._record.add(step, named(signs))
            return
        self._judge(signs, step)
        self._history.append(signs)
        self._probes_in_epoch += 1

    def on_epoch_end(self, epoch, logs=None):
        """Add the means of the epoch's probes to the logs; NaN if the epoch had none."""
        if logs is not None:
            probes = [named(signs) for signs in self._history][-self._probes_in_epoch :] * bool(self._probes_in_epoch)
            # A number for every epoch, because the table of Keras's `CSVLogger` has the columns of the first one.
            means = _each(statistics.fmean, probes) if probes else dict.fromkeys(self._measured, math.nan)
            logs.update({f"health/{name}": value for name, value in means.items()})
        self._probes_in_epoch = 0

    def on_train_end(self, logs=None):
        """Warn if the record could not be written."""
        self._record.warn()

    def get_state(self):
        """Return the state for a checkpoint, a dict that JSON can store."""
        return {
            "rollback_steps": list(self._rollback_steps),
            "courses": {name: list(course) for name, course in self._courses.items()},
            # The games of a probe follow each other.
            "history": [list(itertools.chain(*signs.values())) for signs in self._history],
            "probes_in_epoch": self._probes_in_epoch,
        }

    def set_state(self, state):
        """Restore what `get_state` returned.

        Args:
            state: dict.
        """
        self._forget()
        self._rollback_steps = list(state["rollback_steps"])
        self._courses.update({name: Course(*course) for name, course in state["courses"].items()})
        self._history.extend(by_game(numbers, list(self.model.games)) for numbers in state["history"])
        self._probes_in_epoch = state["probes_in_epoch"]

    def _forget(self):
        self._courses = collections.defaultdict(Course)
        self._history = collections.deque(maxlen=_MEMORY)
        self._probes_in_epoch = 0

    def _judge(self, signs, step):
        """Update the course of each illness, warn about a new one, and record it all."""
        share, said = 1.0 / self.patience, []
        for game, now in signs.items():
            usual = self._usual(game)
            for illness in ILLNESSES:
                name = full_name(game, illness.name)
                before = self._courses[name]
                course = before.after(illness.evidence(now, usual, share), share)
                self._courses[name] = course
                if course.is_ill and not before.is_ill:
                    words = illness.words(now, usual, settings_of(self.model, self.model.games[game]))
                    said.append(self.phrase(f"Step {step:,}: {words}."))
        ill = [name for name, course in self._courses.items() if course.is_ill]
        self._record.add(step, named(signs), ill, said)
        for text in said:
            self._warn(text)

    def _usual(self, game):
        """Return the `VitalSigns` of a game that are usual; None at the beginning."""
        if len(self._history) < _MEMORY // 2:
            return None
        earlier = [signs[game]._asdict() for signs in self._history]
        return VitalSigns(**{**dict.fromkeys(VitalSigns._fields), **_each(statistics.median, earlier)})

    def _warn(self, text):
        if self._ends_line and self.params.get("verbose") in (1, "auto"):
            print(flush=True)  # noqa: T201 - Keras's own progress bar is on this line
        warnings.warn(text, stacklevel=3)

    def _diverge(self, finding, step):
        """Return to the last checkpoint if a rollback is left and a checkpoint exists. Otherwise stop."""
        used = len(self._rollback_steps)
        if used >= self.rollbacks or self.checkpoint.latest is None:
            self._give_up(finding, step)
        position = self.checkpoint.rewind()
        restored = steps_taken(self.model)
        # A checkpoint written after an earlier rollback already holds the lower rates. It is from a later step.
        lowered = sum(earlier < restored for earlier in self._rollback_steps)
        self.model.scale_learning_rates(self.learning_rate_factor ** (used + 1 - lowered))
        self._rollback_steps.append(restored)
        self._forget()
        factor = self.learning_rate_factor ** (used + 1)
        text = (
            f"Step {step:,}: {finding}; training returns to {self.checkpoint.latest} (rollback {used + 1} of "
            f"{self.rollbacks}), with {factor:g} times the original learning rates."
        )
        self._record.rewind(restored)
        self._record.note(restored, text)
        self._warn(text)
        raise RestartFit(position)

    def _give_up(self, finding, step):
        latest = None if self.checkpoint is None else self.checkpoint.latest
        rescue = "There is no checkpoint to return to." if latest is None else f"The last good checkpoint is {latest}."
        used = f" after {len(self._rollback_steps)} rollbacks" if self._rollback_steps else ""
        text = f"Training diverged at step {step:,}{used}: {finding}."
        self._record.note(step, text)
        raise TrainingDiverged(
            self.phrase(
                f"{text} {rescue} Lower the learning rates, clip the gradients by their global norm, or penalise the "
                "discriminator's gradient. With `checkpoint` and `rollbacks`, TrainingHealth retries with lower rates "
                f"by itself. Received: rollbacks={self.rollbacks}"
            )
        )


def probes_due(step, every):
    """Return how many probes are due after a number of steps: the first ones come at quarters and halves of `every`.

    Example:
        >>> [step for step in range(1, 501) if probes_due(step, 100) > probes_due(step - 1, 100)]
        [25, 50, 75, 100, 150, 200, 300, 400, 500]
    """
    quarters, halves = 4 * min(step, every) // every, 2 * min(max(step - every, 0), every) // every
    return quarters + halves + max(step - 2 * every, 0) // every


def _is_not_finite(value):
    return isinstance(value, numbers.Real) and not math.isfinite(value)


def _not_finite(losses, variables):
    """Return text that says what is not finite: the logged values, and the first of the variables."""
    found = [*losses, *variables[:1]]
    more = f" and {len(variables) - 1} more variables" if len(variables) > 1 else ""
    return f"{', '.join(found)}{more} not finite"


def _each(summary, probes):
    """Summarise each number over some probes, by name, without those that the model does not have."""
    columns = {name: [probe[name] for probe in probes] for name in probes[0]}
    return {name: summary(values) for name, values in columns.items() if None not in values}
