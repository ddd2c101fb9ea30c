"""The way to texts: latents, temperatures and prompts in, tokens out."""

import numpy as np
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_int, require_seed
from keras_gan._tensors import require_floats
from keras_gan.training import Field, Sampler

TEMPERATURES, PROMPTS = "temperatures", "prompts"
# Of a place in a prompt that is left to the model; as in `keras_gan.layers.TokenDecoder`.
FREE = -1
_OF_DECODERS = ("vocab_size", "generate", "counted", "log_probabilities")
# The largest number below 1 that float32 holds.
_BELOW_ONE = 1.0 - 2.0**-24


class TextSampler(Sampler):
    """Draws texts from a network of one `keras_gan.layers.TokenDecoder`.

    A text is a function of its latents, one standard normal number z_t for each place: the token x_t is the first whose
    cumulated probability exceeds Phi(z_t), with the normal distribution function Phi. So the same latents give the same
    text, and similar texts while the network learns.

    Args:
        interface: `Interface` of the network, from tokens to logits.
        network: keras.Model to run, such as an averaged copy; None for the interface's network.

    Attributes:
        decoder: the `TokenDecoder` of the network.
        inputs: dict of `tf.TensorSpec`: "latents" float32 `(count, length)`, "temperatures" float32 `(count,)` above 0,
            and "prompts" int32 `(count, length)`, with -1 where the model chooses the token.
    """

    def __init__(self, interface, network=None):
        super().__init__(interface, network)
        self.decoder = decoder_of(self.network)
        (length,) = interface.shapes["tokens"]
        self.main, self.output, self.output_shape = "latents", "tokens", (length,)
        self.output_dtype, self._count_name = tf.int32, "num_texts"
        self.inputs = {
            "latents": tf.TensorSpec((None, length), tf.float32, "latents"),
            TEMPERATURES: tf.TensorSpec((None,), tf.float32, TEMPERATURES),
            PROMPTS: tf.TensorSpec((None, length), tf.int32, PROMPTS),
        }

    def __call__(self, inputs, *, noise_of=None):  # noqa: ARG002
        """Return the texts for a dict of inputs, int32 tokens `(count, length)`."""
        # erf(a / sqrt(2)) / 2 + 1 / 2 is Phi(a).
        numbers = 0.5 + 0.5 * tf.math.erf(tf.cast(inputs["latents"], tf.float32) * 0.5**0.5)
        choose = chosen_by(tf.clip_by_value(numbers, 0.0, _BELOW_ONE), inputs[TEMPERATURES])
        return self.decoder.generate(choose, inputs[PROMPTS])

    def draw(self, count, seed, **given):
        """Draw the latents; temperatures are 1, and all places free, unless they are given. See `Sampler.draw`."""
        if not tf.is_tensor(count):
            count = require_int("count", count)
        seed = seed if tf.is_tensor(seed) else require_seed(seed)
        return {
            "latents": given.get("latents", _random.latents_of_seed(count, self.output_shape, seed)),
            TEMPERATURES: given.get(TEMPERATURES, tf.ones((count,))),
            PROMPTS: given.get(PROMPTS, tf.fill((count, *self.output_shape), FREE)),
        }

    def inputs_for(self, count=None, *, seed=None, temperatures=None, prompts=None, **given):
        """Check what is given, and draw the rest; one temperature and one prompt are for all texts.

        Args:
            count: int, how many texts; None for as many as there are latents or prompts.
            seed: as in `Sampler.inputs_for`.
            temperatures: float above 0, or one for each text.
            prompts: int tokens that texts begin with: of one text, of each text, or a list of rows of any lengths; -1
                for a place that the model fills.
            **given: as in `Sampler.inputs_for`.
        """
        if prompts is not None:
            prompts = self._prompts(prompts)
            if count is None and given.get("latents") is None:
                count = len(prompts)
        inputs = super().inputs_for(count, seed=seed, **given)
        count = len(inputs["latents"])
        if prompts is not None:
            inputs[PROMPTS] = _for_all("prompt", prompts, count)
        if temperatures is not None:
            inputs[TEMPERATURES] = _for_all("temperature", _temperatures(temperatures), count)
        return inputs

    @property
    def fields(self):
        """The inputs, a dict of name to `Field`."""
        length = self.output_shape
        return {
            "latents": Field(length, is_noise=True),
            TEMPERATURES: Field(()),
            PROMPTS: Field(length, num_classes=self.decoder.vocab_size, is_text=True),
        }

    def unseeded_operations(self):
        """None: every token is a function of the latents."""
        return []

    def _prompts(self, prompts):
        """Prompts as an int32 tensor `(num_prompts, length)`, or a ValueError."""
        (length,), vocab_size = self.output_shape, self.decoder.vocab_size
        rows = [np.asarray(row) for row in _rows(prompts)]
        good = bool(rows) and all(
            row.ndim == 1
            and (row.dtype.kind in "iu" or not row.size)
            and len(row) <= length
            and np.isin(row, np.arange(FREE, vocab_size)).all()
            for row in rows
        )
        if not good:
            raise ValueError(
                f"A prompt is a row of up to {length} whole numbers from 0 to {vocab_size - 1}, the tokens that a text "
                "begins with; -1 stands for a place that the model fills. Give one for all texts, or a list of one for "
                f"each. Received: prompt={prompts!r:.80}"
            )
        filled = np.full((len(rows), length), FREE, "int32")
        for number, row in enumerate(rows):
            filled[number, : len(row)] = row
        return tf.constant(filled)


