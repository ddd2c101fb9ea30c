"""How different two images look, by the features of a network."""

import hashlib
import math
import os

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_text
from keras_gan.metrics._features import as_array
from keras_gan.metrics._networks import existing_path, keras_network, opened
from keras_gan.metrics._pairs import PairValues, values_of_pairs

_EPSILON = 1e-10
# Where the authors cut the two networks: after the last activation at each size of VGG16; after the first convolution
# of SqueezeNet, its last module at each size, and each module of the smallest.
_STAGES = (
    ("block1_relu2", "block2_relu2", "block3_relu3", "block4_relu3", "block5_relu3"),
    ("relu_conv1", "fire3", "fire5", "fire6", "fire7", "fire8", "fire9"),
)


class Lpips:
    """Perceptual distance of images and their targets: LPIPS, or one like it with other weights. Lower is better.

    Two textures of the same kind look alike although no pixel is the same. Features of a network see that, and
    pixels do not. For the maps f_l of the stages of the network, each divided by its length over the channels at each
    position,

        d(x, y) = sum over l of  mean over positions of  sum over channels c of  w_lc (f_lc(x) - f_lc(y))^2

    The heads w >= 0 were fitted to the judgements of people. Zhang et al. 2018, "The unreasonable effectiveness of deep
    features as a perceptual metric" (arXiv 1801.03924), equation 1, with the stages and the epsilon of version 0.1 of
    the authors' code.

    The name LPIPS belongs to the authors' heads on the weights that they were fitted to, those of torchvision. A head
    names channels of one training: in a network that was trained by others, even of the same architecture, the same
    channel sees something else. The value is then a perceptual distance of its own. So its name is "lpips_like" unless
    you give another, and it is compared only with values of the same `fingerprint`. Without heads all channels count
    alike, which the paper calls the baseline.

    Nothing is downloaded, and no weights are part of this package: `keras_gan.networks.perceptual_trunk` reads them
    from a file of yours.

    Args:
        network: keras.Model from RGB (or grey) images in [-1, 1] to anything; `perceptual_trunk(weights=...,
            architecture="squeezenet", preprocessing="torch")` is one. "torch" is the scaling layer of LPIPS.
        heads: one array of weights for each stage: a list of them, a dict or the path of an `.npz` file with `lin0`,
            `lin1` and so on; None for equal weights.
        layers: names of the layers whose outputs are the stages; None for those of LPIPS in the VGG16 or SqueezeNet of
            `perceptual_trunk`.
        name: str, the name in results.

    Attributes:
        fingerprint: hexadecimal SHA-256 of the network and the heads.
        extractor: name of the network.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the network has no such layers, or the heads are damaged or of other sizes.

    Example:
        >>> network = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(8, 3, name="edges")])
        >>> distance = Lpips(network, layers=["edges"])
        >>> images = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 3))
        >>> distance(images, images).mean, distance(images, -images).mean > 0.1
        (0.0, True)
    """

    better, bounds = "lower", (0.0, math.inf)

    def __init__(self, network, heads=None, *, layers=None, name="lpips_like"):
        if not isinstance(network, keras.Model):
            raise ValueError(
                "`network` must be a keras.Model, such as `keras_gan.networks.perceptual_trunk` returns. "
                f"Received: network={network!r:.80}"
            )
        self.name, self.extractor = require_text("name", name), network.name
        self.layers = _stages(network, layers)
        self._network = keras_network(network, self.layers)
        self._heads = _checked_heads(heads, [network.get_layer(layer).output.shape[-1] for layer in self.layers])
        digest = hashlib.sha256(f"{self._network.digest} {self.layers}".encode())
        for head in self._heads:
            digest.update(head.tobytes())
        self.fingerprint = digest.hexdigest()

    def __call__(self, images, targets):
        """Return the distance of each image to its target.

        Args:
            images: array-like `(num_pairs, height, width, channels)`: floats in [-1, 1], uint8 or uint16. Grey images
                are repeated in three channels if the network takes three.
            targets: array-like of the same shape.

        Returns:
            `PairValues`: `mean`, a float, and `values`, float64 `(num_pairs,)`, at least 0. The network computes in
            its own precision.

        Raises:
            ValueError: if these are no pairs of images in their range, or the network cannot take them.
        """
        shape = as_array("images", images).shape
        wanted = self._network.input_shape[-1]
        if len(shape) == 4 and wanted not in (None, shape[-1]) and (shape[-1], wanted) != (1, 3):
            raise ValueError(
                f"The network takes images of {wanted} channels. Put images with alpha on a background first. "
                f"Received: images.shape={shape}"
            )
        values = values_of_pairs(self._of_arrays, images, targets)
        if not np.isfinite(values).all():
            raise _unfit(shape)
        return PairValues(float(values.mean()), values)

    def _of_arrays(self, *pairs):
        """The distances of arrays `(num_pairs, channels, height, width)` in [0, 1], float64."""
        both = tf.constant(2.0 * np.concatenate(pairs).transpose(0, 2, 3, 1) - 1.0, tf.float32)
        if (both.shape[-1], self._network.input_shape[-1]) == (1, 3):
            both = tf.repeat(both, 3, axis=-1)
        try:
            stages = self._network.run(both)
            parts = [_distances(stages[layer], head) for layer, head in zip(self.layers, self._heads, strict=True)]
        except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
            raise _unfit(tuple(both.shape)) from error
        return tf.add_n(parts).numpy().astype(np.float64)


