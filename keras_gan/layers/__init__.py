"""Layers that GANs need and Keras lacks, or defines differently from the papers."""

from keras_gan.layers.batch_normalization import BatchNormalization
from keras_gan.layers.code_encoding import CodeEncoding
from keras_gan.layers.conditional_batch_normalization import ConditionalBatchNormalization
from keras_gan.layers.contextual_attention import ContextualAttention
from keras_gan.layers.convolution import Conv1D, Conv2D, Conv2DTranspose
from keras_gan.layers.equalized_learning_rate import EqualizedLearningRate
from keras_gan.layers.fir_blur import FIRBlur2D
from keras_gan.layers.fir_resampling import FIRDownsampling2D, FIRUpsampling2D
from keras_gan.layers.frame_by_frame import FrameByFrame
from keras_gan.layers.gated_convolution import GatedConv2D
from keras_gan.layers.group_normalization import GroupNormalization
from keras_gan.layers.gumbel_softmax import GumbelSoftmax, gumbel_of
from keras_gan.layers.image_pool import ImagePool
from keras_gan.layers.leaky_relu import LeakyReLU
from keras_gan.layers.learned_constant import LearnedConstant
from keras_gan.layers.mel_spectrogram import MelSpectrogram
from keras_gan.layers.minibatch_discrimination import MinibatchDiscrimination
from keras_gan.layers.minibatch_stddev import MinibatchStddev
from keras_gan.layers.modulated_convolution import ModulatedConv2D
from keras_gan.layers.noise_injection import NoiseInjection
from keras_gan.layers.pack import Pack
from keras_gan.layers.phase_shuffle import PhaseShuffle
from keras_gan.layers.pixel_normalization import PixelNormalization
from keras_gan.layers.pixel_shuffle import PixelShuffle
from keras_gan.layers.reflection_padding import ReflectionPadding1D, ReflectionPadding2D
from keras_gan.layers.relational_memory_cell import RelationalMemoryCell
from keras_gan.layers.self_attention import SelfAttention
from keras_gan.layers.spectral_normalization import SpectralNormalization, hold_power_iterations
from keras_gan.layers.style_mixing import StyleMixing
from keras_gan.layers.token_decoder import TokenDecoder
from keras_gan.layers.tokenizer import Tokenizer
from keras_gan.layers.truncation import Truncation
from keras_gan.layers.weight_normalization import WeightNormalization, fold_weight_normalization

__all__ = [
    "BatchNormalization",
    "CodeEncoding",
    "ConditionalBatchNormalization",
    "ContextualAttention",
    "Conv1D",
    "Conv2D",
    "Conv2DTranspose",
    "EqualizedLearningRate",
    "FIRBlur2D",
    "FIRDownsampling2D",
    "FIRUpsampling2D",
    "FrameByFrame",
    "GatedConv2D",
    "GroupNormalization",
    "GumbelSoftmax",
    "ImagePool",
    "LeakyReLU",
    "LearnedConstant",
    "MelSpectrogram",
    "MinibatchDiscrimination",
    "MinibatchStddev",
    "ModulatedConv2D",
    "NoiseInjection",
    "Pack",
    "PhaseShuffle",
    "PixelNormalization",
    "PixelShuffle",
    "ReflectionPadding1D",
    "ReflectionPadding2D",
    "RelationalMemoryCell",
    "SelfAttention",
    "SpectralNormalization",
    "StyleMixing",
    "TokenDecoder",
    "Tokenizer",
    "Truncation",
    "WeightNormalization",
    "fold_weight_normalization",
    "gumbel_of",
    "hold_power_iterations",
]
