"""SRGAN: large images that look sharp."""

import keras
import tensorflow as tf

from keras_gan.gans._serialised import serialised
from keras_gan.gans._super_resolution import SuperResolutionModel
from keras_gan.losses import NonSaturating


@keras.saving.register_keras_serializable(package="keras_gan")
class SRGAN(SuperResolutionModel):
    """Enlarges images: near the target in its pixels or features, and real to a discriminator in its texture.

    Many large images have the same small one. What is nearest to all of them is blurred, so the mean squared error
    alone makes blurred images with the best PSNR. The discriminator rejects a blur. With pairs x, y of a small and a
    large image, the generator G, the logits D of large images, and the softplus s:

        pre-training:   E[(y - G(x))^2]
        generator:      w_a E[s(-D(G(x)))]  +  w_p E[(y - G(x))^2]  +  w_f L_F(y, G(x))
        discriminator:  E[s(-D(y))] + E[s(D(G(x)))]

    Ledig et al. 2016 (arXiv 1609.04802), equations 2 to 6. The networks are `networks.srresnet` and

        keras_gan.networks.vgg_discriminator(image_shape=(96, 96, 3), halvings=4, halving_kernel=3, dense_width=1024)

    For trainings of hours and not of days, give `srresnet` its `skip="bicubic"`.

    The defaults are the paper's SRGAN-MSE. Its SRGAN-VGG54 has the features of VGG19 in the place of the pixels:

        trunk = keras_gan.networks.perceptual_trunk(weights="vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5")
        options = {"distance": "squared", "weights": [0.006]}
        perceptual = keras_gan.losses.Perceptual(trunk, ["block5_relu4"], **options)
        model = keras_gan.SRGAN(generator, discriminator, perceptual=perceptual, pixel_weight=0.0)

    Differences from the paper: the generator keeps the state of its optimizer when the game begins, and the rate does
    not decay unless the optimizers get a schedule. The paper pre-trains for 10^6 steps, and plays 10^5 at a rate of
    1e-4 and 10^5 at 1e-5, on batches of 16 parts of 96x96 pixels.

    Args:
        generator: keras.Model, G, images to images a whole number of times as high and wide.
        discriminator: keras.Model, D, large images to logits or a map of them.
        pretraining_steps: int, training steps on the mean squared error alone, before the game.
        adversarial_weight: w_a, at least 0.
        pixel_weight: w_p, at least 0. It is 1 in the pre-training.
        perceptual: `keras_gan.losses.Perceptual`, L_F; None to leave it out.
        perceptual_weight: w_f, at least 0.
        adversarial_loss: `keras_gan.losses.AdversarialLoss`; None for `NonSaturating()`.
        ema_half_life, seed, name: as for `TwoPlayerGAN`.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> generator = keras_gan.networks.srresnet(image_shape=(None, None, 1), width=2, blocks=1, scale=2)
        >>> sizes = {"width": 2, "halvings": 2, "dense_width": 2}
        >>> discriminator = keras_gan.networks.vgg_discriminator(image_shape=(8, 8, 1), **sizes)
        >>> model = keras_gan.SRGAN(generator, discriminator, pretraining_steps=1, seed=0)
        >>> model.compile(run_eagerly=True)  # Faster for so few steps.
        >>> pairs = {"source": np.zeros((4, 4, 4, 1), "float32"), "target": np.zeros((4, 8, 8, 1), "float32")}
        >>> history = model.fit(pairs, batch_size=2, verbose=0)
        >>> model.upscale(np.zeros((1, 6, 5, 1), "float32")).shape
        (1, 12, 10, 1)
    """

    def __init__(
        self,
        generator,
        discriminator,
        *,
        pretraining_steps=0,
        adversarial_weight=1e-3,
        pixel_weight=1.0,
        perceptual=None,
        perceptual_weight=1.0,
        adversarial_loss=None,
        ema_half_life=None,
        seed=None,
        name=None,
    ):
        super().__init__(
            generator,
            discriminator,
            adversarial_loss=NonSaturating() if adversarial_loss is None else adversarial_loss,
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
        """The mean squared error."""
        return tf.reduce_mean(tf.square(targets - images))

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "adversarial_loss": serialised(self.adversarial_loss)}
