"""The maps of a discriminator that feature matching compares, and its verdicts at several scales."""

import tensorflow as tf


def require_features(judges):
    """Raise a ValueError unless a discriminator returns a list of maps for feature matching.

    Args:
        judges: `Interface` of the discriminator.
    """
    if not isinstance(judges.outputs.get("features"), list):
        raise ValueError(
            "The discriminator must return a dict of 'logits' and 'features', a list of maps, which feature matching "
            "compares: `networks.multiscale_discriminator` does, `networks.patch_discriminator(features=True)`, and "
            "those of `networks.melgan` and `networks.hifigan` do. "
            f"Received: outputs {list(judges.outputs)}"
        )


def over_scales(loss, real, fake):
    """The sum of a loss of real and fake logits over the scales of two verdicts, a float32 scalar."""
    return tf.add_n([loss(*logits) for logits in zip(*map(scales_of, (real, fake)), strict=True)])


def scales_of(verdict):
    """The logits of a verdict as a list, one for each scale."""
    return verdict.logits if isinstance(verdict.logits, list) else [verdict.logits]
