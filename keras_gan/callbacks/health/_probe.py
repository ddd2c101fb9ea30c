"""The measurement of a model's vital signs. Only this file knows what a model looks like inside."""

import keras
import numpy as np
import tensorflow as tf

from keras_gan._traversal import every_layer
from keras_gan.callbacks.health._illnesses import VitalSigns
from keras_gan.callbacks.health._statistics import sample_statistics
from keras_gan.layers import SpectralNormalization, hold_power_iterations
from keras_gan.training.passes import drawing_from, passes
from keras_gan.training.training_state import StepNoise

_NEEDED = ("training_state", "training_variables")
# The seed of a training is at least 0, so training draws other numbers.
_SEED = -1
_LARGEST = float(np.finfo(np.float32).max)
# If real images are only black and white, nothing is left that could saturate.
_LEAST_UNSATURATED = 0.01
# Wide enough for every boundary in use. It costs a few hundred evaluations of a loss, once per training.
_LOGITS = np.linspace(-8.0, 8.0, 129, dtype=np.float32)
_ROUNDING = 1e-5
_TRANSPOSED = (keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose, keras.layers.Conv3DTranspose)
# After these, the estimate is a few per cent too low at most. Each iteration reads the weights twice.
_ITERATIONS = 6


def require_model(model, real_images):
    """Raise a ValueError unless the model is one of this package, and the real images are what it is trained on.

    Args:
        model: the model.
        real_images: `RealImages`, or None.
    """
    if not all(hasattr(model, name) for name in _NEEDED):
        raise ValueError(
            "TrainingHealth needs a model of keras_gan, and this model is not one. "
            f"Received: model={type(model).__name__}"
        )
    if real_images is None:
        return
    if not getattr(model, "games", None):
        raise ValueError(
            "The signs that need images are those of critics that judge generated images, and a "
            f"{type(model).__name__} names none: leave `images` out, and TrainingHealth looks for NaN and infinity "
            f"alone. Received: model={type(model).__name__} with `images`"
        )
    for name, field in model.data_spec.items():
        if name == "labels":
            _require_labels(real_images.labels, field)
        else:
            _require_images(real_images, name, field.shape, tuple(model.data_spec))


def _require_images(real_images, name, shape, names):
    if name not in real_images.fields:
        raise ValueError(
            f"This model is trained on {' and '.join(names)}: give TrainingHealth a dict of them, or a tf.data.Dataset "
            f"of such batches. Received: {', '.join(real_images.fields)} without {name}"
        )
    found = real_images.fields[name].shape[1:]
    if not tf.TensorShape(shape).is_compatible_with(found):
        raise ValueError(
            f"The shape of the real images differs from the model's samples, {tuple(shape)}. Give "
            f"TrainingHealth the images that the model is trained on. Received: {name} of shape {found}"
        )


def _require_labels(labels, field):
    if labels is None or labels.shape[1:] != field.shape:
        each = f"a row of {field.shape[0]} whole numbers" if field.shape else "a whole number"
        raise ValueError(
            "This GAN takes labels: give TrainingHealth its images with their labels, a tuple of both or a "
            f"tf.data.Dataset of such batches. Received: images without labels, or with other than {each} each"
        )
    if labels.min() < 0 or labels.max() >= field.num_classes:
        raise ValueError(
            f"This GAN knows {field.num_classes} classes, so the labels of the images are from 0 to "
            f"{field.num_classes - 1}. Received: labels from {labels.min()} to {labels.max()}"
        )


def steps_taken(model):
    """Return the number of training steps that the model has taken, as an int."""
    # Through an array, because a variable with a copy on each replica does not convert to an int.
    return int(np.asarray(model.training_state.step))


def images_in_a_pass(model, most):
    """Return how many images pass through a network at once in training, so that the probe needs no more memory."""
    passes = getattr(model, "discriminator_steps", 1) * model.gradient_accumulation_steps
    images = model.images_per_step // (passes * model.distribute_strategy.num_replicas_in_sync)
    # Translators train on batches of one, in which nothing can be compared. Their step has more passes than a probe.
    return max(4 if hasattr(model, "translate") else 2, min(most, images))


class FinitenessProbe:
    """Looks for NaN and infinity in all that training changes, for a model of whatever players.

    Args:
        model: model of this package.
    """

    def __init__(self, model):
        self._variables = _float_variables(model)
        compiled = tf.function(self._finite, autograph=False, input_signature=[])
        self._measure = self._finite if model.run_eagerly else compiled

    def __call__(self, step, number):  # noqa: ARG002 - as a HealthProbe is called
        """Look at the model in its current state.

        Args:
            step: int, training steps done.
            number: int.

        Returns:
            (None, sick): a list of the names of variables that hold NaN or infinity.
        """
        return None, _sick(self._variables, self._measure().numpy())

    def _finite(self):
        return tf.stack(_finite(self._variables))


def _float_variables(model):
    return {
        f"{name} ({variable.path})": variable
        for name, variable in model.training_variables().items()
        if keras.backend.is_float_dtype(variable.dtype)
    }


