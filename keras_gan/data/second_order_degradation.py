"""The degradation of Real-ESRGAN: blur, size, noise and JPEG, twice."""

import dataclasses
import math

import tensorflow as tf

from keras_gan.data.degradation import Degradation, in_levels

# Kernels have odd sides from 7 to 21.
_RADIUS = 10
_METHODS = ("area", "bilinear", "bicubic")
# ITU-R BT.601.
_LUMA = (0.299, 0.587, 0.114)


@dataclasses.dataclass(frozen=True)
class _Order:
    """The ranges of one of the two degradations, as in the authors' settings for a scale of 4.

    Attributes:
        blur: probability of a blur.
        sinc: probability that the blur is a sinc filter.
        deviation: range of the standard deviations of a Gaussian blur, in pixels.
        larger, smaller: probability of a larger or smaller image.
        factors: range of the factors of the size.
        noise: range of the standard deviation of Gaussian noise, in levels of 255.
        poisson: range of the factor of Poisson noise.
    """

    blur: float
    sinc: float
    deviation: tuple
    larger: float
    smaller: float
    factors: tuple
    noise: tuple
    poisson: tuple


_FIRST = _Order(1.0, 0.1, (0.2, 3.0), 0.2, 0.7, (0.15, 1.5), (1.0, 30.0), (0.05, 3.0))
_SECOND = _Order(0.8, 0.1, (0.2, 1.5), 0.3, 0.4, (0.3, 1.2), (1.0, 25.0), (0.05, 2.5))
_FINAL_SINC, _GREY_NOISE, _GAUSSIAN_NOISE = 0.8, 0.4, 0.5
# Of the authors' blurs, 45 % are round Gaussians and 25 % elongated ones; the others are left out.
_ISOTROPIC = 0.45 / (0.45 + 0.25)
_JPEG = (30, 95)


