"""The residual networks of WGAN-GP."""

import keras

from keras_gan._arguments import require_int
from keras_gan.networks._arguments import require_image_shape
from keras_gan.networks._residual_blocks import (
    Weights,
    batch_normalization,
    doublings,
    drawn,
    glorot,
    judged,
    mean_over_positions,
    require_halvable,
    seen,
)

_EPSILON = 1e-5
# The blocks of the critic that keep the sides.
_KEEPING = 2


def wgan_gp_resnet(*, image_shape=(32, 32, 3), latent_dim=128, width=128):
    """Residual generator and critic, after WGAN-GP.

    The critic has no normalisation at all, because the gradient penalty takes each picture by itself. Otherwise the
    networks are those that SNGAN took over, see `networks.resnet`:

        generator:  latents -> Dense -> blocks that double the sides -> batch norm, ReLU, Conv(3x3), tanh
        critic:     image -> blocks that halve the sides -> 2 blocks that keep them -> ReLU, mean over positions
                    -> Dense(1)

    with `width` channels in all maps. Gulrajani et al. 2017 (arXiv 1704.00028), appendix C and table 3, as in the
    authors' code: kernels are Glorot-uniform, those of the blocks' branches sqrt(2) times as large. The batch
    normalisation has epsilon 1e-5 and momentum 0.9. The paper's networks for CIFAR-10 are `wgan_gp_resnet()`, with
    1,204,483 and 1,053,825 parameters, without the classifier of its model with labels. For other sizes, the generator
    starts from a map whose smaller side is 4 to 7, and the critic halves the sides once less than the generator doubles
    them, but at least once.

    Args:
        image_shape: tuple (height, width, channels) of the pictures. Height and width must be multiples of 2 where the
            smaller of them is below 16, of 4 where it is below 32, of 8 below 64, and so on.
        latent_dim: int, the size of the generator's input.
        width: int, the channels of all maps.

    Returns:
        Two `keras.Model`: the generator, from latents `(batch, latent_dim)` to float32 images in [-1, 1],
        `(batch, *image_shape)`; and the critic, from such images to float32 logits `(batch, 1)`, unbounded.

    Raises:
        ValueError: if a size is not a positive integer, `image_shape` is not of rank 3, or its height or width cannot
            be halved as often as the networks do.

    Example:
        >>> generator, critic = wgan_gp_resnet(image_shape=(16, 16, 1), latent_dim=8, width=4)
        >>> generator.output_shape, critic.output_shape
        ((None, 16, 16, 1), (None, 1))
    """
    image_shape = require_image_shape(image_shape, rank=3)
    latent_dim, width = require_int("latent_dim", latent_dim), require_int("width", width)
    require_halvable(image_shape, doublings)
    stages = doublings(image_shape[:2])
    weights = Weights(spectral_normalization=False, initial_in_branch=_larger)
    latents = keras.Input((latent_dim,), name="latents")
    normalizations = [batch_normalization(None, None, _EPSILON)] * stages
    drawn_images = drawn(latents, image_shape, [width] * (stages + 1), weights, normalizations, epsilon=_EPSILON)
    images = keras.Input(image_shape, name="images")
    halvings = max(stages - 1, 1)
    features = mean_over_positions(seen(images, [width] * (halvings + _KEEPING), halvings, weights))
    _, logits = judged(images, features, None, weights)
    generator = keras.Model(latents, drawn_images, name="wgan_gp_resnet_generator")
    return generator, keras.Model(images, logits, name="wgan_gp_resnet_critic")


def _larger():
    return glorot(2.0)
