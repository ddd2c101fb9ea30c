"""Taking a GAN's vital signs."""

import keras
import numpy as np
import tensorflow as tf

from keras_gan import _random
from keras_gan.callbacks import _discrimination
from keras_gan.callbacks._sample_statistics import sample_statistics
from keras_gan.callbacks._spectral_norms import largest_spectral_norm
from keras_gan.callbacks._vital_signs import VitalSigns
from keras_gan.layers import hold_power_iterations

# Training draws from streams of other numbers.
_STREAM = -1
_LARGEST = float(np.finfo(np.float32).max)
# Where real images are black and white alone, there is nothing left that could saturate.
_LEAST_UNSATURATED = 0.01


class HealthProbe:
    """One look at a GAN: a minibatch of each kind, in training mode, and what both losses would do with it.

    All numbers are computed by one function, compiled unless the model runs eagerly, on one device, and come to the
    host together. Nothing that training knows of changes: assignments are dropped, and the noise is the probe's own.

    Args:
        model: GAN of this package.
        real_images: `RealImages`.
        batch_size: int, images of each kind.
    """

    def __init__(self, model, real_images, batch_size):
        self._model, self._real_images, self._batch_size = model, real_images, batch_size
        self._variables = {
            f"{name} ({variable.path})": variable
            for name, variable in model.training_variables().items()
            if keras.backend.is_float_dtype(variable.dtype)
        }
        self._boundary = _discrimination.undecided_logit(model.adversarial_loss)
        signature = [tf.TensorSpec((batch_size, *model.sample_shape)), tf.TensorSpec((), tf.int64)]
        compiled = tf.function(self._measured, autograph=False, input_signature=signature)
        self._measure = self._measured if model.run_eagerly else compiled

    def __call__(self, step, number):
        """Look at the GAN as it is.

        Args:
            step: int, training steps done: the noise is a function of it.
            number: int, which batch of the real images to use.

        Returns:
            (signs, sick): the `VitalSigns`, and the list of the names of variables with values that are not finite.
        """
        real_images = tf.constant(self._real_images.batch(number, self._batch_size))
        numbers = self._measure(real_images, tf.constant(step, tf.int64)).numpy()
        signs, finite = np.split(numbers, [len(VitalSigns._fields)])
        signs = VitalSigns(*np.nan_to_num(signs, nan=_LARGEST, posinf=_LARGEST, neginf=-_LARGEST).tolist())
        if self._boundary is None:
            signs = signs._replace(real_accuracy=None, fake_accuracy=None)
        return signs, [name for name, is_finite in zip(self._variables, finite, strict=True) if not is_finite]

    def _measured(self, real_images, step):
        """All numbers as one float32 vector: the vital signs, then 1 for each variable that is finite."""
        with hold_power_iterations(), keras.StatelessScope():
            signs = {**self._signs_of_game(real_images, step), **self._signs_of_weights()}
        finite = [tf.reduce_all(tf.math.is_finite(variable.value)) for variable in self._variables.values()]
        return tf.stack([signs[name] for name in VitalSigns._fields] + [tf.cast(each, tf.float32) for each in finite])

    def _signs_of_game(self, real_images, step):
        model, loss = self._model, self._model.adversarial_loss
        latents = _random.normal((self._batch_size, *model.latent_shape), tf.stack([_STREAM, step]))
        with tf.GradientTape(persistent=True) as tape:
            fake_images = tf.cast(model.generator(latents, training=True), tf.float32)
            real_logits = model.discriminator(real_images, training=True)
            fake_logits = model.discriminator(fake_images, training=True)
            d_loss = loss.discriminator_loss(real_logits, fake_logits)
            g_loss = loss.generator_loss(real_logits, fake_logits)
            d_objective = model.discriminator_optimizer.scale_loss(d_loss)
            g_objective = model.generator_optimizer.scale_loss(g_loss)
        d_norm = _gradient_norm(tape, d_objective, model.discriminator, model.discriminator_optimizer)
        g_norm = _gradient_norm(tape, g_objective, model.generator, model.generator_optimizer)
        slope = _discrimination.slope(tape, d_loss, real_logits, fake_logits)
        undecided_slope = _discrimination.undecided_slope(loss, self._boundary or 0.0, real_logits.shape)
        return {
            **self._discrimination(real_logits, fake_logits),
            "d_signal": slope / undecided_slope,
            "d_gradient_norm": d_norm,
            "g_gradient_norm": g_norm,
            **self._comparison(fake_images),
        }

    def _discrimination(self, real_logits, fake_logits):
        real, fake = tf.cast(real_logits, tf.float32), tf.cast(fake_logits, tf.float32)
        boundary = self._boundary or 0.0
        return {
            "real_accuracy": tf.reduce_mean(tf.cast(real > boundary, tf.float32)),
            "fake_accuracy": tf.reduce_mean(tf.cast(fake < boundary, tf.float32)),
            "ranked_pairs": _discrimination.ranked_pairs(real, fake),
        }

    def _comparison(self, fake_images):
        fake, real = sample_statistics(fake_images), self._real_images.statistics
        return {
            "diversity": fake.diversity / real.diversity,
            "colour_cast": self._real_images.colour_cast(fake.means),
            "saturation": (fake.saturation - real.saturation) / tf.maximum(1.0 - real.saturation, _LEAST_UNSATURATED),
        }

    def _signs_of_weights(self):
        return {
            "d_spectral_norm": largest_spectral_norm(self._model.discriminator),
            "g_spectral_norm": largest_spectral_norm(self._model.generator),
        }


def _gradient_norm(tape, objective, network, optimizer):
    """Norm of the gradient of a loss that was scaled for an optimizer, with the scale taken out of it again."""
    gradients = tape.gradient(objective, network.trainable_weights)
    gradients = [tf.cast(gradient, tf.float32) for gradient in gradients if gradient is not None]
    return tf.linalg.global_norm(gradients) / optimizer.scale_loss(tf.constant(1.0))
