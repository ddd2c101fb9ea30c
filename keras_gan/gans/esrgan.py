"""ESRGAN: sharper texture by a relativistic discriminator and features before their activation."""

import keras

from keras_gan.gans._super_resolution import SuperResolutionModel
from keras_gan.gans._translation import mean_distance
from keras_gan.losses import RelativisticAverage


@keras.saving.register_keras_serializable(package="keras_gan")
class ESRGAN(SuperResolutionModel):
    """Enlarges images as `SRGAN` does, with a discriminator that says which of two kinds is more real.

    A relativistic discriminator compares each image with the average of the other kind, so the generator learns from
    the real images too. Features before their ReLU are less sparse, and keep the brightness. With pairs x, y of a small
    and a large image, the generator G, and R_G and R_D the two losses of `losses.RelativisticAverage`:

        pre-training:   E|y - G(x)|
        generator:      w_f L_F(y, G(x))  +  w_a R_G(D(y), D(G(x)))  +  w_p E|y - G(x)|
        discriminator:  R_D(D(y), D(G(x)))

    Wang et al. 2018 (arXiv 1809.00219), equations 1 to 3, with the weights and the halves of the authors' code; its
    pixels are in [0, 1], so w_p is half as large here. The networks are `networks.rrdb` and
    `networks.vgg_discriminator`. The paper's features are those of VGG19 before the last ReLU:

        trunk = keras_gan.networks.perceptual_trunk(weights="vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5")
        perceptual = keras_gan.losses.Perceptual(trunk, ["block5_conv4"])

    w_f = 1 goes with the weights of PyTorch, which need `preprocessing="torch"` in `perceptual_trunk`. With those of
    Keras above, L_F has another scale: look at `perceptual_loss` next to the other terms, and set `perceptual_weight`.
    Without features, w_p = 0.005 is far too little for the pixels: give `pixel_weight=1.0`.

    `transfer.interpolate_networks` makes generators between the pre-trained one and that of the game: less noise for
    less texture.

    Differences from the paper: each half of the discriminator's loss passes gradients through both kinds of images, as
    in the paper of the loss, and the rate does not decay unless the optimizers get a schedule. The generator keeps the
    state of its optimizer when the game begins, and its rate: the paper pre-trains at 2e-4, for 10^6 steps, and plays
    4 10^5, on batches of 16 parts of 128x128 pixels.

    Args:
        generator: keras.Model, G, images to images a whole number of times as high and wide.
        discriminator: keras.Model, D, large images to logits or a map of them.
        pretraining_steps: int, training steps on the mean distance alone, before the game.
        adversarial_weight: w_a, at least 0.
        pixel_weight: w_p, at least 0. It is 1 in the pre-training.
        perceptual: `keras_gan.losses.Perceptual`, L_F; None to leave it out.
        perceptual_weight: w_f, at least 0.
        ema_half_life: as for `TwoPlayerGAN`; the default is the 0.999 of the authors' code for batches of 16.
        seed, name: as for `TwoPlayerGAN`.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> shape = {"image_shape": (None, None, 1), "width": 2}
        >>> generator = keras_gan.networks.rrdb(**shape, growth=1, blocks=1, scale=2)
        >>> sizes = {"width": 2, "halvings": 2, "dense_width": 2}
        >>> discriminator = keras_gan.networks.vgg_discriminator(image_shape=(8, 8, 1), **sizes)
        >>> model = keras_gan.ESRGAN(generator, discriminator, pixel_weight=1.0, seed=0)
        >>> model.upscale(np.zeros((1, 5, 4, 1), "float32")).shape
        (1, 10, 8, 1)
    """

    def __init__(
        self,
        generator,
        discriminator,
        *,
        pretraining_steps=0,
        adversarial_weight=5e-3,
        pixel_weight=5e-3,
        perceptual=None,
        perceptual_weight=1.0,
        ema_half_life=11_000,
        seed=None,
        name=None,
    ):
        super().__init__(
            generator,
            discriminator,
            adversarial_loss=RelativisticAverage(),
            adversarial_weight=adversarial_weight,
            pixel_weight=pixel_weight,
            perceptual=perceptual,
            perceptual_weight=perceptual_weight,
            pretraining_steps=pretraining_steps,
            ema_half_life=ema_half_life,
            seed=seed,
            name=name,
        )

    def pixel_distance(self, targets, images):
        """The mean absolute distance."""
        return mean_distance(targets, images)

    def default_optimizers(self):
        """Adam as in the authors' code: learning rate 1e-4, betas 0.9 and 0.99."""
        return {name: keras.optimizers.Adam(1e-4, beta_2=0.99, epsilon=1e-8) for name in self.players}
