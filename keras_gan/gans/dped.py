"""DPED: enhancement of photographs, learnt from pairs."""

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_number
from keras_gan._pixels import luma
from keras_gan.gans._paired_translation import PairedTranslationModel
from keras_gan.gans._serialised import serialised
from keras_gan.gans._translation import require_loss, require_perceptual
from keras_gan.losses import NonSaturating, TotalVariation
from keras_gan.training import Critic

_BLUR_SIZE, _BLUR_DEVIATION = 21, 3.0


@keras.saving.register_keras_serializable(package="keras_gan")
class DPED(PairedTranslationModel):
    """Enhancer that learns from pairs: the content, the colours, the texture and the smoothness each have a loss.

    It removes noise, gives colours to grey pictures, brightens dark ones or turns those of a telephone into those of a
    camera: the pairs say what. The distance of pixels would punish small shifts between the two pictures, and blur. So
    features compare the content, blurred pictures compare the colours, and a discriminator of grey pictures is left
    with the texture alone. With pairs x, y of source and target, the generator G, a Gaussian blur b, the luma l, the
    logits D, and the softplus s:

        generator:      E[s(-D(l(G(x))))]  +  w_content L_content(y, G(x))
                          +  w_colour E (b(y) - b(G(x)))^2  +  w_variation L_variation(G(x))
        discriminator:  1/2 (E[s(-D(l(y)))] + E[s(D(l(G(x))))])

    L_content is `losses.Perceptual`, L_variation is `losses.TotalVariation(power=2)`, and E of the colours is the mean
    over the batch and all values. Ignatov et al. 2017 (arXiv 1704.02470), section 3.1. The weights have the ratios of
    the authors' code, 1 : 10 : 0.5 : 2000. It sums the texture's loss over a batch of 50 pictures and half the squares
    of the colours over 100x100 pixels in [0, 1], where all here are means, in [-1, 1]; the paper's text has other
    weights. The paper's content loss:

        trunk = keras_gan.networks.perceptual_trunk(weights="vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5")
        content = keras_gan.losses.Perceptual.published("dped", trunk)

    Differences from the paper: the generator minimises the loss of the paper's text; that of the code is
    `losses.Minimax()`. The blur has a standard deviation of 3 pixels in a window of 21; the root in the code's filter
    makes it 4.3. The discriminator's loss is halved, as for `Pix2Pix`.

    Args:
        generator: keras.Model, G, images to images of the same height and width, such as `networks.unet` or
            `networks.resnet_translator`; from one channel to three for colours.
        discriminator: keras.Model, D, "images" of one channel to logits or a patch map, such as
            `networks.patch_discriminator(image_shape=(100, 100, 1))`. The model lets it see the luma of colours. One
            that takes as many channels as G makes sees the colours, too.
        content: `keras_gan.losses.Perceptual`; None leaves it out, and what is finer than the blur to D alone.
        content_weight: w_content, at least 0.
        colour_weight: w_colour, at least 0.
        variation_weight: w_variation, at least 0.
        adversarial_loss: `keras_gan.losses.AdversarialLoss`; None for `NonSaturating()`.
        ema_half_life, seed, name: as for `TwoPlayerGAN`.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> generator = keras_gan.networks.unet(image_shape=(8, 8, 1), target_channels=3, width=2, depth=2)
        >>> discriminator = keras_gan.networks.patch_discriminator(image_shape=(8, 8, 1), width=2, layers=1)
        >>> model = keras_gan.DPED(generator, discriminator, seed=0)
        >>> model.compile(run_eagerly=True)  # Faster for so few steps.
        >>> pairs = {"source": np.zeros((2, 8, 8, 1), "float32"), "target": np.zeros((2, 8, 8, 3), "float32")}
        >>> history = model.fit(pairs, batch_size=2, verbose=0)
        >>> model.translate(pairs["source"]).shape
        (2, 8, 8, 3)
    """

    likeness_weight = "content_weight"
    terms = ("g_loss", "content_loss", "colour_loss", "variation_loss", "d_loss")

    def __init__(
        self,
        generator,
        discriminator,
        *,
        content=None,
        content_weight=0.2,
        colour_weight=37.5,
        variation_weight=10.0,
        adversarial_loss=None,
        ema_half_life=None,
        seed=None,
        name=None,
    ):
        critic = Critic(_seeing_luma(discriminator, generator), role="discriminator", conditions=())
        super().__init__(generator, critic, ema_half_life=ema_half_life, seed=seed, name=name)
        self.content = require_perceptual(content, "content")
        self.content_weight = require_number("content_weight", content_weight, low=0.0)
        self.colour_weight = require_number("colour_weight", colour_weight, low=0.0)
        self.variation_weight = require_number("variation_weight", variation_weight, low=0.0)
        self.adversarial_loss = NonSaturating() if adversarial_loss is None else require_loss(adversarial_loss)
        self.variation = TotalVariation(power=2)

    def default_optimizers(self):
        """Adam as in the authors' code: learning rate 5e-4."""
        return {name: keras.optimizers.Adam(5e-4, epsilon=1e-8) for name in self.players}

    def generator_terms(self, batch, fake):
        """What G minimises."""
        target, made = batch["target"], fake["images"]
        terms = {
            "g_loss": self.fooling(batch, fake),
            "colour_loss": self.colour_weight * colour_distance(target, made),
            "variation_loss": self.variation_weight * self.variation(made),
        }
        if self.content is not None:
            terms["content_loss"] = self.content_weight * self.content(target, made)
        return {"generator": terms}

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "content": serialised(self.content),
            "content_weight": self.content_weight,
            "colour_weight": self.colour_weight,
            "variation_weight": self.variation_weight,
            "adversarial_loss": serialised(self.adversarial_loss),
        }


