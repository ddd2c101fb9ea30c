"""How smoothly images change along a path between latents."""

import keras
import numpy as np

from keras_gan._arguments import require_function, require_int, require_number, require_seed
from keras_gan._interpolation import between
from keras_gan._traversal import every_layer
from keras_gan.metrics.extractor import Extractor

_METHODS = {"lerp": "linear", "slerp": "spherical"}
_TRIMMED_PERCENT = 1.0
_SMALLEST_STEP = 1e-5


def perceptual_path_length(
    generator,
    embed,
    *,
    latent_dim,
    num_samples=10_000,
    epsilon=1e-4,
    interpolation="slerp",
    mapping=None,
    batch_size=64,
    seed=0,
):
    """Mean squared speed of images along paths between random latents, as a network perceives it.

    In an entangled latent space, features appear and vanish along a path although neither of its ends has them. Such a
    path is long. For z0, z1 ~ N(0, I) and t ~ U(0, 1),

        E | f(G(p(t + epsilon))) - f(G(p(t))) |^2 / epsilon^2

    where f is `embed`. The path p from z0 to z1 is a straight line ("lerp") or an arc of a great circle ("slerp"):
    (sin((1 - t) a) z0 + sin(t a) z1) / sin a, with a the angle between the ends. Normal latents with many dimensions
    lie near a sphere, so slerp stays where the generator was trained. lerp is for a learnt space, such as the output
    of a `mapping` network. The lowest and the highest percent of the samples are left out. Karras et al. 2019
    (StyleGAN, arXiv 1812.04948), equations 2 and 3. The paper takes 100,000 samples, and LPIPS for the squared
    distance. For LPIPS, `embed` returns its normalised activations, each times the root of its weight.

    The step is so small that images must not be rounded to 256 levels. Networks in float16 or bfloat16 lose it too.
    float32 resolves a step of 1e-4 to about one part in a thousand for each sample. Networks run in inference mode. A
    network that draws its own noise in each call cannot be measured.

    Args:
        generator: Keras model or other callable: float32 latents `(batch, latent_dim)` to images `(batch, ...)`.
        embed: Keras model or other callable: images to features `(batch, ...)`.
        latent_dim: int, the width of the latents, or of the input of `mapping` if there is one.
        num_samples: int, the number of paths. Each has one random step.
        epsilon: float, the length of the step, at least 1e-5.
        interpolation: "slerp" or "lerp".
        mapping: None, or a Keras model or other callable that maps latents to the space `(batch, width)` of the paths,
            which is the input of the generator.
        batch_size: int, how many samples pass through the networks at once, with two images each. It changes only
            the rounding of the value.
        seed: int, for the ends and for t.

    Returns:
        float of at least 0. Only values with the same `embed` can be compared.

    Raises:
        ValueError: if `embed` is an `Extractor`, which rounds images; if a network computes in half precision, or its
            output is not finite or has no row for each sample; or if another argument is out of its range.

    Example:
        >>> import numpy as np
        >>> stretch = np.array([[3.0, 0.0], [0.0, 4.0]])
        >>> length = perceptual_path_length(
        ...     lambda latents: latents @ stretch, lambda images: images, latent_dim=2, interpolation="lerp")
        >>> abs(length / (2 * (3**2 + 4**2)) - 1) < 0.1   # E |W (z1 - z0)|^2, without the extremes
        True
    """
    require_function("generator", generator)
    require_function("embed", embed)
    if mapping is not None:
        require_function("mapping", mapping)
    _require_full_precision(generator=generator, embed=embed, mapping=mapping)
    latent_dim = require_int("latent_dim", latent_dim)
    num_samples = require_int("num_samples", num_samples)
    epsilon = require_number("epsilon", epsilon, low=_SMALLEST_STEP, high=1.0)
    if not isinstance(interpolation, str) or interpolation not in _METHODS:
        raise ValueError(f'`interpolation` must be "slerp" or "lerp". Received: interpolation={interpolation!r}')
    batch_size = require_int("batch_size", batch_size)
    ends_rng, times_rng = (np.random.default_rng([require_seed(seed), number]) for number in range(2))

    distances = []
    for start in range(0, num_samples, batch_size):
        count = min(batch_size, num_samples - start)
        ends = ends_rng.standard_normal((count, 2, latent_dim))
        times = times_rng.random((count, 1))
        first, second = _map(mapping, ends)
        path = [between(_METHODS[interpolation], first, second, moment) for moment in (times, times + epsilon)]
        features = _run("embed", embed, _run("generator", generator, np.concatenate(path).astype(np.float32)))
        distances.append(_squared_distances(features, count))
    return _trimmed_mean(np.concatenate(distances)) / epsilon**2


def _require_full_precision(**networks):
    for name, network in networks.items():
        if isinstance(network, Extractor):
            raise ValueError(
                "An extractor rounds images to 256 levels, and the step between two images is far smaller. "
                "Pass the network alone, as a function of floats in [-1, 1] that returns features. "
                f"Received: {name}={network!r}"
            )
        for layer in every_layer(network) if isinstance(network, keras.Layer) else ():
            if layer.compute_dtype in ("float16", "bfloat16"):
                raise ValueError(
                    "The step is lost in the rounding of half precision. Build the network with the dtype policy "
                    '"float32" and load its weights. '
                    f"Received: {name}={network.name!r}, whose layer {layer.name!r} computes in {layer.compute_dtype}"
                )


def _run(name, network, inputs):
    """Run a network in inference mode, and check that its output is a finite row for each input."""
    outputs = network(inputs, training=False) if isinstance(network, keras.Layer) else network(inputs)
    shape = tuple(getattr(outputs, "shape", ()))
    if len(shape) < 2 or shape[0] != len(inputs):
        raise ValueError(
            f"`{name}` must return an array or a tensor with a row for each of the {len(inputs)} rows of its input. "
            f"Received: {type(outputs).__name__} of shape {shape}"
        )
    if not np.isfinite(outputs).all():
        raise ValueError(
            f"`{name}` must return finite numbers. Look for NaN in its weights. Received: NaN or infinity from {name}"
        )
    return outputs


def _map(mapping, ends):
    """Map both ends of each path to the space of the paths."""
    if mapping is not None:
        flat = _run("mapping", mapping, ends.reshape(-1, ends.shape[-1]).astype(np.float32))
        ends = np.asarray(flat, np.float64).reshape(*ends.shape[:2], -1)
    return ends[:, 0], ends[:, 1]


def _squared_distances(features, count):
    """Return the squared distances between rows i and count + i, float64 `(count,)`."""
    features = np.asarray(features, np.float64).reshape(2 * count, -1)
    return np.square(features[count:] - features[:count]).sum(axis=1)


def _trimmed_mean(values):
    low = np.percentile(values, _TRIMMED_PERCENT, method="lower")
    high = np.percentile(values, 100.0 - _TRIMMED_PERCENT, method="higher")
    return float(values[(values >= low) & (values <= high)].mean())
