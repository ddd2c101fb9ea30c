"""Penalties of the squared gradient at one kind of images: exact, and by finite differences."""

import abc

import tensorflow as tf

from keras_gan._arguments import require_number
from keras_gan._quantity import at, require_quantity, serialised
from keras_gan._tensors import require_float_images
from keras_gan.penalties._penalty import (
    Penalty,
    refuse_random_layers,
    squared_gradient_norms,
    squared_slopes,
    warn_of_wrong_second_gradients,
)


class SquaredNorms(Penalty, abc.ABC):
    """gamma / 2 times the mean of the squared gradient norms at one kind of images.

    Attributes:
        images: "real_images" or "fake_images", of which the gradient is taken.
    """

    images = "real_images"

    def __init__(self, weight=10.0):
        self.weight = require_quantity("weight", weight, low=0.0)

    def __call__(self, critic, real_images, fake_images, *, seed=None, step=0):
        """Return the weighted penalty, a float32 scalar of at least 0; see `Penalty.__call__`."""
        images = {"real_images": real_images, "fake_images": fake_images}[self.images]
        return 0.5 * at(self.weight, step) * tf.reduce_mean(self._norms(critic, images, seed))

    @abc.abstractmethod
    def _norms(self, critic, images, seed):
        """Return the squared norm of each image's gradient, float32 `(batch,)`."""

    def get_config(self):
        """Return the constructor's arguments."""
        return {"weight": serialised(self.weight)}


class ExactSquaredNorms(SquaredNorms, abc.ABC):
    """From the gradient itself."""

    def _norms(self, critic, images, seed):  # noqa: ARG002
        return squared_gradient_norms(critic, require_float_images(self.images, images))

    def validate(self, network):
        """Warn of layers whose second gradient is wrong."""
        warn_of_wrong_second_gradients(network)


class ApproximateSquaredNorms(SquaredNorms, abc.ABC):
    """From the difference of two passes of the critic."""

    def __init__(self, weight=10.0, *, sigma=0.01):
        super().__init__(weight)
        self.sigma = require_number("sigma", sigma, low=0.0, open_low=True)

    def _norms(self, critic, images, seed):
        return squared_slopes(critic, self.images, images, self.sigma, seed)

    def validate(self, network):
        """Raise a ValueError that names the layer if the critic draws random numbers."""
        refuse_random_layers(network)

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "sigma": self.sigma}
