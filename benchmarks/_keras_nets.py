"""The Keras networks of a case, and the same networks with only stock layers."""

import keras

import keras_gan
from keras_gan.layers import SpectralNormalization

# Layers of this package that do what Keras's layer of the same name does.
_SAME_AS_STOCK = ("BatchNormalization", "Conv2D", "Conv2DTranspose", "GroupNormalization", "LeakyReLU")


def build(case):
    """The generator and the discriminator of a case, from `keras_gan.networks`; of a CycleGAN, those of one side."""
    shape = (case.image_size, case.image_size, 3)
    if case.network == "translators":
        return (
            keras_gan.networks.resnet_translator(image_shape=shape, width=case.generator_width, blocks=6),
            keras_gan.networks.patch_discriminator(image_shape=shape, width=case.discriminator_width),
        )
    if case.network == "dcgan":
        return keras_gan.networks.dcgan(
            image_shape=shape,
            latent_dim=case.latent_dim,
            width=case.generator_width,
            discriminator_normalization=case.discriminator_normalization,
            spectral_normalization=False,
        )
    return keras_gan.networks.resnet(
        image_shape=shape,
        latent_dim=case.latent_dim,
        generator_width=case.generator_width,
        discriminator_width=case.discriminator_width,
    )


def with_stock_layers(network):
    """The same network with Keras layers instead of those of this package, and with new weights."""
    return keras.models.clone_model(network, clone_function=_stock_layer)


def _stock_layer(layer):
    if isinstance(layer, SpectralNormalization):
        inner = _stock_layer(layer.layer)
        if not isinstance(inner, keras.Sequential):
            return keras.layers.SpectralNormalization(inner, name=layer.name)
        convolution, pooling = inner.layers
        return keras.Sequential([keras.layers.SpectralNormalization(convolution), pooling], name=layer.name)
    config = layer.get_config()
    kind = type(layer).__name__
    if kind == "UpsamplingConv2D":
        return keras.Sequential([keras.layers.UpSampling2D(2), _convolution(config)], name=layer.name)
    if kind == "DownsamplingConv2D":
        return keras.Sequential([_convolution(config), keras.layers.AveragePooling2D(2)], name=layer.name)
    if kind == "BatchNormalization":
        config["synchronized"] = False
    stock = getattr(keras.layers, kind) if kind in _SAME_AS_STOCK else type(layer)
    return stock.from_config(config)


def _convolution(config):
    return keras.layers.Conv2D.from_config(config)
