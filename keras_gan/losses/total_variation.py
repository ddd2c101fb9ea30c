"""Total variation, the loss of images that are not smooth."""

import keras
import tensorflow as tf

from keras_gan._arguments import require_int
from keras_gan._configurable import Configurable
from keras_gan._tensors import require_float_images


@keras.saving.register_keras_serializable(package="keras_gan")
class TotalVariation(Configurable):
    """How much neighbouring pixels differ.

    Losses in features leave a noise of single pixels that the features do not see. A small weight of this removes it;
    a large one blurs. With the power p:

        E |x[i + 1, j] - x[i, j]|^p  +  E |x[i, j + 1] - x[i, j]|^p

    E is the mean over the batch, the positions and the channels. The power 1 keeps edges: a step costs the same as a
    ramp to the same height (Rudin, Osher and Fatemi 1992, in its anisotropic form). The power 2, which rounds them off,
    is what the codes of Johnson et al. 2016 and of DPED (Ignatov et al. 2017, arXiv 1704.02470, section 3.1.4) have.

    Args:
        power: 1 or 2.

    Returns:
        From a call with images, float `(batch, height, width, channels)` with sides of at least 2, a float32 scalar of
        at least 0.

    Raises:
        ValueError: for another power, or images without neighbours.

    Example:
        >>> import numpy as np
        >>> ramp = np.linspace(-1, 1, 9).reshape(1, 1, 9, 1).repeat(4, axis=1)
        >>> float(TotalVariation()(ramp)), float(TotalVariation(power=2)(ramp))
        (0.25, 0.0625)
    """

    def __init__(self, *, power=1):
        self.power = require_int("power", power, low=1, high=2)

    def __call__(self, images):
        """Return the variation of a batch."""
        images = tf.cast(require_float_images("images", images), tf.float32)
        if images.shape.rank != 4 or 1 in images.shape[1:3]:
            raise ValueError(
                "Pixels have neighbours in images (batch, height, width, channels) with sides of at least 2. "
                f"Received: images.shape={tuple(images.shape)}"
            )
        differences = images[:, 1:] - images[:, :-1], images[:, :, 1:] - images[:, :, :-1]
        return tf.add_n([tf.reduce_mean(tf.abs(each) ** self.power) for each in differences])

    def get_config(self):
        """Return the constructor's arguments."""
        return {"power": self.power}
