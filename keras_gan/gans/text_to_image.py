"""GAN-CLS: pictures of what a text says."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_number
from keras_gan.gans._matching_gan import MatchingGAN


@keras.saving.register_keras_serializable(package="keras_gan")
class TextToImage(MatchingGAN):
    """Draws what a text says: the discriminator must reject real pictures with the wrong words, too.

    A discriminator that only tells real from fake pictures need not read, and then the generator need not either. So it
    sees a third kind of pair. With x a picture, t the vector of its caption, t' that of a caption that does not match,
    y = G(z, t), the logits D and the softplus s:

        discriminator:  E[s(-D(x, t))]  +  w E[s(D(x, t'))]  +  (1 - w) E[s(D(y, t))]
        generator:      E[s(-D(y, t))]  +  w_i E[s(-D(G(z, m), m))]  +  w_kl KL,    m = (t + t') / 2

    Reed et al. 2016 (arXiv 1605.05396): algorithm 1 with w = 1/2 is GAN-CLS, and with w_i = 1, where texts between two
    captions must make good pictures, GAN-INT (equation 5). A generator with conditioning augmentation, which draws the
    code of the text, has a KL divergence of that code from the standard normal distribution, the mean over its numbers,
    with w_kl = 2 as in the code of StackGAN (Zhang et al. 2016, arXiv 1612.03242, equations 1 and 2). Another
    adversarial loss L takes the place of s as w L(D(x, t), D(x, t')) + (1 - w) L(D(x, t), D(y, t)).

    The text encoder is not trained by the game: see `matching_steps`. The encoder may also be any network of yours that
    is trained already, without an image encoder; or None, for data whose captions are vectors of any sentence encoder.

    Differences from the paper: the two texts of an interpolation are the two captions of one picture's batch row, and
    the encoders are trained by the loss of CLIP, see `networks.text_encoder`. The rate does not fall unless the
    optimizers get a schedule; the authors halve it every 100 of 600 epochs.

    Args:
        generator: keras.Model, G, from "latents" and "text" to images in [-1, 1]; or to a dict of "images", "mean" and
            "log_variance" for the KL divergence. `networks.gan_cls` builds both.
        discriminator: keras.Model, D, from "images" and "text" to logits.
        text_encoder: keras.Model from int32 tokens `(batch, length)` to vectors, such as `networks.text_encoder`; None
            for data with vectors.
        image_encoder: keras.Model from images to vectors of the same size, such as `networks.dcgan_encoder`: it trains
            the text encoder in a phase before the game, and has no other use. None for an encoder that is trained.
        matching_steps: int, training steps of that phase; None for 1,000, or for no such phase.
        tokenizer: `keras_gan.layers.Tokenizer`, for strings; None for a model that takes tokens or vectors alone.
        captions: list of strings, or array of tokens or vectors: what is drawn where nobody says what to make, as in
            pictures of the training and measures. None: everybody must say it.
        mismatch_weight: w, in [0, 1]. With 0, the discriminator sees no wrong words.
        interpolation_weight: w_i, at least 0.
        kl_weight: w_kl, at least 0.
        adversarial_loss: `keras_gan.losses.AdversarialLoss`; None for `NonSaturating()`.
        penalties: list of penalties of the discriminator.
        augmentation: as for `TwoPlayerGAN`.
        ema_half_life, seed, name: as for `TwoPlayerGAN`.

    Attributes:
        latent_shape: tuple, shape of one latent.
        tokenizer: the tokenizer.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan
        >>> digits = keras_gan.data.load_captions(keras_gan.data.CaptionedDigits(64), batch_size=8)
        >>> words = {"vocab_size": digits.tokenizer.vocab_size, "length": digits.tokenizer.length}
        >>> encoder = keras_gan.networks.text_encoder(**words, text_dim=16, kind="bag", width=8)
        >>> networks = keras_gan.networks.gan_cls(image_shape=digits.image_shape, text_dim=16, width=4, text_width=8)
        >>> gan = keras_gan.TextToImage(*networks, text_encoder=encoder, tokenizer=digits.tokenizer, seed=0)
        >>> gan.compile(run_eagerly=True)  # Faster for so few steps.
        >>> history = gan.fit(digits, steps_per_epoch=1, verbose=0)
        >>> gan.generate(text=["a small red one at left", "a large blue two at top"], seed=0).shape
        (2, 24, 24, 3)
    """

    terms = ("matching_loss", "d_loss", "d_text_loss", "g_loss", "g_between_loss", "kl_loss")

    def __init__(
        self,
        generator,
        discriminator,
        text_encoder=None,
        image_encoder=None,
        *,
        matching_steps=None,
        tokenizer=None,
        captions=None,
        mismatch_weight=0.5,
        interpolation_weight=0.0,
        kl_weight=2.0,
        adversarial_loss=None,
        penalties=(),
        augmentation=(),
        ema_half_life=None,
        seed=None,
        name=None,
    ):
        super().__init__(
            generator,
            discriminator,
            text_encoder=text_encoder,
            image_encoder=image_encoder,
            matching_steps=matching_steps,
            tokenizer=tokenizer,
            captions=captions,
            mismatch_weight=mismatch_weight,
            interpolation_weight=interpolation_weight,
            adversarial_loss=adversarial_loss,
            penalties=penalties,
            augmentation=augmentation,
            ema_half_life=ema_half_life,
            seed=seed,
            name=name,
        )
        self.kl_weight = require_number("kl_weight", kl_weight, low=0.0)

    @property
    def latent_shape(self):
        """The shape of one latent."""
        return self.sampled_shapes["latents"]

    def given_for(self, real, noise):
        """Latents for a batch."""
        return {"latents": noise.normal_for(real, self.latent_shape)}

    def likeness_terms(self, real, fake):  # noqa: ARG002
        """How far the codes of texts are from normal, where the generator draws them."""
        if "log_variance" not in fake:
            return {}
        return {"kl_loss": self.kl_weight * normal_divergence(fake["mean"], fake["log_variance"])}

    def generate(
        self,
        num_images=None,
        *,
        text=None,
        tokens=None,
        vectors=None,
        latents=None,
        seed=None,
        averaged=True,
        batch_size=64,
    ):
        """Draw pictures of texts. This does not change the state of training.

        Args:
            num_images: int, how many; None for one of each text or latent.
            text: a string for all pictures, or a list with one for each; needs the tokenizer. Of none of `text`,
                `tokens` and `vectors`, the model's `captions` are drawn.
            tokens: int `(num_images, length)`, or one row for all, in the place of strings.
            vectors: float `(num_images, size)`, or one row for all, for a model without a text encoder.
            latents: float32 `(num_images, *latent_shape)`, or None to draw them.
            seed: int for the same pictures each time, in every process; None for different ones each time.
            averaged: whether to use the averaged generator if there is one.
            batch_size: int, how many to generate at once.

        Returns:
            float32 NumPy array `(num_images, height, width, channels)` in [-1, 1].

        Raises:
            ValueError: if it is not clear what or how many to draw, or an argument has a wrong shape or range.

        Warns:
            UserWarning: of words that the tokenizer does not know.
        """
        given = {"text": text, "tokens": tokens, "vectors": vectors, "latents": latents}
        given = {name: value for name, value in given.items() if value is not None}
        return self.draw_samples(num_images, seed=seed, averaged=averaged, batch_size=batch_size, **given)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "kl_weight": self.kl_weight}


def normal_divergence(mean, log_variance):
    """The KL divergence of N(mean, exp(log_variance)) from N(0, 1), the mean over all numbers: a float32 scalar."""
    return 0.5 * tf.reduce_mean(tf.exp(log_variance) + tf.square(mean) - 1.0 - log_variance)
