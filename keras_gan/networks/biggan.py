"""The residual networks of BigGAN."""

import functools

import keras
from keras import layers

from keras_gan._arguments import require_int
from keras_gan.layers import ConditionalBatchNormalization
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._labels import latents_next_to_labels, require_classes
from keras_gan.networks._residual_blocks import (
    Weights,
    batch_normalization,
    doublings,
    drawn,
    judged,
    require_attention_side,
    require_halvable,
    seen,
    sum_over_positions,
)

_EPSILON = 1e-5
_LARGEST_ATTENTION = 64
# The size of a chunk of the latents, for all sizes of pictures.
_CHUNK = 20
# The channels after each block of the discriminator as multiples of `width`, by the number of halvings; the last block
# keeps the sides.
_GROWTH = {
    4: (1, 2, 4, 8, 16),
    5: (1, 2, 4, 8, 16, 16),
    6: (1, 2, 4, 8, 8, 16, 16),
    7: (1, 1, 2, 4, 8, 8, 16, 16),
}
_SMALL = 4


def biggan(
    *,
    image_shape=(128, 128, 3),
    latent_dim=None,
    width=96,
    embedding_dim=128,
    attention_side=None,
    num_classes=None,
):
    """Residual networks with a shared embedding of the classes and hierarchical latents, after BigGAN.

    The latents are cut into equal chunks. The first one makes the smallest map, and each block of the generator is
    normalised with gains and biases that depend on its own chunk and on the class: the latents act at every scale.

        generator:      first chunk -> Dense -> blocks that double the sides -> batch norm, ReLU, Conv(3x3), tanh
        its blocks:     as those of `networks.resnet`, with batch norm conditioned on [embedding of the class, chunk]
        discriminator:  image -> blocks that halve the sides -> a block that does not -> ReLU, sum over positions
                        -> Dense(1), and the projection

    The discriminator and the attention are those of `networks.sagan`. All kernels of both networks, and the
    discriminator's vectors of the classes, start orthogonal and are spectrally normalised; the generator's embedding is
    not, because that cripples it, the author's code says. Batch normalisation has epsilon 1e-5 and momentum 0.9.

    Brock et al. 2018 (arXiv 1809.11096), appendix B and figure 15, as in the first author's PyTorch code, which has the
    channels of each size: the smallest map and the last block of the discriminator have 16 times `width`; pictures
    below 64x64 have 4 times `width` everywhere, and a discriminator of two blocks that halve and two that do not.
    The networks of that code, with the same numbers of parameters:

    * ImageNet at 128x128: `biggan(num_classes=1000)`, with 70,433,988 and 87,982,370.
    * CIFAR-10: `biggan(image_shape=(32, 32, 3), latent_dim=128, width=64, embedding_dim=None, attention_side=0,
      num_classes=10)`, with 4,304,387 and 4,207,361. Its kernels start from N(0, 0.02) there, which is as large.

    Without `num_classes` the chunks alone condition the generator, and the discriminator does not project. The
    orthogonal regularisation is a penalty, and truncation is a way to sample: neither is in the networks.

    Args:
        image_shape: tuple (height, width, channels) of the pictures, the smaller side below 1024. Height and width must
            be multiples of 4 where the smaller of them is below 32, of 8 below 64, of 16 below 128, and so on.
        latent_dim: int, the size of the generator's input, a multiple of the number of chunks, which is one more than
            that of the blocks; None for 20 in each chunk, as in the paper: 120 for 128x128.
        width: int, the channels that the others are multiples of.
        embedding_dim: int, the size of the embedding of the classes that all blocks share. None for the simpler form of
            the recipe for CIFAR-10: latents in one piece, and gains and biases of each block for each class.
        attention_side: int, the smaller side of the map with attention, in both networks; 0 for none. None for the
            largest of the maps between the picture and the smallest one that has a side of at most 64.
        num_classes: int, the number of classes, for networks that take labels; None for networks without.

    Returns:
        Two `keras.Model`: the generator, from latents `(batch, latent_dim)` to float32 images in [-1, 1],
        `(batch, *image_shape)`; and the discriminator, from such images to float32 logits `(batch, 1)`, unbounded. With
        `num_classes` their inputs are dicts of "latents" or "images" and of int32 "labels" `(batch,)` in
        [0, num_classes).

    Raises:
        ValueError: if a size is not a positive integer, there are fewer than 2 classes, `image_shape` is not of rank 3
            or too large, its height or width cannot be halved as often as the networks do, the latents cannot be cut
            into chunks, or no map has the `attention_side`.

    Example:
        >>> generator, discriminator = biggan(image_shape=(16, 16, 1), width=2, embedding_dim=8, num_classes=10)
        >>> {name: tensor.shape for name, tensor in generator.input.items()}
        {'latents': (None, 60), 'labels': (None,)}
        >>> generator.output_shape, discriminator.output_shape
        ((None, 16, 16, 1), (None, 1))
    """
    image_shape = _require_sides(image_shape)
    stages, width = doublings(image_shape[:2]), require_int("width", width)
    embedding_dim = None if embedding_dim is None else require_int("embedding_dim", embedding_dim)
    chunks = 1 if embedding_dim is None else stages + 1
    latent_dim = _CHUNK * (stages + 1) if latent_dim is None else _require_chunks(latent_dim, chunks)
    attention_side = require_attention_side(attention_side, image_shape, _LARGEST_ATTENTION)
    classes = None if num_classes is None else require_classes(num_classes)
    up, down, halvings = _growth(stages)
    weights = Weights(True, keras.initializers.Orthogonal, keras.initializers.Orthogonal)

    inputs, first, normalizations = _conditioned(latent_dim, embedding_dim, classes, stages)
    settings = {"epsilon": _EPSILON, "attention_side": attention_side}
    drawn_images = drawn(first, image_shape, [width * g for g in up], weights, normalizations, **settings)

    images = keras.Input(image_shape, name="images")
    settings = {"widen_early": True, "attention_side": attention_side}
    x = seen(images, [width * g for g in down], halvings, weights, **settings)
    judged_inputs, logits = judged(images, sum_over_positions(x), classes, weights)
    generator = keras.Model(inputs, drawn_images, name="biggan_generator")
    return generator, keras.Model(judged_inputs, logits, name="biggan_discriminator")


