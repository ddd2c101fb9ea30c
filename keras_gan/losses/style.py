"""The style loss, which compares what textures images have, and not where."""

import typing

import keras

from keras_gan._tensors import require_float_images
from keras_gan.losses._feature_loss import FeatureLoss, gram_distance, require_real


@keras.saving.register_keras_serializable(package="keras_gan")
class Style(FeatureLoss):
    """Distance of two batches of images in the correlations of the features of a network that is not trained.

    Which features of a texture occur together does not depend on where they are. So the products of the features,
    summed over all positions (Gram matrices), are alike for two pictures of the same texture or by the same painter.
    With the map f of a layer, of C channels at N positions p:

        G_ij(x) = 1 / (C N) sum_p f_i(p) f_j(p),        sum_l w_l E sum_ij (G_ij(x) - G_ij(y))^2

    E is the mean over the batch. Johnson et al. 2016 (arXiv 1603.08155), equations 3 and 4; Gatys et al. 2016, "Image
    style transfer using convolutional neural networks", equations 3 to 5, is a fourth of this. Layers and weights of
    papers, for `Style.published("gatys", trunk)`:

        "johnson"   VGG16, relu1_2, relu2_2, relu3_3 and relu4_3 (section 4.1)
        "gatys"     VGG19, the first ReLU of each block, with 1/5 each, and here 1/20

    Alone it does not care what an image shows. `Perceptual(..., style_weights=...)` has both, of one pass through the
    network.

    Args:
        network: keras.Model, functional or Sequential, of images.
        layers: list of str, the names of the layers whose outputs are compared.
        weights: list of numbers of at least 0, one for each layer; None for 1 each.
        preprocessing: as for `Perceptual`.

    Returns:
        From a call with real and generated images, float32 `(batch, height, width, channels)` in [-1, 1], a float32
        scalar of at least 0. The two may differ in height and width, and a batch of one real image is the example for
        all generated ones.

    Raises:
        ValueError: as for `Perceptual`.

    Example:
        >>> import keras, numpy as np
        >>> network = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(4, 1, name="colours")])
        >>> loss = Style(network, ["colours"])
        >>> images = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 3)).astype("float32")
        >>> round(float(loss(images, np.roll(images, 3, axis=1))), 6)  # The same colours at other places.
        0.0
    """

    PUBLISHED: typing.ClassVar[dict] = {
        "johnson": {"layers": ["block1_relu2", "block2_relu2", "block3_relu3", "block4_relu3"]},
        "gatys": {"layers": [f"block{block}_relu1" for block in range(1, 6)], "weights": [1 / 20] * 5},
    }

    def call(self, real_images, fake_images):
        """Return the distance."""
        real, fake = require_real(real_images), require_float_images("fake_images", fake_images)
        if real.shape[0] not in (1, None, fake.shape[0]) and fake.shape[0] is not None:
            raise ValueError(
                "The style loss compares each image with the real one at the same place, or all with a single one: "
                "give as many of both, or one real image. "
                f"Received: {real.shape[0]} real images, {fake.shape[0]} generated images"
            )
        pairs = zip(self.features(real), self.features(fake), strict=True)
        return self.weighted_sum([gram_distance(target, made) for target, made in pairs])
