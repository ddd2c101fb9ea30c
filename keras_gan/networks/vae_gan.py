"""The encoder, decoder and discriminator of the VAE-GAN."""

import keras
from keras import layers

from keras_gan._arguments import require_int
from keras_gan.layers import BatchNormalization
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import cropped, halved_sides

_SMALLEST_SIDE = 5
_LARGEST_START = 8
_FEWEST_STAGES = 3


def vae_gan(*, image_shape=(64, 64, 3), latent_dim=128, width=64, reconstruction_depth=None):
    """Convolutional encoder, decoder and discriminator, after VAE-GAN.

    A variational autoencoder that compares pixel by pixel draws blurred pictures. This one compares a picture and its
    reconstruction in an inner layer of a discriminator, which is therefore a second output next to the logits. With w
    the `width`, and for pictures of at most 64x64,

        encoder:        image -> Conv(w) -> Conv(2 w) -> Conv(4 w) -> Dense(16 w) -> mean, log variance
        decoder:        latents -> Dense -> transposed Conv(4 w) -> (2 w) -> (w / 2) -> Conv(channels), tanh
        discriminator:  image -> Conv(w / 2) -> Conv(2 w) -> Conv(4 w) -> Conv(4 w) -> Dense(8 w) -> Dense(1)

    where all kernels are 5x5, and of stride 2 except the decoder's last and the discriminator's first. Batch
    normalisation and ReLU follow every layer except the heads; the discriminator's first has only the ReLU.

    The features are those of the discriminator's last convolution, before normalisation and ReLU, as in the authors'
    code (their "recon depth 9" counts every layer); `reconstruction_depth` takes those of an earlier one, which compare
    finer details, or the pixels. Batch normalisation uses other statistics for the reconstructions than for their
    originals, so their mean difference is lost after it, and the ReLU loses the negative half.

    Larsen et al. 2015 (arXiv 1512.09300), table 1, whose networks for 64x64 are the defaults; kernels as in the
    authors' code, uniform with variance 1 / (9 fan-in), and no biases before batch normalisation, which has epsilon
    1e-5 and momentum 0.9. The encoder, decoder and discriminator have 18,071,360, 4,693,155 and 10,953,857 parameters
    to train. Other sizes follow the same layout: sides halve three times rounding up, and as many times more as it
    takes to bring the smaller one to 8 or below, with 4 w channels each; where doubling gives a row or column too many,
    the decoder crops it. The authors' networks for 32x32 have 3 w channels in two places where these have 4 w. Their
    weight decay of 1e-5 is left to the optimizer.

    Args:
        image_shape: tuple (height, width, channels) of the pictures, sides of at least 5.
        latent_dim: int, the size of the code.
        width: int, the channels of the encoder's first convolution, at least 2.
        reconstruction_depth: int, the discriminator's convolution whose outputs are the features, counted from 1; 0 for
            the image itself; None for the last.

    Returns:
        Three `keras.Model`:

        * the encoder, from float32 images in [-1, 1], `(batch, *image_shape)`, to a dict of float32 "mean" and
          "log_variance", each `(batch, latent_dim)` and unbounded;
        * the decoder, from latents `(batch, latent_dim)` to images;
        * the discriminator, from images to a dict of float32 "logits" `(batch, 1)` and "features"
          `(batch, rows, columns, 4 * width)`, both unbounded; of another `reconstruction_depth`, the features have
          the shape of that convolution's outputs.

    Raises:
        ValueError: if a size is not a positive integer, `image_shape` is not of rank 3 or has a side below 5, or the
            discriminator has no such convolution.

    Example:
        >>> encoder, decoder, discriminator = vae_gan(image_shape=(28, 28, 1), latent_dim=16, width=4)
        >>> {name: output.shape for name, output in encoder.output.items()}
        {'mean': (None, 16), 'log_variance': (None, 16)}
        >>> decoder.output_shape
        (None, 28, 28, 1)
        >>> {name: output.shape for name, output in discriminator.output.items()}
        {'logits': (None, 1), 'features': (None, 4, 4, 16)}
    """
    image_shape = require_image_shape(image_shape, rank=3)
    if min(image_shape[:2]) < _SMALLEST_SIDE:
        raise ValueError(
            f"The sides of the pictures are halved {_FEWEST_STAGES} times: they must be at least {_SMALLEST_SIDE}. "
            f"Received: image_shape={image_shape}"
        )
    latent_dim, width = require_int("latent_dim", latent_dim), require_int("width", width, low=2)
    sides = halved_sides(image_shape, _FEWEST_STAGES)
    while min(sides[-1]) > _LARGEST_START:
        sides = halved_sides(image_shape, len(sides))
    stages = len(sides) - 1
    depth = stages + 1
    if reconstruction_depth is not None:
        depth = require_int("reconstruction_depth", reconstruction_depth, low=0, high=depth)
    encoder, decoder = _encoder(image_shape, stages, latent_dim, width), _decoder(image_shape, sides, latent_dim, width)
    return encoder, decoder, _discriminator(image_shape, stages, width, depth)


