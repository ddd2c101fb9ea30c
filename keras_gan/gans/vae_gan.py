"""VAE-GAN: an autoencoder that compares images in the features of a discriminator."""

import math

import keras
import tensorflow as tf

from keras_gan._arguments import require_number
from keras_gan._replicas import mean_over_replicas
from keras_gan.gans._posterior import Posterior
from keras_gan.gans._scoring import ScoringModel, features_of
from keras_gan.gans._serialised import serialised
from keras_gan.gans._translation import require_loss
from keras_gan.losses import NonSaturating
from keras_gan.training import Critic, Game, Interface, Player

# With fewer features, the divergence of the codes outweighs their likeness.
_ENOUGH_FEATURES = 1024


@keras.saving.register_keras_serializable(package="keras_gan")
class VAEGAN(ScoringModel):
    """Variational autoencoder that compares images in the features of a discriminator.

    With x real, z ~ q(z|x) from the encoder, x~ = Dec(z) the reconstruction, y = Dec(u) drawn from u ~ N(0, I), f the
    features of the discriminator, D its logit and s the softplus:

        encoder:        beta KL(q(z|x) || N(0, I))  +  L
        decoder:        gamma L  +  (E[s(-D(x~))] + E[s(-D(y))]) / 2
        discriminator:  E[s(-D(x))]  +  (E[s(D(x~))] + E[s(D(y))]) / 2
        likeness:       L = 1/2 E|f(x) - f(x~)|^2,  summed over the features

    Larsen et al. 2015 (arXiv 1512.09300), equations 5 to 9 and algorithm 1. Each player has its own objective: no GAN
    gradient reaches the encoder, and no likeness gradient reaches the discriminator. All three updates share one pass.

    The player that is ahead waits, as in the authors' code: from the costs E[s(-D(x))] of real images and E[s(D(.))] of
    generated ones, the discriminator takes no step while one is below `equilibrium` - `margin`, and the decoder none
    while one is above `equilibrium` + `margin`. If both would wait, neither does. The cost of a discriminator that
    cannot tell is log 2 = 0.69.

    As a detector of anomalies, `score` is the encoder's objective of each image, with the mean of q(z|x) as its code:
    up to a constant, and with beta 1, the negated bound of the likelihood of its features.

    Differences from the paper: the decoder has the non-saturating loss; the paper's is
    `adversarial_loss=losses.Minimax()`. The two kinds of fakes together have the same weight as the real images. Each
    kind of image passes through the networks in a batch of its own, as in DCGAN, and not all in one. The paper's gamma
    of 1e-6 suits 16,384 features and sums over a batch. Here 0.1 suits the few thousand features of small pictures, and
    makes the two terms of the decoder similar in size. The paper's beta is 1. The divergence outweighs a sum over few
    features, and then all images get nearly the same code: so beta is smaller for fewer than 1,024 features. The
    smaller it is, the nearer are reconstructions, and the worse are samples. The optimizer is Adam and not RMSProp,
    with which the codes took longer to say anything.

    Args:
        encoder: keras.Model, images to "mean" and "log_variance", each `(batch, latent_dim)`.
        decoder: keras.Model, latents to images.
        discriminator: keras.Model, images to "logits" and "features".
        gamma: weight of the likeness in the decoder's objective, at least 0.
        beta: weight of the divergence in the encoder's objective, at least 0; None for min(1, n / 1,024), with n the
            number of features.
        equilibrium: the cost around which both players take steps, at least 0.
        margin: how far a cost may be from it before a player waits, at least 0; None for players that never wait.
        adversarial_loss: one of `keras_gan.losses` that is not relativistic; None for `NonSaturating()`.
        ema_half_life, seed, name: as for `TwoPlayerGAN`; encoder and decoder are averaged.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> networks = keras_gan.networks.vae_gan(image_shape=(16, 16, 1), latent_dim=4, width=4)
        >>> model = keras_gan.VAEGAN(*networks, seed=0)
        >>> model.compile(run_eagerly=True)  # Faster for so few steps.
        >>> images = np.zeros((16, 16, 16, 1), "float32")
        >>> history = model.fit(images, batch_size=8, verbose=0)
        >>> model.encode(images[:3]).shape, model.reconstruct(images[:3]).shape
        ((3, 4), (3, 16, 16, 1))
        >>> model.generate(2, seed=0).shape, model.score(images[:3]).shape
        ((2, 16, 16, 1), (3,))
    """

    terms = ("kl_loss", "likeness_loss", "g_loss", "d_loss")

    def __init__(
        self,
        encoder,
        decoder,
        discriminator,
        *,
        gamma=0.1,
        beta=None,
        equilibrium=0.68,
        margin=0.35,
        adversarial_loss=None,
        ema_half_life=None,
        seed=None,
        name=None,
    ):
        encodes = Interface(encoder, "encoder", ("images",), "mean")
        decodes = Interface(decoder, "decoder", ("latents",), "images")
        critic = Critic(discriminator, role="discriminator")
        _require_fitting(encodes, decodes, critic.interface)
        super().__init__(
            encodes,
            decodes,
            {
                "encoder": Player(encoder=encoder, ema_half_life=ema_half_life),
                "decoder": Player(decoder=decoder, ema_half_life=ema_half_life),
                "discriminator": Player(discriminator=discriminator),
            },
            seed=seed,
            name=name,
        )
        self.gamma = require_number("gamma", gamma, low=0.0)
        beta = _beta_for(critic.interface.outputs["features"]) if beta is None else beta
        self.beta = require_number("beta", beta, low=0.0)
        self.equilibrium = require_number("equilibrium", equilibrium, low=0.0)
        self.margin = None if margin is None else require_number("margin", margin, low=0.0)
        self.adversarial_loss = _require_loss(NonSaturating() if adversarial_loss is None else adversarial_loss)
        self.critic = critic

    def default_optimizers(self):
        """Adam with learning rate 5e-4 and beta_1 0.5."""
        return {name: keras.optimizers.Adam(5e-4, beta_1=0.5, epsilon=1e-8) for name in self.players}

    def train_step(self, data):
        """Algorithm 1: one pass, then an update of each player on its own objective."""
        with self.step_on(data) as ((batch,), noise):
            self.minimise(self.objectives, batch, self.codes_for(batch, noise), self.codes_for(batch, noise))
        return self.get_metrics_result()

    def objectives(self, batch, deviation, prior):
        """What the three players minimise."""
        posterior = self.posterior(batch, deviation)
        images = batch["images"], self.decode_codes(posterior.sample), self.decode_codes(prior)
        real, rebuilt, drawn = (self.critic({"images": each}) for each in images)
        likeness = tf.reduce_mean(_likeness_of_each(real.features, rebuilt.features))
        fake_logits = tf.concat([rebuilt.logits, drawn.logits], axis=0)
        self._wait(real.logits, fake_logits)
        return {
            "encoder": {"kl_loss": self.beta * posterior.divergence, "likeness_loss": likeness},
            "decoder": {
                "likeness_loss": self.gamma * likeness,
                "g_loss": self.adversarial_loss.generator_loss(None, fake_logits),
            },
            "discriminator": {"d_loss": self.adversarial_loss.discriminator_loss(real.logits, fake_logits)},
        }

    def _wait(self, real_logits, fake_logits):
        """Let the player wait that is ahead of the other; neither does if both would."""
        if self.margin is None:
            return
        costs = tf.stack([tf.reduce_mean(tf.nn.softplus(-real_logits)), tf.reduce_mean(tf.nn.softplus(fake_logits))])
        costs = mean_over_replicas(tf.stop_gradient(costs))
        judge_is_ahead = tf.reduce_any(costs < self.equilibrium - self.margin)
        judge_is_behind = tf.reduce_any(costs > self.equilibrium + self.margin)
        self.hold("discriminator", judge_is_ahead & ~judge_is_behind)
        self.hold("decoder", judge_is_behind & ~judge_is_ahead)

    def test_terms(self, batch, noise):
        """All losses on images that are not trained on."""
        return self.objectives(batch, self.codes_for(batch, noise), self.codes_for(batch, noise))

    @property
    def games(self):
        """The game of the discriminator with the decoder, whose samples it judges next to the reconstructions."""
        return {"": Game(self.critic, self.decoder, judge="discriminator", maker="decoder")}

    def play(self, batch, noise):
        """The real images, and some that are drawn."""
        return {"": (batch, {"images": self.decode_codes(self.codes_for(batch, noise))})}

    def scores(self, images, networks):
        """The encoder's objective of each image: beta KL(q(z|x) || N(0, I)) + 1/2 |f(x) - f(Dec(mean))|^2."""
        found = self._encodes({"images": images}, network=networks["encoder"], training=False)
        mean, log_variance = (tf.cast(found[name], tf.float32) for name in ("mean", "log_variance"))
        rebuilt = self.images_of(mean, networks)
        real, made = (self.critic.interface({"images": each}, training=False)["features"] for each in (images, rebuilt))
        divergence = Posterior(mean, log_variance, mean).divergence_of_each
        return self.beta * divergence + tf.cast(_likeness_of_each(real, made), tf.float32)

    def score_sampler(self, averaged=True):
        """As `ScoringModel.score_sampler`; a ValueError if the features compare the images of a batch."""
        features_of(self.discriminator)
        return super().score_sampler(averaged)

    def posterior(self, batch, deviation):
        """q(z|x), with mean + sigma * deviation as its sample."""
        return Posterior.of(self.forward(self._encodes, batch), deviation)

    def decode_codes(self, codes):
        """Dec(z), in the step in progress."""
        return self.forward(self._decodes, {"latents": codes})["images"]

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "gamma": self.gamma,
            "beta": self.beta,
            "equilibrium": self.equilibrium,
            "margin": self.margin,
            "adversarial_loss": serialised(self.adversarial_loss),
            "ema_half_life": serialised(self.players["decoder"].ema_half_life),
        }


