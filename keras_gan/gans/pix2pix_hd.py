"""pix2pixHD: translation of large images, learnt from pairs."""

import keras

from keras_gan._arguments import require_number
from keras_gan.gans._features import over_scales, require_features
from keras_gan.gans._paired_translation import PairedTranslationModel
from keras_gan.gans._serialised import serialised
from keras_gan.gans._squares import Squares
from keras_gan.gans._translation import require_loss, require_perceptual
from keras_gan.losses import feature_matching
from keras_gan.training import Critic


@keras.saving.register_keras_serializable(package="keras_gan")
class Pix2PixHD(PairedTranslationModel):
    """Translator of large images that learns from pairs, near the target in features instead of pixels.

    Discriminators at several scales see texture and composition. Their own features, and on request those of a trained
    network, take the place of the distance of pixels, which blurs. With pairs x, y of source and target, the translator
    G, the discriminator D_k of scale k, its maps f_ki, and perceptual features v:

        generator:       sum_k E[(D_k(x, G(x)) - 1)^2]  +  lambda_F L_F  +  lambda_P L_P
        discriminators:  1/2 sum_k (E[(D_k(x, y) - 1)^2] + E[D_k(x, G(x))^2])
        L_F = `losses.feature_matching` of the f_ki(x, y) and f_ki(x, G(x)),    L_P = `losses.Perceptual` of y and G(x)

    Wang et al. 2017 (arXiv 1711.11585), equations 2 to 5, with the least squares and the weights of the authors' code.
    As there, all gradients come from one pass, before the updates.

    The global generator is `networks.resnet_translator(halvings=4)`, the discriminators are
    `networks.multiscale_discriminator(source_channels=3)`. The paper's perceptual loss has the first ReLU of each block
    of VGG19:

        trunk = keras_gan.networks.perceptual_trunk(weights="vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5")
        layers = [f"block{block}_relu1" for block in range(1, 6)]
        perceptual = keras_gan.losses.Perceptual(trunk, layers, weights=[1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0])

    Differences from the paper: no local enhancer, instance maps or encoder of features. The rate does not decay unless
    the optimizers get a schedule, such as `schedules.LinearDecay`.

    Args:
        generator: keras.Model, G, images to images of the same size.
        discriminator: keras.Model, "images" and "source" (or "images" alone) to "logits", a patch map or a list of
            them, and "features", a list of maps or a list of such lists.
        feature_weight: lambda_F, at least 0.
        perceptual: `keras_gan.losses.Perceptual`; None to leave it out.
        perceptual_weight: lambda_P, at least 0.
        adversarial_loss: `keras_gan.losses.AdversarialLoss` in the place of the squares, summed over the scales; None
            for these.
        ema_half_life, seed, name: as for `TwoPlayerGAN`.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> shape = {"image_shape": (8, 8, 1), "width": 2}
        >>> generator = keras_gan.networks.resnet_translator(**shape, blocks=1)
        >>> judge = {"source_channels": 1, "layers": 1, "scales": 2}
        >>> model = keras_gan.Pix2PixHD(generator, keras_gan.networks.multiscale_discriminator(**shape, **judge))
        >>> model.compile(run_eagerly=True)  # Faster for so few steps.
        >>> images = np.zeros((2, 8, 8, 1), "float32")
        >>> history = model.fit({"source": images, "target": images}, batch_size=2, verbose=0)
        >>> model.translate(images).shape
        (2, 8, 8, 1)
    """

    likeness_weight = "feature_weight"
    terms = ("g_loss", "feature_loss", "perceptual_loss", "d_loss")

    def __init__(
        self,
        generator,
        discriminator,
        *,
        feature_weight=10.0,
        perceptual=None,
        perceptual_weight=10.0,
        adversarial_loss=None,
        ema_half_life=None,
        seed=None,
        name=None,
    ):
        critic = Critic(discriminator, role="discriminator", conditions=("source",), multiscale=True)
        require_features(critic.interface)
        super().__init__(generator, critic, ema_half_life=ema_half_life, seed=seed, name=name)
        self.feature_weight = require_number("feature_weight", feature_weight, low=0.0)
        self.perceptual = require_perceptual(perceptual)
        self.perceptual_weight = require_number("perceptual_weight", perceptual_weight, low=0.0)
        self.adversarial_loss = Squares() if adversarial_loss is None else require_loss(adversarial_loss)

    def train_step(self, data):
        """Update both players from one pass."""
        with self.step_on(data) as ((batch,), _):
            self.minimise(self.objectives, batch)
        return self.get_metrics_result()

    def objectives(self, batch):
        """What the two players minimise."""
        translations = self.translate_batch(batch)
        real, fake = self.critic(self.pairs_of(batch)), self.critic(translations)
        generator = {
            "g_loss": over_scales(self.adversarial_loss.generator_loss, real, fake),
            "feature_loss": self.feature_weight * feature_matching(real.features, fake.features),
        }
        if self.perceptual is not None:
            likeness = self.perceptual(batch["target"], translations["images"])
            generator["perceptual_loss"] = self.perceptual_weight * likeness
        judging = over_scales(self.adversarial_loss.discriminator_loss, real, fake)
        return {"generator": generator, "discriminator": {"d_loss": judging}}

    def test_terms(self, batch, noise):  # noqa: ARG002
        """All losses on pairs that are not trained on."""
        return self.objectives(batch)

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "feature_weight": self.feature_weight,
            "perceptual": serialised(self.perceptual),
            "perceptual_weight": self.perceptual_weight,
            "adversarial_loss": serialised(self.adversarial_loss),
        }
