"""The GAN with an auxiliary classifier."""

import keras
import tensorflow as tf

from keras_gan import losses
from keras_gan.gans.alternating_gan import AlternatingGAN


@keras.saving.register_keras_serializable(package="keras_gan")
class ACGAN(AlternatingGAN):
    """GAN with an auxiliary classifier: the discriminator also predicts the class, and both players want it right.

    With x real of class c, y = G(z, c) fake of the same class, D the logit and C the classifier of the discriminator,
    and s the softplus:

        discriminator:  E[s(-D(x))] + E[s(D(y))]  -  E[log C(c | x)] - E[log C(c | y)]
        generator:      E[s(-D(y))]               -  E[log C(c | y)]

    Odena et al. 2016 (arXiv 1610.09585), equations 2 and 3: L_S is the first half of each line, L_C the second. The
    fakes have the same classes as the real images of their minibatch. `compile(loss_weights={"g_class_loss": 0.1})`
    changes the weights of the halves.

    Args:
        generator: keras.Model, latents and labels to samples; see `TwoPlayerGAN`.
        discriminator: keras.Model, samples to "logits" and "classes"; see `TwoPlayerGAN`.
        **options: further arguments of `TwoPlayerGAN`, such as `penalties`, `augmentation`, `ema_half_life` and `seed`.

    Raises:
        ValueError: if the discriminator has no output "classes", and as `TwoPlayerGAN` does.

    Example:
        >>> import keras_gan, numpy as np
        >>> networks = keras_gan.networks.acgan(image_shape=(8, 8, 1), num_classes=3, latent_dim=4, width=4)
        >>> gan = keras_gan.ACGAN(*networks, seed=0)
        >>> gan.compile()
        >>> images, labels = np.zeros((16, 8, 8, 1), "float32"), np.arange(16) % 3
        >>> history = gan.fit(images, labels, batch_size=8, verbose=0)
        >>> gan.generate(3, labels=[0, 1, 2], seed=0).shape
        (3, 8, 8, 1)
    """

    terms = ("d_loss", "g_loss", "d_class_loss", "g_class_loss")

    def __init__(self, generator, discriminator, **options):
        super().__init__(generator, discriminator, losses.NonSaturating(), **options)
        if "classes" not in self.critic.interface.outputs:
            raise ValueError(
                "The discriminator of an ACGAN must have two outputs, 'logits' and 'classes'. `networks.acgan` builds "
                f"one. Received: outputs {list(self.critic.interface.outputs)}"
            )

    def default_optimizer(self):
        """Adam as in the paper: learning rate 2e-4, beta_1 0.5."""
        return keras.optimizers.Adam(2e-4, beta_1=0.5, epsilon=1e-8)

    def discriminator_terms(self, real, fake):
        """What the discriminator minimises: L_S and L_C on real and fake images, and the penalties."""
        (terms,) = super().discriminator_terms(real, fake).values()
        return {"discriminator": {**terms, "d_class_loss": self.class_loss(real) + self.class_loss(fake)}}

    def generator_terms(self, real, fake):
        """What the generator minimises: its L_S, and L_C on the fakes."""
        (terms,) = super().generator_terms(real, fake).values()
        return {"generator": {**terms, "g_class_loss": self.class_loss(fake)}}

    def class_loss(self, batch):
        """-E[log C(c | image)] over a batch, a float32 scalar."""
        classes = self.critic(batch).classes
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["labels"], classes))
