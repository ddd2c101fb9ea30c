"""GANs: each a `keras.Model` whose `train_step` is its paper's algorithm.

For a GAN of your own, subclass `TwoPlayerGAN`, the base of the GANs with a generator and a discriminator.
`AlternatingGAN` adds the training step that most of them share.
"""

from keras_gan.gans.acgan import ACGAN
from keras_gan.gans.adversarial_flow import AdversarialFlow
from keras_gan.gans.alpha_gan import AlphaGAN
from keras_gan.gans.alternating_gan import AlternatingGAN
from keras_gan.gans.anomaly_gan import AnomalyGAN
from keras_gan.gans.bigan import BiGAN
from keras_gan.gans.context_encoder import ContextEncoder
from keras_gan.gans.cycle_gan import CycleGAN
from keras_gan.gans.dped import DPED
from keras_gan.gans.enlighten_gan import EnlightenGAN
from keras_gan.gans.esrgan import ESRGAN
from keras_gan.gans.free_form_inpainter import FreeFormInpainter
from keras_gan.gans.ganomaly import GANomaly
from keras_gan.gans.hifigan import HiFiGAN
from keras_gan.gans.hinge_gan import HingeGAN
from keras_gan.gans.info_gan import InfoGAN
from keras_gan.gans.language_model import LanguageModel
from keras_gan.gans.lsgan import LSGAN
from keras_gan.gans.melgan import MelGAN
from keras_gan.gans.minimax_gan import MinimaxGAN
from keras_gan.gans.mocogan import MoCoGAN
from keras_gan.gans.non_saturating_gan import NonSaturatingGAN
from keras_gan.gans.pix2pix import Pix2Pix
from keras_gan.gans.pix2pix_hd import Pix2PixHD
from keras_gan.gans.r3gan import R3GAN
from keras_gan.gans.real_esrgan import RealESRGAN
from keras_gan.gans.relativistic_average_gan import RelativisticAverageGAN
from keras_gan.gans.relativistic_gan import RelativisticGAN
from keras_gan.gans.relgan import RelGAN
from keras_gan.gans.seqgan import SeqGAN
from keras_gan.gans.srgan import SRGAN
from keras_gan.gans.stack_gan import StackGAN
from keras_gan.gans.stargan import StarGAN
from keras_gan.gans.stylegan2 import StyleGAN2
from keras_gan.gans.text_editor import TextEditor
from keras_gan.gans.text_to_image import TextToImage
from keras_gan.gans.text_wgan_gp import TextWGANGP
from keras_gan.gans.two_player import TwoPlayerGAN
from keras_gan.gans.vae import VAE
from keras_gan.gans.vae_gan import VAEGAN
from keras_gan.gans.video_gan import VideoGAN
from keras_gan.gans.wavegan import WaveGAN
from keras_gan.gans.wgan import WGAN
from keras_gan.gans.wgan_gp import WGANGP

__all__ = [
    "ACGAN",
    "DPED",
    "ESRGAN",
    "LSGAN",
    "R3GAN",
    "SRGAN",
    "VAE",
    "VAEGAN",
    "WGAN",
    "WGANGP",
    "AdversarialFlow",
    "AlphaGAN",
    "AlternatingGAN",
    "AnomalyGAN",
    "BiGAN",
    "ContextEncoder",
    "CycleGAN",
    "EnlightenGAN",
    "FreeFormInpainter",
    "GANomaly",
    "HiFiGAN",
    "HingeGAN",
    "InfoGAN",
    "LanguageModel",
    "MelGAN",
    "MinimaxGAN",
    "MoCoGAN",
    "NonSaturatingGAN",
    "Pix2Pix",
    "Pix2PixHD",
    "RealESRGAN",
    "RelGAN",
    "RelativisticAverageGAN",
    "RelativisticGAN",
    "SeqGAN",
    "StackGAN",
    "StarGAN",
    "StyleGAN2",
    "TextEditor",
    "TextToImage",
    "TextWGANGP",
    "TwoPlayerGAN",
    "VideoGAN",
    "WaveGAN",
]
