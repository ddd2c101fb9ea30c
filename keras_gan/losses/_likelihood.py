"""The contract of every likelihood."""

import abc

import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan._configurable import Configurable
from keras_gan._tensors import require_float_images


class Likelihood(Configurable, abc.ABC):
    """The log of p(x|z): how probable images are by what a decoder returns for their codes.

    A likelihood is pure: it has no variables and draws no random numbers. It sums over all numbers of an image, so that
    its value and a divergence of codes have the same unit, nats an image; a mean over pixels would make the divergence
    hundreds of times heavier.

    Attributes:
        takes: tuple of the names of the decoder's outputs that it needs.
        levels: int, how many levels the numbers of an image have; None where a density takes them as they are.
        noise_width: float, the width of the uniform noise that must be added to images first; 0 for none.
    """

    takes = ("images",)
    levels = None
    noise_width = 0.0

    def log_likelihood(self, images, made):
        """Return log p(x|z) of each image.

        Args:
            images: float32 `(batch, height, width, channels)` in [-1, 1]; with a `noise_width`, as `dequantised`
                returns them.
            made: dict of the decoder's outputs by name, float32.

        Returns:
            float32 `(batch,)`, in nats.

        Raises:
            ValueError: if an output is missing, or has another shape than the images.
        """
        images = tf.cast(require_float_images("images", images), tf.float32)
        outputs = set(made) if isinstance(made, dict) else set()
        for name in self.takes:
            if name not in outputs:
                raise ValueError(
                    f"{type(self).__name__} needs a dict of the decoder's outputs {', '.join(map(repr, self.takes))}. "
                    f"Received: outputs {list(made) if isinstance(made, dict) else made!r:.80}"
                )
        made = {name: tf.cast(made[name], tf.float32) for name in self.takes}
        for name, output in made.items():
            _require_fit(name, output.shape, images.shape)
        return tf.reduce_sum(self._log_likelihoods(images, made), axis=(1, 2, 3))

    @abc.abstractmethod
    def _log_likelihoods(self, images, made):
        """The log of p of each number of the images, float32 of their shape."""

    def dequantised(self, images, uniform):
        """Return images that a density can be fitted to: moved from their nearest level by noise as wide as a level.

        Args:
            images: float32 `(batch, height, width, channels)` in [-1, 1].
            uniform: float32 of the same shape in [0, 1), the noise.

        Returns:
            float32 of the same shape; the images unchanged where there is no `noise_width`.
        """
        if not self.noise_width:
            return images
        return nearest_level(images, self.levels) + self.noise_width * (uniform - 0.5)


def nearest_level(images, levels):
    """The level nearest to each number of images in [-1, 1]; the lowest level is -1 and the highest 1."""
    half = 0.5 * (levels - 1)
    return tf.round((images + 1.0) * half) / half - 1.0


def require_levels(levels):
    """Return a number of levels, or raise."""
    return require_int("levels", levels, low=2, high=2**16)


def _require_fit(name, made, images):
    """Raise a ValueError unless an output has the images' shape; a scale may also have one number for many."""
    pairs = list(zip(made, images, strict=False))
    fits = made.rank == images.rank and all(
        None in (have, want) or have == want or (name == "log_scale" and have == 1) for have, want in pairs
    )
    if not fits:
        raise ValueError(
            f"The decoder's output {name!r} must have the shape of the images"
            f"{', or 1 where one number is for all' if name == 'log_scale' else ''}. "
            f"Received: {name} of shape {tuple(made)}, images of shape {tuple(images)}"
        )
