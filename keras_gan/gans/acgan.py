"""The GAN with an auxiliary classifier."""

import keras
import tensorflow as tf

from keras_gan import losses
from keras_gan._arguments import require_choice
from keras_gan.gans._serialised import serialised
from keras_gan.gans.alternating_gan import AlternatingGAN


@keras.saving.register_keras_serializable(package="keras_gan")
class ACGAN(AlternatingGAN):
    """GAN with an auxiliary classifier: the discriminator also predicts the class, and both players want it right.

    With x real of class c, y = G(z, c) fake of the same class, D the logit and C the classifier of the discriminator,
    and s the softplus:

        discriminator:  E[s(-D(x))] + E[s(D(y))]  -  E[log C(c | x)] - E[log C(c | y)]
        generator:      E[s(-D(y))]               -  E[log C(c | y)]

    Odena et al. 2016 (arXiv 1610.09585), equations 2 and 3: L_S is the first half of each line, L_C the second. The
    fakes have the same classes as the real images of their minibatch.

    There are two published forms of the discriminator's L_C. In the paper the classifier learns from real and fake
    images. In the authors' code of WGAN-GP (Gulrajani et al. 2017, arXiv 1704.00028) it learns from real images alone,
    so that bad fakes do not teach it wrong classes: `classified="real"`. The generator's L_C is the same in both. The
    logs show the halves apart, and `compile(loss_weights={"g_class_loss": 0.1})` changes their weights. That of WGAN-GP
    for CIFAR-10 is

        ACGAN(*networks, classified="real", adversarial_loss=losses.Wasserstein(),
              penalties=[penalties.GradientPenalty(10.0)], discriminator_steps=5)

    with this weight of the generator's half.

    Args:
        generator: keras.Model, latents and labels to samples; see `TwoPlayerGAN`.
        discriminator: keras.Model, samples to "logits" and "classes"; see `TwoPlayerGAN`.
        classified: "real_and_fake" or "real", the images that the discriminator's classifier learns from.
        adversarial_loss: `keras_gan.losses.AdversarialLoss` in the place of L_S; None for the paper's,
            `losses.NonSaturating()`.
        **options: further arguments of `TwoPlayerGAN`, such as `penalties`, `augmentation`, `ema_half_life` and `seed`.

    Raises:
        ValueError: if the discriminator has no output "classes", or an argument is none of these, and as `TwoPlayerGAN`
            does.

    Example:
        >>> import keras_gan, numpy as np
        >>> networks = keras_gan.networks.acgan(image_shape=(8, 8, 1), num_classes=3, latent_dim=4, width=4)
        >>> gan = keras_gan.ACGAN(*networks, seed=0)
        >>> gan.compile(run_eagerly=True)  # Faster for so few steps.
        >>> images, labels = np.zeros((16, 8, 8, 1), "float32"), np.arange(16) % 3
        >>> history = gan.fit(images, labels, batch_size=8, verbose=0)
        >>> gan.generate(3, labels=[0, 1, 2], seed=0).shape
        (3, 8, 8, 1)
    """

    terms = ("d_loss", "g_loss", "d_class_loss", "g_class_loss")

    def __init__(self, generator, discriminator, *, classified="real_and_fake", adversarial_loss=None, **options):
        adversarial_loss = losses.NonSaturating() if adversarial_loss is None else _require_loss(adversarial_loss)
        super().__init__(generator, discriminator, adversarial_loss, **options)
        self.classified = require_choice("classified", classified, ("real_and_fake", "real"))
        if "classes" not in self.critic.interface.outputs:
            raise ValueError(
                "The discriminator of an ACGAN must have two outputs, 'logits' and 'classes'. `networks.acgan` builds "
                f"one. Received: outputs {list(self.critic.interface.outputs)}"
            )

    def default_optimizer(self):
        """Adam as in the paper: learning rate 2e-4, beta_1 0.5."""
        return keras.optimizers.Adam(2e-4, beta_1=0.5, epsilon=1e-8)

    def discriminator_terms(self, real, fake):
        """What the discriminator minimises: L_S, L_C, and the penalties."""
        (terms,) = super().discriminator_terms(real, fake).values()
        class_loss = self.class_loss(real)
        if self.classified == "real_and_fake":
            class_loss += self.class_loss(fake)
        return {"discriminator": {**terms, "d_class_loss": class_loss}}

    def generator_terms(self, real, fake):
        """What the generator minimises: its L_S, and L_C on the fakes."""
        (terms,) = super().generator_terms(real, fake).values()
        return {"generator": {**terms, "g_class_loss": self.class_loss(fake)}}

    def class_loss(self, batch):
        """-E[log C(c | image)] over a batch, a float32 scalar."""
        classes = self.critic(batch).classes
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["labels"], classes))

    def get_config(self):
        """Return the constructor's arguments."""
        loss = serialised(self.adversarial_loss)
        return {**super().get_config(), "classified": self.classified, "adversarial_loss": loss}


def _require_loss(loss):
    if not isinstance(loss, losses.AdversarialLoss):
        raise ValueError(
            "`adversarial_loss` must be one of `keras_gan.losses`, such as `Hinge()`, or None. "
            f"Received: adversarial_loss={loss!r}"
        )
    return loss
