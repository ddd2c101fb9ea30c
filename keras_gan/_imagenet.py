"""Images in [-1, 1] as the published networks that were trained on ImageNet take them."""

import tensorflow as tf

from keras_gan._arguments import require_choice

# What Simonyan and Zisserman 2014 (arXiv 1409.1556) subtract, and what PyTorch's networks are normalised by.
_CAFFE_MEANS = (103.939, 116.779, 123.68)
_TORCH_MEANS, _TORCH_DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def converted(images, preprocessing):
    """Convert images for a network.

    Args:
        images: float32 `(batch, height, width, 3)` in [-1, 1], red first.
        preprocessing: None for a network that takes them as they are; "caffe": in [0, 255], blue first, minus the means
            of ImageNet; "torch": in [0, 1], minus the means of ImageNet, over its standard deviations.

    Returns:
        float32 tensor of the same shape.
    """
    if preprocessing is None:
        return images
    if preprocessing == "caffe":
        return (images[..., ::-1] + 1.0) * 127.5 - tf.constant(_CAFFE_MEANS)
    return ((images + 1.0) * 0.5 - tf.constant(_TORCH_MEANS)) / tf.constant(_TORCH_DEVIATIONS)


def require_preprocessing(preprocessing):
    """Return `preprocessing` if it is one that `converted` knows, or raise a ValueError."""
    return require_choice("preprocessing", preprocessing, (None, "caffe", "torch"))


def in_colour(images):
    """Grey images with their channel three times; others unchanged."""
    return tf.repeat(images, 3, axis=-1) if images.shape[-1] == 1 else images