def _beta_for(shape):
    """The default of beta for features of a shape, of which a side may be unknown."""
    return 1.0 if None in shape else min(1.0, math.prod(shape) / _ENOUGH_FEATURES)


def _require_loss(loss):
    if require_loss(loss).relativistic:
        raise ValueError(
            "`adversarial_loss` must not be relativistic: of each real image there are two generated ones, and a "
            f"relativistic loss compares pairs. Received: adversarial_loss={loss!r}"
        )
    return loss


def _likeness_of_each(real, rebuilt):
    """1/2 |f(x) - f(x~)|^2 of each image, summed over the features, `(batch,)`."""
    squares = 0.5 * tf.square(real - rebuilt)
    return tf.reduce_sum(squares, axis=tuple(range(1, squares.shape.rank)))


def _require_fitting(encodes, decodes, judges):
    """Raise a ValueError unless the three networks fit each other."""
    for output in ("mean", "log_variance"):
        encodes.require_fit(decodes, output)
    for taker in (encodes, judges):
        decodes.require_fit(taker)
    if "features" not in judges.outputs:
        raise ValueError(
            "The discriminator must return a dict of 'logits' and 'features'. The features are used to compare images. "
            f"`networks.vae_gan` builds one. Received: outputs {list(judges.outputs)}"
        )
