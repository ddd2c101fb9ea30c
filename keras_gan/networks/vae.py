"""The encoder and decoder of the VAE."""

import keras
from keras import layers

from keras_gan._arguments import require_bool, require_int
from keras_gan.layers import LearnedConstant
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import cropped, halved_sides

# The scale that the decoder begins with is e^-1, about the standard deviation of pictures in [-1, 1].
_FIRST_LOG_SCALE = -1.0


def vae(*, image_shape=(64, 64, 1), latent_dim=10, width=32, units=256, learn_scale=True):
    """Convolutional encoder and decoder of a variational autoencoder, after beta-VAE.

    Small networks without normalisation, so that what a code says of an image does not depend on the other images of
    its batch:

        encoder:  image -> Conv(width), halved until the smaller side is 4 to 7 -> Dense(units), twice
                  -> mean, log variance
        decoder:  latents -> Dense(units), twice -> Dense -> transposed Conv(width), doubled as often -> images

    All kernels are 4x4 of stride 2, and ReLU follows every layer except the heads. Burgess et al. 2018 (arXiv
    1804.03599), appendix A.1, whose networks for 64x64 are the defaults, but for the scale: 252,052 and 249,954
    parameters. There the encoder returns log standard deviations. Odd sides halve rounding up, and the decoder crops
    what doubling gives too much.

    Args:
        image_shape: tuple (height, width, channels) of the pictures, sides of at least 2.
        latent_dim: int, the size of the code.
        width: int, the channels of every convolution.
        units: int, the size of the dense layers.
        learn_scale: whether the decoder also returns "log_scale", one learnt number for all pixels of all pictures, as
            `losses.Gaussian` without a `scale` and `losses.DiscretizedLogistic` need it. `losses.Bernoulli` and
            `losses.Gaussian(scale=...)` do not take it.

    Returns:
        Two `keras.Model`:

        * the encoder, from float32 images in [-1, 1], `(batch, *image_shape)`, to a dict of float32 "mean" and
          "log_variance", each `(batch, latent_dim)` and unbounded;
        * the decoder, from latents `(batch, latent_dim)` to a dict of float32 "images" in [-1, 1], "logits", the
          unbounded numbers that images = tanh(logits / 2) are made of, which is the logit of white, and perhaps
          "log_scale" `(batch, 1, 1, 1)`.

    Raises:
        ValueError: if a size is not a positive integer, or `image_shape` is not of rank 3 or too small.

    Example:
        >>> encoder, decoder = vae(image_shape=(28, 28, 1), latent_dim=16, width=4, units=8)
        >>> {name: output.shape for name, output in encoder.output.items()}
        {'mean': (None, 16), 'log_variance': (None, 16)}
        >>> {name: output.shape for name, output in decoder.output.items()}
        {'images': (None, 28, 28, 1), 'logits': (None, 28, 28, 1), 'log_scale': (None, 1, 1, 1)}
    """
    image_shape = require_image_shape(image_shape, rank=3)
    latent_dim, width, units = (
        require_int(name, value) for name, value in (("latent_dim", latent_dim), ("width", width), ("units", units))
    )
    sides = halved_sides(image_shape)
    encoder = _encoder(image_shape, len(sides) - 1, latent_dim, width, units)
    return encoder, _decoder(image_shape, sides, latent_dim, width, units, require_bool("learn_scale", learn_scale))


def _encoder(image_shape, stages, latent_dim, width, units):
    x = images = keras.Input(image_shape, name="images")
    for i in range(stages):
        x = layers.Conv2D(width, 4, strides=2, padding="same", activation="relu", name=f"down_{i}")(x)
    x = layers.Flatten(name="flatten")(x)
    for i in range(2):
        x = layers.Dense(units, activation="relu", name=f"dense_{i}")(x)
    # float32: the exponential of the log variance overflows float16.
    outputs = {name: layers.Dense(latent_dim, name=name, dtype="float32")(x) for name in ("mean", "log_variance")}
    return keras.Model(images, outputs, name="vae_encoder")


def _decoder(image_shape, sides, latent_dim, width, units, learn_scale):
    x = latents = keras.Input((latent_dim,), name="latents")
    for i in range(2):
        x = layers.Dense(units, activation="relu", name=f"dense_{i}")(x)
    start = (*sides[-1], width)
    x = layers.Dense(start[0] * start[1] * start[2], activation="relu", name="project")(x)
    x = layers.Reshape(start, name="reshape")(x)
    for i, target in enumerate(sides[-2:0:-1]):
        x = layers.Conv2DTranspose(width, 4, strides=2, padding="same", activation="relu", name=f"up_{i}")(x)
        x = cropped(x, target, f"crop_{i}")
    # float32: the images do not follow a mixed policy.
    x = layers.Conv2DTranspose(image_shape[-1], 4, strides=2, padding="same", name="to_logits", dtype="float32")(x)
    logits = cropped(x, sides[0], "crop_logits")
    halved = layers.Rescaling(0.5, name="half", dtype="float32")(logits)
    outputs = {"images": layers.Activation("tanh", name="images", dtype="float32")(halved), "logits": logits}
    if learn_scale:
        first = keras.initializers.Constant(_FIRST_LOG_SCALE)
        scale = LearnedConstant((1, 1, 1), initializer=first, name="log_scale", dtype="float32")
        outputs["log_scale"] = scale(latents)
    return keras.Model(latents, outputs, name="vae_decoder")
