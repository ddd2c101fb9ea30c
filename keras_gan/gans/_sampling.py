"""How a GAN makes pictures for its user."""

import random

import numpy as np
import tensorflow as tf

from keras_gan import _random
from keras_gan._arguments import require_int, require_seed


class Sampling:
    """The sampling half of `TwoPlayerGAN`: reads its generators, changes nothing."""

    def call(self, latents, training=False):
        """Samples for given latents, from the averaged generator if there is one."""
        return (self.averaged_generator or self.generator)(latents, training=training)

    def generate(self, num_images=None, *, latents=None, seed=None, averaged=True, batch_size=64):
        """Draw samples; training is not disturbed by it.

        Args:
            num_images: int, how many; not needed where `latents` are given.
            latents: float32 `(num_images, *latent_shape)`, or None to draw them.
            seed: int for the same latents each time, in every process; None for others each time.
            averaged: whether to use the averaged generator where there is one.
            batch_size: int, how many to generate at once.

        Returns:
            float32 NumPy array `(num_images, *sample_shape)`, images in [-1, 1].

        Raises:
            ValueError: if neither or both of `num_images` and `latents` say how many, or the latents' shape is wrong.
        """
        latents = self._latents(num_images, latents, seed)
        sampler = self._sampler(averaged and self.averaged_generator is not None)
        batch_size = require_int("batch_size", batch_size)
        parts = [sampler(latents[start : start + batch_size]) for start in range(0, len(latents), batch_size)]
        return np.concatenate([part.numpy() for part in parts])

    def _latents(self, num_images, latents, seed):
        if (num_images is None) == (latents is None):
            raise ValueError(
                "Say how many samples to draw, or give their latents: one of the two. "
                f"Received: num_images={num_images}, latents={'given' if latents is not None else None}"
            )
        if latents is None:
            seed = random.getrandbits(31) if seed is None else require_seed(seed)
            return _random.normal((require_int("num_images", num_images), *self.latent_shape), (seed, 0))
        latents = tf.convert_to_tensor(latents, tf.float32)
        if latents.shape[1:] != self.latent_shape or not len(latents):
            raise ValueError(
                f"Latents must have the shape {('num_images', *self.latent_shape)}, with at least one of them. "
                f"Received: latents.shape={tuple(latents.shape)}"
            )
        return latents

    def _sampler(self, averaged):
        """The compiled sampling function, one for the generator and one for its average."""
        samplers = self.__dict__.setdefault("_samplers", {})
        if averaged not in samplers:
            network = self.averaged_generator if averaged else self.generator
            samplers[averaged] = tf.function(
                lambda latents: tf.cast(network(latents, training=False), tf.float32),
                input_signature=[tf.TensorSpec((None, *self.latent_shape))],
            )
        return samplers[averaged]
