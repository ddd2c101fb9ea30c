"""The augmentation of StyleGAN2-ADA."""

import math
import numbers
import typing

import keras
import tensorflow as tf

from keras_gan._arguments import require_int, require_number
from keras_gan._quantity import at, require_quantity, scheduled, serialised
from keras_gan._replicas import replica_count, sum_over_replicas
from keras_gan._tensors import require_float_images
from keras_gan.augmentation._affine import Affine, sampled
from keras_gan.augmentation._policy import require_policy
from keras_gan.augmentation.augmentation import Augmentation, uniform_per_image

# p is adjusted after so many updates of the discriminator.
_INTERVAL = 4


@keras.saving.register_keras_serializable(package="keras_gan")
class AdaptiveAugment(Augmentation):
    """Moves images and changes their colours with a probability p that follows how much the discriminator overfits.

    A generator learns to draw the right images even though the discriminator only sees changed ones, as long as enough
    of them are not changed: with p below about 0.8 nothing leaks into the samples. How much p is needed depends on the
    data, so p is controlled. A discriminator that overfits is sure of the images that it trains on: with the sign of
    its logits on real images,

        r = E[sign(D(x))]

    goes to 1. After every fourth discriminator update, p rises if r over these updates was above the target, and falls
    if it was below, by the number of images in these updates over `rise_images`. It stays within [0, 1].

    Each of these is applied to an image with probability p, with its own numbers from N(0, 1) or U(a, b), in this
    order:

        blit        "flip"              left to right, in half of the cases
                    "quarter_turn"      by 0, 90, 180 or 270 degrees
                    "whole_shift"       by [U(-1/8, 1/8) of the side] pixels
        geometric   "scale"             by 2^(0.2 N), both sides
                    "rotation"          by U(-180, 180) degrees, before and after "stretch": p for the two together
                    "stretch"           of the width by 2^(0.2 N), and of the height by the inverse
                    "shift"             by 0.125 N of the side
        color       "brightness"        x + 0.2 N
                    "contrast"          2^(0.5 N) x
                    "luma_flip"         the mean over the channels changes its sign, in half of the cases
                    "hue"               rotation about the grey axis by U(-180, 180) degrees
                    "saturation"        the distance from the grey axis times 2^N

    Karras et al. 2020 (arXiv 2006.06676), section 3 and appendix B: their pipeline "bgc", where p starts at 0 and has
    no upper limit. The images' reflections continue outside, here as far as needed. One difference: images are sampled
    bilinearly. The paper's wavelet filters, on images of twice the resolution, blur less. Images without three
    channels have no hue and saturation to change.

    Real images, fakes and those of the generator's update all get the same p. The GAN saves p with its weights, and
    logs it as "adaptive_augment_probability". A loss must make the logits of images positive if they look real, as
    `Minimax`, `NonSaturating` and `Hinge` do. With another loss a p cannot adapt, but it may follow a schedule.

    Args:
        policy: list of str, what may change: "blit", "geometric" and "color", or the names above one by one. The order
            is always the one above.
        probability: p, in [0, 1], at the start. Without a target, p at all times: a number, or a schedule of the
            training step.
        target: of r, in [-1, 1]; None for a p that does not adapt.
        rise_images: int, number of real images in which p can rise from 0 to 1.

    Raises:
        ValueError: if `policy` is not a list of these names, a number is out of range, or `probability` is a schedule
            and there is a target.

    Example:
        >>> import tensorflow as tf
        >>> images = tf.reshape(tf.range(4.0), (1, 2, 2, 1))
        >>> always = AdaptiveAugment(["quarter_turn"], probability=1.0, target=None)
        >>> print(always(images, seed=tf.constant([0, 8], tf.int64))[0, :, :, 0].numpy())
        [[2. 0.]
         [3. 1.]]
    """

    name = "adaptive_augment"

    def __init__(self, policy=("blit", "geometric", "color"), *, probability=0.0, target=0.6, rise_images=500_000):
        self.policy = require_policy(policy, (*_GROUPS, *_NAMES), list(_GROUPS))
        self.target = None
        if target is not None:
            self.target = require_number("target", target, low=-1.0, high=1.0)
            probability = _require_start(probability)
        self.probability = require_quantity("probability", probability, low=0.0, high=1.0)
        self.rise_images = require_int("rise_images", rise_images)

    def __call__(self, images, *, seed, step=0):
        """Return changed images, float32; see `Augmentation.__call__`."""
        images = require_float_images("images", images)
        if images.shape.rank != 4:
            raise ValueError(
                "AdaptiveAugment works on images `(batch, height, width, channels)`. For vectors, use `InstanceNoise`. "
                f"Received: images.shape={images.shape}"
            )
        images = tf.cast(images, tf.float32)
        draws = self._draws(images, seed, self.probability_at(step))
        return _coloured(_moved(images, draws), draws)

    def probability_at(self, step):
        """p: the current one of a GAN that is trained, otherwise the number or schedule that was given.

        Args:
            step: int or int tensor, the training step at which a schedule is read.

        Returns:
            float, or a float32 scalar.
        """
        if self.state is None:
            return at(self.probability, step)
        # A tensor: Keras copies what is in the logs, and cannot copy a variable.
        return tf.convert_to_tensor(self.state.probability.value)

    def make_state(self):
        """Return a layer with p and what it adapts to; None if p does not adapt."""
        return None if self.target is None else _State(self.probability)

    def observe(self, real_logits):
        """Adapt p to the discriminator's logits on real images; see `Augmentation.observe`.

        Raises:
            ValueError: if there is a target and no variable for p.
        """
        if self.target is None:
            return
        if self.state is None:
            raise ValueError(
                "This augmentation adapts, and no model saves its numbers. In a model of your own, set all that "
                f"`critic.build()` returns as attributes of the model. Received: {self!r} without a state"
            )
        self.state.observe(real_logits, self.target, self.rise_images)

    def scheduled(self):
        """Return p for the logs if it changes; see `Augmentation.scheduled`."""
        return scheduled(self) if self.state is None else {"probability": self.probability_at(0)}

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            "policy": list(self.policy),
            "probability": serialised(self.probability),
            "target": self.target,
            "rise_images": self.rise_images,
        }

    def _draws(self, images, seed, probability):
        """The random numbers of every change of the policy, in the order of the changes."""
        given = {name for entry in self.policy for name in _GROUPS.get(entry, (entry,))}
        if images.shape[-1] != 3:
            given -= set(_OF_THREE_CHANNELS)
        names = [name for name in _ORDER if name in given]
        if not names:
            return []
        drawn = uniform_per_image(images, seed, (len(names), 3))
        # Two rotations, each with this probability: at least one of them has the probability p.
        of_rotation = 1.0 - tf.sqrt(tf.maximum(1.0 - probability, 0.0))
        probabilities = tf.stack([of_rotation if name == "rotation" else probability for name in names])
        is_changed, uniform = drawn[..., 0] < probabilities, drawn[..., 1:]
        # Box and Muller 1958; the argument of the logarithm is in (0, 1].
        radius, angle = tf.sqrt(-2.0 * tf.math.log(1.0 - uniform[..., 0])), 2.0 * math.pi * uniform[..., 1]
        parts = (is_changed, uniform[..., 0], uniform[..., 1], radius * tf.cos(angle), radius * tf.sin(angle))
        return [
            _Draw(name, *row) for name, *row in zip(names, *(tf.unstack(part, axis=1) for part in parts), strict=True)
        ]


