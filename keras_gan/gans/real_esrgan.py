"""Real-ESRGAN: enlarges pictures that were blurred, noisy and compressed."""

import keras
import numpy as np
import tensorflow as tf

from keras_gan._arguments import require_number
from keras_gan.gans._super_resolution import SuperResolutionModel
from keras_gan.gans._translation import mean_distance
from keras_gan.losses import NonSaturating

# The Gaussian of 51 pixels, whose deviation OpenCV sets to 8, and the step of brightness that is worth sharpening.
_RADIUS, _DEVIATION, _THRESHOLD = 25, 8.0, 10.0 / 255.0


@keras.saving.register_keras_serializable(package="keras_gan")
class RealESRGAN(SuperResolutionModel):
    """Enlarges and restores images as they are on the internet, with a discriminator that judges each pixel.

    What makes it work on real pictures is what it is trained on: `data.SecondOrderDegradation` blurs, resizes, adds
    noise and compresses, twice. With pairs x, y of a bad and a good image, the sharpened target u(y), the generator G,
    the logits D of each pixel, and the softplus s:

        pre-training:   E|u(y) - G(x)|
        generator:      w_p E|u(y) - G(x)|  +  w_f L_F(u(y), G(x))  +  w_a E[s(-D(G(x)))]
        discriminator:  E[s(-D(y))] + E[s(D(G(x)))]
        u(y) = y + m * (clip(y + sharpening * (y - Gaussian(y)), -1, 1) - y)
        m = Gaussian(1 where |y - Gaussian(y)| > 20 / 255)

    Sharpened targets make sharp images without more of the adversarial loss, which would add artefacts; the mask m
    keeps the sharpening away from what is smooth. The discriminator sees the targets as they are. Wang et al. 2021
    (arXiv 2107.10833), sections 3 and 4, with the weights of the authors' code; its pixels are in [0, 1], so w_p is
    half as large here, and a step of 10 / 255 there is one of 20 / 255. The networks are `networks.rrdb` and
    `networks.unet_discriminator`:

        photographs = keras_gan.data.Parts("photographs/", 256)
        squares = keras_gan.data.load_degraded(photographs, keras_gan.data.SecondOrderDegradation(4), batch_size=12)
        trunk = keras_gan.networks.perceptual_trunk(weights="vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5")
        layers = ["block1_conv2", "block2_conv2", "block3_conv4", "block4_conv4", "block5_conv4"]
        perceptual = keras_gan.losses.Perceptual(trunk, layers, weights=[0.1, 0.1, 1.0, 1.0, 1.0])

    The squares are parts of photographs at their own resolution: a photograph that was made smaller teaches the detail
    of small photographs.

    w_f = 1 goes with the weights of PyTorch, which need `preprocessing="torch"` in `perceptual_trunk`. With those of
    Keras above, L_F has another scale: look at `perceptual_loss` next to the other terms, and set `perceptual_weight`.

    Differences from the paper: there is no pool of earlier pairs, because each image of a batch is degraded in its own
    way, and the generator keeps the state of its optimizer when the game begins, and its rate: the paper pre-trains at
    2e-4, for 10^6 steps, and plays 4 10^5 at 1e-4.

    Args:
        generator: keras.Model, G, images to images a whole number of times as high and wide.
        discriminator: keras.Model, D, large images to logits or a map of them.
        pretraining_steps: int, training steps on the mean distance alone, before the game.
        sharpening: float of at least 0, how much the targets of the pixels and the features are sharpened.
        adversarial_weight: w_a, at least 0.
        pixel_weight: w_p, at least 0. It is 1 in the pre-training.
        perceptual: `keras_gan.losses.Perceptual`, L_F; None to leave it out.
        perceptual_weight: w_f, at least 0.
        ema_half_life: as for `TwoPlayerGAN`; the default is the 0.999 of the authors' code for batches of 48.
        seed, name: as for `TwoPlayerGAN`.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> shape = {"image_shape": (None, None, 1), "width": 2}
        >>> generator = keras_gan.networks.rrdb(**shape, growth=1, blocks=1, scale=1)
        >>> model = keras_gan.RealESRGAN(generator, keras_gan.networks.unet_discriminator(**shape), seed=0)
        >>> model.upscale(np.zeros((1, 5, 4, 1), "float32")).shape
        (1, 5, 4, 1)
    """

    def __init__(
        self,
        generator,
        discriminator,
        *,
        pretraining_steps=0,
        sharpening=0.5,
        adversarial_weight=0.1,
        pixel_weight=0.5,
        perceptual=None,
        perceptual_weight=1.0,
        ema_half_life=33_000,
        seed=None,
        name=None,
    ):
        super().__init__(
            generator,
            discriminator,
            adversarial_loss=NonSaturating(),
            adversarial_weight=adversarial_weight,
            pixel_weight=pixel_weight,
            perceptual=perceptual,
            perceptual_weight=perceptual_weight,
            pretraining_steps=pretraining_steps,
            ema_half_life=ema_half_life,
            seed=seed,
            name=name,
        )
        self.sharpening = require_number("sharpening", sharpening, low=0.0)

    def pixel_distance(self, targets, images):
        """The mean absolute distance."""
        return mean_distance(targets, images)

    def likeness_target(self, batch):
        """The sharpened targets."""
        return sharpened(batch["target"], self.sharpening) if self.sharpening else batch["target"]

    def default_optimizers(self):
        """Adam as in the authors' code: learning rate 1e-4, betas 0.9 and 0.99."""
        return {name: keras.optimizers.Adam(1e-4, beta_2=0.99, epsilon=1e-8) for name in self.players}

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "sharpening": self.sharpening}


def sharpened(images, strength):
    """Images under an unsharp mask that leaves smooth parts as they are.

    Args:
        images: float32 `(batch, height, width, channels)` in [-1, 1].
        strength: float, how much of what the blur takes away is added.
    """
    residual = images - _blurred(images)
    # A step of brightness in [-1, 1] is twice that in [0, 1].
    mask = _blurred(tf.cast(tf.abs(residual) > 2.0 * _THRESHOLD, tf.float32))
    sharp = tf.clip_by_value(images + strength * residual, -1.0, 1.0)
    return mask * sharp + (1.0 - mask) * images


def _blurred(images):
    """Images under a Gaussian, their borders repeated."""
    places = np.arange(-_RADIUS, _RADIUS + 1)
    kernel = np.exp(-0.5 * (places / _DEVIATION) ** 2)
    kernel = tf.constant(kernel / kernel.sum(), images.dtype)
    _, height, width, channels = keras.ops.shape(images)
    # The channels as images of their own: they share the kernel.
    planes = tf.reshape(tf.transpose(images, (0, 3, 1, 2)), (-1, height, width, 1))
    for axis, side in ((1, height), (2, width)):
        around = tf.clip_by_value(tf.range(-_RADIUS, side + _RADIUS), 0, side - 1)
        shape = (-1, 1, 1, 1) if axis == 1 else (1, -1, 1, 1)
        planes = tf.nn.conv2d(tf.gather(planes, around, axis=axis), tf.reshape(kernel, shape), 1, "VALID")
    return tf.transpose(tf.reshape(planes, (-1, channels, height, width)), (0, 2, 3, 1))
