"""Architectures: each function builds the generator and the discriminator of one paper, or of many sizes after it."""

from keras_gan.networks.dcgan import dcgan
from keras_gan.networks.infogan import infogan
from keras_gan.networks.mlp import mlp
from keras_gan.networks.patch_discriminator import patch_discriminator
from keras_gan.networks.resnet import resnet
from keras_gan.networks.resnet_translator import resnet_translator

__all__ = ["dcgan", "infogan", "mlp", "patch_discriminator", "resnet", "resnet_translator"]
