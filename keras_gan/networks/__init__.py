"""Architectures: each function builds the networks of one paper, or of many sizes after it."""

from keras_gan.networks.acgan import acgan
from keras_gan.networks.dcgan import dcgan
from keras_gan.networks.dense_dcgan import dense_dcgan
from keras_gan.networks.mlp import mlp
from keras_gan.networks.noise_unet import noise_unet
from keras_gan.networks.patch_discriminator import patch_discriminator
from keras_gan.networks.r3gan import r3gan
from keras_gan.networks.resnet import resnet
from keras_gan.networks.resnet_translator import resnet_translator
from keras_gan.networks.vae_gan import vae_gan
from keras_gan.networks.vit import vit

__all__ = [
    "acgan",
    "dcgan",
    "dense_dcgan",
    "mlp",
    "noise_unet",
    "patch_discriminator",
    "r3gan",
    "resnet",
    "resnet_translator",
    "vae_gan",
    "vit",
]