class _State(keras.layers.Layer):
    """The probability, and what the discriminator has thought of real images since it was last adjusted."""

    def __init__(self, probability):
        super().__init__(trainable=False, dtype="float32", name="adaptive_augment")
        self.probability = self._add("probability", probability)
        self.updates, self.images, self.signs = map(self._add, ("updates", "images", "signs"))
        self.built = True

    def _add(self, name, value=0.0):
        return self.add_weight(
            name=name,
            shape=(),
            initializer=keras.initializers.Constant(value),
            trainable=False,
            aggregation="only_first_replica",
        )

    def observe(self, logits, target, rise_images):
        """Count the signs of an update's logits, and adjust the probability if it is time."""
        # A comparison with NaN is false: it counts as 0, and p stays a number.
        signs = tf.cast(logits > 0.0, tf.float32) - tf.cast(logits < 0.0, tf.float32)
        # Sums of whole numbers are exact: p does not depend on replicas and parts of a batch.
        new = tf.reduce_sum(tf.reduce_mean(tf.reshape(signs, (tf.shape(signs)[0], -1)), axis=1))
        signs = self.signs.value + sum_over_replicas(new)
        images = self.images.value + tf.cast(tf.shape(logits)[0] * replica_count(), tf.float32)
        updates = self.updates.value + 1.0
        is_due = updates >= _INTERVAL
        step = tf.where(is_due, tf.sign(signs / images - target) * images / rise_images, 0.0)
        self.probability.assign(tf.clip_by_value(self.probability.value + step, 0.0, 1.0))
        for count, value in ((self.updates, updates), (self.images, images), (self.signs, signs)):
            count.assign(tf.where(is_due, 0.0, value))


class _Draw(typing.NamedTuple):
    """The random numbers of one change, each `(batch,)`.

    Attributes:
        name: of the change.
        is_changed: bool, which images it is applied to.
        uniform, second_uniform: of U(0, 1).
        normal, second_normal: of N(0, 1), made from the two above.
    """

    name: str
    is_changed: tf.Tensor
    uniform: tf.Tensor
    second_uniform: tf.Tensor
    normal: tf.Tensor
    second_normal: tf.Tensor

    @property
    def sign(self):
        """-1 or 1."""
        return tf.where(self.uniform < 0.5, -1.0, 1.0)

    @property
    def angle(self):
        """In [-pi, pi)."""
        return math.pi * (2.0 * self.uniform - 1.0)


