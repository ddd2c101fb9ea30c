"""The networks of GAN-CLS, which draw what a sentence says."""

import keras
from keras import layers

from keras_gan._arguments import require_bool, require_int
from keras_gan.layers import Conv2DTranspose
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import cropped, halved_sides, normal, normal_batch_normalization
from keras_gan.networks._sentence_stages import SplitLatents, bottleneck, text_code, text_discriminator, text_input

# The maps after which the published generator has a block.
_BLOCKS = 2


def gan_cls(
    *,
    image_shape=(64, 64, 3),
    text_dim=1024,
    latent_dim=100,
    width=64,
    text_width=256,
    stages=None,
    conditioning_augmentation=False,
    discriminator_normalization="spectral",
):
    """Generator and discriminator of pictures with the vectors of their sentences, after GAN-CLS.

        generator:      latents, with LeakyReLU(Dense(text)) -> Dense -> norm
                        -> stages x (block in the first two, ReLU, transposed convolution, norm), tanh
        discriminator:  image -> stages x (convolution, norm, LeakyReLU) -> block
                        -> with LeakyReLU(Dense(text)) at each place -> Conv(1x1), norm, LeakyReLU -> Dense(1)

    A block is x + Conv(3x3, Conv(3x3, Conv(1x1, x))) with a quarter of the channels between. Reed et al. 2016
    (arXiv 1605.05396), figure 2, and the authors' code, whose generator has 128 channels next to the picture, and whose
    discriminator has batch normalisation where here the default is spectral normalisation, as in `dcgan`.

    Both networks bring the vector of the text to a mean square of 1 first. Its length means nothing, and most encoders
    make numbers that are far smaller than those of the latents.

    With `conditioning_augmentation`, the code of the text is drawn: Dense(text) gives a mean and a variance, and noise
    does the rest (Zhang et al. 2016, StackGAN, arXiv 1612.03242, section 3.2). So many pictures belong to one text, and
    those of similar texts overlap. The noise is the last `text_width` of the latents, standard normal as they are, so
    one seed still says everything.

    Args:
        image_shape: tuple (height, width, channels) of the pictures, of any size.
        text_dim: int, the size of the vector of a sentence.
        latent_dim: int, the size of the noise, without that of the text.
        width: int, the channels of the layers next to the picture.
        text_width: int, the size of the code that either network makes of the sentence.
        stages: int, the number of halvings; None for as many as `dcgan` has.
        conditioning_augmentation: bool, whether the generator draws the code of the sentence.
        discriminator_normalization: "spectral", "batch", or None, which learns fastest, with a penalty such as `R1`.

    Returns:
        Two `keras.Model`: the generator, from a dict of "latents" `(batch, latent_dim)` (with `text_width` more for
        conditioning augmentation) and "text" `(batch, text_dim)` to float32 images in [-1, 1], `(batch, *image_shape)`,
        or to a dict of these "images" and the "mean" and "log_variance" `(batch, text_width)` of the code; and the
        discriminator, from a dict of "images" and "text" to float32 logits `(batch, 1)`, unbounded.

    Raises:
        ValueError: if a size is not a positive integer, or `image_shape` is not of rank 3 or too small for `stages`.

    Example:
        >>> from keras import ops
        >>> sizes = {"image_shape": (24, 24, 3), "text_dim": 16, "width": 8, "text_width": 8}
        >>> generator, discriminator = gan_cls(**sizes)
        >>> batch = {"latents": ops.zeros((2, 100)), "text": ops.zeros((2, 16))}
        >>> discriminator({"images": generator(batch), "text": batch["text"]}).shape
        TensorShape([2, 1])
    """
    image_shape = require_image_shape(image_shape, rank=3)
    latent_dim, width = require_int("latent_dim", latent_dim), require_int("width", width)
    text_width, sides = require_int("text_width", text_width), halved_sides(image_shape, stages)
    is_augmented = require_bool("conditioning_augmentation", conditioning_augmentation)
    text = text_input(text_dim)
    generator = _generator(image_shape, text, latent_dim, sides, width, text_width, is_augmented)
    discriminator = text_discriminator(
        image_shape,
        text_dim,
        sides=sides,
        width=width,
        text_width=text_width,
        normalization=discriminator_normalization,
        name="gan_cls_discriminator",
    )
    return generator, discriminator


def _generator(image_shape, text, latent_dim, sides, width, text_width, is_augmented):
    latents = keras.Input((latent_dim + text_width * is_augmented,), name="latents")
    first, noise = SplitLatents(latent_dim, name="split")(latents) if is_augmented else (latents, None)
    code, others = text_code(text, noise, text_width, is_augmented)
    x = layers.Concatenate(name="with_text")([first, code])
    widths = [width * 2**i for i in range(len(sides) - 1)]
    x = layers.Dense(
        sides[-1][0] * sides[-1][1] * widths[-1], use_bias=False, kernel_initializer=normal(), name="project"
    )(x)
    x = layers.Reshape((*sides[-1], widths[-1]), name="reshape")(x)
    x = normal_batch_normalization("norm_0")(x)
    for i, (target, filters) in enumerate(zip(sides[-2::-1], [*widths[-2::-1], image_shape[-1]], strict=True)):
        is_last = i == len(widths) - 1
        # The published block comes before the activation, and not next to the picture.
        x = bottleneck(x, f"block_{i}", _relu) if i < _BLOCKS and not (is_last and i) else x
        settings = {"strides": 2, "padding": "same", "use_bias": False, "kernel_initializer": normal()}
        x = Conv2DTranspose(filters, 4, name=f"up_{i}", **settings)(_relu(f"relu_{i}")(x))
        x = cropped(x, target, f"crop_{i}")
        x = x if is_last else normal_batch_normalization(f"norm_{i + 1}")(x)
    # float32: the images do not follow a mixed policy.
    images = layers.Activation("tanh", dtype="float32", name="images")(x)
    outputs = {"images": images, **others} if others else images
    return keras.Model({"latents": latents, "text": text}, outputs, name="gan_cls_generator")


def _relu(name):
    return layers.ReLU(name=name)
