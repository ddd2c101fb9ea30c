"""An exported generator, to draw samples from."""

import os
import random

import numpy as np
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_int, require_seed
from keras_gan._files import local_path
from keras_gan.export.saved_model import version_folders


class ExportedGenerator:
    """A SavedModel that `keras_gan.export.save` wrote, or one with the same signature, with the `generate` of a GAN.

    Metrics and scripts take it in place of the GAN; the same seed gives the same latents.

    Args:
        directory: folder of a version, which holds `saved_model.pb`; or the folder above it, for the newest version.

    Attributes:
        path: `pathlib.Path` of the version's folder.
        latent_shape: tuple of ints.
        sample_shape: tuple of ints, `(height, width, channels)`.

    Raises:
        FileNotFoundError: if there is no SavedModel.
        ValueError: if its signature `serving_default` does not map one float32 tensor to one batch of images.

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

    def __init__(self, directory):
        self.path = _newest_version(local_path("directory", directory))
        # The signature alone does not keep the variables alive.
        self._model = tf.saved_model.load(os.fspath(self.path))
        self._signature = self._model.signatures.get("serving_default")
        inputs, outputs = _tensors(self._signature)
        if len(inputs) != 1 or len(outputs) != 1 or outputs[0].shape.rank != 4:
            raise ValueError(
                "Expected a SavedModel whose signature `serving_default` maps latents to images (batch, height, width, "
                f"channels), as keras_gan.export.save writes it. Received: {self.path} with "
                f"inputs {inputs} and outputs {outputs}"
            )
        self._input = inputs[0].name
        self.latent_shape = tuple(inputs[0].shape[1:])
        self.sample_shape = tuple(outputs[0].shape[1:])

    def generate(self, num_images=None, *, latents=None, seed=None, batch_size=64):
        """Draw samples, like `TwoPlayerGAN.generate`.

        Args:
            num_images: int, how many; None if `latents` are given.
            latents: float32 `(num_images, *latent_shape)`, or None to draw them.
            seed: int for the same latents each time, in every process; None for new latents each time.
            batch_size: int, how many images to generate at once.

        Returns:
            float32 NumPy array `(num_images, *sample_shape)`.

        Raises:
            ValueError: if neither or both of `num_images` and `latents` are given.
        """
        if (num_images is None) == (latents is None):
            raise ValueError(
                "Give either the number of samples or their latents. "
                f"Received: num_images={num_images}, latents={'given' if latents is not None else None}"
            )
        if latents is None:
            seed = random.getrandbits(31) if seed is None else require_seed(seed)
            latents = _random.normal((require_int("num_images", num_images), *self.latent_shape), (seed, 0))
        batch_size = require_int("batch_size", batch_size)
        batches = (latents[start : start + batch_size] for start in range(0, len(latents), batch_size))
        return np.concatenate([self._run(batch) for batch in batches])

    def _run(self, latents):
        (images,) = self._signature(**{self._input: tf.convert_to_tensor(latents, tf.float32)}).values()
        return images.numpy()


def _newest_version(directory):
    if (directory / "saved_model.pb").exists():
        return directory
    versions = version_folders(directory)
    if not versions:
        raise FileNotFoundError(
            "There is no SavedModel: expected `saved_model.pb` in the folder, or in a sub-folder whose name is "
            f"the number of a version. Received: directory={os.fspath(directory)!r}"
        )
    return versions[-1]


def _tensors(signature):
    """Return the inputs and the outputs of a signature, lists of TensorSpec; empty if there is no signature."""
    if signature is None:
        return [], []
    return list(signature.structured_input_signature[1].values()), list(signature.structured_outputs.values())
