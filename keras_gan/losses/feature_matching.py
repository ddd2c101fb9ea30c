"""Feature matching, the loss that keeps a generator near its target in the eyes of the discriminator."""

import tensorflow as tf

from keras_gan._tensors import require_floats


def feature_matching(real_features, fake_features):
    """Distance of real and generated images in the maps of a discriminator, of one or several scales.

    The discriminator already computes what tells images apart at each scale, so its maps compare images without another
    network, and the generator gets a gradient that does not die when the discriminator wins. With n_k maps f_k1, f_k2,
    ... at scale k of K, the target x and the generator's image y:

        4/K sum_k 1/n_k sum_i E|f_ki(x) - f_ki(y)|

    |.| is the mean over the values of a map. Wang et al. 2017 (arXiv 1711.11585), equation 4, with the factors of the
    authors' code, which makes the loss independent of the number of scales and layers. The maps of the target are
    constants for the gradient.

    Args:
        real_features: list of float tensors `(batch, ...)`, or a list of such lists, one for each scale.
        fake_features: the same for the generated images; shapes must agree.

    Returns:
        float32 scalar of at least 0.

    Raises:
        ValueError: if the two do not hold the same numbers of maps, of the same shapes, or hold none.

    Example:
        >>> import tensorflow as tf
        >>> real = [[tf.zeros((2, 8, 8, 4)), tf.zeros((2, 4, 4, 8))], [tf.zeros((2, 4, 4, 4))]]
        >>> fake = [[tf.ones((2, 8, 8, 4)), tf.zeros((2, 4, 4, 8))], [tf.ones((2, 4, 4, 4))]]
        >>> float(feature_matching(real, fake))   # 4 / 2 (1/2 (1 + 0) + 1)
        3.0
    """
    real, fake = _scales("real_features", real_features), _scales("fake_features", fake_features)
    if list(map(len, real)) != list(map(len, fake)):
        raise ValueError(
            "Feature matching compares the maps of one discriminator, so there must be as many of the real images as "
            f"of the generated ones. Received: {list(map(len, real))} and {list(map(len, fake))} maps of the scales"
        )
    scales = [
        tf.add_n([_distance(*pair) for pair in zip(*maps, strict=True)]) / len(maps[0])
        for maps in zip(real, fake, strict=True)
    ]
    return 4.0 * tf.add_n(scales) / len(scales)


def _distance(real, fake):
    """E|real - fake|, a float32 scalar."""
    if not real.shape.is_compatible_with(fake.shape):
        raise ValueError(
            "Feature matching compares each map with the one of the same images, so their shapes must be equal. "
            f"Received: real features of shape {tuple(real.shape)}, fake features of shape {tuple(fake.shape)}"
        )
    return tf.reduce_mean(tf.abs(tf.stop_gradient(real) - fake))


def _scales(name, features):
    """The features as a list of lists of float32 tensors, or a ValueError."""
    is_list = isinstance(features, list | tuple) and len(features)
    scales = features if is_list and isinstance(features[0], list | tuple) else [features]
    if not is_list or not all(isinstance(maps, list | tuple) and len(maps) for maps in scales):
        raise ValueError(
            f"`{name}` must be a list of maps, or a list of such lists, as the 'features' of a discriminator are: "
            "`networks.patch_discriminator(features=True)` and `networks.multiscale_discriminator` return them. "
            f"Received: {name}={features!r:.80}"
        )
    return [[tf.cast(require_floats(name, each), tf.float32) for each in maps] for maps in scales]
