"""An exported model, to draw samples from."""

import random

import numpy as np

from keras_gan import _random
from keras_gan._arguments import require_int, require_seed
from keras_gan._files import local_path
from keras_gan._hashes import require_sha256
from keras_gan._pixels import require_image_tensor
from keras_gan.export import _texts
from keras_gan.export._exported_files import (
    as_array,
    as_taken,
    classes,
    encoding,
    loaded,
    newest_version,
    stated,
    tensors_of,
)
from keras_gan.training.sampler import in_one_array, require_one_of_both

_LABELS, _CODES, _MASKS = "labels", "codes", "masks"
# Of outputs that are no images, by name.
_RANKS = {"waveforms": 3, "clips": 5, "tokens": 2}
# Next to the latents of clips: the noise of their motion, and the frames that they continue.
_MOTIONS, _FRAMES = "motions", "frames"
# Inputs that are not the main one.
_OTHERS = (_LABELS, _CODES, _MASKS, _MOTIONS, _FRAMES, _texts.TEMPERATURES, _texts.PROMPTS)
# What a model is given, and cannot draw.
_GIVEN = ("images", "mels")


class ExportedGenerator:
    """A SavedModel that `keras_gan.export.save` wrote, or one with the same signature, with the `generate` of a GAN.

    Metrics and scripts take it in place of the GAN; the same seed gives the same latents, labels and codes. A
    translator has `translate`, a vocoder `vocode`, and a model with an encoder `encode`, `decode`, `reconstruct` and,
    if it scores images, `score`. What takes other inputs is called with them, as in `exported(images=images)`.

    A SavedModel is a program. When it runs, it can read and write the files of the user who runs it. Open only what you
    or somebody whom you trust has exported, and give its `sha256`: no file is opened if one has changed.

    Args:
        directory: folder of a version, which holds `saved_model.pb`; or the folder above it, for the newest version.
        sha256: SHA-256 of the version's folder, as `keras_gan.export.sha256_of` returns it and `keras_gan export`
            prints it; None to open the folder as it is.

    Attributes:
        path: `pathlib.Path` of the version's folder.
        inputs: dict of input name to its shape without the batch.
        latent_shape: tuple of ints; None where the model takes no latents.
        sample_shape: tuple of ints, `(height, width, channels)`; of clips with the frames in front; of sound
            `(num_samples, 1)`, with None for any number of samples; of text `(length,)`.
        num_classes: int, how many classes the labels may have, from the model's card; None if there are no labels or
            no card.
        codes: `keras_gan.layers.CodeEncoding` of the codes, from the model's card; None if there are no codes or no
            card.

    Raises:
        FileNotFoundError: if there is no SavedModel.
        ValueError: if it has another SHA-256, a file of it is missing or damaged, or its signature `serving_default`
            does not map one float32 tensor, perhaps with labels or codes, to one batch of images.
        OSError: if a file cannot be read.

    Example:
        >>> import tempfile, types
        >>> import keras
        >>> from keras_gan import export
        >>> generator = keras.Sequential([keras.Input((2,)), keras.layers.Reshape((1, 2, 1))])
        >>> directory = tempfile.mkdtemp()
        >>> folder = export.save(types.SimpleNamespace(generator=generator, latent_shape=(2,)), directory)
        >>> exported = export.ExportedGenerator(directory)
        >>> exported.latent_shape, exported.generate(5, seed=0).shape
        ((2,), (5, 1, 2, 1))
    """

    def __init__(self, directory, *, sha256=None):
        self.path = newest_version(local_path("directory", directory))
        require_sha256(self.path, sha256)
        # The signature alone does not keep the variables alive.
        self._model = loaded(self.path)
        self._signature = self._model.signatures.get("serving_default")
        inputs, outputs = tensors_of(self._signature)
        main = [spec.name for spec in inputs if spec.name not in _OTHERS]
        if len(main) != 1 or len(outputs) != 1 or outputs[0].shape.rank != _RANKS.get(outputs[0].name, 4):
            raise ValueError(
                "Expected a SavedModel whose signature `serving_default` maps latents to images (batch, height, width, "
                "channels), `clips`, `waveforms` or `tokens`, as keras_gan.export.save writes it. "
                f"Received: {self.path} with inputs {inputs} and outputs {outputs}"
            )
        (self._main,) = main
        self._specs = {spec.name: spec for spec in inputs}
        self.inputs = {spec.name: tuple(spec.shape[1:]) for spec in inputs}
        self.latent_shape = None if self._main in _GIVEN else self.inputs[self._main]
        card = self.path / "model_card.json"
        self.sample_shape = tuple(outputs[0].shape[1:])
        if _MOTIONS in self.inputs:
            # Such a model makes clips of any length; the card says of which length it draws them.
            self.sample_shape = stated(card, "sample_shape", tuple, "exported") or self.sample_shape
        self.num_classes = stated(card, "num_classes", classes) if _LABELS in self.inputs else None
        self.codes = stated(card, _CODES, encoding) if _CODES in self.inputs else None

    def __call__(self, *, batch_size=64, **inputs):
        """Make samples of all inputs of the model.

        Args:
            batch_size: int, how many samples to make at once.
            **inputs: array by input name, as `images=`; all with as many rows.

        Returns:
            NumPy array `(num_images, *sample_shape)`, float32 unless the model was exported with another `image_type`.

        Raises:
            ValueError: if an input is missing or too many, has another shape, or has fewer rows than another.
            tf.errors.InvalidArgumentError: if the model does not take the values, such as NaN.
        """
        batch_size = require_int("batch_size", batch_size)
        if set(inputs) != set(self.inputs):
            raise ValueError(
                f"The model takes {' and '.join(self.inputs)}: give all of its inputs by name, and no others. "
                f"Received: {', '.join(inputs) or 'none'}"
            )
        tensors = {name: self._as_taken(name, value) for name, value in inputs.items()}
        count = len(tensors[self._main])
        if not count or any(len(tensor) != count for tensor in tensors.values()):
            sizes = ", ".join(f"{len(tensor)} {name}" for name, tensor in tensors.items())
            raise ValueError(f"Give as many of each input, and at least one. Received: {sizes}")
        batches = (
            {name: tensor[start : start + batch_size] for name, tensor in tensors.items()}
            for start in range(0, count, batch_size)
        )
        return in_one_array(map(self._run, batches), count)

    def generate(self, num_images=None, *, latents=None, labels=None, codes=None, seed=None, batch_size=64):
        """Draw samples, like `TwoPlayerGAN.generate`.

        Args:
            num_images: int, how many; None if `latents` are given.
            latents: float32 `(num_images, *latent_shape)`, or None to draw them.
            labels: for a conditional model: one class, or a class for each sample; None to draw them.
            codes: for an `InfoGAN`: one row of codes, or a row for each sample; None to draw them.
            seed: int for the same samples each time, in every process; None for new ones each time.
            batch_size: int, how many images to generate at once.

        Returns:
            float32 NumPy array `(num_images, *sample_shape)`; of texts int32 tokens, see also `write`.

        Raises:
            ValueError: if neither or both of `num_images` and `latents` are given, the labels or codes do not suit the
                model, or the model takes no latents.
            tf.errors.InvalidArgumentError: if labels are no classes of the model, or codes are not its codes.
        """
        if self.latent_shape is None:
            raise ValueError(
                f"This model draws nothing by itself: call it with its inputs, as in `exported({self._main}=...)`, or "
                f"`{'vocode' if self._main == 'mels' else 'translate'}`. Received: num_images={num_images}"
            )
        require_one_of_both(num_images, self._main, latents is not None)
        seed = random.getrandbits(31) if seed is None else require_seed(seed)
        if latents is None:
            count = require_int("num_images", num_images)
            latents = _random.latents_of_seed(count, self.latent_shape, seed)
        latents = self._as_taken(self._main, latents)
        count = len(latents)
        drawn = self._labels(labels, count, seed) | self._codes(codes, count, seed) | self._motions(count, seed)
        drawn |= _texts.drawn_conditions(self.inputs, count)
        return self(batch_size=batch_size, **{self._main: latents, **drawn})

    def translate(self, images, *, labels=None, masks=None, batch_size=64):
        """Translate images, like the `translate` of the model that was exported; or fill their holes.

        Args:
            images: array `(num_images, height, width, channels)` of the type that the model was exported with: float32
                in [-1, 1], uint8 or uint16.
            labels: for a model that takes them: one label for all images, or one for each.
            masks: for a model that fills holes: numbers or booleans `(num_images, height, width, 1)`, 1 in the hole and
                0 where the image is known; or one for all, `(1, height, width, 1)` or `(height, width, 1)`.
            batch_size: int, how many images to translate at once.

        Returns:
            NumPy array of images, of the same type.

        Raises:
            ValueError: if the model takes no images, or these, the labels or the masks do not suit it.
            tf.errors.InvalidArgumentError: if the model does not take the values, or not pictures of this size.
        """
        if self._main != "images":
            raise ValueError(
                f"This model translates no images: {self._remedy()} "
                f"Received: images, where it takes {' and '.join(self.inputs)}"
            )
        images = self._as_taken(self._main, images)
        if images.dtype.is_floating:
            images = require_image_tensor(self._main, images)
        conditions = self._repeated(_LABELS, labels, len(images)) | self._holes(masks, len(images))
        return self(batch_size=batch_size, images=images, **conditions)

    def vocode(self, mels, *, batch_size=64):
        """Make sound of mel spectrograms, like the `vocode` of the model that was exported.

        Args:
            mels: array `(num_spectrograms, frames, num_mels)`, as the `keras_gan.layers.MelSpectrogram` of the
                vocoder makes them.
            batch_size: int, how many recordings to make at once.

        Returns:
            float32 NumPy array `(num_spectrograms, num_samples, 1)` in [-1, 1].

        Raises:
            ValueError: if the model is no vocoder, or takes other mels.
            tf.errors.InvalidArgumentError: if the mels hold NaN or infinity.
        """
        if self._main != "mels":
            raise ValueError(
                f"This model is no vocoder: {self._remedy()} Received: mels, where it takes {' and '.join(self.inputs)}"
            )
        return self(batch_size=batch_size, mels=mels)

    def write(self, num_texts, *, seed=None, temperature=1.0, prompt=""):
        """Draw texts as strings, like the `write` of the model that was exported.

        Args:
            num_texts: int, how many.
            seed: int for the same texts each time, in every process; None for new ones each time.
            temperature: float above 0, less than 1 for likelier and less varied texts.
            prompt: str that all texts begin with.

        Returns:
            list of str.

        Raises:
            ValueError: if the model writes no strings, or takes no prompt or temperature.
            tf.errors.InvalidArgumentError: if there are more texts than one request may ask for.
        """
        seed = random.getrandbits(31) if seed is None else seed
        signature = self._model.signatures.get("sample_text")
        return _texts.written(signature, num_texts, seed=seed, temperature=temperature, prompt=prompt)

    def encode(self, images, *, batch_size=64):
        """Return the codes of images, like the `encode` of a model with an encoder.

        Args:
            images: array `(num_images, height, width, channels)` of the type that the model was exported with: float32
                in [-1, 1], uint8 or uint16.
            batch_size: int, how many images at once, at most the `max_count` of the export.

        Returns:
            float32 NumPy array `(num_images, *latent_shape)`.

        Raises:
            ValueError: if the model has no such signature, or the images do not suit it.
            tf.errors.InvalidArgumentError: if the model does not take the values, or so many at once.
        """
        return self._asked("encode", images, batch_size)

    def decode(self, latents, *, batch_size=64):
        """Return the images of codes, of the type that the model was exported with; see `encode`."""
        return self._asked("decode", latents, batch_size)

    def reconstruct(self, images, *, batch_size=64):
        """Encode images, and decode their codes; images of the same type. See `encode`."""
        return self._asked("reconstruct", images, batch_size)

    def score(self, images, *, batch_size=64):
        """Say how anomalous images are, float32 `(num_images,)`, like the `score` of the model; see `encode`."""
        return self._asked("score", images, batch_size)

    def _remedy(self):
        """What to call instead, a sentence."""
        if self._main == "mels":
            return "it makes sound of mels, as in `exported.vocode(mels)`."
        if self._main == "images":
            return "it translates images, as in `exported.translate(images)`."
        return "it draws samples, as in `exported.generate(16)`."

    def _labels(self, labels, count, seed):
        """The labels of a request as an input; none for a model without."""
        if labels is not None or _LABELS not in self.inputs:
            return self._repeated(_LABELS, labels, count)
        if self.num_classes is None:
            raise ValueError(
                "This model takes labels, and without its model_card.json it is not known of how many classes: give "
                "`labels`. Received: labels=None"
            )
        return {_LABELS: _random.labels_of_seed(count, self.num_classes, seed)}

    def _codes(self, codes, count, seed):
        """The codes of a request as an input; none for a model without."""
        if codes is not None or _CODES not in self.inputs:
            return self._repeated(_CODES, codes, count)
        if self.codes is None:
            raise ValueError(
                "This model takes codes, and without its model_card.json it is not known which: give `codes`. "
                "Received: codes=None"
            )
        return {_CODES: _random.codes_of_seed(count, self.codes, seed)}

    def _motions(self, count, seed):
        """The noise of the motion as an input, of clips as long as those of the model; none for a model without."""
        if _MOTIONS not in self.inputs:
            return {}
        if self.sample_shape[0] is None:
            raise ValueError(
                "This model makes clips of any length, and without its model_card.json it is not known of which it "
                "draws them: call it with `latents` and `motions`. Received: no card"
            )
        num_rows, size = self.sample_shape[0] + 1, self.inputs[_MOTIONS][-1]
        return {_MOTIONS: _random.motions_of_seed(count, num_rows, size, seed)}

    def _holes(self, masks, count):
        """The masks of a request as an input; none if none are given."""
        if masks is not None and _MASKS in self.inputs:
            masks = as_array(_MASKS, masks)
            masks = masks.astype(np.float32) if masks.dtype.kind in "biu" else masks
            # One for all, with the axis of the batch, as the model takes it.
            masks = masks[0] if masks.ndim == 4 and len(masks) == 1 else masks
        return self._repeated(_MASKS, masks, count)

    def _repeated(self, name, value, count):
        """A given condition as an input, for each sample if it is a single one; nothing if none is given."""
        if value is None:
            return {}
        if name not in self.inputs:
            raise ValueError(f"This model takes no {name}: leave them out. Received: {name}={value!r}")
        value = as_array(name, value)
        is_single = value.ndim == len(self.inputs[name])
        return {name: np.repeat(value[np.newaxis], count, axis=0) if is_single else value}

    def _as_taken(self, name, value):
        return as_taken(self._specs[name], value)

    def _asked(self, name, value, batch_size):
        """What the signature of a name makes of its only input, in batches."""
        signature = self._model.signatures.get(name)
        if signature is None:
            raise ValueError(
                f"This model has no signature `{name}`, which models with an encoder have: {self._remedy()} "
                f"Received: {self.path} with the signatures {', '.join(self._model.signatures)}"
            )
        (spec,), _ = tensors_of(signature)
        tensor, batch_size = as_taken(spec, value), require_int("batch_size", batch_size)
        if not len(tensor):
            raise ValueError(f"Give at least one of the {spec.name}. Received: {spec.name} without rows")
        starts = range(0, len(tensor), batch_size)

        def made(start):
            (output,) = signature(**{spec.name: tensor[start : start + batch_size]}).values()
            return output.numpy()

        return in_one_array(map(made, starts), len(tensor))

    def _run(self, batch):
        (images,) = self._signature(**batch).values()
        return images.numpy()