def _of_any(draws):
    """Which images one of several changes is applied to, in a shape that broadcasts over images."""
    return tf.reduce_any([draw.is_changed for draw in draws], axis=0)[:, None, None, None]


def _moved(images, draws):
    """Images with all changes of place, sampled once. Where there are none, not a bit changes."""
    draws = [draw for draw in draws if draw.name in _GEOMETRIC]
    if not draws:
        return images
    height, width = (tf.cast(tf.shape(images)[axis], tf.float32) for axis in (1, 2))
    change = Affine()
    for draw in draws:
        change = change.then(_GEOMETRIC[draw.name](draw, width, height).where(draw.is_changed))
    return tf.where(_of_any(draws), sampled(images, change), images)


# Each is the place of the given image that a place of the changed image shows: the inverse of the change.


def _flip(draw, width, height):  # noqa: ARG001
    return Affine(xx=draw.sign)


def _quarter_turn(draw, width, height):  # noqa: ARG001
    turns = tf.floor(4.0 * draw.uniform)
    # Exact numbers: the sine of pi would not be 0.
    cosine = tf.cast(turns == 0.0, tf.float32) - tf.cast(turns == 2.0, tf.float32)
    sine = tf.cast(turns == 1.0, tf.float32) - tf.cast(turns == 3.0, tf.float32)
    return Affine(cosine, -sine, sine, cosine)


def _whole_shift(draw, width, height):
    x, y = 2.0 * draw.uniform - 1.0, 2.0 * draw.second_uniform - 1.0
    return Affine(x_shift=tf.round(0.125 * width * x), y_shift=tf.round(0.125 * height * y))


def _scale(draw, width, height):  # noqa: ARG001
    size = tf.pow(2.0, 0.2 * draw.normal)
    return Affine(xx=size, yy=size)


def _rotation(draw, width, height):  # noqa: ARG001
    cosine, sine = tf.cos(draw.angle), tf.sin(draw.angle)
    return Affine(cosine, -sine, sine, cosine)


def _stretch(draw, width, height):  # noqa: ARG001
    size = tf.pow(2.0, 0.2 * draw.normal)
    return Affine(xx=size, yy=1.0 / size)


def _shift(draw, width, height):
    return Affine(x_shift=0.125 * width * draw.normal, y_shift=0.125 * height * draw.second_normal)


def _coloured(images, draws):
    """Images with all changes of colour. Where there are none, not a bit changes.

    All of them keep the grey axis: they change the mean m of a pixel's channels, and its distance u from that.
    """
    draws = {draw.name: draw for draw in draws if draw.name in _COLOR}
    if not draws:
        return images

    def number(name, of, neutral):
        """The number of a change for each image, and the neutral one for images that it is not applied to."""
        if name not in draws:
            return neutral
        return tf.where(draws[name].is_changed, of(draws[name]), neutral)[:, None, None, None]

    brightness = number("brightness", lambda draw: 0.2 * draw.normal, 0.0)
    contrast = number("contrast", lambda draw: tf.pow(2.0, 0.5 * draw.normal), 1.0)
    sign = number("luma_flip", lambda draw: draw.sign, 1.0)
    hue = number("hue", lambda draw: draw.angle, 0.0)
    saturation = number("saturation", lambda draw: tf.pow(2.0, draw.normal), 1.0)
    mean = tf.reduce_mean(images, axis=-1, keepdims=True)
    distance = images - mean
    if "hue" in draws:
        # Rodrigues' rotation about (1, 1, 1) / sqrt(3), whose cross product with u is the last term.
        across = (tf.roll(distance, 1, axis=-1) - tf.roll(distance, -1, axis=-1)) / math.sqrt(3.0)
        distance = tf.cos(hue) * distance + tf.sin(hue) * across
    changed = contrast * (sign * (mean + brightness) + saturation * distance)
    return tf.where(_of_any(draws.values()), changed, images)


_GEOMETRIC = {
    "flip": _flip,
    "quarter_turn": _quarter_turn,
    "whole_shift": _whole_shift,
    "scale": _scale,
    "rotation": _rotation,
    "stretch": _stretch,
    "shift": _shift,
}
_COLOR = ("brightness", "contrast", "luma_flip", "hue", "saturation")
_OF_THREE_CHANNELS = ("hue", "saturation")
_GROUPS = {
    "blit": ("flip", "quarter_turn", "whole_shift"),
    "geometric": ("scale", "rotation", "stretch", "shift"),
    "color": _COLOR,
}
_NAMES = (*_GEOMETRIC, *_COLOR)
# The rotation comes once before the stretch and once after it.
_ORDER = (*_GROUPS["blit"], "scale", "rotation", "stretch", "rotation", "shift", *_COLOR)


def _require_start(probability):
    if not isinstance(probability, numbers.Real):
        raise ValueError(
            "With a target, `probability` is the number at which p starts. For a schedule, give `target=None`. "
            f"Received: probability={probability!r}"
        )
    return probability
