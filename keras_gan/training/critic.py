"""The network that judges samples, as the losses and penalties of one update see it."""

import typing
import warnings

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_bool
from keras_gan.augmentation import Augmentation
from keras_gan.penalties import mean_logits
from keras_gan.training._given_generator import GivenGenerator
from keras_gan.training._networks import inner_scale, samples_per_verdict
from keras_gan.training.interface import LABELS, TOKENS, Interface
from keras_gan.training.passes import current_noise, current_passes, forward, inference, is_training, uncounted

SOURCE, MASKS, LATENTS, TEXT = "source", "masks", "latents", "text"

# A sigmoid of a fresh network is near 1/2, and its logit is near 0.
_LEAST_PROBABILITY = 0.1
_CONDITIONS = (LABELS, SOURCE, MASKS, LATENTS, TEXT)


class Verdict(typing.NamedTuple):
    """What a critic returns for a batch.

    Attributes:
        logits: float32 `(batch, 1)` or a patch map, without a sigmoid; a list of maps from a critic of several scales.
        classes: float32 `(batch, num_classes)`, logits of the classes; None if the network has no such output.
        codes: float32 `(batch, ...)`, its estimate of a code; None if the network has no such output.
        features: float32, or a list of tensors (of lists, one for each scale), features from its layers; None if the
            network has no such output.
    """

    logits: typing.Any
    classes: tf.Tensor | None = None
    codes: tf.Tensor | None = None
    features: typing.Any = None


