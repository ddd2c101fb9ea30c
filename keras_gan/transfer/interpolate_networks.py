"""A network between two, by the mean of their weights."""

import keras
import numpy as np

from keras_gan._arguments import require_number


def interpolate_networks(first, second, share):
    """Make a network whose weights lie between those of two networks of one architecture.

    A network that was trained further from another one, such as a generator in the game from its own pre-training, lies
    near it, and so do all between them. ESRGAN goes so from a smooth image with a high PSNR to a sharp one, without
    another training. With theta_1 and theta_2 the weights of the two:

        theta = (1 - share) theta_1 + share theta_2

    Wang et al. 2018 (arXiv 1809.00219), equation 4. Two networks that were trained from different beginnings have
    nothing useful between them.

    Args:
        first: keras.Model.
        second: keras.Model of the same architecture.
        share: float in [0, 1], how much of the second.

    Returns:
        A new keras.Model, with the architecture of the first.

    Raises:
        ValueError: if the weights of the two differ in number or shape, or the share is out of range.

    Example:
        >>> import keras_gan
        >>> smooth, sharp = (keras_gan.networks.srresnet(width=2, blocks=1) for _ in range(2))
        >>> between = interpolate_networks(smooth, sharp, 0.8)
        >>> between.output_shape == sharp.output_shape
        True
    """
    share = require_number("share", share, low=0.0, high=1.0)
    weights = [_weights("first", first), _weights("second", second)]
    shapes = [[value.shape for value in values] for values in weights]
    if shapes[0] != shapes[1]:
        raise ValueError(
            "Only networks of one architecture have others between them: the weights must have the same shapes. "
            f"Received: first with {first.count_params():,} parameters in {len(shapes[0])} weights, second with "
            f"{second.count_params():,} in {len(shapes[1])}"
        )
    between = keras.models.clone_model(first)
    # In this form equal weights stay what they are, and both ends are exact.
    between.set_weights(
        [(one + share * (two - one)) if share < 1.0 else two for one, two in zip(*weights, strict=True)]
    )
    return between


def _weights(name, network):
    if not isinstance(network, keras.Model):
        raise ValueError(f"`{name}` must be a keras.Model. Received: {name}={network!r:.120}")
    return [np.asarray(value) for value in network.get_weights()]
