"""Published GANs for Keras 3 on TensorFlow, each a `keras.Model` that trains with `fit`.

From a data set to samples:

    images = keras_gan.data.load("digits", image_size=32, batch_size=64)
    generator, discriminator = keras_gan.networks.dcgan(image_shape=images.image_shape, width=32)
    gan = keras_gan.NonSaturatingGAN(generator, discriminator)
    gan.compile()
    gan.fit(images, epochs=50)
    pictures = gan.generate(16, seed=0)
"""

from keras_gan import (
    augmentation,
    callbacks,
    data,
    export,
    gans,
    latents,
    layers,
    losses,
    metrics,
    networks,
    penalties,
    presets,
    schedules,
    training,
    transfer,
)
from keras_gan._version import __version__
from keras_gan.gans import (
    ACGAN,
    LSGAN,
    R3GAN,
    VAE,
    VAEGAN,
    WGAN,
    WGANGP,
    AdversarialFlow,
    AnomalyGAN,
    BiGAN,
    CycleGAN,
    GANomaly,
    HingeGAN,
    InfoGAN,
    MinimaxGAN,
    NonSaturatingGAN,
    Pix2Pix,
    Pix2PixHD,
    RelativisticAverageGAN,
    RelativisticGAN,
    StarGAN,
    StyleGAN2,
    TwoPlayerGAN,
)

__all__ = [
    "ACGAN",
    "LSGAN",
    "R3GAN",
    "VAE",
    "VAEGAN",
    "WGAN",
    "WGANGP",
    "AdversarialFlow",
    "AnomalyGAN",
    "BiGAN",
    "CycleGAN",
    "GANomaly",
    "HingeGAN",
    "InfoGAN",
    "MinimaxGAN",
    "NonSaturatingGAN",
    "Pix2Pix",
    "Pix2PixHD",
    "RelativisticAverageGAN",
    "RelativisticGAN",
    "StarGAN",
    "StyleGAN2",
    "TwoPlayerGAN",
    "__version__",
    "augmentation",
    "callbacks",
    "data",
    "export",
    "gans",
    "latents",
    "layers",
    "losses",
    "metrics",
    "networks",
    "penalties",
    "presets",
    "schedules",
    "training",
    "transfer",
]
