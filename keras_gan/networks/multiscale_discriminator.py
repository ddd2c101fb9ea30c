"""The discriminator of pix2pixHD, which judges the patches of a picture at several sizes."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_choice, require_int
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._patch_stages import NORMALIZATIONS, judged_patches, pictures_to_judge


def multiscale_discriminator(
    *, image_shape=(512, 1024, 3), source_channels=None, width=64, layers=3, scales=2, normalization="instance"
):
    """Several patch discriminators of one architecture, each on a picture of half the size, after pix2pixHD.

    A patch of a large picture shows texture, but nothing of how the picture is put together. A discriminator that sees
    all of it would need many layers and would memorise. The same small one, on smaller copies of the picture, sees a
    part of the picture that is twice as large each time:

        picture, half of it, a quarter, ...  ->  for each: `patch_discriminator` of its own

    Each copy is the average of 3x3 pixels around every second pixel of the one before, where pixels outside the
    picture do not count. All maps before the logits are an output: the generator's should be like those of the target
    (`keras_gan.losses.feature_matching`).

    Wang et al. 2017 (arXiv 1711.11585), sections 3.2 and 3.3, as in the authors' code, where each convolution is padded
    by two pixels instead of the one of `patch_discriminator`. The paper has three scales; the code has two, as here.

    Args:
        image_shape: tuple (height, width, channels) of the pictures; None for sides of any size.
        source_channels: int, the channels of the sources; None for a discriminator that does not see the source.
        width: int, the channels of the first convolutions.
        layers: int, the number of convolutions of stride 2 at each scale.
        scales: int, the number of discriminators.
        normalization: "instance", "batch" or None.

    Returns:
        `keras.Model` from images in [-1, 1], `(batch, *image_shape)`, or a dict of "images" and "source", to a dict:
        "logits" is a list of float32 maps `(batch, rows, columns, 1)`, one for each scale, the largest first;
        "features" is a list of as many lists of `layers + 1` maps.

    Raises:
        ValueError: if a size is not a positive integer, `image_shape` is not of rank 3, or the normalisation is
            unknown.

    Example:
        >>> discriminator = multiscale_discriminator(image_shape=(64, 32, 3), width=4, layers=2)
        >>> [tuple(logits.shape) for logits in discriminator.output["logits"]]
        [(None, 19, 11, 1), (None, 11, 7, 1)]
    """
    image_shape = require_image_shape(image_shape, rank=3, any_sides=True)
    width, layers, scales = require_int("width", width), require_int("layers", layers), require_int("scales", scales)
    require_choice("normalization", normalization, tuple(NORMALIZATIONS))
    inputs, x = pictures_to_judge(image_shape, source_channels)
    logits, features = [], []
    for scale in range(scales):
        x = HalvedPicture(name=f"scale_{scale}")(x) if scale else x
        form = {"width": width, "layers": layers, "normalization": normalization}
        verdict, maps = judged_patches(x, **form, padding=2, prefix=f"scale_{scale}_")
        logits.append(verdict)
        features.append(maps)
    return keras.Model(inputs, {"logits": logits, "features": features}, name="multiscale_discriminator")


@keras.saving.register_keras_serializable(package="keras_gan")
class HalvedPicture(keras.layers.Layer):
    """The mean of the 3x3 pixels around every second pixel; pixels outside the picture do not count.

    `keras.layers.AveragePooling2D(3, 2, "same")` is this for odd sides. For even ones it begins with the second pixel,
    which shifts the picture.
    """

    def call(self, inputs):
        """Return pictures of half the sides, rounded up."""
        ones = tf.ones((1, *keras.ops.shape(inputs)[1:3], 1), inputs.dtype)
        return _around_every_second(inputs) / _around_every_second(ones)

    def compute_output_shape(self, input_shape):
        """Return the shape, with half the sides."""
        batch, *sides, channels = input_shape
        return (batch, *(None if side is None else (side + 1) // 2 for side in sides), channels)


def _around_every_second(x):
    return tf.nn.avg_pool2d(tf.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)]), 3, 2, "VALID")
