"""The fully connected networks of the first GAN."""

import math

import keras
from keras import layers

from keras_gan._arguments import require_choice, require_int
from keras_gan.layers import BatchNormalization, LeakyReLU
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._building_blocks import wrapper
from keras_gan.networks._labels import followed_by_one_hot, labels_input, latents_and_labels, require_classes


def mlp(
    *,
    image_shape=(28, 28, 1),
    latent_dim=100,
    width=1200,
    depth=2,
    generator_normalization="batch",
    spectral_normalization=True,
    num_classes=None,
):
    """Fully connected generator and discriminator.

    For toy distributions in the plane, small images, and first experiments: nothing in it knows which pixels are
    neighbours.

        generator:      latents -> depth x (Dense(width), norm, ReLU)     -> Dense -> tanh -> image
        discriminator:  image   -> depth x (Dense(width), LeakyReLU(0.2)) -> Dense(1)

    The sizes are those of Goodfellow et al. 2014 (arXiv 1406.2661, the MNIST networks). Four things differ from the
    paper. The generator has batch normalisation and the discriminator spectral normalisation, without which half of the
    GANs of this package collapse on pictures (benchmarks/RESULTS.md); `generator_normalization=None` and
    `spectral_normalization=False` leave them out. The generator ends in a tanh, not a sigmoid, as images here are in
    [-1, 1]. The discriminator has LeakyReLU where the paper has maxout with dropout: maxout needs widths in multiples
    of its five pieces, and dropout adds noise to every gradient penalty; LeakyReLU works at any width and adds none. It
    ends in a logit, as the losses apply the sigmoid. Kernels start Glorot-uniform: at 1200 units that is the uniform
    distribution on (-0.05, 0.05) of the paper's generator, and it scales with other widths.

    With `num_classes`, both networks take the label of the class as well, as Mirza and Osindero 2014 (arXiv 1411.1784)
    condition a GAN: one-hot, appended to the latents and to the pixels. The paper gives the label a hidden layer of its
    own before it meets the rest.

    Args:
        image_shape: tuple of int, the shape of one sample: (height, width, channels), or (2,) for points in the plane
            (scale those well into (-1, 1), where the tanh can reach them).
        latent_dim: int, the size of the generator's input.
        width: int, the units of each hidden layer.
        depth: int, the number of hidden layers in each network.
        generator_normalization: "batch" or None. A layer has no biases before a normalisation, which has its own.
        spectral_normalization: bool, whether to divide every kernel of the discriminator by its spectral norm.
        num_classes: int, the number of classes, for networks that take labels; None for networks without.

    Returns:
        Two `keras.Model`: the generator, from latents `(batch, latent_dim)` to float32 images in [-1, 1],
        `(batch, *image_shape)`; and the discriminator, from such images to float32 logits `(batch, 1)`, unbounded. With
        `num_classes` their inputs are dicts of "latents" or "images" and of int32 "labels" `(batch,)` in
        [0, num_classes).

    Raises:
        ValueError: if a size is not a positive integer, the normalisation is unknown, or there are fewer than 2
            classes.

    Example:
        >>> generator, discriminator = mlp(image_shape=(2,), latent_dim=8, width=16)
        >>> generator.count_params()  # 8 x 16 + 4 x 16, 16 x 16 + 4 x 16, 16 x 2 + 2
        546
        >>> discriminator.output_shape
        (None, 1)

        With labels:

        >>> import numpy as np
        >>> generator, _ = mlp(image_shape=(2,), latent_dim=8, width=16, num_classes=3)
        >>> generator({"latents": np.zeros((4, 8)), "labels": np.array([0, 1, 2, 0])}).shape
        TensorShape([4, 2])
    """
    image_shape = require_image_shape(image_shape)
    latent_dim = require_int("latent_dim", latent_dim)
    width, depth = require_int("width", width), require_int("depth", depth)
    require_choice("generator_normalization", generator_normalization, ("batch", None))
    num_classes = None if num_classes is None else require_classes(num_classes)
    generator = _generator(image_shape, latent_dim, width, depth, num_classes, generator_normalization)
    return generator, _discriminator(image_shape, width, depth, wrapper(spectral_normalization), num_classes)


def _generator(image_shape, latent_dim, width, depth, num_classes, normalization):
    inputs, x = latents_and_labels(latent_dim, num_classes)
    for i in range(depth):
        x = layers.Dense(width, use_bias=normalization is None, name=f"hidden_{i}")(x)
        x = x if normalization is None else BatchNormalization(name=f"norm_{i}")(x)
        x = layers.ReLU(name=f"relu_{i}")(x)
    x = layers.Dense(math.prod(image_shape), name="pixels")(x)
    # float32: the images do not follow a mixed policy.
    x = layers.Activation("tanh", dtype="float32", name="tanh")(x)
    images = layers.Reshape(image_shape, dtype="float32", name="images")(x)
    return keras.Model(inputs, images, name="mlp_generator")


def _discriminator(image_shape, width, depth, wrap, num_classes):
    inputs = images = keras.Input(image_shape, name="images")
    x = layers.Flatten(name="flatten")(images)
    if num_classes is not None:
        inputs = {"images": images, "labels": labels_input()}
        x = followed_by_one_hot(x, inputs["labels"], num_classes)
    for i in range(depth):
        x = wrap(layers.Dense(width, name=f"hidden_{i}"))(x)
        x = LeakyReLU(0.2, name=f"leaky_relu_{i}")(x)
    head = layers.Dense(1, dtype="float32", name="logits")
    return keras.Model(inputs, wrap(head)(x), name="mlp_discriminator")