class Critic:
    """Passes each batch through the judging network only once in an update.

    The loss needs D(x), and R1 needs the gradient of the same D(x): both come from one pass. A critic remembers its
    passes until the end of the update, because the network's weights do not change until then.

    Args:
        network: keras.Model, samples to logits; optionally with conditions, and with more outputs: see `Verdict`.
        role: name of the network in messages.
        judges: name of the field that holds the samples.
        conditions: tuple of the names of the fields that the network may take next to the samples: labels, the
            "source" that a picture was made from, or the "masks" of its hole, both of the same height and width, or the
            "latents" that belong to it, or the vector of a "text" about it.
        multiscale: bool, whether the network may return a list of patch maps as its logits. The losses of such a
            critic are sums over the maps, and penalties do not take it.
        augmentations: list of `keras_gan.augmentation.Augmentation`, applied to all real and generated samples
            before the network sees them. Penalties differentiate with respect to the samples before that. A sample and
            its source or mask are changed as one picture with the channels of both.
        generator: `Interface` of the network that makes the samples, for penalties that draw more; None if there is no
            such network.

    Raises:
        ValueError: if the network does not return one logit for each sample, or a map of them, or an argument is of
            another type.

    Example:
        >>> import keras
        >>> import tensorflow as tf
        >>> critic = Critic(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones")]))
        >>> critic({"images": tf.constant([[1.0, 2.0]])}).logits.numpy().tolist()
        [[3.0]]
    """

    def __init__(
        self,
        network,
        *,
        role="critic",
        judges="images",
        conditions=(LABELS,),
        multiscale=False,
        augmentations=(),
        generator=None,
    ):
        self.interface = Interface(network, role, (judges, *_require_conditions(conditions)), "logits")
        self.judges, self._role, self._is_judged = judges, role, False
        self.augmentations = _require_augmentations(augmentations)
        self.generator = _require_interface(generator)
        _require_logits(self.interface, role, is_multiscale=require_bool("multiscale", multiscale))
        self._inner_scale = inner_scale(network)

    def __call__(self, batch):
        """Judge a batch.

        Args:
            batch: dict of named tensors, the samples and, if the network takes them, their conditions.

        Returns:
            `Verdict`.
        """
        return self._pass(batch).verdict

    def build(self):
        """Make the variables of the augmentations; a model calls it once.

        Returns:
            dict of name to `keras.layers.Layer`. As attributes of the model, they are saved with it.
        """
        for augmentation in self.augmentations:
            augmentation.build()
        states = {f"augmentation_{index}": entry.state for index, entry in enumerate(self.augmentations)}
        return {name: state for name, state in states.items() if state is not None}

    def observe(self, real):
        """Let the augmentations know, at the end of the update in progress, what the network thinks of real samples.

        Args:
            real: dict of named tensors, as in the call.
        """
        for augmentation in self.augmentations:
            current_passes().tell(augmentation.observe, _in_rows(self(real).logits))

    def warn_of_probabilities(self):
        """Warn if the network returns probabilities, as one that ends in a sigmoid does, instead of logits."""
        # No text is loud, so the logits of a new network for it may all lie in [0, 1].
        if self._is_judged or self.judges == TOKENS or not all(map(_is_known, self.interface.shapes.values())):
            return
        self._is_judged = True
        with inference(), uncounted():
            samples = _probe(self.interface.shapes, self.judges, samples_per_verdict(self.interface.network))
            logits = _in_rows(forward(self.interface, samples)["logits"])
        lowest, highest = float(tf.reduce_min(logits)), float(tf.reduce_max(logits))
        if lowest >= 0.0 and _LEAST_PROBABILITY < highest <= 1.0:
            warnings.warn(
                f"The {self._role} '{self.interface.network.name}' seems to return probabilities, because they stay "
                f"within [0, 1] ([{lowest:.3g}, {highest:.3g}]) whatever its input. It must return logits: if it ends "
                "in a sigmoid, leave that out. The losses that need a sigmoid include it.",
                stacklevel=5,
            )

    def given(self, batch):
        """The critic as penalties take it: a function of the samples alone, with the conditions of a batch.

        Args:
            batch: dict of named tensors.

        Returns:
            function of samples that returns logits; it has `input_gradients`.

        Raises:
            ValueError: if the critic returns several maps: a penalty would mix their slopes.
        """
        if isinstance(self.interface.outputs["logits"], list):
            raise ValueError(
                "A penalty looks at the slope of one judgement of each sample, and this network returns several maps "
                "of them, one for each scale. Leave the penalty out, or take a discriminator of one scale. "
                f"Received: {self._role} with {len(self.interface.outputs['logits'])} maps of logits"
            )
        return _Conditioned(self, {name: value for name, value in batch.items() if name != self.judges})

    def input_gradients(self, batch):
        """Gradient of each sample's logit (or the mean of its patch map) with respect to that sample."""
        judged = self._pass(batch)
        if judged.gradients is None:
            gradients = judged.tape.gradient(
                judged.outputs,
                batch[self.judges],
                output_gradients=tf.fill(tf.shape(judged.outputs), self._inner_scale),
                unconnected_gradients="zero",
            )
            judged.gradients = gradients / self._inner_scale
        return judged.gradients

    def moved(self, batch, shift):
        """Judge a batch whose samples are moved by a shift; augmentations change them as they change the batch.

        Args:
            batch: dict of named tensors.
            shift: float32, of the shape of the samples.

        Returns:
            `Verdict`.
        """
        seeds = self._pass(batch).seeds
        return self._pass({**batch, self.judges: batch[self.judges] + shift}, seeds).verdict

    def _pass(self, batch, seeds=None):
        verdicts = current_passes().verdicts
        samples = batch[self.judges]
        # The same samples with other labels are another batch.
        key = (id(self), *(id(batch[name]) for name in self.interface.shapes))
        if key not in verdicts:
            # Recording costs nothing in a graph: the backward pass exists only if the gradients are used.
            seeds = self._new_seeds() if seeds is None else seeds
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                if samples.dtype.is_floating:
                    tape.watch(samples)
                outputs = forward(self.interface, self._augmented(batch, seeds))
                verdict = Verdict(**{name: outputs.get(name) for name in Verdict._fields})
                verdicts[key] = _Pass(batch, verdict, mean_logits(_in_rows(verdict.logits)), tape, seeds)
        return verdicts[key]

    def _new_seeds(self):
        """A seed for each augmentation of a pass; none outside training."""
        noise = current_noise()
        return [] if noise is None or not is_training() else [noise.next_seed() for _ in self.augmentations]

    def _augmented(self, batch, seeds):
        """The batch, with its samples (and their sources and masks) changed by the augmentations."""
        if not seeds:
            return batch
        names = [name for name in (self.judges, SOURCE, MASKS) if name in self.interface.shapes]
        pictures, noise = tf.concat([batch[name] for name in names], axis=-1), current_noise()
        for augmentation, seed in zip(self.augmentations, seeds, strict=True):
            pictures = augmentation(pictures, seed=seed, step=noise.step)
        changed = tf.split(pictures, [batch[name].shape[-1] for name in names], axis=-1)
        return {**batch, **dict(zip(names, changed, strict=True))}