class SecondOrderDegradation(Degradation):
    """Makes images bad as photographs on the internet are: blurred, resized, noisy and compressed, all of it twice.

    A network that only ever saw `Bicubic` sources sharpens the noise and the blocks of a real picture. Here each image
    is blurred (by a round or an elongated Gaussian, or a sinc filter, which rings), becomes larger or smaller, gets
    Gaussian or Poisson noise, in colours or in grey, and is compressed as JPEG; then all of that again, weaker. At the
    end it is brought to its size, and mostly rings, before or after the last JPEG. Each image draws its own numbers.

    Wang et al. 2021 (arXiv 2107.10833), section 3, with the ranges of the authors' settings. Differences: the blurs are
    Gaussian without the generalised and the plateau-shaped ones, Poisson noise always counts 256 levels, and next to
    the border the pixels there are repeated, so that images may be of any size. The sizes between are relative to the
    target, as in the paper: to its sides the first time, and to its sides over `scale` the second.

    Args:
        scale: int, how many times lower and narrower the sources are.

    Raises:
        ValueError: if `scale` is not an integer of at least 1.

    Example:
        >>> degradation = SecondOrderDegradation(4)
        >>> degradation(tf.zeros((1, 32, 32, 3)), tf.constant([[0, 7]], tf.int64)).shape
        TensorShape([1, 8, 8, 3])
    """

    def __call__(self, images, seeds):
        """Degrade images, each by its own seed."""
        height, width, channels = images.shape[1:]
        sides = (height // self.scale, width // self.scale)

        def degraded(image_and_seed):
            image, seed = image_and_seed
            return self._degraded(image, _Draws(seed), sides)

        spec = tf.TensorSpec((*sides, channels), tf.float32)
        return tf.map_fn(degraded, (images, tf.cast(seeds, tf.int64)), fn_output_signature=spec)

    def __repr__(self):
        """The class and its setting."""
        return f"SecondOrderDegradation({self.scale})"

    def _degraded(self, image, draws, sides):
        channels = image.shape[-1]
        image = 0.5 * (image + 1.0)
        image = _jpeg(_once(image, draws, _FIRST, image.shape[:2]), draws)
        image = _once(image, draws, _SECOND, sides)
        is_last = draws.chance(0.5)
        ringing = tf.where(draws.chance(_FINAL_SINC), _sinc(draws, math.pi / 3), _delta())

        def finished(image):
            return _blurred(_resized(image, sides, draws), ringing)

        image = tf.cond(is_last, lambda: _jpeg(finished(image), draws), lambda: finished(_jpeg(image, draws)))
        return in_levels(2.0 * tf.ensure_shape(image, (*sides, channels)) - 1.0, 256)


class _Draws:
    """The random numbers of one image, a function of its seed; each draw has its own.

    Args:
        seed: int64 tensor (2,).
    """

    def __init__(self, seed):
        self._seed, self._count = seed, 0

    def seed(self):
        """A new seed."""
        self._count += 1
        return tf.random.experimental.stateless_fold_in(self._seed, self._count)

    def uniform(self, low=0.0, high=1.0):
        """A float32 scalar in [low, high)."""
        return tf.random.stateless_uniform((), self.seed(), low, high, alg="philox")

    def chance(self, probability):
        """True with a probability."""
        return self.uniform() < probability

    def normal(self, shape):
        """Standard normal numbers."""
        return tf.random.stateless_normal(shape, self.seed(), alg="philox")

    def integer(self, low, high):
        """An int32 scalar in [low, high]."""
        return tf.random.stateless_uniform((), self.seed(), low, high + 1, tf.int32, alg="philox")


def _once(image, draws, order, sides):
    """A blur, another size and noise; `sides` are those that the factor of the size is relative to."""
    kernel = tf.where(draws.chance(order.sinc), _sinc(draws), _gaussian(draws, order.deviation))
    image = _blurred(image, tf.where(draws.chance(order.blur), kernel, _delta()))
    kind, (low, high) = draws.uniform(), order.factors
    factor = tf.where(
        kind < order.larger,
        draws.uniform(1.0, high),
        tf.where(kind < order.larger + order.smaller, draws.uniform(low, 1.0), 1.0),
    )
    scaled = [tf.maximum(tf.cast(tf.round(side * factor), tf.int32), 1) for side in map(float, sides)]
    return _noisy(_resized(image, scaled, draws), draws, order)


def _grid():
    """The rows and the columns of a kernel, float32 `(side, side)` each, from its middle."""
    line = tf.range(-_RADIUS, _RADIUS + 1, dtype=tf.float32)
    return tf.meshgrid(line, line, indexing="ij")


def _normalised(kernel, radius):
    """The kernel within a radius in rows and columns, with the sum 1."""
    rows, columns = _grid()
    kernel = tf.where(tf.maximum(tf.abs(rows), tf.abs(columns)) <= radius, kernel, 0.0)
    return kernel / tf.reduce_sum(kernel)


def _radius(draws):
    return tf.cast(draws.integer(3, _RADIUS), tf.float32)


def _gaussian(draws, deviation):
    """A Gaussian, round or elongated in any direction."""
    rows, columns = _grid()
    one, other, angle = draws.uniform(*deviation), draws.uniform(*deviation), draws.uniform(-math.pi, math.pi)
    other = tf.where(draws.chance(_ISOTROPIC), one, other)
    along = (columns * tf.cos(angle) + rows * tf.sin(angle)) / one
    across = (rows * tf.cos(angle) - columns * tf.sin(angle)) / other
    return _normalised(tf.exp(-0.5 * (along**2 + across**2)), _radius(draws))


def _sinc(draws, lowest=math.pi / 5):
    """The ideal low-pass filter of a round band, cut off: it makes edges ring."""
    rows, columns = _grid()
    radius = _radius(draws)
    cutoff = draws.uniform(tf.where(radius < 6.0, math.pi / 3, lowest), math.pi)
    distance = tf.sqrt(rows**2 + columns**2)
    inside = tf.maximum(distance, 1e-6)
    kernel = cutoff * tf.math.special.bessel_j1(cutoff * inside) / (2 * math.pi * inside)
    return _normalised(tf.where(distance > 0.0, kernel, cutoff**2 / (4 * math.pi)), radius)


def _delta():
    """The kernel that changes nothing."""
    rows, columns = _grid()
    return tf.cast((rows == 0.0) & (columns == 0.0), tf.float32)


def _blurred(image, kernel):
    """The image under a kernel, its border repeated."""
    for axis in (0, 1):
        side = tf.shape(image)[axis]
        places = tf.clip_by_value(tf.range(-_RADIUS, side + _RADIUS), 0, side - 1)
        image = tf.gather(image, places, axis=axis)
    # The channels as a batch: they share the kernel.
    planes = tf.transpose(image, (2, 0, 1))[..., tf.newaxis]
    planes = tf.nn.conv2d(planes, kernel[..., tf.newaxis, tf.newaxis], 1, "VALID")
    return tf.transpose(planes[..., 0], (1, 2, 0))


def _resized(image, sides, draws):
    """The image at another size, by one of three methods."""
    methods = [lambda method=method: tf.image.resize(image, sides, method) for method in _METHODS]
    return tf.clip_by_value(tf.switch_case(draws.integer(0, len(_METHODS) - 1), methods), 0.0, 1.0)


def _noisy(image, draws, order):
    """The image with Gaussian or Poisson noise, in all channels alike or not."""
    is_grey = draws.chance(_GREY_NOISE)
    shape = tf.shape(image)
    seed = draws.seed()
    deviation, factor = draws.uniform(*order.noise) / 255.0, draws.uniform(*order.poisson)
    gaussian = deviation * draws.normal(shape)
    # In grey, the photons of the grey image count.
    light = tf.where(is_grey, tf.broadcast_to(_grey(image), shape), image)
    photons = tf.random.stateless_poisson(shape, seed, 256.0 * light, tf.float32)
    poisson = factor * (photons / 256.0 - light)
    noise = tf.where(draws.chance(_GAUSSIAN_NOISE), gaussian, poisson)
    return tf.clip_by_value(image + tf.where(is_grey, noise[..., :1], noise), 0.0, 1.0)


def _grey(image):
    if image.shape[-1] == 3:
        return tf.tensordot(image, tf.constant(_LUMA), 1)[..., tf.newaxis]
    return tf.reduce_mean(image, axis=-1, keepdims=True)


def _jpeg(image, draws):
    """The image after a JPEG file; of other channels than one or three, each is a grey file."""
    quality, channels = draws.integer(*_JPEG), image.shape[-1]
    planes = [image] if channels in (1, 3) else tf.split(image, channels, axis=-1)
    return tf.concat([tf.image.adjust_jpeg_quality(plane, quality) for plane in planes], axis=-1)
