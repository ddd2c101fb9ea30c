"""What all latent tools need of a GAN: where its points come from, and the images that they stand for."""

import functools

import numpy as np
import tensorflow as tf

from keras_gan.training import AdversarialModel
from keras_gan.training.interface import LABELS

BATCH_SIZE = 64


class LatentSpace:
    """The latents of a GAN.

    Args:
        gan: a GAN that draws images from latents.

    Attributes:
        sampler: `Sampler` from points, and labels if it takes them, to images.
        mapper: `Sampler` that takes the latents, and the labels.
        draw: function of the sampler's inputs that returns images.
        method: the kind of path that stays among the points, see `interpolate`.
    """

    method = "spherical"

    def __init__(self, gan):
        self.sampler = self.mapper = sampler_of(gan)
        self.draw = compiled(self.sampler)

    def sample(self, count, seed, labels):
        """Draw points, float32 `(count, ...)`."""
        require_labels(self.sampler, labels)
        return np.asarray(self.sampler.draw(count, seed)[self.sampler.main])

    def inputs(self, points, labels):
        """The inputs of the sampler for given points."""
        require_labels(self.sampler, labels)
        given = {LABELS: labels, self.sampler.main: points}
        # Other inputs, such as codes, are those of one sample for all points.
        one = self.sampler.draw(1, seed=0)
        given |= {name: np.repeat(value, len(points), axis=0) for name, value in one.items() if name not in given}
        return self.sampler.inputs_for(seed=0, **given)

    @property
    def first_layers(self):
        """The network that takes the points, and the name of its input for them."""
        return self.sampler.network, self.sampler.main


def space_of(source):
    """The space that a GAN or a `StyleSpace` stands for."""
    return source if hasattr(source, "first_layers") else LatentSpace(source)


def images_of(space, points, labels):
    """The images for points of a space, a float32 array in [-1, 1]."""
    inputs = space.inputs(points, labels)
    starts = range(0, len(points), BATCH_SIZE)
    parts = ({name: value[start : start + BATCH_SIZE] for name, value in inputs.items()} for start in starts)
    return np.concatenate([space.draw(part) for part in parts])


def compiled(sampler):
    """The compiled function that draws the images of a batch of inputs."""
    return tf.function(functools.partial(drawn, sampler), input_signature=[sampler.inputs], autograph=False)


def drawn(sampler, inputs):
    """The images for inputs; layers that draw noise draw the same for all inputs, so that a film does not flicker."""
    return sampler(inputs, noise_of={sampler.main: tf.zeros((1,))})


def sampler_of(gan):
    """The sampler of a GAN that draws images from latents, or an error for anything else."""
    if not isinstance(gan, AdversarialModel):
        raise ValueError(
            "Latent tools work on a GAN of keras_gan. Load one with `keras_gan.training.load_model(path)`. "
            f"Received: {gan!r:.80}"
        )
    gan.settle_averages()
    sampler = gan.sampler()
    if not sampler.is_drawn:
        raise ValueError(f"A {type(gan).__name__} translates images and has no latents. Received: {gan!r:.80}")
    return sampler


def require_labels(sampler, labels):
    """Raise a ValueError if a conditional network is given no labels: each point would get a class at random."""
    if LABELS in sampler.inputs and labels is None:
        raise ValueError(
            "This GAN is conditional: give `labels`, one class for all images or a class for each of them. "
            "Received: labels=None"
        )


def classes_for(space, labels, count):
    """A class for each of `count` images, an int32 array; None for a GAN that is not conditional."""
    require_labels(space.mapper, labels)
    return None if labels is None else np.asarray(space.mapper.inputs_for(count, seed=0, labels=labels)[LABELS])
