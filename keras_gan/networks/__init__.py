"""Architectures: each function builds the networks of one paper, or of many sizes after it."""

from keras_gan.networks.acgan import acgan
from keras_gan.networks.attention_unet import attention_unet
from keras_gan.networks.bigan import bigan
from keras_gan.networks.biggan import biggan
from keras_gan.networks.context_encoder import context_encoder
from keras_gan.networks.dcgan import dcgan
from keras_gan.networks.dcgan_encoder import dcgan_encoder
from keras_gan.networks.dense_dcgan import dense_dcgan
from keras_gan.networks.gan_cls import gan_cls
from keras_gan.networks.ganomaly import ganomaly
from keras_gan.networks.gated_inpainter import gated_inpainter
from keras_gan.networks.hifigan import hifigan
from keras_gan.networks.info_gan import info_gan
from keras_gan.networks.melgan import melgan
from keras_gan.networks.mlp import mlp
from keras_gan.networks.mocogan import mocogan
from keras_gan.networks.multiscale_discriminator import multiscale_discriminator
from keras_gan.networks.noise_unet import noise_unet
from keras_gan.networks.patch_discriminator import patch_discriminator
from keras_gan.networks.perceptual_trunk import perceptual_trunk
from keras_gan.networks.progressive import progressive
from keras_gan.networks.r3gan import r3gan
from keras_gan.networks.relgan import relgan
from keras_gan.networks.resnet import resnet
from keras_gan.networks.resnet_translator import resnet_translator
from keras_gan.networks.rrdb import rrdb
from keras_gan.networks.sagan import sagan
from keras_gan.networks.seqgan import seqgan
from keras_gan.networks.srresnet import srresnet
from keras_gan.networks.stack_gan import stack_gan
from keras_gan.networks.stargan_discriminator import stargan_discriminator
from keras_gan.networks.stylegan2 import stylegan2
from keras_gan.networks.text_editor import text_editor
from keras_gan.networks.text_encoder import text_encoder
from keras_gan.networks.text_oracle import text_oracle
from keras_gan.networks.text_wgan_gp import text_wgan_gp
from keras_gan.networks.unet import unet
from keras_gan.networks.unet_discriminator import unet_discriminator
from keras_gan.networks.vae import vae
from keras_gan.networks.vae_gan import vae_gan
from keras_gan.networks.vgan import vgan
from keras_gan.networks.vgg_discriminator import vgg_discriminator
from keras_gan.networks.vit import vit
from keras_gan.networks.wavegan import wavegan
from keras_gan.networks.wgan_gp_resnet import wgan_gp_resnet

__all__ = [
    "acgan",
    "attention_unet",
    "bigan",
    "biggan",
    "context_encoder",
    "dcgan",
    "dcgan_encoder",
    "dense_dcgan",
    "gan_cls",
    "ganomaly",
    "gated_inpainter",
    "hifigan",
    "info_gan",
    "melgan",
    "mlp",
    "mocogan",
    "multiscale_discriminator",
    "noise_unet",
    "patch_discriminator",
    "perceptual_trunk",
    "progressive",
    "r3gan",
    "relgan",
    "resnet",
    "resnet_translator",
    "rrdb",
    "sagan",
    "seqgan",
    "srresnet",
    "stack_gan",
    "stargan_discriminator",
    "stylegan2",
    "text_editor",
    "text_encoder",
    "text_oracle",
    "text_wgan_gp",
    "unet",
    "unet_discriminator",
    "vae",
    "vae_gan",
    "vgan",
    "vgg_discriminator",
    "vit",
    "wavegan",
    "wgan_gp_resnet",
]
