"""EnlightenGAN: light for dark pictures, learnt without pairs."""

import keras
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import checked, require_int, require_number
from keras_gan._replicas import mean_over_replicas
from keras_gan.gans._serialised import serialised
from keras_gan.gans._squares import Squares
from keras_gan.gans._translation import TranslationModel, merged_shape, require_loss, require_perceptual
from keras_gan.losses import LeastSquares
from keras_gan.training import Critic, Field, Game, Interface, Player, Sampler

_EPSILON = 1e-5


@keras.saving.register_keras_serializable(package="keras_gan")
class EnlightenGAN(TranslationModel):
    """Brightens dark pictures, and learns it from dark and from bright pictures that show different things.

    Of a dark scene there is no bright photograph that fits pixel by pixel. So one discriminator compares whole results
    with bright pictures, another one compares small parts of them, because light is not even, and the features of a
    trained network keep what the dark picture shows. With dark pictures x, bright ones y, the generator G, the logits
    D of whole pictures and P of parts, random parts p, and features v that are normalised as by instance normalisation:

        generator:       E[(D(G(x)) - E D(y) - 1)^2]/2 + E[(D(y) - E D(G(x)))^2]/2  +  E[(P(p(G(x))) - 1)^2]
                           +  lambda (E (v(x) - v(G(x)))^2 + E (v(p(x)) - v(p(G(x))))^2)
        discriminators:  E[(D(y) - E D(G(x)) - 1)^2]/2 + E[(D(G(x)) - E D(y))^2]/2
                           +  E[(P(p(y)) - 1)^2]/2 + E[P(p(G(x)))^2]/2

    Jiang et al. 2019 (arXiv 1906.06972), equations 1 to 6, with the halves of the authors' code. The generator is
    `networks.attention_unet()`, D and P are `networks.patch_discriminator` of whole pictures and of parts, without
    normalisation; D with 5 layers, P with 3, because 4 as in the paper need parts of 33 pixels here. The paper's
    features:

        trunk = keras_gan.networks.perceptual_trunk(architecture="vgg16", weights=...)
        features = keras_gan.losses.Perceptual.published("enlightengan", trunk)

    Differences from the paper: the discriminators step first, on the same results. The rate does not decay unless the
    optimizers get a schedule, such as `schedules.LinearDecay`.

    Args:
        generator: keras.Model, G, images to images of the same shape.
        discriminator: keras.Model, D, images to logits or a patch map.
        local_discriminator: keras.Model, P, for the parts: square, of sides that its input has, or of any size.
        features: `keras_gan.losses.Perceptual`, whose network, layers and weights compare x and G(x), whatever its
            `distance` by squares, and without `style_weights`; None leaves these losses out, and then nothing keeps
            what a picture shows, except a generator that adds to it.
        feature_weight: lambda, at least 0.
        num_patches: int, the number of random parts of each picture.
        patch_size: int, the sides of the parts.
        adversarial_loss: `keras_gan.losses.AdversarialLoss` of D; None for the one above.
        ema_half_life, seed, name: as for `TwoPlayerGAN`.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> shape = {"image_shape": (16, 16, 3), "width": 2}
        >>> generator = keras_gan.networks.attention_unet(**shape, halvings=1)
        >>> judges = [keras_gan.networks.patch_discriminator(**shape, layers=1, normalization=None)]
        >>> judges += [keras_gan.networks.patch_discriminator(image_shape=(8, 8, 3), width=2, layers=1)]
        >>> model = keras_gan.EnlightenGAN(generator, *judges, patch_size=8, seed=0)
        >>> model.compile(run_eagerly=True)  # Faster for so few steps.
        >>> dark, bright = np.full((2, 16, 16, 3), -0.5, "float32"), np.full((2, 16, 16, 3), 0.5, "float32")
        >>> history = model.fit({"source": dark, "target": bright}, batch_size=2, verbose=0)
        >>> model.translate(dark).shape
        (2, 16, 16, 3)
    """

    likeness_weight = "feature_weight"
    terms = ("g_loss", "local_g_loss", "feature_loss", "local_feature_loss", "d_loss", "local_d_loss")

    def __init__(
        self,
        generator,
        discriminator,
        local_discriminator,
        *,
        features=None,
        feature_weight=1.0,
        num_patches=5,
        patch_size=32,
        adversarial_loss=None,
        ema_half_life=None,
        seed=None,
        name=None,
    ):
        maps = Interface(generator, "generator", ("images",), "images")
        critic = Critic(discriminator, role="discriminator", conditions=())
        local_critic = Critic(local_discriminator, role="local_discriminator", conditions=())
        maps.require_fit(critic.interface)
        shape = merged_shape(maps.shapes["images"], maps.outputs["images"], critic.interface.shapes["images"])
        patch_size = _require_patch(patch_size, shape, local_critic.interface)
        super().__init__(
            {
                "generator": Player(generator=generator, ema_half_life=ema_half_life),
                "discriminators": Player(discriminator=discriminator, local_discriminator=local_discriminator),
            },
            {"source": Field(shape), "target": Field(shape)},
            seed=seed,
            name=name,
        )
        self._maps, self.critic, self.local_critic = maps, critic, local_critic
        self.features = _require_features(features)
        self.feature_weight = require_number("feature_weight", feature_weight, low=0.0)
        self.num_patches, self.patch_size = require_int("num_patches", num_patches), patch_size
        self.adversarial_loss = RelativisticSquares() if adversarial_loss is None else require_loss(adversarial_loss)
        self.local_loss = Squares()

    def default_optimizers(self):
        """Adam as in the authors' code: learning rate 1e-4, beta_1 0.5."""
        return {name: keras.optimizers.Adam(1e-4, beta_1=0.5, epsilon=1e-8) for name in self.players}

    def train_step(self, data):
        """Update the discriminators, then the generator, on the same results and the same parts of them."""
        with self.step_on(data) as ((batch,), noise):
            batch = batch | self.places(batch, noise)
            fakes = self.record(self.brightened, batch)
            self.minimise(self.discriminator_terms, batch, fakes)
            self.minimise(self.generator_terms, batch, fakes)
        return self.get_metrics_result()

    def places(self, batch, noise):
        """Where the parts of the dark and of the bright pictures lie: numbers in [0, 1), down and across."""
        shape = (batch["source"].shape[0] or tf.shape(batch["source"])[0], self.num_patches, 2)
        return {f"{side}_places": _random.uniform(shape, noise.next_seed()) for side in ("source", "target")}

    def brightened(self, batch):
        """G(x), in the step in progress."""
        return self.forward(self._maps, {"images": batch["source"]})["images"]

    def discriminator_terms(self, batch, fake):
        """What D and P minimise."""
        parts = self.parts(batch["target"], batch["target_places"]), self.parts(fake, batch["source_places"])
        judged = [self.critic({"images": images}).logits for images in (batch["target"], fake)]
        judged_parts = [self.local_critic({"images": images}).logits for images in parts]
        terms = {
            "d_loss": self.adversarial_loss.discriminator_loss(*judged),
            "local_d_loss": self.local_loss.discriminator_loss(*judged_parts),
        }
        return {"discriminators": terms}

    def generator_terms(self, batch, fake):
        """What G minimises."""
        fake_parts = self.parts(fake, batch["source_places"])
        real_logits = self.critic({"images": batch["target"]}).logits if self.adversarial_loss.relativistic else None
        part_logits = self.local_critic({"images": fake_parts}).logits
        terms = {
            "g_loss": self.adversarial_loss.generator_loss(real_logits, self.critic({"images": fake}).logits),
            "local_g_loss": self.local_loss.generator_loss(None, part_logits),
        }
        if self.features is not None:
            dark_parts = self.parts(batch["source"], batch["source_places"])
            terms["feature_loss"] = self.feature_weight * self.kept(batch["source"], fake)
            terms["local_feature_loss"] = self.feature_weight * self.kept(dark_parts, fake_parts)
        return {"generator": terms}

    def parts(self, images, places):
        """The parts of images at some places, `(batch * num_patches, patch_size, patch_size, channels)`."""
        free = tf.cast(_room(images, self.patch_size), tf.float32)
        starts = tf.cast(tf.floor(places * free), tf.int32)[..., tf.newaxis] + tf.range(self.patch_size)
        rows = tf.gather(images, starts[:, :, 0], axis=1, batch_dims=1)
        columns = tf.gather(rows, starts[:, :, 1], axis=3, batch_dims=2)
        return tf.reshape(columns, (-1, self.patch_size, self.patch_size, images.shape[-1]))

    def kept(self, dark, bright):
        """E (v(x) - v(G(x)))^2, a float32 scalar."""
        maps = [self.features.features(images) for images in (dark, bright)]
        _require_places(maps[0], dark)
        pairs = zip(*(map(_normalized, both) for both in maps), strict=True)
        return self.features.weighted_sum([tf.reduce_mean(tf.square(one - other)) for one, other in pairs])

    def test_terms(self, batch, noise):
        """All losses on pictures that are not trained on."""
        batch = batch | self.places(batch, noise)
        fake = self.brightened(batch)
        return {**self.discriminator_terms(batch, fake), **self.generator_terms(batch, fake)}

    @property
    def games(self):
        """The game of whole pictures and the game of parts."""
        roles = {"judge": "discriminators", "maker": "generator", "field": "target"}
        part = Game(self.local_critic, self.generator, **roles, loss=self.local_loss)
        return {"whole": Game(self.critic, self.generator, **roles), "part": part}

    def play(self, batch, noise):
        """Bright pictures and results, and parts of them."""
        places, fake = self.places(batch, noise), self.brightened(batch)
        parts = self.parts(batch["target"], places["target_places"]), self.parts(fake, places["source_places"])
        whole = {"images": batch["target"]}, {"images": fake}
        return {"whole": whole, "part": tuple({"images": images} for images in parts)}

    def sampler(self, averaged=True):
        """The `Sampler` that brightens: the generator, or its average."""
        return Sampler(self._maps, self.averaged_generator if averaged else None, is_drawn=False)

    def call(self, images, training=False):
        """Results for dark pictures, by the averaged generator if there is one."""
        return (self.averaged_generator or self.generator)(images, training=training)

    def blocks_of(self, batch):
        """Dark pictures and their results: a bright picture of the batch shows something else."""
        return [[batch["source"], self.translate]]

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "features": serialised(self.features),
            "feature_weight": self.feature_weight,
            "num_patches": self.num_patches,
            "patch_size": self.patch_size,
            "adversarial_loss": serialised(self.adversarial_loss),
            "ema_half_life": serialised(self.players["generator"].ema_half_life),
        }


