"""GANomaly: an autoencoder whose reconstructions are encoded again, and compared as codes."""

import keras
import tensorflow as tf
from keras import ops

from keras_gan._arguments import require_number
from keras_gan.gans._scoring import ScoringModel, mean_of_each
from keras_gan.gans._serialised import serialised
from keras_gan.losses import NonSaturating
from keras_gan.training import Critic, Interface, Player, Sampler


@keras.saving.register_keras_serializable(package="keras_gan")
class GANomaly(ScoringModel):
    """GANomaly: finds anomalies by the code that their reconstruction has.

    An autoencoder of normal images makes normal images of everything. A second encoder then learns to find the code of
    a reconstruction; of a normal image it is the code of the image itself. Codes are compared instead of pixels, so
    noise and small shifts count less. With z = E(x) the code, x^ = Dec(z) the reconstruction, z^ = E^(x^) its code, D
    the logit, f the features of the discriminator, s the softplus, and means over pixels, features and codes,

        encoders, decoder:  50 mean |x - x^|  +  mean (z - z^)^2  +  mean (f(x) - f(x^))^2
        discriminator:      E[s(-D(x))]  +  E[s(D(x^))]
        score(x):           mean (z - z^)^2

    Akcay et al. 2018 (arXiv 1805.06725), equations 1 to 5; means and weights as in the authors' code. The autoencoder
    is not asked to fool the discriminator: it matches its features. Both updates share one pass.

    What differs from the authors' code: a discriminator whose loss has fallen to 0 is not started again. They scale the
    scores of a test set to [0, 1], which depends on the set and changes no order; here they are as they are.

    There is no prior: codes cannot be drawn, so `generate` needs `latents`, and `callbacks.ImageSnapshots` its
    `inputs`.

    Args:
        encoder: keras.Model, images to codes.
        decoder: keras.Model, codes to images.
        second_encoder: keras.Model, images to codes of the same size.
        discriminator: keras.Model, images to "logits" and "features".
        image_weight: weight of the pixels, at least 0.
        code_weight: weight of the codes, at least 0.
        feature_weight: weight of the features, at least 0.
        ema_half_life, seed, name: as for `TwoPlayerGAN`; encoders and decoder are averaged.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> networks = keras_gan.networks.ganomaly(image_shape=(8, 8, 1), latent_dim=4, width=2)
        >>> model = keras_gan.GANomaly(*networks, seed=0)
        >>> model.compile(run_eagerly=True)  # Faster for so few steps.
        >>> images = np.zeros((16, 8, 8, 1), "float32")
        >>> history = model.fit(images, batch_size=8, verbose=0)
        >>> model.score(images[:3]).shape, model.reconstruct(images[:3]).shape
        ((3,), (3, 8, 8, 1))
    """

    terms = ("d_loss", "image_loss", "code_loss", "feature_loss")

    def __init__(
        self,
        encoder,
        decoder,
        second_encoder,
        discriminator,
        *,
        image_weight=50.0,
        code_weight=1.0,
        feature_weight=1.0,
        ema_half_life=None,
        seed=None,
        name=None,
    ):
        encodes = Interface(encoder, "encoder", ("images",), "latents")
        decodes = Interface(decoder, "decoder", ("latents",), "images")
        encodes_again = Interface(second_encoder, "second encoder", ("images",), "latents")
        critic = Critic(discriminator, role="discriminator", conditions=())
        _require_fitting(encodes, decodes, encodes_again, critic.interface)
        autoencoder = {"encoder": encoder, "decoder": decoder, "second_encoder": second_encoder}
        super().__init__(
            encodes,
            decodes,
            {
                "generator": Player(**autoencoder, ema_half_life=ema_half_life),
                "discriminator": Player(discriminator=discriminator),
            },
            seed=seed,
            name=name,
        )
        self.image_weight = require_number("image_weight", image_weight, low=0.0)
        self.code_weight = require_number("code_weight", code_weight, low=0.0)
        self.feature_weight = require_number("feature_weight", feature_weight, low=0.0)
        self.adversarial_loss, self.critic = NonSaturating(), critic
        self._encodes_again = encodes_again

    def default_optimizers(self):
        """Adam as in the authors' code: learning rate 2e-4, beta_1 0.5."""
        return {name: keras.optimizers.Adam(2e-4, beta_1=0.5, epsilon=1e-8) for name in self.players}

    def train_step(self, data):
        """One pass, then an update of each player on its own objective."""
        with self.step_on(data) as ((batch,), _):
            self.minimise(self.objectives, batch)
        return self.get_metrics_result()

    def objectives(self, batch):
        """What both players minimise."""
        images = batch["images"]
        codes = self.forward(self._encodes, batch)["latents"]
        rebuilt = self.forward(self._decodes, {"latents": codes})
        codes_again = self.forward(self._encodes_again, rebuilt)["latents"]
        real, fake = self.critic(batch), self.critic({"images": rebuilt["images"]})
        distances = {
            "image_loss": self.image_weight * tf.reduce_mean(tf.abs(images - rebuilt["images"])),
            "code_loss": self.code_weight * tf.reduce_mean(tf.square(codes - codes_again)),
            "feature_loss": self.feature_weight * tf.reduce_mean(tf.square(real.features - fake.features)),
        }
        judging = self.adversarial_loss.discriminator_loss(real.logits, fake.logits)
        return {"generator": distances, "discriminator": {"d_loss": judging}}

    def test_terms(self, batch, noise):  # noqa: ARG002 - nothing is drawn
        """All losses on images that are not trained on."""
        return self.objectives(batch)

    def scores(self, images, networks):
        """Mean (z - z^)^2."""
        codes = self.codes_of(images, networks)
        rebuilt = {"images": self.images_of(codes, networks)}
        again = self._encodes_again(rebuilt, network=networks["second_encoder"], training=False)["latents"]
        return mean_of_each(ops.square(codes - ops.cast(again, "float32")))

    def sampler(self, averaged=True):
        """The `Sampler` from codes, which are not drawn, to images: the decoder, or its average."""
        return Sampler(self._decodes, self.networks_of(averaged)["decoder"], is_drawn=False)

    def snapshot(self, num_images, *, seed, inputs=None):
        """What `callbacks.ImageSnapshots` shows: images next to their reconstructions.

        Args:
            num_images: int, the most images to show.
            seed: int, not used, because nothing is drawn.
            inputs: float32 images, or a batch of the data that has them.

        Returns:
            (images, columns), as `VAEGAN.snapshot` returns them.

        Raises:
            ValueError: if there are no `inputs`.
        """
        if inputs is None:
            raise ValueError(
                "A GANomaly draws no images, but reconstructs some: give `ImageSnapshots` an array of them, as "
                "`inputs=images`. Received: inputs=None"
            )
        return super().snapshot(num_images, seed=seed, inputs=inputs)

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "image_weight": self.image_weight,
            "code_weight": self.code_weight,
            "feature_weight": self.feature_weight,
            "ema_half_life": serialised(self.players["generator"].ema_half_life),
        }


def _require_fitting(encodes, decodes, encodes_again, judges):
    """Raise a ValueError unless the four networks fit each other."""
    for encoder in (encodes, encodes_again):
        encoder.require_fit(decodes)
    for taker in (encodes, encodes_again, judges):
        decodes.require_fit(taker)
    if "features" not in judges.outputs:
        raise ValueError(
            "The discriminator must return a dict of 'logits' and 'features'. The features are used to compare images. "
            f"`networks.ganomaly` builds one. Received: outputs {list(judges.outputs)}"
        )
