"""GANs for Keras 3 on TensorFlow: every published GAN as a `keras.Model` that trains with `fit`.

images = keras_gan.data.load("digits", image_size=32, batch_size=64)
generator, discriminator = keras_gan.networks.dcgan(image_shape=images.image_shape)
gan = keras_gan.NonSaturatingGAN(generator, discriminator, penalties=[keras_gan.penalties.R1(1.0)])
gan.compile()
gan.fit(images, epochs=20)
pictures = gan.generate(16, seed=0)
"""

from keras_gan import callbacks, data, export, gans, layers, losses, networks, penalties
from keras_gan._version import __version__
from keras_gan.gans import (
    LSGAN,
    WGAN,
    WGANGP,
    HingeGAN,
    MinimaxGAN,
    NonSaturatingGAN,
    RelativisticAverageGAN,
    RelativisticGAN,
    TwoPlayerGAN,
)

__all__ = [
    "LSGAN",
    "WGAN",
    "WGANGP",
    "HingeGAN",
    "MinimaxGAN",
    "NonSaturatingGAN",
    "RelativisticAverageGAN",
    "RelativisticGAN",
    "TwoPlayerGAN",
    "__version__",
    "callbacks",
    "data",
    "export",
    "gans",
    "layers",
    "losses",
    "networks",
    "penalties",
]