def colour_distance(target, made):
    """E (b(y) - b(G(x)))^2, a float32 scalar: the blur is linear, so it takes the difference. Outside lie zeros."""
    difference = tf.cast(target, tf.float32) - tf.cast(made, tf.float32)
    offsets = np.arange(_BLUR_SIZE) - _BLUR_SIZE // 2
    taps = np.exp(-0.5 * (offsets / _BLUR_DEVIATION) ** 2)
    taps = (taps / taps.sum()).astype("float32")
    for shape in ((-1, 1, 1, 1), (1, -1, 1, 1)):
        kernel = tf.repeat(tf.reshape(taps, shape), difference.shape[-1], axis=2)
        difference = tf.nn.depthwise_conv2d(difference, kernel, [1, 1, 1, 1], "SAME")
    return tf.reduce_mean(tf.square(difference))


@keras.saving.register_keras_serializable(package="keras_gan")
class Luma(keras.layers.Layer):
    """The brightness of colours, in one channel."""

    def __init__(self, **kwargs):
        # float32: bfloat16 has 8 bits, too few for the texture of a plane.
        super().__init__(**{"dtype": "float32", **kwargs})

    def call(self, inputs):
        """Return the weighted sum of red, green and blue."""
        return luma(inputs)

    def compute_output_shape(self, input_shape):
        """Return the shape with one channel."""
        return (*input_shape[:-1], 1)


def _seeing_luma(discriminator, generator):
    """A discriminator of grey images as one of colours, if the generator makes those; any other one unchanged."""
    taken, made = (_shape(*pair) for pair in ((discriminator, "input_shape"), (generator, "output_shape")))
    if taken[-1] != 1 or made[-1] != 3:
        return discriminator
    images = keras.Input((*taken[1:3], 3), name="images")
    return keras.Model(images, discriminator(Luma(name="luma")(images)), name=discriminator.name)


def _shape(network, name):
    """The shape of a network's only input or output of images; (None,) of anything else, which is refused later."""
    shape = getattr(network, name, None)
    return shape if isinstance(shape, tuple) and len(shape) == 4 else (None,)
