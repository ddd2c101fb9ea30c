"""The perceptual loss, which compares images in the features of a trained network."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_choice
from keras_gan._tensors import require_float_images
from keras_gan.losses._feature_loss import FeatureLoss, gram_distance, require_real, require_weights, weighted_sum

_DISTANCES = {"absolute": tf.abs, "squared": tf.square}
_PUBLISHED = {
    "johnson": {"layers": ["block3_relu3"], "distance": "squared"},
    "srgan": {"layers": ["block5_relu4"], "weights": [1 / 12.75**2], "distance": "squared"},
    "dped": {"layers": ["block5_relu4"], "distance": "squared"},
    "enlightengan": {"layers": ["block5_relu1"], "distance": "squared"},
    "pix2pixhd": {
        "layers": [f"block{block}_relu1" for block in range(1, 6)],
        "weights": [1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0],
    },
    "esrgan": {"layers": ["block5_conv4"]},
    "real-esrgan": {
        "layers": ["block1_conv2", "block2_conv2", "block3_conv4", "block4_conv4", "block5_conv4"],
        "weights": [0.1, 0.1, 1.0, 1.0, 1.0],
    },
}


@keras.saving.register_keras_serializable(package="keras_gan")
class Perceptual(FeatureLoss):
    """Distance of two batches of images in the features of a network that is not trained.

    The mean distance of pixels punishes a texture that is a pixel off like one that is missing, so what minimises it is
    a blur. The features of a network that was trained to name objects change little when a texture moves, and much when
    it is gone. With the maps f_l of the layers, and their weights w_l:

        sum_l w_l E d(f_l(x) - f_l(y))

    d is the absolute value or the square, and E the mean over the batch and all values of a map. Layers and weights of
    papers, for `Perceptual.published("esrgan", trunk)`:

        "johnson"      Johnson et al. 2016 (arXiv 1603.08155), section 4.1: VGG16, relu3_3, squares
        "srgan"        Ledig et al. 2016 (1609.04802), section 2.2.1: VGG19, relu5_4, squares of maps over 12.75
        "dped"         Ignatov et al. 2017 (1704.02470), section 3.1.3: VGG19, relu5_4, squares
        "pix2pixhd"    Wang et al. 2017 (1711.11585): VGG19, the first ReLU of each block, 1/32, 1/16, 1/8, 1/4 and 1
        "enlightengan" Jiang et al. 2019 (1906.06972), section 3.2: VGG16, relu5_1, squares
        "esrgan"       Wang et al. 2018 (1809.00219), section 3.3: VGG19, conv5_4 before its ReLU
        "real-esrgan"  Wang et al. 2021 (2107.10833), section 4.1: VGG19, before their ReLU conv1_2 and conv2_2 with
                       0.1, conv3_4, conv4_4 and conv5_4 with 1

    The last two used the weights of PyTorch, which need `perceptual_trunk(..., preprocessing="torch")`; with others,
    the loss has another scale next to the other terms of the paper. Most values of a late map are zero after its ReLU,
    and give no gradient; before it, all do.

    The network runs in inference mode and stays as it is: its weights belong to no player. The features of x, the real
    images, are constants for the gradient. The layer keeps the part of the network that its features need, and a model
    that it is given to saves it once in its `.keras` file. Checkpoints and fingerprints leave it out, because training
    does not change it.

    `networks.perceptual_trunk` builds VGG16, VGG19 and SqueezeNet; they take images in [-1, 1]. A network of
    `keras.applications` needs its `preprocessing`:
    `Perceptual(keras.applications.VGG19(include_top=False), ["block1_conv1"], preprocessing="caffe")`. Its convolutions
    include their ReLU. Images that are converted twice are an error, and so is a VGG whose conversion is not known.

    Args:
        network: keras.Model, functional or Sequential, of images.
        layers: list of str, the names of the layers whose outputs are compared.
        weights: list of numbers of at least 0, one for each layer; None for 1 each.
        style_weights: list of numbers of at least 0, one for each layer, of the distance of their Gram matrices, which
            compares textures wherever they are: see `Style`. None for none.
        preprocessing: how the network takes images: None for float32 in [-1, 1]; "caffe" for blue first and [0, 255]
            minus the means of ImageNet, as Keras's VGG; "torch" for [0, 1] minus means, over deviations.
        distance: "absolute" or "squared".

    Returns:
        From a call with real and generated images, float32 `(batch, height, width, channels)` in [-1, 1], a float32
        scalar of at least 0. Grey images are given to a network for colours three times.

    Raises:
        ValueError: if the network has no such layer or converts images itself, or an argument is of another kind; from
            the call, if the images do not fit each other or the network, are too small for a layer, or the real ones
            are not in [-1, 1] (outside of a graph).

    Example:
        >>> import keras, numpy as np
        >>> network = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(4, 3, name="edges")])
        >>> loss = Perceptual(network, ["edges"], weights=[0.5])
        >>> images = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 3)).astype("float32")
        >>> float(loss(images, images))
        0.0
    """

    PUBLISHED = _PUBLISHED

    def __init__(
        self, network, layers, *, weights=None, style_weights=None, preprocessing=None, distance="absolute", **kwargs
    ):
        super().__init__(network, layers, weights=weights, preprocessing=preprocessing, **kwargs)
        self.style_weights = None
        if style_weights is not None:
            self.style_weights = require_weights("style_weights", style_weights, layers)
        self.distance = require_choice("distance", distance, tuple(_DISTANCES))

    def call(self, real_images, fake_images):
        """Return the distance."""
        real, fake = require_real(real_images), require_float_images("fake_images", fake_images)
        if not real.shape.is_compatible_with(fake.shape):
            raise ValueError(
                "The perceptual loss compares each image with its own target, so both batches must have the same "
                f"shape. Received: real_images.shape={tuple(real.shape)}, fake_images.shape={tuple(fake.shape)}"
            )
        distance, pairs = _DISTANCES[self.distance], [*zip(self.features(real), self.features(fake), strict=True)]
        means = [tf.reduce_mean(distance(tf.stop_gradient(target) - made)) for target, made in pairs]
        if self.style_weights is None:
            return self.weighted_sum(means)
        styles = [gram_distance(target, made) for target, made in pairs]
        return self.weighted_sum(means) + weighted_sum(self.style_weights, styles)

    def get_config(self):
        """Return the constructor's arguments."""
        style_weights = None if self.style_weights is None else list(self.style_weights)
        return {**super().get_config(), "style_weights": style_weights, "distance": self.distance}