def _finite(variables):
    """Return 1.0 for each variable that is finite and 0.0 for each other one, a list of float32 scalars."""
    return [tf.cast(tf.reduce_all(tf.math.is_finite(variable.value)), tf.float32) for variable in variables.values()]


def _sick(variables, finite):
    return [name for name, is_finite in zip(variables, finite, strict=True) if not is_finite]


class HealthProbe:
    """Measures a game of a model on a minibatch of real and one of generated images, in training mode.

    One function on one device computes all numbers, and they come to the host together. It is compiled unless the
    model runs eagerly. The probe changes no state of training: assignments are dropped, and it draws its own noise.

    Args:
        model: model of this package that has games.
        real_images: `RealImages`.
        batch_size: int, number of real and of generated images.
        name: name of the game.
    """

    def __init__(self, model, real_images, batch_size, name=""):
        self._model, self._real_images, self._batch_size = model, real_images, batch_size
        self._name, self._game = name, model.games[name]
        self._variables = _float_variables(model)
        self._loss = self._game.loss_in(model)
        self._boundary = undecided_logit(self._loss)
        batch = {
            name: tf.TensorSpec((batch_size, *real_images.fields[name].shape[1:]), field.dtype)
            for name, field in model.data_spec.items()
        }
        signature = [batch, tf.TensorSpec((), tf.int64)]
        compiled = tf.function(self._measured, autograph=False, input_signature=signature)
        self._measure = self._measured if model.run_eagerly else compiled

    def __call__(self, step, number):
        """Measure the GAN in its current state.

        Args:
            step: int, training steps done. The noise is a function of it.
            number: int, number of the batch of real images to use.

        Returns:
            (signs, sick): the `VitalSigns`, and a list of the names of variables that hold NaN or infinity.
        """
        batch = self._real_images.batch(number, self._batch_size)
        real = {name: tf.constant(batch[name]) for name in self._model.data_spec}
        numbers = self._measure(real, tf.constant(step, tf.int64)).numpy()
        signs, finite = np.split(numbers, [len(VitalSigns._fields)])
        signs = VitalSigns(*np.nan_to_num(signs, nan=_LARGEST, posinf=_LARGEST, neginf=-_LARGEST).tolist())
        if self._boundary is None:
            signs = signs._replace(real_accuracy=None, fake_accuracy=None)
        return signs, _sick(self._variables, finite)

    def _measured(self, real, step):
        """Return one float32 vector: the vital signs, then 1 for each finite variable and 0 for each other one."""
        with hold_power_iterations(), keras.StatelessScope():
            signs = {**self._signs_of_game(real, step), **self._signs_of_weights()}
        return tf.stack([signs[name] for name in VitalSigns._fields] + _finite(self._variables))

    def _signs_of_game(self, real, step):
        game, loss, noise = self._game, self._loss, StepNoise(tf.constant(_SEED, tf.int64), step)
        judge, maker = (self._model.players[player].optimizer for player in (game.judge, game.maker))
        with passes(), drawing_from(noise), tf.GradientTape(persistent=True) as tape:
            real, fake = self._model.play(real, noise)[self._name]
            logits = list(zip(*(_scales(game.critic(batch).logits) for batch in (real, fake)), strict=True))
            d_loss = tf.add_n([loss.discriminator_loss(*pair) for pair in logits])
            g_loss = tf.add_n([loss.generator_loss(*pair) for pair in logits])
            d_objective, g_objective = judge.scale_loss(d_loss), maker.scale_loss(g_loss)
        slopes = tf.add_n([slope(tape, d_loss, *pair) for pair in logits])
        most = tf.add_n([undecided_slope(loss, self._boundary or 0.0, real.shape) for real, _ in logits])
        return {
            **self._discrimination(*(_in_rows(maps) for maps in zip(*logits, strict=True))),
            "d_signal": slopes / most,
            "d_gradient_norm": _gradient_norm(tape, d_objective, game.critic.interface.network, judge),
            "g_gradient_norm": _gradient_norm(tape, g_objective, game.network, maker),
            **self._comparison(fake[game.critic.judges]),
        }

    def _discrimination(self, real, fake):
        boundary = self._boundary or 0.0
        return {
            "real_accuracy": tf.reduce_mean(tf.cast(real > boundary, tf.float32)),
            "fake_accuracy": tf.reduce_mean(tf.cast(fake < boundary, tf.float32)),
            "ranked_pairs": ranked_pairs(real, fake),
            "logit_range": logit_range(real, fake),
        }

    def _comparison(self, fake_images):
        reference = self._real_images.of(self._game.field, len(fake_images.shape))
        fake, real = sample_statistics(fake_images), reference.statistics
        return {
            "diversity": fake.diversity / real.diversity,
            "colour_cast": reference.colour_cast(fake.means),
            "saturation": (fake.saturation - real.saturation) / tf.maximum(1.0 - real.saturation, _LEAST_UNSATURATED),
        }

    def _signs_of_weights(self):
        return {
            "d_spectral_norm": largest_spectral_norm(self._game.critic.interface.network),
            "g_spectral_norm": largest_spectral_norm(self._game.network),
        }


