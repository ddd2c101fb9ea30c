"""The generator, encoder and joint discriminator of BiGAN."""

import keras
from keras import layers

from keras_gan.layers import LeakyReLU
from keras_gan.networks._building_blocks import halved_sides, normal, spectrally_normalized
from keras_gan.networks._dcgan_stages import halving_stages, head
from keras_gan.networks.dcgan import dcgan
from keras_gan.networks.dcgan_encoder import dcgan_encoder


def bigan(*, image_shape=(64, 64, 3), latent_dim=100, width=64, kernel_size=4, stages=None, distribution=False):
    """Convolutional generator, encoder and discriminator of pairs, after BiGAN and ALI.

    The generator is that of `dcgan`, and the encoder its mirror image. The discriminator looks at the picture and at
    the code apart, and then at both. With w the `width`,

        picture:  image -> stages x (convolution, LeakyReLU)
        code:     latents -> 2 x (Dense(8 w), LeakyReLU)
        both:     picture and code -> 2 x (Dense(16 w), LeakyReLU) -> Dense(1)

    Donahue et al. 2016 (arXiv 1605.09782), section 4; the three parts of the discriminator are as in Dumoulin et al.
    2016 (arXiv 1606.00704), appendix A, where the layers of codes have 512 units and those of both 1,024, as here for
    width 64. What differs: the convolutions are those of `dcgan`, and the discriminator has spectral normalisation
    instead of dropout and maxout.

    Args:
        image_shape: tuple (height, width, channels) of the pictures, of any size.
        latent_dim: int, the size of the code.
        width: int, the channels of the layers next to the picture.
        kernel_size: int, the side of every kernel, at least 2.
        stages: int, the number of halvings; None for as many as `dcgan` has.
        distribution: as for `dcgan_encoder`: False for BiGAN, True for ALI.

    Returns:
        Three `keras.Model`:

        * the generator, from latents `(batch, latent_dim)` to float32 images in [-1, 1], `(batch, *image_shape)`;
        * the encoder, from such images to codes, as `dcgan_encoder` returns it;
        * the discriminator, from a dict of "images" and "latents" to float32 logits `(batch, 1)`, unbounded.

    Raises:
        ValueError: as `dcgan` does.

    Example:
        >>> generator, encoder, discriminator = bigan(image_shape=(28, 28, 1), latent_dim=16, width=2)
        >>> encoder.output_shape, discriminator.output_shape
        ((None, 16), (None, 1))
    """
    sizes = {
        "image_shape": image_shape,
        "latent_dim": latent_dim,
        "width": width,
        "kernel_size": kernel_size,
        "stages": stages,
    }
    generator, _ = dcgan(**sizes)
    encoder = dcgan_encoder(**sizes, distribution=distribution)
    return generator, encoder, _discriminator(**sizes)


def _discriminator(image_shape, latent_dim, width, kernel_size, stages):
    inputs = {"images": keras.Input(image_shape, name="images"), "latents": keras.Input((latent_dim,), name="latents")}
    picture = halving_stages(
        inputs["images"],
        widths=[width * 2**i for i in range(len(halved_sides(image_shape, stages)) - 1)],
        kernel_size=kernel_size,
        normalization=None,
        wrap=spectrally_normalized,
        dropout=0.0,
    )
    code = _dense(8 * width, "code_1", _dense(8 * width, "code_0", inputs["latents"]))
    both = layers.Concatenate(name="both")([picture, code])
    both = _dense(16 * width, "both_1", _dense(16 * width, "both_0", both))
    logits = spectrally_normalized(head(1, "logits", use_bias=True))(both)
    return keras.Model(inputs, logits, name="bigan_discriminator")


def _dense(units, name, x):
    x = spectrally_normalized(layers.Dense(units, kernel_initializer=normal(), name=name))(x)
    return LeakyReLU(0.2, name=f"{name}_leaky_relu")(x)