def _distances(features, head):
    """The distances of the first half of some maps to the second, a float32 tensor `(num_pairs,)`."""
    features = tf.cast(features, tf.float32)
    length = tf.sqrt(tf.reduce_sum(tf.square(features), axis=-1, keepdims=True))
    first, second = tf.split(features / (length + _EPSILON), 2)
    return tf.reduce_mean(tf.linalg.matvec(tf.square(first - second), head), axis=(1, 2))


def _unfit(shape):
    return ValueError(
        "The network cannot take these images: they may be too small for it, so enlarge them, or of another size than "
        f"it was built for. Received: images of shape {shape}"
    )


def _stages(network, layers):
    """The names of the layers whose outputs are compared, a tuple."""
    known = [layer.name for layer in network.layers]
    if layers is None:
        layers = next((names for names in _STAGES if set(names) <= set(known)), None)
    if not isinstance(layers, list | tuple) or not layers or not all(layer in known for layer in layers):
        raise ValueError(
            "`layers` must be names of layers of the network; only of the VGG16 and the SqueezeNet of "
            f"`perceptual_trunk` it may be None. It has {', '.join(known[:9])} ... Received: layers={layers!r}"
        )
    return tuple(layers)


def _checked_heads(heads, widths):
    """The heads as float32 vectors, one for each stage, or a ValueError."""
    if heads is None:
        return [np.ones(width, np.float32) for width in widths]
    if isinstance(heads, str | os.PathLike):
        heads = opened(_read, existing_path("heads", heads, "file of heads"))
    if isinstance(heads, dict):
        heads = [heads.get(f"lin{number}", ()) for number in range(len(heads))]
    if not isinstance(heads, list | tuple):
        raise ValueError(f"`heads` must be a list of arrays, a dict or a path. Received: heads={heads!r:.80}")
    found = [np.ravel(as_array("heads", head, "fiu")).astype(np.float32) for head in heads]
    sizes = [head.size for head in found]
    if sizes != widths or any(not np.isfinite(head).all() or head.min() < 0 for head in found):
        expected = ", ".join(map(str, widths))
        raise ValueError(
            f"The heads must be {len(widths)} arrays, `lin0` to `lin{len(widths) - 1}`, of {expected} finite weights "
            f"of at least 0. Received: heads of the sizes {sizes}"
        )
    return found


def _read(path):
    with np.load(path, allow_pickle=False) as file:
        return dict(file)
