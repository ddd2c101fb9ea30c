"""A discriminator whose first layers stay as they are."""

from keras_gan._arguments import require_int
from keras_gan.training import AdversarialModel
from keras_gan.transfer._blocks import blocks_of
from keras_gan.transfer._optimizer_state import compile_again, held_optimizers


def freeze(gan, blocks):
    """Freeze the first blocks of a GAN's discriminator, and train the others.

    The layers next to the image see edges and textures, which other images have, too. With little data, a discriminator
    that keeps them learns less by heart. Mo, Cho and Shin 2020 (FreezeD, arXiv 2002.10964), section 3.

    A block is a layer with its normalisation and activation, or a residual block: the discriminator is cut where
    everything passes through one tensor. Frozen layers stay the same, bit for bit: their weights, running statistics
    and spectral-norm vectors. Their batch normalisation uses the running statistics. Layers that see only the labels
    are trained. What is frozen is saved with the GAN.

    A compiled GAN is compiled again with the same settings, and its optimizers keep their state of the weights that
    they still train. When frozen blocks are trained again, the discriminator's optimizer begins as a new one.

    Args:
        gan: a GAN with a network called "discriminator".
        blocks: int, how many blocks to freeze, from the image on; 0 to train all of them again.

    Returns:
        The GAN.

    Raises:
        ValueError: if there are not more blocks than that, the GAN has no such network, or a layer does not save that
            it is frozen.

    Example:
        >>> import keras_gan
        >>> gan = keras_gan.LSGAN(*keras_gan.networks.dcgan(image_shape=(32, 32, 1), width=4))
        >>> len(freeze(gan, 1).discriminator.trainable_weights), len(freeze(gan, 0).discriminator.trainable_weights)
        (6, 8)
    """
    return freeze_blocks(gan, blocks, keep_optimizers=True)


def freeze_blocks(gan, blocks, *, keep_optimizers):
    """Freeze as `freeze` does, with new optimizers if so wished."""
    if not isinstance(gan, AdversarialModel) or "discriminator" not in gan.players:
        raise ValueError(
            "Only a GAN with a player called 'discriminator' can be frozen. Of other models, set `trainable = False` "
            f"on layers before `compile`. Received: {gan!r:.80}"
        )
    found = blocks_of(gan.discriminator, gan.critic.interface.main)
    blocks = require_int("blocks", blocks, low=0)
    if blocks >= len(found):
        raise ValueError(
            f"The discriminator has {len(found)} blocks, and at least the last one must be trained: freeze at most "
            f"{len(found) - 1}. Received: {blocks} blocks to freeze"
        )
    for layer in (layer for block in found[:blocks] for layer in block):
        _require_saved(layer)
    before = held_optimizers(gan)
    for number, block in enumerate(found):
        for layer in block:
            # A layer that trains already may have frozen parts of its own.
            if layer.trainable != (number >= blocks):
                layer.trainable = number >= blocks
    if gan.compiled:
        compile_again(gan, before, keep_optimizers=keep_optimizers)
    return gan


def _require_saved(layer):
    if "trainable" not in layer.get_config():
        raise ValueError(
            "This layer would not be frozen in a saved file, because its configuration has no `trainable`: return "
            "`{**super().get_config(), ...}` from its `get_config`, and pass `**kwargs` to `super().__init__`. "
            f"Received: layer={layer.name!r}"
        )