def decoder_of(network):
    """The `TokenDecoder` of a network that has this layer alone, or a ValueError."""
    layers = [layer for layer in getattr(network, "layers", ()) if not hasattr(layer, "batch_shape")]
    # By what it can do: a decoder of the user's own will do as well.
    if len(layers) == 1 and all(hasattr(layers[0], name) for name in _OF_DECODERS):
        return layers[0]
    raise ValueError(
        "The generator must be a model of one `keras_gan.layers.TokenDecoder`, which takes tokens and returns the "
        "logits of each place, such as the first network of `keras_gan.networks.seqgan`. Received: generator with the "
        f"layers {[type(layer).__name__ for layer in layers]}"
    )


def chosen_by(numbers, temperatures=None):
    """How `TokenDecoder.generate` chooses tokens: by the inverse of their cumulated probabilities.

    Args:
        numbers: float32 `(count, length)` in [0, 1), one for each place.
        temperatures: float32 `(count,)`, which the logits are divided by; None for 1.

    Returns:
        function of logits and a place that returns tokens.
    """

    def choose(logits, place):
        if temperatures is not None:
            logits = logits / temperatures[:, None]
        edges = tf.cumsum(tf.nn.softmax(logits), axis=-1)
        # The last edge is 1 up to rounding.
        passed = edges <= tf.gather(numbers, place, axis=1)[:, None] * edges[:, -1:]
        return tf.minimum(tf.math.count_nonzero(passed, axis=-1, dtype=tf.int32), logits.shape[-1] - 1)

    return choose


def _rows(prompts):
    """The rows of prompts: one, or several."""
    if isinstance(prompts, list | tuple) and prompts and np.ndim(prompts[0]) > 0:
        return prompts
    try:
        array = np.asarray(prompts)
    except ValueError:
        return []
    return [array] if array.ndim == 1 else list(array) if array.ndim == 2 else []


def _temperatures(temperatures):
    """Temperatures as a float32 tensor `(num_temperatures,)`, or a ValueError."""
    if np.ndim(temperatures) == 0 and not isinstance(temperatures, str | bytes | dict | set):
        temperatures = [temperatures]
    found = np.asarray(require_floats("temperature", temperatures, rank=1), "float32")
    if not (np.isfinite(found) & (found > 0.0)).all():
        raise ValueError(
            "`temperature` must be above 0: 1 for the distribution that the model has learnt, less for likelier texts. "
            f"Received: temperature={found[~(found > 0.0) | ~np.isfinite(found)][0]!r}"
        )
    return tf.constant(found)


def _for_all(name, rows, count):
    """One row as many times as there are texts, and as many rows unchanged; or a ValueError."""
    if len(rows) not in (1, count):
        raise ValueError(
            f"Give one `{name}` for all texts, or one for each of the {count}. Received: {len(rows)} of them"
        )
    return tf.repeat(rows, count, axis=0) if len(rows) == 1 else rows
