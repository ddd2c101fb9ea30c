"""Numbers as a function of the training step: learning rates, weights of penalties, strengths of augmentations, noise.

Each is a `keras.optimizers.schedules.LearningRateSchedule`, which Keras can save with a model. The schedules of Keras,
such as `CosineDecay` with its warm-up, work in the same places.
"""

from keras_gan.schedules.cosine import Cosine
from keras_gan.schedules.cosines import cosines
from keras_gan.schedules.exponential import Exponential
from keras_gan.schedules.linear import Linear
from keras_gan.schedules.linear_decay import LinearDecay

__all__ = ["Cosine", "Exponential", "Linear", "LinearDecay", "cosines"]
