"""SISGAN: pictures changed as a text says."""

import keras
import numpy as np

from keras_gan._arguments import require_int, require_number
from keras_gan.gans._matching_gan import MatchingGAN
from keras_gan.gans._pairs import side_by_side
from keras_gan.gans._translation import mean_distance


@keras.saving.register_keras_serializable(package="keras_gan")
class TextEditor(MatchingGAN):
    """Changes a picture as a text says, and leaves the rest as it is.

    The generator sees the picture and a text that does not match it, and the discriminator must reject real pictures
    with such a text, too. With x a picture, t the vector of its caption, t' that of a caption that does not match, the
    edited picture y = G(x, t'), the logits D and the softplus s:

        discriminator:  E[s(-D(x, t))]  +  w E[s(D(x, t'))]  +  (1 - w) E[s(D(y, t'))]
        generator:      E[s(-D(y, t'))]  +  w_i E[s(-D(G(x, m), m))]  +  w_r E|G(x, t) - x|,    m = (t + t') / 2

    Dong et al. 2017 (arXiv 1707.06873), equation 3 with w = 1/2, and the generator's loss in its non-saturating form.
    Nothing in it says that the rest should stay: that is left to the encoder-residual-decoder, which the picture passes
    easily. The last term says it: a picture whose own caption is asked for needs no edit. It is that of TAGAN (Nam et
    al. 2018, arXiv 1810.11919, equation 7) with absolute differences; with w_r = 0, the loss is that of Dong et al.

    Differences from the paper: one caption is both the wrong text and the text of the edit; the code of the text is not
    drawn; and the encoder of the text is trained as that of `TextToImage`.

    Args:
        generator: keras.Model, G, from "images" and "text" to images of the same shape; `networks.text_editor` builds
            it with its discriminator.
        discriminator: keras.Model, D, from "images" and "text" to logits.
        text_encoder, image_encoder, matching_steps, tokenizer: as for `TextToImage`.
        reconstruction_weight: w_r, at least 0.
        mismatch_weight: w, in [0, 1].
        interpolation_weight: w_i, at least 0.
        adversarial_loss, penalties, augmentation: as for `TextToImage`.
        ema_half_life, seed, name: as for `TwoPlayerGAN`.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan, numpy as np
        >>> digits = keras_gan.data.load_captions(keras_gan.data.CaptionedDigits(64), batch_size=8)
        >>> words = {"vocab_size": digits.tokenizer.vocab_size, "length": digits.tokenizer.length}
        >>> encoder = keras_gan.networks.text_encoder(**words, text_dim=16, kind="bag", width=8)
        >>> sizes = {"image_shape": digits.image_shape, "text_dim": 16, "width": 2, "text_width": 8, "blocks": 1}
        >>> networks = keras_gan.networks.text_editor(**sizes)
        >>> editor = keras_gan.TextEditor(*networks, text_encoder=encoder, tokenizer=digits.tokenizer, seed=0)
        >>> editor.compile(run_eagerly=True)  # Faster for so few steps.
        >>> history = editor.fit(digits, steps_per_epoch=1, verbose=0)
        >>> editor.edit(np.zeros((2, 24, 24, 3), "float32"), text="a small red one at left").shape
        (2, 24, 24, 3)
    """

    terms = ("matching_loss", "d_loss", "d_text_loss", "g_loss", "g_between_loss", "reconstruction_loss")
    generator_takes = ("images", "text")

    def __init__(
        self,
        generator,
        discriminator,
        text_encoder=None,
        image_encoder=None,
        *,
        matching_steps=None,
        tokenizer=None,
        reconstruction_weight=1.0,
        mismatch_weight=0.5,
        interpolation_weight=0.0,
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
            captions=None,
            matching_steps=matching_steps,
            tokenizer=tokenizer,
            mismatch_weight=mismatch_weight,
            interpolation_weight=interpolation_weight,
            adversarial_loss=adversarial_loss,
            penalties=penalties,
            augmentation=augmentation,
            ema_half_life=ema_half_life,
            seed=seed,
            name=name,
        )
        self._maps.require_fit(self._maps)
        self.reconstruction_weight = require_number("reconstruction_weight", reconstruction_weight, low=0.0)

    def given_for(self, real, noise):  # noqa: ARG002
        """The pictures of a batch."""
        return {"images": real["images"]}

    def wanted(self, real):
        """The captions that do not match: what a picture is edited to."""
        return real["wrong_text"]

    def likeness_terms(self, real, fake):  # noqa: ARG002
        """What an edit to a picture's own caption changes."""
        if not self.reconstruction_weight:
            return {}
        same = self.made_for(self.given_for(real, None), real["text"])["images"]
        return {"reconstruction_loss": self.reconstruction_weight * mean_distance(real["images"], same)}

    def edit(self, images, *, text=None, tokens=None, vectors=None, averaged=True, batch_size=64):
        """Change pictures as texts say. This does not change the state of training.

        Args:
            images: float32 `(num_images, height, width, channels)` in [-1, 1].
            text: what each should show: a list with a string for each, or one string for all; needs the tokenizer.
            tokens: int `(num_images, length)`, or one row for all, in the place of strings.
            vectors: float `(num_images, size)`, or one row for all, for a model without a text encoder.
            averaged: whether to use the averaged generator if there is one.
            batch_size: int, how many to edit at once.

        Returns:
            float32 NumPy array of the shape of `images`, in [-1, 1].

        Raises:
            ValueError: if these are no images that the generator takes, or it is not clear what they should show.

        Warns:
            UserWarning: of words that the tokenizer does not know.
        """
        given = {"text": text, "tokens": tokens, "vectors": vectors}
        given = {name: value for name, value in given.items() if value is not None}
        return self.draw_samples(images=images, averaged=averaged, batch_size=batch_size, **given)

    def snapshot(self, num_images, *, seed, inputs=None):  # noqa: ARG002
        """What `callbacks.ImageSnapshots` shows: pictures, and each next to it edited to a caption of another.

        Args:
            num_images: int, the most images to show, both kinds together; one pair is always shown.
            seed: int; nothing is drawn here.
            inputs: a batch of the data, a dict of "images", "captions" and "mismatched".

        Returns:
            (images, columns): float32 array of images in [-1, 1], and how many of them make a row.

        Raises:
            ValueError: if there are no such `inputs`.
        """
        require_int("num_images", num_images)
        if not isinstance(inputs, dict) or not {"images", "mismatched"} <= set(inputs):
            raise ValueError(
                f"A {type(self).__name__} draws nothing by itself: give `ImageSnapshots` a batch of the data, as "
                f'`inputs={{"images": images, "mismatched": tokens}}`. Received: inputs={inputs!r:.60}'
            )
        words = np.asarray(inputs["mismatched"])

        def edited(images):
            return self.edit(images, **{self.words_name: words[: len(images)]})

        return side_by_side([[np.asarray(inputs["images"]), edited]], num_images)

    def get_config(self):
        """Return the constructor's arguments."""
        config = {**super().get_config(), "reconstruction_weight": self.reconstruction_weight}
        config.pop("captions")
        return config
