"""Updates of variables as one kernel each, where Keras runs an operation for each sign in the formula."""

import contextlib

import keras
import tensorflow as tf

from keras_gan._replicas import replica_count


@contextlib.contextmanager
def fused(optimizer):
    """Let an optimizer step each variable by one kernel inside, if it is Adam; it keeps its own variables.

    The kernel has Keras's formula. The first moments are equal to Keras's to the last bit where 1 - beta_1 is. The
    kernel subtracts beta_2 from 1 after it has rounded it to float32, so with 0.999 the second moments differ by 1.3e-5
    of their value, as their bias correction does in both; the weights differ in their last bits.

    Kingma and Ba 2015 (arXiv 1412.6980), the more efficient order at the end of section 2.

    Args:
        optimizer: keras.optimizers.Optimizer, without a LossScaleOptimizer around it.
    """
    # Replicas step the same optimizer from several threads, and its variables have several copies.
    if replica_count() > 1 or not _is_plain_adam(optimizer):
        yield
        return
    optimizer.update_step = _AdamStep(optimizer)
    try:
        yield
    finally:
        del optimizer.update_step


def move_towards(average, current, share):
    """Assign `average + share (current - average)` to a variable.

    Args:
        average: keras.Variable of floats.
        current: keras.Variable of the same shape and dtype.
        share: float32 scalar in [0, 1].
    """
    share = tf.cast(share, average.dtype)
    if not _has_one_copy(average.value):
        average.assign(average + share * (current - average))
        return
    difference = tf.convert_to_tensor(average.value) - current
    tf.raw_ops.ResourceApplyGradientDescent(var=average.value.handle, alpha=share, delta=difference)


class _AdamStep:
    """The method `update_step` of one step of Adam. The powers of the betas are computed once, not per variable."""

    def __init__(self, optimizer):
        self._optimizer = optimizer
        self._powers = None

    def __call__(self, gradient, variable, learning_rate):
        adam = self._optimizer
        if not _has_one_copy(variable):
            type(adam).update_step(adam, gradient, variable, learning_rate)
            return
        index = adam._get_variable_index(variable)
        moments = adam._momentums[index].value, adam._velocities[index].value
        beta_1, beta_2, *powers = (tf.cast(value, variable.dtype) for value in self._betas())
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=moments[0].handle,
            v=moments[1].handle,
            beta1_power=powers[0],
            beta2_power=powers[1],
            lr=tf.cast(learning_rate, variable.dtype),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=tf.cast(adam.epsilon, variable.dtype),
            grad=tf.cast(gradient, variable.dtype),
        )

    def _betas(self):
        """The betas and their powers, as scalars."""
        if self._powers is None:
            betas = [tf.cast(beta, tf.float32) for beta in (self._optimizer.beta_1, self._optimizer.beta_2)]
            step = tf.cast(self._optimizer.iterations + 1, tf.float32)
            self._powers = [*betas, *(tf.pow(beta, step) for beta in betas)]
        return self._powers


def _is_plain_adam(optimizer):
    """Whether an optimizer has Adam's own update, without AMSGrad."""
    adam = keras.optimizers.Adam
    return isinstance(optimizer, adam) and type(optimizer).update_step is adam.update_step and not optimizer.amsgrad


def _has_one_copy(variable):
    """Whether a variable is TensorFlow's own, and not one copy for each replica."""
    return hasattr(variable, "handle") and not isinstance(variable, tf.distribute.DistributedValues)