def _encoder(image_shape, stages, latent_dim, width):
    images = keras.Input(image_shape, name="images")
    x = images
    for i in range(stages):
        x = _activated(_conv(width * min(2**i, 4), f"down_{i}", strides=2)(x), f"down_{i}")
    x = layers.Flatten(name="flatten")(x)
    x = _activated(_dense(16 * width, "dense", use_bias=False)(x), "dense")
    # float32: the exponential of the log variance overflows float16.
    outputs = {name: _dense(latent_dim, name, dtype="float32")(x) for name in ("mean", "log_variance")}
    return keras.Model(images, outputs, name="vae_gan_encoder")


def _decoder(image_shape, sides, latent_dim, width):
    latents = keras.Input((latent_dim,), name="latents")
    start = (*sides[-1], 4 * width)
    x = _dense(start[0] * start[1] * start[2], "project", use_bias=False)(latents)
    x = layers.Reshape(start, name="reshape")(_activated(x, "project"))
    stages = len(sides) - 1
    filters = [4 * width] * (stages - 2) + [2 * width, width // 2]
    for i, (target, count) in enumerate(zip(sides[-2::-1], filters, strict=True)):
        x = _conv(count, f"up_{i}", strides=2, kind=layers.Conv2DTranspose)(x)
        x = _activated(cropped(x, target, f"crop_{i}"), f"up_{i}")
    x = _conv(image_shape[-1], "to_images", use_bias=True)(x)
    # float32: the images do not follow a mixed policy.
    images = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(latents, images, name="vae_gan_decoder")


def _discriminator(image_shape, stages, width, depth):
    images = keras.Input(image_shape, name="images")
    # What the features may be: the image, and the convolutions in their order.
    maps = [images, _conv(width // 2, "from_images", use_bias=True)(images)]
    x = layers.ReLU(name="from_images_relu")(maps[-1])
    for i in range(stages):
        maps.append(_conv(width * min(2 ** (i + 1), 4), f"down_{i}", strides=2)(x))
        x = _activated(maps[-1], f"down_{i}")
    x = layers.Flatten(name="flatten")(x)
    x = _activated(_dense(8 * width, "dense", use_bias=False)(x), "dense")
    # float32 under every policy: the sum of the features' squares overflows float16.
    features = layers.Activation("linear", dtype="float32", name="features")(maps[depth])
    logits = _dense(1, "logits", dtype="float32")(x)
    return keras.Model(images, {"logits": logits, "features": features}, name="vae_gan_discriminator")


def _activated(x, name):
    return layers.ReLU(name=f"{name}_relu")(BatchNormalization(name=f"{name}_norm")(x))


def _conv(filters, name, *, strides=1, use_bias=False, kind=layers.Conv2D):
    settings = {"strides": strides, "padding": "same", "use_bias": use_bias, "kernel_initializer": _uniform()}
    return kind(filters, 5, name=name, **settings)


def _dense(units, name, **settings):
    return layers.Dense(units, kernel_initializer=_uniform(), name=name, **settings)


def _uniform():
    return keras.initializers.VarianceScaling(1 / 9, mode="fan_in", distribution="uniform")
