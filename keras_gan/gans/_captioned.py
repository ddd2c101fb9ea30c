"""What the models that take a text have in common: how it is read, and how the reader is trained."""

import abc

import keras
import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan._replicas import all_rows
from keras_gan._traversal import every_layer
from keras_gan.gans._caption_sampler import CaptionSampler, rows_of
from keras_gan.gans._serialised import serialised
from keras_gan.layers import Tokenizer
from keras_gan.training import AdversarialModel, Field, Interface, Player

# How far apart similarities are in the softmax of the matching loss.
_TEMPERATURE = 0.1


class CaptionedModel(AdversarialModel, abc.ABC):
    """A model of pictures that takes the vector of a sentence, and perhaps the encoder that makes it.

    The encoder is never trained by the game, in which it would learn what fools a discriminator. With an image encoder,
    both are trained first, in a phase of their own, so that pictures are near their captions; then they stay as they
    are. With v and t the vectors of a picture and of its caption, of length 1, and sums over the batch, without other
    captions of the same tokens, and in the first with the wrong caption of the data for the picture:

        matching:  -E[log exp(v.t / 0.1) / sum exp(v.t' / 0.1)]  -  E[log exp(v.t / 0.1) / sum exp(v'.t / 0.1)]

    over 2. That is the loss of CLIP (Radford et al. 2021, arXiv 2103.00020, figure 3) with a fixed temperature, in the
    place of the hinge of Reed et al. 2016 (arXiv 1605.05396, equation 2).

    A subclass sets `_maps`, the `Interface` of the generator, writes `play_game`, and joins the reader and the
    generator in `drawn`.

    Args:
        players: dict of name to `Player`, without the encoders.
        image_shape: tuple, shape of a picture.
        text_dim: int, size of the vector that the networks take.
        text_encoder: keras.Model, tokens to vectors; None for data that have vectors.
        image_encoder: keras.Model, pictures to vectors of the same size; None for an encoder that is trained.
        matching_steps: int, training steps of the encoders.
        tokenizer: `keras_gan.layers.Tokenizer`; None for a model that is given tokens.
        captions: list of strings, or array of tokens or vectors, that are drawn where nobody says what to make.
        seed, name: as for `AdversarialModel`.
    """

    def __init__(
        self, players, image_shape, text_dim, *, text_encoder, image_encoder, matching_steps, tokenizer, captions, **own
    ):
        reads = None if text_encoder is None else Interface(text_encoder, "text encoder", ("tokens",), "text")
        sees = None if image_encoder is None else Interface(image_encoder, "image encoder", ("images",), "vectors")
        words = _field_of_words(reads, text_dim, tokenizer)
        matching_steps = _require_encoders(reads, sees, text_dim, image_shape, matching_steps)
        if sees is not None:
            players = {"matcher": Player(text_encoder=text_encoder, image_encoder=image_encoder), **players}
        super().__init__(
            players,
            {"images": Field(image_shape), "captions": words, "mismatched": words},
            phases=None if sees is None else {"matching": matching_steps, "game": None},
            **own,
        )
        if sees is None:
            self.text_encoder, self.image_encoder = text_encoder, None
        self._reads, self._sees, self.words = reads, sees, words
        self.matching_steps, self.tokenizer = matching_steps, tokenizer
        self._captions = None if captions is None else rows_of(captions, words, tokenizer)

    @property
    def captions(self):
        """What is drawn where nobody says what to make, an array of tokens or vectors; None if there is nothing."""
        return self._captions

    def train_step(self, data):
        """A step of the encoders in the first phase, and of the game in the second."""
        with self.step_on(data) as ((batch,), noise):
            if self.phases is None:
                self.play_game(batch, noise)
            else:
                self.run_phase(
                    matching=lambda: self.minimise(self.matching_terms, batch),
                    game=lambda: self.play_game(batch, noise),
                )
        return self.get_metrics_result()

    @abc.abstractmethod
    def play_game(self, batch, noise):
        """Update the other players on a batch."""

    def matching_terms(self, batch):
        """What the encoders minimise: pictures are nearer to their own captions than to those of others."""
        images = self.forward(self._sees, batch)["vectors"]
        texts, wrong = (
            self.forward(self._reads, {"tokens": batch[name]})["text"] for name in ("captions", "mismatched")
        )
        loss = matching_loss(*map(all_rows, (images, texts, wrong, batch["captions"])))
        return {"matcher": {"matching_loss": loss}}

    def read(self, batch):
        """A batch with the vectors of its captions, "text" and "wrong_text", which no gradient passes."""
        vectors = {name: self.vectors_of(batch[name]) for name in ("captions", "mismatched")}
        return {"images": batch["images"], "text": vectors["captions"], "wrong_text": vectors["mismatched"]}

    def vectors_of(self, words):
        """The vectors of tokens, from the encoder in inference mode; vectors themselves."""
        if self._reads is None:
            return words
        return tf.stop_gradient(tf.cast(self._reads({"tokens": words}, training=False)["text"], tf.float32))

    @property
    def words_name(self):
        """What the sampler calls the text: "tokens", or "vectors" for a model without an encoder."""
        return "vectors" if self._reads is None else "tokens"

    @abc.abstractmethod
    def drawn(self, inputs, network):
        """What the sampler makes of symbolic inputs and "text", by a network: the generator, or its average."""

    def joined(self, averaged, **inputs):
        """The encoder and the generator, or its average, as one network; each call returns the same one.

        Args:
            averaged: bool.
            **inputs: shapes of the inputs of the sampler, but for the text.
        """
        network = (self.averaged_generator if averaged else None) or self.generator
        known = self.__dict__.setdefault("_joined", {})
        if id(network) not in known:
            tensors = {name: keras.Input(shape, name=name) for name, shape in inputs.items()}
            words = keras.Input(self.words.shape, dtype=self.words.dtype.name, name=self.words_name)
            text = words if self._reads is None else self._reads({"tokens": words}, training=False)["text"]
            images = self.drawn({**tensors, "text": text}, network)
            known[id(network)] = keras.Model({**tensors, self.words_name: words}, images, name=network.name)
        return known[id(network)]

    def caption_sampler(self, averaged, main, **inputs):
        """The `CaptionSampler` of the joined network; arguments as for `joined`, and the name of its main input."""
        network = self.joined(averaged, **inputs)
        takes = (main, *(name for name in (*inputs, self.words_name) if name != main))
        interface = Interface(network, "generator", takes, "images")
        return CaptionSampler(interface, self.words_name, self.words, self.tokenizer, self._captions, main == "latents")

    def get_config(self):
        """Return the constructor's arguments that all of these models have."""
        return {
            **super().get_config(),
            "text_encoder": serialised(self.text_encoder),
            "image_encoder": serialised(self.image_encoder),
            "matching_steps": self.matching_steps,
            "tokenizer": serialised(self.tokenizer),
            "captions": None if self._captions is None else self._captions.tolist(),
        }