@keras.saving.register_keras_serializable(package="keras_gan")
class RelativisticSquares(LeastSquares):
    """The relativistic average form of least squares: how much more real than the mean of the other kind.

    With the targets 1 and 0 and the halves of the authors' code; Jiang et al. 2019, equations 2 and 3.
    """

    relativistic = True

    def discriminator_loss(self, real_logits, fake_logits):
        """Return half the sum of both distances to their targets, a float32 scalar of at least 0."""
        real, fake = (tf.cast(logits, tf.float32) for logits in (real_logits, fake_logits))
        means = mean_over_replicas(tf.stack([tf.reduce_mean(real), tf.reduce_mean(fake)]))
        return super().discriminator_loss(real - means[1], fake - means[0])

    def generator_loss(self, real_logits, fake_logits):
        """Return the same with the roles exchanged."""
        return self.discriminator_loss(fake_logits, real_logits)


def _normalized(maps):
    """Each channel of each map with mean 0 and variance 1 over its positions."""
    mean, variance = tf.nn.moments(maps, (1, 2), keepdims=True)
    return (maps - mean) * tf.math.rsqrt(variance + _EPSILON)


def _require_places(maps, images):
    """Raise a ValueError if a map has a single place: less its mean, it would be zero whatever the image shows."""
    single = [each.shape[1:3] for each in maps if each.shape[1:3] == (1, 1)]
    if single:
        raise ValueError(
            "The features of these pictures, or of their parts, have a single place, of which nothing is left without "
            "its mean: take an earlier layer, or a larger `patch_size`. "
            f"Received: maps of shape {tuple(single[0])} of images of shape {tuple(images.shape[1:3])}"
        )


