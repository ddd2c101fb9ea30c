"""The discriminator of StarGAN, which judges patches of a picture and names its classes."""

import keras

from keras_gan._arguments import require_int
from keras_gan.layers import Conv2D, LeakyReLU
from keras_gan.networks._arguments import require_image_shape


def stargan_discriminator(*, image_shape=(128, 128, 3), num_classes=5, width=64, layers=6):
    """Convolutional discriminator with a logit for each patch and a logit for each class, after StarGAN.

    One trunk serves both questions: is the picture real, and which classes or attributes does it show?

        image -> layers x (Conv(4x4) of stride 2) -> Conv(3x3, 1)             logits, a patch map
                                                  -> Conv(whole map, classes) classes

    The channels double with each layer, and LeakyReLU(0.01) follows each. There is no normalisation: the gradient
    penalty needs a judgement of each picture by itself. Choi et al. 2017 (arXiv 1711.09020), table 5, as in the
    authors' code: biases in the trunk alone. For pictures of 128x128 and 5 classes it has 44,762,048 parameters.

    Args:
        image_shape: tuple (height, width, channels) of the pictures.
        num_classes: int, the number of classes or attributes.
        width: int, the channels of the first convolution.
        layers: int, the number of convolutions of stride 2; sides halve rounding up.

    Returns:
        `keras.Model` from images in [-1, 1], `(batch, *image_shape)`, to a dict of float32 "logits"
        `(batch, rows, columns, 1)` and "classes" `(batch, num_classes)`, both unbounded.

    Raises:
        ValueError: if a size is not a positive integer, or `image_shape` is not of rank 3, or too small for `layers`.

    Example:
        >>> discriminator = stargan_discriminator(image_shape=(32, 32, 3), num_classes=4, width=4, layers=3)
        >>> discriminator.output["logits"].shape, discriminator.output["classes"].shape
        ((None, 4, 4, 1), (None, 4))
    """
    image_shape = require_image_shape(image_shape, rank=3)
    num_classes, width = require_int("num_classes", num_classes), require_int("width", width)
    layers = require_int("layers", layers, high=16)
    if min(image_shape[:2]) <= 2 ** (layers - 1):
        raise ValueError(
            f"The picture is too small to be halved {layers} times: make its sides at least {2 ** (layers - 1) + 1}, "
            f"or use fewer layers. Received: image_shape={image_shape}, layers={layers}"
        )
    images = x = keras.Input(image_shape, name="images")
    for i in range(layers):
        x = Conv2D(width * 2**i, 4, strides=2, padding="same", name=f"down_{i}")(x)
        x = LeakyReLU(0.01, name=f"leaky_relu_{i}")(x)
    # float32: neither the logits nor the classes follow a mixed policy.
    head = {"use_bias": False, "dtype": "float32"}
    logits = keras.layers.Conv2D(1, 3, padding="same", name="logits", **head)(x)
    classes = keras.layers.Conv2D(num_classes, x.shape[1:3], name="whole", **head)(x)
    classes = keras.layers.Reshape((num_classes,), name="classes", dtype="float32")(classes)
    return keras.Model(images, {"logits": logits, "classes": classes}, name="stargan_discriminator")
