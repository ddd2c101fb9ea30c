"""Transformers of patches, generator and discriminator."""

import keras
from keras import layers

from keras_gan._arguments import require_int
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._clipped_images import ClippedImages
from keras_gan.networks._labels import labels_input, require_classes
from keras_gan.networks._transformer import Positions, transformer_block


def vit(*, image_shape=(32, 32, 3), latent_dim=64, patch_size=4, width=128, depth=4, heads=4, num_classes=None):
    """Transformer generator and discriminator that see a picture as a row of patches.

    Every patch attends to every other in each block, so distant parts agree from the first block on, and nothing in the
    networks is made for pictures but the cut into patches. With n patches,

        generator:      latents -> n tokens + positions -> blocks -> norm -> linear -> n patches of pixels
        discriminator:  image -> n patches -> n tokens + positions -> blocks -> norm -> mean of tokens -> Dense(1)
        block:          x + linear attention(norm x),  then  x + linear silu(linear norm x)

    The latents are a vector, which a linear layer spreads over the tokens; or with `latent_dim=None` noise of the
    image's shape, cut into patches like an image, as `AdversarialFlow` takes it. The normalisation divides each token
    by its root mean square (Zhang and Sennrich 2019, arXiv 1910.07467), whose second gradient is right: the
    discriminator works with every gradient penalty. The hidden layer is four times as wide as the tokens, and what adds
    to x starts from 0.

    Dosovitskiy et al. 2020 (arXiv 2010.11929) for the discriminator; transformers on both sides as in the one-step
    models of Lin et al. 2025 (arXiv 2511.22475). They condition on labels and times by modulating each block; here
    there is no time, and the label's embedding is added to each token. There is no tanh: drawn images are clipped to
    [-1, 1]; in training they are not.

    Args:
        image_shape: tuple (height, width, channels) of the pictures; height and width must be multiples of
            `patch_size`.
        latent_dim: int, the size of the generator's input; None for noise of the image's shape.
        patch_size: int, the side of a patch. The attention grows with the square of the number of patches.
        width: int, the size of a token; a multiple of `heads`.
        depth: int, the blocks of each network.
        heads: int, the heads of each attention.
        num_classes: int, the number of classes, for networks that take labels; None for networks without.

    Returns:
        Two `keras.Model`: the generator, from latents `(batch, latent_dim)` or `(batch, *image_shape)` to float32
        images `(batch, *image_shape)`, in [-1, 1] except in training; and the discriminator, from images to float32
        logits `(batch, 1)`, unbounded. With `num_classes` their inputs are dicts of "latents" or "images" and of int32
        "labels" `(batch,)` in [0, num_classes).

    Raises:
        ValueError: if a size is not a positive integer, `image_shape` is not of rank 3, its sides are not multiples of
            the patch's, or the width is not a multiple of `heads`.

    Example:
        >>> generator, discriminator = vit(image_shape=(8, 8, 1), width=16, depth=1)
        >>> generator.input_shape, generator.output_shape, discriminator.output_shape
        ((None, 64), (None, 8, 8, 1), (None, 1))
        >>> generator, _ = vit(image_shape=(8, 8, 1), latent_dim=None, width=16, depth=1)
        >>> generator.input_shape
        (None, 8, 8, 1)
    """
    image_shape = require_image_shape(image_shape, rank=3)
    latent_dim = None if latent_dim is None else require_int("latent_dim", latent_dim)
    patch_size, depth = require_int("patch_size", patch_size), require_int("depth", depth)
    width, heads = require_int("width", width), require_int("heads", heads)
    _require_multiples(image_shape, patch_size, width, heads)
    num_classes = None if num_classes is None else require_classes(num_classes)
    sizes = {"patch_size": patch_size, "width": width, "depth": depth, "heads": heads}
    generator = _generator(image_shape, latent_dim, num_classes, **sizes)
    return generator, _discriminator(image_shape, num_classes, **sizes)


def _generator(image_shape, latent_dim, num_classes, *, patch_size, width, depth, heads):
    grid = tuple(side // patch_size for side in image_shape[:2])
    if latent_dim is None:
        inputs = keras.Input(image_shape, name="latents")
        x = _patches(inputs, patch_size, width)
    else:
        inputs = keras.Input((latent_dim,), name="latents")
        x = layers.Dense(grid[0] * grid[1] * width, name="project")(inputs)
        x = layers.Reshape((grid[0] * grid[1], width), name="tokens")(x)
    inputs, x = _told_the_class(inputs, x, num_classes)
    x = _transformed(x, depth, heads)
    x = layers.Reshape((*grid, width), name="grid")(x)
    x = layers.Conv2DTranspose(image_shape[-1], patch_size, strides=patch_size, name="to_images")(x)
    return keras.Model(inputs, ClippedImages(name="images")(x), name="vit_generator")


def _discriminator(image_shape, num_classes, *, patch_size, width, depth, heads):
    inputs = keras.Input(image_shape, name="images")
    inputs, x = _told_the_class(inputs, _patches(inputs, patch_size, width), num_classes)
    x = _transformed(x, depth, heads)
    # float32 under every policy: the mean over the tokens and the logits.
    x = layers.GlobalAveragePooling1D(dtype="float32", name="mean_of_tokens")(x)
    return keras.Model(inputs, layers.Dense(1, dtype="float32", name="logits")(x), name="vit_discriminator")


def _patches(pictures, patch_size, width):
    """A token for each patch."""
    x = layers.Conv2D(width, patch_size, strides=patch_size, name="from_images")(pictures)
    return layers.Reshape((-1, width), name="tokens")(x)


def _told_the_class(inputs, x, num_classes):
    """The inputs with the labels, and the tokens with the embedding of the label added to each."""
    if num_classes is None:
        return inputs, x
    inputs = {inputs.name: inputs, "labels": labels_input()}
    embedding = layers.Embedding(num_classes, x.shape[-1], name="embedding")(inputs["labels"])
    embedding = layers.Reshape((1, x.shape[-1]), name="embedding_of_each_token")(embedding)
    return inputs, layers.Add(name="with_labels")([x, embedding])


def _transformed(x, depth, heads):
    x = Positions(name="positions")(x)
    for number in range(depth):
        x = transformer_block(x, heads, f"block_{number}")
    return layers.RMSNormalization(name="norm")(x)


def _require_multiples(image_shape, patch_size, width, heads):
    if any(side % patch_size for side in image_shape[:2]):
        nearest = [max(1, round(side / patch_size)) * patch_size for side in image_shape[:2]]
        raise ValueError(
            f"Height and width must be multiples of the patch's side: resize or crop the pictures, for example to "
            f"{nearest[0]}x{nearest[1]}, or use another `patch_size`. "
            f"Received: image_shape={image_shape}, patch_size={patch_size}"
        )
    if width % heads:
        raise ValueError(
            "The width is divided among the heads, so it must be a multiple of them, such as "
            f"{max(1, round(width / heads)) * heads}. Received: width={width}, heads={heads}"
        )
