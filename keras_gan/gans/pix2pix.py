"""pix2pix: translation learnt from pairs of images."""

import keras

from keras_gan._arguments import require_number
from keras_gan.gans._augmentations import augmentations_of
from keras_gan.gans._paired_translation import PairedTranslationModel
from keras_gan.gans._serialised import serialised
from keras_gan.gans._translation import mean_distance, require_loss
from keras_gan.losses import NonSaturating
from keras_gan.training import Critic
from keras_gan.training.player import penalties_by_player


@keras.saving.register_keras_serializable(package="keras_gan")
class Pix2Pix(PairedTranslationModel):
    """Translator that learns from pairs: near the target in its pixels, and real to a discriminator in its texture.

    The distance to the target alone makes blurred images, because where several are possible, their median is nearest
    to all of them. The discriminator rejects a blur, so the translator has to choose one. With pairs x, y of source and
    target, the translator G, the logits D(x, .) of a discriminator that also sees the source, and the softplus s:

        generator:      E[s(-D(x, G(x)))]  +  lambda E|y - G(x)|
        discriminator:  1/2 (E[s(-D(x, y))] + E[s(D(x, G(x)))])

    |.| is the mean over the values of an image, and E of D is also over the patches. Isola et al. 2016 (arXiv
    1611.07004), equations 1 to 4, with the non-saturating loss and the half of section 3.3: a step of the
    discriminator, then one of the generator, on the same translations. The noise of the paper is the dropout of the
    generator, see `networks.unet`.

    The paper's ablations: a discriminator whose network takes no "source" judges the translation alone.
    `compile(loss_weights={"g_loss": 0.0})` is L1 alone, which has the best PSNR and blurs, and `l1_weight=0.0` the
    GAN alone.

    Differences from the paper: the rate does not decay unless the optimizers get a schedule, such as
    `schedules.LinearDecay`. The paper trains with batches of one pair.

    Args:
        generator: keras.Model, G, images to images of the same size, such as `networks.unet`.
        discriminator: keras.Model, D, "images" and "source" to logits or a patch map, or "images" alone, such as
            `networks.patch_discriminator(source_channels=3)`.
        l1_weight: lambda, at least 0.
        adversarial_loss: `keras_gan.losses.AdversarialLoss`; None for `NonSaturating()`. The discriminator's is halved.
        penalties: list of `keras_gan.penalties.Penalty` of the discriminator; gradients are with respect to its images,
            not to their sources.
        augmentation: `keras_gan.augmentation.Augmentation` or a list of them, of what the discriminator sees. An image
            and its source are changed as one picture with the channels of both, so they stay a pair. Changes of
            saturation and hue need three channels, and leave a picture of more as it is.
        ema_half_life, seed, name: as for `TwoPlayerGAN`.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> generator = keras_gan.networks.unet(image_shape=(8, 8, 1), target_channels=3, width=2, depth=2)
        >>> judge = {"source_channels": 1, "width": 2, "layers": 1}
        >>> discriminator = keras_gan.networks.patch_discriminator(image_shape=(8, 8, 3), **judge)
        >>> model = keras_gan.Pix2Pix(generator, discriminator, seed=0)
        >>> model.compile(run_eagerly=True)  # Faster for so few steps.
        >>> pairs = {"source": np.zeros((2, 8, 8, 1), "float32"), "target": np.zeros((2, 8, 8, 3), "float32")}
        >>> history = model.fit(pairs, batch_size=2, verbose=0)
        >>> model.translate(pairs["source"]).shape
        (2, 8, 8, 3)
    """

    likeness_weight = "l1_weight"
    terms = ("g_loss", "l1_loss", "d_loss")

    def __init__(
        self,
        generator,
        discriminator,
        *,
        l1_weight=100.0,
        adversarial_loss=None,
        penalties=(),
        augmentation=(),
        ema_half_life=None,
        seed=None,
        name=None,
    ):
        loss = NonSaturating() if adversarial_loss is None else require_loss(adversarial_loss)
        augmentations = augmentations_of(augmentation, loss)
        critic = Critic(discriminator, role="discriminator", conditions=("source",), augmentations=augmentations)
        own = penalties_by_player(penalties, ("discriminator",))["discriminator"]
        super().__init__(generator, critic, ema_half_life=ema_half_life, seed=seed, name=name, penalties=own)
        self.l1_weight = require_number("l1_weight", l1_weight, low=0.0)
        self.adversarial_loss = loss

    def generator_terms(self, batch, fake):
        """What G minimises."""
        l1_loss = self.l1_weight * mean_distance(batch["target"], fake["images"])
        return {"generator": {"g_loss": self.fooling(batch, fake), "l1_loss": l1_loss}}

    @property
    def penalties(self):
        """The penalties of the discriminator, a tuple."""
        return tuple(self.players["discriminator"].penalties.values())

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "l1_weight": self.l1_weight,
            "adversarial_loss": serialised(self.adversarial_loss),
            "penalties": serialised(self.penalties),
            "augmentation": serialised(self.critic.augmentations),
        }
