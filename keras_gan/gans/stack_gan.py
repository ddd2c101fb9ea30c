"""StackGAN: pictures of what a text says, drawn a second time, larger."""

import keras
from keras import ops

from keras_gan._arguments import require_int
from keras_gan.gans._serialised import serialised
from keras_gan.gans.text_to_image import TextToImage
from keras_gan.training import Interface
from keras_gan.training.player import copy_of


@keras.saving.register_keras_serializable(package="keras_gan")
class StackGAN(TextToImage):
    """Draws a small picture of a text, and draws it again, larger and better: the second stage of StackGAN.

    One generator of large pictures has to find the shapes and the details at once. Here the first stage is a generator
    that is trained already, such as that of `TextToImage`, and stays as it is. The second sees what that draws, reads
    the text again, and is trained by the losses of `TextToImage` at the larger size, with G0 the first stage, z the
    latents of both and t the vector of the text:

        y = G(G0(z0, t), t, z1)

    Zhang et al. 2016 (arXiv 1612.03242), section 3.4 and equations 5 and 6, with the weights of the authors' code: real
    pairs 1, wrong words and fakes 1/2 each, and 2 for the KL divergence. Both stages read the same text encoder, which
    is not trained here. `StackGAN.of` takes the first stage out of a `TextToImage`.

    Differences from the paper: the first stage is used in inference mode and, where it has one, by its average; the
    discriminator is one for all fakes, as in `TextToImage`.

    Args:
        first_generator: keras.Model, G0, from "latents" and "text" to small images.
        generator: keras.Model, G, from "source", small images, "text" and perhaps "latents", to large images; or to a
            dict with "mean" and "log_variance" too. `networks.stack_gan` builds it with its discriminator.
        discriminator: keras.Model, D, from large "images" and "text" to logits.
        text_encoder: keras.Model that the first stage was trained with; None for data with vectors.
        **options: as for `TextToImage`, without those of the phase of the encoders: tokenizer, captions,
            mismatch_weight, interpolation_weight, kl_weight, adversarial_loss, penalties, augmentation, ema_half_life,
            seed and name.

    Raises:
        ValueError: if the networks do not fit each other, or an argument is out of range.

    Example:
        >>> import keras_gan
        >>> digits = keras_gan.data.load_captions(keras_gan.data.CaptionedDigits(64), batch_size=8)
        >>> words = {"vocab_size": digits.tokenizer.vocab_size, "length": digits.tokenizer.length}
        >>> encoder = keras_gan.networks.text_encoder(**words, text_dim=16, kind="bag", width=8)
        >>> small = keras_gan.networks.gan_cls(image_shape=(12, 12, 3), text_dim=16, width=4, text_width=8)
        >>> first = keras_gan.TextToImage(*small, text_encoder=encoder, tokenizer=digits.tokenizer)
        >>> sizes = {"scale": 2, "text_dim": 16, "width": 2, "text_width": 8, "blocks": 1}
        >>> gan = keras_gan.StackGAN.of(first, *keras_gan.networks.stack_gan(source_shape=(12, 12, 3), **sizes), seed=0)
        >>> gan.compile(run_eagerly=True)  # Faster for so few steps.
        >>> history = gan.fit(digits, steps_per_epoch=1, verbose=0)
        >>> gan.generate(text="a small red one at left", seed=0).shape, gan.draw_small(2, text="red", seed=0).shape
        ((1, 24, 24, 3), (2, 12, 12, 3))
    """

    terms = ("d_loss", "d_text_loss", "g_loss", "g_between_loss", "kl_loss")
    generator_takes = ("source", "text", "latents")

    def __init__(self, first_generator, generator, discriminator, text_encoder=None, **options):
        if {"image_encoder", "matching_steps"} & set(options):
            raise ValueError(
                "The first stage was trained with the text encoder as it is, so that is not trained again: leave "
                f"`image_encoder` and `matching_steps` out. Received: {', '.join(map(str, options))}"
            )
        draws = Interface(first_generator, "first generator", ("latents", "text"), "images")
        super().__init__(generator, discriminator, text_encoder, **options)
        taken = self._maps.shapes
        fits = draws.outputs["images"] == taken["source"] and draws.shapes.get("text") == taken["text"]
        if not fits or None in draws.shapes["latents"]:
            raise ValueError(
                f"The first generator must draw the pictures {taken['source']} that the second takes, of texts "
                f"{taken['text']}. Received: a first generator from {draws.shapes} to {draws.outputs}"
            )
        self.first_generator, self._draws = first_generator, draws

    @classmethod
    def of(cls, stage_one, generator, discriminator, **options):
        """Return a second stage for a `TextToImage` that is trained.

        Its networks are copied, so it may be trained further: the averaged generator if there is one, and the text
        encoder. Its tokenizer and captions are those of the first stage.

        Args:
            stage_one: `TextToImage`.
            generator: as in the constructor.
            discriminator: as in the constructor.
            **options: further arguments of the constructor.

        Raises:
            ValueError: if this is no such model, and as the constructor does.
        """
        if not isinstance(stage_one, TextToImage) or isinstance(stage_one, StackGAN):
            raise ValueError(f"`stage_one` must be a `TextToImage`. Received: stage_one={stage_one!r:.80}")
        stage_one.settle_averages()
        encoder = None if stage_one.text_encoder is None else copy_of(stage_one.text_encoder)
        first = copy_of(stage_one.averaged_generator or stage_one.generator)
        shared = {"tokenizer": stage_one.tokenizer, "captions": stage_one.captions, **options}
        return cls(first, generator, discriminator, encoder, **shared)

    @property
    def sampled_shapes(self):
        """The shape of the latents of both stages, those of the first in front."""
        sizes = [self._draws.shapes["latents"][0], *self._maps.shapes.get("latents", ())]
        return {"latents": (sum(sizes),)}

    def made(self, inputs):
        """The outputs of the second stage, a dict."""
        return self.forward(self._maps, self._first_drawn(inputs))

    def drawn(self, inputs, network):
        """Pictures of symbolic latents and vectors."""
        return self._maps(self._first_drawn(inputs), network=network, training=False)["images"]

    def _first_drawn(self, inputs):
        """What the second stage takes: the picture of the first one, and the rest of the latents."""
        size = self._draws.shapes["latents"][0]
        small = self._draws({"latents": inputs["latents"][:, :size], "text": inputs["text"]}, training=False)["images"]
        # The first stage stays as it is, so no gradient has to pass it.
        small = ops.stop_gradient(ops.cast(small, "float32"))
        return {"source": small, "text": inputs["text"], "latents": inputs["latents"][:, size:]}

    def draw_small(self, num_images=None, *, seed=None, batch_size=64, **given):
        """Draw what the first stage draws: the small pictures of `generate` with the same arguments.

        Args:
            num_images: as in `generate`.
            seed: as in `generate`.
            batch_size: as in `generate`.
            **given: text, tokens, vectors or latents, as in `generate`.

        Returns:
            float32 NumPy array `(num_images, height, width, channels)` in [-1, 1].

        Raises:
            ValueError: as `generate` does.
        """
        inputs = self.sampler().inputs_for(num_images, seed=seed, **given)
        batch_size = require_int("batch_size", batch_size)
        values = {"latents": inputs["latents"], "text": self.vectors_of(inputs[self.words_name])}
        parts = range(0, len(inputs["latents"]), batch_size)
        rows = [{name: value[start : start + batch_size] for name, value in values.items()} for start in parts]
        return ops.convert_to_numpy(ops.concatenate([self._first_drawn(row)["source"] for row in rows]))

    def get_config(self):
        """Return the constructor's arguments."""
        config = super().get_config()
        config = {name: value for name, value in config.items() if name not in ("image_encoder", "matching_steps")}
        return {**config, "first_generator": serialised(self.first_generator)}