def _require_features(features):
    """The loss whose features are compared, or None, or a ValueError if it compares anything else."""
    features = require_perceptual(features, "features")
    if features is not None and features.style_weights is not None:
        raise ValueError(
            "EnlightenGAN compares the features place by place, and has no use for `style_weights`: leave them out. "
            f"Received: features with style_weights={list(features.style_weights)}"
        )
    return features


def _room(images, size):
    """At how many places along each side a part may begin, int32 `(2,)`, or a ValueError if pictures are too small."""
    words = f"The pictures must be at least as large as their parts, `patch_size` = {size}: give larger ones."
    known, sides = images.shape[1:3], tf.shape(images)[1:3]
    if any(side is not None and side < size for side in known):
        raise ValueError(f"{words} Received: pictures of shape {tuple(images.shape)}")
    if None not in known:
        return sides - size + 1
    received = {"height": sides[0], "width": sides[1]}
    return checked(sides - size + 1, tf.reduce_all(sides >= size), words, received)


def _require_patch(size, shape, judges):
    """The size of the parts as an int, or a ValueError if pictures have no such parts or the network takes others."""
    size = require_int("patch_size", size)
    if any(side is not None and side < size for side in shape[:2]):
        raise ValueError(
            f"The parts of the pictures must not be larger than the pictures, of shape {shape}: give a smaller "
            f"`patch_size`. Received: patch_size={size}"
        )
    part = (size, size, shape[-1])
    if not tf.TensorShape(judges.shapes["images"]).is_compatible_with(part):
        raise ValueError(
            f"The local discriminator must take parts of shape {part}: build it for these, or give another "
            f"`patch_size`. Received: local_discriminator with inputs of shape {judges.shapes['images']}, "
            f"patch_size={size}"
        )
    return size