def _halvings(sides):
    """The number of times that both sides must be halved: at least the two times of the smallest discriminator."""
    return max(doublings(sides), 2)


def _require_sides(image_shape):
    image_shape = require_image_shape(image_shape, rank=3)
    require_halvable(image_shape, _halvings)
    if doublings(image_shape[:2]) > max(_GROWTH):
        raise ValueError(
            "BigGAN draws pictures whose smaller side is below 1024: resize or crop them, for example to 512. "
            f"Received: image_shape={image_shape}"
        )
    return image_shape


def _require_chunks(latent_dim, chunks):
    latent_dim = require_int("latent_dim", latent_dim)
    if latent_dim % chunks:
        raise ValueError(
            f"The latents are cut into {chunks} chunks, one for the first map and one for each block: `latent_dim` "
            f"must be a multiple of {chunks}, such as {chunks * max(round(latent_dim / chunks), 1)}. "
            f"Received: latent_dim={latent_dim}"
        )
    return latent_dim


def _growth(stages):
    """The channels of both networks as multiples of `width`.

    Returns:
        Those of the generator's smallest map and of its blocks, those of the discriminator's blocks, and the number of
        the latter that halve the sides.
    """
    if stages not in _GROWTH:
        return (_SMALL,) * (stages + 1), (_SMALL,) * 4, 2
    # The generator for 64x64 is that for 128x128 without its last block; in the others it mirrors the discriminator.
    up = _GROWTH[max(stages, 5)][::-1][: stages + 1]
    return up, _GROWTH[stages], stages


def _conditioned(latent_dim, embedding_dim, num_classes, stages):
    """What the generator starts from.

    Returns:
        The inputs as `keras.Model` takes them, what makes the smallest map, `(batch, size)`, and the functions that
        normalise the maps of each block.
    """
    inputs, latents, labels = latents_next_to_labels(latent_dim, num_classes)
    if embedding_dim is None:
        return inputs, latents, [batch_normalization(labels, num_classes, _EPSILON)] * stages
    first, *conditions = keras.ops.split(latents, stages + 1, axis=-1)
    if num_classes is not None:
        initializer = keras.initializers.Orthogonal()
        embedding = layers.Embedding(num_classes, embedding_dim, initializer, name="class_embedding")(labels)
        conditions = [
            layers.Concatenate(name=f"condition_{i}")([embedding, chunk]) for i, chunk in enumerate(conditions)
        ]
    return inputs, first, [functools.partial(_normalized, condition=condition) for condition in conditions]


def _normalized(x, name, condition):
    """Batch normalisation whose gains and biases depend on a vector."""
    layer = ConditionalBatchNormalization(
        epsilon=_EPSILON, initializer="orthogonal", spectral_normalization=True, name=name
    )
    return layer([x, condition])