def matching_loss(images, texts, wrong, captions):
    """How far pictures are from being nearest to their captions, and captions to their pictures: a float32 scalar.

    Args:
        images: float32 `(batch, size)`, vectors of pictures.
        texts: float32 `(batch, size)`, vectors of their captions.
        wrong: float32 `(batch, size)`, vectors of captions that do not match, one for each picture.
        captions: int32 `(batch, length)`, the captions; equal ones are no wrong answers for each other.
    """
    images, texts, wrong = (tf.math.l2_normalize(each, -1) for each in (images, texts, wrong))
    similarities = tf.matmul(images, texts, transpose_b=True)
    same = tf.reduce_all(captions[:, tf.newaxis] == captions[tf.newaxis], axis=-1)
    same = tf.linalg.set_diag(same, tf.zeros(tf.shape(same)[:1], tf.bool))
    logits = tf.where(same, tf.float32.min / 2, similarities / _TEMPERATURE)
    right = tf.range(tf.shape(logits)[0])
    with_wrong = tf.concat([logits, tf.reduce_sum(images * wrong, -1, keepdims=True) / _TEMPERATURE], axis=1)
    both = (with_wrong, tf.transpose(logits))
    return 0.5 * sum(tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(right, each)) for each in both)


def _field_of_words(reads, text_dim, tokenizer):
    """The `Field` of captions, or a ValueError."""
    if tokenizer is not None and not isinstance(tokenizer, Tokenizer):
        raise ValueError(
            "`tokenizer` must be a `keras_gan.layers.Tokenizer`, such as that of `data.load_captions`, or None. "
            f"Received: tokenizer={tokenizer!r:.80}"
        )
    if reads is None:
        if tokenizer is not None:
            raise ValueError(
                "A tokenizer makes tokens, and this model has no encoder that reads them: give `text_encoder`, or "
                f"leave the tokenizer out. Received: text_encoder=None, tokenizer={tokenizer.name!r}"
            )
        return Field((text_dim,))
    shape = reads.shapes["tokens"]
    known = {layer.input_dim for layer in every_layer(reads.network) if isinstance(layer, keras.layers.Embedding)}
    given = set() if tokenizer is None else {tokenizer.vocab_size}
    if len(shape) != 1 or None in shape or len(known | given) != 1 or (tokenizer and tokenizer.length != shape[0]):
        tokens = (
            "" if tokenizer is None else f", tokenizer of {tokenizer.vocab_size} words and {tokenizer.length} tokens"
        )
        raise ValueError(
            "The text encoder must take tokens (batch, length) by one Embedding, or by a layer of your own with a "
            "`tokenizer`, and both must be built for the same vocabulary and length. Received: an encoder of "
            f"{shape} tokens with embeddings of {sorted(known) or 'no'} words{tokens}"
        )
    return Field(shape, num_classes=(known | given).pop())


def _require_encoders(reads, sees, text_dim, image_shape, matching_steps):
    """Return the steps of the encoders, or raise a ValueError unless they fit each other and the other networks."""
    if reads is not None and reads.outputs["text"] != (text_dim,):
        raise ValueError(
            f"The text encoder must make vectors (batch, {text_dim}), as the generator takes them. "
            f"Received: vectors of shape {reads.outputs['text']}"
        )
    if sees is None:
        if matching_steps is not None:
            raise ValueError(
                "Only an encoder with an `image_encoder` is trained: leave `matching_steps` out, or give both "
                f"encoders. Received: image_encoder=None, matching_steps={matching_steps!r}"
            )
        return None
    fits = tf.TensorShape(sees.shapes["images"]).is_compatible_with(image_shape)
    if reads is None or sees.outputs["vectors"] != (text_dim,) or not fits:
        raise ValueError(
            f"The image encoder must make vectors (batch, {text_dim}) of images {image_shape}, for a `text_encoder` "
            f"that is trained with it. Received: an image encoder from {sees.shapes['images']} to "
            f"{sees.outputs['vectors']}, text_encoder={'None' if reads is None else reads.network.name!r}"
        )
    return require_int("matching_steps", 1000 if matching_steps is None else matching_steps, low=0)
