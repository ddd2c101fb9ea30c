"""Consistency regularisation."""

import keras
import tensorflow as tf

from keras_gan import _random
from keras_gan._quantity import at, require_quantity, serialised
from keras_gan.augmentation import Augmentation
from keras_gan.penalties._penalty import Penalty, judged, mean_logits


@keras.saving.register_keras_serializable(package="keras_gan")
class ConsistencyRegularization(Penalty):
    """Keeps the logit of an image equal to that of the same image after a random change.

    A discriminator should judge what an image shows, and not where it lies in the frame or how bright it is. With the
    change T and the weights lambda:

        lambda  E[ (D(x) - D(T(x)))^2 ]  +  lambda_fake  E[ (D(y) - D(T(y)))^2 ],   x real, y fake

    Without the second half, the change can leak into the fakes. CR: Zhang et al. 2020 (arXiv 1910.12027), equation 4,
    with `lambda` 10. Balanced CR (bCR): Zhao et al. 2020 (arXiv 2002.04724), algorithm 1, with both weights 10. The
    papers move images by a few pixels and mirror them. D of a patch map is its mean. The changed images pass through
    the critic once more. Batch statistics would differ between the passes: use it without BatchNormalization.

    Args:
        augmentation: T, a `keras_gan.augmentation.Augmentation`.
        weight: lambda, at least 0: a number, or a schedule of the training step.
        fake_weight: lambda_fake, at least 0: a number, or a schedule of the training step.

    Raises:
        ValueError: if `augmentation` is none, or a weight is neither a number of at least 0 nor a schedule.

    Example:
        >>> import tensorflow as tf
        >>> from keras_gan.augmentation import InstanceNoise
        >>> penalty = ConsistencyRegularization(InstanceNoise(0.5), 10.0)
        >>> points = tf.zeros((40_000, 2))
        >>> value = penalty(lambda x: x @ [[3.0], [4.0]], points, None, seed=tf.constant([0, 1], tf.int64))
        >>> abs(float(value) / (10 * 0.5**2 * 5**2) - 1) < 0.02   # The change moves the logit by N(0, (0.5 * 5)^2).
        True
    """

    name = "consistency"

    def __init__(self, augmentation, weight=10.0, *, fake_weight=0.0):
        if not isinstance(augmentation, Augmentation):
            raise ValueError(
                "`augmentation` must be one of `keras_gan.augmentation`, such as "
                f'`DiffAugment(["translation"])`. Received: augmentation={augmentation!r}'
            )
        self.augmentation = augmentation
        self.weight = require_quantity("weight", weight, low=0.0)
        self.fake_weight = require_quantity("fake_weight", fake_weight, low=0.0)

    def __call__(self, critic, real_images, fake_images, *, seed=None, step=0):
        """Return the weighted penalty, a float32 scalar of at least 0; see `Penalty.__call__`."""
        of_real, of_fake = _random.seeds_of(seed, 2)
        penalty = at(self.weight, step) * self._distance(critic, "real_images", real_images, of_real, step)
        if self.fake_weight != 0.0:
            fake = self._distance(critic, "fake_images", fake_images, of_fake, step)
            penalty += at(self.fake_weight, step) * fake
        return penalty

    def _distance(self, critic, name, images, seed, step):
        """Mean squared difference between the logits of images and of their changed copies."""
        here = mean_logits(judged(critic, name, images))
        changed = self.augmentation(images, seed=seed, step=step)
        return tf.reduce_mean(tf.square(here - mean_logits(critic(changed))))

    def scheduled(self):
        """Return the arguments that are schedules, with those of the augmentation; see `Penalty.scheduled`."""
        inner = {f"{self.augmentation.name}_{name}": value for name, value in self.augmentation.scheduled().items()}
        return {**super().scheduled(), **inner}

    def get_config(self):
        """Return the constructor's arguments, with the augmentation serialised."""
        return {
            "augmentation": keras.saving.serialize_keras_object(self.augmentation),
            "weight": serialised(self.weight),
            "fake_weight": serialised(self.fake_weight),
        }