def _scales(logits):
    """The logits of a critic as a list, one tensor for each of its scales."""
    return logits if isinstance(logits, list) else [logits]


def _in_rows(maps):
    """The logits of all scales in one tensor, a row for each sample; those of one scale unchanged."""
    if len(maps) == 1:
        return maps[0]
    return tf.concat([tf.reshape(each, (each.shape[0], -1)) for each in maps], axis=-1)


def _gradient_norm(tape, objective, network, optimizer):
    """Return the norm of the gradient of a loss that was scaled for an optimizer, without the scale."""
    gradients = tape.gradient(objective, network.trainable_weights)
    gradients = [tf.cast(gradient, tf.float32) for gradient in gradients if gradient is not None]
    return tf.linalg.global_norm(gradients) / optimizer.scale_loss(tf.constant(1.0))


def undecided_logit(loss):
    """Find the logit that the best discriminator gives to images that it cannot tell apart: its boundary.

    If all logits equal u, the discriminator's loss is lowest at this u. It is 0 for the cross-entropy and the hinge
    loss, and halfway between the targets for least squares. The loss of a critic depends only on differences of
    logits, so every u gives the same loss and there is no boundary.

    Args:
        loss: adversarial loss.

    Returns:
        float, the middle of the lowest values in [-8, 8]; None for a critic.
    """
    constants = tf.constant(_LOGITS)[:, None, None]
    losses = np.array([loss.discriminator_loss(logits, logits) for logits in constants])
    tolerance = _ROUNDING * np.abs(losses).max()
    least = _LOGITS[losses <= losses.min() + tolerance]
    return None if len(least) == len(_LOGITS) else float(least[[0, -1]].mean())


def ranked_pairs(real_logits, fake_logits):
    """Return the share of pairs in which the real image has the higher mean logit; ties count half; float32 scalar."""
    real, fake = (tf.reduce_mean(tf.reshape(each, (each.shape[0], -1)), axis=1) for each in (real_logits, fake_logits))
    return tf.reduce_mean(0.5 * (1.0 + tf.sign(real[:, None] - fake[None, :])))


def logit_range(real_logits, fake_logits):
    """Return the distance between the largest and the smallest logit, a float32 scalar."""
    logits = tf.concat([tf.reshape(each, (-1,)) for each in (real_logits, fake_logits)], axis=0)
    return tf.cast(tf.reduce_max(logits) - tf.reduce_min(logits), tf.float32)


def slope(tape, discriminator_loss, real_logits, fake_logits):
    """Return the sum of the absolute derivatives of a recorded loss in all logits, a float32 scalar."""
    gradients = tape.gradient(discriminator_loss, [real_logits, fake_logits])
    return tf.add_n([tf.reduce_sum(tf.abs(tf.cast(gradient, tf.float32))) for gradient in gradients])


def undecided_slope(loss, logit, shape):
    """Return what `slope` gives for a discriminator that gives all images the same logit, a float32 scalar."""
    logits = tf.fill(shape, logit)
    real_logits, fake_logits = tf.identity(logits), tf.identity(logits)
    with tf.GradientTape() as tape:
        tape.watch([real_logits, fake_logits])
        value = loss.discriminator_loss(real_logits, fake_logits)
    return slope(tape, value, real_logits, fake_logits)


def largest_spectral_norm(network):
    """Estimate the largest spectral norm of a network's weights.

    Each array of weights is reshaped to a matrix with one column for each output channel. The weights in a
    `SpectralNormalization` are measured after the normalisation, as the network uses them. Their norm is 1 as long as
    the layer's own estimate keeps up.

    Args:
        network: keras.Model with weights of at least two axes.

    Returns:
        float32 scalar, 0 for a network without such weights.
    """
    return tf.reduce_max([tf.constant(0.0), *map(_spectral_norm, _matrices(network))])


def _matrices(network):
    layers = every_layer(network)
    normalizations = [layer for layer in layers if isinstance(layer, SpectralNormalization)]
    transposed = {id(layer.kernel) for layer in layers if isinstance(layer, _TRANSPOSED)}
    wrapped = {id(weight) for layer in normalizations for weight in layer.layer.weights}
    plain = [w for w in network.trainable_weights if len(w.shape) >= 2 and id(w) not in wrapped]
    kernels = [(layer.normalized_kernel(), isinstance(layer.layer, _TRANSPOSED)) for layer in normalizations]
    kernels += [(weight.value, id(weight) in transposed) for weight in plain]
    for kernel, is_transposed in kernels:
        matrix = tf.linalg.matrix_transpose(kernel) if is_transposed else kernel
        # float32: the kernel of a float64 layer is float64.
        yield tf.cast(tf.reshape(matrix, (-1, matrix.shape[-1])), tf.float32)


def _spectral_norm(matrix):
    """Return the spectral norm of a matrix by the power method, from the same start each time."""
    vector = tf.random.stateless_normal((matrix.shape[1], 1), seed=(0, 0), alg="philox")
    for _ in range(_ITERATIONS):
        vector = tf.math.l2_normalize(tf.matmul(matrix, tf.matmul(matrix, vector), transpose_a=True))
    return tf.norm(tf.matmul(matrix, vector))
