"""Random changes of the images that a discriminator sees, real and fake, each an object: `DiffAugment()`.

For an augmentation of your own, subclass `Augmentation`; `uniform_per_image` draws its random numbers.
"""

from keras_gan.augmentation.adaptive_augment import AdaptiveAugment
from keras_gan.augmentation.augmentation import Augmentation, uniform_per_image
from keras_gan.augmentation.diff_augment import DiffAugment
from keras_gan.augmentation.instance_noise import InstanceNoise

__all__ = ["AdaptiveAugment", "Augmentation", "DiffAugment", "InstanceNoise", "uniform_per_image"]
