"""BiGAN, or ALI: an encoder that plays against the same discriminator as the generator."""

import keras
from keras import ops

from keras_gan._arguments import require_number
from keras_gan.gans._posterior import Posterior
from keras_gan.gans._scoring import ScoringModel, features_of, mean_of_each
from keras_gan.gans._serialised import serialised
from keras_gan.losses import NonSaturating
from keras_gan.training import Critic, Game, Interface, Player


@keras.saving.register_keras_serializable(package="keras_gan")
class BiGAN(ScoringModel):
    """Bidirectional GAN, also called adversarially learned inference: the discriminator judges an image and its code.

    An autoencoder learns an encoder by comparing pixels. Here nothing is compared: the discriminator sees pairs, real
    images with the codes that the encoder gives them, and codes of the prior with the images that the generator makes
    of them. It cannot tell the two kinds apart only if the encoder inverts the generator. So codes keep what images
    show, and not where each pixel is. With x real, z ~ N(0, I), D the logit of a pair and s the softplus:

        discriminator:           E[s(-D(x, E(x)))]  +  E[s(D(G(z), z))]
        generator and encoder:   E[s(D(x, E(x)))]   +  E[s(-D(G(z), z))]

    Donahue et al. 2016 (arXiv 1605.09782), equation 2 and section 2.4, whose second objective has the labels swapped
    for its gradient; Dumoulin et al. 2016 (arXiv 1606.00704), algorithm 1. Both updates share one pass. An encoder that
    returns "mean" and "log_variance" draws its code from a normal distribution, as that of ALI does; one with a single
    output is BiGAN's.

    Reconstructions keep the kind of thing rather than its pixels, and are the less faithful the shorter training was.
    That is no fault to mend with a pixel loss: use `VAEGAN` if you need faithful ones.

    As a detector of anomalies, with f the features of the discriminator (its output "features", or what its last layer
    takes) and means over pixels and over features:

        score(x) = (1 - w) mean |x - G(E(x))|  +  w mean |f(x, E(x)) - f(G(E(x)), E(x))|

    Zenati et al. 2018 (arXiv 1802.06222), equation 5 with feature matching; they sum instead of taking means, and
    have w = 0.1.

    What differs from the papers: the prior is normal (BiGAN has a uniform one).

    Args:
        generator: keras.Model, latents to images.
        encoder: keras.Model, images to codes of the size of the latents, or to "mean" and "log_variance" of them.
        discriminator: keras.Model, "images" and "latents" to logits.
        feature_weight: w, a number in [0, 1]; it affects the scores alone.
        ema_half_life, seed, name: as for `TwoPlayerGAN`; generator and encoder are averaged.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> model = keras_gan.BiGAN(*keras_gan.networks.bigan(image_shape=(8, 8, 1), latent_dim=4, width=2), seed=0)
        >>> model.compile(run_eagerly=True)  # Faster for so few steps.
        >>> images = np.zeros((16, 8, 8, 1), "float32")
        >>> history = model.fit(images, batch_size=8, verbose=0)
        >>> model.encode(images[:3]).shape, model.reconstruct(images[:3]).shape, model.score(images[:3]).shape
        ((3, 4), (3, 8, 8, 1), (3,))
    """

    terms = ("d_loss", "g_loss")

    def __init__(
        self, generator, encoder, discriminator, *, feature_weight=0.1, ema_half_life=None, seed=None, name=None
    ):
        decodes = Interface(generator, "generator", ("latents",), "images")
        encodes = Interface(encoder, "encoder", ("images",), "mean")
        critic = Critic(discriminator, role="discriminator", conditions=("latents",))
        _require_fitting(encodes, decodes, critic.interface)
        super().__init__(
            encodes,
            decodes,
            {
                "generator": Player(generator=generator, encoder=encoder, ema_half_life=ema_half_life),
                "discriminator": Player(discriminator=discriminator),
            },
            seed=seed,
            name=name,
        )
        self.feature_weight = require_number("feature_weight", feature_weight, low=0.0, high=1.0)
        self.adversarial_loss, self.critic = NonSaturating(), critic
        self._looks = Interface(features_of(discriminator), "discriminator", ("images", "latents"), "features")

    def default_optimizers(self):
        """Adam with learning rate 2e-4 and beta_1 0.5, as in both papers' codes up to the rate of ALI, 1e-4."""
        return {name: keras.optimizers.Adam(2e-4, beta_1=0.5, epsilon=1e-8) for name in self.players}

    def train_step(self, data):
        """Algorithm 1 of ALI: one pass, then an update of each player."""
        with self.step_on(data) as ((batch,), noise):
            self.minimise(self.objectives, batch, self.codes_for(batch, noise), self.codes_for(batch, noise))
        return self.get_metrics_result()

    def objectives(self, batch, deviation, prior):
        """What both players minimise."""
        of_encoder, of_generator = (self.critic(each).logits for each in self.both_kinds(batch, deviation, prior))
        judging = self.adversarial_loss.discriminator_loss
        return {
            "discriminator": {"d_loss": judging(of_encoder, of_generator)},
            # The labels are swapped.
            "generator": {"g_loss": judging(of_generator, of_encoder)},
        }

    def both_kinds(self, batch, deviation, prior):
        """What the discriminator judges: real images with their codes, and codes with the images drawn from them."""
        encoded = {"images": batch["images"], "latents": self.code(batch, deviation)}
        return encoded, {"images": self.forward(self._decodes, {"latents": prior})["images"], "latents": prior}

    def code(self, batch, deviation):
        """E(x) in the step in progress; of an encoder that returns a distribution, mean + sigma * deviation."""
        found = self.forward(self._encodes, batch)
        return Posterior.of(found, deviation).sample if "log_variance" in found else found["mean"]

    def test_terms(self, batch, noise):
        """Both losses on images that are not trained on."""
        return self.objectives(batch, self.codes_for(batch, noise), self.codes_for(batch, noise))

    @property
    def games(self):
        """The game of the discriminator with the generator; the encoder plays for the real images."""
        return {"": Game(self.critic, self.generator, judge="discriminator", maker="generator")}

    def play(self, batch, noise):
        """Real images with their codes, and codes with the images that are drawn from them."""
        return {"": self.both_kinds(batch, self.codes_for(batch, noise), self.codes_for(batch, noise))}

    def scores(self, images, networks):
        """(1 - w) mean |x - G(E(x))| + w mean |f(x, E(x)) - f(G(E(x)), E(x))|."""
        codes = self.codes_of(images, networks)
        rebuilt = self.images_of(codes, networks)
        of_real, of_rebuilt = (
            self._looks({"images": each, "latents": codes}, training=False)["features"] for each in (images, rebuilt)
        )
        of_pixels, of_features = mean_of_each(ops.abs(images - rebuilt)), mean_of_each(ops.abs(of_real - of_rebuilt))
        return (1.0 - self.feature_weight) * of_pixels + self.feature_weight * of_features

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "feature_weight": self.feature_weight,
            "ema_half_life": serialised(self.players["generator"].ema_half_life),
        }


def _require_fitting(encodes, decodes, judges):
    """Raise a ValueError unless the three networks fit each other."""
    for output in ("mean", *({"log_variance"} & set(encodes.outputs))):
        encodes.require_fit(decodes, output)
    for taker in (encodes, judges):
        decodes.require_fit(taker)
    latents = decodes.shapes["latents"]
    if judges.shapes.get("latents") != latents:
        raise ValueError(
            "The discriminator must judge an image with its code: it needs two inputs, 'images' and 'latents' of shape "
            f"{latents}, as the generator takes them. `networks.bigan` builds one. "
            f"Received: discriminator with inputs {judges.shapes}"
        )