class _Pass:
    """One pass of a batch, with the tape that watched it."""

    def __init__(self, batch, verdict, outputs, tape, seeds):
        # The batch is kept so that no other tensor gets the identity that the pass is found by.
        self.batch, self.seeds = batch, seeds
        self.verdict, self.outputs, self.tape, self.gradients = verdict, outputs, tape, None


class _Conditioned:
    """A critic with the conditions of a batch."""

    def __init__(self, critic, conditions):
        self._critic, self._conditions = critic, conditions
        self.main = critic.judges

    @property
    def network(self):
        return self._critic.interface.network

    @property
    def generator(self):
        """The generator with the same conditions; None if there is none."""
        return None if self._critic.generator is None else GivenGenerator(self._critic.generator, self._conditions)

    def __call__(self, samples):
        return self._critic({**self._conditions, self._critic.judges: samples}).logits

    def input_gradients(self, samples):
        return self._critic.input_gradients({**self._conditions, self._critic.judges: samples})

    def moved(self, samples, shift):
        return self._critic.moved({**self._conditions, self._critic.judges: samples}, shift).logits


def _require_conditions(conditions):
    is_list = isinstance(conditions, list | tuple)
    if not is_list or not all(isinstance(name, str) and name in _CONDITIONS for name in conditions):
        raise ValueError(
            f"`conditions` must be a tuple of names, any of {', '.join(map(repr, _CONDITIONS))}. Received: "
            f"conditions={conditions!r}"
        )
    return tuple(conditions)


def _require_augmentations(augmentations):
    is_list = isinstance(augmentations, list | tuple)
    if not is_list or not all(isinstance(entry, Augmentation) for entry in augmentations):
        raise ValueError(
            "`augmentations` must be a list of `keras_gan.augmentation.Augmentation`, such as `[DiffAugment()]`. "
            f"Received: augmentations={augmentations!r}"
        )
    return tuple(augmentations)


def _require_interface(generator):
    if generator is not None and not isinstance(generator, Interface):
        raise ValueError(
            "`generator` must be the `Interface` of a network, as in `Interface(network, 'generator', ('latents',), "
            f"'images')`. Received: generator={generator!r}"
        )
    return generator


def _require_logits(interface, role, *, is_multiscale):
    """Raise a ValueError unless the network ends in one logit, or a map of them, or several maps where they may be."""
    unknown = sorted(set(interface.outputs) - set(Verdict._fields))
    if unknown or "logits" not in interface.outputs:
        raise ValueError(
            f"The outputs of a {role} with several outputs must have names: 'logits', and any of "
            f"{', '.join(Verdict._fields[1:])}. Received: {role} with outputs {list(interface.outputs)}"
        )
    maps = interface.outputs["logits"]
    if isinstance(maps, list) and not is_multiscale:
        raise ValueError(
            f"The {role} returns a list of patch maps, which this model does not take: build it with one scale, as "
            "`networks.patch_discriminator` does, or train `Pix2PixHD`. Received: "
            f"{role} with {len(maps)} maps of logits"
        )
    for verdict in maps if isinstance(maps, list) else [maps]:
        if verdict and verdict[-1] != 1:
            raise ValueError(
                f"The {role} must return one logit for each sample, `(batch, 1)`, or a map of them, such as `(batch, "
                f"height, width, 1)`. Received: {role}.output_shape={(None, *verdict)}"
            )


def _in_rows(logits):
    """The logits of all scales in one tensor, a row for each sample; those of one scale unchanged."""
    if not isinstance(logits, list):
        return logits
    return tf.concat([tf.reshape(scale, (tf.shape(scale)[0], -1)) for scale in logits], axis=-1)


def _is_known(shape):
    return None not in shape


def _probe(shapes, judges, copies):
    """Samples on which some logit leaves [0, 1]: white, noise, very loud noise, and their negatives.

    All are of class 0, their sources are grey, nothing of them is hole, and their latents and texts are zero.
    """
    noise = np.random.default_rng(0).uniform(-1.0, 1.0, (2, *shapes[judges]))
    samples = np.stack([np.ones(shapes[judges]), *noise, 1e6 * noise[0]]).astype("float32")
    samples = np.repeat(np.concatenate([samples, -samples]), copies, axis=0)
    conditions = {
        LABELS: tf.zeros((len(samples),), tf.int32),
        **{name: tf.zeros((len(samples), *shapes.get(name, ()))) for name in (SOURCE, MASKS, LATENTS, TEXT)},
    }
    return {name: tf.constant(samples) if name == judges else conditions[name] for name in shapes}
