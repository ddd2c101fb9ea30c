"""How different two images look, by the features of a network."""

import hashlib
import json
import math

import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_choice, require_text
from keras_gan.metrics import _trunks
from keras_gan.metrics._features import as_array
from keras_gan.metrics._pairs import PairValues, values_of_pairs

_EPSILON = 1e-10


class Lpips:
    """Perceptual distance of images and their targets: LPIPS, or one like it with other weights. Lower is better.

    Two textures of the same kind look alike although no pixel is the same. Features of a network see that, and
    pixels do not. For the maps f_l of the stages of the network, each divided by its length over the channels at each
    position,

        d(x, y) = sum over l of  mean over positions of  sum over channels c of  w_lc (f_lc(x) - f_lc(y))^2

    The heads w >= 0 were fitted to the judgements of people. Zhang et al. 2018, "The unreasonable effectiveness of deep
    features as a perceptual metric" (arXiv 1801.03924), equation 1, in version 0.1 of the authors' code: stages and
    epsilon are theirs.

    The name LPIPS belongs to the authors' heads on the weights that they were fitted to, those of torchvision. Heads
    name channels of one training: with a network that was trained anew, even of the same architecture, they weigh
    other channels. The value then is a perceptual distance of its own, so it has the name "lpips_like" unless you give
    another, and it is compared only with values of the same `fingerprint`. Without heads, all channels count alike,
    which the paper calls the uncalibrated distance.

    Nothing is downloaded, and no weights are part of this package.

    Args:
        weights: the convolutions of the network: a dict of name to array, or the path of an `.npz` or HDF5 file, such
            as `vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5` of `keras.applications`. The names begin with those
            of the layers: `block1_conv1/` to `block5_conv3/`; `conv1/`, `fire2/squeeze1x1/` to `fire9/expand3x3/`.
        heads: one array of weights for each stage: a list of them, a dict or the path of an `.npz` file with `lin0`,
            `lin1` and so on; None for equal weights.
        architecture: "squeezenet" (SqueezeNet 1.1, 2.9 MB, seven stages) or "vgg16" (five stages).
        preprocessing: how the network was trained to see images: "torchvision", the scaling layer of LPIPS; or "caffe",
            bytes in the order blue, green, red less their means, for the VGG16 of `keras.applications` and for
            converted Caffe weights.
        name: str, the name in results.

    Attributes:
        fingerprint: hexadecimal SHA-256 of the weights, the heads and the settings.
        trunk: keras.Model, from RGB images in [-1, 1] to the list of stages.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if weights or heads are missing, damaged or of another shape, or there is no such architecture or
            preprocessing.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> sizes = {2: (64, 16, 64), 3: (128, 16, 64), 4: (128, 32, 128), 5: (256, 32, 128), 6: (256, 48, 192),
        ...          7: (384, 48, 192), 8: (384, 64, 256), 9: (512, 64, 256)}
        >>> shapes = {"conv1": (3, 3, 3, 64)}
        >>> for number, (given, squeeze, expand) in sizes.items():
        ...     shapes[f"fire{number}/squeeze1x1"] = (1, 1, given, squeeze)
        ...     shapes |= {f"fire{number}/expand{side}x{side}": (side, side, squeeze, expand) for side in (1, 3)}
        >>> weights = {f"{name}/kernel": rng.normal(size=shape) for name, shape in shapes.items()}
        >>> weights |= {f"{name}/bias": np.zeros(shape[-1]) for name, shape in shapes.items()}
        >>> distance = Lpips(weights)
        >>> images = rng.uniform(-1, 1, (2, 32, 32, 3))
        >>> distance(images, images).mean, distance(images, -images).mean > 0.1
        (0.0, True)
    """

    better, bounds, resize = "lower", (0.0, math.inf), "none"

    def __init__(
        self, weights, heads=None, *, architecture="squeezenet", preprocessing="torchvision", name="lpips_like"
    ):
        require_choice("architecture", architecture, _trunks.TRUNKS)
        require_choice("preprocessing", preprocessing, _trunks.PREPROCESSING)
        self.name = require_text("name", name)
        _, widths, self._smallest_side = _trunks.TRUNKS[architecture]
        self._heads = _checked_heads(heads, widths)
        self.trunk = _trunks.trunk(architecture, weights, preprocessing)
        digest = hashlib.sha256(json.dumps([architecture, preprocessing]).encode())
        for array in [*self.trunk.get_weights(), *self._heads]:
            digest.update(np.ascontiguousarray(array, np.float32).tobytes())
        self.fingerprint = digest.hexdigest()
        spec = tf.TensorSpec((None, None, None, 3), tf.float32)
        self._distances = tf.function(self._of_tensors, input_signature=[spec, spec], autograph=False)

    def __call__(self, images, targets):
        """Return the distance of each image to its target.

        Args:
            images: array-like `(num_pairs, height, width, channels)`: floats in [-1, 1], uint8 or uint16. Grey images
                are repeated in three channels.
            targets: array-like of the same shape.

        Returns:
            `PairValues`: `mean`, a float, and `values`, float64 `(num_pairs,)`, at least 0. The network computes in
            float32.

        Raises:
            ValueError: if these are no pairs of images in their range, or they are too small for the network, or have
                neither one nor three channels.
        """
        images, targets = as_array("images", images), as_array("targets", targets)
        if images.ndim == 4 and (min(images.shape[1:3]) < self._smallest_side or images.shape[3] not in (1, 3)):
            raise ValueError(
                f"The network takes images of at least {self._smallest_side} pixels along each side, grey or RGB. "
                "Enlarge smaller ones, and put images with alpha on a background first. "
                f"Received: images.shape={images.shape}"
            )
        values = values_of_pairs(self._of_arrays, images, targets)
        return PairValues(float(values.mean()), values)

    def _of_arrays(self, *pairs):
        """The distances of arrays `(num_pairs, channels, height, width)` in [0, 1], float64."""
        tensors = (tf.constant(2.0 * side.transpose(0, 2, 3, 1) - 1.0, tf.float32) for side in pairs)
        tensors = (tf.repeat(side, 3, axis=-1) if side.shape[-1] == 1 else side for side in tensors)
        return self._distances(*tensors).numpy().astype(np.float64)

    def _of_tensors(self, images, targets):
        stages = self.trunk(tf.concat([images, targets], 0), training=False)
        return sum(self._of_stage(*pair) for pair in zip(stages, self._heads, strict=True))

    def _of_stage(self, features, head):
        length = tf.sqrt(tf.reduce_sum(tf.square(features), axis=-1, keepdims=True))
        first, second = tf.split(features / (length + _EPSILON), 2)
        weighted = tf.einsum("bhwc,c->bhw", tf.square(first - second), tf.constant(head))
        return tf.reduce_mean(weighted, axis=(1, 2))


def _checked_heads(heads, widths):
    """The heads as float32 vectors, one for each stage, or a ValueError."""
    if heads is None:
        return [np.ones(width, np.float32) for width in widths]
    if isinstance(heads, list | tuple):
        heads = {f"lin{number}": head for number, head in enumerate(heads)}
    arrays = {name: as_array("heads", head, "fiu") for name, head in _trunks.arrays_of("heads", heads).items()}
    found = [arrays.get(f"lin{number}", np.zeros(0)).ravel().astype(np.float32) for number in range(len(widths))]
    sizes = [head.size for head in found]
    is_right = len(arrays) == len(widths) and sizes == list(widths)
    if not is_right or any(not np.isfinite(head).all() or head.min() < 0 for head in found):
        expected = ", ".join(map(str, widths))
        raise ValueError(
            f"The heads must be {len(widths)} arrays, `lin0` to `lin{len(widths) - 1}`, of {expected} finite weights "
            f"of at least 0. Received: heads of the sizes {[array.size for array in arrays.values()]}"
        )
    return found
