"""The augmentations that a model is given."""

import tensorflow as tf

from keras_gan.augmentation import AdaptiveAugment, Augmentation


def augmentations_of(augmentation, loss):
    """The augmentations as a list, or a ValueError if they are none, or adapt to signs that mean nothing.

    Args:
        augmentation: one `Augmentation`, or a list of them.
        loss: `AdversarialLoss` of the discriminator.
    """
    augmentations = augmentation if isinstance(augmentation, list | tuple) else [augmentation]
    for entry in augmentations:
        if not isinstance(entry, Augmentation):
            raise ValueError(
                "`augmentation` must be one of `keras_gan.augmentation`, such as `DiffAugment()`, or a list of them. "
                f"Received: augmentation={augmentation!r}"
            )
    _require_meaningful_signs(loss, augmentations)
    return augmentations


def _require_meaningful_signs(loss, augmentations):
    """Raise a ValueError for an augmentation that adapts to the signs of logits, if 0 is no boundary for the loss."""
    adapting = [a for a in augmentations if isinstance(a, AdaptiveAugment) and a.target is not None]
    if not adapting:
        return
    # A discriminator that cannot tell images apart gives all of them the logit for which its loss is lowest.
    below, middle, above = (float(loss.discriminator_loss(*[tf.constant([[u]])] * 2)) for u in (-4.0, 0.0, 4.0))
    if not middle < below == above:
        raise ValueError(
            "An AdaptiveAugment adapts to the sign of the logits, and with this loss, 0 is not the boundary between "
            "real and fake. Give it `target=None` and a `probability`, a number or a schedule; or take another GAN: "
            f"NonSaturatingGAN, MinimaxGAN or HingeGAN. Received: augmentation={adapting[0]!r}, loss={loss!r}"
        )
