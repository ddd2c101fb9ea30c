"""The two encoders, the decoder and the discriminator of GANomaly."""

import keras
from keras import layers

from keras_gan.networks._building_blocks import halved_sides, wrapper
from keras_gan.networks._dcgan_stages import halving_stages, head
from keras_gan.networks.dcgan import dcgan
from keras_gan.networks.dcgan_encoder import dcgan_encoder


def ganomaly(*, image_shape=(64, 64, 3), latent_dim=100, width=64, kernel_size=4, stages=None):
    """Convolutional encoder, decoder, second encoder and discriminator, after GANomaly.

    All four are networks of DCGAN with batch normalisation. The two encoders are alike and share no weights; the
    discriminator is such an encoder with a logit for the code, and returns its last map, flat, as features:

        encoders:       image -> stages x (convolution, norm, LeakyReLU(0.2)) -> Dense(latent_dim)
        decoder:        latents -> Dense -> norm, ReLU -> stages x (transposed convolution, norm, ReLU)
        discriminator:  image -> stages x (convolution, norm, LeakyReLU(0.2)) -> features -> Dense(1)

    Akcay et al. 2018 (arXiv 1805.06725), section 3.1. The last stages are those of `dcgan`, whose dense layers are
    convolutions over the whole map in the authors' code.

    Args:
        image_shape: tuple (height, width, channels) of the pictures, of any size.
        latent_dim: int, the size of the code.
        width: int, the channels of the layers next to the picture.
        kernel_size: int, the side of every kernel, at least 2.
        stages: int, the number of halvings; None for as many as `dcgan` has.

    Returns:
        Four `keras.Model`:

        * the encoder, from float32 images in [-1, 1], `(batch, *image_shape)`, to float32 codes `(batch, latent_dim)`,
          unbounded;
        * the decoder, from codes to images;
        * the second encoder, as the first;
        * the discriminator, from images to a dict of float32 "logits" `(batch, 1)` and "features"
          `(batch, num_features)`, both unbounded.

    Raises:
        ValueError: as `dcgan` does.

    Example:
        >>> encoder, decoder, second_encoder, discriminator = ganomaly(image_shape=(28, 28, 1), latent_dim=8, width=2)
        >>> encoder.output_shape, decoder.output_shape
        ((None, 8), (None, 28, 28, 1))
        >>> {name: output.shape for name, output in discriminator.output.items()}
        {'logits': (None, 1), 'features': (None, 128)}
    """
    sizes = {
        "image_shape": image_shape,
        "latent_dim": latent_dim,
        "width": width,
        "kernel_size": kernel_size,
        "stages": stages,
    }
    decoder, _ = dcgan(**sizes)
    encoder, second_encoder = dcgan_encoder(**sizes), dcgan_encoder(**sizes)
    return encoder, decoder, second_encoder, _discriminator(image_shape, width, kernel_size, stages)


def _discriminator(image_shape, width, kernel_size, stages):
    images = keras.Input(image_shape, name="images")
    x = halving_stages(
        images,
        widths=[width * 2**i for i in range(len(halved_sides(image_shape, stages)) - 1)],
        kernel_size=kernel_size,
        normalization="batch",
        wrap=wrapper(spectral_normalization=False),
        dropout=0.0,
    )
    # float32 under every policy: the sum of the features' squares overflows float16.
    features = layers.Activation("linear", dtype="float32", name="features")(x)
    logits = head(1, "logits", use_bias=True)(x)
    return keras.Model(images, {"logits": logits, "features": features}, name="ganomaly_discriminator")
